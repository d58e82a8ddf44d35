"""Which rows of the listing are wanted and in which order, as pure functions: the same for a screen, a terminal and a program."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from ciam_tui.core.users.listing import UserRow

OLD_DAYS = 90  # what CIS and AWS's own advice take for the age at which a key is rotated
_LEVELS = tuple(Level)
_REACHES = (Reach.YES, Reach.CONDITIONAL, Reach.UNKNOWN, Reach.NO)


class Order(StrEnum):
    """What comes first: the oldest key, the latest use, the most that may be done, or the first name."""

    WORST = "worst"
    AGE = "age"
    LAST_USED = "last-used"
    NAME = "name"


class Only(StrEnum):
    """Users of one kind."""

    ADMIN = "admin"
    CIRCLECI = "circleci"
    ACTIVE = "active"
    INACTIVE = "inactive"
    OLD = "old"
    UNUSED = "unused"
    TWO_KEYS = "two-keys"
    PASSWORD = "password"  # noqa: S105 - a kind of user, no password

    @property
    def words(self) -> str:
        """What it leaves."""
        return _WORDS[self]


_WORDS = {
    Only.ADMIN: "administrators, as far as is known",
    Only.CIRCLECI: "whose key CircleCI holds, by its last four characters",
    Only.ACTIVE: "with a key that AWS takes",
    Only.INACTIVE: "with a key that is inactive or expired",
    Only.OLD: f"with an active key of more than {OLD_DAYS} days",
    Only.UNUSED: f"whose keys are not known to have been used within {OLD_DAYS} days",
    Only.TWO_KEYS: "with two keys",
    Only.PASSWORD: "with a console password",
}


def chosen(
    rows: Iterable[UserRow], at: datetime, *, order: Order = Order.WORST, only: Collection[Only] = (), search: str = ""
) -> tuple[UserRow, ...]:
    """The rows that are all of `only` and hold every word of `search`, in `order`; those that are alike by name."""
    left = (row for row in rows if all(_is(row, each, at) for each in only) and _holds(row, search.lower().split()))
    return tuple(sorted(left, key=lambda row: (*_rank(row, order), row.user.name.lower(), row.user.name)))


def _rank(row: UserRow, order: Order) -> tuple[float, ...]:
    match order:
        case Order.NAME:
            return ()
        case Order.AGE:
            return (row.oldest.timestamp(),) if row.oldest is not None else (float("inf"),)
        case Order.LAST_USED:
            if row.last_used is not None:
                return (0, -row.last_used.timestamp())
            return (2 if row.knows_use else 1, 0)
        case Order.WORST:
            level = len(_LEVELS) if row.worst is None else _LEVELS.index(row.worst.level)
            return (_REACHES.index(row.administrator.reach), level, -sum(found.level is Level.ERROR for found in row.findings))
    assert_never(order)


def _is(row: UserRow, only: Only, at: datetime) -> bool:
    keys = row.keys or ()
    match only:
        case Only.ADMIN:
            return row.administrator.reach is not Reach.NO
        case Only.CIRCLECI:
            return bool(row.held)
        case Only.ACTIVE:
            return any(key.is_active for key in keys)
        case Only.INACTIVE:
            return any(not key.is_active for key in keys)
        case Only.OLD:
            return any(key.is_active and key.created_at is not None and (at - key.created_at).days > OLD_DAYS for key in keys)
        case Only.UNUSED:
            return row.last_used is None or (at - row.last_used).days > OLD_DAYS
        case Only.TWO_KEYS:
            return len(keys) > 1
        case Only.PASSWORD:
            return row.user.has_password is True
    assert_never(only)


def _holds(row: UserRow, words: list[str]) -> bool:
    texts = [text.lower() for text in _texts(row)] if words else []
    return all(any(word in text for text in texts) for word in words)


def _texts(row: UserRow) -> Iterator[str]:
    user = row.user
    yield from (user.arn, *user.groups, *user.attached, *(name for name, _ in user.inline))
    yield from (f"{key}={value}" for key, value in user.tags)
    yield from (text for key in row.keys or () for text in (key.key_id, key.status))
    yield from (text for held in row.held or () for text in (held.organization, held.place, held.variable))
