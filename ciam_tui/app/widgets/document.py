"""Lines of text on a widget that stays fluid however long they are: only the visible ones are drawn, and of those what changed.

Policies, findings, the steps of a plan and the log of a run are all shown by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ciam_tui.app.document_lines import CHANGED, Ink, Line, wrapped
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from rich.style import Style as RichStyle

_CLASS = {ink: f"document--{ink.name.lower()}" for ink in Ink}
GUTTER = 2


class DocumentView(ScrollView, can_focus=True):
    """Lines with a gutter, wrapped at the width there is."""

    COMPONENT_CLASSES: ClassVar = {*_CLASS.values(), "document--gutter"}

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._rows: list[Line] = []
        self._width = 0

    def show(self, lines: list[Line]) -> None:
        """Draw `lines`, from where the view is scrolled to; of a document that kept its length, only what differs is drawn again."""
        if lines == self._lines:
            return
        before = self._rows
        self._lines = lines
        self._wrap()
        if len(before) != len(self._rows):
            self.refresh()
            return
        top = int(self.scroll_offset.y)
        changed = [place - top for place, (old, new) in enumerate(zip(before, self._rows, strict=True)) if old != new]
        regions = [Region(0, y, self.size.width, 1) for y in changed if 0 <= y < self.size.height]
        if regions:
            self.refresh(*regions)

    def to_top(self) -> None:
        """Scroll to the first line."""
        self.scroll_to(y=0, animate=False)

    def reveal_changes(self) -> None:
        """Scroll so that the first changed line is in sight, if none is."""
        changed = [place for place, row in enumerate(self._rows) if row.gutter in CHANGED]
        top = int(self.scroll_offset.y)
        if changed and not any(top <= place < top + self.size.height for place in changed):
            self.scroll_to(y=max(0, changed[0] - 2), animate=False)

    @property
    def room(self) -> int:
        """How many characters of a line have room beside the gutter."""
        return self.scrollable_content_region.width - GUTTER

    def about(self, y: int) -> int | None:
        """What the row at `y` of the whole document belongs to."""
        return self._rows[y].about if 0 <= y < len(self._rows) else None

    def rows_about(self) -> dict[int, range]:
        """The rows of each thing that rows belong to, in the order in which they are drawn."""
        found: dict[int, range] = {}
        for place, row in enumerate(self._rows):
            if row.about is not None:
                found[row.about] = range(found[row.about].start if row.about in found else place, place + 1)
        return found

    def is_in_sight(self, row: int) -> bool:
        """Whether the row of the whole document is among those that are drawn."""
        top = int(self.scroll_offset.y)
        return top <= row < top + self.size.height

    def reveal_about(self, number: int) -> None:
        """Scroll by as little as it takes to bring the rows about `number` into sight, the first of them at any rate."""
        rows = self.rows_about().get(number)
        if rows is None:
            return
        top, height = int(self.scroll_offset.y), self.size.height
        self.scroll_to(y=min(max(top, rows[-1] - height + 1), rows[0]), animate=False)

    def on_resize(self) -> None:
        """Wrap again where the width changed."""
        if self.scrollable_content_region.width != self._width:
            self._wrap()
            self.refresh()

    def _wrap(self) -> None:
        self._width = self.scrollable_content_region.width
        self._rows = [row for line in self._lines for row in wrapped(line, self.room)]
        self.virtual_size = Size(0, len(self._rows))

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.scrollable_content_region.width
        place = y + int(self.scroll_offset.y)
        base = self.rich_style
        if place >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[place]
        segments = [Segment(f"{row.gutter} ", self._style("document--gutter"))]
        segments.extend(Segment(shown(text), self._style(_CLASS[ink])) for text, ink in row.pieces)
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, name: str) -> RichStyle:
        return self.get_component_rich_style(name)
