"""How long a person who types `ciam-tui` looks at nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import first_frame

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "first frame"
AIM = first_frame.AIM


def measure() -> Row:
    """The start screen on the settings of this machine: the account is read behind it."""
    return first_frame.first_frame_of()
