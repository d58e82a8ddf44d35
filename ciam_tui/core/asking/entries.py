r"""Lists as one line of text: how several prefixes or branches are typed into one field.

A comma separates. Git allows a comma in a branch and S3 in a key, so that `\\,` stands for one within an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENTRY = re.compile(r"(?:\\.|[^,\\]|\\$)+")
_CELL = re.compile(r"(?:^|(?<=,))(?:\\.|[^,\\]|\\$)*")


def split_entries(text: str) -> tuple[str, ...]:
    """The entries of `text`, without the spaces around them; empty ones are left out."""
    return tuple(entry for entry in (_plain(match[0].strip()) for match in _ENTRY.finditer(text)) if entry)


def join_entries(entries: Iterable[str]) -> str:
    """The text that `split_entries` takes apart into `entries`."""
    return ", ".join(entry.replace("\\", "\\\\").replace(",", "\\,") for entry in entries)


def with_entry(text: str, entry: str) -> str:
    """`text` with `entry` as one more."""
    return join_entries((*split_entries(text), entry))


def completed(text: str, offered: Iterable[str]) -> str | None:
    """`text` with its last entry completed to the first of `offered` that begins so and is not in it; None where there is none.

    An entry that is not begun yet, after a comma or in an empty text, is completed to any of them: one that is whole is left alone.
    """
    *others, last = [match[0] for match in _CELL.finditer(text)]
    begun = _plain(last.strip())
    entries = split_entries(",".join(others))
    fitting = next((each for each in offered if each.startswith(begun) and each != begun and each not in entries), None)
    return None if fitting is None else join_entries((*entries, fitting))


def _plain(entry: str) -> str:
    return re.sub(r"\\([\\,])", r"\1", entry)
