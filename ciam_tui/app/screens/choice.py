"""Two small questions: which of a few, and which file. Esc answers neither; nothing happens by an answer alone that is not asked again or harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from ciam_tui.app.literal import literal
from ciam_tui.app.screens.dialog import Dialog
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.picker import Picker, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult


class ChoiceScreen(Dialog[str | None]):
    """Answers with the key of the row that was picked, None where none was."""

    ABOUT: ClassVar = "choice"
    BINDINGS: ClassVar = [Binding("escape", "close", "Close", show=False), Binding("enter", "pick", "Pick", show=False)]

    def __init__(self, title: str, rows: Iterable[Row], about: str = "") -> None:
        super().__init__()
        self._title = title
        self._about = about
        self._rows = tuple(rows)
        self._list = Picker(id="choices", empty="There is nothing to choose.")

    def compose(self) -> ComposeResult:
        """The rows."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = literal(self._title)
            dialog.border_subtitle = "enter picks · esc closes"
            if self._about:
                yield Static(literal(self._about, "$muted"), classes="paragraph")
            yield self._list

    def on_mount(self) -> None:
        """Ready to pick."""
        self._list.show(self._rows)
        self._list.focus()

    def action_pick(self) -> None:
        """Enter."""
        row = self._list.highlighted
        if row is not None:
            self.dismiss(row.key)

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click, or Space."""
        event.stop()
        self.dismiss(event.row.key)

    def action_close(self) -> None:
        """Esc: the filter first, where there is one."""
        if self._list.is_filtering:
            self._list.clear_filter()
        else:
            self.dismiss(None)


class PathScreen(Dialog[str | None]):
    """Answers with the path that was typed, None where none was."""

    ABOUT: ClassVar = "path"
    BINDINGS: ClassVar = [Binding("escape", "close", "Close", show=False)]

    def __init__(self, title: str, question: str, placeholder: str) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """The question, and where the path is typed."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = literal(self._title)
            dialog.border_subtitle = "enter goes on · esc closes"
            yield Static(literal(self._question), classes="paragraph")
            yield AnswerInput(placeholder=self._placeholder, id="token")

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter; an empty path is none yet."""
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())

    def action_close(self) -> None:
        """Esc."""
        self.dismiss(None)
