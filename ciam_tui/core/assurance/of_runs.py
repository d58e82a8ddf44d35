"""The journal of a run for an auditor: every call with its time, its outcome and AWS's request id, and the digest of the journal's own file.

The item is made from the journal and is not a copy of it, since secrets are looked for in it on the way. The digest says which file it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.items import moment
from ciam_tui.core.assurance.masked import Ours, ours
from ciam_tui.core.assurance.saying import code, prose, rows
from ciam_tui.core.codec import to_data
from ciam_tui.core.journal import Began, Failed, LeftOut, NotVerified, Stopped, Succeeded, Verified, fold
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.assurance.items import Item, Made
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import Entry
    from ciam_tui.core.plan import Step

# Applying a Setup deletes policies of its roles, and nothing of these.
_OF_A_REMOVAL = frozenset({"delete-bucket", "delete-provider", "remove-audience", "delete-role", "delete-policy", "delete-context"})
NO_REQUEST = "none: the account shows that it was done"


def run_item(made: Made, entries: Sequence[Entry], past: History, file_sha256: str | None, *, setup_id: str | None = None) -> Item:
    """One run, from the `entries` of its journal. `setup_id` is that of the pack's Setup: a retirement's runs may be of another."""
    run = fold(entries)
    started = run.started
    undo = past.undo_of(run)
    data = {
        "run": started.run_id,
        "state": past.state(run),
        "started_at": moment(started.at),
        "ended_at": moment(run.ended_at),
        "operator": started.operator,
        "account_id": started.account_id,
        "setup_id": started.setup_id,
        "is_of_this_setup": setup_id in (None, started.setup_id),
        "undoes": started.undoes,
        "undone_by": undo.started.run_id if undo else None,
        "retirement": started.migration,
        "stage": started.stage,
        "adopted": list(started.adopted),
        "steps": [_step(step, entries) for step in started.steps],
        "verified_at": next((moment(entry.at) for entry in reversed(entries) if isinstance(entry, Verified)), None),
        "differences": [one for entry in entries[-1:] if isinstance(entry, NotVerified) for one in entry.differences],
        "stopped_at": [moment(entry.at) for entry in entries if isinstance(entry, Stopped)],
        "journal": {"file": f"runs/{started.run_id}.jsonl", "sha256": ours(file_sha256), "entries": len(entries)},
    }
    title = f"Run {started.run_id}: {_what(data)}"
    return made.item(
        Kind.RUN, data, (f"runs/{started.run_id}.jsonl in the state directory",), _told, name=f"run-{started.run_id}", title=title
    )


def _what(data: dict[str, Any]) -> str:
    """What the run was for; how far it came is said beside it."""
    if data["undoes"]:
        return f"taking run {data['undoes']} back"
    if data["stage"]:
        return f"the stage {data['stage']} of a retirement"
    setup = "the Setup" if data["is_of_this_setup"] else f"another Setup, {data['setup_id']}"
    takes_down = any(step["change"]["kind"] in _OF_A_REMOVAL for step in data["steps"])
    return f"taking down what was made for {setup}" if takes_down else f"applying {setup}"


def _step(step: Step, entries: Sequence[Entry]) -> dict[str, Any]:
    began: datetime | None = None
    told: dict[str, Any] = {"outcome": "not begun", "at": None, "request_id": None, "read_back": False, "ids": {}, "why": ""}
    for entry in entries:
        match entry:
            case Began(step=step.id, at=at):
                began, told = began or at, {**told, "outcome": "unknown", "at": None}
            case Succeeded(step=step.id):
                told = {
                    "outcome": "done",
                    "at": moment(entry.at),
                    "request_id": Ours(entry.request_id) if entry.request_id else None,
                    "read_back": entry.read_back,
                    "ids": dict(entry.ids),
                    "why": "",
                }
            case Failed(step=step.id):
                told |= {
                    "outcome": entry.outcome,
                    "at": moment(entry.at),
                    "request_id": Ours(entry.request_id) if entry.request_id else told["request_id"],
                    "why": f"{entry.code}: {entry.message}",
                }
            case LeftOut(step=step.id):
                told = {**told, "outcome": "left out", "at": moment(entry.at), "why": entry.reason}
            case _:
                continue
    call = step.call
    return {
        "step": step.id,
        "title": step.title,
        "service": call.service or None,
        "operation": call.operation,
        "began_at": moment(began),
        **told,
        "change": to_data(step.change),
        "before": step.before,
    }


def _told(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    done = sum(step["outcome"] == "done" for step in data["steps"])
    what = _what(data)
    words = f"{what[:1].upper()}{what[1:]}, begun on {data['started_at'][:10]}: {done} of {counted(len(data['steps']), 'step')} done, {data['state']}"
    return f"{words}, by {data['operator']}.", _lines(data)


def _lines(data: dict[str, Any]) -> Iterator[str]:
    yield f"- By {code(data['operator'])}, from {data['started_at']} to {data['ended_at']}"
    if data["undone_by"]:
        yield f"- Taken back by run {code(data['undone_by'])}"
    yield f"- Verified by reading everything back: {data['verified_at'] or '**no**'}"
    yield from (f"- **Not as planned**: {prose(each)}" for each in data["differences"])
    journal = data["journal"]
    digest = f"SHA-256 {code(journal['sha256'])}" if journal["sha256"] else "whose digest could not be had"
    yield f"- The journal itself is {code(journal['file'])} in the state directory, {digest}"
    yield from rows(
        ("Time", "Change", "Call", "Outcome", "Request id"),
        (
            (
                step["at"] or step["began_at"] or "-",
                prose(step["title"]),
                code(f"{step['service']}:{step['operation']}") if step["service"] else "-",
                step["outcome"] if not step["why"] else prose(f"{step['outcome']}: {step['why']}"),
                _request(step),
            )
            for step in data["steps"]
        ),
    )


def _request(step: dict[str, Any]) -> str:
    if step["request_id"]:
        return code(step["request_id"])
    return NO_REQUEST if step["read_back"] and step["service"] else "-"
