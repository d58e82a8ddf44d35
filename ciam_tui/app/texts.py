r"""Lists as one line of text: how several prefixes or branches are typed into one field.

A comma separates. Git allows a comma in a branch and S3 in a key, so that `\\,` stands for one within an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENTRY = re.compile(r"(?:\\.|[^,\\]|\\$)+")


def split_entries(text: str) -> tuple[str, ...]:
    """The entries of `text`, without the spaces around them; empty ones are left out."""
    return tuple(entry for entry in (_plain(match[0].strip()) for match in _ENTRY.finditer(text)) if entry)


def join_entries(entries: Iterable[str]) -> str:
    """The text that `split_entries` takes apart into `entries`."""
    return ", ".join(entry.replace("\\", "\\\\").replace(",", "\\,") for entry in entries)


def _plain(entry: str) -> str:
    return re.sub(r"\\([\\,])", r"\1", entry)
