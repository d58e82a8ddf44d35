"""The whole way by answers alone: set up, look, apply, take back, export, audit; and what is there when somebody comes back."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.plain.conversation import ACCOUNT, APPLIED, TO_THE_REVIEW, Conversation, assert_is_plain

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.ports.sandbox.launch import Sandbox

PLENTY_SECONDS = 180.0


def test_a_file_of_answers_sets_up_applies_and_takes_back(talk: Conversation) -> None:
    applied = talk(*APPLIED, "leave")
    assert applied.code == 0
    assert "Verified: everything was read back, and is as planned" in applied.words
    assert f"deploy: arn:aws:iam::{ACCOUNT}:role/circleci/circleci-deploy" in applied.words
    undone = talk("runs", "", "undo", ACCOUNT, "runs", "", "look", "leave")
    assert undone.code == 0
    assert "Verified" in undone.words
    assert "undo of" in undone.after("Run [")


def test_the_end_of_the_answers_keeps_them_and_says_where(talk: Conversation) -> None:
    heard = talk(*TO_THE_REVIEW[:7])
    assert heard.code == 1
    assert heard.err.count("\n") == 1
    assert f"The draft is saved in {talk.state / 'draft.json'}" in heard.err
    again = talk("resume", "quit")
    assert again.code == 0
    assert "There is a saved draft: step 3, Prefix" in again.words
    assert "Step 3 of 6, Prefix." in again.words


def test_no_answer_at_all_is_one_sentence(talk: Conversation) -> None:
    heard = talk()
    assert heard.code == 1
    assert heard.err == "ciam-tui: The answers ended: the input has no more lines. End them with quit.\n"


def test_the_empty_answer_and_the_wrong_word_apply_nothing(talk: Conversation) -> None:
    heard = talk(*TO_THE_REVIEW, "apply", "", "apply", "apply", "apply", "y", "leave")
    assert heard.words.count("Nothing was applied.") == 3
    assert "There are no runs yet." in talk("runs", "leave").words


def test_read_only_applies_nothing(talk: Conversation) -> None:
    heard = talk(*APPLIED, "menu", "leave", flags=("--read-only",))
    assert heard.code == 0
    assert "READ ONLY: Nothing was changed: --read-only forbids every write." in heard.words
    assert "There are no runs yet." in talk("runs", "leave").words


def test_the_review_reads_out_roles_documents_findings_and_every_step(talk: Conversation) -> None:
    heard = talk(*TO_THE_REVIEW, "roles", "json", "plan", "findings", "no", "adopt", "menu", "leave")
    assert "Another project of the organization: refused." in heard.words
    assert "At builds/ (own, test's) it may list, read, write, multipart; it may not delete" in heard.words
    assert '"Action": "sts:AssumeRoleWithWebIdentity"' in heard.words
    assert "Undone by: Delete the role circleci-build." in heard.words
    assert "1. error: Every job that can take the role of test can take that of build too" in heard.words
    assert "Nothing exists here that could be adopted." in heard.words


def test_a_finding_is_fixed_by_its_number_and_the_plan_is_made_anew(talk: Conversation) -> None:
    found = talk(*TO_THE_REVIEW, "findings", "no", "menu", "leave").words
    number = re.findall(r" fix (\d+) does that\.", found)[0]
    heard = talk("resume", "findings", "99", number, "plan", "menu", "leave")
    assert "Only these can be fixed by number:" in heard.words
    assert "Fixed: stages[0].branches" in heard.words
    assert "vcs-ref/refs/heads/main" in heard.words


def test_every_format_and_the_setup_file_are_written_and_nothing_is_replaced_unasked(talk: Conversation, tmp_path: Path) -> None:
    folder, setup = tmp_path / "out", tmp_path / "setup.json"
    heard = talk(*TO_THE_REVIEW, "export", "all", str(folder), "save", str(setup), "menu", "leave")
    assert f"written: {folder}/json/provider.json" in heard.words
    assert json.loads(setup.read_text())["bucket"]["name"] == "builds.acme.example"
    setup.write_text("mine")
    again = talk("resume", "save", str(setup), "", "save", str(setup), "yes", "save", "/", "menu", "leave")
    assert f"{setup} is there, with another content." in again.words
    assert "Nothing was written." in again.words
    assert f"replaced: {setup}" in again.words


def test_the_audit_and_the_search_for_keys_are_there(talk: Conversation) -> None:
    heard = talk("audit", "keys", "leave")
    assert heard.code == 0
    assert heard.words.count("circleci-legacy-deploy") >= 2
    assert "7Q2V" in heard.words


def test_wiring_can_be_chosen_and_taken_back(talk: Conversation) -> None:
    heard = talk(*TO_THE_REVIEW, "wire", "wire", "menu", "leave")
    assert "CircleCI is wired too." in heard.words
    assert "Create the CircleCI context circleci-build" in heard.words
    assert "CircleCI is left alone." in heard.words


def test_what_exists_is_adopted_by_typing_its_name(talk: Conversation) -> None:
    stage = ("steps", "Stages", "edit", "deploy", "legacy-deploy", "", "", "", "", "", "")
    role = ("roles", "", "", "/", "", "", "on", "", "", "done", "no")
    heard = talk(*TO_THE_REVIEW, *stage, *role, "adopt", "", "", "adopt", "", "circleci-legacy-deploy", "menu", "leave")
    assert "It is not adopted." in heard.words
    assert "trust, as it is:" in heard.words
    assert "Replace the trust policy of circleci-legacy-deploy" in heard.after("Type circleci-legacy-deploy")


# --- in processes of their own ---------------------------------------------------------------------------------------------------------


def test_the_whole_journey_of_the_demo_through_a_pipe(tmp_path: Path) -> None:
    answers = (
        *(*APPLIED, "runs", "", "undo", ACCOUNT),
        *("resume", "export", "json", str(tmp_path / "out"), "menu", "audit", "leave"),
    )
    done = subprocess.run(
        [sys.executable, "-m", "ciam_tui", "demo", "--plain"],
        input="\n".join(answers) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert_is_plain(done.stdout + done.stderr)
    assert done.stdout.count("Verified") == 2
    assert "plain mode (--plain). DEMO." in done.stdout
    assert (tmp_path / "out" / "circleci-deploy.trust.json").is_file()


class Terminal:
    """A process on a terminal of its own, typed at like a person: an answer when it is asked for."""

    def __init__(self, *words: str) -> None:
        self.controller, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ciam_tui", *words], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        )
        os.close(terminal)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PLENTY_SECONDS
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            try:
                self.shown += os.read(self.controller, 65536).decode()
            except OSError:
                break
        assert text in self.shown, self.shown
        before, _, self.shown = self.shown.partition(text)
        assert_is_plain((before + text).replace("\r\n", "\n"))

    def type(self, *answers: str) -> None:
        for answer in answers:
            self.wait_for(": ")
            os.write(self.controller, f"{answer}\n".encode())

    def end(self) -> int:
        code = self.process.wait(PLENTY_SECONDS)
        os.close(self.controller)
        return code


@pytest.fixture
def person(at_the_demo: Sandbox, tmp_path: Path) -> Terminal:
    del at_the_demo
    return Terminal("--plain", "--state-dir", str(tmp_path / "state"))


def test_the_whole_journey_on_a_terminal(person: Terminal) -> None:
    person.wait_for("=back.")
    for answer, question in zip(
        (*APPLIED, "runs", "", "undo", ACCOUNT, "leave"),
        (
            *("Choice", "Identity", "Region", "Bucket", "region", "key", "owner", "Prefix", "Begin with", "next?"),
            *("Organization", "Trust", "trust, by", "done, or", "Set an issuer", "next?", "Type yes"),
            *("Choice", "Run [", "What with", "Type the number", "Choice"),
        ),
        strict=True,
    ):
        person.wait_for(question)
        person.wait_for(": ")
        os.write(person.controller, f"{answer}\n".encode())
    assert person.end() == 0


def test_ctrl_c_while_applying_stops_after_the_call_and_the_run_is_taken_back_later(person: Terminal, talk: Conversation) -> None:
    person.wait_for("=back.")
    os.write(person.controller, "".join(f"{answer}\n" for answer in APPLIED).encode())
    person.wait_for("[1/8]")
    os.killpg(person.process.pid, signal.SIGINT)
    person.wait_for("Go on:")
    assert person.end() == 130
    undone = talk("runs", "", "undo", ACCOUNT, "leave")
    assert "Verified" in undone.words


def test_ctrl_c_leaves_with_the_answers_saved(person: Terminal, tmp_path: Path) -> None:
    person.wait_for("Choice")
    person.type("new", "default")
    person.wait_for("Region")
    person.type("us-east-1")
    person.wait_for("Bucket, by")
    os.killpg(person.process.pid, signal.SIGINT)
    person.wait_for("The draft is saved in")
    assert person.end() == 130
    assert (tmp_path / "state" / "draft.json").is_file()
