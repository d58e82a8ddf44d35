"""Small accounts and Setups that need, among them, every call that an apply or an undo of one can make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.cli import main
from tests.runs import ORG, a_setup
from tests.served_account import HAND_MADE_POLICY, HAND_MADE_ROLE, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.served_account import ServedAccount

BUILD = {"name": "build", "prefix": "builds/", "access": ["read", "write"]}


@dataclass(frozen=True)
class World:
    """`prepare` fills the account and answers with the Setup file to apply; `writes` are the calls that applying it makes, `undo_writes` those that take it back."""

    name: str
    prepare: Callable[[ServedAccount, Path], str]
    writes: tuple[str, ...]
    undo_writes: tuple[str, ...]


def _nothing(_account: ServedAccount, folder: Path) -> str:
    return written(folder, a_setup(stages=[BUILD]))


def _managed(account: ServedAccount, folder: Path) -> str:
    account.holds_a_bucket_and_a_provider("sts.amazonaws.com")
    return written(folder, a_setup(bucket__create=False, stages=[BUILD], role__policy_kind="managed"))


def _full_of_versions(account: ServedAccount, folder: Path) -> str:
    """Applied once; then somebody made versions until there is no room, and the Setup changed."""
    account.holds_a_bucket_and_a_provider(ORG)
    first = written(folder, a_setup(bucket__create=False, stages=[BUILD], role__policy_kind="managed"), "first.json")
    assert main(["apply", first, "--yes"]) == 0
    [arn] = [policy["arn"] for policy in account.shows()["policies"]]
    for number in range(4):
        document = HAND_MADE_POLICY.replace("s3:*", f"s3:Get{number}")
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=False)
    changed = BUILD | {"access": ["read"], "branches": ["main"], "session_seconds": 7200}
    edge = account.iam.create_policy(PolicyName="edge", PolicyDocument=HAND_MADE_POLICY)["Policy"]["Arn"]
    role = {"name_prefix": "circleci-web-", "policy_kind": "managed", "tags": {"team": "web"}, "permissions_boundary": edge}
    return written(folder, a_setup(bucket__create=False, stages=[changed], role=role))


def _made_by_hand(account: ServedAccount, folder: Path) -> str:
    account.holds_a_role_made_by_hand()
    return written(folder, a_setup(bucket__create=False, stages=[BUILD]))


def _policy_made_by_hand(account: ServedAccount, folder: Path) -> str:
    account.holds_a_bucket_and_a_provider(ORG)
    account.iam.create_policy(PolicyName=HAND_MADE_ROLE, Path="/circleci/", PolicyDocument=HAND_MADE_POLICY)
    return written(folder, a_setup(bucket__create=False, stages=[BUILD], role__policy_kind="managed"))


NOTHING = World(
    "nothing",
    _nothing,
    (
        "CreateBucket",
        "PutBucketTagging",
        "PutPublicAccessBlock",
        "PutBucketOwnershipControls",
        "PutBucketEncryption",
        "PutBucketVersioning",
        "PutBucketPolicy",
        "CreateOpenIDConnectProvider",
        "CreateRole",
        "PutRolePolicy",
    ),
    ("DeleteRolePolicy", "DeleteRole", "DeleteOpenIDConnectProvider", "DeleteBucket"),
)
MANAGED = World(
    "managed",
    _managed,
    ("AddClientIDToOpenIDConnectProvider", "CreatePolicy", "CreateRole", "AttachRolePolicy"),
    ("DetachRolePolicy", "DeleteRole", "DeletePolicy", "RemoveClientIDFromOpenIDConnectProvider"),
)
FULL_OF_VERSIONS = World(
    "full-of-versions",
    _full_of_versions,
    ("DeletePolicyVersion", "CreatePolicyVersion", "UpdateAssumeRolePolicy", "UpdateRole", "PutRolePermissionsBoundary", "TagRole"),
    (
        "UntagRole",
        "DeleteRolePermissionsBoundary",
        "UpdateRole",
        "UpdateAssumeRolePolicy",
        "SetDefaultPolicyVersion",
        "DeletePolicyVersion",
        "CreatePolicyVersion",
    ),
)
MADE_BY_HAND = World(
    "made-by-hand",
    _made_by_hand,
    (
        "TagRole",
        "DetachRolePolicy",
        "DeleteRolePolicy",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "PutRolePolicy",
        "DeleteRolePermissionsBoundary",
    ),
    (
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "UpdateRole",
        "UpdateAssumeRolePolicy",
        "AttachRolePolicy",
        "UntagRole",
    ),
)
POLICY_MADE_BY_HAND = World(
    "policy-made-by-hand",
    _policy_made_by_hand,
    ("CreatePolicyVersion", "TagPolicy", "CreateRole", "AttachRolePolicy"),
    ("DetachRolePolicy", "DeleteRole", "UntagPolicy", "SetDefaultPolicyVersion", "DeletePolicyVersion"),
)
WORLDS = (NOTHING, MANAGED, FULL_OF_VERSIONS, MADE_BY_HAND, POLICY_MADE_BY_HAND)
ADOPT = ("--adopt", HAND_MADE_ROLE)
