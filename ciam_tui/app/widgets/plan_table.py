"""The steps of a plan as a table whose columns never move: before, while and after it is applied only the last one changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ciam_tui.app.literal import literal
from ciam_tui.core.shown import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style as RichStyle
    from textual import events

NUMBER_WIDTH = 5
VERB_WIDTH = 22
STATE_WIDTH = 12


class Tone(StrEnum):
    """How a state is coloured; the word and its glyph say the same without colour."""

    PLAIN = "plain"
    QUIET = "quiet"
    RUNNING = "running"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One step: what, on what, and its state as glyph and word."""

    verb: str
    resource: str
    state: str
    tone: Tone = Tone.PLAIN


class PlanTable(ScrollView, can_focus=True):
    """Shows rows, and posts which one the cursor is on."""

    BINDINGS: ClassVar = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
    ]
    COMPONENT_CLASSES: ClassVar = {
        "plan--heading",
        "plan--row",
        "plan--cursor",
        "plan--cursor-blurred",
        *(f"plan--{tone}" for tone in Tone),
    }

    class Highlighted(Message):
        """The cursor is on another step."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: tuple[PlanRow, ...] = ()
        self._message = ""
        self._cursor = 0

    @property
    def cursor(self) -> int:
        """The index of the row under the cursor."""
        return self._cursor

    @property
    def rows(self) -> tuple[PlanRow, ...]:
        """What is shown."""
        return self._rows

    def show(self, rows: Sequence[PlanRow]) -> None:
        """Show `rows`; the cursor stays where it is."""
        self._rows, self._message = tuple(rows), ""
        self._cursor = max(0, min(self._cursor, len(self._rows) - 1))
        self.virtual_size = Size(0, len(self._rows) + 1)
        self.refresh()

    def say(self, message: str) -> None:
        """Show `message` in place of rows."""
        self._rows, self._message, self._cursor = (), message, 0
        self.virtual_size = Size(0, 2)
        self.refresh()

    def follow(self, index: int) -> None:
        """Put the cursor on the step at `index`, as a run goes on; posts nothing."""
        self._cursor = max(0, min(index, len(self._rows) - 1))
        self._reveal()
        self.refresh()

    def action_move(self, steps: int) -> None:
        """Move the cursor by `steps` rows."""
        if self._rows:
            self.follow(self._cursor + steps)
            self.post_message(self.Highlighted(self._cursor))

    def action_page(self, direction: int) -> None:
        """Move by a page."""
        self.action_move(direction * max(1, self.size.height - 2))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y > 0 and int(self.scroll_offset.y) + offset.y - 1 < len(self._rows):
            self.action_move(int(self.scroll_offset.y) + offset.y - 1 - self._cursor)

    def _reveal(self) -> None:
        room = max(1, self.size.height - 1)
        top = int(self.scroll_offset.y)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def on_focus(self) -> None:
        """Show the cursor as active."""
        self.refresh()

    def on_blur(self) -> None:
        """Show the cursor as resting."""
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """The columns' names, then the rows."""
        width = self.size.width
        if y == 0:
            return self._strip(("    #", "What", "On", "State"), self._style("heading"), None)
        place = y - 1 + int(self.scroll_offset.y)
        if place >= len(self._rows):
            base = self.get_component_rich_style("plan--quiet")
            text = self._message if place == 0 else ""
            return Strip([Segment(_fitted(f"  {text}", width), base)])
        row = self._rows[place]
        at_cursor = place == self._cursor
        name = ("cursor" if self.has_focus else "cursor-blurred") if at_cursor else "row"
        pointer = "▸" if at_cursor and self.has_focus else " "
        return self._strip((f"{pointer}{place + 1:>4}", row.verb, row.resource, row.state), self._style(name), self._style(row.tone))

    def _strip(self, cells: tuple[str, str, str, str], style: RichStyle, state_style: RichStyle | None) -> Strip:
        width = self.size.width
        # The scrollbar's column is kept free, so that nothing moves when there are more steps than fit.
        resource_width = max(4, width - NUMBER_WIDTH - VERB_WIDTH - STATE_WIDTH - 4 - self.styles.scrollbar_size_vertical)
        number, verb, resource, state = cells
        left = f"{number}  {_fitted(verb, VERB_WIDTH)}{_fitted(resource, resource_width)}  "
        drawn = style if state_style is None else style + state_style
        return Strip([Segment(left, style), Segment(_fitted(state, STATE_WIDTH), drawn)]).adjust_cell_length(width, style)

    def _style(self, name: str) -> RichStyle:
        return self.get_component_rich_style(f"plan--{name}", partial=name in set(Tone))


def _fitted(text: str, width: int) -> str:
    """`text` as it is spelled, in exactly `width` cells: cut in the middle where it is an identifier, whose ends people know it by."""
    spelled = literal(text)
    if spelled.cell_length > width:
        is_identifier = spelled.cell_length == len(spelled.plain) and " " not in spelled.plain.strip()
        return shortened(spelled.plain, width) if is_identifier else spelled.truncate(width, ellipsis=True).plain
    return spelled.plain + " " * (width - spelled.cell_length)
