"""What an audit says of one role or provider, as tabs over a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.audit_lines import AuditTab, lines_of, tab_counts, text_of
from ciam_tui.app.literal import joined, literal
from ciam_tui.app.widgets.document import DocumentView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from textual import events
    from textual.app import ComposeResult

    from ciam_tui.app.audit_lines import Item
    from ciam_tui.app.document_lines import Line


class AuditTabLine(Static, can_focus=False):
    """The names of the tabs with their counts, the one that is shown in brackets; a click chooses."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, AuditTab]] = []

    def show(self, tab: AuditTab, counts: Mapping[AuditTab, int]) -> None:
        """Show `tab` as chosen."""
        parts = []
        self._ends, width = [], 0
        for each in AuditTab:
            count = f" {counts[each]}" if counts.get(each) else ""
            name = literal(f"[{each}{count}]" if each is tab else f" {each}{count} ", "bold $accent" if each is tab else "$muted")
            parts.append(name)
            width += name.cell_length
            self._ends.append((width, each))
        self.update(joined(*parts), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab that was clicked."""
        offset = event.get_content_offset_capture(self)
        for end, tab in self._ends:
            if offset.x < end:
                self.post_message(AuditPane.TabChosen(tab))
                return


class AuditPane(Vertical):
    """Tabs above, the chosen one's lines below. The tab stays when another role comes under the cursor."""

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: AuditTab) -> None:
            super().__init__()
            self.tab = tab

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
