"""Nothing that is somebody else's is ever taken for ours: tags can be copied, ids cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from ciam_tui.core.document import Document
from ciam_tui.core.facts import MANAGED_BY_TAG, SETUP_TAG, ManagedPolicy, PolicyVersion, Role
from ciam_tui.core.ownership import is_ours, is_tagged_ours, our_tags, setup_id, why_never_adopted
from tests.core.accounts import ACCOUNT, PROVIDER_ARN, a_document, a_setup, a_trust
from tests.core.examples import OTHER_PROJECT_ID, project, stage
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

SETUP = a_setup()
ROLE = Role("r", "arn:aws:iam::123456789012:role/r", "AROA1", "/", a_trust(), tags=our_tags(SETUP))
POLICY = ManagedPolicy("p", "ANPA1", "p", "/", "v1", (PolicyVersion("v1", a_document()),), tags=our_tags(SETUP))


def trusting(principal: Any, action: Any = "sts:AssumeRoleWithWebIdentity", effect: str = "Allow", *more: dict[str, Any]) -> Role:
    statement = {"Effect": effect, "Principal": principal, "Action": action}
    return replace(ROLE, trust=Document(json.dumps({"Version": "2012-10-17", "Statement": [statement, *more]})))


@pytest.mark.parametrize("found", [ROLE, POLICY], ids=["role", "policy"])
def test_ours_needs_both_tags_and_an_id_that_a_journal_holds(found: Role | ManagedPolicy) -> None:
    ids = {"AROA1", "ANPA1"}
    assert is_ours(found, SETUP, ids)
    assert not is_ours(found, SETUP, {"AROA2", "ANPA2"})
    assert not is_ours(found, SETUP, set())
    for missing in (MANAGED_BY_TAG, SETUP_TAG):
        assert not is_ours(replace(found, tags=tuple(each for each in found.tags if each[0] != missing)), SETUP, ids)
    assert not is_ours(found, a_setup(bucket__name="another-bucket"), ids)


@given(setups())
def test_our_tags_say_that_it_is_ours_whatever_the_users_tags(setup: Setup) -> None:
    assert is_tagged_ours(our_tags(setup), setup)
    assert set(setup.role.tags.items()) <= set(our_tags(setup))
    assert list(our_tags(setup)) == sorted(our_tags(setup))


@pytest.mark.parametrize(
    "changes",
    [
        {"stages": [stage("other")]},
        {"circleci__projects": [project("api", OTHER_PROJECT_ID)]},
        {"stages__0__branches": ["main"]},
        {"role__policy_kind": "managed"},
        {"role__tags": {"team": "web"}},
        {"bucket__create": True},
        {"circleci__audience": "sts.amazonaws.com"},
    ],
    ids=str,
)
def test_a_setup_keeps_its_name_while_its_answers_change(changes: dict[str, Any]) -> None:
    assert setup_id(a_setup(**changes)) == setup_id(SETUP)


@pytest.mark.parametrize(
    "changes",
    [
        {"account_id": "210987654321"},
        {"bucket__name": "another-bucket"},
        {"circleci__org_id": OTHER_PROJECT_ID},
        {"role__path": "/"},
        {"role__name_prefix": "other-"},
    ],
    ids=str,
)
def test_another_account_bucket_organization_or_name_is_another_setup(changes: dict[str, Any]) -> None:
    assert setup_id(a_setup(**changes)) != setup_id(SETUP)


@given(setups())
def test_the_name_of_a_setup_fits_into_a_tag(setup: Setup) -> None:
    assert len(setup_id(setup)) == 16
    assert set(setup_id(setup)) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "role",
    [
        ROLE,
        trusting({"Federated": PROVIDER_ARN}),
        trusting({"Federated": [PROVIDER_ARN]}, ["sts:AssumeRoleWithWebIdentity"]),
        trusting({"Federated": PROVIDER_ARN}, "sts:AssumeRoleWithWebIdentity", "Allow", {"Effect": "Deny", "Principal": "*", "Action": "*"}),
        replace(ROLE, trust=Document(json.dumps({"Statement": {"Effect": "Allow", "Principal": {"Federated": PROVIDER_ARN}, "Action": "sts:AssumeRoleWithWebIdentity"}}))),
    ],
)  # fmt: skip
def test_a_role_that_only_our_provider_may_take_can_be_adopted(role: Role) -> None:
    assert why_never_adopted(role, SETUP) is None


@pytest.mark.parametrize(
    ("role", "named"),
    [
        (trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole"), f"arn:aws:iam::{ACCOUNT}:root"),
        (trusting({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole"), "ec2.amazonaws.com"),
        (trusting("*"), "*"),
        (trusting({"Federated": [PROVIDER_ARN, f"{PROVIDER_ARN}x"]}), f"{PROVIDER_ARN}x"),
        (trusting({"Federated": PROVIDER_ARN}, "sts:*"), PROVIDER_ARN),
        (trusting({"Federated": PROVIDER_ARN}, ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]), PROVIDER_ARN),
        (
            trusting(
                {"Federated": PROVIDER_ARN},
                "sts:AssumeRoleWithWebIdentity",
                "Allow",
                {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "sts:AssumeRole"},
            ),
            "1",
        ),
        (
            replace(
                ROLE,
                trust=Document(json.dumps({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "2"}, "Action": "sts:AssumeRole"}]})),
            ),
            "2",
        ),
    ],
)
def test_a_role_that_others_are_trusted_by_is_never_adopted(role: Role, named: str) -> None:
    why = why_never_adopted(role, SETUP)
    assert why is not None
    assert named in why


@pytest.mark.parametrize("path", ["/aws-service-role/s3.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_a_role_of_an_aws_service_is_never_adopted(path: str) -> None:
    assert why_never_adopted(replace(ROLE, path=path), SETUP) == "it belongs to an AWS service"
