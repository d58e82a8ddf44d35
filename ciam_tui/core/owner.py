"""What the owner of a bucket or a key in another account must grant: policies for them to review, which this tool never applies.

Across accounts both sides must allow. The owner's side names the account's root with `aws:PrincipalArn` = the role, not the role as
principal: a principal that names a role turns into that role's id, and a role made anew would be a stranger.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.permissions import bucket_owner
from ciam_tui.core.roles import stage_roles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.shape import SetupShape, StageShape

_KMS_SIDS = frozenset({"KmsRead", "KmsWrite"})
_ARN_PIECES = 6


def bucket_owner_policy(setup: SetupShape) -> Document | None:
    """The bucket policy that the owner must add, None where the bucket is in the Setup's own account."""
    if bucket_owner(setup) == setup.account_id:
        return None
    return _policy(setup, kms=False)


def key_owner_policy(setup: SetupShape) -> Document | None:
    """The key policy statements that the key's owner must add, None where there is no key or it is in the Setup's own account."""
    if key_owner(setup) in (None, setup.account_id):
        return None
    return _policy(setup, kms=True)


def key_owner(setup: SetupShape) -> str | None:
    """The account that owns the bucket's key; None where there is no key, or its ARN is still half typed."""
    pieces = (setup.bucket.kms_key_arn or "").split(":")
    return pieces[4] if len(pieces) == _ARN_PIECES else None


def owner_statements(setup: SetupShape, *, kms: bool, stages: Sequence[StageShape] | None = None) -> Iterator[dict[str, Any]]:
    """What the policy of the bucket, or of its key, needs for the roles of `stages`, all where None."""
    for stage in setup.stages if stages is None else stages:
        yield from _stage_statements(setup, stage, kms=kms)


def _policy(setup: SetupShape, *, kms: bool) -> Document | None:
    statements = list(owner_statements(setup, kms=kms))
    return Document.of({"Version": VERSION, "Statement": statements}) if statements else None


def _stage_statements(setup: SetupShape, stage: StageShape, *, kms: bool) -> Iterator[dict[str, Any]]:
    """The stage's own grants, seen from the other side: who, instead of which account the bucket is in."""
    roles = stage_roles(setup, stage)
    if not roles:
        return
    root = {"AWS": f"arn:{setup.partition}:iam::{setup.account_id}:root"}
    for statement in roles[0].permissions.policy["Statement"]:
        if (statement["Sid"] in _KMS_SIDS) is not kms:
            continue
        conditions = {operator: dict(tests) for operator, tests in statement["Condition"].items()}
        conditions["StringEquals"].pop("aws:ResourceAccount", None)
        conditions["ArnEquals"] = {"aws:PrincipalArn": [role.arn for role in roles]}
        yield {
            "Sid": stage_sid(stage.name, statement["Sid"]),
            "Effect": "Allow",
            "Principal": root,
            "Action": statement["Action"],
            # In a key policy `*` is the key itself: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
            "Resource": "*" if kms else statement["Resource"],
            "Condition": {operator: tests for operator, tests in conditions.items() if tests},
        }


def stage_sid(stage_name: str, sid: str) -> str:
    """A Sid of letters and digits alone that no other stage can have: whatever else a stage's name has, and `0` itself, is written as hex."""
    return re.sub(r"[^A-Za-z1-9]", lambda match: f"0x{ord(match[0]):02X}", stage_name) + sid
