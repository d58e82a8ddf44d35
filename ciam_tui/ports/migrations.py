"""Retirements on the disk: one file of lines each, kept with the care of a run's journal, since weeks lie between its lines.

At most one retirement of a user is under way in a state directory, and one process at a time goes on with it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.lines import append_line, begin_file, content_of, held, kept_names, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.retirement.events import Event
    from ciam_tui.ports.state_dir import StateDir

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
        return kept_names(self._state, "migrations", _ID)

    def create(self, migration_id: str) -> None:
        """Make the file of a new migration, with room on the disk for all of it.

        Raises:
            CiamError: `state-not-writable`; `migration-exists`.
        """
        exists = CiamError(
            "migration-exists", "Cannot begin the migration", f"There is a migration {migration_id} already.", ("Try again.",)
        )
        begin_file(self._state, "migrations", self._path(migration_id), exists)

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
        content = content_of(self._state, path, _unknown(migration_id))
        return read_lines(path, content, from_line, ("migration-unreadable", "Cannot read the migration"), "event")

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
