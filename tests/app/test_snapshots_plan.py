"""How the screens from Review on look, at both sizes that are promised. `pytest --snapshot-update` draws them anew; look at what changed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.app import CiamApp
from ciam_tui.app.jobs import review, undo_review
from ciam_tui.app.running import Ending
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.done import DoneScreen
from ciam_tui.app.screens.review import ASKING, ReviewScreen
from ciam_tui.app.screens.runs import RunsScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from tests.app.driving import NARROW, WIDE, app_of, settled, shows, types
from tests.app.fakes import ACCOUNT_ID, circleci_door
from tests.app.memory_account import EMPTY_ACCOUNT, Gate, MemoryAws, example_draft, hand_made_role, memory_session
from tests.app.wired_circleci import WiredCircleCi

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from ciam_tui.app.screens.plan import PlanScreen
    from ciam_tui.app.session import Session
    from ciam_tui.core.changes.calls import Call

    Drive = Callable[[Pilot[None]], Awaitable[None]]
    Compare = Callable[..., bool]

HAND_MADE = hand_made_role()
BEGAN_SECOND_STEP = 4  # the entries of a run up to and with the beginning of its second step


@pytest.fixture(autouse=True)
def counted_run_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of runs are shown, and end in a random number: here they are counted."""
    numbers = itertools.count(1)
    monkeypatch.setattr("ciam_tui.runs.secrets", SimpleNamespace(token_hex=lambda size: f"{next(numbers):0{2 * size}x}"))


def _session(pilot: Pilot[None]) -> Session:
    return app_of(pilot).session


def _account(pilot: Pilot[None]) -> MemoryAws:
    aws = _session(pilot).need_aws()
    assert isinstance(aws, MemoryAws)
    return aws


def _applied(session: Session, *, entries: int | None = None) -> str:
    """The id of a run of the example that was carried out, or cut off after a number of entries."""
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    for number, _ in enumerate(job.begin(lambda: False), start=1):
        if number == entries:
            break
    session.clock.sleep(60)
    return job.run_id


async def _planned(pilot: Pilot[None], screen: PlanScreen[None] | ReviewScreen) -> None:
    app_of(pilot).push_screen(screen)
    await shows(pilot, lambda: screen.plan is not None)


# Review


async def _new(pilot: Pilot[None]) -> None:
    await _planned(pilot, ReviewScreen(_session(pilot), example_draft()))


async def _step(pilot: Pilot[None]) -> None:
    await _new(pilot)
    await pilot.press("down")
    await shows(pilot, "Create the role circleci-web-build")


async def _conflict(pilot: Pilot[None]) -> None:
    account = _account(pilot)
    account.facts = replace(account.facts, roles={HAND_MADE.name: HAND_MADE})
    await _new(pilot)
    await shows(pilot, "trust · there")


async def _adopting(pilot: Pilot[None]) -> None:
    await _conflict(pilot)
    await pilot.press("ctrl+d")
    await types(pilot, HAND_MADE.name)
    await shows(pilot, "Adopt what exists?")


async def _changing(pilot: Pilot[None]) -> None:
    await _adopting(pilot)
    await pilot.press("tab", "tab", "enter")
    await shows(pilot, "9 steps")
    await pilot.press("end", "up")
    await shows(pilot, "~ changes")


async def _question(pilot: Pilot[None]) -> None:
    await _changing(pilot)
    await pilot.press("ctrl+a")
    await shows(pilot, "Apply this plan?")


# A run


async def _apply(pilot: Pilot[None]) -> ApplyScreen:
    session = _session(pilot)
    screen = ApplyScreen(session, review(session, example_draft(), frozenset(), lambda _: None).job())
    app_of(pilot).push_screen(screen)
    return screen


async def _running(pilot: Pilot[None]) -> None:
    gate = Gate(2)
    _account(pilot).before_send = gate
    screen = await _apply(pilot)
    gate.opened = screen._stop  # the call that is held up goes on when the screen goes
    await shows(pilot, lambda: gate.reached.is_set() and screen.progress.done_count == 2 and "Create" in screen.progress.under_way)
    screen._tick()


async def _failed(pilot: Pilot[None]) -> None:
    def refuse(call: Call) -> None:
        if call.operation == "PutRolePolicy":
            text = "User dana.operator is not authorized to perform iam:PutRolePolicy."
            raise WriteFailed(WriteOutcome.REFUSED, "access-denied", "AWS refused", text, ["Ask for iam:PutRolePolicy on this role."])

    _account(pilot).before_send = refuse
    screen = await _apply(pilot)
    await shows(pilot, lambda: screen.progress.ending is Ending.FAILED)
    await shows(pilot, "What to do")


async def _done(pilot: Pilot[None]) -> None:
    app_of(pilot).push_screen(DoneScreen(_session(pilot), _applied(_session(pilot))))
    await shows(pilot, "Verified:")


async def _runs(pilot: Pilot[None]) -> None:
    session = _session(pilot)
    undo = undo_review(session, _applied(session), lambda _: None).job()
    list(undo.begin(lambda: False))
    session.clock.sleep(60)
    _applied(session, entries=BEGAN_SECOND_STEP)
    app_of(pilot).push_screen(RunsScreen(session))
    await shows(pilot, "unknown  Create the role")


async def _undo(pilot: Pilot[None]) -> None:
    await _planned(pilot, UndoScreen(_session(pilot), _applied(_session(pilot))))


async def _undo_question(pilot: Pilot[None]) -> None:
    await _undo(pilot)
    await pilot.press("ctrl+a")
    await types(pilot, ACCOUNT_ID)
    await shows(pilot, "Take this run back?")


# With CircleCI wired too


async def _wired(pilot: Pilot[None]) -> None:
    await _new(pilot)
    await pilot.press("w")
    await shows(pilot, "26 steps")
    await pilot.press("end", *["up"] * 4)
    await shows(pilot, "Restrict the context circleci-web-deploy to the project")


async def _wired_question(pilot: Pilot[None]) -> None:
    await _wired(pilot)
    await pilot.press("ctrl+a")
    await shows(pilot, "Apply this plan?")


async def _wired_conflict(pilot: Pilot[None]) -> None:
    circleci = _session(pilot).circleci()
    assert isinstance(circleci, WiredCircleCi)
    circleci.holds("circleci-web-deploy", {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/somebody-else"})
    await _new(pilot)
    await pilot.press("w")
    await shows(pilot, "[Exists already 1]")
    await pilot.press("ctrl+d")
    await shows(pilot, "Adopt what exists?")


async def _wired_done(pilot: Pilot[None]) -> None:
    session = _session(pilot)
    job = review(session, example_draft(), frozenset(), lambda _: None, wire=True).job()
    list(job.begin(lambda: False))
    app_of(pilot).push_screen(DoneScreen(session, job.run_id))
    await shows(pilot, "Verified:")


SCREENS: dict[str, Drive] = {
    "review": _new,
    "review-step": _step,
    "review-conflict": _conflict,
    "review-adopting": _adopting,
    "review-changing": _changing,
    "review-question": _question,
    "apply-running": _running,
    "apply-failed": _failed,
    "done": _done,
    "runs": _runs,
    "undo": _undo,
    "undo-question": _undo_question,
    "review-wired": _wired,
    "review-wired-question": _wired_question,
    "review-wired-conflict": _wired_conflict,
    "done-wired": _wired_done,
}


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(screen: str, size: tuple[int, int], snap_compare: Compare) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await SCREENS[screen](pilot)
        await shows(pilot, lambda: not any(worker.group == ASKING and worker.is_running for worker in pilot.app.workers))
        pilot.app.clear_notifications()
        await settled(pilot)

    session = memory_session(MemoryAws(facts=EMPTY_ACCOUNT))
    session.open_circleci = circleci_door(WiredCircleCi())
    app = CiamApp(session)
    assert snap_compare(app, terminal_size=size, run_before=drive)
    assert app.failure is None
