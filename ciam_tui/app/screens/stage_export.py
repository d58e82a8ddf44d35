"""What of a retirement is written into a folder: the next stage for somebody with more rights, and the backup of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from ciam_tui.app.literal import literal
from ciam_tui.app.retiring_jobs import handed_off
from ciam_tui.app.screens.folder import FolderScreen
from ciam_tui.app.widgets.answer_input import AnswerInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult

    from ciam_tui.app.session import Session


class HandOffScreen(FolderScreen):
    """Asks for a folder, and writes the commands of the next stage with the least policy for them."""

    def __init__(self, session: Session, user_name: str) -> None:
        super().__init__()
        self._session = session
        self._user_name = user_name

    def compose(self) -> ComposeResult:
        """What it is, the folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Hand off the next stage"
            dialog.border_subtitle = "enter writes · esc closes"
            said = (
                "For somebody who may do what you may not: the exact commands, the least policy for them, and statements that owners of "
                "policies have to add. The stage then waits, and is found done by reading."
            )
            yield Static(literal(said, "$muted"), classes="paragraph")
            yield Static("Into which folder?")
            yield AnswerInput("hand-off", id="token")
            yield self.said

    def writer(self, folder: Path) -> Callable[[bool], int]:
        """The files of the stage."""
        return lambda replace: handed_off(self._session, self._user_name, folder, replace=replace)


class BackupScreen(FolderScreen):
    """Asks for a folder, and writes the backup that is kept with the retirement."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Write the backup"
            dialog.border_subtitle = "enter writes · esc closes"
            yield Static("Into which folder? user-backup.json holds all that defined the user, and no secret.")
            yield AnswerInput("user-backup", id="token")
            yield self.said

    def writer(self, folder: Path) -> Callable[[bool], int]:
        """The backup."""

        def write(replace: bool) -> int:  # noqa: FBT001 - the folder's dialog calls it so
            from ciam_tui.core.export.files import ExportFile
            from ciam_tui.ports.export_conflicts import write_unless_in_the_way

            return write_unless_in_the_way(folder, [ExportFile("user-backup.json", self._text)], replace=replace)

        return write
