"""Events and lines out of a stream of text, however long: no more than one of them is in memory, and one that is absurdly long is passed over.

A file of CloudTrail's is one JSON object on one line, of any size; exports of it have an event a line. The stdlib reads whole texts alone, so
the list is taken apart here, an element at a time, each of which the stdlib then reads.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_EVENT = 1_048_576  # characters: CloudTrail's own limit for an event is 256 KB
# `{"Records": [` of the files, `{"Events": [` of `aws cloudtrail lookup-events`.
_OPENS = re.compile(r"""\ufeff?\s*+(?:\{\s*+"(?:Records|Events)"\s*+:\s*+)?\[""")
_OPENING = 4096  # characters in which a file says what it is
_BETWEEN = re.compile(r"[\s,]*+")
_MARK = re.compile(r'["{}\[\]]')
_WITHIN_TEXT = re.compile(r'(?:[^"\\]|\\.)*+', re.DOTALL)
_WORD = re.compile(r'[^\s,{}\[\]"]*+')
_NESTS = {"{": 1, "[": 1, "}": -1, "]": -1}
_DECODER = json.JSONDecoder()


class _Unreadable:
    """Stands for an element that is no JSON, or too long."""


UNREADABLE = _Unreadable()


def events_in(chunks: Iterable[str]) -> Iterator[Any]:
    """The events of a stream, each as the value that it is, and UNREADABLE for each that is none.

    The stream is a list in an object under `Records` or `Events`, a bare list, or one value after another.
    """
    stream = _Stream(iter(chunks))
    stream.fill(_OPENING)
    opened = _OPENS.match(stream.text)
    stream.position = opened.end() if opened else 0
    while stream.next_element(ends_at="]" if opened else ""):
        yield _inner(stream.take())


def _inner(value: Any) -> Any:
    """What `lookup-events` answers has the event as text in it."""
    text = value.get("CloudTrailEvent") if isinstance(value, dict) else None
    if not isinstance(text, str):
        return value
    try:
        return _DECODER.decode(text) if len(text) <= LONGEST_EVENT else UNREADABLE
    except (ValueError, RecursionError):
        return UNREADABLE


def lines_in(chunks: Iterable[str], longest: int) -> Iterator[str | None]:
    """The lines of a stream without their ends; None for one that is longer than `longest`, of which no more is kept than that."""
    kept, is_cut = "", False
    for chunk in chunks:
        first, *others = chunk.split("\n")
        kept, is_cut = _longer(kept, first, longest, is_cut=is_cut)
        for other in others:
            yield None if is_cut else kept
            kept, is_cut = _longer("", other, longest, is_cut=False)
    if kept or is_cut:
        yield None if is_cut else kept


def _longer(kept: str, more: str, longest: int, *, is_cut: bool) -> tuple[str, bool]:
    if is_cut or len(kept) + len(more) > longest:
        return "", True
    return kept + more, False


@dataclass(slots=True)
class _Stream:
    """The part of a text that is in memory, and where its reader is."""

    chunks: Iterator[str]
    text: str = ""
    position: int = 0
    is_over: bool = False

    def fill(self, wanted: int) -> bool:
        """Have `wanted` characters from the reader's place on, as far as there are so many; False where nothing was added."""
        have = len(self.text) - self.position
        pieces: list[str] = []
        while have < wanted and not self.is_over:
            piece = next(self.chunks, None)
            if piece is None:
                self.is_over = True
            else:
                pieces.append(piece)
                have += len(piece)
        if not pieces:
            return False
        self.text = "".join((self.text[self.position :], *pieces))
        self.position = 0
        return True

    def next_element(self, *, ends_at: str) -> bool:
        """Go to the next element; False at the end of the list or of the text."""
        while True:
            self.position = _end(_BETWEEN, self.text, self.position)
            if self.position < len(self.text):
                return not ends_at or self.text[self.position] != ends_at
            if not self.fill(1):
                return False

    def take(self) -> Any:
        """The element that begins here; the reader is behind it then."""
        wanted = 2 * (len(self.text) - self.position)
        while True:
            try:
                value, self.position = _DECODER.raw_decode(self.text, self.position)
            except (ValueError, RecursionError):
                have = len(self.text) - self.position
                if have < LONGEST_EVENT and self.fill(min(max(wanted, 1), LONGEST_EVENT)):
                    wanted *= 2
                    continue
                self._pass_over()
                return UNREADABLE
            else:
                if self.position < len(self.text) or self.is_over or not isinstance(value, int | float):
                    return value
                # A number at the end of what is in memory may go on.
                if not self.fill(1):
                    return value

    def _pass_over(self) -> None:
        """Go behind the element that begins here by its brackets and quotes alone, without keeping it."""
        if self.text[self.position] not in '{["':
            self.position = max(_end(_WORD, self.text, self.position), self.position + 1)
            return
        depth, within_text = 0, False
        while True:
            if within_text:
                self.position = _end(_WITHIN_TEXT, self.text, self.position)
                if self.text[self.position : self.position + 1] == '"':
                    self.position += 1
                    within_text = False
                    if depth == 0:
                        return
                    continue
            elif found := _MARK.search(self.text, self.position):
                self.position = found.end()
                within_text = found[0] == '"'
                depth += _NESTS.get(found[0], 0)
                if depth <= 0 and not within_text:
                    return
                continue
            else:
                self.position = len(self.text)
            # What may be left is a backslash, whose other half is yet to come.
            if not self.fill(len(self.text) - self.position + 1):
                self.position = len(self.text)
                return


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
