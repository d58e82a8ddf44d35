"""How a role's rights grew over the snapshots that were kept: what it has gained and lost, between which two of them.

A snapshot says what was so at its moment. So a right that one snapshot has and the one before lacks came between them: both are told. A role
made anew under the same name is another role, and a moment at which not all policies could be read proves no absence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import OPERATIONS
from ciam_tui.core.creep.snapshots import Grant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ciam_tui.core.creep.rights import Right
    from ciam_tui.core.creep.snapshots import PastRole, Snapshot
    from ciam_tui.core.creep.standing import NotSeen


@dataclass(frozen=True, slots=True)
class Change:
    """A grant that came or went: it was otherwise at `before`, and so at `after`. `by` is the statement that gives it today."""

    grant: Grant
    before: datetime
    after: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Growth:
    """What changed since `since`, the first snapshot of the role, None where there is none; `count` are those that tell of it."""

    since: datetime | None = None
    count: int = 0
    gained: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    changed: tuple[str, ...] = ()


def growth_of(arn: str, snapshots: Sequence[Snapshot], rights: Sequence[Right] = ()) -> Growth:
    """How the role changed up to the last of `snapshots`, the oldest of which comes first; `rights` of today name the statements."""
    past = _of_role(arn, snapshots)
    whole = [(at, role) for at, role in past if role.is_whole]
    if not whole:
        return Growth(past[0][0] if past else None, len(past))
    now = whole[-1][1]
    gained = tuple(Change(grant, *came, _statement(grant, rights)) for grant in now.grants if (came := _came(grant, whole)) is not None)
    lost: dict[Grant, Change] = {}
    for (before, old), (after, new) in pairwise(whole):
        for grant in old.grants:
            if not _has(new, grant) and not _has(now, grant):
                lost[grant] = Change(grant, before, after)
    first, last = whole[0][1].digests, now.digests
    changed = tuple(sorted(name for name in {*first, *last} if first.get(name) != last.get(name)))
    return Growth(past[0][0], len(past), gained, tuple(lost.values()), changed)


def _of_role(arn: str, snapshots: Sequence[Snapshot]) -> list[tuple[datetime, PastRole]]:
    """The moments of the role that there is now, not of one of the same name that was deleted."""
    found = [(each.at, each.roles[arn]) for each in snapshots if arn in each.roles]
    if not found:
        return []
    role_id = found[-1][1].role_id
    return [(at, role) for at, role in found if role.role_id == role_id]


def _has(role: PastRole, grant: Grant) -> bool:
    return any(each.covers(grant) for each in role.grants)


def _came(grant: Grant, whole: Sequence[tuple[datetime, PastRole]]) -> tuple[datetime, datetime] | None:
    """Between which two moments the grant came last; None where it was there at all of them."""
    after = whole[-1][0]
    for at, role in reversed(whole[:-1]):
        if not _has(role, grant):
            return at, after
        after = at
    return None


def _statement(grant: Grant, rights: Sequence[Right]) -> str:
    actions = OPERATIONS.get(grant.what, (grant.what,))
    return next((each.by for each in rights if each.action in actions and (each.bucket, each.prefix) == (grant.bucket, grant.prefix)), "")


def is_new(right: Right, growth: Growth, since: datetime) -> bool:
    """Whether the right came after `since`, as far as the snapshots tell: then it could not be used for as long."""
    operations = [name for name, actions in OPERATIONS.items() if right.action in actions]
    asked = [Grant(name, right.bucket, right.prefix) for name in operations or (_nearest(right),)]
    return any(change.after > since and any(change.grant.covers(each) for each in asked) for change in growth.gained)


def _nearest(right: Right) -> str:
    """The operation with which an action comes and goes that no operation stands for."""
    if not right.bucket:
        return right.action
    if not right.action.startswith(("s3:Get", "s3:List")):
        return "delete" if "Delete" in right.action else "write"
    return "read"


def stretched(found: NotSeen, right: Right, arn: str, snapshots: Sequence[Snapshot]) -> NotSeen:
    """`found` with the time added for which earlier snapshots say the same, as long as one window reaches the next and no use lies between."""
    since, last = found.since, found.last
    for _, role in reversed(_of_role(arn, snapshots)):
        for use in role.uses or ():
            if (use.action, use.bucket, use.prefix) != (right.action, right.bucket, right.prefix):
                continue
            if use.last is not None and (last is None or use.last > last):
                last = use.last
            if use.since is not None and use.until is not None and use.until >= since - _REACH:
                since = min(since, use.since)
    return replace(found, since=since if last is None else max(since, min(last, found.since)), last=last)


_REACH = timedelta(days=2)  # windows end a little before the moment that they are looked at
