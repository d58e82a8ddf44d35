"""A key into the prefix of a stage, and the preview that shows it: two programs on terminals of their own, asked in turns."""

from __future__ import annotations

import tempfile
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.bare_app import FIRST_FRAME as BARE_FRAME
from tests.benchmarks.harness import interleaved
from tests.benchmarks.screens import bare_app, draft_of, program, save, widgets_of_wizard
from tests.benchmarks.terminal import BACKSPACE, ENTER, SPACE, TAB, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Row
    from tests.benchmarks.terminal import Terminal

PROJECTS = 50
RUNS = 150
# A key, and what the preview shows once it has been drawn again: the pattern of the prefix, with or without the slash that a prefix ends in.
_TYPED = ("q", ('"builds/q*"', '"builds/q/*"'))
_TAKEN_BACK = (BACKSPACE, ('"builds/*"',))


def key_to_preview(frames_a_second: int) -> Row:
    """Milliseconds from a key to the preview on the terminal, for three stages and fifty projects with a role each."""
    draft = draft_of(PROJECTS)
    frames = {"TEXTUAL_FPS": str(frames_a_second)}
    bare = bare_app(widgets_of_wizard(draft, "stages"))
    with tempfile.TemporaryDirectory() as state, terminal(bare, **frames) as theirs:
        save(draft, "stages", Path(state))
        with terminal(program("--state-dir", state), **frames) as ours:
            theirs.shows(BARE_FRAME)
            _open_prefix(ours)
            return interleaved(("key to preview", _measurement(ours)), ("key in a bare Textual app", _measurement(theirs)), runs=RUNS)


def _open_prefix(screen: Terminal) -> None:
    """From the start screen to the prefix of the first stage, with nothing going on behind it."""
    screen.shows("Go on")
    screen.settle(2.0)  # nobody is signed in here; until that is known boto3 is imported
    screen.press(ENTER)
    screen.shows("Branches")
    screen.settle(1.0)
    screen.press(SPACE)
    screen.settle(0.5)
    screen.press(TAB)
    screen.settle(0.5)


def _measurement(screen: Terminal) -> Callable[[], float]:
    keys = cycle((_TYPED, _TAKEN_BACK))

    def measure() -> float:
        key, shown = next(keys)
        pressed = screen.press(key)
        taken = (screen.shows(*shown) - pressed) * 1000
        screen.settle(0.04)  # a person's next key comes when this one is drawn
        return taken

    return measure
