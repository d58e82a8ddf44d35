"""The audit's screens as pictures, at the sizes that people have; `--snapshot-update` after looking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.app.app import CiamApp
from tests.app.driving import NARROW, WIDE, settled, shows
from tests.app.memory_account import memory_session
from tests.app.test_audit_asking import AWS_SAYS, USE, at_tab, talkative

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ciam_tui.app.session import Session

Drive = Callable[["Pilot[None]"], Awaitable[None]]
Compare = Callable[..., bool]


async def _audit(pilot: Pilot[None]) -> None:
    await shows(pilot, "trusts CircleCI")
    await pilot.press("f10")
    await shows(pilot, "3 roles (1 open, 1 dead, 1 tight)")


async def _findings(pilot: Pilot[None]) -> None:
    await _audit(pilot)
    await pilot.press("f4", "f4", "enter")
    await shows(pilot, "statement 1: no-project")


async def _provider(pilot: Pilot[None]) -> None:
    await _audit(pilot)
    await pilot.press("end")
    await shows(pilot, "Named by")


async def _export(pilot: Pilot[None]) -> None:
    await _audit(pilot)
    await pilot.press("ctrl+s")
    await shows(pilot, "Into which folder?")


async def _aws_says(pilot: Pilot[None]) -> None:
    await at_tab(pilot, AWS_SAYS)
    await shows(pilot, "✗ differs")


async def _use(pilot: Pilot[None]) -> None:
    await at_tab(pilot, USE)
    await shows(pilot, "let in   1 time")


SCREENS: dict[str, Drive] = {
    "audit": _audit,
    "audit-findings": _findings,
    "audit-provider": _provider,
    "audit-export": _export,
    "audit-aws-says": _aws_says,
    "audit-use": _use,
}


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(screen: str, size: tuple[int, int], snap_compare: Compare) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await SCREENS[screen](pilot)
        pilot.app.clear_notifications()
        await settled(pilot)

    session: Session = memory_session(talkative())
    app: Any = CiamApp(session)
    assert snap_compare(app, terminal_size=size, run_before=drive)
    assert app.failure is None
