"""`ciam-tui audit`: every role that trusts CircleCI and every provider of it, graded; with `--circleci` the keys it holds too. Reads only."""

from __future__ import annotations

import argparse
import json
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.accepting import accepting_from, accepting_problem, add_accepting_arguments
from ciam_tui.commands.audit_opinions import add_opinion_arguments, usage_problem
from ciam_tui.commands.audit_organization import add_organization_arguments, organization_problem
from ciam_tui.commands.flag_values import days_up_to
from ciam_tui.commands.keeping import add_snapshot_argument

if TYPE_CHECKING:
    from ciam_tui.commands.accepting import Accepting
    from ciam_tui.commands.audit_opinions import Beside
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.problems import CiamError

ERRORS = 3
STANDARD_OUTPUT = Path("-")

_EPILOG = """\
examples:
  ciam-tui audit --profile prod
  ciam-tui audit --json | jq '.roles[] | select(.grade == "open") | .arn'
  ciam-tui audit --sarif audit.sarif            for code scanning
  ciam-tui audit --issuer https://circleci.example.com
  ciam-tui audit --circleci                     and the access keys that CircleCI holds
  ciam-tui audit --accepted accepted.json       exit code 3 for findings alone that the reviewed file does not accept
  ciam-tui audit --second-opinions --activity   and what AWS itself says of each role, and who took it
  ciam-tui audit --all-accounts --audit-role ciam-tui-audit --json      every account of the organization

Grades: open (strangers get in), wide (more get in, or may do more, than a job needs), unknown (it could not be read), dead (nobody
gets in), tight. Exit codes: 0 nothing of level error, 3 findings of level error that are not accepted, 1 a problem, or no account at all
could be read, 2 wrong usage, 130 interrupted. Accounts that could not be read are told, and are not in the exit code where others were.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `audit` to the commands."""
    parser = commands.add_parser(
        "audit",
        help="grade every role that trusts CircleCI; reads only",
        description="Reads the account and tells of every role that trusts CircleCI, and every provider of it: who gets in, what they may\n"
        "do, when it was last used, and what has changed since it was applied from this machine.",
        epilog=_EPILOG,
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("--sarif", metavar="FILE", type=Path, help="also write the findings as SARIF 2.1.0 to FILE; - for standard output")
    parser.add_argument(
        "--issuer",
        metavar="URL",
        action="append",
        default=[],
        type=_issuer,
        help="an issuer of a CircleCI Server; may be given again. Roles that speak as CircleCI's tokens do are found without it",
    )
    parser.add_argument(
        "--circleci",
        action="store_true",
        help="read CircleCI too, with the token of CIRCLE_TOKEN or of the CircleCI CLI, and look for the access keys that it holds",
    )
    parser.add_argument(
        "--unused-days",
        metavar="N",
        type=days_up_to(400, ", which is how far back AWS tells", digits=3),
        default=90,
        help="call a role unused that was last used more than N days ago (90)",
    )
    add_opinion_arguments(parser)
    add_accepting_arguments(parser)
    add_snapshot_argument(parser)
    add_organization_arguments(parser)
    parser.set_defaults(run=run)


def _issuer(text: str) -> str:
    if not text.startswith("https://") or len(text) <= len("https://"):
        raise argparse.ArgumentTypeError(f"{text!r} is not the URL of an issuer, such as https://circleci.example.com")
    return text


def run(args: argparse.Namespace) -> int:
    """Tells the audit; see the exit codes in the help."""
    from ciam_tui.commands.speaking import WRONG_USAGE, misused, reported, warn

    if args.json and args.sarif == STANDARD_OUTPUT:
        # Standard output is wanted as two documents, and an error's would be a third.
        warn(["ciam-tui: --json and --sarif - both want standard output: write one of them to a file."])
        return WRONG_USAGE
    faults = (organization_problem(args), usage_problem(args, sarif_alone=args.sarif == STANDARD_OUTPUT), accepting_problem(args))
    if problem := next(filter(None, faults), None):
        return misused(args, problem)
    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui import __version__
    from ciam_tui.commands.keeping import keep_snapshot
    from ciam_tui.commands.speaking import fitting, print_document, say
    from ciam_tui.core.acceptance.of_audit import marked
    from ciam_tui.core.audit.report_json import report_document
    from ciam_tui.core.audit.sarif import sarif_document
    from ciam_tui.core.audit.words import report_lines

    if args.sarif not in (None, STANDARD_OUTPUT) and not args.sarif.parent.is_dir():
        # Told before the account is read, which takes a while.
        raise _not_written(args.sarif, "there is no such folder")
    accepting = accepting_from(args)
    if args.all_accounts:
        return _of_all_accounts(args, accepting)
    report, beside = _report(args)
    added, acceptance = None, None
    if accepting.file is not None:
        report, acceptance = marked(report, accepting.file, accepting.today)
        added = accepting.write(args, acceptance)
    keep_snapshot(args, report)
    if args.sarif is not None:
        _write(args.sarif, sarif_document(report, __version__))
    if args.json:
        told = {} if acceptance is None else {"acceptances": accepting.document(acceptance, added)}
        print_document(beside.added_to(report_document(report)) | told)
    elif args.sarif != STANDARD_OUTPUT:
        lines = () if acceptance is None else accepting.lines(acceptance, added)
        say(args, fitting([*report_lines(report), *beside.lines(report), *lines]))
    return ERRORS if report.has_errors else 0


def _of_all_accounts(args: argparse.Namespace, accepting: Accepting) -> int:
    from ciam_tui import __version__
    from ciam_tui.commands.audit_organization import document_of, organization_report, shortfall_told
    from ciam_tui.commands.keeping import keep_snapshots
    from ciam_tui.commands.speaking import fitting, print_document, say, warn
    from ciam_tui.core.organization.accepting import marked_everywhere
    from ciam_tui.core.organization.documents import organization_sarif
    from ciam_tui.core.organization.words import organization_lines

    report, acceptance = organization_report(args), None
    if accepting.file is not None:
        report, acceptance = marked_everywhere(report, accepting.file, accepting.today)
    keep_snapshots(args, [each.report for each in report.accounts])
    if args.sarif is not None:
        _write(args.sarif, organization_sarif(report, __version__))
    if args.json:
        told = {} if acceptance is None else {"acceptances": accepting.document(acceptance, None)}
        print_document(document_of(report, all_must_be_read=args.all_must_be_read) | told)
    elif args.sarif != STANDARD_OUTPUT:
        say(args, fitting([*organization_lines(report), *(() if acceptance is None else acceptance.notes)]))
    shortfall = shortfall_told(report, all_must_be_read=args.all_must_be_read)
    warn([shortfall] if shortfall is not None else [])
    return ERRORS if report.has_errors else 0 if shortfall is None else 1


def _report(args: argparse.Namespace) -> tuple[AuditReport, Beside]:
    from ciam_tui.commands.account import ports_from
    from ciam_tui.commands.audit_opinions import read_beside
    from ciam_tui.commands.circleci import opened_circleci
    from ciam_tui.commands.progress import progress_line
    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.runs import history
    from ciam_tui.surveys.audit import audited

    ports = ports_from(args)
    with closing(opened_circleci(args)) if args.circleci else nullcontext() as circleci, progress_line() as tell:
        report = audited(
            ports.aws,
            history(ports.journals),
            CircleCiIssuers.with_urls(args.issuer),
            at=ports.clock.now(),
            circleci=circleci,
            unused_days=args.unused_days,
            progress=tell,
        )
        return report, read_beside(args, report, ports, tell)


def _write(path: Path, document: dict[str, Any]) -> None:
    """The whole file or, where it cannot be written, none of this command's other output either."""
    text = json.dumps(document, indent=2) + "\n"
    if path == STANDARD_OUTPUT:
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _not_written(path, error.strerror or type(error).__name__) from None


def _not_written(path: Path, why: str) -> CiamError:
    from ciam_tui.core.problems import CiamError

    fix = "Name a file in a folder that you may write to and that has room."
    return CiamError("file-unwritable", "Cannot write the SARIF file", f'"{path}" cannot be written: {why}.', (fix,))
