"""The draft and the journals of all runs on the disk, such that a crash or a power cut loses nothing that was told to be saved.

Drafts are replaced whole; journals only grow, a line at a time, and each line is on the disk before the call that it announces is sent.
"""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.lines import append_line, begin_file, content_of, held, kept_names, read_lines
from ciam_tui.ports.state_dir import StateDir, sync_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.journal import Entry
    from ciam_tui.ports.api import SavedDraft

__all__ = ["DiskDrafts", "DiskJournal", "DiskJournals", "StateDir"]

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_LOCK_PART = re.compile(r"[A-Za-z0-9]{1,64}")
_DRAFT_FORMAT = 1


class DiskDrafts:
    """`Drafts` as one file, replaced whole."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def where(self) -> str:
        """The path of the draft."""
        return str(self._path)

    def load(self) -> SavedDraft | None:
        """The saved draft, None where there is none.

        Raises:
            CiamError: `draft-unreadable`; the file has then been put aside, and the next `load` finds none.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._state.not_readable(self._path, error) from None
        try:
            return _draft_from(content)
        except (ValueError, KeyError, TypeError, RecursionError):
            aside = self._put_aside()
        raise CiamError(
            "draft-unreadable",
            "Cannot open the draft",
            f"The saved draft is damaged; it is kept as {aside}.",
            ("Start anew.",),
        )

    def save(self, saved: SavedDraft) -> None:
        """Replace the draft by `saved`, or leave the old one.

        Raises:
            CiamError: `state-not-writable`.
        """
        folder = self._state.folder()
        new = folder / f".draft-{os.getpid()}-{threading.get_ident()}.new"
        try:
            try:
                new.unlink(missing_ok=True)  # left by a process of the same number that was killed
                write_whole(new, _draft_content(saved))
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)
            sync_folder(folder)
        except OSError as error:
            raise self._state.not_writable(error) from None

    def discard(self) -> None:
        """Remove the draft, where there is one.

        Raises:
            CiamError: `state-not-writable`.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._state.not_writable(error) from None

    @property
    def _path(self) -> Path:
        return self._state.path / "draft.json"

    def _put_aside(self) -> Path:
        number = 1
        while (aside := self._path.with_name(f"draft.json.broken-{number}")).exists():
            number += 1
        try:
            self._path.rename(aside)
        except OSError as error:
            raise self._state.not_writable(error) from None
        return aside


def _draft_content(saved: SavedDraft) -> bytes:
    content = {
        "format": _DRAFT_FORMAT,
        "saved_at": saved.saved_at.astimezone(UTC).isoformat(),
        "step": saved.step,
        "profile": saved.profile,
        "answers": saved.draft.as_json(),
    }
    # ASCII: half a surrogate pair that was pasted into a field is an escape then, and does not fail.
    return json.dumps(content, ensure_ascii=True, indent=1).encode("ascii")


def _draft_from(content: bytes) -> SavedDraft:
    saved: dict[str, Any] = json.loads(content)
    profile = saved["profile"]
    if saved["format"] != _DRAFT_FORMAT or not isinstance(saved["answers"], dict) or not isinstance(profile, str | None):
        raise ValueError("not a draft of this format")
    saved_at = datetime.fromisoformat(saved["saved_at"])
    if saved_at.tzinfo is None:
        raise ValueError("a time without a zone")
    from ciam_tui.core.draft import Draft
    from ciam_tui.ports.api import SavedDraft

    return SavedDraft(Draft.of(saved["answers"]), str(saved["step"]), profile, saved_at.astimezone(UTC))


class DiskJournals:
    """`Journals` as one file of lines a run, under `runs/`."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def create(self, run_id: str) -> DiskJournal:
        """The journal of a new run, with room on the disk for all of it.

        Raises:
            CiamError: `state-not-writable`; `run-exists`; `run-unknown` for what cannot be a run's name.
        """
        path = self._path(run_id)
        begin_file(
            self._state, "runs", path, CiamError("run-exists", "Cannot begin the run", f"There is a run {run_id} already.", ("Try again.",))
        )
        return DiskJournal(self._state, run_id, path)

    def open(self, run_id: str) -> DiskJournal:
        """The journal of a run there is.

        Raises:
            CiamError: `run-unknown`; `state-not-readable`.
        """
        path = self._path(run_id)
        try:
            exists = path.is_file()
        except OSError as error:
            raise self._state.not_readable(path, error) from None
        if not exists:
            raise _unknown_run(run_id)
        return DiskJournal(self._state, run_id, path)

    def run_ids(self) -> tuple[str, ...]:
        """The names of all runs, sorted, which is by time.

        Raises:
            CiamError: `state-not-readable`.
        """
        return kept_names(self._state, "runs", _RUN_ID)

    @contextmanager
    def lock(self, account_id: str, setup_id: str) -> Iterator[None]:
        """Held while a Setup's account is changed: one apply at a time from this machine. It ends with the process, however that ends.

        Raises:
            CiamError: `apply-running`; `state-not-writable`.
            ValueError: an id that could not be part of a file's name.
        """
        if not _LOCK_PART.fullmatch(account_id) or not _LOCK_PART.fullmatch(setup_id):
            raise ValueError("a lock is named by an account id and a Setup id")
        with held(self._state, f"{account_id}-{setup_id}", _another_apply):
            yield

    def _path(self, run_id: str) -> Path:
        if not _RUN_ID.fullmatch(run_id):
            raise _unknown_run(run_id)
        return self._state.path / "runs" / f"{run_id}.jsonl"


def _another_apply(who: str) -> CiamError:
    return CiamError(
        "apply-running",
        "Cannot begin the run",
        f"Another apply for this Setup is running on this machine{who}.",
        ("Wait until it has ended, then plan again.",),
    )


def _unknown_run(run_id: str) -> CiamError:
    return CiamError("run-unknown", "Cannot open the run", f"There is no run {run_id!a}.", ("`ciam-tui runs` lists the runs there are.",))


class DiskJournal:
    """`Journal` as a file of lines. A line counts with its newline: one without was never told to be written, and is passed over."""

    def __init__(self, state: StateDir, run_id: str, path: Path) -> None:
        self._state = state
        self._run_id = run_id
        self._path = path

    @property
    def run_id(self) -> str:
        """The name of the run."""
        return self._run_id

    @property
    def is_torn(self) -> bool:
        """Whether the last line was cut off by a crash or a full disk. What it would have said is then unknown, and is read back."""
        content = self._content()
        return bool(content) and not content.endswith(b"\n")

    def append(self, entry: Entry) -> None:
        """Write `entry`; it is on the disk when this returns.

        Raises:
            CiamError: `state-not-writable`.
        """
        from ciam_tui.core.journal import to_line

        try:
            append_line(self._path, to_line(entry).encode())
        except OSError as error:
            raise self._state.not_writable(error) from None

    def entries(self) -> tuple[Entry, ...]:
        """All entries, without a torn last line.

        Raises:
            CiamError: `journal-unreadable`, naming the file and the line; `state-not-readable`.
        """
        from ciam_tui.core.journal import from_line

        return read_lines(self._path, self._content(), from_line, ("journal-unreadable", "Cannot read the journal"), "entry")

    def _content(self) -> bytes:
        return content_of(self._state, self._path, _unknown_run(self._run_id))
