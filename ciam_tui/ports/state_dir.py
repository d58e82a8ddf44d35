"""The folder of the state, and how a file comes into it: private from its first moment, and on the disk when it is told to be.

Nobody but the user can read what is here (0600 in 0700): no secret is written, but account ids, policies and names of projects are. A
folder that cannot be written, or a full disk, is found before the first change to an account, never between two of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ciam_tui.core.problems import CiamError

PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
# A run's later entries are a few hundred bytes each: with this much room, a run that began can be journaled to its end.
_ROOM_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class StateDir:
    """The folder that holds the state. It is made, for the user alone, by the first that writes into it."""

    path: Path

    @classmethod
    def of(cls, chosen: Path | str | None) -> StateDir:
        """The folder that `--state-dir` names, else the one that the system gives to programs for their state."""
        if chosen is not None:
            return cls(Path(chosen).expanduser())
        from platformdirs import user_state_path

        return cls(user_state_path("ciam-tui", appauthor=False))

    def folder(self, *parts: str) -> Path:
        """The folder under this one, made where it is missing.

        Raises:
            CiamError: `state-not-writable`.
        """
        folder = self.path.joinpath(*parts)
        try:
            for each in reversed([folder, *folder.parents]):
                if not each.is_dir():
                    each.mkdir(mode=_PRIVATE_FOLDER if each.is_relative_to(self.path) else 0o777, exist_ok=True)
        except OSError as error:
            raise self.not_writable(error) from None
        return folder

    def prove_writable(self) -> None:
        """Write as much as a run may need, and take it away again.

        Raises:
            CiamError: `state-not-writable`, for a read-only home as for a full disk.
        """
        probe = self.folder() / f".room-{os.getpid()}"
        try:
            try:
                write_whole(probe, b"\0" * _ROOM_BYTES)
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise self.not_writable(error) from None

    def not_writable(self, error: OSError) -> CiamError:
        """That the state cannot be kept, and where else it could be."""
        why = error.strerror or type(error).__name__
        return CiamError(
            "state-not-writable",
            "Cannot keep the state",
            f"{self.path} cannot be written: {why}.",
            ("Make room or give yourself the right to write there, or name another folder with --state-dir.",),
        )

    def not_readable(self, what: Path, error: OSError) -> CiamError:
        """That a file of the state cannot be read."""
        why = error.strerror or type(error).__name__
        return CiamError(
            "state-not-readable",
            "Cannot read the state",
            f"{what} cannot be read: {why}.",
            ("Give yourself the right to read it, or name another folder with --state-dir.",),
        )


def write_whole(path: Path, content: bytes) -> None:
    """Make the new file `path`, private from its first moment, with `content` on the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        write_all(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, content: bytes) -> None:
    """Write all of `content`, however many writes that takes."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def sync_folder(folder: Path) -> None:
    """A new name or a rename is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
