"""The actions of S3 that stand for a wildcard, and what each is about: the matrix's own, and those that jobs are known to call besides."""

from __future__ import annotations

from ciam_tui.core.access_matrix import OPERATIONS

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
