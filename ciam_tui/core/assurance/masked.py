"""JSON data as it may stand in evidence: without anything that is, or looks like, a secret, wherever in it that hides.

Names, tags and descriptions hold what people put there. A secret in one of them is masked, and how many were masked is told, so that nobody
takes the copy for the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ciam_tui.core.redacted import MASK, names_a_secret, without_secrets

# What AWS numbers its answers with, and what a digest looks like: letters, digits and hyphens, and nothing by which a token is known.
_NUMBER = re.compile(r"[0-9A-Za-z-]{1,128}")
_PAIR = 2


class Ours(str):
    """A digest that this program made, or the number of an answer: a long run of characters as a key is, and known to be none."""

    __slots__ = ()


def ours(digest: str | None) -> Ours | None:
    """A digest, where there is one."""
    return None if digest is None else Ours(digest)


@dataclass(slots=True)
class Masking:
    """Masks one value after the other, and counts."""

    count: int = 0

    def data(self, value: Any, name: str = "") -> Any:
        """`value`, JSON as Python has it, which stands under `name`."""
        match value:
            case Ours() if _NUMBER.fullmatch(value):
                return str(value)
            case str():
                return self._text(value, name)
            case dict():
                return self._object(value)
            case list() | tuple():
                # Tags are pairs of a name and a value.
                if len(value) == _PAIR and all(isinstance(part, str) for part in value):
                    return [self.text(value[0]), self._text(value[1], value[0])]
                return [self.data(item, name) for item in value]
            case _:
                return value

    def text(self, text: str) -> str:
        """`text` by itself."""
        kept = without_secrets(text)
        self.count += kept != text
        return kept

    def _text(self, text: str, name: str) -> str:
        if text and names_a_secret(name) and text != MASK:
            self.count += 1
            return MASK
        return self.text(text)

    def _object(self, value: dict[Any, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        # AWS's own form of a tag.
        tag = str(value.get("Key", "")) if set(value) == {"Key", "Value"} else ""
        for name, each in value.items():
            shown = self.text(str(name))
            while shown in kept:  # two names that were masked alike
                shown += "'"
            kept[shown] = self.data(each, tag if tag and name == "Value" else str(name))
        return kept
