"""Branch rules held against git itself."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ciam_tui.core.validate import branch_problem, full_ref

GIT = shutil.which("git") or ""
pytestmark = pytest.mark.skipif(not GIT, reason="git is not installed")

TABLE = [
    "main",
    "feature/x",
    "a.b",
    "a-b",
    "-x",
    "HEAD",
    "@",
    "a@b",
    "x@{1}",
    "@{",
    "a..b",
    "a...b",
    ".a",
    "a/.b",
    "a.",
    "a./b",
    "a.lock",
    "a.lock/b",
    "a.lockx",
    "/a",
    "a/",
    "a//b",
    "a b",
    "a\tb",
    "a\x7fb",
    "a~b",
    "a^b",
    "a:b",
    "a[b",
    "a]b",
    "a\\b",
    "a{b",
    "$a",
    "é",
    "ÿ\x80",
    "refs",
    "refs/",
    "refs/x",
    "refs/heads/main",
    "refs/heads/-x",
    "refs/heads/HEAD",
    "refs/tags/v1.lock",
    "refs//x",
    "refs/.x",
    "x/vcs-origin/github.com/o/r/vcs-ref/refs/heads/main",
]


def git_takes(branch: str) -> bool:
    """Whether git has such a ref; a name that does not begin with refs/ is that of a branch."""
    arguments = ["check-ref-format", branch] if branch.startswith("refs/") else ["check-ref-format", "--branch", branch]
    return subprocess.run([GIT, *arguments], capture_output=True, check=False, cwd="/").returncode == 0


@pytest.mark.parametrize("branch", TABLE)
def test_a_branch_is_taken_just_where_git_takes_it(branch: str) -> None:
    assert (branch_problem(branch) is None) == git_takes(branch)


# What IAM cannot hold as text (`?`, `${`, characters beyond U+00FF) and what no argument can hold (NUL) has tests of its own.
git_characters = st.lists(
    st.one_of(
        st.sampled_from(["a", ".", "l", "/", "@", "{", "~", "^", ":", "[", "\\", " ", "-", "lock", ".lock", "..", "@{", "refs/", "//"]),
        st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="*?"),
    ),
    min_size=1,
    max_size=6,
).map("".join)


@given(git_characters)
@settings(max_examples=150)
@example("a/b.lock")
def test_any_branch_is_taken_just_where_git_takes_it(branch: str) -> None:
    if "${" not in branch:
        assert (branch_problem(branch) is None) == git_takes(branch)


@pytest.mark.parametrize("branch", ["*", "release/*", "refs/*", "feature/*/x", "**", "v*.*", "refs/tags/v*", "*.locks"])
def test_a_star_stands_for_any_characters(branch: str) -> None:
    assert branch_problem(branch) is None


@pytest.mark.parametrize("branch", [".*", "a/.*", "*.lock", "*..x", "/*", "*/", "a b*", "refs/heads/*.", "*~"])
def test_a_star_does_not_make_possible_what_no_ref_has(branch: str) -> None:
    problem = branch_problem(branch)
    assert problem is not None
    assert "no such ref" in problem.text
    # No ref that the pattern matches is one to git, whatever the star stands for.
    assert not any(git_takes(branch.replace("*", stands_for)) for stands_for in ("", "a", "a/b", "main", "-"))


@pytest.mark.parametrize(
    ("branch", "because"),
    [
        ("", "no name"),
        ("a?", "wildcard in IAM"),
        ("x${aws:userid}", "policy variable"),
        ("日本", "U+65E5"),
        ("a\x00b", "U+0000"),
        ("a\ud800", "U+D800"),
        ("ma in", '"ma in" contains a space'),
    ],
)
def test_what_a_policy_cannot_hold_as_text_is_refused_with_its_reason(branch: str, because: str) -> None:
    problem = branch_problem(branch)
    assert problem is not None
    assert because in problem.text
    assert problem.fix
    assert problem.text.isprintable()


def test_a_short_name_means_the_branch_and_a_whole_ref_means_itself() -> None:
    assert full_ref("main") == "refs/heads/main"
    assert full_ref("refs/tags/v1") == "refs/tags/v1"
    assert full_ref("refs") == "refs/heads/refs"
    assert full_ref("refs/*") == "refs/*"
