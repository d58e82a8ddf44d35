"""Puts an export on disk: whole files or none, and never a byte outside the folder that was named.

The folder may be a checkout that a review reads, or one that somebody else may write to. So a file appears under its name only when it is
complete, what is already right is left alone, and a link in the folder is replaced, never followed.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING

from ciam_tui.core.assurance.pack import MANIFEST
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.evidence_pack import refuse_to_replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ciam_tui.core.export.files import ExportFile

_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class State(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of an export as it now lies on disk: its path below the folder, and the SHA-256 of its content."""

    path: str
    sha256: str
    state: State


def write_export(folder: Path, files: Iterable[ExportFile]) -> tuple[WrittenFile, ...]:
    """Writes `files` below `folder`, which is made where it is missing; other files there are left as they are.

    Raises:
        CiamError: `export-unwritable`, with what stands in the way. The files before it have been written whole. `export-exists`, where it
            would replace evidence that was collected; nothing has been written then.
    """
    files = tuple(files)
    for file in files:
        if file.path.rpartition("/")[2] == MANIFEST:
            refuse_to_replace(folder / file.path)
    return tuple(_written(folder, files))


def _written(folder: Path, files: Iterable[ExportFile]) -> Iterator[WrittenFile]:
    _make(folder, parents=True)
    for file in files:
        *below, name = file.path.split("/")
        if {"", ".", ".."} & {*below, name}:
            raise ValueError("the path of an export's file leads down, by names")
        place = folder
        for part in below:
            place /= part
            if place.is_symlink():
                raise _unwritable(f'"{place}" is a link, and the export stays within "{folder}".', "Remove the link.")
            _make(place, parents=False)
        content = file.text.encode()
        yield WrittenFile(file.path, sha256(content).hexdigest(), _put(place / name, content, executable=file.executable))


def _make(folder: Path, *, parents: bool) -> None:
    try:
        folder.mkdir(parents=parents, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _unwritable(f'"{folder}" is a file, or lies below one.', "Name a folder.") from None
    except OSError as error:
        raise _refused(folder, error) from None


def _put(path: Path, content: bytes, *, executable: bool) -> State:
    try:
        found = path.lstat() if os.path.lexists(path) else None
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise _unwritable(f'"{path}" is a folder, where a file of the export belongs.', "Move it away, or name another folder.")
        if found is not None and _is_right(path, found, content, executable=executable):
            return State.UNCHANGED
        _replace(path, content, executable=executable)
    except OSError as error:
        raise _refused(path, error) from None
    return State.WRITTEN if found is None else State.REPLACED


def _is_right(path: Path, found: os.stat_result, content: bytes, *, executable: bool) -> bool:
    """Whether the very file is already there. Only a plain file of the right size is opened: a pipe would be waited for."""
    if not stat.S_ISREG(found.st_mode) or found.st_size != len(content) or (executable and not found.st_mode & stat.S_IXUSR):
        return False
    return path.read_bytes() == content


def _replace(path: Path, content: bytes, *, executable: bool) -> None:
    """`content` under its name at once: written beside it under a name that nobody can foresee, and then renamed."""
    beside = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
    mode = 0o666 | (_EXECUTABLE if executable else 0)  # less what the user's umask takes away
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _refused(path: Path, error: OSError) -> CiamError:
    return _unwritable(
        f'"{path}" cannot be written: {error.strerror or type(error).__name__}.', "Name a folder that you may write to and that has room."
    )


def _unwritable(message: str, fix: str) -> CiamError:
    return CiamError("export-unwritable", "Cannot write the export", message, (fix,))
