"""The policies of the stage at hand, drawn again on every key: tabs, the JSON, its findings beside its lines, and what the key changed.

Only the document that is looked at is made, and only its visible lines are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from rich.segment import Segment
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from ciam_tui.app.document_lines import Ink, Line, document_lines, finding_line, wrapped
from ciam_tui.app.literal import joined, literal
from ciam_tui.app.previewing import Preview, Tab
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from rich.style import Style as RichStyle
    from textual import events
    from textual.app import ComposeResult

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
        changed = [place for place, row in enumerate(self._rows) if row.gutter != " "]
        top = int(self.scroll_offset.y)
        if changed and not any(top <= place < top + self.size.height for place in changed):
            self.scroll_to(y=max(0, changed[0] - 2), animate=False)

    def on_resize(self) -> None:
        """Wrap again where the width changed."""
        if self.scrollable_content_region.width != self._width:
            self._wrap()
            self.refresh()

    def _wrap(self) -> None:
        self._width = self.scrollable_content_region.width
        room = self._width - GUTTER
        self._rows = [row for line in self._lines for row in wrapped(line, room)]
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


class TabLine(Static, can_focus=False):
    """The names of the tabs, the one that is shown in brackets; a click chooses."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, Tab]] = []
        self._shown: tuple[Tab, int] | None = None

    def show(self, tab: Tab, found: int) -> None:
        """Show `tab` as chosen."""
        if (tab, found) == self._shown:
            return
        self._shown = (tab, found)
        parts = []
        self._ends, width = [], 0
        for each in Tab:
            count = f" {found}" if each is Tab.FINDINGS and found else ""
            name = literal(f"[{each}{count}]" if each is tab else f" {each}{count} ", "bold $accent" if each is tab else "$muted")
            parts.append(name)
            width += name.cell_length
            self._ends.append((width, each))
        self.update(joined(*parts), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Choose the tab that was clicked."""
        for end, tab in self._ends:
            if event.x < end:
                self.post_message(PreviewPane.TabChosen(tab))
                return


class PreviewPane(Vertical):
    """Tabs above, document below."""

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: Tab) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        self._only_border = False  # before Textual's own first refresh
        super().__init__(id=id)
        self._tabs = TabLine()
        self._document = DocumentView()
        self._titled = ""
        self._before: Preview | None = None
        self._now: Preview | None = None

    def compose(self) -> ComposeResult:
        """The tab line and the document."""
        yield self._tabs
        yield self._document

    @property
    def text(self) -> str:
        """What `y` copies: the document, or the findings as lines."""
        if self._now is None:
            return ""
        return self._now.text or "\n".join(f"{each.level}: {each.text} {each.fix}" for each in self._now.findings)

    def show(self, preview: Preview) -> None:
        """Draw `preview`; lines that differ from what was shown before are marked, if that was the same document of the same role."""
        if preview == self._now:
            return
        same = self._now is not None and _identity(self._now) == _identity(preview)
        if same and self._now is not None and self._now.text != preview.text:
            self._before = self._now
        elif not same:
            self._before = None
        self._now = preview
        self._tabs.show(preview.tab, preview.found)
        self._entitle(_title(preview))
        self._document.show(_lines(preview, self._before.text if self._before is not None else None))
        if same:
            self._document.reveal_changes()
        else:
            self._document.to_top()

    def _entitle(self, title: str) -> None:
        if title != self._titled:
            self._titled = title
            self._only_border = True
            self.border_title = literal(title)
            self._only_border = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw again; for a new title the line that holds it, since Textual would draw the whole document for it, at each key of a name."""
        if self._only_border:
            regions = (Region(-1, -1, self.outer_size.width, 1),)  # seen from the content, which the border surrounds
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


def _identity(preview: Preview) -> tuple[int, int, Tab, int]:
    # Not the names: a stage that is being renamed stays the stage it is.
    return (preview.index, preview.role_count, preview.tab, preview.role_number)


def _title(preview: Preview) -> str:
    if not preview.stage:
        return "Preview"
    number = f" ({preview.role_number} of {preview.role_count})" if preview.role_count > 1 else ""
    return f"{preview.stage} · role {preview.role}{number}" if preview.role else preview.stage


def _lines(preview: Preview, before: str | None) -> list[Line]:
    if preview.text is not None:
        return document_lines(preview.text, preview.findings, before)
    if preview.needs:
        wanted = [Line((("  this needs:", Ink.HEADING),)), *(Line(((f"    · {each}", Ink.NOTE),), indent=6) for each in preview.needs)]
        return [*wanted, Line(()), *(finding_line(each) for each in preview.findings)] if preview.findings else wanted
    if not preview.findings:
        return [Line((("  nothing risky found", Ink.NOTE),))]
    lines: list[Line] = []
    for each in preview.findings:
        place = f" {each.stage}" if each.stage else ""
        lines.extend([Line(((f"{each.level}{place}", Ink.HEADING),)), finding_line(each), Line(())])
    return lines
