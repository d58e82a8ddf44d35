"""`check` and `plan` look at CircleCI when they are told to, with the token that the environment or the CircleCI CLI has, and never otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.roles import stage_roles
from ciam_tui.ports.sandbox import account as demo
from ciam_tui.ports.sandbox.circleci_content import ACME, ACME_LABS
from tests.core.asking import example_setup
from tests.served_account import written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Said, Shell
    from tests.served_account import ServedAccount

TOKEN = demo.CIRCLECI_TOKEN
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(account: ServedAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CIRCLECI_CLI_TOKEN", "CIRCLECI_CLI_HOST", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def docs(folder: Path, **changes: Any) -> str:
    """A Setup for the demo's project that passes secrets to forks."""
    project = ACME.project("docs")
    named = {"id": project.id, "name": project.name, "vcs_origin": project.vcs_origin}
    return written(folder, example_setup(**({"circleci__projects": [named], "bucket__create": True} | changes)))


def ids(said: Said) -> set[str]:
    return {finding["id"] for finding in said.document["findings"]}


def test_without_the_flag_circleci_is_not_asked(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCLE_HOST", "https://circleci.invalid")
    for command in ("check", "plan"):
        said = shell(command, docs(tmp_path), "--json")
        assert said.code == 3
        assert "forks-get-secrets" not in ids(said)


def test_check_tells_what_circleci_shows_worst_first(shell: Shell, tmp_path: Path) -> None:
    said = shell("check", docs(tmp_path), "--circleci")
    assert (said.code, said.err) == (3, "")
    levels = [line.partition(":")[0] for line in said.out.splitlines()[:-1]]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert sum("(forks-get-secrets)" in line for line in said.out.splitlines()) == 2
    assert TOKEN not in said.out


def test_check_as_a_document_holds_what_could_not_be_read(shell: Shell, tmp_path: Path) -> None:
    ghost = {"id": NOBODY, "name": "ghost", "vcs_origin": "github.com/acme/ghost"}
    setup = docs(tmp_path, circleci__projects=[ghost])
    said = shell("check", setup, "--circleci", "--json")
    assert said.document["unread"]
    assert all(sentence.startswith("Project ghost: ") for sentence in said.document["unread"])
    assert "unversioned-config-unread" in ids(said)
    assert "unread: Project ghost: " in shell("check", setup, "--circleci").out
    assert shell("check", setup, "--json").document["unread"] == []


def test_plan_adds_what_circleci_shows_to_its_findings(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    before = account.shows()
    said = shell("plan", docs(tmp_path), "--circleci", "--json")
    assert (said.code, said.err) == (3, "")
    assert {"forks-get-secrets", "static-keys-in-context", "jobs-are-not-told-apart"} <= ids(said)
    assert said.document["unread"] == []
    in_words = shell("plan", docs(tmp_path), "--circleci").out
    assert "(forks-get-secrets)" in in_words
    assert account.shows() == before


def test_plan_tells_what_could_not_be_read(shell: Shell, tmp_path: Path) -> None:
    setup = docs(tmp_path, circleci__projects=[{"id": NOBODY, "name": "ghost", "vcs_origin": "github.com/acme/ghost"}])
    assert "Could not be read in CircleCI:\n  Project ghost: " in shell("plan", setup, "--circleci").out
    assert any("Project ghost" in sentence for sentence in shell("plan", setup, "--circleci", "--json").document["unread"])


@pytest.mark.parametrize("command", ["check", "plan"])
def test_without_a_token_one_line_says_where_one_is_looked_for(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("CIRCLE_TOKEN")
    said = shell(command, docs(tmp_path), "--circleci")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("ciam-tui: Cannot open CircleCI: There is no CircleCI token: neither in CIRCLE_TOKEN ")
    assert said.err.count("\n") == 1
    said = shell(command, docs(tmp_path), "--circleci", "--json")
    assert (said.code, said.document["ok"]) == (1, False)


def test_a_token_that_circleci_refuses_is_told_and_not_shown(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCLE_TOKEN", "CCIPAT_wrong_0123456789")
    said = shell("check", docs(tmp_path), "--circleci")
    assert said.code == 1
    assert "CircleCI does not accept the token" in said.err
    assert "wrong_0123456789" not in said.out + said.err


def test_the_host_of_the_command_line_goes_before_the_environments(
    account: ServedAccount, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLE_HOST", "http://circleci.invalid")
    assert "--circleci-host" in shell("check", docs(tmp_path), "--circleci").err
    for words in (["--circleci-host", account.sandbox.circleci_url, "check"], ["check", "--circleci-host", account.sandbox.circleci_url]):
        assert shell(*words, docs(tmp_path), "--circleci").code == 3


def test_the_circleci_clis_own_settings_are_enough(
    account: ServedAccount, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CIRCLE_TOKEN")
    monkeypatch.delenv("CIRCLE_HOST")
    (tmp_path / ".circleci").mkdir()
    (tmp_path / ".circleci" / "cli.yml").write_text(f"host: {account.sandbox.circleci_url}\ntoken: {TOKEN}\n", encoding="utf-8")
    assert "forks-get-secrets" in ids(shell("check", docs(tmp_path), "--circleci", "--json"))


def test_a_custom_audience_is_an_error_until_the_setup_has_it(shell: Shell, tmp_path: Path) -> None:
    project = ACME_LABS.project("firmware")
    labs = {
        "circleci__org_id": ACME_LABS.id,
        "circleci__org_slug": ACME_LABS.slug,
        "circleci__projects": [{"id": project.id, "name": project.name, "vcs_origin": project.vcs_origin}],
        "stages": [{"name": "test", "prefix": "builds/", "access": ["read"], "branches": ["main"]}],
    }
    refused = shell("check", docs(tmp_path, **labs), "--circleci")
    assert refused.code == 3
    assert 'Set audience to "https://aws.acme-labs.example". (audience-differs)' in refused.out
    assert shell("check", docs(tmp_path, **labs, circleci__audience="https://aws.acme-labs.example"), "--circleci").code == 0


OLD_ORB = (
    "version: 2.1\norbs:\n  aws-cli: circleci/aws-cli@3.1.3\njobs:\n  a:\n    steps:\n      - aws-cli/setup:\n          role-arn: $ROLE\n"
)


def test_check_looks_at_configurations_that_are_named_and_asks_nobody(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLE_HOST", "https://circleci.invalid")
    old, tabs = tmp_path / "config.yml", tmp_path / "tabs.yml"
    old.write_text(OLD_ORB)
    tabs.write_text("a:\n\tb: c\n")
    setup = docs(tmp_path)
    said = shell("check", setup, "--config", str(old), "--config", str(tabs), "--json")
    assert said.code == 3
    assert [finding["stage"] for finding in said.document["findings"] if finding["id"] == "orb-presents-token-v1"] == ["deploy"]
    assert said.document["unread"] == [f"Configuration {tabs}: line 2 is indented by a tab; not all of it was looked at."]
    in_words = shell("check", setup, "--config", str(old)).out
    assert f"error: circleci: {old} takes a role by circleci/aws-cli@3.1.3 (line 3)" in in_words
    assert "orb-presents-token-v1" not in shell("check", setup).out


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"\xff\xfe", "is not text in UTF-8")])
def test_a_configuration_that_cannot_be_read_is_a_problem_in_one_line(
    shell: Shell, tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "config.yml"
    if content is not None:
        path.write_bytes(content)
    said = shell("check", docs(tmp_path), "--config", str(path))
    assert said.code == 1
    assert why in said.err
    assert said.err.count("\n") == 1


def test_check_tells_of_an_old_orb_in_the_configuration_that_circleci_has(shell: Shell, tmp_path: Path) -> None:
    project = ACME.project("data-pipeline")
    named = {"id": project.id, "name": project.name, "vcs_origin": project.vcs_origin}
    setup = docs(tmp_path, circleci__projects=[named])
    assert "orb-presents-token-v1" in ids(shell("check", setup, "--circleci", "--json"))
    assert "orb-presents-token-v1" in ids(shell("plan", setup, "--circleci", "--json"))


@pytest.mark.parametrize("option", [["--circleci"], ["--config", "config.yml"]])
def test_about_a_policy_neither_circleci_nor_a_configuration_says_anything(shell: Shell, tmp_path: Path, option: list[str]) -> None:
    policy = tmp_path / "trust.json"
    policy.write_text(stage_roles(example_setup(), example_setup().stages[0])[0].trust.text)
    said = shell("check", str(policy), *option)
    assert (said.code, said.out) == (1, "")
    assert "--circleci and --config are about Setups, and this file is a policy." in said.err
