"""Where the report of an audit is written, as JSON and as SARIF. A file that is there and says something else is replaced only when that is said twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from ciam_tui import __version__
from ciam_tui.app.screens.folder import FolderScreen
from ciam_tui.app.widgets.answer_input import AnswerInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    from ciam_tui.ports.export_conflicts import write_unless_in_the_way

    documents = {"audit.json": report_document(report), "audit.sarif": sarif_document(report, __version__)}
    files = [ExportFile(name, json.dumps(document, indent=2) + "\n") for name, document in documents.items()]
    return write_unless_in_the_way(folder, files, replace=replace)


class AuditExportScreen(FolderScreen):
    """Asks for a folder, and writes both files."""

    def __init__(self, report: AuditReport) -> None:
        super().__init__()
        self._report = report

    def compose(self) -> ComposeResult:
        """The folder, and what came of it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Write the audit"
            dialog.border_subtitle = "enter writes · esc closes"
            yield Static("Into which folder? audit.json is for programs, audit.sarif for code scanning.")
            yield AnswerInput(DEFAULT_FOLDER, id="token")
            yield self.said

    def writer(self, folder: Path) -> Callable[[bool], int]:
        """The report."""
        return lambda replace: write_report(self._report, folder, replace=replace)
