"""Files that only grow, a line at a time: what runs and retirements remember, such that a crash at any moment loses no line that was told to be kept.

A line counts with its newline. One without was never told to be written, and is passed over; the next one does not become a part of it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ciam_tui.ports.state_dir import PRIVATE_FILE, StateDir, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ciam_tui.core.problems import CiamError


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


def whole_lines(content: bytes) -> Sequence[bytes]:
    """The lines of `content`, without a torn last one."""
    return content.split(b"\n")[:-1]


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
