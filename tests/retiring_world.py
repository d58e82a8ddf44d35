"""A user to be retired in an account and a CircleCI in memory, with a clock that somebody turns: what the tests of retirements stand on."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.apply import Ports
from ciam_tui.core.activity import EventPage
from ciam_tui.core.audit.facts import KeysRead, UserKey
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.circleci.facts import ContextContents, Inventory, Organization, Project, ProjectContents, Variable
from ciam_tui.core.document import Document
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import Event, from_line, to_line
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.shut_out.facts import ControlPolicies
from ciam_tui.core.users.facts import AccessKey, Group, LastUse, User
from ciam_tui.ports.api import Sent
from ciam_tui.retiring.driving import Desk, begin, carried_out, looked, noted, prepared, prepared_back
from ciam_tui.retiring.look import Look
from tests.app.memory_account import MemoryAws
from tests.core.accounts import a_setup
from tests.core.examples import ORG_ID
from tests.memory_circleci import MemoryCircleCi
from tests.runs import CrashError, FakeClock, MemoryJournals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.retirement.standing import Standing, State

ACCOUNT = "123456789012"
USER, GROUP = "ci-uploader", "uploaders"
ROLE = "circleci-web-build"
DAY = timedelta(days=1)
WIDE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
SETUP = a_setup(stages=[{"name": "build", "prefix": "builds/", "access": ["read", "write"]}])


@dataclass
class MemoryMigrations:
    """Migrations that keep lines, as those on the disk do, and end the process after a given number of them."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    crash_after: int | None = None
    locked: bool = False

    def ids(self) -> tuple[str, ...]:
        return tuple(self.lines)

    def create(self, migration_id: str) -> None:
        self.lines[migration_id] = []

    def append(self, migration_id: str, event: Event) -> None:
        self.lines[migration_id].append(to_line(event))
        if self.crash_after is not None and sum(map(len, self.lines.values())) >= self.crash_after:
            self.crash_after = None
            raise CrashError

    def events(self, migration_id: str) -> tuple[Event, ...]:
        return tuple(from_line(line) for line in self.lines[migration_id])

    @contextmanager
    def lock(self, account_id: str, user: str) -> Iterator[None]:
        if self.locked:
            raise CiamError("migration-running", "Nothing was done", f"Somebody else is at {account_id} {user}.")
        self.locked = True
        try:
            yield
        finally:
            self.locked = False

    def where(self, migration_id: str) -> str:
        return migration_id


@dataclass
class HoldingCircleCi(MemoryCircleCi):
    """With an organization whose inventory can be read, and projects with variables."""

    projects_held: dict[str, dict[str, str]] = field(default_factory=dict)

    organization_held = Organization(ORG_ID, "gh/acme", "acme", "github")

    def organizations(self) -> tuple[Organization, ...]:
        return (self.organization_held,)

    def inventory(self, organization: Organization, *_: Any) -> Inventory:
        if self.refuses_reads:
            raise CiamError("circleci-unreachable", "Cannot list the contexts", "CircleCI cannot be reached.")
        contexts = tuple(ContextContents(each, self.context_variables(each.id), ()) for each in self.contexts(organization))
        held = tuple(
            ProjectContents(self.project(f"gh/acme/{name}"), self.project_variables(self.project(f"gh/acme/{name}")))
            for name in self.projects_held
        )
        return Inventory(organization, contexts, held)

    def project(self, slug_or_id: str) -> Project:
        name = slug_or_id.rpartition("/")[2]
        return Project(f"id-{name}", name, f"gh/acme/{name}", ORG_ID)

    def project_variables(self, project: Project) -> tuple[Variable, ...]:
        return tuple(Variable(name, value[-4:]) for name, value in self.projects_held[project.name].items())

    def delete_project_variable(self, project: Project, name: str) -> None:
        self._written("forget", lambda: self.projects_held[project.name].pop(name))


@dataclass
class RetiringAws(MemoryAws):
    """An account that is one value, with users in it. CloudTrail's pages are what a test writes; IAM's job about services is refused."""

    assumed: list[str] = field(default_factory=list)
    others: tuple[UserKey, ...] = ()
    # Who else is in the groups; None where it may not be read.
    members: dict[str, tuple[str, ...] | None] = field(default_factory=dict)

    def user(self, name: str) -> User | None:
        return self.facts.users.get(name.lower())

    def virtual_mfa(self, serials: Collection[str]) -> tuple[str, ...]:
        return ()

    def groups(self, names: Sequence[str], progress: Any) -> dict[str, Group]:
        return {name: Group(name, f"arn:aws:iam::{ACCOUNT}:group/{name}", (("wide", Document(WIDE)),)) for name in names}

    def group_members(self, names: Sequence[str]) -> dict[str, tuple[str, ...] | None]:
        own = {name: tuple(user.name for user in self.facts.users.values() if name in user.groups) for name in names}
        others = {name: self.members.get(name, ()) for name in names}
        return {name: None if (more := others[name]) is None else (*own[name], *more) for name in names}

    def keys_ending(self, endings: Any, progress: Any) -> KeysRead:
        own = (UserKey(user.name, key.key_id, key.status) for user in self.facts.users.values() for key in user.keys or ())
        return KeysRead(tuple(key for key in (*own, *self.others) if key.key_id[-4:] in endings), 1)

    def assume_events(self, window: Any, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        return EventPage(tuple(self.assumed) if region == "us-east-1" else (), len(self.assumed))

    def key_events(self, key_id: str, window: Any, region: str, token: str | None = None) -> EventPage:
        return EventPage((), 0)

    def key_last_use(self, key_id: str) -> LastUse:
        keys = (key for user in self.facts.users.values() for key in user.keys or ())
        return next((key.last_use for key in keys if key.key_id == key_id and key.last_use is not None), LastUse(None))

    def start_service_job(self, arn: str, *, by_action: bool) -> str:
        raise CiamError("access-denied", "Cannot read which services were last accessed", "You may not.")

    def service_control_policies(self) -> ControlPolicies:
        return ControlPolicies(())

    def send(self, call: Call) -> Sent:
        change = _user_change_of(call)
        if change is None:
            return super().send(call)
        self.facts = effect(self.facts, change)
        self.sent.append(call.operation)
        return Sent(f"request-{len(self.sent)}")


def _user_change_of(call: Call) -> kinds.Change | None:
    """The change of a user that a call was made from."""
    p = call.params
    match call.operation:
        case "UpdateAccessKey":
            return kinds.SetKeyStatus(p["UserName"], p["AccessKeyId"], active=p["Status"] == "Active")
        case "DeleteAccessKey":
            return kinds.DeleteAccessKey(p["UserName"], p["AccessKeyId"])
        case "DeleteUserPolicy":
            return kinds.DeleteUserPolicy(p["UserName"], p["PolicyName"])
        case "RemoveUserFromGroup":
            return kinds.RemoveFromGroup(p["UserName"], p["GroupName"])
        case "DeleteUser":
            return kinds.DeleteUser(p["UserName"])
        case _:
            return None


@dataclass
class World:
    """One operator's desk over an account; `another_desk` is a second operator on another machine."""

    keys: tuple[str, ...] = ("AKIAI44QH8DHBCIRCLE1",)
    circleci: Any = field(default_factory=HoldingCircleCi)
    clock: FakeClock = field(default_factory=FakeClock)
    journals: MemoryJournals = field(default_factory=MemoryJournals)
    migrations: MemoryMigrations = field(default_factory=MemoryMigrations)
    asks_circleci: bool = True
    account: RetiringAws = field(default_factory=RetiringAws)
    aws: Any = None

    def __post_init__(self) -> None:
        """The legacy user with what an old guide leaves, whose first key sits in a context and in a project."""
        long_ago = self.clock.time - 300 * DAY
        user = User(
            USER,
            "AIDAEXAMPLE",
            f"arn:aws:iam::{ACCOUNT}:user/{USER}",
            tags=(("team", "web"),),
            groups=(GROUP,),
            inline=(("s3", Document(WIDE)),),
            keys=tuple(AccessKey(key, "Active", long_ago, LastUse(long_ago + 100 * DAY, "s3", "us-east-1")) for key in self.keys),
            has_password=False,
            mfa=(),
            ssh_keys=(),
            certificates=(),
            service_credentials=(),
        )
        self.account.facts = replace(self.account.facts, users={USER: user})
        self.aws = self.aws or self.account
        pair = {"AWS_ACCESS_KEY_ID": self.keys[0], "AWS_SECRET_ACCESS_KEY": "secret-tG9w"}
        self.circleci.holds("aws", {**pair, "AWS_DEFAULT_REGION": "us-east-1"})
        self.circleci.holds("npm", {"NPM_TOKEN": "npm_1234"})
        self.circleci.projects_held["web"] = dict(pair)

    @property
    def desk(self) -> Desk:
        ports = Ports(self.aws, self.clock, self.journals, self.circleci if self.asks_circleci else None)
        return Desk(ports, self.migrations, Look())

    def another_desk(self) -> Desk:
        return Desk(Ports(self.aws, self.clock, MemoryJournals(), self.circleci), MemoryMigrations(), Look())

    # --- what an operator does ----------------------------------------------------------------------------------------------------------

    def begun(self) -> Migration:
        return begin(self.desk, USER, SETUP)

    def look(self, migration: Migration) -> Report:
        return noted(self.desk, migration)

    def does(self, migration: Migration, stage: Stage, **chosen: Any) -> Report:
        """The stage, from a look to a look."""
        report = looked(self.desk, migration)
        what = prepared(self.desk, report, stage, **chosen)
        list(carried_out(self.desk, what, lambda: False))
        return noted(self.desk, migration, known=what.known)

    def goes_back(self, migration: Migration) -> Report:
        report = noted(self.desk, migration)
        list(carried_out(self.desk, prepared_back(self.desk, report), lambda: False))
        return noted(self.desk, migration)

    def goes_up_to(self, migration: Migration, last: Stage) -> Report:
        """All stages up to `last`, with jobs that take the role and weeks that pass where they have to."""
        for stage in Stage:
            if stage.about.acts:
                self.does(migration, stage)
            elif stage is Stage.ROLE_IN_USE:
                self.role_is_taken()
            else:
                self.look(migration)
                self.days_pass(14)
            if stage is last:
                break
        return self.look(migration)

    # --- what happens in the world ------------------------------------------------------------------------------------------------------

    def days_pass(self, days: float) -> None:
        self.clock.time += days * DAY

    def role_is_taken(self, name: str = ROLE) -> None:
        role = replace(self.account.facts.roles[name], last_used=self.clock.time, last_used_region="us-east-1")
        self.account.facts = replace(self.account.facts, roles={**self.account.facts.roles, name: role})

    def key_is_used(self, key_id: str) -> None:
        """By something that nobody thought of."""
        use = LastUse(self.clock.time, "sqs", "eu-west-1")
        self.user_has(keys=tuple(replace(key, last_use=use) if key.key_id == key_id else key for key in self.user.keys or ()))

    def user_has(self, **changes: Any) -> None:
        """Somebody changes the user by hand."""
        self.account.facts = replace(self.account.facts, users={USER: replace(self.user, **changes)})

    def user_is_deleted(self) -> None:
        self.account.facts = replace(self.account.facts, users={})

    # --- what can be seen of it ---------------------------------------------------------------------------------------------------------

    @property
    def user(self) -> User:
        return self.account.facts.users[USER]

    def is_gone(self) -> bool:
        return USER not in self.account.facts.users

    @property
    def statuses(self) -> dict[str, str]:
        return {key.key_id: key.status for key in self.user.keys or ()}

    def shows(self) -> Any:
        """Everything that a retirement could touch."""
        return self.account.facts, self.circleci.shows(), {name: dict(held) for name, held in self.circleci.projects_held.items()}


def standing(report: Report, stage: Stage) -> Standing:
    return next(each for each in report.standings if each.stage is stage)


def states(report: Report) -> dict[Stage, State]:
    return {each.stage: each.state for each in report.standings}
