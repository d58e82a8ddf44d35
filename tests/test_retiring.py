"""A retirement from its first day to its last, and back from each, with whatever can stop or change it in between."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.document import Document
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import Accepted, BackedUp, BaselineTaken, KeyKept, StageFound
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import State
from ciam_tui.retiring.driving import begin, carried_out, looked, noted, prepared, prepared_back
from ciam_tui.retiring.look import Look
from ciam_tui.retiring.past import past
from tests.core.examples import ORG_ID, PROJECT_ID
from tests.retiring_world import ACCOUNT, GROUP, ROLE, SETUP, USER, WIDE, World, standing, states
from tests.runs import CrashError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def world() -> World:
    return World()


def test_from_the_first_day_to_the_last(world: World) -> None:
    migration = world.begun()
    (key,) = world.keys

    report = world.look(migration)
    assert states(report)[Stage.ROLES] is State.READY
    assert {state for stage, state in states(report).items() if stage is not Stage.ROLES} == {State.WAITING}

    report = world.does(migration, Stage.ROLES)
    assert states(report)[Stage.WIRING] is State.READY
    report = world.does(migration, Stage.WIRING)
    assert states(report)[Stage.ROLE_IN_USE] is State.WAITING
    with pytest.raises(CiamError) as caught:
        world.does(migration, Stage.VARIABLES)
    assert caught.value.code == "stage-not-ready"

    world.role_is_taken()
    report = world.look(migration)
    assert states(report)[Stage.VARIABLES] is State.READY
    report = world.does(migration, Stage.VARIABLES)
    assert world.circleci.shows()["aws"][0] == {"AWS_DEFAULT_REGION": "us-east-1"}
    assert world.circleci.projects_held["web"] == {}

    report = world.does(migration, Stage.DEACTIVATE)
    assert world.statuses == {key: "Inactive"}
    assert states(report)[Stage.QUIET] is State.WAITING

    world.days_pass(13)
    assert states(world.look(migration))[Stage.DELETE_KEY] is State.WAITING
    world.days_pass(1)
    assert states(world.look(migration))[Stage.DELETE_KEY] is State.READY
    world.does(migration, Stage.DELETE_KEY)
    assert world.statuses == {}

    report = world.does(migration, Stage.DELETE_USER)
    assert world.is_gone()
    assert report.is_over
    kept = world.desk.again(migration)
    assert kept.ended is not None
    assert kept.ended.why == "finished"
    assert kept.backup is not None
    assert kept.backup.user.groups == (GROUP,)


def test_the_backup_is_on_the_disk_before_the_first_thing_is_deleted(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DELETE_KEY)
    what = prepared(world.desk, looked(world.desk, world.desk.again(migration)), Stage.DELETE_USER)
    running = carried_out(world.desk, what, lambda: False)
    next(running)
    assert any(isinstance(event, BackedUp) for event in world.migrations.events(migration.id))
    assert not world.is_gone()
    list(running)
    assert world.is_gone()


# --- the way back -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [Stage.ROLES, Stage.WIRING])
def test_roles_and_contexts_go_back_to_what_was_there(world: World, last: Stage) -> None:
    migration = world.begun()
    before = world.shows()
    world.goes_up_to(migration, Stage.ROLES)
    between = world.shows()
    if last is Stage.ROLES:
        world.goes_back(migration)
        assert world.shows() == before
        return
    world.does(migration, Stage.WIRING)
    world.goes_back(migration)
    assert world.shows() == between
    world.goes_back(migration)
    assert world.shows() == before


def test_a_key_that_is_inactive_becomes_active_again_and_the_user_is_as_its_backup_says(world: World) -> None:
    migration = world.begun()
    before = world.user
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.days_pass(3)
    report = world.goes_back(migration)
    assert world.user == before
    assert states(report)[Stage.DEACTIVATE] is State.READY
    assert world.desk.again(migration).quiet == {}


@pytest.mark.parametrize("last", [Stage.VARIABLES, Stage.DELETE_KEY])
def test_what_was_deleted_does_not_come_back_and_that_is_said(world: World, last: Stage) -> None:
    migration = world.begun()
    world.goes_up_to(migration, last)
    before = world.shows()
    with pytest.raises(CiamError) as caught:
        prepared_back(world.desk, looked(world.desk, world.desk.again(migration)))
    assert caught.value.code == "for-good"
    assert world.shows() == before


def test_with_nothing_done_there_is_nothing_to_take_back(world: World) -> None:
    with pytest.raises(CiamError) as caught:
        prepared_back(world.desk, looked(world.desk, world.begun()))
    assert caught.value.code == "nothing-to-take-back"


# --- what can come in between -----------------------------------------------------------------------------------------------------------


def test_a_key_used_on_day_13_stops_the_clock_and_one_step_makes_it_active_again(world: World) -> None:
    migration = world.begun()
    (key,) = world.keys
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.days_pass(13)
    world.key_is_used(key)
    report = world.look(migration)
    assert states(report)[Stage.QUIET] is State.BLOCKED
    assert "sqs in eu-west-1" in standing(report, Stage.QUIET).why
    world.days_pass(200)
    assert states(world.look(migration))[Stage.DELETE_KEY] is State.WAITING, "time alone heals nothing"

    world.goes_back(migration)
    assert world.statuses == {key: "Active"}
    report = world.does(migration, Stage.DEACTIVATE)
    assert world.desk.again(migration).quiet == {key: world.clock.time}
    world.days_pass(14)
    assert states(world.look(migration))[Stage.DELETE_KEY] is State.READY


def test_a_user_changed_by_hand_stops_it_until_somebody_has_seen_that(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.user_has(inline=(*world.user.inline, ("more", Document(WIDE))))
    world.days_pass(14)
    report = world.look(migration)
    assert standing(report, Stage.QUIET).is_blocked or standing(report, Stage.DELETE_KEY).is_blocked
    with pytest.raises(CiamError, match="inline policies"):
        prepared(world.desk, report, Stage.DELETE_KEY)
    user = world.desk.ports.aws.user(USER)
    assert user is not None
    report = noted(world.desk, migration, BaselineTaken(user, world.clock.now(), "me"))
    assert states(report)[Stage.DELETE_KEY] is State.READY


def test_a_change_between_the_look_and_the_stage_is_found_before_anything_is_done(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.QUIET)
    what = prepared(world.desk, looked(world.desk, world.desk.again(migration)), Stage.DELETE_KEY)
    world.user_has(groups=())
    with pytest.raises(CiamError):
        list(carried_out(world.desk, what, lambda: False))
    assert set(world.statuses) == set(world.keys)


def test_a_user_that_disappears_ends_it_with_a_sentence(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.user_is_deleted()
    report = world.look(migration)
    assert any("somebody has deleted it" in each.why for each in report.standings)
    assert not any(each.can_begin for each in report.standings)


def test_another_user_of_the_same_name_is_not_taken_for_it(world: World) -> None:
    migration = world.begun()
    world.user_has(user_id="AIDAOTHER", keys=())
    report = world.look(migration)
    assert "another user of the same name" in standing(report, Stage.ROLES).why
    assert not any(each.can_begin for each in report.standings)


# --- two operators ----------------------------------------------------------------------------------------------------------------------


def test_the_second_on_one_machine_is_told_and_nothing_is_done_twice(world: World) -> None:
    migration = world.begun()
    first = prepared(world.desk, looked(world.desk, migration), Stage.ROLES)
    second = prepared(world.desk, looked(world.desk, migration), Stage.ROLES)
    running = carried_out(world.desk, first, lambda: False)
    next(running)
    with pytest.raises(CiamError) as caught:
        list(carried_out(world.desk, second, lambda: False))
    assert caught.value.code == "migration-running"
    list(running)
    with pytest.raises(CiamError):
        list(carried_out(world.desk, second, lambda: False))
    assert len(world.desk.again(migration).runs) == 1


def test_what_the_second_on_another_machine_did_is_found_and_kept_as_theirs(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.VARIABLES)
    stale = prepared(world.desk, looked(world.desk, world.desk.again(migration)), Stage.DEACTIVATE)

    other = world.another_desk()
    theirs = begin(other, USER, SETUP)
    noted(other, theirs, Accepted(ROLE, world.clock.now(), "them"))
    what = prepared(other, looked(other, other.again(theirs)), Stage.DEACTIVATE)
    list(carried_out(other, what, lambda: False))

    with pytest.raises(CiamError):
        list(carried_out(world.desk, stale, lambda: False))
    events = world.migrations.events(migration.id)
    found = [event for event in events if isinstance(event, StageFound) and event.stage is Stage.DEACTIVATE]
    assert [event.by_others for event in found] == [True]
    assert world.desk.again(migration).runs_of(Stage.DEACTIVATE) == ()


def test_a_user_is_retired_once_at_a_time(world: World) -> None:
    world.begun()
    with pytest.raises(CiamError) as caught:
        world.begun()
    assert caught.value.code == "migration-active"
    assert past(world.migrations).of(ACCOUNT, USER.upper()) is not None


# --- what cannot be read ----------------------------------------------------------------------------------------------------------------


class Blind:
    """An account that refuses to tell one thing about the user."""

    def __init__(self, aws: Any, **hidden: Any) -> None:
        self._aws, self._hidden = aws, hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._aws, name)

    def user(self, name: str) -> Any:
        user = self._aws.user(name)
        return None if user is None else replace(user, **self._hidden)


@pytest.mark.parametrize("hidden", [{"mfa": None}, {"ssh_keys": None}, {"unread": ("iam:ListSigningCertificates was refused.",)}])
def test_a_user_of_which_something_is_unknown_is_not_deleted(world: World, hidden: dict[str, Any]) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DELETE_KEY)
    world.aws = Blind(world.aws, **hidden)
    report = world.look(migration)
    assert states(report)[Stage.DELETE_USER] is State.UNKNOWN
    with pytest.raises(CiamError):
        world.does(migration, Stage.DELETE_USER)
    assert not world.is_gone()


def test_a_job_that_still_gets_the_key_is_told_while_the_role_is_waited_for(world: World) -> None:
    migration = world.begun()
    world.does(migration, Stage.ROLES)
    report = world.does(migration, Stage.WIRING)
    waiting = standing(report, Stage.ROLE_IN_USE)
    assert any("context aws holds this user's key" in line for line in waiting.todo)


def test_who_took_the_role_is_told_by_cloudtrail_and_kept(world: World) -> None:
    migration = world.begun()
    world.does(migration, Stage.ROLES)
    world.does(migration, Stage.WIRING)
    world.days_pass(1)
    world.account.assumed.append(an_assume_event(world))
    assert "project 6b1f1b6e" in " ".join(standing(world.look(migration), Stage.ROLE_IN_USE).evidence)
    world.account.assumed.clear()
    assert "project 6b1f1b6e" in " ".join(standing(world.look(migration), Stage.ROLE_IN_USE).evidence)


def an_assume_event(world: World) -> str:
    """A job of the project takes the role, as CloudTrail tells it: IAM has not noticed yet."""
    sub = f"org/{ORG_ID}/project/{PROJECT_ID}/user/7a1a4a7b-6b02-4e1a-9a1f-7c2a2c7f7054"
    arn = world.account.facts.roles[ROLE].arn
    return json.dumps(
        {
            "eventID": "e-1",
            "eventName": "AssumeRoleWithWebIdentity",
            "eventTime": f"{world.clock.time:%Y-%m-%dT%H:%M:%SZ}",
            "awsRegion": "us-east-1",
            "userIdentity": {"type": "WebIdentityUser", "userName": sub, "principalId": f"provider:{ORG_ID}:{sub}"},
            "requestParameters": {"roleArn": arn, "roleSessionName": "job"},
            "responseElements": {"subjectFromWebIdentityToken": sub},
        }
    )


def test_what_would_break_blocks_the_switch_until_it_is_accepted_by_name(world: World, tmp_path: Path) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.ROLE_IN_USE)
    log = tmp_path / "trail.json"
    log.write_text(json.dumps({"Records": [a_call_of(world.keys[0], world)]}), encoding="utf-8")
    desk = replace(world.desk, look=Look(files=(log,)))
    blocked = standing(noted(desk, migration), Stage.VARIABLES)
    assert blocked.state is State.BLOCKED
    assert "sqs:SendMessage" in blocked.why
    accepted = noted(desk, migration, Accepted(blocked.items[0], world.clock.now(), "me"))
    assert states(accepted)[Stage.VARIABLES] is State.READY


def a_call_of(key: str, world: World) -> dict[str, Any]:
    """Something else that the user does with its key."""
    return {
        "eventID": "e-2",
        "eventName": "SendMessage",
        "eventSource": "sqs.amazonaws.com",
        "eventTime": f"{world.clock.time:%Y-%m-%dT%H:%M:%SZ}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2",
        "userIdentity": {"type": "IAMUser", "arn": world.user.arn, "userName": USER, "accessKeyId": key},
    }


def test_a_use_in_quiet_times_is_told_with_who_and_where_when_a_log_tells_it(world: World, tmp_path: Path) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.days_pass(13)
    log = tmp_path / "trail.json"
    log.write_text(json.dumps({"Records": [a_call_of(world.keys[0], world)]}), encoding="utf-8")
    report = noted(replace(world.desk, look=Look(files=(log,))), migration)
    why = standing(report, Stage.QUIET).why
    assert all(words in why for words in ("sqs:SendMessage", "203.0.113.9", "aws-cli/2"))


def test_circleci_that_cannot_be_read_is_unknown_and_stops_it_there(world: World) -> None:
    migration = world.begun()
    world.does(migration, Stage.ROLES)
    world.circleci.refuses_reads = True
    report = world.look(migration)
    assert states(report)[Stage.WIRING] is State.UNKNOWN
    assert "cannot be reached" in standing(report, Stage.WIRING).why


def test_a_nightly_job_without_a_token_goes_on_from_what_was_seen(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.asks_circleci = False
    world.days_pass(14)
    report = world.look(migration)
    assert states(report)[Stage.DELETE_KEY] is State.READY
    assert "not asked again" in standing(report, Stage.VARIABLES).why


# --- two keys, and a key that is kept ---------------------------------------------------------------------------------------------------


def test_each_key_is_retired_by_itself_and_the_user_after_the_last() -> None:
    world = World(keys=("AKIAI44QH8DHBCIRCLE1", "AKIAI44QH8DHBCIRCLE2"))
    migration = world.begun()
    world.goes_up_to(migration, Stage.VARIABLES)
    first, second = world.keys
    world.does(migration, Stage.DEACTIVATE, keys=[first])
    world.days_pass(7)
    world.does(migration, Stage.DEACTIVATE, keys=[second])
    world.days_pass(7)
    report = world.does(migration, Stage.DELETE_KEY)
    assert world.statuses == {second: "Inactive"}
    assert states(report)[Stage.DELETE_USER] is State.WAITING
    world.days_pass(7)
    world.does(migration, Stage.DELETE_KEY)
    assert states(world.does(migration, Stage.DELETE_USER))[Stage.DELETE_USER] is State.DONE
    assert world.is_gone()


def test_a_key_that_is_kept_stays_active_until_the_quiet_period_is_over(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.VARIABLES)
    (key,) = world.keys
    report = noted(world.desk, migration, KeyKept(kept=True, at=world.clock.now(), by="me"))
    assert states(report)[Stage.DEACTIVATE] is State.WAITING
    world.days_pass(14)
    assert world.statuses == {key: "Active"}
    world.does(migration, Stage.DEACTIVATE)
    world.does(migration, Stage.DELETE_KEY)
    assert world.statuses == {}


def test_only_the_places_that_are_named_are_cleared(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.ROLE_IN_USE)
    report = world.does(migration, Stage.VARIABLES, places=["context aws"])
    assert states(report)[Stage.VARIABLES] is State.READY
    assert "AWS_ACCESS_KEY_ID" in world.circleci.projects_held["web"]
    with pytest.raises(CiamError, match="project web"):
        world.does(migration, Stage.VARIABLES, places=["context npm"])


# --- killed at every event --------------------------------------------------------------------------------------------------------------


def driven_to_its_end(world: World, migration_id: str) -> None:
    """As a person would who comes back after each crash, and looks."""
    for _ in range(30):
        migration = next(each for each in past(world.migrations).migrations if each.id == migration_id)
        report = noted(world.desk, migration)
        if report.is_over:
            return
        ready = next((each for each in report.standings if each.can_begin), None)
        if ready is not None:
            world.does(world.desk.again(migration), ready.stage)
        elif states(report)[Stage.ROLE_IN_USE] is State.WAITING and "Not seen" in standing(report, Stage.ROLE_IN_USE).why:
            world.role_is_taken()
        else:
            world.days_pass(14)
    pytest.fail("it does not come to its end")


def through(world: World, act: Callable[[], None]) -> bool:
    """Whether `act` was killed."""
    try:
        act()
    except CrashError:
        world.migrations.locked = False
        world.journals.locked.clear()
        return True
    return False


@pytest.mark.parametrize("events", [pytest.param(number, marks=() if number == 9 else pytest.mark.long) for number in range(2, 26)])
def test_killed_after_any_event_it_comes_to_its_end_and_does_nothing_twice(world: World, events: int) -> None:
    migration = world.begun()
    world.migrations.crash_after = events
    killed = through(world, lambda: driven_to_its_end(world, migration.id))
    if killed:
        driven_to_its_end(world, migration.id)
    assert world.is_gone()
    done = [run for run in past(world.migrations).migrations[0].runs if run.run_id in world.journals.run_ids()]
    assert len({run.stage for run in done}) == len(done), "a stage was run twice"
    assert world.circleci.shows()["aws"][0] == {"AWS_DEFAULT_REGION": "us-east-1"}


def test_a_stage_killed_within_its_run_is_gone_on_with(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.QUIET)
    world.does(migration, Stage.DELETE_KEY)
    world.journals.crash_after = 4
    assert through(world, lambda: driven_to_its_end(world, migration.id))
    world.journals.crash_after = None
    assert not world.is_gone()
    assert "interrupted" in standing(world.look(migration), Stage.DELETE_USER).why
    driven_to_its_end(world, migration.id)
    assert world.is_gone()
    assert len(world.desk.again(migration).runs_of(Stage.DELETE_USER)) == 1
