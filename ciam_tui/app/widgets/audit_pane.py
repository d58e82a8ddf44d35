"""What an audit says of one role or provider, as tabs over a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.audit_lines import AuditTab, lines_of, tab_counts, text_of
from ciam_tui.app.literal import joined, lines, literal
from ciam_tui.app.widgets.document import DocumentView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from textual import events
    from textual.app import ComposeResult
    from textual.content import Content

    from ciam_tui.app.audit_lines import Item
    from ciam_tui.app.document_lines import Line


class AuditTabLine(Static, can_focus=False):
    """The names of the tabs with their counts, the one that is shown in brackets, in as many rows as that takes; a click chooses."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, int, AuditTab]] = []  # row, column behind the name's last
        self._tab = AuditTab.WHO
        self._counts: Mapping[AuditTab, int] = {}

    def show(self, tab: AuditTab, counts: Mapping[AuditTab, int]) -> None:
        """Show `tab` as chosen."""
        self._tab, self._counts = tab, counts
        self._draw()

    def on_resize(self) -> None:
        """Another width takes other rows."""
        self._draw()

    def _draw(self) -> None:
        room = self.size.width
        rows: list[list[Content]] = [[]]
        self._ends, width = [], 0
        for each in AuditTab:
            name = _label(each, self._tab, self._counts)
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
        for row, end, tab in self._ends:
            if offset.y == row and offset.x < end:
                self.post_message(AuditPane.TabChosen(tab))
                return


def _label(tab: AuditTab, chosen: AuditTab, counts: Mapping[AuditTab, int]) -> Content:
    count = f" {counts[tab]}" if counts.get(tab) else ""
    return literal(f"[{tab}{count}]" if tab is chosen else f" {tab}{count} ", "bold $accent" if tab is chosen else "$muted")


class AuditPane(Vertical):
    """Tabs above, the chosen one's lines below. The tab stays when another role comes under the cursor."""

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: AuditTab) -> None:
            super().__init__()
            self.tab = tab

    class Looked(Message):
        """A tab came to the front."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._tabs = AuditTabLine()
        self.view = DocumentView(id="audit-view")
        self.tab = AuditTab.WHO
        self._item: Item | None = None
        self._at: datetime | None = None
        self._lines: list[Line] = []

    def compose(self) -> ComposeResult:
        """The tab line and the view."""
        yield self._tabs
        yield self.view

    def on_mount(self) -> None:
        """Name the tabs."""
        self._tabs.show(self.tab, {})

    @property
    def text(self) -> str:
        """What `y` copies."""
        return text_of(self._lines)

    def show(self, item: Item, at: datetime) -> None:
        """What was found out about `item`, read at `at`."""
        self._item, self._at = item, at
        self._draw()

    def say(self, lines: list[Line]) -> None:
        """Show `lines` in place of what is said of an item."""
        self._item = None
        self._lines = lines
        self._tabs.show(self.tab, {})
        self.view.show(lines)
        self.view.to_top()

    def choose(self, tab: AuditTab) -> None:
        """Show `tab`."""
        self.tab = tab
        self._draw()
        self.post_message(self.Looked())

    def answer(self, lines: list[Line], *, from_top: bool = True) -> None:
        """What AWS says of the item, in place of the tab's lines."""
        self._lines = lines
        self.view.show(lines)
        if from_top:
            self.view.to_top()

    def _draw(self) -> None:
        if self._item is None or self._at is None:
            self._tabs.show(self.tab, {})
            return
        self._tabs.show(self.tab, tab_counts(self._item))
        self._lines = lines_of(self._item, self.tab, self._at)
        self.view.show(self._lines)
        self.view.to_top()

    def on_audit_pane_tab_chosen(self, event: TabChosen) -> None:
        """A click on a tab."""
        event.stop()
        self.choose(event.tab)
