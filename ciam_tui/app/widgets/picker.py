"""A list to pick from that stays fluid with thousands of rows: only the visible lines are ever drawn, and each key filters at once.

It holds what it shows and nothing more: what is picked is posted, and comes back through `mark`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ciam_tui.app.literal import joined, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from textual import events
    from textual.content import Content

COLUMN_GAP = 2
_LEAST = 6  # of a last column; less says nothing


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it stands for, its cells from left to right, and what `y` copies (the key, where nothing else is said)."""

    key: str
    cells: tuple[str, ...]
    copied: str = ""


class Asked(Enum):
    """Whether letters go into the filter."""

    NO = auto()
    FILTER = auto()


class Picker(ScrollView, can_focus=True):
    """Rows to pick from; with `many`, Space ticks any number of them.

    `/` starts the filter, which every key narrows; Esc clears it. The rows keep their order, and the cursor its row as long as that is shown.
    """

    BINDINGS: ClassVar = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(False)", "First", show=False),
        Binding("end", "edge(True)", "Last", show=False),
        Binding("space", "tick", "Tick", show=False),
    ]
    COMPONENT_CLASSES: ClassVar = {"picker--row", "picker--cursor", "picker--cursor-blurred", "picker--quiet"}

    @dataclass
    class Picked(Message):
        """The row was chosen, by Space or a click, or by Enter, after which the form goes on."""

        picker: Picker
        row: Row
        go_on: bool = False
        by_mouse: bool = False

        @property
        def control(self) -> Picker:
            """The list."""
            return self.picker

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row."""

        picker: Picker
        row: Row

    def __init__(self, *, many: bool = False, empty: str = "Nothing here.", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.many = many
        self._empty = empty
        self._rows: tuple[Row, ...] = ()
        self._searched: tuple[str, ...] = ()
        self._visible: tuple[int, ...] = ()
        self._marked: frozenset[str] = frozenset()
        self._cursor: int | None = None  # an index into _visible
        self._filter = ""
        self._asked = Asked.NO
        self._message = ""
        self._counted = ""
        self._widths: tuple[int, ...] = ()

    # What it shows

    def show(self, rows: Iterable[Row], *, marked: Iterable[str] | None = None) -> None:
        """Show `rows`; the cursor stays on the row it was on, else goes to a marked one, else to the first if nothing is marked."""
        at = self.highlighted
        self._rows = tuple(rows)
        self._searched = tuple(" ".join((row.key, *row.cells)).casefold() for row in self._rows)
        self._widths = _column_widths(tuple(row.cells for row in self._rows))
        if marked is not None:
            self._marked = frozenset(marked)
        self._message = ""
        self._apply_filter(keep=at.key if at else None)

    def say(self, message: str) -> None:
        """Show `message` in place of rows: what is being read, or why there are none."""
        self._rows, self._searched, self._visible, self._cursor = (), (), (), None
        self._message = message
        self._resized()

    def mark(self, keys: Iterable[str]) -> None:
        """Show the rows of `keys` as chosen."""
        marked = frozenset(keys)
        if marked != self._marked:
            self._marked = marked
            self.refresh()

    @property
    def marked(self) -> frozenset[str]:
        """The keys of the rows that are shown as chosen."""
        return self._marked

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, whatever the filter hides."""
        return self._rows

    @property
    def shown_rows(self) -> Sequence[Row]:
        """The rows that the filter lets through."""
        return [self._rows[index] for index in self._visible]

    @property
    def highlighted(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._visible[self._cursor]] if self._cursor is not None and self._cursor < len(self._visible) else None

    @property
    def filter_text(self) -> str:
        """What the rows are filtered by."""
        return self._filter

    @property
    def is_filtering(self) -> bool:
        """Whether there is a filter for Esc to clear."""
        return bool(self._filter) or self._asked is Asked.FILTER

    # The filter

    def start_filter(self) -> None:
        """Let letters go into the filter."""
        self._asked = Asked.FILTER
        self._say_count()

    def clear_filter(self) -> None:
        """Show all rows again."""
        at = self.highlighted
        self._filter, self._asked = "", Asked.NO
        self._apply_filter(keep=at.key if at else None)

    def _apply_filter(self, *, keep: str | None) -> None:
        self._visible = _matching(self._searched, self._filter)
        places = {self._rows[index].key: place for place, index in enumerate(self._visible)}
        marked = next((places[key] for key in places if key in self._marked), None)
        if keep in places:
            self._cursor = places[keep]
        elif marked is not None:
            self._cursor = marked
        else:
            self._cursor = 0 if places and (self._filter or not self._marked or self.many) else None
        self._resized()
        self.call_after_refresh(self._reveal)  # how far one can scroll is known once it is laid out

    def _say_count(self) -> None:
        said = _count(len(self._visible), len(self._rows), self._filter, is_typed=self._asked is Asked.FILTER)
        if said != self._counted:
            self._counted = said
            self.border_subtitle = literal(said)

    async def on_key(self, event: events.Key) -> None:
        """Letters go into the filter once it has been asked for. A slash asks here, not up in the screen: letters may be right behind it."""
        if self._asked is not Asked.FILTER and event.key != "slash":
            return
        if self._asked is not Asked.FILTER:
            self.start_filter()
        elif event.key == "backspace":
            self._filter = self._filter[:-1]
        elif event.is_printable and event.character and not (self.many and event.key == "space"):
            self._filter += event.character
        else:
            return
        event.stop()
        event.prevent_default()
        at = self.highlighted
        self._apply_filter(keep=at.key if at else None)

    # Moving and picking

    def action_move(self, steps: int) -> None:
        """Move the cursor by `steps` rows."""
        if self._visible:
            at = self._cursor
            self._go(at + steps if at is not None else (0 if steps > 0 else len(self._visible) - 1))

    def action_page(self, direction: int) -> None:
        """Move by a page."""
        self.action_move(direction * max(1, self.size.height - 1))

    def action_edge(self, last: bool) -> None:  # noqa: FBT001 - the bindings above pass it
        """Go to the first or the last row."""
        if self._visible:
            self._go(len(self._visible) - 1 if last else 0)

    def action_tick(self) -> None:
        """Tick the row under the cursor."""
        self.pick()

    def pick(self, *, go_on: bool = False, by_mouse: bool = False) -> bool:
        """Choose the row under the cursor; False where there is none."""
        row = self.highlighted
        if row is None:
            return False
        self.post_message(self.Picked(self, row, go_on=go_on, by_mouse=by_mouse))
        return True

    def highlight(self, key: str) -> None:
        """Put the cursor on the row of `key`, if it is shown."""
        place = next((place for place, index in enumerate(self._visible) if self._rows[index].key == key), None)
        if place is not None:
            self._go(place)

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        place = int(self.scroll_offset.y) + offset.y
        if 0 <= place < len(self._visible):
            self._go(place)
            self.pick(by_mouse=True)

    def _go(self, place: int) -> None:
        self._cursor = max(0, min(len(self._visible) - 1, place))
        self._reveal()
        self.refresh()
        self.post_message(self.Highlighted(self, self._rows[self._visible[self._cursor]]))

    def _reveal(self) -> None:
        top = _top_that_shows(self._cursor, int(self.scroll_offset.y), self.size.height)
        if top is not None:
            self.scroll_to(y=top, animate=False)

    # Drawing

    def _resized(self) -> None:
        self.virtual_size = Size(0, max(1, len(self._visible)))
        self._say_count()
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def render_line(self, y: int) -> Strip:
        """Row `y` of what is visible, in columns."""
        width = self.scrollable_content_region.width
        place = y + int(self.scroll_offset.y)
        if place >= len(self._visible):
            quiet = self.get_component_rich_style("picker--quiet")
            text = (self._message or _quiet(self._filter, self._empty)) if y == 0 else ""
            return Strip([Segment(_cut(literal(f"  {text}"), width).plain, quiet)]).adjust_cell_length(width, quiet)
        row = self._rows[self._visible[place]]
        at_cursor = place == self._cursor
        style = self.get_component_rich_style(_part(at_cursor=at_cursor, has_focus=self.has_focus))
        pointer = "▸" if at_cursor and self.has_focus else " "
        begin = f"{pointer}{_box(many=self.many, is_marked=row.key in self._marked)}"
        line = joined(begin, *_in_columns(row, self._widths, width - len(begin)))
        return Strip([Segment(_cut(line, width).plain, style)]).adjust_cell_length(width, style)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Letters no longer go into the filter, which stays as it is."""
        self._asked = Asked.NO
        self._say_count()
        self.refresh()


def _matching(texts: Sequence[str], wanted: str) -> tuple[int, ...]:
    """The indices of those texts, in lower case, that hold every word of the filter."""
    words = wanted.casefold().split()
    return tuple(index for index, text in enumerate(texts) if all(word in text for word in words))


def _count(visible: int, rows: int, wanted: str, *, is_typed: bool) -> str:
    """What stands at the foot: the filter, while there is one, and how many rows there are."""
    if is_typed or wanted:
        return f"/ {wanted}{'▏' if is_typed else ''}  {f'{visible} of {rows}' if wanted else rows}"
    return f"{rows} · / filters" if rows else ""


def _quiet(wanted: str, empty: str) -> str:
    """What stands there instead of rows."""
    return "Nothing matches; Esc clears the filter." if wanted else empty


def _top_that_shows(cursor: int | None, top: int, height: int) -> int | None:
    """The row to scroll to so that `cursor` is in sight; None where it is, or where there is nothing to see."""
    if cursor is None or not height or top <= cursor < top + height:
        return None
    return cursor if cursor < top else cursor - height + 1


def _part(*, at_cursor: bool, has_focus: bool) -> str:
    """What styles a row."""
    if not at_cursor:
        return "picker--row"
    return "picker--cursor" if has_focus else "picker--cursor-blurred"


def _box(*, many: bool, is_marked: bool) -> str:
    if many:
        return "[x] " if is_marked else "[ ] "
    return "✓ " if is_marked else "  "


def _in_columns(row: Row, widths: Sequence[int], room: int) -> Iterator[Content | str]:
    """The row's cells, each as wide as its column; the last one is left out where no more than its first letters had room."""
    for text, size in zip(row.cells, widths, strict=False):
        cell = literal(text)
        if size == 0 and room < min(cell.cell_length, _LEAST):
            return
        room -= max(size, cell.cell_length) + COLUMN_GAP
        yield cell.pad_right(max(0, size - cell.cell_length))
        yield " " * COLUMN_GAP


def _cut(line: Content, width: int) -> Content:
    return line.truncate(width, ellipsis=True) if line.cell_length > width else line


@lru_cache(maxsize=8)
def _column_widths(cells: tuple[tuple[str, ...], ...]) -> tuple[int, ...]:
    """The widest of each column, at most 40 cells, so that one long name does not push everything else away."""
    columns = max((len(each) for each in cells), default=0)
    return tuple(
        min(40, max((literal(row[column]).cell_length for row in cells if column < len(row)), default=0)) if column < columns - 1 else 0
        for column in range(columns)
    )
