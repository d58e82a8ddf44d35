"""The reader of evidence: what AWS and files of logs know of one user's use, each source by itself, and what none of them could know.

Nothing that cannot be read ends it: an operator may lack a permission, a server an operation, and a region its answer. Such a source is then
told as missing, which makes unknown what it alone would have shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.activity import Window
from ciam_tui.core.evidence.calls import Whose
from ciam_tui.core.evidence.facts import Coverage, Evidence, Source
from ciam_tui.core.evidence.streams import LONGEST_EVENT
from ciam_tui.core.evidence.tally import Tally, merged
from ciam_tui.core.evidence.trail import EventUnreadable, call_of_event, time_of_event
from ciam_tui.core.opinions import NotChecked
from ciam_tui.core.problems import CiamError
from ciam_tui.core.words import counted
from ciam_tui.opinions.pace import Pace
from ciam_tui.ports.clock import SystemClock
from ciam_tui.ports.evidence_files import read_evidence_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from ciam_tui.core.activity import EventPage
    from ciam_tui.core.evidence.calls import Callers
    from ciam_tui.core.evidence.facts import JobPage, Seen, ServiceUse
    from ciam_tui.core.users.facts import LastUse, User
    from ciam_tui.ports.api import Aws, Clock

DAYS = 90  # what the event history keeps
# 50 events a page at two pages a second: 10,000 events of a key and a region, and a hundred seconds.
PAGES = 200
IAM_KEEPS = timedelta(days=400)  # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
_GLOBAL_REGION = "us-east-1"  # where IAM, STS's global endpoint and other global services keep their events
_JOB_WAITS = (0.5, 1.0, 2.0, 5.0)  # seconds between looks at IAM's job; the last goes on
_JOB_TAKES = timedelta(hours=6)  # it takes seconds, in large accounts minutes; a broken server would be asked for ever
_PASSING = frozenset({"throttled", "aws-unavailable", "no-answer", "unreachable"})
_PASSING_IN_A_ROW = 5
STOPPED = "it was stopped before this was read"
_LONGEST_NAP = 0.5  # so that whoever wants to leave is heard


def evidence_of(
    aws: Aws,
    user: User,
    *,
    at: datetime,
    files: Sequence[Path] = (),
    regions: Sequence[str] = (),
    clock: Clock | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    pages: int = PAGES,
) -> Evidence:
    """All that can be known of `user`'s use at `at`: keys, services, events, and what `files` (of folders all) tell.

    `regions` are added to those where events are likely: the operator's, that of global services, and those where a key was last used.
    `progress` is told, in the caller's thread, what is being read and that it waits. Once `should_stop` answers yes, what was read so far is
    returned, and the rest is missing.

    Raises:
        CiamError: one of `files` does not exist.
    """
    survey = _Survey(
        aws=aws,
        user=user,
        at=at,
        clock=clock or SystemClock(),
        tell=progress or (lambda _text: None),
        stops=should_stop or (lambda: False),
        pages=pages,
    )
    # First, as a name that was mistyped should not be told after minutes.
    survey.read_files(files)
    survey.read_keys()
    survey.read_services()
    survey.read_events(regions)
    return survey.evidence()


@dataclass(slots=True, kw_only=True)
class _Survey:
    """One user's evidence while it is gathered."""

    aws: Aws
    user: User
    at: datetime
    clock: Clock
    tell: Callable[[str], None]
    stops: Callable[[], bool]
    pages: int
    keys: dict[str, LastUse] = field(default_factory=dict)
    services: tuple[ServiceUse, ...] | None = None
    seen: tuple[Seen, ...] = ()
    coverage: list[Coverage] = field(default_factory=list)

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(key.key_id for key in self.user.keys or ())

    @property
    def whose(self) -> Whose:
        return Whose(self.user.arn, frozenset(self.key_ids))

    @property
    def partition(self) -> str:
        return self.user.arn.split(":")[1] if self.user.arn.count(":") else "aws"

    def evidence(self) -> Evidence:
        seen = sorted(self.seen, key=lambda each: (-each.count, each.action, each.resource, each.principal))
        return Evidence(self.user.name, self.at, tuple(seen), self.services, self.keys, tuple(self.coverage))

    def read_files(self, files: Sequence[Path]) -> None:
        if not files:
            return
        read = read_evidence_files(files, self.whose, progress=self.tell, should_stop=self.stops)
        self.seen = merged(self.seen, read.seen())
        self.coverage += read.coverage()

    def read_keys(self) -> None:
        missing = [] if self.user.keys is not None else ["which keys the user has could not be read"]
        for key_id in self.key_ids:
            if self.stops():
                missing.append(STOPPED)
                break
            self.tell(f"Last use of the key {key_id}")
            try:
                self.keys[key_id] = self.aws.key_last_use(key_id)
            except CiamError as error:
                missing.append(str(error))
        about = counted(len(self.keys), "key")
        self.coverage.append(Coverage(Source.KEY_LAST_USED, None, self.at, sees_objects=False, about=about, missing=joined(missing)))

    def read_services(self) -> None:
        missing = None
        try:
            self.services = services_of(self.aws, self.user.arn, clock=self.clock, tell=self.tell, stops=self.stops)
        except CiamError as error:
            missing = str(error)
        since, until = (None, None) if self.services is None else (self.at - IAM_KEEPS, self.at)
        about = "" if self.services is None else counted(len(self.services), "service")
        self.coverage.append(Coverage(Source.SERVICE_LAST_ACCESSED, since, until, sees_objects=False, about=about, missing=missing))

    def read_events(self, regions: Sequence[str]) -> None:
        last_used = [use.region for use in self.keys.values()]
        likely = default_regions(self.aws.region, self.partition, (*last_used, *regions))
        window = Window.of_last(DAYS, self.at)
        pace = Pace(clock=self.clock, tell=self.tell, leaves=self.stops)
        for region in likely:
            pace.begin_region()
            tally = Tally(Source.EVENT_HISTORY, self.partition)
            history = EventReading(pace, window, region, self.whose, tally, self.pages)
            for key_id in self.key_ids:
                history.read(key_id, partial(self.aws.key_events, key_id, window, region))
            if not self.key_ids:
                history.missing.append("no key of the user is known")
            self.seen = merged(self.seen, tally.seen())
            self.coverage.append(history.coverage())


def services_of(
    aws: Aws, arn: str, *, clock: Clock, tell: Callable[[str], None], stops: Callable[[], bool], about: str = ""
) -> tuple[ServiceUse, ...]:
    """When services were last asked by the user or role with `arn`, as IAM's job finds, which is waited for to its end.

    Raises:
        CiamError: IAM may not be asked, does not come to an end, or `stops` said so.
    """
    return _Job(aws, arn, clock, tell, stops, about).result()


@dataclass(frozen=True, slots=True)
class _Job:
    """IAM's job about one user or role; `about` names it where there are several."""

    aws: Aws
    arn: str
    clock: Clock
    tell_of: Callable[[str], None]
    stops: Callable[[], bool]
    about: str

    def tell(self, text: str) -> None:
        """Say what is being read, and of whom."""
        self.tell_of(f"{text}{f' ({self.about})' if self.about else ''}")

    def result(self) -> tuple[ServiceUse, ...]:
        """What IAM's job found, after it has come to its end."""
        if self.stops():
            raise _stopped()
        self.tell("Services that were last accessed: IAM is asked")
        job_id = self._begun_job()
        began, looked = self.clock.now(), 0
        while (page := self._look(job_id, None)).state == "IN_PROGRESS":
            waited = self.clock.now() - began
            if waited > _JOB_TAKES:
                raise _not_told(f"IAM had not come to an end after {waited // timedelta(hours=1)} hours.")
            self.tell(f"Services that were last accessed: IAM is at it since {waited // timedelta(seconds=1)} s")
            self._nap(_JOB_WAITS[min(looked, len(_JOB_WAITS) - 1)])
            looked += 1
        if page.state != "COMPLETED":
            raise _not_told(f"IAM's job ended as {page.state}{f': {page.error}' if page.error else ''}.")
        found = list(page.services)
        while page.marker is not None:
            self.tell(f"Services that were last accessed: {len(found)} read")
            if self.stops():
                raise _stopped()
            marker = page.marker
            page = self._look(job_id, marker)
            if page.marker == marker or not page.services:
                raise _not_told("IAM's answer does not come to an end.")
            found += page.services
        return tuple(found)

    def _begun_job(self) -> str:
        try:
            return self.aws.start_service_job(self.arn, by_action=True)
        except CiamError as error:
            if error.code not in ("request-invalid", "aws-refused"):
                raise
        # A partition or a server may know services alone.
        return self.aws.start_service_job(self.arn, by_action=False)

    def _look(self, job_id: str, marker: str | None) -> JobPage:
        """The job as it is now; what passes by itself is waited for."""
        for failures in range(1, _PASSING_IN_A_ROW + 1):
            try:
                return self.aws.service_job(job_id, marker)
            except CiamError as error:
                if error.code not in _PASSING or failures == _PASSING_IN_A_ROW:
                    raise
                self.tell(f"Services that were last accessed: {error.message}")
                self._nap(_JOB_WAITS[-1])
        raise AssertionError("the last failure is raised")

    def _nap(self, seconds: float) -> None:
        left = seconds
        while left > 0:
            if self.stops():
                raise _stopped()
            self.clock.sleep(min(left, _LONGEST_NAP))
            left -= _LONGEST_NAP


@dataclass(slots=True)
class EventReading:
    """The events of one region while they are read, by one attribute after another; with `service` those of one service alone."""

    pace: Pace
    window: Window
    region: str
    whose: Callers
    tally: Tally
    pages: int
    service: str = ""
    events: int = 0
    unreadable: int = 0
    back_to: datetime | None = None
    missing: list[str] = field(default_factory=list)

    def read(self, about: str, ask: Callable[[str | None], EventPage]) -> None:
        """Take in the events that `ask` gives page by page, the newest first; `about` names what they are found by."""
        token: str | None = None
        oldest: datetime | None = None
        for number in range(1, self.pages + 1):
            self.pace.tell(f"CloudTrail in {self.region}: events of {about}, page {number}")
            page: EventPage | NotChecked | None = None
            if not self.pace.has_left():
                page = self.pace.ask(self.region, partial(ask, token))
            if page is None or isinstance(page, NotChecked):
                self.missing.append(STOPPED if page is None else page.reason)
                self._goes_back_to(oldest)
                return
            oldest = self._take(page.texts) or oldest
            self.events += page.seen
            if page.token is None:
                return
            token = page.token
        self.missing.append(f"there are more events than the {counted(self.pages, 'page')} that were read, of which the oldest are missing")
        self._goes_back_to(oldest)

    def coverage(self) -> Coverage:
        """What was covered, and what was not."""
        gaps = list(self.missing)
        if self.unreadable:
            gaps.append(f"{counted(self.unreadable, 'event')} could not be read")
        of = f"{self.service} in " if self.service else ""
        about = f"{of}{self.region}, {counted(self.events, 'event')}; object calls are not in it"
        return Coverage(
            Source.EVENT_HISTORY,
            self.back_to or self.window.since,
            self.window.until,
            sees_objects=False,
            about=about,
            missing=joined(gaps),
            region=self.region,
            service=self.service,
        )

    def _take(self, texts: Iterable[str]) -> datetime | None:
        """Count a page's events, the newest first; when the last of them was."""
        oldest = None
        for text in texts:
            try:
                event = json.loads(text) if len(text) <= LONGEST_EVENT else None
                oldest = time_of_event(event)
                call = call_of_event(event, self.whose)
            except (EventUnreadable, ValueError, RecursionError):
                self.unreadable += 1
                continue
            if call is not None:
                self.tally.add(call)
        return oldest

    def _goes_back_to(self, oldest: datetime | None) -> None:
        """The window is only as long as that of the key of which the least was read."""
        reached = oldest or self.window.until
        self.back_to = reached if self.back_to is None else max(self.back_to, reached)


def default_regions(region: str, partition: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """Where a key's events are likely: the operator's region, in partition `aws` that of the global services, and those of `more`."""
    known = [region, *((_GLOBAL_REGION,) if partition == "aws" else ()), *more]
    # Some services' last use is told with the region `aws-global`.
    return tuple(dict.fromkeys(each for each in known if each and not each.endswith("global")))


def _stopped() -> CiamError:
    return CiamError("stopped", "Stopped", f"{STOPPED}.".capitalize())


def _not_told(message: str) -> CiamError:
    return CiamError("not-told", "Cannot read which services were last accessed", message)


def joined(gaps: Sequence[str]) -> str | None:
    """What is missing, in one text; None where nothing is."""
    return "; ".join(dict.fromkeys(gap.rstrip(".") for gap in gaps)) or None
