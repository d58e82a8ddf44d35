"""The fix of a Setup's finding ends it, leaves the Setup valid, and is the same for a robot with the file as for a key in the wizard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from ciam_tui.core.draft import Draft
from ciam_tui.core.draft_patch import with_fix
from ciam_tui.core.findings import Finding, findings
from ciam_tui.core.json_patch import Operation, patched
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.setup import read_setup, to_json
from tests.core.asking import example_setup
from tests.core.examples import project
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

WITH_A_FIX = {
    "several-projects-on-one-role",
    "custom-audience",
    "user-tags-on-roles",
    "no-branch-on-changing-stage",
    "session-over-one-hour",
    "extra-tags",
    "extra-acl",
    "extra-versions",
    "extra-probe",
}


def fixed(setup: Setup, finding: Finding) -> Setup:
    return read_setup(json.dumps(patched(json.loads(to_json(setup)), finding.patch))).setup


@given(setups())
@settings(max_examples=15)
def test_a_fix_ends_its_finding_and_leaves_a_valid_setup(setup: Setup) -> None:
    for finding in findings(setup):
        assert bool(finding.patch) <= (finding.id in {*WITH_A_FIX, "trust-policy-too-large", "permission-policy-too-large"})
        if finding.patch and "large" not in finding.id:
            after = fixed(setup, finding)
            assert (finding.id, finding.stage) not in {(each.id, each.stage) for each in findings(after)}
            assert with_fix(Draft.of(json.loads(to_json(setup))), finding).as_setup() == Draft.of(json.loads(to_json(after))).as_setup()


@pytest.mark.parametrize(
    ("changes", "finding_id", "patch"),
    [
        ({}, "no-branch-on-changing-stage", (Operation("replace", "/stages/0/branches", ["main"]),)),
        ({"stages__1__session_seconds": 7200}, "session-over-one-hour", (Operation("replace", "/stages/1/session_seconds", 3600),)),
        ({"stages__0__extras": ["tags", "acl"]}, "extra-acl", (Operation("remove", "/stages/0/extras/1"),)),
        ({"circleci__audience": "jobs"}, "custom-audience", (Operation("replace", "/circleci/audience", None),)),
        ({"role__tags": {"team": "web"}}, "user-tags-on-roles", (Operation("replace", "/role/tags", {}),)),
    ],
)
def test_the_one_thing_to_do_is_the_patch(changes: dict[str, Any], finding_id: str, patch: tuple[Operation, ...]) -> None:
    assert next(each.patch for each in findings(example_setup(**changes)) if each.id == finding_id) == patch


def test_where_a_fix_would_not_be_valid_there_is_none() -> None:
    def patch_of(finding_id: str, **changes: Any) -> tuple[Operation, ...]:
        return next(each.patch for each in findings(example_setup(**changes)) if each.id == finding_id)

    web = project("web", vcs_origin=None)
    assert not patch_of("no-branch-on-changing-stage", circleci__projects=[web], stages__2__branches=[])
    assert not patch_of("no-branch-on-changing-stage", circleci__projects=[], circleci__any_project=True, stages__2__branches=[])
    several = [*json.loads(to_json(example_setup()))["circleci"]["projects"]]
    assert patch_of("several-projects-on-one-role", circleci__projects=[*several, project("api")])
    assert not patch_of("several-projects-on-one-role", circleci__projects=[*several, project("a" * 60)])
    assert not patch_of("several-projects-on-one-role", circleci__projects=[*several, project("a name with spaces")])


def test_a_fix_leaves_the_other_answers_of_a_draft_as_they_are() -> None:
    draft = Draft.of(
        {"base_prefix": "team", "stages": [{"name": "b", "session_seconds": "soon"}, {"name": "x", "extras": ["acl", "tags"]}]}
    )
    after = with_fix(draft, Finding("extra-acl", Level.NOTE, "", "", "", patch=(Operation("remove", "/stages/1/extras/0"),)))
    assert after.stages[1].extras == ("tags",)
    assert (after.base_prefix, after.stages[0]) == ("team", draft.stages[0])
    assert with_fix(draft, Finding("x", Level.NOTE, "", "", "")) is draft


def test_a_fix_of_answers_that_have_changed_is_refused() -> None:
    with pytest.raises(CiamError):
        with_fix(Draft(), Finding("x", Level.NOTE, "", "", "", patch=(Operation("remove", "/stages/0/extras/0"),)))
