"""A change is one value with four faces: its call, its effect, its way back and its words. They must never say different things."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, get_args

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.changes.effects import effect, is_done
from ciam_tui.core.changes.inverse import inverse
from ciam_tui.core.changes.made import is_irreversible, removes_something, taken_back
from ciam_tui.core.changes.subjects import ids_in, projects_of, subjects, users_of
from ciam_tui.core.changes.titles import title
from ciam_tui.core.changes.user_effects import field_changed
from ciam_tui.core.codec import from_data, to_data
from ciam_tui.core.compare import resource
from ciam_tui.core.facts import Bucket, ContextFacts, Facts, ManagedPolicy, PolicyVersion, Provider, Role
from ciam_tui.core.plan import Step, replaced
from tests.core.accounts import (
    ACCOUNT,
    BUCKET,
    CHANGES,
    CONTEXTS,
    EMPTY,
    ISSUER,
    KEY_ARN,
    POLICY_ARNS,
    PROVIDER_ARN,
    ROLE_NAMES,
    a_document,
    a_trust,
    changes,
    facts,
    said_by,
)
from tests.core.user_accounts import ATTACHABLE, BARE, LADEN, MFA, PROJECTS, USER_NAMES

if TYPE_CHECKING:
    from botocore.model import ServiceModel

NEW_IDS = {"role_id": "AROANEW", "policy_id": "ANPANEW", "version_id": "v99", "context_id": "new"}
# What undo makes, and an apply never does.
_ONLY_OF_UNDO = (
    kinds.DeleteBucket,
    kinds.DeleteProvider,
    kinds.DeleteRole,
    kinds.DeletePolicy,
    kinds.RestorePolicyVersion,
    kinds.DeleteContext,
)
# Made only where there was no such setting, and gone with the bucket.
_BUCKET_SETTINGS = (kinds.TagBucket, kinds.BlockPublicAccess, kinds.EnforceOwnership, kinds.VersionBucket, kinds.SetBucketPolicy)


def is_possible(before: Facts, change: kinds.Change) -> bool:
    """Whether AWS would do it: what it changes is there, and what it makes is not."""
    there = [resource(before, subject) is not None for subject in subjects(change)]
    match change:
        case kinds.CreateRole() | kinds.CreatePolicy() | kinds.CreateProvider() | kinds.CreateBucket() | kinds.CreateContext():
            return not any(there)
        case kinds.DeletePolicyVersion(arn=arn, version_id=version_id):
            policy = before.policies.get(arn)
            return policy is not None and version_id in [each.id for each in policy.versions] and policy.default_version != version_id
        case kinds.SetDefaultVersion(arn=arn, version_id=version_id):
            policy = before.policies.get(arn)
            return policy is not None and version_id in [each.id for each in policy.versions]
        case kinds.SetKeyStatus(user=name, key_id=key_id):
            user = before.users.get(name.lower())
            return user is not None and any(key.key_id == key_id for key in user.keys or ())
        case kinds.DeleteVirtualMfa() | kinds.DeleteUser() | kinds.DeleteProjectVariable():
            return all(there)
        case _ if isinstance(change, kinds.UserSetting):
            user = before.users.get(change.user.lower())
            return user is not None and field_changed(change) not in user.unknown
        case _:
            return all(there)


def has_no_way_back(before: Facts, change: kinds.Change) -> bool:
    """Whether `change` takes away what nobody gives back, or makes an expired key something that it was not."""
    match change:
        case kinds.SetKeyStatus(user=name, key_id=key_id):
            user = before.users.get(name.lower())
            return any(key.key_id == key_id and key.status == "Expired" for key in (user.keys if user else None) or ())
        case kinds.SetContextVariable(context=context, name=name):
            return context in before.contexts and name in dict(before.contexts[context].variables)
        case _:
            return is_irreversible(change) and not isinstance(change, kinds.SetContextVariable)


def test_a_strategy_makes_every_kind_of_change() -> None:
    assert len(CHANGES) == len(get_args(kinds.Change))


@given(facts(), changes)
def test_an_effect_that_is_there_already_changes_nothing(before: Facts, change: kinds.Change) -> None:
    after = effect(before, change, NEW_IDS)
    assert effect(after, change, NEW_IDS) == after


@given(facts(), changes)
def test_what_has_had_its_effect_is_done(before: Facts, change: kinds.Change) -> None:
    assume(is_possible(before, change))
    after = effect(before, change, NEW_IDS)
    assert is_done(after, change)


@given(facts(), changes)
def test_what_is_done_would_change_nothing(before: Facts, change: kinds.Change) -> None:
    assume(is_done(before, change))
    assert said_by(effect(before, change, NEW_IDS)) == said_by(before)


@given(facts(), changes)
def test_a_change_touches_its_own_subjects_alone(before: Facts, change: kinds.Change) -> None:
    after = effect(before, change, NEW_IDS)
    assert subjects(change)
    every = {
        "bucket",
        "provider",
        *(f"role {name.lower()}" for name in ROLE_NAMES),
        *(f"policy {arn}" for arn in POLICY_ARNS),
        *(f"context {name}" for name in CONTEXTS),
        *(f"user {name.lower()}" for name in USER_NAMES),
        *(f"project {slug}" for slug in PROJECTS),
        f"mfa {MFA[0]}",
    }
    for subject in every - subjects(change):
        assert resource(after, subject) == resource(before, subject)


@given(facts(), changes)
@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])  # most changes of most accounts are not possible
def test_the_way_back_of_a_change_leads_to_what_was_there(before: Facts, change: kinds.Change) -> None:
    assume(not isinstance(change, _ONLY_OF_UNDO + _BUCKET_SETTINGS))
    assume(is_possible(before, change) and not is_done(before, change) and not has_no_way_back(before, change))
    if isinstance(change, kinds.EncryptBucket):
        assume(
            before.bucket is not None and not before.bucket.unread and (before.bucket.encryption, before.bucket.kms_key_arn) in ENCRYPTED
        )
    after = effect(before, change, NEW_IDS)
    for number, back in enumerate(inverse(change, before, NEW_IDS)):
        after = effect(after, back, {"version_id": f"v{200 + number}"})
    assert said_by(after) == said_by(before)


ENCRYPTED = [("AES256", None), ("aws:kms", KEY_ARN)]


@given(st.lists(changes, max_size=6), facts())
def test_a_whole_sequence_leads_back_too(made: list[kinds.Change], before: Facts) -> None:
    now, backwards, numbers = before, [], itertools.count(100)
    for change in made:
        if (
            isinstance(change, (*_ONLY_OF_UNDO, *_BUCKET_SETTINGS, kinds.EncryptBucket))
            or not is_possible(now, change)
            or is_done(now, change)
            or has_no_way_back(now, change)
        ):
            continue
        ids = {**NEW_IDS, "version_id": f"v{next(numbers)}"}
        backwards.append(inverse(change, now, ids))
        now = effect(now, change, ids)
    for back in (change for group in reversed(backwards) for change in group):
        # A version that was pruned has got another id meanwhile; undo looks it up, see test_undo.
        assume(not isinstance(back, kinds.SetDefaultVersion | kinds.DeletePolicyVersion) or is_possible(now, back))
        now = effect(now, back, {"version_id": f"v{next(numbers)}"})
    assert said_by(now) == said_by(before)


def test_a_tag_in_other_letters_comes_back_in_its_own() -> None:
    role = Role("r", "arn", "AROA1", "/", a_trust(), tags=(("Team", "old"),))
    change = kinds.TagRole("r", (("owner", "dana"), ("team", "web")))
    before = replace(EMPTY, roles={"r": role})
    after = effect(before, change)
    assert after.roles["r"].tags == (("owner", "dana"), ("team", "web"))
    assert inverse(change, before, {}) == (kinds.UntagRole("r", ("owner", "team")), kinds.TagRole("r", (("Team", "old"),)))


def test_the_tags_of_a_bucket_are_replaced_as_a_whole_as_s3_does_it() -> None:
    before = replace(EMPTY, bucket=replace(BUCKET, tags=(("cost", "4711"),)))
    after = effect(before, kinds.TagBucket("acme-builds", (("team", "web"),)))
    assert after.bucket is not None
    assert after.bucket.tags == (("team", "web"),)


@pytest.mark.parametrize(
    ("found", "is_taken_for_made"),
    [
        (Bucket("acme-builds", "us-east-1", ACCOUNT), True),
        (Bucket("acme-builds", "eu-central-1", ACCOUNT), False),
        (Bucket("acme-builds", "us-east-1", None, unread=("owner",)), False),
        (Bucket("acme-builds", "us-east-1", "999999999999"), False),
        (None, False),
    ],
)
def test_a_bucket_of_somebody_else_is_not_taken_for_the_one_just_made(found: Bucket | None, is_taken_for_made: bool) -> None:
    assert is_done(replace(EMPTY, bucket=found), kinds.CreateBucket("acme-builds", "us-east-1")) is is_taken_for_made


def test_what_somebody_else_made_under_the_same_name_is_not_taken_for_ours() -> None:
    ours = (("ciam-tui-run", "run-1"), ("managed-by", "ciam-tui"))
    copied = (("ciam-tui-run", "run-0"), ("managed-by", "ciam-tui"))
    role = kinds.CreateRole("r", "arn", "/", a_trust(), "", 3600, None, ours)
    policy = kinds.CreatePolicy("p", "p", "/", a_document(), "", ours)
    provider = kinds.CreateProvider(PROVIDER_ARN, ISSUER, ("a",), ours)
    theirs = replace(
        EMPTY,
        roles={"r": Role("r", "arn", "AROA1", "/", a_trust(), tags=copied)},
        policies={"p": ManagedPolicy("p", "ANPA1", "p", "/", "v1", (PolicyVersion("v1", a_document()),), tags=copied)},
        provider=Provider(PROVIDER_ARN, ISSUER, ("a",), copied),
    )
    assert not any(is_done(theirs, change) for change in (role, policy, provider))


@pytest.mark.parametrize(
    "change",
    [
        kinds.SetTrust("gone", a_trust()),
        kinds.TagRole("gone", (("a", "b"),)),
        kinds.PutInlinePolicy("gone", "s3", a_document()),
        kinds.AttachPolicy("gone", POLICY_ARNS[0]),
        kinds.SetBoundary("gone", None),
        kinds.CreatePolicyVersion("gone", a_document()),
        kinds.RestorePolicyVersion("gone", a_document()),
        kinds.SetDefaultVersion("gone", "v1"),
        kinds.TagPolicy("gone", (("a", "b"),)),
        kinds.AddAudience(PROVIDER_ARN, "a"),
        kinds.AwaitRoles(("gone",)),
        kinds.VersionBucket("gone"),
        kinds.SetContextVariable("gone", "A", "b"),
        kinds.AddRestriction("gone", "project", "b"),
        kinds.SetKeyStatus("gone", "AKIAEXAMPLE00000OLD1", active=False),
        kinds.PutUserPolicy("gone", "s3", a_document()),
        kinds.AttachUserPolicy("gone", ATTACHABLE[0]),
        kinds.AddToGroup("gone", "deployers"),
        kinds.SetUserBoundary("gone", ATTACHABLE[1]),
    ],
    ids=lambda change: change.kind,
)
def test_nothing_is_done_to_what_is_not_there(change: kinds.Change) -> None:
    nothing = replace(EMPTY, bucket=None)
    assert effect(nothing, change) == nothing
    assert not is_done(nothing, change)


def test_a_context_that_somebody_has_filled_is_not_taken_for_the_one_just_made() -> None:
    members = ContextFacts("x", "c1", groups=("everybody",))
    change = kinds.CreateContext("x")
    assert is_done(replace(EMPTY, contexts={"x": members}), change)
    assert not is_done(replace(EMPTY, contexts={"x": replace(members, variables=(("A", "b"),))}), change)
    assert not is_done(replace(EMPTY, contexts={"x": replace(members, restrictions=(("project", "p"),))}), change)


def test_a_value_that_was_replaced_has_no_way_back_and_the_words_say_so() -> None:
    before = replace(EMPTY, contexts={"x": ContextFacts("x", "c1", (("AWS_ROLE_ARN", "gacy"),))})
    change = kinds.SetContextVariable("x", "AWS_ROLE_ARN", "arn:new", replaces=True)
    assert inverse(change, before, {}) == ()
    assert taken_back(change, before).startswith("Not at all: CircleCI never gives the replaced value back")
    assert replaced(change, before) == "a value that ends in gacy"
    assert removes_something(change)
    assert inverse(change, EMPTY, {}) == (kinds.DeleteContextVariable("x", "AWS_ROLE_ARN"),)


# What a retirement takes off a user, each with what it would find of it.
_TAKEN_OFF: tuple[kinds.UserSetting, ...] = (
    kinds.DeleteAccessKey(LADEN.name, "AKIAEXAMPLE00000OLD1"),
    kinds.DeleteLoginProfile(LADEN.name),
    kinds.DeleteSigningCertificate(LADEN.name, "CERTEXAMPLE0000000000001"),
    kinds.DeleteSshKey(LADEN.name, "APKAEXAMPLE000000001"),
    kinds.DeleteServiceCredential(LADEN.name, "ACCAEXAMPLE000000001"),
    kinds.DeactivateMfa(LADEN.name, MFA[0]),
    kinds.DeleteUserPolicy(LADEN.name, "s3"),
    kinds.DetachUserPolicy(LADEN.name, ATTACHABLE[0]),
    kinds.RemoveFromGroup(LADEN.name, "deployers"),
)


@pytest.mark.parametrize("change", _TAKEN_OFF, ids=lambda change: change.kind)
def test_what_could_not_be_read_is_never_taken_for_gone(change: kinds.UserSetting) -> None:
    field = field_changed(change)
    unread = {"not_read": (field,)} if field in {"inline", "attached", "groups"} else {field: None}
    seen = replace(EMPTY, users={LADEN.name: BARE})
    unseen = replace(EMPTY, users={LADEN.name: replace(BARE, **unread)})
    standing = replace(EMPTY, users={LADEN.name: LADEN})
    assert [is_done(each, change) for each in (standing, seen, unseen, EMPTY)] == [False, True, False, True]


@pytest.mark.parametrize("change", _TAKEN_OFF, ids=lambda change: change.kind)
def test_only_what_can_come_back_has_a_way_back_and_the_words_say_so(change: kinds.UserSetting) -> None:
    before = replace(EMPTY, users={LADEN.name: LADEN})
    back = inverse(change, before, {})
    assert removes_something(change)
    assert is_irreversible(change) == (back == ())
    assert taken_back(change, before).startswith("Not at all: ") == is_irreversible(change)


def test_a_key_made_inactive_comes_back_as_it_was() -> None:
    before = replace(EMPTY, users={LADEN.name: LADEN})
    change = kinds.SetKeyStatus(LADEN.name, "AKIAEXAMPLE00000OLD1", active=False)
    assert inverse(change, before, {}) == (kinds.SetKeyStatus(LADEN.name, "AKIAEXAMPLE00000OLD1", active=True),)
    assert replaced(change, before) == "Active"
    assert taken_back(change, before) == "Make the access key AKIAEXAMPLE00000OLD1 of circleci-uploader active again"
    assert removes_something(change)
    assert not removes_something(replace(change, active=True))
    assert not is_irreversible(change)


def test_a_variable_that_goes_is_gone_for_good_and_is_shown_by_its_end() -> None:
    before = replace(EMPTY, project_variables={"gh/acme/web": (("AWS_ACCESS_KEY_ID", "OLD1"),)})
    change = kinds.DeleteProjectVariable("gh/acme/web", "AWS_ACCESS_KEY_ID", "OLD1")
    assert inverse(change, before, {}) == ()
    assert is_irreversible(change)
    assert replaced(change, before) == "a value that ends in OLD1"
    assert call_of(change).params == {"project": "gh/acme/web", "name": "AWS_ACCESS_KEY_ID", "ends": "OLD1"}
    assert is_irreversible(kinds.DeleteContextVariable("x", "AWS_ACCESS_KEY_ID", "OLD1"))


def test_the_users_and_projects_that_changes_name_are_told_once_each() -> None:
    named = [*_TAKEN_OFF, kinds.DeleteUser("Circleci-Uploader"), kinds.DeleteVirtualMfa("Legacy.Robot", MFA[0])]
    assert users_of(named) == ("circleci-uploader", "Legacy.Robot")
    assert projects_of([kinds.DeleteProjectVariable("gh/acme/web", name) for name in ("A", "B")]) == ("gh/acme/web",)


def test_a_version_that_is_not_there_never_becomes_the_default() -> None:
    policy = ManagedPolicy("p", "ANPA1", "p", "/", "v2", (PolicyVersion("v2", a_document()),))
    before = replace(EMPTY, policies={"p": policy})
    assert effect(before, kinds.SetDefaultVersion("p", "v1")) == before
    assert not is_done(before, kinds.SetDefaultVersion("p", "v1"))
    assert effect(before, kinds.DeletePolicyVersion("p", "v2")) == before
    assert not is_done(before, kinds.DeletePolicyVersion("p", "v2"))


@given(facts(), changes)
def test_the_ids_that_aws_gave_are_found_again_by_reading(before: Facts, change: kinds.Change) -> None:
    assume(is_possible(before, change) and not is_done(before, change))
    found = ids_in(effect(before, change, NEW_IDS), change)
    assert {key: value for key, value in NEW_IDS.items() if key in found} == found


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@pytest.mark.parametrize("of_kind", CHANGES, ids=[kind.__name__ for kind in get_args(kinds.Change)])
@settings(max_examples=15)
@given(data=st.data())
def test_a_call_has_parameters_that_the_service_takes(of_kind: st.SearchStrategy[kinds.Change], data: st.DataObject) -> None:
    change = data.draw(of_kind)
    call = call_of(change)
    assert call_of(change) == call
    if isinstance(change, kinds.AwaitRoles):
        assert call.service == ""
        return
    if call.service == "circleci":  # whose parameters are this program's own
        assert all(isinstance(value, str) for value in call.params.values())
        return
    shape = service_model(call.service).operation_model(call.operation).input_shape
    assert shape is not None
    report = ParamValidator().validate(dict(call.params), shape)
    assert not report.has_errors(), report.generate_report()
    # What a shape does not know is left out of the request in silence.
    assert set(call.params) <= set(shape.members)


@given(changes)
def test_a_title_is_one_line_without_a_full_stop(change: kinds.Change) -> None:
    words = title(change)
    assert words
    assert "\n" not in words
    assert not words.endswith(".")


@given(changes)
def test_a_step_is_read_back_from_a_journal_as_it_was_written(change: kinds.Change) -> None:
    step = Step(f"001-{change.kind}", title(change), change, "before\nthat")
    assert from_data(Step, to_data(step)) == step
    assert type(from_data(Step, to_data(step)).change) is type(change)


@given(facts())
def test_facts_are_read_back_from_a_journal_as_they_were_written(known: Facts) -> None:
    assert from_data(Facts, to_data(known)) == known
