from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import Call, call_of
from ciam_tui.core.document import Document
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.ports.aws import clients
from ciam_tui.ports.loopback import is_loopback
from tests.moto_server import ACCOUNT_ID, SECRET_ACCESS_KEY, access_to
from tests.one_answer import IAM_ERROR, S3_ERROR, Answer, answers, one_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.ports.aws import BotoAws

DOCUMENT = Document.of(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}
)
POLICY_ARN = f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/builds"
PUT_INLINE = call_of(kinds.PutInlinePolicy("r", "s3", DOCUMENT))
VERSION_BUCKET = call_of(kinds.VersionBucket("some.bucket"))
CREATE_VERSION = call_of(kinds.CreatePolicyVersion(POLICY_ARN, DOCUMENT))
HTML = "<!doctype html>\n<title>Sign in to the network</title>"
XHTML = "<html><head><title>Sign in</title></head><body/></html>"


@contextmanager
def account(url: str, **settings: str) -> Iterator[BotoAws]:
    opened = access_to(url, **settings).open(None, None)
    try:
        yield opened
    finally:
        opened.close()


def failure_of(call: Call, answer: Answer) -> tuple[WriteFailed, int]:
    """How `call` fails when AWS answers so, and how many requests it took."""
    with one_answer(answer) as server, account(server.url) as aws:
        with pytest.raises(WriteFailed) as caught:
            aws.send(call)
        server.wait_for_a_request()
        return caught.value, len(server.requests)


def test_what_was_made_is_told_with_its_ids(aws: BotoAws) -> None:
    role = aws.send(call_of(kinds.CreateRole("r", "", "/circleci/", DOCUMENT, "", 3600, None, ())))
    assert role.request_id
    assert role.ids == {"role_id": aws.roles(["r"])["r"].role_id, "arn": f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/r"}
    policy = aws.send(call_of(kinds.CreatePolicy(POLICY_ARN, "builds", "/circleci/", DOCUMENT, "", ())))
    assert policy.ids == {"policy_id": aws.policies([POLICY_ARN])[POLICY_ARN].policy_id, "version_id": "v1", "arn": POLICY_ARN}
    assert aws.send(CREATE_VERSION).ids == {"version_id": "v2"}
    provider = kinds.CreateProvider("", "oidc.circleci.com/org/x", ("a",), ())
    assert aws.send(call_of(provider)).ids == {"arn": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/oidc.circleci.com/org/x"}
    assert aws.send(PUT_INLINE).ids == {}


def test_a_bucket_is_made_in_its_region_from_a_session_in_another(endpoint: str) -> None:
    with account(endpoint, region="eu-west-1") as aws:
        for name, region in (("at-home", "eu-west-1"), ("far-away", "ap-southeast-2"), ("the-default", "us-east-1")):
            aws.send(call_of(kinds.CreateBucket(name, region)))
            bucket = aws.bucket(name, owner=None)
            assert bucket is not None
            assert bucket.region == region
            aws.send(call_of(kinds.VersionBucket(name)))


def test_the_settings_of_a_new_bucket_go_to_its_region_without_a_detour() -> None:
    regions: list[str] = []

    def choose(_request: str, headers: Mapping[str, str]) -> Answer:
        regions.append(headers["authorization"].split("/")[2])
        return Answer(200, headers={"x-amz-request-id": "1"})

    with answers(choose) as server, account(server.url) as aws:
        aws.send(call_of(kinds.CreateBucket("far-away", "ap-southeast-2")))
        aws.send(call_of(kinds.VersionBucket("far-away")))
    assert regions == ["ap-southeast-2", "ap-southeast-2"]


@pytest.mark.parametrize(
    ("code", "status", "ours"),
    [
        ("AccessDenied", 403, "access-denied"),
        ("NoSuchEntity", 404, "not-found"),
        ("EntityAlreadyExists", 409, "already-exists"),
        ("DeleteConflict", 409, "conflict"),
        ("LimitExceeded", 409, "limit-exceeded"),
        ("MalformedPolicyDocument", 400, "request-invalid"),
        ("OpenIdIdpCommunicationError", 400, "issuer-unreachable"),
        ("InvalidClientTokenId", 403, "key-invalid"),
        ("ExpiredToken", 403, "token-expired"),
        ("SomethingNew", 418, "aws-refused"),
    ],
)
def test_what_aws_refuses_has_not_happened(code: str, status: int, ours: str) -> None:
    failure, requests = failure_of(PUT_INLINE, Answer(status, IAM_ERROR.format(code=code, message="No.")))
    assert (failure.outcome, failure.code, requests) == (WriteOutcome.REFUSED, ours, 1)


@pytest.mark.parametrize("status", [403, 500])
def test_a_call_that_did_not_succeed_keeps_the_number_of_awss_answer(status: int) -> None:
    for call, form, number in (
        (PUT_INLINE, IAM_ERROR, "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"),
        (VERSION_BUCKET, S3_ERROR, "4442587FB7D0A2F9"),
    ):
        answer = Answer(status, form.format(code="AccessDenied", message="No."), {"x-amz-request-id": "4442587FB7D0A2F9"})
        assert failure_of(call, answer)[0].request_id == number


def test_what_is_no_number_of_an_answer_is_not_kept_as_one() -> None:
    body = IAM_ERROR.format(code="AccessDenied", message="No.").replace("7a62c49f", "eyJhbGciOiJub25lIn0.e30.")
    failure, _ = failure_of(PUT_INLINE, Answer(403, body))
    assert (failure.outcome, failure.request_id) == (WriteOutcome.REFUSED, "")
    assert failure_of(PUT_INLINE, Answer(0))[0].request_id == ""


@pytest.mark.parametrize(
    ("call", "code", "status"),
    [
        (PUT_INLINE, "Throttling", 400),
        (PUT_INLINE, "RequestLimitExceeded", 503),
        (PUT_INLINE, "ConcurrentModification", 409),
        (PUT_INLINE, "EntityTemporarilyUnmodifiable", 409),
        (VERSION_BUCKET, "SlowDown", 503),
        (VERSION_BUCKET, "OperationAborted", 409),
    ],
)
def test_what_aws_puts_off_has_not_happened_and_may_be_sent_again(call: Call, code: str, status: int) -> None:
    form = S3_ERROR if call.service == "s3" else IAM_ERROR
    failure, requests = failure_of(call, Answer(status, form.format(code=code, message="Later.")))
    assert (failure.outcome, failure.code, requests) == (WriteOutcome.THROTTLED, "throttled", 1)


@pytest.mark.parametrize("call", [PUT_INLINE, CREATE_VERSION, VERSION_BUCKET], ids=lambda call: call.operation)
@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (Answer(500, IAM_ERROR.format(code="ServiceFailure", message="x")), "aws-unavailable"),
        (Answer(503, IAM_ERROR.format(code="ServiceUnavailable", message="x")), "aws-unavailable"),
        (Answer(0), "no-answer"),
        (Answer(200, HTML), "answer-unreadable"),
        (Answer(200, XHTML), "answer-unreadable"),
        (Answer(200), "answer-unreadable"),
        (Answer(200, "<PutRolePolicyResponse>cut o"), "answer-unreadable"),
    ],
    ids=["500", "503", "dropped", "html", "well-formed html", "empty", "cut off"],
)
def test_after_no_answer_or_none_of_aws_nobody_knows_and_nothing_is_sent_twice(call: Call, answer: Answer, ours: str) -> None:
    failure, requests = failure_of(call, answer)
    assert (failure.outcome, failure.code, requests) == (WriteOutcome.UNKNOWN, ours, 1)
    assert failure.suggestions


@pytest.mark.parametrize("call", [PUT_INLINE, VERSION_BUCKET], ids=lambda call: call.operation)
def test_a_page_of_html_with_a_server_error_is_unknown(call: Call) -> None:
    failure, requests = failure_of(call, Answer(502, HTML))
    assert (failure.outcome, requests) == (WriteOutcome.UNKNOWN, 1)


def test_an_answer_that_comes_too_late_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_WRITE_SECONDS", 0.1)
    failure, requests = failure_of(PUT_INLINE, Answer(0, never=True))
    assert (failure.outcome, failure.code, requests) == (WriteOutcome.UNKNOWN, "no-answer", 1)


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: no other program can get the port meanwhile
        with account(f"http://127.0.0.1:{taken.getsockname()[1]}") as aws, pytest.raises(WriteFailed) as caught:
            aws.send(PUT_INLINE)
    assert (caught.value.outcome, caught.value.code) == (WriteOutcome.REFUSED, "unreachable")


def test_a_request_that_botocore_does_not_send_was_not_sent(aws: BotoAws) -> None:
    with pytest.raises(WriteFailed) as caught:
        aws.send(Call("iam", "CreateRole", {"RoleName": 7}))
    assert (caught.value.outcome, caught.value.code) == (WriteOutcome.REFUSED, "request-invalid")


def test_waiting_is_nothing_to_send(aws: BotoAws) -> None:
    with pytest.raises(ValueError, match="no request"):
        aws.send(call_of(kinds.AwaitRoles(("r",))))


def test_a_denial_by_the_organization_says_so() -> None:
    message = (
        "User: arn:aws:iam::123456789012:user/dana is not authorized to perform: iam:CreateOpenIDConnectProvider on resource: "
        "arn:aws:iam::123456789012:oidc-provider/x with an explicit deny in a service control policy"
    )
    failure, _ = failure_of(PUT_INLINE, Answer(403, IAM_ERROR.format(code="AccessDenied", message=message)))
    assert failure.code == "access-denied"
    assert "(SCP) of the organization" in failure.message
    assert "administrators" in failure.suggestions[0]


def test_a_denial_names_the_permission_to_ask_for() -> None:
    message = "User: arn:aws:iam::123456789012:user/dana is not authorized to perform: iam:PutRolePolicy on resource: role r"
    failure, _ = failure_of(PUT_INLINE, Answer(403, IAM_ERROR.format(code="AccessDenied", message=message)))
    assert failure.suggestions[0].startswith("Ask for iam:PutRolePolicy")


@pytest.mark.parametrize(
    "answer", [Answer(0), Answer(403, IAM_ERROR.format(code="AccessDenied", message="No."))], ids=["dropped", "denied"]
)
def test_no_error_keeps_the_signed_request(answer: Answer) -> None:
    failure, _ = failure_of(PUT_INLINE, answer)
    assert (failure.__context__, failure.__cause__) == (None, None)


def test_a_message_of_aws_that_quotes_what_was_signed_is_not_passed_on() -> None:
    token = "IQoJb3JpZ2luX2VjEXAMPLETOKEN" * 4
    message = f"The Canonical String for this request should have been 'POST x-amz-security-token:{token}'"
    failure, _ = failure_of(PUT_INLINE, Answer(403, IAM_ERROR.format(code="SignatureDoesNotMatch", message=message)))
    assert failure.code == "signature-mismatch"
    assert token not in str(failure)
    failure, _ = failure_of(PUT_INLINE, Answer(400, IAM_ERROR.format(code="SomethingNew", message=message + SECRET_ACCESS_KEY)))
    assert token not in str(failure)
    assert SECRET_ACCESS_KEY not in str(failure)


def test_a_wrong_clock_is_told_as_such() -> None:
    message = "Signature expired: 20260101T000000Z is now earlier than 20260101T002000Z (20260101T003500Z - 15 min.)"
    failure, _ = failure_of(PUT_INLINE, Answer(403, IAM_ERROR.format(code="SignatureDoesNotMatch", message=message)))
    assert failure.code == "clock-skew"


def test_a_proxy_of_the_machine_is_not_used_for_the_machine_itself(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with account(endpoint) as aws:
        assert aws.identity().account_id == ACCOUNT_ID
        aws.send(call_of(kinds.CreateBucket("some.bucket", "us-east-1")))


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://127.0.0.1:1", True),
        ("http://[::1]:1", True),
        ("http://localhost:5000", True),
        ("http://moto.localhost:5000", True),
        ("https://iam.amazonaws.com", False),
        ("http://10.0.0.1", False),
        ("https://127.example.com", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(url: str, answer: bool) -> None:
    assert is_loopback(url) is answer


def test_a_read_is_tried_again_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    with one_answer(Answer(503, IAM_ERROR.format(code="ServiceUnavailable", message="x"))) as server, account(server.url) as aws:
        with pytest.raises(CiamError) as caught:
            aws.quotas()
        assert caught.value.code == "aws-unavailable"
        assert len(server.requests) == 2
