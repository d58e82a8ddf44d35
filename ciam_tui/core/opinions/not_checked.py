"""That something was not looked at, as a value with its reason: an audit goes on, and nobody reads silence as consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ciam_tui.core.problems import CiamError

# What is said about one question alone. After any other refusal the next question would be refused as well.
_ABOUT_ONE_QUESTION = frozenset({"request-invalid", "throttled", "cannot-be-asked"})


@dataclass(frozen=True, slots=True)
class NotChecked:
    """`code` is for programs, as a CiamError has it; `reason` is what a person reads, a sentence or two."""

    code: str
    reason: str

    @classmethod
    def because(cls, error: CiamError) -> NotChecked:
        """What `error` keeps from being checked, told as it tells it."""
        return cls(error.code, str(error))

    @property
    def is_for_good(self) -> bool:
        """Whether asking about something else would end in the same way: then it is not tried."""
        return self.code not in _ABOUT_ONE_QUESTION

    @property
    def words(self) -> str:
        """`not checked: ...`."""
        return f"not checked: {self.reason}"
