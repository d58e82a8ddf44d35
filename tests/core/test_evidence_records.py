"""A record of CloudTrail or S3 becomes the IAM actions that it used, or is somebody else's, or is no record: nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.evidence.access_log import LONGEST_LINE, read_line
from ciam_tui.core.evidence.calls import Use, Whose
from ciam_tui.core.evidence.trail import EventUnreadable, call_of_event, shown_by_event
from tests.core.evidence_logs import KEY_ID, STRANGER, USER_ARN, WHOSE, event, line

KEY = "builds/web/1187/bundle.tar.gz"
ON_KEY = {"bucketName": "acme-builds", "key": KEY}


@pytest.mark.parametrize(
    ("name", "asked", "uses"),
    [
        ("GetObject", ON_KEY, [Use("s3:GetObject", "acme-builds", KEY)]),
        ("HeadObject", ON_KEY, [Use("s3:GetObject", "acme-builds", KEY)]),
        ("UploadPart", ON_KEY, [Use("s3:PutObject", "acme-builds", KEY)]),
        ("CompleteMultipartUpload", ON_KEY, [Use("s3:PutObject", "acme-builds", KEY)]),
        ("AbortMultipartUpload", ON_KEY, [Use("s3:AbortMultipartUpload", "acme-builds", KEY)]),
        ("ListParts", ON_KEY, [Use("s3:ListMultipartUploadParts", "acme-builds", KEY)]),
        ("GetObject", {**ON_KEY, "versionId": "3sL4kqtJlcpXroDTDmJ"}, [Use("s3:GetObjectVersion", "acme-builds", KEY)]),
        ("DeleteObject", {**ON_KEY, "versionId": "3sL4kqtJlcpXroDTDmJ"}, [Use("s3:DeleteObjectVersion", "acme-builds", KEY)]),
        (
            "PutObject",
            {**ON_KEY, "x-amz-acl": "public-read", "x-amz-tagging": "a=b"},
            [Use(action, "acme-builds", KEY) for action in ("s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging")],
        ),
        (
            "CopyObject",
            {**ON_KEY, "x-amz-copy-source": "acme-old/c.zip"},
            [Use("s3:PutObject", "acme-builds", KEY), Use("s3:GetObject", "acme-old", "c.zip")],
        ),
        (
            "CopyObject",
            {**ON_KEY, "x-amz-copy-source": "/acme-old/a%20b/c.zip?versionId=1"},
            [Use("s3:PutObject", "acme-builds", KEY), Use("s3:GetObjectVersion", "acme-old", "a b/c.zip")],
        ),
        ("ListObjectsV2", {"bucketName": "acme-builds", "prefix": "builds/"}, [Use("s3:ListBucket", "acme-builds", "builds/")]),
        ("ListObjects", {"bucketName": "acme-builds", "prefix": ""}, [Use("s3:ListBucket", "acme-builds")]),
        ("HeadBucket", {"bucketName": "acme-builds"}, [Use("s3:ListBucket", "acme-builds")]),
        ("ListBuckets", None, [Use("s3:ListAllMyBuckets")]),
        ("GetBucketEncryption", {"bucketName": "acme-builds"}, [Use("s3:GetEncryptionConfiguration", "acme-builds")]),
        ("GetBucketLocation", {"bucketName": ["acme-builds"]}, [Use("s3:GetBucketLocation", "acme-builds")]),
        ("GetObject", {"bucketName": "../x", "key": "k"}, [Use("s3:GetObject")]),
    ],
)
def test_an_event_of_s3_tells_the_actions_that_it_needed(name: str, asked: dict[str, Any] | None, uses: list[Use]) -> None:
    call = call_of_event(event(name, requestParameters=asked), WHOSE)
    assert call is not None
    assert list(call.uses) == uses
    assert (call.at, call.principal, call.refused, call.address) == (
        datetime(2026, 8, 19, 16, 42, tzinfo=UTC),
        KEY_ID,
        False,
        "203.0.113.7",
    )


@pytest.mark.parametrize(
    ("source", "name", "more", "use"),
    [
        ("sts.amazonaws.com", "GetCallerIdentity", {}, Use("sts:GetCallerIdentity")),
        ("monitoring.amazonaws.com", "PutMetricData", {}, Use("cloudwatch:PutMetricData")),
        (
            "kms.amazonaws.com",
            "Decrypt",
            {"resources": [{"ARN": "arn:aws:kms:us-east-1:123456789012:key/1"}]},
            Use("kms:Decrypt", "", "arn:aws:kms:us-east-1:123456789012:key/1"),
        ),
        (
            "kms.amazonaws.com",
            "Decrypt",
            {"requestParameters": {"encryptionContext": {"aws:s3:arn": "arn:aws:s3:::acme-builds/builds/a.zip"}}},
            Use("kms:Decrypt", "acme-builds", "builds/a.zip"),
        ),
    ],
)
def test_events_of_other_services_keep_their_service_and_what_they_were_about(
    source: str, name: str, more: dict[str, Any], use: Use
) -> None:
    call = call_of_event(event(name, source=source, **{"requestParameters": None, **more}), WHOSE)
    assert call is not None
    assert call.uses == (use,)


@pytest.mark.parametrize(
    ("code", "refused"),
    [("AccessDenied", True), ("AccessDeniedException", True), ("Client.UnauthorizedOperation", True), ("NoSuchKey", False), (None, False)],
)
def test_only_a_denial_is_a_refusal(code: str | None, refused: bool) -> None:
    call = call_of_event(event(errorCode=code), WHOSE)
    assert call is not None
    assert call.refused is refused


@pytest.mark.parametrize(
    ("key_id", "arn", "principal"),
    [
        (KEY_ID, USER_ARN, KEY_ID),
        ("ASIATEMPORARY", USER_ARN, USER_ARN),
        ("ASIATEMPORARY", "arn:aws:iam::123456789012:user/circleci_service", USER_ARN),
        (STRANGER, "arn:aws:iam::123456789012:user/somebody", None),
        (STRANGER, "arn:aws:iam::210987654321:user/ci/circleci_service", None),
        (STRANGER, "arn:aws:sts::123456789012:assumed-role/deploy/circleci_service", None),
        (STRANGER, "", None),
    ],
)
def test_a_call_counts_by_the_users_key_or_arn_and_by_nobody_elses(key_id: str, arn: str, principal: str | None) -> None:
    call = call_of_event(event(key_id=key_id, arn=arn), WHOSE)
    assert (call.principal if call else None) == principal


def test_a_users_name_that_is_anothers_path_is_not_the_user() -> None:
    whose = Whose("arn:aws:iam::123456789012:user/web", frozenset())
    assert whose.principal(None, "arn:aws:iam::123456789012:user/web/other") is None
    assert whose.principal(None, "arn:aws:iam::123456789012:user/teams/web") == whose.arn


@pytest.mark.parametrize(
    "broken",
    [None, [], "x", 7, {}, {"eventName": "GetObject"}, event(eventTime="yesterday"), event(eventTime=None), event(eventSource=3)],
)
def test_what_is_no_event_says_so(broken: object) -> None:
    with pytest.raises(EventUnreadable):
        call_of_event(broken, WHOSE)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, ("acme-builds", False)),
        ({"eventName": "PutObject"}, ("acme-builds", True)),
        ({"eventName": "GetBucketLocation"}, None),
        ({"eventCategory": "Management", "managementEvent": True}, None),
        ({"eventSource": "lambda.amazonaws.com"}, None),
        ({"requestParameters": None}, None),
    ],
)
def test_an_event_about_an_object_shows_that_the_trail_keeps_such_events(changes: dict[str, Any], shown: tuple[str, bool] | None) -> None:
    assert shown_by_event(event(**changes)) == shown


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "arn:aws:s3:::b/k", "Data", "s3.amazonaws.com"])
json_values = st.one_of(
    scalars,
    st.lists(scalars, max_size=2),
    st.lists(st.fixed_dictionaries({"ARN": scalars}), max_size=2),
    st.dictionaries(
        st.sampled_from(["bucketName", "key", "prefix", "arn", "accessKeyId", "encryptionContext", "x-amz-copy-source"]), scalars
    ),
)


@given(st.dictionaries(st.sampled_from(list(event())), json_values))
def test_an_event_of_any_shape_is_a_call_or_none_or_unreadable(changes: dict[str, Any]) -> None:
    told = event() | changes
    shown_by_event(told)
    with suppress(EventUnreadable):
        call_of_event(told, WHOSE)


# Lines of the access logs


@pytest.mark.parametrize(
    ("changes", "uses"),
    [
        ({}, [Use("s3:GetObject", "acme-builds", KEY)]),
        ({"uri": "GET /builds/web?versionId=null HTTP/1.1"}, [Use("s3:GetObjectVersion", "acme-builds", KEY)]),
        (
            {"operation": "REST.DELETE.OBJECT", "uri": "DELETE /builds/web?x-id=DeleteObject&versionId=3sL4kq HTTP/1.1"},
            [Use("s3:DeleteObjectVersion", "acme-builds", KEY)],
        ),
        ({"operation": "REST.HEAD.OBJECT"}, [Use("s3:GetObject", "acme-builds", KEY)]),
        ({"operation": "REST.PUT.PART"}, [Use("s3:PutObject", "acme-builds", KEY)]),
        ({"operation": "REST.POST.UPLOADS"}, [Use("s3:PutObject", "acme-builds", KEY)]),
        ({"operation": "REST.COPY.OBJECT_GET"}, [Use("s3:GetObject", "acme-builds", KEY)]),
        ({"operation": "BATCH.DELETE.OBJECT"}, [Use("s3:DeleteObject", "acme-builds", KEY)]),
        ({"operation": "REST.POST.MULTI_OBJECT_DELETE", "key": "-"}, []),
        ({"operation": "REST.PUT.ACL"}, [Use("s3:PutObjectAcl", "acme-builds", KEY)]),
        ({"operation": "REST.PUT.ACL", "key": "-"}, [Use("s3:PutBucketAcl", "acme-builds")]),
        ({"key": "a%2520b/%25C3%25A9.txt"}, [Use("s3:GetObject", "acme-builds", "a b/é.txt")]),
        (
            {"operation": "REST.GET.BUCKET", "key": "-", "uri": "GET /?list-type=2&prefix=builds%2Fweb%2F&delimiter=%2F HTTP/1.1"},
            [Use("s3:ListBucket", "acme-builds", "builds/web/")],
        ),
        ({"operation": "REST.GET.BUCKET", "key": "-", "uri": "GET /?prefix= HTTP/1.1"}, [Use("s3:ListBucket", "acme-builds")]),
        ({"operation": "REST.HEAD.BUCKET", "key": "-"}, [Use("s3:ListBucket", "acme-builds")]),
        ({"operation": "REST.GET.NEWTHING", "key": "-"}, [Use("REST.GET.NEWTHING", "acme-builds")]),
        ({"agent": "x\u202e\x1b[2J"}, [Use("s3:GetObject", "acme-builds", KEY)]),
    ],
)
def test_a_line_tells_the_actions_that_it_needed(changes: dict[str, Any], uses: list[Use]) -> None:
    read = read_line(line(**changes), WHOSE)
    assert read is not None
    assert read.call is not None
    assert list(read.call.uses) == uses
    assert read.call.principal == USER_ARN
    assert read.at == datetime(2026, 8, 19, 16, 42, tzinfo=UTC)


def test_a_time_of_another_zone_is_told_in_utc_and_a_403_is_a_refusal() -> None:
    read = read_line(line(time="19/Aug/2026:18:42:00 +0200", status=403, error="AccessDenied"), WHOSE)
    assert read is not None
    assert read.call is not None
    assert (read.at.hour, read.call.refused, read.call.agent) == (16, True, "aws-cli/2.15.0")


def test_an_archived_object_is_no_refusal_of_who_may_read_it() -> None:
    read = read_line(line(status=403, error="InvalidObjectState"), WHOSE)
    assert read is not None
    assert read.call is not None
    assert not read.call.refused


@pytest.mark.parametrize(
    "requester", ["-", "arn:aws:iam::123456789012:user/other", "arn:aws:sts::123456789012:assumed-role/r/s", "svc:logging.s3.amazonaws.com"]
)
def test_a_line_about_somebody_else_counts_for_what_the_log_covers_and_for_nobody(requester: str) -> None:
    read = read_line(line(requester=requester), WHOSE)
    assert read is not None
    assert (read.bucket, read.call) == ("acme-builds", None)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "hello",
        "\x00" * 100,
        line(bucket="a/b"),
        line(time="31/Feb/2026:00:00:00 +0000"),
        line(time="19/Foo/2026:16:42:00 +0000"),
        line(operation="drop table"),
        line(key="k" * LONGEST_LINE),
        line()[:60],
    ],
)
def test_what_is_no_line_is_none(broken: str) -> None:
    assert read_line(broken, WHOSE) is None


@given(st.text(max_size=300))
def test_any_text_is_read_or_is_none(text: str) -> None:
    read_line(text, WHOSE)
    read_line(line(key=text.replace(" ", "") or "-", agent=text), WHOSE)
