"""What changes between two texts, line by line, as every front end shows it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTEXT_LINES = 2
_FROM_THE_START = 10_000  # lines of context for a text that is new: all of it


def diff(before: str | None, after: str | None) -> Iterator[str]:
    """What changes from `before` to `after`: lines with `-` go, lines with `+` come, others only show where. Without `before`, all of `after`."""
    old, new = (before or "").splitlines(), (after or "").splitlines()
    context = _CONTEXT_LINES if old and new else _FROM_THE_START
    for line in list(difflib.unified_diff(old, new, lineterm="", n=context))[2:]:  # the first two name files, and these are none
        if not line.startswith("@@"):
            yield f"{line[:1]} {line[1:]}"
        elif context == _CONTEXT_LINES:
            yield "…"
