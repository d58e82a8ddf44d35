"""A plan in a file: what is written is what is read, and whatever a stranger changes in it is refused or changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.document import Document
from ciam_tui.core.planning import make_plan
from ciam_tui.core.problems import CiamError
from ciam_tui.core.saved_plans.file import FORMAT, SavedPlan, is_saved_plan, read_saved, saved_text
from ciam_tui.core.saved_plans.staleness import changed_since, why_stale
from tests.core.accounts import EMPTY, World, a_setup

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.core.facts import Facts
    from ciam_tui.core.plan import Plan

SETUP = a_setup(bucket__create=True)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def saved(facts: Facts = EMPTY, **choices: Any) -> SavedPlan:
    return SavedPlan(SETUP, make_plan(SETUP, facts), choices.get("adopt", ()), choices.get("wire", False), AT, "0.1.0")


def edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    data = json.loads(saved_text(saved()))
    change(data)
    return json.dumps(data).encode()


def refusal(content: bytes) -> CiamError:
    with pytest.raises(CiamError) as refused:
        read_saved(content)
    return refused.value


def test_what_is_written_is_what_is_read() -> None:
    kept = saved(adopt=("b", "a"), wire=True)
    text = saved_text(kept)
    assert is_saved_plan(text.encode())
    again = read_saved(text.encode())
    assert saved_text(again) == text
    assert (again.setup, again.wire, set(again.adopt), again.made_at) == (SETUP, True, {"a", "b"}, AT)
    assert (again.plan.steps, again.plan.fingerprint, again.plan.facts) == (kept.plan.steps, kept.plan.fingerprint, kept.plan.facts)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data["steps"][0].update(title="Read something harmless"), id="another title"),
        pytest.param(lambda data: data["steps"][0]["call"].update(operation="GetBucket"), id="another call"),
        pytest.param(lambda data: data["steps"][-1].update(after="nothing"), id="another document beside the change"),
        pytest.param(lambda data: data["steps"].pop(), id="a step less"),
        pytest.param(lambda data: data.update(fingerprint="0" * 64), id="another fingerprint"),
        pytest.param(lambda data: data.update(account_id="999999999999"), id="another account"),
        pytest.param(lambda data: data.update(operator="arn:aws:iam::123456789012:user/eve"), id="another operator"),
        pytest.param(lambda data: data["setup"]["bucket"].update(name="others-bucket"), id="another Setup"),
    ],
)
def test_a_file_that_shows_something_else_than_it_would_do_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    assert refusal(edited(change)).code == "plan-edited"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda data: data.update(format="ciam-tui-plan/2"), f"this program reads {FORMAT}"),
        (lambda data: data.update(more=1), 'key "more" is unknown'),
        (lambda data: data.pop("wire"), 'key "wire" is missing'),
        (lambda data: data.update(wire="yes"), "damaged"),
        (lambda data: data.update(steps=[1]), "damaged"),
        (lambda data: data["steps"][0]["change"].update(kind="delete-everything"), "damaged"),
        (lambda data: data.update(facts={}), "damaged"),
        (lambda data: data.update(made_at="yesterday"), "damaged"),
    ],
)
def test_another_versions_file_and_a_damaged_one_are_one_sentence(change: Callable[[dict[str, Any]], object], word: str) -> None:
    error = refusal(edited(change))
    assert (error.code, len(str(error).splitlines())) == ("plan-unreadable", 1)
    assert word in error.message
    assert "ciam-tui plan" in error.suggestions[0]


@given(st.integers(0, 100_000), st.sampled_from(["", "0", "{", "null", "\x00", '"']))
def test_whatever_is_put_in_the_place_of_a_character_other_steps_are_never_applied(place: int, put: str) -> None:
    reviewed = saved()
    text = saved_text(reviewed)
    at = place % len(text)
    content = (text[:at] + put + text[at + 1 :]).encode()
    try:
        found = read_saved(content)
    except CiamError:
        return
    fresh = make_plan(found.setup, EMPTY)
    assert why_stale(found, fresh) is not None or fresh.steps == reviewed.plan.steps


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"note": "ciam-tui-plan/1"}', b"[" * 100_000])
def test_what_is_no_plan_is_not_taken_for_one(content: bytes) -> None:
    assert not is_saved_plan(content)


def test_an_account_that_is_as_it_was_gives_the_reviewed_plan() -> None:
    assert why_stale(saved(), make_plan(SETUP, EMPTY)) is None


def applied() -> Facts:
    world = World()
    world.applied(SETUP)
    return world.facts


def widened(facts: Facts) -> Facts:
    role = facts.roles["circleci-web-build"]
    wide = Document.of({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    return replace(facts, roles={**facts.roles, "circleci-web-build": replace(role, inline=(("s3", wide),))})


def test_what_has_changed_is_said_resource_by_resource() -> None:
    before = applied()
    reviewed = SavedPlan(SETUP, _plan(widened(before)), (), False, AT, "0.1.0")
    fresh = _plan(before)
    error = why_stale(reviewed, fresh)
    assert error is not None
    assert error.code == "plan-stale"
    assert "role circleci-web-build: the inline policy s3 is another" in error.message
    [difference] = changed_since(reviewed.plan, fresh)
    assert "s3:*" in difference.expected
    assert "s3:*" not in difference.actual


def test_a_machine_without_the_journals_says_that_it_plans_otherwise() -> None:
    facts = widened(applied())
    error = why_stale(SavedPlan(SETUP, _plan(facts), (), False, AT, "0.1.0"), make_plan(SETUP, facts))
    assert error is not None
    assert "this machine plans otherwise" in error.message


def _plan(facts: Facts) -> Plan:
    return make_plan(SETUP, facts, known_ids=frozenset(role.role_id for role in facts.roles.values()))
