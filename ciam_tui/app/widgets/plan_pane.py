"""What belongs to the step under the cursor, and to the plan as a whole, as tabs below the plan's table."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.literal import joined, literal
from ciam_tui.app.widgets.differences import DifferencesView
from ciam_tui.app.widgets.document import DocumentView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.app import ComposeResult

    from ciam_tui.app.document_lines import Line
    from ciam_tui.core.plan import Conflict


class PlanTab(StrEnum):
    """The tabs, in their order; the values are what they are called."""

    STEP = "Step"
    CONCERNS = "Findings"
    EXISTS = "Exists already"

    @property
    def following(self) -> PlanTab:
        """The next tab, the first after the last."""
        tabs = list(PlanTab)
        return tabs[(tabs.index(self) + 1) % len(tabs)]


class PlanTabLine(Static, can_focus=False):
    """The names of the tabs with their counts, the one that is shown in brackets; a click chooses."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, PlanTab]] = []

    def show(self, tab: PlanTab, counts: Mapping[PlanTab, int]) -> None:
        """Show `tab` as chosen."""
        parts = []
        self._ends, width = [], 0
        for each in PlanTab:
            count = f" {counts[each]}" if counts.get(each) else ""
            name = literal(f"[{each}{count}]" if each is tab else f" {each}{count} ", "bold $accent" if each is tab else "$muted")
            parts.append(name)
            width += name.cell_length
            self._ends.append((width, each))
        self.update(joined(*parts))

    def on_click(self, event: events.Click) -> None:
        """Choose the tab that was clicked."""
        offset = event.get_content_offset_capture(self)
        for end, tab in self._ends:
            if offset.x < end:
                self.post_message(PlanPane.TabChosen(tab))
                return


class PlanPane(Vertical):
    """Tabs above, one of three views below."""

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: PlanTab) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._tabs = PlanTabLine()
        self._step = DocumentView(id="plan-step")
        self._concerns = DocumentView(id="plan-concerns")
        self._exists = DifferencesView(id="plan-exists")
        self._counts: dict[PlanTab, int] = {}
        self.tab = PlanTab.STEP

    def compose(self) -> ComposeResult:
        """The tab line and the views, of which one is shown."""
        yield self._tabs
        yield self._step
        yield self._concerns
        yield self._exists

    def on_mount(self) -> None:
        """Begin with the step."""
        self.choose(self.tab)

    @property
    def view(self) -> DocumentView | DifferencesView:
        """The view that is shown."""
        match self.tab:
            case PlanTab.STEP:
                return self._step
            case PlanTab.CONCERNS:
                return self._concerns
            case PlanTab.EXISTS:
                return self._exists

    def choose(self, tab: PlanTab) -> None:
        """Show `tab`; the focus stays in the pane if it was there."""
        had_focus = self.view.has_focus
        self.tab = tab
        for view in (self._step, self._concerns, self._exists):
            view.display = view is self.view
        if had_focus:
            self.view.focus()
        self._tabs.show(tab, self._counts)

    def show_step(self, lines: list[Line]) -> None:
        """What is said of the step under the cursor."""
        self._step.show(lines)
        self._step.to_top()

    def show_concerns(self, lines: list[Line], count: int, *, from_top: bool = True) -> None:
        """What speaks against the plan; not `from_top` where somebody may be reading it, and only its end is new."""
        self._concerns.show(lines)
        if from_top:
            self._concerns.to_top()
        self._counts[PlanTab.CONCERNS] = count
        self._tabs.show(self.tab, self._counts)

    def show_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        """What exists already and differs."""
        self._exists.show(conflicts)
        self._counts[PlanTab.EXISTS] = len(conflicts)
        self._tabs.show(self.tab, self._counts)

    def on_plan_pane_tab_chosen(self, event: TabChosen) -> None:
        """A click on a tab."""
        event.stop()
        self.choose(event.tab)
