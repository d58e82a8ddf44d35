"""The listing: what a row says of a user, where CircleCI holds its keys, and which rows come first."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.audit.facts import HeldKey, PoliciesRead
from ciam_tui.core.users.choosing import Only, Order, chosen
from ciam_tui.core.users.facts import Group
from ciam_tui.core.users.listing import Listing, UserRow, UsersRead, rows_of
from ciam_tui.core.users.report import document_of_listing, lines_of_listing, may_words
from tests.core.accounts import IDENTITY
from tests.core.auditing import allow, deny, policy
from tests.core.listed_users import ACCOUNT_ID, NOW, key, user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.users.facts import User

MANAGED = f"arn:aws:iam::{ACCOUNT_ID}:policy/builds"
READS = policy(allow("s3:GetObject", "arn:aws:s3:::acme-builds/*"))


def row(each: User, *held: HeldKey, policies: PoliciesRead | None = None, asked: bool = True, **groups: Group) -> UserRow:
    (found,) = rows_of(UsersRead((each,), groups, policies or PoliciesRead()), held if asked else None)
    return found


def with_policy(*documents: Document, **fields: Any) -> User:
    return user("ci", key("AAAA"), inline=tuple((f"p{number}", document) for number, document in enumerate(documents)), **fields)


def holds(end: str, place: str = "context aws") -> HeldKey:
    return HeldKey("acme", place, "AWS_ACCESS_KEY_ID", end)


def listing(*rows: UserRow, unread: Sequence[str] = (), asked: bool = True) -> Listing:
    return Listing(IDENTITY, NOW, tuple(rows), 12, NOW, asked, tuple(unread))


# --- What it may do ---


@pytest.mark.parametrize(
    ("documents", "reach"),
    [
        ((policy(allow("*")),), Reach.YES),
        ((policy(allow(["iam:*"]), allow("*", "*")),), Reach.YES),
        ((policy(allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),), Reach.CONDITIONAL),
        ((policy(allow("*", "arn:aws:s3:::acme-builds/*")),), Reach.NO),
        ((policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),), Reach.NO),
        ((policy(allow("*"), deny("iam:*")),), Reach.NO),
        ((policy(allow("s3:*")),), Reach.NO),
        ((READS,), Reach.NO),
        ((), Reach.NO),
    ],
    ids=["everything", "the last of two", "with MFA", "on one bucket", "power user", "IAM denied", "all of S3", "reads", "nothing"],
)
def test_an_administrator_is_who_may_change_what_anybody_may_do(documents: tuple[Document, ...], reach: Reach) -> None:
    assert row(with_policy(*documents)).administrator.reach is reach


def test_a_boundary_takes_what_it_does_not_allow() -> None:
    limited = with_policy(policy(allow("*")), boundary=MANAGED)
    assert row(limited, policies=PoliciesRead({MANAGED: READS})).administrator.reach is Reach.NO
    unread = row(limited, policies=PoliciesRead({}, {MANAGED: "denied."}))
    assert unread.administrator.reach is Reach.UNKNOWN
    assert MANAGED in unread.unread[0]


def test_the_statement_that_makes_an_administrator_is_named_with_the_group_it_comes_through() -> None:
    group = Group("devops", f"arn:aws:iam::{ACCOUNT_ID}:group/devops", attached=(MANAGED,))
    many = policy(allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:ListBucket", "arn:aws:s3:::a"), allow("*", Sid="All"))
    found = row(user("ci", key(), groups=("devops",)), policies=PoliciesRead({MANAGED: many}), devops=group)
    assert found.administrator.words == 'statement 3 "All" of builds (attached to the group devops)'


def test_the_worst_finding_comes_first_and_names_its_policy() -> None:
    found = row(with_policy(READS, policy(allow("s3:*", ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]))))
    assert found.worst is not None
    assert (found.worst.id, found.worst.document) == ("every-s3-action", "p1")
    assert may_words(found) == "error: every-s3-action"


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (with_policy(policy(allow("*"))), "administrator"),
        (user("ci"), "no policy"),
        (user("ci", groups=("gone",)), "unknown"),
        (user("ci", not_read=("inline",)), "unknown"),
    ],
    ids=["administrator", "nothing", "a group that could not be read", "policies that could not be read"],
)
def test_what_a_user_may_do_is_told_in_a_few_words(each: User, said: str) -> None:
    assert may_words(row(each)) == said


# --- Where CircleCI holds its keys ---


def test_places_are_matched_by_the_last_four_characters_of_any_of_the_keys() -> None:
    found = row(user("ci", key("AAAA"), key("BBBB")), holds("BBBB"), holds("CCCC", "context x"), holds("AAAA", "project web"))
    assert [held.place for held in found.held or ()] == ["context aws", "project web"]


def test_several_keys_that_end_alike_are_told_as_several() -> None:
    read = UsersRead((user("ci", key("AAAA")), user("other", key("Z2AAAA"))))
    for found in rows_of(read, [holds("AAAA")]):
        assert found.held is not None
        assert [each.user for each in found.held[0].keys] == ["ci", "other"]
        assert any("or 1 other key that ends alike" in line for line in lines_of_listing(listing(found), 100))


@pytest.mark.parametrize(
    ("each", "asked", "said"),
    [
        (user("ci", key("AAAA")), False, "not asked"),
        (user("ci", key("BBBB")), True, "nowhere"),
        (user("ci", key("")), True, "unknown"),
        (replace(user("ci"), keys=None), True, "unknown"),
        (user("ci", key("AAAA"), key("")), True, "context aws"),
    ],
    ids=["not asked", "nowhere", "an id that was not read", "keys that were not read", "found before the unknown one"],
)
def test_not_asked_nowhere_and_unknown_are_three_answers(each: User, asked: bool, said: str) -> None:
    found = row(each, holds("AAAA"), asked=asked)
    assert f"CircleCI: {said}" in "\n".join(lines_of_listing(listing(found, asked=asked), 100))


def test_a_variable_of_whose_value_nothing_is_told_matches_nobody() -> None:
    assert row(user("ci", key("AAAA")), holds("")).held == ()


# --- Order, filters and search ---

ROWS = rows_of(
    UsersRead(
        (
            with_policy(policy(allow("*"))),
            user("Bob", key("BBBB", days=400, used=200), has_password=True, tags=(("team", "web"),)),
            user("abe", key("CCCC", days=20, used=3), key("DDDD", days=30, status="Expired"), inline=(("r", READS),)),
            replace(user("zed"), keys=None),
            user("nil", key("EEEE", is_read=False)),
        )
    ),
    [holds("CCCC", "project web")],
)


def named(**how: Any) -> list[str]:
    return [each.user.name for each in chosen(ROWS, NOW, **how)]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (Order.NAME, ["abe", "Bob", "ci", "nil", "zed"]),
        (Order.AGE, ["Bob", "ci", "nil", "abe", "zed"]),
        (Order.LAST_USED, ["abe", "Bob", "nil", "zed", "ci"]),
        (Order.WORST, ["ci", "abe", "Bob", "nil", "zed"]),
    ],
)
def test_the_order_is_by_what_was_asked_for(order: Order, names: list[str]) -> None:
    assert named(order=order) == names


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (Only.ADMIN, ["ci"]),
        (Only.CIRCLECI, ["abe"]),
        (Only.ACTIVE, ["abe", "Bob", "ci", "nil"]),
        (Only.INACTIVE, ["abe"]),
        (Only.OLD, ["Bob", "ci", "nil"]),
        (Only.UNUSED, ["Bob", "ci", "nil", "zed"]),
        (Only.TWO_KEYS, ["abe"]),
        (Only.PASSWORD, ["Bob"]),
    ],
)
def test_a_filter_leaves_its_kind(only: Only, names: list[str]) -> None:
    assert named(only=[only], order=Order.NAME) == names
    assert only.words


@pytest.mark.parametrize(
    ("search", "names"), [("TEAM=web", ["Bob"]), ("dddd expired", ["abe"]), ("project", ["abe"]), ("user/b", ["Bob"]), ("dddd team", [])]
)
def test_search_finds_every_word_wherever_it_stands(search: str, names: list[str]) -> None:
    assert named(search=search) == names


@given(st.sampled_from(Order), st.lists(st.sampled_from(Only), max_size=3), st.text(max_size=5), st.permutations(range(len(ROWS))))
def test_order_neither_adds_nor_loses_a_row_nor_depends_on_the_first_one(
    order: Order, only: list[Only], search: str, turn: list[int]
) -> None:
    turned = chosen([ROWS[number] for number in turn], NOW, order=order, only=only, search=search)
    assert turned == chosen(ROWS, NOW, order=order, only=only, search=search)
    assert chosen(turned, NOW, order=Order.NAME) == tuple(each for each in chosen(ROWS, NOW, order=Order.NAME) if each in turned)


# --- Words ---


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal_and_none_steers_it(width: int) -> None:
    hostile = user("\x1b[31mred" + "x" * 60, key("AAAA"), tags=(("\u202e", "\x07"),))
    lines = list(lines_of_listing(listing(*ROWS, row(hostile, HeldKey("o", "context \x1b[2J", "K", "AAAA"))), width))
    table = lines[: lines.index("")]
    assert max(map(len, table)) <= width
    assert all(line.isprintable() for line in lines)


def test_what_could_not_be_read_is_told_under_the_table() -> None:
    assert list(lines_of_listing(listing(unread=["The credential report is too old."]), 80))[-1] == "  The credential report is too old."


def test_the_document_tells_unknown_as_null_and_every_row() -> None:
    document = json.loads(json.dumps(document_of_listing(listing(*ROWS))))
    by_name = {each["name"]: each for each in document["users"]}
    assert set(by_name) == {"abe", "Bob", "ci", "nil", "zed"}
    assert by_name["zed"]["keys"] is None
    assert by_name["nil"]["keys"][0]["last_use"] is None
    assert by_name["ci"]["keys"][0]["last_use"]["at"] is None
    assert by_name["ci"]["administrator"] == {"reach": "yes", "policy": "p0", "group": None, "statement": 1, "sid": None}
    assert by_name["abe"]["circleci"][0]["may_be"][0]["user"] == "abe"
    assert (document["users_seen"], document["circleci_asked"]) == (12, True)
