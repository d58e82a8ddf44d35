"""What the program takes of a machine's memory once boto3, pydantic and all of the wizard are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.memory import peak_of_demo, walk_to_review

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "peak memory, walked to Review"
AIM = "<= 150 MiB"


def measure() -> Row:
    """After a walk through the demo's wizard to its plan."""
    return peak_of_demo("ciam-tui demo", walk_to_review, runs=2)
