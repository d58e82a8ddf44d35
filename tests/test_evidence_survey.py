"""Evidence is gathered source by source: each that says no makes unknown what it alone would have shown, and ends nothing."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.activity import EventPage
from ciam_tui.core.evidence.facts import Evidence, JobPage, ServiceUse, Source
from ciam_tui.core.evidence.report import document_of_evidence, lines_of_evidence
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import AccessKey, LastUse, User
from ciam_tui.surveys.evidence import default_regions, evidence_of
from tests.app.fakes import NOW, FakeAws
from tests.app.memory_account import MovingClock
from tests.core.evidence_logs import KEY_ID, USER_ARN, event, line

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.activity import Window

USER = User("circleci_service", "AIDA", USER_ARN, keys=(AccessKey(KEY_ID, "Active"),))
DENIED = CiamError("access-denied", "Cannot ask", "AWS denied it: not authorized.")
THROTTLED = CiamError("throttled", "Cannot ask", "Too many requests.")
BUSY = JobPage("IN_PROGRESS")


@dataclass
class Known(FakeAws):
    """An account that knows of one key: `jobs` are the answers about IAM's job, `pages` those of CloudTrail, one after another."""

    jobs: list[JobPage | CiamError] = field(default_factory=lambda: [JobPage("COMPLETED", (ServiceUse("s3", NOW),))])
    pages: list[EventPage | CiamError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def key_last_use(self, key_id: str) -> LastUse:
        self._read("key_last_use")
        return LastUse(NOW, "s3", "eu-west-1")

    def start_service_job(self, arn: str, *, by_action: bool) -> str:
        self.asked.append(f"job by action: {by_action}")
        if by_action:
            self._read("start_service_job")
        return "job"

    def service_job(self, job_id: str, marker: str | None = None) -> JobPage:
        self.asked.append(f"look {marker}")
        answer = self.jobs.pop(0)
        if isinstance(answer, CiamError):
            raise answer
        return answer

    def key_events(self, key_id: str, window: Window, region: str, token: str | None = None) -> EventPage:
        self.asked.append(f"events {region} {token}")
        answer = self.pages.pop(0) if self.pages else EventPage((), 0)
        if isinstance(answer, CiamError):
            raise answer
        return answer


def page(*names: str, token: str | None = None) -> EventPage:
    texts = tuple(json.dumps(event(name, requestParameters=None, eventCategory="Management")) for name in names)
    return EventPage(texts, len(texts), token)


def missing(evidence: Evidence, source: Source) -> str:
    return "; ".join(each.missing or "" for each in evidence.coverage if each.source is source)


def gathered(aws: Known, user: User = USER, **more: object) -> Evidence:
    return evidence_of(aws, user, at=NOW, clock=MovingClock(), **more)  # type: ignore[arg-type]  # the arguments of the function


def test_everything_that_aws_keeps_is_read_in_the_regions_where_it_is_likely() -> None:
    aws = Known(region="eu-central-1", pages=[page("ListBuckets", "ListBuckets"), page("GetCallerIdentity")])
    told: list[str] = []
    evidence = gathered(aws, regions=["ap-southeast-2"], progress=told.append)
    assert evidence.keys == {KEY_ID: LastUse(NOW, "s3", "eu-west-1")}
    assert evidence.services == (ServiceUse("s3", NOW),)
    assert [(seen.action, seen.count) for seen in evidence.seen] == [("s3:ListAllMyBuckets", 2), ("s3:GetCallerIdentity", 1)]
    regions = [text.split()[1] for text in aws.asked if text.startswith("events")]
    assert regions == ["eu-central-1", "us-east-1", "eu-west-1", "ap-southeast-2"]
    assert not any(each.missing for each in evidence.coverage)
    assert not evidence.sees_objects
    assert any("Services that were last accessed" in text for text in told)
    assert any("is unknown: no source here shows it" in text for text in lines_of_evidence(evidence))


def test_iams_job_is_waited_for_to_its_end_and_all_its_pages_are_read() -> None:
    done = JobPage("COMPLETED", (ServiceUse("s3", NOW),), "next")
    aws = Known(jobs=[*[BUSY] * 300, done, JobPage("COMPLETED", (ServiceUse("ec2", None),))])
    told: list[str] = []
    evidence = gathered(aws, progress=told.append)
    assert evidence.services == (ServiceUse("s3", NOW), ServiceUse("ec2", None))
    assert aws.asked[1:303] == [*["look None"] * 301, "look next"]
    assert any("IAM is at it since 1" in text for text in told)


def test_a_job_that_failed_says_so_and_the_services_are_unknown() -> None:
    evidence = gathered(Known(jobs=[BUSY, JobPage("FAILED", error="ServiceFailure It broke.")]))
    assert evidence.services is None
    assert "FAILED: ServiceFailure It broke" in missing(evidence, Source.SERVICE_LAST_ACCESSED)


def test_what_passes_by_itself_is_waited_for_and_what_does_not_is_told() -> None:
    assert gathered(Known(jobs=[THROTTLED, BUSY, THROTTLED, JobPage("COMPLETED")])).services == ()
    evidence = gathered(Known(jobs=[THROTTLED] * 5))
    assert evidence.services is None
    assert "Too many requests" in missing(evidence, Source.SERVICE_LAST_ACCESSED)


def test_a_job_that_never_ends_is_told_in_the_end_and_pages_that_never_end_are_left() -> None:
    assert "had not come to an end after" in missing(gathered(Known(jobs=[BUSY] * 5000)), Source.SERVICE_LAST_ACCESSED)
    again = JobPage("COMPLETED", (ServiceUse("s3", NOW),), "m")
    assert "does not come to an end" in missing(gathered(Known(jobs=[again] * 3)), Source.SERVICE_LAST_ACCESSED)


def test_where_actions_are_not_known_services_alone_are_asked_for() -> None:
    aws = Known(refusals={"start_service_job": CiamError("request-invalid", "Cannot ask", "No such granularity.")})
    assert gathered(aws).services is not None
    assert aws.asked[:2] == ["job by action: True", "job by action: False"]


@pytest.mark.parametrize("refusal", [DENIED, CiamError("aws-refused", "Cannot ask", "InvalidAction"), CiamError("unreachable", "x", "y")])
def test_no_refusal_ends_it_and_each_makes_its_source_missing(refusal: CiamError) -> None:
    aws = Known(jobs=[DENIED], pages=[refusal, page("ListBuckets")], refusals={"key_last_use": refusal})
    evidence = gathered(aws)
    assert (evidence.keys, evidence.services) == ({}, None)
    for source in (Source.KEY_LAST_USED, Source.SERVICE_LAST_ACCESSED, Source.EVENT_HISTORY):
        assert missing(evidence, source), source
    assert not evidence.shows_calls
    assert json.loads(json.dumps(document_of_evidence(evidence)))["services"] is None


def test_a_user_whose_keys_are_not_known_has_no_evidence_and_says_so() -> None:
    evidence = gathered(Known(), replace(USER, keys=None))
    assert "could not be read" in missing(evidence, Source.KEY_LAST_USED)
    assert "no key" in missing(evidence, Source.EVENT_HISTORY)


def test_a_long_history_is_read_to_a_limit_and_says_how_far_back_it_goes() -> None:
    old = json.dumps(event("ListBuckets", requestParameters=None, eventTime="2026-07-01T00:00:00Z"))
    aws = Known(region="us-east-1", pages=[page("ListBuckets", token="1"), EventPage((old, "{", "null"), 3, "2")])
    evidence = gathered(aws, pages=2)
    (history, *_) = [each for each in evidence.coverage if each.source is Source.EVENT_HISTORY]
    assert history.since is not None
    assert history.since.isoformat().startswith("2026-07-01")
    assert "more events than the 2 pages" in (history.missing or "")
    assert "2 events could not be read" in (history.missing or "")


def test_a_throttled_history_is_asked_again_at_its_pace() -> None:
    aws = Known(region="us-east-1", pages=[THROTTLED, THROTTLED, page("ListBuckets")])
    evidence = gathered(aws)
    assert sum(seen.count for seen in evidence.seen) == 1
    assert missing(evidence, Source.EVENT_HISTORY).strip("; ") == ""


def test_somebody_who_has_enough_keeps_what_was_read_and_the_rest_is_missing() -> None:
    aws = Known(jobs=[BUSY] * 50)
    evidence = gathered(aws, should_stop=lambda: len(aws.asked) > 3)
    assert evidence.keys
    assert "stopped" in missing(evidence, Source.SERVICE_LAST_ACCESSED)
    assert "stopped" in missing(evidence, Source.EVENT_HISTORY)


def test_logs_make_objects_seen_and_their_absence_worth_something(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"{line('REST.PUT.OBJECT')}\n{line(requester='-', bucket='acme-web')}\n")
    evidence = gathered(Known(), files=[tmp_path])
    assert evidence.sees_objects
    assert evidence.shows("acme-web", writing=True)
    assert not evidence.shows("acme-other", writing=True)
    lines = lines_of_evidence(evidence)
    assert any("s3:PutObject on acme-builds/builds/web/1187/, 1 time" in text for text in lines)
    assert not any("is unknown: no source" in text for text in lines)


def test_a_file_that_does_not_exist_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    aws = Known()
    with pytest.raises(CiamError, match="There is no file"):
        gathered(aws, files=[tmp_path / "no"])
    assert aws.asked == []


def test_hostile_agents_and_names_cannot_steer_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(line(key="a%251b[2J%25E2%2580%25AE/x", agent="\x1b[2J\u202e") + "\n")
    evidence = gathered(Known(jobs=[JobPage("FAILED", error="\x1b[2J\u202e")]), files=[tmp_path])
    assert evidence.seen
    assert all(text.isprintable() for text in lines_of_evidence(evidence))


@pytest.mark.parametrize(
    ("region", "partition", "more", "regions"),
    [
        ("us-east-1", "aws", ["us-east-1", ""], ("us-east-1",)),
        ("eu-west-1", "aws", ["aws-global"], ("eu-west-1", "us-east-1")),
        ("cn-north-1", "aws-cn", [], ("cn-north-1",)),
    ],
)
def test_regions_are_those_where_a_keys_events_are_likely(region: str, partition: str, more: list[str], regions: tuple[str, ...]) -> None:
    assert default_regions(region, partition, more) == regions
