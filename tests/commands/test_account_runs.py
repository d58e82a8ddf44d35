"""Past runs: how they are listed and named, what can be gone on with, and that one broken journal hides no other."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from ciam_tui.ports.clock import SystemClock
from tests.runs import ACCOUNT, a_setup
from tests.served_account import written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

BUILD = {"name": "build", "prefix": "builds/", "access": ["read", "write"]}


@pytest.fixture
def setup(tmp_path: Path) -> str:
    return written(tmp_path, a_setup(stages=[BUILD]))


@pytest.fixture
def journals(own_machine: Path) -> Path:
    return own_machine / "state" / "ciam-tui" / "runs"


def test_without_runs_there_is_nothing_to_list_undo_or_resume(shell: Shell) -> None:
    assert shell("runs").out == "There are no runs yet.\n"
    assert shell("runs", "--json").document == {"ok": True, "error": None, "runs": []}
    assert shell("undo", "last", "--yes").err.startswith("ciam-tui: There is no run: ")
    assert (shell("resume").code, shell("resume").out) == (0, "There is nothing to resume: no run is unfinished.\n")


def test_runs_are_listed_with_what_has_become_of_them(account: ServedAccount, setup: str, shell: Shell) -> None:
    assert shell("apply", setup, "--yes").code == 0
    [run] = shell("runs", "--json").document["runs"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", run["at"])
    assert (run["state"], run["account_id"], run["bucket"], run["steps_done"]) == (
        "verified",
        ACCOUNT,
        "acme-run-tests",
        run["steps_total"],
    )
    assert re.search(rf"^{run['id']} .* {ACCOUNT}  acme-run-tests  11/11  verified$", shell("runs").out, flags=re.MULTILINE)

    assert shell("undo", run["id"], "--yes").code == 0
    first, second = shell("runs", "--json").document["runs"]
    assert (first["state"], first["undone_by"], second["undoes"]) == ("undone", second["id"], first["id"])
    listed = shell("runs").out
    assert f"undone by {second['id']}\n" in listed
    assert f"undo of {first['id']}, verified\n" in listed

    refused = shell("undo", second["id"], "--yes")
    assert (refused.code, "cannot be taken back itself" in refused.err) == (1, True)
    refused = shell("resume", first["id"])
    assert (refused.code, f"has been taken back by {second['id']}" in refused.err) == (1, True)
    assert shell("resume", second["id"]).out == f"Run {second['id']} is verified: there is nothing left to do.\n"


def test_a_run_is_named_by_a_beginning_that_no_other_has(account: ServedAccount, setup: str, shell: Shell) -> None:
    assert shell("apply", setup, "--yes").code == 0
    [run] = shell("runs", "--json").document["runs"]
    assert shell("undo", run["id"][:10], "--yes").code == 0
    ambiguous = shell("undo", "20", "--yes")
    assert (ambiguous.code, "is the beginning of 2 runs" in ambiguous.err) == (1, True)
    for name in ("", "1999", "../x", "\x1b[2J"):
        unknown = shell("undo", name, "--yes")
        assert (unknown.code, "There is no such run" in unknown.err) == (1, True)


@pytest.mark.parametrize("content", [b"{}\n", b"\xff\n", b'{"kind": "verified", "at": "2026-01-01T00:00:00Z"}\n'])
def test_a_journal_that_cannot_be_read_is_listed_as_such_and_hides_no_other(
    content: bytes, account: ServedAccount, setup: str, shell: Shell, journals: Path
) -> None:
    assert shell("apply", setup, "--yes").code == 0
    broken = "20200101-000000-aaaa"
    (journals / f"{broken}.jsonl").write_bytes(content)
    listed = shell("runs")
    assert listed.code == 0
    assert re.search(rf"^{broken} .* unreadable$", listed.out, flags=re.MULTILINE)
    assert "verified" in listed.out
    assert f"The journal of {broken} cannot be read: " in listed.err
    first, second = shell("runs", "--json").document["runs"]
    assert (first["id"], first["state"], second["state"]) == (broken, "unreadable", "verified")
    assert first["problem"]

    planned = shell("plan", setup)
    assert planned.code == 0, "what the other journals know is still known"
    assert f"warning: The journal of {broken} cannot be read" in planned.out
    refused = shell("undo", broken, "--yes")
    assert (refused.code, "cannot be read" in refused.err) == (1, True)
    assert shell("undo", "last", "--yes").code == 0


def test_a_journal_that_was_cut_off_before_its_first_line_is_no_run(shell: Shell, journals: Path) -> None:
    journals.mkdir(parents=True)
    (journals / "20200101-000000-aaaa.jsonl").touch()
    (journals / "20200101-000000-bbbb.jsonl").write_bytes(b'{"kind": "run-sta')
    assert shell("runs").out == "There are no runs yet.\n"


def test_at_a_terminal_a_run_is_gone_on_with_after_a_yes(account: ServedAccount, setup: str, shell: Shell, journals: Path) -> None:
    assert shell("apply", setup, "--yes").code == 0
    after = account.shows()
    [journal] = journals.glob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-3]))  # as if the process had ended before the last step
    account.iam.delete_role_policy(RoleName="circleci-web-build", PolicyName="s3")
    declined = shell("resume", typing="\n")
    assert (declined.code, account.shows() == after) == (1, False)
    assert "Going on with run" in declined.err
    assert "10 of 11 steps are done." in declined.out
    assert shell("resume", "--json", typing="\n").document["ending"] == "not-applied"
    resumed = shell("resume", typing="y\n")
    assert (resumed.code, account.shows()) == (0, after)
    assert "Verified: " in resumed.out


def test_what_a_call_made_that_was_cut_off_just_now_is_waited_for_and_taken_back(
    account: ServedAccount, setup: str, shell: Shell, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IAM may show a new role seconds later: taken for not made, it would stay behind for ever."""
    before = account.shows()
    assert shell("apply", setup, "--yes").code == 0
    [journal] = journals.glob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    call = next(number for number, line in enumerate(lines) if b'"began"' in line and b"create-role" in line)
    journal.write_bytes(b"".join(lines[: call + 1]))  # as if the process had ended in that call
    role = account.iam.get_role(RoleName="circleci-web-build")["Role"]
    account.iam.delete_role_policy(RoleName="circleci-web-build", PolicyName="s3")
    account.iam.delete_role(RoleName="circleci-web-build")

    waited: list[float] = []

    def show_the_role(_clock: SystemClock, seconds: float) -> None:
        waited.append(seconds)
        if waited == [2.0, 4.0]:
            account.iam.create_role(
                RoleName=role["RoleName"],
                Path=role["Path"],
                AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
                Description=role["Description"],
                MaxSessionDuration=role["MaxSessionDuration"],
                Tags=role["Tags"],
            )

    monkeypatch.setattr(SystemClock, "sleep", show_the_role)
    undone = shell("undo", "last", "--yes")
    assert undone.code == 0, undone.err
    assert [seconds for seconds in waited if seconds] == [2.0, 4.0]
    assert account.shows() == before
