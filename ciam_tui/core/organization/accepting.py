"""One file of accepted findings for all accounts: its entries say which account they are about, so each account's report is held against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.acceptance.judging import Acceptance
from ciam_tui.core.acceptance.of_audit import marked

if TYPE_CHECKING:
    from datetime import date

    from ciam_tui.core.acceptance.file import AcceptanceFile
    from ciam_tui.core.organization.report import AccountAudit, OrganizationReport


def marked_everywhere(report: OrganizationReport, file: AcceptanceFile, at: date) -> tuple[OrganizationReport, Acceptance]:
    """`report` with the entry of `file` in each finding that it accepts on the day `at`, and what else the file means for it.

    The keys that CircleCI holds belong to the account of who audits, as in an audit of that account alone; where it was not read, entries
    about them accept nothing, and nothing is said of those.
    """
    accounts: list[AccountAudit] = []
    keys, parts = report.keys, []
    for each in report.accounts:
        is_own = each.account.account_id == report.identity.account_id
        found, acceptance = marked(replace(each.report, keys=keys) if is_own else each.report, file, at)
        keys = found.keys if is_own else keys
        accounts.append(replace(each, report=replace(found, keys=None)))
        parts.append(acceptance)
    whole = Acceptance(
        tuple(new for part in parts for new in part.new),
        tuple(pair for part in parts for pair in part.accepted),
        tuple(entry for part in parts for entry in part.expired),
        tuple(stale for part in parts for stale in part.stale),
    )
    return replace(report, accounts=tuple(accounts), keys=keys), whole
