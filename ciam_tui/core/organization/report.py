"""What an audit of all accounts comes to: the report of each account that was read, and each account that was not, with why.

An account that could not be read is never one without findings: it stands in the report by name, and a report that covers no account at all
is no audit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.audit.findings import key_findings
from ciam_tui.core.audit.report import KeyAudit
from ciam_tui.core.problems import worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ciam_tui.core.audit.facts import HeldKey, UserKey
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.facts import Identity
    from ciam_tui.core.organization.facts import MemberAccount
    from ciam_tui.core.problems import CiamError


@dataclass(frozen=True, slots=True)
class AccountAudit:
    """An account that was read. `keys` are those of its users that end as one that CircleCI holds."""

    account: MemberAccount
    report: AuditReport
    keys: tuple[UserKey, ...] = ()

    @property
    def has_something(self) -> bool:
        """Whether there is more to say of it than that nothing of CircleCI is in it."""
        report = self.report
        return bool(report.roles or report.providers or report.gone or report.unread)


@dataclass(frozen=True, slots=True)
class NotRead:
    """An account that could not be read: what kept it from that, and what to do about it."""

    account: MemberAccount
    code: str
    why: str
    fix: str

    @classmethod
    def because(cls, account: MemberAccount, error: CiamError) -> NotRead:
        """What `error` says of it."""
        return cls(account, error.code, error.message, next(iter(error.suggestions), ""))


@dataclass(frozen=True, slots=True)
class OrganizationReport:
    """The whole audit, accounts in the order of their names. `skipped` are out of use; `keys` is None where CircleCI was not asked."""

    identity: Identity
    at: datetime
    accounts: tuple[AccountAudit, ...]
    not_read: tuple[NotRead, ...]
    skipped: tuple[MemberAccount, ...]
    keys: tuple[KeyAudit, ...] | None
    unread: tuple[str, ...]
    unused_days: int

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """All findings of all accounts, worst first."""
        of_accounts = (finding for each in self.accounts for finding in each.report.findings)
        return worst_first([*of_accounts, *(finding for key in self.keys or () for finding in key.findings)])

    @property
    def has_errors(self) -> bool:
        """Whether any finding is of level error and not accepted."""
        return any(finding.is_new_error for finding in self.findings)

    @property
    def covers_nothing(self) -> bool:
        """Whether no account was read."""
        return not self.accounts

    def falls_short(self, *, all_must_be_read: bool) -> bool:
        """Whether it is no answer to who asked: no account was read or, where all must be, one was not."""
        return self.covers_nothing or (all_must_be_read and bool(self.not_read))


def folded(
    results: Iterable[AccountAudit | NotRead],
    *,
    identity: Identity,
    at: datetime,
    skipped: Iterable[MemberAccount],
    held: tuple[HeldKey, ...] | None,
    unread: tuple[str, ...],
    unused_days: int,
) -> OrganizationReport:
    """One report of the accounts' results, in whatever order they came; `held` is what CircleCI holds."""
    read: list[AccountAudit] = []
    not_read: list[NotRead] = []
    for each in results:
        if isinstance(each, AccountAudit):
            read.append(each)
        else:
            not_read.append(each)
    read.sort(key=lambda each: _order(each.account))
    return OrganizationReport(
        identity,
        at,
        tuple(read),
        tuple(sorted(not_read, key=lambda each: _order(each.account))),
        tuple(sorted(skipped, key=_order)),
        None if held is None else tuple(_judged(each, read, len(not_read)) for each in held),
        unread,
        unused_days,
    )


def _order(account: MemberAccount) -> tuple[str, str]:
    return account.name.casefold(), account.account_id


def _judged(held: HeldKey, read: Iterable[AccountAudit], missing: int) -> KeyAudit:
    """A key that CircleCI holds, against the users of every account that was read."""
    keys = tuple(
        replace(key, user=f"{key.user} in account {each.account.account_id}")
        for each in read
        for key in each.keys
        if held.last_four and key.key_id.endswith(held.last_four)
    )
    whole = replace(held, keys=keys)
    whose = "any account's users" if not missing else f"the users of any account ({missing} of which could not be read)"
    return KeyAudit(whole, tuple(key_findings(whole, whose)))
