"""Asking AWS for its opinion and for a role's history: at CloudTrail's pace, and so that no refusal ends more than itself."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import pytest

from ciam_tui.core.activity import EventPage, Trust
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Outcome, Request
from ciam_tui.core.opinions import AnalyzerFinding, NotChecked, SimulatedDecision, Simulation
from ciam_tui.core.problems import CiamError
from ciam_tui.opinions import SecondOpinions, activities_of, activity_of, default_regions, second_opinion
from tests.app.fakes import FakeAws
from tests.app.memory_account import MovingClock
from tests.core.asking import golden
from tests.core.cloudtrail import BRANCH_SUB, ROLE_ARN, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ciam_tui.core.activity import Window
    from ciam_tui.core.opinions import PolicyKind

TRUST = Document(golden("example")["circleci-web-deploy.trust.json"])
PERMISSIONS = Document(golden("example")["circleci-web-deploy.permissions.json"])
BOUNDARY = Document('{"Version":"2012-10-17","Statement":[{"Sid":"Limit","Effect":"Allow","Action":"iam:*","Resource":"*"}]}')
GET = Request("s3:GetObject", "arn:aws:s3:::acme-builds/releases/x", {"aws:ResourceAccount": ("123456789012",)})
OTHER_ROLE = f"{ROLE_ARN}-2"
JUDGED = Trust(parse_policy(TRUST.text))


@dataclass
class Advisor(FakeAws):
    """AWS with an opinion; where `refuses` is given it has none."""

    findings: tuple[AnalyzerFinding, ...] = ()
    outcome: Outcome = Outcome.ALLOWED
    refuses: NotChecked | None = None

    def validated(self, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...] | NotChecked:
        self.reads.append(f"validated {kind.value}")
        return self.refuses or self.findings

    def simulated(
        self, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...] | NotChecked:
        self.reads.append("simulated")
        return self.refuses or tuple(SimulatedDecision(request, self.outcome) for request in requests)


# Second opinions


def test_each_document_and_the_requests_are_asked_about_and_held_against_ours() -> None:
    aws = Advisor()
    opinion = second_opinion(TRUST, [("s3", PERMISSIONS)], aws=aws, requests=[GET])
    assert aws.reads == ["validated trust", "validated permissions", "simulated"]
    assert [name for name, _ in opinion.documents] == ["the trust policy", "s3"]
    assert isinstance(opinion.simulation, Simulation)
    assert opinion.simulation.agreed == 1
    assert not opinion.contradicts


def test_what_they_find_and_we_look_for_in_vain_is_a_contradiction() -> None:
    finding = AnalyzerFinding("WARNING", "WILDCARD_WITHOUT_LIKE_OPERATOR", "They say so.")
    opinion = second_opinion(TRUST, [], aws=Advisor(findings=(finding,)))
    assert opinion.contradicts
    assert opinion.simulation is None


def test_another_answer_of_the_simulator_is_a_contradiction() -> None:
    opinion = second_opinion(None, [("s3", PERMISSIONS)], aws=Advisor(outcome=Outcome.IMPLICIT_DENY), requests=[GET])
    assert opinion.contradicts


def test_a_boundary_counts_on_both_sides() -> None:
    opinion = second_opinion(None, [("s3", PERMISSIONS)], aws=Advisor(outcome=Outcome.IMPLICIT_DENY), requests=[GET], boundary=BOUNDARY)
    assert not opinion.contradicts


@pytest.mark.parametrize(("code", "asked"), [("access-denied", 2), ("unreachable", 2), ("throttled", 9), ("request-invalid", 9)])
def test_what_is_refused_for_good_is_not_asked_again_for_the_next_role(code: str, asked: int) -> None:
    aws = Advisor(refuses=NotChecked(code, "No."))
    opinions = SecondOpinions(aws)
    for _ in range(3):
        opinion = opinions.about(TRUST, [("s3", PERMISSIONS)], requests=[GET])
        assert [told.code for told in opinion.not_checked] == [code] * 3
    assert len(aws.reads) == asked


def test_a_document_that_we_cannot_read_still_gets_their_opinion() -> None:
    finding = AnalyzerFinding("ERROR", "MISSING_STATEMENT", "Add a Statement.")
    broken = Document('{"Version":"2012-10-17"}')
    opinion = second_opinion(broken, [("s3", broken)], aws=Advisor(findings=(finding,)), requests=[GET])
    assert all(not isinstance(told, NotChecked) and told.only_theirs == (finding,) for _, told in opinion.documents)
    assert isinstance(opinion.simulation, NotChecked)


# Activity


Pages: TypeAlias = dict[tuple[str, str | None], list[tuple[str, ...]]]


@dataclass
class Trail(FakeAws):
    """CloudTrail: pages by region and role (None for all), newest first. `times` is when each was asked for."""

    clock: MovingClock = field(default_factory=MovingClock)
    pages: Pages = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    times: list[tuple[str, datetime]] = field(default_factory=list)

    def assume_events(self, window: Window, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        self.asked.append((region, role_arn, token))
        self.times.append((region, self.clock.now()))
        if self.failures and (code := self.failures.pop(0)):
            raise CiamError(code, "Cannot look up CloudTrail's events", "No.")
        pages = self.pages.get((region, role_arn), [()])
        number = int(token or 0)
        following = str(number + 1) if number + 1 < len(pages) else None
        return EventPage(pages[number], len(pages[number]), following)


def test_all_regions_and_pages_are_read_and_put_together() -> None:
    trail = Trail(
        pages={
            ("us-east-1", None): [(text(1), text(2)), (text(3, sub=BRANCH_SUB, error="AccessDenied"),)],
            ("eu-west-1", None): [(text(4), text(5, role_arn=OTHER_ROLE), "no event")],
        }
    )
    found = activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1", "eu-west-1", "us-east-1"))
    assert (found.let_in, found.refused, found.unreadable) == (3, 1, 1)
    assert [(each.region, each.seen, each.complete, each.all_complete) for each in found.regions] == [
        ("us-east-1", 3, True, True),
        ("eu-west-1", 3, True, True),
    ]
    assert len(trail.asked) == 3


def test_one_reading_of_all_events_serves_all_roles() -> None:
    trail = Trail(pages={("us-east-1", None): [(text(1), text(2, role_arn=OTHER_ROLE), text(3, role_arn=OTHER_ROLE))]})
    first, second = activities_of({ROLE_ARN: JUDGED, OTHER_ROLE: JUDGED}, aws=trail, clock=trail.clock, regions=("us-east-1",))
    assert (first.let_in, second.let_in) == (1, 2)
    assert len(trail.asked) == 1


def test_in_a_busy_account_each_roles_own_events_are_asked_for() -> None:
    crowd: list[tuple[str, ...]] = [(text(100 + number, role_arn="arn:aws:iam::123456789012:role/pods"),) for number in range(9)]
    crowd[1] = (text(1),)
    pages: Pages = {("us-east-1", None): crowd, ("us-east-1", ROLE_ARN): [(text(1),), (text(2),)]}
    trail = Trail(pages=pages)
    found = activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1",), pages=3)
    assert found.let_in == 2
    (region,) = found.regions
    assert (region.seen, region.complete, region.all_complete) == (5, True, False)
    assert region.back_to is not None
    assert [role for _, role, _ in trail.asked] == [None] * 3 + [ROLE_ARN] * 2


def test_a_roles_own_events_are_not_read_beyond_the_limit_and_that_is_said() -> None:
    crowd: list[tuple[str, ...]] = [(text(number),) for number in range(9)]
    pages: Pages = {("us-east-1", None): crowd, ("us-east-1", ROLE_ARN): crowd}
    trail = Trail(pages=pages)
    found = activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1",), pages=2)
    assert len(trail.asked) == 4
    assert not found.regions[0].complete


def test_a_region_is_asked_twice_a_second_at_most_and_the_waiting_is_told() -> None:
    trail = Trail(pages={(region, None): [(text(number),) for number in range(5)] for region in ("us-east-1", "eu-west-1")})
    told: list[str] = []
    activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1", "eu-west-1"), progress=told.append)
    assert len(trail.times) == 10
    for region in ("us-east-1", "eu-west-1"):
        times = [at for where, at in trail.times if where == region]
        assert all((later - earlier).total_seconds() >= 0.5 for earlier, later in pairwise(times))
    assert "CloudTrail in us-east-1: all roles, page 2" in told
    assert "CloudTrail in us-east-1: waiting, since it takes two requests a second" in told


def test_a_busy_cloudtrail_is_waited_for_and_asked_again() -> None:
    trail = Trail(pages={("us-east-1", None): [(text(1),)]}, failures=["throttled", "throttled"])
    told: list[str] = []
    found = activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1",), progress=told.append)
    assert found.let_in == 1
    assert [at.timestamp() - trail.times[0][1].timestamp() for _, at in trail.times] == [0, 1, 3]
    assert "CloudTrail in us-east-1 is busy: waiting 2 s" in told


def test_a_cloudtrail_that_stays_busy_is_not_checked_as_far_as_it_was_not_read() -> None:
    trail = Trail(pages={("us-east-1", None): [(text(1),), (text(2),)]}, failures=["", *["throttled"] * 9])
    found = activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1",))
    (region,) = found.regions
    assert region.not_checked is not None
    assert (region.not_checked.code, region.complete, found.let_in) == ("throttled", False, 1)


@pytest.mark.parametrize("code", ["access-denied", "unreachable", "answer-unreadable", "no-credentials"])
def test_a_region_that_refuses_is_not_checked_and_the_next_is(code: str) -> None:
    trail = Trail(pages={("us-east-1", None): [(text(1),)]}, failures=[code])
    found = activity_of(ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("eu-west-1", "us-east-1"))
    first, second = found.regions
    assert first.not_checked is not None
    assert (first.not_checked.code, second.not_checked, found.let_in) == (code, None, 1)


@pytest.mark.parametrize("after", range(6))
def test_whoever_leaves_gets_what_was_read_until_then(after: int) -> None:
    trail = Trail(pages={("us-east-1", None): [(text(number),) for number in range(20)]})
    asked = iter(range(1000))
    found = activity_of(
        ROLE_ARN, JUDGED, aws=trail, clock=trail.clock, regions=("us-east-1", "eu-west-1"), should_stop=lambda: next(asked) >= after
    )
    assert found.stopped
    assert found.let_in == len(trail.asked) <= after


def test_somebody_who_leaves_while_it_waits_is_heard_within_half_a_second() -> None:
    trail = Trail(failures=["throttled"] * 9)
    began = trail.clock.now()
    activity_of(
        ROLE_ARN,
        JUDGED,
        aws=trail,
        clock=trail.clock,
        regions=("us-east-1",),
        should_stop=lambda: (trail.clock.now() - began).total_seconds() > 0,
    )
    assert (trail.clock.now() - began).total_seconds() <= 0.5


def test_the_regions_are_the_operators_and_that_of_the_global_endpoint_where_there_is_one() -> None:
    assert default_regions("eu-west-1", "aws") == ("eu-west-1", "us-east-1")
    assert default_regions("us-east-1", "aws") == ("us-east-1",)
    assert default_regions("cn-north-1", "aws-cn") == ("cn-north-1",)
