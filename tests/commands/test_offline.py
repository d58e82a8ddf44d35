"""`schema` and `check` as a pull request's robot meets them: exit codes, one document, one line for each problem."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.cli import main
from ciam_tui.core.setup import json_schema
from tests.core.examples import file

if TYPE_CHECKING:
    from pathlib import Path

# One stage that only reads, from one branch: risky in no way that is an error.
CALM = {"stages": [{"name": "test", "prefix": "builds/", "access": ["read"], "branches": ["main"]}]}


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    output = capsys.readouterr()
    return code, output.out, output.err


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: str | bytes) -> str:
        path = tmp_path / "setup.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def test_the_schema_is_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == json_schema()
    assert output.err == ""


def test_a_calm_setup_passes(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    code, out, err = checked(capsys, written(file(**CALM)))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("The Setup is valid. Findings: 0 of level error")


def test_check_tells_what_each_role_can_do_and_what_it_cannot(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    code, out, err = checked(capsys, written(file(**CALM)), "--access")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    at = lines.index("What circleci-web-test (stage test) can do:")
    assert lines[at + 1].strip() == "builds/ (own)"
    assert "read          ✓  ✗  ✗  ✗  ✗  ✗" in lines
    assert "write         ✗  ✗  ✗  ✗  ✗  ✗" in lines
    assert "What circleci" not in checked(capsys, written(file(**CALM)))[1]


def test_the_cells_of_a_program_name_the_requests_that_were_asked(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    path = written(file(**CALM))
    document = json.loads(checked(capsys, path, "--access", "--json")[1])
    (stage,) = document["access"]
    assert (stage["stage"], stage["roles"], stage["limits"]) == ("test", ["circleci-web-test"], [])
    reading = next(cell for cell in stage["cells"] if (cell["operation"], cell["place"]) == ("read", "own"))
    assert (reading["verdict"], reading["as_given"], reading["what"]) == ("allowed", True, "read builds/")
    assert reading["requests"] == [
        {
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::acme-builds/builds/example.txt",
            "context": {"aws:ResourceAccount": ["123456789012"]},
            "allowed": True,
        }
    ]
    assert {cell["verdict"] for cell in stage["cells"] if cell["place"] == "strangers-bucket"} == {"denied"}
    assert "access" not in json.loads(checked(capsys, path, "--json")[1])


def test_a_policy_alone_has_no_stage_to_ask_about(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    code, out, err = checked(capsys, written('{"Version": "2012-10-17", "Statement": []}'), "--access")
    assert (code, out) == (1, "")
    assert "--access is about Setup files" in err


def test_a_finding_of_level_error_is_exit_code_3(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    path = written(file(circleci__any_project=True, circleci__projects=[], stages__2__branches=[]))
    code, out, err = checked(capsys, path)
    assert (code, err) == (3, "")
    assert any(line.startswith("error: circleci.any_project: ") and "(whole-organization-trusted)" in line for line in out.splitlines())
    code, out, err = checked(capsys, path, "--json")
    document = json.loads(out)
    assert (code, err, document["ok"], document["problems"]) == (3, "", False, [])
    finding = next(each for each in document["findings"] if each["id"] == "whole-organization-trusted")
    assert finding["level"] == "error"
    assert finding["text"]
    assert finding["fix"]


def test_what_was_read_differently_is_a_note(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    path = written(file(stages=[CALM["stages"][0] | {"prefix": "team"}]))
    code, out, _ = checked(capsys, path)
    assert code == 0
    assert out.startswith('note: stages[0].prefix: The prefix "team" is read as "team/"')
    code, out, _ = checked(capsys, path, "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["problems"][0]["level"], document["problems"][0]["field"]) == (
        0,
        True,
        "note",
        "stages[0].prefix",
    )


def test_an_invalid_setup_is_one_line_with_what_to_do_and_one_for_each_further_problem(
    capsys: pytest.CaptureFixture[str], written: Any
) -> None:
    path = written(file(account_id="1", role__path="x"))
    code, out, err = checked(capsys, path)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        'ciam-tui: The Setup is not valid: account_id: The account id "1" is not 12 digits. Write the 12 digits of the AWS account.',
        'role.path: The role path "x" does not begin and end with a /. Write "/x/".',
    ]
    code, out, err = checked(capsys, path, "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["findings"]) == (1, False, [])
    assert [problem["field"] for problem in document["problems"]] == ["account_id", "role.path"]
    assert len(err.splitlines()) == 2


def test_a_setup_is_read_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(file(**CALM).encode())))
    assert checked(capsys, "-")[0] == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b" " * 2_000_000, b'{"\x1b[2J": 1}', b'{"a": "\\u001b[2J"}'])
def test_a_file_that_is_no_setup_is_told_in_lines_that_cannot_steer_a_terminal(
    capsys: pytest.CaptureFixture[str], written: Any, content: bytes
) -> None:
    code, out, err = checked(capsys, written(content))
    assert (code, out) == (1, "")
    assert err.startswith("ciam-tui: The Setup is not valid: ")
    assert all(line.isprintable() for line in err.splitlines())
    assert "Traceback" not in err


def test_a_file_that_cannot_be_read_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for path, because in [
        (tmp_path / "none.json", "There is no file"),
        (tmp_path, "is a directory"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ]:
        code, out, err = checked(capsys, str(path))
        assert (code, out, len(err.splitlines())) == (1, "", 1)
        assert err.startswith("ciam-tui: Cannot read the Setup file: ")
        assert because in err


def test_a_file_that_belongs_to_somebody_else_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, written: Any
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Tests may run as root, who may read everything.
    monkeypatch.setattr("ciam_tui.commands.files.open", refuse, raising=False)
    code, _, err = checked(capsys, written(file()))
    assert code == 1
    assert "You may not read" in err


def test_without_standard_input_a_file_is_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, _, err = checked(capsys, "-")
    assert code == 1
    assert "There is no standard input" in err


def test_with_json_even_an_unreadable_file_is_one_document(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = checked(capsys, str(tmp_path / "none.json"), "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["findings"], len(document["problems"])) == (1, False, [], 1)
    assert "There is no file" in document["problems"][0]["text"]
    assert len(err.splitlines()) == 1


def test_an_endless_file_is_refused_without_being_read_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = checked(capsys, "/dev/zero")
    assert code == 1
    assert "larger than" in err
