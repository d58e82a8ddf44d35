"""A right is used, not seen or unknown, and "not seen" is said only where one source would have shown a use at any time of the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.creep.standing import CARRIED, IAM_KEEPS, NotSeen, Unknown, Used, standing_of
from ciam_tui.core.evidence.facts import Coverage, Seen, ServiceUse, Source
from tests.core.auditing import BUCKET
from tests.core.creeping import NOW, a_use, days, did, history, logs, trail

if TYPE_CHECKING:
    from ciam_tui.core.creep.standing import RoleUse, Standing

READ, WRITE, DELETE, LIST = "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"
LOGS = (logs(),)


def of(use: RoleUse, action: str = DELETE, prefix: str = "releases/") -> Standing:
    return standing_of(use, action, "acme-builds", prefix)


def why(standing: Standing) -> str:
    assert isinstance(standing, Unknown), standing
    return standing.why


# --- used -------------------------------------------------------------------------------------------------------------------------------


def test_a_right_that_was_used_says_by_which_source_when_and_how_often() -> None:
    use = a_use(did(WRITE, "releases/web/", ago=5), did(WRITE, "releases/api/", ago=2, count=4), coverage=LOGS)
    assert of(use, WRITE) == Used((Source.S3_ACCESS_LOG,), days(2), 7, ("acme-builds/releases/api/", "acme-builds/releases/web/"))


@pytest.mark.parametrize(
    ("action", "prefix", "seen"),
    [
        (READ, "releases/", did(READ, "releases/")),
        (READ, "", did(READ, "")),
        (READ, "team-*/", did(READ, "team-web/2026/")),
        (LIST, "releases/", did(LIST, "releases/web/")),
        (LIST, "", did(LIST, None)),
        ("s3:GetBucketLocation", "", did("s3:GetBucketLocation", None)),
    ],
)
def test_a_use_counts_where_it_was(action: str, prefix: str, seen: Seen) -> None:
    assert isinstance(of(a_use(seen), action, prefix), Used)


@pytest.mark.parametrize(
    ("action", "prefix", "seen"),
    [
        (READ, "releases/", did(READ, "builds/")),
        (READ, "releases/", did(READ, "")),  # an object at the top of the bucket
        (READ, "releases/", did(WRITE, "releases/")),
        (READ, "releases/", did(READ, "releases-secret/")),
        (READ, "releases/", replace(did(READ, "releases/"), resource="arn:aws:s3:::acme-other/releases/")),
        (LIST, "releases/", did(LIST, None)),
        (READ, "releases/", did(READ, "releases/", count=2, refused=2)),
        (READ, "releases/", did(READ, "releases/", ago=100)),
    ],
)
def test_a_use_elsewhere_or_long_ago_or_refused_is_none(action: str, prefix: str, seen: Seen) -> None:
    assert isinstance(of(a_use(seen, coverage=LOGS), action, prefix), NotSeen)


def test_a_use_before_the_window_is_told_with_what_was_not_seen_since() -> None:
    found = of(a_use(did(DELETE, ago=100), coverage=LOGS))
    assert isinstance(found, NotSeen)
    assert found.last == days(100)


@pytest.mark.parametrize("seen", [did(DELETE, None), did(DELETE, "", summed=True), replace(did(DELETE), resource="")])
def test_a_use_that_may_have_been_here_makes_unknown_what_was_not_seen(seen: Seen) -> None:
    assert "do not say whether they were here" in why(of(a_use(seen, coverage=LOGS)))


def test_an_action_that_iam_tracks_is_used_when_iam_says_so() -> None:
    asked = (ServiceUse("s3", days(1), actions=(("PutBucketPolicy", days(3)), ("DeleteBucket", None), ("CreateBucket", days(200)))),)
    use = a_use(services=asked)
    assert of(use, "s3:PutBucketPolicy", "") == Used((Source.SERVICE_LAST_ACCESSED,), days(3))
    assert of(use, "s3:DeleteBucket", "") == NotSeen(Source.SERVICE_LAST_ACCESSED, NOW - IAM_KEEPS, NOW)
    assert of(use, "s3:CreateBucket", "") == NotSeen(Source.SERVICE_LAST_ACCESSED, days(200), NOW, days(200))


# --- not seen ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "source", "since"),
    [
        ({"coverage": LOGS}, Source.S3_ACCESS_LOG, days(120)),
        ({"coverage": (trail(writing=True),)}, Source.TRAIL_FILE, days(120)),
        ({"services": (ServiceUse("s3", days(100)),)}, Source.SERVICE_LAST_ACCESSED, days(100)),
        ({"services": (ServiceUse("s3", None),)}, Source.SERVICE_LAST_ACCESSED, days(400)),
        ({"last_used": days(95)}, Source.ROLE_LAST_USED, days(95)),
        ({"last_used": None}, Source.ROLE_LAST_USED, days(400)),
    ],
)
def test_what_a_source_would_have_shown_and_did_not_was_not_seen(changes: dict[str, Any], source: Source, since: Any) -> None:
    found = of(a_use(**changes))
    assert isinstance(found, NotSeen)
    assert (found.source, found.since) == (source, since)


def test_what_manages_a_bucket_was_not_seen_by_the_event_history_of_its_region() -> None:
    assert of(a_use(coverage=(history(),)), "s3:PutBucketPolicy", "") == NotSeen(Source.EVENT_HISTORY, days(90), NOW)


@pytest.mark.parametrize(
    "coverage",
    [history(region="eu-west-1"), history(missing="AWS denied it."), history(since=80), history(service="kms.amazonaws.com")],
)
def test_another_region_or_half_a_history_proves_nothing(coverage: Coverage) -> None:
    assert isinstance(of(a_use(coverage=(coverage,)), "s3:PutBucketPolicy", ""), Unknown)


def test_no_event_history_shows_what_is_done_with_objects() -> None:
    assert "no source here shows who writes the objects of acme-builds" in why(of(a_use(coverage=(history(),))))


# --- unknown ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "no source here shows who writes the objects"),
        ({"coverage": (logs(bucket="acme-other"),)}, "no source here shows who writes the objects"),
        ({"coverage": (trail(writing=False),)}, "no source here shows who writes the objects"),
        ({"coverage": (logs(since=60),)}, "go from 2026-06-21 to 2026-08-19 without a hole, and the window from 2026-05-22 to 2026-08-20"),
        ({"coverage": (logs(until=5),)}, "to 2026-08-15 without a hole"),
        ({"coverage": (*LOGS, logs(missing="1 record could not be read"))}, "not all of the files could be read"),
        ({"services": None}, "no source here shows who writes the objects"),
    ],
)
def test_what_no_source_would_have_shown_is_unknown_and_says_why(changes: dict[str, Any], reason: str) -> None:
    assert reason in why(of(a_use(**changes)))


def test_unknown_says_what_would_tell() -> None:
    objects, bucket = of(a_use()), of(a_use(), "s3:PutBucketPolicy", "")
    assert isinstance(objects, Unknown)
    assert isinstance(bucket, Unknown)
    assert "server access logs of it, or a trail that records its data events" in objects.learn
    assert "--cloudtrail" in bucket.learn


def test_every_bucket_is_more_than_any_log_shows() -> None:
    assert "in every bucket" in why(standing_of(a_use(coverage=LOGS), DELETE, "*", ""))


def test_another_service_that_was_asked_is_unknown_action_by_action() -> None:
    use = a_use(services=(ServiceUse("kms", days(3)), ServiceUse("ec2", None)))
    assert "kms was last asked on 2026-08-17" in why(standing_of(use, "kms:Decrypt"))
    assert isinstance(standing_of(use, "ec2:*"), NotSeen)
    assert isinstance(standing_of(use, "lambda:*"), Unknown)
    assert isinstance(standing_of(replace(use, services=None), "ec2:*"), Unknown)


@pytest.mark.parametrize(
    ("action", "asked", "is_known"),
    [
        # S3 asks KMS for whoever asks it for an object under a key.
        ("kms:Decrypt", {"s3": 1, "kms": None}, False),
        ("kms:Decrypt", {"s3": 200, "kms": None}, True),
        ("ec2:*", {"s3": 1, "ec2": None}, True),
        ("ec2:*", {"cloudformation": 1, "ec2": None}, False),
    ],
)
def test_a_service_that_another_may_have_asked_for_the_role_is_unknown(action: str, asked: dict[str, int | None], is_known: bool) -> None:
    services = tuple(ServiceUse(service, None if ago is None else days(ago)) for service, ago in asked.items())
    found = standing_of(a_use(services=services), action)
    assert isinstance(found, NotSeen) is is_known
    if not is_known:
        assert "another service may have asked it for the role" in why(found)


@pytest.mark.parametrize("action", sorted(CARRIED))
def test_what_another_request_may_carry_is_unknown_while_that_one_is_used(action: str) -> None:
    carrier, _ = CARRIED[action]
    assert isinstance(of(a_use(coverage=LOGS), action), NotSeen)
    assert "record" in why(of(a_use(did(carrier), coverage=LOGS), action)) or "told as" in why(
        of(a_use(did(carrier), coverage=LOGS), action)
    )


def test_records_of_the_role_correct_what_iam_has_not_heard_of_yet() -> None:
    use = a_use(did(WRITE, ago=2), last_used=days(200), services=(ServiceUse("s3", days(200)),))
    assert isinstance(of(use, DELETE), Unknown)


def test_a_role_that_could_not_be_asked_about_proves_nothing_by_its_last_use() -> None:
    assert isinstance(of(a_use(last_used=None, tells_use=False)), Unknown)


def test_the_window_of_a_young_role_begins_with_it() -> None:
    use = a_use(created=days(10), coverage=(logs(since=11),))
    assert use.is_young
    assert use.begins == days(10)
    assert isinstance(of(use), NotSeen)


# --- for any evidence -------------------------------------------------------------------------------------------------------------------

PLACES = ("", "releases/", "releases/web/", "builds/")
ACTIONS = (READ, WRITE, DELETE, LIST, "s3:GetBucketLocation", "s3:PutObjectTagging", "s3:ListMultipartUploadParts")
calls = st.builds(
    did,
    st.sampled_from(ACTIONS),
    st.sampled_from((None, *PLACES)),
    ago=st.integers(0, 200),
    count=st.integers(1, 3),
    refused=st.integers(0, 1),
    summed=st.booleans(),
)
covers = st.one_of(
    st.builds(logs, since=st.integers(1, 200), until=st.integers(0, 10), bucket=st.sampled_from(("acme-builds", "acme-other"))),
    st.builds(trail, writing=st.booleans(), since=st.integers(1, 200)),
    st.builds(history, since=st.integers(1, 90), missing=st.sampled_from((None, "AWS denied it."))),
)
uses = st.builds(
    lambda seen, window, coverage, last_used, service: a_use(
        *seen,
        window=window,
        coverage=tuple(coverage),
        last_used=last_used,
        services=None if service is None else (ServiceUse("s3", days(service) if service else None),),
    ),
    st.lists(calls, max_size=4),
    st.integers(1, 150),
    st.lists(covers, max_size=3),
    st.one_of(st.none(), st.integers(0, 200).map(days)),
    st.one_of(st.none(), st.integers(0, 200)),
)


@given(uses, st.sampled_from(ACTIONS), st.sampled_from(PLACES))
def test_not_seen_always_has_a_window_as_long_as_was_asked_for_and_no_use_in_it(use: RoleUse, action: str, prefix: str) -> None:
    found = of(use, action, prefix)
    if not isinstance(found, NotSeen):
        return
    assert found.since <= use.begins
    assert found.until >= use.at - timedelta(days=2)
    assert found.last is None or found.last < use.begins
    here = f"{BUCKET}/{prefix}" if prefix else BUCKET
    within = [each for each in use.seen if each.action == action and each.resource.startswith(here) and each.last >= use.begins]
    assert all(each.count == each.refused for each in within)


@given(uses, st.sampled_from(ACTIONS), st.sampled_from(PLACES))
def test_to_know_less_never_makes_more_not_seen(use: RoleUse, action: str, prefix: str) -> None:
    less = replace(use, coverage=(), services=None, tells_use=False)
    assert not isinstance(of(less, action, prefix), NotSeen)
