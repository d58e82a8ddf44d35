"""The evaluator against a server that enforces: temporary credentials of a role, real S3 calls, and the verdict on each beside the answer.

moto checks actions and resources, not conditions, so the policy of the stage is asked without its conditions on both sides.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Request, compile_policy
from ciam_tui.core.layers import Policies, decide
from ciam_tui.core.permissions import permission_policy
from tests.core.asking import example_setup
from tests.moto_server import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "acme-builds"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/deploy/job-1"
ISSUER = "oidc.circleci.com/org/x"


def client(service: str, endpoint: str, **credentials: str) -> Any:
    config = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    keys = credentials or {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
    make: Any = boto3.client  # a service by its name has no type of its own
    return make(service, endpoint_url=endpoint, region_name="us-east-1", config=config, **keys)


@contextmanager
def enforced(endpoint: str) -> Iterator[None]:
    """The server with its enforcement switched on, for the calls within."""

    def set_free_calls(count: str) -> None:
        connection = HTTPConnection(urlsplit(endpoint).netloc)
        connection.request("POST", "/moto-api/reset-auth", body=count)
        connection.getresponse().read()
        connection.close()

    set_free_calls("0")
    try:
        yield
    finally:
        set_free_calls("inf")


def without_conditions(policy: dict[str, Any]) -> str:
    statements = [{key: value for key, value in statement.items() if key != "Condition"} for statement in policy["Statement"]]
    return json.dumps({**policy, "Statement": statements})


SETUP = example_setup()
STAGE = without_conditions(permission_policy(SETUP, SETUP.stages[-1]).policy)
WILDCARDS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:Get*", "s3:PutObject", "s3:List*"],
                "Resource": ["arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/b*/*"],
            },
            {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*/builds/secret/*"},
        ],
    }
)
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("get_object", "s3:GetObject", {"Key": "builds/a"}),
    ("get_object", "s3:GetObject", {"Key": "builds/secret/a"}),
    ("get_object", "s3:GetObject", {"Key": "releases/a"}),
    ("get_object", "s3:GetObject", {"Key": "builds-x/a"}),
    ("put_object", "s3:PutObject", {"Key": "releases/b"}),
    ("put_object", "s3:PutObject", {"Key": "builds/b"}),
    ("delete_object", "s3:DeleteObject", {"Key": "releases/a"}),
    ("list_objects_v2", "s3:ListBucket", {"Prefix": "releases/"}),
    ("put_bucket_versioning", "s3:PutBucketVersioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
)


def answered(s3: Any, call: str, parameters: dict[str, Any]) -> bool:
    try:
        getattr(s3, call)(Bucket=BUCKET, **parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"  # noqa: PT017 - the other errors are those of a broken test
        return False
    return True


@pytest.mark.parametrize("text", [STAGE, WILDCARDS], ids=["a stage's policy", "wildcards and a Deny"])
def test_real_calls_are_answered_as_the_verdict_says(endpoint: str, text: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
            }
        ],
    }
    iam, s3 = client("iam", endpoint), client("s3", endpoint)
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="deploy", PolicyName="s3", PolicyDocument=text)
    s3.create_bucket(Bucket=BUCKET)
    for key in ("builds/a", "builds/secret/a", "releases/a", "builds-x/a"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    given = client("sts", endpoint).assume_role_with_web_identity(RoleArn=role, RoleSessionName="job-1", WebIdentityToken="t" * 20)[
        "Credentials"
    ]
    own = client(
        "s3",
        endpoint,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    policies = Policies(identity=[compile_policy(parse_policy(text, kind="identity"))])
    said, done = {}, {}
    with enforced(endpoint):
        for call, action, parameters in CALLS:
            arn = f"arn:aws:s3:::{BUCKET}" + (f"/{parameters['Key']}" if "Key" in parameters else "")
            said[action, arn] = decide(Request(action, arn, {}, SESSION), policies, resource_account=ACCOUNT_ID).allowed
            done[action, arn] = answered(own, call, parameters)
    assert done == said
    assert set(done.values()) == {True, False}
