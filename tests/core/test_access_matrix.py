"""The access matrix: every answer comes from the policy that is applied, is what the stage was given, and can be explained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.access_matrix import OPERATIONS, Cell, Matrix, PlaceKind, Verdict, matrix_of, stage_matrix
from ciam_tui.core.access_words import LEGEND, Saying, advice, explain, glyph, header, headline, shortened, table
from ciam_tui.core.draft import BucketDraft, Draft, StageDraft
from ciam_tui.core.permissions import permission_policy
from ciam_tui.core.problems import CiamError
from tests.core.asking import allows, everything_setup, example_setup
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

BUILD, TEST, DEPLOY = 0, 1, 2
FEW = 25  # of Setups whose every cell is looked at


def matrix(index: int = DEPLOY, **changes: object) -> Matrix:
    """The matrix of one stage of the documented Setup."""
    return matrix_of(example_setup(**changes))[index]


def cell(of: Matrix, operation: str, kind: PlaceKind) -> Cell:
    return next(each for each in of.cells if each.operation.id == operation and each.place.kind is kind)


def row(of: Matrix, operation: str) -> str:
    """A row as its glyphs."""
    at = next(place for place, each in enumerate(of.operations) if each.id == operation)
    return "".join(glyph(each).strip() for each in of.rows[at])


def said(of: Matrix, at: Cell) -> str:
    return "\n".join(each.text for each in explain(of, at))


# What it holds, for any Setup


@given(setups())
def test_no_policy_says_anything_else_than_what_its_stage_was_given(setup: Setup) -> None:
    for each in matrix_of(setup):
        assert [headline(cell) for cell in each.unexpected] == []


@settings(max_examples=FEW)
@given(setups())
def test_each_answer_is_that_of_the_document_which_is_applied(setup: Setup) -> None:
    for stage, of in zip(setup.stages, matrix_of(setup), strict=True):
        document = permission_policy(setup, stage)
        for at in of.cells:
            for answer in at.answers:
                context = {key: value for key, (value,) in answer.request.context.items()}
                assert answer.allowed is allows(document, answer.request.action, answer.request.resource, context)
                assert answer.allowed is of.decision(answer).allowed


@settings(max_examples=FEW)
@given(setups())
def test_what_must_be_denied_is_asked_and_denied_whatever_the_stage_was_given(setup: Setup) -> None:
    for of in matrix_of(setup):
        for kind in (PlaceKind.OTHER_BUCKET, PlaceKind.STRANGER):
            for operation in OPERATIONS[:11]:
                assert cell(of, operation.id, kind).verdict is Verdict.DENIED, (operation, kind)
        administered = [at for at in of.cells if at.operation.id in ("administration", "key-alone")]
        assert len(administered) >= 3
        assert {at.verdict for at in administered} == {Verdict.DENIED}
        kinds = {place.kind for place in of.places}
        assert (PlaceKind.SIBLING in kinds) is (PlaceKind.BARE in kinds) is bool(of.stage.prefix)


@settings(max_examples=FEW)
@given(setups())
def test_every_place_of_the_set_up_is_a_column_and_none_is_one_twice(setup: Setup) -> None:
    for of in matrix_of(setup):
        prefixes = [place.prefix for place in of.places if place.kind in (PlaceKind.OWN, PlaceKind.READS, PlaceKind.STAGE, PlaceKind.REST)]
        assert len(prefixes) == len(set(prefixes))
        assert {*(stage.prefix for stage in setup.stages), *of.stage.read_prefixes, ""} == set(prefixes)


@settings(max_examples=FEW)
@given(setups(), st.data())
def test_every_cell_has_an_explanation_that_begins_with_the_verdict_and_ends_with_what_would_change_it(
    setup: Setup, data: st.DataObject
) -> None:
    of = data.draw(st.sampled_from(matrix_of(setup)))
    for at in data.draw(st.lists(st.sampled_from(of.cells), min_size=1, max_size=20, unique_by=id)):
        kinds = [each.kind for each in explain(of, at)]
        assert kinds[0] is Saying.VERDICT
        assert kinds[-1] is Saying.ADVICE
        assert Saying.ALARM not in kinds
        assert advice(of, at)


# An answer that is taken up does what the advice says


ACCESSES = ("read", "write", "delete")
EXTRAS = ("tags", "acl", "versions", "probe")


@settings(max_examples=FEW)
@given(setups(), st.data())
def test_taking_the_advice_of_a_denied_cell_allows_it(setup: Setup, data: st.DataObject) -> None:
    of = data.draw(st.sampled_from(matrix_of(setup)))
    given_by_stage = [at for at in of.cells if at.verdict is not Verdict.ALLOWED and any(" the access " in each for each in advice(of, at))]
    if not given_by_stage:
        return
    at = data.draw(st.sampled_from(given_by_stage))
    words = " ".join(advice(of, at)).replace(",", " ").replace(".", " ").split()
    stage = of.stage
    changed = stage.model_copy(  # type: ignore[attr-defined] # a Setup's stages are pydantic models
        update={
            "access": tuple(each for each in ACCESSES if each in stage.access or each in words),
            "extras": tuple(each for each in EXTRAS if each in stage.extras or each in words),
        }
    )
    after = setup.model_copy(update={"stages": tuple(changed if each is stage else each for each in setup.stages)})
    again = stage_matrix(after, changed)
    place = of.places.index(at.place)
    same = again.rows[of.operations.index(at.operation)][place]
    assert same is not None
    assert same.verdict is Verdict.ALLOWED, (advice(of, at), same)


# The documented Setup


def test_the_documented_deploy_stage_reads_two_prefixes_and_changes_one() -> None:
    of = matrix()
    assert [place.title for place in of.places] == [
        "releases/ (own)",
        "builds/ (reads, build's, test's)",
        "releases (no slash)",
        "releases-secret/ (beside)",
        "the rest",
        "other bucket",
        "stranger's",
    ]
    assert {operation.id: row(of, operation.id) for operation in of.operations} == {
        "list": "✓✓✗✗✗✗✗",
        "read": "✓✓✗✗✗✗✗",
        "write": "✓✗✗✗✗✗✗",
        "multipart": "✓✗✗✗✗✗✗",
        "delete": "✓✗✗✗✗✗✗",
        "versions": "✗✗✗✗✗✗✗",
        "tags": "✗✗✗✗✗✗✗",
        "acl": "✗✗✗✗✗✗✗",
        "head-bucket": "····✗✗✗",
        "location": "····✗✗✗",
        "administration": "····✗✗✗",
    }


def test_another_stages_prefix_is_a_column_of_its_own() -> None:
    of = matrix(BUILD)
    assert "releases/ (deploy's)" in [place.title for place in of.places]
    assert cell(of, "read", PlaceKind.STAGE).verdict is Verdict.DENIED


def test_of_many_stages_the_prefixes_come_after_what_nobody_is_given() -> None:
    (of, *_) = matrix_of(draft(*(StageDraft(f"s{number}", f"p{number}/", ("read",)) for number in range(6))))
    assert [place.name for place in of.places[:6]] == ["p0/", "p0", "p0-secret/", "the rest", "other bucket", "stranger's"]
    assert [place.title for place in of.places[6:]] == [f"p{number}/ (s{number}'s)" for number in range(1, 6)]


def test_of_a_stage_that_has_the_whole_bucket_the_columns_that_coincide_are_one() -> None:
    of = matrix(BUILD, stages__0__prefix="")
    assert [place.title for place in of.places] == [
        "the whole bucket (own)",
        "builds/ (test's)",
        "releases/ (deploy's)",
        "other bucket",
        "stranger's",
    ]
    assert row(of, "write") == "✓✓✓✗✗"
    assert row(of, "head-bucket") == "✓··✗✗"
    assert cell(of, "administration", PlaceKind.OWN).verdict is Verdict.DENIED


def test_a_stage_that_reads_the_whole_bucket_writes_below_its_prefix_alone() -> None:
    of = matrix(DEPLOY, stages__2__read_prefixes=[""])
    assert of.places[1].title == "the whole bucket (reads)"
    assert (row(of, "read"), row(of, "write")) == ("✓✓✓✓✓✗✗", "✓✗✗✗✗✗✗")


def test_the_place_beside_it_is_one_that_no_stage_was_given() -> None:
    of = matrix(BUILD, stages__2__prefix="builds-secret/")
    assert [place.name for place in of.places if place.kind is PlaceKind.SIBLING] == ["builds-other/"]


def test_what_an_operation_is_given_in_part_says_which_part() -> None:
    of = matrix(TEST, stages__1__extras=["tags"])
    at = cell(of, "tags", PlaceKind.OWN)
    assert at.verdict is Verdict.PARTLY
    assert headline(at) == "read and set tags of builds/: partly; s3:GetObjectTagging is allowed, s3:PutObjectTagging is denied"
    assert advice(of, at) == ("Give test the access write in step 4.",)


def test_the_probe_opens_one_key_and_the_region() -> None:
    of = matrix(BUILD, stages__0__extras=["probe"])
    assert cell(of, "read", PlaceKind.BARE).verdict is Verdict.ALLOWED
    assert cell(of, "location", PlaceKind.REST).verdict is Verdict.ALLOWED
    assert cell(of, "head-bucket", PlaceKind.REST).verdict is Verdict.DENIED
    assert advice(of, cell(of, "location", PlaceKind.REST)) == ("To deny it, remove probe from the extras of build in step 4.",)


def test_the_key_serves_s3_alone_and_only_the_objects_of_the_stage() -> None:
    of = matrix_of(everything_setup())[0]
    assert {name: row(of, name) for name in ("decrypt", "encrypt", "bucket-key", "key-alone")} == {
        "decrypt": "✓✓✗✗✗✗·",
        "encrypt": "✓✗✗✗✗✗·",
        "bucket-key": "✓····✗·",
        "key-alone": "✗······",
    }


def test_without_a_key_nothing_is_asked_of_one() -> None:
    assert not {"decrypt", "encrypt", "bucket-key", "key-alone"} & {operation.id for operation in matrix().operations}


def test_what_else_aws_asks_is_said() -> None:
    assert matrix().limits == ()
    of = matrix(role__permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess", bucket__owner_account_id="999900001111")
    assert [limit.split()[1] for limit in of.limits] == ["permissions", "bucket's"]


# Explanations


@pytest.mark.parametrize(
    ("index", "operation", "kind", "sentence"),
    [
        (BUILD, "delete", PlaceKind.OWN, "Give build the access delete in step 4."),
        (TEST, "acl", PlaceKind.OWN, "Give test the access write and the extra acl in step 4."),
        (DEPLOY, "acl", PlaceKind.OWN, "Give deploy the extra acl in step 4."),
        (BUILD, "read", PlaceKind.STAGE, "Add releases/ to what build reads too, in step 4."),
        (BUILD, "list", PlaceKind.BARE, "Have the job ask for builds/: without the slash, the list would show what begins alike too."),
        (BUILD, "write", PlaceKind.BARE, "have the job use keys below builds/."),
        (BUILD, "write", PlaceKind.STAGE, "or add a stage for releases/."),
        (BUILD, "write", PlaceKind.OTHER_BUCKET, "for another, make a set-up of its own."),
        (BUILD, "read", PlaceKind.STRANGER, "aws:ResourceAccount holds every statement to buckets of the account 123456789012."),
        (BUILD, "administration", PlaceKind.REST, "Nothing gives it: "),
        (BUILD, "read", PlaceKind.OWN, "To deny it, remove read from the access of build in step 4."),
        (DEPLOY, "read", PlaceKind.READS, "To deny it, remove builds/ from what deploy reads too, in step 4."),
    ],
)
def test_an_explanation_ends_with_the_answer_that_would_change_it(index: int, operation: str, kind: PlaceKind, sentence: str) -> None:
    of = matrix(index)
    assert sentence in said(of, cell(of, operation, kind)).splitlines()[-1]


def test_a_denial_tells_of_each_statement_about_the_action_what_does_not_match() -> None:
    of = matrix(TEST)
    lines = said(of, cell(of, "list", PlaceKind.SIBLING)).splitlines()
    assert lines[0] == "list builds-secret/: denied"
    assert '  with s3:prefix = "builds-secret/"' in lines
    assert 'StringLike s3:prefix: "builds-secret/" does not match "builds/*"' in lines
    assert 'Allow "Read" is about other actions' in lines


def test_an_allowance_names_the_statement_that_decides() -> None:
    of = matrix(TEST)
    lines = said(of, cell(of, "read", PlaceKind.OWN)).splitlines()
    assert lines[1] == "s3:GetObject on arn:aws:s3:::acme-builds/builds/example.txt"
    assert 'Allow "Read" allows it:' in lines


def test_requests_that_are_answered_for_the_same_reasons_are_told_once() -> None:
    of = matrix(TEST)
    lines = said(of, cell(of, "administration", PlaceKind.REST)).splitlines()
    (asked,) = [line for line in lines if " on arn:" in line]
    assert asked.startswith("s3:PutBucketPolicy, s3:DeleteBucketPolicy, s3:PutBucketAcl, ")
    assert asked.endswith(" and 5 more on arn:aws:s3:::acme-builds")


def draft(*stages: StageDraft) -> Draft:
    return Draft("123456789012", bucket=BucketDraft("acme-builds", "us-east-1"), stages=stages)


def test_a_half_typed_draft_has_a_matrix_as_soon_as_it_names_account_and_bucket() -> None:
    (of,) = matrix_of(draft(StageDraft("", "builds")))
    assert of.places[0].name == "builds/"
    assert [at.operation.id for at in of.cells if at.verdict is not Verdict.DENIED] == ["list"]
    assert of.unexpected == ()


def test_an_answer_that_the_rules_refuse_and_that_opens_more_than_it_says_is_shown_loudly() -> None:
    (of, _) = matrix_of(draft(StageDraft("x", "b*/", ("read",)), StageDraft("y", "builds/", ("read",))))
    wrong = cell(of, "read", PlaceKind.STAGE)
    assert not wrong.as_expected
    assert glyph(wrong) == "✓!"
    assert "The answers call for denied here" in said(of, wrong)
    assert any(line.startswith("! read builds/: The answers call for denied here") for line in table(of))


def test_answers_that_make_a_policy_which_aws_refuses_are_told_as_a_problem() -> None:
    with pytest.raises(CiamError, match="neither an ARN"):
        matrix_of(replace(draft(StageDraft("x", "a/", ("read",))), bucket=BucketDraft("acme-builds", "us-east-1", None, "key/1")))


# As a table


def test_the_table_has_a_stair_of_places_above_a_row_for_each_operation() -> None:
    lines = table(matrix(TEST), 60)
    assert lines[:4] == (
        "              builds/ (own, build's)",
        "              │  builds (no slash)",
        "              │  │  builds-secret/ (beside)",
        "              │  │  │  releases/ (deploy's)",
    )
    assert lines[8] == "read          ✓  ✗  ✗  ✗  ✗  ✗  ✗"
    assert lines[-1] == LEGEND


@given(st.lists(st.text(max_size=30), max_size=12), st.integers(0, 20), st.integers(0, 80))
def test_no_title_is_longer_than_its_line(titles: list[str], indent: int, width: int) -> None:
    for place, line in enumerate(header(titles, indent, width)):
        assert len(line) <= max(width, indent + 3 * place + 1)


@given(st.text(max_size=30), st.integers(-3, 40))
def test_what_is_shortened_keeps_its_ends_and_fits(text: str, room: int) -> None:
    short = shortened(text, room)
    assert len(short) <= max(room, 0)
    assert short == text or "…" in short or room < 4


def test_equal_answers_make_equal_matrices_so_that_nothing_is_drawn_twice() -> None:
    setup = example_setup()
    assert stage_matrix(setup, setup.stages[0]) == stage_matrix(setup, setup.stages[0])
    renamed = replace(draft(StageDraft("x", "a/", ("read",))), account_id="210987654321")
    assert matrix_of(renamed) != matrix_of(draft(StageDraft("x", "a/", ("read",))))
