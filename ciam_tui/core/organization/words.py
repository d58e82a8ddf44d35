"""The audit of all accounts in words: what each has, which could not be read and what to do about it, and one sentence about all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.audit.words import finding_lines, report_lines, tally
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.organization.report import NotRead, OrganizationReport


def organization_lines(report: OrganizationReport) -> Iterator[str]:
    """The whole audit for a reader at a terminal. Accounts with nothing of CircleCI in them are counted, the others told one by one."""
    yield f"operator  {report.identity.arn}"
    yield f"accounts  {len(report.accounts)} read, {len(report.not_read)} not read, {len(report.skipped)} out of use"
    for each in (each for each in report.accounts if each.has_something):
        yield ""
        yield f"===  account {each.account.label}"
        yield from report_lines(each.report)
    if report.keys is not None:
        yield ""
        yield f"Access keys in CircleCI: {len(report.keys)}"
        for key in report.keys:
            yield from finding_lines(key.findings)
    yield ""
    empty = sum(not each.has_something for each in report.accounts)
    if empty:
        yield f"Nothing of CircleCI in {counted(empty, 'account')}."
    for account in report.skipped:
        yield f"Skipped   account {account.label}: it is {account.state.lower().replace('_', ' ')}."
    for missing in report.not_read:
        yield f"NOT READ  account {missing.account.label}: {why_line(missing)}"
    yield from (f"Unread    {sentence}" for sentence in report.unread)
    yield summary(report)


def why_line(missing: NotRead) -> str:
    """Why, and what to do."""
    return f"{missing.why} {missing.fix}".strip()


def summary(report: OrganizationReport) -> str:
    """One sentence about all; what was not read is said in it, since it may hold anything."""
    roles = sum(len(each.report.roles) for each in report.accounts)
    told = f"{counted(roles, 'role')} of CircleCI in {counted(len(report.accounts), 'account')}: {tally(report.findings)}."
    return f"{told} Of {counted(len(report.not_read), 'account')} nothing is known." if report.not_read else told
