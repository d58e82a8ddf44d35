"""Names from outside put into a sentence: as many as a reader takes in, and none that could steer a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_NAMES = 5


def listed(names: Iterable[str]) -> str:
    """`web`, `web and api`, `web, api and docs`; of many the first few, and how many more there are."""
    texts = [shown(name) for name in names]
    if len(texts) > _MOST_NAMES + 1:
        texts = [*texts[:_MOST_NAMES], f"{len(texts) - _MOST_NAMES} more"]
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last


def counted(number: int, noun: str) -> str:
    """`1 project`, `2 projects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
