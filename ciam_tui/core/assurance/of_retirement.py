"""The retirement of a user with static keys for an auditor: each stage with its date, who did it and on what grounds, and how long all was quiet.

It is told from what was kept when it happened, which AWS and CloudTrail may long have forgotten. A stage that nobody has seen done is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.items import moment
from ciam_tui.core.assurance.masked import ours
from ciam_tui.core.assurance.saying import code, none_or, prose, rows
from ciam_tui.core.codec import to_data
from ciam_tui.core.retirement.events import (
    Accepted,
    BackedUp,
    Event,
    HandedOff,
    QuietBroken,
    QuietStarted,
    RoleSeen,
    StageTakenBack,
)
from ciam_tui.core.retirement.migration import Migration, fold
from ciam_tui.core.retirement.stages import Stage, in_order
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.assurance.items import Item, Made

# All that defined the user is personal, long, and in the migration's own file.
_LEFT_OUT = frozenset({"user", "backup", "content", "setup"})
_DAY_SECONDS = 86_400


def retirement_item(made: Made, events: Sequence[Event], now: datetime, file_sha256: str | None) -> Item:
    """One retirement, from its `events`."""
    migration = fold(events)
    started = migration.started
    stages = [_stage(stage, migration, events) for stage in in_order(key_is_kept=migration.key_is_kept)]
    data = {
        "retirement": migration.id,
        "user": migration.user_name,
        "user_id": started.user.user_id,
        "account_id": started.account_id,
        "started_at": moment(started.at),
        "started_by": started.by,
        "ended_at": moment(migration.ended.at) if migration.ended else None,
        "ended": migration.ended.why if migration.ended else None,
        "quiet_days_wanted": migration.quiet_days,
        "key_is_kept": migration.key_is_kept,
        "keys": [_key(key.key_id, migration, events, now) for key in started.user.keys or ()],
        "stages": stages,
        "grounds": list(started.evidence),
        "roles_seen": [_without(event) for event in events if isinstance(event, RoleSeen)],
        "accepted": [_without(event) for event in events if isinstance(event, Accepted)],
        "backups": [moment(event.at) for event in events if isinstance(event, BackedUp)],
        "events": [_without(event) for event in events],
        "file": {"file": f"migrations/{migration.id}.jsonl", "sha256": ours(file_sha256)},
    }
    source = f"migrations/{migration.id}.jsonl in the state directory"
    title = f"The retirement of the user {migration.user_name}"
    return made.item(Kind.RETIREMENT, data, (source,), _told, name=f"retirement-{migration.id}", title=title)


def _without(event: Event) -> dict[str, Any]:
    return {name: value for name, value in to_data(event).items() if name not in _LEFT_OUT}


def _stage(stage: Stage, migration: Migration, events: Sequence[Event]) -> dict[str, Any]:
    """What is kept of a stage. It counts as done while no taking back has opened it again."""
    found = [seen for (which, _), seen in migration.found.items() if which is stage]
    runs = migration.runs_of(stage)
    by = list(dict.fromkeys(run.by for run in runs))
    return {
        "number": stage.number,
        "stage": stage.value,
        "what": stage.about.done,
        "has_no_way_back": stage.about.is_for_good,
        "seen_done_at": moment(max((each.at for each in found), default=None)),
        "keys_done": sorted({each.key for each in found if each.key}),
        "by_others": any(each.by_others for each in found),
        "by": by,
        "runs": [{"run": run.run_id, "at": moment(run.at), "by": run.by, "keys": list(run.keys)} for run in runs],
        "handed_off": [
            {"to": each.to, "at": moment(each.at), "by": each.by} for each in events if isinstance(each, HandedOff) and each.stage is stage
        ],
        "taken_back": [
            {"run": each.undo_id, "at": moment(each.at), "by": each.by}
            for each in events
            if isinstance(each, StageTakenBack) and each.stage is stage
        ],
    }


def _key(key_id: str, migration: Migration, events: Sequence[Event], now: datetime) -> dict[str, Any]:
    """The dates of one key. Its quiet days count from the last start of its clock to the end of the quiet period, or to now while it runs."""
    start = migration.quiet.get(key_id)
    over = migration.found.get((Stage.QUIET, key_id))
    deleted = migration.found.get((Stage.DELETE_KEY, key_id))
    inactive = migration.found.get((Stage.DEACTIVATE, key_id))
    end = next((each.at for each in (deleted, over) if each is not None), migration.ended.at if migration.ended else now)
    return {
        "key_id": key_id,
        "inactive_at": moment(inactive.at) if inactive else None,
        "quiet_since": moment(start),
        "quiet_over_at": moment(over.at) if over else None,
        "quiet_days": None if start is None else int((end - start).total_seconds() // _DAY_SECONDS),
        "deleted_at": moment(deleted.at) if deleted else None,
        "clock_started": [moment(each.at) for each in events if isinstance(each, QuietStarted) and each.key == key_id],
        "used_meanwhile": [
            {"seen_at": moment(each.at), "used_at": moment(each.used_at), "where": each.where}
            for each in events
            if isinstance(each, QuietBroken) and each.key == key_id
        ],
    }


def _told(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    done = sum(bool(stage["seen_done_at"]) for stage in data["stages"])
    end = {"finished": "finished", "given-up": "given up", None: "under way"}[data["ended"]]
    on = f" on {data['ended_at'][:10]}" if data["ended_at"] else ""
    deleted = sum(bool(key["deleted_at"]) for key in data["keys"])
    inactive = sum(bool(key["inactive_at"]) for key in data["keys"])
    keys = f"of {counted(len(data['keys']), 'access key')} {inactive} made inactive and {deleted} deleted"
    return f"Begun on {data['started_at'][:10]}, {end}{on}; {done} of {len(data['stages'])} stages done; {keys}.", _lines(data)


def _lines(data: dict[str, Any]) -> Iterator[str]:
    yield f"- Begun {data['started_at']} by {code(data['started_by'])}"
    digest = f"SHA-256 {code(data['file']['sha256'])}" if data["file"]["sha256"] else "whose digest could not be had"
    yield f"- What was kept of it is {code(data['file']['file'])} in the state directory, {digest}"
    yield from rows(
        ("Stage", "Seen done", "Done by", "Runs"),
        (
            (
                f"{stage['number']} {stage['what']}",
                stage["seen_done_at"] or "not yet",
                _by(stage),
                none_or(run["run"] for run in stage["runs"]),
            )
            for stage in data["stages"]
        ),
    )
    yield from rows(
        ("Access key", "Inactive", "Quiet since", "Days quiet", "Deleted", "Used meanwhile"),
        (
            (
                code(key["key_id"]),
                key["inactive_at"] or "-",
                key["quiet_since"] or "-",
                "-" if key["quiet_days"] is None else f"{key['quiet_days']} of {data['quiet_days_wanted']}",
                key["deleted_at"] or "-",
                "; ".join(prose(f"{use['used_at'] or 'made active again'} {use['where']}".rstrip()) for use in key["used_meanwhile"])
                or "no",
            )
            for key in data["keys"]
        ),
    )
    yield from (
        f"- The role {code(seen['role'])} was seen in use at {prose(str(seen['used_at']))}, by {none_or(seen['callers'])}"
        for seen in data["roles_seen"]
    )
    yield from (f"- Accepted by {code(each['by'])} on {prose(str(each['at']))}: {code(each['item'])}" for each in data["accepted"])
    if data["grounds"]:
        yield "- What was known of its use at the beginning:"
        yield from (f"  - {prose(each)}" for each in data["grounds"])


def _by(stage: dict[str, Any]) -> str:
    others = ["somebody else, by other means"] if stage["by_others"] else []
    return ", ".join([*(code(each) for each in stage["by"]), *others]) or "-"
