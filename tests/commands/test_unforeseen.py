"""What nobody foresaw: a program that asked for one document gets one, and nobody a traceback or the words of the exception."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Never

import pytest

from ciam_tui.cli import main
from tests.published_schemas import complaints

if TYPE_CHECKING:
    from pathlib import Path

ROOMS = {
    "runs": ("ciam_tui.commands.runs._run", ["runs"]),
    "check": ("ciam_tui.commands.offline._run_check", ["check", "setup.json"]),
    "can": ("ciam_tui.commands.can._run", ["can", "policy.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k"]),
}


@pytest.mark.parametrize("command", ROOMS)
@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("AKIA, and a secret"), "internal-error"), (OSError(28, "No space left on device"), "system-refused")]
)
def test_what_nobody_foresaw_is_one_document_and_one_line(
    command: str, error: Exception, code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fails(_: object) -> Never:
        raise error

    room, words = ROOMS[command]
    monkeypatch.setattr(room, fails)
    assert main([*words, "--json", "--state-dir", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["error"]["code"] == code
    assert complaints(command, out) == []
    assert err.count("\n") == 1
    assert "secret" not in out + err
