"""What every dialog has in common: help for what has the focus in it, by the keys that help everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.screen import ModalScreen, ScreenResultType

from ciam_tui.app.helping import path_of
from ciam_tui.app.intents import BY_WANT, Want

if TYPE_CHECKING:
    from textual.binding import BindingType


class Dialog(ModalScreen[ScreenResultType]):
    """A dialog; `ABOUT` is the key of the text about it."""

    ABOUT: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding(",".join(BY_WANT[Want.HELP].keys), "explain", "Help", show=False)]

    def action_explain(self) -> None:
        """About the focused thing, or the dialog."""
        from ciam_tui.app.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(path_of(self.focused, self.ABOUT)))
