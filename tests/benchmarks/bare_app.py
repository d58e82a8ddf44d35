"""The least that a Textual app can be with a given number of widgets: what of a time or a size is Textual's own, and no doing of ours.

It has one Input, and one Static that shows what stands in the Input as the end of a pattern. `bare_app.py 24` has 24 widgets in all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from textual.app import App
from textual.containers import Vertical
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult

FIRST_FRAME = "as many widgets"
_OWN_WIDGETS = 4  # the container, the Input, the echo, and the text of the first frame


class BareApp(App[None]):
    """A column of texts under an Input."""

    def __init__(self, widgets: int) -> None:
        super().__init__()
        self._texts = widgets - _OWN_WIDGETS
        self._echo = Static("", id="echo")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Input("builds/", select_on_focus=False)
            yield self._echo
            yield Static(FIRST_FRAME)
            for number in range(self._texts):
                yield Static(f"text {number}")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._echo.update(f'"{event.value}*"')


if __name__ == "__main__":
    BareApp(int(sys.argv[1])).run()
