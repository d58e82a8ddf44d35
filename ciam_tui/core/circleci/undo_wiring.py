"""What of a run's wiring may be taken back: only what is still as the run left it, and never at the cost of what others put there since.

Unlike a role, a context is judged piece by piece: others may well keep variables in it, and that is no reason to leave ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import UNKNOWN_ID
from ciam_tui.core.changes.made import why_irreversible
from ciam_tui.core.problems import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ciam_tui.core.facts import ContextFacts, Facts
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Step

ContextChange = (
    kinds.DeleteContext
    | kinds.DeleteContextVariable
    | kinds.AddRestriction
    | kinds.RemoveRestriction
    | kinds.CreateContext
    | kinds.SetContextVariable
)


@dataclass(frozen=True, slots=True)
class WiringGround:
    """The changes of an undo, and the contexts as the run must have left them and as they are."""

    changes: Sequence[kinds.Change]
    expected: Facts
    now: Facts

    def why_left(self, change: ContextChange) -> str | None:
        """Why `change` is left out; None where it may be made."""
        name = change.name if isinstance(change, kinds.CreateContext | kinds.DeleteContext) else change.context
        standing, expected = self.now.contexts.get(name), self.expected.contexts.get(name)
        if standing is None:
            return f"The context {name} is gone already."
        if expected is None or expected.context_id not in (UNKNOWN_ID, standing.context_id):
            return f"The context {name} stays as it is: somebody has made it anew."
        match change:
            case kinds.DeleteContextVariable(name=variable):
                return _why_variable_left(name, variable, expected, standing)
            case kinds.RemoveRestriction(type=kind, value=value):
                return _why_restriction_left(f"of the context {name} to the {kind} {value}", (kind, value), expected, standing)
            case kinds.AddRestriction(type=kind, value=value):
                return f"The context {name} has the {kind} {value} already." if (kind, value) in standing.all_restrictions else None
            case kinds.DeleteContext():
                return self._why_context_left(name, standing)
            case kinds.CreateContext() | kinds.SetContextVariable():
                return None  # no undo makes these

    def _why_context_left(self, name: str, standing: ContextFacts) -> str | None:
        going = [change for change in self.changes if isinstance(change, kinds.DeleteContextVariable | kinds.RemoveRestriction)]
        made = [change for change in going if change.context == name and self.why_left(change) is None]
        variables = {change.name for change in made if isinstance(change, kinds.DeleteContextVariable)}
        restrictions = {(change.type, change.value) for change in made if isinstance(change, kinds.RemoveRestriction)}
        held = [each for each, _ in standing.variables if each not in variables]
        if held:
            return f"The context {name} stays: it holds {', '.join(held)}."
        kept = [kind for kind, value in standing.restrictions if (kind, value) not in restrictions]
        return f"The context {name} stays: somebody has restricted it by {', '.join(kept)}." if kept else None


def _why_variable_left(context: str, name: str, expected: ContextFacts, standing: ContextFacts) -> str | None:
    end = dict(standing.variables).get(name)
    if end is None:
        return f"{name} is gone from the context {context} already."
    if end != dict(expected.variables).get(name):
        return f"{name} stays in the context {context}: somebody has changed it since."
    return None


def _why_restriction_left(what: str, restriction: tuple[str, str], expected: ContextFacts, standing: ContextFacts) -> str | None:
    if restriction not in standing.all_restrictions:
        return f"The restriction {what} is gone already."
    newcomers = sorted({name for name, _ in standing.variables} - {name for name, _ in expected.variables})
    if newcomers:
        return f"The restriction {what} stays: {', '.join(newcomers)} came into it since, and would be open to more jobs."
    return None


def judged_by_piece(run: RunState, steps: Iterable[Step]) -> frozenset[str]:
    """The ids of those of `steps` that are about contexts, where `run` is an undo: what else happens to a context does not matter to it."""
    return frozenset(step.id for step in steps if run.started.undoes is not None and isinstance(step.change, ContextChange))


def gone_for_good(run: RunState) -> Iterator[Problem]:
    """What `run` took away that nobody can bring back, each with the reason."""
    for step in run.done_steps:
        if isinstance(step.change, kinds.SetContextVariable) and step.change.replaces:
            text = f"{step.change.name} in the context {step.change.context} stays as the run set it: CircleCI never gives back what it replaced."
            yield Problem("", Level.WARNING, text, "Set it by hand, if you have a copy.")
        elif isinstance(step.change, kinds.UserChange | kinds.ProjectChange | kinds.DeleteContextVariable) and (
            why := why_irreversible(step.change)
        ):
            yield Problem("", Level.WARNING, f"This is not taken back: {step.title}. {why[:1].upper()}{why[1:]}.")
