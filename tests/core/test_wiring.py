"""The wiring of CircleCI is planned from what is there, touches nobody else's values, and is taken back piece by piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.changes import kinds
from ciam_tui.core.facts import ContextFacts
from ciam_tui.core.problems import Level
from tests.core.accounts import ACCOUNT, World, a_setup
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID, answers, project

if TYPE_CHECKING:
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.setup import Setup

NAME = "circleci-web-deploy"
ARN = f"arn:aws:iam::{ACCOUNT}:role/circleci/{NAME}"
ON_MAIN = 'pipeline.git.branch == "main" and not job.ssh.enabled'
ROLE_END, REGION_END = ("AWS_ROLE_ARN", "ploy"), ("AWS_DEFAULT_REGION", "st-1")
OURS = (REGION_END, ROLE_END)
RESTRICTED = (("expression", ON_MAIN), ("project", PROJECT_ID))


def one_stage(**changes: Any) -> Setup:
    """A Setup with the stage `deploy` alone."""
    return a_setup(stages=[answers()["stages"][2]], **changes)


def a_world(*contexts: ContextFacts, setup: Setup | None = None) -> World:
    """An account in which the roles stand, and an organization with `contexts`."""
    world = World()
    world.applied(setup or one_stage())
    world.facts = replace(world.facts, contexts={context.name: context for context in contexts})
    return world


def standing(
    *variables: tuple[str, str], restrictions: tuple[tuple[str, str], ...] = RESTRICTED, groups: tuple[str, ...] = ()
) -> ContextFacts:
    return ContextFacts(NAME, "c1", tuple(sorted(variables)), restrictions, groups)


def changes_of(plan: Plan) -> list[kinds.Change]:
    return [step.change for step in plan.steps]


def wired(world: World, **changes: Any) -> Plan:
    return world.plan(one_stage(), wire=True, **changes)


def texts(plan: Plan, level: Level) -> list[str]:
    return [problem.text for problem in plan.problems if problem.level is level]


def in_context(world: World, **changes: Any) -> None:
    """What somebody does to the context."""
    world.facts = replace(world.facts, contexts={**world.facts.contexts, NAME: replace(world.facts.contexts[NAME], **changes)})


def test_a_role_gets_a_context_that_is_restricted_before_there_is_anything_in_it() -> None:
    assert changes_of(wired(a_world())) == [
        kinds.CreateContext(NAME),
        kinds.AddRestriction(NAME, "project", PROJECT_ID),
        kinds.AddRestriction(NAME, "expression", ON_MAIN),
        kinds.RemoveRestriction(NAME, "group", ORG_ID),
        kinds.SetContextVariable(NAME, "AWS_ROLE_ARN", ARN),
        kinds.SetContextVariable(NAME, "AWS_DEFAULT_REGION", "us-east-1"),
    ]


def test_without_being_asked_nothing_of_circleci_is_planned() -> None:
    assert a_world().plan(one_stage()).steps == ()


def test_the_wiring_comes_after_everything_in_aws() -> None:
    services = [step.call.service for step in World().plan(a_setup(), wire=True).steps]
    assert services.index("circleci") == len(services) - services.count("circleci")
    assert services.count("circleci") == 3 * 6


def test_each_project_of_a_role_is_let_in_and_with_a_role_a_project_only_its_own() -> None:
    both = [project("web", PROJECT_ID), project("api")]
    shared = World().plan(one_stage(circleci__projects=both), wire=True)
    assert [change.value for change in changes_of(shared) if isinstance(change, kinds.AddRestriction) and change.type == "project"] == [
        PROJECT_ID,
        OTHER_PROJECT_ID,
    ]
    apart = World().plan(one_stage(circleci__projects=both, role__per_project=True), wire=True)
    assert [(change.context, change.value) for change in changes_of(apart) if isinstance(change, kinds.AddRestriction)][0::2] == [
        ("circleci-web-web-deploy", PROJECT_ID),
        ("circleci-web-api-deploy", OTHER_PROJECT_ID),
    ]


def test_a_trusted_organization_has_no_project_to_name_and_keeps_its_group() -> None:
    stage = {**answers()["stages"][2], "branches": []}
    plan = World().plan(a_setup(circleci__projects=[], circleci__any_project=True, stages=[stage]), wire=True)
    restrictions = [change for change in changes_of(plan) if isinstance(change, kinds.AddRestriction | kinds.RemoveRestriction)]
    assert restrictions == [kinds.AddRestriction(NAME, "expression", "not job.ssh.enabled")]


def test_a_standalone_organization_has_no_groups() -> None:
    plan = World().plan(one_stage(circleci__org_slug="circleci/wLHQd9DppsJcRwbos8Ljv3"), wire=True)
    assert not any(isinstance(change, kinds.RemoveRestriction) for change in changes_of(plan))


def test_once_wired_there_is_nothing_left_to_do_or_to_say() -> None:
    world = World()
    world.applied(one_stage(), wire=True)
    again = wired(world)
    assert again.steps == ()
    assert texts(again, Level.WARNING) == texts(world.plan(one_stage()), Level.WARNING)


def test_an_empty_context_of_somebody_is_used_and_its_use_is_told() -> None:
    plan = wired(a_world(standing(("NPM_TOKEN", ""), restrictions=(), groups=(ORG_ID,))))
    assert [change.kind for change in changes_of(plan)] == [
        "add-restriction",
        "add-restriction",
        "remove-restriction",
        "set-context-variable",
        "set-context-variable",
    ]
    [told] = texts(plan, Level.WARNING)
    assert told.startswith(f"The context {NAME} exists, with NPM_TOKEN in it")


def test_static_keys_in_a_context_are_told_to_shadow_the_role() -> None:
    told = texts(wired(a_world(standing(("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")))), Level.WARNING)
    assert any("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: keys in the environment win over the role" in text for text in told)


def test_others_whom_a_context_lets_in_are_told() -> None:
    context = standing(restrictions=(*RESTRICTED, ("project", "another")), groups=("deployers",))
    told = texts(wired(a_world(context)), Level.WARNING)
    assert f"The context {NAME} is open to the group deployers too." in told
    assert f"The context {NAME} is open to the project another too." in told


@pytest.mark.parametrize("variable", ["AWS_ROLE_ARN", "AWS_DEFAULT_REGION"])
def test_another_value_is_a_conflict_and_nothing_is_done_to_the_context(variable: str) -> None:
    plan = wired(a_world(standing((variable, "gacy"), restrictions=())))
    [conflict] = plan.conflicts
    assert (conflict.name, conflict.adoptable) == (NAME, True)
    assert conflict.differences[0].actual == "a value that ends in gacy"
    assert plan.steps == ()
    assert not plan.applyable


def test_only_an_explicit_choice_replaces_a_value_and_first_of_all_it_is_said_that_it_is_for_good() -> None:
    plan = wired(a_world(standing(("AWS_ROLE_ARN", "gacy"))), adopt=frozenset({NAME}))
    assert kinds.SetContextVariable(NAME, "AWS_ROLE_ARN", ARN, replaces=True) in changes_of(plan)
    assert plan.problems[0].text.startswith(f"An undo cannot bring back what AWS_ROLE_ARN in the context {NAME} is now")
    assert plan.adopted == (f"context {NAME}",)
    assert plan.applyable


def test_the_same_end_is_taken_for_the_same_value_and_the_doubt_is_told() -> None:
    plan = wired(a_world(standing(*OURS)))
    assert plan.steps == ()
    assert any("ends in ploy, as it should; CircleCI shows no more of it" in text for text in texts(plan, Level.WARNING))


def test_two_setups_never_share_a_context_whose_values_look_alike() -> None:
    other = one_stage(role__path="/other/")
    world = World()
    world.applied(other, wire=True)
    world.facts = replace(world.facts, roles={})
    plan = wired(world)
    assert [(conflict.name, conflict.adoptable) for conflict in plan.conflicts] == [(NAME, False)]


def test_when_the_branches_change_the_old_expression_goes_after_the_new_one_has_come() -> None:
    world = World()
    world.applied(one_stage(), wire=True)
    stage = {**answers()["stages"][2], "branches": ["main", "dev"]}
    plan = world.plan(a_setup(stages=[stage]), wire=True)
    both = '(pipeline.git.branch == "main" or pipeline.git.branch == "dev") and not job.ssh.enabled'
    assert changes_of(plan)[1:] == [
        kinds.AddRestriction(NAME, "expression", both),
        kinds.RemoveRestriction(NAME, "expression", ON_MAIN),
    ]


def test_an_expression_of_somebody_else_stays() -> None:
    world = a_world(standing(*OURS, restrictions=(("expression", "true"), *RESTRICTED)))
    assert wired(world).steps == ()


def test_what_an_expression_cannot_say_is_told() -> None:
    stage = {**answers()["stages"][2], "branches": ["*-stable"]}
    told = texts(World().plan(a_setup(stages=[stage]), wire=True), Level.NOTE)
    assert any(text.startswith('CircleCI\'s expressions cannot say "*-stable"') for text in told)
    stage = {**answers()["stages"][2], "branches": ["main", "refs/tags/v1"]}
    told = texts(World().plan(a_setup(stages=[stage]), wire=True), Level.NOTE)
    assert any("asks for a branch or a tag" in text for text in told)


# --- taken back


def only_wired() -> World:
    world = a_world()
    world.applied(one_stage(), wire=True)
    return world


def test_an_undo_empties_a_context_before_it_opens_and_deletes_it() -> None:
    world = only_wired()
    plan = world.undo_plan(world.runs[-1])
    assert [change.kind for change in changes_of(plan)] == [
        "delete-context-variable",
        "delete-context-variable",
        "remove-restriction",
        "remove-restriction",
        "delete-context",
    ]
    world.undone(world.runs[-1], one_stage())
    assert world.facts.contexts == {}


def test_a_context_that_was_there_is_left_as_it_was() -> None:
    before = standing(("NPM_TOKEN", ""), restrictions=(), groups=(ORG_ID,))
    world = a_world(before)
    world.applied(one_stage(), wire=True)
    world.undone(world.runs[-1], one_stage())
    assert world.facts.contexts == {NAME: before}


def test_a_replaced_value_stays_and_that_is_said_first() -> None:
    world = a_world(standing(("AWS_ROLE_ARN", "gacy")))
    world.applied(one_stage(), wire=True, adopt=frozenset({NAME}))
    plan = world.undo_plan(world.runs[-1])
    assert plan.applyable
    assert (
        plan.problems[0].text == f"AWS_ROLE_ARN in the context {NAME} stays as the run set it: CircleCI never gives back what it replaced."
    )
    assert changes_of(plan) == [kinds.DeleteContextVariable(NAME, "AWS_DEFAULT_REGION")]


def test_what_others_have_put_into_a_context_keeps_it_and_its_restrictions() -> None:
    world = only_wired()
    in_context(world, variables=tuple(sorted((*OURS, ("DB_PASSWORD", "")))))
    plan = world.undo_plan(world.runs[-1])
    assert plan.applyable
    assert {change.kind for change in changes_of(plan)} == {"delete-context-variable"}
    told = texts(plan, Level.NOTE)
    assert f"The context {NAME} stays: it holds DB_PASSWORD." in told
    assert any("DB_PASSWORD came into it since, and would be open to more jobs" in text for text in told)


def test_a_value_that_somebody_has_changed_since_stays_with_its_context() -> None:
    world = only_wired()
    in_context(world, variables=(REGION_END, ("AWS_ROLE_ARN", "hand")))
    told = texts(world.undo_plan(world.runs[-1]), Level.NOTE)
    assert f"AWS_ROLE_ARN stays in the context {NAME}: somebody has changed it since." in told
    assert f"The context {NAME} stays: it holds AWS_ROLE_ARN." in told


def test_a_restriction_of_somebody_keeps_a_context() -> None:
    world = only_wired()
    in_context(world, restrictions=tuple(sorted((*RESTRICTED, ("project", "another")))))
    assert f"The context {NAME} stays: somebody has restricted it by project." in texts(world.undo_plan(world.runs[-1]), Level.NOTE)


def test_a_context_that_was_made_anew_or_is_gone_is_not_touched() -> None:
    world = only_wired()
    in_context(world, context_id="another")
    plan = world.undo_plan(world.runs[-1])
    assert plan.steps == ()
    assert f"The context {NAME} stays as it is: somebody has made it anew." in texts(plan, Level.NOTE)
    world.facts = replace(world.facts, contexts={})
    plan = world.undo_plan(world.runs[-1])
    assert plan.steps == ()
    assert f"The context {NAME} is gone already." in texts(plan, Level.NOTE)
