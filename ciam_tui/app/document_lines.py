"""A policy as lines to draw: which JSON line is which, which the last key changed, and which findings stand beside them.

Pure functions from values to values, so that what the preview shows can be tested without a screen. It runs on every key, hence the one
pass over the text and no parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import Enum, auto
from typing import TYPE_CHECKING

from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ciam_tui.core.findings import Finding

# `"key": ` at the start of a line, then whatever follows.
_KEY = re.compile(r'^(\s*)("(?:[^"\\]|\\.)*")(:)(.*)$')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
CHANGED = ("+", "~", "-")  # in the gutter, of lines that an edit made or changed, or before which it took some away
AT_HAND = "▸"  # in the gutter, of the finding that a key would fix
FIX_HINT = "(fix: f)"
MARK = {Level.ERROR: "✗ ", Level.WARNING: "! ", Level.NOTE: "· "}


class Ink(Enum):
    """What a piece of a line is, which decides its colour."""

    PUNCTUATION = auto()
    KEY = auto()
    STRING = auto()
    ERROR = auto()
    WARNING = auto()
    NOTE = auto()
    HEADING = auto()
    ALLOWED = auto()
    DENIED = auto()
    CURSOR = auto()
    PROSE = auto()


_INK = {Level.ERROR: Ink.ERROR, Level.WARNING: Ink.WARNING, Level.NOTE: Ink.NOTE}


@dataclass(frozen=True, slots=True)
class Line:
    """A line: the sign in its gutter (`+` new, `~` changed, `-` some gone before it, `▸` at hand, or a space) and its pieces. `indent` is where its continuation starts.

    `about` is the number of what the line belongs to, such as a finding, where it can be pointed at.
    """

    pieces: tuple[tuple[str, Ink], ...]
    gutter: str = " "
    indent: int = 0
    about: int | None = None


def highlighted(text: str) -> tuple[tuple[str, Ink], ...]:
    """One line of canonical JSON in pieces."""
    if (match := _KEY.match(text)) is not None:
        space, key, colon, rest = match.groups()
        return ((space + key, Ink.KEY), (colon, Ink.PUNCTUATION), *_value(rest))
    return _value(text)


def _value(text: str) -> tuple[tuple[str, Ink], ...]:
    match = _STRING.search(text)
    if match is None:
        return ((text, Ink.PUNCTUATION),) if text else ()
    pieces = ((text[: match.start()], Ink.PUNCTUATION), (match[0], Ink.STRING), (text[match.end() :], Ink.PUNCTUATION))
    return tuple(piece for piece in pieces if piece[0])


def gutters(lines: Sequence[str], before: Sequence[str]) -> list[str]:
    """For each of `lines`: `+` where it is new against `before`, `~` where it took another's place, `-` where lines before it are gone, else a space."""
    signs = [" "] * len(lines)
    if not before or lines == before:
        return signs
    # Almost always one place changes, so that the common head and tail are taken off first and the matcher sees a few lines.
    head = 0
    while head < min(len(lines), len(before)) and lines[head] == before[head]:
        head += 1
    tail = 0
    while tail < min(len(lines), len(before)) - head and lines[-1 - tail] == before[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], lines[head : len(lines) - tail]
    for kind, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "delete" and signs:
            signs[min(head + start, len(signs) - 1)] = "-"
        if kind in ("insert", "replace"):
            for place in range(start, end):
                signs[head + place] = "+" if kind == "insert" else "~"
    return signs


def document_lines(text: str, findings: Iterable[Finding], before: str | None = None, at_hand: int | None = None) -> list[Line]:
    """`text` line by line; under each line, the findings about it; above all, the findings about no line in particular.

    `at_hand` is the number of the finding that a key would fix.
    """
    texts = text.split("\n")
    signs = gutters(texts, before.split("\n") if before is not None else ())
    under: dict[int, list[Line]] = {}
    above: list[Line] = []
    for number, finding in enumerate(findings):
        place = _place(texts, finding.anchor)
        if place is None:
            above.append(finding_line(finding, number=number, at_hand=at_hand))
        else:
            indent = len(texts[place]) - len(texts[place].lstrip())
            under.setdefault(place, []).append(finding_line(finding, indent, number=number, at_hand=at_hand))
    lines = above
    for place, line in enumerate(texts):
        lines.append(Line(highlighted(line), signs[place], len(line) - len(line.lstrip()) + 2))
        lines.extend(under.get(place, ()))
    return lines


def _place(texts: Sequence[str], anchor: str) -> int | None:
    if not anchor:
        return None
    return next((place for place, line in enumerate(texts) if anchor in line), None)


def finding_line(finding: Finding, indent: int = 0, *, number: int | None = None, at_hand: int | None = None) -> Line:
    """A finding as a line: its mark, what it says, and what to do about it; of the one `at_hand` also which key does that."""
    is_at_hand = number is not None and number == at_hand
    said = " ".join(part for part in (finding.text, finding.fix, FIX_HINT if is_at_hand and finding.patch else "") if part)
    gutter = AT_HAND if is_at_hand else " "
    return Line(((" " * indent + MARK[finding.level] + said, _INK[finding.level]),), gutter, indent + 2, number)


def wrapped(line: Line, width: int) -> list[Line]:
    """`line` over as many lines of at most `width` characters as it takes; the later ones start at its indent."""
    length = sum(len(text) for text, _ in line.pieces)
    if length <= width or width < 8:
        return [line]
    prose = line.pieces[0][1] in (Ink.ERROR, Ink.WARNING, Ink.NOTE, Ink.PROSE)
    indent = min(line.indent, width // 2)
    result: list[Line] = []
    row: list[tuple[str, Ink]] = []
    used = 0
    for text, ink in line.pieces:
        rest = text
        while rest:
            room = width - used
            if len(rest) <= room:
                row.append((rest, ink))
                used += len(rest)
                break
            cut = _break_at(rest, room) if prose else room
            if cut:
                row.append((rest[:cut].rstrip() if prose else rest[:cut], ink))
            rest = rest[cut:].lstrip() if prose else rest[cut:]
            result.append(replace(line, pieces=tuple(row), gutter=line.gutter if not result else " "))
            row, used = [(" " * indent, Ink.PUNCTUATION)], indent
    if row and (used > indent or not result):
        result.append(replace(line, pieces=tuple(row), gutter=line.gutter if not result else " "))
    return result


def _break_at(text: str, room: int) -> int:
    """Where prose is broken: after the last space that fits, or in the middle of a word that is longer than a line."""
    space = text.rfind(" ", 0, room + 1)
    return space if space > len(text) - len(text.lstrip()) else room
