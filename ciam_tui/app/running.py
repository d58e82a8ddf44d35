"""What a run has come to, as a value that grows with each event: the Apply screen draws it and decides nothing.

An event is an entry of the journal, so that what the screen says is what a later reader of the journal will say too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ciam_tui.apply import Waiting
    from ciam_tui.core.journal import Entry, Failed, RunState
    from ciam_tui.core.plan import Step
    from ciam_tui.core.problems import CiamError


class StepState(StrEnum):
    """How far one step is, in the words of the table."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    READ_BACK = "read back"  # no answer said so, but the account shows it
    LEFT_OUT = "left out"  # of an undo: others have come to need what it was to delete
    FAILED = "failed"
    UNKNOWN = "unknown"


ENDED = frozenset({StepState.DONE, StepState.READ_BACK, StepState.LEFT_OUT})


class Ending(StrEnum):
    """How a run ended, as far as it has."""

    RUNNING = "running"
    VERIFIED = "verified"
    NOT_VERIFIED = "not verified"
    STOPPED = "stopped"
    FAILED = "failed"
    REFUSED = "refused"  # nothing was begun


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the log: when, which glyph, what."""

    at: datetime | None
    glyph: str
    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a run does not go on, and what to do."""

    text: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """`under_way` is what is being done or waited for right now, in a sentence; empty when nothing is."""

    steps: tuple[Step, ...]
    states: Mapping[str, StepState] = field(default_factory=lambda: MappingProxyType({}))
    log: tuple[Said, ...] = ()
    ending: Ending = Ending.RUNNING
    under_way: str = ""
    trouble: Trouble | None = None
    has_begun: bool = False

    def state(self, step: Step) -> StepState:
        """How far `step` is."""
        return self.states.get(step.id, StepState.WAITING)

    @property
    def done_count(self) -> int:
        """How many steps are done."""
        return sum(self.state(step) in ENDED for step in self.steps)

    @property
    def at(self) -> int:
        """The index of the step at hand: the first that is not done, else the last."""
        open_steps = (place for place, step in enumerate(self.steps) if self.state(step) not in ENDED)
        return next(open_steps, max(0, len(self.steps) - 1))

    def after(self, event: Entry | Waiting) -> Progress:
        """The run after `event`."""
        from ciam_tui.apply import Waiting
        from ciam_tui.core.journal import Began, Failed, LeftOut, NotVerified, RunStarted, Stopped, Succeeded, Verified

        match event:
            case RunStarted(at=at, operator=operator, steps=steps):
                begun = Said(at, "·", f"begun as {operator}")
                return replace(self, steps=steps, has_begun=True, log=(*self.log, begun))
            case Began(step=step):
                return replace(self._with(step, StepState.RUNNING), under_way=f"{self._title(step)} …", has_begun=True)
            case Waiting(text=text):
                return replace(self, under_way=f"{text} …")
            case Succeeded(step=step, at=at, read_back=read_back):
                told = f"{self._title(step)}{' (read back)' if read_back else ''}"
                now = self._with(step, StepState.READ_BACK if read_back else StepState.DONE)
                under_way = "Reading everything back …" if now.done_count == len(now.steps) else ""
                return replace(now, under_way=under_way, log=(*self.log, Said(at, "✓", told)))
            case Failed():
                return self._failed(event)
            case LeftOut(step=step, at=at, reason=reason):
                told = f"left out: {self._title(step)}. {reason}"
                return replace(self._with(step, StepState.LEFT_OUT), log=(*self.log, Said(at, "·", told)))
            case Verified(at=at):
                seal = Said(at, "✓", "Verified: everything was read back and is as planned")
                return replace(self, ending=Ending.VERIFIED, under_way="", log=(*self.log, seal))
            case NotVerified(at=at, differences=found):
                lines = (
                    Said(at, "✗", "Everything was done, and the account shows something else:"),
                    *(Said(None, " ", each) for each in found),
                )
                trouble = Trouble("The account is not as planned.", found)
                return replace(self, ending=Ending.NOT_VERIFIED, under_way="", trouble=trouble, log=(*self.log, *lines))
            case Stopped(at=at):
                return replace(self, ending=Ending.STOPPED, under_way="", log=(*self.log, Said(at, "·", "stopped, as you asked")))
            case _:
                assert_never(event)

    def refused(self, error: CiamError) -> Progress:
        """The run after an error that its journal does not hold: nothing was begun, or reading the account failed."""
        ending = Ending.FAILED if self.has_begun else Ending.REFUSED
        trouble = Trouble(f"{error.title}: {error.message}", error.suggestions)
        return replace(self, ending=ending, under_way="", trouble=trouble, log=(*self.log, Said(None, "✗", trouble.text)))

    def _failed(self, failed: Failed) -> Progress:
        is_unknown = failed.outcome == "unknown"
        now = self._with(failed.step, StepState.UNKNOWN if is_unknown else StepState.FAILED)
        what = _OUTCOMES[failed.outcome]
        told = Said(failed.at, "?" if is_unknown else "✗", f"{self._title(failed.step)}: {failed.message} {what}")
        trouble = Trouble(f"{failed.message} {what}", failed.suggestions)
        return replace(now, ending=Ending.FAILED, under_way="", trouble=trouble, log=(*self.log, told))

    def _with(self, step_id: str, state: StepState) -> Progress:
        return replace(self, states=MappingProxyType({**self.states, step_id: state}), ending=Ending.RUNNING, trouble=None)

    def _title(self, step_id: str) -> str:
        return next((step.title for step in self.steps if step.id == step_id), step_id)


_OUTCOMES = {
    "refused": "Nothing was changed by this step.",
    "not-done": "The account was read: this step was not done.",
    "unknown": "Nobody can say yet whether this step was done; resuming reads it back first.",
}


def progress_of(run: RunState) -> Progress:
    """Where a run stands that is to be gone on with."""
    states = dict.fromkeys(run.done, StepState.DONE) | dict.fromkeys(run.unknown, StepState.UNKNOWN)
    states |= dict.fromkeys(run.left_out, StepState.LEFT_OUT)
    return Progress(run.started.steps, MappingProxyType(states), has_begun=True)
