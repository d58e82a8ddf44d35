"""Events and lines as CloudTrail and S3 write them, for tests to change."""

from __future__ import annotations

from typing import Any

from ciam_tui.core.evidence.calls import Whose

USER_ARN = "arn:aws:iam::123456789012:user/ci/circleci_service"
KEY_ID = "AKIAXAMPLECIRCLE7Q2V"
WHOSE = Whose(USER_ARN, frozenset({KEY_ID}))
STRANGER = "AKIAIOSFODNN7STRANGE"


def event(
    name: str = "GetObject", *, source: str = "s3.amazonaws.com", key_id: str = KEY_ID, arn: str = USER_ARN, **changes: Any
) -> dict[str, Any]:
    """An event; `changes` replaces fields of it."""
    return {
        "eventVersion": "1.09",
        "userIdentity": {"type": "IAMUser", "arn": arn, "accountId": "123456789012", "accessKeyId": key_id, "userName": "circleci_service"},
        "eventTime": "2026-08-19T16:42:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "[aws-cli/2.15.0]",
        "requestParameters": {"bucketName": "acme-builds", "key": "builds/web/1187/bundle.tar.gz"},
        "responseElements": None,
        "eventID": "b0c1",
        "eventCategory": "Data",
        "managementEvent": False,
    } | changes


def line(
    operation: str = "REST.GET.OBJECT",
    key: str = "builds/web/1187/bundle.tar.gz",
    *,
    bucket: str = "acme-builds",
    requester: str = "arn:aws:iam::123456789012:user/circleci_service",
    status: int = 200,
    error: str = "-",
    time: str = "19/Aug/2026:16:42:00 +0000",
    uri: str = "GET /builds/web HTTP/1.1",
    agent: str = "aws-cli/2.15.0",
) -> str:
    """A line of an access log."""
    return (
        f"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be {bucket} [{time}] 203.0.113.7 {requester} 3E57427F3EXAMPLE "
        f'{operation} {key} "{uri}" {status} {error} 2662 3462992 70 10 "-" "{agent}" - hostid= SigV4 ECDHE-RSA AuthHeader '
        "acme-builds.s3.us-east-1.amazonaws.com TLSv1.3 - -"
    )
