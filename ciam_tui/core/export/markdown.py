"""The export `markdown`: a summary of the Setup for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.findings import findings
from ciam_tui.core.markdown.summary import setup_markdown

if TYPE_CHECKING:
    from ciam_tui.core.shape import SetupShape


def export_markdown(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`summary.md`."""
    return (ExportFile("summary.md", setup_markdown(setup, findings(setup))),)
