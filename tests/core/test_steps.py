"""The steps know what is theirs, what keeps them from being done, and where somebody goes on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from ciam_tui.core.draft import BucketDraft, Draft
from ciam_tui.core.setup import Setup, finish, to_json
from ciam_tui.core.steps import STEPS, draft_problems, first_open, state, states, step, step_of
from ciam_tui.core.strict_json import load_json
from ciam_tui.core.validate import setup_problems
from tests.core.examples import answers
from tests.core.strategies import setups

EXAMPLE = replace(Draft.of(answers()), base_prefix="builds/")


def test_the_steps_come_in_the_order_in_which_they_are_numbered() -> None:
    assert [each.id for each in STEPS] == ["account", "bucket", "prefix", "stages", "circleci", "review"]
    assert [each.number for each in STEPS] == [1, 2, 3, 4, 5, 6]
    assert all(each.question.endswith("?") and each.title for each in STEPS)
    assert all(step(each.id) is each for each in STEPS)


def test_every_answer_of_a_setup_belongs_to_one_step() -> None:
    fields = set(answers()) - {"version"}
    assert {own for each in STEPS for own in each.fields} == fields | {"base_prefix"}
    for one, next_one in pairwise(STEPS):
        assert not set(one.fields) & set(next_one.fields)


@pytest.mark.parametrize(
    ("field", "step_id"),
    [
        ("account_id", "account"),
        ("partition", "account"),
        ("bucket.kms_key_arn", "bucket"),
        ("base_prefix", "prefix"),
        ("stages", "stages"),
        ("stages[0].branches[1]", "stages"),
        ("role.tags.x", "stages"),
        ("circleci.projects[2].id", "circleci"),
        ("bucketful", "review"),
        ("", "review"),
    ],
)
def test_a_problem_leads_to_the_step_of_its_answer(field: str, step_id: str) -> None:
    assert step_of(field).id == step_id


def test_nothing_is_answered_in_an_empty_draft_and_nothing_is_called_wrong() -> None:
    assert set(states(Draft()).values()) == {"open"}
    assert first_open(Draft()).id == "account"
    for each in STEPS:
        problem = each.why_not(Draft())
        assert problem is not None
        assert problem.fix
        assert not each.ready(Draft())


def test_everything_is_done_when_the_answers_are_a_setup() -> None:
    assert set(states(EXAMPLE).values()) == {"done"}
    assert all(each.ready(EXAMPLE) for each in STEPS)
    assert first_open(EXAMPLE).id == "review"


def test_a_wrong_answer_makes_its_own_step_wrong_and_holds_up_the_review_alone() -> None:
    draft = replace(EXAMPLE, bucket=BucketDraft(name="Acme", region="us-east-1"))
    assert states(draft) == {"account": "done", "bucket": "wrong", "prefix": "done", "stages": "done", "circleci": "done", "review": "open"}
    assert first_open(draft).id == "bucket"
    assert step("review").why_not(draft) == step("bucket").why_not(draft)
    assert all(state(draft, each) == states(draft)[each.id] for each in STEPS)


def test_a_base_prefix_is_judged_as_it_is_typed() -> None:
    problem = step("prefix").why_not(replace(EXAMPLE, base_prefix="/x"))
    assert problem is not None
    assert problem.field == "base_prefix"
    assert step("prefix").ready(replace(EXAMPLE, base_prefix="team"))
    assert step("prefix").ready(replace(EXAMPLE, base_prefix=""))


def test_a_draft_made_of_a_file_needs_no_base_prefix() -> None:
    assert step("prefix").ready(Draft.of(answers()))
    assert not step("prefix").ready(Draft.of(answers(stages=[])))


def test_a_note_holds_nothing_up() -> None:
    draft = replace(Draft.of(answers(stages__0__prefix="team")), base_prefix="team")
    assert [problem.field for problem in draft_problems(draft)] == ["base_prefix", "stages[0].prefix"]
    assert first_open(draft).id == "review"


@given(setups())
def test_the_review_is_ready_just_when_the_draft_is_a_setup(setup: Setup) -> None:
    draft = Draft.of(load_json(to_json(setup), what="it", limit_bytes=1_000_000))
    assert step("review").ready(draft)
    spoiled = replace(draft, account_id="")
    assert not step("review").ready(spoiled)
    assert finish(spoiled) == setup_problems(spoiled)
