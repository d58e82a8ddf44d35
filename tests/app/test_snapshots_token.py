"""How the token test looks, at both sizes that are promised; drawn anew and looked at like the wizard's other screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.app import CiamApp
from ciam_tui.app.previewing import View
from ciam_tui.app.screens.token import TokenScreen
from tests.app.driving import NARROW, WIDE, app_of, settled, shows
from tests.app.fakes import signed_in
from tests.app.test_token_screen import DEPLOY_ON_MAIN, listed, pasted, token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    Drive = Callable[[Pilot[None]], Awaitable[None]]
    Compare = Callable[..., bool]


async def _who(pilot: Pilot[None]) -> None:
    await _of(pilot, stage=0)


async def _deploy(pilot: Pilot[None]) -> None:
    await _of(pilot, stage=2)


async def _of(pilot: Pilot[None], *, stage: int) -> None:
    app = app_of(pilot)
    app.push_screen(TokenScreen(app.session, DEPLOY_ON_MAIN, View(stage=stage)))
    await listed(pilot)


async def _why(pilot: Pilot[None]) -> None:
    await _deploy(pilot)
    await pilot.press("down", "enter")
    await shows(pilot, "✗ refused")


async def _given(pilot: Pilot[None]) -> None:
    await _deploy(pilot)
    await pasted(pilot, token("refs/heads/dev"))
    await pasted(pilot, "hello")
    await shows(pilot, "✗ There is no")


SCREENS: dict[str, Drive] = {
    "who": _who,
    "why": _why,
    "given": _given,
}


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(screen: str, size: tuple[int, int], snap_compare: Compare) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await SCREENS[screen](pilot)
        pilot.app.clear_notifications()
        await settled(pilot)

    assert snap_compare(CiamApp(signed_in()), terminal_size=size, run_before=drive)
