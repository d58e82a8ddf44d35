"""The screen of users with keys: whom it lists, what it tells of one, that reading it can be stopped, and that no name does anything."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.screens.help import HelpScreen
from ciam_tui.app.screens.migrate import MigrateScreen
from ciam_tui.app.screens.retirement import RetirementScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.users_lines import UserTab
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown
from tests.app.driving import NARROW, WIDE, held, messages, running, screen_text, shows
from tests.app.migrate_world import HOSTILE, a_person, a_world, session_of
from tests.retiring_world import SETUP, USER

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ciam_tui.app.session import Session

SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
DENIED = CiamError("access-denied", "Cannot list the users", "You may not (iam:GetAccountAuthorizationDetails).", ["Ask for it."])


async def listed(pilot: Pilot[None], session: Session) -> MigrateScreen:
    """The list, read to its end."""
    screen = MigrateScreen(session)
    await pilot.app.push_screen(screen)
    await shows(pilot, lambda: screen.users is not None)
    return screen


@SIZES
async def test_the_riskiest_stands_first_with_its_keys_its_use_and_where_circleci_holds_it(size: tuple[int, int]) -> None:
    session = session_of(a_world(a_person("dana")))
    async with running(session, size) as pilot:
        await listed(pilot, session)
        await shows(pilot, "no sign of a person")
        text = screen_text(pilot)
        assert text.index(USER) < text.index("dana")
        row = next(line for line in text.split("\n") if USER in line)
        assert "active 300 d" in row
        assert "200 d ago" in row
        assert "2 pl" in row
        assert "no use" in next(line for line in text.split("\n") if "dana " in line)


async def test_the_start_screen_offers_it_and_a_key_opens_it() -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        await shows(pilot, "retire the keys of an old user")
        await pilot.press("ctrl+k")
        await shows(pilot, "the riskiest first")
        await pilot.press("f11")
        assert "These are the users with keys" in messages(pilot)
        await shows(pilot, "named by")  # else escape stops that reading first
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))


async def test_every_tab_tells_its_side_of_the_user_and_evidence_that_is_unknown_is_called_so() -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        await listed(pilot, session)
        await shows(pilot, "named by")
        await pilot.press("f4")
        await shows(pilot, "every bucket")
        await pilot.press("f4")
        await shows(pilot, "context aws of acme: AWS_ACCESS_KEY_ID, ends in CLE1")
        await pilot.press("f4")
        await shows(pilot, "is unknown: no source here shows it")
        await pilot.press("f4")
        await shows(pilot, "Nothing to compare with yet")


async def test_with_a_chosen_setup_it_compares_and_says_what_nobody_knows() -> None:
    session = session_of(a_world())
    session.chosen_setups[USER] = SETUP
    async with running(session) as pilot:
        screen = await listed(pilot, session)
        screen._pane.choose(UserTab.COMPARE)
        await shows(pilot, "Dropped though used, and will break: nothing that was seen")
        await shows(pilot, "nobody can say whether it is used")


async def test_without_a_token_circleci_is_told_as_not_asked() -> None:
    session = session_of(a_world(), has_token=False)
    async with running(session) as pilot:
        screen = await listed(pilot, session)
        assert "not asked" in next(line for line in screen_text(pilot).split("\n") if USER in line)
        screen._pane.choose(UserTab.KEYS)
        await shows(pilot, "not asked: there is no token")


async def test_a_circleci_that_does_not_answer_is_told_and_keeps_nobody_from_the_list() -> None:
    world = a_world()
    world.circleci.refuses_reads = True
    session = session_of(world)
    async with running(session) as pilot:
        await listed(pilot, session)
        await shows(pilot, "1 thing could not be read")


async def test_a_refused_read_is_told_with_what_to_do() -> None:
    world = a_world()
    world.account.refusals["users"] = DENIED
    session = session_of(world)
    async with running(session) as pilot:
        await pilot.app.push_screen(MigrateScreen(session))
        await shows(pilot, "Cannot list the users")
        await shows(pilot, "Ask for it.")
        await pilot.press("enter")
        assert "There is nobody to open" in messages(pilot)


async def test_escape_stops_the_reading_and_what_comes_later_is_too_late() -> None:
    world, gate = a_world(), Event()
    session = session_of(world)
    world.account.gate = gate
    async with running(session) as pilot:
        screen = MigrateScreen(session)
        await pilot.app.push_screen(screen)
        await shows(pilot, "esc stops")
        await pilot.press("escape")
        await shows(pilot, "Stopped: the account was not read")
        gate.set()
        await pilot.pause(0.05)
        assert screen.users is None
        await pilot.press("ctrl+r")
        await shows(pilot, lambda: screen.users is not None)


async def test_the_list_is_sorted_by_a_key_and_filtered() -> None:
    session = session_of(a_world(a_person("aaron", days=2000)))
    async with running(session) as pilot:
        screen = await listed(pilot, session)
        picker = screen.query_one("#users", Picker)
        assert [row.key for row in picker.rows] == [USER, "aaron"]
        await pilot.press("o")
        await shows(pilot, "the oldest key first")
        assert [row.key for row in picker.rows] == ["aaron", USER]
        await pilot.press("/", *"upload")
        assert [row.key for row in picker.shown_rows] == [USER]
        await pilot.press("escape")
        assert len(picker.shown_rows) == 2


async def test_the_pane_takes_the_whole_screen_and_gives_it_back() -> None:
    session = session_of(a_world())
    async with running(session, NARROW) as pilot:
        screen = await listed(pilot, session)
        await shows(pilot, "administrator")
        await shows(pilot, lambda: not screen.reads and screen._resting is None)  # else escape stops that reading first
        await pilot.press("f3")
        await shows(pilot, lambda: not screen.query_one("#users").display)
        await pilot.press("escape")
        await shows(pilot, lambda: screen.query_one("#users").display)
        assert pilot.app.screen is screen


@SIZES
async def test_no_name_draws_steers_or_means_anything(size: tuple[int, int]) -> None:
    strange = replace(a_person("x"), name=HOSTILE, tags=((HOSTILE, HOSTILE),), groups=(HOSTILE,))
    session = session_of(a_world(strange))
    async with running(session, size) as pilot:
        screen = await listed(pilot, session)
        screen.query_one("#users", Picker).highlight(HOSTILE)
        await shows(pilot, "console password")
        for _tab in UserTab:
            await pilot.press("f4")
            await shows(pilot, lambda: not screen.reads and screen._resting is None)
            assert chr(27) not in screen_text(pilot)
            assert chr(0x202E) not in screen_text(pilot)
        await pilot.press("enter")
        await shows(pilot, "No retirement of this user was begun")
        assert shown(HOSTILE)[:12] in screen_text(pilot)


async def test_enter_opens_the_user_and_only_once_however_long_it_is_held() -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        await listed(pilot, session)
        await held(pilot, "enter", 50)
        await shows(pilot, "No retirement of this user was begun")
        assert sum(isinstance(screen, RetirementScreen) for screen in pilot.app.screen_stack) == 1
        for _ in range(20):
            await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))


async def test_f1_says_what_is_listed() -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        await listed(pilot, session)
        await pilot.press("f1")
        assert isinstance(pilot.app.screen, HelpScreen)
        await shows(pilot, "riskiest first")
