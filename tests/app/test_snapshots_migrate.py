"""The screens of a migration as pictures, at the sizes that people have; `--snapshot-update` after looking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.app.app import CiamApp
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.migrate import MigrateScreen
from ciam_tui.app.screens.retirement import RetirementScreen
from ciam_tui.app.screens.stage import StageScreen
from ciam_tui.core.retirement.stages import Stage
from tests.app.driving import NARROW, WIDE, shows
from tests.app.migrate_world import a_person, a_world, session_of
from tests.retiring_world import USER

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ciam_tui.app.session import Session

Drive = Callable[["Pilot[None]", "Session"], Awaitable[None]]
Compare = Callable[..., bool]


async def _list(pilot: Pilot[None], session: Session) -> None:
    await pilot.app.push_screen(MigrateScreen(session))
    await shows(pilot, "no sign of a person")


async def _keys(pilot: Pilot[None], session: Session) -> None:
    await _list(pilot, session)
    await pilot.press("f4", "f4")
    await shows(pilot, "context aws of acme")


async def _board(pilot: Pilot[None], session: Session) -> None:
    await pilot.app.push_screen(RetirementScreen(session, USER))
    await shows(pilot, "● ready")


async def _calendar(pilot: Pilot[None], session: Session) -> None:
    await _board(pilot, session)
    await pilot.press("f4")
    await shows(pilot, "+ is the earliest")


async def _decide(pilot: Pilot[None], session: Session) -> None:
    await _board(pilot, session)
    await pilot.press("ctrl+d")
    await shows(pilot, "enter picks")


async def _stage(pilot: Pilot[None], session: Session) -> None:
    await _board(pilot, session)
    await pilot.press("ctrl+a")
    await shows(pilot, lambda: isinstance(pilot.app.screen, StageScreen) and pilot.app.screen.plan is not None)


async def _confirm(pilot: Pilot[None], session: Session) -> None:
    await _stage(pilot, session)
    await pilot.press("ctrl+a")
    await shows(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await shows(pilot, f"Type {USER}")


SCREENS: dict[str, tuple[Drive, Stage | None]] = {
    "users": (_list, None),
    "user-keys": (_keys, None),
    "board": (_board, Stage.VARIABLES),
    "calendar": (_calendar, Stage.VARIABLES),
    "decide": (_decide, Stage.VARIABLES),
    "stage": (_stage, Stage.VARIABLES),
    "confirm": (_confirm, Stage.VARIABLES),
}


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(screen: str, size: tuple[int, int], snap_compare: Compare) -> None:
    drive_there, last = SCREENS[screen]
    world = a_world(a_person("dana"), a_person("nightly-reports-of-the-data-team", status="Inactive", days=1200))
    if last is not None:
        world.goes_up_to(world.begun(), last)
    session = session_of(world)

    async def drive(pilot: Pilot[None]) -> None:
        await drive_there(pilot, session)
        pilot.app.clear_notifications()
        await pilot.pause(0.05)

    app: Any = CiamApp(session)
    assert snap_compare(app, terminal_size=size, run_before=drive)
    assert app.failure is None
