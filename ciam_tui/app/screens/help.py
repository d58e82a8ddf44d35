"""Help for what has the focus, and every key, from the one table of intents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from ciam_tui.app.intents import INTENTS
from ciam_tui.app.literal import lines, literal
from ciam_tui.core.asking.help_texts import help_for

if TYPE_CHECKING:
    from textual.app import ComposeResult

# Keys that belong to a list or a field, and are no intents.
_MORE = (
    ("space", "tick, or pick without going on"),
    ("tab, shift+tab", "the next or the previous field"),
    ("right, left", "in the list of folders: open, one level up"),
    ("+, −", "in the list of stages: add, remove"),
)


class HelpScreen(ModalScreen[None]):
    """Closed by Esc, Enter, or the key that opened it."""

    BINDINGS: ClassVar = [Binding("escape,enter,f1,ctrl+g,q", "dismiss", "Close", show=False)]

    def __init__(self, path: str) -> None:
        super().__init__()
        self._text = help_for(path)

    def compose(self) -> ComposeResult:
        """The text, then the keys."""
        rows = [(intent.keys_shown, intent.help or intent.tooltip) for intent in INTENTS]
        with VerticalScroll(classes="dialog", id="help") as dialog:
            dialog.border_title = literal(self._text.title)
            dialog.border_subtitle = "esc closes"
            yield Static(lines(literal(self._text.guide), literal(self._text.long, "$muted")), classes="paragraph")
            for keys, meaning in (*rows, *_MORE):
                with Horizontal(classes="keys"):
                    yield Static(literal(keys), classes="key")
                    yield Static(literal(meaning), classes="meaning")
