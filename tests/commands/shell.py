"""The commands as a person or a pipeline meets them: typed words in; an exit code, two streams and perhaps a question out."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from ciam_tui.arguments import command_in
from ciam_tui.cli import main
from ciam_tui.ports.sandbox.account import OPERATOR_SECRET_ACCESS_KEY
from tests.published_schemas import complaints


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output, which is one JSON document and nothing else."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class _Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Shell:
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str, typing: str | None = None) -> Said:
        """What the command says; with `typing` somebody sits at a terminal and types that."""
        with self.monkeypatch.context() as terminal:
            if typing is not None:
                terminal.setattr(sys, "stdin", _Keyboard(typing))
            code = main(list(words))
        captured = self.capsys.readouterr()
        for text in (captured.out, captured.err):
            assert OPERATOR_SECRET_ACCESS_KEY not in text
            assert all(line.isprintable() for line in text.splitlines())
        if "--json" in words and "--sarif" not in words:
            assert complaints(command_in(words) or "", captured.out) == []
        return Said(code, captured.out, captured.err)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)
