"""The one error family, and the value every check answers with: what is wrong, in one sentence, and what to do about it.

Everything that can go wrong on the way from an answer to an applied role is either a `Problem` (a value: shown beside the field it is
about) or a `CiamError` (raised: the operation cannot go on). Both carry their fix, so no front end has to invent one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Level(StrEnum):
    """How serious a problem or a finding is: an `error` wants a decision, a `warning` is for the reader to weigh, a `note` explains."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class _Levelled(Protocol):
    @property
    def level(self) -> Level: ...


_Told = TypeVar("_Told", bound=_Levelled)
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def worst_first(found: Iterable[_Told]) -> tuple[_Told, ...]:
    """`found` by level; those of one level stay in their order."""
    return tuple(sorted(found, key=lambda each: _ORDER[each.level]))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one answer.

    `field` is the answer's path as it stands in a Setup file (`stages[0].prefix`); `text` is one sentence; `fix` is what to do,
    as an imperative sentence, empty where `text` already says it.
    """

    field: str
    level: Level
    text: str
    fix: str = ""

    def __str__(self) -> str:
        """`field: text Fix.`, the one-line form for terminals and logs."""
        return " ".join(part for part in (f"{self.field}:" if self.field else "", self.text, self.fix) if part)


class CiamError(Exception):
    """An operation that could not be done, told so that its reader can go on.

    `code` is stable and machine-readable (`setup-invalid`, `access-denied`); `title` is what failed in a few words; `message` is one
    sentence that says why; `suggestions` are what to do, most likely first. No secret is ever put into any of them.
    """

    def __init__(self, code: str, title: str, message: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.title = title
        self.message = message
        self.suggestions = tuple(suggestions)

    def __str__(self) -> str:
        """The one line that a command prints: what failed, why, and the first thing to do."""
        first = f" {self.suggestions[0]}" if self.suggestions else ""
        return f"{self.title}: {self.message}{first}"
