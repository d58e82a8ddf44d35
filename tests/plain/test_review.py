"""The review by ear: what it reads out, what it fixes and writes, and what it wants before anything is changed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.app.memory_account import EMPTY_ACCOUNT, MemoryAws, hand_made_role
from tests.plain.quiet_world import World
from tests.plain.test_answers import APPLIED, CIRCLECI

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_empty_answer_and_the_wrong_word_apply_nothing(world: World) -> None:
    heard = world.words(*CIRCLECI, "apply", "", "apply", "apply", "apply", "y", "leave")
    assert heard.count("Nothing was applied.") == 3
    assert world.aws.sent == []
    assert world.journals.lines == {}


def test_read_only_applies_nothing(world: World) -> None:
    world.read_only = True
    assert "READ ONLY: Nothing was changed: --read-only forbids every write." in world.words(*APPLIED, "menu", "finish", "runs", "leave")
    assert world.aws.sent == []


def test_it_reads_out_roles_documents_findings_and_every_step(world: World) -> None:
    heard = world.words(*CIRCLECI, "roles", "json", "plan", "findings", "no", "adopt", "menu", "leave")
    assert "Another project of the organization: refused." in heard
    assert "At builds/ (own, test's) it may list, read, write, multipart; it may not delete" in heard
    assert '"Action": "sts:AssumeRoleWithWebIdentity"' in heard
    assert "Undone by: Delete the role circleci-build." in heard
    assert "1. error: Every job that can take the role of test can take that of build too" in heard
    assert "Nothing exists here that could be adopted." in heard


def test_a_finding_is_fixed_by_its_number_and_the_plan_is_made_anew(world: World) -> None:
    found = world.words(*CIRCLECI, "findings", "no", "menu", "leave")
    number = re.findall(r" fix (\d+) does that\.", found)[0]
    heard = world.words("resume", "findings", "99", number, "plan", "menu", "leave")
    assert "Only these can be fixed by number:" in heard
    assert "Fixed: stages[0].branches" in heard
    assert '"Effect": "Allow"' in heard
    assert world.drafts.saved is not None
    assert world.drafts.saved.draft.stages[0].branches == ("main",)


def test_every_format_and_the_setup_file_are_written_and_nothing_is_replaced_unasked(world: World, tmp_path: Path) -> None:
    folder, setup = tmp_path / "out", tmp_path / "setup.json"
    heard = world.words(*CIRCLECI, "export", "all", str(folder), "save", str(setup), "menu", "leave")
    assert f"written: {folder}/json/provider.json" in heard
    assert json.loads(setup.read_text())["bucket"]["name"] == "acme-builds"
    setup.write_text("mine")
    again = world.words("resume", "save", str(setup), "", "save", str(setup), "yes", "save", "/", "save", str(folder), "menu", "leave")
    assert f"{setup} is there, with another content." in again
    assert "Nothing was written." in again
    assert f"replaced: {setup}" in again
    assert "That is not the name of a file or folder." in again


def test_wiring_can_be_chosen_and_taken_back(world: World) -> None:
    heard = world.words(*CIRCLECI, "wire", "apply", "", "wire", "menu", "leave")
    assert "CircleCI is wired too." in heard
    assert "Create the CircleCI context circleci-build" in heard
    assert "It also changes contexts of CircleCI, in the organization gh/acme." in heard
    assert "CircleCI is left alone." in heard


def test_what_exists_is_adopted_by_typing_its_name(world: World) -> None:
    role = hand_made_role("circleci-deploy")
    world.aws = MemoryAws(facts=replace(EMPTY_ACCOUNT, roles={role.name: role}))
    heard = world.words(*CIRCLECI, "apply", "adopt", "", "", "adopt", "", role.name, "apply", "", "apply", "yes", "leave")
    assert "This plan cannot be applied" in heard
    assert "trust, as it is:" in heard
    assert "It is not adopted." in heard
    assert "Replace the trust policy of circleci-deploy" in heard.rpartition("Type circleci-deploy")[2]
    assert heard.count("Nothing was applied.") == 1
    assert "Verified" in heard


def test_back_to_a_step_and_on_again(world: World) -> None:
    heard = world.words(*CIRCLECI, "steps", "3", "", "on", "", "", "", "", "menu", "leave")
    assert heard.count("Step 6 of 6") == 2
