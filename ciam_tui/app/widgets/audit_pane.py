"""What an audit says of one role or provider, as tabs over a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from ciam_tui.app.audit_lines import AuditTab, lines_of, tab_counts, text_of
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.named_tabs import NamedTabs

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from ciam_tui.app.audit_lines import Item
    from ciam_tui.app.document_lines import Line


class AuditPane(Vertical):
    """Tabs above, the chosen one's lines below. The tab stays when another role comes under the cursor."""

    class Looked(Message):
        """A tab came to the front."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._tabs = NamedTabs(list(AuditTab))
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

    def on_named_tabs_chosen(self, event: NamedTabs.Chosen) -> None:
        """A click on a tab."""
        event.stop()
        self.choose(AuditTab(event.name))
