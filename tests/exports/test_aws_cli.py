"""The script for the AWS CLI makes what the plan makes, the second time nothing, and touches nothing that is not its own.

It is run by the real AWS CLI against the embedded account, and what is there then is compared with what the plan leaves in an empty one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ciam_tui.core.ownership import our_tags
from tests.core.strategies import setups
from tests.exports.proofs import PROOFS, ByPlan, applied_by_plan, script_of
from tests.runs import ACCOUNT, a_setup
from tests.served_account import HAND_MADE_POLICY, HAND_MADE_ROLE, HAND_MADE_TRUST

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.setup import Setup
    from tests.exports.proofs import AwsCli
    from tests.served_account import ServedAccount

BUILD = {"name": "build", "prefix": "builds/", "access": ["read", "write"]}
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
# All that may stand in a name, and would be an option, a file, an address, a quote or a command to whoever is careless with it.
HOSTILE = a_setup(
    bucket__kms_key_arn=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    circleci__audience="https://acme.example/'\"$(id)`id`\\é <<EOF",
    stages=[{**BUILD, "name": "-=+,.@_", "prefix": "a'b\"c`d$(id)\\e <<X %{f} é/", "branches": ["x'y`$(id)"], "session_seconds": 900}],
    role={
        "name_prefix": "--query",
        "path": "/'\"`$(id);\\&|<>!#/",
        "permissions_boundary": BOUNDARY,
        "tags": {"Cost Center": "a b:c/d=e+f-g@h", "Größe": "=x", "-": ""},
    },
)


def one_stage(**changes: Any) -> Setup:
    return a_setup(**{"stages": [BUILD], "bucket__create": False, **changes})


def holds_the_bucket(account: ServedAccount, setup: Setup) -> None:
    if not setup.bucket.create:
        region = setup.bucket.region
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        account.s3.create_bucket(Bucket=setup.bucket.name, **where)


def prove_equal(setup: Setup, account: ServedAccount, aws_cli: AwsCli, folder: Path) -> None:
    """Plan and script leave the same behind; the script changes nothing the second time, and nor does the plan's reading find a difference."""
    account.empty()
    holds_the_bucket(account, setup)
    planned = applied_by_plan(account, setup)
    account.empty()
    holds_the_bucket(account, setup)
    script = script_of(setup, folder)
    first = aws_cli.run(script)
    assert (first.returncode, first.stderr) == (0, "")
    assert aws_cli.writes()
    assert account.shows() == planned
    second = aws_cli.run(script)
    assert (second.returncode, second.stderr) == (0, "")
    assert aws_cli.writes() == []
    assert second.stdout.endswith("Nothing to change.\n")
    assert account.shows() == planned


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param(
            a_setup(role__policy_kind="managed", role__tags={"team": "web"}), id="managed policies and a bucket", marks=pytest.mark.long
        ),
        pytest.param(HOSTILE, id="hostile names"),
    ],
)
def test_script_and_plan_leave_the_same_behind(setup: Setup, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path) -> None:
    prove_equal(setup, account, aws_cli, tmp_path / "a folder $(id) 'with' `a` name")


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(setup=setups(account_id=ACCOUNT, partition="aws"))
def test_script_and_plan_leave_the_same_behind_for_any_setup(
    setup: Setup, account: ServedAccount, aws_cli: AwsCli, tmp_path_factory: pytest.TempPathFactory
) -> None:
    account.empty()
    holds_the_bucket(account, setup)
    by_plan = ByPlan(account)
    assume(by_plan.plan(setup).applyable)
    by_plan.close()
    prove_equal(setup, account, aws_cli, tmp_path_factory.mktemp("export"))


@pytest.mark.long
def test_the_command_that_everybody_has_does_the_same(account: ServedAccount, aws_cli: AwsCli, tmp_path: Path) -> None:
    setup = one_stage(circleci__audience="https://acme.example/jobs")
    holds_the_bucket(account, setup)
    planned = applied_by_plan(account, setup)
    account.empty()
    holds_the_bucket(account, setup)
    done = aws_cli.run(script_of(setup, tmp_path), path=PROOFS)
    assert (done.returncode, done.stderr) == (0, "")
    assert account.shows() == planned


def drift(account: ServedAccount) -> None:
    """What people do to a role by hand."""
    edge = account.iam.create_policy(PolicyName="edge", PolicyDocument=HAND_MADE_POLICY)["Policy"]["Arn"]
    role = {"RoleName": "circleci-web-build"}
    account.iam.attach_role_policy(**role, PolicyArn=edge)
    account.iam.put_role_policy(**role, PolicyName="other", PolicyDocument=HAND_MADE_POLICY)
    account.iam.put_role_policy(**role, PolicyName="s3", PolicyDocument=HAND_MADE_POLICY)
    account.iam.update_assume_role_policy(**role, PolicyDocument=HAND_MADE_TRUST)
    account.iam.put_role_permissions_boundary(**role, PermissionsBoundary=edge)
    account.iam.untag_role(**role, TagKeys=["team"])
    account.iam.tag_role(**role, Tags=[{"Key": "theirs", "Value": "stays"}])


@pytest.mark.parametrize("boundary", [None, pytest.param(BOUNDARY, marks=pytest.mark.long)], ids=["no boundary", "a boundary"])
def test_what_somebody_changed_on_a_role_of_ours_goes_back_as_the_plan_takes_it_back(
    boundary: str | None, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path
) -> None:
    setup = one_stage(role__tags={"team": "web"}, role__permissions_boundary=boundary)
    holds_the_bucket(account, setup)
    by_plan = ByPlan(account)
    by_plan.apply(setup)
    drift(account)
    drifted = account.shows()
    by_plan.apply(setup)
    by_plan.close()
    planned = account.shows()
    account.empty()
    holds_the_bucket(account, setup)
    script = script_of(setup, tmp_path)
    assert aws_cli.run(script).returncode == 0
    drift(account)
    assert account.shows() == drifted != planned
    again = aws_cli.run(script)
    assert (again.returncode, again.stderr) == (0, "")
    assert account.shows() == planned
    assert aws_cli.writes()[-1] == ("put-role-policy" if boundary else "delete-role-permissions-boundary")


def test_a_new_version_of_a_managed_policy_makes_room_for_itself_and_leaves_no_inline_policy(
    account: ServedAccount, aws_cli: AwsCli, tmp_path: Path
) -> None:
    inline, setup = one_stage(), one_stage(role__policy_kind="managed")
    holds_the_bucket(account, inline)
    aws_cli.run(script_of(inline, tmp_path / "inline"))
    by_plan = ByPlan(account)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/circleci/circleci-web-build"
    tags = [{"Key": key, "Value": value} for key, value in our_tags(setup)]
    account.iam.create_policy(PolicyName="circleci-web-build", Path="/circleci/", PolicyDocument=HAND_MADE_POLICY, Tags=tags)
    for _ in range(4):
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=HAND_MADE_POLICY)
    account.iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    done = aws_cli.run(script_of(setup, tmp_path / "managed"))
    assert (done.returncode, done.stderr) == (0, "")
    (role,) = account.shows()["roles"]
    assert (role["inline"], role["attached"]) == ([], [arn])
    versions = account.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert sorted(each["VersionId"] for each in versions) == ["v2", "v3", "v4", "v5", "v6"]
    assert by_plan.plan(setup).steps == ()
    by_plan.close()


class TestWhatIsNotOurs:
    def test_a_role_that_exists_stops_the_script_before_the_first_change(
        self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path
    ) -> None:
        account.holds_a_role_made_by_hand()
        before = account.shows()
        script = script_of(a_setup(bucket__create=False), tmp_path)
        for adopted in ("", "circleci-web-deploy circleci-web-buil"):
            refused = aws_cli.run(script, ADOPT=adopted)
            assert refused.returncode == 1
            assert refused.stderr == (
                "apply.sh: the role circleci-web-build exists and was not made for this Setup. Nothing was changed. "
                "To take it over: ADOPT='circleci-web-build' ./apply.sh\n"
            )
            assert aws_cli.writes() == []
            assert account.shows() == before

    def test_one_that_is_named_is_taken_over_as_the_plan_takes_it_over(
        self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path
    ) -> None:
        setup = one_stage(stages=[{**BUILD, "session_seconds": 7200}])
        account.holds_a_role_made_by_hand()
        by_plan = ByPlan(account)
        by_plan.apply(setup, [HAND_MADE_ROLE])
        by_plan.close()
        planned = account.shows()
        account.empty()
        account.holds_a_role_made_by_hand()
        done = aws_cli.run(script_of(setup, tmp_path), ADOPT=f"another {HAND_MADE_ROLE}")
        assert (done.returncode, done.stderr) == (0, "")
        assert account.shows() == planned

    def test_a_role_that_trusts_others_too_is_taken_over_by_no_name(self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path) -> None:
        account.holds_a_role_made_by_hand()
        other = HAND_MADE_TRUST.replace(
            '"Statement": [', f'"Statement": [{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"sts:AssumeRole"}},'
        )
        account.iam.update_assume_role_policy(RoleName=HAND_MADE_ROLE, PolicyDocument=other)
        refused = aws_cli.run(script_of(one_stage(), tmp_path), ADOPT=HAND_MADE_ROLE)
        assert (refused.returncode, aws_cli.writes()) == (1, [])
        assert "trusts others too" in refused.stderr

    def test_a_role_under_another_path_stops_it(self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path) -> None:
        account.iam.create_role(RoleName=HAND_MADE_ROLE, AssumeRolePolicyDocument=HAND_MADE_TRUST)
        refused = aws_cli.run(script_of(one_stage(), tmp_path), ADOPT=HAND_MADE_ROLE)
        assert (refused.returncode, aws_cli.writes()) == (1, [])
        assert "exists under another path" in refused.stderr

    def test_a_provider_of_others_gains_the_audience_and_keeps_its_own(
        self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path
    ) -> None:
        account.holds_a_bucket_and_a_provider("theirs")
        done = aws_cli.run(script_of(one_stage(circleci__audience="https://acme.example/jobs"), tmp_path))
        assert (done.returncode, done.stderr) == (0, "")
        (provider,) = account.shows()["providers"]
        assert (provider["clients"], provider["tags"]) == (["https://acme.example/jobs", "theirs"], [])

    def test_a_bucket_of_others_is_used_as_it_is(self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path) -> None:
        setup = one_stage(bucket__create=True)
        account.s3.create_bucket(Bucket=setup.bucket.name)
        before = account.shows()["buckets"]
        assert aws_cli.run(script_of(setup, tmp_path)).returncode == 0
        assert account.shows()["buckets"] == before

    def test_another_account_is_left_alone(self, account: ServedAccount, aws_cli: AwsCli, tmp_path: Path) -> None:
        before = account.shows()
        refused = aws_cli.run(script_of(one_stage(account_id="999900001111"), tmp_path))
        assert (refused.returncode, aws_cli.writes()) == (1, [])
        assert re.search(rf"open the account {ACCOUNT} .*, and this is for 999900001111 \(aws\)", refused.stderr)
        assert account.shows() == before


def test_what_aws_refuses_ends_the_script_in_its_words(aws_cli: AwsCli, tmp_path: Path) -> None:
    denied = "An error occurred (AccessDenied) when calling the GetRole operation: No."
    command = tmp_path / "aws"
    command.write_text(f"""#!/bin/sh
case "$3" in
  sts) printf '{ACCOUNT}\\tarn:aws:iam::{ACCOUNT}:user/dana\\n' ;;
  *) echo '{denied}' >&2; exit 254 ;;
esac
""")
    command.chmod(0o755)
    refused = aws_cli.run(script_of(one_stage(), tmp_path / "export"), path=tmp_path)
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", f"{denied}\n")
