"""`schema` and `check`: what a pull request's robot runs on a Setup file or a policy, without an account or a screen.

Neither needs a network, unless `check` is told to look at CircleCI too.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.access_report import access_document, access_lines, add_access_argument, refuse_access_of_a_policy
from ciam_tui.commands.check_policy import add_policy_arguments, policy_in, refuse_what_is_for_policies, run_policy
from ciam_tui.commands.circleci import add_circleci_argument, circleci_reading, refuse_what_is_for_setups
from ciam_tui.commands.config_file import add_config_argument
from ciam_tui.commands.schemas import NAMES, document_schema
from ciam_tui.commands.setup_source import setup_content

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ciam_tui.core.findings import Finding
    from ciam_tui.core.problems import CiamError, Problem

_EPILOG = """\
examples:
  ciam-tui check setup.json                                  what is wrong with a Setup, and what is risky
  ciam-tui check setup.json --access                         and what each role can do where
  ciam-tui check setup.json --config .circleci/config.yml    and what a CircleCI configuration does to the roles
  ciam-tui check setup.json --markdown > review.md           roles, who gets in, what they may do, as a reviewer wants them
  ciam-tui check trust.json --fixed > mended.json            any policy, with the fixes that need no judgement
  aws iam get-role --role-name R | ciam-tui check -

Exit codes: 0 nothing of level error; 1 the file is no valid Setup or policy, or CircleCI or a configuration cannot be read; 3 there are
findings of level error.
"""

_SCHEMA_EPILOG = """\
examples:
  ciam-tui schema > setup.schema.json       what a Setup file may say; editors complete it, as "json.schemas" of VS Code does
  ciam-tui schema plan                      what `ciam-tui plan --json` prints
  ciam-tui schema error                     what any command prints with --json when it cannot go on
"""

INVALID = 1
FINDINGS_OF_LEVEL_ERROR = 3


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
    check.add_argument("setup", metavar="FILE", help="the Setup file or the policy, or - for standard input")
    add_policy_arguments(check)
    add_circleci_argument(check)
    add_config_argument(check)
    add_access_argument(check)
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
    """Tells what is wrong with a Setup file or a policy, or, where nothing is, what is risky about it."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run_check)


def _run_check(args: argparse.Namespace) -> int:
    from ciam_tui.core.findings import findings, worst_first
    from ciam_tui.core.problems import CiamError, Level
    from ciam_tui.core.setup import read_setup

    try:
        content = setup_content(args.setup)
        policy = policy_in(content)
        if policy:
            refuse_what_is_for_setups(args)
            refuse_access_of_a_policy(args)
            return run_policy(args, policy)
        refuse_what_is_for_policies(args)
        file = read_setup(content)
        circleci = circleci_reading(args, file.setup)
    except CiamError as error:
        return _refused(error, as_json=args.json)
    found = worst_first((*findings(file.setup), *circleci.findings))
    code = FINDINGS_OF_LEVEL_ERROR if any(finding.level is Level.ERROR for finding in found) else 0
    if args.markdown:
        from ciam_tui.core.markdown.summary import setup_markdown

        print(setup_markdown(file.setup, found, file.notes), end="")
    elif args.json:
        access = {"access": access_document(file.setup)} if args.access else {}
        _print_document(file.notes, found, circleci.unread, ok=code == 0, **access)
    else:
        _print_report(file.notes, found, circleci.unread, access_lines(file.setup) if args.access else ())
    return code


def _refused(error: CiamError, *, as_json: bool) -> int:
    """One line with what to do, and one more for each further problem; as a document too, where one was asked for."""
    from ciam_tui.core.problems import Level, Problem
    from ciam_tui.core.setup import SetupInvalid
    from ciam_tui.core.shown import shown

    if isinstance(error, SetupInvalid):
        problems = error.problems
    else:
        problems = (Problem("", Level.ERROR, error.message, " ".join(error.suggestions)),)
    if as_json:
        _print_document(problems, (), (), ok=False)
    print(shown(f"ciam-tui: {error}"), file=sys.stderr)
    for problem in problems[1:]:
        print(shown(str(problem)), file=sys.stderr)
    return INVALID


def _print_document(problems: Sequence[Problem], found: Sequence[Finding], unread: Sequence[str], *, ok: bool, **more: Any) -> None:
    from dataclasses import asdict

    document: dict[str, Any] = {
        "problems": [asdict(problem) for problem in problems],
        "findings": [asdict(finding) for finding in found],
        "unread": list(unread),
        "ok": ok,
        **more,
    }
    print(json.dumps(document, indent=2))


def _print_report(notes: Sequence[Problem], found: Sequence[Finding], unread: Sequence[str], access: Sequence[str]) -> None:
    from ciam_tui.core.problems import Level
    from ciam_tui.core.shown import shown

    for note in notes:
        print(shown(f"{note.level}: {note}"))
    for finding in found:
        print(shown(f"{finding.level}: {finding.field}: {finding.text} {finding.fix} ({finding.id})"))
    for sentence in unread:
        print(shown(f"unread: {sentence}"))
    for line in access:
        print(shown(line))
    counts = {level: sum(finding.level is level for finding in found) for level in Level}
    print(f"The Setup is valid. Findings: {', '.join(f'{count} of level {level}' for level, count in counts.items())}.")
