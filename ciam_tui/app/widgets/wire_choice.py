"""Whether CircleCI is wired too, as a line with its box and its key; never focused, so that a held Enter cannot tick it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import Static

from ciam_tui.app.intents import BY_WANT, Want
from ciam_tui.app.literal import joined, literal

if TYPE_CHECKING:
    from textual import events


class WireChoice(Static, can_focus=False):
    """Shows whether it is ticked, and what that means."""

    class Toggled(Message):
        """It was clicked."""

    def show(self, about: str, *, is_ticked: bool) -> None:
        """Show it so."""
        box = literal("[x] wire CircleCI too" if is_ticked else "[ ] wire CircleCI too", "bold" if is_ticked else "")
        key = literal(f"  {BY_WANT[Want.WIRE].key_shown}", "$accent bold")
        self.update(joined(box, key, literal(f"  {about}", "$muted")))

    def on_click(self, event: events.Click) -> None:
        """Tick it, or take the tick away."""
        event.stop()
        self.post_message(self.Toggled())
