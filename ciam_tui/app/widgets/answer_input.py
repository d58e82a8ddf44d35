"""An input that draws nothing but text: a pasted escape sequence, or one in a saved draft, stays a character that can be seen and deleted."""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from ciam_tui.app.literal import drawn_in_place


class AnswerInput(Input):
    """Its value is what was typed or pasted; only the drawing differs, character by character, so that the cursor stays where it is."""

    # How long the text is decides how far it scrolls and nothing else: laying out the whole screen for it costs 20 ms at each key.
    virtual_size = Reactive(Size(0, 0), layout=False)

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None, max_length: int = 0) -> None:  # noqa: A002 - Textual's name
        super().__init__(value, placeholder, id=id, max_length=max_length, compact=True, select_on_focus=False)
        self.cursor_blink = False  # nothing on the screen moves by itself

    @property
    def _value(self) -> Text:
        text = "•" * len(self.value) if self.password else drawn_in_place(self.value)
        return Text(text, no_wrap=True, overflow="ignore", end="")
