"""A policy of the bucket, its key or the organization that lets the old user in and not the roles is found, and the statement handed out mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Outcome, Request, compile_policy, evaluate
from ciam_tui.core.problems import Level
from ciam_tui.core.shut_out.blocking import Blocker, Kind, shut_out
from ciam_tui.core.shut_out.facts import ControlPolicies
from ciam_tui.core.shut_out.mending import with_statement
from tests.core.old_users import ACCOUNT, ARN, BUILDS, a_user, document
from tests.core.test_comparison import KEY, a_setup, stage

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

USER = a_user()
NONE = ControlPolicies(())
SETUP = a_setup(stage("build", "builds/", "read", "write"), stage("deploy", "releases/", "read", "write", "delete"))
BUILD_ROLE = f"arn:aws:iam::{ACCOUNT}:role/circleci/circleci-web-build"
DEPLOY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/circleci/circleci-web-deploy"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
WITH_KEY = a_setup(stage("build", "builds/", "read", "write"), bucket__kms_key_arn=KEY)


def denying(**more: Any) -> dict[str, Any]:
    everything = {"Sid": "OnlyNamedPeople", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUILDS, f"{BUILDS}/*"]}
    return everything | more


def blockers(*statements: dict[str, Any], setup: Setup = SETUP, **more: Any) -> tuple[Blocker, ...]:
    return shut_out(setup, USER, **({"bucket_policy": document(*statements) if statements else None, "scps": NONE} | more))


def blocking(found: tuple[Blocker, ...]) -> list[Blocker]:
    return [each for each in found if each.level is not Level.NOTE]


NAMED = {"StringNotEquals": {"aws:PrincipalArn": [ARN, f"arn:aws:iam::{ACCOUNT}:user/dana.operator"]}}


@pytest.mark.parametrize(
    ("statement", "level", "user_passes"),
    [
        pytest.param(denying(Condition=NAMED), Level.ERROR, True, id="all but named users"),
        pytest.param(
            denying(Condition={"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/*"}}), Level.ERROR, True, id="all but users"
        ),
        pytest.param(denying(Condition={"StringNotLike": {"aws:userId": ["AIDA", "AROAOTHER:*"]}}), Level.ERROR, True, id="all but ids"),
        pytest.param(denying(Condition={"StringNotEquals": {"aws:username": "circleci_service"}}), Level.ERROR, True, id="all but a name"),
        pytest.param(
            {key: value for key, value in denying().items() if key != "Principal"} | {"NotPrincipal": {"AWS": ARN}},
            Level.ERROR,
            True,
            id="not principal",
        ),
        pytest.param(denying(), Level.ERROR, False, id="everybody"),
        pytest.param(denying(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), Level.WARNING, False, id="all but an endpoint"),
        pytest.param(denying(Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), Level.WARNING, False, id="all but addresses"),
    ],
)
def test_a_deny_that_reaches_the_roles_is_told_with_its_statement_and_whether_the_user_passes(
    statement: dict[str, Any], level: Level, user_passes: bool
) -> None:
    (found,) = blocking(blockers({**statement, "Sid": "Other", "Effect": "Allow"}, statement))
    assert (found.kind, found.what, found.level, found.user_passes) == (Kind.BUCKET, "acme-builds", level, user_passes)
    assert (found.number, found.sid, found.statement) == (2, "OnlyNamedPeople", 'Deny "OnlyNamedPeople"')
    assert found.roles == ("circleci-web-build", "circleci-web-deploy")
    assert found.actions == ("s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    assert found.for_owner == ACCOUNT
    assert found.replaces == 2


@pytest.mark.parametrize(
    "statement",
    [
        denying(Condition={"Bool": {"aws:SecureTransport": "false"}}),
        denying(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"}),
        denying(Resource=f"{BUILDS}/private/*"),
        denying(Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        denying(Condition={"ArnNotEquals": {"aws:PrincipalArn": [ARN, BUILD_ROLE, DEPLOY_ROLE]}}),
    ],
)
def test_a_deny_that_does_not_reach_them_is_not_told(statement: dict[str, Any]) -> None:
    assert blocking(blockers(statement)) == []


def test_the_statement_that_is_handed_out_names_the_roles_beside_those_who_were_excepted() -> None:
    (found,) = blocking(blockers(denying(Condition=NAMED)))
    assert found.statement_to_add == denying(
        Condition={"StringNotEquals": {"aws:PrincipalArn": [*NAMED["StringNotEquals"]["aws:PrincipalArn"], BUILD_ROLE, DEPLOY_ROLE]}}
    )


CONDITIONS = st.sampled_from(
    [
        {},
        {"Condition": NAMED},
        {"Condition": {"StringNotLike": {"AWS:principalarn": ARN}, "Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Condition": {"StringNotLike": {"aws:userId": "AIDA"}}},
    ]
)
WHOM = st.sampled_from([{"Principal": "*"}, {"Principal": {"AWS": "*"}}, {"NotPrincipal": {"AWS": [ARN]}}])
DENIES = st.builds(
    lambda whom, actions, place, condition: {"Effect": "Deny", **whom, "Action": actions, "Resource": place, **condition},
    WHOM,
    st.sampled_from(["s3:*", "s3:PutObject", ["s3:GetObject", "s3:ListBucket"]]),
    st.sampled_from([[BUILDS, f"{BUILDS}/*"], f"{BUILDS}/builds/*"]),
    CONDITIONS,
)


@given(st.lists(DENIES, min_size=1, max_size=3))
def test_with_what_is_handed_out_nothing_blocks_and_strangers_are_denied_as_before(statements: list[dict[str, Any]]) -> None:
    policy = document(*statements)
    before = policy
    for found in blocking(blockers(bucket_policy=policy)):
        assert found.statement_to_add is not None
        policy = Document.of(with_statement(policy, dict(found.statement_to_add), found.replaces))
    assert blocking(blockers(bucket_policy=policy)) == []
    for who in (ARN, f"arn:aws:iam::{ACCOUNT}:user/stranger", f"arn:aws:iam::{ACCOUNT}:role/stranger"):
        for action, resource in (("s3:PutObject", f"{BUILDS}/builds/k"), ("s3:ListBucket", BUILDS)):
            request = Request(action, resource, {"aws:PrincipalArn": (who,), "aws:SecureTransport": ("true",)}, who)
            assert said(before, request) is said(policy, request)


def said(policy: Document, request: Request) -> Outcome:
    return evaluate(request, [compile_policy(parse_policy(policy.text))]).outcome


def test_a_bucket_of_another_account_lets_nobody_in_before_its_policy_does() -> None:
    elsewhere = a_setup(stage("build", "builds/", "read", "write"), bucket__owner_account_id="210987654321")
    (found,) = blocking(blockers(setup=elsewhere))
    assert (found.level, found.statement, found.replaces, found.for_owner) == (Level.ERROR, "", None, "210987654321")
    added = found.statement_to_add
    assert added is not None
    assert blocking(blockers(setup=elsewhere, bucket_policy=Document.of(added))) == []


# Keys

DELEGATING = {"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "blocked"),
    [
        ([DELEGATING], False),
        ([{"Effect": "Allow", "Principal": {"AWS": ARN}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}], True),
        (
            [
                DELEGATING,
                {"Sid": "Others", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": NAMED},
            ],
            True,
        ),
        ([DELEGATING | {"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}], False),
    ],
)
def test_a_keys_policy_has_to_let_the_roles_in_or_to_delegate(statements: list[dict[str, Any]], blocked: bool) -> None:
    policy = document(*statements)
    found = blocking(blockers(setup=WITH_KEY, key_policies={KEY: policy}))
    assert bool(found) is blocked
    for each in found:
        assert (each.kind, each.what, each.user_passes, each.for_owner) == (Kind.KEY, KEY, True, ACCOUNT)
        assert each.statement_to_add is not None
        added = each.statement_to_add
        for statement in added.get("Statement", [added]):
            policy = Document.of(with_statement(policy, statement, each.replaces))
    assert blocking(blockers(setup=WITH_KEY, key_policies={KEY: policy})) == []


# The organization

FULL = ("FullAWSAccess", Document('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'))


def test_a_control_policy_that_denies_all_but_the_user_is_found_with_its_name() -> None:
    guard = document(
        {
            "Sid": "Guard",
            "Effect": "Deny",
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": ARN}},
        }
    )
    (found,) = blocking(blockers(scps=ControlPolicies(((FULL,), (FULL, ("guard", guard))))))
    assert (found.kind, found.what, found.sid, found.actions, found.user_passes) == (
        Kind.ORGANIZATION,
        "guard",
        "Guard",
        ("s3:PutObject",),
        True,
    )
    assert found.statement_to_add is not None
    assert found.statement_to_add["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [ARN, BUILD_ROLE, DEPLOY_ROLE]


def test_a_level_that_does_not_allow_s3_refuses_the_user_too() -> None:
    narrow = document({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    (found,) = blocking(blockers(scps=ControlPolicies(((FULL,), (("narrow", narrow),)))))
    assert (found.what, found.user_passes, found.statement_to_add) == ("service control policies, level 2", False, None)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"scps": None}, "they were not read"),
        ({"scps": ControlPolicies(None, "AWS denied it.")}, "AWS denied it."),
        ({"bucket_policy": Document('{"Statement": 1}')}, "Unknown"),
        ({"unread": [(Kind.BUCKET, "it may not be read.")]}, "it may not be read."),
        ({"setup": WITH_KEY}, "the policy of the key was not read"),
    ],
)
def test_what_could_not_be_read_is_unknown_and_never_nothing(more: dict[str, Any], words: str) -> None:
    found = blockers(**more)
    assert any(words in each.why and not each.blocks for each in found)


def test_a_statement_that_names_the_user_is_left_behind_and_blocks_nothing() -> None:
    (found,) = blockers({"Effect": "Allow", "Principal": {"AWS": ARN}, "Action": "s3:GetObject", "Resource": f"{BUILDS}/*"})
    assert (found.level, found.number) == (Level.NOTE, 1)
    assert "dead id" in found.why
