"""A user to be retired in an account and a CircleCI of this process, with a clock that somebody turns: what the tests of retirements stand on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3

from ciam_tui.apply import Ports
from ciam_tui.core.circleci_facts import ContextContents, Inventory, Organization, Project, ProjectContents, Variable
from ciam_tui.core.activity import EventPage
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import Event, from_line, to_line
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.shut_out.facts import ControlPolicies
from ciam_tui.retiring.driving import Desk, begin, carried_out, looked, noted, prepared, prepared_back
from ciam_tui.retiring.look import Look
from tests.memory_circleci import MemoryCircleCi
from tests.runs import ORG, CrashError, FakeClock, MemoryJournals, a_setup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.retirement.standing import Standing, State
    from ciam_tui.core.setup import Setup
    from tests.test_apply import Account

USER, GROUP = "ci-uploader", "uploaders"
ROLE = "circleci-web-build"
DAY = timedelta(days=1)
WIDE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


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

    organization_held = Organization(ORG, "gh/acme", "acme", "github")

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
        return Project(f"id-{name}", name, f"gh/acme/{name}", ORG)

    def project_variables(self, project: Project) -> tuple[Variable, ...]:
        return tuple(Variable(name, value[-4:]) for name, value in self.projects_held[project.name].items())

    def delete_project_variable(self, project: Project, name: str) -> None:
        self._written("forget", lambda: self.projects_held[project.name].pop(name))


class Watched:
    """The account with what moto has not: CloudTrail, whose pages a test writes, and IAM's job about services, which is refused."""

    def __init__(self, aws: Any) -> None:
        self._aws = aws
        self.assumed: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._aws, name)

    def assume_events(self, window: Any, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        return EventPage(tuple(self.assumed) if region == "us-east-1" else (), len(self.assumed))

    def key_events(self, key_id: str, window: Any, region: str, token: str | None = None) -> EventPage:
        return EventPage((), 0)

    def start_service_job(self, arn: str, *, by_action: bool) -> str:
        raise CiamError("access-denied", "Cannot read which services were last accessed", "You may not.")

    def service_control_policies(self) -> ControlPolicies:
        return ControlPolicies(())


@dataclass
class World:
    """One operator's desk over an account; `another_desk` is a second operator on another machine."""

    account: Account
    circleci: HoldingCircleCi = field(default_factory=HoldingCircleCi)
    # Long ago, so that whatever moto dates with the time of day comes after it.
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC).replace(microsecond=0) - 200 * DAY))
    journals: MemoryJournals = field(default_factory=MemoryJournals)
    migrations: MemoryMigrations = field(default_factory=MemoryMigrations)
    asks_circleci: bool = True
    aws: Any = None
    keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.aws = self.aws or Watched(self.account.aws)

    @property
    def desk(self) -> Desk:
        ports = Ports(self.aws, self.clock, self.journals, self.circleci if self.asks_circleci else None)
        return Desk(ports, self.migrations, Look())

    def another_desk(self) -> Desk:
        return Desk(Ports(self.aws, self.clock, MemoryJournals(), self.circleci), MemoryMigrations(), Look())

    def with_a_user(self, *, keys: int = 1) -> World:
        """The legacy user with all that an old guide leaves, whose first key sits in a context and in a project."""
        iam = self.account.iam
        self.account.s3.create_bucket(Bucket="acme-run-tests")
        iam.create_group(GroupName=GROUP)
        iam.put_group_policy(GroupName=GROUP, PolicyName="wide", PolicyDocument=WIDE)
        iam.create_user(UserName=USER, Tags=[{"Key": "team", "Value": "web"}])
        iam.add_user_to_group(UserName=USER, GroupName=GROUP)
        iam.put_user_policy(UserName=USER, PolicyName="s3", PolicyDocument=WIDE)
        self.keys = [iam.create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"] for _ in range(keys)]
        pair = {"AWS_ACCESS_KEY_ID": self.keys[0], "AWS_SECRET_ACCESS_KEY": "secret-tG9w"}
        self.circleci.holds("aws", {**pair, "AWS_DEFAULT_REGION": "us-east-1"})
        self.circleci.holds("npm", {"NPM_TOKEN": "npm_1234"})
        self.circleci.projects_held["web"] = dict(pair)
        return self

    def setup(self) -> Setup:
        return a_setup(bucket__create=False, stages=[{"name": "build", "prefix": "builds/", "access": ["read", "write"]}])

    # --- what an operator does ----------------------------------------------------------------------------------------------------------

    def begun(self) -> Migration:
        return begin(self.desk, USER, self.setup())

    def look(self, migration: Migration) -> Report:
        return noted(self.desk, migration)

    def does(self, migration: Migration, stage: Stage, **chosen: Any) -> Report:
        """The stage, from a look to a look."""
        report = looked(self.desk, migration)
        what = prepared(self.desk, report, stage, **chosen)
        list(carried_out(self.desk, what, lambda: False))
        return noted(self.desk, self.desk.again(migration))

    def goes_back(self, migration: Migration) -> Report:
        report = noted(self.desk, migration)
        list(carried_out(self.desk, prepared_back(self.desk, report), lambda: False))
        return noted(self.desk, self.desk.again(migration))

    def goes_up_to(self, migration: Migration, last: Stage) -> Report:
        """All stages up to `last`, with jobs that take the role and weeks that pass where they have to."""
        for stage in Stage:
            if stage.about.acts:
                self.does(self.desk.again(migration), stage)
            elif stage is Stage.ROLE_IN_USE:
                self.role_is_taken()
            else:
                self.look(self.desk.again(migration))
                self.days_pass(14)
            if stage is last:
                break
        return self.look(self.desk.again(migration))

    # --- what happens in the world ------------------------------------------------------------------------------------------------------

    def days_pass(self, days: float) -> None:
        self.clock.time += days * DAY

    def role_is_taken(self, name: str = ROLE) -> None:
        sts: Any = self.account.session.client("sts")
        arn = self.account.iam.get_role(RoleName=name)["Role"]["Arn"]
        taken = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job", WebIdentityToken="header.payload.signature")[
            "Credentials"
        ]
        self._asks_who_it_is(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])

    def key_is_used(self, key_id: str) -> None:
        """By something that nobody thought of: it is dated with the time of day, which is later than the clock of the test."""
        self._asks_who_it_is(key_id, "not checked by this account", None)

    def _asks_who_it_is(self, key_id: str, secret: str, token: str | None) -> None:
        session = boto3.Session(aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token, region_name="us-east-1")
        sts: Any = session.client("sts")
        sts.get_caller_identity()

    # --- what can be seen of it ---------------------------------------------------------------------------------------------------------

    def user(self) -> dict[str, Any] | None:
        """All that defines the user, as the account shows it; None where it is gone."""
        iam = self.account.iam
        try:
            iam.get_user(UserName=USER)
        except iam.exceptions.NoSuchEntityException:
            return None
        keys = iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return {
            "keys": {key["AccessKeyId"]: key["Status"] for key in keys},
            "groups": [group["GroupName"] for group in iam.list_groups_for_user(UserName=USER)["Groups"]],
            "inline": {name: iam.get_user_policy(UserName=USER, PolicyName=name)["PolicyDocument"] for name in self._inline()},
            "attached": [each["PolicyArn"] for each in iam.list_attached_user_policies(UserName=USER)["AttachedPolicies"]],
            "tags": iam.list_user_tags(UserName=USER)["Tags"],
        }

    def _inline(self) -> list[str]:
        return list(self.account.iam.list_user_policies(UserName=USER)["PolicyNames"])

    def shows(self) -> tuple[Any, Any, Any, Any]:
        """Everything that a retirement could touch."""
        return self.user(), self.account.shows(), self.circleci.shows(), dict(self.circleci.projects_held)


def standing(report: Report, stage: Stage) -> Standing:
    return next(each for each in report.standings if each.stage is stage)


def states(report: Report) -> dict[Stage, State]:
    return {each.stage: each.state for each in report.standings}
