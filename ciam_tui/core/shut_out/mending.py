"""A Deny that excepts the new roles too: the statement as its owner wrote it, with one more condition, so that it denies everybody else as before."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.document import Document

_KEY = "aws:PrincipalArn"
_EXCEPTING = ("ArnNotEquals", "ArnNotLike", "StringNotEquals", "StringNotLike")


def excepting(document: Document, number: int, role_arns: Sequence[str]) -> dict[str, Any]:
    """Statement `number` (from 1) of `document` with `role_arns` excepted.

    Conditions of one statement must all hold, so that one more which does not hold for the roles takes nothing but them from a Deny.
    """
    statements = document.policy.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    mended: dict[str, Any] = copy.deepcopy(statements[number - 1])
    conditions = mended.setdefault("Condition", {})
    operator, key = next(
        ((operator, key) for operator in _EXCEPTING for key in conditions.get(operator, {}) if key.lower() == _KEY.lower()),
        (_EXCEPTING[0], _KEY),
    )
    tests = conditions.setdefault(operator, {})
    named = tests.get(key, [])
    tests[key] = [*(named if isinstance(named, list) else [named]), *role_arns]
    return mended


def with_statement(document: Document, statement: dict[str, Any], replaces: int | None) -> dict[str, Any]:
    """The whole policy with the statement in its place, or at its end."""
    policy = copy.deepcopy(document.policy)
    statements = policy.get("Statement", [])
    held: list[Any] = list(statements) if isinstance(statements, list) else [statements]
    if replaces is None:
        held.append(statement)
    else:
        held[replaces - 1] = statement
    return {**policy, "Statement": held}
