"""What an export consists of: files as values, so that they can be previewed, compared and written by whoever asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file: its path relative to the folder of the export, and its whole text, which ends in a newline."""

    path: str
    text: str
    executable: bool = False
