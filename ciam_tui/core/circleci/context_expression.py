r"""A stage's branches in the language of CircleCI's expression restrictions, so that a context is open where the role is, and nowhere else.

AWS cannot see an SSH rerun; CircleCI can, so that every expression shuts it out. The language has `==`, `starts-with`, `and`, `or`, `not`,
and strings in double quotes in which `\` escapes: https://circleci.com/docs/guides/security/contexts/#expression-restrictions
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_SSH = "not job.ssh.enabled"
_VALUES = {"refs/heads/": "pipeline.git.branch", "refs/tags/": "pipeline.git.tag"}


@dataclass(frozen=True, slots=True)
class Expression:
    """The text of an expression restriction.

    `unsaid` are the entries of the branches that the language cannot say: then no branch is asked for, since the others alone would shut
    out what is trusted. `mixes` tells that it asks for a branch or a tag.
    """

    text: str
    unsaid: tuple[str, ...] = ()
    mixes: bool = False


def expression_of(branches: Sequence[str]) -> Expression:
    """The expression for `branches` as a Setup holds them; none means any."""
    tests = {branch: _test(full_ref(branch)) for branch in branches}
    unsaid = tuple(branch for branch, test in tests.items() if test is None)
    said = list(dict.fromkeys(test for test in tests.values() if test is not None))
    if unsaid or not said:
        return Expression(NO_SSH, unsaid)
    mixes = len({test.split(" ", 1)[0] for test in said}) > 1
    refs = said[0] if len(said) == 1 else f"({' or '.join(said)})"
    return Expression(f"{refs} and {NO_SSH}", mixes=mixes)


def _test(ref: str) -> str | None:
    """The test for one ref; None where the language has none: a `*` before the end, any branch at all, or a ref of another kind."""
    for beginning, value in _VALUES.items():
        name = ref.removeprefix(beginning)
        if name == ref:
            continue
        if "*" not in name:
            return f"{value} == {quoted(name)}"
        fixed = name.removesuffix("*")
        return f"{value} starts-with {quoted(fixed)}" if fixed and "*" not in fixed else None
    return None


def quoted(text: str) -> str:
    """`text` as a string of the language: a quote or a backslash in it stays text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
