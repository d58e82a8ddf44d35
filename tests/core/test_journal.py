"""A journal is read by somebody who has nothing else: every line comes back as it went, and the fold never guesses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.changes.titles import title
from ciam_tui.core.facts import Facts
from ciam_tui.core.journal import (
    Began,
    Entry,
    Failed,
    NotVerified,
    RunStarted,
    Stopped,
    Succeeded,
    Verified,
    fold,
    from_line,
    known_ids,
    to_line,
)
from ciam_tui.core.plan import Step
from ciam_tui.core.problems import CiamError
from tests.core.accounts import EMPTY, IDENTITY, NOON, World, a_setup, changes, facts

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants the bounds without zone
_ids = st.dictionaries(st.sampled_from(["role_id", "policy_id", "version_id", "arn"]), _texts)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=6,
)
_steps = changes.map(lambda change: Step(f"001-{change.kind}", title(change), change, "before\n{}"))
entries: st.SearchStrategy[Entry] = st.one_of(
    st.builds(
        RunStarted,
        run_id=_texts,
        at=_moments,
        account_id=_texts,
        setup_id=_texts,
        setup=st.dictionaries(_texts, _json, max_size=3),
        steps=st.lists(_steps, max_size=3).map(tuple),
        facts=facts(),
        operator=_texts,
        adopted=st.lists(_texts, max_size=2).map(tuple),
        undoes=st.one_of(st.none(), _texts),
        format=st.just(1),
        kind=st.just("run-started"),
    ),
    st.builds(Began, _texts, _moments),
    st.builds(Succeeded, _texts, _moments, _texts, _ids, st.booleans()),
    st.builds(Failed, _texts, _moments, _texts, _texts, st.sampled_from(["refused", "unknown", "not-done"]), st.lists(_texts).map(tuple)),
    st.builds(Verified, _moments),
    st.builds(NotVerified, _moments, st.lists(_texts).map(tuple)),
    st.builds(Stopped, _moments),
)


@given(entries)
@settings(max_examples=200, deadline=None)
def test_an_entry_is_one_line_and_comes_back_as_it_went(entry: Entry) -> None:
    line = to_line(entry)
    assert line.splitlines() == [line]
    assert line.isascii()
    assert from_line(line) == entry
    assert type(from_line(line)) is type(entry)


STARTED_LINE = to_line(RunStarted("r", NOON, "a", "s", {}, (), EMPTY, "o"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "\x00",
        "not json",
        "null",
        "[]",
        "{}",
        '"began"',
        '{"kind": "began"}',
        '{"kind": "began", "step": "1"}',
        '{"kind": "began", "step": 1, "at": "2026-01-02T03:04:05Z"}',
        '{"kind": "Began", "step": "1", "at": "2026-01-02T03:04:05Z"}',
        '{"kind": "melted", "at": "2026-01-02T03:04:05Z"}',
        '{"kind": "failed", "step": "1", "at": "2026-01-02T03:04:05Z", "code": "", "message": "", "outcome": "perhaps"}',
        '{"kind": "verified", "at": "yesterday"}',
        to_line(Began("1", NOON))[:-1],
        to_line(Began("1", NOON)) * 2,
        STARTED_LINE[: len(STARTED_LINE) // 2],
        STARTED_LINE.replace('"format":1', '"format":2'),
        STARTED_LINE.replace('"steps":[]', '"steps":[{"id":"1","title":"t","change":{"kind":"rob-bank","name":"n"}}]'),
        STARTED_LINE.replace('"steps":[]', '"steps":[{"id":"1","title":"t","change":{"kind":"delete-role"}}]'),
        "[" * 100_000,
        '{"kind":"began","step":"' + "\\ud800" + '","at":"2026-01-02T03:04:05Z"}',
    ],
)
def test_a_line_that_is_no_entry_is_told_as_such(line: str) -> None:
    with pytest.raises(CiamError) as told:
        from_line(line)
    assert told.value.code == "journal-unreadable"
    assert told.value.suggestions


@given(st.text(max_size=50))
def test_no_garbage_ends_in_anything_but_one_clear_error(text: str) -> None:
    with pytest.raises(CiamError):
        from_line(text)


WORLD = World(replace(EMPTY, provider=None))
PLAN = WORLD.plan(a_setup())
STEPS = PLAN.steps[:3]
ONE, TWO, THREE = (step.id for step in STEPS)
STARTED = RunStarted("run-1", NOON, PLAN.account_id, PLAN.setup_id, {}, STEPS, EMPTY, IDENTITY.arn)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def began(step: str, minutes: int = 1) -> Began:
    return Began(step, at(minutes))


def succeeded(step: str, **ids: str) -> Succeeded:
    return Succeeded(step, at(2), "request", ids)


def failed(step: str, outcome: Any) -> Failed:
    return Failed(step, at(2), "code", "message", outcome)


@pytest.mark.parametrize(
    ("told", "done", "unknown", "failure", "word"),
    [
        ((), [], [], None, "unfinished"),
        ((began(ONE),), [], [ONE], None, "unfinished"),
        ((began(ONE), succeeded(ONE)), [ONE], [], None, "unfinished"),
        ((began(ONE), succeeded(ONE), began(TWO)), [ONE], [TWO], None, "unfinished"),
        ((began(ONE), failed(ONE, "refused")), [], [], "refused", "unfinished"),
        ((began(ONE), failed(ONE, "unknown")), [], [ONE], "unknown", "unfinished"),
        ((began(ONE), failed(ONE, "not-done")), [], [], "not-done", "unfinished"),
        ((began(ONE), failed(ONE, "unknown"), failed(ONE, "not-done")), [], [], "not-done", "unfinished"),
        ((began(ONE), failed(ONE, "unknown"), Succeeded(ONE, at(3), read_back=True)), [ONE], [], "unknown", "unfinished"),
        ((began(ONE), failed(ONE, "refused"), began(ONE), succeeded(ONE)), [ONE], [], None, "unfinished"),
        ((began(ONE), succeeded(ONE), Stopped(at(3))), [ONE], [], None, "unfinished"),
        (
            (began(ONE), succeeded(ONE), Stopped(at(3)), began(TWO), succeeded(TWO), began(THREE), succeeded(THREE)),
            [ONE, TWO, THREE],
            [],
            None,
            "done",
        ),
    ],
)
def test_the_fold_says_what_is_done_and_what_nobody_can_say(
    told: tuple[Entry, ...], done: list[str], unknown: list[str], failure: str | None, word: str
) -> None:
    run = fold([STARTED, *told])
    assert [step.id for step in run.done_steps] == done
    assert list(run.unknown) == unknown
    assert [step.id for step in run.pending] == [each for each in (ONE, TWO, THREE) if each not in done]
    assert (run.last_failure.outcome if run.last_failure else None) == failure
    assert run.word == word
    assert run.stopped == (bool(told) and isinstance(told[-1], Stopped))


def all_done() -> list[Entry]:
    return [STARTED, *(entry for step in (ONE, TWO, THREE) for entry in (began(step), succeeded(step)))]


def test_a_run_is_verified_only_by_what_was_read_last() -> None:
    assert not fold(all_done()).verified
    assert fold([*all_done(), Verified(at(9))]).word == "verified"
    assert fold([*all_done(), NotVerified(at(9), ("x",))]).word == "done"
    assert fold([*all_done(), NotVerified(at(9), ("x",)), Verified(at(10))]).verified
    assert not fold([*all_done(), Verified(at(9)), NotVerified(at(10), ("x",))]).verified


def test_a_run_ended_when_its_last_entry_was_written() -> None:
    assert fold([STARTED]).ended_at == NOON
    assert fold([*all_done(), Verified(at(9))]).ended_at == at(9)


@pytest.mark.parametrize("lines", [[], [began(ONE)], [STARTED, STARTED]], ids=["nothing", "no start", "two starts"])
def test_what_does_not_begin_as_one_run_is_no_journal(lines: list[Entry]) -> None:
    with pytest.raises(CiamError) as told:
        fold(lines)
    assert told.value.code == "journal-unreadable"


@given(st.lists(st.one_of(st.builds(began, st.sampled_from([ONE, TWO])), st.builds(succeeded, st.sampled_from([ONE, TWO])), st.builds(failed, st.sampled_from([ONE, TWO]), st.sampled_from(["refused", "unknown", "not-done"]))), max_size=8))  # fmt: skip
def test_a_step_whose_last_word_is_its_beginning_is_never_called_done_or_not_begun(told: list[Entry]) -> None:
    run = fold([STARTED, *told])
    for step in (ONE, TWO):
        own = [entry for entry in told if isinstance(entry, Began | Succeeded | Failed) and entry.step == step]
        if own and isinstance(own[-1], Began):
            assert step in run.unknown
        if any(isinstance(entry, Succeeded) for entry in own):
            assert step in run.done


def test_the_ids_of_what_was_made_are_known_and_no_others() -> None:
    run = fold(
        [STARTED, began(ONE), succeeded(ONE, role_id="AROA1", version_id="v1", arn="arn"), began(TWO), succeeded(TWO, policy_id="ANPA1")]
    )
    assert known_ids([run]) == {"AROA1", "ANPA1"}
    assert known_ids([fold([STARTED, began(ONE), succeeded(ONE, role_id="")])]) == frozenset()
    assert known_ids([]) == frozenset()


def test_what_was_adopted_is_known_by_the_id_that_it_had() -> None:
    world = World()
    world.applied(a_setup(role__policy_kind="managed"))
    role = "circleci-web-build"
    standing = world.facts
    adopted = known_ids([fold([replace(STARTED, facts=standing, adopted=(role.title(),))])])
    assert adopted == {standing.roles[role].role_id}
    arn = next(arn for arn in standing.policies if arn.endswith(role))
    assert known_ids([fold([replace(STARTED, facts=standing, adopted=(arn,))])]) == {standing.policies[arn].policy_id}


def test_a_policy_of_the_same_name_is_not_adopted_with_the_role() -> None:
    world = World()
    world.applied(a_setup(role__policy_kind="managed"))
    policy = next(iter(world.facts.policies.values()))
    assert policy.name.lower() in world.facts.roles
    assert policy.policy_id not in known_ids([fold([replace(STARTED, facts=world.facts, adopted=(policy.name,))])])


def test_a_whole_run_comes_back_line_by_line() -> None:
    world = World()
    run = world.applied(a_setup(role__policy_kind="managed", role__per_project=True))
    started = from_line(to_line(run.started))
    assert started == run.started
    assert isinstance(started, RunStarted)
    assert isinstance(started.facts, Facts)
