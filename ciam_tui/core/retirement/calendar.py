"""What waits for what until when: the stages that are left, each with the earliest moment at which it can come, as far as that can be said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ciam_tui.core.retirement.standing import Standing


@dataclass(frozen=True, slots=True)
class Day:
    """A stage, or a key's part of one, that is not done: not before `earliest`.

    That is `is_sure` where a clock runs for it already, or where it `is_due`: it may be done now.
    """

    stage: Stage
    earliest: datetime
    waits_for: str
    key: str = ""
    is_sure: bool = False
    is_due: bool = False


def calendar(found: Sequence[Standing], now: datetime, quiet_days: int) -> tuple[Day, ...]:
    """The days of all that is left, in the order of the stages."""
    days: list[Day] = []
    ahead: dict[str, datetime] = {}  # the end of what a key, or ("") everything, still waits for
    for standing in found:
        ends = []
        for part in standing.parts or (standing,):
            before = max(ahead.get(part.key, now), ahead.get("", now))
            if part.is_done:
                ends.append(before)
                continue
            is_sure = part.state is State.WAITING and part.until is not None
            own = quiet_days if part.stage is Stage.QUIET else 0
            end = max(before, part.until) if is_sure and part.until is not None else before + timedelta(days=own)
            days.append(Day(part.stage, end, part.why, part.key, is_sure, part.can_begin))
            ends.append(end)
            if part.key:
                ahead[part.key] = end
        if not standing.parts:
            ahead[""] = ends[0]
    last = max([now, *(day.earliest for day in days)])
    return tuple(_with_last(day, last) if day.stage is Stage.DELETE_USER else day for day in days)


def _with_last(day: Day, last: datetime) -> Day:
    """The user goes after the last of its keys."""
    return replace(day, earliest=max(day.earliest, last))


def day_line(day: Day, now: datetime) -> str:
    """`2026-12-09  6 quiet        AKIA...  Quiet since ...`, for people."""
    when = f"{day.earliest:%Y-%m-%d}" if day.earliest > now else "now" if day.is_due else "today"
    sure = "" if day.is_sure or day.is_due else "+"
    key = f"  {day.key}" if day.key else ""
    return f"{f'{when}{sure}':<11} {day.stage.number} {day.stage:<12}{key}  {day.waits_for}"
