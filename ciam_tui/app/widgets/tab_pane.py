"""Named tabs over one view of lines: what is said of a thing from several sides, of which one is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from ciam_tui.app.audit_lines import text_of
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.named_tabs import NamedTabs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from textual.app import ComposeResult

    from ciam_tui.app.document_lines import Line


class TabPane(Vertical):
    """Tabs above, the lines that its screen gives it below. The tab stays when something else comes under the cursor."""

    class Looked(Message):
        """Another tab came to the front."""

    def __init__(self, *, tabs: type[StrEnum], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._names = tuple(tab.value for tab in tabs)
        self._tabs = NamedTabs(self._names)
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

    def on_named_tabs_chosen(self, event: NamedTabs.Chosen) -> None:
        """A click on a tab."""
        event.stop()
        self.choose(event.name)
