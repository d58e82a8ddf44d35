"""A process on a terminal of its own, as a person has it: what is measured is what reaches the screen, not what a program says of itself."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COLUMNS, ROWS = 120, 36
PATIENCE_SECONDS = 30.0
PROGRAM = str(Path(sys.executable).with_name("ciam-tui"))
BARE_APP = str(Path(__file__).with_name("bare_app.py"))
ENTER, SPACE, TAB, BACKSPACE = "\r", " ", "\t", "\x7f"
# Colours and cursor movements: whether a text is on the screen does not depend on them.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[PX^_].*?\x1b\\|.)", re.DOTALL)


class Terminal:
    """A running process, and what it has written since the last key. `begun` is the moment before it was started."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._written = b""
        self.begun = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(environment), start_new_session=True, cwd=Path(__file__).parents[2]
        )
        os.close(slave)

    def press(self, keys: str) -> float:
        """Write `keys` as a keyboard does; the moment before. What was written until then no longer counts as shown."""
        while self._read(0):
            pass
        self._written = b""
        pressed = time.perf_counter()
        os.write(self._master, keys.encode())
        return pressed

    def shows(self, *texts: str) -> float:
        """The moment at which one of `texts` had been written whole.

        Raises:
            TimeoutError: none ever was.
        """
        wanted = [text.encode() for text in texts]
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while not any(text in self._written for text in wanted):
            left = deadline - time.perf_counter()
            if left <= 0 or not self._read(left):
                raise TimeoutError(f"the screen never showed {' or '.join(texts)}; it wrote {self.said[-1000:]!r}")
        return time.perf_counter()

    def settle(self, seconds: float) -> None:
        """Wait until nothing has been written for `seconds`; a cursor that blinks faster is waited for no longer than anything else."""
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while self._read(seconds) and time.perf_counter() < deadline:
            pass

    @property
    def said(self) -> str:
        """What was written since the last key, without colours and cursor movements."""
        return _ESCAPES.sub("", self._written.decode(errors="replace"))

    @property
    def peak_mebibytes(self) -> float:
        """The most memory that the process has held so far; unlike ru_maxrss it holds nothing of the process that started this one."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii", errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    def end(self) -> None:
        """End the process at once, and what lives by it."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._master], [], [], seconds)
        if not readable:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # Linux's word for a terminal that everybody has left
            return False
        self._written += piece
        return bool(piece)


@contextmanager
def terminal(command: Sequence[str], **variables: str) -> Iterator[Terminal]:
    """`command` on a terminal, with an empty home folder and nothing of this machine's settings."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "XDG_STATE_HOME": f"{home}/state",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "AWS_EC2_METADATA_DISABLED": "true",
            **variables,
        }
        running = Terminal(command, environment)
        try:
            yield running
        finally:
            running.end()
