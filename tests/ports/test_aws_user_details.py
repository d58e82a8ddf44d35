"""A user is read with all that hangs on it, from a real server; what cannot be read is unknown and is told, and is never absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.exceptions import IAMException
from moto.iam.responses import IamResponse

from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.shell_calls import command_name
from ciam_tui.core.users.removal import hanging_on, left_empty, removal_changes, removal_problems
from ciam_tui.ports.aws.user_details import read_user
from ciam_tui.ports.sandbox.differences import mend
from tests.laden_user import NAME, POLICY, certificate, make_laden_user, ssh_key
from tests.moto_server import access_to, moto_server, reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.users.facts import User
    from ciam_tui.core.users.removal import LeftEmpty
    from ciam_tui.ports.aws import BotoAws


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    mend()
    with moto_server() as url:
        yield url


@pytest.fixture
def aws(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BotoAws]:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # a server that knows no answer will know none a second later
    reset(server)
    opened: Any = access_to(server).open(None, "us-east-1")
    make_laden_user(opened._clients.iam())
    yield opened
    opened.close()


def test_everything_that_hangs_on_a_user_is_read(aws: BotoAws) -> None:
    user = aws.user(NAME)
    assert user is not None
    assert (user.unread, user.not_read, user.unknown) == ((), (), frozenset())
    assert user.arn.endswith(f":user/ci/{NAME}")
    assert (user.path, user.tags, user.groups) == ("/ci/", (("team", "web"),), ("deployers", "readers"))
    assert [name for name, _ in user.inline] == ["s3"]
    assert user.boundary == user.attached[0]
    assert sorted(key.status for key in user.keys or ()) == ["Active", "Inactive"]
    assert all(key.last_use is not None for key in user.keys or ())
    assert user.has_password is True
    assert [device.is_virtual for device in user.mfa or ()] == [True]
    assert [key.body for key in user.ssh_keys or ()] == [ssh_key()]
    assert [each.body for each in user.certificates or ()] == [certificate()]
    assert [each.service for each in user.service_credentials or ()] == ["codecommit.amazonaws.com"]
    assert aws.virtual_mfa(["gone", user.mfa[0].serial] if user.mfa else []) == (user.mfa[0].serial if user.mfa else "",)
    assert len(hanging_on(user)) == 9
    assert removal_problems(user) == ()


def test_a_user_that_is_not_there_is_none(aws: BotoAws) -> None:
    assert aws.user("nobody") is None


def test_a_user_on_which_nothing_hangs_has_nothing_rather_than_unknown(aws: BotoAws) -> None:
    aws._clients.iam().create_user(UserName="bare")
    user = aws.user("bare")
    assert user is not None
    assert (user.keys, user.has_password, user.mfa, user.service_credentials, user.unknown) == ((), False, (), (), frozenset())
    assert [change.kind for change in removal_changes(user)] == ["delete-user"]


def test_a_read_that_the_endpoint_does_not_know_leaves_the_fact_unknown_and_says_so(aws: BotoAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(IamResponse, "list_service_specific_credentials")
    user = aws.user(NAME)
    assert user is not None
    assert user.service_credentials is None
    assert user.unknown == {"service_credentials"}
    assert user.unread == (f"Of the user {NAME} could not be read: its service-specific credentials (iam:ListServiceSpecificCredentials).",)
    (problem,) = removal_problems(user)
    assert "nobody can say what has to go before it" in problem.text


_FIELDS = {
    "list_access_keys": "keys",
    "get_login_profile": "has_password",
    "list_mfa_devices": "mfa",
    "list_ssh_public_keys": "ssh_keys",
    "list_signing_certificates": "certificates",
    "list_user_policies": "inline",
    "list_attached_user_policies": "attached",
    "list_groups_for_user": "groups",
}


@pytest.mark.parametrize("operation", _FIELDS)
def test_a_read_that_is_refused_leaves_its_field_unknown_alone(aws: BotoAws, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    refuse(monkeypatch, operation, "AccessDenied")
    user = aws.user(NAME)
    assert user is not None
    assert user.unknown == {_FIELDS[operation]}
    assert len(user.unread) == 1
    assert removal_problems(user)


def test_when_a_key_was_last_used_may_be_unknown_while_the_key_is_known(aws: BotoAws, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "get_access_key_last_used", "AccessDenied")
    user = aws.user(NAME)
    assert user is not None
    assert [key.last_use for key in user.keys or ()] == [None, None]
    assert user.unknown == frozenset()
    assert len(user.unread) == 2


def test_what_goes_while_it_is_read_is_told_and_a_user_that_goes_is_gone(aws: BotoAws, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "list_mfa_devices", "NoSuchEntity")
    with pytest.raises(CiamError, match="changed while it was read"):
        aws.user(NAME)
    asked = iter([{"User": {"UserName": NAME, "UserId": "AIDA", "Arn": "arn", "Path": "/", "Tags": []}}])

    def once(**_: Any) -> Any:
        found = next(asked, None)
        if found is None:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "gone"}}, "GetUser")
        return found

    monkeypatch.setattr(aws._clients.iam(), "get_user", once)
    assert read_user(aws._clients, NAME) is None


def test_groups_and_policies_that_nobody_needs_afterwards_are_named_and_go_by_the_told_calls(aws: BotoAws) -> None:
    iam = aws._clients.iam()
    iam.create_user(UserName="other")
    iam.add_user_to_group(GroupName="readers", UserName="other")
    user = aws.user(NAME)
    assert user is not None
    (edge,) = user.attached
    iam.attach_group_policy(GroupName="deployers", PolicyArn=edge)
    iam.put_group_policy(GroupName="deployers", PolicyName="more", PolicyDocument=POLICY)
    iam.create_policy_version(PolicyArn=edge, PolicyDocument=POLICY, SetAsDefault=True)

    def left(now: User | None) -> LeftEmpty:
        groups = aws.groups(user.groups, lambda _: None)
        return left_empty(user, now, aws.group_members(user.groups), groups, dict(aws.policies([edge])))

    before = left(user)
    for change in removal_changes(user):
        aws.send(call_of(change))
    after = left(None)

    assert (before.groups, before.policies, before.unread) == (("deployers",), (edge,), ())
    assert before == after
    assert aws.group_members(["deployers"]) == {"deployers": ()}  # told is not deleted
    for call in after.calls:
        getattr(iam, command_name(call.operation).replace("-", "_"))(**call.params)
    assert aws.group_members(user.groups) == {"readers": ("other",)}
    assert aws.policies([edge]) == {}


def test_who_is_in_a_group_is_read_and_unknown_where_it_is_refused(aws: BotoAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws._clients.iam().create_group(GroupName="nobody-in")
    names = ("readers", "nobody-in", "no-such-group")
    assert aws.group_members(names) == {"readers": (NAME,), "nobody-in": ()}
    refuse(monkeypatch, "get_group", "AccessDenied")
    assert aws.group_members(names) == dict.fromkeys(names)


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, code: str) -> None:
    """Has the server answer an operation with an error of AWS's."""

    def refused(self: IamResponse) -> Any:
        error = IAMException(f"not authorized to perform: {operation}")
        error.code = code
        raise error

    monkeypatch.setattr(IamResponse, operation, refused)
