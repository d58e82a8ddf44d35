"""`remove` on a real account over HTTP: from this machine and from one that has no journal, told first and taken back afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.runs import a_setup
from tests.served_account import HAND_MADE_POLICY, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

BUILD = {"name": "build", "prefix": "builds/", "access": ["read", "write"]}
TEST = {"name": "test", "prefix": "builds/", "access": ["read"]}


@pytest.fixture
def setup(tmp_path: Path) -> str:
    return written(tmp_path, a_setup(bucket__create=False, stages=[BUILD, TEST], role__policy_kind="managed"))


@pytest.fixture
def applied(account: ServedAccount, setup: str, shell: Shell) -> str:
    account.s3.create_bucket(Bucket="acme-run-tests")
    assert shell("apply", setup, "--yes").code == 0
    return setup


def test_off_a_terminal_it_tells_and_deletes_nothing(account: ServedAccount, applied: str, shell: Shell) -> None:
    before = account.shows()
    told = shell("remove", applied)
    assert (told.code, account.shows()) == (2, before)
    assert "Delete the role circleci-web-build" in told.out
    assert "undo: Create the role circleci-web-build" in told.out
    assert told.err.endswith(
        "ciam-tui: Nothing was deleted: standard input is no terminal: add --yes to delete what is shown, or run it in one.\n"
    )
    document = shell("remove", applied, "--json").document
    assert (document["ok"], document["ending"], document["error"]["code"]) == (False, "not-applied", "nobody-to-ask")
    assert document["plan"]["steps"]


def test_all_of_a_setup_goes_from_a_machine_without_journals_and_comes_back(
    account: ServedAccount, applied: str, shell: Shell, tmp_path: Path
) -> None:
    before, elsewhere = account.shows(), ("--state-dir", str(tmp_path / "elsewhere"))
    removed = shell("remove", applied, *elsewhere, "--yes")
    assert (removed.code, "Verified: " in removed.out) == (0, True)
    shows = account.shows()
    assert (shows["roles"], shows["policies"], shows["providers"]) == ([], [], [])
    assert [bucket["name"] for bucket in shows["buckets"]] == ["acme-run-tests"]
    again = shell("remove", applied, *elsewhere, "--yes", "--json")
    assert (again.code, again.document["ending"]) == (0, "nothing-to-do")

    assert shell("undo", "last", *elsewhere, "--yes").code == 0
    assert account.shows() == before
    assert shell("plan", applied, *elsewhere).code == 0


def test_it_asks_for_the_accounts_number(account: ServedAccount, applied: str, shell: Shell) -> None:
    before = account.shows()
    assert (shell("remove", applied, typing="yes\n").code, account.shows()) == (1, before)
    assert shell("remove", applied, typing="123456789012\n").code == 0
    assert account.shows()["roles"] == []


def test_what_somebody_has_changed_is_shown_and_stops_it(account: ServedAccount, applied: str, shell: Shell) -> None:
    account.iam.put_role_policy(RoleName="circleci-web-build", PolicyName="extra", PolicyDocument=HAND_MADE_POLICY)
    before = account.shows()
    stopped = shell("remove", applied, "--yes")
    assert (stopped.code, account.shows()) == (1, before)
    assert "CONFLICT  circleci-web-build is tagged as of this Setup, and somebody has changed it." in stopped.out
    assert "--adopt circleci-web-build, or leave it with --keep circleci-web-build" in stopped.err
    assert shell("remove", applied, "--keep", "circleci-web-build", "--yes").code == 0
    assert [role["name"] for role in account.shows()["roles"]] == ["circleci-web-build"]
    assert shell("remove", applied, "--adopt", "circleci-web-build", "--yes").code == 0
    assert account.shows()["roles"] == account.shows()["providers"] == []


def test_a_stage_that_was_taken_out_of_the_setup_is_told_by_plan_and_removed(
    account: ServedAccount, applied: str, shell: Shell, tmp_path: Path
) -> None:
    smaller = written(tmp_path, a_setup(bucket__create=False, stages=[BUILD], role__policy_kind="managed"), "smaller.json")
    planned = shell("plan", smaller)
    assert planned.code == 0
    assert "The role circleci-web-test is tagged as of this Setup and not in it any more." in planned.out
    assert "`ciam-tui remove SETUP --stale`" in planned.out
    assert shell("remove", smaller, "--stale", "--yes").code == 0
    assert [role["name"] for role in account.shows()["roles"]] == ["circleci-web-build"]
    assert "circleci-web-test" not in shell("plan", smaller).out


def test_a_removal_that_is_cut_off_is_resumed(account: ServedAccount, applied: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from ciam_tui.ports.aws.account import BotoAws

    send, sent = BotoAws.send, []

    def interrupted(aws: BotoAws, call: object) -> object:
        sent.append(call)
        if len(sent) == 3:
            raise KeyboardInterrupt
        return send(aws, call)  # type: ignore[arg-type]  # the call goes on as it came

    monkeypatch.setattr(BotoAws, "send", interrupted)
    said = shell("remove", applied, "--yes")
    assert said.code == 130
    assert "Go on:   ciam-tui resume " in said.err
    assert "Go back: ciam-tui undo " in said.err
    monkeypatch.setattr(BotoAws, "send", send)
    assert shell("resume", "--yes").code == 0
    assert account.shows()["roles"] == []


def test_read_only_tells_and_forbids(account: ServedAccount, applied: str, shell: Shell) -> None:
    before = account.shows()
    assert shell("remove", applied, "--read-only", "--yes").err.startswith("ciam-tui: READ ONLY: ")
    assert "READ ONLY" in shell("remove", applied, "--read-only").out
    assert account.shows() == before
