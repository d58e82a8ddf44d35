"""How the wizard's screens look, at both sizes that are promised. `pytest --snapshot-update` draws them anew; look at what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.app import CiamApp
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.mfa import MfaScreen
from ciam_tui.app.screens.preview import PreviewScreen
from ciam_tui.app.session import Mode
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import SavedDraft
from tests.app.driving import NARROW, WIDE, answering_now, settled, shows, types, wizard
from tests.app.fakes import IDENTITY, NOW, WITH_PROJECTS, FakeDrafts, fake_session, signed_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session

    Drive = Callable[[Pilot[None]], Awaitable[None]]
    Compare = Callable[..., bool]


async def _start(pilot: Pilot[None]) -> None:
    await shows(pilot, "Go on")
    await shows(pilot, "signed in as")


async def _account(pilot: Pilot[None]) -> None:
    await answering_now(pilot, WITH_PROJECTS, "account")
    await shows(pilot, "SSO")


async def _bucket(pilot: Pilot[None]) -> None:
    await answering_now(pilot, WITH_PROJECTS, "bucket")
    await shows(pilot, "acme-artifacts")


async def _prefix(pilot: Pilot[None]) -> None:
    await answering_now(pilot, WITH_PROJECTS, "prefix")
    await shows(pilot, "releases/")


async def _stages(pilot: Pilot[None]) -> None:
    await answering_now(pilot, WITH_PROJECTS, "stages")
    await pilot.press("down", "down", "space")
    await types(pilot, "-x")
    await shows(pilot, lambda: wizard(pilot).draft.stages[2].name == "deploy-x")


async def _wrong(pilot: Pilot[None]) -> None:
    await answering_now(pilot, WITH_PROJECTS, "stages")
    await pilot.press("space", "enter", "enter", "enter", "enter")
    await types(pilot, "ma in")
    await shows(pilot, "contains a space")


async def _circleci(pilot: Pilot[None]) -> None:
    await answering_now(pilot, WITH_PROJECTS, "circleci")
    await shows(pilot, "default branch of api and web")


async def _preview(pilot: Pilot[None]) -> None:
    await _circleci(pilot)
    await pilot.press("f3")
    await shows(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))


async def _findings(pilot: Pilot[None]) -> None:
    await _preview(pilot)
    await pilot.press("f4", "f4", "f4")


async def _access(pilot: Pilot[None]) -> None:
    await _preview(pilot)
    await pilot.press("f4", "f4", "down", "down", "down", "down")
    await shows(pilot, "[✗]")


async def _explained(pilot: Pilot[None]) -> None:
    await _access(pilot)
    await pilot.press("right", "enter")
    await shows(pilot, "esc closes")


async def _help(pilot: Pilot[None]) -> None:
    await _circleci(pilot)
    await pilot.press("f1")
    await shows(pilot, "esc closes")


async def _confirm(pilot: Pilot[None]) -> None:
    await _start(pilot)
    pilot.app.push_screen(ConfirmScreen("Delete 3 roles?", ["They are gone then."], "Delete", token="circleci-", identity=IDENTITY))
    await shows(pilot, "They are gone then.")


async def _problem(pilot: Pilot[None]) -> None:
    await _start(pilot)
    error = CiamError("sso-expired", "The SSO session has expired", "AWS asks for a new login.", ["Run: aws sso login --profile prod"])
    assert isinstance(pilot.app, CiamApp)
    pilot.app.tell(error)
    await shows(pilot, "AWS asks for a new login.")


async def _export(pilot: Pilot[None]) -> None:
    await _circleci(pilot)
    await pilot.press("ctrl+s")
    await shows(pilot, "Formats and their files")
    await shows(pilot, "circleci-build")
    await pilot.press(*["down"] * 7)
    await shows(pilot, "#!/usr/bin/env bash")


async def _save_export(pilot: Pilot[None]) -> None:
    await _export(pilot)
    await pilot.press("end", "enter")
    await shows(pilot, "Into which folder?")


async def _mfa(pilot: Pilot[None]) -> None:
    await _start(pilot)
    pilot.app.push_screen(MfaScreen("Code for arn:aws:iam::123456789012:mfa/dana:"))
    await shows(pilot, "MFA code")


SCREENS: dict[str, Drive] = {
    "start": _start,
    "account": _account,
    "bucket": _bucket,
    "prefix": _prefix,
    "stages": _stages,
    "wrong": _wrong,
    "circleci": _circleci,
    "preview": _preview,
    "access": _access,
    "access-explained": _explained,
    "findings": _findings,
    "help": _help,
    "confirm": _confirm,
    "problem": _problem,
    "export": _export,
    "export-saved": _save_export,
    "mfa": _mfa,
}


def _session(screen: str) -> Session:
    saved = FakeDrafts(SavedDraft(WITH_PROJECTS, "stages", "prod", NOW))
    if screen in ("start", "confirm", "problem", "mfa"):
        return fake_session(drafts=saved, mode=Mode.READ_ONLY)
    return signed_in(drafts=saved)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(screen: str, size: tuple[int, int], snap_compare: Compare) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await SCREENS[screen](pilot)
        pilot.app.clear_notifications()
        await settled(pilot)

    assert snap_compare(CiamApp(_session(screen)), terminal_size=size, run_before=drive)
