"""What a key costs: everything that is done between a key and its preview, without the wait for the next frame, which is chance.

Textual draws 60 times a second, so that a key waits for up to 16 ms whatever is done; here both sides draw as soon as they can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.keys import key_to_preview

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "key to preview, drawn at once"
AIM = "p95 <= 16 ms, ratio <= 1.5"


def measure() -> Row:
    """At 1000 frames a second."""
    return key_to_preview(1000)
