"""Outside text in Markdown: a name may hold a pipe, a backtick, a tag of HTML or somebody's handle, and is shown, never obeyed.

Names stand in code spans, in which nothing but the span's own end and a table's pipe means anything, and in which nobody is notified. Sentences
that quote names are escaped character by character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# What a forge turns into a link or a notification: a handle, an issue's number, a commit's or an address's beginning.
_REFERENCE = re.compile(r"@[\w./-]*|(?:\bGH-|#)\d+|\b(?:https?://|www\.)\S*")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def code(text: str) -> str:
    """`text` as a code span that may stand in a table."""
    line = shown(text).replace("|", "\\|")
    if not line:
        return ""
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    # A backslash before a pipe is taken off by the table, not by the span; a backtick at an edge wants a space beside it.
    padding = " " if longest or line != line.strip() else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def prose(text: str) -> str:
    """A sentence that may quote outside text, on one line and without any markup of its own."""
    line, parts, position = shown(text), [], 0
    for found in _REFERENCE.finditer(line):
        parts += [_escaped(line[position : found.start()]), code(found[0])]
        position = found.end()
    return "".join((*parts, _escaped(line[position:])))


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text.translate(_ENTITIES))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are Markdown already."""
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---' for _ in headings)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def fenced(lines: Iterable[str], language: str = "") -> Iterator[str]:
    """`lines` as a block that ends only where it ends."""
    content = [shown(line) for line in lines]
    longest = max((len(run) for line in content for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from content
    yield fence
