"""`check --accepted`, `audit --accepted` and `--write-accepted`: only new findings fail a build, and nothing is accepted by accident."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from sarif_kit.validate import validation_errors

from tests.core.examples import file
from tests.served_account import HAND_MADE_ROLE

if TYPE_CHECKING:
    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
WORDS = ("--owner", "ana", "--reason", "Both stages are one team's.", "--expires", SOON)


@pytest.fixture
def setup_file(tmp_path: Path) -> str:
    path = tmp_path / "setup.json"
    path.write_text(file())
    return str(path)


@pytest.fixture
def entries(tmp_path: Path) -> Any:
    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((tmp_path / "accepted.json").read_text())["accepted"]
        return found

    return read


def test_a_setup_passes_once_its_errors_are_accepted_and_fails_again_when_it_changes(
    shell: Shell, setup_file: str, tmp_path: Path, entries: Any
) -> None:
    accepted = str(tmp_path / "accepted.json")
    assert shell("check", setup_file).code == 3
    writing = shell("check", setup_file, "--write-accepted", accepted, *WORDS, "--ticket", "SEC-1")
    assert writing.code == 3, "what was written is accepted when its review is"
    assert f"{len(entries())} entr" in writing.out
    assert {(entry["owner"], entry["expires"], entry["ticket"]) for entry in entries()} == {("ana", SOON, "SEC-1")}

    passing = shell("check", setup_file, "--accepted", accepted)
    assert (passing.code, passing.err) == (0, "")
    assert f"Accepted by ana until {SOON}: Both stages are one team's. (SEC-1)" in passing.out
    assert f"0 of level error, 2 of level warning, 4 of level note; {len(entries())} accepted." in passing.out.splitlines()[-1]

    (tmp_path / "setup.json").write_text(file(stages__0__prefix=""))
    failing = shell("check", setup_file, "--accepted", accepted)
    assert failing.code == 3
    assert "stale: stage build: what was accepted has changed since" in failing.out


def test_the_document_says_what_accepts_each_finding(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    accepted = str(tmp_path / "accepted.json")
    written = shell("check", setup_file, "--write-accepted", accepted, *WORDS, "--json").document
    assert written["acceptances"]["added"] > 0
    document = shell("check", setup_file, "--accepted", accepted, "--json").document
    assert (document["ok"], document["acceptances"]["accepted"]) == (True, written["acceptances"]["added"])
    assert {finding["level"] for finding in document["findings"] if finding["accepted"]} == {"error"}
    assert "accepted" not in shell("check", setup_file, "--json").document["findings"][0]


def test_the_markdown_of_a_review_says_what_is_accepted(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    accepted = str(tmp_path / "accepted.json")
    shell("check", setup_file, "--write-accepted", accepted, *WORDS)
    assert "Accepted by ana until" in shell("check", setup_file, "--accepted", accepted, "--markdown").out
    assert "## Accepted findings" not in shell("check", setup_file, "--accepted", accepted, "--markdown").out


def test_the_markdown_of_a_review_says_what_is_accepted_no_more(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.json"
    shell("check", setup_file, "--write-accepted", str(accepted), *WORDS)
    accepted.write_text(accepted.read_text().replace(SOON, "2026-01-01"))
    told = shell("check", setup_file, "--accepted", str(accepted), "--markdown")
    assert told.code == 3
    (line, *_) = told.out.split("## Accepted findings\n\n")[1].splitlines()
    assert line.startswith("- expired: stage build: ")


def test_writing_again_adds_nothing_and_changes_nothing(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.json"
    shell("check", setup_file, "--write-accepted", str(accepted), *WORDS)
    before = accepted.read_bytes()
    again = shell("check", setup_file, "--write-accepted", str(accepted), *WORDS)
    assert (again.code, accepted.read_bytes()) == (0, before)
    assert f"Nothing to add to {accepted}." in again.out

    shell("check", setup_file, "--write-accepted", str(accepted), *WORDS, "--finding", "list-needs-slash")
    assert accepted.read_text().startswith(before.decode().rstrip("\n]} "))


def test_a_file_that_is_no_file_of_accepted_findings_is_left_alone(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    before = (tmp_path / "setup.json").read_bytes()
    refused = shell("check", setup_file, "--write-accepted", setup_file, *WORDS)
    assert (refused.code, (tmp_path / "setup.json").read_bytes()) == (1, before)
    assert refused.err.startswith("ciam-tui: Cannot read the file of accepted findings: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--write-accepted", "a.json"), "--write-accepted wants --owner too."),
        (("--write-accepted", "a.json", "--owner", "ana", "--reason", " ", "--expires", SOON), "--write-accepted wants --reason too."),
        (("--owner", "ana"), "--owner goes with --write-accepted."),
        (("--accepted", "a.json", "--write-accepted", "a.json", *WORDS), "leave --accepted out"),
        (("--write-accepted", "-", *WORDS), "wants the name of a file"),
    ],
)
@pytest.mark.parametrize("command", ["check", "audit"])
def test_flags_that_do_not_go_together_are_wrong_usage(
    shell: Shell, setup_file: str, command: str, words: tuple[str, ...], said: str
) -> None:
    refused = shell(command, *([setup_file] if command == "check" else []), *words)
    assert refused.code == 2
    assert said in refused.err


@pytest.mark.parametrize(("day", "said"), [("2020-01-01", "is 2020-01-01, which is past"), ("9000-01-01", "more than 400 days")])
def test_a_day_that_is_past_or_far_away_accepts_nothing(shell: Shell, setup_file: str, tmp_path: Path, day: str, said: str) -> None:
    path = tmp_path / "accepted.json"
    refused = shell("check", setup_file, "--write-accepted", str(path), "--owner", "ana", "--reason", "r", "--expires", day)
    assert refused.code == 1
    assert said in refused.err
    assert not path.exists()


def test_a_file_that_is_missing_or_wrong_is_one_line(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    missing = shell("check", setup_file, "--accepted", str(tmp_path / "none.json"), "--json")
    assert (missing.code, missing.document["ok"]) == (1, False)
    assert "--write-accepted makes one" in missing.err
    (tmp_path / "accepted.json").write_text('{"version": 1, "accepted": [{}]}')
    assert "Line 1: accepted[0] has no key finding." in shell("check", setup_file, "--accepted", str(tmp_path / "accepted.json")).err


def test_a_name_that_is_empty_as_a_variable_of_a_job_may_be_is_not_taken_for_none(shell: Shell, setup_file: str) -> None:
    refused = shell("check", setup_file, "--accepted", "")
    assert (refused.code, 'There is no file "".' in refused.err) == (1, True)


@pytest.mark.parametrize("reason", ["x" * 3000, "half a pair: \udcff"], ids=["too-long", "no-text"])
def test_what_nobody_could_read_again_is_not_written(shell: Shell, setup_file: str, tmp_path: Path, reason: str) -> None:
    path = tmp_path / "accepted.json"
    words = ("--owner", "ana", "--reason", reason, "--expires", SOON)
    refused = shell("check", setup_file, "--write-accepted", str(path), *words)
    assert (refused.code, path.exists()) == (1, False)
    assert refused.err.startswith("ciam-tui: Nothing was accepted: The file could not be read again: ")

    shell("check", setup_file, "--write-accepted", str(path), *WORDS)
    before = path.read_bytes()
    assert shell("check", setup_file, "--write-accepted", str(path), *words, "--finding", "list-needs-slash").code == 1
    assert path.read_bytes() == before


def test_a_disk_that_is_full_leaves_no_half_of_a_file(
    shell: Shell, setup_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "accepted.json"
    opened = Path.open

    def full(self: Path, mode: str = "r", **kwargs: Any) -> Any:
        return FullFile(opened(self, mode, buffering=0)) if mode == "xb" else opened(self, mode, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    refused = shell("check", setup_file, "--write-accepted", str(path), *WORDS)
    assert (refused.code, path.exists()) == (1, False)
    assert "No space left" in refused.err


class FullFile:
    """A file that takes some bytes, and no more."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, content: bytes) -> None:
        self.file.write(content[:9])
        raise OSError(28, "No space left on device")


def test_a_policy_takes_no_acceptances(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"Version": "2012-10-17", "Statement": []}')
    assert shell("check", str(path), "--accepted", "a.json").code == 1


def test_several_files_are_checked_in_turn_and_the_worst_decides(shell: Shell, setup_file: str, tmp_path: Path) -> None:
    calm = tmp_path / "calm.json"
    calm.write_text(file(stages=[{"name": "test", "prefix": "builds/", "access": ["read"], "branches": ["main"]}]))
    both = shell("check", str(calm), setup_file)
    assert both.code == 3
    assert both.out.startswith(f"{calm}:\n")
    assert f"\n\n{setup_file}:\n" in both.out
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert shell("check", str(broken), setup_file).code == 1
    assert shell("check", str(calm), setup_file, "--json").code == 2


def test_an_audit_passes_once_its_errors_are_accepted(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    accepted, sarif = tmp_path / "accepted.json", tmp_path / "audit.sarif"
    assert shell("audit", "--write-accepted", str(accepted), *WORDS).code == 3
    said = shell("audit", "--accepted", str(accepted), "--sarif", str(sarif))
    assert said.code == 0
    assert f"Accepted by ana until {SOON}: Both stages are one team's." in said.out
    log = json.loads(sarif.read_text())
    assert validation_errors(log) == []
    suppressed = [each for each in log["runs"][0]["results"] if each["suppressions"]]
    assert {each["level"] for each in suppressed} == {"error"}

    account.iam.put_role_policy(
        RoleName=HAND_MADE_ROLE,
        PolicyName="sneaked",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    )
    changed = shell("audit", "--accepted", str(accepted), "--json")
    assert changed.code == 3
    assert {"changed since" in stale["why"] for stale in changed.document["acceptances"]["stale"]} == {True}
