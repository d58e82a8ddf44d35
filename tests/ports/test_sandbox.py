"""The demo's account is a real server with content that teaches, it is like AWS where the demo would otherwise lie, and it never outlives us."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ciam_tui.core.activity.events import event_of
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.history import History
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import AccessKey, User
from ciam_tui.ports.aws import FixedAccess
from ciam_tui.ports.sandbox import account, circleci_content, launch
from ciam_tui.ports.sandbox.differences import DIFFERENCES
from ciam_tui.ports.sandbox.launch import Sandbox, start_sandbox
from ciam_tui.surveys.audit import audited
from ciam_tui.surveys.evidence import evidence_of
from tests.app.memory_account import MovingClock
from tests.core.jwts import compact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROVIDER_ARN = f"arn:aws:iam::{account.ACCOUNT_ID}:oidc-provider/oidc.circleci.com/org/{circleci_content.ACME.id}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def client_of(sandbox: Sandbox, service: str) -> Any:
    settings = sandbox.environment()
    return boto3.Session().client(
        service,  # type: ignore[call-overload]  # the name is chosen by the test
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        region_name=settings["AWS_DEFAULT_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def iam(sandbox: Sandbox) -> Any:
    return client_of(sandbox, "iam")


@pytest.fixture(scope="module")
def s3(sandbox: Sandbox) -> Any:
    return client_of(sandbox, "s3")


@contextmanager
def refused(code: str, status: int | None = None, text: str | None = None) -> Iterator[None]:
    with pytest.raises(ClientError, match=text) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code
    assert status in (None, caught.value.response["ResponseMetadata"]["HTTPStatusCode"])


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends_soon(process_id: int) -> bool:
    deadline = time.monotonic() + 180
    while is_alive(process_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(process_id)


# --- Its life ---


def test_starting_it_imports_neither_moto_nor_boto3_nor_pydantic() -> None:
    program = (
        "import sys; from ciam_tui.ports.sandbox.launch import start_sandbox; s = start_sandbox(); s.stop();"
        "print([m for m in ('moto', 'flask', 'boto3', 'botocore', 'pydantic', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_stopping_it_twice_is_stopping_it_once_and_leaves_nothing_open() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        running = start_sandbox()
        process_id = running._process.pid
        assert not running.wait(0)
        running.stop()
        running.stop()
    assert running.wait(0)
    assert not is_alive(process_id)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc whether the account's process is alive")
def test_it_ends_when_its_parent_is_killed() -> None:
    program = (
        "import time; from ciam_tui.ports.sandbox.launch import start_sandbox; s = start_sandbox();"
        "print(s._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        process_id = int(parent.stdout.readline())
        assert is_alive(process_id)
        parent.kill()
        parent.wait()
        assert ends_soon(process_id)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc whether the account's process is alive")
def test_it_ends_when_its_parent_is_killed_while_it_is_still_starting() -> None:
    program = f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-m', {launch.SERVER_MODULE!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE); print(p.pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        process_id = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        assert ends_soon(process_id)


def test_nothing_of_the_machine_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = {
        "AWS_PROFILE": "prod",
        "AWS_SECRET_ACCESS_KEY": "real",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HOME": "/home/dana",
        "CIRCLE_TOKEN": "real",
    }
    with monkeypatch.context() as dirty:
        for name, value in machine.items():
            dirty.setenv(name, value)
        given = launch._clean_environment()
        running = start_sandbox()
    with running:
        assert client_of(running, "iam").list_account_aliases()["AccountAliases"] == [account.ACCOUNT_ALIAS]
        assert running.environment()["CIRCLE_TOKEN"] == account.CIRCLECI_TOKEN
    assert not set(machine.values()) & set(given.values())
    assert not {"AWS_PROFILE", "HTTP_PROXY", "CIRCLE_TOKEN"} & given.keys()
    assert given["HOME"] == given["AWS_CONFIG_FILE"] == os.devnull


def test_its_variables_are_enough_for_any_aws_tool_even_behind_a_proxy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    variables = sandbox.environment()
    assert variables["NO_PROXY"] == "intranet.example,127.0.0.1"
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    environment = {"PATH": os.environ["PATH"], "HTTP_PROXY": "http://127.0.0.1:9", **variables}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == f"arn:aws:iam::{account.ACCOUNT_ID}:user/{account.OPERATOR_NAME}\n"


def test_variables_that_would_lead_elsewhere_are_named(sandbox: Sandbox) -> None:
    machine = {"AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "t", "AWS_ACCESS_KEY_ID": "replaced anyway", "PATH": "/bin"}
    machine |= {"CIRCLECI_CLI_TOKEN": "real", "CIRCLECI_CLI_HOST": "h", "CIRCLE_TOKEN": "replaced anyway", "CIRCLE_PROJECT_REPONAME": "web"}
    assert sandbox.conflicting(machine) == ["AWS_PROFILE", "AWS_SESSION_TOKEN", "CIRCLECI_CLI_HOST", "CIRCLECI_CLI_TOKEN"]


def test_without_moto_it_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(name: str) -> ModuleSpec | None:
        return None if name == "moto" else ModuleSpec(name, None)

    monkeypatch.setattr(launch, "find_spec", find_nothing)
    with pytest.raises(CiamError, match="moto") as caught:
        start_sandbox()
    assert caught.value.code == "demo-missing"
    assert "pip install 'ciam-tui[demo]'" in str(caught.value)


def test_a_start_that_fails_is_told_with_the_last_words_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "SERVER_MODULE", "ciam_tui.no_such_module")
    with pytest.raises(CiamError, match=r"No module named ciam_tui\.no_such_module") as caught:
        start_sandbox()
    assert caught.value.code == "demo-failed"


def test_a_start_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(CiamError, match=r"did not answer within 0\.01 seconds") as caught:
        start_sandbox(timeout_seconds=0.01)
    assert caught.value.code == "demo-failed"


# --- Its content ---


def everything_that_shows(running: Sandbox) -> str:
    iam, s3 = client_of(running, "iam"), client_of(running, "s3")
    seen = [
        iam.get_account_authorization_details(),
        iam.list_access_keys(UserName=account.LEGACY_USER_NAME),
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN),
        s3.list_buckets(),
        s3.list_objects_v2(Bucket=account.BUILDS_BUCKET),
    ]
    for answer in seen:
        del answer["ResponseMetadata"]
    return json.dumps(seen, default=str, indent=1)


def test_two_runs_show_the_same_account() -> None:
    with start_sandbox() as one, start_sandbox() as other:
        assert everything_that_shows(one) == everything_that_shows(other)


def test_there_are_eight_buckets_of_which_one_lives_elsewhere(s3: Any) -> None:
    buckets = {bucket["Name"]: bucket["BucketRegion"] for bucket in s3.list_buckets(Prefix="", MaxBuckets=100)["Buckets"]}
    seeded = {name: region for name, region in buckets.items() if not name.startswith("test-")}
    assert len(seeded) == 8
    assert [name for name, region in seeded.items() if region != account.REGION] == [account.EUROPEAN_BUCKET]


def test_the_bucket_of_builds_has_folders_and_one_whose_name_begins_like_another(s3: Any) -> None:
    prefixes = [entry["Prefix"] for entry in s3.list_objects_v2(Bucket=account.BUILDS_BUCKET, Delimiter="/")["CommonPrefixes"]]
    assert prefixes == ["builds-archive/", "builds/", "cache/", "releases/", "reports/"]


def test_one_bucket_has_hundreds_of_prefixes(s3: Any) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=account.PREVIEWS_BUCKET, Delimiter="/", PaginationConfig={"PageSize": 100})
    assert [len(page["CommonPrefixes"]) for page in pages] == [100, 100, 100, 100, 50]


def test_one_bucket_is_encrypted_with_a_key_that_exists(sandbox: Sandbox, s3: Any) -> None:
    rule = s3.get_bucket_encryption(Bucket=account.KMS_BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    key_arn = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert (key_arn, rule["BucketKeyEnabled"]) == (account.KMS_KEY_ARN, True)
    assert client_of(sandbox, "kms").describe_key(KeyId=key_arn)["KeyMetadata"]["Arn"] == key_arn


def test_the_provider_lacks_the_audience_of_its_organization(iam: Any) -> None:
    audiences = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN)["ClientIDList"]
    assert audiences == ["sts.amazonaws.com"]


def test_the_hand_made_role_lets_in_every_project(iam: Any) -> None:
    trust = iam.get_role(RoleName=account.LEGACY_ROLE_NAME)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [list(statement["Condition"]) for statement in trust] == [["StringEquals"]]
    assert [key.rpartition(":")[2] for key in trust[0]["Condition"]["StringEquals"]] == ["aud"]


def test_an_audit_of_the_account_has_something_of_each_to_show(sandbox: Sandbox) -> None:
    variables = sandbox.environment()
    aws = FixedAccess(sandbox.url, variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]).open(None, None)
    report = audited(aws, History(()), CircleCiIssuers(), at=datetime(2026, 8, 20, tzinfo=UTC))
    aws.close()
    assert {each.read.role.name: each.grade.value for each in report.roles} == {
        account.LEGACY_ROLE_NAME: "open",
        account.LABS_OPEN_ROLE_NAME: "open",
        account.MOBILE_ROLE_NAME: "dead",
        account.LABS_TIGHT_ROLE_NAME: "tight",
    }


def test_the_names_that_the_wizard_proposes_for_web_are_free(iam: Any) -> None:
    names = [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    assert not [name for name in names if name.startswith("circleci-web-")]


def test_the_old_user_may_do_everything_through_the_last_statement_of_its_group(iam: Any) -> None:
    groups = iam.list_groups_for_user(UserName=account.LEGACY_USER_NAME)["Groups"]
    attached = iam.list_attached_group_policies(GroupName=groups[0]["GroupName"])["AttachedPolicies"]
    version = iam.get_policy_version(PolicyArn=attached[0]["PolicyArn"], VersionId="v1")["PolicyVersion"]
    key = iam.list_access_keys(UserName=account.LEGACY_USER_NAME)["AccessKeyMetadata"]
    assert (groups[0]["GroupName"], attached[0]["PolicyName"]) == (account.LEGACY_GROUP_NAME, account.LEGACY_POLICY_NAME)
    assert len(version["Document"]["Statement"]) == 4
    assert version["Document"]["Statement"][-1] == {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert [(entry["AccessKeyId"], entry["Status"]) for entry in key] == [(account.LEGACY_ACCESS_KEY_ID, "Active")]


def test_the_demo_has_two_organizations_and_no_id_twice() -> None:
    organizations = circleci_content.ORGANIZATIONS
    ids = [organization.id for organization in organizations] + [p.id for o in organizations for p in o.projects]
    assert [organization.slug.partition("/")[0] for organization in organizations] == ["gh", "circleci"]
    assert [len(organization.projects) for organization in organizations] == [45, 15]
    assert len(set(ids)) == len(ids)


def test_the_old_users_evidence_teaches_that_the_use_of_objects_is_unknown(sandbox: Sandbox) -> None:
    settings = sandbox.environment()
    access = FixedAccess(settings["AWS_ENDPOINT_URL"], settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"], account.REGION)
    aws = access.open(None, None)
    arn = f"arn:aws:iam::{account.ACCOUNT_ID}:user/{account.LEGACY_USER_NAME}"
    user = User(account.LEGACY_USER_NAME, "AIDA", arn, keys=(AccessKey(account.LEGACY_ACCESS_KEY_ID, "Active"),))
    evidence = evidence_of(aws, user, at=datetime(2026, 8, 20, tzinfo=UTC), clock=MovingClock())
    aws.close()
    assert {seen.action for seen in evidence.seen} == {"s3:ListAllMyBuckets", "sts:GetCallerIdentity"}
    assert evidence.services is not None
    assert [use.service for use in evidence.services if use.last is not None] == ["s3"]
    assert not any(each.missing for each in evidence.coverage)
    assert not evidence.sees_objects


# --- Its differences from AWS ---


def make_role(iam: Any, name: str) -> str:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return name


def padded(size: int) -> str:
    """A policy of exactly `size` characters as IAM counts them, and more with its white space."""
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    missing = size - len(json.dumps(document, separators=(",", ":")))
    document["Statement"][0]["Sid"] = "x" * missing  # type: ignore[index]  # a list of one dict
    return json.dumps(document, indent=2)


def provider_audiences(iam: Any, s3: Any) -> None:
    arn = iam.create_open_id_connect_provider(Url="https://oidc.circleci.com/org/test", ClientIDList=["a"])["OpenIDConnectProviderArn"]
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
        assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["a", "b"]
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
        assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["b"]
    for number in range(99):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=f"c{number}")
    with refused("LimitExceeded", 409):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one too many")
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", 404):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    with refused("NoSuchEntity", 404):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")


def unknown_actions(iam: Any, s3: Any) -> None:
    user_arn = f"arn:aws:iam::{account.ACCOUNT_ID}:user/{account.OPERATOR_NAME}"
    with refused("InvalidAction", 400, "SimulatePrincipalPolicy"):
        iam.simulate_principal_policy(PolicySourceArn=user_arn, ActionNames=["s3:GetObject"])


def delete_attached_policy(iam: Any, s3: Any) -> None:
    role = make_role(iam, "test-attached")
    arn = iam.create_policy(PolicyName="test-attached", PolicyDocument=padded(200))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with refused("DeleteConflict", 409, "attached"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=padded(201))
    with refused("DeleteConflict", 409, "more than one version"):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity"):
        iam.get_policy(PolicyArn=arn)


def role_name_case(iam: Any, s3: Any) -> None:
    make_role(iam, "test-Case")
    with refused("EntityAlreadyExists", 409):
        make_role(iam, "TEST-case")


def trust_policy_quota(iam: Any, s3: Any) -> None:
    def trust(size: int) -> str:
        document: dict[str, Any] = {**TRUST, "Id": ""}
        document["Id"] = "x" * (size - len(json.dumps(document, separators=(",", ":"))))
        return json.dumps(document, indent=4)

    too_long = "Cannot exceed quota for ACLSizePerRole: 2048"
    with refused("LimitExceeded", 409, too_long):
        iam.create_role(RoleName="test-long-trust", AssumeRolePolicyDocument=trust(2049))
    iam.create_role(RoleName="test-long-trust", AssumeRolePolicyDocument=trust(2048))
    with refused("LimitExceeded", 409, too_long):
        iam.update_assume_role_policy(RoleName="test-long-trust", PolicyDocument=trust(2049))


def inline_policy_quota(iam: Any, s3: Any) -> None:
    role = make_role(iam, "test-inline")
    iam.put_role_policy(RoleName=role, PolicyName="one", PolicyDocument=padded(10_000))
    with refused("LimitExceeded", 409, "Maximum policy size of 10240 bytes exceeded for role test-inline"):
        iam.put_role_policy(RoleName=role, PolicyName="two", PolicyDocument=padded(241))
    iam.put_role_policy(RoleName=role, PolicyName="two", PolicyDocument=padded(240))
    iam.put_role_policy(RoleName=role, PolicyName="one", PolicyDocument=padded(9_000))


def managed_policy_quota(iam: Any, s3: Any) -> None:
    with refused("LimitExceeded", 409, "Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy(PolicyName="test-long", PolicyDocument=padded(6145))
    arn = iam.create_policy(PolicyName="test-long", PolicyDocument=padded(6144))["Policy"]["Arn"]
    with refused("LimitExceeded", 409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=padded(6145))


def attached_policies_quota(iam: Any, s3: Any) -> None:
    role = make_role(iam, "test-many")
    arns = [iam.create_policy(PolicyName=f"test-{n}", PolicyDocument=padded(200))["Policy"]["Arn"] for n in range(11)]
    for arn in [*arns[:10], arns[0]]:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with refused("LimitExceeded", 409, "PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName=role, PolicyArn=arns[10])


def expected_bucket_owner(iam: Any, s3: Any) -> None:
    bucket, owner, stranger = account.BUILDS_BUCKET, account.ACCOUNT_ID, "210987654321"
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=owner)
    with refused("403", 403):
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=stranger)
    with refused("AccessDenied", 403):
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=stranger)
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=bucket, Key="README.txt", ExpectedBucketOwner=stranger)
    with refused("404", 404):
        s3.head_bucket(Bucket="test-no-such-bucket", ExpectedBucketOwner=owner)


def bucket_pages(iam: Any, s3: Any) -> None:
    names: list[str] = []
    following: dict[str, str] = {}
    while following or not names:
        page = s3.list_buckets(MaxBuckets=3, **following)
        assert 0 < len(page["Buckets"]) <= 3
        assert all("BucketRegion" in bucket for bucket in page["Buckets"])
        names += [bucket["Name"] for bucket in page["Buckets"]]
        following = {"ContinuationToken": page["ContinuationToken"]} if "ContinuationToken" in page else {}
    everything = s3.list_buckets()["Buckets"]
    assert names == [bucket["Name"] for bucket in everything] == sorted(names)
    assert not any("BucketRegion" in bucket for bucket in everything)
    with refused("InvalidArgument", 400):
        s3.list_buckets(MaxBuckets=3, ContinuationToken="not one")


def new_bucket_is_private(iam: Any, s3: Any) -> None:
    s3.create_bucket(Bucket="test-private")
    assert set(s3.get_public_access_block(Bucket="test-private")["PublicAccessBlockConfiguration"].values()) == {True}
    rules = s3.get_bucket_ownership_controls(Bucket="test-private")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def default_encryption(iam: Any, s3: Any) -> None:
    s3.create_bucket(Bucket="test-encryption")
    rules = s3.get_bucket_encryption(Bucket="test-encryption")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def tags_of_a_new_bucket(iam: Any, s3: Any) -> None:
    tags = [{"Key": "managed-by", "Value": "ciam-tui"}, {"Key": "run", "Value": "1"}]
    for count in (1, 2):
        s3.create_bucket(Bucket=f"test-tags-{count}", CreateBucketConfiguration={"Tags": tags[:count]})
        assert s3.get_bucket_tagging(Bucket=f"test-tags-{count}")["TagSet"] == tags[:count]
    s3.create_bucket(Bucket="test-tags-none", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket="test-tags-none")


def tags_of_a_deleted_bucket(iam: Any, s3: Any) -> None:
    s3.create_bucket(Bucket="test-reborn")
    s3.put_bucket_tagging(Bucket="test-reborn", Tagging={"TagSet": [{"Key": "run", "Value": "1"}]})
    s3.delete_bucket(Bucket="test-reborn")
    s3.create_bucket(Bucket="test-reborn")
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket="test-reborn")


def bucket_policy_conditions(iam: Any, s3: Any) -> None:
    s3.create_bucket(Bucket="test-tls")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::test-tls/*"}
    only_tls = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket="test-tls", Policy=json.dumps({"Version": "2012-10-17", "Statement": [only_tls]}))
    s3.put_object(Bucket="test-tls", Key="k", Body=b"v")
    assert s3.get_object(Bucket="test-tls", Key="k")["Body"].read() == b"v"
    s3.put_bucket_policy(Bucket="test-tls", Policy=json.dumps({"Version": "2012-10-17", "Statement": deny}))
    with refused("403", 403):
        s3.head_object(Bucket="test-tls", Key="k")


def service_last_accessed(iam: Any, s3: Any) -> None:
    arn = iam.get_user(UserName=account.LEGACY_USER_NAME)["User"]["Arn"]
    job_id = iam.generate_service_last_accessed_details(Arn=arn, Granularity="ACTION_LEVEL")["JobId"]
    assert iam.get_service_last_accessed_details(JobId=job_id)["JobStatus"] == "IN_PROGRESS"
    done = iam.get_service_last_accessed_details(JobId=job_id)
    assert done["JobStatus"] == "COMPLETED"
    last = {each["ServiceNamespace"]: each.get("LastAuthenticated") for each in done["ServicesLastAccessed"]}
    assert {service for service, when in last.items() if when} == {"s3"}
    used = iam.get_access_key_last_used(AccessKeyId=account.LEGACY_ACCESS_KEY_ID)["AccessKeyLastUsed"]
    assert last["s3"] == used["LastUsedDate"]
    with refused("NoSuchEntity"):
        iam.get_service_last_accessed_details(JobId="x" * 36)


def event_history(iam: Any, s3: Any) -> None:
    trail = boto3.Session().client(
        "cloudtrail",
        endpoint_url=iam.meta.endpoint_url,
        region_name=account.REGION,
        aws_access_key_id=account.OPERATOR_ACCESS_KEY_ID,
        aws_secret_access_key=account.OPERATOR_SECRET_ACCESS_KEY,
    )
    window = {"StartTime": datetime(2026, 8, 1, tzinfo=UTC), "EndTime": datetime(2026, 8, 20, tzinfo=UTC)}

    def events(value: str, key: str = "AccessKeyId", **more: Any) -> list[Any]:
        asked = [{"AttributeKey": key, "AttributeValue": value}]
        return list(trail.lookup_events(LookupAttributes=asked, **(window | more))["Events"])

    found = events(account.LEGACY_ACCESS_KEY_ID)
    assert [event["EventName"] for event in found] == ["ListBuckets", "GetCallerIdentity"] * 3
    assert all(window["StartTime"] <= event["EventTime"] <= window["EndTime"] for event in found)
    assert events(account.OPERATOR_ACCESS_KEY_ID) == []
    role_arn = iam.get_role(RoleName=account.LEGACY_ROLE_NAME)["Role"]["Arn"]
    assert [event["EventName"] for event in events(role_arn, "ResourceName")] == ["AssumeRoleWithWebIdentity"] * 3
    assert len(events("AssumeRoleWithWebIdentity", "EventName")) == 6
    assert {event["EventName"] for event in events("s3.amazonaws.com", "EventSource")} == {"ListBuckets", "GetBucketLocation"}


def roles_taken(iam: Any, s3: Any) -> None:
    """Whoever takes a role is seen where AWS would show it."""
    clients: dict[str, Any] = {
        service: boto3.Session().client(
            service,
            endpoint_url=iam.meta.endpoint_url,
            region_name=account.REGION,
            aws_access_key_id=account.OPERATOR_ACCESS_KEY_ID,
            aws_secret_access_key=account.OPERATOR_SECRET_ACCESS_KEY,
        )
        for service in ("sts", "cloudtrail")
    }
    role = iam.create_role(RoleName="test-taken", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    assert "LastUsedDate" not in iam.get_role(RoleName="test-taken")["Role"].get("RoleLastUsed", {})
    token = compact({"iss": "https://oidc.circleci.com/org/o", "aud": ["o"], "sub": "org/o/project/p/user/u"})
    clients["sts"].assume_role_with_web_identity(RoleArn=role["Arn"], RoleSessionName="job", WebIdentityToken=token)
    asked = [{"AttributeKey": "ResourceName", "AttributeValue": role["Arn"]}]
    window = {"StartTime": datetime.now(UTC) - timedelta(days=1), "EndTime": datetime.now(UTC) + timedelta(days=1)}
    [event] = clients["cloudtrail"].lookup_events(LookupAttributes=asked, **window)["Events"]
    told = event_of(event["CloudTrailEvent"])
    assert told is not None
    assert (told.role_arn, told.sub, told.audience, told.let_in) == (role["Arn"], "org/o/project/p/user/u", "o", True)
    assert "LastUsedDate" in iam.get_role(RoleName="test-taken")["Role"]["RoleLastUsed"]


def credential_report(iam: Any, s3: Any) -> None:
    while iam.generate_credential_report()["State"] != "COMPLETE":
        pass
    report = iam.get_credential_report()
    assert abs((datetime.now(UTC) - report["GeneratedTime"]).total_seconds()) < 3600
    rows = {row["user"]: row for row in csv.DictReader(report["Content"].decode().splitlines())}
    used, never = rows[account.LEGACY_USER_NAME], rows[account.REPORTS_USER_NAME]
    assert [used[f"access_key_1_last_used_{column}"] for column in ("region", "service")] == ["us-east-1", "s3"]
    assert [never[f"access_key_1_last_used_{column}"] for column in ("date", "region", "service")] == ["N/A"] * 3


def service_credentials(iam: Any, s3: Any) -> None:
    with user(iam) as name:
        made = iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]
        (listed,) = iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]
        assert listed["ServiceSpecificCredentialId"] == made["ServiceSpecificCredentialId"]
        with refused("DeleteConflict"):
            iam.delete_user(UserName=name)
        iam.delete_service_specific_credential(UserName=name, ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])
        with refused("NoSuchEntity"):
            iam.delete_service_specific_credential(UserName=name, ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])


def user_boundaries(iam: Any, s3: Any) -> None:
    with user(iam) as name:
        edge = f"arn:aws:iam::{account.ACCOUNT_ID}:policy/edge"
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=edge)
        assert iam.get_user(UserName=name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == edge
        iam.delete_user_permissions_boundary(UserName=name)
        assert "PermissionsBoundary" not in iam.get_user(UserName=name)["User"]


def laden_users(iam: Any, s3: Any) -> None:
    with user(iam) as name:
        iam.create_login_profile(UserName=name, Password="Correct-horse-1")
        with refused("DeleteConflict"):
            iam.delete_user(UserName=name)
        iam.delete_login_profile(UserName=name)
        key_id = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        with refused("DeleteConflict"):
            iam.delete_user(UserName=name)
        iam.delete_access_key(UserName=name, AccessKeyId=key_id)
        iam.create_group(GroupName="laden")
        iam.add_user_to_group(GroupName="laden", UserName=name)
        with refused("DeleteConflict"):
            iam.delete_user(UserName=name)
        iam.remove_user_from_group(GroupName="laden", UserName=name)
        iam.delete_group(GroupName="laden")


def devices_in_use(iam: Any, s3: Any) -> None:
    with user(iam) as name:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
        with refused("DeleteConflict"):
            iam.delete_virtual_mfa_device(SerialNumber=serial)
        iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
        iam.delete_virtual_mfa_device(SerialNumber=serial)


def beside(iam: Any, service: str, account_id: str | None = None) -> Any:
    """Another service of the same server, as another account where one is named."""
    client = boto3.client(
        service,  # type: ignore[call-overload]  # the name is chosen by the test
        endpoint_url=iam.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=account.OPERATOR_ACCESS_KEY_ID,
        aws_secret_access_key=account.OPERATOR_SECRET_ACCESS_KEY,
    )
    if account_id is not None:
        client.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account_id))
    return client


def no_organization(iam: Any, s3: Any) -> None:
    assert {each["Name"] for each in beside(iam, "organizations").list_accounts()["Accounts"]} == {"acme-prod", *account.MEMBERS.values()}
    with refused("AWSOrganizationsNotInUseException"):
        beside(iam, "organizations", "999999999999").list_accounts()


def roles_of_other_accounts(iam: Any, s3: Any) -> None:
    sts = beside(iam, "sts")

    def take(member: str, **more: str) -> Any:
        arn = f"arn:aws:iam::{member}:role/{account.AUDIT_ROLE_NAME}"
        return sts.assume_role(RoleArn=arn, RoleSessionName="proof", **more)["AssumedRoleUser"]["Arn"]

    assert account.STAGING_MEMBER in take(account.STAGING_MEMBER)
    with refused("AccessDenied"):
        take(account.UNREAD_MEMBER)


@contextmanager
def user(iam: Any) -> Iterator[str]:
    """A user for one test, that can be deleted at its end."""
    iam.create_user(UserName="laden")
    yield "laden"
    iam.delete_user(UserName="laden")


PROOFS: dict[str, Callable[[Any, Any], None]] = {
    proof.__name__.replace("_", "-"): proof
    for proof in (
        provider_audiences,
        unknown_actions,
        delete_attached_policy,
        role_name_case,
        trust_policy_quota,
        inline_policy_quota,
        managed_policy_quota,
        attached_policies_quota,
        expected_bucket_owner,
        bucket_pages,
        new_bucket_is_private,
        default_encryption,
        tags_of_a_new_bucket,
        tags_of_a_deleted_bucket,
        bucket_policy_conditions,
        credential_report,
        service_last_accessed,
        event_history,
        roles_taken,
        service_credentials,
        user_boundaries,
        laden_users,
        devices_in_use,
        no_organization,
        roles_of_other_accounts,
    )
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_mended_difference_is_mended(name: str, iam: Any, s3: Any) -> None:
    PROOFS[name](iam, s3)


def test_every_mended_difference_has_its_proof_and_every_difference_says_both_sides() -> None:
    assert [difference.name for difference in DIFFERENCES if difference.mend] == list(PROOFS)
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)
    assert all(difference.moto and difference.aws for difference in DIFFERENCES)
