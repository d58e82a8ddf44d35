"""A run from its plan to its end, and back: begun, gone on with, taken back, and found again among all runs of this machine.

Plans are made here from fresh readings, and checked once more by another before the first call. What a call then does to the account is
the business of `apply`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.apply import CIRCLECI, Waiting, execute, look_up_steps, never, opened_circleci, read_for
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.changes.possible import plan_of
from ciam_tui.core.changes.subjects import role_subject, subjects, users_of, variables_deleted_by
from ciam_tui.core.circleci.undo_wiring import judged_by_piece
from ciam_tui.core.compare import differences
from ciam_tui.core.history import History, UnreadableRun
from ciam_tui.core.journal import LeftOut, RunStarted, fold, known_ids, known_wiring
from ciam_tui.core.operator import actions_of
from ciam_tui.core.ownership import is_tagged_ours
from ciam_tui.core.plan import stamped
from ciam_tui.core.planning import make_plan
from ciam_tui.core.problems import CiamError, Level, Problem
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.setup import read_setup, to_json
from ciam_tui.core.taking_down.known import known_of
from ciam_tui.core.taking_down.planning import plan_removal
from ciam_tui.core.undo import UndoGround, facts_after, now_needed, plan_undo
from ciam_tui.survey import leftovers, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from ciam_tui.apply import Ports
    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.plan import Plan, Step
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.taking_down.planning import Choices
    from ciam_tui.ports.api import Aws, Clock, Journals


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
    setup: SetupShape,
    ports: Ports,
    *,
    adopt: AbstractSet[str] = frozenset(),
    wire: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Plan:
    """The plan for `setup` from a fresh reading of the account, and with `wire` of CircleCI too. Reads only."""
    facts = survey(setup, ports.aws, circleci=opened_circleci(ports) if wire else None, progress=progress)
    past = history(ports.journals)
    plan = make_plan(
        setup, facts, known_ids=known_ids(past.runs), adopt=adopt, wire=wire, known_wiring=known_wiring(past.runs) if wire else frozenset()
    )
    return replace(plan, problems=(*plan.problems, *(_unknown_past(run) for run in past.unreadable)))


def _unknown_past(run: UnreadableRun) -> Problem:
    text = f"The journal of {run.run_id} cannot be read, so what that run made is not known as ours: {run.problem}"
    return Problem("", Level.WARNING, text, run.fix)


def undo_plan(run: RunState, ports: Ports) -> Plan:
    """The plan that takes `run` back, from a fresh reading of the account. Reads only."""
    return plan_undo(run, _undo_ground(run, ports))


def forbidden_steps(plan: Plan, aws: Aws) -> tuple[Step, ...]:
    """The steps that AWS says the operator may not make. What AWS does not tell is not among them."""
    calls = {step.id: step.call for step in plan.steps if step.call.service not in ("", CIRCLECI)}
    allowed = aws.may_call(list(calls.values()))

    def is_forbidden(call: Call) -> bool:
        return any(allowed.get(action) is False for action in actions_of(call.service, call.operation, call.params))

    return tuple(step for step in plan.steps if step.id in calls and is_forbidden(calls[step.id]))


def apply_plan(
    plan: Plan,
    setup: Setup,
    ports: Ports,
    *,
    run_id: str,
    adopt: AbstractSet[str] = frozenset(),
    wire: bool = False,
    should_stop: Callable[[], bool] = never,
) -> Iterator[Entry | Waiting]:
    """Apply `plan` as the run `run_id`. The account is read again first, and when it gives another plan, nothing is done.

    Raises:
        CiamError: `plan-not-applyable`, `plan-stale`, `locked`, `state-not-writable`; and what reading the account raises.
    """
    return _start(plan, setup, ports, run_id, lambda: plan_for(setup, ports, adopt=adopt, wire=wire), _NO_PART, should_stop)


def apply_undo(
    plan: Plan, run: RunState, ports: Ports, *, run_id: str, should_stop: Callable[[], bool] = never
) -> Iterator[Entry | Waiting]:
    """Carry out the undo `plan` of `run`, as the run `run_id`; raises as `apply_plan`."""
    part = _Part(run.started.run_id, run.started.migration, run.started.stage)
    return _start(plan, setup_of(run), ports, run_id, lambda: undo_plan(run, ports), part, should_stop)


def removal_plan(setup: SetupShape, ports: Ports, choices: Choices) -> Plan:
    """The plan that takes `setup` down, from a fresh reading of the account, and where `choices` say so of CircleCI. Reads only."""
    left = leftovers(setup, ports.aws)
    also = frozenset(role_subject(role.name) for role in left)
    facts = survey(setup, ports.aws, circleci=opened_circleci(ports) if choices.wire else None, also=also)
    trusting = ports.aws.roles_trusting(facts.provider.arn) if facts.provider else ()
    bucket = facts.bucket if facts.bucket and is_tagged_ours(facts.bucket.tags, setup) else None
    ground = UndoGround(facts, trusting, _is_empty(bucket.name, ports.aws) if bucket else None)
    past = history(ports.journals)
    plan = plan_removal(setup, ground, known_of(past, setup.account_id), choices)
    return replace(plan, problems=(*plan.problems, *(_unknown_past(run) for run in past.unreadable)))


def apply_removal(
    plan: Plan, setup: Setup, ports: Ports, choices: Choices, *, run_id: str, should_stop: Callable[[], bool] = never
) -> Iterator[Entry | Waiting]:
    """Carry out the removal `plan` of `setup`, as the run `run_id`; raises as `apply_plan`."""
    return _start(plan, setup, ports, run_id, lambda: removal_plan(setup, ports, choices), _NO_PART, should_stop)


def changes_plan(
    changes: Sequence[kinds.Change], setup: SetupShape, ports: Ports, *, progress: Callable[[str], None] | None = None
) -> Plan:
    """The plan that makes those of `changes` that are not made yet, from a fresh reading of all that they are about. Reads only."""
    needs_circleci = any(call_of(change).service == CIRCLECI for change in changes)
    facts = survey(
        setup,
        ports.aws,
        circleci=opened_circleci(ports) if needs_circleci else None,
        also=frozenset(subject for change in changes for subject in subjects(change)),
        users=users_of(changes),
        ends_of=variables_deleted_by(changes),
        progress=progress,
    )
    return plan_of(changes, setup, facts)


def apply_changes(
    changes: Sequence[kinds.Change],
    setup: Setup,
    ports: Ports,
    *,
    run_id: str,
    shown: Plan | None = None,
    migration: str | None = None,
    stage: str | None = None,
    should_stop: Callable[[], bool] = never,
) -> Iterator[Entry | Waiting]:
    """Make `changes` as the run `run_id`, a part of the retirement `migration` where that is given; raises as `apply_plan`.

    `shown` is the plan that somebody said yes to: when a fresh reading gives another one, nothing is done. Without it the changes must still
    be possible: a variable ends as it was seen, a user that goes has nothing that is not taken off it.
    """
    plan = shown or changes_plan(changes, setup, ports)
    part = _Part(migration=migration, stage=stage)
    return _start(plan, setup, ports, run_id, lambda: changes_plan(changes, setup, ports), part, should_stop)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a run belongs to: the run that it takes back, the retirement and its stage."""

    undoes: str | None = None
    migration: str | None = None
    stage: str | None = None


_NO_PART = _Part()


@contextmanager
def _locked(ports: Ports, account_id: str, setup_id: str, users: Iterable[str]) -> Iterator[None]:
    """Held while a run changes the account: for its Setup, and for each user, which two Setups may both be about to replace.

    Raises:
        CiamError: `apply-running`; `state-not-writable`.
    """
    names = (hashlib.sha256(f"user {user.lower()}".encode()).hexdigest()[:16] for user in users)
    with ExitStack() as held:
        for name in (setup_id, *sorted(names)):
            held.enter_context(ports.journals.lock(account_id, name))
        yield


def _start(  # noqa: PLR0917 - each is a fact of the run that its journal records
    plan: Plan,
    setup: Setup,
    ports: Ports,
    run_id: str,
    remake: Callable[[], Plan],
    part: _Part,
    should_stop: Callable[[], bool],
) -> Iterator[Entry | Waiting]:
    _refuse_unless_applyable(plan)
    with _locked(ports, plan.account_id, plan.setup_id, users_of(step.change for step in plan.steps)):
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
            undoes=part.undoes,
            migration=part.migration,
            stage=part.stage,
        )
        journal.append(started)
        yield started
        yield from execute(setup, ports, journal, should_stop=should_stop)


def _refuse_unless_applyable(plan: Plan) -> None:
    for problem in plan.problems:
        if problem.level is Level.ERROR:
            raise CiamError("plan-not-applyable", "The plan cannot be applied", problem.text, [problem.fix] if problem.fix else ())


def resume(run_id: str, ports: Ports, *, is_judged: bool = False, should_stop: Callable[[], bool] = never) -> Iterator[Entry | Waiting]:
    """Go on with a run: first look up what nobody can say, then check that what is left still rests on what was read.

    A run that deletes for good as a stage of a retirement rests on more than the account shows, such as a quiet period: whoever has judged that
    just now says so by `is_judged`.

    Raises:
        CiamError: `facts-changed`, when somebody has changed what a step not yet begun rests on; `stage-of-retirement`; and as `apply_plan`.
    """
    journal = ports.journals.open(run_id)
    started = fold(journal.entries()).started
    if not is_judged:
        _refuse_stage_for_good(fold(journal.entries()))
    setup = setup_of(fold(journal.entries()))
    with _locked(ports, started.account_id, started.setup_id, fold(journal.entries()).users):
        yield from look_up_steps(setup, ports, journal)
        if started.undoes is not None:
            # What the undo was to delete may have come into use while it was interrupted.
            ground = _undo_ground(fold(ports.journals.open(started.undoes).entries()), ports)
            for step_id, reason in now_needed(fold(journal.entries()), ground).items():
                left_out = LeftOut(step_id, ports.clock.now(), reason)
                journal.append(left_out)
                yield left_out
        _refuse_drift(fold(journal.entries()), read_for(setup, started.steps, ports))
        yield from execute(setup, ports, journal, should_stop=should_stop)


def _refuse_stage_for_good(run: RunState) -> None:
    started = run.started
    if started.stage is None or started.undoes is not None or not run.pending:
        return
    # A stage that another version of this program knows may be one for good.
    if any(stage == started.stage and not stage.about.is_for_good for stage in Stage):
        return
    user = next(iter(run.users), None)
    command = f"`ciam-tui migrate {user} --stage {started.stage}`" if user else f"`ciam-tui migrate USER --stage {started.stage}`"
    message = f"It is the stage {started.stage} of a retirement, has no way back, and rests on more than the account shows."
    raise CiamError("stage-of-retirement", "The run does not go on from here", message, [f"Go on with it by {command}, which looks again."])


def look_up(run_id: str, ports: Ports) -> RunState:
    """The run, once the account has been asked about every step of which nobody can say whether it was done.

    Raises:
        CiamError: what reading the account raises; `locked`.
    """
    journal = ports.journals.open(run_id)
    run = fold(journal.entries())
    if run.unknown:
        with _locked(ports, run.started.account_id, run.started.setup_id, run.users):
            for _ in look_up_steps(setup_of(run), ports, journal):
                pass
    return fold(journal.entries())


def _undo_ground(run: RunState, ports: Ports) -> UndoGround:
    """What is read before a run is taken back: the account, who names the provider, and whether a bucket of the run is empty."""
    facts = read_for(setup_of(run), run.started.steps, ports)
    changes = [step.change for step in run.done_steps]
    touches_provider = any(isinstance(change, kinds.CreateProvider | kinds.AddAudience) for change in changes)
    trusting = ports.aws.roles_trusting(facts.provider.arn) if touches_provider and facts.provider else ()
    made_bucket = next((change.name for change in changes if isinstance(change, kinds.CreateBucket)), None)
    return UndoGround(facts, trusting, _is_empty(made_bucket, ports.aws) if made_bucket and facts.bucket else None)


def _is_empty(bucket: str, aws: Aws) -> bool | None:
    """None where the operator may not see it: the bucket then stays."""
    try:
        return aws.bucket_is_empty(bucket)
    except CiamError as error:
        if error.code != "access-denied":
            raise
        return None


def _refuse_drift(run: RunState, facts: Facts) -> None:
    expected = facts_after(run.started.facts, run.done_steps, run.done)
    judged = judged_by_piece(run, run.pending)  # and left out where somebody has been at them
    resting = {subject for step in run.pending if step.id not in judged for subject in subjects(step.change)}
    changed = differences(expected, facts, resting)
    if changed:
        raise CiamError(
            "facts-changed",
            "The run cannot go on",
            f"Somebody has changed what it rests on: {changed[0]}.",
            [_way_out(run)],
        )


def _way_out(run: RunState) -> str:
    if run.started.undoes is not None:
        return f"Put it back as it was, then go on with `ciam-tui resume {run.started.run_id}`; or take the rest back by hand."
    return f"Take the run back with `ciam-tui undo {run.started.run_id}`, or make a new plan."


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
