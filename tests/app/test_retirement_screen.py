"""The board of a retirement: what it shows and asks, that nothing is done by Enter, and that each stage goes forth and back by its own key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.jobs import finished
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.choice import ChoiceScreen, PathScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.help import HelpScreen
from ciam_tui.app.screens.migrate import MigrateScreen
from ciam_tui.app.screens.retirement import RetirementScreen
from ciam_tui.app.screens.stage import StageScreen
from ciam_tui.app.screens.stage_export import HandOffScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.screens.wizard import WizardScreen
from ciam_tui.app.session import Mode, Session
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.document import Document
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.setup import to_json
from ciam_tui.ports.aws import FixedAccess
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.circleci.sources import Access
from ciam_tui.ports.clock import SystemClock
from ciam_tui.ports.disk import DiskDrafts, DiskJournals, StateDir
from ciam_tui.ports.migrations import DiskMigrations
from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.launch import start_sandbox
from tests.app.driving import NARROW, WIDE, held, messages, running, screen_text, shows, types
from tests.app.fakes import FakeClipboard
from tests.app.migrate_world import a_world, session_of
from tests.app.test_end_to_end import demo_draft
from tests.retiring_world import DAY, SETUP, USER, World

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
DENIES_OTHERS = Document(
    json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OnlyThem",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": ["arn:aws:s3:::acme-builds", "arn:aws:s3:::acme-builds/*"],
                    "Condition": {"StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::123456789012:user/{USER}"}},
                }
            ],
        }
    )
)


async def board(pilot: Pilot[None], session: Session) -> RetirementScreen:
    """The board, after its first look."""
    screen = RetirementScreen(session, USER)
    await pilot.app.push_screen(screen)
    await looked(pilot, screen)
    return screen


async def looked(pilot: Pilot[None], screen: RetirementScreen) -> None:
    await shows(pilot, lambda: pilot.app.screen is screen and not screen.reads and screen.query_one("#stages", Picker).rows)


def up_to(stage: Stage | None, world: World | None = None) -> tuple[World, Session]:
    """A retirement under way, all done up to `stage`."""
    world = world or a_world()
    migration = world.begun()
    if stage is not None:
        world.goes_up_to(migration, stage)
    return world, session_of(world)


async def carried_out(pilot: Pilot[None], token: str = "") -> None:
    """From the stage's plan through its question to its verified end, and back on the board."""
    await shows(pilot, lambda: isinstance(pilot.app.screen, StageScreen) and pilot.app.screen.plan is not None)
    await pilot.press("ctrl+a")
    await shows(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await types(pilot, token)
    await pilot.press(*["tab"] * (2 if token else 1), "enter")
    await shows(pilot, lambda: isinstance(pilot.app.screen, ApplyScreen))
    await shows(pilot, "✓ Verified. esc goes back to the retirement.")
    await pilot.press("escape")
    await shows(pilot, lambda: isinstance(pilot.app.screen, RetirementScreen) and not pilot.app.screen.reads)


@SIZES
async def test_it_shows_all_stages_and_that_none_was_begun(size: tuple[int, int]) -> None:
    session = session_of(a_world())
    async with running(session, size) as pilot:
        await board(pilot, session)
        text = screen_text(pilot)
        assert all(f"{number} " in text for number in range(1, 9))
        assert text.count("not begun") == 8
        await pilot.press("ctrl+a")
        assert "No retirement of this user was begun" in messages(pilot)


async def test_a_setup_is_chosen_from_a_file_and_begins_it_without_changing_anything(tmp_path: Path) -> None:
    world = a_world()
    session = session_of(world)
    file = tmp_path / "setup.json"
    file.write_text(to_json(SETUP))
    before = world.shows()
    async with running(session) as pilot:
        await board(pilot, session)
        await pilot.press("ctrl+d", "down", "enter")
        await shows(pilot, "a Setup file by its path")
        await pilot.press("enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, PathScreen))
        await types(pilot, str(file))
        await pilot.press("enter")
        await shows(pilot, "(chosen: acme-builds)")
        await pilot.press("ctrl+d", "enter")
        await shows(pilot, "Begin this retirement?")
        await pilot.press("tab", "enter")
        await shows(pilot, "● ready")
        assert world.shows() == before
        assert len(world.migrations.lines) == 1


async def test_a_file_that_is_no_setup_is_told(tmp_path: Path) -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        screen = await board(pilot, session)
        screen._file_named(str(tmp_path / "none.json"))
        await shows(pilot, "cannot be read")


async def test_the_proposal_opens_in_the_wizard_once_somebody_says_so() -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        screen = await board(pilot, session)
        await pilot.press("ctrl+d", "enter")
        await shows(pilot, "Open the proposal in the wizard?")
        await pilot.press("enter")
        assert pilot.app.screen is screen
        await pilot.press("ctrl+d", "enter")
        await shows(pilot, "Open the proposal in the wizard?")
        await pilot.press("tab", "enter")
        await shows(pilot, "New set-up")


@SIZES
async def test_the_next_stage_is_shown_asked_done_and_taken_back(size: tuple[int, int]) -> None:
    world, session = up_to(None)
    before = world.account.facts
    async with running(session, size) as pilot:
        await board(pilot, session)
        await pilot.press("ctrl+a")
        await carried_out(pilot)
        assert world.account.facts.roles
        assert "✓ done" in screen_text(pilot)
        await pilot.press("ctrl+u")
        await carried_out(pilot, USER)
        assert world.account.facts.roles == before.roles


async def test_making_the_key_inactive_wants_the_name_and_one_key_takes_it_back() -> None:
    world, session = up_to(Stage.VARIABLES)
    async with running(session) as pilot:
        await board(pilot, session)
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StageScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a")
        await shows(pilot, f"Type {USER} to go on")
        assert "123456789012" in screen_text(pilot)
        assert "user/dana.operator" in screen_text(pilot)
        await pilot.press("escape", "escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, RetirementScreen) and not pilot.app.screen.reads)
        await pilot.press("ctrl+a")
        await carried_out(pilot, USER)
        assert set(world.statuses.values()) == {"Inactive"}
        await pilot.press("ctrl+u")
        await carried_out(pilot)
        assert set(world.statuses.values()) == {"Active"}


@pytest.mark.parametrize("last", [None, Stage.ROLE_IN_USE, Stage.VARIABLES, Stage.QUIET], ids=str)
async def test_enter_that_is_held_changes_nothing_wherever_it_is_held(last: Stage | None) -> None:
    world, session = up_to(last)
    async with running(session) as pilot:
        screen = await board(pilot, session)
        before, lines = world.shows(), json.dumps(world.migrations.lines)
        for opening in ((), ("ctrl+d",), ("ctrl+a",), ("ctrl+a", "ctrl+a")):
            for key in opening:
                await pilot.press(key)
                await shows(pilot, lambda: not screen.reads and getattr(pilot.app.screen, "outcome", True) is not None)
            await held(pilot, "enter", 50)
            await shows(pilot, lambda: not screen.reads)
            while pilot.app.screen is not screen:
                await pilot.press("escape")
            await looked(pilot, screen)
        assert world.shows() == before
        assert json.dumps(world.migrations.lines) == lines


async def test_a_mashed_escape_leaves_to_the_start_and_changes_nothing() -> None:
    world, session = up_to(Stage.VARIABLES)
    async with running(session) as pilot:
        screen = await board(pilot, session)
        before = world.shows()
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: not screen.reads)
        for _ in range(12):
            await pilot.press("escape")
        assert isinstance(pilot.app.screen, StartScreen)
        assert world.shows() == before


async def test_what_stands_in_the_way_is_shown_with_the_statement_to_add_and_copied() -> None:
    world = a_world()
    bucket = world.account.facts.bucket
    assert bucket is not None
    world.account.facts = replace(world.account.facts, bucket=replace(bucket, policy=DENIES_OTHERS))
    world, session = up_to(Stage.ROLE_IN_USE, world)
    async with running(session) as pilot:
        await board(pilot, session)
        await shows(pilot, "✗ blocked")
        await pilot.press("f4", "f4")
        await shows(pilot, "the statement to add")
        await pilot.press("y")
        await shows(pilot, lambda: "Copied" in messages(pilot))
        clipboard = session.clipboard
        assert isinstance(clipboard, FakeClipboard)
        assert json.loads(clipboard.text)["Effect"] == "Deny"
        await pilot.press("ctrl+d")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("enter")
        await shows(pilot, "Go on in spite of this?")
        await pilot.press("tab", "enter")
        await shows(pilot, "✓ accepted:")
        await shows(pilot, "● ready")


async def test_the_calendar_says_what_waits_until_when_and_the_demo_that_it_waits_in_earnest() -> None:
    world, _ = up_to(Stage.DEACTIVATE)
    session = session_of(world, Mode.DEMO)
    async with running(session) as pilot:
        await board(pilot, session)
        await pilot.press("f4")
        await shows(pilot, "6 quiet")
        assert f"{world.clock.time + 14 * DAY:%Y-%m-%d}" in screen_text(pilot)
        await shows(pilot, "waits its days in earnest")


async def test_keeping_the_key_turns_the_order_of_the_stages_round() -> None:
    _, session = up_to(Stage.VARIABLES)
    async with running(session) as pilot:
        screen = await board(pilot, session)
        await pilot.press("ctrl+d", "enter")
        await shows(pilot, "Keep the key active?")
        await pilot.press("tab", "enter")
        await looked(pilot, screen)
        await shows(pilot, lambda: screen_text(pilot).index("6 Quiet") < screen_text(pilot).index("5 Key inactive"))


async def test_the_next_stage_is_handed_off_as_files_and_waits_for_whoever_runs_them(tmp_path: Path) -> None:
    world, session = up_to(Stage.VARIABLES)
    async with running(session) as pilot:
        screen = await board(pilot, session)
        await pilot.press("ctrl+s")
        await shows(pilot, lambda: isinstance(pilot.app.screen, HandOffScreen))
        await pilot.press("end", *["backspace"] * 12)
        await types(pilot, str(tmp_path / "handed"))
        await pilot.press("enter")
        await looked(pilot, screen)
        await shows(pilot, "Handed off on")
        names = {path.name for path in (tmp_path / "handed").iterdir()}
        assert {"stage-5-deactivate.sh", "stage-5-deactivate.policy.json", "stage-5-deactivate.md"} <= names
        assert set(world.statuses.values()) == {"Active"}


async def test_read_only_looks_and_answers_everything_else_with_its_reason() -> None:
    world, _ = up_to(Stage.VARIABLES)
    session = session_of(world, Mode.READ_ONLY)
    before = json.dumps(world.migrations.lines)
    async with running(session) as pilot:
        screen = await board(pilot, session)
        await pilot.press("ctrl+a")
        assert "READ ONLY" in messages(pilot)
        await pilot.press("ctrl+u")
        assert pilot.app.screen is screen
        pilot.app.clear_notifications()
        await pilot.press("ctrl+d", "enter")
        await shows(pilot, lambda: "READ ONLY" in messages(pilot))
        assert json.dumps(world.migrations.lines) == before


async def test_a_retirement_that_another_process_is_at_is_shown_all_the_same() -> None:
    world, session = up_to(Stage.WIRING)
    world.migrations.locked = True
    async with running(session) as pilot:
        await board(pilot, session)
        await shows(pilot, "Not seen in use")


async def test_f1_says_what_a_retirement_is() -> None:
    session = session_of(a_world())
    async with running(session) as pilot:
        await board(pilot, session)
        await pilot.press("f1")
        assert isinstance(pilot.app.screen, HelpScreen)
        await shows(pilot, "eight stages")


@pytest.mark.long
async def test_on_the_demos_account_from_the_list_to_the_first_stage(tmp_path: Path) -> None:
    """A real account and a real CircleCI: list, user, proposal, a finished Setup, the roles."""
    with start_sandbox() as sandbox:
        access = FixedAccess(sandbox.url, account.OPERATOR_ACCESS_KEY_ID, account.OPERATOR_SECRET_ACCESS_KEY, account.REGION)
        state = StateDir.of(tmp_path)
        session = Session(Mode.DEMO, DiskDrafts(state), DiskJournals(state), FakeClipboard(), SystemClock(), lambda: access)
        session.region, session.migrations = account.REGION, DiskMigrations(state)
        session.open_circleci = lambda _: HttpCircleCi(Access(sandbox.circleci_url, Secret(sandbox.circleci_token), "the demo"))
        session.become(*session.sign_in(None, account.REGION), profile=None, region=account.REGION)
        async with running(session) as pilot:
            await pilot.app.push_screen(MigrateScreen(session))
            await shows(pilot, "by statement 4 of s3_full_access_devops_builds")
            await pilot.press("enter")
            await shows(pilot, "No retirement of this user was begun")
            await pilot.press("ctrl+d", "enter")
            await shows(pilot, "Open the proposal in the wizard?")
            await pilot.press("tab", "enter")
            await shows(pilot, lambda: isinstance(pilot.app.screen, WizardScreen))
            pilot.app.pop_screen()
            session.chosen_setups[account.LEGACY_USER_NAME] = finished(demo_draft())
            await pilot.press("ctrl+r")
            await shows(pilot, "(chosen: builds.acme.example)")
            await pilot.press("ctrl+d", "enter")
            await shows(pilot, "Begin this retirement?")
            await pilot.press("tab", "enter")
            await shows(pilot, "● ready")
            await pilot.press("ctrl+a")
            await carried_out(pilot)
            await shows(pilot, "The account has every role as the Setup wants it.")
        session.close_circleci()
