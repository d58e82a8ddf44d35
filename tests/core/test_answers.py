"""Going back keeps every answer but those that the new one has made untrue, and each that goes is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ciam_tui.core.answers import (
    Changed,
    preset_stages,
    settled,
    with_account,
    with_any_project,
    with_base_prefix,
    with_bucket,
    with_organization,
)
from ciam_tui.core.draft import BucketDraft, Draft
from ciam_tui.core.setup import Setup, finish
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, answers

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY = "arn:aws:iam::123456789012:policy/Bound"
EXAMPLE = replace(Draft.of(answers()), base_prefix="builds/")
FULL = replace(
    Draft.of(
        answers(
            bucket__owner_account_id="210987654321",
            bucket__kms_key_arn=KEY,
            circleci__issuer="https://ci.acme.example",
            circleci__audience="acme",
            role__permissions_boundary=BOUNDARY,
            role__per_project=True,
        )
    ),
    base_prefix="builds/",
)


def unchanged_but(draft: Draft, changed: Changed, *parts: str) -> None:
    """Holds that nothing outside `parts` of the draft is another answer than before."""
    for name in ("account_id", "partition", "bucket", "base_prefix", "circleci", "stages", "role"):
        assert (getattr(draft, name) == getattr(changed.draft, name)) == (name not in parts), name


def test_an_answer_given_again_clears_nothing() -> None:
    for same in (
        with_account(FULL, FULL.account_id, FULL.partition),
        with_bucket(FULL, FULL.bucket),
        with_base_prefix(FULL, "builds"),
        with_organization(FULL, ORG_ID, "gh/acme"),
        with_any_project(FULL, any_project=False),
        settled(FULL, FULL),
    ):
        assert same.told == ()
        assert replace(same.draft, base_prefix="builds/") == FULL


def test_a_first_answer_clears_nothing() -> None:
    draft = replace(FULL, account_id="", bucket=replace(FULL.bucket, name="", region=""), circleci=replace(FULL.circleci, org_id=""))
    draft = with_account(draft, "123456789012", "aws").draft
    draft = with_bucket(draft, FULL.bucket).draft
    changed = with_organization(draft, ORG_ID, "gh/acme")
    assert changed == Changed(FULL)


def test_another_account_clears_the_buckets_owner_and_the_boundary() -> None:
    changed = with_account(FULL, "111111111111", "aws")
    assert changed.draft.bucket.owner_account_id is None
    assert changed.draft.role.permissions_boundary is None
    assert ["owner" in changed.told[0], "boundary" in changed.told[1]] == [True, True]
    unchanged_but(FULL, changed, "account_id", "bucket", "role")


def test_a_boundary_of_awss_own_serves_every_account_of_the_partition() -> None:
    draft = replace(EXAMPLE, role=replace(EXAMPLE.role, permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess"))
    assert with_account(draft, "111111111111", "aws").told == ()
    assert with_account(draft, "111111111111", "aws-cn").draft.role.permissions_boundary is None


def test_another_bucket_clears_what_was_known_of_the_old_one() -> None:
    draft = replace(FULL, bucket=replace(FULL.bucket, create=True))
    changed = with_bucket(draft, replace(draft.bucket, name="other"))
    assert changed.draft.bucket == BucketDraft(name="other", region="us-east-1")
    assert len(changed.told) == 3
    assert all('"acme-builds"' in sentence for sentence in changed.told)
    unchanged_but(draft, changed, "bucket")


def test_what_the_new_bucket_brings_itself_is_kept() -> None:
    brought = BucketDraft("other", "eu-west-1", "111111111111", KEY.replace("us-east-1", "eu-west-1"))
    assert with_bucket(FULL, brought) == Changed(replace(FULL, bucket=brought))


def test_another_region_clears_the_key_alone() -> None:
    changed = with_bucket(FULL, replace(FULL.bucket, region="eu-west-1"))
    assert changed.draft.bucket == replace(FULL.bucket, region="eu-west-1", kms_key_arn=None)
    assert "us-east-1" in changed.told[0]


def test_another_organization_clears_what_belonged_to_the_old_one() -> None:
    changed = with_organization(FULL, OTHER_PROJECT_ID, "gh/other")
    circleci = changed.draft.circleci
    assert (circleci.projects, circleci.issuer, circleci.audience, circleci.org_slug) == ((), None, None, "gh/other")
    assert ["web" in changed.told[0], "issuer" in changed.told[1], "audience" in changed.told[2]] == [True, True, True]
    unchanged_but(FULL, changed, "circleci")


def test_trust_in_a_whole_organization_is_not_carried_over_to_another() -> None:
    draft = with_any_project(EXAMPLE, any_project=True).draft
    changed = settled(draft, replace(draft, circleci=replace(draft.circleci, org_id=OTHER_PROJECT_ID)))
    assert not changed.draft.circleci.any_project
    assert changed.draft.circleci.org_slug is None
    assert len(changed.told) == 2


def test_trusting_the_whole_organization_clears_projects_branches_and_roles_of_projects() -> None:
    changed = with_any_project(FULL, any_project=True)
    assert changed.draft.circleci.projects == ()
    assert all(stage.branches == () for stage in changed.draft.stages)
    assert not changed.draft.role.per_project
    assert ["web" in changed.told[0], "deploy" in changed.told[1], "One role a project" in changed.told[2]] == [True] * 3
    unchanged_but(FULL, changed, "circleci", "stages", "role")
    assert isinstance(finish(replace(changed.draft, circleci=replace(changed.draft.circleci, issuer=None))), Setup)


def test_another_base_prefix_moves_what_lies_under_the_old_one_and_nothing_else() -> None:
    build, test, deploy = EXAMPLE.stages
    draft = replace(EXAMPLE, stages=(replace(build, prefix="builds/linux/"), replace(test, prefix="builds-x/"), deploy))
    changed = with_base_prefix(draft, "ci/out")
    assert [stage.prefix for stage in changed.draft.stages] == ["ci/out/linux/", "builds-x/", "releases/"]
    assert changed.draft.stages[2].read_prefixes == ("ci/out/",)
    assert changed.told == ('What build and deploy have under "builds/" moved to "ci/out/".',)
    unchanged_but(draft, changed, "base_prefix", "stages")


def test_prefixes_that_meet_after_a_move_become_one() -> None:
    stage = replace(EXAMPLE.stages[0], read_prefixes=("builds/a/", "ci/a/"))
    changed = with_base_prefix(replace(EXAMPLE, stages=(stage,)), "ci/")
    assert changed.draft.stages[0].read_prefixes == ("ci/a/",)
    assert changed.told == ('What build has under "builds/" moved to "ci/".',)


def test_from_the_whole_bucket_only_the_whole_bucket_moves() -> None:
    build, test, deploy = EXAMPLE.stages
    draft = replace(EXAMPLE, base_prefix="", stages=(replace(build, prefix=""), test, deploy))
    changed = with_base_prefix(draft, "ci/")
    assert [stage.prefix for stage in changed.draft.stages] == ["ci/", "builds/", "releases/"]
    assert "the whole bucket" in changed.told[0]


def test_half_typed_text_moves_nothing() -> None:
    assert with_base_prefix(EXAMPLE, "/ci") == Changed(replace(EXAMPLE, base_prefix="/ci"))


def test_what_is_told_cannot_steer_a_terminal() -> None:
    draft = replace(EXAMPLE, bucket=BucketDraft("a\x1b[2J", "\u202e", None, KEY))
    assert all(sentence.isprintable() for sentence in with_bucket(draft, replace(draft.bucket, name="other")).told)


@pytest.mark.parametrize(
    ("base", "build", "deploy"),
    [
        ("builds/", "builds/", "releases/"),
        ("builds", "builds/", "releases/"),
        ("team/builds/", "team/builds/", "team/releases/"),
        ("", "", "releases/"),
        ("releases/", "releases/", "published/"),
    ],
)
def test_the_preset_deploys_beside_what_it_builds(base: str, build: str, deploy: str) -> None:
    stages = preset_stages(base)
    assert [(stage.name, stage.prefix, stage.access) for stage in stages] == [
        ("build", build, ("read", "write")),
        ("test", build, ("read",)),
        ("deploy", deploy, ("read", "write", "delete")),
    ]
    assert stages[2].read_prefixes == (build,)
    assert stages[2].branches == ("main",)


def test_the_preset_of_the_documentations_base_is_the_documentations_example() -> None:
    assert preset_stages("builds/") == EXAMPLE.stages
