"""The actions of S3 that stand for a wildcard, and what each is about: the matrix's own, and those that jobs are known to call besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.access_matrix import OPERATIONS
from ciam_tui.core.audit.access import SAMPLE, sampled
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.permissions import bucket_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ciam_tui.core.document import Statement

S3_PREFIX = "s3:prefix"
LIST_BUCKETS = "s3:ListAllMyBuckets"
_MORE = (
    "s3:GetBucketLocation",
    LIST_BUCKETS,
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetObjectAcl",
    "s3:GetBucketPolicy",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:DeleteBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "s3:CreateBucket",
    "s3:RestoreObject",
)
REPRESENTATIVE: tuple[str, ...] = tuple(
    dict.fromkeys((*(action for each in OPERATIONS for action in each.actions if action.startswith("s3:")), *_MORE))
)
_OTHER_BUCKET = "ciam-tui-some-other-bucket"
_LISTS = frozenset({"s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"})
_PARTS = frozenset({"s3:abortmultipartupload", "s3:listmultipartuploadparts", "s3:bypassgovernanceretention"})


def is_of_objects(action: str) -> bool:
    """Whether the action is on an object's ARN."""
    name = action.lower()
    return name in _PARTS or (name.startswith("s3:") and "object" in name and "bucket" not in name)


def lists(action: str) -> bool:
    """Whether the action lists a bucket, of which a prefix may be asked for."""
    return action.lower() in _LISTS


def writes_objects(action: str) -> bool:
    """Whether a record of writes would show the action, rather than one of reads."""
    return not action.lower().startswith(("s3:get", "s3:list"))


def spelled(action: str) -> str:
    """The action in AWS's spelling where it is known: IAM does not tell the case apart, and names shall be stable."""
    return next((known for known in REPRESENTATIVE if known.lower() == action.lower()), action)


def actions_named(statements: Iterable[Statement]) -> tuple[str, ...]:
    """The actions that `statements` name; for a wildcard those of S3 that stand for it."""
    named: dict[str, None] = {}
    for statement in statements:
        for pattern in statement.actions or ("*",):
            if not any(mark in pattern for mark in "*?"):
                named.setdefault(spelled(pattern))
                continue
            matches = wildcard_matcher(pattern.lower())
            named |= dict.fromkeys(action for action in REPRESENTATIVE if matches(action.lower()))
    return tuple(named)


def asked_at(action: str, partition: str, bucket: str, prefix: str | None) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    """The resource and the context of a request for `action` below `prefix` of `bucket`, or with None on the bucket as a whole.

    The bucket `*` is any that nothing names.
    """
    arn = bucket_arn(partition, _OTHER_BUCKET if bucket == "*" else sampled(bucket))
    if is_of_objects(action):
        return f"{arn}/{sampled(prefix or '')}{SAMPLE}", {}
    return arn, {S3_PREFIX: (sampled(prefix or ""),)} if lists(action) else {}
