"""Retirements on the disk: one file of lines each, kept with the care of a run's journal, since weeks lie between its lines.

At most one retirement of a user is under way in a state directory, and one process at a time goes on with it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.lines import append_line, held, whole_lines
from ciam_tui.ports.state_dir import StateDir, sync_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.retirement.events import Event

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


class DiskMigrations:
    """`Migrations` as files under `migrations/`."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def ids(self) -> tuple[str, ...]:
        """The names of all migrations, sorted, which is by time.

        Raises:
            CiamError: `state-not-readable`.
        """
        folder = self._state.path / "migrations"
        try:
            names = [path.stem for path in folder.iterdir() if path.suffix == ".jsonl" and path.is_file()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._state.not_readable(folder, error) from None
        return tuple(sorted(name for name in names if _ID.fullmatch(name)))

    def create(self, migration_id: str) -> None:
        """Make the file of a new migration, with room on the disk for all of it.

        Raises:
            CiamError: `state-not-writable`; `migration-exists`.
        """
        path = self._path(migration_id)
        self._state.prove_writable()
        folder = self._state.folder("migrations")
        try:
            write_whole(path, b"")
            sync_folder(folder)
        except FileExistsError:
            message = f"There is a migration {migration_id} already."
            raise CiamError("migration-exists", "Cannot begin the migration", message, ("Try again.",)) from None
        except OSError as error:
            raise self._state.not_writable(error) from None

    def append(self, migration_id: str, event: Event) -> None:
        """Write `event`; it is on the disk when this returns.

        Raises:
            CiamError: `state-not-writable`.
        """
        from ciam_tui.core.retirement.events import to_line

        try:
            append_line(self._path(migration_id), to_line(event).encode())
        except OSError as error:
            raise self._state.not_writable(error) from None

    def events(self, migration_id: str) -> tuple[Event, ...]:
        """All events of a migration, without a torn last line.

        Raises:
            CiamError: `migration-unreadable`, naming the file and the line; `migration-unknown`; `state-not-readable`.
        """
        from ciam_tui.core.retirement.events import from_line

        path = self._path(migration_id)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise _unknown(migration_id) from None
        except OSError as error:
            raise self._state.not_readable(path, error) from None
        read: list[Event] = []
        for number, line in enumerate(whole_lines(content), start=1):
            try:
                read.append(from_line(line.decode()))
            except (CiamError, UnicodeDecodeError) as error:
                suggestions = error.suggestions if isinstance(error, CiamError) else ("Leave the file as it is.",)
                message = f"Line {number} of {path} is no event of this program, or of this version."
                raise CiamError("migration-unreadable", "Cannot read the migration", message, suggestions) from None
        return tuple(read)

    @contextmanager
    def lock(self, account_id: str, user: str) -> Iterator[None]:
        """Held while somebody goes on with the retirement of a user. A name may hold what no file's name may: its digest stands for it.

        Raises:
            CiamError: `migration-running`; `state-not-writable`.
        """
        with held(self._state, f"user-{sha256(f'{account_id} {user.lower()}'.encode()).hexdigest()[:32]}", _another):
            yield

    def where(self, migration_id: str) -> str:
        """The path of a migration's file."""
        return str(self._path(migration_id))

    def _path(self, migration_id: str) -> Path:
        if not _ID.fullmatch(migration_id):
            raise _unknown(migration_id)
        return self._state.path / "migrations" / f"{migration_id}.jsonl"


def _another(who: str) -> CiamError:
    return CiamError(
        "migration-running",
        "Nothing was done",
        f"Somebody else is going on with the retirement of this user on this machine{who}.",
        ("Wait until that has ended, and look again.",),
    )


def _unknown(migration_id: str) -> CiamError:
    return CiamError("migration-unknown", "Cannot open the migration", f"There is no migration {migration_id!a}.", ("Start one.",))
