"""The first frame of a command of ours against that of the bare app, each a real process on a terminal, from its start to the last key of text."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.bare_app import FIRST_FRAME as BARE_FRAME
from tests.benchmarks.harness import interleaved
from tests.benchmarks.screens import FIRST_FRAME, bare_app, program, widgets_of_start
from tests.benchmarks.terminal import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.harness import Row

AIM = "ratio <= 1.25"
RUNS = 15


def first_frame_of(*words: str) -> Row:
    """Milliseconds until the first frame of `ciam-tui` with `words`; the first run of each side, thrown away, warms the compiled files."""
    return interleaved(
        (" ".join(("ciam-tui", *words)), partial(_milliseconds, program(*words), FIRST_FRAME)),
        ("bare Textual app", partial(_milliseconds, bare_app(widgets_of_start()), BARE_FRAME)),
        runs=RUNS,
    )


def _milliseconds(command: Sequence[str], text: str) -> float:
    with terminal(command) as screen:
        taken = (screen.shows(text) - screen.begun) * 1000
    time.sleep(0.2)  # the demo's account, a child of what was ended, ends by itself: it is not to disturb the next run
    return taken
