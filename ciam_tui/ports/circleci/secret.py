"""A token in a wrapper that does not show it: whatever prints, formats, logs or dumps values meets the mask instead.

Tracebacks may be written with the local variables of every frame, so a token travels through the program in this wrapper and is taken out
in one place, where the request's headers are made.
"""

from __future__ import annotations

from typing import NoReturn

from ciam_tui.core.redacted import MASK, redacted


class Secret:
    """A secret text. `reveal` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one who sends it."""
        return self._text

    def removed_from(self, text: str) -> str:
        """`text` with this secret, and whatever else looks like one, masked: for what others wrote, who may have quoted it."""
        return redacted(text.replace(self._text, MASK) if self._text else text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")
