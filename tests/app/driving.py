"""How tests drive the app: run it on fakes, wait for what is shown rather than for time, read the screen as text."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from textual import events
from textual.keys import _character_to_key
from textual.widgets._toast import Toast

from ciam_tui.app.app import CiamApp
from ciam_tui.app.screens.wizard import WizardScreen
from ciam_tui.app.steps.base import StepBody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot
    from textual.screen import Screen

    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.steps import StepId

WIDE = (120, 36)
NARROW = (80, 24)
PATIENCE_SECONDS = 180.0  # a busy machine takes its time; only what never comes fails by it


@asynccontextmanager
async def running(
    session: Session, size: tuple[int, int] = WIDE, *, first: Callable[[], Screen[Any]] | None = None
) -> AsyncIterator[Pilot[None]]:
    """The app on `session`; nothing may have failed in it unnoticed. `first` makes the screen that it opens with, instead of the start."""
    app = CiamApp(session)
    if first is not None:
        app.get_default_screen = first  # type: ignore[method-assign]  # a test that is about one screen need not draw two
    async with app.run_test(size=size) as pilot:
        yield pilot
    assert app.failure is None, app.failure


@asynccontextmanager
async def answering(session: Session, draft: Draft, at: StepId, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app with the wizard open at step `at`, and nothing below it."""
    async with running(session, size, first=lambda: WizardScreen(session, draft, at)) as pilot:
        await shows(pilot, lambda: at_step(pilot, at))
        yield pilot


async def answering_now(pilot: Pilot[None], draft: Draft, at: StepId) -> None:
    """Open the wizard at step `at`."""
    app_of(pilot).open_wizard(draft, at)
    await shows(pilot, lambda: at_step(pilot, at))


def app_of(pilot: Pilot[None]) -> CiamApp:
    """The app that `pilot` drives."""
    app = pilot.app
    assert isinstance(app, CiamApp)
    return app


def wizard(pilot: Pilot[None]) -> WizardScreen:
    """The wizard, which may lie under a dialog."""
    return next(screen for screen in reversed(pilot.app.screen_stack) if isinstance(screen, WizardScreen))


def at_step(pilot: Pilot[None], step_id: str) -> bool:
    """Whether the wizard is at step `step_id`, drawn and ready for keys."""
    screen = pilot.app.screen
    return isinstance(screen, WizardScreen) and screen.at == step_id and screen.focused is not None and bool(screen.query(StepBody))


def screen_text(pilot: Pilot[None]) -> str:
    """What is on the screen, line by line."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def messages(pilot: Pilot[None]) -> str:
    """All notifications that are shown."""
    return "\n".join(note.message for note in pilot.app._notifications)


async def shows(pilot: Pilot[None], condition: Callable[[], Any] | str) -> None:
    """Wait until `condition` holds, or until the screen shows the text."""

    def holds() -> Any:
        return condition in screen_text(pilot) if isinstance(condition, str) else condition()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, (
            f"never came: {condition if isinstance(condition, str) else 'the condition'}\n{screen_text(pilot)}"
        )
        await pilot.pause(0.02)
    await pilot.pause()


async def settled(pilot: Pilot[None]) -> None:
    """Wait until nothing moves, no toast is left, and the screen stays as it is: for a picture of it."""
    before = None
    while (now := screen_text(pilot)) != before:
        before = now
        await pilot.wait_for_scheduled_animations()
        await shows(pilot, lambda: not pilot.app.screen.query(Toast))


async def held(pilot: Pilot[None], key: str, times: int) -> None:
    """A key that repeats faster than the app answers."""
    for _ in range(times):
        pilot.app.post_message(events.Key(key, None))
    await pilot.pause()
    await pilot.pause()


async def types(pilot: Pilot[None], text: str) -> None:
    """Type `text` as fast as a paste."""
    for char in text:
        pilot.app.post_message(events.Key(_character_to_key(char), char))
    await pilot.pause()
    await pilot.pause()
