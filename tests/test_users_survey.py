"""Users from end to end on a real account over HTTP: the listing with what CircleCI holds, and the demo's users as what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.naming import Meaning
from ciam_tui.core.users.report import lines_of_listing, lines_of_user
from ciam_tui.core.users.understanding import Kind
from ciam_tui.ports.aws import FixedAccess
from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.launch import start_sandbox
from ciam_tui.surveys.audit import AuditStopped
from ciam_tui.surveys.users import one_user, understood_user, users_of
from tests.benchmarks import bench_users_memory
from tests.key_holder import NOW, holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.core.users.listing import Listing, UserRow
    from ciam_tui.ports.aws import BotoAws


class Hasty:
    """The real time, and no waiting."""

    def __init__(self) -> None:
        from ciam_tui.ports.clock import SystemClock

        self.now = SystemClock().now

    def sleep(self, _seconds: float) -> None:
        pass


@pytest.fixture(scope="module")
def aws() -> Iterator[BotoAws]:
    """The demo's account."""
    with start_sandbox() as sandbox:
        opened = FixedAccess(sandbox.url, account.OPERATOR_ACCESS_KEY_ID, account.OPERATOR_SECRET_ACCESS_KEY).open(None, None)
        opened._clock = Hasty()
        yield opened
        opened.close()


@pytest.fixture
def asked(aws: BotoAws) -> Iterator[list[str]]:
    """The names of the operations that IAM was asked."""
    names: list[str] = []

    def note(model: Any, **_: object) -> None:
        names.append(model.name)

    aws._clients.iam().meta.events.register("provide-client-params", note)
    yield names
    aws._clients.iam().meta.events.unregister("provide-client-params", note)


def by_name(listing: Listing) -> dict[str, UserRow]:
    return {row.user.name: row for row in listing.rows}


def test_the_demo_teaches_what_a_listing_is_for(aws: BotoAws) -> None:
    listing = users_of(aws, at=NOW)
    rows = by_name(listing)
    assert [row.user.name for row in listing.rows][:1] == [account.LEGACY_USER_NAME], "worst first"
    statuses = {
        name: [(key.status, key.last_use is not None and key.last_use.at is not None) for key in row.keys or ()]
        for name, row in rows.items()
    }
    assert statuses == {
        account.LEGACY_USER_NAME: [("Active", True)],
        account.OPERATOR_NAME: [("Active", True)],
        account.ASSETS_USER_NAME: [("Inactive", True), ("Active", True)],
        account.REPORTS_USER_NAME: [("Expired", False)],
        account.PERSON_NAME: [("Active", True)],
    }
    assert rows[account.PERSON_NAME].user.has_password
    assert rows[account.ASSETS_USER_NAME].user.tags == (("team", "web"),)
    assert (listing.seen, listing.unread) == (5, ())
    assert all(row.held is None and not row.asked for row in listing.rows)
    assert "CircleCI: not asked" in "\n".join(lines_of_listing(listing, 80))


def test_the_user_of_the_tutorial_is_an_administrator_by_its_last_statement(aws: BotoAws) -> None:
    found = one_user(aws, account.LEGACY_USER_NAME)
    admin = found.administrator
    assert admin.grant is not None
    assert (admin.reach, admin.grant.short, admin.grant.group, admin.statement) == (
        Reach.YES,
        account.LEGACY_POLICY_NAME,
        account.LEGACY_GROUP_NAME,
        4,
    )
    assert (
        f"administrator, by statement 4 of {account.LEGACY_POLICY_NAME} (attached to the group {account.LEGACY_GROUP_NAME})"
        in "\n".join(lines_of_user(found, NOW))
    )
    assert [(each.subject, each.statement, each.meaning) for each in found.named] == [(account.GUARDED_BUCKET, 1, Meaning.SPARES)]
    assert f"{account.BUILDS_BUCKET}/builds/" in [str(place) for place in found.places]
    assert [key.key_id for key in found.user.keys or ()] == [account.LEGACY_ACCESS_KEY_ID]


def test_a_person_is_told_by_what_was_found_and_the_robot_of_the_tutorial_is_none(aws: BotoAws) -> None:
    person = one_user(aws, account.PERSON_NAME)
    assert person.kind is Kind.PERSON
    assert {sign.name for sign in person.signs if sign.found} == {"console password", "MFA device"}
    robot = one_user(aws, account.LEGACY_USER_NAME)
    assert not any(sign.found for sign in robot.signs)
    assert (robot.kind is Kind.UNKNOWN) == any(sign.found is None for sign in robot.signs)


def test_ids_are_read_of_users_with_keys_alone_and_only_where_circleci_was_asked(aws: BotoAws, asked: list[str]) -> None:
    users_of(aws, at=NOW)
    silent = asked.count("ListAccessKeys")
    asked.clear()
    rows = by_name(users_of(aws, at=NOW, circleci=holding(account.LEGACY_ACCESS_KEY_ID)))
    assert (silent, asked.count("ListAccessKeys"), asked.count("ListUsers")) == (2, 5, 0)
    assert [held.place for held in rows[account.LEGACY_USER_NAME].held or ()] == ["context deploys", "project web"]
    assert rows[account.PERSON_NAME].held == ()
    assert [key.last_use is not None for key in rows[account.ASSETS_USER_NAME].keys or ()] == [True, True]


def test_where_circleci_holds_no_key_no_ids_are_read_and_the_answer_is_nowhere(aws: BotoAws, asked: list[str]) -> None:
    listing = users_of(aws, at=NOW, circleci=holding("AKIA1234", "SOMETHING_ELSE", unread=("Context x: forbidden.",)))
    assert asked.count("ListAccessKeys") == 2
    assert listing.unread == ("acme: Context x: forbidden.",)
    assert all(row.held == () for row in listing.rows)


def test_one_user_is_told_where_circleci_holds_its_key(aws: BotoAws) -> None:
    found = one_user(aws, account.LEGACY_USER_NAME, circleci=holding(account.LEGACY_ACCESS_KEY_ID))
    assert [held.place for held in found.held or ()] == ["context deploys", "project web"]
    other = one_user(aws, account.REPORTS_USER_NAME, circleci=holding(account.LEGACY_ACCESS_KEY_ID))
    assert other.held == ()


def test_a_user_that_there_is_not_is_told_with_what_to_do(aws: BotoAws) -> None:
    with pytest.raises(CiamError) as caught:
        one_user(aws, "nobody")
    assert caught.value.code == "user-not-found"
    assert caught.value.suggestions


def test_policies_of_buckets_and_keys_that_may_not_be_read_are_unread(aws: BotoAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise CiamError("access-denied", "Cannot", "AWS denied it.")

    for name in ("buckets", "key_arns"):
        monkeypatch.setattr(aws, name, denied)
    user = aws.user(account.LEGACY_USER_NAME)
    assert user is not None
    found = understood_user(aws, user)
    assert found.named == ()
    assert ["buckets could not be listed" in text or "KMS keys of us-east-1 could not be listed" in text for text in found.unread[-2:]] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "look", [lambda aws, **how: users_of(aws, at=NOW, **how), lambda aws, **how: one_user(aws, account.LEGACY_USER_NAME, **how)]
)
def test_whoever_stops_gets_nothing_by_halves(aws: BotoAws, look: Callable[..., object]) -> None:
    told: list[str] = []
    with pytest.raises(AuditStopped):
        look(aws, progress=told.append, should_stop=lambda: len(told) >= 3)
    assert len(told) == 3


def test_memory_does_not_grow_with_the_users_of_others() -> None:
    bench_users_memory.peak_bytes(bench_users_memory._read, 500)  # what is made once
    assert bench_users_memory.peak_bytes(bench_users_memory._read, 5000) < 0.3 * bench_users_memory.peak_bytes(
        bench_users_memory._collect, 5000
    )
