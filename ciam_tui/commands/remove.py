"""`ciam-tui remove`: takes a Setup down, whoever applied it and from wherever, by what is tagged as its own; off a terminal it only tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.commands.setup_source import add_setup_argument

if TYPE_CHECKING:
    import argparse

    from ciam_tui.commands.plan_report import Report

_EPILOG = """\
examples:
  ciam-tui remove setup.json                        shows what would go and what stays, and asks
  ciam-tui remove setup.json --stale                only the roles that the Setup does not name any more
  ciam-tui remove setup.json --bucket --wire        and the bucket, if it is empty, and what was put into CircleCI
  ciam-tui remove setup.json --adopt circleci-web-build      a role that somebody has changed, all the same
  ciam-tui remove setup.json --yes --json           in a pipeline

What is of the Setup is found by its tags, on any machine. A role goes without a further word where it says what this machine's journals left
there, or what the Setup makes; what differs is shown. The provider goes where it was made for the Setup and no role names it any more. What was
there before the tool came is never deleted. The removal is a run like any other: `ciam-tui undo` takes it back, and roles then have new ids.
Exit codes: 0 verified, or nothing to remove; 1 it failed or was refused; 2 without --yes off a terminal; 130 interrupted.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `remove` to the commands."""
    parser = commands.add_parser(
        "remove",
        help="take down what was made for a Setup, found by its tags",
        description="Shows what of the account was made for a Setup, and what of it stays and why; asks, and deletes it step by step.",
        epilog=_EPILOG,
    )
    add_setup_argument(parser)
    parser.add_argument(
        "--adopt", metavar="NAME", action="append", default=[], help="delete the role NAME although it differs; may be given again"
    )
    parser.add_argument("--keep", metavar="NAME", action="append", default=[], help="leave the role NAME as it is; may be given again")
    parser.add_argument("--stale", action="store_true", help="only the roles of the Setup that it does not name any more")
    parser.add_argument("--bucket", action="store_true", help="also the bucket, where it was made for the Setup and is empty; for good")
    parser.add_argument(
        "--wire", action="store_true", help="also what runs of this machine have put into contexts of CircleCI; needs CIRCLE_TOKEN"
    )
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, at the end")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Takes a Setup down; see the exit codes in the help."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import mode_of, ports_from, refuse_when_read_only, state_dir, stdin_is_terminal
    from ciam_tui.commands.carrying import Carrying
    from ciam_tui.commands.plan_report import Report
    from ciam_tui.commands.planned import forbidden_ids, setup_with_notes, warn_of_unfinished
    from ciam_tui.commands.speaking import PROBLEM, not_begun, show_plan, tell_that_it_reads
    from ciam_tui.core.taking_down.planning import Choices
    from ciam_tui.runs import apply_removal, new_run_id, removal_plan

    if args.yes:
        refuse_when_read_only(args)
    setup = setup_with_notes(args)
    ports = ports_from(args, wire=args.wire)
    choices = Choices(
        frozenset(name.lower() for name in args.adopt),
        frozenset(name.lower() for name in args.keep),
        stale=args.stale,
        bucket=args.bucket,
        wire=args.wire,
    )
    tell_that_it_reads()
    plan = removal_plan(setup, ports, choices)
    warn_of_unfinished(args, plan, ports)
    report = Report(plan, mode_of(args), forbidden=forbidden_ids(plan, ports), removes=True)
    show_plan(args, report)
    if plan.changes_nothing:
        return not_begun(args, "nothing-to-do", report)
    if not plan.applyable:
        return not_begun(args, "not-applied", report)
    if not args.yes and not stdin_is_terminal():
        return _only_told(args, report)
    refuse_when_read_only(args)
    state_dir(args).prove_writable()
    if not args.yes and not _is_confirmed(report):
        not_begun(args, "not-applied", report, "Nothing was deleted.")
        return PROBLEM
    run_id = new_run_id(ports.clock)
    carrying = Carrying(args, ports, run_id, plan.steps, plan=report.document())
    return carrying.to_its_end(lambda should_stop: apply_removal(plan, setup, ports, choices, run_id=run_id, should_stop=should_stop))


def _is_confirmed(report: Report) -> bool:
    from ciam_tui.commands.account import typed

    account = report.plan.account_id
    return typed(account, f"This deletes what was made for the Setup in account {account}.")


def _only_told(args: argparse.Namespace, report: Report) -> int:
    """Off a terminal nobody can be asked: the plan was told, and that is all."""
    from ciam_tui.commands.plan_report import told
    from ciam_tui.commands.run_report import run_document
    from ciam_tui.commands.speaking import WRONG_USAGE, print_document, warn
    from ciam_tui.core.problems import CiamError

    message, fix = "standard input is no terminal", "add --yes to delete what is shown, or run it in one."
    warn([f"ciam-tui: Nothing was deleted: {message}: {fix}"])
    if args.json:
        error = CiamError("nobody-to-ask", "remove asks before it changes anything", message, (fix,))
        print_document(run_document("not-applied", plan=report.document(), error=told(error)))
    return WRONG_USAGE
