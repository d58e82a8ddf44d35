"""Plain mode as somebody meets it who hears it line by line: answers in, lines and an exit code out, on the demo's account."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ciam_tui import apply
from ciam_tui.cli import main
from ciam_tui.core.shown import shown
from ciam_tui.ports.sandbox.account import CIRCLECI_TOKEN, OPERATOR_SECRET_ACCESS_KEY
from ciam_tui.ports.sandbox.launch import start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.ports.sandbox.launch import Sandbox

# The shortest way to the review: every question on it, an empty line where what stands in brackets is right.
TO_THE_REVIEW = (
    *("new", "default", ""),
    *("builds.acme.example", "", "", ""),
    "builds/",
    *("pipeline", "on"),
    *("gh/acme", "no", "web", "done", "no"),
)
APPLIED = (*TO_THE_REVIEW, "apply", "yes")
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Heard:
    """`words` is what was said, with its lines joined: where a line was wrapped is nobody's concern."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        return " ".join((self.out + self.err).split())

    def after(self, question: str) -> str:
        """What was said from the last time on that `question` was asked."""
        return " ".join(self.out.rpartition(question)[2].split())


@dataclass
class Conversation:
    """Answers to plain mode; what was answered in one is still saved in the next."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    state: Path

    def __call__(self, *answers: str, source: type[io.StringIO] = io.StringIO) -> Heard:
        with self.monkeypatch.context() as terminal:
            terminal.setattr(sys, "stdin", source("".join(f"{answer}\n" for answer in answers)))
            code = main(["--plain", "--state-dir", str(self.state)])
        captured = self.capsys.readouterr()
        heard = Heard(code, captured.out, captured.err)
        assert_is_plain(heard.out + heard.err)
        return heard


def assert_is_plain(text: str) -> None:
    """Nothing that steers a terminal or that only an eye makes sense of, no secret, and nothing that nobody caught."""
    assert text == shown(text, keep_newlines=True)
    assert "Traceback" not in text
    assert "Internal error" not in text
    assert OPERATOR_SECRET_ACCESS_KEY not in text
    assert CIRCLECI_TOKEN not in text


@pytest.fixture(scope="session")
def demo_account() -> Iterator[Sandbox]:
    """The demo's account with all that is in it. What a test makes there, it takes back."""
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def at_the_demo(demo_account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(apply, "IAM_PAUSE_SECONDS", 0)
    for name, value in demo_account.environment().items():
        monkeypatch.setenv(name, value)
    return demo_account


@pytest.fixture
def talk(at_the_demo: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Conversation:
    del at_the_demo
    return Conversation(capsys, monkeypatch, tmp_path / "state")
