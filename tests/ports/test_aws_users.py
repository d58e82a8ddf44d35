"""The users with keys of a whole account: what is asked and what is not, who is kept, and what becomes of who may not ask."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import LastUse
from ciam_tui.ports.aws import BotoAws, FixedAccess, credential_report
from tests.moto_server import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.one_answer import answers
from tests.paged_iam import ACCOUNT_ID
from tests.paged_users import MADE, NOW, USED, PagedUsers, ServedGroup, ServedKey, ServedUser, like
from tests.ports.test_aws_reads import permissions
from tests.runs import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.core.users.listing import UsersRead
    from tests.one_answer import Answer

READ = permissions().text
POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/builds"
LIMIT = f"arn:aws:iam::{ACCOUNT_ID}:policy/limit"
OTHER = f"arn:aws:iam::{ACCOUNT_ID}:policy/of-others"

ROBOT = ServedUser("ci", (ServedKey("AKIAXXXXXXXXXXXXXXX1"),), ("devops",), {"own": READ}, (POLICY,), {"team": "web"}, LIMIT)
PERSON = ServedUser("dana")
ACCOUNT = PagedUsers(
    users=(PERSON, ROBOT, ServedUser("robin", groups=("staff",))),
    groups=(ServedGroup("devops", {"more": READ}, (POLICY,)), ServedGroup("staff", attached=(OTHER,))),
    policies={POLICY: READ, LIMIT: READ, OTHER: READ},
)


def nobody(_text: str) -> None:
    pass


class Door:
    """One way in to whichever account is behind it: opening an account takes longer than asking it."""

    account = ACCOUNT
    aws: BotoAws

    def __call__(self, request: str, headers: Mapping[str, str]) -> Answer:
        return self.account(request, headers)


DOOR = Door()


@pytest.fixture(scope="module", autouse=True)
def opened() -> Iterator[None]:
    with answers(DOOR) as server:
        DOOR.aws = FixedAccess(server.url, ACCESS_KEY_ID, SECRET_ACCESS_KEY).open(None, None)
        yield
        DOOR.aws.close()


def read(account: PagedUsers, progress: Callable[[str], None] = nobody, clock: FakeClock | None = None) -> UsersRead:
    DOOR.account = account
    DOOR.aws._clock = clock or FakeClock(NOW)
    return DOOR.aws.users(progress)


def asked(*changes: ServedUser, **circumstances: object) -> tuple[UsersRead, list[str]]:
    account = like(ACCOUNT, users=(*ACCOUNT.users, *changes), **circumstances)
    return read(account), account.asked


# --- As few requests as there can be ---


def test_two_requests_for_the_report_and_one_a_page_are_all() -> None:
    found, requests = asked()
    assert requests == ["GenerateCredentialReport", "GetCredentialReport", "GetAccountAuthorizationDetails"]
    assert ([user.name for user in found.users], found.seen, found.unread, found.report_at) == (["ci"], 3, (), NOW)


def test_of_many_pages_users_with_keys_are_kept_and_progress_is_told() -> None:
    many = tuple(ServedUser(f"u{number}", (ServedKey(f"AKIA{number:0>16}"),) if number % 10 == 0 else ()) for number in range(40))
    account = like(ACCOUNT, users=(*many, ROBOT), page_size=10)
    told: list[str] = []
    found = read(account, told.append)
    assert [user.name for user in found.users] == ["u0", "u10", "u20", "u30", "ci"]
    assert account.asked == ["GenerateCredentialReport", "GetCredentialReport", *["GetAccountAuthorizationDetails"] * 5]
    assert (told[0], told[-1]) == ("Credential report", "Users, 41 looked at, 5 with access keys")


def test_a_kept_user_has_its_policies_tags_boundary_and_keys_and_nothing_of_others_is_kept() -> None:
    found, _ = asked()
    (user,) = found.users
    assert (user.tags, user.groups, user.attached, user.boundary) == ((("team", "web"),), ("devops",), (POLICY,), LIMIT)
    assert (user.created_at, user.has_password, user.not_read) == (MADE, False, ())
    assert [(name, json.loads(document.text)) for name, document in user.inline] == [("own", json.loads(READ))]
    assert [(key.key_id, key.status, key.created_at, key.last_use) for key in user.keys or ()] == [
        ("", "Active", MADE, LastUse(USED, "s3", "us-east-1"))
    ]
    assert set(found.groups) == {"devops"}
    assert set(found.policies.documents) == {POLICY, LIMIT}


def test_a_key_that_is_not_active_is_asked_about_since_it_may_be_expired() -> None:
    found, requests = asked(
        ServedUser("old", (ServedKey("AKIAXXXXXXXXXXXXXXX8", "Expired"), ServedKey("AKIAXXXXXXXXXXXXXXX9", made=MADE + timedelta(days=1))))
    )
    assert requests.count("ListAccessKeys") == 1
    assert "GetAccessKeyLastUsed" not in requests, "the report has told when"
    assert [(key.key_id, key.status, key.last_use is not None) for key in found.users[-1].keys or ()] == [
        ("AKIAXXXXXXXXXXXXXXX8", "Expired", True),
        ("AKIAXXXXXXXXXXXXXXX9", "Active", True),
    ]


def test_users_made_since_the_report_are_asked_about_and_kept_if_they_have_keys() -> None:
    new = (ServedUser("new", (ServedKey("AKIAXXXXXXXXXXXXXXX2", used=None),), is_reported=False), ServedUser("new-too", is_reported=False))
    found, requests = asked(*new)
    assert [user.name for user in found.users] == ["ci", "new"]
    assert requests[3:] == ["ListAccessKeys", "ListAccessKeys", "GetAccessKeyLastUsed"]
    assert found.users[1].keys is not None
    assert found.users[1].keys[0].last_use == LastUse(None)


# --- The report ---


def test_a_report_in_the_making_is_waited_for_by_the_clock() -> None:
    clock, account, told = FakeClock(NOW), like(ACCOUNT, not_ready=3), list[str]()
    found = read(account, told.append, clock)
    assert found.unread == ()
    assert clock.slept == [2.0] * 4
    assert account.asked[:5] == ["GenerateCredentialReport", *["GetCredentialReport"] * 4]
    assert "Credential report, 6 s" in told


def test_a_report_that_never_comes_is_given_up_after_ten_minutes_and_keys_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_report, "_PAUSE_SECONDS", 60)
    monkeypatch.setattr(credential_report, "_MOST_PAUSES", credential_report._MOST_PAUSES // 30)
    clock = FakeClock(NOW)
    found = read(like(ACCOUNT, not_ready=10_000), clock=clock)
    assert sum(clock.slept) == 600
    assert "not ready after ten minutes" in found.unread[0]
    assert [user.name for user in found.users] == ["ci"]


def test_whoever_has_enough_while_it_is_made_is_not_held() -> None:
    class EnoughError(Exception):
        pass

    def enough(text: str) -> None:
        if "4 s" in text:
            raise EnoughError

    clock = FakeClock(NOW)
    with pytest.raises(EnoughError):
        read(like(ACCOUNT, not_ready=10_000), enough, clock)
    assert clock.slept == [2.0, 2.0]


@pytest.mark.parametrize(
    ("circumstances", "why"),
    [
        ({"report_age": timedelta(hours=5)}, "is too old, of 2026-08-20 04:30 UTC"),
        ({"denied": frozenset({"GetCredentialReport"})}, "could not be read (iam:GetCredentialReport)"),
        ({"broken": frozenset({"GetCredentialReport"})}, "could not be read (iam:GetCredentialReport)"),
        ({"broken": frozenset({"GenerateCredentialReport"}), "report_age": timedelta(days=1)}, "is too old"),
        ({"denied": frozenset({"GenerateCredentialReport"}), "not_ready": 1}, "may not be made (iam:GenerateCredentialReport)"),
    ],
    ids=["too old", "denied", "not implemented", "nobody makes a new one", "there is none"],
)
def test_without_a_report_the_keys_and_uses_come_one_by_one_and_the_reason_is_told(circumstances: dict[str, object], why: str) -> None:
    found, requests = asked(ServedUser("new", (ServedKey("AKIAXXXXXXXXXXXXXXX2", "Expired", used=None),)), **circumstances)
    assert why in found.unread[0]
    assert (requests.count("ListAccessKeys"), requests.count("GetAccessKeyLastUsed"), found.report_at) == (4, 2, None)
    assert [(key.key_id, key.status, key.last_use) for user in found.users for key in user.keys or ()] == [
        ("AKIAXXXXXXXXXXXXXXX1", "Active", LastUse(USED, "s3", "us-east-1")),
        ("AKIAXXXXXXXXXXXXXXX2", "Expired", LastUse(None)),
    ]


def test_a_report_that_somebody_else_has_had_made_is_enough() -> None:
    found, requests = asked(denied=frozenset({"GenerateCredentialReport"}), report_age=timedelta(hours=1))
    assert (found.unread, found.report_at) == ((), NOW - timedelta(hours=1))
    assert "ListAccessKeys" not in requests


# --- Who may not ask ---


@pytest.mark.parametrize("how", ["denied", "broken"])
def test_who_may_not_read_all_at_once_reads_the_same_one_by_one_and_is_told(how: str) -> None:
    whole, _ = asked()
    found, requests = asked(**{how: frozenset({"GetAccountAuthorizationDetails"})})
    assert (found.users, found.groups, found.seen) == (whole.users, whole.groups, 3)
    assert {arn: document.canonical for arn, document in found.policies.documents.items()} == {
        arn: document.canonical for arn, document in whole.policies.documents.items()
    }
    assert "iam:GetAccountAuthorizationDetails" in found.unread[0]
    assert requests.count("GetUser") == 1, "users without keys are not asked about"


@pytest.mark.parametrize(
    ("denied", "fields"),
    [
        ("GetUser", {"tags", "boundary"}),
        ("ListGroupsForUser", {"groups"}),
        ("GetUserPolicy", {"inline"}),
        ("ListUserPolicies", {"inline"}),
        ("ListAttachedUserPolicies", {"attached"}),
    ],
)
def test_what_may_not_be_read_of_a_user_is_not_absent(denied: str, fields: set[str]) -> None:
    found, _ = asked(denied=frozenset({"GetAccountAuthorizationDetails", denied}))
    assert set(found.users[0].not_read) == fields


def test_a_group_that_may_not_be_read_is_not_among_the_groups() -> None:
    found, _ = asked(denied=frozenset({"GetAccountAuthorizationDetails", "GetGroupPolicy"}))
    assert (found.users[0].groups, found.groups) == (("devops",), {})


def test_the_report_alone_tells_who_has_keys() -> None:
    denied = {"GetAccountAuthorizationDetails", "ListUsers", "GetUser", "ListGroupsForUser", "ListUserPolicies", "ListAttachedUserPolicies"}
    found, _ = asked(denied=frozenset(denied))
    (user,) = found.users
    assert (user.name, user.arn, found.seen) == ("ci", ROBOT.arn, 3)
    assert user.keys is not None
    assert set(user.not_read) == {"tags", "boundary", "groups", "inline", "attached"}
    assert "iam:ListUsers" in found.unread[1]


def test_without_details_list_and_report_there_is_no_listing() -> None:
    with pytest.raises(CiamError) as caught:
        asked(denied=frozenset({"GetAccountAuthorizationDetails", "ListUsers", "GetCredentialReport"}))
    assert caught.value.code == "access-denied"


def test_users_whose_keys_may_not_be_listed_are_kept_with_unknown_keys() -> None:
    found, _ = asked(denied=frozenset({"GetCredentialReport", "ListAccessKeys"}))
    assert [(user.name, user.keys) for user in found.users] == [("dana", None), ("ci", None), ("robin", None)]
    assert found.unread[-1] == "The access keys of 3 users could not be read by themselves (iam:ListAccessKeys)."


def test_a_last_use_that_may_not_be_read_is_unknown() -> None:
    found, _ = asked(denied=frozenset({"GetCredentialReport", "GetAccessKeyLastUsed"}))
    assert [key.last_use for user in found.users for key in user.keys or ()] == [None]
    assert "iam:GetAccessKeyLastUsed" in found.unread[-1]


# --- moto ---


@contextmanager
def asking(aws: BotoAws) -> Iterator[list[str]]:
    requests: list[str] = []

    def note(model: object, **_: object) -> None:
        requests.append(getattr(model, "name", ""))

    events = aws._clients.iam().meta.events
    events.register("provide-client-params", note)
    yield requests
    events.unregister("provide-client-params", note)


def test_motos_report_of_2015_is_too_old_and_the_keys_are_read_all_the_same(aws: BotoAws) -> None:
    aws._clock = FakeClock(datetime(2100, 1, 1, tzinfo=UTC))  # the demo, where it has run in this process, makes moto's report one of today
    iam = aws._clients.iam()
    for name in ("ci", "dana"):
        iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "web"}])
    made = [iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    iam.update_access_key(UserName="ci", AccessKeyId=made[1], Status="Inactive")
    iam.put_user_policy(UserName="ci", PolicyName="own", PolicyDocument=READ)
    iam.create_group(GroupName="devops")
    iam.add_user_to_group(UserName="ci", GroupName="devops")
    arn = iam.create_policy(PolicyName="builds", PolicyDocument=READ)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="devops", PolicyArn=arn)
    with asking(aws) as requests:
        found = aws.users(nobody)
    (user,) = found.users
    assert [(key.key_id, key.status, key.last_use) for key in user.keys or ()] == [
        (made[0], "Active", LastUse(None)),
        (made[1], "Inactive", LastUse(None)),
    ]
    assert (user.groups, user.tags, found.seen) == (("devops",), (("team", "web"),), 2)
    assert found.groups["devops"].attached == (arn,)
    assert list(found.policies.documents) == [arn]
    assert "too old" in found.unread[0]
    assert requests.count("ListAccessKeys") == 2
    single = aws.user("ci")
    assert single is not None
    assert set(single.keys or ()) == set(user.keys or ())  # moto lists them in any order
    assert (single.inline, single.attached, single.groups, single.tags) == (user.inline, user.attached, user.groups, user.tags)
    assert aws.groups(["devops", "gone"], nobody) == found.groups
    assert aws.user("nobody") is None


def test_bucket_policies_are_told_by_bucket_and_those_without_are_left_out(aws: BotoAws) -> None:
    s3 = aws._clients.s3()
    for name in ("acme-a", "acme-b"):
        s3.create_bucket(Bucket=name)
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]})
    s3.put_bucket_policy(Bucket="acme-b", Policy=text)
    found = aws.bucket_policies(["acme-a", "acme-b", "acme-gone"], nobody)
    assert ({name: json.loads(document.text) for name, document in found.documents.items()}, found.unread) == (
        {"acme-b": json.loads(text)},
        {},
    )


def test_the_kms_keys_of_the_region_are_listed(aws: BotoAws) -> None:
    assert aws.key_arns() == ()
    made = aws._clients.glance("kms").create_key()["KeyMetadata"]["Arn"]  # type: ignore[attr-defined]  # a client by its service's name
    assert aws.key_arns() == (made,)


def test_a_user_is_kept_once_however_often_it_is_told() -> None:
    account = like(ACCOUNT, users=(ROBOT, replace(ROBOT)))
    assert [user.name for user in read(account).users] == ["ci"]
