from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.jobs import review, undo_review, unfinished_run
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.done import DoneScreen
from ciam_tui.app.screens.runs import RunsScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.app.session import Mode
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from tests.app.driving import NARROW, WIDE, app_of, held, messages, running, screen_text, shows
from tests.app.fakes import OTHER_IDENTITY, FakeClipboard
from tests.app.memory_account import EMPTY_ACCOUNT, MemoryAws, MemoryJournals, example_draft, memory_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session
    from ciam_tui.core.changes.calls import Call

BEGAN_CREATE_ROLE = 4  # the entries of a run up to and with the beginning of its second step


def run_of(session: Session, *, entries: int | None = None) -> str:
    """The id of a run of the example, killed after so many of its entries."""
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    for number, _ in enumerate(job.begin(lambda: False), start=1):
        if number == entries:
            break
    session.clock.sleep(60)
    return job.run_id


def undone(session: Session, run_id: str) -> str:
    job = undo_review(session, run_id, lambda _: None).job()
    list(job.begin(lambda: False))
    session.clock.sleep(60)
    return job.run_id


@asynccontextmanager
async def listing(session: Session, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app on the list of runs."""
    async with running(session, size) as pilot:
        app_of(pilot).push_screen(RunsScreen(session))
        await shows(pilot, lambda: bool(screen(pilot)._list.rows) or "Nothing has been applied" in screen_text(pilot))
        yield pilot


def screen(pilot: Pilot[None]) -> RunsScreen:
    found = next(each for each in pilot.app.screen_stack if isinstance(each, RunsScreen))
    assert isinstance(found, RunsScreen)
    return found


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_runs_are_listed_newest_first_with_what_became_of_them(size: tuple[int, int]) -> None:
    session = memory_session()
    first = run_of(session)
    second = undone(session, first)
    third = run_of(session, entries=BEGAN_CREATE_ROLE)
    async with listing(session, size) as pilot:
        rows = {row.key: row.cells[1] for row in screen(pilot)._list.rows}
        assert list(rows) == [third, second, first]
        assert rows == {third: "unfinished", second: "verified", first: "undone"}
        await shows(pilot, "unknown  Create the role circleci-web-build")
        await pilot.press("down", "down")
        await shows(pilot, f"undone by {second}")
        assert "circleci-web-build, circleci-web-test, circleci-web-deploy" in screen_text(pilot)


async def test_a_tiny_terminal_breaks_neither_the_list_nor_what_a_run_made() -> None:
    session = memory_session()
    run_of(session)
    async with listing(session, (60, 20)) as pilot:
        await pilot.press("enter")
        await shows(pilot, "Verified:")
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a")
        await shows(pilot, "Type 123456789012")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_names_of_a_run_are_drawn_as_they_are_spelled(size: tuple[int, int]) -> None:
    hostile = "[x] [/oops] [b \x1b[2J\u202e"
    aws = MemoryAws(facts=replace(EMPTY_ACCOUNT, identity=replace(EMPTY_ACCOUNT.identity, arn=hostile, alias=hostile)))

    def refuse(call: Call) -> None:
        raise WriteFailed(WriteOutcome.REFUSED, "x", call.operation, hostile)

    aws.before_send = refuse
    session = memory_session(aws)
    run_of(session)
    async with listing(session, size) as pilot:
        text = ""
        for keys in ((), ("ctrl+a",), ("escape",), ("enter",)):
            await pilot.press(*keys)
            await pilot.pause(0.1)
            text = screen_text(pilot)
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert "Not verified" in text
        await pilot.press("f7")
        await shows(pilot, "failed   [x] [/oops] [b \\x1b[2J\\u202e")


async def test_an_empty_list_says_so() -> None:
    async with listing(memory_session()) as pilot:
        assert "Nothing has been applied from this machine yet." in screen_text(pilot)
        for key, reason in (("enter", "no run to look at"), ("ctrl+a", "no run to go on with"), ("ctrl+u", "no run to take back")):
            await pilot.press(key)
            await shows(pilot, lambda reason=reason: reason in messages(pilot))  # type: ignore[misc] # bound at once


async def test_a_run_that_was_killed_goes_on_after_a_question_and_repeats_nothing() -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    run_of(session, entries=BEGAN_CREATE_ROLE + 4)
    async with listing(session) as pilot:
        await pilot.press("ctrl+a")
        await shows(pilot, "Go on with this run?")
        await held(pilot, "enter", 50)
        await shows(pilot, lambda: isinstance(pilot.app.screen, DoneScreen | RunsScreen))
        assert not any(isinstance(each, ApplyScreen) for each in pilot.app.screen_stack)
    async with listing(session) as pilot:
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, "Verified:")
    assert aws.sent.count("CreateRole") == 3
    assert aws.sent.count("CreateOpenIDConnectProvider") == 1


async def test_a_run_of_another_account_wants_its_own_identity() -> None:
    session = memory_session()
    run_of(session, entries=BEGAN_CREATE_ROLE)
    async with listing(session) as pilot:
        session.identity = OTHER_IDENTITY
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "you are in 210987654321" in messages(pilot))
        session.sign_out()
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "Nobody is signed in" in messages(pilot))
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_read_only_goes_on_with_no_run() -> None:
    session = memory_session(mode=Mode.READ_ONLY)
    run_of(session, entries=BEGAN_CREATE_ROLE)
    async with listing(session) as pilot:
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "READ ONLY" in messages(pilot))


async def test_a_run_is_taken_back_from_the_list() -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    run_of(session)
    async with listing(session) as pilot:
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a", *"123456789012", "tab", "tab", "enter")
        await shows(pilot, "took back")
    assert aws.facts == EMPTY_ACCOUNT


async def test_a_run_whose_outcome_nobody_knows_is_looked_up_before_it_is_taken_back() -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    run_of(session, entries=BEGAN_CREATE_ROLE)
    aws.facts = replace(aws.facts)  # the call under way when the process was killed never arrived
    async with listing(session) as pilot:
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        assert [row.verb for row in pilot.app.screen._table.rows] == ["Delete OIDC provider"]  # type: ignore[attr-defined] # just asked


async def test_what_is_finished_or_taken_back_answers_with_its_reason() -> None:
    session = memory_session()
    undo_id = undone(session, run_of(session))
    async with listing(session) as pilot:
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: "took another one back" in messages(pilot))
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "finished and verified" in messages(pilot))
        await pilot.press("down", "ctrl+a")
        await shows(pilot, lambda: f"undone by {undo_id}" in messages(pilot))
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_enter_looks_at_what_a_run_made_and_y_copies_its_id() -> None:
    session = memory_session()
    run_id = run_of(session)
    async with listing(session) as pilot:
        await pilot.press("y")
        clipboard = session.clipboard
        assert isinstance(clipboard, FakeClipboard)
        await shows(pilot, lambda: clipboard.text == run_id)
        await pilot.press("enter")
        await shows(pilot, "Verified:")


async def test_a_journal_that_cannot_be_read_hides_no_other() -> None:
    journals = MemoryJournals({"20260101-000000-dead": ["{ [/oops] \x1b[2J"]})
    session = memory_session(journals=journals)
    run_of(session)
    async with listing(session) as pilot:
        assert [row.cells[1] for row in screen(pilot)._list.rows] == ["verified", "unreadable"]
        await pilot.press("down")
        await shows(pilot, "no entry of this program")


async def test_the_list_is_reached_from_anywhere_by_its_key_and_from_the_start_by_its_row() -> None:
    session = memory_session()
    run_of(session)
    async with running(session) as pilot:
        await shows(pilot, "New set-up")
        await pilot.press("f7")
        await shows(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
        await pilot.press("escape")
        await shows(pilot, "look at them, or take one back")
        await pilot.press("end", "up", "up", "enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))


# After a crash


async def test_the_start_offers_to_finish_a_run_that_was_killed() -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    run_of(session, entries=BEGAN_CREATE_ROLE)
    async with running(session) as pilot:
        await shows(pilot, "Finish a run")
        assert "1 of 8 steps done" in screen_text(pilot)
        await pilot.press("enter")
        await shows(pilot, "Go on with this run?")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("tab", "enter")
        await shows(pilot, "Verified:")
        await pilot.press("escape")
        await shows(pilot, "Past runs")
        assert "Finish a run" not in screen_text(pilot)
    assert len(aws.facts.roles) == 3


def test_a_run_is_unfinished_at_every_entry_but_the_last() -> None:
    whole = memory_session()
    run_of(whole)
    count = len(next(iter(whole.journals.lines.values())))  # type: ignore[attr-defined] # journals of the tests
    for entries in range(1, count):
        session = memory_session()
        run_id = run_of(session, entries=entries)
        found = unfinished_run(session)
        assert found is not None, entries
        assert found.started.run_id == run_id
    assert unfinished_run(whole) is None


def test_a_run_that_was_taken_back_or_done_anew_is_no_longer_offered() -> None:
    session = memory_session()
    killed = run_of(session, entries=BEGAN_CREATE_ROLE)
    undone(session, killed)
    assert unfinished_run(session) is None
    run_of(session, entries=BEGAN_CREATE_ROLE + 3)
    run_of(session)
    assert unfinished_run(session) is None
