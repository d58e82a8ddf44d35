"""What CircleCI shows is told where it is and no longer once it is gone; what could not be read is told, and never taken for absent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.circleci.facts import (
    CircleCiFacts,
    Context,
    ContextContents,
    OidcClaims,
    Organization,
    ProjectFacts,
    ProjectSettings,
    Restriction,
    Variable,
)
from ciam_tui.core.circleci.findings import circleci_findings
from ciam_tui.core.config.reading import read_config
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import stage_roles
from tests.core.asking import example_setup
from tests.core.circleci_reading import (
    ALL_MEMBERS,
    API_FACTS,
    API_PROJECT,
    CALM_FACTS,
    KEY,
    ONLY_MAIN,
    ONLY_MOBILE,
    ONLY_WEB,
    ORGANIZATION,
    SECRET,
    WEB_FACTS,
    WEB_PROJECT,
    context,
    reading,
    settings,
    web,
)
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID, answers, project
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.setup import Setup

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
BUILD, TEST, DEPLOY = answers()["stages"]
WEB = answers()["circleci"]["projects"][0]
BOTH = {"circleci__projects": [WEB, project("api")]}
ON_A_SERVER = f"https://ci.acme.example/org/{ORG_ID}"
LABS = "6cf855df-0400-4885-8146-0aea9a5d2154"
JOBS = OidcClaims(("jobs",))
BUILD_ARN, DEPLOY_ARN = Variable("AWS_ROLE_ARN", "uild"), Variable("DEPLOY_ROLE_ARN", "ploy")
FORKS = {"builds_fork_prs": True, "forks_receive_secrets": True}
STANDALONE = replace(WEB_PROJECT, slug="circleci/wLHQd9DppsJcRwbos8Ljv3/GiWKBE7a1cP9oCDThFJD4q")

Case = tuple[dict[str, Any], CircleCiFacts]


def only(stage: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answers that leave one stage, with changes to it."""
    return {"stages": [stage | changes]}


READS_MAIN = only(TEST, branches=["main"])


def told(setup: Setup, facts: CircleCiFacts) -> set[tuple[str, str | None]]:
    return {(finding.id, finding.stage) for finding in circleci_findings(setup, facts)}


def found(finding_id: str, facts: CircleCiFacts, **changes: Any) -> Finding:
    return next(finding for finding in circleci_findings(example_setup(**changes), facts) if finding.id == finding_id)


def test_where_nothing_is_wrong_nothing_is_told() -> None:
    assert circleci_findings(example_setup(), CALM_FACTS) == ()
    assert circleci_findings(example_setup(**BOTH), CALM_FACTS) == ()


# A finding's id, level, stage and field; answers and facts that have it; and the least change to either without it.
ROWS: list[tuple[str, Level, str | None, str, Case, Case]] = [
    (
        "organization-id-differs",
        ERROR,
        None,
        "circleci.org_id",
        ({}, reading(organization=replace(ORGANIZATION, id=LABS))),
        ({}, reading(organization=ORGANIZATION)),
    ),
    (
        "organization-id-differs",
        ERROR,
        None,
        "circleci.org_id",
        ({}, reading(organization=replace(ORGANIZATION, id=None))),
        ({}, reading(organization=None)),
    ),
    (
        "organization-slug-differs",
        ERROR,
        None,
        "circleci.org_slug",
        ({}, reading(organization=replace(ORGANIZATION, slug="gh/acme-old"))),
        ({}, reading(organization=replace(ORGANIZATION, slug="github/Acme"))),
    ),
    (
        "organization-slug-differs",
        ERROR,
        None,
        "circleci.org_slug",
        ({"circleci__org_slug": "circleci/abc"}, reading(organization=replace(ORGANIZATION, slug="circleci/ABC"))),
        ({"circleci__org_slug": None}, reading(organization=replace(ORGANIZATION, slug="circleci/ABC"))),
    ),
    ("issuer-differs", ERROR, None, "circleci.issuer", ({}, reading(issuer=ON_A_SERVER)), ({}, reading(issuer=None))),
    (
        "issuer-differs",
        ERROR,
        None,
        "circleci.issuer",
        ({"circleci__issuer": ON_A_SERVER}, CALM_FACTS),
        ({"circleci__issuer": ON_A_SERVER}, reading(issuer=ON_A_SERVER)),
    ),
    (
        "project-id-differs",
        ERROR,
        None,
        "circleci.projects[0].id",
        ({}, web(project=replace(WEB_PROJECT, id=OTHER_PROJECT_ID))),
        ({}, web(project=WEB_PROJECT)),
    ),
    (
        "project-of-another-organization",
        ERROR,
        None,
        "circleci.projects[0].id",
        ({}, web(project=replace(WEB_PROJECT, org_id=LABS))),
        ({}, web(project=replace(WEB_PROJECT, org_id=None))),
    ),
    (
        "repository-differs",
        ERROR,
        None,
        "circleci.projects[0].vcs_origin",
        ({}, web(project=replace(WEB_PROJECT, vcs_origin="github.com/acme/website"))),
        (
            {"circleci__projects__0__vcs_origin": "github.com/acme/website"},
            web(project=replace(WEB_PROJECT, vcs_origin="github.com/acme/website")),
        ),
    ),
    (
        "repository-differs",
        WARNING,
        None,
        "circleci.projects[0].vcs_origin",
        (only(TEST), web(project=replace(WEB_PROJECT, vcs_origin="github.com/acme/website"))),
        (only(TEST) | {"circleci__projects__0__vcs_origin": None}, web(project=replace(WEB_PROJECT, vcs_origin="github.com/acme/website"))),
    ),
    (
        "repository-differs",
        WARNING,
        None,
        "circleci.projects[0].vcs_origin",
        ({}, web(project=replace(STANDALONE, vcs_origin=None))),
        ({}, web(project=replace(STANDALONE, vcs_origin=None, slug=None))),
    ),
    (
        "audience-differs",
        ERROR,
        None,
        "circleci.audience",
        ({}, reading(claims=JOBS)),
        ({"circleci__audience": "jobs"}, reading(claims=JOBS)),
    ),
    ("audience-differs", ERROR, None, "circleci.audience", ({}, web(claims=JOBS)), ({}, web(claims=OidcClaims((ORG_ID,), "30m")))),
    ("audience-differs", ERROR, None, "circleci.audience", ({"circleci__audience": "jobs"}, CALM_FACTS), ({}, CALM_FACTS)),
    (
        "audience-differs",
        ERROR,
        None,
        "circleci.audience",
        (only(TEST) | {"circleci__any_project": True, "circleci__projects": []}, reading(claims=JOBS)),
        (only(TEST) | {"circleci__any_project": True, "circleci__projects": []}, reading(claims=None)),
    ),
    ("audience-of-some-projects", ERROR, None, "circleci.audience", (BOTH, web(claims=JOBS)), (BOTH, web(claims=None))),
    (
        "audience-of-some-projects",
        ERROR,
        None,
        "circleci.audience",
        (BOTH | {"circleci__audience": "jobs"}, web(claims=JOBS)),
        (BOTH | {"circleci__audience": "jobs"}, replace(web(claims=JOBS), claims=JOBS)),
    ),
    (
        "several-audiences",
        ERROR,
        None,
        "circleci.audience",
        ({}, reading(claims=OidcClaims((ORG_ID, "jobs")))),
        ({}, reading(claims=OidcClaims((ORG_ID, ORG_ID)))),
    ),
    (
        "forks-get-secrets",
        ERROR,
        "build",
        "stages[0].branches",
        ({}, settings(**FORKS)),
        ({"stages__0__branches": ["refs/*"]}, settings(**FORKS)),
    ),
    (
        "forks-get-secrets",
        ERROR,
        "test",
        "stages[1].branches",
        ({}, settings(**FORKS)),
        ({}, settings(builds_fork_prs=True, forks_receive_secrets=False)),
    ),
    ("forks-get-secrets", ERROR, "test", "stages[1].branches", ({}, settings(**FORKS)), ({}, settings(forks_receive_secrets=True))),
    (
        "forks-get-secrets-unread",
        WARNING,
        "build",
        "stages[0].branches",
        ({}, settings(builds_fork_prs=True, forks_receive_secrets=None)),
        ({}, settings(builds_fork_prs=False, forks_receive_secrets=None)),
    ),
    (
        "unversioned-config",
        ERROR,
        "deploy",
        "stages[2].branches",
        ({}, settings(unversioned_config=True)),
        ({}, settings(unversioned_config=False)),
    ),
    (
        "unversioned-config",
        ERROR,
        "deploy",
        "stages[2].branches",
        ({}, settings(unversioned_config=True)),
        ({"stages__2__branches": []}, settings(unversioned_config=True)),
    ),
    (
        "unversioned-config-unread",
        WARNING,
        "deploy",
        "stages[2].branches",
        ({}, settings(unversioned_config=None)),
        ({}, settings(unversioned_config=False)),
    ),
    ("ssh-reruns", WARNING, "deploy", "stages[2].access", ({}, settings(ssh_disabled=False)), ({}, settings(ssh_disabled=True))),
    (
        "ssh-reruns",
        WARNING,
        "build",
        "stages[0].access",
        ({}, settings(ssh_disabled=False)),
        ({"stages__0__access": ["read"]}, settings(ssh_disabled=False)),
    ),
    ("ssh-reruns-unread", WARNING, "build", "stages[0].access", ({}, settings(ssh_disabled=None)), ({}, settings(ssh_disabled=True))),
    (
        "static-keys-in-project",
        WARNING,
        None,
        "circleci.projects[0]",
        ({}, web(variables=(KEY, SECRET))),
        ({}, web(variables=(Variable("AWS_DEFAULT_REGION", "st-1"),))),
    ),
    (
        "static-keys-in-context",
        WARNING,
        None,
        "circleci",
        ({}, context(KEY, restrictions=(ONLY_WEB,))),
        ({}, context(restrictions=(ONLY_WEB,))),
    ),
    (
        "static-keys-in-context",
        WARNING,
        None,
        "circleci",
        ({}, context(KEY, restrictions=(ONLY_WEB, ONLY_MOBILE))),
        ({}, context(KEY, restrictions=(ONLY_MOBILE,))),
    ),
    ("static-keys-in-context", WARNING, None, "circleci", ({}, context(SECRET, restrictions=None)), ({}, context(restrictions=None))),
    ("open-context", WARNING, None, "circleci", ({}, context(KEY)), ({}, context(KEY, restrictions=(ALL_MEMBERS, ONLY_MAIN)))),
    (
        "open-context",
        WARNING,
        None,
        "circleci",
        ({}, context(BUILD_ARN, restrictions=(ALL_MEMBERS,))),
        ({}, context(BUILD_ARN, restrictions=(ONLY_WEB,))),
    ),
    ("open-context", WARNING, None, "circleci", ({}, context(BUILD_ARN)), ({}, context(Variable("NPM_TOKEN", "Xu4s")))),
    (
        "stages-share-context",
        WARNING,
        None,
        "circleci",
        ({}, context(BUILD_ARN, DEPLOY_ARN, restrictions=(ONLY_WEB,))),
        ({}, context(BUILD_ARN, replace(DEPLOY_ARN, last_four="uild"), restrictions=(ONLY_WEB,))),
    ),
    (
        "context-stage-unclear",
        NOTE,
        None,
        "circleci",
        ({"stages__1__name": "rebuild"}, context(BUILD_ARN, restrictions=(ONLY_WEB,))),
        ({}, context(BUILD_ARN, restrictions=(ONLY_WEB,))),
    ),
]


@pytest.mark.parametrize(
    ("finding_id", "level", "stage", "field", "case", "other_case"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)]
)
def test_a_risk_is_told_where_it_is_and_is_gone_with_the_least_change(
    finding_id: str, level: Level, stage: str | None, field: str, case: Case, other_case: Case
) -> None:
    (changes, facts), (other_changes, other_facts) = case, other_case
    setup = example_setup(**changes)
    finding = next(each for each in circleci_findings(setup, facts) if (each.id, each.stage) == (finding_id, stage))
    assert (finding.level, finding.field) == (level, field)
    assert finding.text.endswith(".")
    assert finding.fix.endswith(".")
    assert (finding_id, stage) not in told(example_setup(**other_changes), other_facts)


def test_every_kind_of_finding_stands_in_the_table() -> None:
    everything = replace(
        reading(claims=OidcClaims(("a", "b")), organization=replace(ORGANIZATION, id=LABS), issuer=ON_A_SERVER),
        projects=(
            ProjectFacts(PROJECT_ID, replace(WEB_PROJECT, id=LABS, org_id=LABS, vcs_origin=None), ProjectSettings(), None, (KEY,)),
            replace(API_FACTS, settings=ProjectSettings(True, True, False, True)),
        ),
        contexts=context(KEY, BUILD_ARN, DEPLOY_ARN).contexts,
    )
    kinds = {finding_id for finding_id, _ in told(example_setup(**BOTH), everything)}
    assert len(kinds) >= 12
    assert kinds <= {row[0] for row in ROWS}


# --- what the words say ----------------------------------------------------------------------------------------------------------------


def test_an_audience_that_is_custom_is_told_with_the_answer_that_mends_it() -> None:
    finding = found("audience-differs", reading(claims=JOBS))
    assert "every token would be refused" in finding.text
    assert finding.fix == 'Set audience to "jobs".'
    assert found("audience-differs", CALM_FACTS, circleci__audience="jobs").fix == "Set audience to null."


def test_projects_with_different_audiences_are_told_with_those_that_would_be_refused() -> None:
    finding = found("audience-of-some-projects", web(claims=JOBS), **BOTH)
    assert "jobs in those of web" in finding.text
    assert "every token of web would be refused" in finding.text
    finding = found("audience-of-some-projects", web(claims=JOBS), **BOTH, circleci__audience="elsewhere")
    assert "every token of web and api would be refused" in finding.text


def test_an_audience_list_is_refused_also_where_it_holds_the_right_one() -> None:
    finding = found("several-audiences", reading(claims=OidcClaims((ORG_ID, "jobs"))), **BOTH)
    assert f"({ORG_ID} and jobs)" in finding.text
    assert "web and api" in finding.text


def test_a_repository_that_differs_in_capitals_alone_is_told_as_that() -> None:
    finding = found("repository-differs", web(project=replace(WEB_PROJECT, vcs_origin="github.com/Acme/web")))
    assert "letter for letter" in finding.text
    assert finding.fix == 'Set its vcs_origin to "github.com/Acme/web".'
    assert "letter for letter" not in found("repository-differs", web(project=replace(WEB_PROJECT, vcs_origin="github.com/acme/site"))).text


def test_a_repository_of_a_standalone_organization_may_be_triggered_from_another() -> None:
    finding = found("repository-differs", web(project=replace(STANDALONE, vcs_origin="github.com/acme/website")))
    assert (finding.level, "unless its pipelines are triggered from there" in finding.text) == (WARNING, True)


def test_static_keys_are_told_by_the_end_of_the_key_id_and_never_of_the_secret() -> None:
    for finding_id, facts in (("static-keys-in-context", context(KEY, SECRET)), ("static-keys-in-project", web(variables=(KEY, SECRET)))):
        text = found(finding_id, facts).text
        assert "AWS_ACCESS_KEY_ID (ends in 7Q2V) and AWS_SECRET_ACCESS_KEY" in text
        assert "tG9w" not in text
    assert "ends in" not in found("static-keys-in-context", context(Variable("AWS_ACCESS_KEY_ID"))).text


def test_the_same_key_in_several_places_is_told_for_each_of_them() -> None:
    facts = web(variables=(KEY,))
    for name in ("aws", "deploy"):
        facts = replace(facts, contexts=(*facts.contexts, *context(KEY, name=name, restrictions=(ONLY_WEB,)).contexts))
    texts = [finding.text for finding in circleci_findings(example_setup(), facts)]
    assert [sum(place in text for text in texts) for place in ("project web", "context aws", "context deploy")] == [1, 1, 1]
    assert all("7Q2V" in text for text in texts)


def test_a_session_token_is_a_static_key_too() -> None:
    assert "AWS_SESSION_TOKEN" in found("static-keys-in-context", context(Variable("AWS_SESSION_TOKEN", "abcd"))).text


def test_a_context_that_could_not_be_read_holds_nothing_that_is_told_and_is_not_called_open() -> None:
    unread = reading(contexts=(ContextContents(Context("id", "aws"), None, None),))
    assert circleci_findings(example_setup(), unread) == ()
    assert told(example_setup(), context(KEY, restrictions=None)) == {("static-keys-in-context", None)}


def test_a_restriction_of_an_unknown_kind_closes_a_context_as_far_as_anybody_knows() -> None:
    assert ("open-context", None) not in told(example_setup(), context(KEY, restrictions=(Restriction("r", "moon-phase", "full"),)))


def test_one_role_in_a_context_of_its_own_is_told_of_no_sharing() -> None:
    variables = (BUILD_ARN, Variable("OTHER_ROLE_ARN", "zzzz"), Variable("THIRD_ROLE_ARN", ""))
    assert told(example_setup(), context(*variables, restrictions=(ONLY_WEB,))) == set()


def test_the_roles_of_one_stage_and_several_projects_are_no_two_stages() -> None:
    arns = (BUILD_ARN, Variable("API_ROLE_ARN", "uild"))
    assert told(example_setup(**BOTH, role__per_project=True), context(*arns, restrictions=(ONLY_WEB,))) == set()


def test_many_projects_are_named_up_to_five_and_counted() -> None:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(12)]
    named = [project(f"p{number}", each) for number, each in enumerate(ids)]
    risky = tuple(
        ProjectFacts(each, replace(API_PROJECT, id=each), replace(API_FACTS.settings, unversioned_config=True), OidcClaims(), ())
        for each in ids
    )
    text = found("unversioned-config", reading(projects=risky), circleci__projects=named).text
    assert "The settings of 12 projects (p0, p1, p2, p3, p4 and 7 more)" in text


# --- for anything that may be read -----------------------------------------------------------------------------------------------------

_flags = st.sampled_from([None, False, True])
_settings = st.builds(ProjectSettings, _flags, _flags, _flags, _flags, _flags)
_claims = st.one_of(st.none(), st.builds(OidcClaims, st.sampled_from([None, (ORG_ID,), ("jobs",), ("jobs", "x")])))
_names = st.text(max_size=12)
_variables = st.one_of(
    st.none(),
    st.lists(
        st.builds(
            Variable, st.sampled_from([KEY.name, SECRET.name, "AWS_ROLE_ARN", "X_ROLE_ARN", "NPM"]), st.sampled_from(["", "uild", "7Q2V"])
        )
    ).map(tuple),
)
_restrictions = st.one_of(st.none(), st.lists(st.sampled_from([ALL_MEMBERS, ONLY_WEB, ONLY_MOBILE, ONLY_MAIN])).map(tuple))
_configs = st.sampled_from(
    [
        None,
        *(
            read_config(f"orbs:\n  a: {orb}\njobs:\n  j:\n    steps:\n      - a/setup:\n          role-arn: $R\n      - a/setup\n")
            for orb in ("circleci/aws-cli@3.1.3", "circleci/aws-cli@5.4.1", "circleci/aws-cli@\x1b[2J", "circleci/aws-ecr@8.2.1")
        ),
    ]
)
_contexts = st.lists(st.builds(ContextContents, st.builds(Context, _names, _names), _variables, _restrictions), max_size=3).map(tuple)


@st.composite
def readings(draw: st.DrawFn, setup: Setup) -> CircleCiFacts:
    """Anything that CircleCI may say about `setup`."""
    projects = tuple(
        ProjectFacts(
            each.id,
            draw(
                st.one_of(
                    st.none(),
                    st.builds(
                        replace,
                        st.just(WEB_PROJECT),
                        id=st.sampled_from([each.id, LABS]),
                        name=_names,
                        vcs_origin=st.one_of(st.none(), _names),
                    ),
                )
            ),
            draw(_settings),
            draw(_claims),
            draw(_variables),
            draw(_configs),
        )
        for each in setup.circleci.projects
    )
    organization = st.builds(Organization, st.sampled_from([setup.circleci.org_id, LABS]), _names, _names, st.just("github"))
    return CircleCiFacts(
        setup.circleci.org_id,
        draw(st.one_of(st.none(), organization)),
        draw(_claims),
        draw(st.sampled_from([None, ON_A_SERVER])),
        projects,
        draw(_contexts),
    )


@given(st.data())
def test_whatever_is_read_findings_come_once_and_worst_first_and_show_no_control_character(data: st.DataObject) -> None:
    setup = data.draw(setups())
    facts = data.draw(readings(setup))
    seen = circleci_findings(setup, facts)
    order = [ERROR, WARNING, NOTE]
    assert [order.index(finding.level) for finding in seen] == sorted(order.index(finding.level) for finding in seen)
    assert len(set(seen)) == len(seen)
    for finding in seen:
        assert finding.text.isprintable()
        assert finding.fix.isprintable()
        assert finding.fix
        json.dumps([finding.text, finding.fix])


@given(st.data())
def test_a_finding_that_names_a_document_points_at_a_line_of_it(data: st.DataObject) -> None:
    setup = data.draw(setups())
    for finding in circleci_findings(setup, data.draw(readings(setup))):
        if finding.document is None:
            continue
        assert finding.document == "trust"
        stages = [stage for stage in setup.stages if finding.stage in (None, stage.name)]
        lines = [line for stage in stages for role in stage_roles(setup, stage) for line in role.trust.text.splitlines()]
        assert any(finding.anchor in line for line in lines), finding


@given(setups(any_project=False))
def test_where_nothing_could_be_read_only_that_is_told(setup: Setup) -> None:
    nothing = CircleCiFacts(setup.circleci.org_id, unread=("Nobody answered.",))
    seen = circleci_findings(setup, nothing)
    assert all(finding.id.endswith("-unread") and finding.level is WARNING for finding in seen)
    limited = {stage.name for stage in setup.stages if stage.branches}
    assert {finding.stage for finding in seen if finding.id == "unversioned-config-unread"} == limited
    assert {finding.stage for finding in seen if finding.id == "forks-get-secrets-unread"} == {
        stage.name for stage in setup.stages
    } - limited


def test_facts_about_another_organization_say_nothing() -> None:
    elsewhere = replace(settings(**FORKS), org_id=LABS)
    assert circleci_findings(example_setup(), elsewhere) == ()


def test_facts_of_a_project_that_was_not_asked_for_are_as_good_as_unread() -> None:
    assert CALM_FACTS.project("another") == ProjectFacts("another")
    assert CALM_FACTS.audiences("another") is None
    assert reading(projects=(WEB_FACTS,)).audiences(PROJECT_ID) == (ORG_ID,)
