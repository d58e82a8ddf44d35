"""Named tabs over one view of lines: what is said of a thing from several sides, of which one is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.audit_lines import text_of
from ciam_tui.app.literal import joined, lines, literal
from ciam_tui.app.widgets.document import DocumentView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from enum import StrEnum

    from textual import events
    from textual.app import ComposeResult
    from textual.content import Content

    from ciam_tui.app.document_lines import Line


class TabLine(Static, can_focus=False):
    """The names of the tabs with their counts, the one that is shown in brackets, in as many rows as that takes; a click chooses."""

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
                self.post_message(TabPane.TabChosen(name))
                return


class TabPane(Vertical):
    """Tabs above, the lines that its screen gives it below. The tab stays when something else comes under the cursor."""

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Looked(Message):
        """Another tab came to the front."""

    def __init__(self, *, tabs: type[StrEnum], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._names = tuple(tab.value for tab in tabs)
        self._tabs = TabLine(self._names)
        self._counts: Mapping[str, int] = {}
        self._lines: list[Line] = []
        self.view = DocumentView(id=f"{id}-view")
        self.tab = self._names[0]

    def compose(self) -> ComposeResult:
        """The tab line and the view."""
        yield self._tabs
        yield self.view

    def on_mount(self) -> None:
        """Name the tabs."""
        self._tabs.show(self.tab, self._counts)

    @property
    def text(self) -> str:
        """What `y` copies."""
        return text_of(self._lines)

    def show(self, lines: list[Line], *, from_top: bool = True, counts: Mapping[str, int] | None = None) -> None:
        """Show `lines` under the tab that is chosen."""
        self._lines = lines
        if counts is not None:
            self._counts = counts
        self._tabs.show(self.tab, self._counts)
        self.view.show(lines)
        if from_top:
            self.view.to_top()

    def choose(self, name: str) -> None:
        """Bring a tab to the front; whose lines come by `show`."""
        self.tab = name
        self._tabs.show(name, self._counts)
        self.post_message(self.Looked())

    def choose_following(self) -> None:
        """The next tab, the first after the last."""
        self.choose(self._names[(self._names.index(self.tab) + 1) % len(self._names)])

    def on_tab_pane_tab_chosen(self, event: TabChosen) -> None:
        """A click on a tab."""
        event.stop()
        self.choose(event.name)
