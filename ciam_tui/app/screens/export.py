"""Where a set-up is written as files, and in which format. A file that is there and says something else is replaced only when that is said twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from ciam_tui.app.literal import literal
from ciam_tui.app.screens.folder import FolderScreen
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.choices import Choices
from ciam_tui.core.export.formats import ALL, FORMATS
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult

    from ciam_tui.app.app import CiamApp
    from ciam_tui.core.draft import Draft

DEFAULT_FOLDER = "circleci-roles"
_WITH_CONTEXTS = frozenset({"circleci", ALL})
CONTEXTS = "each job with the context called as its role"
_ABOUT = {
    "json": "The policies of each role, and the provider, as AWS takes them.",
    "circleci": "A configuration whose jobs take the roles, without an orb and with it.",
    ALL: "Every format that there is, each in a folder of its name.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written: the format of that name into `folder`, with `contexts` for the jobs of a CircleCI configuration."""

    folder: Path
    name: str
    contexts: bool = False


def write_files(draft: Draft, wanted: Wanted, *, replace: bool) -> int:
    """Write the export of `draft` that is `wanted`; how many files that were.

    Raises:
        CiamError: the draft is not finished, a file is in the way, or the disk refuses.
    """
    from ciam_tui.core.export.formats import exported
    from ciam_tui.core.setup import finish
    from ciam_tui.ports.export_conflicts import write_unless_in_the_way

    setup = finish(draft)
    if isinstance(setup, tuple):
        raise CiamError("not-ready", "Not ready to export", str(setup[0]))
    files = exported(setup, wanted.name, contexts=wanted.contexts)
    return write_unless_in_the_way(wanted.folder, files, replace=replace)


class ExportScreen(FolderScreen):
    """Asks for a format and a folder, and writes."""

    BINDINGS: ClassVar = [Binding("enter", "to_folder", "To the folder", show=False)]  # an input keeps its Enter, which writes
    app: CiamApp

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._formats = Choices([*FORMATS, ALL], [next(iter(FORMATS))], single=True, id="formats")
        self._contexts = Choices([CONTEXTS], id="contexts-too")
        self._about = Static("", classes="about")

    def compose(self) -> ComposeResult:
        """The formats, the folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Export"
            dialog.border_subtitle = "tab and arrows choose the format · enter writes · esc closes"
            yield self._formats
            yield self._about
            yield self._contexts
            yield Static("Into which folder?")
            yield AnswerInput(DEFAULT_FOLDER, id="token")
            yield self.said

    def on_mount(self) -> None:
        """Ready to type."""
        if self.app.session.wires:
            self._contexts.choose([CONTEXTS])
        self._describe()

    def on_choices_ticked(self, event: Choices.Ticked) -> None:
        """Another format, or with contexts."""
        event.stop()
        self._describe()

    def _describe(self) -> None:
        (name,) = self._formats.chosen
        self._about.update(literal(_ABOUT.get(name, f"The format {name}."), "$muted"))
        self._contexts.visible = name in _WITH_CONTEXTS  # its line stays, so that nothing jumps
        self._contexts.disabled = not self._contexts.visible

    def action_to_folder(self) -> None:
        """Enter on a choice goes on to the folder."""
        self.query_one(Input).focus()

    def writer(self, folder: Path) -> Callable[[bool], int]:
        """The files of the format that is chosen."""
        (name,) = self._formats.chosen
        wanted = Wanted(folder, name, name in _WITH_CONTEXTS and bool(self._contexts.chosen))
        return lambda replace: write_files(self._draft, wanted, replace=replace)
