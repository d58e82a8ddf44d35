"""Which branches git can have: a branch that cannot exist would make a role that nobody can ever assume, and nobody would know why.

The rules are those of `git check-ref-format`, with two differences that come from where the ref ends up: `*` is allowed, since it is IAM's
wildcard and the user means it, and `?` and `${`, the latter of which git allows, are refused, since IAM would read them as more than text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.validate.texts import error, plain_text_problem, quoted

if TYPE_CHECKING:
    from ciam_tui.core.problems import Problem

_REFUSED_BY_GIT = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
_NAMES_OF_REFUSED = {" ": "a space", "\t": "a tab", "\n": "a line break"}
# What `*` stands for while git's rules are looked at: a letter is the one choice that never breaks a rule another choice would keep.
_ANY = "x"


def full_ref(branch: str) -> str:
    """The ref that an entry of `branches` means: itself where it begins with `refs/`, else the branch of that name."""
    return branch if branch.startswith("refs/") else f"refs/heads/{branch}"


def branch_problem(branch: str) -> Problem | None:
    """What keeps an entry of `branches` from ever being the ref of a job."""
    if not branch:
        return error("A branch has no name.", 'Write its name, or leave "branches" empty for any branch.')
    called = f"The branch {quoted(branch)}"
    if not branch.startswith("refs/"):
        if branch.startswith("-"):
            return error(f"{called} begins with a hyphen, and git makes no such branch.", "Check the name.")
        if branch == "HEAD":
            return error(f"{called} is git's name for the current commit, and no branch.", "Name the branch itself.")
    ref_wrong = _wrong_in(full_ref(branch).replace("*", _ANY))
    problem = plain_text_problem(branch, what="The branch", refused=("?", "${"))
    if problem:
        return problem
    return error(f"{called} {ref_wrong}, and git has no such ref.", "Check the name.") if ref_wrong else None


def _wrong_in(ref: str) -> str:
    """Which rule of git's `ref` breaks, as the end of a sentence; empty for none."""
    refused = _REFUSED_BY_GIT.search(ref)
    if refused:
        return f"contains {_NAMES_OF_REFUSED.get(refused[0], quoted(refused[0]))}"
    for sequence in ("..", "@{", "//"):
        if sequence in ref:
            return f"contains {sequence}"
    if ref.endswith("/"):
        return "ends with a /"
    if ref.endswith("."):
        return "ends with a dot"
    for component in ref.split("/"):
        if component.startswith("."):
            return "has a part that begins with a dot"
        if component.endswith(".lock"):
            return "has a part that ends in .lock"
    return ""
