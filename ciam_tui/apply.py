"""Carrying out a plan, one journaled call at a time: the only room from which an account is changed.

`execute` is a generator of what happened, so that a screen, a pipe and a test drive the same code at their own pace. It writes to the
journal before each call and after it; what it cannot know, it reads back. Stopping anywhere, by a signal or a power cut, loses nothing.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import is_done
from ciam_tui.core.changes.subjects import ids_in, subjects
from ciam_tui.core.compare import differences
from ciam_tui.core.history import History, UnreadableRun
from ciam_tui.core.journal import Began, Failed, NotVerified, RunStarted, Stopped, Succeeded, Verified, fold, known_ids
from ciam_tui.core.operator import actions_of
from ciam_tui.core.plan import stamped
from ciam_tui.core.planning import make_plan
from ciam_tui.core.problems import CiamError, Level, Problem
from ciam_tui.core.setup import read_setup, to_json
from ciam_tui.core.undo import UndoGround, facts_after, plan_undo
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.plan import Plan, Step
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.ports.api import Aws, Clock, Journal, Journals, Sent

IAM_PAUSE_SECONDS = 0.2  # about five IAM writes a second, below the rate at which IAM begins to throttle
THROTTLE_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
READ_BACK_PAUSES_SECONDS = (0.0, 2.0, 4.0, 8.0)
AWAIT_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0)  # 35 s in all; IAM usually takes under ten
VERIFY_PAUSES_SECONDS = (0.0, 2.0, 4.0, 8.0)

_MAKES = (kinds.CreateBucket, kinds.CreateProvider, kinds.CreateRole, kinds.CreatePolicy)


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run needs of the world."""

    aws: Aws
    clock: Clock
    journals: Journals


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is wrong; something takes its time. `text` says what and how long at most."""

    step: str
    text: str
    seconds: float


def never() -> bool:
    """The `should_stop` of somebody who lets a run go to its end."""
    return False


def new_run_id(clock: Clock) -> str:
    """A name for a run that sorts by time and that no other run has: `20261122-130501-3f9c`."""
    return f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def history(journals: Journals) -> History:
    """All runs of a state directory, oldest first; a journal that cannot be read is told of, and does not hide the others."""
    states: list[RunState] = []
    unreadable: list[UnreadableRun] = []
    for run_id in journals.run_ids():
        try:
            entries = journals.open(run_id).entries()
            if entries:  # one that holds nothing was cut off before its first line, and so before its first call
                states.append(fold(entries))
        except CiamError as error:
            unreadable.append(UnreadableRun(run_id, error.message, next(iter(error.suggestions), "")))
    return History(tuple(sorted(states, key=lambda run: (run.started.at, run.started.run_id))), tuple(unreadable))


def runs(ports: Ports) -> tuple[RunState, ...]:
    """All runs of this state directory whose journals can be read, oldest first."""
    return history(ports.journals).runs


def setup_of(run: RunState) -> Setup:
    """The Setup of a run, as its journal holds it."""
    return read_setup(json.dumps(dict(run.started.setup))).setup


def plan_for(
    setup: SetupShape, ports: Ports, *, adopt: AbstractSet[str] = frozenset(), progress: Callable[[str], None] | None = None
) -> Plan:
    """The plan for `setup` from a fresh reading of the account. Reads only."""
    facts = survey(setup, ports.aws, progress=progress)
    past = history(ports.journals)
    plan = make_plan(setup, facts, known_ids=known_ids(past.runs), adopt=adopt)
    return replace(plan, problems=(*plan.problems, *(_unknown_past(run) for run in past.unreadable)))


def _unknown_past(run: UnreadableRun) -> Problem:
    text = f"The journal of {run.run_id} cannot be read, so what that run made is not known as ours: {run.problem}"
    return Problem("", Level.WARNING, text, run.fix)


def undo_plan(run: RunState, ports: Ports) -> Plan:
    """The plan that takes `run` back, from a fresh reading of the account. Reads only."""
    return plan_undo(run, _undo_ground(run, ports))


def forbidden_steps(plan: Plan, aws: Aws) -> tuple[Step, ...]:
    """The steps that AWS says the operator may not make. What AWS does not tell is not among them."""
    calls = {step.id: step.call for step in plan.steps if step.call.service}
    allowed = aws.may_call(list(calls.values()))

    def is_forbidden(call: Call) -> bool:
        return any(allowed.get(action) is False for action in actions_of(call.service, call.operation, call.params))

    return tuple(step for step in plan.steps if step.id in calls and is_forbidden(calls[step.id]))


def apply_plan(
    plan: Plan, setup: Setup, ports: Ports, *, run_id: str, adopt: AbstractSet[str] = frozenset(), should_stop: Callable[[], bool] = never
) -> Iterator[Entry | Waiting]:
    """Apply `plan` as the run `run_id`. The account is read again first, and when it gives another plan, nothing is done.

    Raises:
        CiamError: `plan-not-applyable`, `plan-stale`, `locked`, `state-not-writable`; and what reading the account raises.
    """
    return _start(plan, setup, ports, run_id, lambda: plan_for(setup, ports, adopt=adopt), None, should_stop)


def apply_undo(
    plan: Plan, run: RunState, ports: Ports, *, run_id: str, should_stop: Callable[[], bool] = never
) -> Iterator[Entry | Waiting]:
    """Carry out the undo `plan` of `run`, as the run `run_id`; raises as `apply_plan`."""
    return _start(plan, setup_of(run), ports, run_id, lambda: undo_plan(run, ports), run.started.run_id, should_stop)


def _start(  # noqa: PLR0917 - each is a fact of the run that its journal records
    plan: Plan,
    setup: Setup,
    ports: Ports,
    run_id: str,
    remake: Callable[[], Plan],
    undoes: str | None,
    should_stop: Callable[[], bool],
) -> Iterator[Entry | Waiting]:
    _refuse_unless_applyable(plan)
    with ports.journals.lock(plan.account_id, plan.setup_id):
        fresh = remake()
        if fresh.fingerprint != plan.fingerprint:
            raise _stale(plan, fresh)
        _refuse_unless_applyable(fresh)  # what no step touches may have changed too: the bucket may be gone
        journal = ports.journals.create(run_id)
        started = RunStarted(
            run_id=run_id,
            at=ports.clock.now(),
            account_id=plan.account_id,
            setup_id=plan.setup_id,
            setup=json.loads(to_json(setup)),
            steps=stamped(plan, run_id).steps,
            facts=fresh.facts,
            operator=fresh.facts.identity.arn,
            adopted=plan.adopted,
            undoes=undoes,
        )
        journal.append(started)
        yield started
        yield from execute(setup, ports, journal, should_stop=should_stop)


def _refuse_unless_applyable(plan: Plan) -> None:
    for problem in plan.problems:
        if problem.level is Level.ERROR:
            raise CiamError("plan-not-applyable", "The plan cannot be applied", problem.text, [problem.fix] if problem.fix else ())


def resume(run_id: str, ports: Ports, *, should_stop: Callable[[], bool] = never) -> Iterator[Entry | Waiting]:
    """Go on with a run: first look up what nobody can say, then check that what is left still rests on what was read.

    Raises:
        CiamError: `other-account`; `facts-changed`, when somebody has changed what a step not yet begun rests on; and as `apply_plan`.
    """
    journal = ports.journals.open(run_id)
    run = fold(journal.entries())
    setup = setup_of(run)
    with ports.journals.lock(run.started.account_id, run.started.setup_id):
        facts = survey(setup, ports.aws)
        begun = {entry.step for entry in journal.entries() if isinstance(entry, Began)}
        for step in run.pending:
            if step.id in begun:
                yield _looked_up(step, facts, journal, ports.clock)
        _refuse_drift(fold(journal.entries()), facts)
        yield from execute(setup, ports, journal, should_stop=should_stop)


def look_up(run_id: str, ports: Ports) -> RunState:
    """The run, once the account has been asked about every step of which nobody can say whether it was done.

    IAM may take seconds to show what a call did that was cut off just now: what is not there is waited for until the call is that old.

    Raises:
        CiamError: what reading the account raises; `locked`.
    """
    journal = ports.journals.open(run_id)
    run = fold(journal.entries())
    if not run.unknown:
        return run
    with ports.journals.lock(run.started.account_id, run.started.setup_id):
        began = max(entry.at for entry in journal.entries() if isinstance(entry, Began))
        asked = [step for step in run.pending if step.id in run.unknown]
        facts = survey(setup_of(run), ports.aws)
        for pause in filter(None, READ_BACK_PAUSES_SECONDS):
            is_old = (ports.clock.now() - began).total_seconds() >= sum(READ_BACK_PAUSES_SECONDS)
            if is_old or all(is_done(facts, step.change) for step in asked):
                break
            ports.clock.sleep(pause)
            facts = survey(setup_of(run), ports.aws)
        for step in asked:
            _looked_up(step, facts, journal, ports.clock)
    return fold(journal.entries())


def _undo_ground(run: RunState, ports: Ports) -> UndoGround:
    """What is read before a run is taken back: the account, who names the provider, and whether a bucket of the run is empty."""
    facts = survey(setup_of(run), ports.aws)
    changes = [step.change for step in run.done_steps]
    touches_provider = any(isinstance(change, kinds.CreateProvider | kinds.AddAudience) for change in changes)
    trusting = ports.aws.roles_trusting(facts.provider.arn) if touches_provider and facts.provider else ()
    made_bucket = next((change.name for change in changes if isinstance(change, kinds.CreateBucket)), None)
    empty = ports.aws.bucket_is_empty(made_bucket) if made_bucket and facts.bucket else None
    return UndoGround(facts, trusting, empty)


def execute(setup: SetupShape, ports: Ports, journal: Journal, *, should_stop: Callable[[], bool] = never) -> Iterator[Entry | Waiting]:
    """Carry out the pending steps of a journal, then read everything back. Ends early, with its reason in the journal, at a failure."""
    run = _Run(setup, ports, journal)
    for step in fold(journal.entries()).pending:
        if should_stop():
            yield run.note(Stopped(ports.clock.now()))
            return
        yield run.note(Began(step.id, ports.clock.now()))
        last: Entry | Waiting | None = None
        for last in run.carried_out(step):
            yield last
        if not isinstance(last, Succeeded):
            return
    yield from run.verified()


class _Run:
    """One execution: its ports, its journal, and the pace of its writes."""

    def __init__(self, setup: SetupShape, ports: Ports, journal: Journal) -> None:
        self._setup = setup
        self._aws, self._clock = ports.aws, ports.clock
        self._journal = journal
        self._has_written = False

    def note(self, entry: Entry) -> Entry:
        """`entry`, once it is on the disk."""
        self._journal.append(entry)
        return entry

    def carried_out(self, step: Step) -> Iterator[Entry | Waiting]:
        """What happens at `step`: waits, and at last its Succeeded or Failed."""
        if isinstance(step.change, kinds.AwaitRoles):
            yield from self._awaited(step, AWAIT_PAUSES_SECONDS, "IAM to know the new roles")
            return
        if self._has_written and step.call.service == "iam":
            self._clock.sleep(IAM_PAUSE_SECONDS)
        self._has_written = True
        pauses = iter(THROTTLE_PAUSES_SECONDS)
        while True:
            try:
                sent = self._aws.send(step.call)
            except WriteFailed as failure:
                pause = next(pauses, None) if self._may_pass(failure) else None
                if pause is None:
                    yield from self._after(failure, step)
                    return
                yield Waiting(step.id, f"{_why_again(failure)}; trying again in {pause:g} s", pause)
                self._clock.sleep(pause)
            else:
                yield self._succeeded(step, sent)
                return

    def _may_pass(self, failure: WriteFailed) -> bool:
        """Whether AWS refused for now alone: it throttles, or does not know yet everywhere what this run made a moment ago."""
        if failure.outcome is WriteOutcome.THROTTLED:
            return True
        made = any(isinstance(step.change, _MAKES) for step in fold(self._journal.entries()).done_steps)
        return failure.outcome is WriteOutcome.REFUSED and failure.code == "not-found" and made

    def _after(self, failure: WriteFailed, step: Step) -> Iterator[Entry | Waiting]:
        if failure.outcome is not WriteOutcome.UNKNOWN:
            yield self.note(self._failed(step, failure, "refused"))
            return
        try:
            yield from self._awaited(step, READ_BACK_PAUSES_SECONDS, "the account to show whether it was done", failure)
        except CiamError as unreadable:
            # Nothing more can be said now; the journal says so, and resume looks again.
            yield self.note(self._failed(step, unreadable, "unknown"))

    def _awaited(self, step: Step, pauses: tuple[float, ...], what: str, failure: WriteFailed | None = None) -> Iterator[Entry | Waiting]:
        """Read until the account shows `step` as done, for the sum of `pauses` at most."""
        for pause in pauses:
            if pause:
                yield Waiting(step.id, f"Waiting for {what}, at most {sum(pauses):g} s", pause)
                self._clock.sleep(pause)
            facts = survey(self._setup, self._aws)
            if is_done(facts, step.change):
                yield self.note(Succeeded(step.id, self._clock.now(), ids=ids_in(facts, step.change), read_back=True))
                return
        late = failure or CiamError(
            "not-yet", "IAM is slow", f"After {sum(pauses):g} s IAM does not show it yet", ["Wait a minute, and resume."]
        )
        yield self.note(self._failed(step, late, "not-done"))

    def _succeeded(self, step: Step, sent: Sent) -> Succeeded:
        done = Succeeded(step.id, self._clock.now(), sent.request_id, dict(sent.ids))
        self.note(done)
        return done

    def _failed(self, step: Step, error: CiamError, outcome: str) -> Failed:
        match outcome:
            case "refused" | "unknown" | "not-done":
                return Failed(step.id, self._clock.now(), error.code, error.message, outcome, error.suggestions)
            case _:
                raise ValueError(outcome)

    def verified(self) -> Iterator[Entry | Waiting]:
        """Read everything back and compare it with what the steps must have made of the account."""
        run = fold(self._journal.entries())
        expected = facts_after(run.started.facts, run.done_steps, run.done)
        touched = {subject for step in run.done_steps for subject in subjects(step.change)}
        found: tuple[Difference, ...] = ()
        for pause in VERIFY_PAUSES_SECONDS:
            if pause:
                yield Waiting("", "Reading everything back until IAM shows it everywhere", pause)
                self._clock.sleep(pause)
            found = differences(expected, survey(self._setup, self._aws), touched)
            if not found:
                yield self.note(Verified(self._clock.now()))
                return
        yield self.note(NotVerified(self._clock.now(), tuple(str(each) for each in found)))


def _why_again(failure: WriteFailed) -> str:
    return "AWS asks to slow down" if failure.outcome is WriteOutcome.THROTTLED else "AWS does not know yet what was just made"


def _looked_up(step: Step, facts: Facts, journal: Journal, clock: Clock) -> Entry:
    """What the account shows of a step that began: done, or not."""
    entry: Entry
    if is_done(facts, step.change):
        entry = Succeeded(step.id, clock.now(), ids=ids_in(facts, step.change), read_back=True)
    else:
        entry = Failed(step.id, clock.now(), "not-done", "It was begun, and the account shows that it was not done.", "not-done")
    journal.append(entry)
    return entry


def _refuse_drift(run: RunState, facts: Facts) -> None:
    expected = facts_after(run.started.facts, run.done_steps, run.done)
    resting = {subject for step in run.pending for subject in subjects(step.change)}
    changed = differences(expected, facts, resting)
    if changed:
        raise CiamError(
            "facts-changed",
            "The run cannot go on",
            f"Somebody has changed what it rests on: {changed[0]}.",
            [f"Take the run back with `ciam-tui undo {run.started.run_id}`, or make a new plan."],
        )


def _stale(plan: Plan, fresh: Plan) -> CiamError:
    touched = {subject for step in (*plan.steps, *fresh.steps) for subject in subjects(step.change)}
    changed = differences(plan.facts, fresh.facts, touched)
    what = f"{changed[0]}" if changed else "the steps are others now"
    return CiamError(
        "plan-stale",
        "Nothing was applied",
        f"The account changed since the plan was made: {what}.",
        ["Look at the new plan, and apply that."],
    )
