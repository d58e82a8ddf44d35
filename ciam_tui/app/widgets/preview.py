"""The policies of the stage at hand, drawn again on every key: tabs, the JSON, its findings beside its lines, and what the key changed.

Only the document that is looked at is made, and only its visible lines are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.document_lines import Ink, Line, document_lines, finding_line
from ciam_tui.app.literal import joined, literal
from ciam_tui.app.previewing import Preview, Tab
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.matrix import MatrixView

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from ciam_tui.core.findings import Finding

__all__ = ["DocumentView", "PreviewPane", "TabLine"]


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


class PolicyView(DocumentView):
    """A document with findings beside it, or findings alone: up and down go from finding to finding, and scroll where none is in sight."""

    BINDINGS: ClassVar = [
        Binding("up", "step(-1)", "Up", show=False),
        Binding("down", "step(1)", "Down", show=False),
    ]

    class Chosen(Message):
        """The finding of that number is at hand."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__()
        self.at_hand: int | None = None

    def action_step(self, by: int) -> None:
        """Go to the next finding; one that is out of sight is scrolled to line by line, so that nothing between is passed over."""
        rows = self.rows_about()
        numbers = list(rows)
        at = numbers.index(self.at_hand) + by if self.at_hand in rows else 0
        if 0 <= at < len(numbers) and self.is_in_sight(rows[numbers[at]].start):
            self.post_message(self.Chosen(numbers[at]))
        else:
            self.scroll_relative(y=by, animate=False)

    def on_click(self, event: events.Click) -> None:
        """The finding that was clicked is at hand."""
        number = self.about(event.get_content_offset_capture(self).y + int(self.scroll_offset.y))
        if number is not None:
            self.post_message(self.Chosen(number))


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
        self._document = PolicyView()
        self._matrix = MatrixView()
        self._document.add_class("policy")  # what F1 is about there
        self._matrix.add_class("matrix")
        self._matrix.display = False
        self._titled = ""
        self._pointed = ""
        self._before: Preview | None = None
        self._now: Preview | None = None
        self._chosen: Finding | None = None

    def compose(self) -> ComposeResult:
        """The tab line, and the views of which one is shown."""
        yield self._tabs
        yield self._document
        yield self._matrix

    @property
    def view(self) -> DocumentView:
        """The view that is shown: of documents and findings, or of the matrix."""
        return self._matrix if self._matrix.display else self._document

    @property
    def text(self) -> str:
        """What `y` copies: the document, the matrix, or the findings as lines."""
        if self._now is None:
            return ""
        if self._now.matrix is not None:
            return self._matrix.text
        return self._now.text or "\n".join(f"{each.level}: {each.text} {each.fix}" for each in self._now.findings)

    @property
    def finding(self) -> Finding | None:
        """The finding at hand: the one that was gone to, else the worst that a key can fix, else the worst."""
        number = self._at_hand()
        return None if number is None or self._now is None else self._now.findings[number]

    def shows_finding(self) -> bool:
        """Whether the finding at hand is in sight; where it is not, it is scrolled to, so that nothing is fixed unseen."""
        number = self._at_hand()
        rows = self._document.rows_about().get(number) if number is not None else None
        if number is None or rows is None or self._document.is_in_sight(rows[0]):
            return True
        self._document.reveal_about(number)
        return False

    def _at_hand(self) -> int | None:
        found = self._now.findings if self._now is not None else ()
        chosen = [number for number, each in enumerate(found) if each == self._chosen]
        fixable = [number for number, each in enumerate(found) if each.patch]
        return next(iter((*chosen, *fixable, *range(len(found)))), None)

    def on_policy_view_chosen(self, event: PolicyView.Chosen) -> None:
        """Another finding is at hand."""
        event.stop()
        if self._now is not None and event.number < len(self._now.findings):
            self._chosen = self._now.findings[event.number]
            self._draw_document(self._now)
            self._document.reveal_about(event.number)

    def show(self, preview: Preview, since: Preview | None = None) -> None:
        """Draw `preview`; lines that differ from what was shown before are marked, if that was the same document of the same role.

        `since` is what to mark the differences from where another document was shown before.
        """
        if preview == self._now:
            return
        same = self._now is not None and _identity(self._now) == _identity(preview)
        if same and self._now is not None and self._now.text != preview.text:
            self._before = self._now
        elif not same:
            self._before = since if since is not None and _is_same_document(since, preview) else None
        self._now = preview
        self._tabs.show(preview.tab, preview.found)
        self._entitle(_title(preview))
        self._choose_view(is_matrix=preview.matrix is not None)
        if preview.matrix is not None:
            self._matrix.show_matrix(preview.matrix)
            if not same:
                self._matrix.begin()
            return
        self._point("")
        self._draw_document(preview)
        if self._before is None:
            self._document.to_top()
        else:
            self._document.reveal_changes()

    def _draw_document(self, preview: Preview) -> None:
        self._document.at_hand = self._at_hand()
        self._document.show(_lines(preview, self._before.text if self._before is not None else None, self._document.at_hand))

    def _choose_view(self, *, is_matrix: bool) -> None:
        """Show one of the views; the focus stays in the pane if it was there."""
        if is_matrix is self._matrix.display:
            return
        had_focus = self.view.has_focus
        self._matrix.display, self._document.display = is_matrix, not is_matrix
        if had_focus:
            self.view.focus()

    def on_matrix_view_pointed(self, event: MatrixView.Pointed) -> None:
        """Another cell of the matrix is at hand."""
        event.stop()
        self._point(event.text)

    def _point(self, text: str) -> None:
        if text != self._pointed:
            self._pointed = text
            self.border_subtitle = literal(text)

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


def _is_same_document(since: Preview, preview: Preview) -> bool:
    # Not how many roles the stage has: a fix may have split one into one a project, and what that changed is to be seen.
    return (since.index, since.tab, since.role_number) == (preview.index, preview.tab, preview.role_number)


def _title(preview: Preview) -> str:
    if not preview.stage:
        return "Preview"
    number = f" ({preview.role_number} of {preview.role_count})" if preview.role_count > 1 else ""
    return f"{preview.stage} · role {preview.role}{number}" if preview.role else preview.stage


def _lines(preview: Preview, before: str | None, at_hand: int | None) -> list[Line]:
    if preview.text is not None:
        return document_lines(preview.text, preview.findings, before, at_hand)
    told = [finding_line(each, number=number, at_hand=at_hand) for number, each in enumerate(preview.findings)]
    if preview.needs:
        wanted = [Line((("  this needs:", Ink.HEADING),)), *(Line(((f"    · {each}", Ink.NOTE),), indent=6) for each in preview.needs)]
        return [*wanted, Line(()), *told] if told else wanted
    if not preview.findings:
        return [Line((("  nothing risky found", Ink.NOTE),))]
    lines: list[Line] = []
    for each, line in zip(preview.findings, told, strict=True):
        place = f" {each.stage}" if each.stage else ""
        lines.extend([Line(((f"{each.level}{place}", Ink.HEADING),)), line, Line(())])
    return lines
