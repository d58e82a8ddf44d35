"""Each risk is told where it is and no longer once it is gone, worst first, and points at a line that is really there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.draft import Draft
from ciam_tui.core.facts import Quotas
from ciam_tui.core.findings import Finding, findings, stage_findings
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.setup import to_json
from tests.core.asking import everything_setup, example_setup
from tests.core.examples import ORG_ID, answers, project
from tests.core.strategies import setups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.setup import Setup

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
BUILD, TEST, DEPLOY = answers()["stages"]
WEB = answers()["circleci"]["projects"][0]
OTHER_ACCOUNT = "999900001111"
OWN_KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
LONG = [f"feature/{number:02}/with-a-name-that-takes-room" for number in range(12)]
MANY = [f"prefix-{number:03}-with-a-name-that-takes-room/" for number in range(90)]


def only(stage: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answers that leave one stage, with changes to it."""
    return {"stages": [stage | changes]}


def told(setup: Setup, quotas: Quotas | None = None) -> set[tuple[str, str | None]]:
    return {(finding.id, finding.stage) for finding in findings(setup, quotas)}


def test_the_documented_setup_has_these_findings_and_no_other() -> None:
    assert [(finding.level, finding.id, finding.stage, finding.field) for finding in findings(example_setup())] == [
        (ERROR, "trust-contains-weaker-stage", "build", "stages[0].branches"),
        (WARNING, "trust-contains-weaker-stage", "build", "stages[0].branches"),
        (WARNING, "no-branch-on-changing-stage", "build", "stages[0].branches"),
        (NOTE, "jobs-are-not-told-apart", None, "stages"),
        (NOTE, "list-needs-slash", "build", "stages[0].prefix"),
        (NOTE, "list-needs-slash", "test", "stages[1].prefix"),
        (NOTE, "list-needs-slash", "deploy", "stages[2].prefix"),
    ]


# A finding's id, level, stage and field; the answers that have it; the least change to them without it.
ROWS: list[tuple[str, Level, str | None, str, dict[str, Any], dict[str, Any]]] = [
    (
        "whole-organization-trusted",
        ERROR,
        None,
        "circleci.any_project",
        only(TEST) | {"circleci__any_project": True, "circleci__projects": []},
        {"circleci__any_project": False, "circleci__projects": [WEB]},
    ),
    (
        "several-projects-on-one-role",
        WARNING,
        None,
        "role.per_project",
        {"circleci__projects": [WEB, project("api")]},
        {"role__per_project": True},
    ),
    (
        "several-projects-on-one-role",
        WARNING,
        None,
        "role.per_project",
        {"circleci__projects": [WEB, project("api")], "circleci__issuer": "https://ci.acme.example"},
        {"circleci__projects": [WEB]},
    ),
    ("custom-audience", WARNING, None, "circleci.audience", {"circleci__audience": "sts.amazonaws.com"}, {"circleci__audience": None}),
    ("custom-audience", WARNING, None, "circleci.audience", {"circleci__audience": "jobs"}, {"circleci__audience": ORG_ID}),
    (
        "self-hosted-issuer",
        WARNING,
        None,
        "circleci.issuer",
        {"circleci__issuer": f"https://ci.acme.example/org/{ORG_ID}"},
        {"circleci__issuer": f"https://oidc.circleci.com/org/{ORG_ID}"},
    ),
    (
        "no-project-key",
        NOTE,
        None,
        "partition",
        {"partition": "aws-us-gov", "bucket__region": "us-gov-west-1"},
        {"partition": "aws", "bucket__region": "us-east-1"},
    ),
    ("user-tags-on-roles", WARNING, None, "role.tags", {"role__tags": {"team": "web"}}, {"role__tags": {}}),
    (
        "bucket-of-another-account",
        WARNING,
        None,
        "bucket.owner_account_id",
        {"bucket__owner_account_id": OTHER_ACCOUNT},
        {"bucket__owner_account_id": "123456789012"},
    ),
    (
        "key-of-another-account",
        WARNING,
        None,
        "bucket.kms_key_arn",
        {"bucket__kms_key_arn": OWN_KEY.replace("123456789012", OTHER_ACCOUNT)},
        {"bucket__kms_key_arn": OWN_KEY},
    ),
    ("trust-contains-weaker-stage", ERROR, "build", "stages[0].branches", {"stages": [BUILD, TEST]}, {"stages__0__branches": ["main"]}),
    ("trust-contains-weaker-stage", ERROR, "build", "stages[0].branches", {"stages": [BUILD, TEST]}, {"stages__0__access": ["read"]}),
    (
        "trust-contains-weaker-stage",
        ERROR,
        "deploy",
        "stages[1].branches",
        {"stages": [BUILD | {"branches": ["main"]}, DEPLOY]},
        {"stages__0__branches": ["develop"]},
    ),
    (
        "trust-contains-weaker-stage",
        ERROR,
        "deploy",
        "stages[1].branches",
        {"stages": [TEST | {"branches": ["release/1"]}, DEPLOY | {"branches": ["release/*"]}]},
        {"stages__1__branches": ["release/2*"]},
    ),
    (
        "trust-contains-weaker-stage",
        WARNING,
        "build",
        "stages[0].branches",
        {"stages": [BUILD, DEPLOY]},
        {"stages__0__branches": ["develop"]},
    ),
    (
        "no-branch-on-changing-stage",
        WARNING,
        "deploy",
        "stages[2].branches",
        {"stages__2__branches": []},
        {"stages__2__branches": ["main"]},
    ),
    ("no-branch-on-changing-stage", WARNING, "build", "stages[0].branches", {}, {"stages__0__access": ["read"]}),
    (
        "no-branch-on-changing-stage",
        WARNING,
        "x",
        "stages[0].branches",
        only(TEST, name="x", access=["delete"]),
        {"stages__0__branches": ["refs/*"]},
    ),
    (
        "wildcard-in-branch",
        WARNING,
        "deploy",
        "stages[2].branches[1]",
        {"stages__2__branches": ["main", "v*"]},
        {"stages__2__branches": ["main", "v1"]},
    ),
    (
        "wildcard-in-branch",
        WARNING,
        "deploy",
        "stages[2].branches[0]",
        {"stages__2__branches": ["refs/*"]},
        {"stages__2__branches": ["main"]},
    ),
    (
        "session-over-one-hour",
        WARNING,
        "test",
        "stages[1].session_seconds",
        {"stages__1__session_seconds": 3601},
        {"stages__1__session_seconds": 3600},
    ),
    ("whole-bucket", WARNING, "test", "stages[1].prefix", {"stages__1__prefix": ""}, {"stages__1__prefix": "builds/"}),
    ("whole-bucket", WARNING, "test", "stages[1].read_prefixes", {"stages__1__read_prefixes": [""]}, {"stages__1__read_prefixes": ["x/"]}),
    ("list-needs-slash", NOTE, "test", "stages[1].prefix", {}, {"stages__1__prefix": ""}),
    (
        "delete-on-shared-prefix",
        WARNING,
        "deploy",
        "stages[2].access",
        {"stages__2__prefix": "builds/"},
        {"stages__2__access": ["read", "write"]},
    ),
    (
        "delete-on-shared-prefix",
        WARNING,
        "deploy",
        "stages[2].access",
        {"stages__1__prefix": "releases/x/"},
        {"stages__1__prefix": "builds/"},
    ),
    ("delete-on-shared-prefix", WARNING, "deploy", "stages[2].access", {"stages__1__prefix": ""}, {"stages__1__prefix": "builds/"}),
    (
        "delete-on-shared-prefix",
        WARNING,
        "deploy",
        "stages[2].access",
        {"stages__1__read_prefixes": ["releases/"]},
        {"stages__1__read_prefixes": []},
    ),
    ("extra-tags", WARNING, "build", "stages[0].extras[0]", {"stages__0__extras": ["tags"]}, {"stages__0__extras": []}),
    ("extra-acl", WARNING, "build", "stages[0].extras[1]", {"stages__0__extras": ["tags", "acl"]}, {"stages__0__extras": ["tags"]}),
    ("extra-acl", NOTE, "test", "stages[1].extras[0]", {"stages__1__extras": ["acl"]}, {"stages__1__extras": []}),
    ("extra-versions", WARNING, "deploy", "stages[2].extras[0]", {"stages__2__extras": ["versions"]}, {"stages__2__extras": []}),
    ("extra-versions", WARNING, "test", "stages[1].extras[0]", {"stages__1__extras": ["versions"]}, {"stages__1__extras": []}),
    ("extra-versions", NOTE, "build", "stages[0].extras[0]", only(BUILD, access=["write"], extras=["versions"]), {"stages__0__extras": []}),
    ("extra-probe", NOTE, "build", "stages[0].extras[0]", {"stages__0__extras": ["probe"]}, {"stages__0__extras": []}),
    ("trust-policy-too-large", ERROR, "deploy", "stages[2].branches", {"stages__2__branches": LONG}, {"stages__2__branches": LONG[:2]}),
    (
        "trust-policy-too-large",
        ERROR,
        "deploy",
        "role.per_project",
        {"circleci__projects": [WEB, project("api")], "stages__2__branches": LONG[:5]},
        {"role__per_project": True},
    ),
    (
        "permission-policy-too-large",
        ERROR,
        "test",
        "stages[1].read_prefixes",
        {"stages__1__read_prefixes": MANY},
        {"stages__1__read_prefixes": MANY[:10]},
    ),
    (
        "permission-policy-too-large",
        ERROR,
        "test",
        "stages[1].read_prefixes",
        {"stages__1__read_prefixes": MANY[:60], "role__policy_kind": "managed"},
        {"role__policy_kind": "inline"},
    ),
    (
        "permission-policy-too-large",
        ERROR,
        "build",
        "stages[0].prefix",
        only(BUILD, prefix="\u00ff" * 505 + "/", access=["read", "write", "delete"]),
        {"stages__0__prefix": "y/"},
    ),
]


@pytest.mark.parametrize(("finding_id", "level", "stage", "field", "having", "without"), ROWS, ids=[f"{row[0]}-{row[3]}" for row in ROWS])
def test_a_risk_is_told_where_it_is_and_no_longer_when_it_is_gone(
    finding_id: str, level: Level, stage: str | None, field: str, having: dict[str, Any], without: dict[str, Any]
) -> None:
    before, after = findings(example_setup(**having)), findings(example_setup(**having | without))
    assert [
        (finding.level, finding.field)
        for finding in before
        if (finding.id, finding.stage) == (finding_id, stage) and finding.field == field
    ][:1] == [(level, field)]
    assert (finding_id, stage, level) not in {(finding.id, finding.stage, finding.level) for finding in after}


def test_the_table_has_a_row_for_every_finding_that_there_is() -> None:
    source = Path(findings.__code__.co_filename).read_text(encoding="utf-8")
    ids = set(re.findall(r'^ +"([a-z]+(?:-[a-z]+)+)",$', source, re.MULTILINE)) | {
        f"extra-{extra}" for extra in ("tags", "acl", "versions", "probe")
    }
    assert ids - {row[0] for row in ROWS} == {"jobs-are-not-told-apart"}, (
        "give it a row: the answers that have it, and the least change without it"
    )


def test_that_aws_sees_no_job_is_told_of_every_setup() -> None:
    assert ("jobs-are-not-told-apart", None) in told(example_setup(**only(TEST, branches=["main"])))


class TestStagesThatAreOne:
    def test_two_stages_that_may_do_the_same_are_no_risk_to_each_other(self) -> None:
        twins = [TEST, TEST | {"name": "lint"}]
        assert not {each for each in told(example_setup(stages=twins)) if each[0] == "trust-contains-weaker-stage"}

    def test_more_kinds_of_access_weigh_as_more_access_wherever_they_are(self) -> None:
        found = findings(example_setup(stages=[TEST | {"prefix": "reports/"}, BUILD]))
        assert [(each.level, each.stage) for each in found if each.id == "trust-contains-weaker-stage"] == [
            (ERROR, "build"),
            (WARNING, "test"),
        ]

    def test_each_stage_that_is_let_in_is_named(self) -> None:
        found = findings(example_setup(stages__2__branches=[]))
        pairs = {(each.stage, re.findall(r"role of (\w+)", each.text)[0]) for each in found if each.id == "trust-contains-weaker-stage"}
        assert pairs == {("build", "test"), ("build", "deploy"), ("deploy", "build"), ("deploy", "test")}


class TestSizes:
    def test_the_account_own_quota_counts_and_the_excess_is_exact(self) -> None:
        setup = example_setup()
        size = stage_roles(setup, setup.stages[2])[0].trust.size
        assert ("trust-policy-too-large", "deploy") not in told(setup, Quotas(trust_policy_size=size))
        (finding,) = [each for each in findings(setup, Quotas(trust_policy_size=size - 1)) if each.stage == "deploy" and "large" in each.id]
        assert f"{size} characters, 1 more than the account's quota of {size - 1}" in finding.text

    def test_the_largest_of_the_roles_is_the_one_that_is_told(self) -> None:
        long = project("api", vcs_origin="github.com/acme/" + "a" * 60)
        setup = example_setup(circleci__projects=[WEB, long], role__per_project=True)
        sizes = [role.trust.size for role in stage_roles(setup, setup.stages[2])]
        (finding,) = [each for each in findings(setup, Quotas(trust_policy_size=1)) if each.stage == "deploy" and "large" in each.id]
        assert f"circleci-web-api-deploy has {max(sizes)} characters" in finding.text

    @pytest.mark.parametrize(
        ("changes", "offered"),
        [
            (
                {"circleci__projects": [WEB, project("api")], "stages__2__branches": ["a", "b"]},
                ["Set per_project", "name fewer branches", "L-C07B4B0D"],
            ),
            ({"circleci__projects": [WEB, project("api")], "role__per_project": True}, ["Have AWS raise"]),
            ({}, ["Have AWS raise"]),
        ],
    )
    def test_only_what_would_help_is_offered(self, changes: dict[str, Any], offered: list[str]) -> None:
        (finding,) = [
            each
            for each in findings(example_setup(**changes), Quotas(trust_policy_size=1))
            if each.stage == "deploy" and "large" in each.id
        ]
        for way in ("Set per_project", "name fewer branches"):
            assert (way in finding.fix) is (way in offered)
        assert all(way in finding.fix for way in offered)


def lines_with(finding: Finding, setup: Setup) -> list[list[str]]:
    """For each document that `finding` is about, its lines that hold the anchor."""
    assert finding.document is not None
    roles = [role for stage in setup.stages if finding.stage in (None, stage.name) for role in stage_roles(setup, stage)]
    documents = [role.trust if finding.document == "trust" else role.permissions for role in roles]
    return [[line for line in document.text.splitlines() if finding.anchor in line] for document in documents]


def hold_what_a_reader_relies_on(setup: Setup, found: Iterable[Finding]) -> None:
    file = json.loads(to_json(setup))
    for finding in found:
        assert value_at(file, finding.field) is not None, finding.field
        assert bool(finding.document) is bool(finding.anchor)
        if finding.document:
            assert all(lines_with(finding, setup)), (finding.id, finding.anchor)
        for sentence in (finding.text, finding.fix):
            assert sentence == sentence.strip()
            assert sentence.endswith(".")
            assert "\n" not in sentence


def value_at(file: Any, field: str) -> Any:
    for name, index in re.findall(r"([a-z_]+)|\[([0-9]+)\]", field):
        file = file[name] if name else file[int(index)]
    return file


class TestForAnySetup:
    @given(setups())
    def test_every_finding_names_a_field_of_the_file_and_a_line_of_its_document(self, setup: Setup) -> None:
        hold_what_a_reader_relies_on(setup, findings(setup))
        hold_what_a_reader_relies_on(setup, findings(setup, Quotas(trust_policy_size=1, inline_policies_size=1, managed_policy_size=1)))

    @given(setups())
    def test_the_worst_comes_first(self, setup: Setup) -> None:
        order = [ERROR, WARNING, NOTE]
        for found in (findings(setup), *(stage_findings(setup, index) for index in range(len(setup.stages)))):
            assert [each.level for each in found] == sorted((each.level for each in found), key=order.index)

    @given(setups())
    def test_what_is_told_of_a_stage_is_part_of_what_is_told_of_all(self, setup: Setup) -> None:
        of_stages = [finding for index in range(len(setup.stages)) for finding in stage_findings(setup, index)]
        assert sorted(map(repr, of_stages)) == sorted(repr(finding) for finding in findings(setup) if finding.stage is not None)

    @pytest.mark.long
    @given(setups())
    def test_all_of_it_holds_for_many_more(self, setup: Setup) -> None:
        hold_what_a_reader_relies_on(setup, findings(setup))


@pytest.mark.parametrize(
    ("changes", "finding_id", "line"),
    [
        ({"stages__0__extras": ["versions"]}, "extra-versions", '"s3:GetObjectVersion"'),
        (
            {"stages": [DEPLOY | {"extras": ["versions"], "access": ["delete"], "read_prefixes": []}]},
            "extra-versions",
            '"s3:DeleteObjectVersion"',
        ),
        ({"stages__0__extras": ["acl"]}, "extra-acl", '"s3:PutObjectAcl"'),
        ({"stages__2__branches": ["main", "v*", "v*x"]}, "wildcard-in-branch", 'refs/heads/v*"'),
        ({"stages__2__branches": ["main", "\u00e9*"]}, "wildcard-in-branch", 'refs/heads/\\u00e9*"'),
        (
            {"circleci__projects": [], "circleci__any_project": True, "stages__2__branches": []},
            "whole-organization-trusted",
            '/project/*/user/*"',
        ),
        ({"stages__1__prefix": ""}, "whole-bucket", '"arn:aws:s3:::acme-builds/*"'),
    ],
)
def test_a_finding_stands_beside_the_very_line_that_it_is_about(changes: dict[str, Any], finding_id: str, line: str) -> None:
    setup = example_setup(**changes)
    finding = next(each for each in findings(setup) if each.id == finding_id)
    assert all(line in lines[0] for lines in lines_with(finding, setup))


def test_all_there_is_in_one_setup_is_told() -> None:
    setup = everything_setup()
    hold_what_a_reader_relies_on(setup, findings(setup))
    assert {"bucket-of-another-account", "key-of-another-account", "custom-audience", "self-hosted-issuer"} <= {
        each[0] for each in told(setup)
    }


@given(setups(), st.data())
def test_no_half_typed_answer_stops_the_findings(setup: Setup, data: st.DataObject) -> None:
    typed = data.draw(st.one_of(st.text(max_size=6), st.sampled_from(["*", "arn:aws:kms", "https://", "refs/"])))
    draft = Draft.of(json.loads(to_json(setup)))
    drafts = [
        replace(
            draft,
            account_id=typed,
            partition=typed,
            bucket=replace(draft.bucket, name=typed, region=typed, kms_key_arn=typed, owner_account_id=typed),
        ),
        replace(draft, circleci=replace(draft.circleci, org_id=typed, issuer=typed, audience=typed)),
        replace(draft, circleci=replace(draft.circleci, projects=(), any_project=data.draw(st.booleans()))),
        replace(
            draft, stages=tuple(replace(each, prefix=typed, access=(), branches=(typed,), session_seconds=typed) for each in draft.stages)
        ),
        replace(
            draft, stages=tuple(replace(each, access=(typed,), extras=(typed, "acl"), read_prefixes=(typed,)) for each in draft.stages)
        ),
        replace(draft, stages=()),
    ]
    for each in drafts:
        assert all(finding.text and finding.fix for finding in findings(each))
