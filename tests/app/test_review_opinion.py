"""AWS's second opinion in Review: it comes after the plan, says what differs, and keeps nobody from applying."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Outcome, compile_policy, evaluate
from ciam_tui.core.opinions import NotChecked, SimulatedDecision
from ciam_tui.core.problems import CiamError
from tests.app.driving import NARROW, WIDE, app_of, running, screen_text, shows
from tests.app.memory_account import MemoryAws, example_draft, memory_session
from tests.app.test_review import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request

SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])


@dataclass
class Simulating(MemoryAws):
    """The simulator says what our evaluator says, but denies `stubborn`; `held` holds it up."""

    stubborn: str = ""
    held: Event | None = None

    def simulated(
        self, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...] | NotChecked:
        if self.held is not None:
            self.held.wait(180)
        try:
            self._read("simulated")
        except CiamError as error:
            return NotChecked.because(error)
        identity = [compile_policy(parse_policy(document.text)) for _, document in policies]
        return tuple(
            SimulatedDecision(each, Outcome.IMPLICIT_DENY if each.action == self.stubborn else evaluate(each, identity).outcome)
            for each in requests
        )


async def reviewed(pilot: Pilot[None]) -> ReviewScreen:
    """Review with its plan."""
    screen = ReviewScreen(app_of(pilot).session, example_draft())
    app_of(pilot).push_screen(screen)
    await shows(pilot, lambda: screen.plan is not None)
    return screen


def said(screen: ReviewScreen) -> str:
    return "\n".join(text_of(line) for line in screen._pane._concerns._lines)


@SIZES
async def test_the_plan_comes_first_and_nothing_waits_for_the_opinion(size: tuple[int, int]) -> None:
    aws = Simulating(held=Event())
    async with running(memory_session(aws), size) as pilot:
        screen = await reviewed(pilot)
        assert "AWS is still being asked" in said(screen)
        await pilot.press("ctrl+a")
        await shows(pilot, "Apply this plan?")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("escape")
        assert aws.held is not None
        aws.held.set()
        await shows(pilot, lambda: "IAM's simulator agrees on" in said(screen))
        assert "still being asked" not in said(screen)
        assert "differs" not in said(screen)


async def test_where_the_simulator_differs_both_reasons_are_in_the_findings_and_in_the_question() -> None:
    async with running(memory_session(Simulating(stubborn="s3:DeleteObject"))) as pilot:
        screen = await reviewed(pilot)
        await shows(pilot, lambda: "✗ differs  deploy: s3:DeleteObject on arn:aws:s3:::acme-builds/releases/example.txt" in said(screen))
        assert "allowed here, by" in said(screen)
        assert "by the simulator, no statement matched" in said(screen)
        assert said(screen).count("✗ differs") == 1
        await pilot.press("ctrl+a")
        await shows(pilot, "AWS's second opinion differs from ours:")


async def test_what_may_not_be_asked_is_said_once_and_not_once_a_role() -> None:
    aws = Simulating()
    for name in ("validated", "simulated"):
        aws.refusals[name] = CiamError("access-denied", "Cannot ask AWS", "AWS denied it.")
    async with running(memory_session(aws)) as pilot:
        screen = await reviewed(pilot)
        await shows(pilot, lambda: "not checked  Access Analyzer and IAM's simulator: Cannot ask AWS" in said(screen))
        assert said(screen).count("AWS denied it.") == 1
        assert aws.reads.count("validated") == aws.reads.count("simulated") == 1


async def test_an_answer_about_an_earlier_plan_comes_too_late() -> None:
    aws = Simulating(stubborn="s3:DeleteObject", held=Event())
    async with running(memory_session(aws)) as pilot:
        screen = await reviewed(pilot)
        held, aws.held, aws.stubborn = aws.held, None, ""
        await pilot.press("ctrl+r")
        await shows(pilot, lambda: screen.plan is not None and "IAM's simulator agrees on" in said(screen))
        aws.stubborn = "s3:DeleteObject"
        assert held is not None
        held.set()
        await pilot.pause(0.1)
        assert "differs" not in said(screen)


async def test_who_leaves_waits_for_nothing() -> None:
    aws = Simulating(held=Event())
    async with running(memory_session(aws)) as pilot:
        await reviewed(pilot)
        await pilot.press("escape")
        await shows(pilot, "New set-up")
        assert aws.held is not None
        aws.held.set()
        await pilot.pause(0.1)
        assert "Plan" not in screen_text(pilot).splitlines()[2]
