"""`ciam-tui export --format circleci`: files of its own, or a diff for the configuration that is there already."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types

from ciam_tui import cli
from ciam_tui.commands import config_file
from tests.core.examples import file as setup_file
from tests.core.examples import project

CONFIG = """\
version: 2.1
jobs:
  build:
    docker: [{image: "cimg/aws:2025.01"}]
    steps: # all of them
      - checkout
      - run: make
  release:
    docker: [{image: "cimg/aws:2025.01"}]
    steps:
      - run: make release
"""


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout with a configuration, in which the commands are run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".circleci").mkdir()
    (tmp_path / ".circleci" / "config.yml").write_text(CONFIG)
    save()


def save(**changes: Any) -> None:
    Path("setup.json").write_text(setup_file(**changes), encoding="utf-8")


def export(*words: str) -> int:
    return cli.main(["export", "setup.json", "--format", "circleci", *words])


def into(*words: str) -> int:
    return export("--into", ".circleci/config.yml", *words)


def test_both_configurations_are_written_and_contexts_only_on_request() -> None:
    assert export("--out", "out") == 0
    assert {path.name for path in Path("out").iterdir()} == {"config.yml", "config.orb.yml"}
    assert "context:" not in Path("out/config.yml").read_text()
    assert export("--out", "out", "--contexts") == 0
    for name in ("config.yml", "config.orb.yml"):
        (workflow,) = yaml.safe_load(Path("out", name).read_text())["workflows"].values()
        assert workflow["jobs"][0]["build"]["context"] == ["circleci-web-build"]


def test_contexts_can_be_asked_for_with_all_formats() -> None:
    assert cli.main(["export", "setup.json", "--format", "all", "--out", "out", "--contexts"]) == 0
    assert "context:" in Path("out/circleci/config.yml").read_text()


def test_the_diff_is_applied_by_git_and_then_there_is_nothing_to_add(capfd: pytest.CaptureFixture[str]) -> None:
    save(stages=[json.loads(setup_file())["stages"][number] for number in (0, 2)])
    assert into("--job", "deploy=release") == 0
    shown = capfd.readouterr()
    assert Path(".circleci/config.yml").read_text() == CONFIG
    subprocess.run(["git", "apply", "-"], input=shown.out.encode(), check=True)  # noqa: S607 - git is the user's
    jobs = yaml.safe_load(Path(".circleci/config.yml").read_text())["jobs"]
    assert jobs["build"]["steps"][1]["take-role"]["role-arn"].endswith("/circleci-web-build")
    assert jobs["release"]["steps"][0]["take-role"]["role-arn"].endswith("/circleci-web-deploy")
    assert into("--job", "deploy=release") == 0
    again = capfd.readouterr()
    assert (again.out, again.err) == ("", "Nothing to add: the jobs take their roles already.\n")


def test_what_cannot_be_placed_is_told_with_what_to_add_and_the_rest_is_in_the_diff(capfd: pytest.CaptureFixture[str]) -> None:
    assert into() == 1
    shown = capfd.readouterr()
    assert "+          role-arn: arn:aws:iam::123456789012:role/circleci/circleci-web-build\n" in shown.out
    assert "The file has no job test. Add by hand:\n# into the steps of the job test:\n- take-role:\n" in shown.err
    assert "The file has no job deploy. Add by hand:" in shown.err


def test_one_document_holds_the_diff_and_what_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    assert into("--json") == 1
    document = json.loads(capfd.readouterr().out)
    assert set(document) == {"into", "diff", "by_hand"}
    assert document["into"] == ".circleci/config.yml"
    assert document["diff"].startswith("--- a/.circleci/config.yml\n+++ b/.circleci/config.yml\n@@ ")
    assert [each["why"] for each in document["by_hand"]] == ["The file has no job test.", "The file has no job deploy."]


def test_a_project_is_named_where_each_has_roles_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    save(role__per_project=True, circleci__projects=[project("web", "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"), project("api")])
    assert into() == 1
    assert capfd.readouterr().err == (
        "ciam-tui: Cannot tell which project's configuration it is: Each project of the Setup has roles of its own. Name one of: web, api.\n"
    )
    into("--project", "api")
    assert "role/circleci/circleci-web-api-build" in capfd.readouterr().out


def test_a_file_with_hostile_characters_is_shown_and_not_obeyed(capfd: pytest.CaptureFixture[str]) -> None:
    Path(".circleci/config.yml").write_text(CONFIG.replace("build:", '"\x1b[2J":').replace("version: 2.1", "version: 2"))
    assert into("--job", "build=\x1b[2J") == 1
    assert "\x1b" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "is not text in UTF-8"), (b"#" * (config_file.CONFIG_BYTES + 1), "has more than"), (None, "No such file or directory")],
)
def test_a_file_that_is_no_configuration_is_told_in_one_line(content: bytes | None, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    if content is None:
        Path(".circleci/config.yml").unlink()
    else:
        Path(".circleci/config.yml").write_bytes(content)
    assert into() == 1
    shown = capfd.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert said in shown.err


def test_a_stage_that_is_none_of_the_setup_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert into("--job", "release=release") == 1
    assert 'The Setup has no stage "release". Name one of: build, deploy, test.' in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "json", "--into", "x"), "--into is for --format circleci"),
        (("--format", "circleci", "--out", "x", "--project", "web"), "--project and --job go with --into"),
        (("--format", "circleci", "--out", "x", "--job", "a=b"), "--project and --job go with --into"),
        (("--format", "json", "--out", "x", "--contexts"), "--contexts is for --format circleci with --out"),
        (("--format", "circleci", "--into", "x", "--contexts"), "--contexts is for --format circleci with --out"),
        (("--format", "circleci", "--into", "x", "--job", "ab"), "is not STAGE=JOB"),
        (("--format", "circleci", "--into", "x", "--out", "y"), "not allowed with"),
        (("--format", "circleci"), "one of the arguments --out --into is required"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(words: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", "setup.json", *words]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert said in shown.err


def test_what_is_still_wrong_in_the_configuration_is_told_beside_the_diff(capfd: pytest.CaptureFixture[str]) -> None:
    orb = "orbs:\n  aws-cli: circleci/aws-cli@3.1.3\n"
    Path(".circleci/config.yml").write_text(
        CONFIG.replace("jobs:", f"{orb}jobs:") + "  test:\n    steps: [checkout]\n  deploy:\n    steps:\n      - x\n"
    )
    assert into("--job", "test=release") == 0
    out, err = capfd.readouterr()
    assert out.startswith("--- a/.circleci/config.yml")
    assert "(orb-presents-token-v1)" in err
    assert "orb-presents-token-v1" not in out
    assert into("--job", "test=release", "--json") == 0
    out, err = capfd.readouterr()
    assert set(json.loads(out)) == {"into", "diff", "by_hand"}
    assert "(orb-presents-token-v1)" in err
