"""A field for a secret that is pasted: hidden, whole however many lines it came in, and copied out of it by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.field import Field

if TYPE_CHECKING:
    from textual import events

LONGEST = 40_000  # characters of a paste that are kept: twice the longest token that STS takes


class SecretInput(AnswerInput):
    """Shows a dot for each character."""

    def __init__(self, *, placeholder: str = "") -> None:
        super().__init__(placeholder=placeholder)
        self.password = True

    def _on_paste(self, event: events.Paste) -> None:
        """Take all lines: a terminal, or a mail, wraps what is long. Textual would take the first."""
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(" ".join(event.text[:LONGEST].splitlines()))

    def action_copy(self) -> None:
        """Keep it hidden."""

    def action_cut(self) -> None:
        """Keep it hidden; the keys that delete still do."""


class SecretField(Field):
    """The same with its label."""

    def __init__(self, path: str, label: str, *, placeholder: str = "", about: str = "") -> None:
        super().__init__(path, label, about=about)
        self.input = SecretInput(placeholder=placeholder)

    def taken(self) -> str:
        """What stands in it, which is gone from it then."""
        text = self.take()
        self._shown = ""  # nobody typed that it is empty now
        self.input.clear()
        return text
