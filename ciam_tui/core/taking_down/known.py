"""What the journals of this machine know about what a removal would delete: how it was left, and what was there before the tool came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.audit.drift import Expected, expected_of
from ciam_tui.core.changes import kinds
from ciam_tui.core.circleci.facts import visible_end
from ciam_tui.core.facts import GROUP, ContextFacts
from ciam_tui.core.journal import known_wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.history import History
    from ciam_tui.core.journal import RunState


@dataclass(frozen=True, slots=True)
class Known:
    """Empty on a machine without journals.

    `adopted` are the names and ARNs, in lower case, of what was there before and was taken over; `audiences` those that runs have added, by
    the provider's ARN; `contexts` is what runs have put into contexts of CircleCI, and `made_contexts` the ids of those they made.
    """

    expected: Expected = field(default_factory=lambda: Expected({}, {}, {}))
    adopted: frozenset[str] = frozenset()
    audiences: frozenset[tuple[str, str]] = frozenset()
    contexts: Mapping[str, ContextFacts] = field(default_factory=dict)
    made_contexts: Mapping[str, str] = field(default_factory=dict)


def known_of(past: History, account_id: str) -> Known:
    """What the runs of `past` tell of the account; of one that was taken back, or is being, nothing."""
    standing = [run for run in past.runs if run.started.account_id == account_id and run.started.undoes is None and not past.undo_of(run)]
    made_contexts = _made_contexts(standing)
    return Known(
        expected=expected_of(past, account_id),
        adopted=frozenset(name.lower() for run in standing for name in run.started.adopted),
        audiences=_audiences(standing),
        contexts=_contexts(past, made_contexts),
        made_contexts=made_contexts,
    )


def _audiences(standing: list[RunState]) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for run in standing:
        for step in run.done_steps:
            match step.change:
                case kinds.AddAudience(provider_arn=arn, audience=audience):
                    found.add((arn, audience))
                case kinds.RemoveAudience(provider_arn=arn, audience=audience):
                    found.discard((arn, audience))
                case _:
                    continue
    return frozenset(found)


def _made_contexts(standing: list[RunState]) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in standing:
        for step in run.done_steps:
            match step.change:
                case kinds.CreateContext(name=name):
                    found[name] = run.done[step.id].get("context_id", "")
                case kinds.DeleteContext(name=name):
                    found.pop(name, None)
                case _:
                    continue
    return found


def _contexts(past: History, made: Mapping[str, str]) -> dict[str, ContextFacts]:
    variables: dict[str, dict[str, str]] = {}
    restrictions: dict[str, set[tuple[str, str]]] = {}
    for change in known_wiring(past.runs):
        match change:
            case kinds.SetContextVariable(context=context, name=name, value=value):
                variables.setdefault(context, {})[name] = visible_end(value)
            case kinds.AddRestriction(context=context, type=kind, value=value) if kind != GROUP:
                restrictions.setdefault(context, set()).add((kind, value))
            case _:
                continue
    return {
        name: ContextFacts(
            name, made.get(name, ""), tuple(sorted(variables.get(name, {}).items())), tuple(sorted(restrictions.get(name, ())))
        )
        for name in sorted({*variables, *restrictions, *made})
    }
