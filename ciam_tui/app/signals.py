"""What the system tells the program while it has a terminal: to end, and to go on after a stop.

A terminal that goes away sends SIGHUP and SIGCONT at once. Textual takes the second for the end of a stop and begins to draw again, by a thread
that dies of a terminal which is not there any more; leaving then waits for that thread for ever. So that one is looked at first.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def leave_on_signals(leave: Callable[[int], None]) -> None:
    """Have `leave` called by the running loop as Ctrl+Q does it, with the exit code of a process that a signal ended."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave, 128 + number)


def go_on_with_a_terminal_alone() -> None:
    """Keep what Textual does on SIGCONT for when there is a terminal to go on with. Called once its driver stands."""
    go_on = signal.getsignal(signal.SIGCONT)
    if not callable(go_on):  # without a terminal there is no such driver
        return

    def after_a_stop(number: int, frame: FrameType | None) -> None:
        if _has_terminal():
            go_on(number, frame)

    signal.signal(signal.SIGCONT, after_a_stop)


def _has_terminal() -> bool:
    try:
        termios.tcgetattr(sys.__stdin__ if sys.__stdin__ is not None else 0)
    except (termios.error, ValueError):
        return False
    return True
