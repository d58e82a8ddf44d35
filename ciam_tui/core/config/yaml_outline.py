"""Where the keys and items of a YAML file stand, line by line: enough to insert lines into a configuration that somebody wrote by hand.

A parser would give the values and lose what makes the file theirs: comments, anchors, quoting, order. This reads the outline alone, and of
YAML only what configurations are written in. Whatever else it meets it refuses, so that nothing is ever inserted in a place that was guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A key ends at a colon that a space or the end of the line follows; a comment begins at a # after a space. What has matched is not tried
# again by halves (*+): a line of a million spaces would else be read a million times.
_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*+"\s*+|'(?:[^']|'')*+'\s*+|(?:[^\s"'\[\]{},#&*!|>%@`?-]|[?-][^\s#])(?:[^#:]|:(?=\S))*+):(?=\s|$)"""
)
_DASH = re.compile(r"-(?=\s|$)")
_SPACES = re.compile(r" *")
_MOST_ENTRIES = 50_000  # a large configuration has some thousands
_MOST_DASHES = 100
_PROPERTY = re.compile(r"(?:&(?P<anchor>[^\s\[\]{},]+)|!\S*)(?=\s|$)\s*")
_BLOCK = re.compile(r"[|>](?:[1-9][+-]?|[+-][1-9]?)?\s*(?:#.*)?$")
_ENDED = re.compile(r"\s*(?:\s#.*)?$")


class OutlineUnclear(Exception):
    """The file holds something that is not read here; the message says what, as the end of a sentence that begins with "line N"."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key or an item. `column` is where it begins; `key` is None for an item, `value` what stands behind it on its line, without comment.

    `end` is the row after the last that belongs to the scalar or the flow collection which begins here.
    """

    row: int
    column: int
    key: str | None
    value: str
    anchor: str | None
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The keys and items of a file, in its order."""

    entries: tuple[Entry, ...]

    def top(self) -> tuple[Entry, ...]:
        """The keys of the file itself."""
        return self._level(self.entries)

    def below(self, parent: Entry) -> tuple[Entry, ...]:
        """The keys or items directly below `parent`; none where its value is a scalar or a flow collection.

        Raises:
            OutlineUnclear: they are not aligned.
        """
        return self._level(self._all_below(parent))

    def end(self, parent: Entry) -> int:
        """The row after the last that belongs to `parent`."""
        return max(entry.end for entry in (parent, *self._all_below(parent)))

    def _all_below(self, parent: Entry) -> tuple[Entry, ...]:
        below: list[Entry] = []
        first = bisect_right(self.entries, (parent.row, parent.column), key=lambda entry: (entry.row, entry.column))
        for at in range(first, len(self.entries)):
            entry = self.entries[at]
            # The items of a key may begin in its own column.
            beside = parent.key is not None and entry.key is None and entry.column == parent.column
            if entry.column <= parent.column and not beside:
                break
            below.append(entry)
        return tuple(below)

    @staticmethod
    def _level(entries: Sequence[Entry]) -> tuple[Entry, ...]:
        if not entries:
            return ()
        first = entries[0]
        for entry in entries:
            if entry.column < first.column:
                raise OutlineUnclear(f"line {entry.row + 1} is indented like nothing above it")
        level = tuple(entry for entry in entries if entry.column == first.column)
        if first.key is not None and any(entry.key is None for entry in level):
            # Items in the column of the key above them belong to that key.
            level = tuple(entry for entry in level if entry.key is not None)
        return level


def outline(lines: Sequence[str]) -> Outline:
    """The outline of the YAML file of these lines.

    Raises:
        OutlineUnclear: it holds something that is not read here.
    """
    entries = tuple(islice(_entries(lines), _MOST_ENTRIES + 1))
    if len(entries) > _MOST_ENTRIES:
        raise OutlineUnclear(f"line {entries[-1].row + 1} has the {_MOST_ENTRIES + 1:,}th key or item, and no more are read")
    return Outline(entries)


def _entries(lines: Sequence[str]) -> Iterator[Entry]:
    row, begun = 0, False
    while row < len(lines):
        line = lines[row].rstrip("\r\n").removeprefix("\ufeff")
        text = line.lstrip(" ")
        if not text.strip() or text.lstrip().startswith("#"):
            row += 1
            continue
        if text.startswith("\t"):
            raise OutlineUnclear(f"line {row + 1} is indented by a tab")
        if line.startswith("---") and not begun and _ENDED.fullmatch(line[3:]):
            row, begun = row + 1, True
            continue
        if line.startswith(("---", "...", "%")):
            raise OutlineUnclear(f"line {row + 1} begins another document or is a directive")
        begun = True
        found = _line(lines, row, line)
        yield from found
        row = max(entry.end for entry in found)


def _line(lines: Sequence[str], row: int, line: str) -> tuple[Entry, ...]:
    """The items and the key that begin on one line; the last has what stands behind it, over as many rows as that takes."""
    at = len(line) - len(line.lstrip(" "))
    items: list[int] = []
    while _DASH.match(line, at):
        items.append(at)
        at = _behind_spaces(line, at + 1)
        if len(items) > _MOST_DASHES:
            raise OutlineUnclear(f"line {row + 1} begins more than {_MOST_DASHES} lists")
    inner, inner_anchor, value_at = None, None, at
    anchor, at = _properties(line, at)
    key = _KEY.match(line, at)
    if key:
        if anchor:
            raise OutlineUnclear(f"line {row + 1} has an anchor before a key")
        inner, value_at = _unquoted(key["key"].rstrip()), _behind_spaces(line, key.end())
        inner_anchor, value_at = _properties(line, value_at)
    elif not items:
        raise OutlineUnclear(f"line {row + 1} is neither a key nor an item")
    else:
        value_at = at
    column = (key.start() if key else items[-1]) if (key or items) else 0
    value, end = _value(lines, row, line[value_at:], column)
    rest = row + 1
    entries = [Entry(row, each, None, "", None, rest) for each in items]
    if inner is None:
        entries[-1] = Entry(row, items[-1], None, value, anchor, end)
    else:
        entries.append(Entry(row, column, inner, value, inner_anchor, end))
    return tuple(entries)


def _behind_spaces(line: str, at: int) -> int:
    found = _SPACES.match(line, at)
    return found.end() if found else at


def _properties(line: str, at: int) -> tuple[str | None, int]:
    anchor = None
    while found := _PROPERTY.match(line, at):
        anchor, at = found["anchor"] or anchor, found.end()
    return anchor, at


def _value(lines: Sequence[str], row: int, text: str, column: int) -> tuple[str, int]:
    """What stands behind a key or a dash, and the row after its last."""
    if not text or text.startswith("#"):
        return "", row + 1
    if _BLOCK.match(text):
        return text[0], _deeper(lines, row, column)
    match text[0]:
        case "'" | '"' | "[" | "{":
            return _enclosed(lines, row, text)
        case "|" | ">" | "%" | "@" | "`" | "?":
            raise OutlineUnclear(f"line {row + 1} holds a value that begins with {text[0]}")
        case _:
            # A plain scalar goes on over all that is indented more than what it belongs to.
            return re.split(r"\s#", text)[0].rstrip(), _deeper(lines, row, column)


def _deeper(lines: Sequence[str], row: int, column: int) -> int:
    """The row after the last, from `row` on, that is indented more than `column`; blank rows count only between such."""
    end = at = row + 1
    while at < len(lines):
        line = lines[at].rstrip()
        if line:
            if len(line) - len(line.lstrip(" ")) <= column:
                break
            end = at + 1
        at += 1
    return end


def _enclosed(lines: Sequence[str], row: int, text: str) -> tuple[str, int]:
    """A quoted scalar or a flow collection, to its end."""
    quote, depth, before, escaped = "", 0, "", False
    at, rest = row, text
    read: list[str] = []
    while True:
        for index, character in enumerate(rest):
            if quote:
                if escaped:
                    escaped = False
                elif character == "\\" and quote == '"':
                    escaped = True
                elif character == quote:
                    # A doubled single quote closes and opens again, which comes to the same.
                    quote = ""
            elif character in "'\"" and before in ("", *"[{,:'\""):
                quote = character
            elif character in "[{":
                depth += 1
            elif character in "]}":
                depth -= 1
            elif character == "#" and (index == 0 or rest[index - 1].isspace()):
                break
            if not character.isspace():
                before = character
            if not quote and not depth and not (text[0] == "'" and rest[index + 1 : index + 2] == "'"):
                if not _ENDED.fullmatch(rest[index + 1 :]):
                    raise OutlineUnclear(f"line {at + 1} goes on behind a value that has ended")
                return "".join((*read, rest[: index + 1])), at + 1
        read += (rest, " ")
        escaped, at = False, at + 1
        if at == len(lines):
            raise OutlineUnclear(f"line {row + 1} begins a value that never ends")
        rest = lines[at].rstrip("\r\n")


def _unquoted(text: str) -> str:
    """A key or a short value as it is meant; an escape within double quotes stays as it is written, and so equals nothing that is looked for."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def plain(entry: Entry) -> str:
    """The scalar that stands behind `entry`, without its quotes."""
    return _unquoted(entry.value)
