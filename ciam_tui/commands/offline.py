"""`schema` and `check`: what a pull request's robot runs on a Setup file or a policy, without an account or a screen.

Neither needs a network, unless `check` is told to look at CircleCI too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ciam_tui.commands.accepting import accepting_problem, add_accepting_arguments, refuse_accepting_of_a_policy
from ciam_tui.commands.access_report import add_access_argument, refuse_access_of_a_policy
from ciam_tui.commands.check_policy import add_policy_arguments, policy_in, refuse_what_is_for_policies, run_policy
from ciam_tui.commands.check_setup import run_setup
from ciam_tui.commands.circleci import add_circleci_argument, refuse_what_is_for_setups
from ciam_tui.commands.config_file import add_config_argument
from ciam_tui.commands.schemas import NAMES, document_schema
from ciam_tui.commands.setup_source import setup_content
from ciam_tui.commands.speaking import print_document, say, warn

if TYPE_CHECKING:
    import argparse

    from ciam_tui.core.problems import CiamError

_EPILOG = """\
examples:
  ciam-tui check setup.json                                  what is wrong with a Setup, and what is risky
  ciam-tui check setup.json --access                         and what each role can do where
  ciam-tui check setup.json --config .circleci/config.yml    and what a CircleCI configuration does to the roles
  ciam-tui check setup.json --accepted accepted.json         and let those pass that a reviewed file accepts
  ciam-tui check setup.json --markdown > review.md           roles, who gets in, what they may do, as a reviewer wants them
  ciam-tui check trust.json --fixed > mended.json            any policy, with the fixes that need no judgement
  aws iam get-role --role-name R | ciam-tui check -

Exit codes: 0 nothing of level error; 1 the file is no valid Setup or policy, or CircleCI or a configuration cannot be read; 3 there are
findings of level error that are not accepted.
"""

_SCHEMA_EPILOG = """\
examples:
  ciam-tui schema > setup.schema.json       what a Setup file may say; editors complete it, as "json.schemas" of VS Code does
  ciam-tui schema plan                      what `ciam-tui plan --json` prints
  ciam-tui schema accepted                  the file that `check --accepted` and `audit --accepted` read
  ciam-tui schema error                     what any command prints with --json when it cannot go on
"""

INVALID = 1


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `schema` and `check` to the commands."""
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of the Setup file, or of a command's --json document",
        description="Prints the JSON Schema of the Setup file, or of the document that a command prints with --json.",
        epilog=_SCHEMA_EPILOG,
    )
    schema.add_argument("command", metavar="COMMAND", nargs="?", choices=NAMES, help=f"one of {', '.join(NAMES)}")
    schema.set_defaults(run=run_schema)
    check = commands.add_parser(
        "check",
        help="tell the problems and findings of a Setup file or of a policy, offline",
        description="Tells what is wrong with a Setup file and what is risky about it, offline; with --circleci, also what CircleCI shows.\n"
        "A trust or permission policy, also as `aws iam get-role` and the like print one, is told its findings in the same way.",
        epilog=_EPILOG,
    )
    check.add_argument("setup", metavar="FILE", nargs="+", help="the Setup file or the policy, or - for standard input; or several files")
    add_policy_arguments(check)
    add_circleci_argument(check)
    add_config_argument(check)
    add_access_argument(check)
    add_accepting_arguments(check)
    form = check.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document on standard output")
    form.add_argument(
        "--markdown", action="store_true", help="for a Setup: the tables that a reviewer wants, for a comment on a pull request"
    )
    check.set_defaults(run=run_check)


def run_schema(args: argparse.Namespace) -> int:
    """Prints the JSON Schema of the Setup file, or of a command's document."""
    if args.command is not None:
        print(json.dumps(document_schema(args.command), indent=2))
        return 0
    from ciam_tui.core.setup import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Tells what is wrong with Setup files and policies, or, where nothing is, what is risky about them."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run_check)


def _run_check(args: argparse.Namespace) -> int:
    from ciam_tui.commands.speaking import misused

    if problem := accepting_problem(args) or _too_many(args):
        return misused(args, problem)
    codes = []
    for number, name in enumerate(args.setup):
        if len(args.setup) > 1:
            say(args, [*([""] if number else ()), f"{name}:"])
        codes.append(_check(args, name))
    return INVALID if INVALID in codes else max(codes)


def _too_many(args: argparse.Namespace) -> str | None:
    """What only one file can be asked for."""
    alone = {"--json": args.json, "--markdown": args.markdown, "--fixed": args.fixed, "-": "-" in args.setup}
    if len(args.setup) > 1 and (given := [flag for flag, typed in alone.items() if typed]):
        return f"{given[0]} is for one file: name one."
    return None


def _check(args: argparse.Namespace, name: str) -> int:
    from ciam_tui.core.problems import CiamError

    try:
        content = setup_content(name)
        policy = policy_in(content)
        if policy:
            refuse_what_is_for_setups(args)
            refuse_access_of_a_policy(args)
            refuse_accepting_of_a_policy(args)
            return run_policy(args, policy)
        refuse_what_is_for_policies(args)
        return run_setup(args, content)
    except CiamError as error:
        return _refused(error, as_json=args.json)


def _refused(error: CiamError, *, as_json: bool) -> int:
    """One line with what to do, and one more for each further problem; as a document too, where one was asked for."""
    from dataclasses import asdict

    from ciam_tui.core.problems import Level, Problem
    from ciam_tui.core.setup import SetupInvalid

    if isinstance(error, SetupInvalid):
        problems = error.problems
    else:
        problems = (Problem("", Level.ERROR, error.message, " ".join(error.suggestions)),)
    if as_json:
        print_document({"problems": [asdict(problem) for problem in problems], "findings": [], "unread": [], "ok": False})
    warn([f"ciam-tui: {error}", *(str(problem) for problem in problems[1:])])
    return INVALID
