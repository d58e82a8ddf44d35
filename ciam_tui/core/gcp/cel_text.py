r"""Outside text within Google's expression language (CEL), and the few forms of expression that the twin is made of.

In a string whatever is not a letter, a digit or plain punctuation is written as its code: no quote, backslash, `$`, `;` or `@` of a name is
left that CEL, a shell, Terraform or a mark could take for more than text. https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_UNUSUAL = re.compile(r"[^A-Za-z0-9 _./:+=,-]")
# What RE2 reads as itself; before all else of ASCII it takes a backslash: https://github.com/google/re2/wiki/Syntax
_PLAIN_IN_RE2 = re.compile(r"[A-Za-z0-9_/]|[^\x00-\x7f]")


def text(value: str) -> str:
    """`value` as a string of CEL."""
    return f'"{_UNUSUAL.sub(_code, value)}"'


def listed(values: Iterable[str]) -> str:
    """A list of strings."""
    return f"[{', '.join(map(text, values))}]"


def one_of(expression: str, values: Sequence[str]) -> str:
    """Whether `expression` is one of `values`."""
    return f"{expression} == {text(values[0])}" if len(values) == 1 else f"{expression} in {listed(values)}"


def any_of(conditions: Sequence[str]) -> str:
    """Whether one of `conditions` holds, to stand beside an `&&`."""
    return conditions[0] if len(conditions) == 1 else f"({either(conditions)})"


def either(conditions: Sequence[str]) -> str:
    """The same where nothing stands beside it."""
    return " || ".join(conditions)


def matches(expression: str, patterns: Iterable[str]) -> str:
    """Whether `expression` is what one of `patterns` says, in which `*` stands for any text, as in IAM."""
    unique = tuple(dict.fromkeys(patterns))
    whole = tuple(each for each in unique if "*" not in each)
    return any_of(
        [
            *([one_of(expression, whole)] if whole else []),
            *(_matches_one(expression, each) for each in unique if "*" in each),
        ]
    )


def _matches_one(expression: str, pattern: str) -> str:
    if pattern.index("*") == len(pattern) - 1:
        return f"{expression}.startsWith({text(pattern[:-1])})"
    parts = ("".join(map(_in_re2, part)) for part in re.split(r"\*+", pattern))
    return f'{expression}.matches("^{".*".join(parts)}$")'


def _in_re2(character: str) -> str:
    # Within CEL's string the backslash of RE2 is two. What has no backslash is text of both.
    if _PLAIN_IN_RE2.fullmatch(character):
        return text(character)[1:-1]
    return f"\\\\{character}" if character in ".-+" else f"\\\\{text(character)[1:-1]}"


def _code(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
