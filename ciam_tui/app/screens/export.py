"""Where a set-up is written as files, and in which format. A file that is there and says something else is replaced only when that is said twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.literal import literal
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.choices import Choices
from ciam_tui.core.export.formats import ALL, FORMATS
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
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
    from ciam_tui.ports.export_conflicts import differing_files
    from ciam_tui.ports.export_folder import write_export

    setup = finish(draft)
    if isinstance(setup, tuple):
        raise CiamError("not-ready", "Not ready to export", str(setup[0]))
    files = exported(setup, wanted.name, contexts=wanted.contexts)
    in_the_way = () if replace else differing_files(wanted.folder, files)
    if in_the_way:
        others = ", ".join(in_the_way[:3]) + (f" and {len(in_the_way) - 3} more" if len(in_the_way) > 3 else "")
        raise CiamError("export-exists", "Not exported", f"{wanted.folder} already holds {others} with another content.")
    return len(write_export(wanted.folder, files))


class ExportScreen(ModalScreen[str | None]):
    """Asks for a format and a folder, and writes; answers with what was done, None where nothing was."""

    BINDINGS: ClassVar = [
        Binding("escape", "close", "Close", show=False),
        Binding("enter", "to_folder", "To the folder", show=False),  # an input keeps its Enter, which writes
    ]
    app: CiamApp

    class Written(Message):
        """How many files were written, or why none."""

        def __init__(self, folder: Path, outcome: int | CiamError) -> None:
            super().__init__()
            self.folder = folder
            self.outcome = outcome

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._formats = Choices([*FORMATS, ALL], [next(iter(FORMATS))], single=True, id="formats")
        self._contexts = Choices([CONTEXTS], id="contexts-too")
        self._about = Static("", classes="about")
        self._said = Static("", id="said")

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
            yield self._said

    def on_mount(self) -> None:
        """Ready to type."""
        if self.app.session.wires:
            self._contexts.choose([CONTEXTS])
        self._describe()
        self.query_one(Input).focus()

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

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write."""
        event.stop()
        if event.value.strip():
            self._start(replace=False)

    def _start(self, *, replace: bool) -> None:
        self._said.update(literal("writing …", "$muted"))
        folder = Path(self.query_one(Input).value.strip()).expanduser()
        (name,) = self._formats.chosen
        with_contexts = name in _WITH_CONTEXTS and bool(self._contexts.chosen)
        self.write_into(Wanted(folder, name, with_contexts), replace)

    @work(thread=True, exclusive=True, exit_on_error=False, group="export")
    def write_into(self, wanted: Wanted, replace: bool) -> None:  # noqa: FBT001 - @work passes it on as it comes
        """Write, off the screen's thread: the folder may be on a slow disk."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: write_files(self._draft, wanted, replace=replace))
        if not worker.is_cancelled:
            self.post_message(self.Written(wanted.folder, outcome))

    def on_export_screen_written(self, event: Written) -> None:
        """Say what came of it; ask where a file is in the way."""
        if not isinstance(event.outcome, CiamError):
            self.dismiss(f"{event.outcome} files written to {event.folder.absolute()}.")
        elif event.outcome.code == "export-exists":
            self._said.update(literal(f"! {event.outcome.message}", "$warning"))
            self.app.push_screen(ConfirmScreen("Replace files?", [event.outcome.message], "Replace"), self._answered)
        else:
            self._said.update(literal(f"✗ {event.outcome.message}", "$error"))

    def _answered(self, confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if confirmed:
            self._start(replace=True)

    def action_close(self) -> None:
        """Nothing was written."""
        self.dismiss(None)
