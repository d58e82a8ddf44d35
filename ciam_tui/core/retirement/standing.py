"""What is said of one stage: its state, why, until when, what to do, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ciam_tui.core.retirement.ground import Ground
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.stages import Stage


class State(StrEnum):
    """How a stage stands."""

    DONE = "done"
    READY = "ready"
    WAITING = "waiting"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage, or a key's part of one (`key`): its state, why, until when it waits, what to do, and what all that rests on.

    `items` are what `--accept` takes here. `handed_to` is the folder with whose commands somebody else is to do it.
    """

    stage: Stage
    state: State
    why: str
    key: str = ""
    until: datetime | None = None
    evidence: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    handed_to: str = ""
    parts: tuple[Standing, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state is State.DONE

    @property
    def can_begin(self) -> bool:
        """Whether it may be done now: it is ready, or waits for somebody else to do it."""
        return self.state is State.READY or bool(self.handed_to) or any(part.can_begin for part in self.parts)

    @property
    def is_blocked(self) -> bool:
        """Whether it, or a key's part of it, is blocked."""
        return self.state is State.BLOCKED or any(part.state is State.BLOCKED for part in self.parts)


@dataclass(frozen=True, slots=True)
class Case:
    """What a judge looks at."""

    migration: Migration
    ground: Ground
    now: datetime

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that this retirement is about, sorted: those of the beginning."""
        return tuple(sorted(key.key_id for key in self.migration.baseline.keys or ()))
