"""`ciam-tui undo` and `ciam-tui resume`: the two ways out of a run, back to what was there and on to what was planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.commands.account import command_line, refuse_when_read_only, said_yes, stdin_is_terminal, typed
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    import argparse

    from ciam_tui.apply import Ports
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import RunState

_UNDO_EPILOG = """\
examples:
  ciam-tui undo last
  ciam-tui undo 20261122-1305 --yes

RUN is the id of a run (see `ciam-tui runs`), a beginning that no other run has, or `last` for the newest that was applied. What somebody has
changed since is not undone over their head: the command says what it is, and stops.
Exit codes: 0 taken back, or it already was; 1 it failed or was refused; 2 without --yes off a terminal; 130 interrupted.
"""
_RESUME_EPILOG = """\
examples:
  ciam-tui resume
  ciam-tui resume 20261122-130501-3f9c

Without RUN it goes on with the newest run that is unfinished, and says which. What nobody can say about a call that was cut off is looked up
in the account first. Off a terminal it does not ask: the run was confirmed when it began.
Exit codes: 0 verified, or nothing to resume; 1 it failed or was refused; 130 interrupted.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `undo` and `resume` to the commands."""
    undo = commands.add_parser(
        "undo",
        help="take a run back: documents, attachments, tags and all",
        description="Shows what takes a run back, asks, and carries it out as a run of its own.",
        epilog=_UNDO_EPILOG,
    )
    undo.add_argument("name", metavar="RUN", help="the run to take back")
    undo.set_defaults(run=run_undo)
    resume = commands.add_parser(
        "resume",
        help="go on with a run that stopped half way",
        description="Goes on with a run that stopped half way, whatever stopped it.",
        epilog=_RESUME_EPILOG,
    )
    resume.add_argument("name", metavar="RUN", nargs="?", help="the run to go on with")
    resume.set_defaults(run=run_resume)
    for parser in (undo, resume):
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output, at the end")


def run_undo(args: argparse.Namespace) -> int:
    """Takes a run back; see the exit codes in the help."""
    from ciam_tui.commands.speaking import nobody_to_ask, reported

    if not args.yes and not stdin_is_terminal():
        return nobody_to_ask(args, "undo")
    return reported(args, _undo)


def run_resume(args: argparse.Namespace) -> int:
    """Goes on with a run; see the exit codes in the help."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _resume)


def _undo(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import ports_from
    from ciam_tui.commands.speaking import warn
    from ciam_tui.runs import history

    refuse_when_read_only(args)
    ports = ports_from(args)
    past = history(ports.journals)
    run = past.named(args.name)
    run_id = run.started.run_id
    if run.started.undoes is not None:
        message = f"{run_id} takes back {run.started.undoes}, and cannot be taken back itself."
        raise CiamError("undo-of-undo", "Nothing was changed", message, ["Apply the Setup again."])
    undo = past.undo_of(run)
    if undo is None:
        return _taken_back(args, ports, run, past)
    if undo.verified:
        return _nothing_to_do(args, f"Run {run_id} is already undone, by {undo.started.run_id}.")
    warn([f"Run {run_id} is already being taken back by {undo.started.run_id}: going on with that."])
    return _gone_on(args, ports, undo)


def _taken_back(args: argparse.Namespace, ports: Ports, run: RunState, past: History) -> int:
    from ciam_tui.commands.account import mode_of, ports_of_run, state_dir
    from ciam_tui.commands.carrying import Carrying
    from ciam_tui.commands.plan_report import Report
    from ciam_tui.commands.planned import forbidden_ids
    from ciam_tui.commands.speaking import PROBLEM, not_begun, say, show_plan, tell_that_it_reads
    from ciam_tui.runs import apply_undo, look_up, new_run_id, undo_plan

    ports = ports_of_run(args, ports, run)
    tell_that_it_reads()
    run = look_up(run.started.run_id, ports)
    plan = undo_plan(run, ports)
    report = Report(plan, mode_of(args), forbidden=forbidden_ids(plan, ports), undoes=run.started.run_id)
    show_plan(args, report)
    if not plan.applyable:
        return not_begun(args, "not-applied", report, *_later_runs(args, run, past))
    state_dir(args).prove_writable()
    account = plan.account_id
    if plan.steps and not args.yes and not typed(account, f"This takes run {run.started.run_id} back in account {account}."):
        not_begun(args, "not-applied", report, "Nothing was taken back.")
        return PROBLEM
    run_id = new_run_id(ports.clock)
    if not plan.steps:
        say(args, [f"Run {run.started.run_id} left nothing to take back; {run_id} marks it as undone."])
    carrying = Carrying(args, ports, run_id, plan.steps, undoes=run.started.run_id, plan=report.document())
    return carrying.to_its_end(lambda should_stop: apply_undo(plan, run, ports, run_id=run_id, should_stop=should_stop))


def _later_runs(args: argparse.Namespace, run: RunState, past: History) -> list[str]:
    """What most often is in the way of an undo: runs of the same Setup that came later."""
    later = [
        each.started.run_id
        for each in past.runs
        if each.started.at > run.started.at
        and each.started.setup_id == run.started.setup_id
        and each.started.undoes is None
        and past.undo_of(each) is None
    ]
    return (
        [f"Run {later[-1]} of this Setup came later: take it back first, with `{command_line(args, 'undo', later[-1])}`."] if later else []
    )


def _resume(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import ports_from
    from ciam_tui.commands.speaking import warn
    from ciam_tui.runs import history

    refuse_when_read_only(args)
    ports = ports_from(args)
    past = history(ports.journals)
    if args.name is None:
        waiting = past.to_resume()
        if not waiting:
            return _nothing_to_do(args, "There is nothing to resume: no run is unfinished.")
        run = waiting[0]
        warn([f"Going on with run {run.started.run_id}, the newest that is unfinished."])
        return _gone_on(args, ports, run)
    run = past.named(args.name)
    run_id = run.started.run_id
    undo = past.undo_of(run)
    if undo is not None:
        told = "has been taken back" if undo.verified else "is being taken back"
        fixes = ["Apply the Setup again."] if undo.verified else [f"Run `{command_line(args, 'resume', undo.started.run_id)}`."]
        raise CiamError("run-undone", "The run cannot go on", f"{run_id} {told} by {undo.started.run_id}.", fixes)
    if run.verified:
        return _nothing_to_do(args, f"Run {run_id} is verified: there is nothing left to do.")
    return _gone_on(args, ports, run)


def _gone_on(args: argparse.Namespace, ports: Ports, run: RunState) -> int:
    """Goes on with `run`, after the person at the terminal, if there is one, has seen what is left of it."""
    from ciam_tui.commands.account import ports_of_run, state_dir
    from ciam_tui.commands.carrying import Carrying
    from ciam_tui.commands.run_report import run_document
    from ciam_tui.commands.speaking import PROBLEM, print_document, say, warn
    from ciam_tui.runs import resume

    ports = ports_of_run(args, ports, run)
    started = run.started
    done, total = len(run.done_steps), len(started.steps)
    say(args, [f"Run {started.run_id} in account {started.account_id}: {done} of {total} steps are done."])
    say(args, (f"  {step.title}{' (begun, outcome unknown)' if step.id in run.unknown else ''}" for step in run.pending))
    if run.pending and not args.yes and stdin_is_terminal() and not _is_confirmed(run):
        warn(["Nothing was changed."])
        if args.json:
            print_document(run_document("not-applied", ports.journals.open(started.run_id).entries()))
        return PROBLEM
    state_dir(args).prove_writable()
    carrying = Carrying(args, ports, started.run_id, started.steps, undoes=started.undoes)
    return carrying.to_its_end(lambda should_stop: resume(started.run_id, ports, should_stop=should_stop))


def _is_confirmed(run: RunState) -> bool:
    from ciam_tui.core.changes.made import removes_something

    account = run.started.account_id
    if any(removes_something(step.change) for step in run.pending):
        return typed(account, f"What is left deletes, detaches or replaces something in account {account}.")
    return said_yes("Go on with it?")


def _nothing_to_do(args: argparse.Namespace, sentence: str) -> int:
    from ciam_tui.commands.run_report import run_document
    from ciam_tui.commands.speaking import print_document, say

    say(args, [sentence])
    if args.json:
        print_document(run_document("nothing-to-do"))
    return 0
