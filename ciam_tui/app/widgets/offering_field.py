"""A field for a list that knows likely entries and offers them: one key or a click takes one, and nothing is taken by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.literal import literal
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.field import Field
from ciam_tui.core.asking.entries import completed, with_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events


class OfferingInput(AnswerInput):
    """At its end, where an entry is begun or none yet, the right arrow completes it."""

    offered: Sequence[str] = ()

    def action_cursor_right(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - as Textual declares it
        """Take what is offered, else move the cursor."""
        text = completed(self.value, self.offered) if self.cursor_at_end and not select else None
        if text is None:
            super().action_cursor_right(select)
        else:
            self.take(text)

    def take(self, text: str) -> None:
        """Have `text`, as if it had been typed."""
        self.value = text
        self.cursor_position = len(text)


class OfferingField(Field):
    """The line under it says what is offered, until there is a problem to tell."""

    def __init__(self, path: str, label: str, *, placeholder: str = "") -> None:
        super().__init__(path, label, placeholder=placeholder)
        self.input: OfferingInput = OfferingInput(placeholder=placeholder)

    def offer(self, entries: Sequence[str], why: str) -> None:
        """Offer `entries`; `why` says what the first of them is."""
        self.input.offered = tuple(entries)
        key = ", then right:" if self.input.value.strip() else "right takes"
        about = f"{key} {entries[0]} ({why})" if entries else ""
        if about != self.about:
            self.about = about
            if not self.has_problem:
                self._note.update(literal(about, "$muted"), layout=False)

    def on_click(self, event: events.Click) -> None:
        """A click on what is offered takes it."""
        if event.widget is self._note and self.input.offered and not self.has_problem:
            event.stop()
            self.input.take(with_entry(self.input.value, self.input.offered[0]))
            self.input.focus()
