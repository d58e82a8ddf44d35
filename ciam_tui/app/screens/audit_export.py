"""Where the report of an audit is written, as JSON and as SARIF. A file that is there and says something else is replaced only when that is said twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from ciam_tui import __version__
from ciam_tui.app.background import outcome_of
from ciam_tui.app.literal import literal
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ciam_tui.core.audit.report import AuditReport

DEFAULT_FOLDER = "circleci-audit"


def write_report(report: AuditReport, folder: Path, *, replace: bool) -> int:
    """Write audit.json and audit.sarif; how many files that were.

    Raises:
        CiamError: a file is in the way, or the disk refuses.
    """
    from ciam_tui.core.audit.report_json import report_document
    from ciam_tui.core.audit.sarif import sarif_document
    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.ports.export_conflicts import differing_files
    from ciam_tui.ports.export_folder import write_export

    documents = {"audit.json": report_document(report), "audit.sarif": sarif_document(report, __version__)}
    files = [ExportFile(name, json.dumps(document, indent=2) + "\n") for name, document in documents.items()]
    in_the_way = () if replace else differing_files(folder, files)
    if in_the_way:
        raise CiamError("export-exists", "Not written", f"{folder} already holds {' and '.join(in_the_way)} with another content.")
    return len(write_export(folder, files))


class AuditExportScreen(ModalScreen[str | None]):
    """Asks for a folder, and writes; answers with what was done, None where nothing was."""

    BINDINGS: ClassVar = [Binding("escape", "close", "Close", show=False)]

    class Written(Message):
        """How many files were written, or why none."""

        def __init__(self, folder: Path, outcome: int | CiamError) -> None:
            super().__init__()
            self.folder = folder
            self.outcome = outcome

    def __init__(self, report: AuditReport) -> None:
        super().__init__()
        self._report = report
        self._said = Static("", id="said")

    def compose(self) -> ComposeResult:
        """The folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Write the audit"
            dialog.border_subtitle = "enter writes · esc closes"
            yield Static("Into which folder? audit.json is for programs, audit.sarif for code scanning.")
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
        outcome = outcome_of(lambda: write_report(self._report, folder, replace=replace))
        if not worker.is_cancelled:
            self.post_message(self.Written(folder, outcome))

    def on_audit_export_screen_written(self, event: Written) -> None:
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
