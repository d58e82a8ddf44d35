"""Writes an export into a folder that somebody named: never over a file that says something else, unless that was answered for.

All files are compared before the first is written, so that a refusal leaves the folder as it was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ciam_tui.core.export.files import ExportFile


def differing(folder: Path, files: Sequence[ExportFile]) -> tuple[str, ...]:
    """The paths of those of `files` that are in `folder` with another content.

    Raises:
        CiamError: `export-failed`; one that is there cannot be read.
    """
    found = []
    for file in files:
        place = folder / file.path
        try:
            if place.read_bytes() != file.text.encode():
                found.append(file.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _failed(error) from None
    return tuple(found)


def write_files(folder: Path, files: Sequence[ExportFile], *, replace: bool = False) -> None:
    """Write `files` into `folder`, which is made where it is missing. Each is put in its place whole.

    Raises:
        CiamError: `export-exists`, without `replace`, where a file is there with another content; `export-failed`.
    """
    others = () if replace else differing(folder, files)
    if others:
        raise CiamError(
            "export-exists",
            "Not exported",
            f"{folder} already holds {', '.join(others[:3])}{' and more' if len(others) > 3 else ''} with another content.",
            ["Choose another folder, or say that they may be replaced."],
        )
    try:
        for file in files:
            place = folder / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(f".{place.name}.{os.getpid()}.new")
            beside.write_bytes(file.text.encode())
            if file.executable:
                beside.chmod(0o755)
            beside.replace(place)
    except OSError as error:
        raise _failed(error) from None


def _failed(error: OSError) -> CiamError:
    where = f"{error.filename}: " if error.filename else ""
    return CiamError("export-failed", "Not exported", f"{where}{error.strerror or type(error).__name__}.", ["Choose another folder."])
