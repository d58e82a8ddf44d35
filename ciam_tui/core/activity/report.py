"""A role's activity for people and for programs. Nothing found is said as what it is: none, in these days and these regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ciam_tui.core.activity.summary import Activity, Comer, Refusal, RegionRead, Who

NOT_IN_THE_HISTORY = "What a session did with S3 objects is never in CloudTrail's event history."
NOT_IN_AN_EVENT = (
    "Refusals are judged by the trust policy of today, and by the token's sub, audience and issuer: an event has no other claim of it."
)
_MOST_LINES = 10
_MOST_WHOS = 3


def lines_of(activity: Activity) -> tuple[str, ...]:
    """The activity for people, a line each; those that belong to the first begin with two spaces."""
    return tuple(_lines(activity))


def _lines(activity: Activity) -> Iterator[str]:
    if activity.read_regions:
        yield _headline(activity)
        yield from (f"  {line}" for line in _shortened([_comer_line(each) for each in activity.comers], "more got in"))
        yield from (f"  {line}" for refusal in activity.refusals[:_MOST_LINES] for line in _refusal_lines(refusal))
        if len(activity.refusals) > _MOST_LINES:
            yield f"  and {len(activity.refusals) - _MOST_LINES} more reasons for refusals"
    for region in activity.regions:
        yield from _region_lines(region)
    if activity.stopped:
        yield "Stopped before everything was read."
    if activity.unreadable:
        yield f"{counted(activity.unreadable, 'event')} could not be read."
    if activity.read_regions:
        if activity.refusals:
            yield NOT_IN_AN_EVENT
        yield NOT_IN_THE_HISTORY


def _headline(activity: Activity) -> str:
    span = f"in the last {counted(activity.window.days, 'day')} in {listed(activity.read_regions)}"
    if not activity.comers and not activity.refusals:
        return f"CloudTrail: none {span}. That is no word about other regions or earlier days."
    return f"CloudTrail: let in {_times(activity.let_in)}, refused {_times(activity.refused)}, {span}."


def _comer_line(comer: Comer) -> str:
    users = f", {counted(len(comer.users), 'user')}" if comer.users else ""
    return f"let in   {_times(comer.count)}, last {_moment(comer.last)}: {who_words(comer.who)}{users}"


def _refusal_lines(refusal: Refusal) -> Iterator[str]:
    whos = "; ".join(who_words(who) for who in refusal.whos[:_MOST_WHOS])
    more = len(refusal.whos) - _MOST_WHOS
    yield f"refused  {_times(refusal.count)}, last {_moment(refusal.last)}: {whos}{f'; and {more} more' if more > 0 else ''}"
    yield f"         {refusal.code}: {refusal.reason}"
    yield from (f"         {sentence}" for sentence in refusal.advice)


def who_words(who: Who) -> str:
    """`project 6b1f..., github.com/acme/web, refs/heads/main`."""
    if who.project_id is None:
        return f"sub {who.other}" if who.other else "a token whose sub is not told"
    if who.vcs_origin is None:
        return f"project {who.project_id}, no branch told"
    return f"project {who.project_id}, {who.vcs_origin}, {who.vcs_ref}"


def _region_lines(region: RegionRead) -> Iterator[str]:
    if region.not_checked is not None:
        yield f"{region.region}: {region.not_checked.words}"
        return
    if not region.complete:
        yield f"{region.region}: only the newest events of this role were read."
    if not region.all_complete:
        back = f", back to {_moment(region.back_to)}" if region.back_to else ""
        yield f"{region.region}: refusals that CloudTrail files under no role were looked for among the newest events alone{back}."


def _shortened(lines: list[str], rest: str) -> list[str]:
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES} {rest}"]


def _times(number: int) -> str:
    return counted(number, "time")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def json_of(activity: Activity) -> dict[str, Any]:
    """The activity for a program. The users' ids are CircleCI's; no other personal data was kept."""
    return {
        "role_arn": activity.role_arn,
        "since": activity.window.since.isoformat(),
        "until": activity.window.until.isoformat(),
        "checked": bool(activity.read_regions),
        "stopped": activity.stopped,
        "unreadable": activity.unreadable,
        "regions": [_region_json(each) for each in activity.regions],
        "let_in": activity.let_in,
        "refused": activity.refused,
        "comers": [
            {
                **_who_json(each.who),
                "count": each.count,
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
                "users": [*each.users],
            }
            for each in activity.comers
        ],
        "refusals": [_refusal_json(each) for each in activity.refusals],
    }


def _region_json(region: RegionRead) -> dict[str, Any]:
    not_checked = region.not_checked
    return {
        "region": region.region,
        "events_seen": region.seen,
        "complete": region.complete,
        "all_complete": region.all_complete,
        "back_to": region.back_to.isoformat() if region.back_to else None,
        "not_checked": None if not_checked is None else {"code": not_checked.code, "reason": not_checked.reason},
    }


def _refusal_json(refusal: Refusal) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "message": refusal.said,
        "reason": refusal.reason,
        "advice": list(refusal.advice),
        "count": refusal.count,
        "first": refusal.first.isoformat(),
        "last": refusal.last.isoformat(),
        "whos": [_who_json(each) for each in refusal.whos],
    }


def _who_json(who: Who) -> dict[str, str | None]:
    return {
        "org_id": who.org_id,
        "project_id": who.project_id,
        "vcs_origin": who.vcs_origin,
        "vcs_ref": who.vcs_ref,
        "sub": who.other,
    }
