"""Which files an export would overwrite with something else, asked before the first is written, so that a person can be asked in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.export_folder import write_export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ciam_tui.core.export.files import ExportFile

EXISTS = "export-exists"
_TOLD = 3  # of the files in the way, by name


def write_unless_in_the_way(folder: Path, files: Sequence[ExportFile], *, replace: bool) -> int:
    """Write `files` into `folder`, over others only with `replace`; how many files that were.

    Raises:
        CiamError: `export-exists`, before anything is written; or the disk refuses.
    """
    in_the_way = () if replace else differing_files(folder, files)
    if in_the_way:
        more = len(in_the_way) - _TOLD
        others = ", ".join(in_the_way[:_TOLD]) + (f" and {more} more" if more > 0 else "")
        raise CiamError(EXISTS, "Not written", f"{folder} already holds {others} with another content.")
    return len(write_export(folder, files))


def differing_files(folder: Path, files: Sequence[ExportFile]) -> tuple[str, ...]:
    """The paths of those of `files` that are in `folder` with another content.

    Raises:
        CiamError: `export-unwritable`; one that is there cannot be read.
    """
    found = []
    for file in files:
        try:
            if (folder / file.path).read_bytes() != file.text.encode():
                found.append(file.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            where = f'"{error.filename}": ' if error.filename else ""
            reason = f"{where}{error.strerror or type(error).__name__}."
            raise CiamError("export-unwritable", "Cannot write the export", reason, ("Choose another folder.",)) from None
    return tuple(found)
