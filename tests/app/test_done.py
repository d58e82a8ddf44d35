from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types

from ciam_tui.app.jobs import review
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.done import VERIFIED, DoneScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.app.session import Mode
from tests.app.driving import NARROW, WIDE, app_of, held, messages, running, screen_text, shows, types
from tests.app.fakes import ACCOUNT_ID, FakeClipboard
from tests.app.memory_account import EMPTY_ACCOUNT, MemoryAws, MemoryJournals, example_draft, memory_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session


def applied(session: Session, *, entries: int | None = None) -> str:
    """The id of a run of the example that was carried out, or cut off after a number of entries."""
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    for number, _ in enumerate(job.begin(lambda: False), start=1):
        if number == entries:
            break
    return job.run_id


@asynccontextmanager
async def done(session: Session, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app on Done, after a run."""
    run_id = applied(session)
    async with running(session, size) as pilot:
        app_of(pilot).push_screen(DoneScreen(session, run_id))
        await shows(pilot, "Verified:")
        yield pilot


def copied(session: Session) -> str:
    assert isinstance(session.clipboard, FakeClipboard)
    return session.clipboard.text


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_done_shows_the_roles_the_verification_and_how_it_is_taken_back(size: tuple[int, int]) -> None:
    session = memory_session()
    async with done(session, size) as pilot:
        text = screen_text(pilot)
        for stage in ("build", "test", "deploy"):
            assert f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/circleci-web-{stage}" in text
        assert VERIFIED in text
        assert f"ciam-tui undo {session.journals.run_ids()[0]}" in text
        assert "take-role:" in text


async def test_a_run_that_nobody_verified_is_not_called_verified() -> None:
    session = memory_session()
    run_id = applied(session, entries=17)
    async with running(session) as pilot:
        app_of(pilot).push_screen(DoneScreen(session, run_id))
        await shows(pilot, "Not verified: the run is")
        assert VERIFIED not in screen_text(pilot)


async def test_the_snippet_is_copied_whole() -> None:
    session = memory_session()
    async with done(session) as pilot:
        await pilot.press("y")
        await shows(pilot, lambda: copied(session))
    assert set(yaml.safe_load(copied(session))["jobs"]) == {"build", "test", "deploy"}


async def test_a_role_is_copied_as_its_arn() -> None:
    session = memory_session()
    async with done(session) as pilot:
        await pilot.press("shift+tab", "down", "y")
        await shows(pilot, lambda: copied(session))
    assert copied(session) == f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/circleci-web-test"


async def test_enter_held_on_done_does_nothing() -> None:
    aws = MemoryAws()
    async with done(memory_session(aws)) as pilot:
        made = aws.facts
        await held(pilot, "enter", 50)
        assert isinstance(pilot.app.screen, DoneScreen)
    assert aws.facts == made


async def test_back_leads_to_the_start() -> None:
    async with done(memory_session()) as pilot:
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_undo_shows_what_goes_wants_the_account_typed_and_leaves_the_account_as_it_was(size: tuple[int, int]) -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    async with done(session, size) as pilot:
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        text = " ".join(screen_text(pilot).replace("│", " ").split())
        assert "has no recorded use; made anew it would have another RoleId" in text
        assert "7 of them remove something" in text
        await pilot.press("ctrl+u")
        await shows(pilot, "Take this run back?")
        text = screen_text(pilot)
        assert f"{ACCOUNT_ID} (acme-prod)" in text
        assert "user/dana.operator" in text
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert pilot.app.screen.query_one("#confirm").region.bottom <= size[1]
        await held(pilot, "enter", 50)
        assert len(aws.sent) == 7
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen))
        await pilot.press("ctrl+u")
        await types(pilot, ACCOUNT_ID)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, "took back")
        assert VERIFIED in screen_text(pilot)
        assert "refused from now on" in screen_text(pilot)
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: "apply the set-up anew" in messages(pilot))
    assert aws.facts == EMPTY_ACCOUNT


async def test_a_wrong_account_number_takes_nothing_back() -> None:
    aws = MemoryAws()
    async with done(memory_session(aws)) as pilot:
        made = aws.facts
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a")
        await types(pilot, "123456789013")
        await pilot.press("tab", "tab", "enter")
        await held(pilot, "enter", 10)
    assert aws.facts == made


async def test_what_somebody_changed_since_keeps_the_run_from_being_taken_back() -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    async with done(session) as pilot:
        role = aws.facts.roles["circleci-web-build"]
        aws.facts = replace(aws.facts, roles={**aws.facts.roles, "circleci-web-build": replace(role, tags=())})
        await pilot.press("ctrl+u")
        await shows(pilot, "Changed since the run")
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "cannot be applied" in messages(pilot))
        assert isinstance(pilot.app.screen, UndoScreen)


async def test_read_only_shows_how_it_would_be_taken_back_and_does_not() -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    async with done(session) as pilot:
        session.mode = Mode.READ_ONLY
        await pilot.press("ctrl+u")
        await shows(pilot, "Delete OIDC provider")
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "READ ONLY" in messages(pilot))
    assert len(aws.sent) == 7


async def test_a_journal_that_is_gone_is_told() -> None:
    session = memory_session(journals=MemoryJournals({"gone": []}))
    async with running(session) as pilot:
        app_of(pilot).push_screen(DoneScreen(session, "gone"))
        await shows(pilot, "The journal cannot be read")
