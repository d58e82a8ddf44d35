"""From what a record calls an operation to the IAM actions that it needs: the only names that policies and evidence have in common.

CloudTrail writes the operation (`ListObjectsV2`), S3's access logs the request (`REST.GET.BUCKET`), and IAM neither. Actions by operation: the
S3 user guide, "Required permissions for Amazon S3 API operations"; the logs' names: the same guide, "Amazon S3 server access log format".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_GET, _PUT, _DELETE, _LIST = ("s3:GetObject",), ("s3:PutObject",), ("s3:DeleteObject",), ("s3:ListBucket",)
_BUCKET_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")
LONGEST_KEY = 1024  # bytes in S3; what is longer is no key
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_LONGEST_AGENT, _LONGEST_ADDRESS = 200, 64

# CloudTrail's names of S3's operations, where the action is not called the same.
_TRAIL: Mapping[str, tuple[str, ...]] = {
    "HeadObject": _GET,
    "GetObjectAttributes": ("s3:GetObject", "s3:GetObjectAttributes"),
    "SelectObjectContent": _GET,
    "CopyObject": _PUT,
    "CreateMultipartUpload": _PUT,
    "InitiateMultipartUpload": _PUT,
    "UploadPart": _PUT,
    "UploadPartCopy": _PUT,
    "CompleteMultipartUpload": _PUT,
    "PostObject": _PUT,
    "ListParts": ("s3:ListMultipartUploadParts",),
    "DeleteObjects": _DELETE,
    "ListObjects": _LIST,
    "ListObjectsV2": _LIST,
    "HeadBucket": _LIST,
    "ListObjectVersions": ("s3:ListBucketVersions",),
    "ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "ListBuckets": ("s3:ListAllMyBuckets",),
    "GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "DeleteBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "GetBucketLifecycle": ("s3:GetLifecycleConfiguration",),
    "GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "PutBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "DeleteBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "PutBucketReplication": ("s3:PutReplicationConfiguration",),
    "DeleteBucketReplication": ("s3:PutReplicationConfiguration",),
    "DeleteBucketCors": ("s3:PutBucketCORS",),
    "DeleteBucketTagging": ("s3:PutBucketTagging",),
    "DeleteBucketPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
}
# Operations on objects that CloudTrail keeps as data events; their names tell which of them write.
_OBJECT_READS = frozenset(
    {
        *(
            "GetObject",
            "HeadObject",
            "GetObjectAttributes",
            "SelectObjectContent",
            "ListObjects",
            "ListObjectsV2",
            "HeadBucket",
            "ListParts",
        ),
        *("ListObjectVersions", "ListMultipartUploads", "GetObjectAcl", "GetObjectTagging"),
    }
)
_OBJECT_WRITES = frozenset(
    {
        *("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "PostObject"),
        *("AbortMultipartUpload", "DeleteObject", "DeleteObjects", "PutObjectAcl", "PutObjectTagging", "DeleteObjectTagging"),
        *("InitiateMultipartUpload", "RestoreObject"),
    }
)
# Services whose events come from a name that is not the one of their actions; the endpoints of all others begin with it.
_SERVICES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag", "elasticmapreduce": "elasticmapreduce", "signin": "signin"}

# The access logs' operations. One that maps to nothing needs no permission, or is told by other lines: each key of a batch has its own.
_LOG: Mapping[str, tuple[str, ...]] = {
    "REST.GET.OBJECT": _GET,
    "REST.HEAD.OBJECT": _GET,
    "WEBSITE.GET.OBJECT": _GET,
    "WEBSITE.HEAD.OBJECT": _GET,
    "REST.COPY.OBJECT_GET": _GET,
    "REST.COPY.PART_GET": _GET,
    "REST.SELECT.OBJECT": _GET,
    "REST.PUT.OBJECT": _PUT,
    "REST.POST.OBJECT": _PUT,
    "REST.COPY.OBJECT": _PUT,
    "REST.COPY.PART": _PUT,
    "REST.PUT.PART": _PUT,
    "REST.POST.UPLOADS": _PUT,
    "REST.POST.UPLOAD": _PUT,
    "REST.DELETE.UPLOAD": ("s3:AbortMultipartUpload",),
    "REST.GET.UPLOAD": ("s3:ListMultipartUploadParts",),
    "REST.GET.UPLOADS": ("s3:ListBucketMultipartUploads",),
    "REST.DELETE.OBJECT": _DELETE,
    "BATCH.DELETE.OBJECT": _DELETE,
    "REST.POST.MULTI_OBJECT_DELETE": (),
    "REST.OPTIONS.PREFLIGHT": (),
    "REST.GET.BUCKET": _LIST,
    "REST.HEAD.BUCKET": _LIST,
    "REST.GET.BUCKETVERSIONS": ("s3:ListBucketVersions",),
    "REST.GET.SERVICE": ("s3:ListAllMyBuckets",),
    "REST.GET.LOCATION": ("s3:GetBucketLocation",),
    "REST.GET.OBJECT_TAGGING": ("s3:GetObjectTagging",),
    "REST.PUT.OBJECT_TAGGING": ("s3:PutObjectTagging",),
    "REST.DELETE.OBJECT_TAGGING": ("s3:DeleteObjectTagging",),
    "REST.GET.BUCKETPOLICY": ("s3:GetBucketPolicy",),
    "REST.PUT.BUCKETPOLICY": ("s3:PutBucketPolicy",),
    "REST.DELETE.BUCKETPOLICY": ("s3:DeleteBucketPolicy",),
    "REST.GET.VERSIONING": ("s3:GetBucketVersioning",),
    "REST.PUT.VERSIONING": ("s3:PutBucketVersioning",),
    "REST.GET.ENCRYPTION": ("s3:GetEncryptionConfiguration",),
    "REST.GET.LIFECYCLE": ("s3:GetLifecycleConfiguration",),
    "REST.PUT.LIFECYCLE": ("s3:PutLifecycleConfiguration",),
    "REST.GET.PUBLIC_ACCESS_BLOCK": ("s3:GetBucketPublicAccessBlock",),
    "REST.PUT.PUBLIC_ACCESS_BLOCK": ("s3:PutBucketPublicAccessBlock",),
    "REST.GET.TAGGING": ("s3:GetBucketTagging",),
    "REST.PUT.TAGGING": ("s3:PutBucketTagging",),
    "REST.DELETE.BUCKET": ("s3:DeleteBucket",),
    "REST.PUT.BUCKET": ("s3:CreateBucket",),
}
_ACLS = {
    ("REST.GET.ACL", True): ("s3:GetObjectAcl",),
    ("REST.GET.ACL", False): ("s3:GetBucketAcl",),
    ("REST.PUT.ACL", True): ("s3:PutObjectAcl",),
    ("REST.PUT.ACL", False): ("s3:PutBucketAcl",),
}
# With a version's id S3 asks for another action.
VERSIONED = {"s3:GetObject": "s3:GetObjectVersion", "s3:DeleteObject": "s3:DeleteObjectVersion"}
_OPERATION = re.compile(r"[A-Z0-9._]{1,60}")

# What anybody may call, whatever a policy says: that it was called is no use of a permission.
NEEDS_NOTHING = frozenset({"sts:GetCallerIdentity"})


@dataclass(frozen=True, slots=True)
class Use:
    """One action on one thing. `bucket` is empty for what is not S3's; `path` is a key, a listed prefix or an ARN, None for none."""

    action: str
    bucket: str = ""
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the user's: what it used, by which key or ARN, whether AWS denied it, and from where."""

    at: datetime
    uses: tuple[Use, ...]
    principal: str
    refused: bool = False
    address: str = ""
    agent: str = ""


class Callers(Protocol):
    """Whose calls count: `principal` names the caller of one, None where it is somebody else's. `count` is how many they are."""

    @property
    def partition(self) -> str: ...
    @property
    def count(self) -> int: ...
    def principal(self, key_id: str | None, arn: str | None) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of roles, told apart by the role alone: names of sessions are the callers' choice, and there is no end of them.

    Whoever took a role calls by `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, in CloudTrail as in S3's logs, without the role's path.
    """

    partition: str
    roles: Mapping[str, str]

    @classmethod
    def of(cls, role_arns: Iterable[str]) -> Sessions:
        """Those of roles of one partition."""
        roles: dict[str, str] = {}
        partition = "aws"
        for arn in role_arns:
            _, partition, _, _, account, path = arn.split(":", 5)
            roles[f"arn:{partition}:sts::{account}:assumed-role/{path.rpartition('/')[2]}"] = arn
        return cls(partition, roles)

    @property
    def count(self) -> int:
        """How many roles they are."""
        return len(self.roles)

    def principal(self, key_id: str | None, arn: str | None) -> str | None:  # noqa: ARG002  the keys of sessions are not known
        """The ARN of the role that the call was made by, None where it is none of them."""
        return self.roles.get(arn[: arn.rfind("/")]) if arn else None


@dataclass(frozen=True, slots=True)
class Whose:
    """A user's calls: those by the user's keys, and by the user's ARN whatever the key."""

    arn: str
    key_ids: frozenset[str]

    @property
    def partition(self) -> str:
        """The one of the user's account."""
        return self.arn.split(":")[1] if self.arn.count(":") > 1 else "aws"

    @property
    def count(self) -> int:
        """One user."""
        return 1

    def principal(self, key_id: str | None, arn: str | None) -> str | None:
        """How the user made the call: the key's id where it is one of theirs, else the ARN; None where the call is somebody else's."""
        if key_id and key_id in self.key_ids:
            return key_id
        return self.arn if arn and self._is_theirs(arn) else None

    def _is_theirs(self, arn: str) -> bool:
        if not arn.endswith(self.arn[self.arn.rfind("/") :]):  # of most lines, which are somebody else's, it takes no more than this
            return False
        # A user's name is unique in an account whatever its path, and not every log writes the path.
        theirs, _, name = self.arn.partition(":user/")
        account, kind, other = arn.partition(":user/")
        return arn == self.arn or (bool(kind) and account == theirs and other.rpartition("/")[2] == name.rpartition("/")[2])


def is_bucket_name(text: object) -> bool:
    """Whether `text` can be a bucket's name, those of the time before rules among them."""
    return isinstance(text, str) and _BUCKET_NAME.fullmatch(text) is not None


def trail_actions(source: str, name: str) -> tuple[str, ...]:
    """The actions behind an event called `name` of `source` (`s3.amazonaws.com`)."""
    endpoint = source.partition(".")[0].lower()
    service = _SERVICES.get(endpoint, endpoint)
    return _TRAIL.get(name, (f"s3:{name}",)) if service == "s3" else (f"{service}:{name}",)


def log_actions(operation: str, *, has_key: bool) -> tuple[str, ...] | None:
    """The actions behind an operation of the access logs; its own name where it is not known here, and None where it is no operation."""
    if (known := _ACLS.get((operation, has_key)) or _LOG.get(operation)) is not None:
        return known
    return (operation,) if _OPERATION.fullmatch(operation) else None


def object_kind(name: str) -> bool | None:
    """Whether the S3 operation `name` writes objects (True) or reads or lists them (False); None where it is about no object."""
    if name in _OBJECT_WRITES:
        return True
    return False if name in _OBJECT_READS else None


def decoded(text: str) -> str:
    """`text` with its percent escapes as the characters that they stand for; what is no UTF-8 then becomes U+FFFD."""
    if "%" not in text:
        return text
    octets = _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), text.encode("utf-8", "replace"))
    return octets.decode("utf-8", "replace")


def agent_of(text: str) -> str:
    """A user agent of a length that is worth keeping."""
    return text[:_LONGEST_AGENT]


def address_of(text: str) -> str:
    """An address, or the name of the service that called on the user's behalf."""
    return text[:_LONGEST_ADDRESS]
