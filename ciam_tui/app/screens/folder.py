"""The question into which folder files are written, and what comes of it: the same for all that is written, and nothing is replaced unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.literal import literal
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.dialog import Dialog
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.export_conflicts import EXISTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType


class FolderScreen(Dialog[str | None]):
    """Asks for a folder, and writes; answers with what was done, None where nothing was. Whoever inherits lays out `said` and one Input."""

    ABOUT: ClassVar = "export.folder"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False)]

    class Written(Message):
        """How many files were written, or why none."""

        def __init__(self, folder: Path, outcome: int | CiamError) -> None:
            super().__init__()
            self.folder = folder
            self.outcome = outcome

    def __init__(self) -> None:
        super().__init__()
        self.said = Static("", id="said")

    def writer(self, folder: Path) -> Callable[[bool], int]:
        """What writes into `folder`, and is told whether it may replace files: how many there were. It is called in a worker."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write."""
        event.stop()
        if event.value.strip():
            self._start(replace=False)

    def _start(self, *, replace: bool) -> None:
        self.said.update(literal("writing …", "$muted"))
        folder = Path(self.query_one(Input).value.strip()).expanduser()
        self.write_into(folder, self.writer(folder), replace)

    @work(thread=True, exclusive=True, exit_on_error=False, group="export")
    def write_into(self, folder: Path, write: Callable[[bool], int], replace: bool) -> None:  # noqa: FBT001 - @work passes it on as it comes
        """Write, off the screen's thread: the folder may be on a slow disk."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: write(replace))
        if not worker.is_cancelled:
            self.post_message(self.Written(folder, outcome))

    def on_folder_screen_written(self, event: Written) -> None:
        """Say what came of it; ask where a file is in the way."""
        if not isinstance(event.outcome, CiamError):
            self.dismiss(f"{event.outcome} files written to {event.folder.absolute()}.")
        elif event.outcome.code == EXISTS:
            self.said.update(literal(f"! {event.outcome.message}", "$warning"))
            self.app.push_screen(ConfirmScreen("Replace files?", [event.outcome.message], "Replace"), self._answered)
        else:
            self.said.update(literal(f"✗ {event.outcome.message}", "$error"))

    def _answered(self, confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if confirmed:
            self._start(replace=True)

    def action_close(self) -> None:
        """Nothing was written."""
        self.dismiss(None)
