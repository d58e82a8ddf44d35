"""The app: theme, palette, navigation, and the one funnel for what goes wrong. What is answered and read lives in screens and session."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual._context import active_message_pump
from textual.app import App

from ciam_tui.app.background import DaemonThreads
from ciam_tui.app.keeper import DraftKeeper
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.screens.mfa import asked_for_mfa
from ciam_tui.app.screens.problem import ProblemScreen, internal_failure
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.signals import go_on_with_a_terminal_alone, leave_on_signals
from ciam_tui.app.theme import begin_with
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import SystemCommand
    from textual.screen import Screen

    from ciam_tui.app.screens.wizard import WizardScreen
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.steps import StepId

STYLES = Path(__file__).parent / "styles"


class CiamApp(App[None]):
    """One session on one terminal."""

    TITLE = "ciam-tui"
    CSS_PATH: ClassVar = [STYLES / f"{name}.tcss" for name in ("app", "widgets", "dialogs", "plan", "token", "audit", "migrate")]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.failure: Exception | None = None
        self.kept_a_draft = False
        self.keeper = DraftKeeper(session.drafts, partial(self.call_from_thread, self.tell))
        begin_with(self, session.theme)
        self.stylesheet.set_variables(self.get_css_variables())
        session.ask_mfa = partial(asked_for_mfa, self)

    def on_load(self) -> None:
        """Threads that keep nobody from leaving, and signals that leave as Ctrl+Q does."""
        asyncio.get_running_loop().set_default_executor(DaemonThreads())
        leave_on_signals(self.leave)

    def on_mount(self) -> None:  # the terminal is there by now
        go_on_with_a_terminal_alone()

    def get_default_screen(self) -> Screen[None]:
        """The first screen."""
        return StartScreen(self.session)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: what the table of intents has for it."""
        return screen.commands() if isinstance(screen, WorkScreen) else ()

    async def action_quit(self) -> None:
        """Ctrl+Q, also over a dialog."""
        if all(screen.may_leave() for screen in self.screen_stack if isinstance(screen, WorkScreen)):
            self.leave()

    def leave(self, code: int = 0) -> None:
        """End with the draft saved."""
        self.flush()
        self.exit(return_code=code)

    # The draft

    def keep(self, draft: Draft, at: StepId) -> None:
        """Have the draft saved behind the screen."""
        from ciam_tui.ports.api import SavedDraft

        self.kept_a_draft = True
        self.keeper.keep(SavedDraft(draft, at, self.session.profile, self.session.clock.now()))

    def flush(self) -> bool:
        """Wait until the draft is on the disk."""
        return self.keeper.flush()

    # Navigation

    def open_wizard(self, draft: Draft, at: StepId) -> None:
        """Answer `draft`, beginning at step `at`."""
        from ciam_tui.app.screens.wizard import WizardScreen

        self.push_screen(WizardScreen(self.session, draft, at))

    @property
    def _open_wizard(self) -> WizardScreen | None:
        from ciam_tui.app.screens.wizard import WizardScreen

        return self.screen if isinstance(self.screen, WizardScreen) else None

    def review(self, draft: Draft) -> None:
        """Show what `draft` would do; however often Enter was pressed, once."""
        from ciam_tui.app.screens.review import ReviewScreen

        if self._open_wizard is not None:
            self.push_screen(ReviewScreen(self.session, draft), self._after_review)

    async def _after_review(self, step_id: StepId | None) -> None:
        wizard = self._open_wizard
        if step_id is not None and wizard is not None:
            await wizard.go_to(step_id)

    # What goes wrong

    def tell(self, error: CiamError) -> None:
        """Show what could not be done, and what to do."""
        self.push_screen(ProblemScreen(error))

    def fail(self, error: Exception) -> None:
        """Show what nobody expected; the draft is saved, and one may go on or leave. A second failure leaves."""
        if isinstance(error, CiamError):
            self.tell(error)
            return
        self.flush()
        if self.failure is not None:
            self.exit(return_code=1)
            return
        self.failure = error
        told = internal_failure(error, self.session.drafts.where())
        self.push_screen(ProblemScreen(told, may_leave=True), self._after_failure)

    def _after_failure(self, answer: str | None) -> None:
        if answer == "leave":
            self.exit(return_code=1)
        else:  # the screen that failed may have lost its message loop, so that it stays where it is, under a new beginning from the draft
            self.push_screen(StartScreen(self.session))

    def _handle_exception(self, error: Exception) -> None:
        """Textual's funnel; its own answer would end the app with a traceback that shows every local variable."""
        if self.is_running and self.failure is None and active_message_pump.get(None) is not self:
            self.call_later(self.fail, error)
        else:
            self.failure = self.failure or error
            self.exit(return_code=1)
            self._close_messages_no_wait()
