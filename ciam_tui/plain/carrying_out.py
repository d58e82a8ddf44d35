"""The questions before a run, and the run itself as lines: applied, taken back, or gone on with, as the commands of those names do it.

Nothing is confirmed by an empty answer. What only makes things wants a `yes`; what takes something away wants the account's number typed.
"""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ciam_tui.commands.account import refuse_when_read_only, state_dir
from ciam_tui.commands.carrying import Carrying
from ciam_tui.commands.plan_report import Report
from ciam_tui.commands.planned import forbidden_ids
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.made import removes_something
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.words import counted
from ciam_tui.plain.plan_words import run_lines, summary_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ciam_tui.apply import Ports, Waiting
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.plan import Plan, Step
    from ciam_tui.core.setup import Setup
    from ciam_tui.plain.desk import Desk

    Start = Callable[[Callable[[], bool]], Iterator[Entry | Waiting]]

CONFIRMATION = "yes"
INTERRUPTED = 130


class Interrupted(Exception):
    """A run was stopped by its person, who wants to leave."""


def apply_reviewed(desk: Desk, plan: Plan, setup: Setup, against: Sequence[str]) -> bool:
    """Ask whether to apply `plan`, `against` which this speaks, and do it; whether it came to its verified end.

    Raises:
        CiamError: it may not be applied, or nothing was begun.
    """
    from ciam_tui.runs import apply_plan, new_run_id

    refuse_when_read_only(desk.args)
    if plan.changes_nothing:
        desk.talk.say("Nothing to do: the account is as the Setup wants it.")
        return False
    blocking = next((problem for problem in plan.problems if problem.level is Level.ERROR), None)
    if blocking is not None:
        raise CiamError("not-applied", "This plan cannot be applied", blocking.text, [blocking.fix] if blocking.fix else ())
    ports = desk.ports(wire=desk.wires)
    desk.talk.heading(f"Apply {counted(len(plan.steps), 'step')} to account {plan.account_id}, as {plan.facts.identity.arn}?")
    if any(isinstance(step.change, kinds.ContextChange) for step in plan.steps):
        desk.talk.say(f"It also changes contexts of CircleCI, in the organization {setup.circleci.org_slug or setup.circleci.org_id}.")
    desk.talk.say("Each step is journaled before it is made, and what can be brought back is taken back by an undo.", *against)
    if not _is_confirmed(desk, plan.account_id, plan.steps):
        desk.talk.say("Nothing was applied.")
        return False
    _prove_writable(desk)
    run_id = new_run_id(ports.clock)
    adopt, wire = desk.adopted, desk.wires
    return _carried(
        desk,
        Carrying(_quiet(desk), ports, run_id, plan.steps),
        lambda should_stop: apply_plan(plan, setup, ports, run_id=run_id, adopt=adopt, wire=wire, should_stop=should_stop),
    )


def take_back(desk: Desk, run: RunState, past: History) -> None:
    """Show what takes `run` back, ask, and do it.

    Raises:
        CiamError: it may not be taken back, or nothing was begun.
    """
    from ciam_tui.runs import apply_undo, look_up, new_run_id, undo_plan

    refuse_when_read_only(desk.args)
    run_id = run.started.run_id
    if run.started.undoes is not None:
        raise CiamError("undo-of-undo", "Nothing was changed", f"{run_id} takes back {run.started.undoes}.", ["Apply the Setup again."])
    if past.undo_of(run) is not None:
        raise CiamError("undone", "Nothing was changed", f"{run_id} is {past.words(run)}.", [])
    ports = _ports_for(desk, run, past)
    desk.talk.say("Reading what is there now.")
    run = look_up(run_id, ports)
    plan = undo_plan(run, ports)
    desk.talk.say(*summary_lines(plan, desk.mode, forbidden_ids(plan, ports)))
    blocking = next((problem for problem in plan.problems if problem.level is Level.ERROR), None)
    if blocking is not None:
        raise CiamError("not-applied", "It cannot be taken back", blocking.text, [blocking.fix] if blocking.fix else ())
    if plan.steps and not _typed_number(desk, plan.account_id, f"This takes run {run_id} back in account {plan.account_id}."):
        desk.talk.say("Nothing was taken back.")
        return
    _prove_writable(desk)
    new_id = new_run_id(ports.clock)
    report = Report(plan, desk.mode, undoes=run_id)
    _carried(
        desk,
        Carrying(_quiet(desk), ports, new_id, plan.steps, undoes=run_id, plan=report.document()),
        lambda should_stop: apply_undo(plan, run, ports, run_id=new_id, should_stop=should_stop),
    )


def go_on(desk: Desk, run: RunState, past: History) -> None:
    """Ask whether to go on with `run`, and do it.

    Raises:
        CiamError: it cannot go on, or nothing was begun.
    """
    from ciam_tui.runs import resume

    refuse_when_read_only(desk.args)
    run_id = run.started.run_id
    if past.state(run) in ("verified", "undone", "being-undone"):
        raise CiamError("nothing-to-resume", "There is nothing to go on with", f"{run_id} is {past.words(run)}.", [])
    ports = _ports_for(desk, run, past)
    if desk.identity is not None and desk.identity.account_id != run.started.account_id:
        here, there = desk.identity.account_id, run.started.account_id
        raise CiamError("wrong-account", "The run cannot go on", f"It belongs to account {there}, and you are in {here}.", [])
    desk.talk.say(*run_lines(run, past), *_lost(run.pending))
    if run.unknown:
        desk.talk.say("What nobody can say is looked up first, and not done twice.")
    if run.pending and not _is_confirmed(desk, run.started.account_id, run.pending):
        desk.talk.say("Nothing was changed.")
        return
    _prove_writable(desk)
    carrying = Carrying(_quiet(desk), ports, run_id, run.started.steps, undoes=run.started.undoes)
    _carried(desk, carrying, lambda should_stop: resume(run_id, ports, should_stop=should_stop))


def _lost(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step.change, kinds.SetContextVariable) and step.change.replaces:
            yield f"An undo cannot bring back what {step.change.name} in the context {step.change.context} is now: it is replaced for good."


def _is_confirmed(desk: Desk, account_id: str, steps: Iterable[Step]) -> bool:
    if any(removes_something(step.change) for step in steps):
        return _typed_number(desk, account_id, f"This deletes, detaches or replaces something in account {account_id}.")
    answer = desk.talk.ask(f"Type {CONFIRMATION} to do it", empty="no", about="review")
    return answer.text.lower() == CONFIRMATION


def _typed_number(desk: Desk, account_id: str, sentence: str) -> bool:
    desk.talk.say(sentence)
    return desk.talk.ask("Type the number of the account to do it", empty="no", about="review").text == account_id


def _carried(desk: Desk, carrying: Carrying, start: Start) -> bool:
    """Whether the run came to its verified end. How it ended otherwise is what the program ends with."""
    desk.talk.say("Ctrl+C stops after the current call.")
    desk.code = carrying.to_its_end(start)
    if desk.code == INTERRUPTED:
        raise Interrupted
    return desk.code == 0


def _quiet(desk: Desk) -> Namespace:
    """The flags as `Carrying` wants them: for people, with no document at the end."""
    return Namespace(**{**vars(desk.args), "json": False})


def _prove_writable(desk: Desk) -> None:
    state_dir(desk.args).prove_writable()


def _ports_for(desk: Desk, run: RunState, past: History) -> Ports:
    from ciam_tui.apply import CIRCLECI

    steps: tuple[Step, ...] = run.started.steps
    if run.started.undoes is not None:
        steps = (*steps, *(step for each in past.runs if each.started.run_id == run.started.undoes for step in each.started.steps))
    return desk.ports(wire=any(step.call.service == CIRCLECI for step in steps))
