"""A session over an account whose old user is to be retired: the world of `tests.retiring_world`, seen from a screen."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.app.session import Mode, Session
from ciam_tui.core.audit.facts import PoliciesRead
from ciam_tui.core.document import Document
from ciam_tui.core.facts import BucketSummary
from ciam_tui.core.users.facts import AccessKey, LastUse, User
from ciam_tui.core.users.listing import UsersRead
from tests.app.fakes import IDENTITY, FakeAccess, FakeClipboard, FakeDrafts
from tests.retiring_world import ACCOUNT, RetiringAws, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What a name may hold that draws, steers or means something.
HOSTILE = "[red]x[/oops][b" + chr(27) + "[2J" + chr(0x202E) + "יe"


@dataclass
class ListedAws(RetiringAws):
    """With a listing: the users of the account and `more` of them."""

    more: tuple[User, ...] = ()

    def users(self, progress: Any) -> UsersRead:
        self._read("users")
        progress("Users, 1 read")
        users = (*self.facts.users.values(), *self.more)
        return UsersRead(users, self.groups([name for user in users for name in user.groups], progress), PoliciesRead(), seen=len(users))

    def user(self, name: str) -> User | None:
        self._read("user")
        return super().user(name) or next((user for user in self.more if user.name == name), None)

    def buckets(self) -> Iterator[BucketSummary]:
        yield BucketSummary("acme-builds", "us-east-1")

    def policies_in_force(self, arns: Sequence[str], progress: Any) -> PoliciesRead:
        return PoliciesRead()


def a_person(name: str, *, status: str = "Active", days: int = 541) -> User:
    """Somebody who took a key for a script once."""
    made = World().clock.time - timedelta(days=days)
    reads = Document(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-builds/x/*"}]}'
    )
    key = AccessKey("AKIAI44QH8DHBPERSON2", status, made, LastUse(None))
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return User(name, f"AIDA{name}", arn, inline=(("reads", reads),), keys=(key,), has_password=True, mfa=(), groups=())


def a_world(*more: User) -> World:
    """The old user's account, with `more` users in the listing."""
    return World(account=ListedAws(more=more))


def session_of(world: World, mode: Mode = Mode.LIVE, *, has_token: bool = True) -> Session:
    """Signed in to the world's account."""
    access = FakeAccess({None: world.aws, "prod": world.aws})
    session = Session(
        mode,
        FakeDrafts(),
        world.journals,
        FakeClipboard(),
        world.clock,
        lambda: access,
        profile="prod",
        region="us-east-1",
        migrations=world.migrations,
    )
    if has_token:
        session.open_circleci = lambda _: world.circleci
    session.become(world.aws, replace(IDENTITY), profile="prod", region="us-east-1")
    return session
