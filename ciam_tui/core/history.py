"""All runs of one machine side by side: which took which back, which still wants to be finished, and which one a person means.

A journal knows its own run alone. Whether a run has been undone stands in another one, and a journal that cannot be read must not hide the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from ciam_tui.core.journal import RunState

LAST = "last"

# `done`: every step is, and nobody has verified it yet, or the account shows something else.
State = Literal["verified", "done", "unfinished", "undone", "being-undone"]


@dataclass(frozen=True, slots=True)
class UnreadableRun:
    """A journal that tells nothing: `problem` says why, and `fix` what to do."""

    run_id: str
    problem: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a state directory, oldest first."""

    runs: tuple[RunState, ...]
    unreadable: tuple[UnreadableRun, ...] = ()

    def undo_of(self, run: RunState) -> RunState | None:
        """The newest run that takes `run` back, finished or not; None where nobody has begun to."""
        return next((each for each in reversed(self.runs) if each.started.undoes == run.started.run_id), None)

    def state(self, run: RunState) -> State:
        """What has become of `run`."""
        undo = self.undo_of(run)
        if undo is not None:
            return "being-undone" if undo.pending else "undone"
        if run.verified:
            return "verified"
        return "unfinished" if run.pending else "done"

    def words(self, run: RunState) -> str:
        """The state as a reader of a list wants it, with the other run that it has to do with."""
        undo, undoes = self.undo_of(run), run.started.undoes
        if undo is not None:
            return f"undone by {undo.started.run_id}" if not undo.pending else f"being undone by {undo.started.run_id}"
        own = self.state(run)
        return own if undoes is None else f"undo of {undoes}, {own}"

    def to_resume(self) -> tuple[RunState, ...]:
        """The runs that want to be finished, newest first: neither verified, nor taken back, nor overtaken by a later run of their Setup."""
        return tuple(run for run in reversed(self.runs) if self.state(run) in ("unfinished", "done") and not self._is_overtaken(run))

    def named(self, name: str) -> RunState:
        """The run that `name` means: its id, a beginning that no other run has, or `last` for the newest that is no undo.

        Raises:
            CiamError: `run-unknown`, `run-ambiguous`, or `journal-unreadable` for one whose journal cannot be read.
        """
        if name == LAST:
            applied = [run for run in self.runs if run.started.undoes is None]
            if not applied:
                raise CiamError("run-unknown", "There is no run", "Nothing has been applied from this state directory.")
            return applied[-1]
        readable = {run.started.run_id: run for run in self.runs}
        unreadable = {each.run_id: each for each in self.unreadable}
        known = [*readable, *unreadable]
        matching = [name] if name in known else [run_id for run_id in known if name and run_id.startswith(name)]
        if not matching:
            raise CiamError(
                "run-unknown", "There is no such run", f'No run is called "{name}".', ["See `ciam-tui runs` for those there are."]
            )
        if len(matching) > 1:
            message = f'"{name}" is the beginning of {len(matching)} runs: {", ".join(sorted(matching)[:3])}.'
            raise CiamError("run-ambiguous", "It is not clear which run is meant", message, ["Write more of its id."])
        if matching[0] in unreadable:
            broken = unreadable[matching[0]]
            title = f"The journal of {broken.run_id} cannot be read"
            raise CiamError("journal-unreadable", title, broken.problem, [broken.fix] if broken.fix else ())
        return readable[matching[0]]

    def _is_overtaken(self, run: RunState) -> bool:
        later = self.runs[self.runs.index(run) + 1 :]
        return any(each.verified and each.started.setup_id == run.started.setup_id and each.started.undoes is None for each in later)
