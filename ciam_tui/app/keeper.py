"""The draft is on the disk a moment after each key, and no key ever waits for the disk.

One thread writes the latest draft; what was overtaken before it could be written is not. So a `kill -9` loses at most what was typed while
the last write was under way, and a slow disk slows nobody down.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.ports.api import Drafts, SavedDraft


class DraftKeeper:
    """Saves drafts behind the screen. `on_failure` is called, from the writing thread, once for each new way in which saving fails."""

    def __init__(self, drafts: Drafts, on_failure: Callable[[CiamError], None]) -> None:
        self._drafts = drafts
        self._on_failure = on_failure
        self._waiting: SavedDraft | None = None
        self._writing = False
        self._told = ""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def keep(self, saved: SavedDraft) -> None:
        """Have `saved` written soon; returns at once."""
        with self._changed:
            self._waiting = saved
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_forever, name="draft-keeper", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, seconds: float = 2.0) -> bool:
        """Wait until all is written; False where it was not, because the disk failed or took longer than `seconds`."""
        with self._changed:
            done = self._changed.wait_for(lambda: self._waiting is None and not self._writing, seconds)
            return done and not self._told

    def _write_forever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None)
                latest, self._waiting, self._writing = self._waiting, None, True
            failure = None if latest is None else self._failure_of(latest)
            with self._changed:
                self._writing = False
                is_new, self._told = failure is not None and failure.message != self._told, failure.message if failure else ""
                self._changed.notify_all()
            if failure is not None and is_new:
                self._on_failure(failure)

    def _failure_of(self, saved: SavedDraft) -> CiamError | None:
        try:
            self._drafts.save(saved)
        except CiamError as error:
            return error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return CiamError("draft-not-saved", "The draft was not saved", f"{reason}.", ["Make room, or start with --state-dir DIR."])
        return None
