"""A context's expression is open for the refs of its stage, and for nothing that a branch's name could smuggle in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.circleci.context_expression import expression_of, quoted

MAIN = 'pipeline.git.branch == "main"'


@pytest.mark.parametrize(
    ("branches", "text"),
    [
        ((), "not job.ssh.enabled"),
        (("main",), f"{MAIN} and not job.ssh.enabled"),
        (("refs/heads/main",), f"{MAIN} and not job.ssh.enabled"),
        (("main", "refs/heads/main"), f"{MAIN} and not job.ssh.enabled"),
        (("main", "release/*"), f'({MAIN} or pipeline.git.branch starts-with "release/") and not job.ssh.enabled'),
        (("refs/tags/v1",), 'pipeline.git.tag == "v1" and not job.ssh.enabled'),
        (("refs/tags/v*",), 'pipeline.git.tag starts-with "v" and not job.ssh.enabled'),
    ],
)
def test_branches_become_an_expression_that_shuts_out_ssh_reruns(branches: tuple[str, ...], text: str) -> None:
    assert expression_of(branches).text == text
    assert expression_of(branches).unsaid == ()


@pytest.mark.parametrize("branch", ["*", "refs/*", "refs/heads/*", "*-stable", "a*b", "a*b*", "refs/pull/7/head"])
def test_what_the_language_cannot_say_is_told_and_no_branch_is_asked_for(branch: str) -> None:
    found = expression_of(("main", branch))
    assert found.text == "not job.ssh.enabled"
    assert found.unsaid == (branch,)


def test_a_branch_or_a_tag_is_told_since_a_missing_value_shuts_out() -> None:
    assert expression_of(("main", "refs/tags/v1")).mixes
    assert not expression_of(("main", "dev")).mixes


def test_a_quote_in_a_name_ends_no_string() -> None:
    found = expression_of(('main"or(true)or"',))
    assert found.text == 'pipeline.git.branch == "main\\"or(true)or\\"" and not job.ssh.enabled'


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")))
def test_a_quoted_text_is_read_back_as_it_was(text: str) -> None:
    literal = quoted(text)
    inner = literal[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner
    assert "\\" not in inner
    assert json.loads(literal, strict=False) == text
