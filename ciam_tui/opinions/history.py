"""How roles were used, read from CloudTrail at the pace that it allows: two requests a second for an account and a region.

Every wait is by the clock port and is told. Nothing is raised: a region that cannot be read is not checked, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.activity import Activity, AssumeEvent, RegionRead, Trust, Window, activity_from, read_events
from ciam_tui.core.opinions import NotChecked
from ciam_tui.opinions.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.ports.api import Aws, Clock

DAYS = 90
# 50 events a page at two pages a second: twenty pages are a thousand events, and ten seconds.
PAGES = 20
# Where the global endpoint of STS keeps its events; the other partitions have none.
_GLOBAL_REGION = "us-east-1"


def default_regions(region: str, partition: str) -> tuple[str, ...]:
    """Where roles are likely to be taken: the operator's region and, in partition `aws`, the one that the global endpoint of STS writes to."""
    return tuple(dict.fromkeys((region, _GLOBAL_REGION) if partition == "aws" else (region,)))


def activity_of(
    role_arn: str,
    trust: Trust,
    *,
    aws: Aws,
    clock: Clock,
    regions: Sequence[str],
    days: int = DAYS,
    pages: int = PAGES,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Activity:
    """As `activities_of`, for one role."""
    (activity,) = activities_of(
        {role_arn: trust}, aws=aws, clock=clock, regions=regions, days=days, pages=pages, progress=progress, should_stop=should_stop
    )
    return activity


def activities_of(
    roles: Mapping[str, Trust],
    *,
    aws: Aws,
    clock: Clock,
    regions: Sequence[str],
    days: int = DAYS,
    pages: int = PAGES,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Activity, ...]:
    """How each of `roles` (by ARN) was used in the last `days` days in `regions`, in their order.

    The events of all roles come first, `pages` of them: they hold every refusal, and in most accounts that is all there is. Where there is
    more, as in an account with a cluster whose pods take roles, each role's own events are asked for, `pages` of them a role.

    `progress` is told what is read, and that it waits: CloudTrail takes two requests a second. Once `should_stop` answers yes, what was read
    so far is returned, marked as stopped. Nothing is raised: a region that cannot be read is not checked.
    """
    window = Window.of_last(days, clock.now())
    pace = Pace(clock=clock, tell=progress or _nobody, leaves=should_stop or _never)
    reader = _Reader(aws=aws, pace=pace, window=window, pages=pages)
    read: dict[str, _Gathered] = {arn: _Gathered() for arn in roles}
    for region in dict.fromkeys(regions):
        reader.read_region(region, read)
    return tuple(
        activity_from(
            arn,
            trust,
            window,
            read[arn].regions,
            read[arn].events.values(),
            unreadable=reader.unreadable,
            stopped=pace.stopped,
        )
        for arn, trust in roles.items()
    )


@dataclass(slots=True)
class _Gathered:
    """What was read of one role: its events by their ids, and how far each region went."""

    events: dict[str, AssumeEvent] = field(default_factory=dict)
    regions: list[RegionRead] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """One list of events, page after page: how many events it held, whether it came to its end, and the oldest that was seen."""

    seen: int = 0
    complete: bool = False
    back_to: datetime | None = None
    not_checked: NotChecked | None = None


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads pages at CloudTrail's pace. `unreadable` are the events that are not as CloudTrail's are."""

    aws: Aws
    pace: Pace
    window: Window
    pages: int
    unreadable: int = 0

    def read_region(self, region: str, roles: Mapping[str, _Gathered]) -> None:
        """Add what the history of `region` tells about each of `roles`."""
        self.pace.begin_region()
        everything = self._run(region, None, roles)
        for arn, gathered in roles.items():
            own = everything if everything.complete or everything.not_checked else self._run(region, arn, roles)
            seen = everything.seen + (own.seen if own is not everything else 0)
            back_to = None if everything.complete else everything.back_to
            gathered.regions.append(RegionRead(region, seen, own.complete, everything.complete, back_to, own.not_checked))

    def _run(self, region: str, role_arn: str | None, roles: Mapping[str, _Gathered]) -> _Run:
        run, token = _Run(), None
        for number in range(1, self.pages + 1):
            if self.pace.has_left():
                return run
            whose = role_arn.rpartition("/")[2] if role_arn else "all roles"
            self.pace.tell(f"CloudTrail in {region}: {whose}, page {number}")
            page = self.pace.ask(region, partial(self.aws.assume_events, self.window, region, role_arn, token))
            if page is None:
                return run
            if isinstance(page, NotChecked):
                run.not_checked = page
                return run
            events, unreadable = read_events(page.texts)
            self.unreadable += unreadable
            for event in events:
                if event.role_arn is not None and event.role_arn in roles:
                    roles[event.role_arn].events.setdefault(event.id, event)
            run.seen += page.seen
            run.back_to = min((event.at for event in events), default=run.back_to)
            if page.token is None:
                run.complete = True
                return run
            token = page.token
        return run


def _nobody(_: str) -> None:
    pass


def _never() -> bool:
    return False
