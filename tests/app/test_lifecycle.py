"""How the program begins and ends in a real terminal: the first frame, signals, kill -9, and what is left behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ciam_tui.ports.disk import DiskDrafts
from ciam_tui.ports.state_dir import StateDir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.draft import Draft

ENTER_ALTERNATE, LEAVE_ALTERNATE = b"\x1b[?1049h", b"\x1b[?1049l"
SECONDS = 300.0  # a busy machine takes its time; only what never comes fails by it


# The terminal has to be the controlling one, for the system to send SIGHUP when it goes away.
TAKE_TERMINAL = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """The program on a pseudo-terminal of 120x36."""

    def __init__(self, *words: str, program: list[str] | None = None) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, sys.executable, *(program or ["-m", "ciam_tui"]), *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            close_fds=True,
        )
        os.close(theirs)
        self.seen = b""

    def read(self, seconds: float = 0.1) -> bool:
        """Take what there is to read; False at the end."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # EIO: the other end is closed
            return False
        self.seen += piece
        return bool(piece)

    def until(self, text: str) -> None:
        """Wait for `text`; the screen is drawn in pieces, so that it should be short."""
        deadline = time.monotonic() + SECONDS
        while text.encode() not in self.seen:
            assert self.read(), f"ended before {text!r}: {self.seen[-500:]!r}"
            assert time.monotonic() < deadline, f"never showed {text!r}: {self.seen[-2000:]!r}"

    def press(self, keys: bytes) -> None:
        """Send keys."""
        os.write(self._ours, keys)

    def end(self) -> int:
        """Wait for the program to end; its exit code."""
        deadline = time.monotonic() + SECONDS
        while self.read():
            assert time.monotonic() < deadline, f"never ended: {self.seen[-2000:]!r}"
        return self.process.wait(SECONDS)

    def close(self) -> None:
        """Hang up."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """`ciam-tui` with nobody signed in, on the screen of step 1."""
    running = Terminal("--state-dir", str(tmp_path / "state"))
    try:
        running.until("New set-up")
        running.press(b"\r")
        running.until("of 6")
        yield running
    finally:
        running.close()


def saved(tmp_path: Path) -> Draft | None:
    found = DiskDrafts(StateDir.of(tmp_path / "state")).load()
    return found.draft if found else None


def type_account(terminal: Terminal, tmp_path: Path) -> None:
    """Type an account's number, and wait until its last digit is on the disk."""
    terminal.until("whose permissions")  # the list of identities has the focus, and with it the guide below
    terminal.press(b"\t\t")
    terminal.until("twelve digits")
    terminal.press(b"123456789012")
    deadline = time.monotonic() + SECONDS
    while (draft := saved(tmp_path)) is None or draft.account_id != "123456789012":
        terminal.read()
        assert time.monotonic() < deadline, f"the draft on the disk is {draft}"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_gives_the_terminal_back_and_keeps_the_draft(
    number: signal.Signals, code: int, terminal: Terminal, tmp_path: Path
) -> None:
    type_account(terminal, tmp_path)
    terminal.process.send_signal(number)
    assert terminal.end() == code
    assert terminal.seen.rindex(LEAVE_ALTERNATE) > terminal.seen.rindex(ENTER_ALTERNATE)
    assert b"draft is saved in" in terminal.seen
    draft = saved(tmp_path)
    assert draft is not None
    assert draft.account_id == "123456789012"


def test_kill_9_loses_no_key_that_was_written_a_moment_ago(terminal: Terminal, tmp_path: Path) -> None:
    type_account(terminal, tmp_path)
    terminal.process.kill()
    terminal.process.wait()
    draft = saved(tmp_path)
    assert draft is not None
    assert draft.account_id == "123456789012"


def test_kill_9_right_after_a_key_loses_that_key_at_most_and_the_next_start_goes_on(terminal: Terminal, tmp_path: Path) -> None:
    type_account(terminal, tmp_path)
    terminal.press(b"\x7f")
    terminal.process.kill()
    terminal.process.wait()
    draft = saved(tmp_path)
    assert draft is not None
    assert draft.account_id in ("123456789012", "12345678901")
    again = Terminal("--state-dir", str(tmp_path / "state"))
    try:
        again.until("Go on")
        again.press(b"\r")
        again.until("of 6")
        again.until(draft.account_id)
        again.press(b"\x11")
        assert again.end() == 0
    finally:
        again.close()
    assert saved(tmp_path) == draft


def test_ctrl_q_leaves_and_says_where_the_draft_is(terminal: Terminal, tmp_path: Path) -> None:
    terminal.press(b"\x11")
    assert terminal.end() == 0
    assert b"draft is saved in" in terminal.seen
    assert str(tmp_path / "state").encode() in terminal.seen


def test_a_terminal_that_goes_away_ends_the_program(terminal: Terminal, tmp_path: Path) -> None:
    type_account(terminal, tmp_path)
    os.close(terminal._ours)
    terminal._ours = os.open(os.devnull, os.O_RDONLY)
    assert terminal.process.wait(SECONDS) is not None
    assert saved(tmp_path) is not None


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.parent.name))
    return found


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "the demo's account outlived the program"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="children are found by /proc")
@pytest.mark.parametrize("when", ["starting the demo account", "dana.operator"])
@pytest.mark.parametrize("end", ["ctrl+q", "SIGTERM", "SIGKILL"])
def test_however_the_demo_ends_its_account_ends_too(when: str, end: str, tmp_path: Path) -> None:
    running = Terminal("demo", "--state-dir", str(tmp_path / "state"))
    try:
        running.until(when)
        deadline = time.monotonic() + SECONDS
        while not (accounts := children(running.process.pid)):
            assert time.monotonic() < deadline, "the account was never started"
            running.read()
        if end == "ctrl+q":
            running.press(b"\x11")
        else:
            running.process.send_signal(signal.Signals[end])
        running.end()
    finally:
        running.close()
    wait_until_gone(accounts)


FIRST_FRAME = """
import sys
from tests.app.fakes import fake_session
from ciam_tui.app.app import CiamApp

class Watched(CiamApp):
    def on_mount(self):
        self.call_after_refresh(self.look)
    def look(self):
        heavy = {"boto3", "botocore", "pydantic", "moto"} & set(sys.modules)
        self.exit(message=None)
        print("HEAVY", sorted(heavy), file=sys.__stdout__)

Watched(fake_session()).run(headless=True)
"""


def test_the_first_frame_needs_neither_boto3_nor_pydantic() -> None:
    finished = subprocess.run([sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert "HEAVY []" in finished.stdout


MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
ON_IN_A_SHELL = frozenset([b"7", b"25"])  # long lines are wrapped, and the cursor is shown


def left_on(seen: bytes) -> set[bytes]:
    """The modes of the terminal that were changed and not changed back: alternate screen, mouse, focus, paste, a hidden cursor, keys as codes."""
    last = {mode: sign for modes, sign in MODE.findall(seen) for mode in modes.split(b";")}
    wrong = {mode for mode, sign in last.items() if (sign == b"h") != (mode in ON_IN_A_SHELL)}
    pushed, popped = len(re.findall(rb"\x1b\[>[0-9]+u", seen)), len(re.findall(rb"\x1b\[<[0-9]*u", seen))
    return wrong | ({b"kitty"} if pushed != popped else set())


def test_the_check_of_modes_finds_one_that_is_left_on() -> None:
    assert left_on(b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[>1u\x1b[?1000l") == {b"1049", b"25", b"kitty"}
    assert left_on(b"\x1b[?25l\x1b[?2004h\x1b[>1u\x1b[<u\x1b[?2004l\x1b[?25h") == set()


CRASH = """
import sys
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.cli import main
def fail(*_):
    raise RuntimeError("a screen that cannot be drawn")
StartScreen.compose = fail
sys.exit(main())
"""


@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "SIGINT", "ctrl+q", "crash"])
def test_however_it_ends_the_terminal_is_as_it_was(end: str, tmp_path: Path) -> None:
    running = Terminal("--state-dir", str(tmp_path / "state"), program=["-c", CRASH] if end == "crash" else None)
    try:
        if end != "crash":
            running.until("New set-up")
            assert left_on(running.seen)
        match end:
            case "ctrl+q":
                running.press(b"\x11")
            case "crash":  # told, and when it happens again on the way on, the end
                running.until("failed")
                running.press(b"\x1b")
            case name:
                running.process.send_signal(getattr(signal, name))
        code = running.end()
        assert code == {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130, "ctrl+q": 0, "crash": 1}[end]
        assert ENTER_ALTERNATE in running.seen
        assert left_on(running.seen) == set(), running.seen[-400:]
        assert b"Traceback" not in running.seen
    finally:
        running.close()


# Imports half done in two threads at once can wait for each other; what imports its own modules is there before the first key is answered.
PACKAGES = """
import ast, sys
from pathlib import Path
import ciam_tui
from ciam_tui.app.background import load_what_comes_next
load_what_comes_next()
root = Path(ciam_tui.__file__).parent
for path in root.rglob("__init__.py"):
    name = ".".join(path.parent.relative_to(root.parent).parts)
    imports = [ast.unparse(each) for each in ast.parse(path.read_text()).body if isinstance(each, ast.Import | ast.ImportFrom)]
    if any("ciam_tui" in each for each in imports) and name not in sys.modules:
        print(name)
"""
# boto3 comes with the first. Nothing but the door to AWS imports it, and that is opened under a lock; the others are not of the full screen.
LATE = {"ciam_tui.ports.aws", "ciam_tui.plain.steps", "ciam_tui.commands.schemas"}


def test_two_threads_cannot_wait_for_each_others_imports() -> None:
    found = subprocess.run([sys.executable, "-c", PACKAGES], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert set(found.stdout.split()) == LATE
