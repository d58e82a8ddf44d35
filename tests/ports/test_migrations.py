"""Retirements on the disk: kept for weeks, read back as they were, and gone on with by one process at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import QuietStarted
from ciam_tui.ports.migrations import DiskMigrations
from ciam_tui.ports.state_dir import StateDir
from tests.core.retirements import KEY, START, begun

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "123456789012"
EVENTS = (begun(), QuietStarted(KEY, START))


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "state")


@pytest.fixture
def kept(state: StateDir) -> DiskMigrations:
    """One migration with two events."""
    migrations = DiskMigrations(state)
    migrations.create("m-1")
    for event in EVENTS:
        migrations.append("m-1", event)
    return migrations


def test_what_was_kept_comes_back_as_it_was(kept: DiskMigrations) -> None:
    assert kept.ids() == ("m-1",)
    assert kept.events("m-1") == EVENTS


def test_everything_is_private_from_its_first_moment_whatever_the_umask(state: StateDir) -> None:
    before = os.umask(0)
    try:
        migrations = DiskMigrations(state)
        migrations.create("m-1")
        migrations.append("m-1", EVENTS[0])
        with migrations.lock(ACCOUNT, "ci/uploader"):
            pass
    finally:
        os.umask(before)
    for path in state.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_looking_makes_no_folder(state: StateDir) -> None:
    assert DiskMigrations(state).ids() == ()
    assert not state.path.exists()


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_line_torn_by_a_crash_is_passed_over_and_does_not_spoil_the_next(kept: DiskMigrations, cut: int) -> None:
    path = kept.where("m-1")
    with open(path, "r+b") as file:  # noqa: PTH123 - a path as text, as it is told to people
        file.truncate(os.path.getsize(path) - cut)  # noqa: PTH202 - as above
    assert kept.events("m-1") == EVENTS[:1]
    kept.append("m-1", EVENTS[1])
    assert kept.events("m-1") == EVENTS


@pytest.mark.parametrize("line", [b"{}\n", b"\xff\n", b"\n"])
def test_a_damaged_line_is_told_with_its_place(kept: DiskMigrations, line: bytes) -> None:
    with open(kept.where("m-1"), "ab") as file:  # noqa: PTH123 - as above
        file.write(line)
    with pytest.raises(CiamError, match=r"Line 3 of .*m-1\.jsonl") as caught:
        kept.events("m-1")
    assert caught.value.code == "migration-unreadable"


@pytest.mark.parametrize("migration_id", ["", "../runs/x", "a/b", "m-2", "x" * 65])
def test_what_is_no_migration_is_not_opened(kept: DiskMigrations, migration_id: str) -> None:
    with pytest.raises(CiamError) as caught:
        kept.events(migration_id)
    assert caught.value.code == "migration-unknown"


def test_a_migration_is_begun_once(kept: DiskMigrations) -> None:
    with pytest.raises(CiamError) as caught:
        kept.create("m-1")
    assert caught.value.code == "migration-exists"


HOLDER = f"""
import sys
from pathlib import Path
from ciam_tui.ports.migrations import DiskMigrations
from ciam_tui.ports.state_dir import StateDir
with DiskMigrations(StateDir(Path(sys.argv[1]))).lock({ACCOUNT!r}, "ci-uploader"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_at_a_time_goes_on_with_a_user_and_a_killed_one_leaves_nothing_behind(state: StateDir) -> None:
    migrations = DiskMigrations(state)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(state.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CiamError, match=f"process {holder.pid}") as caught, migrations.lock(ACCOUNT, "CI-Uploader"):
            pass
        assert caught.value.code == "migration-running"
        with migrations.lock(ACCOUNT, "another"):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with migrations.lock(ACCOUNT, "ci-uploader"):
        pass
