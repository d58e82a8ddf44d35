"""The README says what is so: its policy, its keys, its commands and its pictures are those of the program."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ciam_tui.app.intents import INTENTS, Intent
from ciam_tui.arguments import ROOMS
from ciam_tui.core.document import Document
from ciam_tui.core.operator import member_audit_policy, operator_policy, retirement_policy

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_operators_policy_is_the_one_that_is_checked_against_the_calls_made() -> None:
    of_audits, policy, of_retirement = fenced("json")
    assert Document.of(json.loads(of_audits)) == member_audit_policy()
    assert Document.of(json.loads(policy)) == operator_policy("123456789012", "aws", bucket="acme-builds")
    assert Document.of(json.loads(of_retirement)) == retirement_policy("123456789012", "aws", user="circleci-uploader")


def test_the_two_commands_stand_first_and_are_targets_of_the_makefile() -> None:
    first = fenced("")[0].split("\n")[:2]
    assert first == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in first:
        assert re.search(rf"^{line.removeprefix('make ')}: ", makefile, re.MULTILINE), line


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.want)
def test_every_key_is_listed_with_what_it_does(intent: Intent) -> None:
    keys = " or ".join(f"`{key}`" for key in intent.keys_shown.split(", "))
    assert f"| {keys} |" in README


def test_every_command_named_exists() -> None:
    named = {match for block in fenced("") for match in re.findall(r"^ciam-tui ([a-z]+)", block, re.MULTILINE)}
    assert named <= set(ROOMS)
    assert {"plan", "apply", "undo", "resume", "runs", "check", "schema", "export", "can"} <= named


def test_every_picture_exists() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_the_rooms_it_points_to_exist() -> None:
    for room in re.findall(r"`((?:core|app|commands|tests)/[a-z_/.]+)`", README):
        path = ROOT / room if room.startswith("tests/") else ROOT / "ciam_tui" / room
        assert path.exists(), room
