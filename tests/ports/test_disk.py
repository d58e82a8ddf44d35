from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.draft import BucketDraft, Draft, StageDraft
from ciam_tui.core.journal import Began, Entry, Stopped, Succeeded
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import SavedDraft
from ciam_tui.ports.disk import DiskDrafts, DiskJournals, StateDir

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
DRAFT = Draft(
    account_id="123456789012",
    bucket=BucketDraft(name="bücket \ud800"),  # half a surrogate pair, as a paste may bring
    base_prefix="builds/",
    stages=(StageDraft(name="build", session_seconds="1h"),),
)
SAVED = SavedDraft(DRAFT, "stages", "prod", NOON)
ENTRIES: tuple[Entry, ...] = (Began("a", NOON), Succeeded("a", NOON, "id-1", {"role_id": "AROA"}), Stopped(NOON))


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "deep" / "state")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def full_disk(monkeypatch: pytest.MonkeyPatch, *, after_bytes: int = 0) -> None:
    """From now on the disk takes `after_bytes` more, and then says that it is full."""
    room = [after_bytes]

    def write(handle: int, content: bytes | memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = min(room[0], len(content))
        room[0] -= taken
        return os_write(handle, content[:taken])

    os_write = os.write
    monkeypatch.setattr(os, "write", write)


# --- the folder -------------------------------------------------------------------------------------------------------------------------


def test_the_folder_is_the_one_of_the_flag_or_else_the_systems(own_machine: Path, tmp_path: Path) -> None:
    assert StateDir.of(tmp_path).path == tmp_path
    assert StateDir.of("~/here").path == own_machine / "here"
    assert StateDir.of(None).path == own_machine / "state" / "ciam-tui"


def test_everything_is_private_from_its_first_moment_whatever_the_umask(state: StateDir) -> None:
    before = os.umask(0)
    try:
        DiskDrafts(state).save(SAVED)
        journals = DiskJournals(state)
        journals.create("run-1").append(ENTRIES[0])
        with journals.lock("123456789012", "abc"):
            pass
    finally:
        os.umask(before)
    assert {path.name: mode(path) for path in (state.path, *state.path.rglob("*"))} == {
        "state": 0o700,
        "runs": 0o700,
        "locks": 0o700,
        "draft.json": 0o600,
        "run-1.jsonl": 0o600,
        "123456789012-abc.lock": 0o600,
    }


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    DiskDrafts(StateDir(tmp_path)).save(SAVED)
    assert mode(tmp_path) == 0o755


def test_looking_makes_no_folder(state: StateDir) -> None:
    assert DiskDrafts(state).load() is None
    assert DiskJournals(state).run_ids() == ()
    assert not state.path.exists()


def test_room_is_proved_and_given_back(state: StateDir) -> None:
    state.prove_writable()
    assert written(state.path) == []


def test_a_full_disk_is_told_before_a_run_begins_and_leaves_nothing(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    full_disk(monkeypatch, after_bytes=5000)
    with pytest.raises(CiamError) as caught:
        DiskJournals(state).create("run-1")
    assert caught.value.code == "state-not-writable"
    assert str(state.path) in caught.value.message
    assert "--state-dir" in caught.value.suggestions[0]
    assert written(state.path) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    state = StateDir(tmp_path / "file" / "state")
    for attempt in (state.prove_writable, lambda: DiskDrafts(state).save(SAVED), lambda: DiskJournals(state).create("run-1")):
        with pytest.raises(CiamError) as caught:
            attempt()
        assert caught.value.code == "state-not-writable"
    with pytest.raises(CiamError) as caught:
        DiskDrafts(state).load()
    assert caught.value.code == "state-not-readable"


# --- drafts -----------------------------------------------------------------------------------------------------------------------------


def test_a_draft_comes_back_as_it_was_saved(state: StateDir) -> None:
    drafts = DiskDrafts(state)
    drafts.save(SAVED)
    assert drafts.load() == SAVED
    drafts.save(replace(SAVED, step="review", profile=None))
    assert drafts.load() == replace(SAVED, step="review", profile=None)
    assert drafts.where() == str(state.path / "draft.json")
    assert written(state.path) == ["draft.json"]


def test_the_time_of_a_draft_is_kept_in_utc(state: StateDir) -> None:
    drafts = DiskDrafts(state)
    drafts.save(replace(SAVED, saved_at=NOON.astimezone(timezone(timedelta(hours=5)))))
    loaded = drafts.load()
    assert loaded is not None
    assert (loaded.saved_at, loaded.saved_at.tzinfo) == (NOON, UTC)


def test_a_draft_that_is_discarded_is_gone(state: StateDir) -> None:
    drafts = DiskDrafts(state)
    drafts.save(SAVED)
    drafts.discard()
    assert drafts.load() is None
    drafts.discard()


@pytest.mark.parametrize("after_bytes", [0, 1, 100])
def test_a_disk_that_fills_up_leaves_the_old_draft(state: StateDir, monkeypatch: pytest.MonkeyPatch, after_bytes: int) -> None:
    drafts = DiskDrafts(state)
    drafts.save(SAVED)
    full_disk(monkeypatch, after_bytes=after_bytes)
    with pytest.raises(CiamError) as caught:
        drafts.save(replace(SAVED, step="review"))
    assert caught.value.code == "state-not-writable"
    assert drafts.load() == SAVED
    assert written(state.path) == ["draft.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"format": 2}',
        b"[" * 100_000,
        b'{"format": 1, "saved_at": "2026-01-01", "step": "x", "profile": null, "answers": {}}',
        b'{"format": 1, "saved_at": "2026-01-01T00:00:00+00:00", "step": "x", "profile": null, "answers": []}',
        b'{"format": 1, "saved_at": "2026-01-01T00:00:00+00:00", "step": "x", "profile": 7, "answers": {}}',
    ],
    ids=["empty", "cut off", "list", "string", "no text", "another format", "deep", "no zone", "no answers", "profile"],
)
def test_a_damaged_draft_is_told_once_and_kept_aside(state: StateDir, content: bytes) -> None:
    drafts = DiskDrafts(state)
    for number in (1, 2):
        drafts.save(SAVED)
        (state.path / "draft.json").write_bytes(content)
        with pytest.raises(CiamError) as caught:
            drafts.load()
        assert caught.value.code == "draft-unreadable"
        aside = state.path / f"draft.json.broken-{number}"
        assert str(aside) in caught.value.message
        assert aside.read_bytes() == content
        assert drafts.load() is None


# --- journals ---------------------------------------------------------------------------------------------------------------------------


def test_a_journal_gives_back_what_was_written_and_grows_by_lines(state: StateDir) -> None:
    journals = DiskJournals(state)
    journal = journals.create("20260304-120000-3f9c")
    for number, entry in enumerate(ENTRIES, start=1):
        journal.append(entry)
        assert journals.open(journal.run_id).entries() == ENTRIES[:number]
    lines = (state.path / "runs" / "20260304-120000-3f9c.jsonl").read_text().split("\n")
    assert (len(lines), lines[-1]) == (len(ENTRIES) + 1, "")
    assert not journal.is_torn


def test_an_entry_is_on_the_disk_when_append_returns(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = DiskJournals(state).create("run-1")
    order: list[str] = []
    write, fsync = os.write, os.fsync

    def noted_write(handle: int, content: bytes) -> int:
        order.append("write")
        return write(handle, content)

    def noted_fsync(handle: int) -> None:
        order.append("fsync")
        fsync(handle)

    monkeypatch.setattr(os, "write", noted_write)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    journal.append(ENTRIES[0])
    assert order == ["write", "fsync"]


def test_runs_are_listed_by_time_and_nothing_else_is(state: StateDir) -> None:
    journals = DiskJournals(state)
    for run_id in ("20260304-2", "20260304-1"):
        journals.create(run_id)
    for name in ("notes.txt", ".hidden.jsonl", "a b.jsonl"):
        (state.path / "runs" / name).write_text("")
    (state.path / "runs" / "folder.jsonl").mkdir()
    assert journals.run_ids() == ("20260304-1", "20260304-2")


def test_a_run_is_begun_once(state: StateDir) -> None:
    journals = DiskJournals(state)
    journals.create("run-1").append(ENTRIES[0])
    with pytest.raises(CiamError) as caught:
        journals.create("run-1")
    assert caught.value.code == "run-exists"
    assert journals.open("run-1").entries() == ENTRIES[:1]


@pytest.mark.parametrize("run_id", ["", "..", "../x", "/etc/passwd", "a/b", "a\0b", ".hidden", "-rf", "a" * 65, "a\n", "run-1"])
def test_what_is_no_run_is_not_opened(state: StateDir, run_id: str) -> None:
    with pytest.raises(CiamError) as caught:
        DiskJournals(state).open(run_id)
    assert caught.value.code == "run-unknown"


@pytest.mark.parametrize("cut", [1, 2, 20])
def test_a_line_torn_by_a_crash_is_passed_over_and_does_not_spoil_the_next(state: StateDir, cut: int) -> None:
    journals = DiskJournals(state)
    journal = journals.create("run-1")
    for entry in ENTRIES[:2]:
        journal.append(entry)
    path = state.path / "runs" / "run-1.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    assert journal.is_torn
    assert journal.entries() == ENTRIES[:1]
    journals.open("run-1").append(ENTRIES[2])
    assert journal.entries() == (ENTRIES[0], ENTRIES[2])
    assert not journal.is_torn


def test_a_disk_that_fills_up_within_a_line_is_told_and_the_journal_goes_on_later(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = DiskJournals(state).create("run-1")
    journal.append(ENTRIES[0])
    with monkeypatch.context() as patch:
        full_disk(patch, after_bytes=10)
        with pytest.raises(CiamError) as caught:
            journal.append(ENTRIES[1])
    assert caught.value.code == "state-not-writable"
    assert journal.entries() == ENTRIES[:1]
    journal.append(ENTRIES[1])
    assert journal.entries() == ENTRIES[:2]


@pytest.mark.parametrize("line", [b"", b"{}", b"not json", b"\xff\xfe", b'{"kind": "began"}'])
def test_a_damaged_line_elsewhere_is_told_with_its_place(state: StateDir, line: bytes) -> None:
    journal = DiskJournals(state).create("run-1")
    journal.append(ENTRIES[0])
    path = state.path / "runs" / "run-1.jsonl"
    path.write_bytes(path.read_bytes() + line + b"\n")
    journal.append(ENTRIES[1])
    with pytest.raises(CiamError) as caught:
        journal.entries()
    assert caught.value.code == "journal-unreadable"
    assert f"Line 2 of {path}" in caught.value.message


def test_a_link_in_the_place_of_a_file_is_not_followed(state: StateDir, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    journals = DiskJournals(state)
    journals.create("run-1")
    (state.path / "runs" / "run-2.jsonl").symlink_to(victim)
    with pytest.raises(CiamError):
        journals.create("run-2")
    with pytest.raises(CiamError):
        journals.open("run-2").append(ENTRIES[0])
    assert victim.read_text() == "precious\n"


# --- the lock ---------------------------------------------------------------------------------------------------------------------------

ACCOUNT, SETUP = "123456789012", "0123456789abcdef"


def test_one_apply_at_a_time_on_a_setup_of_an_account(state: StateDir) -> None:
    journals = DiskJournals(state)
    with journals.lock(ACCOUNT, SETUP):
        with pytest.raises(CiamError) as caught, journals.lock(ACCOUNT, SETUP):
            pass
        with journals.lock(ACCOUNT, "another"), journals.lock("210987654321", SETUP):
            pass
    assert caught.value.code == "apply-running"
    assert f"process {os.getpid()}" in caught.value.message
    with journals.lock(ACCOUNT, SETUP):
        pass


def test_the_lock_is_given_back_when_the_run_fails(state: StateDir) -> None:
    journals = DiskJournals(state)
    with pytest.raises(RuntimeError), journals.lock(ACCOUNT, SETUP):
        raise RuntimeError
    with journals.lock(ACCOUNT, SETUP):
        pass


def test_the_lock_of_a_killed_process_is_free_again(state: StateDir) -> None:
    holder = (
        "import sys, pathlib; from ciam_tui.ports.disk import DiskJournals, StateDir\n"
        f"with DiskJournals(StateDir(pathlib.Path(sys.argv[1]))).lock({ACCOUNT!r}, {SETUP!r}):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(state.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(CiamError) as caught, DiskJournals(state).lock(ACCOUNT, SETUP):
            pass
        process.kill()
        process.wait()
    assert f"process {process.pid}" in caught.value.message
    with DiskJournals(state).lock(ACCOUNT, SETUP):
        pass


@pytest.mark.parametrize(("account", "setup"), [("../x", SETUP), (ACCOUNT, "a/b"), ("", SETUP)])
def test_a_lock_is_named_by_ids_alone(state: StateDir, account: str, setup: str) -> None:
    with pytest.raises(ValueError, match="id"), DiskJournals(state).lock(account, setup):
        pass
