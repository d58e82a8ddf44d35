"""A row of words to tick, on one line and one stop of the Tab key: `[x] read  [x] write  [ ] delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget

from ciam_tui.app.literal import joined, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from textual import events
    from textual.content import Content


class Choices(Widget, can_focus=True):
    """Ticks any of `options`, or, with `single`, exactly one of them. Arrows move, Space ticks, Enter goes on."""

    BINDINGS: ClassVar = [
        Binding("left", "move(-1)", "Left", show=False),
        Binding("right", "move(1)", "Right", show=False),
        Binding("space", "tick", "Tick", show=False),
    ]

    class Ticked(Message):
        """`chosen` are the ticked words, in the order of the options."""

        def __init__(self, choices: Choices, chosen: tuple[str, ...]) -> None:
            super().__init__()
            self.choices = choices
            self.chosen = chosen

        @property
        def control(self) -> Choices:
            """The widget that was ticked."""
            return self.choices

    def __init__(self, options: Iterable[str], chosen: Iterable[str] = (), *, single: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._options = tuple(options)
        self._chosen = frozenset(chosen)
        self._single = single
        self._cursor = 0
        self._gap = 2 if len(self._options) < 4 else 1

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ticked words, in the order of the options."""
        return tuple(option for option in self._options if option in self._chosen)

    def choose(self, chosen: Collection[str]) -> None:
        """Show `chosen` as ticked; posts nothing."""
        if frozenset(chosen) != self._chosen:
            self._chosen = frozenset(chosen)
            self.refresh()

    def render(self) -> Content:
        """The words with their boxes; the one under the cursor is underlined while the row has the focus."""
        marks = ("(•)", "( )") if self._single else ("[x]", "[ ]")
        parts: list[Content | str] = []
        for index, option in enumerate(self._options):
            mark = marks[0] if option in self._chosen else marks[1]
            at_cursor = self.has_focus and index == self._cursor
            style = "$block-cursor-foreground on $block-cursor-background" if at_cursor else ("" if option in self._chosen else "$muted")
            parts.extend([literal(f"{mark} {option}", style), " " * self._gap])
        return joined(*parts)

    def action_move(self, steps: int) -> None:
        """Move the cursor."""
        self._cursor = max(0, min(len(self._options) - 1, self._cursor + steps))
        if self._single:
            self._set(frozenset({self._options[self._cursor]}))
        self.refresh()

    def action_tick(self) -> None:
        """Tick the word under the cursor, or take its tick away."""
        option = self._options[self._cursor]
        self._set(frozenset({option}) if self._single else self._chosen ^ {option})

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Tick what was clicked."""
        left = 0
        for index, option in enumerate(self._options):
            right = left + 4 + literal(option).cell_length
            if left <= event.get_content_offset_capture(self).x < right:
                self._cursor = index
                self.action_tick()
                return
            left = right + self._gap

    def _set(self, chosen: frozenset[str]) -> None:
        if chosen != self._chosen:
            self._chosen = chosen
            self.refresh()
            self.post_message(self.Ticked(self, self.chosen))
