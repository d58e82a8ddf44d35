"""Single pieces of evidence: what a journal's entries and a retirement's events come to, in data and in words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.assurance.items import Made
from ciam_tui.core.assurance.of_retirement import retirement_item
from ciam_tui.core.assurance.of_runs import run_item
from ciam_tui.core.changes.kinds import DeleteInlinePolicy, DeleteRole
from ciam_tui.core.history import History
from ciam_tui.core.journal import Began, Entry, Failed, LeftOut, NotVerified, RunStarted, Stopped, Succeeded, Verified, fold
from ciam_tui.core.plan import make_steps
from ciam_tui.core.retirement.events import Accepted, Event, HandedOff, QuietBroken, QuietStarted, RoleSeen, StageFound, StageTakenBack
from ciam_tui.core.retirement.stages import Stage
from tests.core.retirements import DAY, KEY, OPERATOR, OTHER_KEY, ROLE, START, a_key, a_user, begun, quiet_since, ran
from tests.core.test_journal import ONE, STARTED, THREE, TWO, at

if TYPE_CHECKING:
    from ciam_tui.core.assurance.items import Item


def told(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(item.text)
    return found


def of_run(*entries: Entry, started: RunStarted = STARTED) -> tuple[dict[str, Any], str]:
    whole = (started, *entries)
    item = run_item(Made(), whole, History((fold(whole),)), None)
    return told(item), "\n".join((item.headline, *item.lines))


def test_each_step_is_told_as_its_last_entry_leaves_it() -> None:
    run, words = of_run(
        Began(ONE, at(1)),
        Failed(ONE, at(2), "access-denied", "You may not.", "refused", request_id="request-0"),
        Began(ONE, at(3)),
        Succeeded(ONE, at(4), "request-1", {"role_id": "AROAEXAMPLE"}),
        Began(TWO, at(5)),
        Stopped(at(6)),
    )
    assert [(step["outcome"], step["began_at"], step["at"], step["request_id"]) for step in run["steps"]] == [
        ("done", "2026-01-02T12:01:00Z", "2026-01-02T12:04:00Z", "request-1"),
        ("unknown", "2026-01-02T12:05:00Z", None, None),
        ("not begun", None, None, None),
    ]
    assert run["steps"][0]["ids"] == {"role_id": "AROAEXAMPLE"}
    assert (run["state"], run["verified_at"], run["stopped_at"]) == ("unfinished", None, ["2026-01-02T12:06:00Z"])
    assert "| unknown |" in words
    assert "Verified by reading everything back: **no**" in words


@pytest.mark.parametrize(
    ("entry", "outcome", "word"),
    [
        (Failed(ONE, at(2), "access-denied", "You may not.", "refused"), "refused", "refused: access\\-denied: You may not."),
        (Failed(ONE, at(2), "unreachable", "No answer.", "unknown"), "unknown", "unknown: unreachable: No answer."),
        (Failed(ONE, at(2), "not-done", "It is not there.", "not-done"), "not-done", "not\\-done: not\\-done: It is not there."),
        (LeftOut(ONE, at(2), "Others need it."), "left out", "left out: Others need it."),
        (Succeeded(ONE, at(2), read_back=True), "done", "none: the account shows that it was done"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_refused_left_out_or_only_read_back_is_called_that(entry: Entry, outcome: str, word: str) -> None:
    run, words = of_run(Began(ONE, at(1)), entry)
    assert run["steps"][0]["outcome"] == outcome
    assert word in words


def test_a_call_that_was_refused_is_told_with_its_request_id_too() -> None:
    run, words = of_run(Began(ONE, at(1)), Failed(ONE, at(2), "access-denied", "You may not.", "refused", request_id="request-0"))
    assert run["steps"][0]["request_id"] == "request-0"
    assert "`request-0`" in words


def test_a_run_that_ended_otherwise_than_planned_says_what_differs() -> None:
    done = [Succeeded(step, at(2), f"request-{step}") for step in (ONE, TWO, THREE)]
    run, words = of_run(*done, Verified(at(3)))
    assert (run["state"], run["verified_at"], run["differences"]) == ("verified", "2026-01-02T12:03:00Z", [])
    run, words = of_run(*done, NotVerified(at(3), ("role x: the trust policy is another",)))
    assert run["differences"] == ["role x: the trust policy is another"]
    assert "**Not as planned**: role x: the trust policy is another" in words


def test_a_run_that_was_taken_back_and_the_one_that_did_it_name_each_other() -> None:
    undo = replace(STARTED, run_id="run-2", undoes="run-1")
    history = History((fold((STARTED,)), fold((undo,))))
    assert told(run_item(Made(), (STARTED,), history, None))["undone_by"] == "run-2"
    item = run_item(Made(), (undo,), history, None)
    assert (told(item)["undoes"], item.title) == ("run-1", "Run run-2: taking run run-1 back")


def test_a_run_that_did_nothing_is_not_said_to_have_applied_anything_nor_another_setups_to_have_applied_this_one() -> None:
    history = History((fold((STARTED,)),))
    item = run_item(Made(), (STARTED,), history, None, setup_id=STARTED.setup_id)
    assert item.title == "Run run-1: applying the Setup"
    assert item.headline.startswith("Applying the Setup, begun on 2026-01-02: 0 of 3 steps done, unfinished, by ")
    other = run_item(Made(), (STARTED,), history, None, setup_id="0123456789abcdef")
    assert (other.title, told(other)["is_of_this_setup"]) == (f"Run run-1: applying another Setup, {STARTED.setup_id}", False)


def test_a_run_that_takes_down_is_not_called_one_that_applies() -> None:
    removal = replace(STARTED, steps=make_steps([DeleteInlinePolicy("x", "s3"), DeleteRole("x")], STARTED.facts))
    assert run_item(Made(), (removal,), History((fold((removal,)),)), None).title == "Run run-1: taking down what was made for the Setup"


def retirement(*events: Event, now: Any = START + 10 * DAY, started: Any = None) -> tuple[dict[str, Any], str]:
    item = retirement_item(Made(), (started or begun(), *events), now, None)
    return told(item), "\n".join((item.headline, *item.lines))


def test_days_of_quiet_are_counted_from_the_start_of_the_clock_to_now_or_to_its_end() -> None:
    running, words = retirement(*quiet_since(START + DAY))
    assert (running["keys"][0]["quiet_since"], running["keys"][0]["quiet_days"]) == ("2026-03-03T09:00:00Z", 9)
    assert "| 9 of 14 |" in words
    over, _ = retirement(*quiet_since(START), StageFound(Stage.QUIET, START + 15 * DAY, KEY), now=START + 90 * DAY)
    assert over["keys"][0]["quiet_days"] == 15


def test_a_use_that_stopped_the_clock_is_told_with_its_place_and_the_clock_no_longer_runs() -> None:
    broken, words = retirement(*quiet_since(START), QuietBroken(KEY, START + 3 * DAY, START + 2 * DAY, "sqs in eu-west-1"))
    (key,) = broken["keys"]
    assert (key["quiet_since"], key["quiet_days"]) == (None, None)
    assert key["clock_started"] == ["2026-03-02T09:00:00Z"]
    assert [(use["used_at"], use["where"]) for use in key["used_meanwhile"]] == [("2026-03-04T09:00:00Z", "sqs in eu-west-1")]
    assert "sqs in eu\\-west\\-1" in words
    again, _ = retirement(*quiet_since(START), QuietBroken(KEY, START + DAY, None), QuietStarted(KEY, START + 4 * DAY))
    assert again["keys"][0]["quiet_days"] == 6


def test_a_stage_that_was_taken_back_is_open_again_and_both_are_told() -> None:
    taken = StageTakenBack(Stage.DEACTIVATE, "run-9", START + DAY, OPERATOR, "run-5", (KEY,))
    found, _ = retirement(*quiet_since(START), taken)
    stage = next(each for each in found["stages"] if each["stage"] == "deactivate")
    assert (stage["seen_done_at"], stage["runs"], [each["run"] for each in stage["taken_back"]]) == (None, [], ["run-9"])


def test_who_did_a_stage_and_on_what_grounds_is_told() -> None:
    found, words = retirement(
        ran(Stage.ROLES),
        StageFound(Stage.ROLES, START),
        StageFound(Stage.VARIABLES, START + DAY, by_others=True),
        RoleSeen(ROLE, START, START, "us-east-1", ("org/o/project/p/user/u",)),
        HandedOff(Stage.DEACTIVATE, "for-them", START, OPERATOR),
        Accepted("use-of-x", START, OPERATOR),
        started=begun(a_user(a_key(), a_key(OTHER_KEY)), evidence=("Last used for s3.",)),
    )
    by_stage = {each["stage"]: each for each in found["stages"]}
    assert by_stage["roles"]["by"] == [OPERATOR]
    assert by_stage["variables"]["by_others"] is True
    assert [each["by"] for each in by_stage["deactivate"]["handed_off"]] == [OPERATOR]
    assert [key["key_id"] for key in found["keys"]] == [KEY, OTHER_KEY]
    for word in ("somebody else, by other means", "`org/o/project/p/user/u`", "`use-of-x`", "Last used for s3."):
        assert word in words
    assert found["accepted"][0]["by"] == OPERATOR
