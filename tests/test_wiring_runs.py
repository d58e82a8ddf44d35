"""A run that wires CircleCI: whatever stops it, it ends wired as if nothing had happened, or goes back to what was there before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.apply import Waiting
from ciam_tui.core.journal import Began, Failed, LeftOut, Succeeded, Verified, fold
from ciam_tui.core.problems import CiamError
from ciam_tui.core.setup import Setup
from ciam_tui.ports.api import WriteOutcome
from ciam_tui.ports.circleci.wiring import ContextWriter
from ciam_tui.runs import apply_plan, apply_undo, forbidden_steps, plan_for, resume, undo_plan
from tests.memory_circleci import MemoryCircleCi
from tests.runs import ACCOUNT, ORG, WEB, CrashError, FakeClock, MemoryJournals, a_setup, ports
from tests.test_apply import Account, account

if TYPE_CHECKING:
    from ciam_tui.apply import Ports

__all__ = ["account"]

DEPLOY = {"name": "deploy", "prefix": "releases/", "access": ["read", "write"], "branches": ["main", "release/*"]}
NAME = "circleci-web-deploy"
ARN = f"arn:aws:iam::{ACCOUNT}:role/circleci/{NAME}"
EXPRESSION = '(pipeline.git.branch == "main" or pipeline.git.branch starts-with "release/") and not job.ssh.enabled'
RESTRICTIONS = [("expression", EXPRESSION), ("project", WEB["id"])]
WIRED = {NAME: ({"AWS_DEFAULT_REGION": "us-east-1", "AWS_ROLE_ARN": ARN}, RESTRICTIONS)}


def one_stage(account: Account) -> Setup:
    """A Setup with one stage, whose bucket stands."""
    account.s3.create_bucket(Bucket="acme-run-tests")
    return a_setup(bucket__create=False, stages=[DEPLOY])


def applied(setup: Setup, world: Ports, run_id: str = "run-1", *, adopt: frozenset[str] = frozenset()) -> list[Any]:
    plan = plan_for(setup, world, wire=True, adopt=adopt)
    return list(apply_plan(plan, setup, world, run_id=run_id, wire=True, adopt=adopt))


def undone(world: Ports, run_id: str = "run-1", undo_id: str = "undo-1") -> list[Any]:
    run = fold(world.journals.open(run_id).entries())
    plan = undo_plan(run, world)
    assert plan.applyable, plan.problems
    return list(apply_undo(plan, run, world, run_id=undo_id))


def shown(account: Account, circleci: MemoryCircleCi) -> tuple[Any, Any]:
    return account.shows(), circleci.shows()


Scenario = Callable[[Account], tuple[Setup, MemoryCircleCi]]


def nothing_there(account: Account) -> tuple[Setup, MemoryCircleCi]:
    """Neither the role nor the context."""
    return one_stage(account), MemoryCircleCi()


def open_to_members(account: Account) -> tuple[Setup, MemoryCircleCi]:
    """The role stands, and CircleCI lets all members into each new context."""
    return with_its_role(account), MemoryCircleCi(new_contexts_open_to=ORG)


def a_context_to_use(account: Account) -> tuple[Setup, MemoryCircleCi]:
    """The role stands, and a context of its name with something else in it."""
    circleci = MemoryCircleCi()
    circleci.holds(NAME, {"NPM_TOKEN": "npm_1234"}, ("group", ORG))
    return with_its_role(account), circleci


def with_its_role(account: Account) -> Setup:
    setup, world = one_stage(account), ports(account.aws)
    list(apply_plan(plan_for(setup, world), setup, world, run_id="run-0"))
    return setup


each_scenario = pytest.mark.parametrize("scenario", [nothing_there, open_to_members, a_context_to_use])
# A crash after every entry takes some twenty seconds a scenario: the one that has all kinds of steps stands for the others.
each_scenario_cut_off = pytest.mark.parametrize(
    "scenario",
    [open_to_members, pytest.param(nothing_there, marks=pytest.mark.long), pytest.param(a_context_to_use, marks=pytest.mark.long)],
)


@each_scenario
def test_a_wired_run_is_verified_plans_nothing_more_and_can_be_taken_back(account: Account, scenario: Scenario) -> None:
    setup, circleci = scenario(account)
    world, before = ports(account.aws, circleci=circleci), shown(account, circleci)

    assert isinstance(applied(setup, world)[-1], Verified)

    variables, restrictions = circleci.shows()[NAME]
    assert variables.items() >= WIRED[NAME][0].items()
    assert restrictions == RESTRICTIONS
    assert plan_for(setup, world, wire=True).changes_nothing
    assert isinstance(undone(world)[-1], Verified)
    assert shown(account, circleci) == before


@each_scenario_cut_off
def test_a_crash_right_after_any_entry_is_resumed_to_the_same_end_and_can_be_taken_back(account: Account, scenario: Scenario) -> None:
    setup, circleci = scenario(account)
    before = shown(account, circleci)
    world = ports(account.aws, circleci=circleci)
    applied(setup, world)
    undisturbed, entries = shown(account, circleci), len(world.journals.open("run-1").entries())
    undone(world)

    for crash_after in range(1, entries + 1):
        shaken = ports(account.aws, circleci=circleci, journals=MemoryJournals(crash_after=crash_after))
        with pytest.raises(CrashError):
            applied(setup, shaken)
        shaken.journals.crash_after = None  # type: ignore[attr-defined]  # the in-memory journals of this test
        events = list(resume("run-1", shaken))
        assert isinstance(events[-1], Verified), (crash_after, events[-1])
        assert shown(account, circleci) == undisturbed, crash_after
        undone(shaken)
        assert shown(account, circleci) == before, crash_after


@each_scenario_cut_off
def test_a_crash_right_after_any_entry_of_an_undo_is_resumed_to_what_was_there(account: Account, scenario: Scenario) -> None:
    setup, circleci = scenario(account)
    before, crash_after, crashed = shown(account, circleci), 0, True
    while crashed:
        crash_after += 1
        world = ports(account.aws, circleci=circleci)
        applied(setup, world)
        world.journals.crash_after = crash_after  # type: ignore[attr-defined]  # the in-memory journals of this test
        try:
            undone(world)
        except CrashError:
            world.journals.crash_after = None  # type: ignore[attr-defined]  # as above
            assert isinstance(list(resume("undo-1", world))[-1], Verified), crash_after
        else:
            crashed = False
        assert shown(account, circleci) == before, crash_after


@pytest.mark.parametrize("has_effect", [True, False], ids=["after the effect", "before the effect"])
@each_scenario
def test_an_answer_of_circleci_that_never_comes_makes_no_orphan_and_no_double(
    account: Account, scenario: Scenario, has_effect: bool
) -> None:
    setup, circleci = scenario(account)
    before = shown(account, circleci)
    world = ports(account.aws, circleci=circleci)
    applied(setup, world)
    undisturbed, calls = shown(account, circleci), len(circleci.sent)
    undone(world)

    for nth in range(1, calls + 1):
        circleci.sent, circleci.nth, circleci.has_effect = [], nth, has_effect
        shaken = ports(account.aws, circleci=circleci)
        events = applied(setup, shaken)
        circleci.nth = 0
        if has_effect:
            assert isinstance(events[-1], Verified), (nth, events[-1])
        else:
            assert isinstance(events[-1], Failed), nth
            assert events[-1].outcome == "not-done"
            assert isinstance(list(resume("run-1", shaken))[-1], Verified), nth
        assert shown(account, circleci) == undisturbed, nth
        undone(shaken)
        assert shown(account, circleci) == before, nth


def test_circleci_s_wish_for_patience_is_waited_for_and_its_refusal_stops_the_run(account: Account) -> None:
    setup = one_stage(account)
    circleci = MemoryCircleCi(nth=2, outcome=WriteOutcome.THROTTLED)
    events = applied(setup, ports(account.aws, circleci=circleci))
    assert [event.text for event in events if isinstance(event, Waiting)] == ["CircleCI asks to slow down; trying again in 1 s"]
    assert isinstance(events[-1], Verified)

    refusing = MemoryCircleCi(nth=2, outcome=WriteOutcome.REFUSED)
    world = ports(account.aws, circleci=refusing)
    account.iam.delete_role_policy(RoleName=NAME, PolicyName="s3")
    account.iam.delete_role(RoleName=NAME)
    events = applied(setup, world)
    assert isinstance(events[-1], Failed)
    assert events[-1].outcome == "refused"
    assert isinstance(list(resume("run-1", world))[-1], Verified)


def test_writes_to_circleci_do_not_wait_for_iam(account: Account) -> None:
    setup = one_stage(account)
    applied(setup, ports(account.aws, circleci=MemoryCircleCi()))
    world = ports(account.aws, circleci=MemoryCircleCi())
    applied(setup, world)
    assert isinstance(world.clock, FakeClock)
    assert world.clock.slept == []


def test_without_a_token_a_wired_run_is_not_begun_gone_on_with_or_taken_back(account: Account) -> None:
    setup, circleci = one_stage(account), MemoryCircleCi()
    world = ports(account.aws, circleci=circleci)
    plan = plan_for(setup, world, wire=True)
    for event in apply_plan(plan, setup, world, run_id="run-1", wire=True):
        if isinstance(event, Began) and event.step.endswith("add-restriction"):
            break
    before = shown(account, circleci)
    blind = replace(world, circleci=None)
    for attempt in (lambda: list(resume("run-1", blind)), lambda: undo_plan(fold(world.journals.open("run-1").entries()), blind)):
        with pytest.raises(CiamError) as refused:
            attempt()
        assert refused.value.code == "circleci-needed"
    with pytest.raises(CiamError, match="CircleCI is not open"):
        plan_for(setup, blind, wire=True)
    assert shown(account, circleci) == before


def test_a_run_without_wiring_never_asks_circleci(account: Account) -> None:
    setup, circleci = one_stage(account), MemoryCircleCi(refuses_reads=True)
    world = ports(account.aws, circleci=circleci)
    assert isinstance(list(apply_plan(plan_for(setup, world), setup, world, run_id="run-1"))[-1], Verified)
    assert isinstance(undone(world)[-1], Verified)


def test_a_replaced_value_is_the_only_thing_that_stays(account: Account) -> None:
    setup, circleci = one_stage(account), MemoryCircleCi()
    circleci.holds(NAME, {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/legacy"})
    world, aws_before = ports(account.aws, circleci=circleci), account.shows()
    assert not plan_for(setup, world, wire=True).applyable

    assert isinstance(applied(setup, world, adopt=frozenset({NAME}))[-1], Verified)
    assert circleci.shows() == WIRED
    assert plan_for(setup, world, wire=True).changes_nothing
    assert isinstance(undone(world)[-1], Verified)
    assert circleci.shows() == {NAME: ({"AWS_ROLE_ARN": ARN}, [])}
    assert account.shows() == aws_before


def test_a_resumed_undo_keeps_a_context_that_others_have_come_to_use_meanwhile(account: Account) -> None:
    setup, circleci = one_stage(account), MemoryCircleCi()
    world = ports(account.aws, circleci=circleci)
    applied(setup, world)
    run = fold(world.journals.open("run-1").entries())
    for event in apply_undo(undo_plan(run, world), run, world, run_id="undo-1"):
        if isinstance(event, Succeeded):
            break  # the process ends after the first variable
    circleci.contexts_held[0].variables["DB_PASSWORD"] = "hunter22"

    events = list(resume("undo-1", world))

    assert isinstance(events[-1], Verified)
    assert f"The context {NAME} stays: it holds DB_PASSWORD." in [event.reason for event in events if isinstance(event, LeftOut)]
    assert circleci.shows() == {NAME: ({"DB_PASSWORD": "hunter22"}, RESTRICTIONS)}
    assert account.shows()["roles"] == []


def test_the_ends_of_other_values_are_kept_nowhere(account: Account) -> None:
    setup, circleci = one_stage(account), MemoryCircleCi()
    circleci.holds(NAME, {"DB_PASSWORD": "hunter2-wxyz", "AWS_DEFAULT_REGION": "us-east-1"})
    world = ports(account.aws, circleci=circleci)
    applied(setup, world)
    journal = "\n".join(world.journals.open("run-1").lines)  # type: ignore[attr-defined]  # the in-memory journal of this test
    assert "DB_PASSWORD" in journal
    assert "wxyz" not in journal


def test_what_cannot_be_looked_up_is_refused_before_anything_is_sent(account: Account) -> None:
    setup, circleci = one_stage(account), MemoryCircleCi()
    plan = plan_for(setup, ports(account.aws, circleci=circleci), wire=True)
    call = next(step.call for step in plan.steps if step.change.kind == "set-context-variable")
    for refuses, code in ((True, "circleci-unreachable"), (False, "circleci-not-found")):
        circleci.refuses_reads = refuses
        with pytest.raises(CiamError) as refused:
            ContextWriter(setup, circleci).send(call)  # type: ignore[arg-type]  # as much of CircleCI as a run needs
        assert (refused.value.code, refused.value.outcome) == (code, WriteOutcome.REFUSED)  # type: ignore[attr-defined]  # a WriteFailed
    assert circleci.sent == []


def test_aws_is_not_asked_what_one_may_do_in_circleci(account: Account) -> None:
    plan = plan_for(one_stage(account), ports(account.aws, circleci=MemoryCircleCi()), wire=True)
    assert forbidden_steps(plan, account.aws) == ()
