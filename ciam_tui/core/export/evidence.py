"""The export `evidence`: what a Setup alone tells an auditor, in the form of a pack, so that the same command verifies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui import __version__
from ciam_tui.core.assurance.of_setup import offline_pack
from ciam_tui.core.assurance.pack import bound
from ciam_tui.core.export.files import ExportFile

if TYPE_CHECKING:
    from ciam_tui.core.shape import SetupShape


def export_evidence(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`evidence.md` and `evidence.json`, which holds the items itself."""
    return tuple(ExportFile(file.path, file.text) for file in bound(offline_pack(setup, __version__), with_files=False).files)
