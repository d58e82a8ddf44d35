"""What happens in a run, line by line as it happens, and at its end as one document for a program.

Whatever stops a run, its reader is told three things: what is known about the step at hand, how to go on, and how to go back.
"""

from __future__ import annotations

from datetime import UTC
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypedDict, assert_never

from ciam_tui.apply import Waiting
from ciam_tui.core.journal import Began, Failed, LeftOut, NotVerified, RunStarted, Stopped, Succeeded, Verified, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.commands.plan_report import PlanDocument, Told
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.history import History, UnreadableRun
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.plan import Step

# How a command that changes the account ended. `not-applied`: nothing was begun; `stopped`: between two steps, on request;
# `interrupted`: at once, on request; `failed`: at a step, or at a read that the run cannot do without.
Ending = Literal["nothing-to-do", "not-applied", "verified", "not-verified", "stopped", "interrupted", "failed"]
StepState = Literal["pending", "done", "failed", "unknown"]

INTERRUPTED = 130
_CODES: dict[Ending, int] = {"nothing-to-do": 0, "verified": 0, "stopped": INTERRUPTED, "interrupted": INTERRUPTED}

_KNOWN_OF_FAILURE = {
    "refused": "Nothing was changed by this step.",
    "not-done": "The account was read again, and shows that this step was not done.",
    "unknown": "Nobody can say yet whether this step was done: it is looked up before anything else happens.",
}


class RunStepDocument(TypedDict):
    """One step of a run. `request_id` is AWS's, empty for CircleCI's, and where the outcome was read back from the account instead."""

    id: str
    title: str
    state: StepState
    request_id: str


class ChangedDocument(TypedDict):
    """One field of one resource: how it was reviewed, and how it is now, as text."""

    subject: str
    field: str
    reviewed: str
    now: str


class RunDocument(TypedDict):
    """The end of `apply`, `remove`, `undo` or `resume`. `run` and the commands are null where no run was begun; `plan` where none was made.

    `differences` say in words what is not as it should be; `changed` is where the account is not as it was when a saved plan was reviewed.
    """

    ok: bool
    error: Told | None
    ending: Ending
    run: str | None
    undoes: str | None
    account_id: str | None
    steps: list[RunStepDocument]
    differences: list[str]
    changed: list[ChangedDocument]
    go_on: str | None
    go_back: str | None
    plan: PlanDocument | None


class PastRunDocument(TypedDict):
    """One past run. `state` is verified, done, unfinished, undone, being-undone or unreadable; then all but `id` and `problem` is null."""

    id: str
    at: str | None
    account_id: str | None
    bucket: str | None
    setup_id: str | None
    operator: str | None
    state: str
    undoes: str | None
    undone_by: str | None
    steps_done: int | None
    steps_total: int | None
    problem: str | None


def exit_code(ending: Ending) -> int:
    """What the command answers with."""
    return _CODES.get(ending, 1)


def ending_of(run: RunState, last: Entry | Waiting | None) -> Ending:
    """How a run ended whose last event is `last`; one that ended without a word of its own failed."""
    match last:
        case Stopped():
            return "stopped"
        case NotVerified():
            return "not-verified"
        case _:
            return "verified" if run.verified else "failed"


class EventLines:
    """The lines of a run's events; it knows the run's steps, to number them."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._numbers = {step.id: number for number, step in enumerate(steps, start=1)}
        self._titles = {step.id: step.title for step in steps}

    def of(self, event: Entry | Waiting) -> Iterator[str]:
        """What to say of `event`: mostly one line."""
        match event:
            case RunStarted(run_id=run_id):
                yield f"Run {run_id}"
            case Began():
                return
            case Succeeded(step=step, read_back=read_back):
                yield self._line(step, "done", f"{self._titles[step]}{' (read back from the account)' if read_back else ''}")
            case Waiting(step=step, text=text):
                yield self._line(step, "wait", text) if step else f"wait  {text}"
            case Failed(step=step):
                yield self._line(step, "FAILED", self._titles[step])
                yield f"  {event.message}"
                yield f"  {_KNOWN_OF_FAILURE[event.outcome]}"
                yield from (f"  {suggestion}" for suggestion in event.suggestions)
            case LeftOut(step=step, reason=reason):
                yield self._line(step, "kept", reason)
            case Verified():
                yield f"Verified: everything was read back, and is as planned ({len(self._numbers)} steps)."
            case NotVerified(differences=differences):
                yield "NOT VERIFIED: every step was done, and the account shows something else:"
                yield from (f"  {difference}" for difference in differences)
            case Stopped():
                yield "Stopped between two steps."
            case _:
                assert_never(event)

    def _line(self, step: str, word: str, text: str) -> str:
        total = len(self._numbers)
        return f"[{self._numbers[step]:>{len(str(total))}}/{total}] {word}  {text}"


def run_document(
    ending: Ending,
    entries: Sequence[Entry] = (),
    *,
    plan: PlanDocument | None = None,
    error: Told | None = None,
    go_on: str | None = None,
    go_back: str | None = None,
    changed: Sequence[Difference] = (),
) -> RunDocument:
    """The document of a command that ended so, after the `entries` of its run's journal."""
    run = fold(entries) if entries else None
    last = entries[-1] if entries else None
    return {
        "ok": exit_code(ending) == 0,
        "error": error,
        "ending": ending,
        "run": run.started.run_id if run else None,
        "undoes": run.started.undoes if run else None,
        "account_id": run.started.account_id if run else plan["account_id"] if plan else None,
        "steps": [_step_document(step, run, entries) for step in run.started.steps] if run else [],
        "differences": list(last.differences) if isinstance(last, NotVerified) else [str(difference) for difference in changed],
        "changed": [{"subject": each.subject, "field": each.field, "reviewed": each.expected, "now": each.actual} for each in changed],
        "go_on": go_on,
        "go_back": go_back,
        "plan": plan,
    }


def _step_document(step: Step, run: RunState, entries: Sequence[Entry]) -> RunStepDocument:
    answers = [entry.request_id for entry in entries if isinstance(entry, Succeeded) and entry.step == step.id]
    return {"id": step.id, "title": step.title, "state": step_state(step, run), "request_id": answers[-1] if answers else ""}


def step_state(step: Step, run: RunState) -> StepState:
    """What is known about one step of a run."""
    if step.id in run.done:
        return "done"
    if step.id in run.unknown:
        return "unknown"
    return "failed" if run.last_failure and run.last_failure.step == step.id else "pending"


def past_runs(history: History) -> list[PastRunDocument]:
    """Every run, oldest first; those that cannot be read stand where their ids put them."""
    readable = [_past_run(run, history) for run in history.runs]
    unreadable = [_unreadable(run) for run in history.unreadable]
    return sorted(readable + unreadable, key=itemgetter("id")) if unreadable else readable


def _past_run(run: RunState, history: History) -> PastRunDocument:
    started, undo = run.started, history.undo_of(run)
    return {
        "id": started.run_id,
        "at": f"{started.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "account_id": started.account_id,
        "bucket": str(started.setup["bucket"]["name"]),
        "setup_id": started.setup_id,
        "operator": started.operator,
        "state": history.state(run),
        "undoes": started.undoes,
        "undone_by": undo.started.run_id if undo else None,
        "steps_done": len(run.done_steps),
        "steps_total": len(started.steps),
        "problem": None,
    }


def _unreadable(run: UnreadableRun) -> PastRunDocument:
    return {
        "id": run.run_id,
        "at": None,
        "account_id": None,
        "bucket": None,
        "setup_id": None,
        "operator": None,
        "state": "unreadable",
        "undoes": None,
        "undone_by": None,
        "steps_done": None,
        "steps_total": None,
        "problem": f"{run.problem} {run.fix}".strip(),
    }
