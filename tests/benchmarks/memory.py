"""The most memory that the demo's app holds, at its first frame and after a walk to Review, against the bare app at its first frame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.bare_app import FIRST_FRAME as BARE_FRAME
from tests.benchmarks.harness import interleaved
from tests.benchmarks.screens import FIRST_FRAME, bare_app, program, widgets_of_start
from tests.benchmarks.terminal import ENTER, SPACE, TAB, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Row
    from tests.benchmarks.terminal import Terminal


def peak_of_demo(what: str, walk: Callable[[Terminal], None], *, runs: int) -> Row:
    """Peak mebibytes of the app's own process after `walk`; the demo's account is a process of its own."""
    widgets = widgets_of_start()

    def ours() -> float:
        with terminal(program("demo")) as screen:
            screen.shows(FIRST_FRAME)
            walk(screen)
            peak = screen.peak_mebibytes
        time.sleep(0.2)  # the account ends by itself
        return peak

    def theirs() -> float:
        with terminal(bare_app(widgets)) as screen:
            screen.shows(BARE_FRAME)
            return screen.peak_mebibytes

    return interleaved((what, ours), ("bare Textual app", theirs), runs=runs, unit="MiB")


def stay(_: Terminal) -> None:
    """The first frame is all."""


def walk_to_review(screen: Terminal) -> None:
    """The wizard of the demo by keyboard alone: the rows under the cursor, three stages, one project."""
    screen.shows("signed in as")
    screen.press(ENTER)
    screen.shows("1 of 6")
    screen.settle(0.6)
    for place in ("2 of 6", "3 of 6", "4 of 6"):
        screen.press(ENTER)
        screen.shows(place)
        screen.settle(0.6)
    screen.press(ENTER)
    screen.shows("releases/")
    screen.settle(0.5)
    screen.press(ENTER)
    screen.shows("5 of 6")
    screen.settle(0.5)
    screen.press(ENTER)
    screen.settle(0.5)
    screen.press(TAB)
    screen.settle(0.3)
    screen.press(SPACE)
    screen.settle(0.3)
    screen.press(ENTER)
    screen.shows("Nothing has been changed yet")
    screen.settle(1.0)
