"""The audit in words: one line for a list, a few for a detail, the same on a terminal and in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.audit.findings import TRACKED_DAYS
from ciam_tui.core.problems import Level
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.audit.access import Access
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.grading import Entrant
    from ciam_tui.core.audit.report import AuditReport, ProviderAudit, RoleAudit


def last_use(role: RoleAudit, at: datetime) -> str:
    """`2026-08-19, 98 days ago`, `not recorded` or `unknown`."""
    if "last_used" in role.read.unread:
        return "unknown"
    used = role.read.role.last_used
    if used is None:
        return "not recorded"
    return f"{used:%Y-%m-%d}, {ago((at - used).days)}"


def ago(days: int) -> str:
    """`today`, `1 day ago`."""
    return "today" if days <= 0 else f"{counted(days, 'day')} ago"


def tally(findings: Sequence[AuditFinding]) -> str:
    """`2 errors, 1 note`; `no findings`; with `and 1 accepted` where some are."""
    new = [finding for finding in findings if finding.accepted is None]
    counts = [(level, sum(finding.level is level for finding in new)) for level in Level]
    told = ", ".join(counted(number, level.value) for level, number in counts if number) or "no findings"
    return told if len(new) == len(findings) else f"{told} and {len(findings) - len(new)} accepted"


def who_lines(answers: Sequence[Entrant]) -> Iterator[tuple[str, Entrant]]:
    """Each case with what becomes of it, in words."""
    for each in answers:
        yield "let in, a stranger" if each.is_open_door else each.word, each


def who_summary(answers: Sequence[Entrant]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The titles of those let in that belong there, of strangers let in, and of those refused."""
    own = tuple(each.title for each in answers if each.let_in and not each.is_stranger)
    strangers = tuple(each.title for each in answers if each.is_open_door)
    return own, strangers, tuple(each.title for each in answers if not each.let_in)


def access_lines(access: Access) -> Iterator[tuple[str, str]]:
    """Where, and what passes there."""
    yield from ((str(each.place), each.words) for each in access.places)
    if access.more:
        yield f"{access.more} more places", "not listed here"
    yield from ((f"{each.service}:*" if each.service != "*" else "every service", each.words) for each in access.services)
    yield from (("unknown", sentence) for sentence in access.unread)


def report_lines(report: AuditReport) -> Iterator[str]:
    """The whole audit for a reader at a terminal."""
    identity = report.identity
    yield f"account   {identity.account_id}{f' ({identity.alias})' if identity.alias else ''}"
    yield f"operator  {identity.arn}"
    yield f"roles     {report.roles_seen:,} looked at, {len(report.roles):,} for CircleCI"
    for role in report.roles:
        yield ""
        yield from _role_lines(role, report.at)
    for provider in report.providers:
        yield ""
        yield from _provider_lines(provider)
    for gone in report.gone:
        yield ""
        yield f"GONE      {gone.kind} {gone.name}"
        yield from finding_lines(gone.findings)
    if report.keys is not None:
        yield ""
        yield f"Access keys in CircleCI: {len(report.keys)}"
        for key in report.keys:
            yield from finding_lines(key.findings)
    if report.unread:
        yield ""
        yield "Could not be read:"
        yield from (f"  {sentence}" for sentence in report.unread)
    yield ""
    yield summary(report)


def summary(report: AuditReport) -> str:
    """One sentence about all."""
    grades: dict[str, int] = {}
    for role in report.roles:
        grades[role.grade.value] = grades.get(role.grade.value, 0) + 1
    told = f" ({', '.join(f'{number} {grade}' for grade, number in grades.items())})" if grades else ""
    nouns = f"{counted(len(report.roles), 'role')}{told} and {counted(len(report.providers), 'provider')}"
    return f"{nouns} of CircleCI: {tally(report.findings)}."


def _role_lines(audit: RoleAudit, at: datetime) -> Iterator[str]:
    role = audit.read.role
    yield f"{audit.grade.upper():<8}  role {role.name}  {role.arn}"
    yield from (f"  why        {reason}" for reason in audit.reasons[:3])
    if len(audit.reasons) > 3:
        yield f"             and {len(audit.reasons) - 3} more reasons, among the findings below"
    own, strangers, refused = who_summary(audit.who)
    if audit.who:
        # Between titles stands a semicolon, since titles have commas in them.
        yield f"  let in     {'; '.join(own) or 'none of its own jobs'}"
        if strangers:
            yield f"  others     {'; '.join(strangers)}"
        yield f"  refused    {('; '.join(refused) or 'nobody') if own or strangers else 'everybody who was tried'}"
    lines = list(access_lines(audit.access)) or [("nothing", "")]
    yield from (f"  {'may' if number == 0 else '':<9}  {where}  {what}".rstrip() for number, (where, what) in enumerate(lines))
    yield f"  last used  {last_use(audit, at)} (AWS tells the past {TRACKED_DAYS} days)"
    yield f"  made       {audit.origin}"
    yield from finding_lines(audit.findings)


def _provider_lines(audit: ProviderAudit) -> Iterator[str]:
    yield f"{audit.grade.upper():<8}  provider {audit.provider.url}"
    yield from (f"  why        {reason}" for reason in audit.reasons)
    yield f"  audiences  {', '.join(audit.provider.client_ids) or 'none'}"
    yield f"  roles      {', '.join(audit.users[:5]) or 'none'}{f' and {len(audit.users) - 5} more' if len(audit.users) > 5 else ''}"
    yield f"  made       {audit.origin}"
    yield from finding_lines(audit.findings)


def finding_lines(findings: Sequence[AuditFinding]) -> Iterator[str]:
    """Each finding on a line."""
    for finding in findings:
        if finding.accepted is None:
            yield f"  {finding.level}: {place_of(finding)}{finding.text} {finding.fix} ({finding.id})"
        else:
            yield f"  accepted {finding.level}: {place_of(finding)}{finding.text} ({finding.id}) Accepted {finding.accepted.words}"


def place_of(finding: AuditFinding) -> str:
    """`trust, statement 1: `, empty where it is about no policy."""
    if not finding.document:
        return ""
    statement = f", statement {finding.statement}{f' ({finding.sid})' if finding.sid else ''}" if finding.statement else ""
    return f"{finding.document}{statement}: "
