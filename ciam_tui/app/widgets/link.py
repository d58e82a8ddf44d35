"""A word to click, for what has a key in a list: never focused, so that a held Enter cannot press it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.literal import literal

if TYPE_CHECKING:
    from textual import events


class Link(Static, can_focus=False):
    """`action` is what its reader is told was wanted."""

    class Followed(Message):
        """It was clicked."""

        def __init__(self, link: Link) -> None:
            super().__init__()
            self.link = link

    def __init__(self, text: str, action: str) -> None:
        super().__init__(literal(f"[{text}]"), classes="link")
        self.action = action

    def on_click(self, event: events.Click) -> None:
        """Follow it."""
        event.stop()
        self.post_message(self.Followed(self))
