"""A retirement told for people and for programs: every stage with what it rests on, and the days that are still to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.retirement.calendar import calendar, day_line
from ciam_tui.core.retirement.offer import offer_document, offer_lines
from ciam_tui.core.retirement.standing import State
from ciam_tui.core.retirement.standings import standings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ciam_tui.core.retirement.calendar import Day
    from ciam_tui.core.retirement.ground import Ground
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.standing import Standing
    from ciam_tui.core.users.removal import LeftEmpty

_UNDER = " " * 4


@dataclass(frozen=True, slots=True)
class Report:
    """A retirement as it stands at `now`. `left_empty` is None as long as the user may not be deleted."""

    migration: Migration
    ground: Ground
    now: datetime
    left_empty: LeftEmpty | None = None

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Every stage, in the order in which they become possible."""
        return standings(self.migration, self.ground, self.now)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do, or nothing will be done."""
        return not self.migration.is_active

    @property
    def is_blocked(self) -> bool:
        """Whether something stands in the way."""
        return not self.is_over and any(each.is_blocked for each in self.standings)

    @property
    def days(self) -> tuple[Day, ...]:
        """The calendar."""
        return () if self.is_over else calendar(self.standings, self.now, self.migration.quiet_days)


def report_lines(report: Report) -> Iterator[str]:
    """The report, for people."""
    migration = report.migration
    yield (
        f"Retirement of {migration.user_name} in account {migration.started.account_id}, "
        f"begun {migration.started.at:%Y-%m-%d} ({migration.id})"
    )
    if migration.ended is not None:
        word = "Finished" if migration.ended.why == "finished" else "Given up"
        yield f"{word} on {migration.ended.at:%Y-%m-%d %H:%M} UTC."
        yield from _offer_lines(report)
        return
    if migration.key_is_kept:
        yield "The key stays active until the quiet period is over."
    for standing in report.standings:
        yield from _stage_lines(standing)
    yield from _offer_lines(report)
    yield from calendar_lines(report)


def _offer_lines(report: Report) -> Iterator[str]:
    if report.left_empty is not None:
        yield from offer_lines(report.migration.user_name, report.left_empty)


def calendar_lines(report: Report) -> Iterator[str]:
    """The calendar, for people."""
    days = report.days
    if not days:
        yield "Nothing is left to wait for."
        return
    yield f"Calendar (UTC; + is the earliest, with {report.migration.quiet_days} quiet days):"
    yield from (f"  {day_line(day, report.now)}" for day in days)


def _stage_lines(standing: Standing) -> Iterator[str]:
    about = standing.stage.about
    yield f"  {standing.stage.number} {standing.stage:<12} {_word(standing):<8} {about.done if standing.is_done else standing.why}"
    is_waiting_for_stage = standing.state is State.WAITING and standing.why.startswith("Comes after")
    if standing.is_done and standing.why != about.done:
        yield f"{_UNDER}{standing.why}"
    if len(standing.parts) > 1:
        yield from (f"{_UNDER}{part.key}: {_word(part)}. {part.why}" for part in standing.parts)
    if is_waiting_for_stage:
        return
    told = dict.fromkeys(line for part in (standing.parts or (standing,)) for line in part.evidence)
    yield from (f"{_UNDER}{line}" for line in told)
    if not standing.is_done:
        yield from (f"{_UNDER}> {line}" for line in dict.fromkeys(line for part in (standing.parts or (standing,)) for line in part.todo))


def _word(standing: Standing) -> str:
    return standing.state.upper() if standing.state is State.BLOCKED else str(standing.state)


def report_document(report: Report) -> dict[str, Any]:
    """The report, for a program."""
    migration = report.migration
    return {
        "id": migration.id,
        "user": migration.user_name,
        "user_id": migration.started.user.user_id,
        "account_id": migration.started.account_id,
        "started_at": moment(migration.started.at),
        "ended_at": moment(migration.ended.at) if migration.ended else None,
        "ended": migration.ended.why if migration.ended else None,
        "quiet_days": migration.quiet_days,
        "key_is_kept": migration.key_is_kept,
        "accepted": sorted(migration.accepted),
        "runs": [{"stage": run.stage, "run": run.run_id, "keys": [*run.keys], "at": moment(run.at)} for run in migration.runs],
        "stages": [standing_document(each) for each in report.standings] if migration.is_active else [],
        "left_empty": offer_document(report.left_empty) if report.left_empty is not None else None,
        "calendar": [_day_document(day) for day in report.days],
    }


def standing_document(standing: Standing) -> dict[str, Any]:
    """A stage, for a program."""
    return {
        "number": standing.stage.number,
        "stage": standing.stage,
        "key": standing.key or None,
        "state": standing.state,
        "why": standing.why,
        "until": moment(standing.until) if standing.until else None,
        "irreversible": standing.stage.about.is_for_good,
        "evidence": [*standing.evidence],
        "todo": [*standing.todo],
        "accept": [*standing.items],
        "handed_to": standing.handed_to or None,
        "keys": [standing_document(part) for part in standing.parts],
    }


def _day_document(day: Day) -> dict[str, Any]:
    return {
        "stage": day.stage,
        "key": day.key or None,
        "earliest": moment(day.earliest),
        "sure": day.is_sure,
        "waits_for": day.waits_for,
    }


def moment(at: datetime) -> str:
    """As every document of this program tells a time."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
