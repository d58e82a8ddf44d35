"""The rules that concern several answers, and the path that each problem carries."""

from __future__ import annotations

from typing import Any

import pytest

from ciam_tui.core.draft import Draft
from ciam_tui.core.problems import Level
from ciam_tui.core.validate import errors_of, setup_problems
from tests.core.examples import PROJECT_ID, answers, project, stage

WEB = project("web", PROJECT_ID, "github.com/acme/web")


def told(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.text) for problem in setup_problems(Draft.of(answers(**changes)))]


def test_the_example_has_no_problem() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "field", "because"),
    [
        ({"account_id": "1"}, "account_id", "not 12 digits"),
        ({"partition": "aws-moon"}, "partition", "no AWS partition"),
        ({"partition": "aws-cn"}, "bucket.region", "lies in the partition aws"),
        ({"bucket__name": "Acme"}, "bucket.name", "capital"),
        ({"bucket__region": "x"}, "bucket.region", "no AWS region"),
        ({"bucket__region": "cn-north-1"}, "bucket.region", "lies in the partition aws-cn"),
        ({"bucket__owner_account_id": "1"}, "bucket.owner_account_id", "not 12 digits"),
        ({"bucket__kms_key_arn": "alias/x"}, "bucket.kms_key_arn", "alias"),
        ({"bucket__kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"}, "bucket.kms_key_arn", "bucket's own region"),
        ({"bucket__kms_key_arn": "arn:aws-cn:kms:us-east-1:123456789012:key/1234abcd"}, "bucket.kms_key_arn", "partition aws-cn"),
        ({"circleci__org_id": "x"}, "circleci.org_id", "no UUID"),
        ({"circleci__org_slug": "x"}, "circleci.org_slug", "slug"),
        ({"circleci__issuer": "https://oidc.circleci.com"}, "circleci.issuer", "every CircleCI organization"),
        ({"circleci__audience": "*"}, "circleci.audience", "wildcard"),
        ({"circleci__projects": []}, "circleci.projects", "No project"),
        ({"circleci__projects__0__id": "x"}, "circleci.projects[0].id", "no UUID"),
        ({"circleci__projects__0__name": ""}, "circleci.projects[0].name", "no name"),
        ({"circleci__projects__0__vcs_origin": "x"}, "circleci.projects[0].vcs_origin", "repository"),
        ({"circleci__projects__0__vcs_origin": None}, "circleci.projects[0].vcs_origin", '"deploy" is limited to branches'),
        ({"circleci__projects": [WEB, project("api", PROJECT_ID)]}, "circleci.projects[1].id", "named twice"),
        ({"stages": []}, "stages", "no stage"),
        ({"stages__1__name": ""}, "stages[1].name", "no name"),
        ({"stages__1__name": "build"}, "stages[1].name", 'two stages "build"'),
        ({"stages__1__name": "Build"}, "stages[1].name", "differ only in case"),
        ({"stages__2__prefix": "/x"}, "stages[2].prefix", "begins with a /"),
        ({"stages__0__access": []}, "stages[0].access", "may do nothing"),
        ({"stages__0__access": ["read", "list"]}, "stages[0].access[1]", "no access"),
        ({"stages__0__access": ["read", "read"]}, "stages[0].access", "there twice"),
        ({"stages__0__read_prefixes": ["a/", "b*"]}, "stages[0].read_prefixes[1]", "wildcard"),
        ({"stages__0__read_prefixes": ["a/", "b/", "a/"]}, "stages[0].read_prefixes", '"a/" is there twice'),
        ({"stages__2__branches": ["main", "ma in"]}, "stages[2].branches[1]", "a space"),
        ({"stages__2__branches": ["main", "refs/heads/main"]}, "stages[2].branches", '"refs/heads/main" is there twice'),
        ({"stages__0__extras": ["x"]}, "stages[0].extras[0]", "no extra"),
        ({"stages__0__extras": ["acl", "acl"]}, "stages[0].extras", "there twice"),
        ({"stages__0__session_seconds": 1}, "stages[0].session_seconds", "899 below"),
        ({"stages__0__session_seconds": "1h"}, "stages[0].session_seconds", "no number"),
        ({"stages__0__name": "x" * 60}, "stages[0].name", "73 characters, 9 more than IAM's 64"),
        ({"role__name_prefix": "a b"}, "role.name_prefix", "in no role name"),
        ({"role__path": "x"}, "role.path", "begin and end"),
        ({"role__policy_kind": "x"}, "role.policy_kind", "no kind"),
        ({"role__policy_kind": "managed", "role__path": "/a!/"}, "role.path", "managed policy"),
        ({"role__permissions_boundary": "x"}, "role.permissions_boundary", "no ARN"),
        ({"role__permissions_boundary": "arn:aws:iam::210987654321:policy/x"}, "role.permissions_boundary", "210987654321"),
        ({"role__permissions_boundary": "arn:aws-cn:iam::aws:policy/x"}, "role.permissions_boundary", "partition aws-cn"),
        ({"role__tags": {"a*": ""}}, "role.tags.a*", "in its key"),
        ({"role__tags": {"Team": "", "team": ""}}, "role.tags", "differ only in case"),
    ],
)
def test_a_wrong_answer_is_one_problem_at_its_path(changes: dict[str, Any], field: str, because: str) -> None:
    ((found_field, text),) = told(**changes)
    assert found_field == field
    assert because in text


def test_a_prefix_without_its_slash_is_a_note_and_no_error() -> None:
    problems = setup_problems(Draft.of(answers(stages__0__prefix="team", stages__2__read_prefixes=["x"])))
    assert [(problem.field, problem.level) for problem in problems] == [
        ("stages[0].prefix", Level.NOTE),
        ("stages[2].read_prefixes[0]", Level.NOTE),
    ]
    assert errors_of(problems) == ()


def test_a_prefix_read_twice_is_found_with_and_without_its_slash() -> None:
    assert ("stages[0].read_prefixes", 'The prefix "a/" is there twice.') in told(stages__0__read_prefixes=["a", "a/"])


def test_a_bucket_is_created_in_the_account_alone() -> None:
    assert told(bucket__create=True) == []
    assert told(bucket__create=True, bucket__owner_account_id="123456789012") == []
    ((field, text),) = told(bucket__create=True, bucket__owner_account_id="210987654321")
    assert field == "bucket.owner_account_id"
    assert "account that creates it" in text


def test_a_name_of_the_regional_namespace_is_used_but_not_created() -> None:
    name = "acme-123456789012-us-east-1-an"
    assert told(bucket__name=name) == []
    ((field, text),) = told(bucket__name=name, bucket__create=True)
    assert field == "bucket.name"
    assert "-an" in text


def test_a_whole_organization_has_neither_projects_nor_branches_nor_roles_of_projects() -> None:
    assert told(circleci__any_project=True, circleci__projects=[], stages__2__branches=[]) == []
    found = told(circleci__any_project=True, role__per_project=True)
    assert [field for field, _ in found] == ["circleci.projects", "stages[2].branches", "role.per_project"]


def test_a_stage_without_branches_needs_no_repository() -> None:
    assert told(circleci__projects__0__vcs_origin=None, stages__2__branches=[]) == []


def test_a_role_a_project_needs_names_that_fit_into_role_names() -> None:
    assert told(circleci__projects=[WEB, project("my api")]) == []
    ((field, text),) = told(circleci__projects=[WEB, project("my api")], role__per_project=True)
    assert field == "circleci.projects[1].name"
    assert "in no role name" in text


def test_a_role_name_too_long_is_told_once_a_stage_by_its_longest() -> None:
    found = told(circleci__projects=[WEB, project("x" * 50)], role__per_project=True)
    assert [field for field, _ in found] == ["stages[0].name", "stages[1].name", "stages[2].name"]
    assert "69 characters, 5 more" in found[0][1]


def test_role_names_that_differ_only_in_case_are_one_to_iam() -> None:
    ((field, text),) = told(circleci__projects=[WEB, project("Web")], role__per_project=True)
    assert field == "role.per_project"
    assert '"circleci-web-web-build" and "circleci-web-Web-build"' in text


def test_role_names_that_are_made_of_different_parts_and_read_the_same_are_found() -> None:
    ((field, text),) = told(circleci__projects=[WEB, project("web-a")], role__per_project=True, stages=[stage("a-b"), stage("b")])
    assert field == "role.per_project"
    assert "circleci-web-web-a-b" in text


def test_more_roles_than_an_account_can_have_are_told_by_number_and_not_walked_through() -> None:
    projects = [project("p", f"{number:08x}-0000-4000-8000-000000000000") for number in range(101)]
    ((field, text),) = told(circleci__projects=projects, role__per_project=True, stages=[stage(f"s{number}") for number in range(100)])
    assert field == "role.per_project"
    assert "10100 roles, 100 more" in text


def test_several_problems_come_in_the_order_of_the_file() -> None:
    found = told(account_id="", bucket__name="", circleci__org_id="", stages=[], role__path="")
    assert [field for field, _ in found] == ["account_id", "bucket.name", "circleci.org_id", "stages", "role.path"]


def test_an_empty_draft_is_told_what_is_missing_without_a_word_that_is_not_so() -> None:
    fields = [problem.field for problem in setup_problems(Draft())]
    assert fields == ["account_id", "bucket.name", "bucket.region", "circleci.org_id", "circleci.projects", "stages"]
