"""Where an export is saved. A file that is there and says something else is replaced only when that is said twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from ciam_tui.app.literal import literal
from ciam_tui.app.screens.folder import FolderScreen
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.choices import Choices
from ciam_tui.core.export.formats import ABOUT, ALL
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult

    from ciam_tui.core.draft import Draft
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.setup import Setup

DEFAULT_FOLDER = "circleci-roles"
_WITH_CONTEXTS = frozenset({"circleci", ALL})
CONTEXTS = "each job with the context called as its role"


def finished(draft: Draft) -> Setup:
    """The Setup that `draft` has become.

    Raises:
        CiamError: it is not finished.
    """
    from ciam_tui.core.setup import finish

    setup = finish(draft)
    if isinstance(setup, tuple):
        raise CiamError("not-ready", "Not ready to export", str(setup[0]))
    return setup


class SaveExportScreen(FolderScreen):
    """Asks for a folder, and writes the format called `name`. `wires` is whether contexts of CircleCI are planned too."""

    BINDINGS: ClassVar = [Binding("enter", "to_folder", "To the folder", show=False)]  # an input keeps its Enter, which writes

    def __init__(self, draft: Draft, name: str, *, facts: Facts | None = None, wires: bool = False) -> None:
        super().__init__()
        self._draft = draft
        self._format = name
        self._facts = facts
        self._contexts = Choices([CONTEXTS], [CONTEXTS] if wires else [], id="contexts-too")

    def compose(self) -> ComposeResult:
        """What is saved, the folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = literal(f"Save {self._format}")
            dialog.border_subtitle = "enter writes · esc closes"
            yield Static(literal(f"{ABOUT[self._format]}.".capitalize(), "$muted"), classes="about")
            if self._format in _WITH_CONTEXTS:
                yield self._contexts
            yield Static("Into which folder?")
            yield AnswerInput(DEFAULT_FOLDER, id="token")
            yield self.said

    def action_to_folder(self) -> None:
        """Enter on the choice goes on to the folder."""
        self.query_one(Input).focus()

    def writer(self, folder: Path) -> Callable[[bool], int]:
        """The files of the format."""
        contexts = self._format in _WITH_CONTEXTS and bool(self._contexts.chosen)

        def write(replace: bool) -> int:  # noqa: FBT001 - the folder's dialog calls it so
            from ciam_tui.core.export.formats import ExportChoices, exported
            from ciam_tui.ports.export_conflicts import write_unless_in_the_way

            files = exported(finished(self._draft), self._format, ExportChoices(contexts=contexts, facts=self._facts))
            return write_unless_in_the_way(folder, files, replace=replace)

        return write
