"""What a page may say to the wizard: five messages, each read strictly, since a message decides what a process is sent.

Whatever else comes is no message. Sizes are held to what a screen can be: a page that claims a million columns would cost the wizard all
the memory there is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

FEWEST_COLUMNS, MOST_COLUMNS = 20, 500
FEWEST_ROWS, MOST_ROWS = 5, 250
COLUMNS, ROWS = 80, 24


@dataclass(frozen=True, slots=True)
class Typed:
    """Keys, mouse and pasted text, as a terminal sends them."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Pinged:
    text: str


@dataclass(frozen=True, slots=True)
class Focused:
    is_focused: bool


Message = Typed | Resized | Pinged | Focused
_PING_LENGTH = 64


def message_in(text: str) -> Message | None:
    """The message that `text` is; None where it is none."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match said:
        case ["stdin", str(data)]:
            return Typed(data.encode("utf-8", "replace"))  # half of a surrogate pair has no encoding, and becomes `?`
        case ["resize", {"width": int(width), "height": int(height)}]:
            return Resized(*screen_of(width, height))
        case ["ping", str(sent)] if len(sent) <= _PING_LENGTH:
            return Pinged(sent)
        case ["focus"]:
            return Focused(is_focused=True)
        case ["blur"]:
            return Focused(is_focused=False)
        case _:
            return None


def screen_of(columns: int, rows: int) -> tuple[int, int]:
    """The nearest size that a screen can have."""
    return min(max(columns, FEWEST_COLUMNS), MOST_COLUMNS), min(max(rows, FEWEST_ROWS), MOST_ROWS)


def size_in(width: str | None, height: str | None) -> tuple[int, int]:
    """The size that a page asks for when it begins; what is no number of sensible length is 80x24's."""
    return screen_of(_number(width, COLUMNS), _number(height, ROWS))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 6 else otherwise
