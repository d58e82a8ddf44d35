"""The filterable list: fluid with thousands of rows, picked by keys and mouse, and never a surprise."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from textual import events
from textual.app import App, ComposeResult

from ciam_tui.app.theme import THEME
from ciam_tui.app.widgets.picker import Picker, Row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

MANY = tuple(Row(f"bucket-{number:05}", (f"bucket-{number:05}", "eu-west-1" if number % 2 else "us-east-1")) for number in range(5000))


class Shelf(App[None]):
    def __init__(self, picker: Picker) -> None:
        super().__init__()
        self.picker = picker
        self.picked: list[str] = []
        self.register_theme(THEME)
        self.theme = THEME.name

    def compose(self) -> ComposeResult:
        yield self.picker

    def on_picker_picked(self, event: Picker.Picked) -> None:
        self.picked.append(event.row.key)


@asynccontextmanager
async def shelf(
    rows: tuple[Row, ...], *, many: bool = False, marked: tuple[str, ...] = ()
) -> AsyncIterator[tuple[Pilot[None], Picker, list[str]]]:
    picker = Picker(many=many)
    app = Shelf(picker)
    async with app.run_test(size=(60, 20)) as pilot:
        picker.show(rows, marked=marked)
        picker.focus()
        await pilot.pause()
        yield pilot, picker, app.picked


async def test_each_key_narrows_the_filter_and_escape_is_for_the_screen_to_clear_it() -> None:
    async with shelf(MANY) as (pilot, picker, _):
        picker.start_filter()
        await pilot.press(*"499", "space", *"us")
        assert [row.key for row in picker.shown_rows] == expected("499 us")
        picker.clear_filter()
        assert len(picker.shown_rows) == 5000


async def test_letters_typed_in_one_go_with_the_slash_are_filtered_by() -> None:
    """A slow line hands several keys over at once: none of them may be lost while the first is on its way."""
    async with shelf(MANY) as (pilot, picker, _):
        for key, character in (("slash", "/"), *((digit, digit) for digit in "499")):
            pilot.app.post_message(events.Key(key, character))
        await pilot.pause()
        assert picker.filter_text == "499"


async def test_a_last_column_that_has_no_room_is_left_out_rather_than_cut_to_a_letter() -> None:
    rows = (Row("web", ("web", "github.com/acme/" + "x" * 24, "6b1f1b6e")), Row("api", ("api", "", "6b1f1b6f")))
    async with shelf(rows) as (pilot, picker, _):
        for width, is_shown in ((60, True), (54, False)):
            await pilot.resize_terminal(width, 20)
            lines = [picker.render_line(number).text for number in (0, 1)]
            assert ["6b1f1b" in line for line in lines] == [is_shown, is_shown], lines


def at(picker: Picker) -> str | None:
    return picker.highlighted.key if picker.highlighted else None


def expected(words: str) -> list[str]:
    return [row.key for row in MANY if all(word in " ".join(row.cells) for word in words.split())]


async def test_letters_do_nothing_before_the_filter_is_asked_for() -> None:
    async with shelf(MANY) as (pilot, picker, picked):
        await pilot.press(*"bucket")
        assert picker.filter_text == ""
        assert picked == []


async def test_the_cursor_stays_on_its_row_while_the_filter_changes() -> None:
    async with shelf(MANY) as (pilot, picker, _):
        picker.highlight("bucket-01234")
        picker.start_filter()
        await pilot.press(*"1234")
        assert at(picker) == "bucket-01234"
        await pilot.press("backspace", "backspace", "backspace", "backspace")
        assert at(picker) == "bucket-01234"


async def test_with_an_answer_that_is_not_in_the_list_enter_takes_nothing_by_accident() -> None:
    async with shelf(MANY, marked=("typed-by-hand",)) as (pilot, picker, picked):
        assert at(picker) is None
        assert picker.pick() is False
        await pilot.press("down")
        assert at(picker) == "bucket-00000"
        assert picked == []


async def test_the_cursor_begins_on_what_is_marked() -> None:
    async with shelf(MANY, marked=("bucket-04000",)) as (pilot, picker, _):
        assert at(picker) == "bucket-04000"
        await pilot.pause()
        assert picker.scroll_offset.y > 3900


async def test_a_click_picks_the_row_under_it_however_far_one_has_scrolled() -> None:
    async with shelf(MANY) as (pilot, picker, picked):
        await pilot.press("end")
        await pilot.pause()
        first = picker.shown_rows[int(picker.scroll_offset.y)].key
        await pilot.click(Picker, offset=(5, 1 if picker.styles.border_top[0] else 0))
        await pilot.pause()
        assert picked == [first]


async def test_space_ticks_while_filtering_a_list_of_many() -> None:
    async with shelf(MANY[:10], many=True) as (pilot, picker, picked):
        picker.start_filter()
        await pilot.press("3", "space")
        assert picked == ["bucket-00003"]


async def test_five_thousand_rows_are_filtered_and_drawn_within_a_frame_or_two() -> None:
    async with shelf(MANY) as (_, picker, __):
        began = time.process_time()
        for text in ("4", "49", "499"):
            picker._filter = text
            picker._apply_filter(keep=None)
            for line in range(picker.size.height):
                picker.render_line(line)
        assert (time.process_time() - began) / 3 < 0.1, "a generous bound: a loaded machine is slow, a quadratic list far slower"
