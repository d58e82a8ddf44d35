from __future__ import annotations

from typing import Any, get_args

import pytest

from ciam_tui.core import operator
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.circleci.undo_wiring import ContextChange
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.operator import actions_of, operator_policy, resource_of, retirement_policy

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/circleci/r"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/circleci/p"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.circleci.com/org/x"
BUCKET_ARN = "arn:aws:s3:::b"
TAGS = (("managed-by", "ciam-tui"),)
DOCUMENT = Document.of({"Version": "2012-10-17", "Statement": []})

# One change of every kind that sends something, with the ARN that it changes.
CHANGES: tuple[tuple[kinds.Change, str], ...] = (
    (kinds.CreateBucket("b", "us-east-1"), BUCKET_ARN),
    (kinds.TagBucket("b", TAGS), BUCKET_ARN),
    (kinds.BlockPublicAccess("b"), BUCKET_ARN),
    (kinds.EnforceOwnership("b"), BUCKET_ARN),
    (kinds.EncryptBucket("b", None), BUCKET_ARN),
    (kinds.VersionBucket("b"), BUCKET_ARN),
    (kinds.SetBucketPolicy("b", DOCUMENT), BUCKET_ARN),
    (kinds.DeleteBucket("b"), BUCKET_ARN),
    (kinds.CreateProvider(PROVIDER_ARN, "oidc.circleci.com/org/x", ("x",), TAGS), PROVIDER_ARN),
    (kinds.DeleteProvider(PROVIDER_ARN), PROVIDER_ARN),
    (kinds.AddAudience(PROVIDER_ARN, "x"), PROVIDER_ARN),
    (kinds.RemoveAudience(PROVIDER_ARN, "x"), PROVIDER_ARN),
    (kinds.CreateRole("R", ROLE_ARN, "/circleci/", DOCUMENT, "", 3600, None, TAGS), f"arn:aws:iam::{ACCOUNT}:role/circleci/R"),
    (kinds.DeleteRole("R"), ROLE_ARN),
    (kinds.SetTrust("R", DOCUMENT), ROLE_ARN),
    (kinds.SetRoleSettings("R", "", 3600), ROLE_ARN),
    (kinds.SetBoundary("R", None), ROLE_ARN),
    (kinds.SetBoundary("R", POLICY_ARN), ROLE_ARN),
    (kinds.TagRole("R", TAGS), ROLE_ARN),
    (kinds.UntagRole("R", ("a",)), ROLE_ARN),
    (kinds.PutInlinePolicy("R", "s3", DOCUMENT), ROLE_ARN),
    (kinds.DeleteInlinePolicy("R", "s3"), ROLE_ARN),
    (kinds.AttachPolicy("R", POLICY_ARN), ROLE_ARN),
    (kinds.DetachPolicy("R", POLICY_ARN), ROLE_ARN),
    (kinds.CreatePolicy(POLICY_ARN, "p", "/circleci/", DOCUMENT, "", TAGS), POLICY_ARN),
    (kinds.DeletePolicy(POLICY_ARN), POLICY_ARN),
    (kinds.CreatePolicyVersion(POLICY_ARN, DOCUMENT), POLICY_ARN),
    (kinds.DeletePolicyVersion(POLICY_ARN, "v1"), POLICY_ARN),
    (kinds.RestorePolicyVersion(POLICY_ARN, DOCUMENT), POLICY_ARN),
    (kinds.SetDefaultVersion(POLICY_ARN, "v1"), POLICY_ARN),
    (kinds.TagPolicy(POLICY_ARN, TAGS), POLICY_ARN),
    (kinds.UntagPolicy(POLICY_ARN, ("a",)), POLICY_ARN),
)


def granted() -> dict[str, tuple[str, ...]]:
    """Each action of the operator's policy with its resources."""
    policy = parse_policy(operator_policy(ACCOUNT, "aws").text)
    return {action: statement.resources or () for statement in policy.statements for action in statement.actions or ()}


def needed(change: kinds.Change) -> tuple[str, ...]:
    call = call_of(change)
    return actions_of(call.service, call.operation, call.params)


def test_every_kind_of_change_is_tried_here() -> None:
    tried: set[Any] = {type(change) for change, _ in CHANGES}
    elsewhere = {kinds.AwaitRoles, kinds.DeleteProjectVariable, *get_args(ContextChange), *get_args(kinds.UserChange)}
    assert tried == set(get_args(kinds.Change)) - elsewhere, (
        "waits, and what CircleCI is asked, need no IAM action; the retirement of a user has a policy of its own"
    )


@pytest.mark.parametrize(("change", "arn"), CHANGES, ids=lambda part: getattr(part, "kind", ""))
def test_the_operators_policy_allows_every_change_on_what_it_changes(change: kinds.Change, arn: str) -> None:
    call = call_of(change)
    assert resource_of(call, ACCOUNT, "aws", {"r": ROLE_ARN}) == arn
    for action in needed(change):
        assert any(arn == resource or arn.startswith(resource.removesuffix("*")) for resource in granted()[action]), action


def test_no_write_is_allowed_that_no_change_makes() -> None:
    writes = (*operator.PROVIDER_WRITES, *operator.ROLE_WRITES, *operator.POLICY_WRITES, *operator.BUCKET_WRITES)
    assert set(writes) == {action for change, _ in CHANGES for action in needed(change)}


def test_writes_reach_no_role_and_no_policy_outside_the_tools_path() -> None:
    for action in (*operator.ROLE_WRITES, *operator.POLICY_WRITES):
        assert all("/circleci/" in resource for resource in granted()[action])
    narrowed = parse_policy(operator_policy(ACCOUNT, "aws-cn", role_path="/ci/", bucket="acme").text)
    resources = {statement.sid: statement.resources for statement in narrowed.statements}
    assert resources["WriteRoles"] == (f"arn:aws-cn:iam::{ACCOUNT}:role/ci/*",)
    assert resources["WriteBucket"] == ("arn:aws-cn:s3:::acme",)


def test_what_is_made_with_tags_needs_the_right_to_tag() -> None:
    assert needed(kinds.CreateRole("r", "", "/", DOCUMENT, "", 3600, None, TAGS)) == ("iam:CreateRole", "iam:TagRole")
    assert needed(kinds.CreateRole("r", "", "/", DOCUMENT, "", 3600, None, ())) == ("iam:CreateRole",)
    assert needed(kinds.CreateBucket("b", "us-east-1")) == ("s3:CreateBucket", "s3:PutBucketOwnershipControls")


USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/ci/u"
MFA_ARN = f"arn:aws:iam::{ACCOUNT}:mfa/u"
GROUP_ARN = f"arn:aws:iam::{ACCOUNT}:group/g"
# One change of every kind that a retirement makes to a user, with the ARN that its permission is asked on, and the statement that gives it.
RETIREMENT: tuple[tuple[kinds.UserChange, str, str], ...] = (
    (kinds.SetKeyStatus("U", "AKIA", active=False), USER_ARN, "KeyStatus"),
    (kinds.DeleteAccessKey("U", "AKIA"), USER_ARN, "DeleteKey"),
    (kinds.DeleteLoginProfile("U"), USER_ARN, "DeleteUser"),
    (kinds.DeleteSigningCertificate("U", "c"), USER_ARN, "DeleteUser"),
    (kinds.DeleteSshKey("U", "k"), USER_ARN, "DeleteUser"),
    (kinds.DeleteServiceCredential("U", "c"), USER_ARN, "DeleteUser"),
    (kinds.DeactivateMfa("U", MFA_ARN), USER_ARN, "DeleteUser"),
    (kinds.DeleteVirtualMfa("U", MFA_ARN), MFA_ARN, "DeleteUser"),
    (kinds.PutUserPolicy("U", "p", DOCUMENT), USER_ARN, "DeleteUser"),
    (kinds.DeleteUserPolicy("U", "p"), USER_ARN, "DeleteUser"),
    (kinds.AttachUserPolicy("U", POLICY_ARN), USER_ARN, "DeleteUser"),
    (kinds.DetachUserPolicy("U", POLICY_ARN), USER_ARN, "DeleteUser"),
    (kinds.AddToGroup("U", "g"), GROUP_ARN, "DeleteUser"),
    (kinds.RemoveFromGroup("U", "g"), GROUP_ARN, "DeleteUser"),
    (kinds.SetUserBoundary("U", None), USER_ARN, "DeleteUser"),
    (kinds.SetUserBoundary("U", POLICY_ARN), USER_ARN, "DeleteUser"),
    (kinds.DeleteUser("U"), USER_ARN, "DeleteUser"),
)


@pytest.mark.parametrize(("change", "arn", "sid"), RETIREMENT, ids=lambda part: getattr(part, "kind", ""))
def test_the_policy_of_a_retirement_allows_each_change_by_the_statement_of_its_stage(change: kinds.UserChange, arn: str, sid: str) -> None:
    statements = parse_policy(retirement_policy(ACCOUNT, "aws", user="ci/u").text).statements
    (action,) = needed(change)
    (giving,) = [statement for statement in statements if action in (statement.actions or ())]
    assert giving.sid == sid
    assert any(arn == resource or arn.startswith(resource.removesuffix("*")) for resource in giving.resources or () if resource != "*")
    told = resource_of(call_of(change), ACCOUNT, "aws", {}, {"u": USER_ARN})
    assert told in ({None} if arn == GROUP_ARN else {arn}), "a group's path is not known, so its ARN is not guessed"


def test_no_write_on_a_user_is_allowed_that_no_retirement_makes() -> None:
    writes = (*operator.KEY_STATUS_WRITES, *operator.KEY_WRITES, *operator.USER_WRITES)
    assert set(writes) == {action for change, _, _ in RETIREMENT for action in needed(change)}
    assert {type(change) for change, _, _ in RETIREMENT} == set(get_args(kinds.UserChange))


def test_waiting_and_asking_who_one_is_need_no_right() -> None:
    assert needed(kinds.AwaitRoles(("r",))) == ()
    assert actions_of("sts", "GetCallerIdentity", {}) == ()


def test_the_arn_of_a_role_that_was_not_read_is_not_guessed() -> None:
    assert resource_of(call_of(kinds.DeleteRole("r")), ACCOUNT, "aws", {}) is None
