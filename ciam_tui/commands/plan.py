"""`ciam-tui plan`: what an apply would do to the account, told before anybody does it. Reads only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.commands.account import add_adopt_argument, add_wire_argument
from ciam_tui.commands.audit_opinions import add_second_opinions_argument
from ciam_tui.commands.circleci import add_circleci_argument
from ciam_tui.commands.setup_source import add_setup_argument

if TYPE_CHECKING:
    import argparse

    from ciam_tui.commands.plan_report import Report
    from ciam_tui.core.setup import Setup
    from ciam_tui.ports.api import Clock

CHANGES = 3

_EPILOG = """\
examples:
  ciam-tui plan setup.json
  ciam-tui plan setup.json --profile prod --json | jq '.steps[].title'
  ciam-tui plan setup.json --adopt circleci-legacy-deploy
  ciam-tui plan setup.json --circleci
  ciam-tui plan setup.json --wire           and the contexts of CircleCI
  ciam-tui plan setup.json --markdown > plan.md     a comment for the pull request
  ciam-tui plan setup.json --out plan.json     keep it for a review: `ciam-tui apply plan.json` applies that plan, or refuses
  ciam-tui plan setup.json --second-opinions   and what AWS itself says of the policies

Exit codes: 0 nothing to do; 3 the plan has changes; 1 it cannot be applied as it is, or a problem; 2 wrong usage.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `plan` to the commands."""
    parser = commands.add_parser(
        "plan",
        help="tell what apply would do to the account; reads only",
        description="Reads the account and tells, step by step, what apply would change to make it as the Setup wants it.",
        epilog=_EPILOG,
    )
    add_setup_argument(parser)
    add_adopt_argument(parser)
    add_circleci_argument(parser)
    add_wire_argument(parser)
    add_second_opinions_argument(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="keep the plan in FILE, which `ciam-tui apply` takes as long as the account is the same"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document on standard output")
    form.add_argument("--markdown", action="store_true", help="the tables that a reviewer wants, for a comment on a pull request")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Tells the plan; see the exit codes in the help."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import ports_from
    from ciam_tui.commands.circleci import circleci_reading
    from ciam_tui.commands.planned import planned, setup_with_notes
    from ciam_tui.commands.speaking import PROBLEM, print_document, show_plan

    setup = setup_with_notes(args)
    if args.out is not None:
        from ciam_tui.ports.plan_file import refuse_what_is_no_plan

        refuse_what_is_no_plan(args.out)  # told before the account is read, which takes a while
    ports = ports_from(args, wire=args.wire)
    report = planned(args, setup, ports, circleci_reading(args, setup))
    if args.second_opinions:
        from ciam_tui.opinions import opinions_of_setup

        report = replace(report, second_opinions=opinions_of_setup(setup, ports.aws))
    if args.out is not None:
        _save(args, setup, report, ports.clock)
    if args.json:
        print_document(report.document())
    elif args.markdown:
        from ciam_tui.core.markdown.summary import plan_markdown

        print(plan_markdown(setup, report.plan, report.findings, unread=report.unread_in_circleci), end="")
    else:
        show_plan(args, report)
    if not report.plan.applyable:
        return PROBLEM
    return CHANGES if report.plan.steps else 0


def _save(args: argparse.Namespace, setup: Setup, report: Report, clock: Clock) -> None:
    """Keeps the plan, unless it cannot be applied as it is: a file of one would only be refused later."""
    from ciam_tui import __version__
    from ciam_tui.commands.account import command_line
    from ciam_tui.commands.speaking import warn
    from ciam_tui.core.saved_plans.file import SavedPlan, saved_text
    from ciam_tui.ports.plan_file import write_plan

    if not report.plan.applyable:
        warn(["The plan was not saved: it cannot be applied as it is."])
        return
    saved = SavedPlan(setup, report.plan, tuple(args.adopt), args.wire, clock.now(), __version__)
    write_plan(args.out, saved_text(saved))
    warn([f"The plan is kept in {args.out}; `{command_line(args, 'apply', str(args.out))}` applies it."])
