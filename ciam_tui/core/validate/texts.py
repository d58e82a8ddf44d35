"""The rules that hold for any text on its way into a policy, and how a rule quotes what it refuses.

IAM gives `*`, `?` and `${` a meaning wherever they stand in a pattern, and stores no character outside U+0020 to U+00FF. Every other rule
begins with these.
"""

from __future__ import annotations

import re

from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.shown import shown

WILDCARDS = ("*", "?", "${")
_QUOTED_LENGTH = 60
_NOT_STORED_BY_IAM = re.compile(r"[^\u0020-\u00ff]")


def error(text: str, fix: str = "") -> Problem:
    """An error about a field that its caller will name."""
    return Problem("", Level.ERROR, text, fix)


def quoted(text: str) -> str:
    """`text` in quotes, made visible, and cut where a stranger made it long."""
    cut = text if len(text) <= _QUOTED_LENGTH else f"{text[: _QUOTED_LENGTH - 3]}..."
    return f'"{shown(cut)}"'


def path_part(key: str) -> str:
    """`key`, which is the user's own, as a part of a field's path."""
    return quoted(key)[1:-1]


def plain_text_problem(text: str, *, what: str, refused: tuple[str, ...] = WILDCARDS) -> Problem | None:
    """What keeps `text` from standing in a policy as itself: a wildcard or variable of IAM, or a character that IAM cannot store."""
    for wildcard in refused:
        if wildcard in text:
            meaning = "begins a policy variable" if wildcard == "${" else "is a wildcard in IAM"
            return error(f"{what} {quoted(text)} contains {wildcard}, which {meaning}.", f"Remove the {wildcard}.")
    foreign = _NOT_STORED_BY_IAM.search(text)
    if foreign:
        return error(
            f"{what} {quoted(text)} contains U+{ord(foreign[0]):04X}, and IAM stores only the characters U+0020 to U+00FF.",
            "Remove that character.",
        )
    return None


def counted(number: int, noun: str) -> str:
    """`1 character`, `2 characters`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
