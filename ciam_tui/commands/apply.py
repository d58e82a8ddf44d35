"""`ciam-tui apply`: shows the plan, asks, and carries it out before the reader's eyes, so that nothing is applied that was not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.commands.account import add_adopt_argument, add_wire_argument, refuse_when_read_only, said_yes, stdin_is_terminal, typed

if TYPE_CHECKING:
    import argparse

    from ciam_tui.commands.plan_report import Report
    from ciam_tui.core.plan import Plan

_EPILOG = """\
examples:
  ciam-tui apply setup.json                 shows the plan, and asks
  ciam-tui apply setup.json --wire          and gives each role a context in CircleCI
  ciam-tui apply setup.json --yes --json    in a pipeline: the events on standard error, one document at the end
  ciam-tui apply plan.json --yes            the very plan that `ciam-tui plan --out plan.json` kept, or nothing

A saved plan is made again from its Setup and a fresh reading, and applied only where it is the one that was reviewed.
Ctrl+C stops after the current call, and says how to go on and how to go back.
Exit codes: 0 verified, or nothing to do; 1 it failed, is not verified, or was refused; 2 without --yes off a terminal; 130 interrupted.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `apply` to the commands."""
    parser = commands.add_parser(
        "apply",
        help="make the account as the Setup wants it; undo takes it back",
        description="Shows the plan for a Setup, asks, applies it step by step, and reads everything back.",
        epilog=_EPILOG,
    )
    parser.add_argument("setup", metavar="SETUP", help="the Setup file or a saved plan, or - for standard input")
    add_adopt_argument(parser)
    add_wire_argument(parser)
    parser.add_argument("--yes", action="store_true", help="apply without asking")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, at the end")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def run(args: argparse.Namespace) -> int:
    """Applies a Setup; see the exit codes in the help."""
    from ciam_tui.commands.speaking import nobody_to_ask, reported

    if not args.yes and not stdin_is_terminal():
        return nobody_to_ask(args, "apply")
    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import ports_from, state_dir
    from ciam_tui.commands.carrying import Carrying
    from ciam_tui.commands.planned import planned
    from ciam_tui.commands.saved_plan import reviewed_in, setup_to_apply
    from ciam_tui.commands.speaking import PROBLEM, not_begun, show_plan
    from ciam_tui.runs import apply_plan, new_run_id

    refuse_when_read_only(args)
    setup, reviewed = setup_to_apply(args)
    ports = ports_from(args, wire=args.wire)
    report = planned(args, setup, ports)
    plan = report.plan
    if reviewed is not None and (why := reviewed_in(args, reviewed, report)):
        return why
    show_plan(args, report)
    if plan.changes_nothing:
        return not_begun(args, "nothing-to-do", report)
    if not plan.applyable:
        return not_begun(args, "not-applied", report)
    state_dir(args).prove_writable()
    if not args.yes and not _is_confirmed(report):
        not_begun(args, "not-applied", report, "Nothing was applied.")
        return PROBLEM
    run_id = new_run_id(ports.clock)
    carrying = Carrying(args, ports, run_id, plan.steps, plan=report.document())
    return carrying.to_its_end(
        lambda should_stop: apply_plan(
            plan, setup, ports, run_id=run_id, adopt=frozenset(args.adopt), wire=args.wire, should_stop=should_stop
        )
    )


def _is_confirmed(report: Report) -> bool:
    """A plan that only makes things wants a yes; one that takes something away wants the account's number from a person who has read it."""
    from ciam_tui.core.changes.made import removes_something

    plan = report.plan
    if any(removes_something(step.change) for step in plan.steps):
        return typed(plan.account_id, f"This plan deletes, detaches or replaces something {_where(plan)}.")
    return said_yes(f"Apply this plan {_where(plan, 'to')}?")


def _where(plan: Plan, preposition: str = "in") -> str:
    from ciam_tui.apply import CIRCLECI

    is_wired = any(step.call.service == CIRCLECI for step in plan.steps)
    return f"{preposition} account {plan.account_id}{f' and {preposition} CircleCI' if is_wired else ''}"
