"""What holds on every screen: hostile names, small terminals, no colours, reasons for what is not possible, and help for all."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from ciam_tui.app.intents import INTENTS, Want
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.preview import PreviewScreen
from ciam_tui.app.screens.problem import ProblemScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.screens.wizard import WizardScreen
from ciam_tui.app.session import Mode, Session
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.circleci.facts import OidcClaims, Organization, Project
from ciam_tui.core.draft import BucketDraft, CircleCiDraft, Draft, ProjectDraft, RoleDraft, StageDraft
from ciam_tui.core.facts import Bucket, Identity
from ciam_tui.core.problems import CiamError
from ciam_tui.core.steps import STEPS, StepId
from ciam_tui.ports.api import Profile, SavedDraft
from tests.app.driving import NARROW, WIDE, answering, app_of, at_step, held, messages, running, screen_text, shows, types, wizard
from tests.app.fakes import (
    ACCOUNT_ID,
    NOW,
    WITH_PROJECTS,
    FakeAccess,
    FakeAws,
    FakeCircleCi,
    FakeClipboard,
    FakeDrafts,
    fake_session,
    signed_in,
)

if TYPE_CHECKING:
    from ciam_tui.app.intents import Intent

STEP_IDS: tuple[StepId, ...] = tuple(step.id for step in STEPS if step.id != "review")
SIZES = [NARROW, WIDE]
HOSTILE = [
    "[x] [/oops] [b[@click=app.quit]$(x) %s {0}",
    "\u202egnp\u202c 🪣🧨 桶桶\u200b\u200d\ufeff\x1b[31m\x9b2J\a\r\n",
    "n" * 64,
]


def hostile_session(name: str) -> Session:
    aws = FakeAws(
        Identity(ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:user/{name}", "aws", name),
        {name: Bucket(name, name, ACCOUNT_ID, name, name, unread=(name,)), "acme": Bucket("acme", "us-east-1")},
        {"": (f"{name}/", "builds/"), f"{name}/": (f"{name}/{name}/",)},
    )
    organization = Organization("0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11", name, name, name)
    project = Project(name, name, name, organization.id, name, name)
    claims = OidcClaims((name,), name)
    refusals = {"project_settings": CiamError("circleci-forbidden", name, name)}
    circleci = FakeCircleCi((organization,), (project,), claims={None: claims, name: claims}, refusals=refusals)
    access = FakeAccess({None: aws, name: aws}, (Profile(name, name, name),))
    session = fake_session(access, circleci=circleci, profile=name)
    session.become(aws, aws.who, profile=name, region=name)
    return session


def hostile_draft(name: str) -> Draft:
    stage = StageDraft(name, name, ("read", name), (name,), (name,), (name,), name)
    circleci = CircleCiDraft(name, name, name, name, (ProjectDraft(name, name, name),))
    return Draft(name, name, BucketDraft(name, name, name, name), name, circleci, (stage,), RoleDraft(name, name, False, name, name))


def is_clean(text: str) -> bool:
    return not any(char in text for char in "\x1b\x9b\a\u202e\u200b\u200d\ufeff")


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_name_from_outside_is_read_as_markup_or_by_the_terminal(name: str) -> None:
    async with running(hostile_session(name), WIDE) as pilot:
        await shows(pilot, "New set-up")
        assert is_clean(screen_text(pilot))
        for step_id in STEP_IDS:
            app_of(pilot).open_wizard(hostile_draft(name), step_id)
            await shows(pilot, lambda: at_step(pilot, step_id))  # noqa: B023 - it is called in this turn of the loop
            for size in SIZES:
                await pilot.resize_terminal(*size)
                await held(pilot, "enter", 1)
                assert is_clean(screen_text(pilot))
            assert is_clean(messages(pilot))
        await pilot.press("f3")
        await shows(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))
        for _ in range(3):
            await held(pilot, "f4", 1)
            assert is_clean(screen_text(pilot))


async def test_a_name_in_brackets_is_drawn_as_it_is_spelled() -> None:
    async with answering(hostile_session("[x] [/oops] [b"), hostile_draft("[x] [/oops] [b"), "stages", WIDE) as pilot:
        await shows(pilot, "[x] [/oops] [b")


@pytest.mark.parametrize("name", HOSTILE)
async def test_errors_and_saved_drafts_are_drawn_as_they_are_spelled(name: str) -> None:
    draft = replace(Draft(name), bucket=BucketDraft(name))
    session = hostile_session(name)
    session.drafts = FakeDrafts(SavedDraft(draft, name, name, NOW))
    async with running(session, NARROW) as pilot:
        await shows(pilot, "Go on")
        app_of(pilot).tell(CiamError("x", name, name, [name]))
        await shows(pilot, lambda: isinstance(pilot.app.screen, ProblemScreen))
        await pilot.pause()
        assert is_clean(screen_text(pilot))
        await pilot.press("escape")
        pilot.app.push_screen(ConfirmScreen(name, [name], name, token=name, identity=session.identity))
        await shows(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.pause()
        assert is_clean(screen_text(pilot))


@pytest.mark.parametrize("size", [(60, 20), (20, 5)])
async def test_no_size_of_terminal_breaks_a_screen(size: tuple[int, int]) -> None:
    async with running(signed_in(), size) as pilot:
        await shows(pilot, lambda: bool(pilot.app.screen.query_one("#saved", Picker).rows))
        for step_id in STEP_IDS:
            app_of(pilot).open_wizard(WITH_PROJECTS, step_id)
            await shows(pilot, lambda: at_step(pilot, step_id))  # noqa: B023 - as above
            await pilot.press("f3", "escape", "f1", "escape")
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await pilot.pause()


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("size", [*SIZES, (60, 20)])
async def test_the_header_says_account_region_profile_and_how_far_a_change_would_reach(mode: Mode, size: tuple[int, int]) -> None:
    session = signed_in()
    session.mode = mode
    async with answering(session, WITH_PROJECTS, "stages", size) as pilot:
        await shows(pilot, mode.value)
        header = screen_text(pilot).splitlines()[0]
        assert all(word in header for word in (ACCOUNT_ID, "us-east-1", "prod", mode.value))


async def test_without_colours_words_and_glyphs_still_say_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    draft = replace(WITH_PROJECTS, account_id="12")
    async with answering(signed_in(), draft, "stages") as pilot:
        assert pilot.app.no_color
        await shows(pilot, "! 1 Account")
        text = screen_text(pilot)
        assert "✓ 2 Bucket" in text
        assert "▸ 4 Stages" in text
        assert "[Permissions]" in text
        assert "[x] read" in text
        await pilot.press("tab")
        assert "▸ Name" in screen_text(pilot)
        for strip in pilot.app.screen._compositor.render_strips():
            for segment in strip:
                color = segment.style.color if segment.style else None
                triplet = color.triplet if color else None
                assert triplet is None or max(triplet) - min(triplet) <= 1, "only greys"


@pytest.mark.parametrize("want", [want for want in Want if want not in (Want.LEAVE, Want.PALETTE, Want.THEME)])
async def test_what_is_not_possible_answers_with_its_reason(want: Want) -> None:
    async with running(fake_session()) as pilot:
        await shows(pilot, "New set-up")
        await shows(pilot, "signed in as")
        screen = pilot.app.screen
        app_of(pilot).screen.action_want(want)  # type: ignore[attr-defined] # a WorkScreen
        await pilot.pause()
        assert pilot.app.screen is not screen or messages(pilot) or want in (Want.RELOAD, Want.FILTER)


def test_every_intent_has_keys_words_and_no_key_twice() -> None:
    keys = [key for intent in INTENTS for key in intent.keys]
    assert len(keys) == len(set(keys))
    assert {intent.want for intent in INTENTS} == set(Want)
    assert all(intent.footer and intent.tooltip and (intent.help or intent.palette) for intent in INTENTS)


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.want)
def test_what_editors_or_inputs_would_swallow_has_a_twin(intent: Intent) -> None:
    keys = intent.keys
    if any(key in ("f1", "f3") or len(key) == 1 or key == "slash" for key in keys):
        assert any(key.startswith("ctrl+") for key in keys)


async def test_the_palette_offers_what_the_table_has_for_it() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        titles = {command.title for command in app_of(pilot).get_system_commands(pilot.app.screen)}
        assert titles == {intent.palette for intent in INTENTS if intent.palette}
        await pilot.press("ctrl+p")
        await types(pilot, "Show the policies")
        await shows(pilot, "The policies, on the whole screen")
        await pilot.press("enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))


@pytest.mark.parametrize("key", ["f1", "ctrl+g"])
async def test_help_is_about_the_focused_answer_and_lists_every_key(key: str) -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        next(each for each in wizard(pilot).query("Field") if each.path.endswith("branches")).query_one(Input).focus()  # type: ignore[attr-defined] # a Field
        await pilot.press(key)
        await shows(pilot, "main means refs/heads/main")
        for _ in range(3):
            await pilot.press("pagedown")
        await shows(pilot, "ctrl+q")


async def test_copying_copies_the_row_or_the_policy_and_says_whether_it_did() -> None:
    session = signed_in()
    clipboard = FakeClipboard()
    session.clipboard = clipboard
    async with answering(session, WITH_PROJECTS, "circleci") as pilot:
        await pilot.press("y")
        await shows(pilot, lambda: bool(clipboard.text))
        assert "15a228c5" in clipboard.text or "0c9e0b5a" in clipboard.text
        await shows(pilot, lambda: "Copied" in messages(pilot))
        clipboard.works, clipboard.text = False, ""
        next(iter(wizard(pilot).query(Input))).focus()
        await pilot.press("ctrl+y")
        await shows(pilot, lambda: '"Version": "2012-10-17"' in clipboard.text)
        await shows(pilot, lambda: "were sent to the terminal" in messages(pilot))


# Start


async def test_a_saved_draft_is_gone_on_with_at_its_step() -> None:
    drafts = FakeDrafts(SavedDraft(WITH_PROJECTS, "stages", "prod", NOW))
    async with running(fake_session(drafts=drafts)) as pilot:
        await shows(pilot, "step 4 Stages · 123456789012 · acme-builds · 2026-08-20 09:30 UTC")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        assert wizard(pilot).draft == WITH_PROJECTS


async def test_a_key_that_comes_before_the_draft_is_read_begins_nothing_anew() -> None:
    gate = threading.Event()
    drafts = FakeDrafts(SavedDraft(WITH_PROJECTS, "stages", "prod", NOW), gate=gate)
    async with running(fake_session(drafts=drafts)) as pilot:
        await pilot.press("enter", "f7")
        await shows(pilot, lambda: "Still looking for a saved draft." in messages(pilot))
        assert isinstance(pilot.app.screen, StartScreen)
        gate.set()
        await shows(pilot, "Go on")


async def test_beginning_anew_over_a_saved_draft_asks_with_cancel_focused() -> None:
    drafts = FakeDrafts(SavedDraft(WITH_PROJECTS, "stages", "prod", NOW))
    async with running(fake_session(drafts=drafts)) as pilot:
        await shows(pilot, "Go on")
        await pilot.press("down", "enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))
        assert drafts.saved is not None
        assert drafts.saved.draft == WITH_PROJECTS
        await pilot.press("down", "enter", "tab", "enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, WizardScreen))
        assert wizard(pilot).draft.stages == ()


async def test_an_unreadable_draft_is_told_and_keeps_nobody_from_beginning() -> None:
    class Broken(FakeDrafts):
        def load(self) -> SavedDraft | None:
            raise CiamError("draft-unreadable", "Cannot read the draft", "It is no JSON.")

    async with running(fake_session(drafts=Broken())) as pilot:
        await shows(pilot, "New set-up")
        await shows(pilot, lambda: "It is no JSON." in messages(pilot))


async def test_a_disk_that_refuses_the_draft_is_told_once() -> None:
    drafts = FakeDrafts(failure=CiamError("disk-full", "The draft was not saved", "No space left on device.", ["Make room."]))
    async with running(signed_in(drafts=drafts)) as pilot:
        await shows(pilot, "New set-up")
        app_of(pilot).open_wizard(WITH_PROJECTS, "stages")
        await shows(pilot, "No space left on device.")
        await pilot.press("escape")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        await pilot.press("space")
        await types(pilot, "abc")
        await pilot.pause(0.2)
        assert isinstance(pilot.app.screen, WizardScreen), "the same failure is not told again"
        assert wizard(pilot).draft.stages[0].name == "buildabc"


async def test_what_nobody_expected_becomes_a_problem_screen_and_no_traceback() -> None:
    drafts = FakeDrafts()
    async with running(signed_in(drafts=drafts)) as pilot:
        await shows(pilot, "New set-up")
        app_of(pilot).open_wizard(WITH_PROJECTS, "stages")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        wizard(pilot).call_later(lambda: 1 / 0)
        while not isinstance(pilot.app.screen, ProblemScreen):  # noqa: ASYNC110 - the pilot would wait for the screen that failed
            await asyncio.sleep(0.01)
        await shows(pilot, "ZeroDivisionError")
        await pilot.press("escape")
        await shows(pilot, "Go on")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        assert wizard(pilot).draft == WITH_PROJECTS
        app_of(pilot).failure = None


async def test_a_key_whose_action_fails_does_not_end_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_screen: object) -> str | None:
        raise RuntimeError("secret")

    monkeypatch.setattr(WizardScreen, "want_document", fails)
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f4")
        await shows(pilot, "Something in ciam-tui failed")
        assert "secret" not in screen_text(pilot)
        await pilot.press("escape")
        await shows(pilot, "Go on")
        app_of(pilot).failure = None


async def test_an_unfinished_set_up_is_not_exported_and_says_which_step_is_open() -> None:
    async with answering(signed_in(), Draft(), "stages") as pilot:
        await pilot.press("ctrl+s")
        await shows(pilot, lambda: "Not ready to export (step 1)" in messages(pilot))


# Confirming


async def test_a_token_must_be_typed_and_enter_in_its_field_only_moves_to_cancel() -> None:
    answers: list[bool | None] = []
    async with running(signed_in()) as pilot:
        await shows(pilot, "New set-up")
        question = ConfirmScreen("Delete?", ["It is gone then."], "Delete", token="circleci-build", identity=signed_in().identity)
        pilot.app.push_screen(question, answers.append)
        await shows(pilot, "dana.operator")
        await types(pilot, "circleci-buil")
        assert question.query_one("#confirm").disabled
        await types(pilot, "d")
        await shows(pilot, lambda: not question.query_one("#confirm").disabled)
        await pilot.press("enter", "enter")
        await shows(pilot, lambda: answers == [False])
