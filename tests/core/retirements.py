"""Retirements as values: a user with one key, the worlds in which each of its stages is done, and the events that lead there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import Document
from ciam_tui.core.retirement.events import Event, MigrationStarted, QuietStarted, StageFound, StageRun
from ciam_tui.core.retirement.ground import Ground, HeldVariables, Planned, RoleUse
from ciam_tui.core.retirement.migration import Migration, fold
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standings import standings
from ciam_tui.core.users.facts import AccessKey, LastUse, User
from tests.core.examples import answers

if TYPE_CHECKING:
    from ciam_tui.core.retirement.standing import Standing

ACCOUNT = "123456789012"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEY, OTHER_KEY = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/dana"
ROLE = "circleci-web-build"
POLICY = Document('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}')
BEFORE = START - 30 * DAY


def a_key(key_id: str = KEY, *, status: str = "Active", used: datetime | None = BEFORE) -> AccessKey:
    return AccessKey(key_id, status, START - 900 * DAY, LastUse(used, "s3", "us-east-1"))


def a_user(*keys: AccessKey, **changes: Any) -> User:
    """A user of which everything is known; without keys named, with one that is active."""
    whole = User(
        "ci-uploader",
        "AIDAEXAMPLE",
        f"arn:aws:iam::{ACCOUNT}:user/ci-uploader",
        groups=("uploaders",),
        inline=(("s3", POLICY),),
        attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
        keys=keys or (a_key(),),
        has_password=False,
        mfa=(),
        ssh_keys=(),
        certificates=(),
        service_credentials=(),
    )
    return replace(whole, **changes)


HELD = HeldVariables(
    "context", "aws", "AWS_ACCESS_KEY_ID", "MPLE", (("AWS_ACCESS_KEY_ID", "MPLE"), ("AWS_SECRET_ACCESS_KEY", "tG9w")), (KEY,)
)


def begun(user: User | None = None, **changes: Any) -> MigrationStarted:
    return replace(MigrationStarted("20260302-090000-0001", START, OPERATOR, ACCOUNT, user or a_user(), answers(), {}), **changes)


def migrated(*events: Event, user: User | None = None) -> Migration:
    return fold((begun(user), *events))


def a_ground(user: User | None = None, **changes: Any) -> Ground:
    """A world in which all up to the variables is done, and the key is as `user` has it."""
    whole = Ground(
        operator=OPERATOR,
        user=user or a_user(),
        roles=Planned(),
        wiring=Planned(),
        role_uses=(RoleUse(ROLE, START + DAY, "us-east-1", ("org/o/project/p/user/u",)),),
        held=(),
    )
    return replace(whole, **changes)


def ran(stage: Stage, at: datetime = START, *keys: str) -> StageRun:
    return StageRun(stage, f"run-{stage.number}", at, OPERATOR, keys)


def quiet_since(at: datetime, *keys: str) -> tuple[Event, ...]:
    """The key was made inactive by us, and its clock started."""
    wanted = keys or (KEY,)
    return (
        ran(Stage.DEACTIVATE, at, *wanted),
        *(StageFound(Stage.DEACTIVATE, at, key) for key in wanted),
        *(QuietStarted(key, at) for key in wanted),
    )


def stage(which: Stage, migration: Migration, ground: Ground, now: datetime = START + 2 * DAY) -> Standing:
    return next(each for each in standings(migration, ground, now) if each.stage is which)
