"""CloudTrail's events as a role's use: read from whatever arrives, counted by who came, and each refusal with what would change it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.activity import (
    Activity,
    AssumeEvent,
    RegionRead,
    Trust,
    Who,
    Window,
    activity_from,
    event_of,
    json_of,
    lines_of,
    read_events,
)
from ciam_tui.core.activity.report import NOT_IN_THE_HISTORY
from ciam_tui.core.document import parse_policy
from ciam_tui.core.opinions import NotChecked
from tests.core.asking import golden
from tests.core.cloudtrail import (
    ACCESS_KEY_ID,
    ADDRESS,
    BRANCH_SUB,
    ISSUER,
    MAIN_SUB,
    PROVIDER_ARN,
    ROLE_ARN,
    V1_SUB,
    event,
    text,
)
from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.tokens import USER

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
WINDOW = Window.of_last(90, NOW)
WHOLE = RegionRead("us-east-1", 7, complete=True, all_complete=True)


def deploy_trust() -> Trust:
    return Trust(parse_policy(golden("example")["circleci-web-deploy.trust.json"]))


def activity(*texts: str, trust: Trust | None = None, regions: tuple[RegionRead, ...] = (WHOLE,)) -> Activity:
    events, unreadable = read_events(texts)
    return activity_from(ROLE_ARN, trust or deploy_trust(), WINDOW, regions, events, unreadable=unreadable)


def told(**changes: Any) -> AssumeEvent:
    found = event_of(text(**changes))
    assert found is not None
    return found


# Reading


def test_an_event_tells_who_asked_for_which_role_with_which_token() -> None:
    found = told()
    assert found.at == datetime(2026, 8, 19, 10, tzinfo=UTC)
    assert (found.role_arn, found.region, found.session_name) == (ROLE_ARN, "us-east-1", "job")
    assert (found.issuer, found.provider_arn, found.audience, found.sub) == (ISSUER, PROVIDER_ARN, ORG_ID, MAIN_SUB)
    subject = found.subject
    assert subject is not None
    assert (subject.org_id, subject.project_id, subject.user_id) == (ORG_ID, PROJECT_ID, USER)
    assert (subject.vcs_origin, subject.vcs_ref) == ("github.com/acme/web", "refs/heads/main")
    assert found.let_in


def test_a_refusal_tells_the_audience_by_the_principal_although_it_has_no_answer() -> None:
    found = told(error="AccessDenied")
    assert (found.audience, found.sub, found.let_in) == (ORG_ID, MAIN_SUB, False)
    assert (found.error, found.message) == ("AccessDenied", "An unknown error occurred")


@pytest.mark.parametrize("audience", ["sts.amazonaws.com", "https://acme.example:8443/x", "a:b"])
def test_an_audience_with_colons_in_it_is_still_found_between_provider_and_sub(audience: str) -> None:
    assert told(audience=audience, error="AccessDenied").audience == audience


@pytest.mark.parametrize(
    "identity",
    [
        None,
        "WebIdentityUser",
        [],
        {},
        {"userName": 1},
        {"userName": MAIN_SUB},
        {"userName": MAIN_SUB, "principalId": "AROAEXAMPLE:job", "identityProvider": PROVIDER_ARN},
        {"userName": MAIN_SUB, "principalId": f"{PROVIDER_ARN}:{MAIN_SUB}", "identityProvider": PROVIDER_ARN},
    ],
)
def test_an_identity_of_another_shape_tells_less_and_nothing_wrong(identity: object) -> None:
    found = told(error="AccessDenied", userIdentity=identity)
    assert found.audience is None
    assert found.sub in (None, MAIN_SUB)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "null",
        "[]",
        "{",
        "{}",
        '"text"',
        "[" * 100_000,
        json.dumps(event() | {"eventName": "AssumeRole"}),
        json.dumps(event() | {"eventID": None}),
        json.dumps(event() | {"eventID": "x" * 5000}),
        json.dumps(event() | {"eventTime": "yesterday"}),
        json.dumps(event() | {"eventTime": "2026-08-19T10:00:00"}),
        json.dumps(event() | {"eventTime": "0001-01-01T00:00:00+23:59"}),
        json.dumps(event() | {"eventTime": 1}),
        text().replace('"eventID"', '"eventID": "other", "eventID"', 1),
        text() + " " * 2_000_000,
    ],
)
def test_what_is_no_readable_event_is_counted_and_not_read(broken: str) -> None:
    events, unreadable = read_events([broken, text()])
    assert (len(events), unreadable) == (1, 1)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_MEMBERS = ("userIdentity", "requestParameters", "responseElements", "errorCode", "errorMessage", "awsRegion", "eventTime", "eventID")


@given(st.dictionaries(st.sampled_from(_MEMBERS), _JSON))
def test_whatever_stands_in_an_event_it_is_read_judged_and_told_or_counted_as_unreadable(members: dict[str, Any]) -> None:
    found = activity(json.dumps(event(error="AccessDenied") | members), text(2))
    assert found.let_in + found.refused + found.unreadable <= 2
    lines_of(found)
    json.dumps(json_of(found))


def test_neither_address_nor_user_agent_nor_credentials_are_kept() -> None:
    everything = repr(told()) + json.dumps(json_of(activity(text(), text(2, error="AccessDenied"))))
    for private in (ADDRESS, ACCESS_KEY_ID, "FwoGZXIvYXdzEXAMPLE", "aws-cli"):
        assert private not in everything


def test_a_token_within_a_message_is_masked() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    assert token not in told(error="InvalidIdentityToken", errorMessage=f"cannot read {token}").message


def test_an_event_that_is_told_twice_is_counted_once() -> None:
    assert activity(text(1), text(1), text(2)).let_in == 2


# Counting


def test_who_got_in_is_counted_by_project_and_branch_with_the_last_time_most_frequent_first() -> None:
    found = activity(
        text(1, at="2026-08-01T00:00:00Z"),
        text(2, at="2026-08-03T00:00:00Z", sub=MAIN_SUB.replace(USER, "11111111-1111-4111-8111-111111111111")),
        text(3, at="2026-08-02T00:00:00Z"),
        text(4, at="2026-08-19T00:00:00Z", sub=V1_SUB),
        text(5, role_arn=f"{ROLE_ARN}-other"),
    )
    main, v1 = found.comers
    assert main.who == Who(ORG_ID, PROJECT_ID, "github.com/acme/web", "refs/heads/main")
    assert (main.count, main.first.day, main.last.day, len(main.users)) == (3, 1, 3, 2)
    assert (v1.count, v1.who.vcs_ref) == (1, None)
    assert lines_of(found)[:3] == (
        "CloudTrail: let in 4 times, refused 0 times, in the last 90 days in us-east-1.",
        f"  let in   3 times, last 2026-08-03 00:00 UTC: project {PROJECT_ID}, github.com/acme/web, refs/heads/main, 2 users",
        f"  let in   1 time, last 2026-08-19 00:00 UTC: project {PROJECT_ID}, no branch told, 1 user",
    )


def test_a_sub_that_is_no_jobs_is_told_as_it_is() -> None:
    found = activity(text(sub="system:serviceaccount:argo:runner"))
    assert found.comers[0].who == Who(other="system:serviceaccount:argo:runner")
    assert "sub system:serviceaccount:argo:runner" in lines_of(found)[1]


# Refusals


def test_a_refused_branch_is_explained_by_the_token_test() -> None:
    (refusal,) = activity(text(1, sub=BRANCH_SUB, error="AccessDenied"), text(2, sub=BRANCH_SUB, error="AccessDenied")).refusals
    assert (refusal.code, refusal.count) == ("AccessDenied", 2)
    assert refusal.reason == "The token does not meet the trust policy: sub."
    assert any("refs/heads/feature" in sentence for sentence in refusal.advice)


def test_a_token_of_the_first_form_and_a_branch_are_refused_for_different_reasons() -> None:
    found = activity(text(1, sub=BRANCH_SUB, error="AccessDenied"), text(2, sub=V1_SUB, error="AccessDenied"))
    assert len({refusal.advice for refusal in found.refusals}) == 2


def test_an_audience_copied_from_a_github_guide_is_recognized() -> None:
    (refusal,) = activity(text(audience="sts.amazonaws.com", error="AccessDenied")).refusals
    assert "aud" in refusal.reason
    assert any("sts.amazonaws.com" in sentence for sentence in refusal.advice)


def test_a_refusal_that_the_policy_of_today_would_let_in_is_not_explained_away() -> None:
    (refusal,) = activity(text(error="AccessDenied")).refusals
    assert refusal.reason.startswith("The trust policy of today would let this token in: it has been changed since, or something else")
    assert refusal.advice == ()


def test_the_providers_audiences_of_today_are_looked_at_where_they_are_known() -> None:
    trust = replace(deploy_trust(), client_ids=("another",))
    (refusal,) = activity(text(error="AccessDenied"), trust=trust).refusals
    assert "the provider takes" in refusal.reason


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("InvalidIdentityToken", "no provider in the account"),
        ("InvalidIdentityTokenException", "no provider in the account"),
        ("ExpiredTokenException", "five minutes past its end"),
        ("IDPRejectedClaim", "signature or its time"),
        ("IDPCommunicationError", "could not reach the issuer"),
        ("RegionDisabledException", "not enabled in that region"),
        ("SomethingNew", "STS did not come to the trust policy."),
    ],
)
def test_what_sts_refuses_before_the_policy_is_not_blamed_on_the_policy(code: str, said: str) -> None:
    (refusal,) = activity(text(error=code)).refusals
    assert said in refusal.reason
    assert refusal.code == code.removesuffix("Exception")


def test_what_the_event_does_not_tell_is_not_guessed() -> None:
    nobody = activity(text(error="AccessDenied", userIdentity={"type": "WebIdentityUser"})).refusals[0]
    assert nobody.reason == "The event does not tell the token's sub, so that nothing can be said about it."
    no_audience = activity(text(error="AccessDenied", userIdentity={"userName": MAIN_SUB})).refusals[0]
    assert no_audience.reason.startswith("The event does not tell the token's audience")
    unread = activity(text(error="AccessDenied"), trust=Trust(None)).refusals[0]
    assert unread.reason.startswith("The role's trust policy could not be read")


def test_refusals_are_told_with_who_why_and_what_to_change() -> None:
    lines = lines_of(activity(text(sub=BRANCH_SUB, error="AccessDenied")))
    assert lines[0] == "CloudTrail: let in 0 times, refused 1 time, in the last 90 days in us-east-1."
    assert lines[1].startswith(
        f"  refused  1 time, last 2026-08-19 10:00 UTC: project {PROJECT_ID}, github.com/acme/web, refs/heads/feature"
    )
    assert lines[2] == "           AccessDenied: The token does not meet the trust policy: sub."
    assert "Refusals are judged by the trust policy of today" in lines[-2]


# What nothing means


def test_no_events_is_none_in_these_days_and_regions_and_never_unused() -> None:
    lines = lines_of(activity(regions=(WHOLE, replace(WHOLE, region="eu-west-1"))))
    assert lines == (
        "CloudTrail: none in the last 90 days in us-east-1 and eu-west-1. That is no word about other regions or earlier days.",
        NOT_IN_THE_HISTORY,
    )
    assert "unused" not in " ".join(lines)


def test_a_region_that_was_not_read_is_not_among_those_with_none() -> None:
    denied = RegionRead("eu-west-1", not_checked=NotChecked("access-denied", "AWS denied it."))
    found = activity(regions=(WHOLE, denied))
    assert lines_of(found)[:2] == (
        "CloudTrail: none in the last 90 days in us-east-1. That is no word about other regions or earlier days.",
        "eu-west-1: not checked: AWS denied it.",
    )
    nowhere = activity(regions=(denied,))
    assert lines_of(nowhere) == ("eu-west-1: not checked: AWS denied it.",)
    assert (json_of(found)["checked"], json_of(nowhere)["checked"]) == (True, False)


def test_a_history_that_was_not_read_to_its_end_says_how_far() -> None:
    partly = RegionRead("us-east-1", 1000, complete=False, all_complete=False, back_to=datetime(2026, 8, 18, 7, tzinfo=UTC))
    lines = lines_of(activity(text(), regions=(partly,)))
    assert "us-east-1: only the newest events of this role were read." in lines
    assert any("back to 2026-08-18 07:00 UTC" in line for line in lines)


def test_days_beyond_what_cloudtrail_keeps_are_not_claimed() -> None:
    assert Window.of_last(400, NOW).days == 90
    assert Window.of_last(7, NOW).days == 7
