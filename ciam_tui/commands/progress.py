"""One line on standard error that says what a long reading is at, and is gone when it ends; nothing where there is no terminal."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVERY_SECONDS = 0.1  # more often is more than anybody reads, and slows a terminal behind a slow line


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """What takes the words. However the reading ends, the line is wiped before anything else is printed."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    line = _Line()
    try:
        yield line.say
    finally:
        line.wipe()


class _Line:
    def __init__(self) -> None:
        self._width = 0
        self._said_at = -_EVERY_SECONDS

    def say(self, text: str) -> None:
        """Put `text` in place of what stands there, unless something has just been put there."""
        now = time.monotonic()
        if now - self._said_at < _EVERY_SECONDS:
            return
        self._said_at = now
        columns = shutil.get_terminal_size((80, 24)).columns
        told = f"{shown(text)} ..."[: columns - 1]
        print(f"\r{told:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(told)

    def wipe(self) -> None:
        """Nothing stands there any more."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
