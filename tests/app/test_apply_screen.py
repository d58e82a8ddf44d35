from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.app.jobs import review, run_state
from ciam_tui.app.running import Ending, Progress, StepState
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.done import DoneScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.app.session import Mode
from ciam_tui.apply import Waiting
from ciam_tui.core.journal import Began, Failed, LeftOut, NotVerified, Stopped, Succeeded, Verified
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from tests.app.driving import NARROW, WIDE, app_of, held, messages, running, screen_text, shows
from tests.app.fakes import NOW, FakeClipboard
from tests.app.memory_account import EMPTY_ACCOUNT, Gate, MemoryAws, MemoryJournals, example_draft, hand_made_role, memory_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session
    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.plan import Step

HOSTILE = "[x] [/oops] [b \x1b[2J\u202e"


@asynccontextmanager
async def applying(session: Session, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app with the example's plan being carried out."""
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    async with running(session, size) as pilot:
        app_of(pilot).push_screen(ApplyScreen(session, job))
        await shows(pilot, lambda: isinstance(pilot.app.screen, ApplyScreen | DoneScreen))
        yield pilot


def screen(pilot: Pilot[None]) -> ApplyScreen:
    found = next(each for each in pilot.app.screen_stack if isinstance(each, ApplyScreen))
    assert isinstance(found, ApplyScreen)
    return found


def states(pilot: Pilot[None]) -> list[str]:
    return [row.state.partition(" ")[2] for row in screen(pilot)._table.rows]


def failing(
    operation: str, outcome: WriteOutcome, *, effective: bool = False, times: int = 1
) -> Callable[[MemoryAws], Callable[[Call], None]]:
    """Calls of `operation` fail `times` times; with `effective`, after they were carried out."""

    def on(aws: MemoryAws) -> Callable[[Call], None]:
        left = [times]

        def before_send(call: Call) -> None:
            if call.operation == operation and left[0]:
                left[0] -= 1
                if effective:
                    aws.before_send = None
                    aws.send(call)
                    aws.before_send = before_send
                raise WriteFailed(outcome, "failed", "It failed", f"AWS said no to {operation}.", ["Ask for the permission."])

        return before_send

    return on


# The screen


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_each_step_has_a_word_and_what_is_under_way_is_said(size: tuple[int, int]) -> None:
    gate = Gate(2)
    async with applying(memory_session(MemoryAws(before_send=gate)), size) as pilot:
        await shows(pilot, "2 of 8")
        await shows(pilot, lambda: states(pilot)[:4] == ["done", "done", "running", "waiting"])
        text = screen_text(pilot)
        assert "Create the role circleci-web-test …" in text
        assert "✓ Create the role circleci-web-build" in text
        gate.opened.set()
        await shows(pilot, "Verified")


async def test_the_time_goes_on_while_it_runs() -> None:
    gate = Gate(0)
    session = memory_session(MemoryAws(before_send=gate))
    async with applying(session) as pilot:
        await shows(pilot, "0 of 8 · 0:00")
        session.clock.sleep(75)
        await shows(pilot, "0 of 8 · 1:15")
        gate.opened.set()
        await shows(pilot, "Verified")


async def test_after_the_last_step_comes_done() -> None:
    aws = MemoryAws()
    async with applying(memory_session(aws)) as pilot:
        await shows(pilot, lambda: isinstance(pilot.app.screen, DoneScreen))
        assert not any(isinstance(each, ApplyScreen) for each in pilot.app.screen_stack)
    assert len(aws.sent) == 7


async def test_escape_and_enter_never_leave_a_run_in_its_middle() -> None:
    gate = Gate(2)
    async with applying(memory_session(MemoryAws(before_send=gate))) as pilot:
        await shows(pilot, gate.reached.is_set)
        await held(pilot, "escape", 20)
        await held(pilot, "enter", 50)
        await shows(pilot, lambda: "It is running" in messages(pilot))
        assert isinstance(pilot.app.screen, ApplyScreen)
        for key in ("ctrl+a", "ctrl+u"):
            await pilot.press(key)
            assert isinstance(pilot.app.screen, ApplyScreen)
        gate.opened.set()
        await shows(pilot, "Verified")


async def test_stop_lets_the_call_under_way_end_and_begins_no_other() -> None:
    gate = Gate(2)
    aws = MemoryAws(before_send=gate)
    async with applying(memory_session(aws)) as pilot:
        await shows(pilot, gate.reached.is_set)
        await pilot.press("ctrl+x")
        await shows(pilot, "stopping after the call that is under way")
        gate.opened.set()
        await shows(pilot, "Stopped between two steps")
        assert states(pilot)[:4] == ["done", "done", "done", "waiting"]
        assert len(aws.sent) == 3
        text = screen_text(pilot)
        assert "ciam-tui resume " in text
        assert "ciam-tui undo " in text


async def test_a_stopped_run_goes_on_after_a_question_with_cancel_focused() -> None:
    gate = Gate(2)
    aws = MemoryAws(before_send=gate)
    async with applying(memory_session(aws)) as pilot:
        await shows(pilot, gate.reached.is_set)
        await pilot.press("ctrl+x")
        gate.opened.set()
        await shows(pilot, "Stopped between two steps")
        await pilot.press("ctrl+a")
        await shows(pilot, "Go on with this run?")
        await pilot.press("enter")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ApplyScreen))
        assert len(aws.sent) == 3
        await pilot.press("ctrl+a")
        await shows(pilot, "3 of 8 steps are")
        await pilot.press("tab", "enter")
        await shows(pilot, "Verified")
    assert len(aws.sent) == 7


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_refusal_says_what_aws_said_and_what_to_do(size: tuple[int, int]) -> None:
    aws = MemoryAws()
    aws.before_send = failing("PutRolePolicy", WriteOutcome.REFUSED)(aws)
    async with applying(memory_session(aws), size) as pilot:
        await shows(pilot, lambda: screen(pilot).progress.ending is Ending.FAILED)
        assert states(pilot)[4:7] == ["read back", "failed", "waiting"]
        text = screen_text(pilot)
        for said in ("AWS said no to PutRolePolicy.", "Ask for the permission.", "ctrl+a  go on", "ctrl+u  take back", "ciam-tui resume"):
            assert said in text
        await pilot.press("ctrl+a")
        await shows(pilot, "Go on with this run?")
        await pilot.press("tab", "enter")
        await shows(pilot, "Verified")


async def test_a_call_without_an_answer_is_read_back() -> None:
    aws = MemoryAws()
    aws.before_send = failing("CreateRole", WriteOutcome.UNKNOWN, effective=True)(aws)
    async with applying(memory_session(aws)) as pilot:
        await shows(pilot, "Verified")
    assert aws.sent.count("CreateRole") == 3


async def test_what_nobody_can_say_is_unknown_and_looked_up_before_going_on() -> None:
    aws = MemoryAws()
    before_send = failing("CreateRole", WriteOutcome.UNKNOWN, effective=True)(aws)

    def unreadable_too(call: Call) -> None:
        try:
            before_send(call)
        except WriteFailed:
            aws.refusals["roles"] = CiamError("unreachable", "AWS is away", "no answer.")
            raise

    aws.before_send = unreadable_too
    session = memory_session(aws)
    async with applying(session) as pilot:
        await shows(pilot, lambda: screen(pilot).progress.ending is Ending.FAILED)
        assert states(pilot)[1] == "unknown"
        aws.refusals.clear()
        await pilot.press("ctrl+a")
        await shows(pilot, "What nobody can say is looked up first")
        await pilot.press("tab", "enter")
        await shows(pilot, "Verified")
    assert aws.sent.count("CreateRole") == 3


async def test_what_was_done_can_be_taken_back_from_a_failed_run() -> None:
    aws = MemoryAws()
    aws.before_send = failing("PutRolePolicy", WriteOutcome.REFUSED)(aws)
    async with applying(memory_session(aws)) as pilot:
        await shows(pilot, lambda: screen(pilot).progress.ending is Ending.FAILED)
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a")
        await shows(pilot, "Take this run back?")
        await pilot.press(*"123456789012", "tab", "tab", "enter")
        await shows(pilot, "Verified")
    assert aws.facts == EMPTY_ACCOUNT


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (replace(EMPTY_ACCOUNT, roles={"circleci-web-deploy": hand_made_role()}), "The account changed since the plan was made"),
        (replace(EMPTY_ACCOUNT, bucket=None), "There is no bucket acme-builds."),
    ],
)
async def test_a_plan_that_the_account_has_overtaken_is_not_applied(meanwhile: Facts, reason: str) -> None:
    aws = MemoryAws()
    session = memory_session(aws)
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    aws.facts = meanwhile
    async with running(session) as pilot:
        app_of(pilot).push_screen(ApplyScreen(session, job))
        await shows(pilot, "Nothing was done.")
        assert reason in screen_text(pilot)
        await pilot.press("ctrl+a")
        await shows(pilot, lambda: "nothing to go on with" in messages(pilot))
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, ApplyScreen))
    assert aws.sent == []


async def test_another_run_at_work_is_told_and_nothing_is_done() -> None:
    aws = MemoryAws()
    async with applying(memory_session(aws, MemoryJournals(locked=True))) as pilot:
        await shows(pilot, "Another run is at work")
        assert "Wait until it has ended." in screen_text(pilot)
    assert aws.sent == []


async def test_an_account_that_shows_something_else_is_never_called_verified() -> None:
    aws = MemoryAws()

    def meddle(call: Call) -> None:
        if call.operation == "PutRolePolicy" and call.params["RoleName"].endswith("deploy"):
            roles = {name: replace(role, description="meddled with") for name, role in aws.facts.roles.items()}
            aws.facts = replace(aws.facts, roles=roles)

    aws.before_send = meddle
    async with applying(memory_session(aws)) as pilot:
        await shows(pilot, "The account is not as planned.")
        assert screen(pilot).progress.ending is Ending.NOT_VERIFIED
        text = screen_text(pilot)
        assert "meddled with" in text
        assert "Verified" not in text


async def test_leaving_stops_the_run_first_and_leaves_when_it_has_stopped() -> None:
    gate = Gate(2)
    aws = MemoryAws(before_send=gate)
    session = memory_session(aws)
    async with applying(session) as pilot:
        await shows(pilot, gate.reached.is_set)
        await pilot.press("ctrl+q")
        await shows(pilot, lambda: "then leaves" in messages(pilot))
        assert pilot.app.is_running
        gate.opened.set()
        await shows(pilot, lambda: screen(pilot).progress.ending is Ending.STOPPED)
    run_id = session.journals.run_ids()[0]
    assert run_state(session, run_id).stopped
    assert len(aws.sent) == 3


async def test_read_only_goes_on_with_nothing() -> None:
    aws = MemoryAws()
    aws.before_send = failing("PutRolePolicy", WriteOutcome.REFUSED)(aws)
    session = memory_session(aws)
    async with applying(session) as pilot:
        await shows(pilot, lambda: screen(pilot).progress.ending is Ending.FAILED)
        session.mode = Mode.READ_ONLY
        for key in ("ctrl+a", "ctrl+u"):
            await pilot.press(key)
            await shows(pilot, lambda: "READ ONLY" in messages(pilot))
            assert not isinstance(pilot.app.screen, ConfirmScreen | UndoScreen)


async def test_the_log_is_copied_as_text() -> None:
    gate = Gate(1)
    session = memory_session(MemoryAws(before_send=gate))
    async with applying(session) as pilot:
        await shows(pilot, lambda: gate.reached.is_set() and len(screen(pilot).progress.log) == 2)
        await pilot.press("y")
        clipboard = session.clipboard
        assert isinstance(clipboard, FakeClipboard)
        await shows(pilot, lambda: clipboard.text)
        assert re.fullmatch(r"09:30:00 · begun as .*\n09:30:\d\d ✓ Create the OIDC provider .*", clipboard.text)
        gate.opened.set()
        await shows(pilot, "Verified")


@pytest.mark.parametrize("size", [NARROW, WIDE, (60, 20)])
async def test_what_aws_says_is_drawn_as_it_is_spelled(size: tuple[int, int]) -> None:
    aws = MemoryAws()

    def refuse(call: Call) -> None:
        if call.operation == "PutRolePolicy":
            raise WriteFailed(WriteOutcome.REFUSED, "x", HOSTILE, HOSTILE, [HOSTILE])

    aws.before_send = refuse
    async with applying(memory_session(aws), size) as pilot:
        await shows(pilot, lambda: screen(pilot).progress.ending is Ending.FAILED)
        text = screen_text(pilot)
        assert "[x] [/oops] [b \\x1b[2J" in text
        assert "\x1b" not in text


async def test_after_a_failure_nobody_expected_the_run_can_be_finished() -> None:
    def break_down(call: Call) -> None:
        if call.operation == "PutRolePolicy":
            raise RuntimeError("a defect")

    session = memory_session(MemoryAws(before_send=break_down))
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    app = app_on(session)
    async with app.run_test(size=WIDE) as pilot:
        app.push_screen(ApplyScreen(session, job))
        await shows(pilot, "Something in ciam-tui failed")
        await pilot.press("enter")
        await shows(pilot, "Finish a run")
    assert isinstance(app.failure, RuntimeError)
    assert len(run_state(session, job.run_id).done) == 5


def app_on(session: Session) -> Any:
    from ciam_tui.app.app import CiamApp

    return CiamApp(session)


# The value behind it


@pytest.fixture
def steps() -> tuple[Step, ...]:
    return review(memory_session(), example_draft(), frozenset(), lambda _: None).plan.steps


def test_a_wait_says_what_it_waits_for_and_changes_no_state(steps: tuple[Step, ...]) -> None:
    begun = Progress(steps).after(Began(steps[4].id, NOW))
    waiting = begun.after(Waiting(steps[4].id, "Waiting for IAM", 1.0))
    assert waiting.under_way == "Waiting for IAM …"
    assert waiting.states == begun.states


def test_the_step_at_hand_is_the_first_that_is_not_done(steps: tuple[Step, ...]) -> None:
    progress = Progress(steps)
    assert progress.at == 0
    for step in steps[:3]:
        progress = progress.after(Began(step.id, NOW)).after(Succeeded(step.id, NOW))
    assert (progress.at, progress.done_count) == (3, 3)


def test_only_the_entry_verified_ends_a_run_as_verified(steps: tuple[Step, ...]) -> None:
    progress = Progress(steps)
    for step in steps:
        progress = progress.after(Began(step.id, NOW)).after(Succeeded(step.id, NOW))
    assert progress.ending is Ending.RUNNING
    assert progress.after(NotVerified(NOW, ("role x: the trust is another",))).ending is Ending.NOT_VERIFIED
    assert progress.after(Stopped(NOW)).ending is Ending.STOPPED
    assert progress.after(Verified(NOW)).ending is Ending.VERIFIED


@pytest.mark.parametrize(
    ("outcome", "state", "said"),
    [
        ("refused", StepState.FAILED, "Nothing was changed by this step."),
        ("not-done", StepState.FAILED, "this step was not done"),
        ("unknown", StepState.UNKNOWN, "resuming reads it back first"),
    ],
)
def test_a_failure_says_what_is_known_of_its_effect(steps: tuple[Step, ...], outcome: Any, state: StepState, said: str) -> None:
    failed = Progress(steps).after(Began(steps[0].id, NOW)).after(Failed(steps[0].id, NOW, "x", "No.", outcome))
    assert failed.state(steps[0]) is state
    assert failed.trouble is not None
    assert said in failed.trouble.text


def test_a_step_that_is_left_out_is_behind_and_says_why(steps: tuple[Step, ...]) -> None:
    left_out = Progress(steps).after(LeftOut(steps[0].id, NOW, "The provider stays: circleci-mobile-deploy trusts it."))
    assert (left_out.at, left_out.done_count) == (1, 1)
    assert "circleci-mobile-deploy trusts it" in left_out.log[-1].text


def test_an_error_before_the_first_entry_means_that_nothing_was_done(steps: tuple[Step, ...]) -> None:
    error = CiamError("locked", "Another run", "is at work.")
    assert Progress(steps).refused(error).ending is Ending.REFUSED
    assert Progress(steps).after(Began(steps[0].id, NOW)).refused(error).ending is Ending.FAILED
