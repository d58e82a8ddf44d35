"""How long an audit of an organization of 500 accounts takes: each account is a role to take and five requests, a round trip away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.history import History
from ciam_tui.core.organization.forms import WORKERS
from ciam_tui.surveys.audit import audited as audit_of_one
from tests.benchmarks.harness import interleaved, milliseconds_of_call
from tests.organization_world import NOW, OWN, World, audited

if TYPE_CHECKING:
    from typing import Any

    from tests.benchmarks.harness import Row

NAME = "audit of 500 accounts"
AIM = "<= 1/4 of a loop"

ACCOUNTS = 500
_ROUND_TRIP = 0.002
_WIDE = frozenset(f"{number:012}" for number in range(0, ACCOUNTS, 50))


def measure() -> Row:
    """Side by side, against a loop that opens and reads one account after the other."""
    return interleaved(
        (f"{WORKERS} at once", milliseconds_of_call(_side_by_side)), ("one after the other", milliseconds_of_call(_loop)), runs=1
    )


def _world() -> World:
    return World(ACCOUNTS, round_trip=_ROUND_TRIP, wide=_WIDE)


def _side_by_side() -> None:
    world = _world()
    report = audited(world)
    _proven(len(report.accounts), sum(len(each.report.roles) for each in report.accounts))
    if world.most_open > WORKERS:
        raise ValueError(f"{world.most_open} accounts were open at once")


def _loop() -> None:
    world = _world()
    reports = []
    for account in world.organization().accounts((), lambda _: None):
        there: Any = world.own() if account.account_id == OWN else world.organization().in_account(account.account_id, "audit", None)
        reports.append(audit_of_one(there, History(()), CircleCiIssuers(), at=NOW))
    _proven(len(reports), sum(len(each.roles) for each in reports))


def _proven(accounts: int, roles: int) -> None:
    if (accounts, roles) != (ACCOUNTS, len(_WIDE) - 1):
        raise ValueError(f"{roles} roles in {accounts} accounts were found")
