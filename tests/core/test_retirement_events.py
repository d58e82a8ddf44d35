"""The memory of a retirement: what a look adds to it, what it must never lead to, and that a line says what the event said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.calendar import calendar, day_line
from ciam_tui.core.retirement.events import (
    Accepted,
    BackedUp,
    BaselineTaken,
    Ended,
    Event,
    HandedOff,
    KeyKept,
    QuietBroken,
    QuietDaysChosen,
    QuietStarted,
    RoleSeen,
    StageFound,
    StageRun,
    StageTakenBack,
    from_line,
    to_line,
)
from ciam_tui.core.retirement.ground import Ground, KeyUse, Planned, RoleUse
from ciam_tui.core.retirement.migration import after, fold
from ciam_tui.core.retirement.observing import observed
from ciam_tui.core.retirement.report import Report, report_document, report_lines
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import State
from ciam_tui.core.retirement.standings import standings
from ciam_tui.core.users.facts import LastUse
from tests.core.retirements import (
    DAY,
    HELD,
    KEY,
    OPERATOR,
    OTHER_KEY,
    ROLE,
    START,
    a_ground,
    a_key,
    a_user,
    begun,
    migrated,
    quiet_since,
    ran,
)

if TYPE_CHECKING:
    from ciam_tui.core.retirement.migration import Migration

INACTIVE = a_user(a_key(status="Inactive"))

ONE_OF_EACH: tuple[Event, ...] = (
    begun(),
    ran(Stage.DEACTIVATE, START, KEY),
    StageTakenBack(Stage.DEACTIVATE, "undo", START, OPERATOR, "run-5", (KEY,)),
    StageFound(Stage.ROLES, START, by_others=True),
    RoleSeen(ROLE, START, START, "us-east-1", ("org/o/project/p/user/u",)),
    QuietStarted(KEY, START),
    QuietBroken(KEY, START, START, "s3 in us-east-1"),
    Accepted("s3:PutObject", START, OPERATOR),
    KeyKept(kept=True, at=START, by=OPERATOR),
    QuietDaysChosen(30, START, OPERATOR),
    BaselineTaken(a_user(), START, OPERATOR),
    BackedUp(a_user(), {"UserName": "ci-uploader"}, START, OPERATOR),
    HandedOff(Stage.DELETE_KEY, "out", START, OPERATOR),
    Ended(START, "finished"),
)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.kind)
def test_a_line_says_what_the_event_said(event: Event) -> None:
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


@pytest.mark.parametrize(
    "line", ["", "{}", '{"kind": "stage-run"}', "[]", to_line(begun(format=2))], ids=["nothing", "no kind", "half", "list", "later"]
)
def test_a_line_of_something_else_is_told_and_never_guessed_at(line: str) -> None:
    with pytest.raises(CiamError) as caught:
        from_line(line)
    assert caught.value.code == "migration-unreadable"


@pytest.mark.parametrize("events", [(), (QuietStarted(KEY, START),), (begun(), begun())], ids=["none", "no start", "two starts"])
def test_a_migration_begins_once(events: tuple[Event, ...]) -> None:
    with pytest.raises(CiamError, match="cannot be read"):
        fold(events)


# --- what a look adds -------------------------------------------------------------------------------------------------------------------


def looked_at(migration: Migration, ground: Ground, now: datetime) -> Migration:
    return after(migration, observed(migration, ground, now))


def test_a_second_look_at_the_same_world_adds_nothing() -> None:
    for ground in (a_ground(), a_ground(INACTIVE), a_ground(held=(HELD,)), replace(a_ground(), user=None)):
        seen = looked_at(migrated(), ground, START)
        assert observed(seen, ground, START) == ()


def test_who_took_a_role_is_kept_since_nobody_tells_it_for_ever() -> None:
    seen = looked_at(migrated(), a_ground(), START + DAY)
    assert seen.roles_seen[ROLE].callers == ("org/o/project/p/user/u",)
    later = a_ground(role_uses=(RoleUse(ROLE, None),))
    assert next(each for each in standings(seen, later, START + DAY) if each.stage is Stage.ROLE_IN_USE).is_done


def test_the_clock_starts_when_the_key_is_first_seen_inactive_and_not_before_all_that_comes_first() -> None:
    assert looked_at(migrated(), a_ground(INACTIVE), START + DAY).quiet == {KEY: START + DAY}
    assert looked_at(migrated(), a_ground(INACTIVE, held=(HELD,)), START + DAY).quiet == {}
    assert looked_at(migrated(), a_ground(INACTIVE, roles=Planned(("x",))), START + DAY).quiet == {}


def test_the_clock_of_a_key_that_is_kept_starts_with_its_variables_gone() -> None:
    kept = migrated(KeyKept(kept=True, at=START, by=OPERATOR))
    assert looked_at(kept, a_ground(), START + DAY).quiet == {KEY: START + DAY}
    assert looked_at(kept, a_ground(held=(HELD,)), START + DAY).quiet == {}


def test_a_use_stops_the_clock_until_somebody_knows_it_and_then_it_starts_anew() -> None:
    used = START + 13 * DAY
    world = a_ground(a_user(a_key(status="Inactive", used=used)))
    stopped = looked_at(migrated(*quiet_since(START)), world, START + 13 * DAY)
    assert stopped.quiet == {}
    assert stopped.broken[KEY].used_at == used
    assert looked_at(stopped, world, START + 40 * DAY).quiet == {}, "nobody has looked who it was"
    known = after(stopped, [Accepted(f"use-of-{KEY}", START + 15 * DAY, OPERATOR)])
    assert looked_at(known, world, START + 15 * DAY).quiet == {KEY: START + 15 * DAY}


def test_making_the_key_inactive_once_more_starts_the_clock_anew() -> None:
    world = a_ground(a_user(a_key(status="Inactive", used=START + 13 * DAY)))
    stopped = looked_at(migrated(*quiet_since(START)), world, START + 13 * DAY)
    back = after(stopped, [StageTakenBack(Stage.DEACTIVATE, "undo", START + 14 * DAY, OPERATOR, "run-5", (KEY,))])
    again = after(back, [StageRun(Stage.DEACTIVATE, "run-9", START + 16 * DAY, OPERATOR, (KEY,))])
    assert looked_at(again, world, START + 16 * DAY).quiet == {KEY: START + 16 * DAY}


def test_a_key_that_somebody_else_made_active_stops_the_clock() -> None:
    stopped = looked_at(migrated(*quiet_since(START)), a_ground(), START + DAY)
    assert stopped.quiet == {}
    assert stopped.broken[KEY].used_at is None
    assert looked_at(stopped, a_ground(INACTIVE), START + 2 * DAY).quiet == {KEY: START + 2 * DAY}


def test_what_others_did_is_kept_as_theirs() -> None:
    seen = looked_at(migrated(), a_ground(INACTIVE), START)
    assert seen.found[Stage.DEACTIVATE, KEY].by_others
    ours = looked_at(migrated(ran(Stage.DEACTIVATE, START, KEY)), a_ground(INACTIVE), START)
    assert not ours.found[Stage.DEACTIVATE, KEY].by_others


def test_it_ends_by_itself_when_nothing_is_left() -> None:
    gone = replace(a_ground(), user=None)
    over = looked_at(migrated(ran(Stage.DELETE_USER)), gone, START + 20 * DAY)
    assert over.ended == Ended(START + 20 * DAY, "finished")
    assert observed(over, a_ground(), START + 21 * DAY) == ()


# --- what no sequence of events leads to ------------------------------------------------------------------------------------------------

_keys = st.sampled_from([KEY, OTHER_KEY])
_moments = st.integers(-20, 40).map(lambda days: START + days * DAY)
_stages = st.sampled_from(list(Stage))
_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(StageRun, _stages, st.sampled_from(["a", "b"]), _moments, st.just("me"), st.lists(_keys, max_size=2).map(tuple)),
    st.builds(StageTakenBack, _stages, st.just("u"), _moments, st.just("me"), st.sampled_from(["", "a", "b"]), st.lists(_keys).map(tuple)),
    st.builds(StageFound, _stages, _moments, st.one_of(st.just(""), _keys), st.booleans()),
    st.builds(RoleSeen, st.just(ROLE), _moments, _moments),
    st.builds(QuietStarted, _keys, _moments),
    st.builds(QuietBroken, _keys, _moments, st.one_of(st.none(), _moments), st.just("s3")),
    st.builds(Accepted, st.sampled_from([f"use-of-{KEY}", "wiring", ROLE, "changes", "password"]), _moments, st.just("me")),
    st.builds(KeyKept, st.booleans(), _moments, st.just("me")),
    st.builds(QuietDaysChosen, st.sampled_from([14, 30]), _moments, st.just("me")),
    st.builds(HandedOff, _stages, st.just("out"), _moments, st.just("me")),
)


@st.composite
def grounds(draw: st.DrawFn) -> Ground:
    """Any world of a user with up to two keys."""
    key = st.builds(
        lambda key_id, status, used: replace(a_key(key_id, status=status), last_use=used),
        _keys,
        st.sampled_from(["Active", "Inactive", "Expired"]),
        st.one_of(st.none(), st.builds(LastUse, st.one_of(st.none(), _moments))),
    )
    keys = draw(st.one_of(st.none(), st.lists(key, max_size=2, unique_by=lambda each: each.key_id).map(tuple)))
    user = a_user(a_key(), keys=keys, mfa=draw(st.sampled_from([None, ()])))
    return replace(
        a_ground(),
        user=draw(st.sampled_from([user, user, user, None])),
        roles=draw(st.sampled_from([Planned(), Planned(), Planned(("x",)), None])),
        wiring=draw(st.sampled_from([Planned(), None])),
        held=draw(st.sampled_from([(), (), (HELD,), None])),
        uses=draw(st.dictionaries(_keys, st.builds(KeyUse, _moments), max_size=2)),
    )


def both_keys() -> Any:
    return a_user(a_key(), a_key(OTHER_KEY))


@given(st.lists(_events, max_size=12), grounds(), _moments)
def test_no_past_lets_a_key_be_deleted_that_was_used_within_its_quiet_period(events: list[Event], ground: Ground, now: datetime) -> None:
    migration = fold((begun(both_keys()), *events))
    for standing in standings(migration, ground, now):
        for part in standing.parts:
            if part.stage is Stage.DELETE_KEY and part.can_begin:
                key = next(each for each in (ground.user.keys if ground.user else None) or () if each.key_id == part.key)
                use = ground.last_use(part.key)
                quiet = timedelta(days=migration.quiet_days)
                assert key.status != "Active"
                assert key.last_use is not None
                assert use is None or now - use.at >= quiet
                assert migration.quiet[part.key] + quiet <= now


@given(st.lists(_events, max_size=12), grounds(), _moments)
def test_no_past_lets_a_user_be_deleted_that_has_a_key_or_something_unknown(events: list[Event], ground: Ground, now: datetime) -> None:
    migration = fold((begun(both_keys()), *events))
    last = next(each for each in standings(migration, ground, now) if each.stage is Stage.DELETE_USER)
    if last.can_begin:
        assert ground.user is not None
        assert ground.user.keys == ()
        assert ground.user.mfa is not None


@given(st.lists(_events, max_size=12), grounds(), _moments)
def test_looking_again_and_again_comes_to_rest(events: list[Event], ground: Ground, now: datetime) -> None:
    migration = fold((begun(both_keys()), *events))
    for _ in range(3):
        migration = looked_at(migration, ground, now)
    assert observed(migration, ground, now) == ()


@given(st.lists(_events, max_size=8), grounds(), _moments)
def test_every_standing_can_be_told_to_people_and_to_programs(events: list[Event], ground: Ground, now: datetime) -> None:
    report = Report(fold((begun(both_keys()), *events)), ground, now)
    assert len(report_document(report)["stages"]) == len(Stage)
    assert all(line.isprintable() for line in report_lines(report))


# --- what waits for what ----------------------------------------------------------------------------------------------------------------


def days_of(migration: Migration, ground: Ground, now: datetime) -> dict[Stage, tuple[int, bool]]:
    days = calendar(standings(migration, ground, now), now, migration.quiet_days)
    return {day.stage: ((day.earliest - START).days, day.is_sure) for day in days}


def test_the_calendar_knows_the_days_of_a_clock_that_runs() -> None:
    found = days_of(migrated(*quiet_since(START)), a_ground(INACTIVE), START + 3 * DAY)
    assert found == {Stage.QUIET: (14, True), Stage.DELETE_KEY: (14, True), Stage.DELETE_USER: (14, True)}


def test_the_calendar_says_the_earliest_day_where_no_clock_runs_yet() -> None:
    found = days_of(migrated(), a_ground(held=(HELD,)), START + 3 * DAY)
    assert found[Stage.VARIABLES] == (3, False)
    assert found[Stage.QUIET] == (17, False)
    assert found[Stage.DELETE_USER] == (17, False)


def test_the_user_goes_after_the_later_of_its_keys() -> None:
    user = a_user(a_key(status="Inactive"), a_key(OTHER_KEY))
    found = days_of(migrated(*quiet_since(START), user=both_keys()), a_ground(user), START + 3 * DAY)
    assert found[Stage.DELETE_USER][0] == 17


def test_a_line_of_the_calendar_says_when_and_what() -> None:
    now = START + 3 * DAY
    days = calendar(standings(migrated(*quiet_since(START)), a_ground(INACTIVE), now), now, 14)
    assert day_line(days[0], now).startswith(f"2026-03-16  6 quiet         {KEY}")
    assert State.WAITING  # the words of a day are those of its standing
