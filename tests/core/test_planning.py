"""A plan is the difference between what is there and what is wanted, and never more than that."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ciam_tui.core.bucket_planning import tls_only_policy
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.codec import from_data, to_data
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Bucket, Facts, ManagedPolicy, PolicyVersion, Provider, Quotas, Role
from ciam_tui.core.ownership import our_tags, setup_id
from ciam_tui.core.plan import make_steps
from ciam_tui.core.planning import make_plan
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup, SetupInvalid
from tests.core.accounts import (
    ACCOUNT,
    BUCKET,
    EMPTY,
    IDENTITY,
    ISSUER,
    KEY_ARN,
    NOON,
    OTHER_POLICY,
    PROVIDER_ARN,
    World,
    a_document,
    a_setup,
    a_trust,
    respelled,
    said_by,
)
from tests.core.examples import ORG_ID, PROJECT_ID, project
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.plan import Plan

NO_BUCKET = replace(EMPTY, bucket=None)
ROOMY = Quotas(10**6, 10**6, 10**6, read=True)
BUILD, DEPLOY = "circleci-web-build", "circleci-web-deploy"
BUILD_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/circleci/{BUILD}"
STAGES = ("build", "test", "deploy")


def kinds_of(plan: Plan) -> list[str]:
    return [step.change.kind for step in plan.steps]


def errors(plan: Plan) -> list[str]:
    return [f"{problem.field}: {problem.text}" for problem in plan.problems if problem.level is Level.ERROR]


def said(plan: Plan, level: Level) -> str:
    return "\n".join(str(problem) for problem in plan.problems if problem.level is level)


def applied(setup: Setup, facts: Facts = EMPTY) -> World:
    world = World(facts)
    world.applied(setup)
    return world


def changed_role(world: World, name: str = BUILD, **changes: Any) -> Plan:
    """The plan for the example once somebody has changed a role of it."""
    world.with_role(name, **changes)
    return world.plan(a_setup())


# --- an account without anything, and one with everything


def test_in_an_empty_account_everything_is_made_in_the_order_in_which_it_rests_on_each_other() -> None:
    plan = World(NO_BUCKET).plan(a_setup(bucket__create=True, role__policy_kind="managed"))
    assert plan.applyable
    assert kinds_of(plan) == [
        "create-bucket",
        "tag-bucket",
        "block-public-access",
        "enforce-ownership",
        "encrypt-bucket",
        "version-bucket",
        "set-bucket-policy",
        "create-provider",
        *["create-policy"] * 3,
        *["create-role"] * 3,
        "await-roles",
        *["attach-policy"] * 3,
    ]
    assert len({step.id for step in plan.steps}) == len(plan.steps)


def test_one_role_a_project_and_stage_where_that_is_wanted() -> None:
    setup = a_setup(role__per_project=True, circleci__projects=[project("web", PROJECT_ID), project("api")])
    made = [step.change for step in World().plan(setup).steps if isinstance(step.change, kinds.CreateRole)]
    assert sorted(change.name for change in made) == sorted(f"circleci-web-{name}-{stage}" for name in ("web", "api") for stage in STAGES)
    assert all(PROJECT_ID in change.trust.canonical for change in made if "web-web" in change.name)
    assert not any(PROJECT_ID in change.trust.canonical for change in made if "web-api" in change.name)
    assert World(applied(setup).facts).plan(setup).steps == ()


def related(first: Setup, second: Setup) -> Setup:
    """`second` as a later state of `first`: other answers, and still the Setup of the same name."""
    later = second.model_dump(mode="json")
    bucket, circleci = first.bucket, first.circleci
    later["account_id"] = first.account_id
    key = later["bucket"]["kms_key_arn"]
    owner = bucket.owner_account_id or first.account_id
    later["bucket"] |= {
        "name": bucket.name,
        "region": bucket.region,
        "owner_account_id": bucket.owner_account_id,
        "kms_key_arn": key and f"arn:{first.partition}:kms:{bucket.region}:{owner}:key/{key.rpartition('/')[2]}",
        "create": bucket.create,
    }
    later["circleci"] |= {"org_id": circleci.org_id, "issuer": circleci.issuer}
    later["role"] |= {"path": first.role.path, "name_prefix": first.role.name_prefix}
    try:
        return Setup.model_validate(later)
    except SetupInvalid:
        assume(False)
        raise


def ground_for(setup: Setup) -> Facts:
    """An empty account, but for a bucket that the Setup does not make."""
    owner = setup.bucket.owner_account_id or setup.account_id
    bucket = None if setup.bucket.create else Bucket(setup.bucket.name, setup.bucket.region, owner, encryption="AES256")
    return Facts(replace(IDENTITY, account_id=setup.account_id, partition=setup.partition), ROOMY, bucket)


def assert_is_as_wanted(setup: Setup, facts: Facts) -> None:
    for wanted in wanted_roles(setup):
        role = facts.roles[wanted.name.lower()]
        assert role.trust == wanted.trust
        assert role.max_session_seconds == wanted.max_session_seconds
        assert role.boundary == setup.role.permissions_boundary
        assert set(setup.role.tags.items()) <= set(role.tags)
        if setup.role.policy_kind == "managed":
            assert (role.inline, role.attached) == ((), (wanted.policy_arn,))
            assert facts.policies[wanted.policy_arn].document == wanted.permissions
        else:
            assert (role.inline, role.attached) == ((("s3", wanted.permissions),), ())


@given(first=setups(partition="aws"), second=setups(partition="aws"))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_any_setup_turns_into_any_other_of_its_name_and_back(first: Setup, second: Setup) -> None:
    second = related(first, second)
    assert setup_id(first) == setup_id(second)
    world = World(ground_for(first))
    empty = said_by(world.facts)
    first_run = world.applied(first)
    assert_is_as_wanted(first, world.facts)
    assert world.plan(first).steps == ()
    before = said_by(world.facts)

    second_run = world.applied(second)

    assert_is_as_wanted(second, world.facts)
    assert world.plan(second).steps == ()
    reread = from_data(Facts, to_data(world.facts))
    assert make_plan(second, reread).steps == ()
    world.undone(second_run, second)
    assert said_by(world.facts) == before
    assert world.plan(first).steps == ()
    world.undone(first_run, first)
    assert said_by(world.facts) == empty


@pytest.mark.parametrize("policy_kind", ["inline", "managed"])
def test_what_aws_spells_differently_is_not_changed(policy_kind: str) -> None:
    setup = a_setup(role__policy_kind=policy_kind)
    world = applied(setup)
    for role in world.facts.roles.values():
        world.with_role(role.name, trust=respelled(role.trust), inline=tuple((name, respelled(document)) for name, document in role.inline))
    for arn, policy in world.facts.policies.items():
        world.with_policy(arn, versions=tuple(PolicyVersion(each.id, respelled(each.document)) for each in policy.versions))
    assert world.plan(setup).steps == ()


# --- bucket


def with_bucket(**changes: Any) -> Facts:
    return replace(EMPTY, bucket=replace(BUCKET, **changes))


@pytest.mark.parametrize(
    ("facts", "answers", "error"),
    [
        (NO_BUCKET, {}, "bucket.name: There is no bucket acme-builds."),
        (replace(NO_BUCKET, bucket_taken=True), {"bucket__create": True}, "bucket.name: The bucket acme-builds exists, and its account"),
        (with_bucket(region="eu-central-1"), {}, "bucket.region: The bucket acme-builds is in eu-central-1"),
        (with_bucket(owner_account_id=None, unread=("owner",)), {}, "bucket.owner_account_id: S3 did not confirm"),
        (with_bucket(owner_account_id=None, unread=("owner",)), {"bucket__create": True}, "bucket.owner_account_id: S3 did not confirm"),
    ],
)  # fmt: skip
def test_a_bucket_that_the_roles_could_not_use_stops_the_plan(facts: Facts, answers: dict[str, Any], error: str) -> None:
    plan = World(facts).plan(a_setup(**answers))
    assert not plan.applyable
    assert [each for each in errors(plan) if each.startswith(error)]
    assert not any("bucket" in kind for kind in kinds_of(plan))


def test_a_bucket_that_could_not_be_looked_at_is_not_taken_for_absent() -> None:
    unseen = replace(NO_BUCKET, bucket_taken=True, unread=("The bucket acme-builds could not be looked at.",))
    plan = World(unseen).plan(a_setup())
    assert plan.applyable
    assert not plan.complete
    assert "could not be looked at" in said(plan, Level.WARNING)


def test_a_key_that_the_setup_does_not_name_is_told() -> None:
    plan = World(with_bucket(kms_key_arn=KEY_ARN, encryption="aws:kms")).plan(a_setup())
    assert f'Set kms_key_arn to "{KEY_ARN}"' in said(plan, Level.WARNING)
    assert not any("bucket" in kind for kind in kinds_of(plan))
    unread = World(with_bucket(unread=("encryption", "kms_key_arn"))).plan(a_setup(bucket__kms_key_arn=KEY_ARN))
    assert "kms_key_arn" not in said(unread, Level.WARNING)


def test_a_bucket_that_stands_and_is_not_ours_is_used_as_it_is() -> None:
    plan = World(with_bucket(encryption=None, public_access_blocked=False)).plan(a_setup(bucket__create=True))
    assert plan.applyable
    assert not any("bucket" in kind for kind in kinds_of(plan))
    assert "exists: it is used as it is" in said(plan, Level.NOTE)


def our_bucket(setup: Setup, **changes: Any) -> World:
    """The account after a run that made the bucket, which somebody has changed since."""
    world = applied(setup, NO_BUCKET)
    world.with_bucket(**changes)
    return world


SETTINGS = {
    "public_access_blocked": "block-public-access",
    "ownership": "enforce-ownership",
    "encryption": "encrypt-bucket",
    "versioning": "version-bucket",
    "policy": "set-bucket-policy",
}


@pytest.mark.parametrize(("setting", "kind"), SETTINGS.items())
def test_a_setting_that_a_stopped_run_has_not_made_is_made(setting: str, kind: str) -> None:
    setup = a_setup(bucket__create=True)
    assert kinds_of(our_bucket(setup, **{setting: None}).plan(setup)) == [kind]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_could_not_be_read_is_not_replaced(setting: str) -> None:
    setup = a_setup(bucket__create=True)
    assert our_bucket(setup, **{setting: None}, unread=(setting,)).plan(setup).steps == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policy": a_document()}, "policy"),
        ({"versioning": "Suspended"}, "versioning"),
        ({"public_access_blocked": False}, "public access block"),
        ({"ownership": "ObjectWriter"}, "ownership controls"),
        ({"tags": (*our_tags(a_setup()), ("cost", "4711"))}, None),
    ],
)
def test_what_somebody_has_set_on_our_bucket_since_is_left_and_told(changes: dict[str, Any], words: str | None) -> None:
    setup = a_setup(bucket__create=True)
    plan = our_bucket(setup, **changes).plan(setup)
    assert plan.steps == ()
    assert plan.applyable
    assert (f"changed the {words} of acme-builds" in said(plan, Level.NOTE)) == (words is not None)


def test_the_key_that_the_setup_names_now_is_put_on_our_bucket_and_taken_back() -> None:
    world = applied(a_setup(bucket__create=True), NO_BUCKET)
    before = said_by(world.facts)
    setup = a_setup(bucket__create=True, bucket__kms_key_arn=KEY_ARN)
    run = world.applied(setup)
    assert [step.change.kind for step in run.started.steps][:1] == ["encrypt-bucket"]
    assert world.plan(setup).steps == ()
    world.undone(run, setup)
    assert said_by(world.facts) == before


def test_an_encryption_that_could_not_be_given_back_is_not_replaced() -> None:
    setup = a_setup(bucket__create=True, bucket__kms_key_arn=KEY_ARN)
    world = our_bucket(setup, encryption="aws:kms:dsse", kms_key_arn=KEY_ARN.replace("0c9e", "1d0f"))
    assert world.plan(setup).steps == ()
    assert "KMS denies" in said(world.plan(setup), Level.WARNING)


# --- provider


def test_a_provider_that_stands_is_reused_and_a_missing_audience_is_added() -> None:
    provider = Provider(PROVIDER_ARN, ISSUER, ("sts.amazonaws.com",))
    plan = World(replace(EMPTY, provider=provider)).plan(a_setup())
    assert [step.change for step in plan.steps if "provider" in step.change.kind or "audience" in step.change.kind] == [
        kinds.AddAudience(PROVIDER_ARN, ORG_ID)
    ]
    there = World(replace(EMPTY, provider=replace(provider, client_ids=(ORG_ID,)))).plan(a_setup())
    assert not any("provider" in kind or "audience" in kind for kind in kinds_of(there))


# --- roles


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"trust": a_trust()}, ["set-trust"]),
        ({"max_session_seconds": 7200}, ["set-role-settings"]),
        ({"boundary": OTHER_POLICY}, ["set-boundary"]),
        ({"inline": ()}, ["put-inline-policy"]),
        ({"inline": (("s3", a_document("s3:*")),)}, ["put-inline-policy"]),
        ({"attached": (OTHER_POLICY,)}, ["detach-policy"]),
        ({"description": "by hand"}, []),
        ({"last_used": NOON}, []),
    ],
)
def test_our_own_role_is_brought_back_to_what_is_wanted(changes: dict[str, Any], wanted: list[str]) -> None:
    plan = changed_role(applied(a_setup()), **changes)
    assert plan.applyable
    assert kinds_of(plan) == wanted
    assert not plan.conflicts


def test_stray_policies_go_before_anybody_else_gets_in_and_before_permissions_grow() -> None:
    world = applied(a_setup())
    stray = (("old", a_document("s3:*")), ("s3", a_document("s3:*")))
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    world.with_role(BUILD, inline=stray, attached=(OTHER_POLICY,), trust=a_trust())
    plan = world.plan(a_setup(role__permissions_boundary=boundary, role__tags={"team": "web"}))
    of_build = [step.change.kind for step in plan.steps if getattr(step.change, "role", None) == BUILD]
    assert of_build == ["set-boundary", "detach-policy", "delete-inline-policy", "set-trust", "tag-role", "put-inline-policy"]


def test_a_boundary_is_put_on_first_and_taken_off_last() -> None:
    bounded = a_setup(role__permissions_boundary=OTHER_POLICY, role__policy_kind="managed")
    on = applied(a_setup()).plan(bounded)
    off = applied(bounded).plan(a_setup())
    for plan, place in ((on, 0), (off, -1)):
        of_build = [step.change for step in plan.steps if getattr(step.change, "role", None) == BUILD]
        assert isinstance(of_build[place], kinds.SetBoundary)
        assert sum(isinstance(change, kinds.SetBoundary) for change in of_build) == 1


@pytest.mark.parametrize(("old", "new"), [("inline", "managed"), ("managed", "inline")])
def test_policies_switch_between_inline_and_managed(old: str, new: str) -> None:
    world = applied(a_setup(role__policy_kind=old))
    setup = a_setup(role__policy_kind=new)
    plan = world.plan(setup)
    assert plan.applyable
    of_build = [step.change.kind for step in plan.steps if getattr(step.change, "role", None) == BUILD]
    assert of_build == (["delete-inline-policy", "attach-policy"] if new == "managed" else ["detach-policy", "put-inline-policy"])
    world.carried_out(plan, setup)
    assert world.plan(setup).steps == ()
    assert world.plan(a_setup(role__policy_kind=old)).applyable


def test_a_new_tag_of_the_setup_is_put_on_and_those_of_others_stay() -> None:
    world = applied(a_setup())
    world.with_role(BUILD, tags=(*world.facts.roles[BUILD].tags, ("cost", "4711")))
    setup = a_setup(role__tags={"team": "web"})
    assert kinds_of(world.plan(setup)) == ["tag-role"] * 3
    world.applied(setup)
    assert {("cost", "4711"), ("team", "web")} <= set(world.facts.roles[BUILD].tags)


def a_foreign_role(**changes: Any) -> Role:
    """A role made by hand under one of our names, with exactly what is wanted, but for `changes`."""
    wanted = wanted_roles(a_setup())[0]
    role = Role(wanted.name, wanted.arn, "AROAFOREIGN", "/circleci/", wanted.trust, "by hand", 3600, inline=(("s3", wanted.permissions),))
    return replace(role, **changes)


def with_foreign(**changes: Any) -> World:
    provider = Provider(PROVIDER_ARN, ISSUER, (ORG_ID,))
    return World(replace(EMPTY, provider=provider, roles={BUILD: a_foreign_role(**changes)}))


def of_build(plan: Plan) -> list[kinds.Change]:
    return [step.change for step in plan.steps if BUILD in (getattr(step.change, "role", None), getattr(step.change, "name", None))]


def test_an_identical_role_of_somebody_else_is_used_and_told() -> None:
    plan = with_foreign().plan(a_setup())
    assert plan.applyable
    assert of_build(plan) == []
    assert f"The role {BUILD} was not made by this tool" in said(plan, Level.NOTE)


FOREIGN = {
    "trust": a_trust(),
    "max_session_seconds": 7200,
    "boundary": OTHER_POLICY,
    "inline": (("s3", a_document("s3:*")),),
    "attached": (OTHER_POLICY,),
}


@pytest.mark.parametrize(("field", "value"), FOREIGN.items())
def test_a_role_of_somebody_else_that_differs_is_shown_and_left_until_it_is_adopted_by_name(field: str, value: Any) -> None:
    world = with_foreign(**{field: value}, tags=(("owner", "dana"),))
    plan = world.plan(a_setup())
    assert not plan.applyable
    assert of_build(plan) == []
    assert [(conflict.name, conflict.adoptable) for conflict in plan.conflicts] == [(BUILD, True)]
    assert [difference.field for difference in plan.conflicts[0].differences] == [field]
    assert plan.conflicts[0].differences[0].expected != plan.conflicts[0].differences[0].actual
    assert f"--adopt {BUILD}" in said(plan, Level.ERROR)
    assert not world.plan(a_setup(), adopt=frozenset({DEPLOY})).applyable

    adopting = world.plan(a_setup(), adopt=frozenset({BUILD.upper()}))
    assert adopting.applyable
    assert adopting.adopted == (BUILD,)
    before = said_by(world.facts)
    run = world.carried_out(adopting, a_setup())
    assert world.plan(a_setup()).steps == ()
    assert ("owner", "dana") in world.facts.roles[BUILD].tags
    world.undone(run, a_setup())
    assert said_by(world.facts) == before


def test_an_adopted_role_is_marked_before_it_is_changed() -> None:
    plan = with_foreign(trust=a_trust()).plan(a_setup(), adopt=frozenset({BUILD}))
    assert isinstance(of_build(plan)[0], kinds.TagRole)


def test_a_role_with_our_tags_and_an_id_that_no_journal_holds_is_not_ours() -> None:
    tagged = with_foreign(trust=a_trust(), tags=our_tags(a_setup()))
    assert [conflict.adoptable for conflict in tagged.plan(a_setup()).conflicts] == [True]
    adopting = tagged.plan(a_setup(), adopt=frozenset({BUILD}))
    assert [change.kind for change in of_build(adopting)] == ["set-trust"]


def test_a_role_whose_name_differs_in_case_is_the_same_role() -> None:
    foreign = a_foreign_role(name="CircleCI-Web-Build", trust=a_trust())
    world = World(replace(EMPTY, roles={BUILD: foreign}))
    plan = world.plan(a_setup(), adopt=frozenset({BUILD}))
    assert not any(isinstance(step.change, kinds.CreateRole) and step.change.name == BUILD for step in plan.steps)
    assert kinds.SetTrust("CircleCI-Web-Build", wanted_roles(a_setup())[0].trust) in [step.change for step in plan.steps]


def test_a_role_that_others_trust_is_never_adopted() -> None:
    trust = json.loads(a_trust().text)
    trust["Statement"].append({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    plan = with_foreign(trust=Document(json.dumps(trust))).plan(a_setup(), adopt=frozenset({BUILD}))
    assert not plan.applyable
    assert of_build(plan) == []
    assert [conflict.adoptable for conflict in plan.conflicts] == [False]
    assert "ec2.amazonaws.com" in plan.conflicts[0].reason


def test_a_role_of_an_aws_service_is_never_adopted_and_its_path_not_recommended() -> None:
    plan = with_foreign(path="/aws-service-role/s3.amazonaws.com/").plan(a_setup(), adopt=frozenset({BUILD}))
    assert not plan.applyable
    assert [conflict.adoptable for conflict in plan.conflicts] == [False]
    assert "aws-service-role" not in said(plan, Level.ERROR)


def test_a_role_under_another_path_cannot_be_moved() -> None:
    plan = with_foreign(path="/").plan(a_setup(), adopt=frozenset({BUILD}))
    assert not plan.applyable
    assert of_build(plan) == []
    assert any("role.path" in error and "cannot move" in error for error in errors(plan))


# --- managed policies


MANAGED = a_setup(role__policy_kind="managed")


def of_policy(plan: Plan) -> list[kinds.Change]:
    return [step.change for step in plan.steps if getattr(step.change, "arn", None) == BUILD_POLICY]


def versions(*actions: str) -> tuple[PolicyVersion, ...]:
    return tuple(PolicyVersion(f"v{number}", a_document(action)) for number, action in enumerate(actions, start=1))


def with_version(world: World, *actions: str) -> None:
    said = versions(*actions)
    world.with_policy(BUILD_POLICY, versions=said, default_version=said[-1].id)


def test_another_document_makes_a_new_version_after_the_trust_is_replaced() -> None:
    world = applied(MANAGED)
    with_version(world, "s3:*")
    world.with_role(BUILD, trust=a_trust())
    plan = world.plan(MANAGED)
    assert kinds_of(plan) == ["set-trust", "create-policy-version"]
    world.carried_out(plan, MANAGED)
    assert world.plan(MANAGED).steps == ()


def test_a_policy_is_as_wanted_before_it_is_attached() -> None:
    world = applied(MANAGED)
    with_version(world, "s3:*")
    world.with_role(BUILD, attached=())
    assert kinds_of(world.plan(MANAGED)) == ["create-policy-version", "attach-policy"]


def test_the_sixth_version_makes_room_by_the_oldest_that_is_not_in_force() -> None:
    world = applied(MANAGED)
    five = versions(*(f"s3:Get{number}" for number in range(5)))
    world.with_policy(BUILD_POLICY, versions=five, default_version="v1")
    assert of_policy(world.plan(MANAGED))[0] == kinds.DeletePolicyVersion(BUILD_POLICY, "v2")
    world.with_policy(BUILD_POLICY, versions=five[:4], default_version="v1")
    assert [change.kind for change in of_policy(world.plan(MANAGED))] == ["create-policy-version"]


def a_foreign_policy(document: Document, **changes: Any) -> ManagedPolicy:
    policy = ManagedPolicy(BUILD_POLICY, "ANPAFOREIGN", BUILD, "/circleci/", "v1", (PolicyVersion("v1", document),), "by hand")
    return replace(policy, **changes)


def with_foreign_policy(document: Document, **changes: Any) -> World:
    return World(replace(EMPTY, policies={BUILD_POLICY: a_foreign_policy(document, **changes)}))


def test_an_identical_policy_of_somebody_else_is_attached_and_told() -> None:
    plan = with_foreign_policy(wanted_roles(MANAGED)[0].permissions).plan(MANAGED)
    assert plan.applyable
    assert of_policy(plan) == []
    assert kinds.AttachPolicy(BUILD, BUILD_POLICY) in [step.change for step in plan.steps]
    assert f"The managed policy {BUILD_POLICY} was not made by this tool" in said(plan, Level.NOTE)


def test_a_policy_of_somebody_else_that_differs_is_left_until_it_is_adopted() -> None:
    world = with_foreign_policy(a_document("s3:*"))
    plan = world.plan(MANAGED)
    assert not plan.applyable
    assert of_policy(plan) == []
    assert [(conflict.name, conflict.adoptable) for conflict in plan.conflicts] == [(BUILD, True)]
    before = said_by(world.facts)
    run = world.applied(MANAGED, adopt=frozenset({BUILD}))
    assert run.started.adopted == (BUILD_POLICY,)
    assert world.plan(MANAGED).steps == ()
    world.undone(run, MANAGED)
    assert said_by(world.facts) == before


def test_a_policy_that_others_use_is_never_adopted() -> None:
    world = with_foreign_policy(a_document("s3:*"), attachments=2)
    plan = world.plan(MANAGED, adopt=frozenset({BUILD}))
    assert not plan.applyable
    assert of_policy(plan) == []
    assert "attached to 2 more" in plan.conflicts[0].reason
    world.facts = replace(world.facts, roles={BUILD: a_foreign_role(attached=(BUILD_POLICY,))})
    world.with_policy(BUILD_POLICY, attachments=1)
    assert world.plan(MANAGED, adopt=frozenset({BUILD})).applyable


def test_a_new_version_of_our_policy_that_reaches_others_is_told() -> None:
    world = applied(MANAGED)
    with_version(world, "s3:*")
    world.with_policy(BUILD_POLICY, attachments=3)
    plan = world.plan(MANAGED)
    assert plan.applyable
    assert "attached to 2 more" in said(plan, Level.WARNING)


# --- the account, its quotas, and what could not be read


def test_a_plan_for_another_account_or_partition_cannot_be_applied() -> None:
    elsewhere = World(replace(EMPTY, identity=replace(IDENTITY, account_id="210987654321"))).plan(a_setup())
    assert any("210987654321" in error for error in errors(elsewhere))
    assert any(error.startswith("partition") for error in errors(World(replace(EMPTY, identity=replace(IDENTITY, partition="aws-cn"))).plan(a_setup())))  # fmt: skip


@pytest.mark.parametrize("quota", ["trust_policy_size", "inline_policies_size", "managed_policy_size"])
def test_a_quota_that_is_exceeded_is_told_with_the_real_number(quota: str) -> None:
    setup = a_setup(role__policy_kind="managed" if quota == "managed_policy_size" else "inline")
    biggest = max((wanted.trust if quota == "trust_policy_size" else wanted.permissions).size for wanted in wanted_roles(setup))
    sizes: dict[str, Any] = {"trust_policy_size": 10**6, "inline_policies_size": 10**6, "managed_policy_size": 10**6}
    too_small = World(replace(EMPTY, quotas=Quotas(**{**sizes, quota: biggest - 1}))).plan(setup)
    assert len(errors(too_small)) == 1
    assert f"{biggest} characters, 1 more" in errors(too_small)[0]
    assert World(replace(EMPTY, quotas=Quotas(**{**sizes, quota: biggest}))).plan(setup).applyable


def test_a_plan_that_rests_on_what_could_not_be_read_says_so() -> None:
    plan = World(replace(EMPTY, unread=("The quotas could not be read.",))).plan(a_setup())
    assert not plan.complete
    assert plan.applyable
    assert "The quotas could not be read." in said(plan, Level.WARNING)
    assert World().plan(a_setup()).complete


def test_a_bucket_policy_that_shuts_a_stage_out_is_told() -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringNotLike": {"aws:PrincipalArn": "x"}},
    }
    plan = World(with_bucket(policy=Document(json.dumps({"Version": "2012-10-17", "Statement": [deny]})))).plan(a_setup())
    assert plan.applyable
    assert "it would shut the role out" in said(plan, Level.WARNING)
    assert "shut" not in said(World(with_bucket(policy=tls_only_policy(a_setup()))).plan(a_setup()), Level.WARNING)


# --- fingerprint


def test_equal_plans_on_an_unchanged_account_have_one_fingerprint() -> None:
    assert World().plan(a_setup()).fingerprint == World().plan(a_setup()).fingerprint
    reread = from_data(Facts, to_data(EMPTY))
    assert make_plan(a_setup(), reread).fingerprint == World().plan(a_setup()).fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": (("a", "b"),)},
        {"role_id": "AROA9"},
        {"description": "another"},
        {"inline": (("s3", a_document()),)},
        {"boundary": OTHER_POLICY},
    ],
    ids=str,
)
def test_the_fingerprint_changes_with_what_the_steps_touch(changes: dict[str, Any]) -> None:
    facts = replace(EMPTY, roles={BUILD: a_foreign_role(trust=a_trust())})
    steps = make_steps([kinds.SetTrust(BUILD, wanted_roles(a_setup())[0].trust)], facts)
    plan = replace(make_plan(a_setup(), facts), steps=steps)
    later = replace(facts, roles={BUILD: a_foreign_role(trust=a_trust(), **changes)})
    assert replace(plan, facts=later).fingerprint != plan.fingerprint


def test_the_fingerprint_does_not_change_by_itself_or_with_what_is_left_alone() -> None:
    world = applied(a_setup())
    plan = changed_role(world, trust=a_trust())
    assert plan.steps
    world.with_role(BUILD, last_used=NOON + timedelta(days=3), last_used_region="us-east-1")
    world.with_role(DEPLOY, last_used=NOON)
    world.with_bucket(versioning="Suspended")
    assert world.plan(a_setup()).fingerprint == plan.fingerprint


def test_other_steps_have_another_fingerprint() -> None:
    world = applied(a_setup())
    one = changed_role(world, trust=a_trust())
    other = world.plan(a_setup(stages__0__branches=["main"]))
    assert one.fingerprint != other.fingerprint


def test_each_step_says_what_it_replaces_at_that_point() -> None:
    world = applied(a_setup())
    plan = changed_role(world, trust=a_trust())
    assert [step.before for step in plan.steps] == [a_trust().canonical]
    facts = world.facts
    for step in plan.steps:
        facts = effect(facts, step.change)
    assert make_plan(a_setup(), facts, known_ids={role.role_id for role in facts.roles.values()}).steps == ()
