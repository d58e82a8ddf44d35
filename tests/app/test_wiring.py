"""CircleCI wired from within the wizard: chosen in Review, told before it is done, and gone on with or taken back like everything else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.jobs import review as reviewed
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.done import VERIFIED
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.app.screens.runs import RunsScreen
from ciam_tui.app.screens.start import StartScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.app.session import Mode, no_circleci
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from tests.app.driving import NARROW, WIDE, app_of, held, messages, running, screen_text, shows, types
from tests.app.fakes import ACCOUNT_ID, FakeClipboard, circleci_door
from tests.app.memory_account import EMPTY_ACCOUNT, MemoryAws, MemoryJournals, example_draft, hand_made_role, memory_session
from tests.app.wired_circleci import WiredCircleCi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session
    from ciam_tui.core.circleci.facts import Organization

NAMES = ["circleci-web-build", "circleci-web-test", "circleci-web-deploy"]
DEPLOY = NAMES[2]
OTHERS_ROLE = "arn:aws:iam::123456789012:role/somebody-else"


def session_with(
    circleci: WiredCircleCi, aws: MemoryAws | None = None, journals: MemoryJournals | None = None, *, mode: Mode = Mode.LIVE
) -> Session:
    session = memory_session(aws, journals, mode=mode)
    session.open_circleci = circleci_door(circleci)
    return session


@asynccontextmanager
async def wiring(session: Session, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app in Review, with the wiring chosen and planned."""
    async with running(session, size) as pilot:
        await to_review(pilot)
        await pilot.press("w")
        await shows(pilot, lambda: session.wires and review(pilot).outcome is not None)
        yield pilot


async def to_review(pilot: Pilot[None]) -> None:
    app_of(pilot).open_wizard(example_draft(), "circleci")
    await shows(pilot, lambda: len(pilot.app.screen_stack) > 1)
    app_of(pilot).review(example_draft())
    await shows(pilot, lambda: review(pilot).outcome is not None)


def review(pilot: Pilot[None]) -> ReviewScreen:
    screen = next(screen for screen in pilot.app.screen_stack if isinstance(screen, ReviewScreen))
    assert isinstance(screen, ReviewScreen)
    return screen


def rows(pilot: Pilot[None]) -> list[tuple[str, str]]:
    return [(row.verb, row.resource) for row in review(pilot)._table.rows]


def wired_run(session: Session, *, until: str | None = None) -> str:
    """The id of a wired run; with `until` one that a crash has ended right after the step of that beginning was begun."""
    job = reviewed(session, example_draft(), frozenset(), lambda _: None, wire=True).job()
    for entry in job.begin(lambda: False):
        if until is not None and getattr(entry, "step", "").endswith(until):
            break
    session.clock.sleep(60)
    return job.run_id


def plain(pilot: Pilot[None]) -> str:
    """What is on the screen, as running text."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


# The choice


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_wiring_is_off_until_it_is_chosen_and_then_part_of_the_same_plan(size: tuple[int, int]) -> None:
    circleci, aws = WiredCircleCi(), MemoryAws()
    async with running(session_with(circleci, aws), size) as pilot:
        await to_review(pilot)
        assert "[ ] wire CircleCI too" in screen_text(pilot)
        assert not [verb for verb, _ in rows(pilot) if "context" in verb]
        await pilot.press("w")
        await shows(pilot, lambda: ("Create context", DEPLOY) in rows(pilot))
        assert ("Restrict context", f"{DEPLOY} by expression") in rows(pilot)
        assert ("Set variable", f"AWS_ROLE_ARN in {DEPLOY}") in rows(pilot)
        text = screen_text(pilot)
        assert "[x] wire CircleCI too" in text
        assert "gh/acme" in text.split("\n")[0], "the header names the organization beside the account"
        await pilot.press("end")
        await shows(pilot, "Set AWS_DEFAULT_REGION in the context circleci-web-deploy")
        await pilot.press("w")
        await shows(pilot, "[ ] wire CircleCI too")
        await shows(pilot, lambda: len(rows(pilot)) == 8)
        assert "gh/acme" not in screen_text(pilot).split("\n")[0]
    assert circleci.sent == []
    assert aws.sent == []


async def test_the_choice_outlives_the_way_back_into_the_steps_and_no_new_set_up_begins_with_it() -> None:
    session = session_with(WiredCircleCi())
    async with wiring(session) as pilot:
        await pilot.press("escape")
        await shows(pilot, "5 of 6")
        app_of(pilot).review(example_draft())
        await shows(pilot, lambda: ("Create context", DEPLOY) in rows(pilot))
        await held(pilot, "escape", 20)
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))
        await to_review(pilot)
        assert len(rows(pilot)) == 8


async def test_the_mouse_ticks_it_too() -> None:
    async with running(session_with(WiredCircleCi())) as pilot:
        await to_review(pilot)
        await pilot.click("#wire", offset=(3, 0))
        await shows(pilot, lambda: ("Create context", DEPLOY) in rows(pilot))


@pytest.mark.parametrize("is_known", [True, False])
async def test_without_a_token_the_key_says_what_to_do_and_the_rest_stays_planned(is_known: bool) -> None:
    session = session_with(WiredCircleCi())
    session.open_circleci = no_circleci
    async with running(session) as pilot:
        await to_review(pilot)
        if not is_known:
            session.known_circleci.problem = None
        await pilot.press("w")
        await shows(pilot, lambda: "Type a CircleCI token in step 5" in messages(pilot))
        await shows(pilot, lambda: review(pilot).plan is not None)
        assert len(rows(pilot)) == 8
        assert "[ ] wire CircleCI too" in screen_text(pilot)


async def test_where_circleci_refuses_there_is_no_plan_and_a_key_plans_without_it() -> None:
    circleci = WiredCircleCi(refuses_reads=True)
    async with wiring(session_with(circleci)) as pilot:
        text = screen_text(pilot)
        assert "Cannot list the contexts" in text
        assert "w plans without CircleCI" in text
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "There is no plan" in messages(pilot))
        await pilot.press("w")
        await shows(pilot, lambda: len(rows(pilot)) == 8)


async def test_read_only_plans_the_wiring_and_does_none_of_it() -> None:
    circleci = WiredCircleCi()
    async with wiring(session_with(circleci, mode=Mode.READ_ONLY)) as pilot:
        assert ("Create context", DEPLOY) in rows(pilot)
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "READ ONLY" in messages(pilot))
        assert isinstance(pilot.app.screen, ReviewScreen)
    assert circleci.sent == []


async def test_the_key_says_elsewhere_that_review_has_it() -> None:
    async with running(session_with(WiredCircleCi())) as pilot:
        await pilot.press("ctrl+w")
        await shows(pilot, lambda: "Review makes one" in messages(pilot))


# Applying


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_question_names_the_organization_and_the_contexts_and_held_enter_wires_nothing(size: tuple[int, int]) -> None:
    circleci, aws = WiredCircleCi(), MemoryAws()
    async with wiring(session_with(circleci, aws), size) as pilot:
        await held(pilot, "enter", 50)
        assert isinstance(pilot.app.screen, ReviewScreen)
        await pilot.press("ctrl+a")
        await shows(pilot, "Apply this plan?")
        assert "CircleCI acme (gh/acme)" in plain(pilot)
        question = pilot.app.screen
        assert isinstance(question, ConfirmScreen)
        assert "In CircleCI: 3 contexts, circleci-web-build, circleci-web-test and circleci-web-deploy." in question._paragraphs
        assert question.query_one("#confirm").region.bottom <= size[1], "both answers are in sight"
        await held(pilot, "enter", 50)
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        await pilot.press("ctrl+a")
        await held(pilot, "escape", 20)
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen))
        assert not any(isinstance(screen, ApplyScreen) for screen in pilot.app.screen_stack)
    assert circleci.sent == []
    assert aws.sent == []


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_wired_run_is_applied_told_and_taken_back(size: tuple[int, int]) -> None:
    circleci, aws = WiredCircleCi(), MemoryAws()
    session = session_with(circleci, aws)
    async with wiring(session, size) as pilot:
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, VERIFIED)
        assert list(circleci.shows()) == NAMES
        text = plain(pilot)
        assert "CircleCI acme (gh/acme): 3 contexts wired" in text
        assert "context circleci-web-build" in text
        clipboard = session.clipboard
        assert isinstance(clipboard, FakeClipboard)
        await pilot.press("y")
        await shows(pilot, lambda: clipboard.text)
        assert f"context:\n            - {DEPLOY}" in clipboard.text
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a")
        await shows(pilot, "Take this run back?")
        assert "CircleCI acme (gh/acme)" in plain(pilot)
        await types(pilot, ACCOUNT_ID)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, "took back")
        assert "take `context:` out" in plain(pilot)
    assert circleci.shows() == {}
    assert aws.facts.roles == {}


async def test_a_later_run_of_a_wired_set_up_still_names_its_contexts_in_the_snippet() -> None:
    circleci = WiredCircleCi()
    session = session_with(circleci)
    wired_run(session)
    job = reviewed(session, example_draft(stages__2__branches=["main", "release"]), frozenset(), lambda _: None).job()
    list(job.begin(lambda: False))
    from ciam_tui.app.jobs import outcome

    told = outcome(session, job.run_id)
    assert list(told.contexts) == NAMES
    assert "context:" in told.snippet


async def test_an_unwired_run_names_no_context() -> None:
    circleci = WiredCircleCi()
    session = session_with(circleci)
    async with running(session) as pilot:
        await to_review(pilot)
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, VERIFIED)
        assert "context" not in screen_text(pilot)
    assert circleci.sent == []


# What exists already


def with_others_role() -> WiredCircleCi:
    circleci = WiredCircleCi()
    circleci.holds(DEPLOY, {"AWS_ROLE_ARN": OTHERS_ROLE})
    return circleci


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_value_that_cannot_come_back_is_said_first_and_replaced_only_when_adopted_and_typed(size: tuple[int, int]) -> None:
    circleci = with_others_role()
    async with wiring(session_with(circleci), size) as pilot:
        assert "[Exists already 1]" in screen_text(pilot)
        await pilot.press("ctrl+d")
        await shows(pilot, "Adopt what exists?")
        asked = pilot.app.screen
        assert isinstance(asked, ConfirmScreen)
        assert "An undo cannot bring back what AWS_ROLE_ARN in the context circleci-web-deploy is now" in asked._paragraphs[0]
        assert "a value that ends in else" in asked._paragraphs[1]
        await types(pilot, DEPLOY)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, lambda: ("Replace variable", f"AWS_ROLE_ARN in {DEPLOY}") in rows(pilot))
        assert circleci.sent == []
        await pilot.press("ctrl+a")
        await shows(pilot, "Apply this plan?")
        question = pilot.app.screen
        assert isinstance(question, ConfirmScreen)
        assert question._paragraphs[0].startswith(f"! An undo cannot bring back what AWS_ROLE_ARN in the context {DEPLOY} is now")
        assert "take the rest back" in question._paragraphs[1]
        await held(pilot, "enter", 50)
        await pilot.press("escape")
        assert circleci.sent == []
        await pilot.press("ctrl+a")
        await types(pilot, ACCOUNT_ID)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, VERIFIED)
        assert circleci.shows()[DEPLOY][0]["AWS_ROLE_ARN"].endswith("role/circleci/circleci-web-deploy")
        await pilot.press("ctrl+u")
        await shows(pilot, "stays as the run set it")


async def test_whoever_adopts_a_role_has_not_adopted_the_context_of_its_name() -> None:
    role = hand_made_role(DEPLOY)
    aws = MemoryAws(facts=replace(EMPTY_ACCOUNT, roles={role.name: role}))
    async with wiring(session_with(with_others_role(), aws)) as pilot:
        plan = review(pilot).plan
        assert plan is not None
        assert {conflict.subject for conflict in plan.conflicts} == {f"role {DEPLOY}", f"context {DEPLOY}"}
        await pilot.press("ctrl+d")
        await types(pilot, DEPLOY)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, lambda: review(pilot).plan is not None and len(review(pilot).plan.conflicts) == 1)  # type: ignore[union-attr] # just asked
        plan = review(pilot).plan
        assert plan is not None
        assert plan.conflicts[0].subject == f"context {DEPLOY}"
        assert plan.adopted == (DEPLOY,)


async def test_an_unchanged_set_up_has_nothing_to_wire() -> None:
    session = session_with(WiredCircleCi())
    wired_run(session)
    async with wiring(session) as pilot:
        assert "Nothing to do" in screen_text(pilot)


# Going on


async def test_a_wired_run_that_a_crash_has_ended_is_finished_from_the_start() -> None:
    circleci = WiredCircleCi()
    session = session_with(circleci)
    wired_run(session, until="create-context")
    assert circleci.shows() == {}
    async with running(session) as pilot:
        await shows(pilot, "Finish a run")
        await pilot.press("home", "enter")
        await shows(pilot, "Go on with this run?")
        assert "gh/acme" in plain(pilot)
        await held(pilot, "enter", 50)
        await shows(pilot, lambda: isinstance(pilot.app.screen, StartScreen | ConfirmScreen))
        await held(pilot, "escape", 3)
        assert circleci.sent == []
        await pilot.press("home", "enter")
        await shows(pilot, "Go on with this run?")
        await pilot.press("tab", "enter")
        await shows(pilot, VERIFIED)
    assert list(circleci.shows()) == NAMES
    assert circleci.sent.count("create") == 3


@pytest.mark.parametrize("has_effect", [True, False])
async def test_a_wired_run_goes_on_after_an_answer_of_circleci_that_never_came(has_effect: bool) -> None:
    circleci = WiredCircleCi(nth=5, outcome=WriteOutcome.REFUSED, has_effect=has_effect)
    async with wiring(session_with(circleci)) as pilot:
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, "What to do")
        await pilot.press("ctrl+a")
        await shows(pilot, "Go on with this run?")
        await pilot.press("tab", "enter")
        await shows(pilot, VERIFIED)
    assert list(circleci.shows()) == NAMES
    assert circleci.sent.count("create") == 3


async def test_past_runs_tell_the_contexts_and_go_on_with_a_wired_run() -> None:
    circleci = WiredCircleCi()
    session = session_with(circleci)
    wired_run(session, until="set-context-variable")
    async with running(session) as pilot:
        app_of(pilot).push_screen(RunsScreen(session))
        await shows(pilot, "contexts circleci-web-build")
        await pilot.press("ctrl+a")
        await shows(pilot, "Go on with this run?")
        await pilot.press("tab", "enter")
        await shows(pilot, VERIFIED)
    assert list(circleci.shows()) == NAMES


async def test_without_a_token_a_wired_run_is_neither_gone_on_with_nor_taken_back_and_what_to_do_is_said() -> None:
    circleci = WiredCircleCi()
    session = session_with(circleci)
    run_id = wired_run(session, until="create-context")
    session.close_circleci()
    session.open_circleci = no_circleci
    async with running(session) as pilot:
        app_of(pilot).push_screen(RunsScreen(session))
        await shows(pilot, run_id)
        await pilot.press("ctrl+a")
        await shows(pilot, "Go on with this run?")
        await pilot.press("tab", "enter")
        await shows(pilot, "Type a CircleCI token in step 5")
        await pilot.press("escape", "ctrl+u")
        await shows(pilot, lambda: "Type a CircleCI token in step 5" in screen_text(pilot) and isinstance(pilot.app.screen, UndoScreen))
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "There is no plan" in messages(pilot))
    assert circleci.sent == []


async def test_a_refusal_by_circleci_stops_the_run_and_says_so() -> None:
    circleci = WiredCircleCi()
    session = session_with(circleci)

    def refuse(organization: Organization, name: str) -> object:
        raise WriteFailed(WriteOutcome.REFUSED, "circleci-forbidden", "CircleCI refused", f"You may not make {name}.", ["Ask an admin."])

    circleci.create_context = refuse  # type: ignore[assignment,method-assign] # it refuses
    async with wiring(session) as pilot:
        await pilot.press("ctrl+a", "tab", "enter")
        await shows(pilot, "You may not make circleci-web-build.")
        assert "Ask an admin." in screen_text(pilot)
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)


async def test_an_error_of_the_demo_that_is_no_refusal_of_a_token_is_told_whole() -> None:
    session = session_with(WiredCircleCi())

    def broken(_: object) -> object:
        raise CiamError("circleci-token-invalid", "Cannot open CircleCI", "the token has a line break in it.", ["Type it again."])

    session.open_circleci = broken  # type: ignore[assignment] # it opens nothing
    async with wiring(session) as pilot:
        assert "the token has a line break in it." in screen_text(pilot)
