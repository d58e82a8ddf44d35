"""The steps at the side: which are done, which is at hand, and what is left to answer. A click goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from ciam_tui.app.literal import lines, literal
from ciam_tui.core.steps import STEPS, StepId, StepState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.content import Content

_GLYPH: Mapping[StepState, str] = {"open": "·", "wrong": "!", "done": "✓"}
_STYLE: Mapping[StepState, str] = {"open": "$muted", "wrong": "$warning", "done": "$success"}


def _glyph(step_id: StepId, state: StepState) -> str:
    # Review is done when it has been applied, which this rail never sees: nothing in its way is not a tick.
    return _GLYPH["open" if step_id == "review" else state]


def progress_glyphs(states: Mapping[StepId, StepState], at: StepId) -> str:
    """One character a step, for a terminal that has no room for the rail."""
    return "".join("▸" if step.id == at else _glyph(step.id, states[step.id]) for step in STEPS)


class Rail(Widget, can_focus=False):
    """One line a step."""

    class Chosen(Message):
        """A step was clicked."""

        def __init__(self, step_id: StepId) -> None:
            super().__init__()
            self.step_id = step_id

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._states: Mapping[StepId, StepState] = {}
        self._at: StepId = "account"

    def show(self, states: Mapping[StepId, StepState], at: StepId) -> None:
        """Show how far each step is, and which is at hand."""
        if (states, at) != (self._states, self._at):
            self._states, self._at = states, at
            self.refresh()

    def render(self) -> Content:
        """Glyph, number, title."""
        return lines(*(self._line(step.id, f"{step.number} {step.title}") for step in STEPS))

    def _line(self, step_id: StepId, title: str) -> Content:
        state = self._states.get(step_id, "open")
        if step_id == self._at:
            return literal(f"▸ {title}", "bold $accent")
        return literal(f"{_glyph(step_id, state)} {title}", _STYLE["open" if step_id == "review" else state])

    def on_click(self, event: events.Click) -> None:
        """Go to the step that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= offset.y < len(STEPS):
            self.post_message(self.Chosen(STEPS[offset.y].id))
