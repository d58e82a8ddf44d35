"""The embedded account, emptied for each test, as somebody sees it who looks from outside of the program."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from ciam_tui import apply
from ciam_tui.core.setup import to_json
from ciam_tui.ports.sandbox.launch import start_sandbox
from tests.runs import ACCOUNT, ORG, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.setup import Setup
    from ciam_tui.ports.sandbox.launch import Sandbox

PROVIDER_URL = f"https://oidc.circleci.com/org/{ORG}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.circleci.com/org/{ORG}"
HAND_MADE_TRUST = f"""{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Federated": "{PROVIDER_ARN}"}},
 "Action": ["sts:AssumeRoleWithWebIdentity"], "Condition": {{"StringEquals": {{"oidc.circleci.com/org/{ORG}:aud": ["{ORG}"]}}}}}}]}}"""
HAND_MADE_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}'
HAND_MADE_ROLE = "circleci-web-build"


class ServedAccount:
    """`iam` and `s3` talk to the account past the program and past any proxy."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.iam = self._client("iam")
        self.s3 = self._client("s3")

    def _client(self, service: str) -> Any:
        variables = self.sandbox.environment()
        return boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_DEFAULT_REGION"],
        ).client(
            service,  # type: ignore[call-overload]  # the name is a variable here
            endpoint_url=self.sandbox.url,
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def taken(self, role_arn: str) -> None:
        """Some job takes the role now; the account looks at no token."""
        self._client("sts").assume_role_with_web_identity(RoleArn=role_arn, RoleSessionName="job", WebIdentityToken="a.b.c")

    def empty(self) -> None:
        """Nothing is left in it."""
        connection = HTTPConnection(urlsplit(self.sandbox.url).netloc)
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().read()
        connection.close()

    def shows(self) -> dict[str, Any]:
        """All roles, policies, providers and buckets, with their documents and tags."""
        return snapshot(self.iam, self.s3)

    def holds_a_bucket_and_a_provider(self, *audiences: str) -> None:
        self.s3.create_bucket(Bucket="acme-run-tests")
        self.iam.create_open_id_connect_provider(Url=PROVIDER_URL, ClientIDList=list(audiences))

    def holds_a_role_made_by_hand(self) -> None:
        """Under the name of the first stage, with a policy too many, inline and attached, and tags of its own."""
        self.holds_a_bucket_and_a_provider(ORG)
        edge = self.iam.create_policy(PolicyName="edge", PolicyDocument=HAND_MADE_POLICY)["Policy"]["Arn"]
        self.iam.create_role(
            RoleName=HAND_MADE_ROLE,
            Path="/circleci/",
            AssumeRolePolicyDocument=HAND_MADE_TRUST,
            Description="by hand",
            MaxSessionDuration=7200,
            Tags=[{"Key": "team", "Value": "old"}, {"Key": "owner", "Value": "dana"}],
            PermissionsBoundary=edge,
        )
        self.iam.put_role_policy(RoleName=HAND_MADE_ROLE, PolicyName="s3", PolicyDocument=HAND_MADE_POLICY)
        self.iam.put_role_policy(RoleName=HAND_MADE_ROLE, PolicyName="other", PolicyDocument=HAND_MADE_POLICY)
        self.iam.attach_role_policy(RoleName=HAND_MADE_ROLE, PolicyArn=edge)


def written(folder: Path, setup: Setup, name: str = "setup.json") -> str:
    """The path of a Setup file that holds `setup`."""
    path = folder / name
    path.write_text(to_json(setup), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="session")
def served() -> Iterator[ServedAccount]:
    """One server for all tests of a room."""
    with start_sandbox() as sandbox:
        yield ServedAccount(sandbox)


@pytest.fixture
def account(served: ServedAccount, monkeypatch: pytest.MonkeyPatch) -> ServedAccount:
    """An empty account, to which this process's AWS settings lead. What runs within this process does not pause between writes."""
    served.empty()
    for name, value in served.sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(apply, "IAM_PAUSE_SECONDS", 0)
    return served
