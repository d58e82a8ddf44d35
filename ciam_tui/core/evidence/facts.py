"""Evidence as values: what was seen, by which source, in which window, and what no source could have seen.

S3's object calls are in none of AWS's free records. So every source says whether it sees them, and where none does, the answer about them is
"unknown", never "unused".
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  pydantic resolves the annotations when a journal is read
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  as above
from enum import StrEnum

from ciam_tui.core.users.facts import LastUse  # noqa: TC001  as above


class Source(StrEnum):
    """Where a piece of evidence comes from."""

    KEY_LAST_USED = "key last used"
    ROLE_LAST_USED = "role last used"
    SERVICE_LAST_ACCESSED = "service last accessed"
    EVENT_HISTORY = "CloudTrail event history"
    TRAIL_FILE = "CloudTrail files"
    S3_ACCESS_LOG = "S3 server access logs"


@dataclass(frozen=True, slots=True)
class Shown:
    """That files show who writes (or reads) the objects of a bucket, without a hole from `since` to `until`.

    Before `since` either nothing was read, or no record of anybody's was there for longer than a bucket in use is silent.
    """

    bucket: str
    writing: bool
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one source covered: the time it looks back on, and whether S3's object calls would show in it.

    `about` says in words what was read (a region, a file's name); `missing` what could not be, None where nothing is missing.
    `read_buckets` and `written_buckets` are those of which the source is known to show the reading and the writing of objects: a trail may
    record the one and not the other, and access logs are kept for some buckets alone. `shown` says the same with the time for which it holds;
    `region` is that of an event history, and `service` the one whose events alone were read of it, where it is one.
    """

    source: Source
    since: datetime | None
    until: datetime | None
    sees_objects: bool
    about: str = ""
    missing: str | None = None
    read_buckets: tuple[str, ...] = ()
    written_buckets: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = ()
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Calls that were alike, counted: an IAM action (`s3:PutObject`), a bucket and a prefix where the call was about objects.

    `resource` is `arn:...:s3:::bucket/prefix/` for S3, another ARN where the source names one, and "" where it names none. `principal` is the
    access key's id or the caller's ARN, as the source tells; `refused` counts those among `count` that AWS denied. `summed` says that calls
    below several prefixes were taken together, of which `resource` is what they have in common.
    """

    action: str
    resource: str
    count: int
    first: datetime
    last: datetime
    source: Source
    principal: str = ""
    refused: int = 0
    address: str = ""
    agent: str = ""
    summed: bool = False


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """A service that the user's policies allow, and when it was last asked, None where not within what IAM keeps (400 days)."""

    service: str
    last: datetime | None
    region: str = ""
    actions: tuple[tuple[str, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class JobPage:
    """IAM's job about services: `state` is IN_PROGRESS, COMPLETED or FAILED, with a page of the result or the `error`."""

    state: str
    services: tuple[ServiceUse, ...] = ()
    marker: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a user's use. `services` is None where IAM's job was not read to its end."""

    user: str
    at: datetime
    seen: tuple[Seen, ...] = ()
    services: tuple[ServiceUse, ...] | None = None
    keys: Mapping[str, LastUse] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()

    @property
    def sees_objects(self) -> bool:
        """Whether any source would have shown S3's object calls."""
        return any(each.sees_objects and each.missing is None for each in self.coverage)

    def shows(self, bucket: str, *, writing: bool) -> bool:
        """Whether some source is known to show who reads, or writes, the objects of `bucket`: without one, what was not seen is unknown."""
        return any(bucket in (each.written_buckets if writing else each.read_buckets) for each in self.coverage)

    @property
    def shows_calls(self) -> bool:
        """Whether the calls that are not about objects would show: in the event history, or in what IAM keeps of services."""
        history = [each for each in self.coverage if each.source is Source.EVENT_HISTORY]
        return self.services is not None or (bool(history) and all(each.missing is None for each in history))
