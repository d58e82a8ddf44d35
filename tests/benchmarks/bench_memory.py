"""What the program takes of a machine's memory to say hello."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.memory import peak_of_demo, stay

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "peak memory, first frame"
AIM = "ratio <= 1.5"


def measure() -> Row:
    """At the first frame of the demo."""
    return peak_of_demo("ciam-tui demo", stay, runs=5)
