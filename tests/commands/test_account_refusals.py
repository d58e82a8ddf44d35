"""What the commands about an account refuse, and how: before anything is changed, in one line, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faulty_proxy import Fault, FaultyProxy
from tests.runs import ACCOUNT, a_setup
from tests.served_account import HAND_MADE_POLICY, HAND_MADE_ROLE, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

BUILD = {"name": "build", "prefix": "builds/", "access": ["read", "write"]}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def setup(tmp_path: Path) -> str:
    """A Setup of one stage, whose provider and bucket are made with it."""
    return written(tmp_path, a_setup(stages=[BUILD]))


@pytest.mark.parametrize("command", ["apply", "undo"])
def test_off_a_terminal_and_without_yes_nothing_is_even_read(
    command: str, setup: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    said = shell(command, setup)
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"ciam-tui: {command} asks before it changes anything, and standard input is no terminal: add --yes, or run it in one.\n"
    )
    said = shell(command, setup, "--json")
    assert (said.code, said.document["ok"], said.document["error"]["code"]) == (2, False, "nobody-to-ask")


def test_read_only_forbids_every_write(account: ServedAccount, setup: str, shell: Shell) -> None:
    before = account.shows()
    planned = shell("--read-only", "plan", setup)
    assert (planned.code, "READ ONLY" in planned.out) == (3, True)
    assert shell("apply", setup, "--yes", "--read-only").err.startswith("ciam-tui: READ ONLY: Nothing was changed")
    assert account.shows() == before

    assert shell("apply", setup, "--yes").code == 0
    after = account.shows()
    for words in (["undo", "last", "--yes"], ["resume"], ["apply", setup, "--yes"]):
        said = shell("--read-only", *words)
        assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
        assert "READ ONLY" in said.err
    assert account.shows() == after


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"]])
def test_credentials_of_another_account_are_one_sentence(command: list[str], account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    before = account.shows()
    path = written(tmp_path, a_setup(account_id="999988887777"))
    said = shell(*command, path)
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert ACCOUNT in said.err
    assert "999988887777" in said.err
    error = shell(*command, path, "--json").document
    assert (error["ok"], error["error"]["code"]) == (False, "wrong-account")
    assert account.shows() == before


def test_a_setup_that_is_not_valid_is_refused_with_all_that_is_wrong(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "setup.json"
    path.write_text('{"version": 1, "bucket": {}}', encoding="utf-8")
    said = shell("plan", str(path))
    assert (said.code, said.out) == (1, "")
    assert len(said.err.splitlines()) > 1
    document = shell("plan", str(path), "--json").document
    assert document["error"]["code"] == "setup-invalid"


def test_at_a_terminal_the_default_answer_is_no(account: ServedAccount, setup: str, shell: Shell) -> None:
    before = account.shows()
    for typing in ("", "\n", "n\n", "apply\n", f"{ACCOUNT}\n"):
        said = shell("apply", setup, typing=typing)
        assert (said.code, account.shows()) == (1, before)
        assert f"Apply this plan to account {ACCOUNT}? [y/N]" in said.err
        assert "Nothing was applied." in said.err
    assert shell("apply", setup, "--json", typing="\n").document["ending"] == "not-applied"
    assert shell("runs", "--json").document["runs"] == []
    assert shell("apply", setup, typing="y\n").code == 0
    assert account.shows() != before


def test_what_deletes_or_detaches_wants_the_account_typed(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    path = written(tmp_path, a_setup(bucket__create=False, stages=[BUILD]))
    before = account.shows()
    for typing in ("y\n", "yes\n", "999988887777\n"):
        said = shell("apply", path, "--adopt", HAND_MADE_ROLE, typing=typing)
        assert (said.code, account.shows()) == (1, before)
        assert f"Type {ACCOUNT} to go on:" in said.err
    assert shell("apply", path, "--adopt", HAND_MADE_ROLE, typing=f"{ACCOUNT}\n").code == 0
    after = account.shows()
    assert shell("undo", "last", typing="y\n").code == 1
    assert account.shows() == after
    assert shell("undo", "last", typing=f"{ACCOUNT}\n").code == 0
    assert account.shows() == before


def test_an_undo_stops_at_what_somebody_has_changed_since(account: ServedAccount, setup: str, shell: Shell) -> None:
    assert shell("apply", setup, "--yes").code == 0
    account.iam.put_role_policy(RoleName="circleci-web-build", PolicyName="more", PolicyDocument=HAND_MADE_POLICY)
    changed = account.shows()
    said = shell("undo", "last", "--yes")
    assert (said.code, account.shows()) == (1, changed)
    assert "error: Changed since the run: role circleci-web-build" in said.out
    assert shell("undo", "last", "--yes", "--json").document["ending"] == "not-applied"


def test_a_later_run_is_taken_back_first(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    before = account.shows()
    assert shell("apply", written(tmp_path, a_setup(stages=[BUILD])), "--yes").code == 0
    assert shell("apply", written(tmp_path, a_setup(stages=[BUILD | {"branches": ["main"]}])), "--yes").code == 0
    first, second = (run["id"] for run in shell("runs", "--json").document["runs"])
    said = shell("undo", first, "--yes")
    assert said.code == 1
    assert f"Run {second} of this Setup came later: take it back first, with `ciam-tui undo {second}`." in said.err
    assert [shell("undo", name, "--yes").code for name in (second, first)] == [0, 0]
    assert account.shows() == before


def test_a_refused_call_is_told_with_the_way_on_and_back(
    account: ServedAccount, setup: str, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = account.shows()
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.DENIED, "CreateRole", times=2)
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("AWS_ENDPOINT_URL", proxy.url)
            said = shell("apply", setup, "--yes", "--state-dir", str(tmp_path / "state dir"))
            assert said.code == 1
            assert "FAILED  Create the role circleci-web-build\n" in said.out
            assert "Nothing was changed by this step." in said.out
            assert f"--state-dir '{tmp_path / 'state dir'}'" in said.err
            document = shell("resume", "--json", "--state-dir", str(tmp_path / "state dir")).document
    assert (document["ending"], document["error"]["code"], document["ok"]) == ("failed", "access-denied", False)
    assert document["go_on"].startswith("ciam-tui resume ")
    assert document["go_back"].startswith("ciam-tui undo ")
    states = {step["title"]: step["state"] for step in document["steps"]}
    assert states["Create the role circleci-web-build"] == "failed"
    assert states["Put the inline policy s3 on circleci-web-build"] == "pending"

    hint = shell("plan", setup, "--state-dir", str(tmp_path / "state dir")).err
    assert "of this Setup is unfinished: `ciam-tui resume " in hint
    assert shell("undo", "last", "--yes", "--state-dir", str(tmp_path / "state dir")).code == 0
    assert account.shows() == before


def test_a_state_directory_that_is_a_file_is_told_before_the_first_change(
    account: ServedAccount, setup: str, shell: Shell, tmp_path: Path
) -> None:
    before = account.shows()
    (tmp_path / "file").touch()
    said = shell("apply", setup, "--yes", "--state-dir", str(tmp_path / "file"))
    assert (said.code, account.shows()) == (1, before)
    assert len(said.err.splitlines()) == 1
