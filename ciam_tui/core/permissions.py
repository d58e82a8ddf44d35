"""What a stage may do in S3, as the least policy that lets its jobs work: stage, bucket and prefix in, permission policy out.

Every grant is here because an operation of the AWS CLI or an SDK needs it, and nothing is here for convenience: no wildcard action, no
`Resource: "*"`, no bucket of a stranger. Actions an operation needs: the S3 user guide, "Required permissions for Amazon S3 API
operations" (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.validate.bucket import normalized_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ciam_tui.core.shape import BucketShape, SetupShape, StageShape

INLINE_POLICY_NAME = "s3"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and the endpoints of each partition
DNS_SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com", "aws-eusc": "amazonaws.eu"}


def permission_policy(setup: SetupShape, stage: StageShape) -> Document:
    """The permission policy of `stage`: the statements List, Read, Write, Delete, Probe, KmsRead and KmsWrite, as far as it needs them."""
    return Document.of({"Version": VERSION, "Statement": [*_s3_statements(setup, stage), *_kms_statements(setup, stage)]})


def bucket_arn(partition: str, bucket_name: str) -> str:
    """`arn:aws:s3:::name`; S3's ARNs hold neither a region nor an account."""
    return f"arn:{partition}:s3:::{bucket_name}"


def bucket_owner(setup: SetupShape) -> str:
    """The account that owns the bucket: the one given, else the Setup's own."""
    return setup.bucket.owner_account_id or setup.account_id


def read_places(stage: StageShape) -> tuple[str, ...]:
    """The prefixes that `stage` reads: its own, if it reads, and its read prefixes."""
    own = (stage.prefix,) if "read" in stage.access else ()
    return tuple(dict.fromkeys((*own, *stage.read_prefixes)))


def _s3_statements(setup: SetupShape, stage: StageShape) -> Iterable[dict[str, Any]]:
    bucket = bucket_arn(setup.partition, setup.bucket.name)
    owner = {"aws:ResourceAccount": bucket_owner(setup)}
    readable, extras = read_places(stage), stage.extras

    listed = tuple(dict.fromkeys((stage.prefix, *readable)))
    # Only `p/*`: a condition that let bare `p` pass would also list `p-secret/`. The whole bucket has no prefix to hold on to.
    below = {} if "" in listed else {"StringLike": {"s3:prefix": [_below(prefix) for prefix in listed]}}
    yield _allow("List", ["s3:ListBucket"], [bucket], {"StringEquals": owner, **below})

    if readable:
        actions = ["s3:GetObject", *_if("tags" in extras, "s3:GetObjectTagging"), *_if("versions" in extras, "s3:GetObjectVersion")]
        yield _allow("Read", actions, _objects(bucket, readable), {"StringEquals": owner})
    if "write" in stage.access:
        # Creating, uploading and completing a multipart upload are all authorized by PutObject.
        actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        actions += [*_if("tags" in extras, "s3:PutObjectTagging"), *_if("acl" in extras, "s3:PutObjectAcl")]
        yield _allow("Write", actions, _objects(bucket, [stage.prefix]), {"StringEquals": owner})
    if "delete" in stage.access:
        actions = ["s3:DeleteObject", *_if("versions" in extras, "s3:DeleteObjectVersion")]
        yield _allow("Delete", actions, _objects(bucket, [stage.prefix]), {"StringEquals": owner})
    if "probe" in extras:
        # One key, without the slash: s3fs and Hadoop ask for `p` before they look below `p/`. The whole bucket has no such key.
        key = [f"{bucket}/{stage.prefix.removesuffix('/')}"] if stage.prefix else []
        yield _allow("Probe", ["s3:GetBucketLocation", *_if(key, "s3:GetObject")], [bucket, *key], {"StringEquals": owner})


def _kms_statements(setup: SetupShape, stage: StageShape) -> Iterable[dict[str, Any]]:
    """The grants on the bucket's key. S3 needs Decrypt for writing too: it decrypts the data key at the end of a multipart upload."""
    key = setup.bucket.kms_key_arn
    if not key:
        return
    if readable := read_places(stage):
        yield _allow("KmsRead", ["kms:Decrypt"], [key], _through_s3(setup, readable))
    if "write" in stage.access:
        yield _allow("KmsWrite", ["kms:Decrypt", "kms:GenerateDataKey"], [key], _through_s3(setup, [stage.prefix]))


def _through_s3(setup: SetupShape, prefixes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Conditions under which a key serves S3 alone, for the objects of `prefixes`.

    S3 sends the bucket's ARN as encryption context where the bucket has an S3 Bucket Key, and the object's where it has none.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
    """
    bucket = bucket_arn(setup.partition, setup.bucket.name)
    return {
        "StringEquals": {"kms:ViaService": s3_endpoints(setup.partition, setup.bucket)},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, *_objects(bucket, prefixes)]},
    }


def s3_endpoints(partition: str, bucket: BucketShape) -> list[str]:
    """The names under which S3 calls KMS. Outside `aws` it is not documented whether the partition's suffix is used: both are let in."""
    return [f"s3.{bucket.region}.{suffix}" for suffix in dict.fromkeys(("amazonaws.com", DNS_SUFFIXES.get(partition, "amazonaws.com")))]


def _objects(bucket: str, prefixes: Sequence[str]) -> list[str]:
    return [f"{bucket}/{_below(prefix)}" for prefix in prefixes]


def _below(prefix: str) -> str:
    """Everything below `prefix`. A draft's may still lack its slash, and without it `team*` would reach `team-secret/` too."""
    return f"{normalized_prefix(prefix)}*"


def _if(wanted: object, action: str) -> tuple[str, ...]:
    return (action,) if wanted else ()


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources), "Condition": dict(condition)}
