from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types
from hypothesis import given

from ciam_tui.core.export.snippet import config_snippet
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup, read_setup
from tests.core.examples import file, project
from tests.core.strategies import setups

if TYPE_CHECKING:
    from pathlib import Path


def config(**changes: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(config_snippet(read_setup(file(**changes)).setup))
    return loaded


def command() -> str:
    text: str = config()["commands"]["take-role"]["steps"][0]["run"]["command"]
    return text


def arn_of(job: dict[str, Any]) -> str:
    arn: str = job["steps"][1]["take-role"]["role-arn"]
    return arn


def test_each_stage_has_a_job_that_takes_its_role_first() -> None:
    jobs = config()["jobs"]
    assert {name: arn_of(job) for name, job in jobs.items()} == {
        stage: f"arn:aws:iam::123456789012:role/circleci/circleci-web-{stage}" for stage in ("build", "test", "deploy")
    }
    assert all(job["steps"][0] == "checkout" for job in jobs.values())


def test_with_a_role_a_project_each_role_has_its_job() -> None:
    jobs = config(role__per_project=True, circleci__projects__0__name="web", role__name_prefix="ci-")["jobs"]
    assert list(jobs) == ["web-build", "web-test", "web-deploy"]


@given(setups())
def test_any_setup_gives_a_configuration_that_parses_and_names_every_role(setup: Setup) -> None:
    jobs = yaml.safe_load(config_snippet(setup))["jobs"]
    assert sorted(map(arn_of, jobs.values())) == sorted(role.arn for role in wanted_roles(setup))


@pytest.mark.parametrize("name", ["true", "no", "1.5", "2024", "=", "@x", "-", "null", "1e3", "a,b"])
def test_a_stage_whose_name_means_something_in_yaml_is_still_a_name(name: str) -> None:
    assert name in config(stages__0__name=name)["jobs"]


def test_two_projects_with_a_role_each_do_not_share_a_job() -> None:
    projects = [project("web", "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"), project("api")]
    assert len(config(role__per_project=True, circleci__projects=projects)["jobs"]) == 6


def test_no_step_opens_a_parameter_that_circleci_does_not_know() -> None:
    assert command().count("<<") == command().count("<< parameters.role-arn >>") == 1


def run_as_job(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as CircleCI runs it, in a shell of its own, with an `aws` that tells what it would act as."""
    aws = folder / "aws"
    aws.write_text('#!/bin/bash\necho "$*"; cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; echo; env | grep ^AWS_ | sort\n')
    aws.chmod(0o755)
    script = command().replace("<< parameters.role-arn >>", "arn:aws:iam::123456789012:role/x")
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "BASH_ENV": str(folder / "bash-env"), "TMPDIR": str(folder), **variables}
    (folder / "bash-env").touch()
    return subprocess.run(["/bin/bash", "-eo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, check=False)


def test_the_job_acts_as_the_role_although_a_static_key_is_still_set(tmp_path: Path) -> None:
    done = run_as_job(
        tmp_path,
        CIRCLE_OIDC_TOKEN_V2="header.claims.signature",
        CIRCLE_PROJECT_REPONAME="a web site" * 10,
        CIRCLE_BUILD_NUM="42",
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        AWS_PROFILE="old",
    )
    called, token, *variables = done.stdout.splitlines()
    settings = dict(line.split("=", 1) for line in variables)
    assert (called, token) == ("sts get-caller-identity", "header.claims.signature")
    assert settings["AWS_ROLE_ARN"] == "arn:aws:iam::123456789012:role/x"
    assert settings["AWS_DEFAULT_REGION"] == "us-east-1"
    assert settings["AWS_ROLE_SESSION_NAME"].endswith("-42")
    assert len(settings["AWS_ROLE_SESSION_NAME"]) == 64
    assert set(settings) == {"AWS_DEFAULT_REGION", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"}


def test_a_job_without_a_token_fails_and_says_why(tmp_path: Path) -> None:
    done = run_as_job(tmp_path)
    assert done.returncode != 0
    assert "this job has no OIDC token" in done.stderr
