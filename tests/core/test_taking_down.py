"""A removal takes what is the Setup's own, stops where somebody has been at it, and never takes what was there before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.changes import kinds
from ciam_tui.core.facts import GROUP, RUN_TAG, Bucket, TrustingRole
from ciam_tui.core.history import History
from ciam_tui.core.ownership import our_tags
from ciam_tui.core.problems import Level
from ciam_tui.core.taking_down.known import Known, known_of
from ciam_tui.core.taking_down.planning import Choices, plan_removal
from ciam_tui.core.undo import UndoGround
from tests.core.accounts import ACCOUNT, EMPTY, PROVIDER_ARN, World, a_document, a_setup, a_trust, said_by
from tests.core.examples import ORG_ID

if TYPE_CHECKING:
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.setup import Setup

BUILD = "circleci-web-build"
MANAGED = {"role__policy_kind": "managed"}
ELSEWHERE = Known()


def applied(**changes: Any) -> tuple[World, Setup]:
    setup, world = a_setup(**changes), World()
    world.applied(setup)
    return world, setup


def removal(
    world: World, setup: Setup, *others: TrustingRole, known: Known | None = None, empty: bool | None = True, **choices: Any
) -> Plan:
    """The plan on this machine, or on one that knows nothing."""
    ground = UndoGround(world.facts, (*world.trusting(), *others), empty)
    return plan_removal(setup, ground, known_of(History(tuple(world.runs)), ACCOUNT) if known is None else known, Choices(**choices))


def deleted(plan: Plan) -> set[str]:
    return {
        change.name if isinstance(change, kinds.DeleteRole | kinds.DeleteContext | kinds.DeleteBucket) else change.arn
        for step in plan.steps
        if isinstance(
            change := step.change, kinds.DeleteRole | kinds.DeletePolicy | kinds.DeleteProvider | kinds.DeleteBucket | kinds.DeleteContext
        )
    }


def notes(plan: Plan) -> str:
    return "\n".join(problem.text for problem in plan.problems)


@pytest.mark.parametrize("known", [None, ELSEWHERE], ids=["here", "another machine"])
@pytest.mark.parametrize("changes", [{}, MANAGED], ids=["inline", "managed"])
def test_all_that_was_made_goes_and_nothing_else(changes: dict[str, Any], known: Known | None) -> None:
    world, setup = applied(**changes)
    plan = removal(world, setup, known=known)
    assert plan.applyable, notes(plan)
    world.carried_out(plan, setup)
    assert said_by(world.facts) == said_by(EMPTY)
    assert "made anew it would have another RoleId" in notes(plan)


@pytest.mark.parametrize("changes", [{}, MANAGED], ids=["inline", "managed"])
def test_a_removal_is_taken_back_with_everything_but_the_ids(changes: dict[str, Any]) -> None:
    world, setup = applied(**changes)
    before = world.facts
    run = world.carried_out(removal(world, setup), setup)
    world.undone(run, setup)
    assert set(world.facts.roles) == set(before.roles)
    for name, role in world.facts.roles.items():
        was = before.roles[name]
        assert role.role_id != was.role_id
        assert (role.trust, role.inline, role.attached, role.boundary, role.description) == (
            was.trust,
            was.inline,
            was.attached,
            was.boundary,
            was.description,
        )
        assert [each for each in role.tags if each[0] != RUN_TAG] == [each for each in was.tags if each[0] != RUN_TAG]
    assert world.facts.provider is not None
    assert world.plan(setup).changes_nothing, "what came back is ours again"


@pytest.mark.parametrize("known", [None, ELSEWHERE], ids=["here", "another machine"])
@pytest.mark.parametrize(
    "change",
    [{"trust": a_trust()}, {"inline": (("s3", a_document()),)}, {"attached": ("arn:aws:iam::aws:policy/ReadOnlyAccess",)}],
    ids=["trust", "permissions", "attachments"],
)
def test_a_role_that_somebody_has_changed_is_shown_and_stops_the_removal(change: dict[str, Any], known: Known | None) -> None:
    world, setup = applied()
    world.with_role(BUILD, **change)
    stopped = removal(world, setup, known=known)
    assert not stopped.applyable
    [conflict] = stopped.conflicts
    assert (conflict.name, conflict.adoptable) == (BUILD, True)
    assert conflict.differences
    assert BUILD in deleted(removal(world, setup, known=known, adopt=frozenset({BUILD})))
    kept = removal(world, setup, known=known, keep=frozenset({BUILD}))
    assert kept.applyable
    assert BUILD not in deleted(kept)
    assert PROVIDER_ARN not in deleted(kept), "the role that stays still names it"


def test_another_role_of_the_same_name_is_held_against_the_setup_and_not_against_the_journal() -> None:
    world, setup = applied()
    world.with_role(BUILD, role_id="AROAOTHER", trust=a_trust())
    assert not removal(world, setup).applyable


def test_a_tag_that_was_copied_onto_somebody_elses_role_deletes_nothing() -> None:
    world, setup = applied()
    copied = replace(
        world.facts.roles[BUILD], name="circleci-web-payroll", role_id="AROAPAYROLL", trust=a_trust(provider="arn:aws:iam::1:root")
    )
    world.facts = replace(world.facts, roles={**world.facts.roles, "circleci-web-payroll": copied})
    plan = removal(world, setup)
    assert not plan.applyable
    assert [(each.name, each.adoptable) for each in plan.conflicts] == [("circleci-web-payroll", False)]
    assert "circleci-web-payroll" not in deleted(removal(world, setup, adopt=frozenset({"circleci-web-payroll"})))


def test_a_role_without_our_tags_stays() -> None:
    world, setup = applied()
    world.with_role(BUILD, tags=())
    plan = removal(world, setup)
    assert plan.applyable
    assert BUILD not in deleted(plan)
    assert f"The role {BUILD} stays: it was not made by this tool" in notes(plan)


@pytest.mark.parametrize("known", [None, ELSEWHERE], ids=["here", "another machine"])
def test_what_was_there_before_and_was_adopted_is_never_deleted(known: Known | None) -> None:
    world, setup = applied()
    world.with_role(BUILD, tags=(), trust=a_trust(), role_id="AROABYHAND")
    world.applied(setup, adopt=frozenset({BUILD}))
    for named in (frozenset[str](), frozenset({BUILD})):
        plan = removal(world, setup, known=known, adopt=named)
        assert BUILD not in deleted(plan)
        assert f"The role {BUILD} stays: it was there before" in notes(plan)


def test_roles_that_the_setup_does_not_name_any_more_go_too_or_alone() -> None:
    world, setup = applied()
    smaller = a_setup(stages=[stage for stage in setup.model_dump(mode="json")["stages"] if stage["name"] != "build"])
    world.applied(smaller)
    assert BUILD in world.facts.roles, "apply leaves it"
    assert deleted(removal(world, smaller, stale=True)) == {BUILD}
    assert deleted(removal(world, smaller)) > {BUILD, PROVIDER_ARN}
    unknown = removal(world, smaller, known=ELSEWHERE, stale=True)
    assert [each.name for each in unknown.conflicts] == [BUILD]
    assert "no journal of this machine knows" in unknown.conflicts[0].reason
    assert deleted(removal(world, smaller, known=ELSEWHERE, stale=True, adopt=frozenset({BUILD}))) == {BUILD}


def test_a_provider_that_others_need_stays() -> None:
    world, setup = applied()
    plan = removal(world, setup, TrustingRole("others", "arn:aws:iam::123456789012:role/others", a_trust()))
    assert PROVIDER_ARN not in deleted(plan)
    assert f"The OIDC provider {PROVIDER_ARN} stays: others trust it." in notes(plan)


def test_an_audience_that_a_run_has_added_goes_unless_a_role_may_need_it() -> None:
    setup, world = a_setup(), World()
    world.applied(setup)
    provider = world.facts.provider
    assert provider
    world = World(replace(EMPTY, provider=replace(provider, client_ids=("sts.amazonaws.com",), tags=())))
    world.applied(setup)
    taken = [step.change for step in removal(world, setup).steps if isinstance(step.change, kinds.RemoveAudience)]
    assert taken == [kinds.RemoveAudience(PROVIDER_ARN, ORG_ID)]
    needed = removal(world, setup, TrustingRole("others", "arn:aws:iam::123456789012:role/others", a_trust()))
    assert f"The audience {ORG_ID} stays: others may need it." in notes(needed)
    assert "stays with its audiences" in notes(removal(world, setup, known=ELSEWHERE))


@pytest.mark.parametrize(("empty", "wanted", "goes"), [(True, True, True), (True, False, False), (False, True, False), (None, True, False)])
def test_a_bucket_goes_only_on_request_and_empty(empty: bool | None, wanted: bool, goes: bool) -> None:
    setup = a_setup(bucket__create=True)
    world = World(replace(EMPTY, bucket=None))
    world.applied(setup)
    world.with_bucket(tags=(*our_tags(setup), (RUN_TAG, "run-1")))
    plan = removal(world, setup, empty=empty, bucket=wanted)
    assert ("acme-builds" in deleted(plan)) is goes
    assert ("goes for good" in notes(plan)) is goes
    foreign = replace(world.facts, bucket=Bucket("acme-builds", "us-east-1", ACCOUNT))
    world.facts = foreign
    assert "acme-builds" not in deleted(removal(world, setup, empty=True, bucket=True))


def test_contexts_lose_what_journals_know_and_nothing_else() -> None:
    setup, world = a_setup(), World()
    world.applied(setup, wire=True)
    assert not any(isinstance(step.change, kinds.ContextChange) for step in removal(world, setup).steps)
    plan = removal(world, setup, wire=True)
    assert {BUILD} < deleted(plan)
    assert len([step for step in plan.steps if isinstance(step.change, kinds.DeleteContext)]) == 3
    assert all(step.change.type != GROUP for step in plan.steps if isinstance(step.change, kinds.RemoveRestriction))
    others = world.facts.contexts[BUILD]
    held = replace(others, variables=tuple(sorted((*others.variables, ("DEPLOY_TOKEN", "")))))
    world.facts = replace(world.facts, contexts={**world.facts.contexts, BUILD: held})
    assert f"The context {BUILD} stays: it holds DEPLOY_TOKEN." in notes(removal(world, setup, wire=True))
    elsewhere = removal(world, setup, known=ELSEWHERE, wire=True)
    assert "what is in CircleCI stays" in notes(elsewhere)
    assert all(problem.level is not Level.ERROR for problem in elsewhere.problems)
