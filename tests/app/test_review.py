from __future__ import annotations

import json
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.app.plan_lines import step_lines
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.session import Mode
from ciam_tui.core.problems import CiamError
from tests.app.driving import NARROW, WIDE, app_of, held, messages, running, screen_text, shows, types, wizard
from tests.app.fakes import ACCOUNT_ID, FakeClipboard
from tests.app.memory_account import (
    EMPTY_ACCOUNT,
    MemoryAws,
    MemoryJournals,
    example_draft,
    hand_made_role,
    memory_session,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ciam_tui.app.document_lines import Line
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.facts import Role


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line.pieces)


HOSTILE = "[x] [/oops] [b \x1b[2J\u202e \U0001f4a5 " + "n" * 64


@asynccontextmanager
async def reviewing(session: Session, draft: Draft | None = None, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app in Review, with the plan made, and nothing below it."""
    async with running(session, size, first=lambda: ReviewScreen(session, draft or example_draft())) as pilot:
        await shows(pilot, lambda: review(pilot).outcome is not None)
        yield pilot


@asynccontextmanager
async def reviewing_from_the_wizard(
    session: Session, draft: Draft | None = None, size: tuple[int, int] = WIDE
) -> AsyncIterator[Pilot[None]]:
    """The same, opened from the step before it, for what leads back there."""
    async with running(session, size) as pilot:
        app_of(pilot).open_wizard(draft or example_draft(), "circleci")
        await shows(pilot, "5 of 6" if size == WIDE else "5/6")
        app_of(pilot).review(draft or example_draft())
        await shows(pilot, lambda: review(pilot).outcome is not None)
        yield pilot


def review(pilot: Pilot[None]) -> ReviewScreen:
    screen = next(screen for screen in pilot.app.screen_stack if isinstance(screen, ReviewScreen))
    assert isinstance(screen, ReviewScreen)
    return screen


def question(pilot: Pilot[None]) -> ConfirmScreen:
    assert isinstance(pilot.app.screen, ConfirmScreen), screen_text(pilot)
    return pilot.app.screen


def account_with(*roles: Role, **changes: Any) -> MemoryAws:
    return MemoryAws(facts=replace(EMPTY_ACCOUNT, roles={role.name.lower(): role for role in roles}, **changes))


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_plan_is_a_table_of_steps_and_making_it_changes_nothing(size: tuple[int, int]) -> None:
    aws = MemoryAws()
    async with reviewing(memory_session(aws), size=size) as pilot:
        rows = [(row.verb, row.resource, row.state) for row in review(pilot)._table.rows]
        assert rows[1] == ("Create role", "circleci-web-build", "+ new")
        assert rows[4] == ("Wait for IAM", "3 new roles", "· waits")
        assert rows[5] == ("Put inline policy", "s3 on circleci-web-build", "+ new")
        text = screen_text(pilot)
        assert "8 steps · 1 error" in text
        assert "Nothing has been changed yet" in text
        assert "ctrl+a" in text
    assert aws.sent == []
    assert aws.facts == EMPTY_ACCOUNT


async def test_the_step_under_the_cursor_is_shown_with_its_call_and_its_undo() -> None:
    async with reviewing(memory_session()) as pilot:
        await pilot.press("down")
        await shows(pilot, "2 of 8 · Create the role circleci-web-build")
        text = screen_text(pilot)
        assert "iam CreateRole" in text
        assert "MaxSessionDuration: 3600" in text
        await pilot.press("tab", "end")
        await shows(pilot, "Delete the role circleci-web-build.")


async def test_a_document_that_is_replaced_is_shown_as_what_changes_in_it() -> None:
    ours = MemoryAws()
    journals = MemoryJournals()
    session = memory_session(ours, journals)
    async with reviewing(session) as pilot:
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, "Verified")
    async with reviewing(session, example_draft(stages__2__branches=["main", "release"])) as pilot:
        assert [row.verb for row in review(pilot)._table.rows] == ["Replace trust policy"]
        await pilot.press("down")
        await shows(pilot, "PolicyDocument: what changes")
        plan = review(pilot).plan
        assert plan is not None
        signs = {sign: [text_of(line) for line in step_lines(plan, 0) if line.gutter == sign] for sign in "+-"}
        assert any("refs/heads/release" in text for text in signs["+"])
        assert not any("refs/heads/release" in text or '"Version"' in text for text in signs["-"])


async def test_enter_held_in_review_applies_nothing_and_asks_nothing() -> None:
    aws = MemoryAws()
    async with reviewing(memory_session(aws)) as pilot:
        await held(pilot, "enter", 50)
        assert isinstance(pilot.app.screen, ReviewScreen)
    assert aws.sent == []


async def test_enter_held_after_asking_to_apply_cancels_and_applies_nothing() -> None:
    aws = MemoryAws()
    async with reviewing(memory_session(aws)) as pilot:
        await pilot.press("ctrl+a")
        question(pilot)
        await held(pilot, "enter", 50)
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
    assert aws.sent == []


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_question_names_account_principal_steps_and_errors_with_cancel_focused(size: tuple[int, int]) -> None:
    async with reviewing(memory_session(), size=size) as pilot:
        await pilot.press("ctrl+a")
        await pilot.pause()
        dialog = question(pilot)
        assert dialog.focused is not None
        assert dialog.focused.id == "cancel"
        text = " ".join(screen_text(pilot).replace("│", " ").split())
        for said in ("8 steps", f"{ACCOUNT_ID} (acme-prod)", "user/dana.operator", "Findings of level error", "Every job that can take"):
            assert said in text
        assert dialog.query_one("#confirm").region.bottom <= size[1], "both answers are in sight"


async def test_what_aws_says_the_operator_may_not_do_stands_in_the_table_and_in_the_question() -> None:
    aws = MemoryAws(forbidden=frozenset({"iam:PutRolePolicy"}))
    async with reviewing(memory_session(aws)) as pilot:
        assert [row.state for row in review(pilot)._table.rows].count("✗ forbidden") == 3
        await pilot.press("ctrl+a")
        await pilot.pause()
        text = " ".join(screen_text(pilot).replace("│", " ").split())
        assert "AWS says that you may not do this" in text
        assert "Put the inline policy s3 on circleci-web-build" in text


async def test_that_aws_could_not_be_asked_keeps_nobody_from_applying() -> None:
    aws = MemoryAws(refusals={"may_call": CiamError("access-denied", "Refused", "you lack iam:SimulatePrincipalPolicy.")})
    async with reviewing(memory_session(aws)) as pilot:
        await pilot.press("tab", "end")
        await shows(pilot, "you lack iam:SimulatePrincipalPolicy")
        await pilot.press("ctrl+a")
        question(pilot)


async def test_read_only_answers_with_its_reason_and_still_shows_the_plan() -> None:
    aws = MemoryAws()
    async with reviewing(memory_session(aws, mode=Mode.READ_ONLY)) as pilot:
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "READ ONLY" in messages(pilot))
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert len(review(pilot)._table.rows) == 8
    assert aws.sent == []


async def test_an_account_that_is_already_so_has_nothing_to_do() -> None:
    session = memory_session()
    async with reviewing(session) as pilot:
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, "Verified")
    async with reviewing(session) as pilot:
        assert "Nothing to do: the account already is as you want it." in screen_text(pilot)
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "Nothing to do" in messages(pilot))
        assert isinstance(pilot.app.screen, ReviewScreen)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_exists_and_differs_stands_beside_what_is_wanted(size: tuple[int, int]) -> None:
    async with reviewing(memory_session(account_with(hand_made_role())), size=size) as pilot:
        text = screen_text(pilot)
        assert "[Exists already 1]" in text
        assert "trust · wanted" in text
        assert "trust · there" in text
        rows = review(pilot)._pane._exists.rows
        assert "vcs-ref/refs/heads/main" in "".join(wanted.strip() for _, wanted, _ in rows)
        assert "vcs-ref" not in "".join(there.strip() for _, _, there in rows)
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "cannot be applied" in messages(pilot))
        assert "--adopt circleci-web-deploy" in messages(pilot)


async def test_adopting_wants_the_name_typed_and_then_plans_anew() -> None:
    aws = account_with(hand_made_role())
    journals = MemoryJournals()
    async with reviewing(memory_session(aws, journals)) as pilot:
        await pilot.press("ctrl+d")
        dialog = question(pilot)
        await types(pilot, "circleci-web-deplo")
        assert dialog.query_one("#confirm").disabled
        await types(pilot, "y")
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, lambda: review(pilot).plan is not None and not review(pilot).plan.conflicts)  # type: ignore[union-attr] # just asked
        assert {"Replace trust policy", "Tag role"} <= {row.verb for row in review(pilot)._table.rows}
        assert aws.sent == []
        await pilot.press("ctrl+a")
        await shows(pilot, "Adopted: circleci-web-deploy")
        await pilot.press("tab", "enter")
        await shows(pilot, "Verified")
    started = json.loads(next(iter(journals.lines.values()))[0])
    assert started["adopted"] == ["circleci-web-deploy"]


async def test_cancelling_an_adoption_adopts_nothing() -> None:
    async with reviewing(memory_session(account_with(hand_made_role()))) as pilot:
        await pilot.press("ctrl+d")
        await types(pilot, "circleci-web-deploy")
        await held(pilot, "enter", 5)
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        assert review(pilot)._adopted == frozenset()


async def test_a_role_that_others_are_trusted_by_cannot_be_adopted() -> None:
    role = hand_made_role(trusted="arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com")
    async with reviewing(memory_session(account_with(role))) as pilot:
        await pilot.press("ctrl+d")
        await shows(pilot, lambda: "cannot be adopted" in messages(pilot))
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_a_plan_that_takes_something_away_wants_the_account_typed() -> None:
    role = hand_made_role()
    policy = role.trust
    aws = account_with(replace(role, inline=(("everything", policy),)))
    async with reviewing(memory_session(aws)) as pilot:
        await pilot.press("ctrl+d")
        await types(pilot, "circleci-web-deploy")
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, "removes")
        await pilot.press("ctrl+a")
        dialog = question(pilot)
        assert dialog.focused is not None
        assert dialog.focused.id == "token"
        await held(pilot, "enter", 50)
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        assert aws.sent == []
        await pilot.press("ctrl+a")
        await types(pilot, ACCOUNT_ID)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, "Verified")
    assert "DeleteRolePolicy" in aws.sent


async def test_a_problem_that_blocks_is_told_with_its_fix() -> None:
    aws = MemoryAws(facts=replace(EMPTY_ACCOUNT, bucket=None))
    async with reviewing(memory_session(aws)) as pilot:
        assert "There is no bucket acme-builds." in screen_text(pilot)
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "set create to true" in messages(pilot))
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_without_an_account_the_reason_is_shown_and_the_export_still_works() -> None:
    session = memory_session()
    async with reviewing(session) as pilot:
        session.sign_out()
        await pilot.press("f5")
        await shows(pilot, "No AWS account is open")
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "There is no plan" in messages(pilot))
        await pilot.press("ctrl+s")
        await shows(pilot, "Formats and their files")


async def test_reading_can_be_stopped_and_begun_again() -> None:
    aws = MemoryAws()
    async with reviewing(memory_session(aws)) as pilot:
        aws.gate = threading.Event()
        await pilot.press("f5")
        await shows(pilot, "reading · ")
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "still being read" in messages(pilot))
        await pilot.press("escape")
        await shows(pilot, "Stopped")
        aws.gate.set()
        await pilot.press("ctrl+r")
        await shows(pilot, "8 steps")


async def test_what_a_stopped_reading_still_finds_comes_too_late() -> None:
    aws = MemoryAws()
    async with reviewing(memory_session(aws)) as pilot:
        aws.gate = threading.Event()
        await pilot.press("f5")
        await shows(pilot, "reading · ")
        await pilot.press("escape")
        aws.gate.set()
        await pilot.pause(0.2)
        assert "Stopped" in screen_text(pilot)
        assert review(pilot).plan is None


async def test_a_refusal_by_aws_is_shown_with_what_to_do() -> None:
    refusal = CiamError("access-denied", "AWS refused", "you may not read roles.", ["Ask for iam:GetRole."])
    async with reviewing(memory_session(MemoryAws(refusals={"roles": refusal}))) as pilot:
        text = screen_text(pilot)
        assert "AWS refused: you may not read roles." in text
        assert "Ask for iam:GetRole." in text


async def test_back_leads_to_the_wizard_with_the_answers_kept() -> None:
    async with reviewing_from_the_wizard(memory_session()) as pilot:
        await pilot.press("escape")
        await shows(pilot, "5 of 6")
        assert wizard(pilot).draft == example_draft()


async def test_a_click_on_a_step_leads_there() -> None:
    async with reviewing_from_the_wizard(memory_session()) as pilot:
        await pilot.click("#rail", offset=(4, 2))
        await shows(pilot, "2 of 6")


async def test_the_mouse_alone_applies_after_the_question() -> None:
    async with reviewing(memory_session()) as pilot:
        await pilot.click("#verdict-row .link")
        await shows(pilot, "Apply this plan?")
        await pilot.click("#confirm")
        await shows(pilot, "Verified")


async def test_escape_mashed_comes_to_the_start_and_leaves_nothing_running() -> None:
    async with reviewing_from_the_wizard(memory_session()) as pilot:
        await pilot.press("ctrl+a")
        await held(pilot, "escape", 20)
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))
        assert not any(isinstance(screen, ApplyScreen) for screen in pilot.app.screen_stack)


async def test_the_request_of_a_step_is_copied_as_it_is_sent() -> None:
    session = memory_session()
    async with reviewing(session) as pilot:
        await pilot.press("down", "y")
        clipboard = session.clipboard
        assert isinstance(clipboard, FakeClipboard)
        await shows(pilot, lambda: clipboard.text)
        assert json.loads(clipboard.text)["parameters"]["RoleName"] == "circleci-web-build"


@pytest.mark.parametrize("size", [NARROW, WIDE, (60, 20)])
async def test_hostile_text_of_the_account_is_drawn_as_it_is_spelled(size: tuple[int, int]) -> None:
    role = replace(hand_made_role(), description=HOSTILE, boundary=HOSTILE, tags=((HOSTILE[:100], HOSTILE),))
    identity = replace(EMPTY_ACCOUNT.identity, alias=HOSTILE, arn=f"arn:aws:iam::{ACCOUNT_ID}:user/{HOSTILE}")
    aws = account_with(role, identity=identity, unread=(HOSTILE,))
    async with reviewing(memory_session(aws), size=size) as pilot:
        for keys in (("f4",), ("f4",), ("ctrl+d",), ("escape",)):
            await pilot.press(*keys)
            await pilot.pause()
            text = screen_text(pilot)
            assert "\x1b" not in text
            assert "\u202e" not in text
        there = "".join(right.strip() for _, _, right in review(pilot)._pane._exists.rows)
        assert "[x] [/oops] [b" in there
        assert "n" * 10 in there


async def test_the_policies_are_a_key_away() -> None:
    async with reviewing(memory_session()) as pilot:
        await pilot.press("f3")
        await shows(pilot, "circleci-web-build")
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
