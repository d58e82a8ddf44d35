"""How long a person waits for the preview after a key, frames of 60 a second included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.keys import key_to_preview

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "key to preview, as a person sees it"
AIM = "ratio <= 1.5"


def measure() -> Row:
    """At Textual's own pace."""
    return key_to_preview(60)
