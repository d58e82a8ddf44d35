"""Something could not be done: what, why, and what to do, on a screen of its own rather than as a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from ciam_tui.app.literal import lines, literal
from ciam_tui.app.screens.dialog import Dialog
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from textual.app import ComposeResult


def internal_failure(error: Exception, saved_in: str) -> CiamError:
    """What is told of an exception that nobody expected: its kind alone, since its text may hold anything."""
    return CiamError(
        "internal",
        "Something in ciam-tui failed",
        f"{type(error).__name__}. Your answers are saved in {saved_in}.",
        ["Leave, and begin again with `--debug FILE`, which keeps the details for a report."],
    )


class ProblemScreen(Dialog[str]):
    """Answers with the id of the button that was pressed: `close`, or, where the program itself failed, `leave`."""

    ABOUT: ClassVar = "problem"
    BINDINGS: ClassVar = [Binding("escape", "close", "Close", show=False)]

    def __init__(self, error: CiamError, *, may_leave: bool = False) -> None:
        super().__init__()
        self._error = error
        self._may_leave = may_leave

    def compose(self) -> ComposeResult:
        """Title, sentence, suggestions."""
        with Vertical(classes="dialog problem") as dialog:
            dialog.border_title = literal(f"✗ {self._error.title}")
            yield Static(literal(self._error.message), classes="paragraph")
            yield Static(lines(*(literal(f"· {suggestion}", "$muted") for suggestion in self._error.suggestions)), classes="paragraph")
            with Horizontal(classes="buttons"):
                yield Button("Start over" if self._may_leave else "Close", id="close", compact=True)
                if self._may_leave:
                    yield Button("Leave", id="leave", compact=True)

    def on_mount(self) -> None:
        """Close is what Enter does."""
        self.query_one("#close").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with it."""
        self.dismiss(event.button.id or "close")

    def action_close(self) -> None:
        """Esc closes."""
        self.dismiss("close")
