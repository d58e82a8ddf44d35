"""How long a person who tries the demo looks at nothing: its account, a server in a process of its own, starts behind the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import first_frame

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "first frame of the demo"
AIM = first_frame.AIM


def measure() -> Row:
    """The start screen of the demo."""
    return first_frame.first_frame_of("demo")
