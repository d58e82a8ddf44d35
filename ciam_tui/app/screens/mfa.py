"""The question for an MFA code, inside the screen, since botocore's own would fight it for the terminal."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from ciam_tui.app.literal import literal
from ciam_tui.app.screens.dialog import Dialog
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from textual.app import App, ComposeResult

# Codes change every 30 seconds; somebody who does not answer for this long has left.
ANSWER_SECONDS = 180.0


class MfaScreen(Dialog[str | None]):
    """Answers with the code, None where it was refused."""

    ABOUT: ClassVar = "mfa"
    BINDINGS: ClassVar = [Binding("escape", "refuse", "Cancel", show=False)]

    def __init__(self, prompt: str) -> None:
        super().__init__()
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        """The prompt and an input."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "MFA code"
            dialog.border_subtitle = "enter sends · esc cancels"
            yield Static(literal(self._prompt), classes="paragraph")
            yield AnswerInput(id="token", max_length=12)

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The code, if there is one."""
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())

    def action_refuse(self) -> None:
        """No code."""
        self.dismiss(None)


def asked_for_mfa(app: App[None], prompt: str) -> str:
    """The code that the person typed; called in a worker, and waits there.

    Raises:
        CiamError: nobody answered, or Esc was the answer.
    """
    answered: Future[str | None] = Future()
    app.call_from_thread(app.push_screen, MfaScreen(prompt), answered.set_result)
    try:
        code = answered.result(ANSWER_SECONDS)
    except TimeoutError:
        code = None
    if code is None:
        raise CiamError("mfa-needed", "Not signed in", "the MFA code was not given.", ["Choose the profile again."])
    return code
