"""What one part of a Setup asks of an account, as a value that adds up, so that each part is planned in a room of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ciam_tui.core.changes import kinds
    from ciam_tui.core.plan import Conflict
    from ciam_tui.core.problems import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one part of the Setup asks for; parts add up."""

    changes: tuple[kinds.Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()
    adopted: tuple[str, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.changes + other.changes,
            self.conflicts + other.conflicts,
            self.problems + other.problems,
            self.adopted + other.adopted,
        )
