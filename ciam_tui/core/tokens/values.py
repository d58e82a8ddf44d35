"""How a value of a token and one of a policy are nearly the same: the differences that the eye does not see, and AWS does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.validate.circleci import UUID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.conditions import CompiledCondition

_SHOWN = 2
_LONGEST = 200


def named(values: Sequence[str]) -> str:
    """The first of `values` in quotes, and how many more there are."""
    texts = [quoted(value, _LONGEST) for value in values[:_SHOWN]]
    more = len(values) - _SHOWN
    if more > 0:
        return f"{', '.join(texts)} and {more} more"
    return " or ".join(texts) or "none"


def is_uuid(text: str) -> bool:
    """Whether `text` is an id as CircleCI's tokens have it."""
    return re.fullmatch(UUID_PATTERN, text) is not None


def is_literal_wildcard(condition: CompiledCondition, value: str) -> bool:
    """Whether `value` would match under StringLike what stands under an operator that takes `*` as a plain character."""
    return condition.base == "StringEquals" and any(
        wanted != value and ("*" in wanted or "?" in wanted) and wildcard_matcher(wanted)(value) for wanted in condition.values
    )


def differ_in_case_alone(wanted: Sequence[str], value: str) -> bool:
    """Whether one of `wanted` would match `value` if its letters' case did not count."""
    return any(wildcard_matcher(each.lower())(value.lower()) for each in wanted)
