"""The token test: who gets in by the role that is previewed, why, and a token that is pasted, judged and found nowhere afterwards."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual import events

from ciam_tui.app.intents import Want
from ciam_tui.app.previewing import View
from ciam_tui.app.screens.preview import PreviewScreen
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.app.screens.token import TokenScreen
from ciam_tui.app.screens.wizard import WizardScreen
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.app.widgets.secret_input import SecretField, SecretInput
from tests.app.driving import (
    NARROW,
    WIDE,
    answering,
    answering_now,
    app_of,
    at_step,
    held,
    messages,
    running,
    screen_text,
    shows,
    types,
    wizard,
)
from tests.app.fakes import ORG_ID, WITH_PROJECTS, FakeClipboard, FakeDrafts, signed_in
from tests.app.memory_account import MemoryAws, memory_session
from tests.app.test_review import reviewing
from tests.core.jwts import compact, payload
from tests.core.tokens import OTHER_ID, v2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session

SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
DEPLOY_ON_MAIN = replace(
    WITH_PROJECTS,
    stages=(*WITH_PROJECTS.stages[:2], replace(WITH_PROJECTS.stages[2], branches=("main",))),
    circleci=replace(WITH_PROJECTS.circleci, projects=(replace(WITH_PROJECTS.circleci.projects[1], vcs_origin="github.com/acme/web"),)),
)
(WEB,) = DEPLOY_ON_MAIN.circleci.projects
STARTED, ENDS = 1_700_000_000, 4_102_444_800  # tokens that are valid while these tests are


def token(ref: str = "refs/heads/main", *, org: str = ORG_ID, sub: str | None = None) -> str:
    claims = payload(
        iss=f"https://oidc.circleci.com/org/{org}",
        aud=org,
        sub=sub if sub is not None else v2(org, WEB.id, "github.com/acme/web", ref),
        iat=STARTED,
        exp=ENDS,
    )
    return compact({**claims, "oidc.circleci.com/project-id": WEB.id, "oidc.circleci.com/vcs-ref": ref})


@asynccontextmanager
async def judging(size: tuple[int, int] = WIDE, session: Session | None = None, *, stage: int = 2) -> AsyncIterator[Pilot[None]]:
    """The token test of one stage's role: by default that of `deploy`, which is for main alone."""
    session = session or signed_in()
    async with running(session, size) as pilot:
        app_of(pilot).push_screen(TokenScreen(session, DEPLOY_ON_MAIN, View(stage=stage)))
        await listed(pilot)
        yield pilot


def screen(pilot: Pilot[None]) -> TokenScreen:
    found = pilot.app.screen
    assert isinstance(found, TokenScreen)
    return found


def rows(pilot: Pilot[None]) -> dict[str, str]:
    return {row.key: row.cells[0] for picker in screen(pilot).query(Picker) for row in picker.rows}


async def listed(pilot: Pilot[None]) -> None:
    await shows(pilot, lambda: isinstance(pilot.app.screen, TokenScreen) and bool(rows(pilot)))


async def pasted(pilot: Pilot[None], text: str) -> None:
    field = screen(pilot).query_one(SecretInput)
    field.focus()
    await pilot.pause()
    field.post_message(events.Paste(text))
    await pilot.pause()
    await pilot.press("enter")
    await pilot.pause()


def told(pilot: Pilot[None]) -> str:
    return "\n".join("".join(text for text, _ in line.pieces) for line in screen(pilot).query_one(DocumentView)._lines)


async def test_the_keys_open_it_from_within_a_field_for_the_role_that_is_previewed() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci") as pilot:
        assert any(command.title == "Test a token" for command in wizard(pilot).commands())
        for key in ("f2", "ctrl+b"):
            await pilot.press("tab", key)
            await listed(pilot)
            await shows(pilot, "Who gets in · circleci-build")
            await shows(pilot, "2 strangers get in")
            assert rows(pilot)["fork"] == "! stranger in"
            await pilot.press("escape")
            await shows(pilot, lambda: at_step(pilot, "circleci"))
        await pilot.press("f3")
        await shows(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))
        await pilot.press("f2")
        await listed(pilot)


async def test_without_a_trust_policy_it_says_what_is_missing() -> None:
    async with running(signed_in()) as pilot:
        await shows(pilot, "signed in as")
        await answering_now(pilot, replace(WITH_PROJECTS, circleci=replace(WITH_PROJECTS.circleci, projects=())), "account")
        await pilot.press("f2")
        await shows(pilot, lambda: "it needs a project (step 5)" in messages(pilot))
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, WizardScreen))
        await pilot.press("f2")
        await shows(pilot, lambda: "begin a set-up first" in messages(pilot))


async def test_it_opens_from_review_too() -> None:
    async with reviewing(memory_session(MemoryAws())) as pilot:
        await pilot.press("f2")
        await listed(pilot)
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))


@SIZES
async def test_a_role_for_main_lets_no_stranger_in_and_says_of_each_why(size: tuple[int, int]) -> None:
    async with judging(size=size) as pilot:
        await shows(pilot, "No stranger of this list gets in.")
        assert {key for key, word in rows(pilot).items() if word == "✓ let in"} == {"main", "ssh-rerun"}
        await pilot.press("down", "enter")
        await shows(pilot, "✗ refused")
        assert "another branch" in told(pilot)
        assert "✗ StringLike" in told(pilot)
        assert screen(pilot).focused is screen(pilot).query_one(DocumentView)
        assert screen(pilot).query_one(Picker).region.height == 0 or size == WIDE
        await pilot.press("escape")
        await pilot.pause()
        assert screen(pilot).focused is screen(pilot).query_one(Picker)
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, TokenScreen))


async def test_the_next_role_is_tested_by_its_key_and_after_the_last_comes_the_first() -> None:
    async with judging(stage=1) as pilot:
        for role in ("test", "deploy", "build"):
            await shows(pilot, f"Who gets in · circleci-{role}")
            await pilot.press("f6")
            await listed(pilot)


async def test_the_answer_can_be_copied() -> None:
    session = signed_in()
    session.clipboard = FakeClipboard()
    async with judging(session=session) as pilot:
        await pilot.press("down", "y")
        await shows(pilot, lambda: "✗ refused" in (getattr(session.clipboard, "text", None) or ""))


class TestGiven:
    async def test_it_is_judged_and_stands_first_and_the_next_takes_its_place(self) -> None:
        async with judging() as pilot:
            await pasted(pilot, token())
            assert next(iter(rows(pilot).items())) == ("given", "✓ let in")
            highlighted = screen(pilot).query_one(Picker).highlighted
            assert highlighted is not None
            assert highlighted.key == "given"
            await pasted(pilot, token(org=OTHER_ID))
            assert [word for key, word in rows(pilot).items() if key == "given"] == ["✗ refused"]
            assert "another organization" in told(pilot)

    async def test_one_that_was_wrapped_over_lines_is_taken_whole(self) -> None:
        async with judging() as pilot:
            text = token("refs/heads/dev")
            await pasted(pilot, "\n".join(text[place : place + 70] for place in range(0, len(text), 70)))
            assert rows(pilot)["given"] == "✗ refused"
            assert '"refs/heads/dev"' in told(pilot)

    async def test_garbage_is_told_in_a_line_under_the_field_which_is_emptied(self) -> None:
        async with judging(size=NARROW) as pilot:
            before = rows(pilot)
            for garbage in ("hello", f"{token()} {token('x')}", "[x] [/oops]", "x" * 100_000, f"{token()[:-20]}\x1b[2J"):
                await pasted(pilot, garbage)
                assert screen(pilot).query_one(SecretInput).value == ""
                await shows(pilot, "✗ Th")
                problem = screen(pilot).query_one(SecretField)._problem
                assert problem is not None
                assert problem.fix == "The field was emptied."
                assert rows(pilot) == before
                assert "hello" not in screen_text(pilot)
            await pasted(pilot, "\n")
            assert rows(pilot) == before

    async def test_it_is_never_drawn_kept_or_copied(self) -> None:
        secret = token("refs/heads/dev")
        drafts, clipboard = FakeDrafts(), FakeClipboard()
        session = signed_in(drafts=drafts)
        session.clipboard = clipboard

        def seen(pilot: Pilot[None]) -> str:
            return "\n".join((screen_text(pilot), messages(pilot), repr(drafts.saved)))

        async with judging(session=session) as pilot:
            field = screen(pilot).query_one(SecretInput)
            field.focus()
            await pilot.pause()
            field.post_message(events.Paste(secret))
            await pilot.pause()
            assert field.value == secret
            assert "•••" in screen_text(pilot)
            field.select_all()
            await pilot.press("ctrl+c", "ctrl+x")
            said = seen(pilot)
            await pilot.press("end", "enter")
            await shows(pilot, lambda: "given" in rows(pilot))
            said += seen(pilot) + repr(vars(screen(pilot)))
            await pilot.press("escape")
            await shows(pilot, lambda: not isinstance(pilot.app.screen, TokenScreen))
            app_of(pilot).keep(DEPLOY_ON_MAIN, "circleci")
            await pilot.pause()
            said += seen(pilot) + repr(session) + repr(clipboard) + pilot.app.clipboard
            assert [piece for piece in secret.split(".") if piece[:40] in said] == []

    async def test_what_a_token_says_is_drawn_as_it_is_spelled(self) -> None:
        async with judging() as pilot:
            for hostile in ("[x] [/oops] [b", "\x1b[2J\u202e", "n" * 300):
                await pasted(pilot, token(sub=hostile))
                assert rows(pilot)["given"] == "✗ refused"
                await pilot.press("enter")
                await pilot.pause()
                assert not {"\x1b", "\u202e"} & set(screen_text(pilot))


class TestMadeUp:
    async def test_a_branch_is_judged_while_it_is_typed(self) -> None:
        async with judging() as pilot:
            await pilot.press("tab", "tab")
            await types(pilot, "main")
            assert rows(pilot)["made-up"] == "✓ let in"
            await types(pilot, "x")
            assert rows(pilot)["made-up"] == "✗ refused"
            await pilot.press("backspace", "tab", "right")
            await pilot.pause()
            assert rows(pilot)["made-up"] == "✗ refused"  # a tag
            await shows(pilot, "a pushed tag")

    async def test_with_no_branch_and_a_push_there_is_none_and_every_trigger_can_be_chosen(self) -> None:
        async with judging() as pilot:
            await pilot.press("tab", "tab")
            await types(pilot, "a")
            assert "made-up" in rows(pilot)
            await pilot.press("backspace")
            await pilot.pause()
            assert "made-up" not in rows(pilot)
            await pilot.press("tab", *["right"] * 8)
            await pilot.pause()
            assert rows(pilot)["made-up"] == "✗ refused"
            assert "CIRCLE_OIDC_TOKEN" in told(pilot)


async def test_enter_held_changes_nothing_and_esc_leaves() -> None:
    drafts = FakeDrafts()
    async with judging(session=signed_in(drafts=drafts)) as pilot:
        before = drafts.times
        await held(pilot, "enter", 50)
        await pilot.press("tab")
        await held(pilot, "enter", 50)
        assert isinstance(pilot.app.screen, TokenScreen)
        assert drafts.times == before
        await held(pilot, "escape", 2)
        await shows(pilot, lambda: not isinstance(pilot.app.screen, TokenScreen))


async def test_the_help_is_about_it() -> None:
    async with judging() as pilot:
        screen(pilot).action_want(Want.HELP)
        await shows(pilot, "Token test")
        await shows(pilot, "stored, shown and sent nowhere")
