"""The roles of a whole account, page by page: which are kept, what it costs, what happens to who may not ask, and when one stops."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.audit.facts import ReadRole
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.changes import kinds
from ciam_tui.core.problems import CiamError
from tests.paged_iam import ACCOUNT_ID, PagedIam, ServedRole, served
from tests.ports.test_aws_reads import ISSUER, ORG, create_role, make, permissions, trust_in

if TYPE_CHECKING:
    from ciam_tui.core.document import Document
    from ciam_tui.ports.aws import BotoAws

PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"
TRUST = trust_in(PROVIDER_ARN).text
READ = permissions().text
POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/builds"


def trusts_circleci(_name: str, trust: Document) -> bool:
    return CircleCiIssuers().may_concern(trust)


def nobody(_text: str) -> None:
    pass


def foreign(count: int) -> tuple[ServedRole, ...]:
    return tuple(ServedRole(f"app-{number}") for number in range(count))


OURS = ServedRole("deploy", TRUST, {"s3": READ}, (POLICY,), "2026-08-19T16:42:00Z")


def names(roles: tuple[ReadRole, ...]) -> list[str]:
    return [each.role.name for each in roles]


def test_of_many_pages_those_for_circleci_are_kept_and_all_are_counted() -> None:
    iam = PagedIam((*foreign(12), OURS, *foreign(12)), page_size=10)
    told: list[str] = []
    with served(iam) as (aws, _):
        read = aws.wanted_roles(trusts_circleci, told.append)
    assert names(read.roles) == ["deploy"]
    assert (read.seen, read.unread) == (25, ())
    assert iam.asked == ["GetAccountAuthorizationDetails"] * 3 + ["GetRole"]
    assert told[:3] == ["Roles, 10 looked at, 0 for CircleCI", "Roles, 20 looked at, 1 for CircleCI", "Roles, 25 looked at, 1 for CircleCI"]


def test_a_kept_role_has_all_that_hangs_on_it_its_settings_and_its_last_use() -> None:
    with served(PagedIam((OURS,))) as (aws, _):
        (read,) = aws.wanted_roles(trusts_circleci, nobody).roles
    role = read.role
    assert read.unread == ()
    assert (role.description, role.max_session_seconds, role.attached) == ("made", 7200, (POLICY,))
    assert [(name, json.loads(document.text)) for name, document in role.inline] == [("s3", json.loads(READ))]
    assert role.last_used is not None
    assert (role.last_used.date().isoformat(), role.last_used_region) == ("2026-08-19", "us-east-1")


def test_the_settings_of_many_roles_come_from_the_list_a_page_at_a_time() -> None:
    many = tuple(ServedRole(f"deploy-{number}", TRUST) for number in range(30))
    iam = PagedIam((*foreign(30), *many))
    with served(iam) as (aws, _):
        read = aws.wanted_roles(trusts_circleci, nobody)
    assert iam.asked == ["GetAccountAuthorizationDetails", "ListRoles"]
    assert {each.role.max_session_seconds for each in read.roles} == {7200}


def test_moto_tells_the_same_role_in_one_pass_as_by_itself(aws: BotoAws) -> None:
    make(aws, create_role("web-build"), kinds.PutInlinePolicy("web-build", "s3", permissions()))
    (read,) = aws.wanted_roles(trusts_circleci, nobody).roles
    assert read.created is not None
    assert replace(read, created=None) == ReadRole(aws.roles(["web-build"])["web-build"])


def test_who_may_not_read_all_at_once_reads_the_list_and_single_roles_and_is_told() -> None:
    iam = PagedIam((*foreign(3), OURS), frozenset({"GetAccountAuthorizationDetails"}))
    with served(iam) as (aws, _):
        read = aws.wanted_roles(trusts_circleci, nobody)
    with served(PagedIam((OURS,))) as (aws, _):
        whole = aws.wanted_roles(trusts_circleci, nobody)
    assert (read.roles, read.seen) == (whole.roles, 4)
    assert "iam:GetAccountAuthorizationDetails" in read.unread[0]
    assert iam.asked.count("GetRole") == 1, "roles of others are not asked about"


@pytest.mark.parametrize(
    ("denied", "unread"),
    [
        ("GetRole", {"tags", "boundary", "last_used", "last_used_region"}),
        ("ListRolePolicies", {"inline"}),
        ("GetRolePolicy", {"inline"}),
        ("ListAttachedRolePolicies", {"attached"}),
    ],
)
def test_what_hangs_on_a_role_and_may_not_be_read_is_named_and_not_absent(denied: str, unread: set[str]) -> None:
    with served(PagedIam((OURS,), frozenset({"GetAccountAuthorizationDetails", denied}))) as (aws, _):
        (read,) = aws.wanted_roles(trusts_circleci, nobody).roles
    assert set(read.unread) == unread


def test_without_settings_a_role_is_kept_and_they_are_unread() -> None:
    with served(PagedIam((OURS,), frozenset({"GetRole"}))) as (aws, _):
        read = aws.wanted_roles(trusts_circleci, nobody)
    assert read.roles[0].unread == ("description", "max_session_seconds")
    assert "iam:GetRole" in read.unread[0]


def test_without_any_right_to_list_roles_there_is_no_audit() -> None:
    denied = frozenset({"GetAccountAuthorizationDetails", "ListRoles"})
    with served(PagedIam((OURS,), denied)) as (aws, _), pytest.raises(CiamError) as caught:
        aws.wanted_roles(trusts_circleci, nobody)
    assert caught.value.code == "access-denied"


def test_who_stops_after_a_page_costs_no_further_request() -> None:
    class EnoughError(Exception):
        pass

    def enough(_text: str) -> None:
        raise EnoughError

    iam = PagedIam(foreign(30), page_size=10)
    with served(iam) as (aws, _), pytest.raises(EnoughError):
        aws.wanted_roles(trusts_circleci, enough)
    assert iam.asked == ["GetAccountAuthorizationDetails"]


def test_a_managed_policy_is_told_by_its_version_in_force() -> None:
    iam = PagedIam(policies={POLICY: READ})
    with served(iam) as (aws, _):
        read = aws.policies_in_force([POLICY, f"{POLICY}-gone"], nobody)
    assert [document.canonical for document in read.documents.values()] == [permissions().canonical]
    assert read.unread == {}


def test_a_managed_policy_that_may_not_be_read_is_unread_and_one_that_is_gone_is_not() -> None:
    with served(PagedIam(policies={POLICY: READ}, denied=frozenset({"GetPolicyVersion"}))) as (aws, _):
        read = aws.policies_in_force([POLICY, f"{POLICY}-gone"], nobody)
    assert read.documents == {}
    assert list(read.unread) == [POLICY]


def test_many_managed_policies_come_in_one_pass_and_those_of_aws_one_by_one() -> None:
    arns = [f"{POLICY}-{number}" for number in range(60)]
    by_aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam = PagedIam(policies={**dict.fromkeys(arns, READ), f"{POLICY}-of-others": READ, by_aws: READ})
    with served(iam) as (aws, _):
        read = aws.policies_in_force([*arns, by_aws], nobody)
    assert set(read.documents) == {*arns, by_aws}
    assert {document.canonical for document in read.documents.values()} == {permissions().canonical}
    assert iam.asked == ["GetAccountAuthorizationDetails", "GetPolicy", "GetPolicyVersion"]


def test_the_providers_of_the_account_are_listed_by_arn(aws: BotoAws) -> None:
    assert aws.provider_arns() == ()
    make(aws, kinds.CreateProvider(PROVIDER_ARN, ISSUER, (ORG,), (("managed-by", "ciam-tui"),)))
    assert aws.provider_arns() == (PROVIDER_ARN,)


def test_keys_are_found_by_the_end_of_their_ids_with_their_last_use(aws: BotoAws) -> None:
    iam = aws._clients.iam()
    made = {}
    for user in ("ci", "dana", "robin"):
        iam.create_user(UserName=user)
        made[user] = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="ci", AccessKeyId=made["ci"], Status="Inactive")
    told: list[str] = []
    read = aws.keys_ending({made["ci"][-4:]}, told.append)
    found = {key.user: key for key in read.keys}
    assert found["ci"].key_id == made["ci"]
    assert (found["ci"].is_active, read.users, read.unread) == (False, 3, ())
    assert all(key.key_id.endswith(made["ci"][-4:]) for key in read.keys)
    assert told[-1] == "Access keys of users, 3 of 3"
