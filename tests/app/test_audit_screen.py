"""The audit's screen: what it lists, what it explains, that it can be stopped, and that thousands of roles do not slow it."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sarif_kit.validate import validation_errors

from ciam_tui.app.audit_lines import AuditTab, rows_of
from ciam_tui.app.screens.audit import AuditScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.audit.facts import ReadRole
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown
from tests.app.audit_world import OPEN, READS, a_role, audited_account, policy
from tests.app.driving import NARROW, WIDE, messages, running, screen_text, shows, types
from tests.app.fakes import fake_session
from tests.app.memory_account import memory_session

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])


async def opened(pilot: Pilot[None]) -> AuditScreen:
    """The audit, read to its end."""
    await shows(pilot, "Audit")
    await pilot.press("f10")
    await shows(pilot, lambda: isinstance(pilot.app.screen, AuditScreen) and pilot.app.screen.report is not None)
    screen = pilot.app.screen
    assert isinstance(screen, AuditScreen)
    return screen


@SIZES
async def test_the_worst_stands_first_and_is_explained(size: tuple[int, int]) -> None:
    async with running(memory_session(audited_account()), size) as pilot:
        await opened(pilot)
        await shows(pilot, "let in, a stranger")
        text = screen_text(pilot)
        assert text.index("✗ open") < text.index("– dead") < text.index("✓ tight")
        assert "3 roles (1 open, 1 dead, 1 tight) and 1 provider" in text


async def test_the_start_screen_offers_it_once_somebody_is_signed_in() -> None:
    async with running(memory_session(audited_account())) as pilot:
        await shows(pilot, "every role of this account that trusts CircleCI")
        await pilot.press("end", "enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, AuditScreen))
        await shows(pilot, "✗ open")
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))


async def test_who_signs_in_later_finds_it_below_and_the_cursor_stays() -> None:
    async with running(fake_session()) as pilot:
        await shows(pilot, "signed in as")
        await shows(pilot, "every role of this account that trusts CircleCI")
        row = pilot.app.screen.query_one(Picker).highlighted
        assert row is not None
        assert row.key == "new"


async def test_without_an_account_it_says_so() -> None:
    session = fake_session()
    session.open_access = lambda: (_ for _ in ()).throw(CiamError("no-credentials", "Cannot open", "There are no credentials."))
    async with running(session) as pilot:
        await shows(pilot, "There are no credentials.")
        assert "trusts CircleCI" not in screen_text(pilot)
        await pilot.press("f10")
        await pilot.pause()
        assert "Nobody is signed in yet" in messages(pilot)
        assert isinstance(pilot.app.screen, StartScreen)


async def test_another_row_and_another_tab_say_another_thing() -> None:
    async with running(memory_session(audited_account())) as pilot:
        await opened(pilot)
        await pilot.press("f4")
        await shows(pilot, "[May do]")
        assert "every bucket  list read write delete admin" in screen_text(pilot)
        await pilot.press("f4")
        await shows(pilot, "trust, statement 1: no-project")
        await pilot.press("down", "down")
        await shows(pilot, "nothing risky found")
        await pilot.press("f4", "f4")
        await shows(pilot, '"sts:AssumeRoleWithWebIdentity"')
        await pilot.press("f4")
        await shows(pilot, '"s3:GetObject"')
        await pilot.press("down")
        await shows(pilot, "Only a role has permission policies.")
        await pilot.press("f4")
        await shows(pilot, "AWS is asked about roles alone.")
        await pilot.press("f4", "f4")
        await shows(pilot, "Named by")


async def test_a_click_on_a_tab_shows_it() -> None:
    async with running(memory_session(audited_account()), WIDE) as pilot:
        screen = await opened(pilot)
        line = next(widget for widget in screen.query("NamedTabs"))
        await pilot.click(line, offset=(16, 0))
        await shows(pilot, "[May do]")


async def test_enter_goes_into_what_is_said_and_esc_comes_back_before_it_leaves() -> None:
    async with running(memory_session(audited_account())) as pilot:
        screen = await opened(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert screen.focused is not None
        assert screen.focused.id == "audit-view"
        await pilot.press("escape")
        await pilot.pause()
        assert screen.focused.id == "audit-list"
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))


async def test_the_list_can_be_filtered() -> None:
    async with running(memory_session(audited_account())) as pilot:
        screen = await opened(pilot)
        await pilot.press("slash")
        await types(pilot, "guide")
        await shows(pilot, lambda: len(screen.query_one(Picker).shown_rows) == 1)
        assert "old-guide" in screen_text(pilot)
        await pilot.press("escape")
        await shows(pilot, lambda: len(screen.query_one(Picker).shown_rows) == 4)


async def test_copying_takes_the_arn_of_the_row_or_what_is_said() -> None:
    session = memory_session(audited_account())
    async with running(session) as pilot:
        await opened(pilot)
        clipboard = session.clipboard
        await pilot.press("y")
        await shows(pilot, lambda: getattr(clipboard, "text", "").endswith("role/circleci/legacy-deploy"))
        await pilot.press("enter", "y")
        await shows(pilot, lambda: "let in, a stranger" in getattr(clipboard, "text", ""))


async def write_into(pilot: Pilot[None], folder: Path) -> None:
    await pilot.press("ctrl+s")
    await shows(pilot, "Into which folder?")
    await pilot.press("ctrl+u")
    await types(pilot, str(folder))
    await pilot.press("enter")


async def test_the_report_is_written_and_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    async with running(memory_session(audited_account())) as pilot:
        await opened(pilot)
        folder = tmp_path / "audit"
        await write_into(pilot, folder)
        await shows(pilot, lambda: "2 files written" in messages(pilot))
        assert json.loads((folder / "audit.json").read_text(encoding="utf-8"))["has_errors"] is True
        assert validation_errors(json.loads((folder / "audit.sarif").read_text(encoding="utf-8"))) == []
        (folder / "audit.json").write_text("mine", encoding="utf-8")
        await write_into(pilot, folder)
        await shows(pilot, "Replace files?")
        assert (folder / "audit.json").read_text(encoding="utf-8") == "mine"


async def test_esc_stops_the_reading_and_reading_again_begins_anew() -> None:
    aws = audited_account()
    session = memory_session(aws)
    async with running(session) as pilot:
        await shows(pilot, "Past runs" if session.journals.run_ids() else "New set-up")
        aws.gate = Event()
        await pilot.press("f10")
        await shows(pilot, "esc stops")
        await pilot.press("escape")
        await shows(pilot, "Stopped")
        aws.gate.set()
        await pilot.pause(0.1)
        assert "nothing was audited" in screen_text(pilot)
        aws.gate = None
        await pilot.press("ctrl+r")
        await shows(pilot, "✗ open")


async def test_what_aws_refuses_is_told_with_what_to_do() -> None:
    aws = audited_account()
    aws.refusals["wanted_roles"] = CiamError("access-denied", "Cannot list the roles", "AWS denied it.", ["Ask for iam:ListRoles."])
    async with running(memory_session(aws)) as pilot:
        await shows(pilot, "Audit")
        await pilot.press("f10")
        await shows(pilot, "Ask for iam:ListRoles.")
        assert "Cannot list the roles: AWS denied it." in screen_text(pilot)


async def test_an_account_without_circleci_says_so() -> None:
    aws = audited_account()
    aws.facts = replace(aws.facts, roles={}, provider=None)
    async with running(memory_session(aws)) as pilot:
        await opened(pilot)
        await shows(pilot, "No role and no provider of the account")


@SIZES
@pytest.mark.parametrize("name", ["[x] [/oops] [b[@click=app.quit]", "\u202egnp\u202c 🪣 桶\x1b[31m\x9b2J\r\n", "n" * 64])
async def test_what_stands_in_names_is_drawn_as_it_is_spelled(size: tuple[int, int], name: str) -> None:
    odd = replace(a_role(name, OPEN, READS), inline=((name, policy(*READS)),), boundary=name, tags=(("managed-by", name),))
    session = memory_session(audited_account(odd))
    async with running(session, size) as pilot:
        screen = await opened(pilot)
        for _tab in AuditTab:
            await pilot.press("f4")
            await pilot.pause()
            text = screen_text(pilot)
            assert all(line.isprintable() for line in text.splitlines())
            assert screen._pane.text.strip()
        assert shown(name)[:8] in screen_text(pilot)


@SIZES
async def test_every_tab_has_something_to_say_of_every_row(size: tuple[int, int]) -> None:
    async with running(memory_session(audited_account()), size) as pilot:
        screen = await opened(pilot)
        for _ in range(4):
            for _tab in AuditTab:
                await pilot.press("f4")
                await pilot.pause()
                assert screen._pane.text.strip()
            await pilot.press("down")


async def test_five_thousand_rows_stay_fluid_under_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(memory_session(audited_account())) as pilot:
        screen = await opened(pilot)
        assert screen.report is not None
        one = screen.report.roles[0]
        roles = tuple(
            replace(one, read=ReadRole(replace(one.read.role, name=f"role-{number}", arn=f"arn:{number}"))) for number in range(5000)
        )
        report = replace(screen.report, roles=roles)
        screen.post_message(AuditScreen.Audited(screen._reading, (report, rows_of(report))))
        await shows(pilot, "role-0")
        shown: list[object] = []
        monkeypatch.setattr(Picker, "show", lambda _, rows, **__: shown.append(rows))
        for _ in range(10):
            await pilot.press("down")
        await pilot.press("end", "up")
        await shows(pilot, "role-4999")
        assert shown == [], "a key moves the cursor, and does not build the list again"
