"""The access matrix on the screen: arrows and clicks choose a cell, Enter or a second click explains it, Esc closes the explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.binding import Binding
from textual.message import Message

from ciam_tui.app.matrix_lines import At, as_text, column_at, explanation_lines, matrix_lines, pointed
from ciam_tui.app.widgets.document import GUTTER, DocumentView

if TYPE_CHECKING:
    from textual import events

    from ciam_tui.core.access_matrix import Matrix


class MatrixView(DocumentView):
    """The matrix of one stage. The cell at hand stays where it is while the answers change under it."""

    BINDINGS: ClassVar = [
        Binding("up", "step(-1, 0)", "Up", show=False),
        Binding("down", "step(1, 0)", "Down", show=False),
        Binding("left", "step(0, -1)", "Left", show=False),
        Binding("right", "step(0, 1)", "Right", show=False),
        Binding("enter", "explain", "Explain", show=False),
        Binding("escape", "close", "Close", show=False),
    ]

    class Pointed(Message):
        """Another cell is at hand, or none; `text` says what of it in one line."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._matrix: Matrix | None = None
        self._at = At()
        self._open = False
        self._said = ""

    def show_matrix(self, matrix: Matrix) -> None:
        """Show `matrix`; of another stage from its first cell on."""
        if matrix is not self._matrix:
            self._matrix = matrix
            self._at = self._at.moved(matrix)
            self._draw()

    def begin(self) -> None:
        """Go to the first cell, and close the explanation."""
        self._at, self._open = At(), False
        self._draw()
        self.to_top()

    @property
    def text(self) -> str:
        """What is shown, for the clipboard: the matrix with its legend, or the explanation."""
        if self._matrix is None:
            return ""
        cell = self._at.cell(self._matrix)
        if self._open and cell is not None:
            return as_text(explanation_lines(self._matrix, cell))
        from ciam_tui.core.access_words import table

        return "\n".join(table(self._matrix))

    def action_step(self, down: int, right: int) -> None:
        """Go to the cell beside; in an explanation, up and down scroll it."""
        if self._matrix is None or (self._open and down):
            self.scroll_relative(y=down, animate=False)
            return
        self._go(self._at.moved(self._matrix, down=down, right=right))

    def action_explain(self) -> None:
        """Explain the cell at hand, or close the explanation."""
        if self._matrix is None:
            raise SkipAction
        self._open = not self._open and self._at.cell(self._matrix) is not None
        self._draw()
        self.to_top()

    def action_close(self) -> None:
        """Close the explanation; where there is none, the key is the screen's."""
        if not self._open:
            raise SkipAction
        self._open = False
        self._draw()
        self._reveal()

    def on_click(self, event: events.Click) -> None:
        """Choose the cell that was clicked; explain it where it was chosen already."""
        if self._matrix is None or self._open:
            return
        offset = event.get_content_offset_capture(self)
        row = self.about(offset.y + int(self.scroll_offset.y))
        column = column_at(self._matrix, self._at, offset.x - GUTTER, self.room)
        if row is None or column is None:
            return
        if (row, column) == (self._at.row, self._at.column):
            self.action_explain()
        else:
            self._go(At(row, column, self._at.first))

    def on_focus(self) -> None:
        """Mark the cell at hand."""
        self._draw()

    def on_blur(self) -> None:
        """Mark none."""
        self._draw()

    def on_resize(self) -> None:
        """As many columns as there is room for."""
        super().on_resize()
        self._draw()

    def _go(self, at: At) -> None:
        self._at = at
        self._draw()
        self._reveal()

    def _draw(self) -> None:
        if self._matrix is None:
            return
        self._at = self._at.in_sight(self._matrix, self.room)
        cell = self._at.cell(self._matrix)
        if self._open and cell is not None:
            self.show(explanation_lines(self._matrix, cell))
        else:
            self._open = False
            self.show(matrix_lines(self._matrix, self._at, self.room, focused=self.has_focus))
        said = pointed(self._matrix, self._at) if self.has_focus and not self._open else ""
        if said != self._said:
            self._said = said
            self.post_message(self.Pointed(said))

    def _reveal(self) -> None:
        """Scroll so that the row at hand is in sight, and with the first row what stands above it."""
        if self._open or self._at.row == 0:
            self.to_top()
        else:
            self.reveal_about(self._at.row)
