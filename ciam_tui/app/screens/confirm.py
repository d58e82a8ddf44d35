"""A question before something that matters. Cancel has the focus, so that a held Enter does nothing.

What destroys wants its name typed, beside the account and the principal that it would be done with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Static

from ciam_tui.app.literal import joined, lines, literal
from ciam_tui.app.screens.dialog import Dialog
from ciam_tui.app.widgets.answer_input import AnswerInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ciam_tui.core.facts import Identity


class ConfirmScreen(Dialog[bool]):
    """Answers True only when `verb` was pressed, which with a `token` wants the token typed first."""

    ABOUT: ClassVar = "confirm"
    BINDINGS: ClassVar = [Binding("escape", "refuse", "Cancel", show=False)]

    def __init__(
        self,
        title: str,
        text: Sequence[str],
        verb: str,
        *,
        token: str | None = None,
        identity: Identity | None = None,
        circleci: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._paragraphs = tuple(text)
        self._verb = verb
        self._token = token
        self._identity = identity
        self._circleci = circleci  # the organization in which something would be changed too

    def compose(self) -> ComposeResult:
        """What would happen, with which account, and the two answers."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = literal(self._title)
            with VerticalScroll(classes="told"):  # however much there is to say, both answers stay in sight
                yield Static(lines(*(literal(paragraph, keep_newlines=True) for paragraph in self._paragraphs)))
            if self._identity is not None:
                alias = f" ({self._identity.alias})" if self._identity.alias else ""
                yield Static(
                    lines(
                        joined(literal("account    ", "$muted"), literal(f"{self._identity.account_id}{alias}")),
                        joined(literal("principal  ", "$muted"), literal(self._identity.arn)),
                        *([joined(literal("CircleCI   ", "$muted"), literal(self._circleci))] if self._circleci else []),
                    ),
                    classes="paragraph",
                )
            if self._token is not None:
                yield Static(joined(literal("Type "), literal(self._token, "bold"), literal(" to go on:")))
                yield AnswerInput(id="token")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                verb = Button(literal(self._verb), id="confirm", compact=True, disabled=self._token is not None)
                # Reached by Tab or the mouse alone; the focus begins on Cancel, or in the token's input.
                yield verb

    def on_mount(self) -> None:
        """Focus what does nothing."""
        self.query_one("#token" if self._token is not None else "#cancel").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """The button can be pressed once the token is typed."""
        self.query_one("#confirm", Button).disabled = event.value != self._token

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the input goes to Cancel: confirming is a press of its own."""
        event.stop()
        self.query_one("#cancel").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        self.dismiss(event.button.id == "confirm")

    def action_refuse(self) -> None:
        """Esc is Cancel."""
        self.dismiss(result=False)
