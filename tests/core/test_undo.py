"""Undo gives back what was there, and stops where somebody has been since: what others have come to need is never taken from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.changes import kinds
from ciam_tui.core.facts import Bucket, PolicyVersion, Provider, TrustingRole
from ciam_tui.core.journal import Began, Failed, fold
from ciam_tui.core.plan import make_steps
from ciam_tui.core.problems import Level
from tests.core.accounts import (
    ACCOUNT,
    EMPTY,
    ISSUER,
    NOON,
    OTHER_POLICY,
    PROVIDER_ARN,
    World,
    a_document,
    a_setup,
    a_trust,
    said_by,
)
from tests.core.examples import ORG_ID

if TYPE_CHECKING:
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Plan

BUILD = "circleci-web-build"
BUILD_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/circleci/{BUILD}"
NOTHING = replace(EMPTY, bucket=None)
INLINE, MANAGED = a_setup(bucket__create=True), a_setup(bucket__create=True, role__policy_kind="managed")
ARN_AUD = f"{ISSUER}:aud"


def made(setup: Any = INLINE, facts: Any = NOTHING) -> tuple[World, RunState]:
    world = World(facts)
    return world, world.applied(setup)


def said(plan: Plan, level: Level) -> str:
    return "\n".join(str(problem) for problem in plan.problems if problem.level is level)


def kinds_of(plan: Plan) -> list[str]:
    return [step.change.kind for step in plan.steps]


def somebody(trust: Any = None) -> TrustingRole:
    return TrustingRole("somebody-elses", f"arn:aws:iam::{ACCOUNT}:role/somebody-elses", trust or a_trust())


@pytest.mark.parametrize("setup", [INLINE, MANAGED], ids=["inline", "managed"])
def test_a_run_in_an_empty_account_is_taken_back_to_nothing(setup: Any) -> None:
    world, run = made(setup)
    plan = world.undo_plan(run)
    assert plan.applyable
    assert plan.setup_id == run.started.setup_id
    assert kinds_of(plan)[-2:] == ["delete-provider", "delete-bucket"]
    world.carried_out(plan, setup)
    assert said_by(world.facts) == said_by(NOTHING)


@pytest.mark.parametrize("setup", [INLINE, MANAGED], ids=["inline", "managed"])
@given(data=st.data())
def test_a_run_that_stopped_anywhere_is_taken_back_as_far_as_it_came(setup: Any, data: st.DataObject) -> None:
    world = World(NOTHING)
    plan = world.plan(setup)
    run = world.carried_out(plan, setup, steps=data.draw(st.integers(0, len(plan.steps))))
    world.undone(run, setup)
    assert said_by(world.facts) == said_by(NOTHING)


# --- drift


@pytest.mark.parametrize(
    "changes",
    [
        {"trust": a_trust(audiences=("another",))},
        {"inline": ()},
        {"inline": (("s3", a_document("s3:*")),)},
        {"attached": (OTHER_POLICY,)},
        {"tags": ()},
        {"role_id": "AROAANEW"},
        {"boundary": OTHER_POLICY},
        {"description": "by hand"},
        {"max_session_seconds": 43_200},
        {"path": "/"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_undo_stops_at_a_role_that_somebody_has_changed(changes: dict[str, Any]) -> None:
    world, run = made()
    world.with_role(BUILD, **changes)
    plan = world.undo_plan(run)
    assert not plan.applyable
    assert f"Changed since the run: role {BUILD}" in said(plan, Level.ERROR)


def test_undo_stops_at_a_role_that_is_gone() -> None:
    world, run = made()
    world.facts = replace(world.facts, roles={name: role for name, role in world.facts.roles.items() if name != BUILD})
    assert f"role {BUILD}: it is not there" in said(world.undo_plan(run), Level.ERROR)


@pytest.mark.parametrize(
    "changes",
    [
        {"versions": (PolicyVersion("v1", a_document("s3:*")),)},
        {"policy_id": "ANPAANEW"},
        {"tags": ()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_undo_stops_at_a_policy_that_somebody_has_changed(changes: dict[str, Any]) -> None:
    world, run = made(MANAGED)
    world.with_policy(BUILD_POLICY, **changes)
    plan = world.undo_plan(run)
    assert not plan.applyable
    assert "Changed since the run: policy" in said(plan, Level.ERROR)


def test_undo_stops_at_a_bucket_that_somebody_has_changed() -> None:
    world, run = made()
    world.with_bucket(policy=a_document())
    assert "bucket: the policy is another" in said(world.undo_plan(run), Level.ERROR)


def test_what_happens_by_itself_is_no_drift() -> None:
    world, run = made(MANAGED)
    world.with_role(BUILD, last_used=NOON + timedelta(days=1), last_used_region="us-east-1")
    assert world.undo_plan(run).applyable


def test_a_resource_that_the_run_did_not_touch_may_have_changed() -> None:
    world, _ = made()
    second = world.applied(a_setup(bucket__create=True, stages__0__branches=["main"]))
    world.with_role("circleci-web-deploy", description="by hand")
    world.with_bucket(policy=a_document())
    plan = world.undo_plan(second)
    assert plan.applyable
    assert kinds_of(plan) == ["set-trust"]


def test_an_earlier_run_waits_until_the_later_one_is_taken_back() -> None:
    world, first = made()
    changed = a_setup(bucket__create=True, stages__0__branches=["main"])
    second = world.applied(changed)
    assert not world.undo_plan(first).applyable
    world.undone(second, changed)
    world.undone(first, INLINE)
    assert said_by(world.facts) == said_by(NOTHING)


def test_a_run_that_was_taken_back_is_not_taken_back_twice() -> None:
    world, run = made()
    world.undone(run, INLINE)
    assert not world.undo_plan(run).applyable


# --- provider and audience


def test_the_provider_stays_while_another_role_trusts_it() -> None:
    world, run = made()
    plan = world.undo_plan(run, somebody())
    assert plan.applyable
    assert "delete-provider" not in kinds_of(plan)
    assert "somebody-elses trust it" in said(plan, Level.NOTE)


def test_many_that_trust_the_provider_are_counted() -> None:
    world, run = made()
    others = [TrustingRole(f"r{number}", f"arn{number}", a_trust()) for number in range(5)]
    assert "r0, r1, r2 and 2 more trust it" in said(world.undo_plan(run, *others), Level.NOTE)


@pytest.mark.parametrize("changes", [{"client_ids": ("another", ORG_ID)}, {"tags": ()}], ids=["audience", "tags"])
def test_the_provider_stays_when_somebody_has_changed_it(changes: dict[str, Any]) -> None:
    world, run = made()
    assert world.facts.provider
    world.facts = replace(world.facts, provider=replace(world.facts.provider, **changes))
    plan = world.undo_plan(run)
    assert plan.applyable
    assert "delete-provider" not in kinds_of(plan)
    assert "somebody has changed it" in said(plan, Level.NOTE)


def test_a_provider_that_is_gone_is_told() -> None:
    world, run = made()
    world.facts = replace(world.facts, provider=None)
    plan = world.undo_plan(run)
    assert plan.applyable
    assert "is gone already" in said(plan, Level.NOTE)


def with_added_audience() -> tuple[World, RunState]:
    return made(INLINE, replace(NOTHING, provider=Provider(PROVIDER_ARN, ISSUER, ("sts.amazonaws.com",))))


def test_an_audience_that_nobody_asks_for_is_removed() -> None:
    world, run = with_added_audience()
    plan = world.undo_plan(run, somebody(a_trust(audiences=("sts.amazonaws.com",))))
    assert "remove-audience" in kinds_of(plan)
    assert said(plan, Level.NOTE).count("stays") == 0


@pytest.mark.parametrize(
    "trust",
    [
        a_trust(audiences=(ORG_ID,)),
        a_trust(audiences=("sts.amazonaws.com", ORG_ID)),
        a_trust(StringLike={f"{ISSUER}:sub": "org/*"}),
        a_trust(StringLike={ARN_AUD: "*"}),
        a_trust(StringLike={ARN_AUD.upper(): f"{ORG_ID[:8]}*"}),
        a_trust(StringEqualsIgnoreCase={ARN_AUD: ORG_ID.upper()}),
        a_trust(StringNotEquals={ARN_AUD: "sts.amazonaws.com"}),
        a_trust(StringEqualsIfExists={ARN_AUD: [ORG_ID]}),
        replace(a_trust(), text=a_trust().text.replace('"Allow"', '"Allow", "Sid": 3')),
    ],
    ids=["named", "among others", "no audience at all", "any", "pattern", "other case", "all but", "if exists", "unreadable"],
)
def test_an_audience_that_another_role_may_need_stays(trust: Any) -> None:
    world, run = with_added_audience()
    plan = world.undo_plan(run, somebody(trust))
    assert plan.applyable
    assert "remove-audience" not in kinds_of(plan)
    assert f"The audience {ORG_ID} stays: somebody-elses may need it" in said(plan, Level.NOTE)


def test_an_audience_that_json_spells_otherwise_is_found_too() -> None:
    setup = a_setup(circleci__audience="café")
    world, run = made(setup, replace(EMPTY, provider=Provider(PROVIDER_ARN, ISSUER, (ORG_ID,))))
    plan = world.undo_plan(run, somebody(a_trust(audiences=("café",))))
    assert "remove-audience" not in kinds_of(plan)


def test_an_audience_that_is_gone_is_told() -> None:
    world, run = with_added_audience()
    assert world.facts.provider
    world.facts = replace(world.facts, provider=replace(world.facts.provider, client_ids=("sts.amazonaws.com",)))
    assert "is gone already" in said(world.undo_plan(run), Level.NOTE)


# --- bucket


@pytest.mark.parametrize(("is_empty", "words"), [(False, "it is not empty"), (None, "whether it is empty could not be read")])
def test_a_bucket_that_may_hold_something_stays(is_empty: bool | None, words: str) -> None:
    world, run = made()
    plan = world.undo_plan(run, bucket_is_empty=is_empty)
    assert plan.applyable
    assert "delete-bucket" not in kinds_of(plan)
    assert words in said(plan, Level.NOTE)
    assert "delete-role" in kinds_of(plan)


@pytest.mark.parametrize("setting", ["policy", "encryption", "versioning"])
def test_a_bucket_that_could_not_be_read_stays(setting: str) -> None:
    world, run = made()
    world.with_bucket(**{setting: None}, unread=(setting,))
    plan = world.undo_plan(run)
    assert plan.applyable
    assert "delete-bucket" not in kinds_of(plan)
    assert f"its {setting} could not be read" in said(plan, Level.NOTE)


def test_a_bucket_that_could_not_be_looked_at_stays_and_is_not_called_gone() -> None:
    world, run = made()
    world.facts = replace(world.facts, bucket=None, bucket_taken=True, unread=("The bucket could not be looked at.",))
    plan = world.undo_plan(run)
    assert plan.applyable
    assert "delete-bucket" not in kinds_of(plan)
    assert "it could not be looked at" in said(plan, Level.NOTE)
    assert "The bucket could not be looked at." in said(plan, Level.WARNING)
    assert not plan.complete


def test_a_bucket_whose_owner_s3_does_not_confirm_is_not_deleted() -> None:
    world, run = made()
    world.with_bucket(owner_account_id=None, unread=("owner",))
    plan = world.undo_plan(run)
    assert plan.applyable
    assert "delete-bucket" not in kinds_of(plan)
    assert "its owner could not be read" in said(plan, Level.NOTE)


def test_settings_on_the_bucket_of_an_earlier_run_stay_and_that_is_told() -> None:
    world, _ = made()
    world.with_bucket(versioning=None)
    second = world.applied(INLINE)
    plan = world.undo_plan(second)
    assert plan.steps == ()
    assert "The settings that the run made on the bucket acme-builds stay" in said(plan, Level.NOTE)


# --- managed policies


def test_a_policy_that_others_use_by_now_stays() -> None:
    world, run = made(MANAGED)
    world.with_policy(BUILD_POLICY, attachments=2)
    plan = world.undo_plan(run)
    assert plan.applyable
    assert kinds.DeletePolicy(BUILD_POLICY) not in [step.change for step in plan.steps]
    assert "attached to 1 more" in said(plan, Level.NOTE)
    world.with_policy(BUILD_POLICY, attachments=1)
    assert kinds.DeletePolicy(BUILD_POLICY) in [step.change for step in world.undo_plan(run).steps]


def a_full_policy() -> World:
    """Our policy with five versions, as changes of the Setup leave it, the last in force."""
    world, _ = made(MANAGED)
    versions = tuple(PolicyVersion(f"v{number}", a_document(f"s3:Get{number}")) for number in range(1, 6))
    world.with_policy(BUILD_POLICY, versions=versions, default_version="v5")
    return world


def test_a_pruned_version_comes_back_under_a_new_id_and_that_is_told() -> None:
    world = a_full_policy()
    before = said_by(world.facts)
    run = world.applied(MANAGED)
    plan = world.undo_plan(run)
    assert [step.change.kind for step in plan.steps] == ["set-default-version", "delete-policy-version", "restore-policy-version"]
    assert "comes back under a new version id" in said(plan, Level.NOTE)
    world.carried_out(plan, MANAGED)
    assert said_by(world.facts) == before
    assert "v1" not in [version.id for version in world.facts.policies[BUILD_POLICY].versions]


def test_earlier_runs_are_taken_back_although_their_versions_have_got_other_ids() -> None:
    world = World(EMPTY)
    setups = [
        a_setup(role__policy_kind="managed", stages__0__read_prefixes=[f"p{number}/" for number in range(count)]) for count in range(8)
    ]
    states, done = [said_by(world.facts)], []
    for setup in setups:
        done.append(world.applied(setup))
        states.append(said_by(world.facts))
    assert len(world.facts.policies[BUILD_POLICY].versions) == 5
    for run, setup, before in zip(reversed(done), reversed(setups), reversed(states[:-1]), strict=True):
        world.undone(run, setup)
        assert said_by(world.facts) == before


# --- what nobody can say, and what is told


def test_a_step_of_unknown_outcome_stops_the_undo_with_the_way_on() -> None:
    world, run = made()
    last = run.started.steps[-1]
    for ends in ([], [Failed(last.id, NOON, "code", "message", "unknown")]):
        plan = world.undo_plan(fold([run.started, Began(last.id, NOON), *ends]))
        assert not plan.applyable
        assert f"Nobody can say yet whether this was done: {last.title}" in said(plan, Level.ERROR)
        assert f"ciam-tui resume {run.started.run_id}" in said(plan, Level.ERROR)


def test_when_a_role_was_last_used_is_told_before_it_goes() -> None:
    world, run = made()
    world.with_role(BUILD, last_used=NOON, last_used_region="us-east-1")
    notes = said(world.undo_plan(run), Level.NOTE)
    assert f"The role {BUILD} was last used at 2026-01-02 12:00 UTC" in notes
    assert "circleci-web-deploy has no recorded use" in notes
    assert "another RoleId" in notes


def test_each_step_of_an_undo_says_what_it_replaces() -> None:
    world, _ = made()
    second = world.applied(a_setup(bucket__create=True, stages__0__branches=["main"]))
    plan = world.undo_plan(second)
    assert [step.before for step in plan.steps] == [world.facts.roles[BUILD].trust.canonical]
    assert plan.steps == make_steps([step.change for step in plan.steps], world.facts)


def test_what_was_adopted_is_given_back_and_never_deleted() -> None:
    provider = Provider(PROVIDER_ARN, ISSUER, (ORG_ID,), (("team", "core"),))
    bucket = Bucket("acme-builds", "us-east-1", ACCOUNT, encryption="AES256")
    world, run = made(a_setup(), replace(EMPTY, provider=provider, bucket=bucket))
    role = replace(world.facts.roles[BUILD], tags=(("Managed-By", "terraform"), ("team", "old")), trust=a_trust(), attached=(OTHER_POLICY,))
    fresh = World(replace(EMPTY, provider=provider, bucket=bucket, roles={BUILD: role}))
    before = said_by(fresh.facts)
    run = fresh.applied(a_setup(role__tags={"team": "web"}), adopt=frozenset({BUILD}))
    plan = fresh.undo_plan(run)
    assert kinds.DeleteRole(BUILD) not in [step.change for step in plan.steps]
    fresh.carried_out(plan, a_setup())
    assert said_by(fresh.facts) == before
