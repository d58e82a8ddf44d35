"""Which text is about what has the focus: the answer that it takes, else the part of the screen that it is, else the screen itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.widgets.field import Labelled
from ciam_tui.core.asking.help_texts import TEXTS

if TYPE_CHECKING:
    from textual.widget import Widget


def path_of(focused: Widget | None, screen: str = "") -> str:
    """The key of the text about `focused`, on the screen that the text `screen` is about."""
    for widget in focused.ancestors_with_self if focused is not None else ():
        if isinstance(widget, Labelled):
            return widget.path
        if widget.id in TEXTS:
            return widget.id
        named = next((name for name in widget.classes if name in TEXTS), None)
        if named is not None:
            return named
    return screen
