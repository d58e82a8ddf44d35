"""The reader for privilege creep: what each role that an audit found may do, and what is known of its use, source by source.

Nothing that cannot be read ends it: an operator may lack a permission, a server an operation, and a region its answer. That source is then told
as missing, which makes unknown what it alone would have shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.activity import Window
from ciam_tui.core.creep.gap import gap_of
from ciam_tui.core.creep.rights import HeldRole, rights_of_role
from ciam_tui.core.creep.snapshots import snapshot_of
from ciam_tui.core.creep.standing import RoleUse
from ciam_tui.core.evidence.calls import Sessions
from ciam_tui.core.evidence.facts import Coverage, Source
from ciam_tui.core.evidence.tally import MOST_TREES, Tally, merged
from ciam_tui.core.problems import CiamError
from ciam_tui.core.words import counted
from ciam_tui.opinions.pace import Pace
from ciam_tui.ports.clock import SystemClock
from ciam_tui.ports.evidence_files import read_evidence_files
from ciam_tui.surveys.evidence import DAYS, IAM_KEEPS, PAGES, EventReading, default_regions, services_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ciam_tui.core.audit.report import AuditReport, RoleAudit
    from ciam_tui.core.creep.gap import Gap
    from ciam_tui.core.creep.snapshots import Snapshot
    from ciam_tui.core.document import Document
    from ciam_tui.core.evidence.facts import Seen, ServiceUse
    from ciam_tui.ports.api import Aws, Clock

# Whose events manage what roles for S3 are given; those of KMS name the object or the bucket that a key was used for.
_SOURCES = ("s3.amazonaws.com", "kms.amazonaws.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to look at: how many days back, `files` of logs (of folders all), and CloudTrail's event history in likely regions and `regions`."""

    days: int = DAYS
    files: tuple[Path, ...] = ()
    cloudtrail: bool = False
    regions: tuple[str, ...] = ()
    pages: int = PAGES


def gaps_of(
    report: AuditReport,
    roles: Sequence[RoleAudit],
    aws: Aws,
    asked: Asked,
    *,
    snapshots: Sequence[Snapshot] = (),
    clock: Clock | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Gap, ...]:
    """The gap of each of `roles`, which `report` found. `snapshots` are earlier ones, the oldest first.

    `progress` is told, in the caller's thread, what is being read. Once `should_stop` answers yes, what was read so far counts, and the rest is
    missing.

    Raises:
        CiamError: one of the files does not exist.
    """
    survey = _Survey(
        aws=aws,
        at=report.at,
        held=held_roles(report, roles, aws),
        asked=asked,
        clock=clock or SystemClock(),
        tell=progress or (lambda _text: None),
        stops=should_stop or (lambda: False),
    )
    # First, as a name that was mistyped should not be told after minutes.
    survey.read_files()
    survey.read_services()
    survey.read_buckets()
    survey.read_events(report.identity.partition)
    moments = (*snapshots, snapshot_of(report))
    return tuple(gap_of(role, survey.use_of(role), moments) for role in survey.held)


def held_roles(report: AuditReport, roles: Sequence[RoleAudit], aws: Aws) -> tuple[HeldRole, ...]:
    """The roles with what their rights come from. The boundaries' documents, which an audit does not hand on, are read again."""
    boundaries = tuple(dict.fromkeys(each.read.role.boundary for each in roles if each.read.role.boundary))
    documents: Mapping[str, Document] = {}
    if boundaries:
        try:
            documents = aws.policies_in_force(boundaries, lambda _: None).documents
        except CiamError:
            documents = {}
    return tuple(_held(report, each, documents) for each in roles)


def _held(report: AuditReport, audit: RoleAudit, boundaries: Mapping[str, Document]) -> HeldRole:
    role = audit.read.role
    unread = list(audit.access.unread)
    if role.boundary is not None and role.boundary not in boundaries and not unread:
        unread.append("The permissions boundary could not be read.")
    return HeldRole(
        role.name,
        role.arn,
        role.role_id,
        report.identity.account_id,
        report.identity.partition,
        audit.documents,
        boundaries.get(role.boundary) if role.boundary else None,
        audit.read.created,
        role.last_used,
        "last_used" not in audit.read.unread,
        tuple(unread),
    )


@dataclass(slots=True, kw_only=True)
class _Survey:
    """The evidence of some roles while it is gathered."""

    aws: Aws
    at: datetime
    held: tuple[HeldRole, ...]
    asked: Asked
    clock: Clock
    tell: Callable[[str], None]
    stops: Callable[[], bool]
    seen: tuple[Seen, ...] = ()
    services: dict[str, tuple[ServiceUse, ...]] = field(default_factory=dict)
    own: dict[str, Coverage] = field(default_factory=dict)
    shared: list[Coverage] = field(default_factory=list)
    regions: dict[str, str] = field(default_factory=dict)

    @property
    def whose(self) -> Sessions:
        return Sessions.of(role.arn for role in self.held)

    def use_of(self, role: HeldRole) -> RoleUse:
        return RoleUse(
            at=self.at,
            since=self.at - timedelta(days=self.asked.days),
            created=role.created,
            last_used=role.last_used,
            tells_use=role.tells_use,
            seen=tuple(each for each in self.seen if each.principal == role.arn),
            services=self.services.get(role.arn),
            coverage=(*((self.own[role.arn],) if role.arn in self.own else ()), *self.shared),
            regions=self.regions,
        )

    def read_files(self) -> None:
        """All files at once for all roles: they may be large."""
        if self.asked.files:
            read = read_evidence_files(self.asked.files, self.whose, progress=self.tell, should_stop=self.stops)
            self.seen = merged(self.seen, read.seen())
            self.shared += read.coverage()

    def read_services(self) -> None:
        """IAM's job of each role. One that refuses for good would refuse the others too, and is asked once."""
        refusal: str | None = None
        for number, role in enumerate(self.held, start=1):
            since, until, missing = None, None, refusal
            if refusal is None:
                try:
                    about = f"{role.name}, {number:,} of {len(self.held):,}"
                    found = services_of(self.aws, role.arn, clock=self.clock, tell=self.tell, stops=self.stops, about=about)
                    self.services[role.arn] = found
                    since, until = self.at - IAM_KEEPS, self.at
                except CiamError as error:
                    missing = error.message
                    refusal = missing if error.code in ("access-denied", "stopped") else None
            services = self.services.get(role.arn)
            about = "" if services is None else counted(len(services), "service")
            self.own[role.arn] = Coverage(Source.SERVICE_LAST_ACCESSED, since, until, sees_objects=False, about=about, missing=missing)

    def read_buckets(self) -> None:
        """Where the buckets lie that the roles' policies name: in that region are the events that manage them."""
        if not self.asked.cloudtrail:
            return
        names = dict.fromkeys(right.bucket for role in self.held for right in rights_of_role(role).held if right.bucket not in ("", "*"))
        for name in names:
            if self.stops() or any(mark in name for mark in "*?$"):
                continue
            self.tell(f"Region of the bucket {name}")
            try:
                bucket = self.aws.bucket(name, owner=None)
            except CiamError:
                continue
            if bucket is not None:
                self.regions[name] = bucket.region

    def read_events(self, partition: str) -> None:
        """Everybody's events of S3 and KMS by region: those of the roles are counted, whatever their sessions are called."""
        if not self.asked.cloudtrail:
            return
        window = Window.of_last(min(self.asked.days, DAYS), self.at)
        pace = Pace(clock=self.clock, tell=self.tell, leaves=self.stops)
        for region in default_regions(self.aws.region, partition, (*self.asked.regions, *self.regions.values())):
            pace.begin_region()
            for source in _SOURCES:
                tally = Tally(Source.EVENT_HISTORY, partition, most=MOST_TREES * max(1, len(self.held)))
                events = EventReading(pace, window, region, self.whose, tally, self.asked.pages, source)
                events.read(source, partial(self.aws.service_events, source, window, region))
                self.seen = merged(self.seen, tally.seen())
                self.shared.append(events.coverage())
