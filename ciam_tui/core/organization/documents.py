"""The audit of all accounts for programs: one JSON document with each account's own, and one SARIF log with each account's places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.report_json import key_document, moment_text, report_document
from ciam_tui.core.audit.sarif import log_of, placed, placed_keys
from ciam_tui.core.organization.words import why_line
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from ciam_tui.core.audit.sarif import Place
    from ciam_tui.core.organization.facts import MemberAccount
    from ciam_tui.core.organization.report import OrganizationReport


def organization_document(report: OrganizationReport, *, all_must_be_read: bool = False) -> dict[str, Any]:
    """The document that `audit --all-accounts --json` prints. It is not `ok` where no account was read or, where all must be, one was not."""
    falls_short = report.falls_short(all_must_be_read=all_must_be_read)
    return {
        "ok": not falls_short,
        "error": not_enough_read(report) if falls_short else None,
        "operator": report.identity.arn,
        "at": moment_text(report.at),
        "unused_days": report.unused_days,
        "accounts": [{**_account(each.account), "report": report_document(each.report)} for each in report.accounts],
        "not_read": [{**_account(each.account), "code": each.code, "why": each.why, "fix": each.fix} for each in report.not_read],
        "skipped": [{**_account(each), "state": each.state} for each in report.skipped],
        "keys": None if report.keys is None else [key_document(key) for key in report.keys],
        "unread": list(report.unread),
        "has_errors": report.has_errors,
    }


def not_enough_read(report: OrganizationReport) -> dict[str, Any]:
    """That no account was read, or not all of them, as the error of a document."""
    code, why = ("nothing-read", "No account could be read.") if report.covers_nothing else ("accounts-not-read", shortfall(report))
    fixes = list(dict.fromkeys(each.fix for each in report.not_read if each.fix))
    return {"code": code, "title": "Cannot audit the accounts", "message": why, "suggestions": fixes[:3]}


def shortfall(report: OrganizationReport) -> str:
    """How many accounts were not read, as a sentence."""
    return f"{counted(len(report.not_read), 'account')} could not be read."


def organization_sarif(report: OrganizationReport, version: str) -> dict[str, Any]:
    """The log of one run. Every place begins with its account, and what was not read is told as the tool's notifications."""
    found = [(finding, _in_account(place, each.account)) for each in report.accounts for finding, place in placed(each.report)]
    unread = [
        *(f"Account {each.account.label} was not read: {why_line(each)}" for each in report.not_read),
        *(f"Account {each.account.label}: {sentence}" for each in report.accounts for sentence in each.report.unread),
        *report.unread,
    ]
    about = f"ciam-tui-audit/organization-of-{report.identity.account_id}/"
    everything = [*found, *placed_keys(report.keys or ())]
    return log_of(everything, about, report.at, unread, version, has_read=not report.covers_nothing)


def _in_account(place: Place, account: MemberAccount) -> Place:
    """The place as one of many accounts': what is gone has a name alone, which another account may have too."""
    names = ((account.account_id, "namespace"), *place.names)
    return replace(place, uri=f"accounts/{account.account_id}/{place.uri}", names=names)


def _account(account: MemberAccount) -> dict[str, Any]:
    return {"account_id": account.account_id, "account_name": account.name}
