"""What a retirement must not do although nearly everything allows it: old evidence, half a run, half a reading, another thing of the same name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.audit.facts import KeysRead
from ciam_tui.core.document import Document
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import Accepted, BackedUp, KeyKept
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import State
from ciam_tui.retiring.beside import is_wanted
from ciam_tui.retiring.driving import carried_out, keep_backup, looked, noted, prepared, prepared_back
from ciam_tui.retiring.look import Look
from ciam_tui.runs import resume
from tests.core.accounts import BUCKET
from tests.core.evidence_logs import line
from tests.retiring_world import ROLE, USER, World, standing, states
from tests.runs import CrashError, FaultyAws

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.retirement.migration import Migration

ONE, TWO = "AKIAI44QH8DHBCIRCLE1", "AKIAI44QH8DHBCIRCLE2"


@pytest.fixture
def world() -> World:
    return World()


def killed_before_its_first_call(world: World, migration: Migration, stage: Stage) -> str:
    """The run that was begun for `stage`, and did nothing."""
    before = set(world.journals.run_ids())
    world.journals.crash_after = 1
    with pytest.raises(CrashError):
        world.does(migration, stage)
    world.journals.crash_after = None
    world.journals.locked.clear()
    world.migrations.locked = False
    (run_id,) = set(world.journals.run_ids()) - before
    return run_id


# --- half a run -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [Stage.ROLE_IN_USE, Stage.QUIET], ids=["variables", "key"])
def test_a_stage_without_a_way_back_does_not_go_on_outside_of_its_retirement(world: World, last: Stage) -> None:
    migration = world.begun()
    world.goes_up_to(migration, last)
    stage = list(Stage)[last.number]
    run_id = killed_before_its_first_call(world, migration, stage)
    before = world.shows()
    with pytest.raises(CiamError) as caught:
        list(resume(run_id, world.desk.ports))
    assert caught.value.code == "stage-of-retirement"
    assert f"--stage {stage}" in caught.value.suggestions[0]
    assert world.shows() == before
    world.does(migration, stage)
    assert world.shows() != before


def test_an_interrupted_run_does_not_delete_a_key_whose_clock_was_set_back_since() -> None:
    world = World(keys=(ONE, TWO))
    migration = world.begun()
    world.goes_up_to(migration, Stage.QUIET)
    killed_before_its_first_call(world, migration, Stage.DELETE_KEY)
    # The second is made active by hand, used, and made inactive again: everything is as the run saw it, but the key is in use.
    world.key_is_used(TWO)
    report = world.look(migration)
    assert {part.key: part.state for part in standing(report, Stage.DELETE_KEY).parts} == {ONE: State.READY, TWO: State.WAITING}
    world.does(migration, Stage.DELETE_KEY)
    assert world.statuses == {TWO: "Inactive"}


def test_a_stage_is_taken_back_only_when_all_of_it_is(world: World) -> None:
    migration = world.begun()
    before = world.shows()
    world.does(migration, Stage.ROLES)
    run = world.desk.again(migration).runs[-1].run_id
    world.aws = FaultyAws(world.account, nth=2)
    report = noted(world.desk, migration)
    list(carried_out(world.desk, prepared_back(world.desk, report), lambda: False))
    assert [each.run_id for each in world.desk.again(migration).runs] == [run], "half a way back is none"
    world.aws = world.account
    assert prepared_back(world.desk, looked(world.desk, migration)).resumes
    world.goes_back(migration)
    assert world.desk.again(migration).runs == ()
    assert world.shows() == before


# --- old evidence -----------------------------------------------------------------------------------------------------------------------


def test_a_role_that_is_made_anew_is_to_be_seen_in_use_anew(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.VARIABLES)
    roles = {name: role for name, role in world.account.facts.roles.items() if name != ROLE}
    world.account.facts = replace(world.account.facts, roles=roles)  # somebody deletes it by hand
    assert states(world.look(migration))[Stage.DEACTIVATE] is State.WAITING
    world.days_pass(1)
    report = world.does(migration, Stage.ROLES)
    assert states(report)[Stage.ROLE_IN_USE] is State.WAITING
    assert states(report)[Stage.DEACTIVATE] is State.WAITING
    world.role_is_taken()
    assert states(world.look(migration))[Stage.DEACTIVATE] is State.READY


def test_who_accepts_one_statement_has_not_accepted_the_next_in_its_place(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.ROLE_IN_USE)
    bucket_says(world, "s3:PutObject")
    blocked = standing(world.look(migration), Stage.VARIABLES)
    assert blocked.state is State.BLOCKED
    report = noted(world.desk, migration, *(Accepted(item, world.clock.now(), "me") for item in blocked.items))
    assert states(report)[Stage.VARIABLES] is State.READY
    bucket_says(world, "s3:GetObject")
    assert states(world.look(migration))[Stage.VARIABLES] is State.BLOCKED


def bucket_says(world: World, denied: str) -> None:
    """The bucket's policy denies that to everybody but the old user."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": denied,
        "Resource": f"arn:aws:s3:::{BUCKET.name}/*",
        "Condition": {"StringNotEquals": {"aws:username": USER}},
    }
    bucket = world.account.facts.bucket
    assert bucket is not None
    policy = Document.of({"Version": "2012-10-17", "Statement": [statement]})
    world.account.facts = replace(world.account.facts, bucket=replace(bucket, policy=policy))


def test_what_would_break_is_looked_at_again_before_a_key_that_was_kept_is_switched_off(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.VARIABLES)
    noted(world.desk, migration, KeyKept(kept=True, at=world.clock.now(), by="me"))
    kept = world.desk.again(migration)
    assert not is_wanted(kept, world.user, (), world.clock.now()), "it takes long, and nothing rests on it for two weeks"
    world.days_pass(14)
    bucket_says(world, "s3:PutObject")
    assert is_wanted(kept, world.user, (), world.clock.now())
    assert states(world.look(migration))[Stage.DEACTIVATE] is State.BLOCKED


# --- half a reading, and things that look alike -----------------------------------------------------------------------------------------


def test_whose_key_it_is_stays_open_while_not_all_keys_could_be_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.ROLE_IN_USE)
    monkeypatch.setattr(world.account, "keys_ending", lambda *_: KeysRead((), 1, ("refused",), is_complete=False))
    blocked = standing(world.look(migration), Stage.VARIABLES)
    assert (blocked.state, "could not all be listed" in blocked.why) == (State.BLOCKED, True)


def test_a_short_value_is_no_key_although_the_key_ends_so(world: World) -> None:
    world.circleci.holds("short", {"AWS_ACCESS_KEY_ID": world.keys[0][-2:], "AWS_SECRET_ACCESS_KEY": "x"})
    migration = world.begun()
    world.goes_up_to(migration, Stage.VARIABLES)
    assert set(world.circleci.shows()["short"][0]) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_an_access_log_tells_who_used_the_only_key_of_a_robot(world: World, tmp_path: Path) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DEACTIVATE)
    world.days_pass(13)
    log = tmp_path / "access.log"
    time = f"{world.clock.time:%d/%b/%Y:%H:%M:%S} +0000"
    log.write_text(f"{line(requester=world.user.arn, time=time, bucket=BUCKET.name)}\n", encoding="utf-8")
    why = standing(noted(replace(world.desk, look=Look(files=(log,))), migration), Stage.QUIET).why
    assert all(words in why for words in ("s3:GetObject", "203.0.113.7"))


def test_a_backup_is_kept_before_somebody_else_is_given_the_commands(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DELETE_KEY)
    report = looked(world.desk, world.desk.again(migration))
    prepared(world.desk, report, Stage.DELETE_USER)
    keep_backup(world.desk, report)
    (kept,) = (event for event in world.migrations.events(migration.id) if isinstance(event, BackedUp))
    assert kept.user == world.user
    assert json.dumps(dict(kept.content))
