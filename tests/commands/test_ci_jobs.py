"""The jobs and the hook that fail a build on new findings: what CircleCI takes for a configuration, run as CircleCI would run it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types
from hypothesis import given, settings

from ciam_tui.arguments import parsed
from ciam_tui.commands.config_file import told_of_text
from ciam_tui.core.document import parse_policy
from ciam_tui.core.guardrails.ci import audit_role_name, ci_files
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup
from ciam_tui.core.tokens.cases import who_gets_in
from tests.circleci_schema import complaints
from tests.core.examples import answers
from tests.core.strategies import setups

if TYPE_CHECKING:
    from tests.served_account import ServedAccount

ROOT = Path(__file__).parents[2]
HOOK, AUDIT_HOOK = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACCEPTS_NOTHING = '{"version": 1, "accepted": []}'


def a_setup(**changes: Any) -> Setup:
    return Setup.model_validate(answers(**changes))


def files_of(setup: Setup) -> dict[str, str]:
    return {file.path: file.text for file in ci_files(setup)}


def script_of(setup: Setup, job: str) -> tuple[str, dict[str, str]]:
    """The last command of the job, and its environment."""
    steps = yaml.safe_load(files_of(setup)["ci.yml"])["jobs"][job]["steps"]
    run = [step["run"] for step in steps if isinstance(step, dict) and "run" in step][-1]
    return run["command"], run.get("environment", {})


@settings(max_examples=6)
@given(setups())
def test_for_any_setup_the_jobs_are_a_configuration_that_says_nothing_against_its_roles(setup: Setup) -> None:
    text = files_of(setup)["ci.yml"]
    assert complaints(text) == []
    assert told_of_text(setup, text, "ci.yml").findings == ()
    assert audit_role_name(setup) not in {role.name for role in wanted_roles(setup)}


def test_the_role_that_audits_is_none_of_the_setups() -> None:
    assert audit_role_name(a_setup()) == "ciam-tui-ci-audit"
    assert audit_role_name(a_setup(role__name_prefix="CIAM-tui-ci-", stages__1__name="audit")) == "ciam-tui-ci-audit-2"


def test_the_role_that_audits_lets_in_main_of_the_projects_and_changes_nothing() -> None:
    files = files_of(a_setup())
    inside = {each.case.id for each in who_gets_in(parse_policy(files["audit-role.trust.json"])) if each.answer.let_in}
    assert inside == {"main", "ssh-rerun"}
    actions = [action for each in parse_policy(files["audit-role.permissions.json"]).statements for action in each.actions or ()]
    assert [action for action in actions if not action.startswith(("iam:Get", "iam:List"))] == []


def test_the_audits_job_takes_its_role_by_the_token_and_fails_on_what_is_new(account: ServedAccount, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    (tmp_path / "accepted.json").write_text(ACCEPTS_NOTHING)
    script, environment = script_of(a_setup(), "audit-account")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, **environment, "PATH": programs, "CIRCLE_OIDC_TOKEN_V2": "a.made-up.token", "HOME": str(tmp_path)}

    ended = subprocess.run(
        ["/bin/bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 3, ended.stderr
    assert re.search(r"^operator  arn:aws:sts::\d+:assumed-role/ciam-tui-ci-audit/", ended.stdout, re.MULTILINE)
    assert json.loads((tmp_path / "audit.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"


def test_the_check_of_the_setup_is_a_command_of_this_program() -> None:
    command, _ = script_of(a_setup(), "check-setup")
    args = parsed(shlex.split(command)[1:])
    assert (args.setup, args.accepted) == (["setup.json"], "accepted.json")


# --- the hook of pre-commit -------------------------------------------------------------------------------------------------------------


def test_the_hook_is_a_command_that_takes_several_files_after_its_arguments() -> None:
    assert (HOOK["id"], HOOK["language"], HOOK["require_serial"]) == ("ciam-tui-check", "python", True)
    args = parsed([*shlex.split(HOOK["entry"])[1:], "--accepted", "accepted.json", "a/setup.json", "b/setup.json"])
    assert (args.setup, args.accepted) == (["a/setup.json", "b/setup.json"], "accepted.json")


def test_the_hook_of_the_audit_takes_no_files_and_no_commit_waits_for_it() -> None:
    assert (AUDIT_HOOK["id"], AUDIT_HOOK["pass_filenames"], AUDIT_HOOK["always_run"]) == ("ciam-tui-audit", False, True)
    assert AUDIT_HOOK["stages"] == ["pre-push", "manual"]
    args = parsed([*shlex.split(AUDIT_HOOK["entry"])[1:], "--accepted", "accepted.json"])
    assert args.accepted == "accepted.json"


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("setup.json", True),
        ("infra/setup.json", True),
        ("infra/web.setup.json", True),
        ("web-setup.json", True),
        ("accepted.json", False),
        ("mysetup.json", False),
        ("setup.json.bak", False),
        ("package.json", False),
    ],
)
def test_the_hook_looks_at_files_called_as_setups_are(path: str, matches: bool) -> None:
    assert bool(re.search(HOOK["files"], path)) is matches
