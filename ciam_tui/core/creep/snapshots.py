"""A moment of an account's roles as it is kept: what each might do, digests of its documents, and what was known of its use.

What is kept holds names of roles, buckets and actions, and no document, no session and no person. It is read as strictly as anything from
outside: a file that somebody changed, or half of one, is no snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  pydantic resolves the annotations when a snapshot is read
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.codec import from_data, to_data
from ciam_tui.core.creep.standing import NotSeen, Used
from ciam_tui.core.evidence.facts import Source  # noqa: TC001  as above
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import load_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ciam_tui.core.audit.access import Access
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.creep.gap import Gap
    from ciam_tui.core.document import Document

VERSION = 1
LARGEST = 8 * 1_048_576  # bytes of a snapshot: 5,000 roles need a quarter of it
MOST_KEPT = 120


@dataclass(frozen=True, slots=True)
class Grant:
    """An operation (`read`, `delete`, ...) at a place, or with neither bucket nor prefix another service's action (`kms:Decrypt`)."""

    what: str
    bucket: str = ""
    prefix: str = ""

    def covers(self, other: Grant) -> bool:
        """Whether who has this has `other` too."""
        if self.what != other.what:
            return False
        return (self.bucket in (other.bucket, "*")) and (self.bucket == "*" or other.prefix.startswith(self.prefix))


@dataclass(frozen=True, slots=True)
class PastUse:
    """What was known of a right then: seen last at `last`, or not seen from `since` to `until` by `source`."""

    action: str
    bucket: str
    prefix: str
    source: Source
    last: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PastRole:
    """A role then. `is_whole` says that nothing of its policies was unread; `uses` is None where its use was not looked at."""

    name: str
    role_id: str
    grants: tuple[Grant, ...]
    digests: Mapping[str, str] = field(default_factory=dict)
    last_used: datetime | None = None
    is_whole: bool = True
    uses: tuple[PastUse, ...] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An account's roles for CircleCI at one moment, by their ARNs."""

    account_id: str
    at: datetime
    roles: Mapping[str, PastRole]
    version: int = VERSION


def snapshot_of(report: AuditReport, gaps: Iterable[Gap] = ()) -> Snapshot:
    """What of `report` is kept, with the use that `gaps` tell."""
    uses = {gap.role.arn: _uses(gap) for gap in gaps}
    roles = {
        audit.read.role.arn: PastRole(
            audit.read.role.name,
            audit.read.role.role_id,
            grants_of(audit.access),
            digests_of([("trust", audit.read.role.trust), *audit.documents]),
            audit.read.role.last_used,
            not audit.access.unread and not audit.access.more,
            uses.get(audit.read.role.arn),
        )
        for audit in report.roles
    }
    return Snapshot(report.identity.account_id, report.at, roles)


def grants_of(access: Access) -> tuple[Grant, ...]:
    """What passes, also in some cases alone, as an audit sums it up."""
    held = [
        Grant(name, each.place.bucket, each.place.prefix)
        for each in access.places
        for name, reach in each.operations.items()
        if reach is not Reach.NO
    ]
    held += [Grant(f"{each.service}:{action}") for each in access.services for action in each.actions]
    return tuple(dict.fromkeys(held))


def digests_of(documents: Iterable[tuple[str, Document]]) -> dict[str, str]:
    """The SHA-256 of each document by its name, in canonical form where it has one."""
    found: dict[str, str] = {}
    for name, document in documents:
        try:
            text = document.canonical
        except CiamError:
            text = document.text
        found[name] = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return found


def _uses(gap: Gap) -> tuple[PastUse, ...]:
    found = []
    for each in gap.rights:
        right = each.right
        match each.standing:
            case Used(sources=sources, last=last):
                found.append(PastUse(right.action, right.bucket, right.prefix, sources[0], last))
            case NotSeen(source=source, since=since, until=until, last=last):
                found.append(PastUse(right.action, right.bucket, right.prefix, source, last, since, until))
            case _:
                pass
    return tuple(found)


def to_text(snapshot: Snapshot) -> str:
    """The file of `snapshot`, one line of ASCII."""
    import json

    return json.dumps(to_data(snapshot), separators=(",", ":")) + "\n"


def from_text(text: str) -> Snapshot:
    """The snapshot that a file holds.

    Raises:
        CiamError: `snapshot-unreadable`.
    """
    data: Any = load_json(text, what="the snapshot", limit_bytes=LARGEST, code="snapshot-unreadable")
    try:
        found = from_data(Snapshot, data)
    except ValueError:  # pydantic's, whose text quotes what it read
        raise _no_snapshot() from None
    moments = (found.at, *(each.last_used for each in found.roles.values()))
    uses = (use for role in found.roles.values() for use in role.uses or ())
    if found.version != VERSION or any(
        moment is not None and moment.tzinfo is None
        for moment in (*moments, *(moment for use in uses for moment in (use.last, use.since, use.until)))
    ):
        raise _no_snapshot()
    return found


def _no_snapshot() -> CiamError:
    return CiamError("snapshot-unreadable", "Cannot read a snapshot", "It is no snapshot of this program, or of another version.")


def worth_keeping(moments: Sequence[datetime], now: datetime) -> frozenset[datetime]:
    """Which snapshots stay: of the last two days all, then the first of each day, week and month, as many as are looked through at once.

    The first of a span stays and not the last, so that it is told as early as it was known.
    """
    spans = (
        (timedelta(days=2), timedelta(0)),
        (timedelta(days=31), timedelta(days=1)),
        (timedelta(days=200), timedelta(days=7)),
        (timedelta.max, timedelta(days=30)),
    )
    kept: list[datetime] = []
    taken: set[tuple[timedelta, int]] = set()
    for moment in sorted(moments):
        every = next(every for reach, every in spans if now - moment <= reach)
        slot = (every, (moment - _EPOCH) // every) if every else (every, len(kept))
        if slot not in taken:
            taken.add(slot)
            kept.append(moment)
    # The very first tells since when anything is known; of the rest the newest are worth most.
    return frozenset((*kept[:1], *kept[1:][-(MOST_KEPT - 1) :]))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
