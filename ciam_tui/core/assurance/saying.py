"""Markdown for evidence: outside text shown and never obeyed, on top of the rules that the pull requests' summaries go by.

What reaches these functions was masked before; they see to it that no name makes a heading, a table, a link or HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.markdown.safe import code, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["code", "none_or", "prose", "rows", "sentence"]


def rows(headings: Sequence[str], cells: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table with an empty line before it and after it."""
    yield ""
    yield from table(headings, cells)
    yield ""


def none_or(names: Iterable[str]) -> str:
    """Names as code, or a dash."""
    return ", ".join(code(name) for name in names) or "-"


def sentence(names: Iterable[str]) -> str:
    """Words of our own, or a dash."""
    return ", ".join(names) or "-"
