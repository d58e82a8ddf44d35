"""The branches of a stage as filters of a CircleCI workflow, so that a job runs where AWS lets it in and is not refused elsewhere.

A filter is a literal name, or a regular expression of Java between slashes that must match the whole name. Branches and tags are filtered
apart, and a job runs for tags only if they have a filter: https://circleci.com/docs/reference/configuration-reference/#jobfilters
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.export.yaml_text import scalar
from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEADS, _TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True, slots=True)
class RefFilters:
    """What a job is run for: the filters of branches, None for any branch, and those of tags."""

    branches: tuple[str, ...] | None
    tags: tuple[str, ...]

    def covers(self, other: RefFilters) -> bool:
        """Whether a job with these filters surely runs wherever one with the `other` does, so that the other may require it."""
        branches = self.branches is None or (other.branches is not None and set(other.branches) <= set(self.branches))
        return branches and set(other.tags) <= set(self.tags)

    def lines(self) -> list[str]:
        """The value of a workflow job's `filters`; nothing for a job that runs for any branch and no tag."""
        lines = []
        if self.branches is not None:
            # No branch at all is to be said: without a filter it would be any.
            lines += ["branches:", *_listed("only", self.branches)] if self.branches else ["branches:", "  ignore: /.*/"]
        return [*lines, *(["tags:", *_listed("only", self.tags)] if self.tags else [])]


def ref_filters(branches: Sequence[str]) -> RefFilters:
    """The filters for a stage's `branches`. A ref that is neither a branch nor a tag is none that CircleCI runs a job for."""
    if not branches:
        return RefFilters(None, ())
    refs = [full_ref(branch) for branch in branches]
    return RefFilters(*(tuple(dict.fromkeys(_filter(name) for ref in refs for name in _below(ref, kind))) for kind in (_HEADS, _TAGS)))


def _below(pattern: str, folder: str) -> Iterator[str]:
    """What is left of `pattern` for names below `folder`: one pattern, none, or several where a `*` may end before or after a slash."""
    places = _with_stars({0}, pattern)
    for character in folder:
        passed = {at + 1 for at in places if pattern[at : at + 1] == character} | {at for at in places if pattern[at : at + 1] == "*"}
        places = _with_stars(passed, pattern)
    # What stands behind a star is also what the star leaves when it is empty.
    yield from (pattern[at:] for at in sorted(places) if at < len(pattern) and not (at - 1 in places and pattern[at - 1] == "*"))


def _with_stars(places: set[int], pattern: str) -> set[int]:
    """`places`, and those that are reached when the stars at them stand for nothing."""
    reached = set(places)
    for at in sorted(places):
        end = at
        while pattern[end : end + 1] == "*":
            end += 1
            reached.add(end)
    return reached


def _filter(name: str) -> str:
    """`name`, in which `*` is any text, as CircleCI writes it. `<<` would open a tag of CircleCI's, and `[<]` is the same to an expression."""
    if "*" not in name and "<<" not in name:
        return name
    parts = (re.escape(part).replace("/", r"\/").replace("<", "[<]") for part in re.split(r"\*+", name))
    return f"/{'.*'.join(parts)}/"


def _listed(key: str, values: Sequence[str]) -> list[str]:
    return [f"  {key}:", *(f"    - {_value(value)}" for value in values)]


def _value(value: str) -> str:
    # Slashes and dots alone need no quotes, and `/.*/` is what everybody knows.
    return value if value == "/.*/" else scalar(value)
