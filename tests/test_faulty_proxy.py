"""The proxy of the fault tests does what those tests rely on: names every call, fails the one it was told to, and leaves the rest alone."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.launch import Sandbox, start_sandbox
from tests.faulty_proxy import Fault, FaultyProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox() as running:
        yield running


@pytest.fixture
def proxy(sandbox: Sandbox) -> Iterator[FaultyProxy]:
    with FaultyProxy(sandbox) as running:
        yield running


def client(environment: dict[str, str], service: str, **settings: Any) -> Any:
    return boto3.Session().client(
        service,  # type: ignore[call-overload]  # the name is chosen by the test
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, **settings),
    )


@pytest.fixture
def iam(proxy: FaultyProxy) -> Any:
    return client(proxy.environment(), "iam")


def exists(sandbox: Sandbox, role_name: str) -> bool:
    """Asked of the account itself, past the proxy."""
    try:
        client(sandbox.environment(), "iam").get_role(RoleName=role_name)
    except ClientError:
        return False
    return True


def test_every_call_is_named_as_boto3_names_it(proxy: FaultyProxy, iam: Any) -> None:
    s3, sts, kms = (client(proxy.environment(), service) for service in ("s3", "sts", "kms"))
    made: list[str] = []
    for each in (iam, s3, sts, kms):
        each.meta.events.register("before-call", lambda model, **_: made.append(model.name))
    bucket, policy = "test-names", {"Version": "2012-10-17", "Statement": []}
    sts.get_caller_identity()
    kms.describe_key(KeyId=account.KMS_KEY_ARN)
    iam.list_roles()
    iam.get_account_summary()
    s3.list_buckets(MaxBuckets=3)
    s3.create_bucket(Bucket=bucket)
    s3.head_bucket(Bucket=bucket)
    s3.get_bucket_location(Bucket=bucket)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.get_public_access_block(Bucket=bucket)
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    s3.get_bucket_encryption(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a/b c", Body=b"content")
    s3.head_object(Bucket=bucket, Key="a/b c")
    assert s3.get_object(Bucket=bucket, Key="a/b c")["Body"].read() == b"content"
    s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/")
    s3.list_objects(Bucket=bucket)
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions]})
    s3.delete_bucket(Bucket=bucket)
    assert proxy.operations() == made
    assert [call.number for call in proxy.calls] == list(range(1, len(made) + 1))
    assert all(call.fault is None and call.passed_on for call in proxy.calls)


@pytest.mark.parametrize(
    ("fault", "iam_refusal", "s3_refusal"),
    [
        (Fault.SERVER_ERROR, (500, "InternalFailure"), (500, "InternalError")),
        (Fault.UNAVAILABLE, (503, "ServiceUnavailable"), (503, "ServiceUnavailable")),
        (Fault.THROTTLED, (400, "Throttling"), (503, "SlowDown")),
        (Fault.DENIED, (403, "AccessDenied"), (403, "AccessDenied")),
    ],
)
def test_a_refusal_reads_as_the_service_would_write_it_and_has_no_effect(
    fault: Fault, iam_refusal: tuple[int, str], s3_refusal: tuple[int, str], proxy: FaultyProxy, sandbox: Sandbox
) -> None:
    iam, s3 = client(proxy.environment(), "iam"), client(proxy.environment(), "s3")
    name = f"test-refused-{fault.name.lower()}"
    proxy.inject(fault, "CreateRole")
    proxy.inject(fault, "ListBuckets")
    with pytest.raises(ClientError) as by_iam:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError) as by_s3:
        s3.list_buckets()
    for caught, refusal in ((by_iam, iam_refusal), (by_s3, s3_refusal)):
        response = caught.value.response
        assert (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]) == refusal
    assert not exists(sandbox, name)


@pytest.mark.parametrize(
    ("fault", "seen", "took_effect"),
    [
        (Fault.DROPPED_BEFORE, ConnectionClosedError, False),
        (Fault.DROPPED_AFTER, ConnectionClosedError, True),
        (Fault.UNREADABLE, ResponseParserError, True),
    ],
)
def test_a_lost_answer_says_nothing_about_the_effect(
    fault: Fault, seen: type[Exception], took_effect: bool, proxy: FaultyProxy, sandbox: Sandbox
) -> None:
    iam = client(proxy.environment(), "iam")
    name = f"test-lost-{fault.name.lower().replace('_', '-')}"
    proxy.inject(fault, "CreateRole")
    with pytest.raises(seen):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert exists(sandbox, name) is took_effect
    assert [(call.fault, call.passed_on) for call in proxy.calls] == [(fault, took_effect)]


def test_a_server_error_may_come_after_the_effect(proxy: FaultyProxy, iam: Any, sandbox: Sandbox) -> None:
    proxy.inject(Fault.SERVER_ERROR, "CreateRole", passed_on=True)
    with pytest.raises(ClientError, match="InternalFailure"):
        iam.create_role(RoleName="test-late-500", AssumeRolePolicyDocument=TRUST)
    assert exists(sandbox, "test-late-500")


def test_a_frozen_call_holds_its_caller_and_says_so(proxy: FaultyProxy, sandbox: Sandbox) -> None:
    proxy.inject(Fault.FROZEN, "CreateRole")
    impatient = client(proxy.environment(), "iam", read_timeout=0.3)
    with pytest.raises(ReadTimeoutError):
        impatient.create_role(RoleName="test-frozen", AssumeRolePolicyDocument=TRUST)
    assert proxy.frozen.wait(180)
    assert exists(sandbox, "test-frozen")
    client(proxy.environment(), "iam").list_roles()


def test_only_the_nth_call_of_its_operation_fails(proxy: FaultyProxy, iam: Any) -> None:
    proxy.inject(Fault.DENIED, "GetRole", nth=2, times=2)
    outcomes = []
    for _ in range(4):
        iam.list_roles()
        try:
            iam.get_role(RoleName=account.LEGACY_ROLE_NAME)
            outcomes.append("found")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["found", "AccessDenied", "AccessDenied", "found"]


def test_a_rule_without_an_operation_counts_every_call_and_healing_ends_it(proxy: FaultyProxy, iam: Any) -> None:
    proxy.inject(Fault.UNAVAILABLE, nth=2, times=1000)
    iam.list_roles()
    for ask in (iam.list_users, iam.list_groups):
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            ask()
    proxy.heal()
    iam.list_users()
    assert [call.fault for call in proxy.calls] == [None, Fault.UNAVAILABLE, Fault.UNAVAILABLE, None]


def test_closing_it_lets_go_of_every_caller(sandbox: Sandbox) -> None:
    outcome: list[Exception] = []

    def ask(call: Callable[[], object]) -> None:
        try:
            call()
        except ConnectionClosedError as error:
            outcome.append(error)

    with FaultyProxy(sandbox) as proxy:
        proxy.inject(Fault.FROZEN)
        asking = threading.Thread(target=ask, args=(client(proxy.environment(), "iam").list_roles,))
        asking.start()
        assert proxy.frozen.wait(180)
    asking.join(5)
    assert not asking.is_alive()
    assert len(outcome) == 1
