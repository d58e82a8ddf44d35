"""Packs of evidence on the disk: written whole or not at all, for their owner alone, and listed without following anything.

A pack is never written over: what an auditor was handed must not change under their eyes. So a folder that holds anything is refused.
"""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import TYPE_CHECKING

from ciam_tui.core.assurance.pack import MANIFEST
from ciam_tui.core.assurance.verifying import MANIFEST_BYTES, Entry, What, not_a_pack, was_collected
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.state_dir import sync_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.assurance.pack import PackFile

_PRIVATE_FOLDER = 0o700
_PIECE = 1 << 20
# A pack has one level of folders: what lies deeper is told by the folder that holds it.
_DEEPEST = 3


def refuse_what_is_there(folder: Path) -> None:
    """Asked before anything is read, which takes a while.

    Raises:
        CiamError: `export-exists`, where the folder holds something; `export-unwritable`, where it is none.
    """
    try:
        is_empty = not os.path.lexists(folder) or next(folder.iterdir(), None) is None
    except NotADirectoryError:
        raise _unwritable(f'"{folder}" is a file.', "Name a folder.") from None
    except OSError as error:
        raise _refused(folder, error) from None
    if not is_empty:
        message = f'"{folder}" holds something already, and evidence is not written over.'
        raise CiamError("export-exists", "Nothing was collected", message, ("Name a new folder, such as one with the date in its name.",))


def refuse_to_replace(manifest: Path) -> None:
    """Asked before another manifest is put in the place of `manifest`: that of a pack which was collected stays.

    Raises:
        CiamError: `export-exists`.
    """
    try:
        is_small = manifest.lstat().st_size <= MANIFEST_BYTES
        content = b"".join(_pieces(manifest)) if is_small else b""
    except OSError:
        return  # nothing that was collected here; whoever writes finds out what it is
    if was_collected(content):
        message = f'"{manifest.parent}" holds evidence that was collected, and it is not written over.'
        raise CiamError("export-exists", "Nothing was exported", message, ("Name another folder.",))


def write_pack(folder: Path, files: Iterable[PackFile]) -> None:
    """Write `files`, of which the manifest is the last, as the folder `folder`: new, it appears when all of them are on the disk.

    One that is there and empty is filled and stays the same folder, since it may be a mounted one, or the one that somebody stands in.

    Raises:
        CiamError: `export-exists`; `export-unwritable`.
    """
    refuse_what_is_there(folder)
    # Without links and `..`: making what `a/../b` leads through would make `a` too, perhaps within another pack.
    folder = Path(os.path.realpath(folder))
    name = f".{folder.name}.{token_hex(8)}.tmp"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        is_there = folder.is_dir()
        beside = folder / name if is_there else folder.with_name(name)
        beside.mkdir(mode=_PRIVATE_FOLDER)
        try:
            for file in files:
                _put(beside, file)
            sync_folder(beside)
            if is_there:
                _move_up(beside)
            else:
                beside.rename(folder)  # over an empty folder, and over nothing else
            sync_folder(folder.parent)
        except BaseException:
            rmtree(beside, ignore_errors=True)
            raise
    except OSError as error:
        raise _refused(folder, error) from None


def _move_up(beside: Path) -> None:
    """What is in `beside` into the folder that holds it, the manifest last: what lacks that is no whole pack."""
    for each in sorted(beside.iterdir(), key=lambda each: each.name == MANIFEST):
        each.rename(beside.with_name(each.name))
    beside.rmdir()
    sync_folder(beside.parent)


def _put(folder: Path, file: PackFile) -> None:
    *below, name = file.path.split("/")
    if {"", ".", ".."} & {*below, name}:
        raise ValueError("the path of a pack's file leads down, by names")
    place = folder
    for each in below:
        place /= each
        place.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    write_whole(place / name, file.text.encode())
    sync_folder(place)


def read_pack(folder: Path) -> tuple[dict[str, Entry], bytes | None]:
    """Every entry below `folder`, by its path there, and the bytes of its `evidence.json` where that is a file that can be read.

    Raises:
        CiamError: `no-pack`, where there is no such folder; `file-unreadable`.
    """
    if not folder.is_dir():
        raise not_a_pack(f'There is no folder "{folder}".')
    try:
        entries = dict(_entries(folder, ""))
    except OSError as error:
        where = error.filename or folder
        message = f'"{where}" cannot be read: {error.strerror or type(error).__name__}.'
        raise CiamError("file-unreadable", "Cannot read the evidence", message, ("Give yourself the right to read it.",)) from None
    found = entries.get(MANIFEST)
    if found is None or found.what is not What.FILE or found.unread or found.size > MANIFEST_BYTES:
        return entries, None
    return entries, b"".join(_pieces(folder / MANIFEST))


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file, None where it cannot be read."""
    return _file(path).sha256 or None


def _entries(folder: Path, below: str) -> Iterator[tuple[str, Entry]]:
    with os.scandir(folder) as found:
        listed = sorted(found, key=lambda each: each.name)
    for each in listed:
        path = f"{below}{each.name}"
        if each.is_symlink():
            yield path, Entry(What.LINK)
        elif each.is_dir(follow_symlinks=False):
            yield path, Entry(What.FOLDER)
            if path.count("/") < _DEEPEST:
                yield from _entries(folder / each.name, f"{path}/")
        elif each.is_file(follow_symlinks=False):
            yield path, _file(folder / each.name)
        else:
            yield path, Entry(What.OTHER)


def _file(path: Path) -> Entry:
    digest, size = sha256(), 0
    try:
        for piece in _pieces(path):
            digest.update(piece)
            size += len(piece)
    except OSError as error:
        return Entry(What.FILE, unread=error.strerror or type(error).__name__)
    return Entry(What.FILE, size, digest.hexdigest())


def _pieces(path: Path) -> Iterator[bytes]:
    """The content of a plain file. What became a link or a pipe a moment ago is neither followed nor waited for."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no plain file")
        while piece := os.read(handle, _PIECE):
            yield piece
    finally:
        os.close(handle)


def _refused(path: Path, error: OSError) -> CiamError:
    return _unwritable(
        f'"{path}" cannot be written: {error.strerror or type(error).__name__}.', "Name a folder that you may write to and that has room."
    )


def _unwritable(message: str, fix: str) -> CiamError:
    return CiamError("export-unwritable", "Cannot write the evidence", message, (fix,))
