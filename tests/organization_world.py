"""An organization in memory whose accounts are read as AWS's are: a round trip a request, other people's roles by the page, and some trouble."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from ciam_tui.core.audit.facts import KeysRead, PoliciesRead, ReadRole, RolesRead
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Identity, Provider, Role
from ciam_tui.core.history import History
from ciam_tui.core.organization.facts import MemberAccount
from ciam_tui.ports.aws.authorization import read_wanted_roles
from ciam_tui.surveys.organization import Wanted, audited_everywhere
from tests.detail_pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ciam_tui.core.audit.facts import UserKey
    from ciam_tui.core.organization.report import OrganizationReport
    from ciam_tui.ports.api import AccountInOrganization, Aws, AwsOrganization

OWN = "123456789012"
NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
ISSUER = "oidc.circleci.com/org/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"


@dataclass
class World:
    """`trouble` is what taking the role in an account raises, `wide` the accounts with a role that lets everybody of an organization in."""

    accounts: int
    others: int = 0
    round_trip: float = 0.0
    trouble: Mapping[str, Exception] = field(default_factory=dict)
    wide: frozenset[str] = frozenset()
    keys: Mapping[str, tuple[UserKey, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    closed: int = 0
    open_now: int = 0
    most_open: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._answering: threading.Event | None = None
        self._caller = threading.current_thread()
        self.ids = [OWN, *(f"{number:012}" for number in range(1, self.accounts))]

    def identity(self) -> Identity:
        return Identity(OWN, f"arn:aws:iam::{OWN}:user/dana", "aws")

    def accounts_listed(self) -> tuple[MemberAccount, ...]:
        return tuple(MemberAccount(each, f"account {each}") for each in self.ids)

    def opened(self, account_id: str) -> Account:
        self.trip()
        if account_id in self.trouble:
            raise self.trouble[account_id]
        with self._lock:
            self.asked.append(account_id)
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
        return Account(self, account_id)

    def let_go(self) -> None:
        with self._lock:
            self.open_now -= 1
            self.closed += 1

    def wait_for(self, answering: threading.Event) -> None:
        """From now on no account answers before `answering` is set; the caller's own thread is answered."""
        self._answering, self._caller = answering, threading.current_thread()

    def trip(self) -> None:
        if self._answering is not None and threading.current_thread() is not self._caller:
            self._answering.wait(600)
        if self.round_trip:
            time.sleep(self.round_trip)

    def own(self) -> Aws:
        return cast("Aws", Account(self, OWN))

    def organization(self) -> AwsOrganization:
        return cast("AwsOrganization", _Organization(self))


@dataclass
class _Organization:
    world: World

    def identity(self) -> Identity:
        return self.world.identity()

    def accounts(self, _units: Sequence[str], _progress: Callable[[str], None]) -> tuple[MemberAccount, ...]:
        self.world.trip()
        return self.world.accounts_listed()

    def in_account(self, account_id: str, _role: str, _external_id: str | None) -> AccountInOrganization:
        return cast("AccountInOrganization", self.world.opened(account_id))


@dataclass
class Account:
    """As much of an account as an audit asks."""

    world: World
    account_id: str

    def close(self) -> None:
        self.world.let_go()

    def identity(self) -> Identity:
        self.world.trip()
        return Identity(self.account_id, f"arn:aws:sts::{self.account_id}:assumed-role/audit/s", "aws")

    def wanted_roles(self, is_wanted: Callable[[str, Document], bool], progress: Callable[[str], None]) -> RolesRead:
        self.world.trip()
        read = read_wanted_roles(cast("Any", Pages(self.world.others)), is_wanted, progress)
        return RolesRead((*read.roles, *(each for each in self._own_roles() if is_wanted(each.role.name, each.role.trust))), read.seen)

    def _own_roles(self) -> tuple[ReadRole, ...]:
        if self.account_id not in self.world.wide:
            return ()
        provider = {"Federated": f"arn:aws:iam::{self.account_id}:oidc-provider/{ISSUER}"}
        statement = {"Effect": "Allow", "Principal": provider, "Action": "sts:AssumeRoleWithWebIdentity"}
        trust = Document.of({"Version": "2012-10-17", "Statement": [statement]})
        return (ReadRole(Role("wide", f"arn:aws:iam::{self.account_id}:role/wide", "AROA", "/", trust)),)

    def provider_arns(self) -> tuple[str, ...]:
        self.world.trip()
        return (f"arn:aws:iam::{self.account_id}:oidc-provider/{ISSUER}",) if self.account_id in self.world.wide else ()

    def provider(self, url: str) -> Provider | None:
        self.world.trip()
        return Provider(f"arn:aws:iam::{self.account_id}:oidc-provider/{url}", url, (ISSUER.rpartition("/")[2],))

    def policies_in_force(self, _arns: Sequence[str], _progress: Callable[[str], None]) -> PoliciesRead:
        return PoliciesRead()

    def policies(self, _arns: Sequence[str]) -> Mapping[str, Any]:
        return {}

    def keys_ending(self, endings: frozenset[str], _progress: Callable[[str], None]) -> KeysRead:
        self.world.trip()
        found = tuple(key for key in self.world.keys.get(self.account_id, ()) if key.key_id[-4:] in endings)
        return KeysRead(found, 1)


def audited(world: World, past: History = History(()), **how: Any) -> OrganizationReport:  # noqa: B008 - it is frozen
    """The audit of all its accounts."""
    wanted = Wanted("audit", **{name: how.pop(name) for name in ("workers", "only", "units") if name in how})
    return audited_everywhere(world.own(), world.organization(), past, CircleCiIssuers(), wanted, at=NOW, **how)
