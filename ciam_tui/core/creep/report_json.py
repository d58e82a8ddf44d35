"""The gaps for a program: one document, whose keys stay as they are; new ones may be added."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ciam_tui.core.creep.standing import NotSeen, Unknown, Used
from ciam_tui.core.setup import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ciam_tui.core.creep.gap import Gap, RightUse
    from ciam_tui.core.creep.growth import Change
    from ciam_tui.core.creep.tighten import Tightened
    from ciam_tui.core.evidence.facts import Coverage


def document_of_gaps(
    gaps: Sequence[Gap], *, account_id: str, at: datetime, days: int, unread: Sequence[str] = (), tightened: Tightened | None = None
) -> dict[str, Any]:
    """The document that `creep --json` prints."""
    return {
        "ok": True,
        "error": None,
        "account_id": account_id,
        "at": at.isoformat(),
        "days": days,
        "roles": [_role(gap) for gap in gaps],
        "may_go": sum(len(gap.may_go) for gap in gaps),
        "unknown": sum(len(gap.unknown) for gap in gaps),
        "unread": list(unread),
        "tightened": None if tightened is None else _tightened(tightened),
    }


def _role(gap: Gap) -> dict[str, Any]:
    return {
        "name": gap.role.name,
        "arn": gap.role.arn,
        "created": _text(gap.use.created),
        "last_used": _text(gap.use.last_used),
        "tells_use": gap.use.tells_use,
        "since": gap.use.begins.isoformat(),
        "until": gap.use.at.isoformat(),
        "is_younger_than_the_window": gap.use.is_young,
        "rights": [_right(each, is_held=each in gap.may_go) for each in gap.rights],
        "more_places": gap.more,
        "unread": list(gap.unread),
        "growth": {
            "since": _text(gap.growth.since),
            "snapshots": gap.growth.count,
            "gained": [_change(each) for each in gap.growth.gained],
            "lost": [_change(each) for each in gap.growth.lost],
            "documents_changed": list(gap.growth.changed),
        },
        "coverage": [_coverage(each) for each in gap.use.coverage],
    }


def _right(each: RightUse, *, is_held: bool) -> dict[str, Any]:
    right = each.right
    told = {"action": right.action, "bucket": right.bucket, "prefix": right.prefix, "reach": right.reach.value, "by": right.by}
    standing: dict[str, Any] = {
        "standing": "unknown",
        "sources": [],
        "last": None,
        "count": None,
        "places": [],
        "since": None,
        "until": None,
        "why": None,
        "learn": None,
    }
    match each.standing:
        case Used(sources=sources, last=last, count=count, places=places):
            standing |= {
                "standing": "used",
                "sources": [source.value for source in sources],
                "last": _text(last),
                "count": count,
                "places": list(places),
            }
        case NotSeen(source=source, since=since, until=until, last=last):
            standing |= {
                "standing": "not seen",
                "sources": [source.value],
                "last": _text(last),
                "since": _text(since),
                "until": _text(until),
            }
        case Unknown(why=why, learn=learn):
            standing |= {"why": why, "learn": learn or None}
    return told | standing | {"is_new": each.is_new, "may_go": is_held}


def _change(change: Change) -> dict[str, Any]:
    grant = change.grant
    return {
        "what": grant.what,
        "bucket": grant.bucket,
        "prefix": grant.prefix,
        "before": change.before.isoformat(),
        "after": change.after.isoformat(),
        "by": change.by,
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "source": coverage.source.value,
        "about": coverage.about,
        "since": _text(coverage.since),
        "until": _text(coverage.until),
        "missing": coverage.missing,
        "objects": [
            {"bucket": each.bucket, "writing": each.writing, "since": _text(each.since), "until": _text(each.until)}
            for each in coverage.shown
        ],
    }


def _tightened(found: Tightened) -> dict[str, Any]:
    return {
        "setup": None if found.setup is None else json.loads(to_json(found.setup)),
        "changes": found.changes,
        "unused_stages": list(found.unused),
        "notes": list(found.notes),
        "dropped": [
            {
                "stage": each.stage,
                "what": each.what,
                "source": each.standing.source.value,
                "since": _text(each.standing.since),
                "until": _text(each.standing.until),
                "denied_then": list(each.actions),
            }
            for each in found.dropped
        ],
        "kept": [{"stage": each.stage, "what": each.what, "why": each.why} for each in found.kept],
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
