"""The access matrix as lines to draw: a stair of places over narrow columns, a row an operation, and the cell at hand in brackets.

Pure functions from a matrix to lines, so that what a person is shown can be tested without a screen. Glyphs carry the verdict, brackets the
cursor, and colours repeat both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from ciam_tui.core.access_matrix import Cell, Matrix

COLUMN = 3  # a glyph, and a bracket on either side of it
# So much of the last place's name is seen beside its column, before the columns further right are left out.
_LEAST_NAME = 6


@dataclass(frozen=True, slots=True)
class At:
    """The cell at hand, and the first column that is drawn where not all have room."""

    row: int = 0
    column: int = 0
    first: int = 0

    def moved(self, matrix: Matrix, *, down: int = 0, right: int = 0) -> At:
        """The cell beside it, or at the edge the same."""
        return At(
            min(max(self.row + down, 0), len(matrix.operations) - 1),
            min(max(self.column + right, 0), len(matrix.places) - 1),
            self.first,
        )

    def in_sight(self, matrix: Matrix, width: int) -> At:
        """The same cell, with the columns drawn that it is among."""
        room = columns_in(matrix, width)
        first = min(self.first, max(0, len(matrix.places) - room))
        first = self.column if self.column < first else max(first, self.column - room + 1)
        return At(self.row, self.column, first)

    def cell(self, matrix: Matrix) -> Cell | None:
        """The cell itself."""
        return matrix.rows[self.row][self.column]


def label_width(matrix: Matrix) -> int:
    """The width of the operations' names and the space after them."""
    return max(len(operation.title) for operation in matrix.operations) + 1


def columns_in(matrix: Matrix, width: int) -> int:
    """How many columns are drawn in `width` characters: at least one."""
    room = width - label_width(matrix)
    if room >= len(matrix.places) * COLUMN:
        return len(matrix.places)
    return max(1, (room - _LEAST_NAME) // COLUMN)


def column_at(matrix: Matrix, at: At, x: int, width: int) -> int | None:
    """The column drawn at `x`, None beside the columns."""
    column = at.first + (x - label_width(matrix)) // COLUMN
    last = min(len(matrix.places), at.first + columns_in(matrix, width))
    return column if at.first <= column < last else None


def matrix_lines(matrix: Matrix, at: At, width: int, *, focused: bool) -> list[Line]:
    """The matrix in `width` characters; lines of rows carry the row's number. The cell at hand is marked where the view is `focused`."""
    from ciam_tui.core.access_words import LEGEND, advice, alarm, header, headline, phrase

    lines = [Line(((f"✗ {phrase(cell)}: {alarm(cell)}", Ink.ERROR),), indent=2) for cell in matrix.unexpected]
    last = min(len(matrix.places), at.first + columns_in(matrix, width))
    titles = [shown(place.title) for place in matrix.places[at.first : last]]
    for number, text in enumerate(header(titles, label_width(matrix), width), start=at.first):
        lines.append(Line(((text, Ink.HEADING if focused and number == at.column else Ink.PUNCTUATION),)))
    lines.extend(_row(matrix, number, at, last, focused=focused) for number in range(len(matrix.operations)))
    hidden = len(matrix.places) - (last - at.first)
    if hidden:
        lines.append(Line(((f"  {hidden} more to the {'right' if last < len(matrix.places) else 'left'}", Ink.NOTE),)))
    lines.append(Line(()))
    if focused and (cell := at.cell(matrix)) is not None:
        lines.append(Line(((headline(cell), Ink.PROSE),), indent=2))
        lines.extend(Line(((each, Ink.NOTE),), indent=2) for each in advice(matrix, cell))
        lines.append(Line((("enter explains it", Ink.NOTE),)))
    else:
        lines.append(Line(((LEGEND, Ink.NOTE),)))
    lines.extend(Line(((each, Ink.NOTE),), indent=2) for each in matrix.limits)
    return lines


def pointed(matrix: Matrix, at: At) -> str:
    """The cell at hand in one line: the answer, or why there is none."""
    from ciam_tui.core.access_words import headline

    cell = at.cell(matrix)
    if cell is not None:
        return headline(cell)
    return f"{matrix.operations[at.row].title}: not asked of {matrix.places[at.column].name}"


def _row(matrix: Matrix, number: int, at: At, last: int, *, focused: bool) -> Line:
    title = matrix.operations[number].title.ljust(label_width(matrix))
    here = focused and number == at.row
    row = matrix.rows[number]
    cells = (_piece(row[column], at_hand=here and column == at.column) for column in range(at.first, last))
    return Line(((title, Ink.HEADING if here else Ink.KEY), *cells), about=number)


def _piece(cell: Cell | None, *, at_hand: bool) -> tuple[str, Ink]:
    from ciam_tui.core.access_matrix import Verdict
    from ciam_tui.core.access_words import glyph

    sign = glyph(cell)
    text = f"[{sign.replace(' ', ']')}" if at_hand else f" {sign}"
    if cell is None:
        return text, Ink.CURSOR if at_hand else Ink.PUNCTUATION
    if not cell.as_expected:
        return text, Ink.ERROR
    if at_hand:
        return text, Ink.CURSOR
    return text, {Verdict.ALLOWED: Ink.ALLOWED, Verdict.DENIED: Ink.DENIED, Verdict.PARTLY: Ink.WARNING}[cell.verdict]


def explanation_lines(matrix: Matrix, cell: Cell) -> list[Line]:
    """Why a cell is as it is."""
    from ciam_tui.core.access_words import Saying, explain

    look = {
        Saying.VERDICT: ("", Ink.HEADING),
        Saying.ALARM: ("✗ ", Ink.ERROR),
        Saying.REQUEST: ("", Ink.KEY),
        Saying.DECIDED: ("  ", Ink.PROSE),
        Saying.REASON: ("    ", Ink.NOTE),
        Saying.ADVICE: ("→ ", Ink.PROSE),
    }
    lines = []
    for said in explain(matrix, cell):
        before, ink = look[said.kind]
        if said.kind is Saying.ADVICE or (said.kind is Saying.REQUEST and not said.text.startswith(" ")):
            lines.append(Line(()))
        lines.append(Line(((before + said.text, ink),), indent=len(before) + 2))
    return [*lines, Line(()), Line((("esc closes", Ink.NOTE),))]


def as_text(lines: list[Line]) -> str:
    """`lines` without their ink, for the clipboard."""
    return "\n".join("".join(text for text, _ in line.pieces).rstrip() for line in lines)
