"""The jobs of the export for Google Cloud: CircleCI's schema takes them, and what the orb finds is the job's second token and no static key."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types
from hypothesis import given, settings

from ciam_tui.core.export.gcp import export_gcp
from ciam_tui.core.export.gcp_files import TOKEN_FILE
from ciam_tui.core.gcp.notes import About, notes
from ciam_tui.core.gcp.place import OPEN, Place
from ciam_tui.core.gcp.twin import twin_of
from ciam_tui.core.problems import CiamError
from tests.circleci_schema import complaints
from tests.core.asking import everything_setup, example_setup
from tests.core.strategies import setups
from tests.exports.test_aws_cli import HOSTILE
from tests.runs import a_setup

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.setup import Setup

PLACE = Place("acme-prod", "123456789012", "acme-gcs")
BASH = shutil.which("bash") or "bash"


def files_of(setup: Setup, place: Place = PLACE) -> dict[str, str]:
    try:
        return {file.path: file.text for file in export_gcp(setup, place)}
    except CiamError as error:
        assert error.code == "gcp-no-twin"  # noqa: PT017 - a Setup without a twin has no jobs, and is told of elsewhere
        return {}


def configs_of(setup: Setup, place: Place = PLACE) -> list[Any]:
    return [yaml.safe_load(text) for path, text in files_of(setup, place).items() if path.endswith("config.yml")]


@pytest.mark.parametrize("setup", [example_setup(), everything_setup(), HOSTILE], ids=["example", "everything", "hostile names"])
@pytest.mark.parametrize("place", [OPEN, PLACE], ids=["open", "given"])
def test_circlecis_schema_takes_the_configuration(setup: Setup, place: Place) -> None:
    assert [complaints(text) for path, text in files_of(setup, place).items() if path.endswith("config.yml")] == [[]]


@settings(max_examples=5)
@given(setups())
def test_each_account_has_a_job_and_each_text_is_one_of_yaml(setup: Setup) -> None:
    if not files_of(setup):
        return
    taken = [
        step["take-service-account"]["service-account"]
        for config in configs_of(setup)
        for job in config["jobs"].values()
        for step in job["steps"]
        if isinstance(step, dict)
    ]
    assert sorted(taken) == sorted(account.id for account in twin_of(setup).accounts)


def test_the_orb_finds_the_second_token_and_no_static_key(tmp_path: Path) -> None:
    (config,) = configs_of(example_setup())
    prepare, orb, _ = config["commands"]["take-service-account"]["steps"]
    assert orb == {"gcp-cli/setup": {"use_oidc": True}}
    environment = {
        "PATH": os.environ["PATH"],
        "BASH_ENV": str(tmp_path / "env"),
        "TAKE_ACCOUNT": "circleci-web-deploy",
        "CIRCLE_OIDC_TOKEN": "first",
        "CIRCLE_OIDC_TOKEN_V2": "second",
        "GCLOUD_SERVICE_KEY": "a key",
        **config["jobs"]["deploy"]["environment"],
    }
    subprocess.run([BASH, "-eo", "pipefail", "-c", prepare["run"]["command"]], env=environment, check=True, timeout=600)
    said = 'echo "$CIRCLE_OIDC_TOKEN $OIDC_SERVICE_ACCOUNT_EMAIL ${GCLOUD_SERVICE_KEY:-none}"'
    seen = subprocess.run([BASH, "-c", said], env=environment, check=True, capture_output=True, text=True, timeout=600)
    assert seen.stdout == "second circleci-web-deploy@acme-prod.iam.gserviceaccount.com none\n"


@pytest.mark.parametrize("missing", ["CIRCLE_OIDC_TOKEN_V2", "GOOGLE_PROJECT_ID", "GOOGLE_PROJECT_NUMBER"])
def test_a_job_that_lacks_what_it_needs_ends_with_a_sentence(missing: str, tmp_path: Path) -> None:
    (config,) = configs_of(example_setup())
    environment = {
        "PATH": os.environ["PATH"],
        "BASH_ENV": str(tmp_path / "env"),
        "TAKE_ACCOUNT": "x",
        "CIRCLE_OIDC_TOKEN_V2": "second",
        **config["jobs"]["deploy"]["environment"],
    }
    del environment[missing]
    prepare = config["commands"]["take-service-account"]["steps"][0]["run"]["command"]
    said = subprocess.run(
        [BASH, "-eo", "pipefail", "-c", prepare], env=environment, check=False, capture_output=True, text=True, timeout=600
    )
    assert said.returncode != 0
    assert f"{missing}: this job " in said.stderr


def test_the_credential_files_read_the_token_where_the_readme_writes_it() -> None:
    files = files_of(example_setup())
    assert TOKEN_FILE in files["README.md"]
    assert f'"file": "{TOKEN_FILE}"' in files["circleci-web-deploy.credentials.json"]


class TestNotes:
    def ids(self, setup: Setup, about: About) -> set[str]:
        return {note.id for note in notes(setup, twin_of(setup)) if note.about is about}

    def test_say_every_part_that_has_no_twin(self) -> None:
        everything = {
            "no-tags",
            "no-acl",
            "no-versions",
            "no-kms",
            "no-bucket-made",
            "no-boundary",
            "no-role-tags",
            "no-policy-kind",
        }
        setup = a_setup(
            bucket__kms_key_arn="arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555",
            role__permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess",
            role__tags={"team": "web"},
            role__policy_kind="managed",
            stages=[{"name": "x", "prefix": "x/", "access": ["read"], "extras": ["tags", "acl", "versions"]}],
        )
        assert self.ids(setup, About.LEFT_OUT) - {"no-owner"} == everything

    @pytest.mark.parametrize(
        ("stage", "id_"),
        [
            ({"access": ["write"]}, "cannot-replace"),
            ({"access": ["read"]}, "old-generations"),
            ({"access": ["read"], "session_seconds": 7200}, "token-over-one-hour"),
            ({"access": ["read"], "extras": ["probe"]}, "probe-sees-settings"),
            ({"access": ["read"], "name": "a.very.long.name.that.google.cuts"}, "names-are-cut"),
        ],
    )
    def test_say_what_is_otherwise_than_on_s3_where_it_is(self, stage: dict[str, Any], id_: str) -> None:
        plain = {"name": "x", "prefix": "x/", "access": ["write", "delete"]}
        assert id_ in self.ids(a_setup(stages=[{**plain, **stage}]), About.DIFFERENT)
        assert id_ not in self.ids(a_setup(stages=[{**plain, "access": ["write", "delete"]}]), About.DIFFERENT) - {"old-generations"}

    def test_a_stage_of_the_whole_bucket_lists_it_and_is_told(self) -> None:
        setup = a_setup(stages=[{"name": "x", "prefix": "", "access": ["read"]}])
        assert "whole-bucket" in self.ids(setup, About.RISK)
        (account,) = twin_of(setup).accounts
        assert account.grants.folders == ()
        assert {binding.kind: binding.expression for binding in account.grants.bindings} == {
            "read": 'resource.name.startsWith("projects/_/buckets/@GCP_BUCKET@/objects/")',
            "list": 'resource.name == "projects/_/buckets/@GCP_BUCKET@"',
        }

    def test_many_read_prefixes_are_several_conditions_of_twelve_at_most(self) -> None:
        prefixes = [f"p{number}/" for number in range(30)]
        setup = a_setup(stages=[{"name": "x", "prefix": "x/", "access": ["read"], "read_prefixes": prefixes}])
        (account,) = twin_of(setup).accounts
        assert [binding.expression.count("startsWith") for binding in account.grants.bindings] == [12, 12, 7]
        assert len({binding.title for binding in account.grants.bindings}) == 3
