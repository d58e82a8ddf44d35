"""What AWS is asked about the role under the cursor: when it is looked at, once, and so that somebody can leave."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.screens.audit import AuditScreen
from ciam_tui.core.activity import EventPage
from ciam_tui.core.evaluate import Outcome
from ciam_tui.core.opinions import AnalyzerFinding, SimulatedDecision
from ciam_tui.core.problems import CiamError
from tests.app.audit_world import audited_account
from tests.app.driving import NARROW, WIDE, running, screen_text, shows
from tests.app.memory_account import MemoryAws, memory_session
from tests.core.cloudtrail import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from ciam_tui.core.activity import Window
    from ciam_tui.core.creep.snapshots import Snapshot
    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.opinions import NotChecked, PolicyKind

SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
DENIED = CiamError("access-denied", "Cannot ask AWS", "AWS denied it.", ["Ask for it."])
WORST = "arn:aws:iam::123456789012:role/circleci/legacy-deploy"


@dataclass
class Talkative(MemoryAws):
    """AWS with an opinion and a history; the simulator denies everything."""

    held: Event | None = None

    def validated(self, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...] | NotChecked:
        self._read("validated")
        return (AnalyzerFinding("SUGGESTION", "EMPTY_SID_VALUE", "Add a value to [red]Sid[/oops].\x1b[2J"),)

    def simulated(
        self, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...] | NotChecked:
        self._read("simulated")
        return tuple(SimulatedDecision(request, Outcome.IMPLICIT_DENY) for request in requests)

    def assume_events(self, window: Window, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        self._read("assume_events")
        if self.held is not None:
            self.held.wait(180)
        return EventPage((text(1, role_arn=WORST), text(2, role_arn=WORST, error="AccessDenied")), 2)


@dataclass
class KeptSnapshots:
    """Snapshots in memory, of which the first knows the worst role without any right."""

    snapshots: list[Snapshot] = field(default_factory=list)
    refusal: CiamError | None = None

    def keep(self, snapshot: Snapshot) -> None:
        if self.refusal is not None:
            raise self.refusal
        if not self.snapshots:
            poorer = {arn: replace(role, grants=()) for arn, role in snapshot.roles.items()}
            self.snapshots.append(replace(snapshot, at=snapshot.at - timedelta(days=30), roles=poorer))
        self.snapshots.append(snapshot)

    def of_account(self, account_id: str) -> tuple[tuple[Snapshot, ...], tuple[str, ...]]:
        return tuple(each for each in self.snapshots if each.account_id == account_id), ()


def talkative() -> Talkative:
    return Talkative(facts=audited_account().facts)


async def at_tab(pilot: Pilot[None], presses: int) -> AuditScreen:
    """The audit with the worst role in hand, and the tab that many presses of f4 away."""
    await shows(pilot, "trusts CircleCI")
    await pilot.press("f10")
    await shows(pilot, "3 roles (1 open, 1 dead, 1 tight)")
    await pilot.press(*["f4"] * presses)
    screen = pilot.app.screen
    assert isinstance(screen, AuditScreen)
    return screen


AWS_SAYS, USE = 6, 7


@SIZES
async def test_what_aws_contradicts_stands_first_with_both_reasons(size: tuple[int, int]) -> None:
    aws = talkative()
    async with running(memory_session(aws), size) as pilot:
        screen = await at_tab(pilot, AWS_SAYS)
        assert "simulated" not in aws.reads
        await shows(pilot, "[AWS says]")
        await shows(pilot, "✗ differs")
        told = screen._pane.text
        assert told.index("differs  s3:") < told.index("EMPTY_SID_VALUE") < told.index("agrees")
        assert "allowed here, by" in told
        assert "by the simulator, no statement matched" in told
        await pilot.press("enter", "end")
        await shows(pilot, "[/oops]")
        assert "\x1b" not in screen_text(pilot)


@SIZES
async def test_who_took_the_role_and_who_was_refused(size: tuple[int, int]) -> None:
    async with running(memory_session(talkative()), size) as pilot:
        screen = await at_tab(pilot, USE)
        await shows(pilot, "let in   1 time")
        assert "[Use]" in screen_text(pilot)
        assert "refused  1 time" in screen._pane.text
        told = screen._pane.text
        assert told.index("never in CloudTrail's event history.") < told.index("What it may do, and was seen to do")
        assert "not seen   s3:" in told
        assert "(role last used)" in told


async def test_what_came_since_earlier_audits_is_told_and_each_audit_is_kept() -> None:
    session, kept = memory_session(talkative()), KeptSnapshots()
    session.snapshots = kept
    async with running(session) as pilot:
        screen = await at_tab(pilot, USE)
        await shows(pilot, lambda: "gained     may" in screen._pane.text)
        assert "by statement 1" in screen._pane.text
    assert len(kept.snapshots) == 2
    assert kept.snapshots[1].roles[WORST].grants


async def test_a_snapshot_that_cannot_be_kept_is_among_what_is_missing() -> None:
    session, kept = memory_session(talkative()), KeptSnapshots(refusal=DENIED)
    session.snapshots = kept
    async with running(session) as pilot:
        screen = await at_tab(pilot, 0)
        assert screen.report is not None
        assert screen.report.unread == ("No snapshot was kept of what the roles may do: AWS denied it.",)


async def test_a_role_is_asked_about_once_and_again_when_that_is_said() -> None:
    aws = talkative()
    async with running(memory_session(aws)) as pilot:
        await at_tab(pilot, AWS_SAYS)
        await shows(pilot, "✗ differs")
        asked = list(aws.reads)
        await pilot.press("f4", "f4", *["f4"] * AWS_SAYS)
        await shows(pilot, "✗ differs")
        assert [each for each in aws.reads if each == "simulated"] == [each for each in asked if each == "simulated"]
        await pilot.press("ctrl+r")
        await shows(pilot, lambda: aws.reads.count("simulated") == asked.count("simulated") + 1)
        assert aws.reads.count("wanted_roles") == 1


async def test_what_may_not_be_asked_is_not_checked_with_the_reason() -> None:
    aws = talkative()
    aws.refusals["assume_events"] = DENIED
    async with running(memory_session(aws)) as pilot:
        screen = await at_tab(pilot, USE)
        await shows(pilot, lambda: "us-east-1: not checked: Cannot ask AWS: AWS denied it." in screen._pane.text)


async def test_a_role_that_the_cursor_passes_is_not_asked_about() -> None:
    aws = talkative()
    async with running(memory_session(aws)) as pilot:
        screen = await at_tab(pilot, AWS_SAYS)
        await pilot.press("down", "up", "down", "f4", "f4")
        await pilot.pause(0.5)
        assert "simulated" not in aws.reads
        assert screen._pane.tab.value == "Who gets in"


async def test_esc_stops_the_asking_and_what_comes_late_is_not_shown() -> None:
    aws = talkative()
    aws.held = Event()
    async with running(memory_session(aws)) as pilot:
        await at_tab(pilot, USE)
        await shows(pilot, "CloudTrail in us-east-1: all roles, page 1")
        await pilot.press("escape")
        await shows(pilot, "Press ctrl+r to ask again.")
        aws.held.set()
        await pilot.pause(0.1)
        assert "let in   1 time" not in screen_text(pilot)
        await pilot.press("ctrl+r")
        await shows(pilot, "let in   1 time")
