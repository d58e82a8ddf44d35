"""What each step reads, takes, refuses and says."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from textual.widgets import Input

from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.widgets.field import Field
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.app.widgets.preview import PreviewPane
from ciam_tui.core.asking.typed import typed_project
from ciam_tui.core.draft import BucketDraft, CircleCiDraft, Draft, ProjectDraft, RoleDraft, StageDraft
from ciam_tui.core.problems import CiamError
from tests.app.driving import NARROW, answering, at_step, messages, running, screen_text, shows, types, wizard
from tests.app.fakes import (
    ACCOUNT_ID,
    API,
    KMS_KEY_ARN,
    ORG_ID,
    WEB,
    WITH_BUCKET,
    WITH_PROJECTS,
    WITH_STAGES,
    FakeAccess,
    FakeAws,
    fake_session,
    signed_in,
)

SSO_EXPIRED = CiamError("sso-expired", "The SSO session has expired", "AWS asks for a new login.", ["Run: aws sso login --profile prod"])
DENIED = CiamError("access-denied", "Not allowed", "AWS refuses s3:ListAllMyBuckets to you.")


def field(pilot: object, path: str) -> Field:
    return next(each for each in wizard(pilot).query(Field) if each.path == path)  # type: ignore[arg-type] # a pilot


# Account


async def test_an_expired_sso_session_is_told_with_the_command_that_renews_it() -> None:
    aws = FakeAws(refusals={"identity": SSO_EXPIRED})
    async with answering(fake_session(FakeAccess({"prod": aws})), Draft(), "account") as pilot:
        await shows(pilot, "aws sso login --profile prod")
        assert "not signed in" in screen_text(pilot)


async def test_offline_the_account_is_typed_and_is_enough_to_go_on() -> None:
    offline = CiamError("unreachable", "AWS cannot be reached", "The network is down.")
    aws = FakeAws(refusals={"identity": offline})
    async with answering(fake_session(FakeAccess({"prod": aws})), Draft(), "account") as pilot:
        await shows(pilot, "AWS cannot be reached")
        field(pilot, "account_id").input.focus()
        await types(pilot, "1234")
        await shows(pilot, "✗")
        await types(pilot, "56789012")
        await pilot.press("enter", "enter")
        await shows(pilot, lambda: at_step(pilot, "bucket"))
        assert wizard(pilot).draft.account_id == ACCOUNT_ID
        await shows(pilot, "nobody is signed in")


async def test_picking_another_profile_moves_to_its_account_and_says_so_in_the_header() -> None:
    async with answering(fake_session(), Draft(), "account") as pilot:
        await shows(pilot, "SSO")
        await shows(pilot, lambda: wizard(pilot).draft.account_id == ACCOUNT_ID)
        picker = wizard(pilot).query_one("#profiles", Picker)
        picker.highlight("dev")
        await pilot.press("space")
        await shows(pilot, lambda: wizard(pilot).draft.account_id == "210987654321")
        await shows(pilot, "acme-dev")
        await shows(pilot, "profile dev")


async def test_another_account_clears_what_belonged_to_the_old_one_and_names_it() -> None:
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
    draft = replace(WITH_BUCKET, role=RoleDraft("circleci-", permissions_boundary=boundary))
    async with answering(fake_session(profile="dev"), draft, "account") as pilot:
        await shows(pilot, "SSO")
        wizard(pilot).query_one("#profiles", Picker).highlight("dev")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "bucket"))
        assert wizard(pilot).draft.role.permissions_boundary is None
        assert "boundary was cleared" in messages(pilot)


async def test_reading_shows_that_it_runs_and_escape_stops_it_without_leaving_the_step() -> None:
    gate = threading.Event()
    aws = FakeAws(gate=gate)
    async with answering(fake_session(FakeAccess({"prod": aws})), Draft(), "account") as pilot:
        await shows(pilot, "reading who prod is")
        await pilot.press("escape")
        await shows(pilot, "Stopped")
        assert wizard(pilot).at == "account"
        gate.set()
        await pilot.pause(0.1)
        assert wizard(pilot).draft.account_id == "", "an answer that comes after it was stopped is not taken"


async def test_an_mfa_code_is_asked_for_inside_the_screen() -> None:
    access = FakeAccess(ask="Code for arn:aws:iam::123456789012:mfa/dana: ")
    async with running(fake_session(access)) as pilot:
        await shows(pilot, "mfa/dana")
        await types(pilot, "123456")
        await pilot.press("enter")
        await shows(pilot, "signed in as")
        assert access.codes == ["123456"]


async def test_refusing_the_mfa_code_leaves_nobody_signed_in() -> None:
    async with running(fake_session(FakeAccess(ask="Code: "))) as pilot:
        await shows(pilot, "MFA code")
        await pilot.press("escape")
        await shows(pilot, "the MFA code was not given")


# Bucket


async def test_a_bucket_brings_its_region_and_the_key_that_it_is_encrypted_with() -> None:
    async with answering(signed_in(), replace(WITH_BUCKET, bucket=BucketDraft()), "bucket") as pilot:
        await shows(pilot, "acme-artifacts")
        await pilot.press("space")
        await shows(pilot, lambda: wizard(pilot).draft.bucket.kms_key_arn == KMS_KEY_ARN)
        assert wizard(pilot).draft.bucket.region == "us-east-1"
        assert "KMS key was filled in" in messages(pilot)


async def test_another_bucket_clears_the_key_of_the_one_before_and_says_so() -> None:
    draft = replace(WITH_BUCKET, bucket=BucketDraft("acme-artifacts", "us-east-1", kms_key_arn=KMS_KEY_ARN))
    async with answering(signed_in(), draft, "bucket") as pilot:
        await shows(pilot, "acme-logs-eu")
        wizard(pilot).query_one("#buckets", Picker).highlight("acme-logs-eu")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "prefix"))
        assert wizard(pilot).draft.bucket == BucketDraft("acme-logs-eu", "eu-west-1")


async def test_a_bucket_that_may_not_be_listed_is_typed_and_looked_up() -> None:
    session = signed_in(FakeAws(refusals={"buckets": DENIED}))
    async with answering(session, replace(WITH_BUCKET, bucket=BucketDraft()), "bucket") as pilot:
        await shows(pilot, "s3:ListAllMyBuckets")
        field(pilot, "bucket.name").input.focus()
        await types(pilot, "acme-logs-eu")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "prefix"))
        assert wizard(pilot).draft.bucket.region == "eu-west-1"


async def test_a_name_that_no_bucket_can_have_is_refused_while_it_is_typed() -> None:
    async with answering(signed_in(), replace(WITH_BUCKET, bucket=BucketDraft()), "bucket") as pilot:
        field(pilot, "bucket.name").input.focus()
        await pilot.press(*"Acme")
        await shows(pilot, "✗")


async def test_a_bucket_that_is_not_there_can_be_wished_for() -> None:
    async with answering(signed_in(), replace(WITH_BUCKET, bucket=BucketDraft()), "bucket") as pilot:
        await shows(pilot, "acme-builds")
        field(pilot, "bucket.name").input.focus()
        await types(pilot, "acme-new")
        await pilot.press("enter")
        await shows(pilot, "There is no bucket acme-new")
        await pilot.press("tab", "tab", "space")
        await shows(pilot, lambda: wizard(pilot).draft.bucket == BucketDraft("acme-new", "us-east-1", create=True))


# Prefix


async def test_folders_are_browsed_one_level_at_a_time_and_back() -> None:
    async with answering(signed_in(), WITH_BUCKET, "prefix") as pilot:
        await shows(pilot, "releases/")
        await pilot.press("right")
        await shows(pilot, "api/")
        await pilot.press("left")
        await shows(pilot, "releases/")
        assert wizard(pilot).draft.base_prefix is None, "looking is not choosing"
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        assert wizard(pilot).draft.base_prefix == "builds/"


async def test_a_typed_prefix_is_closed_by_its_slash_and_that_is_said() -> None:
    async with answering(signed_in(), WITH_BUCKET, "prefix") as pilot:
        field(pilot, "base_prefix").input.focus()
        await types(pilot, "team")
        await shows(pilot, "is read as")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        assert wizard(pilot).draft.base_prefix == "team/"


async def test_the_whole_bucket_is_chosen_in_so_many_words_only() -> None:
    async with answering(signed_in(), WITH_BUCKET, "prefix") as pilot:
        field(pilot, "base_prefix").input.focus()
        await pilot.press("enter")
        await shows(pilot, lambda: "No prefix is chosen" in messages(pilot))
        assert wizard(pilot).draft.base_prefix is None
        await shows(pilot, "whole bucket")
        wizard(pilot).query_one("#prefixes", Picker).focus()
        wizard(pilot).query_one("#prefixes", Picker).highlight(".")
        await pilot.press("space")
        await shows(pilot, lambda: wizard(pilot).draft.base_prefix == "")


async def test_a_level_of_thousands_of_folders_is_read_a_page_at_a_time() -> None:
    aws = FakeAws(folders={"": tuple(f"pr-{number:05}/" for number in range(1500))})
    async with answering(signed_in(aws), WITH_BUCKET, "prefix") as pilot:
        await shows(pilot, "pr-00000/")
        picker = wizard(pilot).query_one("#prefixes", Picker)
        assert len(picker.rows) == 1002
        await pilot.press("end", "space")
        await shows(pilot, lambda: len(picker.rows) == 1501)
        assert aws.reads.count("prefixes") == 2


async def test_another_prefix_moves_the_stages_and_says_which() -> None:
    async with answering(signed_in(), WITH_STAGES, "prefix") as pilot:
        await shows(pilot, "releases/")
        field(pilot, "base_prefix").input.focus()
        await pilot.press("ctrl+u")
        await types(pilot, "out")
        await pilot.press("enter")
        await shows(pilot, lambda: at_step(pilot, "stages"))
        assert [stage.prefix for stage in wizard(pilot).draft.stages] == ["out/", "out/", "releases/"]
        assert "build and test and deploy" in messages(pilot)


# Stages


async def test_a_stage_is_added_named_and_removed_after_a_question() -> None:
    async with answering(signed_in(), WITH_STAGES, "stages") as pilot:
        await pilot.press("plus")
        await shows(pilot, lambda: len(wizard(pilot).draft.stages) == 4)
        await shows(pilot, lambda: wizard(pilot).focused is field(pilot, "stages[3].name").input)
        await types(pilot, "docs")
        await shows(pilot, lambda: wizard(pilot).draft.stages[3].name == "docs")
        wizard(pilot).query_one("#stages", Picker).focus()
        await pilot.press("minus")
        await shows(pilot, "Remove the stage docs?")
        await pilot.press("enter")
        await pilot.pause()
        assert len(wizard(pilot).draft.stages) == 4, "Cancel has the focus"
        await pilot.press("minus")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("tab", "enter")
        await shows(pilot, lambda: len(wizard(pilot).draft.stages) == 3)


@pytest.mark.parametrize("size", [NARROW, (120, 36)])
async def test_every_answer_of_a_stage_can_be_typed(size: tuple[int, int]) -> None:
    async with answering(signed_in(), WITH_STAGES, "stages", size) as pilot:
        await pilot.press("space")
        await shows(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("ctrl+u")
        await types(pilot, "ship")
        await pilot.press("enter", "ctrl+u")
        await types(pilot, "out")
        await pilot.press("enter", "space", "enter")
        await types(pilot, "docs/, api/")
        await pilot.press("enter")
        await types(pilot, "main, release/*")
        await pilot.press("enter", "right", "space", "enter", "ctrl+u")
        await types(pilot, "7200")
        await pilot.press("enter")
        await shows(pilot, lambda: wizard(pilot).draft.stages[0].session_seconds == 7200)
        stage = wizard(pilot).draft.stages[0]
        assert stage == StageDraft("ship", "out/", ("write",), ("docs/", "api/"), ("main", "release/*"), ("acl",), 7200)
        assert wizard(pilot).focused is wizard(pilot).query_one("#stages", Picker), "after its last answer, back to the list"


async def test_a_branch_with_a_space_is_refused_under_its_field_while_it_is_typed() -> None:
    async with answering(signed_in(), WITH_STAGES, "stages") as pilot:
        field(pilot, "stages[0].branches").input.focus()
        await types(pilot, "ma in")
        await shows(pilot, "✗")
        assert "ma in" in screen_text(pilot)


async def test_a_session_that_is_no_number_is_kept_as_typed_and_refused() -> None:
    async with answering(signed_in(), WITH_STAGES, "stages") as pilot:
        field(pilot, "stages[0].session_seconds").input.focus()
        await types(pilot, "x")
        await shows(pilot, "✗")
        assert wizard(pilot).draft.stages[0].session_seconds == "3600x"


async def test_the_cursor_of_the_list_decides_which_stage_is_edited_and_previewed() -> None:
    async with answering(signed_in(), WITH_STAGES, "stages") as pilot:
        await pilot.press("down", "down")
        await shows(pilot, lambda: field(pilot, "stages[2].name").text == "deploy")
        await shows(pilot, "deploy · role circleci-deploy")
        await shows(pilot, "releases/*")


async def test_a_wrong_role_prefix_unfolds_the_roles() -> None:
    draft = replace(WITH_STAGES, role=RoleDraft("bad name"))
    async with answering(signed_in(), draft, "stages") as pilot:
        await pilot.press("enter")
        await shows(pilot, "bad name")
        assert wizard(pilot).at == "stages"


# CircleCI


async def test_projects_are_ticked_and_unticked() -> None:
    async with answering(signed_in(), replace(WITH_STAGES, circleci=CircleCiDraft(ORG_ID)), "circleci") as pilot:
        await shows(pilot, "6b1f1b…6a5a01")
        await pilot.press("space", "down", "space")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (API, WEB))
        await pilot.press("space")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (API,))


async def test_a_project_is_typed_with_its_repository_in_any_spelling() -> None:
    async with answering(fake_session(has_token=False), WITH_STAGES, "circleci") as pilot:
        await shows(pilot, "no CircleCI token")
        await types(pilot, ORG_ID)
        field(pilot, "circleci.projects").input.focus()
        await types(pilot, "not-a-uuid web")
        await shows(pilot, "✗")
        await pilot.press("ctrl+u")
        await types(pilot, f"{WEB.id} web git@github.com:acme/web.git".replace("@", "@"))
        await pilot.press("enter")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (WEB,))
        assert field(pilot, "circleci.projects").text == ""


@pytest.mark.parametrize(
    ("text", "project"),
    [
        (WEB.id, ProjectDraft(WEB.id, "", None)),
        (f"{WEB.id.upper()} web", ProjectDraft(WEB.id, "web", None)),
        (f"{WEB.id} web github.com/acme/web", WEB),
        (f"{WEB.id} https://github.com/acme/web.git", WEB),
        (f"{WEB.id} web git@github.com:acme/web.git", WEB),
        (f"{WEB.id} web ssh://git@github.com/acme/web", WEB),
        ("   ", None),
    ],
)
def test_a_typed_project_is_read_as_people_write_it(text: str, project: ProjectDraft | None) -> None:
    assert typed_project(text) == project


async def test_the_whole_organization_clears_projects_and_branches_and_names_them() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci") as pilot:
        whole = next(each for each in wizard(pilot).query("ChoiceField") if each.path == "circleci.any_project")  # type: ignore[attr-defined] # a Labelled
        whole.query_one("Choices").focus()
        await pilot.press("space")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.any_project)
        assert wizard(pilot).draft.circleci.projects == ()
        assert "The projects (api, web) were cleared" in messages(pilot)
        assert "branches of deploy were cleared" in messages(pilot)


async def test_another_organization_clears_the_projects_of_the_one_before() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci") as pilot:
        picker = wizard(pilot).query_one("#organizations", Picker)
        picker.focus()
        await pilot.press("down", "space")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.org_id != ORG_ID)
        assert wizard(pilot).draft.circleci.projects == ()
        assert "The projects (api, web) were cleared" in messages(pilot)


async def test_one_role_for_each_project_is_previewed_role_by_role() -> None:
    async with answering(signed_in(), replace(WITH_PROJECTS, role=RoleDraft("ci-", per_project=True)), "circleci") as pilot:
        await shows(pilot, "ci-api-build (1 of 2)")
        await pilot.press("ctrl+n")
        await shows(pilot, "ci-web-build (2 of 2)")
        assert WEB.id in wizard(pilot).query_one(PreviewPane).text
