"""The line at the bottom: the keys that matter here, each of which can be clicked too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.widgets import Static

from ciam_tui.app.intents import BY_WANT, Intent, Want
from ciam_tui.app.literal import joined, literal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from textual import events
    from textual.app import ComposeResult


class KeyHint(Static, can_focus=False):
    """One key and what it does; a click does the same."""

    def __init__(self, intent: Intent, word: str, *, narrow: bool) -> None:
        super().__init__(joined(literal(intent.key_shown, "$accent bold"), literal(f" {word}", "$muted")))
        self._want = intent.want
        self.tooltip = literal(f"{intent.tooltip}  ({intent.keys_shown})")
        self.set_class(not narrow, "wide-only")

    async def _on_click(self, event: events.Click) -> None:
        event.stop()
        if self._want is Want.PALETTE:
            self.app.action_command_palette()
        else:
            await self.screen.run_action(f"want('{self._want}')")


class KeyBar(Horizontal):
    """The hints for `wants`; `words` renames some for the screen at hand, and a narrow terminal shows those in `narrow`."""

    def __init__(self, wants: Iterable[Want], words: Mapping[Want, str], narrow: Container[Want]) -> None:
        super().__init__()
        self._hints = [(BY_WANT[want], words.get(want, BY_WANT[want].footer), want in narrow) for want in wants]

    def compose(self) -> ComposeResult:
        """The hints in their order."""
        for intent, word, narrow in self._hints:
            yield KeyHint(intent, word, narrow=narrow)
