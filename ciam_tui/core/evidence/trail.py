"""One CloudTrail event as a call of the user's. An event is outside text: whatever is not as CloudTrail writes it makes the event unreadable.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.core.evidence.calls import (
    LONGEST_KEY,
    VERSIONED,
    Call,
    Use,
    address_of,
    agent_of,
    decoded,
    is_bucket_name,
    object_kind,
    trail_actions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.evidence.calls import Callers

_LONGEST = 2048
# How services spell that the caller may not: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html has EC2's.
_DENIED = ("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation", "UnauthorizedException")


class EventUnreadable(ValueError):
    """The value is no event that CloudTrail writes."""


def call_of_event(event: object, whose: Callers) -> Call | None:
    """The call that `event` tells, None where it is somebody else's.

    Raises:
        EventUnreadable: it is no event.
    """
    told = _event(event)
    who = _object(told, "userIdentity")
    principal = whose.principal(_text(who, "accessKeyId"), _text(who, "arn"))
    if principal is None:
        return None
    return Call(
        at=time_of_event(told),
        uses=tuple(_uses(told)),
        principal=principal,
        refused=_text(told, "errorCode") in _DENIED,
        address=address_of(_text(told, "sourceIPAddress") or ""),
        agent=agent_of(_text(told, "userAgent") or ""),
    )


def shown_by_event(event: object) -> tuple[str, bool] | None:
    """The bucket whose objects the event is about, and whether it writes, whoever made the call: such events show in these records."""
    if not isinstance(event, dict) or not (_text(event, "eventSource") or "").startswith("s3."):
        return None
    writes = object_kind(_text(event, "eventName") or "")
    is_data = event.get("eventCategory") == "Data" or event.get("managementEvent") is False
    bucket = _text(_object(event, "requestParameters"), "bucketName")
    return (bucket, writes) if is_data and writes is not None and bucket and is_bucket_name(bucket) else None


def time_of_event(event: object) -> datetime:
    """When the event was.

    Raises:
        EventUnreadable: it does not say.
    """
    text = _text(_event(event), "eventTime")
    try:
        at = datetime.fromisoformat(text or "")
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise EventUnreadable from None


def _event(event: object) -> dict[str, Any]:
    if not isinstance(event, dict) or _text(event, "eventName") is None or _text(event, "eventSource") is None:
        raise EventUnreadable
    return event


def _uses(told: Mapping[str, Any]) -> Iterator[Use]:
    source, name = _text(told, "eventSource") or "", _text(told, "eventName") or ""
    asked = _object(told, "requestParameters")
    actions = trail_actions(source, name)
    if not source.startswith("s3."):
        # KMS tells what it was asked for: through S3 that is the object, or the bucket where it has a key of its own.
        for_what = _text(_object(asked, "encryptionContext"), "aws:s3:arn")
        arn = for_what or _first_arn(told)
        bucket, path = _of_s3(arn) if for_what else ("", arn)
        yield from (Use(action, bucket, path) for action in actions)
        return
    bucket = _text(asked, "bucketName") or ""
    if not is_bucket_name(bucket):
        yield from (Use(action) for action in actions)
        return
    yield from (Use(action, bucket, _path(asked, action)) for action in _versioned(actions, asked))
    key = _path(asked, "")
    if _text(asked, "x-amz-acl") and name != "PutObjectAcl" and object_kind(name):
        yield Use("s3:PutObjectAcl", bucket, key)
    if _text(asked, "x-amz-tagging") and object_kind(name):
        yield Use("s3:PutObjectTagging", bucket, key)
    if copied := _text(asked, "x-amz-copy-source"):
        named, _, version = copied.partition("?")
        source_bucket, _, source_key = decoded(named).removeprefix("/").partition("/")
        action = "s3:GetObjectVersion" if version.startswith("versionId=") else "s3:GetObject"
        if is_bucket_name(source_bucket):
            yield Use(action, source_bucket, source_key[:LONGEST_KEY])


def _versioned(actions: tuple[str, ...], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """With a version's id S3 asks for another action."""
    if not _text(asked, "versionId"):
        return actions
    return tuple(VERSIONED.get(action, action) for action in actions)


def _path(asked: Mapping[str, Any], action: str) -> str | None:
    if action in ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"):
        prefix = _text(asked, "prefix")
        return prefix[:LONGEST_KEY] if prefix else None
    key = _text(asked, "key")
    return key[:LONGEST_KEY] if key else None


def _of_s3(arn: str | None) -> tuple[str, str | None]:
    bucket, _, key = (arn or "").rpartition(":::")[2].partition("/")
    return (bucket, key or None) if is_bucket_name(bucket) else ("", None)


def _first_arn(told: Mapping[str, Any]) -> str | None:
    resources = told.get("resources")
    named = resources if isinstance(resources, list) else []
    return next((arn for each in named if isinstance(each, dict) and (arn := _text(each, "ARN"))), None)


def _object(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    if isinstance(value, list) and len(value) == 1:  # some of S3's parameters come as lists of one
        value = value[0]
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None
