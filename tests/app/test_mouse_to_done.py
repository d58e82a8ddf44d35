"""Whoever has only a mouse comes from Review to Done and back, and meets the same questions on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types

from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.done import DoneScreen
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.app.screens.runs import RunsScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.screens.undo import UndoScreen
from tests.app.driving import NARROW, WIDE, app_of, running, screen_text, shows
from tests.app.fakes import ACCOUNT_ID, FakeClipboard
from tests.app.memory_account import EMPTY_ACCOUNT, Gate, MemoryAws, example_draft, memory_session

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ciam_tui.app.session import Session


async def click_on(pilot: Pilot[None], text: str) -> None:
    """Click where `text` stands on the screen, the last time that it does: buttons and hints stand at the bottom."""
    await shows(pilot, text)
    rows = screen_text(pilot).split("\n")
    row = max(place for place, line in enumerate(rows) if text in line)
    await pilot.click(offset=(rows[row].rindex(text) + len(text) // 2, row))
    await pilot.pause()


async def reviews(pilot: Pilot[None]) -> None:
    """Open Review on the example."""
    app = app_of(pilot)
    app.push_screen(ReviewScreen(app.session, example_draft()))
    await shows(pilot, "8 steps")


def copied(session: Session) -> str:
    assert isinstance(session.clipboard, FakeClipboard)
    return session.clipboard.text


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
async def test_the_mouse_alone_leads_from_the_plan_to_the_copied_snippet_and_to_the_start(size: tuple[int, int]) -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    async with running(session, size) as pilot:
        await reviews(pilot)
        await click_on(pilot, "3  Create role")
        await shows(pilot, "3 of 8 · Create the role circleci-web-test")
        await click_on(pilot, "Findings 7")
        await shows(pilot, "Findings of level error")
        await click_on(pilot, "[Apply …]")
        await shows(pilot, "Apply this plan?")
        await click_on(pilot, "Cancel")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        assert aws.sent == []
        await click_on(pilot, "ctrl+a Apply")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.click("#confirm")
        await shows(pilot, "Verified:")
        assert len(aws.facts.roles) == 3
        await click_on(pilot, "y Copy")
        await shows(pilot, lambda: "jobs" in (yaml.safe_load(copied(session)) or {}))
        await click_on(pilot, "circleci-web-deploy")
        await click_on(pilot, "y Copy")
        await shows(pilot, lambda: copied(session) == f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/circleci-web-deploy")
        await click_on(pilot, "esc Start")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))


async def test_the_mouse_alone_stops_a_run_and_goes_on_with_it() -> None:
    gate = Gate(2)
    aws = MemoryAws(before_send=gate)
    async with running(memory_session(aws)) as pilot:
        await reviews(pilot)
        await click_on(pilot, "[Apply …]")
        await pilot.click("#confirm")
        await shows(pilot, gate.reached.is_set)
        await click_on(pilot, "[Stop]")
        await shows(pilot, "stopping after the call that is under way")
        gate.opened.set()
        await shows(pilot, "Stopped between two steps")
        assert "[Stop]" not in screen_text(pilot)
        assert len(aws.sent) == 3
        await click_on(pilot, "ctrl+a Go on")
        await shows(pilot, "Go on with this run?")
        await click_on(pilot, "Cancel")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ApplyScreen))
        assert len(aws.sent) == 3
        await click_on(pilot, "ctrl+a Go on")
        await shows(pilot, "Go on with this run?")
        await pilot.click("#confirm")
        await shows(pilot, "Verified:")
    assert len(aws.sent) == 7


async def test_the_mouse_finds_a_run_again_but_only_a_typed_account_takes_it_back() -> None:
    aws = MemoryAws()
    async with running(memory_session(aws)) as pilot:
        await reviews(pilot)
        await click_on(pilot, "[Apply …]")
        await pilot.click("#confirm")
        await shows(pilot, "Verified:")
        await click_on(pilot, "f7")
        await shows(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
        await click_on(pilot, "acme-builds")
        await click_on(pilot, "ctrl+u Take back")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await click_on(pilot, "[Take back …]")
        await shows(pilot, "Take this run back?")
        for _ in range(3):
            await pilot.click("#confirm")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert len(aws.sent) == 7
        await pilot.click("#token")
        await pilot.press(*ACCOUNT_ID)
        await pilot.click("#confirm")
        await shows(pilot, "took back")
        assert isinstance(pilot.app.screen, DoneScreen)
    assert aws.facts == EMPTY_ACCOUNT
