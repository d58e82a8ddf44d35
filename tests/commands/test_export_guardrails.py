"""`export --format guardrails` as somebody types it, and every command of its guide run as it stands there."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.core.examples import file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell

ADMIN = "arn:aws:iam::*:role/OrgAdmin"


def exported(shell: Shell, folder: Path, setup: str, *words: str) -> str:
    """The guide of what was written for `setup`."""
    (folder / "setup.json").write_text(setup)
    said = shell("export", str(folder / "setup.json"), "--format", "guardrails", "--out", str(folder), *words)
    assert said.code == 0
    return (folder / "guardrails.md").read_text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ()),
        ({}, ("--ci-user-path", "/ci/", "--admin-role", ADMIN)),
        ({"circleci__issuer": "https://oidc.ci.example.com"}, ("--admin-role", ADMIN)),
    ],
    ids=["as it is", "with choices", "a server"],
)
def test_every_request_of_the_guide_gets_the_answer_that_it_says(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    guide = exported(shell, tmp_path, file(**changes), *words)
    monkeypatch.chdir(tmp_path)
    for content, name in re.findall(r"^echo '(.+)' > ([a-z-]+\.json)$", guide, re.MULTILINE):
        (tmp_path / name).write_text(content)
    asked = re.findall(r"^# (allowed|denied): .+\n(ciam-tui can .+)$", guide, re.MULTILINE)
    assert len(asked) > 6
    for answer, command in asked:
        assert shell(*shlex.split(command)[1:]).code == {"allowed": 0, "denied": 3}[answer], command


@pytest.mark.parametrize("form", ["guardrails", "all"])
def test_what_aws_will_refuse_for_its_size_is_said_at_once(shell: Shell, tmp_path: Path, form: str) -> None:
    stages = [{"name": f"stage-{number}", "prefix": f"{number}/", "access": ["read"]} for number in range(90)]
    (tmp_path / "setup.json").write_text(file(stages=stages, role__name_prefix=""))
    asked = ("export", str(tmp_path / "setup.json"), "--format", form, "--out", str(tmp_path / "out"), "--admin-role", ADMIN)
    assert "AWS will refuse scp.json and boundary.json for the size; guardrails.md says by how much" in shell(*asked).err
    (tmp_path / "setup.json").write_text(file())
    assert "AWS will refuse" not in shell(*asked).err


def test_choices_are_for_the_guardrails(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "setup.json").write_text(file())
    said = shell("export", str(tmp_path / "setup.json"), "--format", "json", "--out", str(tmp_path), "--admin-role", ADMIN)
    assert said.code == 2
    assert "is for --format guardrails" in said.err


def test_a_choice_that_is_none_is_refused_in_one_line_and_nothing_is_written(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "setup.json").write_text(file())
    said = shell("export", str(tmp_path / "setup.json"), "--format", "guardrails", "--out", str(tmp_path / "out"), "--admin-role", "*")
    assert said.code == 1
    assert said.err.startswith('ciam-tui: Cannot make the guardrails so: "*" is not the ARN of a role')
    assert not (tmp_path / "out").exists()


def test_a_project_that_is_named_beside_the_setups_is_in_the_policy_of_all_formats_too(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "setup.json").write_text(file())
    other = "7c2a2c7f-7054-4e1a-9a1f-7a1a4a7b6b02"
    said = shell("export", str(tmp_path / "setup.json"), "--format", "all", "--out", str(tmp_path / "out"), "--also-project", other)
    assert said.code == 0
    assert other in (tmp_path / "out" / "guardrails" / "rcp.json").read_text()
