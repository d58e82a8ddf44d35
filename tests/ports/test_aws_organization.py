"""What keeps a role from being taken in an account, and accounts from being listed, is told so that its reader can go on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from ciam_tui.core.facts import Identity
from ciam_tui.core.organization.facts import MemberAccount
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.organization import read_accounts, take_role

if TYPE_CHECKING:
    from ciam_tui.ports.aws.clients import Clients

ME = Identity("123456789012", "arn:aws-cn:iam::123456789012:user/dana", "aws-cn")
MEMBER = "210987654321"
SECRET = "a-word-between-us"
SCP = "User is not authorized to perform: sts:AssumeRole with an explicit deny in a service control policy"


def refused(code: str, message: str = "no", status: int = 403) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "AssumeRole")  # type: ignore[typeddict-item]  # as much of it as is looked at


REFUSALS: dict[str, tuple[Exception, str, str]] = {
    "missing or shut": (refused("AccessDenied"), "access-denied", "it is not there, does not trust you, or wants another --external-id"),
    "forbidden by the organization": (refused("AccessDenied", SCP), "access-denied", "A policy of the organization denies it."),
    "throttled": (refused("Throttling", status=400), "throttled", "come back later"),
    "region off": (refused("RegionDisabledException"), "region-disabled", "STS is off in eu-south-2 there. Ask in another"),
    "out of order": (refused("InternalFailure", status=500), "aws-unavailable", "AWS could not answer"),
    "expired": (refused("ExpiredToken", status=400), "token-expired", "expired"),
    "something else": (
        refused("PackedPolicyTooLarge", SECRET, 400),
        "aws-refused",
        "AWS refused taking the role audit (PackedPolicyTooLarge).",
    ),
    "no way there": (EndpointConnectionError(endpoint_url="https://sts.example"), "unreachable", "cannot be reached"),
    "no such value": (ParamValidationError(report="ExternalId"), "request-invalid", "ExternalId"),
}


class Sts:
    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, dict[str, Any]()

    def assume_role(self, **params: Any) -> Any:
        self.asked = params
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def clients(sts: Sts, given: list[Any]) -> Clients:
    def with_keys(keys: Any) -> str:
        given.append(keys)
        return "opened"

    return cast("Clients", SimpleNamespace(sts=lambda: sts, region="eu-south-2", profile=None, with_keys=with_keys))


@pytest.mark.parametrize(("error", "code", "told"), REFUSALS.values(), ids=REFUSALS)
def test_a_role_that_cannot_be_taken_says_why_and_what_to_do(error: Exception, code: str, told: str) -> None:
    with pytest.raises(CiamError) as caught:
        take_role(clients(Sts(error), []), ME, MEMBER, "audit", SECRET)
    assert caught.value.code == code
    assert told in f"{caught.value.message} {' '.join(caught.value.suggestions)}"
    assert caught.value.title == f"Cannot take the role audit in account {MEMBER}"
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_answer_that_is_none_of_awss_is_told_as_that() -> None:
    with pytest.raises(CiamError, match="not one that AWS gives"):
        take_role(clients(Sts({"Credentials": None}), []), ME, MEMBER, "audit", None)


def test_a_role_is_taken_in_the_operators_partition_with_its_path_and_what_it_wants_to_be_told() -> None:
    sts, given = Sts({"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}}), list[Any]()
    assert cast("Any", take_role(clients(sts, given), ME, MEMBER, "/security/audit", SECRET)) == "opened"
    assert sts.asked["RoleArn"] == f"arn:aws-cn:iam::{MEMBER}:role/security/audit"
    assert (sts.asked["ExternalId"], sts.asked["RoleSessionName"]) == (SECRET, "ciam-tui-audit")
    assert len(sts.asked["Policy"]) <= 2048
    assert given == [{"aws_access_key_id": "A", "aws_secret_access_key": "S", "aws_session_token": "T"}]
    take_role(clients(sts, given), ME, MEMBER, "audit", None)
    assert "ExternalId" not in sts.asked


class Paged:
    """Two pages, of which the first is empty, and a unit that is its own grandchild."""

    def list_accounts(self, NextToken: str = "") -> Any:  # noqa: N803 - boto3's name
        if not NextToken:
            return {"Accounts": [], "NextToken": "t"}
        return {"Accounts": [{"Id": MEMBER, "Name": "n", "Status": "ACTIVE", "State": "CLOSED"}, {"Id": "1" * 12, "Status": "ACTIVE"}]}

    def list_accounts_for_parent(self, ParentId: str) -> Any:  # noqa: N803 - boto3's name
        return {"Accounts": [{"Id": f"{len(ParentId):012}", "State": "ACTIVE"}]}

    def list_organizational_units_for_parent(self, ParentId: str) -> Any:  # noqa: N803 - boto3's name
        return {"OrganizationalUnits": [{"Id": {"a": "bb", "bb": "a"}[ParentId]}]}


def test_accounts_are_listed_to_the_last_page_and_the_deepest_unit() -> None:
    found = cast("Clients", SimpleNamespace(organizations=Paged, profile=None))
    listed = read_accounts(found, ME, (), lambda _: None)
    assert listed == (MemberAccount(MEMBER, "n", "CLOSED"), MemberAccount("1" * 12, "", "ACTIVE"))
    assert [each.is_active for each in listed] == [False, True]
    below = read_accounts(found, ME, ("a",), lambda _: None)
    assert [each.account_id for each in below] == ["000000000001", "000000000002"]
