"""`ciam-tui audit --all-accounts`: the same audit of every account of an organization, by a role that is taken in each, as one report."""

from __future__ import annotations

import argparse
import re
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.flag_values import account_id, unit_id
from ciam_tui.core.organization.forms import EXTERNAL_ID_PATTERN, MOST_WORKERS, WORKERS

if TYPE_CHECKING:
    from ciam_tui.core.organization.report import OrganizationReport

NOTHING_READ = "ciam-tui: No account could be read, so this is no audit: the report says why, account by account."
_FLAGS = {
    "audit_role": "--audit-role",
    "external_id": "--external-id",
    "ou": "--ou",
    "only_account": "--only-account",
    "workers": "--workers",
    "all_must_be_read": "--all-must-be-read",
}


def add_organization_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--all-accounts` and what goes with it to a command's arguments."""
    flags = parser.add_argument_group("many accounts")
    flags.add_argument(
        "--all-accounts",
        action="store_true",
        help="every account of the organization, each by a role that is taken in it; your own as it is",
    )
    flags.add_argument("--audit-role", metavar="NAME", type=_role, help="the role to take in each account, with its path where it has one")
    flags.add_argument("--external-id", metavar="ID", type=_external_id, help="what the role wants to be told by who takes it")
    flags.add_argument(
        "--ou",
        metavar="ID",
        action="append",
        default=[],
        type=unit_id,
        help="only the accounts below this unit, however deep; may be given again",
    )
    flags.add_argument(
        "--only-account", metavar="ID", action="append", default=[], type=account_id, help="only this account; may be given again"
    )
    flags.add_argument(
        "--all-must-be-read", action="store_true", help="exit code 1 where an account could not be read and no finding is of level error"
    )
    flags.add_argument(
        "--workers", metavar="N", type=_workers, help=f"how many accounts are read at once ({WORKERS}; {MOST_WORKERS} at most)"
    )


def organization_problem(args: argparse.Namespace) -> str | None:
    """What is wrong with the flags together."""
    if not args.all_accounts:
        typed = [flag for name, flag in _FLAGS.items() if getattr(args, name)]
        return f"{typed[0]} goes with --all-accounts." if typed else None
    if args.audit_role is None:
        return "--all-accounts takes a role in each account: name it with --audit-role."
    if args.second_opinions or args.activity is not None:
        return "--second-opinions and --activity are about one account: leave --all-accounts out."
    if args.write_accepted is not None:
        return "--write-accepted is about one account: leave --all-accounts out. --accepted takes one file for all."
    return None


def _role(text: str) -> str:
    if not re.fullmatch(r"/?([!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,64}", text) or ":" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a role, which is the same in every account")
    return text


def _external_id(text: str) -> str:
    # It is what somebody was told in confidence: not even its fault quotes it.
    if not re.fullmatch(EXTERNAL_ID_PATTERN, text):
        raise argparse.ArgumentTypeError("an external id has 2 to 1224 letters, digits and _+=,.@:/-")
    return text


def _workers(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_WORKERS}")
    return int(text)


def organization_report(args: argparse.Namespace) -> OrganizationReport:
    """The audit that the flags ask for.

    Raises:
        CiamError: the accounts cannot be listed, there is none, or CircleCI cannot be asked.
    """
    from ciam_tui.commands.account import organization_from
    from ciam_tui.commands.circleci import opened_circleci
    from ciam_tui.commands.progress import progress_line
    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.runs import history
    from ciam_tui.surveys.organization import Wanted, audited_everywhere

    ports, organization = organization_from(args)
    wanted = Wanted(args.audit_role, args.external_id, tuple(args.ou), tuple(args.only_account), args.workers or WORKERS, args.unused_days)
    with closing(opened_circleci(args)) if args.circleci else nullcontext() as circleci, progress_line() as tell:
        return audited_everywhere(
            ports.aws,
            organization,
            history(ports.journals),
            CircleCiIssuers.with_urls(args.issuer),
            wanted,
            at=ports.clock.now(),
            circleci=circleci,
            progress=tell,
        )


def shortfall_told(report: OrganizationReport, *, all_must_be_read: bool) -> str | None:
    """Why it is no answer to who asked; None where it is one."""
    if not report.falls_short(all_must_be_read=all_must_be_read):
        return None
    if report.covers_nothing:
        return NOTHING_READ
    from ciam_tui.core.organization.documents import shortfall

    return f"ciam-tui: {shortfall(report)} The report says why, account by account."


def document_of(report: OrganizationReport, *, all_must_be_read: bool) -> dict[str, Any]:
    """The JSON document, each account's roles in the form of an audit of one."""
    from ciam_tui.commands.audit_opinions import Beside
    from ciam_tui.core.organization.documents import organization_document

    document = organization_document(report, all_must_be_read=all_must_be_read)
    for account in document["accounts"]:
        Beside().added_to(account["report"])
    return document
