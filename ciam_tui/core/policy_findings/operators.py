"""Operators that do not do what their values look like: `*` and `?` where AWS takes them for plain characters.

The mistake is the same in a trust and in a grant, and AWS tells of neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.policy_findings.grammar import has_wildcard
from ciam_tui.core.problems import Level
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Placed, Test, Value

_LITERAL = ("StringEquals", "StringNotEquals")


def wildcards_without_like(placed: Placed, test: Test, *, dead: str, revived: str) -> Iterator[PolicyFinding]:
    """What is told of a test whose operator takes its wildcards as plain characters.

    `dead` is what follows where no value of it can match, and `revived` what the fix then brings about.
    """
    literal = _literal_wildcards(test)
    if not literal:
        return
    like = operator_for_wildcards(test)
    is_dead = len(literal) == len(test.values)
    everything = not like
    effect = "excludes nothing" if test.is_negated else f"never matches, and {dead}" if is_dead else "never matches"
    yield placed.finding(
        "wildcard-without-like",
        Level.ERROR if is_dead or test.is_negated else Level.WARNING,
        f"{test.operator} takes * and ? in {quoted(literal[0].text, 200)} as plain characters: it {effect}.",
        "Write the value out." if everything else f"Use {like}{'' if test.is_negated else f'; {revived}'}.",
        "What was meant: a value that never matched has never been tried.",
        at=literal[0],
        patch=() if everything else placed.moved(test, operator=like),
        opens=not test.is_negated,
    )


def operator_for_wildcards(test: Test) -> str:
    """The operator under which the wildcards of `test` are some; empty where it has none, or one that would then stand for anything."""
    literal = _literal_wildcards(test)
    if not literal or any(set(value.text) <= {"*"} for value in literal):
        return ""
    return test.operator.replace(test.base, "StringNotLike" if test.is_negated else "StringLike")


def _literal_wildcards(test: Test) -> list[Value]:
    """The values whose wildcards the operator takes as plain characters."""
    if test.base not in _LITERAL:
        return []
    return [value for value in test.values if has_wildcard(value.text) and "${" not in value.text]
