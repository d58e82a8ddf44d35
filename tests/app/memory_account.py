"""An AWS account that is one frozen value, which every call that is sent replaces, and journals that are lists: a world for plans and runs."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.app.session import Mode, Session
from ciam_tui.core.audit.facts import KeysRead, PoliciesRead, ReadRole, RolesRead, UserKey
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.document import Document
from ciam_tui.core.draft import Draft
from ciam_tui.core.facts import Bucket, Facts, Provider, Quotas, Role, TrustingRole
from ciam_tui.core.journal import from_line, to_line
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import Sent
from tests.app.fakes import ACCOUNT_ID, IDENTITY, NOW, FakeAccess, FakeAws, FakeCircleCi, FakeClipboard, FakeDrafts, circleci_door
from tests.core.examples import ORG_ID, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.facts import Identity, ManagedPolicy
    from ciam_tui.core.journal import Entry
    from ciam_tui.core.users.facts import User

PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/oidc.circleci.com/org/{ORG_ID}"
EMPTY_ACCOUNT = Facts(IDENTITY, Quotas(read=True), Bucket("acme-builds", "us-east-1", ACCOUNT_ID, None, "AES256"))


def example_draft(**changes: Any) -> Draft:
    """The documentation's set-up as a draft, changed as `tests.core.examples.answers` changes it."""
    return Draft.of(answers(**changes))


@dataclass
class MemoryAws(FakeAws):
    """`facts` is the account. `before_send` may raise instead of a call, or hold it up; `forbidden` are actions that AWS says no to."""

    facts: Facts = EMPTY_ACCOUNT
    sent: list[str] = field(default_factory=list)
    forbidden: frozenset[str] = frozenset()
    keys: tuple[UserKey, ...] = ()
    before_send: Callable[[Call], None] | None = None

    def identity(self) -> Identity:
        self._read("identity")
        return self.facts.identity

    def quotas(self) -> Quotas:
        return self.facts.quotas

    def bucket(self, name: str, *, owner: str | None) -> Bucket | None:
        self._read("bucket")
        found = self.facts.bucket
        return replace(found, owner_account_id=owner) if found is not None and found.name == name else None

    def provider(self, url: str) -> Provider | None:
        self._read("provider")
        found = self.facts.provider
        return found if found is not None and found.url == url else None

    def roles(self, names: Sequence[str]) -> Mapping[str, Role]:
        self._read("roles")
        return {name.lower(): self.facts.roles[name.lower()] for name in names if name.lower() in self.facts.roles}

    def policies(self, arns: Sequence[str]) -> Mapping[str, ManagedPolicy]:
        return {arn: self.facts.policies[arn] for arn in arns if arn in self.facts.policies}

    def roles_trusting(self, provider_arn: str) -> tuple[TrustingRole, ...]:
        return tuple(TrustingRole(role.name, role.arn, role.trust) for role in self.facts.roles.values() if provider_arn in role.trust.text)

    def wanted_roles(self, is_wanted: Callable[[str, Document], bool], progress: Callable[[str], None]) -> RolesRead:
        self._read("wanted_roles")
        kept: list[ReadRole] = []
        for number, role in enumerate(self.facts.roles.values(), start=1):
            kept += [ReadRole(role)] if is_wanted(role.name, role.trust) else []
            progress(f"Roles, {number} looked at")
        return RolesRead(tuple(kept), len(self.facts.roles))

    def provider_arns(self) -> tuple[str, ...]:
        return (self.facts.provider.arn,) if self.facts.provider is not None else ()

    def policies_in_force(self, arns: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        progress("Managed policies")
        return PoliciesRead({arn: self.facts.policies[arn].document for arn in arns if arn in self.facts.policies})

    def keys_ending(self, endings: AbstractSet[str], progress: Callable[[str], None]) -> KeysRead:
        progress("Access keys of users")
        return KeysRead(tuple(key for key in self.keys if key.key_id[-4:] in endings), len(self.keys))

    def user(self, name: str) -> User | None:
        self._read("user")
        return self.facts.users.get(name.lower())

    def virtual_mfa(self, serials: Collection[str]) -> tuple[str, ...]:
        return tuple(serial for serial in self.facts.virtual_mfa if serial in serials)

    def may_call(self, calls: Sequence[Call]) -> Mapping[str, bool | None]:
        self._read("may_call")
        return {f"iam:{call.operation}": f"iam:{call.operation}" not in self.forbidden for call in calls}

    def send(self, call: Call) -> Sent:
        if self.before_send is not None:
            self.before_send(call)
        change = _change_of(call)
        number = len(self.sent)
        ids = {"role_id": f"AROA{number:016d}"} if isinstance(change, kinds.CreateRole) else {}
        self.facts = effect(self.facts, change, ids)
        self.sent.append(call.operation)
        return Sent(f"request-{number}", ids)


def _change_of(call: Call) -> kinds.Change:
    """The change that a call was made from: as much of the way back as the tests send."""
    p = call.params
    tags = tuple((tag["Key"], tag["Value"]) for tag in p.get("Tags", ()))
    match call.operation:
        case "CreateOpenIDConnectProvider":
            return kinds.CreateProvider(PROVIDER_ARN, p["Url"].removeprefix("https://"), tuple(p["ClientIDList"]), tags)
        case "DeleteOpenIDConnectProvider":
            return kinds.DeleteProvider(p["OpenIDConnectProviderArn"])
        case "CreateRole":
            arn = f"arn:aws:iam::{ACCOUNT_ID}:role{p['Path']}{p['RoleName']}"
            trust, boundary = Document(p["AssumeRolePolicyDocument"]), p.get("PermissionsBoundary")
            return kinds.CreateRole(p["RoleName"], arn, p["Path"], trust, p["Description"], p["MaxSessionDuration"], boundary, tags)
        case "DeleteRole":
            return kinds.DeleteRole(p["RoleName"])
        case "UpdateAssumeRolePolicy":
            return kinds.SetTrust(p["RoleName"], Document(p["PolicyDocument"]))
        case "TagRole":
            return kinds.TagRole(p["RoleName"], tags)
        case "UntagRole":
            return kinds.UntagRole(p["RoleName"], tuple(p["TagKeys"]))
        case "PutRolePolicy":
            return kinds.PutInlinePolicy(p["RoleName"], p["PolicyName"], Document(p["PolicyDocument"]))
        case "DeleteRolePolicy":
            return kinds.DeleteInlinePolicy(p["RoleName"], p["PolicyName"])
        case _:
            raise AssertionError(f"the account of the tests does not know {call.operation}")


class MovingClock:
    """It does not wait, and a sleep is over at once: the time goes on all the same."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class MemoryJournal:
    """Entries as the lines that a disk would hold."""

    def __init__(self, run_id: str, lines: list[str]) -> None:
        self.run_id = run_id
        self._lines = lines

    def append(self, entry: Entry) -> None:
        self._lines.append(to_line(entry))

    def entries(self) -> tuple[Entry, ...]:
        return tuple(map(from_line, self._lines))


@dataclass
class MemoryJournals:
    """All runs. `locked` makes the next run find somebody else at work."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    locked: bool = False

    def create(self, run_id: str) -> MemoryJournal:
        return MemoryJournal(run_id, self.lines.setdefault(run_id, []))

    def open(self, run_id: str) -> MemoryJournal:
        return MemoryJournal(run_id, self.lines[run_id])

    def run_ids(self) -> tuple[str, ...]:
        return tuple(self.lines)

    @contextmanager
    def lock(self, account_id: str, setup_id: str) -> Iterator[None]:
        if self.locked:
            raise CiamError(
                "locked", "Another run is at work", f"on account {account_id} and Setup {setup_id}.", ["Wait until it has ended."]
            )
        yield


def memory_session(aws: MemoryAws | None = None, journals: MemoryJournals | None = None, *, mode: Mode = Mode.LIVE) -> Session:
    """Signed in to an account in memory."""
    account = aws or MemoryAws()
    access = FakeAccess({None: account, "prod": account})
    session = Session(
        mode,
        FakeDrafts(),
        journals if journals is not None else MemoryJournals(),
        FakeClipboard(),
        MovingClock(),
        lambda: access,
        profile="prod",
        region="us-east-1",
        open_circleci=circleci_door(FakeCircleCi()),
    )
    session.become(account, IDENTITY, profile="prod", region="us-east-1")
    return session


class Gate:
    """Holds calls up until it is opened, so that a test can look at a run in its middle."""

    def __init__(self, after: int) -> None:
        self._free = after
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, call: Call) -> None:
        if self._free > 0:
            self._free -= 1
            return
        self.reached.set()
        if not self.opened.wait(180):
            raise AssertionError(f"nobody opened the gate for {call.operation}")


def hand_made_role(name: str = "circleci-web-deploy", *, trusted: str = PROVIDER_ARN) -> Role:
    """A role that somebody has made by hand, with a wide trust."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": trusted},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"oidc.circleci.com/org/{ORG_ID}:sub": f"org/{ORG_ID}/project/*/user/*"}},
    }
    trust = Document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/{name}"
    return Role(name, arn, "AROAHANDMADE", "/circleci/", trust, "made by hand", tags=(("team", "web"),))
