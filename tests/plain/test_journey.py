"""The whole way by answers alone: set up, look, apply, take back, export, audit; and what is there when somebody comes back."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.plain.conversation import ACCOUNT, APPLIED, TO_THE_REVIEW, Conversation, assert_is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.ports.sandbox.launch import Sandbox

PLENTY_SECONDS = 300.0


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


def test_the_audit_and_the_search_for_keys_are_there(talk: Conversation) -> None:
    heard = talk("audit", "keys", "leave")
    assert heard.code == 0
    assert heard.words.count("circleci-legacy-deploy") >= 2
    assert "7Q2V" in heard.words


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
            readable, _, _ = select.select([self.controller], [], [], max(0.0, deadline - time.monotonic()))
            assert readable, self.shown
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
        return self.process.wait(PLENTY_SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.controller)


@pytest.fixture
def person(at_the_demo: Sandbox, tmp_path: Path) -> Iterator[Terminal]:
    del at_the_demo
    typing = Terminal("--plain", "--state-dir", str(tmp_path / "state"))
    try:
        yield typing
    finally:
        typing.close()


def test_the_whole_journey_on_a_terminal_with_a_run_that_is_stopped_gone_on_with_and_taken_back(
    person: Terminal, talk: Conversation
) -> None:
    person.wait_for("=back.")
    os.write(person.controller, "".join(f"{answer}\n" for answer in APPLIED).encode())
    person.wait_for("[1/8]")
    os.killpg(person.process.pid, signal.SIGINT)
    person.wait_for("Go on:")
    assert person.end() == 130
    later = talk("finish", "yes", "runs", "", "undo", ACCOUNT, "leave")
    assert later.code == 0
    assert later.words.count("Verified: everything was read back, and is as planned") == 2


def test_ctrl_c_leaves_with_the_answers_saved(talk: Conversation) -> None:
    class Keyboard(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override] # as StringIO itself has it
            line = super().readline(-1 if size is None else size)
            if not line:
                raise KeyboardInterrupt
            return line

    heard = talk("new", "offline", ACCOUNT, source=Keyboard)
    assert heard.code == 130
    assert f"The draft is saved in {talk.state / 'draft.json'}" in heard.words
    assert (talk.state / "draft.json").is_file()
