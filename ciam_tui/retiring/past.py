"""The retirements of a state directory: found by user, since that is what a person names, and each whole or told as unreadable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.migration import Migration, fold

if TYPE_CHECKING:
    from ciam_tui.ports.api import Migrations


@dataclass(frozen=True, slots=True)
class Past:
    """The migrations, oldest first, and a sentence for each file that cannot be read."""

    migrations: tuple[Migration, ...]
    unreadable: tuple[str, ...] = ()

    def of(self, account_id: str, user: str) -> Migration | None:
        """The newest migration of a user, the active one where there is one. IAM's names are unique without regard to case."""
        own = [each for each in self.migrations if each.started.account_id == account_id and each.user_name.lower() == user.lower()]
        return next((each for each in reversed(own) if each.is_active), own[-1] if own else None)


def past(migrations: Migrations) -> Past:
    """All that is kept. A file without a line was cut off before its first, and so before anything happened."""
    found: list[Migration] = []
    unreadable: list[str] = []
    for migration_id in migrations.ids():
        try:
            events = migrations.events(migration_id)
            found += [fold(events)] if events else []
        except CiamError as error:
            unreadable.append(f"The migration {migration_id} cannot be read: {error.message}")
    return Past(tuple(sorted(found, key=lambda each: (each.started.at, each.id))), tuple(unreadable))
