"""The export for CircleCI: what YAML and CircleCI read in it, and what its steps do in a real bash with an `aws` that answers."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.export.circleci import config_of, config_text, export_circleci, job_names, project_configs
from ciam_tui.core.export.circleci_filters import RefFilters, ref_filters
from ciam_tui.core.export.circleci_recipe import COMMAND, take_role, take_role_by_orb
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.validate import full_ref
from tests.core.asking import everything_setup, example_setup
from tests.core.examples import project
from tests.core.strategies import NAME_CHARACTERS, plain_branches, setups, wild_branches

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

ROLE = "arn:aws:iam::123456789012:role/circleci/circleci-web-build"
CALLER = "arn:aws:sts::123456789012:assumed-role/circleci-web-build/web-42"
STATIC = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
TOKENS = {"CIRCLE_OIDC_TOKEN": "old.form.token", "CIRCLE_OIDC_TOKEN_V2": "header.claims.signature"}


def loaded(setup: Setup, path: str = "config.yml", **options: bool) -> dict[str, Any]:
    (text,) = [file.text for file in export_circleci(setup, **options) if file.path == path]
    config: dict[str, Any] = yaml.safe_load(text)
    return config


def invocations(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The jobs of the workflow, each with what it is given there."""
    (workflow,) = config["workflows"].values()
    return dict(pair for job in workflow["jobs"] for pair in ({job: {}} if isinstance(job, str) else job).items())


def meant(text: str) -> str:
    """A string of the configuration as CircleCI takes it, in which only an escaped `<<` is text."""
    assert "<<" not in text.replace("\\<<", ""), text
    return text.replace("\\<<", "<<")


def taken(job: dict[str, Any]) -> str:
    """The ARN of the role that a job takes."""
    return meant(job["steps"][1][COMMAND]["role-arn"])


class TestTheFiles:
    def test_one_configuration_without_an_orb_and_one_with_it_serve_all_projects(self) -> None:
        setup = example_setup(circleci__projects__0__name="../x")
        assert [file.path for file in export_circleci(setup)] == ["config.yml", "config.orb.yml"]

    def test_projects_with_roles_of_their_own_have_a_folder_each(self) -> None:
        projects = [project("web", "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"), project("..")]
        setup = example_setup(role__per_project=True, circleci__projects=projects)
        paths = [file.path for file in export_circleci(setup)]
        assert paths == [f"{folder}/config{kind}.yml" for folder in ("web", projects[1]["id"]) for kind in ("", ".orb")]
        assert taken(loaded(setup, "web/config.yml")["jobs"]["build"]).endswith("/circleci-web-web-build")

    def test_a_single_project_needs_no_folder(self) -> None:
        assert "deploy" in loaded(example_setup(role__per_project=True))["jobs"]

    @given(setups())
    def test_folders_are_distinct_and_lead_nowhere_else(self, setup: Setup) -> None:
        folders = [config.folder.lower() for config in project_configs(setup)]
        assert len(set(folders)) == len(folders)
        assert not any(folder.startswith(".") or "/" in folder for folder in folders)

    @given(setups())
    def test_the_jobs_of_all_files_of_a_kind_take_every_role_once(self, setup: Setup) -> None:
        for kind in ("config.yml", "config.orb.yml"):
            configs = [yaml.safe_load(file.text) for file in export_circleci(setup) if file.path.endswith(kind)]
            roles = sorted(taken(job) for config in configs for job in config["jobs"].values())
            assert roles == sorted(role.arn for role in wanted_roles(setup))

    @given(setups())
    def test_what_is_shown_after_a_run_is_the_file_without_the_orb(self, setup: Setup) -> None:
        shown = list(yaml.safe_load_all(config_text(setup)))
        assert shown == [yaml.safe_load(file.text) for file in export_circleci(setup) if not file.path.endswith("orb.yml")]

    def test_each_of_several_configurations_is_named_for_its_project(self) -> None:
        setup = example_setup(
            role__per_project=True, circleci__projects=[project("web", "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"), project("api")]
        )
        text = config_text(setup)
        assert text.index("# For the project web.\n") < text.index("circleci-web-web-build") < text.index("# For the project api.\n")

    def test_a_project_is_found_by_its_name_and_asked_for_where_there_are_several(self) -> None:
        setup = example_setup(
            role__per_project=True, circleci__projects=[project("web", "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"), project("api")]
        )
        assert config_of(setup, "api").project == "api"
        for name in (None, "wob"):
            with pytest.raises(CiamError, match="project") as caught:
                config_of(setup, name)
            assert caught.value.suggestions == ("Name one of: web, api.",)
        assert config_of(example_setup(), None) == config_of(example_setup(), "web")
        with pytest.raises(CiamError, match="no project wob"):
            config_of(example_setup(), "wob")


class TestTheJobs:
    def test_a_job_takes_its_role_after_the_checkout_with_region_and_session_length_as_a_string(self) -> None:
        job = loaded(example_setup(stages__0__session_seconds=7200))["jobs"]["build"]
        assert job["steps"] == ["checkout", {COMMAND: {"role-arn": ROLE, "region": "us-east-1", "session-seconds": "7200"}}]

    def test_both_kinds_have_the_same_jobs_and_workflow(self) -> None:
        plain, orb = (loaded(everything_setup(), path) for path in ("config.yml", "config.orb.yml"))
        for config in (plain, orb):
            for job in config["jobs"].values():
                del job["docker"]
        assert (plain["jobs"], plain["workflows"]) == (orb["jobs"], orb["workflows"])
        assert "orbs" not in plain
        assert orb["orbs"] == {"aws-cli": "circleci/aws-cli@5.4.1"}

    def test_contexts_are_called_as_the_roles_and_only_given_where_they_are_asked_for(self) -> None:
        assert {name: given.get("context") for name, given in invocations(loaded(example_setup())).items()} == dict.fromkeys(
            ("build", "test", "deploy")
        )
        asked = invocations(loaded(example_setup(), contexts=True))
        assert {name: given["context"] for name, given in asked.items()} == {
            stage: [f"circleci-web-{stage}"] for stage in ("build", "test", "deploy")
        }

    @given(st.lists(st.text(NAME_CHARACTERS, min_size=1, max_size=6), min_size=1, max_size=6, unique_by=str.lower))
    def test_jobs_have_names_that_circleci_takes_and_no_two_the_same(self, stages: list[str]) -> None:
        names = job_names(stages)
        assert len(set(names)) == len(stages)
        for stage, name in zip(stages, names, strict=True):
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name)
            assert name == stage or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", stage) or stage in names

    @pytest.mark.parametrize("name", ["true", "no", "null", "y", "On"])
    def test_a_stage_whose_name_means_something_in_yaml_is_still_a_name(self, name: str) -> None:
        config = loaded(example_setup(stages__0__name=name))
        assert next(iter(config["jobs"])) == next(iter(invocations(config))) == name

    @given(setups())
    def test_a_job_waits_only_for_one_that_runs_wherever_it_does(self, setup: Setup) -> None:
        for config in project_configs(setup):
            by_name = {job.name: job for job in config.jobs}
            for job in config.jobs:
                if job.requires:
                    assert by_name[job.requires].filters.covers(job.filters)

    def test_stages_wait_for_one_another_in_their_order(self) -> None:
        waits = {name: given.get("requires") for name, given in invocations(loaded(example_setup())).items()}
        assert waits == {"build": None, "test": ["build"], "deploy": ["test"]}

    def test_a_stage_that_runs_for_tags_does_not_wait_for_one_that_does_not(self) -> None:
        config = loaded(example_setup(stages__1__branches=["main"], stages__2__branches=["refs/tags/v*"]))
        assert "requires" not in invocations(config)["deploy"]
        config = loaded(example_setup(stages__1__branches=["develop"]))
        assert invocations(config)["deploy"]["requires"] == ["build"]

    @pytest.mark.parametrize("path", ["/it's/$(x)/`x`/\"/", "/a<<b>>/#/", "/\\/:/"])
    def test_a_role_path_is_text_to_yaml_and_to_circleci(self, path: str) -> None:
        assert taken(loaded(example_setup(role__path=path))["jobs"]["build"]) == f"arn:aws:iam::123456789012:role{path}circleci-web-build"

    def test_no_name_opens_an_expression_of_circleci(self) -> None:
        setup = example_setup(stages__2__branches=["a<<b", "x<<<*"], stages__2__prefix="<<p/", role__path="/<</")
        text = config_text(setup)
        assert set(re.findall("<<.*", text.replace("\\<<", ""))) == {
            f"<< parameters.{name} >>" for name in ("role-arn", "region", "session-seconds")
        }

    @given(setups())
    def test_every_line_is_one_that_yaml_and_a_terminal_can_hold(self, setup: Setup) -> None:
        for file in export_circleci(setup, contexts=True):
            assert file.text.isascii()
            assert all(line.isprintable() for line in file.text.split("\n"))


def runs(filters: dict[str, Any], ref: str) -> bool:
    """Whether CircleCI runs a job with these filters for `ref`."""
    kind, name = ("tags", ref.removeprefix("refs/tags/")) if ref.startswith("refs/tags/") else ("branches", ref.removeprefix("refs/heads/"))
    given = filters.get(kind)
    if given is None:
        return kind == "branches"
    if "ignore" in given:
        return bool(given["ignore"] != "/.*/")
    return any(re.fullmatch(each[1:-1], name, re.DOTALL) if re.fullmatch(r"/.*/", each) else each == name for each in given["only"])


def filters_of(branches: list[str]) -> dict[str, Any]:
    return yaml.safe_load("\n".join(ref_filters(branches).lines())) or {}


class TestFilters:
    @pytest.mark.parametrize(
        ("branches", "filters"),
        [
            ([], {}),
            (["main"], {"branches": {"only": ["main"]}}),
            (["refs/heads/main", "main"], {"branches": {"only": ["main"]}}),
            (["release/*"], {"branches": {"only": [r"/release\/.*/"]}}),
            (["v1.0-*"], {"branches": {"only": [r"/v1\.0\-.*/"]}}),
            (["v1.0"], {"branches": {"only": ["v1.0"]}}),
            (["refs/tags/v*"], {"branches": {"ignore": "/.*/"}, "tags": {"only": ["/v.*/"]}}),
            (["main", "refs/tags/v1"], {"branches": {"only": ["main"]}, "tags": {"only": ["v1"]}}),
            (["refs/*"], {"branches": {"only": ["/.*/"]}, "tags": {"only": ["/.*/"]}}),
            (["*"], {"branches": {"only": ["/.*/"]}}),
            (["refs/pull/7"], {"branches": {"ignore": "/.*/"}}),
            (["a<<b"], {"branches": {"only": ["/a[<][<]b/"]}}),
            (["true"], {"branches": {"only": ["true"]}}),
            (["1.0"], {"branches": {"only": ["1.0"]}}),
        ],
    )
    def test_branches_become_the_filters_of_circleci(self, branches: list[str], filters: dict[str, Any]) -> None:
        assert filters_of(branches) == filters

    @given(st.lists(st.one_of(plain_branches, wild_branches), min_size=1, max_size=3), st.one_of(plain_branches, st.just("release/1/x")))
    def test_a_job_runs_for_exactly_the_branches_and_tags_that_aws_lets_in(self, branches: list[str], name: str) -> None:
        for ref in (f"refs/heads/{name}", f"refs/tags/{name}", full_ref(branches[0]).replace("*", name)):
            if ref.startswith(("refs/heads/", "refs/tags/")):
                let_in = any(re.fullmatch(re.escape(full_ref(branch)).replace(r"\*", ".*"), ref, re.DOTALL) for branch in branches)
                assert runs(filters_of(branches), ref) == let_in, ref

    @pytest.mark.parametrize(
        ("pattern", "names"), [("refs/*/x", ["x", "a/x"]), ("refs/h*/x", ["x", "a/x"]), ("refs/**", ["a"]), ("refs/*s/v*", ["v", "as/v"])]
    )
    def test_a_star_before_the_name_reaches_into_it(self, pattern: str, names: list[str]) -> None:
        for name in names:
            assert runs(filters_of([pattern]), f"refs/heads/{name}")
        assert not runs(filters_of([pattern]), "refs/heads/") or pattern == "refs/**"

    def test_one_filter_covers_another_if_it_holds_all_of_it(self) -> None:
        any_branch, main = RefFilters(None, ()), RefFilters(("main",), ())
        assert any_branch.covers(main)
        assert not main.covers(any_branch)
        assert not any_branch.covers(RefFilters((), ("v1",)))
        assert RefFilters(("main",), ("v1",)).covers(main)


AWS = r"""#!/bin/bash
printf '%s\n' "$*" >> "$STUB/called"
env | grep -E '^AWS_' | sort >> "$STUB/environment"
case "$1 $2" in
  'sts assume-role-with-web-identity')
    for word in "$@"; do case "$word" in file://*) cat "${word#file://}" > "$STUB/token"; echo "${word#file://}" > "$STUB/token-file";; esac; done
    [ -z "$REFUSED" ] || { echo 'An error occurred (AccessDenied)' >&2; exit 254; }
    printf 'ASIAROLE\tsecret/of+the=role\tsession/token+=\n' ;;
  'sts get-caller-identity')
    if [ "$AWS_ACCESS_KEY_ID" = ASIAROLE ]; then echo "$CALLER"; else echo arn:aws:iam::123456789012:user/old; fi ;;
  *) exit 64 ;;
esac
"""


class Job:
    """A job on this machine: each step in a bash of its own, which reads BASH_ENV as CircleCI has it."""

    def __init__(self, folder: Path, command: str, **variables: str) -> None:
        self._folder = folder
        aws = folder / "aws"
        aws.write_text(AWS)
        aws.chmod(0o755)
        (folder / "bash-env").touch()
        self._variables = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "BASH_ENV": str(folder / "bash-env"),
            "TMPDIR": str(folder),
            "STUB": str(folder),
            "CIRCLE_PROJECT_REPONAME": "web",
            "CIRCLE_BUILD_NUM": "42",
            "CALLER": CALLER,
            "REFUSED": "",
            **variables,
        }
        self.steps = yaml.safe_load(command)[COMMAND]["steps"]

    def run(self, role: str = ROLE, session_seconds: str = "7200") -> subprocess.CompletedProcess[str]:
        """The steps of the command, up to the first that fails; the orb's own does nothing here."""
        values = {"role-arn": role, "region": "eu-central-1", "session-seconds": session_seconds}
        runs = [step["run"] for step in self.steps if "run" in step]
        done = self._step(runs[0], values)
        for each in runs[1:]:
            done = done if done.returncode else self._step(each, values)
        return done

    def _step(self, step: dict[str, Any], values: dict[str, str]) -> subprocess.CompletedProcess[str]:
        given = {
            name: re.sub(r"<< parameters\.([a-z-]+) >>", lambda found: values[found[1]], text)
            for name, text in step.get("environment", {}).items()
        }
        return self.shell(step["command"], shell=step["shell"].split(), **given)

    def shell(self, script: str, *, shell: list[str] | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        words = [*(shell or ["/bin/bash", "-eo", "pipefail"]), "-c", script]
        return subprocess.run(words, env={**self._variables, **variables}, capture_output=True, text=True, check=False)

    def read(self, name: str) -> str:
        return (self._folder / name).read_text()

    def settings(self) -> dict[str, str]:
        """What a later step has in its environment."""
        lines = self.shell("env -0").stdout.split("\0")
        return {name: value for name, _, value in (line.partition("=") for line in lines) if name.startswith("AWS_")}


class TestTheSteps:
    def test_later_steps_act_as_the_role_although_static_keys_are_set(self, tmp_path: Path) -> None:
        job = Job(
            tmp_path, take_role(), **TOKENS, **STATIC, AWS_PROFILE="old", AWS_SECURITY_TOKEN="older", AWS_WEB_IDENTITY_TOKEN_FILE="/x"
        )
        done = job.run()
        assert (done.returncode, done.stdout, done.stderr) == (0, f"This job acts as {CALLER}.\n", "")
        assert job.settings() == {
            "AWS_ACCESS_KEY_ID": "ASIAROLE",
            "AWS_SECRET_ACCESS_KEY": "secret/of+the=role",
            "AWS_SESSION_TOKEN": "session/token+=",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }

    def test_the_role_is_asked_for_without_the_static_keys_by_the_token_in_a_file_that_is_gone_afterwards(self, tmp_path: Path) -> None:
        job = Job(tmp_path, take_role(), **TOKENS, **STATIC, AWS_PROFILE="old")
        job.run()
        called = job.read("called").splitlines()[0]
        assert re.sub(r"file://\S+", "FILE", called) == (
            f"sts assume-role-with-web-identity --region eu-central-1 --role-arn {ROLE} --role-session-name web-42 --web-identity-token FILE "
            "--duration-seconds 7200 --query Credentials.[AccessKeyId,SecretAccessKey,SessionToken] --output text"
        )
        assert job.read("token") == TOKENS["CIRCLE_OIDC_TOKEN_V2"]
        assert not Path(job.read("token-file").strip()).exists()
        assert "AKIA" not in job.read("environment")
        assert "AWS_PROFILE" not in job.read("environment")

    @pytest.mark.parametrize("tokens", [{}, {"CIRCLE_OIDC_TOKEN_V2": ""}, {"CIRCLE_OIDC_TOKEN": "old.form.token"}])
    def test_a_job_without_a_token_fails_and_says_why_before_it_asks_aws(self, tmp_path: Path, tokens: dict[str, str]) -> None:
        for command in (take_role(), take_role_by_orb()):
            job = Job(tmp_path, command, **tokens, **STATIC)
            done = job.run()
            assert done.returncode != 0
            assert "this job has no OIDC token" in done.stderr
            assert not (tmp_path / "called").exists()

    def test_a_job_that_aws_refuses_fails_says_where_to_look_and_does_not_go_on_with_the_static_keys(self, tmp_path: Path) -> None:
        job = Job(tmp_path, take_role(), **TOKENS, **STATIC, REFUSED="1")
        done = job.run()
        assert done.returncode == 1
        assert f"AWS does not give this job the role {ROLE}" in done.stderr
        assert job.read("bash-env") == ""

    @pytest.mark.parametrize(
        "caller",
        [
            "arn:aws:sts::123456789012:assumed-role/circleci-web-deploy/web-42",
            "arn:aws:sts::123456789012:assumed-role/circleci-web-build-2/web-42",
            "arn:aws:sts::999900001111:assumed-role/circleci-web-build/web-42",
            "arn:aws-cn:sts::123456789012:assumed-role/circleci-web-build/web-42",
            "arn:aws:iam::123456789012:user/circleci-web-build",
            "arn:aws:sts::123456789012:federated-user/circleci-web-build",
            "",
        ],
    )
    def test_a_job_that_is_somebody_else_fails_and_names_both(self, tmp_path: Path, caller: str) -> None:
        done = Job(tmp_path, take_role(), **TOKENS, CALLER=caller).run()
        assert (done.returncode, done.stderr) == (1, f"This job acts as {caller}, not as the role {ROLE}.\n")

    def test_with_the_orb_a_job_whose_static_keys_won_is_caught(self, tmp_path: Path) -> None:
        done = Job(tmp_path, take_role_by_orb(), **TOKENS, **STATIC).run()
        assert done.returncode == 1
        assert "This job acts as arn:aws:iam::123456789012:user/old" in done.stderr

    def test_with_the_orb_the_static_keys_are_gone_before_it_begins_and_it_is_given_the_role(self, tmp_path: Path) -> None:
        job = Job(tmp_path, take_role_by_orb(), **TOKENS, **STATIC, AWS_PROFILE="old")
        job.run()
        assert job.settings() == {}
        assert job.steps[1]["aws-cli/setup"] == {
            "role_arn": "<< parameters.role-arn >>",
            "role_session_name": "${CIRCLE_PROJECT_REPONAME}-${CIRCLE_BUILD_NUM}",
            "session_duration": "<< parameters.session-seconds >>",
            "region": "<< parameters.region >>",
            "profile_name": "default",
        }

    def test_with_the_orb_a_job_that_is_the_role_goes_on(self, tmp_path: Path) -> None:
        (tmp_path / "bash-env").write_text("")
        job = Job(tmp_path, take_role_by_orb(), **TOKENS, **STATIC)
        check = job.steps[2]["run"]
        job.shell('echo "export AWS_ACCESS_KEY_ID=ASIAROLE" >> "$BASH_ENV"')
        assert job.shell(check["command"], TAKE_ROLE_ARN=ROLE).stdout == f"This job acts as {CALLER}.\n"

    @pytest.mark.parametrize("path", ["/it's/$(touch$IFS$STUB/x)/`id`/\"/", "/:role/&&/;/", "/\\/"])
    def test_a_role_path_is_text_to_the_shell(self, tmp_path: Path, path: str) -> None:
        role = f"arn:aws:iam::123456789012:role{path}circleci-web-build"
        done = Job(tmp_path, take_role(), **TOKENS).run(role)
        assert (done.returncode, done.stderr) == (0, "")
        assert not (tmp_path / "x").exists()

    @pytest.mark.parametrize(
        ("repository", "session"),
        [("a web site", "a-web-site-42"), ("x" * 100, "x" * 61 + "-42"), ("é$(id)", "----id--42"), ("", "circleci-42")],
    )
    def test_a_session_is_called_by_what_aws_takes_of_the_repository_and_the_build(
        self, tmp_path: Path, repository: str, session: str
    ) -> None:
        job = Job(tmp_path, take_role(), **TOKENS, CIRCLE_PROJECT_REPONAME=repository)
        job.run()
        assert f"--role-session-name {session} " in job.read("called")

    @given(setups())
    @settings(max_examples=15)
    def test_the_check_knows_the_role_of_any_setup(self, tmp_path_factory: pytest.TempPathFactory, setup: Setup) -> None:
        for role in wanted_roles(setup)[:2]:
            caller = f"arn:{setup.partition}:sts::{setup.account_id}:assumed-role/{role.name}/a@b=c"
            done = Job(tmp_path_factory.mktemp("job"), take_role(), **TOKENS, CALLER=caller).run(role.arn)
            assert (done.returncode, done.stdout) == (0, f"This job acts as {caller}.\n")

    def test_secrets_are_never_printed(self, tmp_path: Path) -> None:
        done = Job(tmp_path, take_role(), **TOKENS, **STATIC).run()
        for secret in ("secret/of", "session/token", TOKENS["CIRCLE_OIDC_TOKEN_V2"], *STATIC.values()):
            assert secret not in done.stdout + done.stderr


class TestTheSchema:
    """CircleCI's published schema comes with check-jsonschema; what it asks for of the parts that are used is held here without it."""

    @given(setups())
    def test_the_parts_that_are_used_have_the_form_that_circleci_documents(self, setup: Setup) -> None:
        for file in export_circleci(setup, contexts=True):
            config = yaml.safe_load(file.text)
            assert set(config) <= {"version", "orbs", "commands", "jobs", "workflows"}
            assert config["version"] == 2.1
            for name, command in config["commands"].items():
                assert re.fullmatch(r"[a-z][a-z\d_-]*", name)
                assert set(command) == {"description", "parameters", "steps"}
                assert {parameter["type"] for parameter in command["parameters"].values()} == {"string"}
            for job in config["jobs"].values():
                assert set(job) == {"docker", "steps"}
                for step in job["steps"][1:]:
                    assert set(step[COMMAND]) == set(config["commands"][COMMAND]["parameters"])
                    assert all(isinstance(value, str) for value in step[COMMAND].values())
            called = invocations(config)
            assert set(called) == set(config["jobs"])
            for options in called.values():
                assert set(options) <= {"context", "requires", "filters"}
                assert set(options.get("requires", ())) <= set(called)
                assert set(options.get("filters", ())) <= {"branches", "tags"}
