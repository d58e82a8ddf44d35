"""Markdown for reviewers: everything they ask for is in the tables, and no name can break out of its cell, make a link or call anybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ciam_tui.core.export.formats import exported
from ciam_tui.core.findings import findings
from ciam_tui.core.markdown.safe import code, prose, table
from ciam_tui.core.markdown.summary import plan_markdown, setup_markdown
from tests.core.accounts import World, a_document, a_setup
from tests.core.strategies import setups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.setup import Setup

READER = MarkdownIt("gfm-like", {"linkify": False})
HOSTILE = [
    "a|b",
    "`",
    "``x`",
    "<img src=x onerror=alert(1)>",
    "@octocat",
    "[x](http://evil)",
    "#1",
    "**b**",
    "\\|",
    "x\n# y",
    "&lt;",
    " `a` ",
]


def tokens(text: str) -> Iterator[tuple[str, str]]:
    for block in READER.parse(text):
        yield block.type, block.content
        for inline in block.children or ():
            yield inline.type, inline.content


def cells(text: str) -> list[str]:
    """What a reader sees in the body of a table."""
    found = [block for block in READER.parse(text) if block.type == "inline"]
    return ["".join(child.content for child in block.children or ()) for block in found]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_read_as_it_is_and_does_nothing(name: str) -> None:
    for written in (code(name), prose(name)):
        text = "\n".join(table(("A", "B"), [(written, "end")]))
        assert {kind for kind, _ in tokens(text)} <= {
            *("table_open", "thead_open", "tr_open", "th_open", "th_close", "tr_close", "thead_close", "table_close"),
            *("tbody_open", "tbody_close", "td_open", "td_close", "inline", "text", "text_special", "code_inline"),
        }
        shown = cells(text)
        assert len(shown) == 4
        assert shown[2].strip() == name.strip().replace("\n", "\\x0a")


@given(st.text(max_size=30))
def test_no_text_opens_anything(name: str) -> None:
    for written in (code(name), prose(name)):
        text = "\n".join(table(("A",), [(f"x {written} x",)]))
        assert len(cells(text)) == 2
        assert not {kind for kind, _ in tokens(text)} & {"html_inline", "html_block", "link_open", "image", "strong_open", "em_open"}


@pytest.mark.parametrize("sentence", ["Ask @acme/ops about it", "see #12", "at https://example.com/x"])
def test_nobody_is_called_by_a_sentence(sentence: str) -> None:
    outside = "".join(content for kind, content in tokens(prose(sentence)) if kind == "text")
    assert not re.search(r"@|#\d|https?:", outside)


def test_a_reviewer_finds_roles_who_gets_in_what_they_may_do_and_findings() -> None:
    setup = a_setup()
    text = setup_markdown(setup, findings(setup))
    assert "| `circleci-web-deploy` | `web`, `main` | read, write, delete below `releases/`; read below `builds/` | 3600 s |" in text
    assert "| `circleci-web-build` | `web`, any branch | read, write below `builds/` | 3600 s |" in text
    assert "## Findings" in text
    assert text.count("\n| ") >= len(findings(setup))


def test_a_whole_bucket_and_a_whole_organization_stand_out() -> None:
    setup = a_setup(circleci__any_project=True, circleci__projects=[], stages=[{"name": "all", "prefix": "", "access": ["read"]}])
    text = setup_markdown(setup, ())
    assert "**every project of the organization**" in text
    assert "**in the whole bucket**" in text


def test_a_plan_says_what_changes_and_what_each_change_replaces() -> None:
    setup, world = a_setup(), World()
    fresh = plan_markdown(setup, world.plan(setup), ())
    assert "Create the role circleci\\-web\\-build" in fresh
    assert "## What changes" in fresh
    world.applied(setup)
    assert "Nothing to do" in plan_markdown(setup, world.plan(setup), ())
    world.with_role("circleci-web-build", inline=(("s3", a_document("s3:PutObject")),))
    changed = plan_markdown(setup, world.plan(setup), ())
    assert re.search(r"```diff\n[^`]*^- +\"Action\": \"s3:PutObject\",$[^`]*```", changed, re.MULTILINE)
    world.with_role("circleci-web-build", tags=())
    assert "## Conflict: `circleci-web-build`" in plan_markdown(setup, world.plan(setup), ())


@given(setups())
def test_the_export_of_any_setup_is_one_table_of_roles_and_no_markup_of_a_name(setup: Setup) -> None:
    [file] = exported(setup, "markdown")
    assert file.path == "summary.md"
    assert not {kind for kind, _ in tokens(file.text)} & {"html_inline", "html_block", "link_open", "image"}
    assert [content for kind, content in tokens(file.text) if kind == "inline"].count("Who gets in") == 1
