"""The names of tabs in a line, of which one is shown: what stands above every pane that tells of a thing from several sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.literal import joined, lines, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.content import Content


class NamedTabs(Static, can_focus=False):
    """The names of the tabs with their counts, the one that is shown in brackets, in as many rows as that takes; a click chooses."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self._chosen = self._names[0]
        self._counts: Mapping[str, int] = {}
        self._ends: list[tuple[int, int, str]] = []  # row, column behind the name's last

    def show(self, chosen: str, counts: Mapping[str, int]) -> None:
        """Show `chosen` as chosen."""
        self._chosen, self._counts = chosen, counts
        self._draw()

    def on_resize(self) -> None:
        """Another width takes other rows."""
        self._draw()

    def _draw(self) -> None:
        room = self.size.width
        rows: list[list[Content]] = [[]]
        self._ends, width = [], 0
        for each in self._names:
            count = f" {self._counts[each]}" if self._counts.get(each) else ""
            is_chosen = each == self._chosen
            name = literal(f"[{each}{count}]" if is_chosen else f" {each}{count} ", "bold $accent" if is_chosen else "$muted")
            if rows[-1] and room and width + name.cell_length > room:
                rows.append([])
                width = 0
            rows[-1].append(name)
            width += name.cell_length
            self._ends.append((len(rows) - 1, width, each))
        self.styles.height = len(rows)
        self.update(lines(*(joined(*row) for row in rows)), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab that was clicked."""
        offset = event.get_content_offset_capture(self)
        for row, end, name in self._ends:
            if offset.y == row and offset.x < end:
                self.post_message(self.Chosen(name))
                return
