"""Two readings of an account differ where somebody did something, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from ciam_tui.core.changes.effects import UNKNOWN_ID
from ciam_tui.core.compare import as_text, differences, resource
from ciam_tui.core.facts import Facts, ManagedPolicy, PolicyVersion, Provider, Role
from tests.core.accounts import BUCKET, EMPTY, ISSUER, NOON, OTHER_POLICY, PROVIDER_ARN, a_document, a_trust, facts, respelled

ROLE = Role(
    name="circleci-web-build",
    arn="arn:aws:iam::123456789012:role/circleci/circleci-web-build",
    role_id="AROA1",
    path="/circleci/",
    trust=a_trust(),
    description="made",
    tags=(("team", "web"),),
    inline=(("s3", a_document()),),
    attached=(OTHER_POLICY,),
)
POLICY = ManagedPolicy(
    "p", "ANPA1", "p", "/", "v2", (PolicyVersion("v1", a_document("s3:PutObject")), PolicyVersion("v2", a_document())), tags=(("a", "b"),)
)
PROVIDER = Provider(PROVIDER_ARN, ISSUER, ("a",), (("team", "web"),))
BEFORE = replace(EMPTY, provider=PROVIDER, roles={"circleci-web-build": ROLE}, policies={"p": POLICY})
ALL = ("bucket", "provider", "role circleci-web-build", "policy p")


def with_role(**changes: Any) -> Facts:
    return replace(BEFORE, roles={"circleci-web-build": replace(ROLE, **changes)})


def with_policy(**changes: Any) -> Facts:
    return replace(BEFORE, policies={"p": replace(POLICY, **changes)})


@given(facts())
def test_an_account_does_not_differ_from_itself(known: Facts) -> None:
    subjects = ["bucket", "provider", *(f"role {name}" for name in known.roles), *(f"policy {arn}" for arn in known.policies)]
    assert differences(known, known, subjects) == ()


@pytest.mark.parametrize(
    ("after", "field"),
    [
        (with_role(trust=a_trust(audiences=("other",))), "trust"),
        (with_role(role_id="AROA2"), "role_id"),
        (with_role(path="/"), "path"),
        (with_role(description="another"), "description"),
        (with_role(max_session_seconds=7200), "max_session_seconds"),
        (with_role(boundary=OTHER_POLICY), "boundary"),
        (with_role(tags=()), "tags"),
        (with_role(inline=()), "inline"),
        (with_role(inline=(("s3", a_document("s3:*")),)), "inline"),
        (with_role(attached=()), "attached"),
        (replace(BEFORE, roles={}), "existence"),
        (with_policy(policy_id="ANPA2"), "policy_id"),
        (with_policy(default_version="v1"), "document"),
        (with_policy(versions=POLICY.versions[1:]), "versions"),
        (with_policy(tags=()), "tags"),
        (replace(BEFORE, policies={}), "existence"),
        (replace(BEFORE, provider=replace(PROVIDER, client_ids=("a", "b"))), "client_ids"),
        (replace(BEFORE, provider=replace(PROVIDER, tags=())), "tags"),
        (replace(BEFORE, provider=None), "existence"),
        (replace(BEFORE, bucket=replace(BUCKET, policy=a_document())), "policy"),
        (replace(BEFORE, bucket=replace(BUCKET, public_access_blocked=False)), "public_access_blocked"),
        (replace(BEFORE, bucket=replace(BUCKET, owner_account_id=None, unread=("owner",))), "owner_account_id"),
        (replace(BEFORE, bucket=None), "existence"),
    ],
)
def test_whatever_somebody_changes_is_told_in_one_place(after: Facts, field: str) -> None:
    found = differences(BEFORE, after, ALL)
    assert [each.field for each in found] == [field]
    assert found[0].expected != found[0].actual
    assert "\n" not in str(found[0])
    assert [each.field for each in differences(after, BEFORE, ALL)] == [field]


def test_what_changes_by_itself_is_no_difference() -> None:
    used = with_role(last_used=NOON + timedelta(days=1), last_used_region="eu-central-1")
    assert differences(BEFORE, used, ALL) == ()
    assert differences(BEFORE, with_policy(attachments=3), ALL) == ()


def test_a_policy_in_another_spelling_says_the_same() -> None:
    respelled_role = with_role(trust=respelled(ROLE.trust), inline=(("s3", respelled(a_document())),))
    assert respelled_role.roles["circleci-web-build"].trust.text != ROLE.trust.text
    assert differences(BEFORE, respelled_role, ALL) == ()


def test_a_version_that_came_back_under_a_new_id_is_the_same() -> None:
    renumbered = with_policy(versions=(POLICY.versions[1], PolicyVersion("v7", a_document("s3:PutObject"))))
    assert differences(BEFORE, renumbered, ALL) == ()


def test_an_id_that_is_not_known_yet_matches_any_and_a_known_one_only_itself() -> None:
    planned = with_role(role_id=UNKNOWN_ID)
    assert differences(planned, BEFORE, ALL) == ()
    assert [each.field for each in differences(BEFORE, planned, ALL)] == ["role_id"]


def test_what_could_not_be_read_is_neither_the_same_nor_another() -> None:
    unread = replace(BEFORE, bucket=replace(BUCKET, encryption=None, unread=("encryption",)))
    assert differences(BEFORE, unread, ALL) == ()


def test_only_the_resources_asked_for_are_compared() -> None:
    assert differences(BEFORE, Facts(EMPTY.identity), ["bucket"])[0].subject == "bucket"
    assert differences(BEFORE, Facts(EMPTY.identity), []) == ()


def test_an_unknown_subject_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="queue"):
        resource(BEFORE, "queue x")


def test_differences_read_as_sentences() -> None:
    gone, new = differences(BEFORE, replace(BEFORE, roles={}), ALL), differences(replace(BEFORE, roles={}), BEFORE, ALL)
    assert str(gone[0]) == "role circleci-web-build: it is not there"
    assert str(new[0]) == "role circleci-web-build: it is there now"
    assert str(differences(BEFORE, with_role(boundary="b"), ALL)[0]) == "role circleci-web-build: permissions boundary is b, not none"
    assert (
        str(differences(BEFORE, with_role(trust=a_trust(audiences=("x",))), ALL)[0])
        == "role circleci-web-build: the trust policy is another"
    )


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"inline": (*ROLE.inline, ("extra", a_document()), ("more", a_document()))}, "2 more inline policies: extra and more"),
        ({"inline": ()}, "one inline policy less: s3"),
        ({"inline": (("s3", a_document("s3:*")),)}, "the inline policy s3 is another"),
        ({"attached": (*ROLE.attached, "arn:x")}, "one more attached policy: arn:x"),
        ({"tags": (*ROLE.tags, ("owner", "eve"))}, "one more tag: owner=eve"),
    ],
)
def test_of_a_list_only_what_differs_is_told(changed: dict[str, Any], text: str) -> None:
    """Two lists side by side leave it to the reader to find what somebody added."""
    (difference,) = differences(BEFORE, with_role(**changed), ALL)
    assert str(difference) == f"role circleci-web-build: {text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        ((), "none"),
        ("", "none"),
        (("a", "b"), "a, b"),
        ((("team", "web"), ("owner", "")), "team=web, owner="),
        (3600, "3600"),
        ((("s3", a_document()),), f"s3: {a_document().canonical}"),
    ],
)
def test_values_are_told_as_a_reader_wants_them(value: object, text: str) -> None:
    assert as_text(value) == text
