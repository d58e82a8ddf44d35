"""Every stage in every state: what makes it done, what it waits for, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import (
    Accepted,
    BaselineTaken,
    Ended,
    Event,
    HandedOff,
    KeyKept,
    QuietBroken,
    QuietDaysChosen,
    QuietStarted,
    StageFound,
    StageRun,
    StageTakenBack,
)
from ciam_tui.core.retirement.ground import Ground, KeyUse, Obstacle, Planned, RoleUse
from ciam_tui.core.retirement.stages import Stage, stage_named
from ciam_tui.core.retirement.standing import State
from ciam_tui.core.retirement.standings import standings
from tests.core.retirements import (
    BEFORE,
    DAY,
    HELD,
    KEY,
    OPERATOR,
    OTHER_KEY,
    POLICY,
    ROLE,
    START,
    a_ground,
    a_key,
    a_user,
    migrated,
    quiet_since,
    ran,
    stage,
)

INACTIVE = a_user(a_key(status="Inactive"))
NO_KEYS = a_user(keys=())
WILL_BREAK = Obstacle("s3:PutObject arn:aws:s3:::logs/*", "s3:PutObject on logs will break.", "Add it.", "s3:PutObject")
ALL_QUIET = quiet_since(START)


def accepted(item: str, at: datetime = START) -> Accepted:
    return Accepted(item, at, OPERATOR)


# A stage, the events so far, how the world differs from one where all before is done, its state, and a word of its reason.
CASES: list[tuple[str, Stage, tuple[Event, ...], dict[str, Any], State, str]] = [
    ("roles as wanted", Stage.ROLES, (), {}, State.DONE, "every role"),
    ("roles to make", Stage.ROLES, (), {"roles": Planned(("Create role x",))}, State.READY, "1 step"),
    ("a plan that cannot be made", Stage.ROLES, (), {"roles": Planned((), ("The bucket is gone.",))}, State.BLOCKED, "bucket is gone"),
    ("roles unread", Stage.ROLES, (), {"roles": None, "unread": {"roles": ("iam:GetRole refused",)}}, State.UNKNOWN, "iam:GetRole"),
    (
        "an interrupted run",
        Stage.ROLES,
        (ran(Stage.ROLES),),
        {"roles": Planned(("x",)), "runs": {"run-1": "unfinished"}},
        State.READY,
        "run-1",
    ),
    ("handed off", Stage.ROLES, (HandedOff(Stage.ROLES, "out", START, "me"),), {"roles": Planned(("x",))}, State.WAITING, "out"),
    ("wired", Stage.WIRING, (), {}, State.DONE, "context"),
    ("contexts to make", Stage.WIRING, (), {"wiring": Planned(("Create context x",))}, State.READY, "1 step"),
    ("wiring refused", Stage.WIRING, (), {"wiring": Planned((), ("AWS_ROLE_ARN is another.",))}, State.BLOCKED, "another"),
    ("CircleCI not asked", Stage.WIRING, (), {"wiring": None, "role_uses": ()}, State.UNKNOWN, "--circleci"),
    ("CircleCI not asked, roles taken", Stage.WIRING, (), {"wiring": None}, State.DONE, "taken"),
    ("wired by hand", Stage.WIRING, (accepted("wiring"),), {"wiring": None, "role_uses": ()}, State.DONE, "another way"),
    (
        "wired, CircleCI not asked again",
        Stage.WIRING,
        (StageFound(Stage.WIRING, START),),
        {"wiring": None, "role_uses": ()},
        State.DONE,
        "Seen done",
    ),
    ("after roles", Stage.WIRING, (), {"roles": Planned(("x",)), "wiring": Planned(("x",))}, State.WAITING, "after stage 1"),
    ("role taken", Stage.ROLE_IN_USE, (), {}, State.DONE, "taken by a job"),
    ("role never taken", Stage.ROLE_IN_USE, (), {"role_uses": (RoleUse(ROLE),)}, State.WAITING, ROLE),
    ("role taken before", Stage.ROLE_IN_USE, (), {"role_uses": (RoleUse(ROLE, START - DAY),)}, State.WAITING, "Not seen"),
    (
        "role taken before CircleCI was wired",
        Stage.ROLE_IN_USE,
        (ran(Stage.ROLES), ran(Stage.WIRING, START + 2 * DAY)),
        {},
        State.WAITING,
        "Not seen",
    ),
    ("role accepted", Stage.ROLE_IN_USE, (accepted(ROLE),), {"role_uses": (RoleUse(ROLE),)}, State.DONE, "taken"),
    ("roles' use unread", Stage.ROLE_IN_USE, (), {"role_uses": None}, State.UNKNOWN, "could not be read"),
    ("nothing in CircleCI", Stage.VARIABLES, (), {}, State.DONE, "nothing to remove"),
    ("variables to clear", Stage.VARIABLES, (), {"held": (HELD,)}, State.READY, "1 place"),
    ("CircleCI not asked for keys", Stage.VARIABLES, (), {"held": None}, State.UNKNOWN, "--circleci"),
    ("CircleCI half read", Stage.VARIABLES, (), {"unread": {"held": ("context x refused",)}}, State.UNKNOWN, "Not all"),
    ("cleared before", Stage.VARIABLES, (StageFound(Stage.VARIABLES, START),), {"held": None}, State.DONE, "Seen done"),
    ("will break", Stage.VARIABLES, (), {"held": (HELD,), "obstacles": (WILL_BREAK,)}, State.BLOCKED, "will break"),
    ("accepted", Stage.VARIABLES, (accepted(WILL_BREAK.item),), {"held": (HELD,), "obstacles": (WILL_BREAK,)}, State.READY, "1 place"),
    ("accepted by action", Stage.VARIABLES, (accepted("S3:putobject"),), {"held": (HELD,), "obstacles": (WILL_BREAK,)}, State.READY, ""),
    ("whose key", Stage.VARIABLES, (), {"held": (replace(HELD, others=("AKIAOTHERMPLE",)),)}, State.BLOCKED, "whose"),
    ("known whose", Stage.VARIABLES, (accepted("context aws"),), {"held": (replace(HELD, others=("x",)),)}, State.READY, "1 place"),
    ("another organization", Stage.VARIABLES, (), {"held": (replace(HELD, is_foreign=True),)}, State.BLOCKED, "another organization"),
    ("key active", Stage.DEACTIVATE, (), {}, State.READY, "active"),
    ("key inactive", Stage.DEACTIVATE, ALL_QUIET, {"user": INACTIVE}, State.DONE, "inactive"),
    ("by another hand", Stage.DEACTIVATE, (), {"user": INACTIVE}, State.DONE, "another hand"),
    ("keys unread", Stage.DEACTIVATE, (), {"user": a_user(keys=None)}, State.UNKNOWN, "iam:ListAccessKeys"),
    ("obstacle at the switch", Stage.DEACTIVATE, (), {"obstacles": (WILL_BREAK,)}, State.BLOCKED, "will break"),
    ("the operator's own key", Stage.DEACTIVATE, (), {"operator": a_user().arn}, State.BLOCKED, "signed in"),
    ("key kept", Stage.DEACTIVATE, (KeyKept(kept=True, at=START, by="me"),), {}, State.WAITING, "after stage 6"),
    ("not yet inactive", Stage.QUIET, (), {}, State.WAITING, "after stage 5"),
    ("clock to start", Stage.QUIET, (), {"user": INACTIVE}, State.WAITING, "starts now"),
    ("clock runs", Stage.QUIET, ALL_QUIET, {"user": INACTIVE}, State.WAITING, "2026-03-16"),
    ("used in it", Stage.QUIET, ALL_QUIET, {"user": a_user(a_key(status="Inactive", used=START + DAY))}, State.BLOCKED, "s3 in us-east-1"),
    (
        "used in it, and a trail tells who",
        Stage.QUIET,
        ALL_QUIET,
        {"user": INACTIVE, "uses": {KEY: KeyUse(START + DAY, "s3:PutObject", "eu-west-1", "203.0.113.9", "aws-cli/2", "CloudTrail files")}},
        State.BLOCKED,
        "203.0.113.9",
    ),
    (
        "used once",
        Stage.QUIET,
        (*ALL_QUIET, QuietBroken(KEY, START + DAY, START + DAY, "s3")),
        {"user": INACTIVE},
        State.BLOCKED,
        "stopped",
    ),
    (
        "used once, and known",
        Stage.QUIET,
        (*ALL_QUIET, QuietBroken(KEY, START + DAY, START + DAY, "s3"), accepted(f"use-of-{KEY}", START + DAY)),
        {"user": INACTIVE},
        State.WAITING,
        "starts now",
    ),
    (
        "use unread",
        Stage.QUIET,
        ALL_QUIET,
        {"user": a_user(replace(a_key(status="Inactive"), last_use=None))},
        State.UNKNOWN,
        "IAM does not",
    ),
    ("key kept, clock runs", Stage.QUIET, (KeyKept(True, START, "me"), QuietStarted(KEY, START)), {}, State.WAITING, "2026-03-16"),
    ("quiet not over", Stage.DELETE_KEY, ALL_QUIET, {"user": INACTIVE}, State.WAITING, "after stage 6"),
    ("key gone", Stage.DELETE_KEY, (), {"user": NO_KEYS}, State.DONE, "another hand"),
    ("keys left", Stage.DELETE_USER, ALL_QUIET, {"user": INACTIVE}, State.WAITING, "after stage 6"),
    ("all keys gone", Stage.DELETE_USER, (), {"user": NO_KEYS}, State.READY, "backup"),
    ("MFA unread", Stage.DELETE_USER, (), {"user": replace(NO_KEYS, mfa=None)}, State.UNKNOWN, "unknown"),
    ("something refused", Stage.DELETE_USER, (), {"user": replace(NO_KEYS, unread=("iam:ListSSHPublicKeys refused",))}, State.UNKNOWN, ""),
    ("user gone by us", Stage.DELETE_USER, (ran(Stage.DELETE_USER),), {"user": "gone"}, State.DONE, "gone"),
    ("user gone by others", Stage.DELETE_USER, (StageFound(Stage.DELETE_KEY, START, KEY),), {"user": "gone"}, State.DONE, "another hand"),
]


@pytest.mark.parametrize(("which", "events", "world", "state", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_stage_stands_as_the_world_and_the_past_have_it(
    which: Stage, events: tuple[Event, ...], world: dict[str, Any], state: State, words: str
) -> None:
    ground = (
        replace(a_ground(), user=None, **{k: v for k, v in world.items() if k != "user"})
        if world.get("user") == "gone"
        else a_ground(**world)
    )
    standing = stage(which, migrated(*events), ground)
    assert (standing.state, words.lower() in standing.why.lower()) == (state, True), standing


def test_the_table_knows_every_stage_in_every_state_that_it_can_be_in() -> None:
    seen = {(case[1], case[4]) for case in CASES}
    elsewhere = {(Stage.QUIET, State.DONE), (Stage.DELETE_KEY, State.READY), (Stage.DELETE_USER, State.BLOCKED)}  # in tests of their own
    never = {
        (Stage.ROLE_IN_USE, State.READY),  # nothing is done for these two but waiting
        (Stage.QUIET, State.READY),
        (Stage.ROLE_IN_USE, State.BLOCKED),  # it waits for jobs, and tells what shadows the role
        (Stage.VARIABLES, State.WAITING),
        (Stage.DELETE_KEY, State.BLOCKED),  # what would stop it stops the stages before
        (Stage.DELETE_KEY, State.UNKNOWN),
    }
    assert {(each, state) for each in Stage for state in State} == seen | elsewhere | never
    assert not seen & never


def test_a_key_is_deleted_only_after_its_quiet_period() -> None:
    migration = migrated(*ALL_QUIET)
    ground = a_ground(INACTIVE)
    assert stage(Stage.DELETE_KEY, migration, ground, START + 14 * DAY - timedelta(seconds=1)).state is State.WAITING
    assert stage(Stage.QUIET, migration, ground, START + 14 * DAY).state is State.DONE
    assert stage(Stage.DELETE_KEY, migration, ground, START + 14 * DAY).state is State.READY


def test_the_quiet_period_is_as_long_as_somebody_chose() -> None:
    migration = migrated(*ALL_QUIET, QuietDaysChosen(30, START, OPERATOR))
    assert stage(Stage.QUIET, migration, a_ground(INACTIVE), START + 29 * DAY).until == START + 30 * DAY
    assert stage(Stage.DELETE_KEY, migration, a_ground(INACTIVE), START + 30 * DAY).state is State.READY


def test_a_use_on_day_13_stops_the_clock_and_says_who_and_where() -> None:
    used = START + 13 * DAY
    ground = a_ground(a_user(a_key(status="Inactive", used=used)), uses={KEY: KeyUse(used, "s3:GetObject", "us-east-1", "198.51.100.7")})
    standing = stage(Stage.QUIET, migrated(*ALL_QUIET), ground, START + 15 * DAY)
    assert standing.state is State.BLOCKED
    assert all(word in standing.why for word in ("2026-03-15", "s3:GetObject in us-east-1", "198.51.100.7"))
    assert any("--back" in line for line in standing.parts[0].todo)
    assert stage(Stage.DELETE_KEY, migrated(*ALL_QUIET), ground, START + 15 * DAY).state is State.WAITING


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (replace(INACTIVE, inline=()), "inline policies"),
        (replace(INACTIVE, inline=(("s3", POLICY), ("more", POLICY))), "inline policies"),
        (replace(INACTIVE, attached=("arn:aws:iam::aws:policy/AdministratorAccess",)), "AdministratorAccess more"),
        (replace(INACTIVE, groups=()), "uploaders less"),
        (replace(INACTIVE, boundary="arn:aws:iam::aws:policy/ReadOnlyAccess"), "permissions boundary"),
        (replace(INACTIVE, has_password=True), "console password"),
        (a_user(a_key(status="Inactive"), a_key(OTHER_KEY)), OTHER_KEY),
        (replace(INACTIVE, user_id="AIDAOTHER"), "another user of the same name"),
    ],
    ids=["policy gone", "policy more", "attached", "group", "boundary", "password", "key", "id"],
)
def test_a_user_that_somebody_changed_is_left_alone_until_that_is_accepted(user: Any, words: str) -> None:
    migration = migrated(*ALL_QUIET)
    found = standings(migration, a_ground(user), START + 20 * DAY)
    blocked = [each for each in found if each.is_blocked]
    assert blocked
    assert words in blocked[0].why
    assert not any(each.can_begin for each in found)
    if user.user_id == INACTIVE.user_id:
        accepted_it = migrated(*ALL_QUIET, BaselineTaken(user, START, OPERATOR))
        assert not any(each.is_blocked and words in each.why for each in standings(accepted_it, a_ground(user), START + 20 * DAY))


def test_what_could_not_be_read_this_time_is_no_change() -> None:
    ground = a_ground(replace(INACTIVE, mfa=None, ssh_keys=None))
    assert stage(Stage.DELETE_KEY, migrated(*ALL_QUIET), ground, START + 20 * DAY).state is State.READY


def test_a_user_that_disappeared_stops_everything_with_a_sentence() -> None:
    ground = replace(a_ground(roles=Planned(("x",))), user=None)
    found = standings(migrated(), ground, START)
    assert found[0].state is State.BLOCKED
    assert "somebody has deleted it" in found[0].why
    assert not any(each.can_begin for each in found)


@pytest.mark.parametrize(
    ("item", "has"),
    [
        ("password", {"has_password": True}),
        ("ssh-keys", {"ssh_keys": ("a key",)}),
        ("certificates", {"certificates": ("a certificate",)}),
        ("service-credentials", {"service_credentials": ("a credential",)}),
    ],
)
def test_a_user_that_is_more_than_a_robot_goes_only_when_that_was_accepted(item: str, has: dict[str, Any]) -> None:
    user = replace(NO_KEYS, **has)
    before = migrated(BaselineTaken(user, START, OPERATOR), user=replace(a_user(), **has))
    assert stage(Stage.DELETE_USER, before, a_ground(user)).items == (item,)
    assert stage(Stage.DELETE_USER, before, a_ground(user)).state is State.BLOCKED
    after = migrated(BaselineTaken(user, START, OPERATOR), accepted(item), user=replace(a_user(), **has))
    assert stage(Stage.DELETE_USER, after, a_ground(user)).state is State.READY


def test_each_key_goes_its_own_way_and_the_user_after_the_last() -> None:
    both = a_user(a_key(status="Inactive"), a_key(OTHER_KEY))
    migration = migrated(*ALL_QUIET, user=a_user(a_key(), a_key(OTHER_KEY)))
    now = START + 20 * DAY
    states = {part.key: part.state for part in stage(Stage.DELETE_KEY, migration, a_ground(both), now).parts}
    assert states == {KEY: State.READY, OTHER_KEY: State.WAITING}
    assert stage(Stage.DEACTIVATE, migration, a_ground(both), now).state is State.READY
    one_left = a_user(a_key(OTHER_KEY, status="Inactive"))
    assert stage(Stage.DELETE_USER, migration, a_ground(one_left), now).state is State.WAITING
    assert stage(Stage.DELETE_USER, migration, a_ground(NO_KEYS), now).state is State.READY


def test_a_key_that_is_kept_is_watched_first_and_made_inactive_then() -> None:
    kept = (KeyKept(kept=True, at=START, by=OPERATOR), QuietStarted(KEY, START))
    late = START + 14 * DAY
    assert stage(Stage.DEACTIVATE, migrated(*kept), a_ground(), late).state is State.READY
    assert stage(Stage.DELETE_KEY, migrated(*kept), a_ground(), late).state is State.WAITING
    assert stage(Stage.DELETE_KEY, migrated(*kept), a_ground(INACTIVE), late).state is State.READY


def test_taking_a_stage_back_opens_it_and_stops_its_clock() -> None:
    back = StageTakenBack(Stage.DEACTIVATE, "undo-5", START + DAY, OPERATOR, "run-5", (KEY,))
    migration = migrated(*ALL_QUIET, back)
    assert migration.runs == ()
    assert not migration.quiet
    assert stage(Stage.DEACTIVATE, migration, a_ground()).state is State.READY


def test_a_new_key_of_the_user_is_looked_for_in_circleci_although_the_others_were() -> None:
    cleared = StageFound(Stage.VARIABLES, START)
    two = a_user(a_key(), a_key(OTHER_KEY))
    same, more = (migrated(cleared, BaselineTaken(user, START, OPERATOR)) for user in (a_user(), two))
    assert stage(Stage.VARIABLES, same, a_ground(held=None)).state is State.DONE
    assert stage(Stage.VARIABLES, more, a_ground(two, held=None)).state is State.UNKNOWN


def test_a_migration_that_was_given_up_does_nothing_more() -> None:
    assert not any(each.can_begin for each in standings(migrated(Ended(START, "given-up")), a_ground(), START))


def test_a_run_that_never_began_counts_for_nothing() -> None:
    migration = migrated(StageRun(Stage.DEACTIVATE, "run-x", START, OPERATOR, (KEY,)))
    assert stage(Stage.DEACTIVATE, migration, a_ground()).state is State.READY


@pytest.mark.parametrize(("text", "which"), [("5", Stage.DEACTIVATE), ("delete-user", Stage.DELETE_USER), (" Quiet ", Stage.QUIET)])
def test_a_stage_goes_by_its_number_or_its_name(text: str, which: Stage) -> None:
    assert stage_named(text) is which


def test_a_word_that_is_no_stage_is_answered_with_all_there_are() -> None:
    with pytest.raises(CiamError, match="8 delete-user"):
        stage_named("nine")


def test_the_last_use_is_the_latest_that_anybody_tells_of() -> None:
    ground: Ground = a_ground(a_user(a_key(used=BEFORE)), uses={KEY: KeyUse(START, "sqs:SendMessage", address="192.0.2.1")})
    use = ground.last_use(KEY)
    assert use is not None
    assert use.where == "sqs:SendMessage, from 192.0.2.1"
    assert a_ground(a_user(a_key(used=None))).last_use(KEY) is None
