"""What is read of CircleCI for a Setup, from a real server, and that whatever cannot be read is told and taken for nothing."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.circleci.answers import prefilled
from ciam_tui.core.circleci.facts import CircleCiFacts, OidcClaims, PipelineConfig, RestrictionType
from ciam_tui.core.circleci.findings import circleci_findings
from ciam_tui.core.draft import Draft
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.circleci_content import ACME, ACME_LABS
from ciam_tui.ports.sandbox.circleci_server import serving
from ciam_tui.surveys.circleci import circleci_survey
from tests.core.asking import example_setup
from tests.core.examples import answers
from tests.ports.circleci_worlds import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.setup import Setup
    from ciam_tui.ports.circleci.client import HttpCircleCi
    from ciam_tui.ports.sandbox.circleci_content import DemoOrganization

NOBODY = "00000000-0000-4000-8000-000000000000"
KEY_END = account.LEGACY_ACCESS_KEY_ID[-4:]


@contextmanager
def opened(*, is_server: bool = False) -> Iterator[HttpCircleCi]:
    with serving(is_server=is_server) as server:
        client = client_of(server.url, token=account.CIRCLECI_TOKEN, server=is_server)
        try:
            yield client
        finally:
            client.close()


@pytest.fixture
def circleci() -> Iterator[HttpCircleCi]:
    with opened() as client:
        yield client


def setup_of(organization: DemoOrganization, *names: str, **changes: Any) -> Setup:
    """The documentation's Setup for some of the demo's projects."""
    projects = [organization.project(name) for name in names]
    of_organization = {
        "circleci__org_id": organization.id,
        "circleci__org_slug": organization.slug,
        "circleci__projects": [{"id": each.id, "name": each.name, "vcs_origin": each.vcs_origin} for each in projects],
    }
    return example_setup(**(of_organization | changes))


def told(setup: Setup, facts: CircleCiFacts) -> set[tuple[str, str | None]]:
    return {(finding.id, finding.stage) for finding in circleci_findings(setup, facts)}


def texts(setup: Setup, facts: CircleCiFacts, finding_id: str) -> list[str]:
    return [finding.text for finding in circleci_findings(setup, facts) if finding.id == finding_id]


class Faulty:
    """A CircleCI that refuses some questions; `refused` names them as the protocol does."""

    def __init__(self, circleci: HttpCircleCi, refused: dict[str, str]) -> None:
        self._circleci = circleci
        self._refused = refused

    def __getattr__(self, name: str) -> Any:
        if name not in self._refused:
            return getattr(self._circleci, name)

        def refuse(*_: object, **__: object) -> None:
            raise CiamError(self._refused[name], f"Cannot ask {name}", "No.", ())

        return refuse


def test_everything_about_a_project_and_its_organization_is_read(circleci: HttpCircleCi) -> None:
    facts = circleci_survey(setup_of(ACME, "web", "docs"), circleci)
    assert facts.is_complete
    assert facts.organization is not None
    assert (facts.org_id, facts.organization.slug, facts.claims, facts.issuer) == (ACME.id, "gh/acme", OidcClaims(), ACME.issuer)
    web, docs = facts.projects
    assert web.project is not None
    assert (web.project.vcs_origin, web.project.default_branch, web.claims) == ("github.com/acme/web", "main", OidcClaims())
    assert web.variables is not None
    assert [variable.name for variable in web.variables] == ["SENTRY_DSN"]
    assert (web.settings.forks_get_secrets, docs.settings.forks_get_secrets) == (False, True)
    assert len(facts.contexts) == 9
    held = {held.context.name: held for held in facts.contexts}
    assert held["aws"].variables is not None
    assert {variable.name: variable.last_four for variable in held["aws"].variables}["AWS_ACCESS_KEY_ID"] == KEY_END
    assert held["terraform"].restrictions is not None
    assert {restriction.type for restriction in held["terraform"].restrictions} == {RestrictionType.PROJECT, RestrictionType.EXPRESSION}


# --- the cases that the demo's CircleCI holds ------------------------------------------------------------------------------------------


def test_a_project_of_the_demo_that_is_wide_open_is_told_of(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "docs")
    found = told(setup, circleci_survey(setup, circleci))
    assert {("forks-get-secrets", "build"), ("forks-get-secrets", "test"), ("ssh-reruns", "deploy")} <= found
    assert ("forks-get-secrets", "deploy") not in found


def test_a_project_that_builds_forks_without_secrets_is_told_of_none(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "design-system")
    assert not {finding_id for finding_id, _ in told(setup, circleci_survey(setup, circleci)) if finding_id.startswith("forks")}


def test_config_that_is_in_no_repository_is_told_of_for_stages_with_branches(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "infra")
    facts = circleci_survey(setup, circleci)
    assert {found for found in told(setup, facts) if found[0].startswith("unversioned")} == {("unversioned-config", "deploy")}


def test_the_old_key_is_told_of_in_each_context_and_project_that_the_setups_jobs_can_use(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "web", "billing")
    facts = circleci_survey(setup, circleci)
    contexts = texts(setup, facts, "static-keys-in-context")
    assert [text.split()[2] for text in contexts] == ["aws", "deploy-production"]  # mobile-release and terraform are for other projects
    [project] = texts(setup, facts, "static-keys-in-project")
    assert "billing" in project
    assert all(f"(ends in {KEY_END})" in text for text in (*contexts, project))
    assert [text.split()[2] for text in texts(setup, facts, "open-context")] == ["aws,"]
    assert "mobile-release" in str(texts(setup_of(ACME, "mobile"), facts, "static-keys-in-context"))


def test_an_old_orb_and_one_without_a_role_are_told_of_in_the_configurations_that_pipelines_ran_by(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "data-pipeline", "billing", "web")
    facts = circleci_survey(setup, circleci)
    assert facts.is_complete
    assert {("orb-presents-token-v1", "deploy"), ("orb-uses-static-keys", None)} <= told(setup, facts)
    assert texts(setup, facts, "orb-presents-token-v1")[0].startswith(
        "The configuration of data-pipeline takes a role by circleci/aws-cli@3.1.3"
    )
    calm = setup_of(ACME, "web")
    assert not {
        found for found, _ in told(calm, circleci_survey(calm, circleci)) if found.startswith(("orb", "token", "static-keys-in-config"))
    }


@pytest.mark.parametrize(
    ("organization", "name", "why"),
    [
        (ACME, "exports", "no pipeline was found on its default branch, main"),
        (ACME_LABS, "playground", "it has no default branch"),
    ],
)
def test_a_configuration_that_is_not_there_is_told_as_unread(
    circleci: HttpCircleCi, organization: DemoOrganization, name: str, why: str
) -> None:
    facts = circleci_survey(setup_of(organization, name, stages__2__branches=[]), circleci)
    assert f"Configuration of {name}: {why}." in facts.unread
    assert facts.project(organization.project(name).id).config is None


@pytest.mark.parametrize("code", ["circleci-forbidden", "circleci-not-found", "circleci-too-large", "circleci-failed"])
def test_a_configuration_that_may_not_be_read_is_told_as_unread(circleci: HttpCircleCi, code: str) -> None:
    facts = circleci_survey(setup_of(ACME, "data-pipeline"), Faulty(circleci, {"latest_config": code}))
    assert facts.unread == ("Configuration of data-pipeline: Cannot ask latest_config: No.",)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (PipelineConfig(""), "CircleCI does not show that of its latest pipeline."),
        (PipelineConfig("version: 2.1\njobs:\n\ta: b\n"), "line 3 is indented by a tab; not all of it was looked at."),
        (PipelineConfig("#" * 1_000_001), "it has more than 1,000,000 characters; not all of it was looked at."),
    ],
    ids=["empty", "tab", "large"],
)
def test_a_configuration_that_is_not_wholly_read_is_told_as_unread(
    circleci: HttpCircleCi, monkeypatch: pytest.MonkeyPatch, config: PipelineConfig, why: str
) -> None:
    monkeypatch.setattr(circleci, "latest_config", lambda _: config)
    assert circleci_survey(setup_of(ACME, "web"), circleci).unread == (f"Configuration of web: {why}",)


def test_a_context_that_holds_the_roles_of_two_stages_is_told_of(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "auth")
    context = circleci.create_context(circleci.organization(ACME.id), "aws-roles")
    for name, stage in (("AWS_ROLE_ARN", "build"), ("DEPLOY_ROLE_ARN", "deploy")):
        circleci.set_context_variable(context.id, name, f"arn:aws:iam::123456789012:role/circleci/circleci-web-{stage}")
    shared, opened_to_all = "stages-share-context", "open-context"
    facts = circleci_survey(setup, circleci)
    assert {(shared, None), (opened_to_all, None)} <= told(setup, facts)
    assert any("aws-roles" in text for text in texts(setup, facts, opened_to_all))
    circleci.delete_context_variable(context.id, "DEPLOY_ROLE_ARN")
    circleci.add_restriction(context.id, RestrictionType.PROJECT, ACME.project("auth").id)
    facts = circleci_survey(setup, circleci)
    assert not any("aws-roles" in finding.text for finding in circleci_findings(setup, facts))


def test_a_custom_audience_is_told_of_and_taken_into_the_draft(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME_LABS, "firmware")
    facts = circleci_survey(setup, circleci)
    assert facts.claims == OidcClaims(("https://aws.acme-labs.example",))
    assert ("audience-differs", None) in told(setup, facts)
    mended = prefilled(Draft.of(setup.model_dump(mode="json")), facts).draft
    assert mended.circleci.audience == "https://aws.acme-labs.example"
    assert "audience-differs" not in {finding.id for finding in circleci_findings(mended, facts)}


def test_a_project_with_an_audience_of_its_own_is_told_beside_one_without(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME_LABS, "firmware", "telemetry", circleci__audience="https://aws.acme-labs.example")
    facts = circleci_survey(setup, circleci)
    [text] = texts(setup, facts, "audience-of-some-projects")
    assert "every token of telemetry would be refused" in text


def test_a_project_without_a_repository_is_read_as_one(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME_LABS, "playground", stages=[answers()["stages"][1]])
    [playground] = circleci_survey(setup, circleci).projects
    assert playground.project is not None
    assert (playground.project.is_complete, playground.project.vcs_origin) == (True, None)


# --- what does not fit -----------------------------------------------------------------------------------------------------------------


def test_a_repository_that_was_renamed_is_told_and_mended(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, circleci__projects=[{"id": ACME.project("web").id, "name": "web", "vcs_origin": "github.com/acme/www"}])
    facts = circleci_survey(setup, circleci)
    assert ("repository-differs", None) in told(setup, facts)
    mended = prefilled(Draft.of(setup.model_dump(mode="json")), facts)
    assert mended.draft.circleci.projects[0].vcs_origin == "github.com/acme/web"
    assert mended.told == ("The repository of web is github.com/acme/web.",)


def test_a_project_with_a_wrong_id_is_found_by_its_repository(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, circleci__projects=[{"id": NOBODY, "name": "web", "vcs_origin": "github.com/acme/web"}])
    facts = circleci_survey(setup, circleci)
    [finding] = [finding for finding in circleci_findings(setup, facts) if finding.level == "error"]
    assert (finding.id, finding.fix) == ("project-id-differs", f'Set its id to "{ACME.project("web").id}".')


def test_a_project_that_is_nowhere_is_told_as_unread_and_no_setting_of_it_is_guessed(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, circleci__projects=[{"id": NOBODY, "name": "ghost", "vcs_origin": "github.com/acme/ghost"}])
    facts = circleci_survey(setup, circleci)
    assert any(sentence.startswith("Project ghost: ") for sentence in facts.unread)
    assert facts.projects[0].project is None
    assert {("unversioned-config-unread", "deploy"), ("forks-get-secrets-unread", "build")} <= told(setup, facts)


def test_an_organization_with_a_wrong_id_is_found_by_its_slug(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "web", circleci__org_id=NOBODY)
    facts = circleci_survey(setup, circleci)
    assert {("organization-id-differs", None), ("project-of-another-organization", None)} <= told(setup, facts)


def test_a_slug_of_another_organization_is_told(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, "web", circleci__org_slug=ACME_LABS.slug)
    assert ("organization-slug-differs", None) in told(setup, circleci_survey(setup, circleci))


# --- what cannot be read ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "missing"),
    [
        ("organization", lambda facts: facts.organization),
        ("oidc_claims", lambda facts: facts.claims),
        ("issuer", lambda facts: facts.issuer),
        ("project", lambda facts: facts.projects[0].project),
        ("project_settings", lambda facts: facts.projects[0].settings.ssh_disabled),
    ],
)
def test_what_circleci_refuses_to_show_is_none_and_told(circleci: HttpCircleCi, refused: str, missing: Any) -> None:
    setup = setup_of(ACME, "web")
    facts = circleci_survey(setup, Faulty(circleci, {refused: "circleci-forbidden"}))
    assert missing(facts) is None
    assert not facts.is_complete
    assert any(f"Cannot ask {refused}" in sentence for sentence in facts.unread)
    assert len(facts.contexts) == 9, "the rest is read all the same"
    assert missing(circleci_survey(setup, circleci)) is not None


def test_a_token_that_is_refused_ends_the_reading(circleci: HttpCircleCi) -> None:
    with pytest.raises(CiamError) as caught:
        circleci_survey(setup_of(ACME, "web"), Faulty(circleci, {"project_settings": "circleci-token-refused"}))
    assert caught.value.code == "circleci-token-refused"


def test_the_settings_of_all_projects_of_a_trusted_organization_are_told_as_unread(circleci: HttpCircleCi) -> None:
    setup = setup_of(ACME, circleci__any_project=True, stages=[answers()["stages"][1]])
    facts = circleci_survey(setup, circleci)
    assert facts.unread == ("Every project is trusted, and the settings and claims of each were not read.",)
    assert ("static-keys-in-context", None) in told(setup, facts)


def test_a_server_tells_its_issuer_and_says_what_it_cannot_tell() -> None:
    with opened(is_server=True) as circleci:
        setup = setup_of(ACME, "web")
        facts = circleci_survey(setup, circleci)
        assert facts.issuer == f"{account.CIRCLECI_SERVER_DOMAIN}/org/{ACME.id}"
        assert {("issuer-differs", None), ("unversioned-config-unread", "deploy")} <= told(setup, facts)
        mended = prefilled(Draft.of(setup.model_dump(mode="json")), facts).draft
        assert mended.circleci.issuer == facts.issuer


# --- while it reads --------------------------------------------------------------------------------------------------------------------


def test_progress_is_told_in_the_callers_thread(circleci: HttpCircleCi) -> None:
    said: list[tuple[str, int]] = []
    circleci_survey(setup_of(ACME, "web"), circleci, progress=lambda words: said.append((words, threading.get_ident())))
    assert {thread for _, thread in said} == {threading.get_ident()}
    words = [each for each, _ in said]
    assert words[0] == "Organization and projects"
    assert "Organization and projects, 4 of 4" in words
    assert words[-1] == "Contexts and variables, 19 of 19"


@pytest.mark.parametrize("moment", ["Organization and projects", "Contexts", "Contexts and variables, "])
def test_who_leaves_gets_what_was_read_so_far_as_something_that_stopped(circleci: HttpCircleCi, moment: str) -> None:
    said: list[str] = []
    facts = circleci_survey(
        setup_of(ACME, "web", "docs"), circleci, progress=said.append, should_stop=lambda: any(words.startswith(moment) for words in said)
    )
    assert facts.stopped
    assert not facts.is_complete
    assert not any(words.endswith("of 20") and words.startswith("Contexts and variables, 20") for words in said)


def test_no_more_questions_are_in_flight_than_the_client_has_connections_for(circleci: HttpCircleCi) -> None:
    lock, now, most = threading.Lock(), 0, 0

    class Counting(Faulty):
        def project(self, slug_or_id: str) -> Any:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            try:
                return circleci.project(slug_or_id)
            finally:
                with lock:
                    now -= 1

    setup = setup_of(ACME, *(project.name for project in ACME.projects))
    facts = circleci_survey(setup, Counting(circleci, {}))
    assert len(facts.projects) == len(ACME.projects)
    assert 1 <= most <= 8
