"""The reader of an audit of all accounts: which accounts there are, and each of them read by a role that is taken in it, several at once.

An account costs its own requests, and waits for them alone: so accounts are read side by side, as many as were asked for and no more, since
each holds connections and what it has read. What keeps one account from being read is told of it and stops no other; only what is wrong with
the operator's own credentials ends the whole, since no account would be read by them.
"""

from __future__ import annotations

import queue
import threading
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.audit.report import UNUSED_DAYS
from ciam_tui.core.organization.facts import MemberAccount
from ciam_tui.core.organization.forms import MOST_WORKERS, WORKERS
from ciam_tui.core.organization.report import AccountAudit, NotRead, OrganizationReport, folded
from ciam_tui.core.problems import CiamError
from ciam_tui.surveys.audit import audited, held_variables, keys_ending, telling, unread_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.core.history import History
    from ciam_tui.ports.api import Aws, AwsOrganization, CircleCi

_GLANCE = 0.1  # seconds: how soon somebody who wants to leave is heard
# What is wrong with the operator's own credentials: no account is read by them.
_ENDS_ALL = frozenset(
    {"token-expired", "no-credentials", "credentials-failed", "sso-expired", "login-expired", "key-invalid", "clock-skew"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts are read and how: by the role `role` in each, of the units below `units`, and of those `only` the named."""

    role: str
    external_id: str | None = None
    units: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    workers: int = WORKERS
    unused_days: int = UNUSED_DAYS

    def __repr__(self) -> str:
        """Without the external id, which is in no message either."""
        return f"Wanted({self.role!r}, units={self.units!r}, only={self.only!r})"


def audited_everywhere(
    aws: Aws,
    organization: AwsOrganization,
    past: History,
    issuers: CircleCiIssuers,
    wanted: Wanted,
    *,
    at: datetime,
    circleci: CircleCi | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> OrganizationReport:
    """The audit of all accounts. `aws` is the operator's own account, which is read as it is; CircleCI is asked once for all.

    Raises:
        CiamError: the accounts cannot be listed, none is left of them, or CircleCI cannot be asked.
        AuditStopped: once `should_stop` answers yes.
    """
    tell, stops = telling(progress, should_stop), should_stop or _never
    tell("Who you are")
    identity = aws.identity()
    accounts, unread = _accounts(organization, wanted, tell)
    active = [each for each in accounts if each.is_active]
    held, unread_held = (None, ()) if circleci is None else held_variables(circleci, tell, stops)
    endings = frozenset(each.last_four for each in held or () if each.last_four)

    over: list[CiamError] = []
    readable = replace(past, unreadable=())  # of which account the others are they do not say, so that they are told of all at once

    def opened(account: MemberAccount) -> AbstractContextManager[Aws]:
        if account.account_id == identity.account_id:
            return nullcontext(aws)
        if over:
            raise over[0]
        try:
            return closing(organization.in_account(account.account_id, wanted.role, wanted.external_id))
        except CiamError as error:
            if error.code in _ENDS_ALL:
                over.append(error)
            raise

    def read(account: MemberAccount, ended: Callable[[], bool]) -> AccountAudit:
        with opened(account) as there:
            report = audited(there, readable, issuers, at=at, unused_days=wanted.unused_days, should_stop=ended)
            keys, unread_keys = keys_ending(there, endings, telling(None, ended)) if endings else ((), ())
        return AccountAudit(account, replace(report, unread=(*report.unread, *unread_keys)), keys)

    return folded(
        _side_by_side(active, read, min(wanted.workers, MOST_WORKERS), tell),
        identity=identity,
        at=at,
        skipped=(each for each in accounts if not each.is_active),
        held=held,
        unread=(*unread, *unread_held, *unread_runs(past)),
        unused_days=wanted.unused_days,
    )


def _accounts(
    organization: AwsOrganization, wanted: Wanted, tell: Callable[[str], None]
) -> tuple[tuple[MemberAccount, ...], tuple[str, ...]]:
    """The accounts to read, and what is not known of them. Those that are named need no list: it only gives their names and states."""
    tell("Accounts of the organization")
    try:
        listed = organization.accounts(wanted.units, tell)
    except CiamError as error:
        if not wanted.only or wanted.units or error.code not in {"access-denied", "no-organization"}:
            raise
        return tuple(map(MemberAccount, wanted.only)), (f"Accounts go without names, and may be out of use: {error.message}",)
    chosen = tuple(each for each in listed if not wanted.only or each.account_id in wanted.only)
    if missing := [each for each in wanted.only if each not in {account.account_id for account in listed}]:
        where = "the units" if wanted.units else "the organization"
        raise CiamError("no-accounts", "Cannot audit the accounts", f"Account {missing[0]} is not in {where}.", ("Check the id.",))
    if not chosen:
        raise CiamError("no-accounts", "Cannot audit the accounts", "There is no account in the units.", ("Name another --ou.",))
    return chosen, ()


def _side_by_side(
    accounts: Sequence[MemberAccount],
    read: Callable[[MemberAccount, Callable[[], bool]], AccountAudit],
    workers: int,
    tell: Callable[[str], None],
) -> Iterator[AccountAudit | NotRead]:
    """What comes of each account, as it comes; `tell` is told in the caller's thread, and what it raises ends all.

    The threads are daemons: nobody who leaves waits for an answer of AWS's.
    """
    waiting: queue.SimpleQueue[MemberAccount] = queue.SimpleQueue()
    results: queue.SimpleQueue[AccountAudit | NotRead] = queue.SimpleQueue()
    for account in accounts:
        waiting.put(account)
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            try:
                account = waiting.get_nowait()
            except queue.Empty:
                return
            results.put(result_of(account))

    def result_of(account: MemberAccount) -> AccountAudit | NotRead:
        try:
            return read(account, ended.is_set)
        except CiamError as error:
            return NotRead.because(account, error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one account, the others are read; it is told by its name
            fix = "Audit it by itself with --debug FILE, and please report it."
            return NotRead(account, "internal-error", f"Internal error ({type(error).__name__}).", fix)

    try:
        for number in range(min(workers, len(accounts))):
            threading.Thread(target=work, name=f"account-{number}", daemon=True).start()
        for done in range(len(accounts)):
            yield _next(results, lambda done=done: tell(f"Accounts, {done:,} of {len(accounts):,} read"))  # type: ignore[misc]  # a default binds the number of this turn
    finally:
        ended.set()


def _next(results: queue.SimpleQueue[AccountAudit | NotRead], still: Callable[[], None]) -> AccountAudit | NotRead:
    while True:
        still()
        try:
            return results.get(timeout=_GLANCE)
        except queue.Empty:
            continue


def _never() -> bool:
    return False
