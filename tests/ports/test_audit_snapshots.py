"""Snapshots are private, whole or not there, few, and one that is broken takes nothing from the others."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.creep import snapshots as core
from ciam_tui.core.creep.snapshots import Grant, PastRole, Snapshot, to_text
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.audit_snapshots import DiskSnapshots
from ciam_tui.ports.state_dir import StateDir
from tests.core.accounts import ACCOUNT
from tests.core.creeping import NOW, ROLE_ARN, days

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "210987654321"


def of(ago: float, account: str = ACCOUNT) -> Snapshot:
    return Snapshot(account, days(ago), {ROLE_ARN: PastRole("web-deploy", "AROADEPLOY", (Grant("read", "acme-builds", "builds/"),))})


def kept(tmp_path: Path, *moments: Snapshot) -> DiskSnapshots:
    disk = DiskSnapshots(StateDir(tmp_path / "state"))
    for each in moments:
        disk.keep(each)
    return disk


def files(tmp_path: Path, account: str = ACCOUNT) -> list[Path]:
    return sorted((tmp_path / "state" / "snapshots" / account).iterdir())


def test_snapshots_come_back_in_the_order_of_their_time_and_by_account(tmp_path: Path) -> None:
    disk = kept(tmp_path, of(1), of(3), of(2, OTHER), of(2))
    assert disk.of_account(ACCOUNT) == ((of(3), of(2), of(1)), ())
    assert disk.of_account(OTHER) == ((of(2, OTHER),), ())
    assert disk.of_account("000000000000") == ((), ())


def test_nobody_else_may_read_them_and_nothing_unfinished_is_left(tmp_path: Path) -> None:
    kept(tmp_path, of(1))
    [path] = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.name == "20260819T093000000000Z.json"


def test_each_is_on_the_disk_with_its_name_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []
    real = os.fsync

    def noted(handle: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    kept(tmp_path, of(1))
    assert synced == [False, True]


def test_what_a_crash_left_unfinished_is_no_snapshot_and_in_nobodys_way(tmp_path: Path) -> None:
    disk = kept(tmp_path, of(2))
    (files(tmp_path)[0].parent / f".new-{os.getpid()}").write_text("half")
    disk.keep(of(1))
    assert disk.of_account(ACCOUNT) == ((of(2), of(1)), ())
    assert len(files(tmp_path)) == 2


def test_old_ones_thin_out_as_new_ones_come(tmp_path: Path) -> None:
    disk = kept(tmp_path, *(Snapshot(ACCOUNT, NOW - timedelta(hours=6 * number), {}) for number in range(40, -1, -1)))
    moments = [each.at for each in disk.of_account(ACCOUNT)[0]]
    assert moments[0] == NOW - timedelta(hours=240)
    assert moments[-1] == NOW
    assert len(moments) == 18
    assert len(files(tmp_path)) == 18


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 5000, to_text(of(3, OTHER)).encode(), to_text(of(3)).encode()[:-5]])
def test_a_broken_one_is_told_and_passed_over(tmp_path: Path, content: bytes) -> None:
    disk = kept(tmp_path, of(3), of(1))
    files(tmp_path)[0].write_bytes(content)
    found, unread = disk.of_account(ACCOUNT)
    assert found == (of(1),)
    assert len(unread) == 1
    assert "20260817T093000000000Z.json is passed over" in unread[0]


def test_what_is_no_file_of_ours_is_not_touched(tmp_path: Path) -> None:
    disk = kept(tmp_path, of(1))
    folder = files(tmp_path)[0].parent
    (folder / "notes.txt").write_text("mine")
    (folder / "20260101T000000000000Z.json").symlink_to("/etc/hostname")
    found, unread = disk.of_account(ACCOUNT)
    assert found == (of(1),)
    assert len(unread) == 1
    disk.keep(of(0))
    assert (folder / "notes.txt").read_text() == "mine"


def test_many_broken_ones_are_told_in_a_few_lines(tmp_path: Path) -> None:
    disk = kept(tmp_path, *(of(number) for number in range(9, 0, -1)))
    for path in files(tmp_path):
        path.write_bytes(b"nonsense")
    found, unread = disk.of_account(ACCOUNT)
    assert found == ()
    assert unread[-1] == "6 more snapshots are passed over."


def test_a_folder_that_cannot_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(CiamError) as told:
        DiskSnapshots(StateDir(tmp_path / "state")).keep(of(1))
    assert told.value.code == "state-not-writable"


def test_one_that_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "LARGEST", 100)
    with pytest.raises(CiamError) as told:
        kept(tmp_path, of(1))
    assert told.value.code == "snapshot-too-large"


@pytest.mark.parametrize("account", ["", "..", "../../etc", "12345678901", "1234567890123"])
def test_an_account_is_never_taken_for_a_path(tmp_path: Path, account: str) -> None:
    with pytest.raises(CiamError):
        kept(tmp_path, of(1, account))
    with pytest.raises(CiamError):
        DiskSnapshots(StateDir(tmp_path)).of_account(account)
