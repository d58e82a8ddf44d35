"""The Access tab: what the role can do, as a matrix that arrows and the mouse move in, each cell explained, at any size and without colours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.app.matrix_lines import At, column_at, columns_in, explanation_lines, label_width, matrix_lines, pointed
from ciam_tui.app.previewing import Tab, View, preview_of
from ciam_tui.app.screens.preview import PreviewScreen
from ciam_tui.app.widgets.matrix import MatrixView
from ciam_tui.app.widgets.preview import PreviewPane
from ciam_tui.core.access_matrix import Matrix, stage_matrix
from ciam_tui.core.draft import BucketDraft, Draft, StageDraft
from tests.app.driving import NARROW, WIDE, answering, at_step, held, screen_text, shows, types, wizard
from tests.app.fakes import WITH_PROJECTS, FakeClipboard, signed_in

if TYPE_CHECKING:
    from ciam_tui.app.document_lines import Line

SIZES = [NARROW, WIDE]


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line.pieces)


def matrix_with(stages: int) -> Matrix:
    """The matrix of the first of so many stages, each with a prefix of its own."""
    drafts = tuple(StageDraft(f"s{number}", f"p{number}/", ("read",)) for number in range(stages))
    draft = Draft("123456789012", bucket=BucketDraft("acme-builds", "us-east-1"), stages=drafts)
    return stage_matrix(draft, drafts[0])


# The lines


def test_a_wide_view_shows_every_column_and_marks_no_cell_without_the_focus() -> None:
    matrix = matrix_with(3)
    texts = [text_of(line) for line in matrix_lines(matrix, At(), 60, focused=False)]
    assert texts[:3] == ["              p0/ (own)", "              │  p0 (no slash)", "              │  │  p0-secret/ (beside)"]
    assert texts[len(matrix.places) + 1] == "read          ✓  ✗  ✗  ✗  ✗  ✗  ✗  ✗ "
    assert not any("[" in text for text in texts)


def test_the_cell_at_hand_stands_in_brackets_and_is_told_below_with_what_would_change_it() -> None:
    matrix = matrix_with(2)
    texts = [text_of(line) for line in matrix_lines(matrix, At(2, 0), 60, focused=True)]
    assert "write        [✗] ✗  ✗  ✗  ✗  ✗  ✗ " in texts
    assert "write p0/: denied" in texts
    assert "Give s0 the access write in step 4." in texts


@given(st.integers(1, 30), st.integers(0, 40), st.integers(0, 40), st.integers(1, 120))
def test_whatever_the_width_the_cell_at_hand_is_drawn_and_no_row_is_wider(stages: int, row: int, column: int, width: int) -> None:
    matrix = matrix_with(stages)
    at = At().moved(matrix, down=row, right=column).in_sight(matrix, width)
    assert at.first <= at.column < at.first + columns_in(matrix, width)
    lines = matrix_lines(matrix, at, width, focused=True)
    rows = [line for line in lines if line.about is not None]
    assert sum("[" in text_of(line) for line in rows) == 1
    assert len(rows) == len(matrix.operations)
    smallest = label_width(matrix) + 3
    assert all(len(text_of(line)) <= max(width, smallest) for line in rows)
    drawn = [column_at(matrix, at, x, width) for x in range(width)]
    assert at.column in drawn or width < smallest


def test_columns_that_have_no_room_are_counted() -> None:
    matrix = matrix_with(12)
    texts = [text_of(line) for line in matrix_lines(matrix, At(), 42, focused=False)]
    assert "  10 more to the right" in texts
    at = At().moved(matrix, right=99).in_sight(matrix, 42)
    assert "  10 more to the left" in [text_of(line) for line in matrix_lines(matrix, at, 42, focused=True)]


def test_a_cell_that_is_not_asked_says_so() -> None:
    matrix = matrix_with(2)
    head_bucket = next(number for number, each in enumerate(matrix.operations) if each.id == "head-bucket")
    assert pointed(matrix, At(head_bucket, 0)) == "HeadBucket: not asked of p0/"
    assert any("[·]" in text_of(line) for line in matrix_lines(matrix, At(head_bucket, 0), 60, focused=True))


def test_an_explanation_has_the_verdict_first_and_the_way_out_last() -> None:
    matrix = matrix_with(2)
    cell = matrix.rows[1][1]
    assert cell is not None
    texts = [text_of(line) for line in explanation_lines(matrix, cell)]
    assert texts[0] == "read p0, without the slash: denied"
    assert texts[-1] == "esc closes"


# What is previewed


def test_the_matrix_needs_an_account_and_a_bucket_and_says_so() -> None:
    draft = replace(WITH_PROJECTS, account_id="", bucket=BucketDraft())
    preview = preview_of(draft, View(0, Tab.ACCESS))
    assert (preview.matrix, preview.needs) == (None, ("an account (step 1)", "a bucket (step 2)"))


def test_a_half_typed_key_leaves_no_matrix_and_says_what_aws_would_refuse() -> None:
    draft = replace(WITH_PROJECTS, bucket=replace(WITH_PROJECTS.bucket, kms_key_arn="key/1"))
    preview = preview_of(draft, View(0, Tab.ACCESS))
    assert preview.matrix is None
    assert "neither an ARN" in preview.needs[0]


def test_only_the_tab_that_is_looked_at_asks_the_evaluator() -> None:
    assert [tab for tab in Tab if preview_of(WITH_PROJECTS, View(0, tab)).matrix is not None] == [Tab.ACCESS]


# On the screen


@pytest.mark.parametrize("size", SIZES)
async def test_arrows_choose_a_cell_enter_explains_it_and_esc_closes_that_alone(size: tuple[int, int]) -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages", size) as pilot:
        await pilot.press("f3", "f4")
        await shows(pilot, "[✓]")
        await pilot.press("down", "down", "down", "down")
        await shows(pilot, "delete builds/: denied")
        assert "delete       [✗]" in screen_text(pilot)
        await pilot.press("enter")
        await shows(pilot, "No statement is about this action")
        await shows(pilot, "Give build the access delete in step 4.")
        await pilot.press("right")
        await shows(pilot, "delete builds, without the slash: denied")
        await pilot.press("escape")
        await shows(pilot, "[✗]")
        assert isinstance(pilot.app.screen, PreviewScreen)
        await pilot.press("escape")
        await shows(pilot, lambda: at_step(pilot, "stages"))


async def test_the_cell_at_hand_is_always_in_sight_and_so_is_what_it_says() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages", (80, 16)) as pilot:
        await pilot.press("f3", "f4")
        await shows(pilot, "[✓]")
        for _ in range(10):
            await pilot.press("down")
            await shows(pilot, lambda: "[" in screen_text(pilot).replace("[Access]", ""))
        await pilot.press("right", "right", "right", "right")
        await shows(pilot, "administer the bucket acme-builds: denied")
        await pilot.press(*["up"] * 10)
        await shows(pilot, "builds/ (own, test's)")


async def test_a_click_chooses_a_cell_and_a_second_one_explains_it() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f4")
        await shows(pilot, "stranger's")
        lines = screen_text(pilot).splitlines()
        y = next(number for number, line in enumerate(lines) if " write  " in line and "✗" in line)
        x = lines[y].index("✓")
        await pilot.click(offset=(x, y))
        await shows(pilot, "write builds/: allowed")
        await pilot.click(offset=(x, y))
        await shows(pilot, 'Allow "Write" allows it:')
        await pilot.press("escape")
        await shows(pilot, "[✓]")


async def test_an_edit_changes_the_cells_at_once() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f4")
        await shows(pilot, "delete        ✗  ✗")
        access = next(each for each in wizard(pilot).query("ChoiceField") if each.path.endswith("access"))  # type: ignore[attr-defined] # a ChoiceField
        access.query_one("Choices").focus()
        await pilot.press("right", "right", "space")
        await shows(pilot, "delete        ✓  ✗")


async def test_the_focus_stays_in_the_preview_when_its_tab_changes() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        pane = wizard(pilot).query_one(PreviewPane)
        pane.view.focus()
        await pilot.press("f4")
        await shows(pilot, lambda: isinstance(pilot.app.focused, MatrixView))
        await shows(pilot, "list         [✓]")
        await pilot.press("f4")
        await shows(pilot, lambda: pilot.app.focused is pane.view and not isinstance(pane.view, MatrixView))
        assert "list builds/: allowed" not in screen_text(pilot)


async def test_copying_copies_the_matrix_or_the_explanation_that_is_open() -> None:
    session = signed_in()
    clipboard = FakeClipboard()
    session.clipboard = clipboard
    async with answering(session, WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f3", "f4", "y")
        await shows(pilot, lambda: "read          ✓  ✗" in clipboard.text)
        await pilot.press("enter", "y")
        await shows(pilot, lambda: clipboard.text.startswith("list builds/: allowed"))


async def test_without_colours_glyphs_and_brackets_say_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f3", "f4")
        await shows(pilot, "list         [✓] ✗  ✗  ✗  ✗  ✗  ✗")
        assert "[Access]" in screen_text(pilot)


@pytest.mark.parametrize("name", ["[x] [/oops] [b[@click=app.quit]", "\u202egnp\u202c 🪣 桶\x1b[31m\x9b2J\r\n", "n" * 64])
async def test_no_name_breaks_the_matrix_or_its_explanations(name: str) -> None:
    stage = StageDraft(name, name, ("read", name), (name,), (name,), ("tags", name))
    draft = Draft("123456789012", bucket=BucketDraft(name, "us-east-1"), stages=(stage, StageDraft(name, f"{name}/x", ("write",))))
    async with answering(signed_in(), draft, "stages") as pilot:
        await pilot.press("f3", "f4")
        await shows(pilot, lambda: isinstance(pilot.app.focused, MatrixView))
        for size in (WIDE, NARROW, (24, 8)):
            await pilot.resize_terminal(*size)
            for key in ("down", "right", "enter", "escape"):
                await pilot.press(key)
                assert not any(char in screen_text(pilot) for char in "\x1b\x9b\r\u202e")


async def test_keys_that_are_held_down_in_the_matrix_end_at_its_edge() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f3", "f4")
        await held(pilot, "right", 40)
        await held(pilot, "down", 40)
        await shows(pilot, "administer a stranger's bucket acme-builds: denied")


async def test_typing_a_name_keeps_the_matrix_as_it_is() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f4", "space")
        await types(pilot, "-x")
        await shows(pilot, "role circleci-build-x")
        assert "read          ✓  ✗" in screen_text(pilot)
