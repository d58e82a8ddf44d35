"""What people decide about a retirement, as the events that keep it: the same whether a command or a screen is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import Accepted, BaselineTaken, Ended, KeyKept, QuietDaysChosen
from ciam_tui.core.retirement.migration import CHANGES

if TYPE_CHECKING:
    from ciam_tui.core.retirement.events import Event
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.retiring.driving import Desk


def accepting(desk: Desk, migration: Migration, item: str) -> tuple[Event, ...]:
    """That somebody goes on in spite of `item`; of what changed about the user, with the user as it is now.

    Raises:
        CiamError: `not-acceptable`, where the user is gone or another one; `user-unread`, where its keys could not be read.
    """
    now, by = desk.ports.clock.now(), desk.operator
    if item.lower() != CHANGES:
        return (Accepted(item, now, by),)
    user = desk.ports.aws.user(migration.user_name)
    if user is None or user.user_id != migration.started.user.user_id:
        raise CiamError("not-acceptable", "Nothing was accepted", "The user of this retirement is gone.", ["--end closes it."])
    if user.keys is None:  # nobody knows then which keys the retirement is about
        message = f"The access keys of {user.name} could not be read."
        raise CiamError("user-unread", "Nothing was accepted", message, ["It needs iam:ListAccessKeys."])
    return (BaselineTaken(user, now, by), Accepted(item, now, by))


def keeping(desk: Desk, migration: Migration, *, kept: bool) -> tuple[Event, ...]:
    """That the key stays active until the quiet period is over, or does not; nothing where that is so already."""
    return () if kept == migration.key_is_kept else (KeyKept(kept, desk.ports.clock.now(), desk.operator),)


def quiet_for(desk: Desk, migration: Migration, days: int) -> tuple[Event, ...]:
    """Another length of the quiet period; nothing where that is so already."""
    return () if days == migration.quiet_days else (QuietDaysChosen(days, desk.ports.clock.now(), desk.operator),)


def given_up(desk: Desk, migration: Migration) -> Migration:
    """The retirement after somebody gave it up; nothing is changed in the account by that.

    Raises:
        CiamError: `migration-ended`, `migration-running`.
    """
    refuse_ended(migration)
    now = desk.ports.clock.now()
    with desk.migrations.lock(migration.started.account_id, migration.user_name):
        return desk.keep(desk.again(migration), Ended(now, "given-up", desk.operator))


def refuse_ended(migration: Migration) -> None:
    """Nothing is decided about what is over.

    Raises:
        CiamError: `migration-ended`.
    """
    if migration.ended is not None:
        message = f"The retirement of {migration.user_name} ended on {migration.ended.at:%Y-%m-%d}."
        raise CiamError("migration-ended", "Nothing was done", message, ["Begin a new one with --start --setup FILE."])
