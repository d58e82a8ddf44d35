"""CloudFormation's template makes what the plan makes: as a reader of YAML reads it, and as a server deploys it; and cfn-lint has nothing to say.

The server has no OIDC provider within a template. It is deployed without, as where the account has the provider already.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import given, settings

from ciam_tui.core.export.cloudformation import export_cloudformation
from ciam_tui.core.export.cloudformation_resources import logical_ids
from ciam_tui.ports.export_folder import write_export
from tests.core.asking import everything_setup, example_setup
from tests.core.strategies import setups
from tests.exports.holdings import Holdings, planned_holdings, template_holdings
from tests.exports.proofs import PATIENCE_SECONDS, PROOFS, applied_by_plan
from tests.exports.test_aws_cli import BUILD, HOSTILE, holds_the_bucket
from tests.moto_server import ACCESS_KEY_ID, SECRET_ACCESS_KEY, reset
from tests.runs import a_setup, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.setup import Setup
    from tests.served_account import ServedAccount

KINDS = {
    "the documented Setup": example_setup(),
    "all there is": everything_setup(),
    "hostile names": HOSTILE,
    "managed policies": a_setup(role__policy_kind="managed", role__tags={"team": "web"}),
}
each_kind = pytest.mark.parametrize("setup", KINDS.values(), ids=KINDS)


def template_of(setup: Setup) -> str:
    (file,) = export_cloudformation(setup)
    assert file.path == "template.yaml"
    return file.text


def as_far_as_templates_go(planned: Holdings) -> Holdings:
    """Without what CloudFormation has no word for: tags of managed policies, and empty ones of a provider."""
    policies = {arn: {**policy, "tags": {}} for arn, policy in planned["policies"].items()}
    providers = {
        url: {**provider, "tags": {key: value for key, value in provider["tags"].items() if value}}
        for url, provider in planned["providers"].items()
    }
    return {**planned, "policies": policies, "providers": providers}


def prove(setup: Setup) -> None:
    template = template_of(setup)
    assert template_holdings(template, setup.account_id, setup.partition) == as_far_as_templates_go(planned_holdings(setup))
    assert template.isascii()


@each_kind
def test_it_makes_what_the_plan_makes(setup: Setup) -> None:
    prove(setup)


@settings(max_examples=10)
@given(setups())
def test_it_makes_what_the_plan_makes_for_any_setup(setup: Setup) -> None:
    prove(setup)


@pytest.mark.long
@settings(max_examples=400)
@given(setups())
def test_it_makes_what_the_plan_makes_for_many_setups(setup: Setup) -> None:
    prove(setup)


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    for number, setup in enumerate((HOSTILE, KINDS["managed policies"])):
        write_export(tmp_path / str(number), export_cloudformation(setup))
    linted = subprocess.run(
        [PROOFS / "cfn-lint", "--include-checks", "W", "--", *tmp_path.glob("*/template.yaml")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stderr


def test_roles_get_names_within_the_template_that_differ() -> None:
    names = ["circleci-web-build", "circleci.web.build", "-", "+", "9x", "circleciWeb", "circleci-web"]
    assert logical_ids(names) == (
        "CircleciWebBuild", "CircleciWebBuild2", "Role", "Role2", "Role9x", "CircleciWeb", "CircleciWeb2"
    )  # fmt: skip


@pytest.fixture(scope="module")
def stacks() -> Iterator[str]:
    """The address of a server that has CloudFormation."""
    server = subprocess.Popen(
        [PROOFS / "python", "-m", "tests.exports.moto_stacks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.stdin.close()
    server.stdout.close()
    server.wait(PATIENCE_SECONDS)


# moto makes no role with inline policies from a template (it answers 500); those are held by what the template says.
@pytest.mark.parametrize("setup", [pytest.param(a_setup(role__policy_kind="managed", stages=[BUILD]), id="a managed policy")])
def test_a_stack_of_it_is_what_the_plan_leaves_behind(setup: Setup, stacks: str, account: ServedAccount) -> None:
    holds_the_bucket(account, setup)
    planned = applied_by_plan(account, setup)

    def client(service: str) -> Any:
        session = boto3.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=setup.bucket.region)
        config = Config(s3={"addressing_style": "path"}, proxies={})
        return session.client(service, endpoint_url=stacks, config=config)  # type: ignore[call-overload]  # the name is a variable here

    reset(stacks)
    iam, s3 = client("iam"), client("s3")
    (provider,) = planned["providers"]
    tags = [{"Key": key, "Value": value} for key, value in provider["tags"]]
    url = f"https://{provider['arn'].partition('/')[2]}"
    iam.create_open_id_connect_provider(Url=url, ClientIDList=provider["clients"], Tags=tags)
    client("cloudformation").create_stack(
        StackName="roles",
        TemplateBody=template_of(setup),
        Parameters=[{"ParameterKey": "MakeProvider", "ParameterValue": "false"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    deployed = snapshot(iam, s3)
    for policy in planned["policies"]:
        policy["tags"] = []
    assert {**deployed, "buckets": []} == {**planned, "buckets": []}
    assert [bucket["name"] for bucket in deployed["buckets"]] == [bucket["name"] for bucket in planned["buckets"]]
