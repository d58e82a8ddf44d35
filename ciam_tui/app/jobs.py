"""What the screens behind Review have done in workers: plans made and runs begun, each as one call that knows its ports.

Everything here imports what it drives late, since pydantic comes with it, and may take as long as AWS takes: only workers call it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.app.circleci_known import NO_TOKEN, findings_read, unasked
from ciam_tui.app.plan_lines import Concerns
from ciam_tui.app.running import Progress, progress_of
from ciam_tui.app.session import Mode
from ciam_tui.app.wiring_words import NEEDED, WAY_TO_OPEN, changes_circleci, contexts_in, organization_changed
from ciam_tui.core.findings import findings, worst_first
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from ciam_tui.app.session import Session
    from ciam_tui.apply import Ports, Waiting
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.opinions import Remark
    from ciam_tui.core.plan import Plan, Step
    from ciam_tui.core.problems import Problem
    from ciam_tui.core.setup import Setup
    from ciam_tui.ports.api import CircleCi

    Events = Iterator[Entry | Waiting]
    ShouldStop = Callable[[], bool]

READ_ONLY_REASON = "READ ONLY: ciam-tui was started with --read-only, and changes nothing. Export the policies with ctrl+s instead."


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be carried out: `begin` does it, and is asked between two calls whether it should stop.

    `undoes` is the run that this one takes back, None where it makes something; `circleci` the organization that it changes too, if it does.
    `retires` is the user of whose retirement this is a stage: then that goes on with it and takes it back, never the run alone.
    """

    run_id: str
    progress: Progress
    begin: Callable[[ShouldStop], Events]
    undoes: str | None = None
    circleci: str = ""
    retires: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan with all that speaks against it, and the job that it becomes when somebody says yes."""

    plan: Plan
    concerns: Concerns
    job: Callable[[], Job]
    setup: Setup


def ports_of(session: Session, *, wire: bool = False) -> Ports:
    """The doors that a run needs, with `wire` that to CircleCI too.

    Raises:
        CiamError: nobody is signed in; or `circleci-needed`.
    """
    from ciam_tui.apply import Ports

    return Ports(session.need_aws(), session.clock, session.journals, _circleci(session) if wire else None)


def _circleci(session: Session) -> CircleCi:
    try:
        return session.circleci()
    except CiamError as error:
        if error.code != NO_TOKEN:
            raise
        text = "contexts can be neither looked up, made nor taken back without a token."
        raise CiamError(NEEDED, "CircleCI is not open", text, [WAY_TO_OPEN]) from None


def _ports_for(session: Session, run: RunState) -> Ports:
    """The doors that going on with `run` needs, or taking it back: what an undo takes back is looked at again too."""
    steps: Iterable[Step] = run.started.steps
    if run.started.undoes is not None:
        steps = (*steps, *run_state(session, run.started.undoes).started.steps)
    return ports_of(session, wire=changes_circleci(steps))


def review(session: Session, draft: Draft, adopt: AbstractSet[str], tell: Callable[[str], None], *, wire: bool = False) -> Reviewed:
    """The plan for `draft`, from a fresh reading of the account, and with `wire` of CircleCI too.

    Raises:
        CiamError: the draft is not finished, or the account or CircleCI could not be read; `circleci-needed`.
    """
    from ciam_tui.runs import apply_plan, new_run_id, plan_for

    setup = finished(draft)
    ports = ports_of(session, wire=wire)
    plan = plan_for(setup, ports, adopt=adopt, wire=wire, progress=tell)
    tell("What you may do")
    found = worst_first((*findings(setup, plan.facts.quotas), *_circleci_findings(session, setup, tell)))
    concerns = replace(permitted(plan, ports), findings=found)

    organization = organization_changed(plan.steps, setup.circleci.org_id, setup.circleci.org_slug, session.known_circleci)

    def job() -> Job:
        run_id = new_run_id(ports.clock)
        return Job(
            run_id,
            Progress(plan.steps),
            lambda should_stop: apply_plan(plan, setup, ports, run_id=run_id, adopt=adopt, wire=wire, should_stop=should_stop),
            circleci=organization,
        )

    return Reviewed(plan, concerns, job, setup)


def _circleci_findings(session: Session, setup: Setup, tell: Callable[[str], None]) -> tuple[Finding, ...]:
    """What CircleCI shows about `setup`. That it cannot be asked keeps nobody from a plan: it is told."""
    from ciam_tui.surveys.circleci import circleci_survey

    try:
        return findings_read(setup, circleci_survey(setup, session.circleci(), progress=lambda text: tell(f"CircleCI: {text}")))
    except CiamError as error:
        return unasked(error)


def second_opinion(session: Session, setup: Setup, should_stop: ShouldStop) -> tuple[Remark, ...]:
    """What AWS says of the policies of `setup`, held against what this program says; it is asked dozens of times for that, and changes nothing.

    Raises:
        CiamError: nobody is signed in.
    """
    from ciam_tui.core.opinions import remarks_of
    from ciam_tui.opinions import opinions_of_setup

    return remarks_of(opinions_of_setup(setup, session.need_aws(), should_stop=should_stop))


def undo_review(session: Session, run_id: str, tell: Callable[[str], None]) -> Reviewed:
    """The plan that takes a run back, from a fresh reading of the account; what nobody can say of the run is looked up first.

    Raises:
        CiamError: the journal, the account or CircleCI could not be read; `circleci-needed`.
    """
    from ciam_tui.runs import apply_undo, look_up, new_run_id, setup_of, undo_plan

    tell("What the run did")
    run = run_state(session, run_id)
    ports = _ports_for(session, run)
    run = look_up(run_id, ports) if session.mode is not Mode.READ_ONLY else run
    tell("What is there now")
    plan = undo_plan(run, ports)
    tell("What you may do")
    concerns = permitted(plan, ports)

    wanted = setup_of(run).circleci
    organization = organization_changed(plan.steps, wanted.org_id, wanted.org_slug, session.known_circleci)

    def job() -> Job:
        new_id = new_run_id(ports.clock)
        return Job(
            new_id,
            Progress(plan.steps),
            lambda should_stop: apply_undo(plan, run, ports, run_id=new_id, should_stop=should_stop),
            undoes=run_id,
            circleci=organization,
        )

    return Reviewed(plan, concerns, job, setup_of(run))


def resume_job(session: Session, run: RunState) -> Job:
    """Going on with `run`; its doors are opened when it begins, in a worker."""
    run_id = run.started.run_id

    def begin(should_stop: ShouldStop) -> Events:
        from ciam_tui.runs import resume

        yield from resume(run_id, _ports_for(session, run), should_stop=should_stop)

    circleci = run.started.setup.get("circleci", {})
    named = organization_changed(run.pending, str(circleci.get("org_id", "")), circleci.get("org_slug"), session.known_circleci)
    return Job(run_id, progress_of(run), begin, undoes=run.started.undoes, circleci=named)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has come to: its state, the roles of its Setup as (stage, ARN), and what goes into CircleCI's configuration.

    `contexts` are those of the Setup that this run or an earlier one has wired.
    """

    run: RunState
    words: str
    roles: tuple[tuple[str, str], ...]
    snippet: str
    contexts: tuple[str, ...] = ()


def outcome(session: Session, run_id: str) -> Outcome:
    """What the run of that id has come to, as the journals tell it.

    Raises:
        CiamError: the journal cannot be read.
    """
    from ciam_tui.core.export.circleci import config_text
    from ciam_tui.core.naming import context_names
    from ciam_tui.core.roles import wanted_roles
    from ciam_tui.runs import setup_of

    run, history = run_state(session, run_id), past(session)
    setup = setup_of(run)
    roles = tuple((role.stage, role.arn) for role in wanted_roles(setup))
    wired = _wired_by(run, history)
    contexts = tuple(name for name in context_names(setup) if name in wired)
    # A job that names a context which is not there is not begun: all of them, or none.
    is_whole = len(contexts) == len(context_names(setup))
    return Outcome(run, history.words(run), roles, config_text(setup, contexts=is_whole), contexts)


def _wired_by(run: RunState, history: History) -> frozenset[str]:
    """The contexts that `run` has set up, or a run of its Setup before it that stands."""
    earlier = [
        each
        for each in history.runs
        if each.started.setup_id == run.started.setup_id
        and each.started.undoes is None
        and each.started.at < run.started.at
        and history.undo_of(each) is None
    ]
    return frozenset(name for each in (*earlier, run) for name in contexts_in(each.done_steps))


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


def permitted(plan: Plan, ports: Ports) -> Concerns:
    """What AWS says the operator may not do. That it could not be asked keeps nobody from going on: the calls themselves will tell."""
    from ciam_tui.runs import forbidden_steps

    try:
        return Concerns(forbidden=forbidden_steps(plan, ports.aws))
    except CiamError as error:
        return Concerns(unasked=f"AWS could not be asked what you may do: {error.message}")
