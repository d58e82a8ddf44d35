"""The wizard from the first screen to the seam to Review, by keyboard alone and by mouse alone; and what no amount of keys may do."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from textual.screen import Screen

from ciam_tui.app.screens.start import StartScreen
from ciam_tui.core.draft import Draft
from ciam_tui.core.setup import Setup, finish
from tests.app.driving import NARROW, WIDE, at_step, held, messages, running, screen_text, shows, types, wizard
from tests.app.fakes import ACCOUNT_ID, API, KMS_KEY_ARN, ORG_ID, WEB, FakeAccess, FakeAws, FakeDrafts, fake_session

if TYPE_CHECKING:
    from textual.pilot import Pilot


class StubReview(Screen[None]):
    """What stands at the other side of the seam."""

    reached: list[Setup]

    def __init__(self, _session: object, draft: Draft) -> None:
        super().__init__()
        setup = finish(draft)
        assert isinstance(setup, Setup)
        self.reached.append(setup)


@pytest.fixture
def reviewed(monkeypatch: pytest.MonkeyPatch) -> list[Setup]:
    """The Setups that reached Review."""
    room = ModuleType("ciam_tui.app.screens.review")
    StubReview.reached = []
    room.ReviewScreen = StubReview  # type: ignore[attr-defined] # a stand-in for the module
    monkeypatch.setitem(sys.modules, "ciam_tui.app.screens.review", room)
    return StubReview.reached


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_keyboard_alone_leads_from_start_to_review(size: tuple[int, int], reviewed: list[Setup]) -> None:
    async with running(fake_session(), size) as pilot:
        await shows(pilot, "New set-up")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "account"))
        await shows(pilot, "account 123456789012")
        await shows(pilot, "SSO")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "bucket"))
        await shows(pilot, "acme-artifacts")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "prefix"))
        await shows(pilot, "releases/")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        await pilot.press("enter")
        await shows(pilot, lambda: len(wizard(pilot).draft.stages) == 3)
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "circleci"))
        await pilot.press("enter")
        await shows(pilot, "6b1f1b…6a5a01")
        await pilot.press("tab", "slash", *"web", "space", "enter")
        await shows(pilot, lambda: bool(reviewed))
    setup = reviewed[0]
    assert setup.account_id == ACCOUNT_ID
    assert (setup.bucket.name, setup.bucket.kms_key_arn) == ("acme-artifacts", KMS_KEY_ARN)
    assert [(stage.name, stage.prefix) for stage in setup.stages] == [("build", "builds/"), ("test", "builds/"), ("deploy", "releases/")]
    assert setup.circleci.org_id == ORG_ID
    assert [project.name for project in setup.circleci.projects] == ["web"]


async def click_row(pilot: Pilot[None], selector: str, text: str) -> None:
    picker = pilot.app.screen.query_one(selector)
    picker.scroll_visible(animate=False)
    await pilot.pause()
    rows = [row.cells for row in picker.shown_rows]  # type: ignore[attr-defined] # a Picker
    place = next(place for place, cells in enumerate(rows) if text in " ".join(cells))
    await pilot.click(selector, offset=(6, place + 1))
    await pilot.pause()


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_mouse_alone_leads_from_start_to_review(size: tuple[int, int], reviewed: list[Setup]) -> None:
    async def next_step(step_id: str) -> None:
        hint = next(hint for hint in pilot.app.screen.query("KeyHint") if "Next" in str(hint.render()))
        await pilot.click(hint)
        await shows(pilot, lambda: at_step(pilot, step_id))

    async with running(fake_session(), size) as pilot:
        await shows(pilot, "New set-up")
        await click_row(pilot, "#saved", "New set-up")
        await shows(pilot, lambda: at_step(pilot, "account"))
        await shows(pilot, "SSO")
        await click_row(pilot, "#profiles", "prod")
        await shows(pilot, lambda: wizard(pilot).draft.account_id == ACCOUNT_ID)
        await next_step("bucket")
        await shows(pilot, "acme-builds")
        await click_row(pilot, "#buckets", "acme-builds")
        await shows(pilot, "AES256")
        await next_step("prefix")
        await shows(pilot, "releases/")
        await click_row(pilot, "#prefixes", "builds/")
        await shows(pilot, "web/")
        assert wizard(pilot).draft.base_prefix == "builds/"
        await click_row(pilot, "#prefixes", "web/")
        await shows(pilot, lambda: wizard(pilot).draft.base_prefix == "builds/web/")
        await shows(pilot, "one level up")
        await next_step("stages")
        await click_row(pilot, "#presets", "build, test, deploy")
        await shows(pilot, lambda: len(wizard(pilot).draft.stages) == 3)
        await next_step("circleci")
        await click_row(pilot, "#organizations", "gh/acme")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.org_id == ORG_ID)
        await click_row(pilot, "#projects", "api")
        await click_row(pilot, "#projects", "web")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (API, WEB))
        hint = next(hint for hint in pilot.app.screen.query("KeyHint") if "Next" in str(hint.render()))
        await pilot.click(hint)
        await shows(pilot, lambda: bool(reviewed))
    assert [project.name for project in reviewed[0].circleci.projects] == ["api", "web"]


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_held_enter_applies_nothing_and_loses_nothing(size: tuple[int, int], reviewed: list[Setup]) -> None:
    aws = FakeAws()
    drafts = FakeDrafts()
    async with running(fake_session(FakeAccess({None: aws, "prod": aws}), drafts), size) as pilot:
        await shows(pilot, "New set-up")
        for _ in range(10):  # in ten bursts, so that what is read in between arrives
            await held(pilot, "enter", 5)
            await shows(pilot, lambda: not any(worker.is_running for worker in pilot.app.workers))
        draft = wizard(pilot).draft
        assert draft.account_id == ACCOUNT_ID
        assert not reviewed, "no project was ticked, so that there is nothing to review"
        await held(pilot, "enter", 50)
        assert wizard(pilot).draft.stages == draft.stages
    assert drafts.saved is not None
    assert drafts.saved.draft.bucket == draft.bucket


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_mashed_escape_never_quits_and_keeps_every_answer(size: tuple[int, int]) -> None:
    drafts = FakeDrafts()
    async with running(fake_session(drafts=drafts), size) as pilot:
        await shows(pilot, "New set-up")
        await pilot.press("enter")
        await shows(pilot, "SSO")
        await pilot.press("enter")
        await shows(pilot, "acme-builds")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "prefix"))
        bucket = wizard(pilot).draft.bucket
        await held(pilot, "escape", 20)
        assert isinstance(pilot.app.screen, StartScreen)
        assert pilot.app.is_running
        await shows(pilot, "Go on")
    assert drafts.saved is not None
    assert drafts.saved.draft.bucket == bucket


async def test_an_unfinished_step_says_what_is_missing_and_stays() -> None:
    async with running(fake_session()) as pilot:
        await shows(pilot, "New set-up")
        pilot.app.open_wizard(Draft(), "stages")  # type: ignore[attr-defined] # the app under test
        await shows(pilot, lambda: at_step(pilot, "stages"))
        await pilot.press("tab", "enter")
        await shows(pilot, lambda: "There is no stage." in messages(pilot))
        assert wizard(pilot).at == "stages"
        assert "There is no stage." in messages(pilot)


async def test_review_leads_to_the_step_with_the_first_error(reviewed: list[Setup]) -> None:
    async with running(fake_session()) as pilot:
        await shows(pilot, "New set-up")
        pilot.app.open_wizard(Draft(account_id=ACCOUNT_ID, base_prefix="builds/"), "circleci")  # type: ignore[attr-defined] # as above
        await shows(pilot, lambda: at_step(pilot, "circleci"))
        await wizard(pilot).go_to("review")
        await shows(pilot, lambda: at_step(pilot, "bucket"))
        assert "Not ready for Review" in messages(pilot)
        assert "✗" in screen_text(pilot)
    assert not reviewed


async def test_keys_typed_fast_across_fields_all_arrive() -> None:
    async with running(fake_session()) as pilot:
        await shows(pilot, "New set-up")
        pilot.app.open_wizard(Draft(), "bucket")  # type: ignore[attr-defined] # as above
        await shows(pilot, lambda: at_step(pilot, "bucket"))
        wizard(pilot).query_one("Input").focus()
        await types(pilot, "acme-new")
        await pilot.press("tab", "tab", "space", "tab")
        await types(pilot, "eu-west-1")
        await shows(pilot, lambda: wizard(pilot).draft.bucket.region.endswith("eu-west-1"))
        assert wizard(pilot).draft.bucket.name == "acme-new"
        assert wizard(pilot).draft.bucket.create is True
