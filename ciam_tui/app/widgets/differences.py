"""What is wanted and what is there, side by side: on this a person decides whether the tool may take a resource over."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ciam_tui.app.literal import literal
from ciam_tui.app.plan_lines import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.style import Style as RichStyle

    from ciam_tui.core.plan import Conflict

MIDDLE = " │ "
_TONES = {"+": "differences--wanted", "-": "differences--there", "~": "differences--changed"}


class DifferencesView(ScrollView, can_focus=True):
    """Conflicts one below the other, each with its fields in two columns."""

    COMPONENT_CLASSES: ClassVar = {
        "differences--heading",
        "differences--remark",
        "differences--same",
        "differences--quiet",
        *_TONES.values(),
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._conflicts: tuple[Conflict, ...] = ()
        self._rows: list[tuple[str, str, str]] = []
        self._width = 0

    def show(self, conflicts: Sequence[Conflict]) -> None:
        """Show `conflicts`, from the top."""
        self._conflicts = tuple(conflicts)
        self._lay_out()
        self.scroll_to(y=0, animate=False)

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """What is drawn: a sign, the left half, the right half. A sign of `#` is a heading, of `.` a remark, each over the whole width."""
        return self._rows

    def on_resize(self) -> None:
        """Wrap again where the width changed."""
        if self.size.width != self._width:
            self._lay_out()

    def _lay_out(self) -> None:
        self._width = self.size.width
        self._rows = list(self._laid_out(self._half))
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()

    @property
    def _half(self) -> int:
        return max(8, (self._width - len(MIDDLE) - 2 - self.styles.scrollbar_size_vertical) // 2)

    def _laid_out(self, width: int) -> Iterable[tuple[str, str, str]]:
        for conflict in self._conflicts:
            yield ("#", conflict.subject, "")
            for text in wrap(literal(conflict.reason).plain, max(8, self._width - 4)):
                yield (".", text, "")
            for difference in conflict.differences:
                yield (".", "", "")
                field = difference.field.replace("_", " ")
                yield ("#", f"{field} · wanted", f"{field} · there")
                for sign, wanted, there in side_by_side(difference.expected, difference.actual):
                    yield from _row(sign, wanted, there, width)
            yield (".", "", "")

    def render_line(self, y: int) -> Strip:
        """One row of two halves, or one over the whole width."""
        width = self.size.width
        place = y + int(self.scroll_offset.y)
        if place >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        sign, left, right = self._rows[place]
        if sign in ("#", ".") and not right:
            style = self._style("differences--heading" if sign == "#" else "differences--remark")
            return Strip([Segment(f"  {left}", style)]).adjust_cell_length(width, style)
        drawn = self._style(_TONES.get(sign, "differences--heading" if sign == "#" else "differences--same"))
        quiet = self._style("differences--quiet")
        mark = sign if sign in _TONES else " "
        pieces = [Segment(f"{mark} ", drawn), Segment(_padded(left, self._half), drawn), Segment(MIDDLE, quiet), Segment(right, drawn)]
        return Strip(pieces).adjust_cell_length(width, quiet)

    def _style(self, name: str) -> RichStyle:
        return self.get_component_rich_style(name)


def _row(sign: str, wanted: str, there: str, width: int) -> Iterable[tuple[str, str, str]]:
    lefts, rights = _wrapped(wanted, width), _wrapped(there, width)
    for number in range(max(len(lefts), len(rights))):
        yield (sign, lefts[number] if number < len(lefts) else "", rights[number] if number < len(rights) else "")


def _wrapped(text: str, width: int) -> list[str]:
    """`text` as it is spelled, over lines of at most `width` cells; what continues a line is indented further than the line."""
    spelled = literal(text).plain
    indent = min(len(spelled) - len(spelled.lstrip()) + 2, width // 2)
    lines: list[str] = []
    line, used = "", 0
    for char in spelled:
        cells = cell_len(char)
        if used + cells > width:
            lines.append(line)
            line, used = " " * indent, indent
        line, used = line + char, used + cells
    return [*lines, line]


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_len(text))
