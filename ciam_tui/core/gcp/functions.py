"""Google's functions on texts in mappings and conditions, beside those that every CEL has.

https://cloud.google.com/iam/docs/conditions-attribute-reference#extract and https://github.com/google/cel-go/tree/master/ext#strings
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 100_000  # characters of a text that is made; Google takes far less of what is mapped
_TEMPLATE = re.compile(r"([^{}]*)\{[^{}]*\}([^{}]*)")


def extract(text: str, template: str) -> str:
    """What stands in `text` where `template` has its braces: between the first of what is before them and the next of what is behind.

    Nothing where `text` has no such place. What has nothing behind the braces goes to the end, and what has nothing before them begins at it.

    Raises:
        ValueError: `template` has not one pair of braces.
    """
    found = _TEMPLATE.fullmatch(template)
    if found is None:
        raise ValueError("the template has not one pair of braces")
    before, behind = found.groups()
    start = text.find(before)
    if start < 0:
        return ""
    start += len(before)
    end = text.find(behind, start) if behind else len(text)
    return text[start:end] if end >= 0 else ""


def split(text: str, divider: str, limit: int = -1) -> list[str]:
    """The parts of `text`; at most `limit` of them where that is not negative, and its characters where `divider` is empty."""
    if limit == 0:
        return []
    if not divider:
        return list(text) if limit < 0 else [*text[: limit - 1], text[limit - 1 :]]
    return text.split(divider, limit - 1 if limit > 0 else -1)


def join(parts: Sequence[str], divider: str = "") -> str:
    """`parts` put together."""
    return divider.join(parts)


def replace(text: str, old: str, new: str) -> str:
    """`text` with `new` wherever `old` stood.

    Raises:
        OverflowError: that would be a text without measure.
    """
    if len(text) + text.count(old) * len(new) > LONGEST:
        raise OverflowError
    return text.replace(old, new)


def lower_ascii(text: str) -> str:
    """`text` with its ASCII letters in lower case."""
    return "".join(each.lower() if each.isascii() else each for each in text)


def upper_ascii(text: str) -> str:
    """`text` with its ASCII letters in upper case."""
    return "".join(each.upper() if each.isascii() else each for each in text)
