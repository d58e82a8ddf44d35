"""Where the policies are written as files. A file that is there and says something else is replaced only when that is said twice."""

from __future__ import annotations

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
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from ciam_tui.core.draft import Draft

DEFAULT_FOLDER = "circleci-roles"


def write_json_export(draft: Draft, folder: Path, *, replace: bool) -> int:
    """Write the JSON export of `draft` into `folder`; how many files that were.

    Raises:
        CiamError: the draft is not finished, a file is in the way, or the disk refuses.
    """
    from ciam_tui.core.export.json import export_json
    from ciam_tui.core.setup import finish
    from ciam_tui.ports.export_conflicts import differing_files
    from ciam_tui.ports.export_folder import write_export

    setup = finish(draft)
    if isinstance(setup, tuple):
        raise CiamError("not-ready", "Not ready to export", str(setup[0]))
    files = export_json(setup)
    in_the_way = () if replace else differing_files(folder, files)
    if in_the_way:
        others = ", ".join(in_the_way[:3]) + (f" and {len(in_the_way) - 3} more" if len(in_the_way) > 3 else "")
        raise CiamError("export-exists", "Not exported", f"{folder} already holds {others} with another content.")
    return len(write_export(folder, files))


class ExportScreen(ModalScreen[str | None]):
    """Asks for a folder and writes into it; answers with what was done, None where nothing was."""

    BINDINGS: ClassVar = [Binding("escape", "close", "Close", show=False)]

    class Written(Message):
        """How many files were written, or why none."""

        def __init__(self, folder: Path, outcome: int | CiamError) -> None:
            super().__init__()
            self.folder = folder
            self.outcome = outcome

    def __init__(self, draft: Draft, write: Callable[[Path, bool], int] | None = None) -> None:
        super().__init__()
        self._write = write or (lambda folder, replace: write_json_export(draft, folder, replace=replace))
        self._said = Static("", id="said")

    def compose(self) -> ComposeResult:
        """The folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Export as JSON"
            dialog.border_subtitle = "enter writes · esc closes"
            yield Static(literal("Each role's trust and permissions, and the provider. Into which folder?"), classes="paragraph")
            yield AnswerInput(DEFAULT_FOLDER, id="token")
            yield self._said

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write."""
        event.stop()
        if event.value.strip():
            self._start(replace=False)

    def _start(self, *, replace: bool) -> None:
        self._said.update(literal("writing …", "$muted"))
        self.write_into(Path(self.query_one(Input).value.strip()).expanduser(), replace)

    @work(thread=True, exclusive=True, exit_on_error=False, group="export")
    def write_into(self, folder: Path, replace: bool) -> None:  # noqa: FBT001 - @work passes it on as it comes
        """Write, off the screen's thread: the folder may be on a slow disk."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: self._write(folder, replace))
        if not worker.is_cancelled:
            self.post_message(self.Written(folder, outcome))

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
