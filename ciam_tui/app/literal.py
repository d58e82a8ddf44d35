"""The only door through which text from outside reaches a widget, so that no name is ever read as markup or as a terminal's instruction.

A bucket called `[red]x` or a branch with a bell in it is drawn as it is spelled. Textual's own widgets take `Content`; DataTable and Tree
take rich's `Text`, which is all that `cell` is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content

from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from textual.style import Style


def literal(text: str, style: Style | str = "", *, keep_newlines: bool = False) -> Content:
    """`text` as it is spelled, in `style` (a style or a theme's variable such as `$text-muted`)."""
    return Content.styled(shown(text, keep_newlines=keep_newlines), style)


def cell(text: str, style: str = "") -> Text:
    """`text` as it is spelled, for the widgets that know no `Content`."""
    return Text(shown(text), style=style, no_wrap=True, overflow="ellipsis")


def drawn_in_place(text: str) -> str:
    """`text` with each character that would steer the terminal replaced by one that shows there is something: for inputs, whose cursor counts."""
    return text if text.isprintable() else "".join(char if shown(char) == char else "\ufffd" for char in text)


def lines(*parts: Content | str) -> Content:
    """`parts` one below the other; a part that is a plain string is a literal."""
    return Content("\n").join(part if isinstance(part, Content) else literal(part) for part in parts)


def joined(*parts: Content | str) -> Content:
    """`parts` one after the other; a part that is a plain string is a literal."""
    return Content("").join(part if isinstance(part, Content) else literal(part) for part in parts)
