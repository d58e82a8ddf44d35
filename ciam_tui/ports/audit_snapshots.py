"""Snapshots of an account's roles on the disk: one file each, private, few, and none of them half written.

They are kept by account, so that the demo's never meet real ones. Each that is kept thins out the older: they tell of years in a bounded
number of files. One that cannot be read is told and passed over, since it takes nothing from the others.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown
from ciam_tui.ports.state_dir import StateDir, sync_folder, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.creep.snapshots import Snapshot

_ACCOUNT = re.compile(r"[0-9]{12}")
_NAME = re.compile(r"\d{8}T\d{12}Z")
_FORM = "%Y%m%dT%H%M%S%fZ"
_MOST_READ = 400  # files of one account; whoever put more there did not keep them with this
_TOLD = 3


class DiskSnapshots:
    """All snapshots of a state directory, under `snapshots/`."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def keep(self, snapshot: Snapshot) -> None:
        """Write `snapshot`; it is on the disk when this returns, and older ones that tell little more are gone.

        Raises:
            CiamError: `state-not-writable`; `snapshot-too-large`.
        """
        from ciam_tui.core.creep.snapshots import LARGEST, to_text, worth_keeping

        content = to_text(snapshot).encode("ascii")
        if len(content) > LARGEST:
            message = f"The account's roles make a snapshot of {len(content):,} bytes, and {LARGEST:,} are the most that is kept."
            raise CiamError("snapshot-too-large", "Cannot keep a snapshot", message, ("Look at fewer roles.",))
        folder = self._state.folder("snapshots", _checked(snapshot.account_id))
        unfinished = folder / f".new-{os.getpid()}"
        try:
            unfinished.unlink(missing_ok=True)
            try:
                write_whole(unfinished, content)
                unfinished.rename(folder / f"{snapshot.at.astimezone(UTC):{_FORM}}.json")
            finally:
                unfinished.unlink(missing_ok=True)
            held = {_moment(path): path for path in _files(folder)}
            for moment in held.keys() - worth_keeping(tuple(held), snapshot.at):
                held[moment].unlink(missing_ok=True)
            sync_folder(folder)
        except OSError as error:
            raise self._state.not_writable(error) from None

    def of_account(self, account_id: str) -> tuple[tuple[Snapshot, ...], tuple[str, ...]]:
        """The account's snapshots, the oldest first, and a sentence for each that could not be read."""
        from ciam_tui.core.creep.snapshots import from_text

        folder = self._state.path / "snapshots" / _checked(account_id)
        try:
            paths = _files(folder)[-_MOST_READ:]
        except FileNotFoundError:
            return (), ()
        except OSError as error:
            return (), (f"The snapshots in {folder} cannot be read: {error.strerror or type(error).__name__}.",)
        found: list[Snapshot] = []
        unread: list[str] = []
        for path in paths:
            try:
                snapshot = from_text(_text(path))
            except CiamError as error:
                unread.append(f"The snapshot {shown(path.name)} is passed over: {error.message}")
                continue
            if snapshot.account_id == account_id:
                found.append(snapshot)
            else:
                unread.append(f"The snapshot {shown(path.name)} is passed over: it is of another account.")
        if len(unread) > _TOLD:
            unread = [*unread[:_TOLD], f"{len(unread) - _TOLD} more snapshots are passed over."]
        return tuple(sorted(found, key=lambda each: each.at)), tuple(unread)


def _checked(account_id: str) -> str:
    """The account's id as a folder's name."""
    if not _ACCOUNT.fullmatch(account_id):
        raise CiamError("account-unknown", "Cannot keep a snapshot", "The account's id is none.", ("Look who you are.",))
    return account_id


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix == ".json" and _NAME.fullmatch(path.stem))


def _moment(path: Path) -> datetime:
    try:
        return datetime.strptime(path.stem, _FORM).replace(tzinfo=UTC)
    except ValueError:  # such as of a 13th month: nobody kept it with this, and it goes first
        return datetime.min.replace(tzinfo=UTC)


def _text(path: Path) -> str:
    from ciam_tui.core.creep.snapshots import LARGEST

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise CiamError("snapshot-unreadable", "Cannot read a snapshot", f"{error.strerror or type(error).__name__}.") from None
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise CiamError("snapshot-unreadable", "Cannot read a snapshot", "It is no text of this program.") from None
