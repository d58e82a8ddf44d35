"""Files that only grow, a line at a time: what runs and retirements remember, such that a crash at any moment loses no line that was told to be kept.

A line counts with its newline. One without was never told to be written, and is passed over; the next one does not become a part of it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.state_dir import PRIVATE_FILE, StateDir, sync_folder, write_all, write_whole

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator
    from pathlib import Path

_Read = TypeVar("_Read")


def kept_names(state: StateDir, folder: str, shape: re.Pattern[str]) -> tuple[str, ...]:
    """The names of the files kept in `folder` that are of `shape`, sorted; none where there is no such folder.

    Raises:
        CiamError: `state-not-readable`.
    """
    place = state.path / folder
    try:
        names = [path.stem for path in place.iterdir() if path.suffix == ".jsonl" and path.is_file()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise state.not_readable(place, error) from None
    return tuple(sorted(name for name in names if shape.fullmatch(name)))


def begin_file(state: StateDir, folder: str, path: Path, exists: CiamError) -> None:
    """Make the file `path` in `folder`, with room on the disk for all that follows.

    Raises:
        CiamError: `state-not-writable`; `exists`, where there is one already.
    """
    state.prove_writable()
    place = state.folder(folder)
    try:
        write_whole(path, b"")
        sync_folder(place)
    except FileExistsError:
        raise exists from None
    except OSError as error:
        raise state.not_writable(error) from None


def content_of(state: StateDir, path: Path, unknown: CiamError) -> bytes:
    """All that the file holds.

    Raises:
        CiamError: `unknown`, where there is no such file; `state-not-readable`.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise unknown from None
    except OSError as error:
        raise state.not_readable(path, error) from None


def read_lines(path: Path, content: bytes, read: Callable[[str], _Read], unreadable: tuple[str, str], what: str) -> tuple[_Read, ...]:
    """What `read` makes of each line of `content`, without a torn last one.

    Raises:
        CiamError: with the code and the title of `unreadable`, naming the file, the line and `what` it is not.
    """
    found: list[_Read] = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            found.append(read(line.decode()))
        except (CiamError, UnicodeDecodeError) as error:
            message = f"Line {number} of {path} is no {what} of this program, or of this version."
            suggestions = error.suggestions if isinstance(error, CiamError) else ("Leave the file as it is.",)
            raise CiamError(*unreadable, message, suggestions) from None
    return tuple(found)


def append_line(path: Path, line: bytes) -> None:
    """Add `line` to the file; it is on the disk when this returns. A torn last line is cut off first.

    Raises:
        OSError: it could not be written.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
    try:
        _cut_torn_line(handle)
        write_all(handle, line + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def _cut_torn_line(handle: int) -> None:
    """Take off what stands after the last newline."""
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return
    content = os.pread(handle, size, 0)
    os.ftruncate(handle, content.rfind(b"\n") + 1)


@contextmanager
def held(state: StateDir, name: str, refused: Callable[[str], CiamError]) -> Iterator[None]:
    """Held by one process of this machine at a time; it ends with the process, however that ends. `refused` is given who holds it, in words.

    Raises:
        CiamError: what `refused` gives; `state-not-writable`.
    """
    path = state.folder("locks") / f"{name}.lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
    except OSError as error:
        raise state.not_writable(error) from None
    try:
        _take(state, handle, refused)
        yield
    finally:
        os.close(handle)  # which gives the lock back; the file stays, since removing it would race with the next holder


def _take(state: StateDir, handle: int, refused: Callable[[str], CiamError]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        write_all(handle, str(os.getpid()).encode())
    except BlockingIOError:
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
    except OSError as error:
        raise state.not_writable(error) from None
    else:
        return
    raise refused(f" (process {holder})" if holder.isdigit() else "")
