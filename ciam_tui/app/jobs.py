"""What the screens behind Review have done in workers: plans made and runs begun, each as one call that knows its ports.

Everything here imports what it drives late, since pydantic comes with it, and may take as long as AWS takes: only workers call it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.app.circleci_known import findings_read, unasked
from ciam_tui.app.plan_lines import Concerns
from ciam_tui.app.running import Progress, progress_of
from ciam_tui.app.session import Mode
from ciam_tui.core.findings import findings, worst_first
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from ciam_tui.app.session import Session
    from ciam_tui.apply import Ports, Waiting
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.problems import Problem
    from ciam_tui.core.setup import Setup

    Events = Iterator[Entry | Waiting]
    ShouldStop = Callable[[], bool]

READ_ONLY_REASON = "READ ONLY: ciam-tui was started with --read-only, and changes nothing. Export the policies with ctrl+s instead."


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be carried out: `begin` does it, and is asked between two calls whether it should stop.

    `undoes` is the run that this one takes back, None where it makes something.
    """

    run_id: str
    progress: Progress
    begin: Callable[[ShouldStop], Events]
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan with all that speaks against it, and the job that it becomes when somebody says yes."""

    plan: Plan
    concerns: Concerns
    job: Callable[[], Job]
    setup: Setup


def ports_of(session: Session) -> Ports:
    """The doors that a run needs.

    Raises:
        CiamError: nobody is signed in.
    """
    from ciam_tui.apply import Ports

    return Ports(session.need_aws(), session.clock, session.journals)


def review(session: Session, draft: Draft, adopt: AbstractSet[str], tell: Callable[[str], None]) -> Reviewed:
    """The plan for `draft`, from a fresh reading of the account.

    Raises:
        CiamError: the draft is not finished, or the account could not be read.
    """
    from ciam_tui.runs import apply_plan, new_run_id, plan_for

    setup = finished(draft)
    ports = ports_of(session)
    plan = plan_for(setup, ports, adopt=adopt, progress=tell)
    tell("What you may do")
    found = worst_first((*findings(setup, plan.facts.quotas), *_circleci_findings(session, setup, tell)))
    concerns = replace(_permitted(plan, ports), findings=found)

    def job() -> Job:
        run_id = new_run_id(ports.clock)
        return Job(
            run_id,
            Progress(plan.steps),
            lambda should_stop: apply_plan(plan, setup, ports, run_id=run_id, adopt=adopt, should_stop=should_stop),
        )

    return Reviewed(plan, concerns, job, setup)


def _circleci_findings(session: Session, setup: Setup, tell: Callable[[str], None]) -> tuple[Finding, ...]:
    """What CircleCI shows about `setup`. That it cannot be asked keeps nobody from a plan: it is told."""
    from ciam_tui.circleci_survey import circleci_survey

    try:
        return findings_read(setup, circleci_survey(setup, session.circleci(), progress=lambda text: tell(f"CircleCI: {text}")))
    except CiamError as error:
        return unasked(error)


def undo_review(session: Session, run_id: str, tell: Callable[[str], None]) -> Reviewed:
    """The plan that takes a run back, from a fresh reading of the account; what nobody can say of the run is looked up first.

    Raises:
        CiamError: the journal or the account could not be read.
    """
    from ciam_tui.runs import apply_undo, look_up, new_run_id, setup_of, undo_plan

    ports = ports_of(session)
    tell("What the run did")
    run = look_up(run_id, ports) if session.mode is not Mode.READ_ONLY else run_state(session, run_id)
    tell("What is there now")
    plan = undo_plan(run, ports)
    tell("What you may do")
    concerns = _permitted(plan, ports)

    def job() -> Job:
        new_id = new_run_id(ports.clock)
        return Job(
            new_id,
            Progress(plan.steps),
            lambda should_stop: apply_undo(plan, run, ports, run_id=new_id, should_stop=should_stop),
            undoes=run_id,
        )

    return Reviewed(plan, concerns, job, setup_of(run))


def resume_job(session: Session, run: RunState) -> Job:
    """Going on with `run`.

    Raises:
        CiamError: nobody is signed in.
    """
    from ciam_tui.runs import resume

    ports = ports_of(session)
    run_id = run.started.run_id
    return Job(run_id, progress_of(run), lambda should_stop: resume(run_id, ports, should_stop=should_stop), undoes=run.started.undoes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has come to: its state, the roles of its Setup as (stage, ARN), and what goes into CircleCI's configuration."""

    run: RunState
    words: str
    roles: tuple[tuple[str, str], ...]
    snippet: str


def outcome(session: Session, run_id: str) -> Outcome:
    """What the run of that id has come to, as the journals tell it.

    Raises:
        CiamError: the journal cannot be read.
    """
    from ciam_tui.core.export.circleci import config_text
    from ciam_tui.core.roles import wanted_roles
    from ciam_tui.runs import setup_of

    run = run_state(session, run_id)
    setup = setup_of(run)
    roles = tuple((role.stage, role.arn) for role in wanted_roles(setup))
    return Outcome(run, past(session).words(run), roles, config_text(setup))


def run_state(session: Session, run_id: str) -> RunState:
    """The run as its journal tells it.

    Raises:
        CiamError: the journal cannot be read.
    """
    from ciam_tui.core.journal import fold

    return fold(session.journals.open(run_id).entries())


def past(session: Session) -> History:
    """All runs of this state directory."""
    from ciam_tui.runs import history

    return history(session.journals)


def unfinished_run(session: Session) -> RunState | None:
    """The newest run that a crash, a failure or a stop has left unfinished, and that nothing has overtaken since."""
    return next(iter(past(session).to_resume()), None)


def finished(draft: Draft) -> Setup:
    """The Setup that `draft` has become.

    Raises:
        CiamError: the first problem that keeps it from being one.
    """
    from ciam_tui.core.setup import finish

    outcome = finish(draft)
    if isinstance(outcome, tuple):
        raise _not_ready(outcome[0])
    return outcome


def _not_ready(problem: Problem) -> CiamError:
    place = f"{problem.field}: " if problem.field else ""
    return CiamError("not-ready", "There is no plan yet", f"{place}{problem.text}", [problem.fix] if problem.fix else ())


def _permitted(plan: Plan, ports: Ports) -> Concerns:
    """What AWS says the operator may not do. That it could not be asked keeps nobody from going on: the calls themselves will tell."""
    from ciam_tui.runs import forbidden_steps

    try:
        return Concerns(forbidden=forbidden_steps(plan, ports.aws))
    except CiamError as error:
        return Concerns(unasked=f"AWS could not be asked what you may do: {error.message}")
