"""Reads of buckets. Each setting is read by itself, since an operator may be allowed to see some and not others."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from ciam_tui.core.audit.facts import PoliciesRead
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Bucket, BucketSummary, PrefixPage
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.answers import ACCESS_DENIED, UNREADABLE, status_of
from ciam_tui.ports.aws.documents import tags_of
from ciam_tui.ports.aws.user_keys import each_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_s3.client import S3Client

    from ciam_tui.ports.aws.clients import Clients

_Value = TypeVar("_Value")

_PAGE_SIZE = 1000  # S3's own maximum for keys and prefixes; for buckets it may be ten times that
_PUBLIC_ACCESS_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class BucketReads:
    """Reads of buckets, each in the bucket's own region once that is known."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._regions: dict[str, str] = {}

    def known_region(self, name: str) -> str | None:
        """The region of the bucket, as far as a read or its creation has told it."""
        return self._regions.get(name)

    def learn_region(self, name: str, region: str) -> None:
        """That the bucket was made in `region`: its settings, put there next, need no redirect."""
        self._regions[name] = region

    def summaries(self) -> Iterator[BucketSummary]:
        """The buckets of the account. Asked by pages, S3 tells the regions too; servers that know no pages answer with all at once."""
        s3 = self._clients.s3()
        token: str | None = None
        while True:
            page = self._clients.ask("list the buckets", partial(_bucket_page, s3, token))
            for bucket in page.get("Buckets", ()):
                region = bucket.get("BucketRegion")
                if region:
                    self._regions[bucket["Name"]] = region
                yield BucketSummary(bucket["Name"], region)
            token = page.get("ContinuationToken")
            if not token:
                return

    def bucket(self, name: str, *, owner: str | None) -> Bucket | None:
        """The bucket and its settings, None where there is none.

        With `owner`, S3 is asked to confirm that account: `owner_account_id` is then `owner`, or None with `owner` in `unread` where S3
        knows the bucket and does not confirm it.

        Raises:
            CiamError: `bucket-forbidden` where S3 does not let the operator look at the bucket at all.
        """
        head = self._head(name, owner)
        if head is None:
            return None
        self._regions[name] = head.region
        unread: list[str] = [] if head.confirmed or owner is None else ["owner"]
        settings = _Settings(self._clients, self._clients.s3(head.region), name, unread)
        encryption, key = settings.encryption()
        return Bucket(
            name=name,
            region=head.region,
            owner_account_id=owner if head.confirmed else None,
            kms_key_arn=key,
            encryption=encryption,
            public_access_blocked=settings.public_access_blocked(),
            ownership=settings.ownership(),
            versioning=settings.versioning(),
            policy=settings.policy(),
            tags=settings.tags(),
            unread=tuple(unread),
        )

    def policies(self, names: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        """The policies of buckets by name, a few at a time; a bucket without one, or that is gone, has no key."""
        documents: dict[str, Document] = {}
        unread: dict[str, str] = {}
        for name, (document, why) in zip(names, each_of(self._policy, names, progress, "Policies of buckets"), strict=True):
            documents |= {name: document} if document is not None else {}
            unread |= {name: why} if why else {}
        return PoliciesRead(documents, unread)

    def _policy(self, name: str) -> tuple[Document | None, str]:
        s3 = self._clients.s3(self._regions.get(name))
        absent = {"NoSuchBucketPolicy", "NoSuchBucket"}
        try:
            answer = self._clients.ask_for_optional(
                f"read the policy of the bucket {name}", absent, lambda: s3.get_bucket_policy(Bucket=name)
            )
        except CiamError as error:
            if error.code not in UNREADABLE:
                raise
            return None, error.message
        return (Document(answer["Policy"]) if answer is not None else None), ""

    def is_empty(self, name: str) -> bool:
        """Whether the bucket holds no version, no delete marker and no upload under way. Reads one entry, not the bucket."""
        s3 = self._clients.s3(self._regions.get(name))
        doing = f"see whether the bucket {name} is empty"
        versions = self._clients.ask(doing, lambda: s3.list_object_versions(Bucket=name, MaxKeys=1))
        if versions.get("Versions") or versions.get("DeleteMarkers"):
            return False
        uploads = self._clients.ask(doing, lambda: s3.list_multipart_uploads(Bucket=name, MaxUploads=1))
        return not uploads.get("Uploads")

    def prefixes(self, bucket: str, *, under: str, token: str | None) -> PrefixPage:
        """One page of the prefixes one level under `under`: one request, however many keys there are."""
        s3 = self._clients.s3(self._regions.get(bucket))
        where: dict[str, Any] = {"ContinuationToken": token} if token else {}
        page = self._clients.ask(
            f"list the prefixes of the bucket {bucket}",
            lambda: s3.list_objects_v2(Bucket=bucket, Prefix=under, Delimiter="/", MaxKeys=_PAGE_SIZE, **where),
        )
        found = tuple(each["Prefix"] for each in page.get("CommonPrefixes", ()))
        return PrefixPage(found, page.get("NextContinuationToken") if page.get("IsTruncated") else None)

    def _head(self, name: str, owner: str | None) -> _Head | None:
        doing = f"look at the bucket {name}"
        answer = self._clients.ask(doing, lambda: self._head_answer(name, owner))
        confirmed = owner is not None
        if isinstance(answer, _Refused) and answer.status == 403 and owner is not None:
            # Either nobody lets us in, or the owner is another one: the mere HeadBucket tells which.
            answer, confirmed = self._clients.ask(doing, lambda: self._head_answer(name, None)), False
        if isinstance(answer, _Refused):
            if answer.status == 404:
                return None
            raise CiamError(
                "bucket-forbidden",
                f"Cannot {doing}",
                "S3 knows the bucket and does not let you look at it: it may be somebody else's, or you lack s3:ListBucket on it.",
                ("Choose another bucket, or ask its owner for s3:ListBucket on it.",),
            )
        return _Head(answer, confirmed)

    def _head_answer(self, name: str, owner: str | None) -> str | _Refused:
        """The bucket's region, or how S3 refuses. Where S3 names another region than that of the request, botocore asks there."""
        expected: dict[str, Any] = {"ExpectedBucketOwner": owner} if owner else {}
        region = self._regions.get(name, self._clients.region)
        try:
            answer = self._clients.s3(region).head_bucket(Bucket=name, **expected)
        except ClientError as error:
            if status_of(error) in (403, 404):
                return _Refused(status_of(error))
            raise
        return answer.get("BucketRegion") or region


@dataclass(frozen=True, slots=True)
class _Head:
    region: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class _Refused:
    status: int


def _bucket_page(s3: S3Client, token: str | None) -> Mapping[str, Any]:
    return s3.list_buckets(MaxBuckets=_PAGE_SIZE, ContinuationToken=token) if token else s3.list_buckets(MaxBuckets=_PAGE_SIZE)


@dataclass(frozen=True, slots=True)
class _Settings:
    """The settings of one bucket; what may not be read is added to `unread` by the name of its field."""

    clients: Clients
    s3: S3Client
    name: str
    unread: list[str] = field(default_factory=list)

    def encryption(self) -> tuple[str | None, str | None]:
        """The default encryption and the ARN of its key; None for S3's own keys and for the AWS managed key `aws/s3`."""
        absent = "ServerSideEncryptionConfigurationNotFoundError"
        answer = self._read("encryption", absent, lambda: self.s3.get_bucket_encryption(Bucket=self.name))
        if answer is None:
            if "encryption" in self.unread:
                self.unread.append("kms_key_arn")
            return None, None
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
        default: Mapping[str, Any] = dict(rules[0].get("ApplyServerSideEncryptionByDefault", {})) if rules else {}
        key = default.get("KMSMasterKeyID")
        if key is None or key.endswith("alias/aws/s3"):
            return default.get("SSEAlgorithm"), None
        if ":key/" in key:
            return default.get("SSEAlgorithm"), key
        # An alias, or an id without account and region: only KMS knows the key, and a policy needs its ARN.
        self.unread.append("kms_key_arn")
        return default.get("SSEAlgorithm"), None

    def public_access_blocked(self) -> bool | None:
        absent = "NoSuchPublicAccessBlockConfiguration"
        answer = self._read("public_access_blocked", absent, lambda: self.s3.get_public_access_block(Bucket=self.name))
        if answer is None:
            return None
        configuration: Mapping[str, Any] = answer["PublicAccessBlockConfiguration"]
        return all(configuration.get(setting) is True for setting in _PUBLIC_ACCESS_SETTINGS)

    def ownership(self) -> str | None:
        absent = "OwnershipControlsNotFoundError"
        answer = self._read("ownership", absent, lambda: self.s3.get_bucket_ownership_controls(Bucket=self.name))
        return None if answer is None else next((rule["ObjectOwnership"] for rule in answer["OwnershipControls"]["Rules"]), None)

    def versioning(self) -> str | None:
        answer = self._read("versioning", "", lambda: self.s3.get_bucket_versioning(Bucket=self.name))
        return None if answer is None else answer.get("Status")

    def policy(self) -> Document | None:
        answer = self._read("policy", "NoSuchBucketPolicy", lambda: self.s3.get_bucket_policy(Bucket=self.name))
        return None if answer is None else Document(answer["Policy"])

    def tags(self) -> tuple[tuple[str, str], ...]:
        answer = self._read("tags", "NoSuchTagSet", lambda: self.s3.get_bucket_tagging(Bucket=self.name))
        return () if answer is None else tags_of(answer["TagSet"])

    def _read(self, setting: str, absent: str, request: Callable[[], _Value]) -> _Value | None:
        try:
            return self.clients.ask_for_optional(f"read the {setting} of the bucket {self.name}", {absent}, request)
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
            self.unread.append(setting)
            return None
