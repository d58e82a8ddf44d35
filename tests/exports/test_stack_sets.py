"""A stack set's template gives each account what the plan for it gives, and its script is run by the real AWS CLI as far as a server goes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ciam_tui.core.facts import SETUP_TAG
from ciam_tui.core.problems import CiamError
from ciam_tui.core.setup import to_json
from ciam_tui.core.stack_sets.export import export_stack_set
from ciam_tui.core.stack_sets.parameters import parameters_of, setup_in
from ciam_tui.core.stack_sets.rollout import Rollout
from ciam_tui.core.stack_sets.template import stack_set_template
from ciam_tui.ports.export_folder import write_export
from tests.core.asking import everything_setup
from tests.core.strategies import account_ids, bucket_names, setups
from tests.exports.holdings import parsed_template_holdings, planned_holdings
from tests.exports.proofs import PATIENCE_SECONDS, PROOFS, AwsCli
from tests.exports.stack_set_values import worked_out
from tests.exports.test_aws_cli import BUILD, HOSTILE
from tests.exports.test_cloudformation import KINDS, as_far_as_templates_go
from tests.moto_server import ACCESS_KEY_ID, SECRET_ACCESS_KEY, reset
from tests.runs import a_setup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.setup import Setup
    from tests.exports.holdings import Holdings

OTHER = "210987654321"
SHELLCHECK = shutil.which("shellcheck")
BY_ACCOUNT = Rollout("self-managed", "ciam-tui-acme", "us-east-1", accounts=(OTHER,))
each_kind = pytest.mark.parametrize("setup", KINDS.values(), ids=KINDS)


def without_setups_tag(held: Holdings) -> Holdings:
    """A hash over an account's id, which no template can make."""

    def untagged(things: dict[str, Any]) -> dict[str, Any]:
        return {
            name: {**each, "tags": {key: value for key, value in each["tags"].items() if key != SETUP_TAG}} for name, each in things.items()
        }

    return {kind: untagged(things) for kind, things in held.items()}


def prove(setup: Setup, account: str, own: dict[str, str], *, bucket_per_account: bool = False) -> None:
    template = stack_set_template(setup, bucket_per_account=bucket_per_account)
    there = setup_in(setup, account, own, bucket_per_account=bucket_per_account)
    given = {each.name: each.given for each in parameters_of(setup) if each.given is not None} | own
    made = worked_out(template, account=account, partition=setup.partition, region=setup.bucket.region, given=given)
    planned = without_setups_tag(as_far_as_templates_go(planned_holdings(there)))
    assert parsed_template_holdings(made, account, setup.partition) == planned
    assert template.isascii()


@each_kind
def test_an_account_gets_what_the_plan_for_it_makes(setup: Setup) -> None:
    prove(setup, OTHER, {})
    prove(setup, setup.account_id, {})


@st.composite
def own_parameters(draw: st.DrawFn, setup: Setup) -> dict[str, str]:
    known = {each.name for each in parameters_of(setup)}
    wanted = {
        "BucketName": bucket_names.filter(lambda name: not name.endswith("-an")),
        "BucketOwner": st.one_of(st.just(""), account_ids),
        "KmsKeyArn": st.builds(
            lambda owner, key: f"arn:{setup.partition}:kms:{setup.bucket.region}:{owner}:key/{key}", account_ids, st.uuids()
        ),
    }
    return {name: draw(values) for name, values in wanted.items() if name in known and draw(st.booleans())}


@settings(max_examples=8)
@given(data=st.data())
def test_any_account_gets_what_the_plan_for_it_makes_with_parameters_of_its_own(data: st.DataObject) -> None:
    prove_any(data)


@pytest.mark.long
@settings(max_examples=400)
@given(data=st.data())
def test_many_accounts_get_what_the_plan_for_them_makes(data: st.DataObject) -> None:
    prove_any(data)


def prove_any(data: st.DataObject) -> None:
    setup, account, per_account = data.draw(setups()), data.draw(account_ids), data.draw(st.booleans())
    own = data.draw(own_parameters(setup))
    try:
        setup_in(setup, account, own, bucket_per_account=per_account)
    except CiamError:  # a name that gets too long by the account's id, or a key of an owner that does not fit
        assume(False)
    prove(setup, account, own, bucket_per_account=per_account)


@settings(max_examples=8)
@given(setup=setups())
def test_no_account_id_stands_in_a_template(setup: Setup) -> None:
    said = json.dumps(
        [stage.model_dump(mode="json") for stage in setup.stages] + [dict(setup.role.tags), setup.circleci.model_dump(mode="json")]
    )
    template = stack_set_template(setup)
    ids = {setup.account_id, setup.bucket.owner_account_id or setup.account_id, *re.findall(r":([0-9]{12}):", to_json(setup))}
    assert [each for each in ids if each in template and each not in said and each not in setup.bucket.name] == []


@pytest.mark.parametrize(
    "setup",
    [everything_setup(), pytest.param(HOSTILE, marks=pytest.mark.long), pytest.param(KINDS["managed policies"], marks=pytest.mark.long)],
)
def test_cfn_lint_finds_nothing(setup: Setup, tmp_path: Path) -> None:
    write_export(tmp_path, export_stack_set(setup, Rollout("self-managed", "x", setup.bucket.region, accounts=(OTHER,))))
    linted = subprocess.run(
        [PROOFS / "cfn-lint", "--include-checks", "W", "--", *tmp_path.glob("*.yaml")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stderr


class Stacks:
    """A server with CloudFormation, the real AWS CLI on it, and the accounts behind it."""

    def __init__(self, folder: Path) -> None:
        self._server = subprocess.Popen(
            [PROOFS / "python", "-m", "tests.exports.moto_stacks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        self.url = self._server.stdout.readline().strip()
        self.sandbox = self
        self.cli = AwsCli(folder, self)

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "NO_PROXY": "127.0.0.1",
        }

    def client(self, service: str, account: str | None = None) -> Any:
        keys = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
        if account is not None:
            taken = self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/any", RoleSessionName="look")["Credentials"]
            keys = {
                "aws_access_key_id": taken["AccessKeyId"],
                "aws_secret_access_key": taken["SecretAccessKey"],
                "aws_session_token": taken["SessionToken"],
            }
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.url, config=Config(proxies={}), **keys)  # type: ignore[call-overload]  # the name is a variable here

    def held(self, account: str) -> dict[str, Any]:
        """The roles of the account, and its policies by ARN."""
        iam = self.client("iam", account)
        roles = {role["RoleName"]: role["AssumeRolePolicyDocument"] for role in iam.list_roles()["Roles"]}
        policies = {
            policy["Arn"]: iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"][
                "Document"
            ]
            for policy in iam.list_policies(Scope="Local")["Policies"]
        }
        attached = {
            name: [each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]] for name in roles
        }
        return {"roles": roles, "policies": policies, "attached": attached}

    def stop(self) -> None:
        self.cli.stop()
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(PATIENCE_SECONDS)


def held_by_plan(setup: Setup) -> dict[str, Any]:
    planned = planned_holdings(setup)
    return {
        "roles": {name: role["trust"] for name, role in planned["roles"].items()},
        "policies": {arn: policy["document"] for arn, policy in planned["policies"].items()},
        "attached": {name: role["attached"] for name, role in planned["roles"].items()},
    }


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    made = Stacks(tmp_path_factory.mktemp("stacks"))
    yield made
    made.stop()


# moto makes no role with inline policies from a template, nor a provider; those are held by what the template says.
ROLLED_OUT = a_setup(role__policy_kind="managed", stages=[BUILD], bucket__create=False)
OWN = {
    "111122223333": {"BucketName": "acme-dev-builds", "BucketOwner": "", "MakeProvider": "false"},
    "444455556666": {"BucketName": "acme-prod-builds", "BucketOwner": "999900001111", "MakeProvider": "false"},
}


def test_the_script_gives_each_account_its_own_and_changes_nothing_the_second_time(stacks: Stacks, tmp_path: Path) -> None:
    reset(stacks.url)
    rollout = Rollout("self-managed", "ciam-tui-acme", "us-east-1", overrides=OWN)
    write_export(tmp_path, export_stack_set(ROLLED_OUT, rollout))
    script = tmp_path / "stack-set.sh"
    first = stacks.cli.run(script)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == (
        "stack set ciam-tui-acme: made\ncreate-stack-instances: 111122223333\ncreate-stack-instances: 444455556666\nDone. Changes: 3\n"
    )
    for account, own in OWN.items():
        assert stacks.held(account) == held_by_plan(setup_in(ROLLED_OUT, account, own))
    (made,) = stacks.client("cloudformation").list_stack_sets()["Summaries"]
    told = stacks.client("cloudformation").describe_stack_set(StackSetName=made["StackSetName"])["StackSet"]
    assert told["AdministrationRoleARN"] == "arn:aws:iam::123456789012:role/AWSCloudFormationStackSetAdministrationRole"
    assert told["ExecutionRoleName"] == "AWSCloudFormationStackSetExecutionRole"
    second = stacks.cli.run(script)
    assert (second.returncode, second.stderr, second.stdout) == (0, "", "Nothing to change.\n")
    assert {word for word in stacks.cli.writes() if not word.startswith("describe-")} == set()
    less = {"111122223333": {name: OWN["111122223333"][name] for name in ("BucketName", "BucketOwner")}, "444455556666": {}}
    write_export(tmp_path / "less", export_stack_set(ROLLED_OUT, replace(rollout, overrides=less)))
    third = stacks.cli.run(tmp_path / "less" / "stack-set.sh")
    assert (third.returncode, third.stderr) == (0, "")
    assert third.stdout == "update-stack-instances: 444455556666\nupdate-stack-instances: 111122223333\nDone. Changes: 2\n"


@pytest.mark.long
def test_what_the_export_says_anew_is_brought_to_the_accounts_that_have_it(stacks: Stacks, tmp_path: Path) -> None:
    reset(stacks.url)
    write_export(tmp_path / "old", export_stack_set(ROLLED_OUT, Rollout("self-managed", "x", "us-east-1", overrides=OWN)))
    assert stacks.cli.run(tmp_path / "old" / "stack-set.sh").returncode == 0
    changed = OWN | {"111122223333": OWN["111122223333"] | {"BucketName": "acme-dev-builds-2"}}
    longer = a_setup(role__policy_kind="managed", stages=[{**BUILD, "session_seconds": 7200}], bucket__create=False)
    write_export(tmp_path / "new", export_stack_set(longer, Rollout("self-managed", "x", "us-east-1", overrides=changed)))
    done = stacks.cli.run(tmp_path / "new" / "stack-set.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "stack set x: changed, and every stack of it\nupdate-stack-instances: 111122223333\nDone. Changes: 2\n"
    again = stacks.cli.run(tmp_path / "new" / "stack-set.sh", AGAIN="yes")
    assert again.stdout == "update-stack-instances: 111122223333\nupdate-stack-instances: 444455556666\nDone. Changes: 2\n"


def test_a_stack_set_of_others_is_left_alone(stacks: Stacks, tmp_path: Path) -> None:
    reset(stacks.url)
    stacks.client("cloudformation").create_stack_set(StackSetName="theirs", TemplateBody='{"Resources": {}}')
    write_export(tmp_path, export_stack_set(ROLLED_OUT, Rollout("self-managed", "theirs", "us-east-1", overrides=OWN)))
    refused = stacks.cli.run(tmp_path / "stack-set.sh")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "stack-set.sh: the stack set theirs exists and was not made for this. Nothing was changed. "
        "Export it with another --stack-set-name.\n"
    )


def test_the_units_of_an_organization_get_the_audit_role(stacks: Stacks, tmp_path: Path) -> None:
    reset(stacks.url)
    organizations = stacks.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    (root,) = organizations.list_roots()["Roots"]
    unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="jobs")["OrganizationalUnit"]["Id"]
    rollout = Rollout("service-managed", "x", "us-east-1", units=(unit,), call_as="DELEGATED_ADMIN")
    write_export(tmp_path, export_stack_set(ROLLED_OUT, rollout))
    script = tmp_path / "audit-role.sh"
    for auditor in ("", 'arn:aws:iam::123456789012:role/a","b'):
        refused = stacks.cli.run(script, AUDITOR=auditor)
        assert refused.returncode == 1
        assert "AUDITOR=arn:aws:iam::ACCOUNT:role/NAME" in refused.stderr
    refused = stacks.cli.run(script, AUDITOR="arn:aws:iam::123456789012:role/auditor")
    assert (refused.returncode, "EXTERNAL_ID= for nothing" in refused.stderr) == (1, True)
    done = stacks.cli.run(script, AUDITOR="arn:aws:iam::123456789012:role/auditor", EXTERNAL_ID="a-word-of-ours")
    assert (done.returncode, done.stderr) == (0, "")
    told = stacks.client("cloudformation").describe_stack_set(StackSetName="ciam-tui-audit")["StackSet"]
    assert {each["ParameterKey"]: each["ParameterValue"] for each in told["Parameters"]} == {
        "AuditorArn": "arn:aws:iam::123456789012:role/auditor",
        "ExternalId": "a-word-of-ours",
    }
    (create,) = [words for words in stacks.cli.calls() if words[3] == "create-stack-set"]
    assert "--call-as=DELEGATED_ADMIN" in create
    assert '--auto-deployment={"Enabled": false}' in create
    (instances,) = [words for words in stacks.cli.calls() if words[3] == "create-stack-instances"]
    assert f'--deployment-targets={{"OrganizationalUnitIds":["{unit}"]}}' in instances


# Answers as AWS does where no server does it: a set that stands and covers its units, stacks in three states, and operations that end.
_SCRIPTED = """\
#!/bin/bash
printf '%s\\0' "$#" "$@" >>"$CALLS"
case "$3 $4" in
  "sts get-caller-identity") printf '123456789012\\tarn:aws:iam::123456789012:user/dana\\n' ;;
  *" describe-stack-set")
    case "$*" in
      *DriftDetection*) printf '%s\\n' "$DRIFT" ;;
      *TemplateBody*) cat "$TEMPLATE" ;;
      *) [ -n "$STANDING" ] || { echo "An error occurred (StackSetNotFoundException) when calling it" >&2; exit 254; }
         printf '%s\\n' "$STANDING" ;;
    esac ;;
  *" list-stack-instances") if grep -qa create-stack-instances "$CALLS"; then printf '%s' "$AFTER"; else printf '%s' "$STACKS"; fi ;;
  *" describe-stack-instance") case " $OTHERS " in *" ${7#*=} "*) echo no ;; *) echo yes ;; esac ;;
  *" describe-organization") [ -n "$MEMBERS" ] || { echo "An error occurred (AccessDeniedException) when calling it" >&2; exit 254; }
     echo 999999999999 ;;
  *" list-accounts-for-parent") case "$*" in *cd345678*) echo None ;; *) printf '%b' "$MEMBERS" ;; esac ;;
  *" list-organizational-units-for-parent") case "$*" in *cd345678*) echo ou-ab12-below000 ;; *) echo None ;; esac ;;
  *" describe-stack-set-operation") echo "$ENDED" ;;
  *" list-stack-set-operation-results") printf '111122223333\\teu-central-1\\tFAILED\\tthe role exists\\n' ;;
  *) echo 11111111-2222-3333-4444-555555555555 ;;
esac
"""
UNIT = "ou-ab12-cd345678"
BY_UNIT = Rollout("service-managed", "x", "eu-central-1", units=(UNIT,), overrides={"111122223333": {"MakeProvider": "false"}})


def scripted(folder: Path, rollout: Rollout, *words: str, **answers: str) -> tuple[subprocess.CompletedProcess[str], list[list[str]]]:
    """What came of the script, and the words of its calls that may change something."""
    write_export(folder, export_stack_set(ROLLED_OUT, rollout))
    command, calls = folder / "aws", folder / "calls"
    command.write_text(_SCRIPTED)
    command.chmod(0o755)
    calls.write_bytes(b"")
    named = "".join(f"{account}\tCURRENT\n" for account in rollout.named)
    answers = {"AFTER": named, "OTHERS": "", "MEMBERS": "\\n".join(rollout.named)} | answers
    variables = {"STANDING": "", "STACKS": "", "ENDED": "SUCCEEDED", "DRIFT": "IN_SYNC", "TEMPLATE": str(folder / "template.yaml")}
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls)} | variables | answers
    done = subprocess.run(
        [folder / "stack-set.sh", *words], env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    found = iter(calls.read_bytes().decode().split("\0")[:-1])
    made = [[next(found) for _ in range(int(count))] for count in found]
    return done, [each[3:] for each in made if not each[3].startswith(("describe-", "list-", "get-"))]


def option(words: list[str], name: str) -> Any:
    (text,) = [word.partition("=")[2] for word in words if word.startswith(f"--{name}=")]
    return json.loads(text)


def test_a_unit_is_rolled_out_to_beside_its_accounts_with_parameters_of_their_own(tmp_path: Path) -> None:
    done, (made, own, others) = scripted(tmp_path, BY_UNIT)
    assert (done.returncode, done.stderr) == (0, "")
    assert (made[0], own[0], others[0]) == ("create-stack-set", "create-stack-instances", "create-stack-instances")
    assert {"--permission-model=SERVICE_MANAGED", "--managed-execution=Active=true", "CAPABILITY_NAMED_IAM"} <= set(made)
    targets = {"OrganizationalUnitIds": [UNIT], "Accounts": ["111122223333"]}
    assert option(own, "deployment-targets") == {**targets, "AccountFilterType": "INTERSECTION"}
    assert option(own, "parameter-overrides") == [{"ParameterKey": "MakeProvider", "ParameterValue": "false"}]
    assert option(others, "deployment-targets") == {**targets, "AccountFilterType": "DIFFERENCE"}
    assert option(others, "operation-preferences") == {
        "RegionConcurrencyType": "SEQUENTIAL",
        "RegionOrder": ["eu-central-1"],
        "MaxConcurrentCount": 10,
        "FailureToleranceCount": 0,
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    }


def test_where_all_is_rolled_out_only_stacks_that_failed_are_tried_again(tmp_path: Path) -> None:
    stacks = "111122223333\tCURRENT\n444455556666\tOUTDATED\n777788889999\tCURRENT\n"
    done, (tried,) = scripted(tmp_path, BY_UNIT, STANDING="yes yes yes yes", STACKS=stacks)
    assert (done.returncode, done.stdout) == (0, "update-stack-instances: 444455556666\nDone. Changes: 1\n")
    assert option(tried, "deployment-targets")["Accounts"] == ["444455556666"]
    again, calls = scripted(tmp_path, BY_UNIT, STANDING="yes yes yes yes", STACKS="111122223333\tCURRENT\n")
    assert (again.stdout, calls) == ("Nothing to change.\n", [])


def test_accounts_that_are_named_within_a_unit_are_all_that_get_a_stack(tmp_path: Path) -> None:
    narrowed = replace(BY_UNIT, accounts=("444455556666", "777788889999"), overrides={}, auto_deployment=False)
    _, (_, only) = scripted(tmp_path, narrowed)
    wanted = {"OrganizationalUnitIds": [UNIT], "Accounts": ["444455556666", "777788889999"], "AccountFilterType": "INTERSECTION"}
    assert option(only, "deployment-targets") == wanted


ALL_STAND = {"STANDING": "yes yes yes yes", "STACKS": "111122223333\tCURRENT\n444455556666\tCURRENT\n"}


def test_a_unit_of_which_a_few_accounts_were_named_before_is_rolled_out_to(tmp_path: Path) -> None:
    """As after `--account`, or after an account with parameters of its own failed: the unit stands in the stack set, its accounts have nothing."""
    members = "111122223333\\n444455556666\\n777788889999\\n"
    after = ALL_STAND["STACKS"] + "777788889999\tCURRENT\n"
    done, (made,) = scripted(tmp_path, BY_UNIT, **ALL_STAND, MEMBERS=members, AFTER=after)
    assert (done.returncode, done.stdout) == (0, f'create-stack-instances: units ["{UNIT}"]\nDone. Changes: 1\n')
    assert option(made, "deployment-targets")["AccountFilterType"] == "DIFFERENCE"
    short, _ = scripted(tmp_path, BY_UNIT, **ALL_STAND, MEMBERS=members, AFTER=ALL_STAND["STACKS"])
    assert short.returncode == 1
    assert "these accounts have no stack: 777788889999." in short.stderr


def test_who_may_not_list_the_units_is_told_that_accounts_go_unseen(tmp_path: Path) -> None:
    done, calls = scripted(tmp_path, BY_UNIT, **ALL_STAND, MEMBERS="")
    assert (done.returncode, done.stdout, calls) == (0, "Nothing to change.\n", [])
    assert "stack-set.sh: who is in the units cannot be listed" in done.stderr


def test_parameters_that_an_account_no_longer_has_for_itself_are_taken_back(tmp_path: Path) -> None:
    done, (taken,) = scripted(tmp_path, BY_UNIT, **ALL_STAND, OTHERS="444455556666")
    assert (done.returncode, done.stdout) == (0, "update-stack-instances: 444455556666\nDone. Changes: 1\n")
    assert option(taken, "parameter-overrides") == []


def test_a_named_account_that_gets_no_stack_is_told(tmp_path: Path) -> None:
    """AWS passes over one that is not in the units, and the operation succeeds."""
    narrowed = replace(BY_UNIT, accounts=("444455556666", "777788889999"), overrides={})
    done, _ = scripted(tmp_path, narrowed, AFTER="444455556666\tCURRENT\n")
    assert done.returncode == 1
    assert "these accounts have no stack: 777788889999." in done.stderr


def test_automatic_deployment_says_what_becomes_of_those_who_leave(tmp_path: Path) -> None:
    _, (made, *_) = scripted(tmp_path, replace(BY_UNIT, auto_deployment=True, retain_stacks=True))
    assert option(made, "auto-deployment") == {"Enabled": True, "RetainStacksOnAccountRemoval": True}


def test_an_operation_that_fails_ends_the_script_with_the_accounts_and_why(tmp_path: Path) -> None:
    done, _ = scripted(tmp_path, BY_UNIT, ENDED="FAILED")
    assert done.returncode == 1
    assert "111122223333\teu-central-1\tFAILED\tthe role exists\n" in done.stderr
    assert "ended as FAILED" in done.stderr


@pytest.mark.parametrize(("state", "code"), [("IN_SYNC", 0), ("DRIFTED", 3)])
def test_drift_is_asked_for_and_told(tmp_path: Path, state: str, code: int) -> None:
    done, (asked,) = scripted(tmp_path, BY_UNIT, "drift", DRIFT=state)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (code, f"Drift of x: {state}")
    assert asked[0] == "detect-stack-set-drift"


def test_a_template_that_is_too_large_for_a_request_wants_an_address(tmp_path: Path) -> None:
    stages = [{**BUILD, "name": f"stage-{number}", "prefix": f"a-{'long' * 60}-{number}/"} for number in range(40)]
    large = a_setup(stages=stages, bucket__create=False)
    write_export(tmp_path, export_stack_set(large, BY_ACCOUNT))
    assert len((tmp_path / "template.yaml").read_bytes()) > 51_200
    script = (tmp_path / "stack-set.sh").read_text()
    assert "\nis_large=yes\n" in script


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_against_the_scripts(tmp_path: Path) -> None:
    for number, rollout in enumerate((BY_UNIT, BY_ACCOUNT)):
        write_export(tmp_path / str(number), export_stack_set(HOSTILE, replace(rollout, region="us-east-1")))
    checked = subprocess.run(
        [str(SHELLCHECK), *tmp_path.glob("*/*.sh")], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert checked.stdout == ""
