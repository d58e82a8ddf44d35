"""The evidence of roles is gathered source by source, for all of them at once where a source allows; each that says no makes something unknown."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.activity import EventPage
from ciam_tui.core.audit.facts import PoliciesRead, ReadRole
from ciam_tui.core.creep.standing import NotSeen, Unknown, Used
from ciam_tui.core.evidence.calls import Sessions
from ciam_tui.core.evidence.facts import JobPage, ServiceUse, Source
from ciam_tui.core.problems import CiamError
from ciam_tui.surveys.creep import Asked, gaps_of
from tests.app.fakes import NOW, FakeAws
from tests.app.memory_account import MovingClock
from tests.core.accounts import ACCOUNT
from tests.core.auditing import BUCKET, a_role, allow, policy, report_of
from tests.core.creeping import days
from tests.core.evidence_logs import event, line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ciam_tui.core.activity import Window
    from ciam_tui.core.creep.gap import Gap
    from ciam_tui.core.creep.standing import Standing
    from ciam_tui.core.facts import Role

WORKS = policy(allow(["s3:GetObject", "s3:DeleteObject"], f"{BUCKET}/builds/*"), allow("s3:GetBucketLocation", BUCKET))
DENIED = CiamError("access-denied", "Cannot ask", "AWS denied it: not authorized.")


def session(role: str = "web-build", name: str = "build-1187") -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"


@dataclass
class Known(FakeAws):
    """An account that knows of services and events, and counts what it is asked."""

    jobs: dict[str, tuple[ServiceUse, ...]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def start_service_job(self, arn: str, *, by_action: bool) -> str:
        self.asked.append(f"job {arn.rpartition('/')[2]}")
        self._read("start_service_job")
        return arn

    def service_job(self, job_id: str, marker: str | None = None) -> JobPage:
        return JobPage("COMPLETED", self.jobs.get(job_id.rpartition("/")[2], (ServiceUse("s3", days(1)),)))

    def service_events(self, source: str, window: Window, region: str, token: str | None = None) -> EventPage:
        self.asked.append(f"{source} {region}")
        self._read("service_events")
        told = self.events.get(source, [])
        return EventPage(tuple(json.dumps(each) for each in told), len(told))

    def policies_in_force(self, arns: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        self.asked.append(f"boundaries {len(arns)}")
        return PoliciesRead({arn: policy(allow("s3:Get*")) for arn in arns})


def looked_at(aws: Known, *roles: Role, created: float = 730, **asked: Any) -> tuple[Gap, ...]:
    held = roles or (a_role(inline=(("s3", WORKS),)),)
    report = report_of(*(ReadRole(each, created=days(created)) for each in held))
    return gaps_of(report, report.roles, aws, Asked(**asked), clock=MovingClock())


def of(gap: Gap, action: str) -> Standing:
    return next(each.standing for each in gap.rights if each.right.action == action)


def managed(name: str, **changes: Any) -> dict[str, Any]:
    return event(name, eventCategory="Management", managementEvent=True, requestParameters={"bucketName": "acme-builds"}, **changes)


def test_without_logs_and_trail_iam_alone_is_asked_and_objects_are_unknown() -> None:
    aws = Known()
    [gap] = looked_at(aws)
    assert aws.asked == ["job web-build"]
    assert isinstance(of(gap, "s3:GetObject"), Unknown)
    assert [each.source for each in gap.use.coverage] == [Source.SERVICE_LAST_ACCESSED]


def test_a_service_that_nobody_asked_makes_all_of_it_not_seen() -> None:
    [gap] = looked_at(Known(jobs={"web-build": (ServiceUse("s3", None),)}))
    assert all(isinstance(each.standing, NotSeen) for each in gap.rights)


def test_one_look_through_the_logs_tells_of_every_role_by_its_sessions(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    days_of = [f"{day:02}/Aug/2026:16:42:00 +0000" for day in (1, 6, 12, 19)]
    lines = [line(requester=session(name=f"job-{number}"), time=at) for number, at in enumerate(days_of)]
    lines += [line("REST.DELETE.OBJECT", requester=session("web-deploy", "x"), time=days_of[3]), line(requester=session("others", "x"))]
    log.write_text("\n".join(lines) + "\n")
    roles = [a_role(name, inline=(("s3", WORKS),)) for name in ("web-build", "web-deploy")]
    build, deploy = sorted(looked_at(Known(), *roles, files=(log,), days=15), key=lambda gap: gap.role.name)
    used = of(build, "s3:GetObject")
    assert isinstance(used, Used)
    assert (used.count, used.places) == (4, ("acme-builds/builds/web/1187/",))
    assert isinstance(of(build, "s3:DeleteObject"), NotSeen)
    assert isinstance(of(deploy, "s3:GetObject"), NotSeen)
    assert isinstance(of(deploy, "s3:DeleteObject"), Used)


def test_logs_with_a_hole_cover_only_what_comes_after_it(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(requester="-", time=f"{at}/2026:16:42:00 +0000") + "\n" for at in ("20/Jun", "09/Aug", "16/Aug", "19/Aug")))
    [gap] = looked_at(Known(), files=(log,), days=30)
    found = of(gap, "s3:DeleteObject")
    assert isinstance(found, Unknown)
    assert "go from 2026-08-10 to 2026-08-19 without a hole" in found.why


def test_a_line_that_cannot_be_read_may_be_the_use_that_is_missing(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(time=f"{day:02}/Aug/2026:16:42:00 +0000") + "\n" for day in range(1, 20)) + "nonsense\n")
    [gap] = looked_at(Known(), files=(log,), days=15)
    found = of(gap, "s3:DeleteObject")
    assert isinstance(found, Unknown)
    assert "1 record could not be read" in found.why


def test_the_event_history_is_read_where_the_buckets_lie_and_by_service() -> None:
    aws = Known(region="eu-central-1")
    aws.events["s3.amazonaws.com"] = [managed("GetBucketLocation", arn=session(), eventTime=f"{days(3):%Y-%m-%dT%H:%M:%SZ}")]
    [gap] = looked_at(aws, cloudtrail=True, regions=("ap-southeast-2",))
    regions = dict.fromkeys(each.split()[1] for each in aws.asked if each.startswith("s3."))
    assert list(regions) == ["eu-central-1", "us-east-1", "ap-southeast-2"]
    assert [each for each in aws.asked if each.startswith("kms.")]
    used = of(gap, "s3:GetBucketLocation")
    assert isinstance(used, Used)
    assert used.sources == (Source.EVENT_HISTORY,)
    assert isinstance(of(gap, "s3:GetObject"), Unknown)


def test_a_quiet_event_history_shows_that_a_bucket_was_not_managed() -> None:
    assert isinstance(of(looked_at(Known(), cloudtrail=True)[0], "s3:GetBucketLocation"), NotSeen)


@pytest.mark.parametrize("refused", ["start_service_job", "service_events", "bucket"])
def test_a_source_that_refuses_is_told_and_ends_nothing(refused: str) -> None:
    aws = Known(refusals={refused: DENIED})
    gaps = looked_at(aws, a_role("web-build"), a_role("web-deploy"), cloudtrail=True)
    assert len(gaps) == 2
    if refused != "bucket":
        assert any("not authorized" in (each.missing or "") for each in gaps[1].use.coverage)
    assert all(isinstance(each.standing, Unknown) for gap in gaps for each in gap.rights)
    assert aws.asked.count("job web-deploy") + aws.asked.count("job web-build") == (1 if refused == "start_service_job" else 2)


def test_the_boundary_counts_and_is_read_once() -> None:
    aws = Known()
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    roles = [a_role(name, inline=(("s3", WORKS),), boundary=arn) for name in ("web-build", "web-deploy")]
    gaps = looked_at(aws, *roles)
    assert aws.asked[0] == "boundaries 1"
    assert all("s3:DeleteObject" not in {each.right.action for each in gap.rights} for gap in gaps)


def test_whoever_stops_gets_what_was_read_so_far() -> None:
    report = report_of(ReadRole(a_role(inline=(("s3", WORKS),)), created=days(730)))
    [gap] = gaps_of(report, report.roles, Known(), Asked(cloudtrail=True), clock=MovingClock(), should_stop=lambda: True)
    assert all("stopped" in (each.missing or "").lower() for each in gap.use.coverage)
    assert all(isinstance(each.standing, Unknown) for each in gap.rights)


def test_a_file_that_does_not_exist_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    aws = Known()
    with pytest.raises(CiamError, match="no file or folder"):
        looked_at(aws, files=(tmp_path / "mistyped",))
    assert aws.asked == []


def test_a_young_role_says_so() -> None:
    [gap] = looked_at(Known(), created=3)
    assert gap.use.is_young
    assert gap.may_go == ()


@pytest.mark.parametrize(
    ("arn", "is_theirs"),
    [
        (session(), True),
        (session(name="any/thing"), False),
        (session("web-build-2"), False),
        (session("other"), False),
        ("arn:aws:sts::210987654321:assumed-role/web-build/x", False),
        (f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/web-build/x", False),
        (f"arn:aws:iam::{ACCOUNT}:role/circleci/web-build", False),
        ("", False),
        (None, False),
    ],
)
def test_a_session_is_its_roles_whatever_it_is_called(arn: str | None, is_theirs: bool) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/circleci/web-build"
    assert Sessions.of([role]).principal("ASIAEXAMPLE", arn) == (role if is_theirs else None)


def test_the_window_is_that_of_the_reports_moment() -> None:
    [gap] = looked_at(Known(), days=30)
    assert (gap.use.at, gap.use.since) == (NOW, days(30))
    assert replace(gap.use, created=days(3)).begins == days(3)
