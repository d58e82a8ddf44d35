"""`ciam-tui export --stack-set`: what it writes, and a sentence for flags and files that do not go together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.core.examples import file as setup_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell

UNIT = "ou-ab12-cd345678"
STACK_SET = ("--format", "cloudformation", "--stack-set")


@pytest.fixture
def setup(tmp_path: Path) -> str:
    path = tmp_path / "setup.json"
    path.write_text(setup_file(), encoding="utf-8")
    return str(path)


def test_templates_and_their_scripts_are_written(setup: str, tmp_path: Path, shell: Shell) -> None:
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps({"111122223333": {"BucketName": "acme-dev"}}))
    words = (*STACK_SET, "service-managed", "--ou", UNIT, "--accounts-file", str(accounts), "--stack-set-name", "roles")
    said = shell("export", setup, *words, "--out", str(tmp_path / "out"), "--json")
    assert said.code == 0
    assert [file["path"] for file in said.document["files"]] == [
        "template.yaml", "stack-set.sh", "audit-role.yaml", "audit-role.sh", "setups/111122223333.json"
    ]  # fmt: skip
    own = json.loads((tmp_path / "out" / "setups" / "111122223333.json").read_text())
    assert (own["account_id"], own["bucket"]["name"]) == ("111122223333", "acme-dev")
    script = (tmp_path / "out" / "stack-set.sh").read_text()
    assert "\nname=roles\nregion=us-east-1\n" in script
    assert "acme-dev" in script
    assert "Each account of the units would own a bucket acme-builds" in said.err
    assert shell("export", setup, *words, "--out", str(tmp_path / "out")).out.count("unchanged") == 5


def test_by_a_list_of_accounts_nothing_about_an_organization_is_said(setup: str, tmp_path: Path, shell: Shell) -> None:
    said = shell("export", setup, *STACK_SET, "self-managed", "--account", "111122223333", "--out", str(tmp_path / "out"))
    script = (tmp_path / "out" / "stack-set.sh").read_text()
    assert (said.code, "would each own" in said.err) == (0, False)
    assert "\nmodel=SELF_MANAGED\n" in script
    assert "  roll_out '[]' 111122223333\n" in script


WRONG = {
    "no stack set": (("--format", "cloudformation", "--ou", UNIT), "--ou goes with --stack-set"),
    "another format": (("--format", "json", "--stack-set", "self-managed"), "--stack-set is for --format cloudformation"),
    "two regions": (
        (*STACK_SET, "self-managed", "--account", "1" * 12, "--stack-set-region", "us-east-1", "--stack-set-region", "eu-west-1"),
        "IAM is the same in every region",
    ),
    "no unit": ((*STACK_SET, "service-managed"), "name an --ou"),
    "no account": ((*STACK_SET, "self-managed"), "name an --account"),
    "a unit by account": ((*STACK_SET, "self-managed", "--account", "1" * 12, "--ou", UNIT), "--ou goes with --stack-set service-managed"),
    "automatic and narrowed": (
        (*STACK_SET, "service-managed", "--ou", UNIT, "--account", "1" * 12, "--auto-deployment"),
        "would reach accounts that --account leaves out",
    ),
    "retained without": ((*STACK_SET, "service-managed", "--ou", UNIT, "--retain-stacks"), "goes with --auto-deployment"),
    "no such unit": ((*STACK_SET, "service-managed", "--ou", "jobs"), "no organizational unit"),
    "no such account": ((*STACK_SET, "self-managed", "--account", "12"), "12 digits"),
    "no such name": ((*STACK_SET, "self-managed", "--stack-set-name", "a b"), "no name of a stack set"),
    "nobody at once": ((*STACK_SET, "self-managed", "--max-concurrent", "0"), "0 accounts at once"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_what_does_not_go_together_is_wrong_usage(words: tuple[str, ...], told: str, setup: str, tmp_path: Path, shell: Shell) -> None:
    said = shell("export", setup, *words, "--out", str(tmp_path / "out"))
    assert (said.code, said.out) == (2, "")
    assert told in " ".join(said.err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "There is no file"), (b"\xff", "not UTF-8"), (b'{"1": {}}', "no account's id")],
    ids=["none", "bytes", "id"],
)
def test_a_wrong_file_of_accounts_is_a_problem(content: bytes | None, told: str, setup: str, tmp_path: Path, shell: Shell) -> None:
    accounts = tmp_path / "accounts.json"
    if content is not None:
        accounts.write_bytes(content)
    said = shell("export", setup, *STACK_SET, "self-managed", "--accounts-file", str(accounts), "--out", str(tmp_path / "out"))
    assert (said.code, said.out) == (1, "")
    assert told in said.err
