"""What CircleCI says goes into the draft at once and is told; what it does not say, or says twice, changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.circleci.answers import prefilled
from ciam_tui.core.circleci.facts import CircleCiFacts, OidcClaims
from ciam_tui.core.circleci.findings import circleci_findings
from ciam_tui.core.draft import Draft
from tests.core.circleci_reading import (
    API_FACTS,
    CALM_FACTS,
    CLOUD_ISSUER,
    ORGANIZATION,
    WEB_FACTS,
    WEB_PROJECT,
    reading,
    web,
)
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, answers, project

if TYPE_CHECKING:
    from ciam_tui.core.draft import CircleCiDraft

ON_A_SERVER = f"https://ci.acme.example/org/{ORG_ID}"
JOBS = OidcClaims(("jobs",))
BOTH = {"circleci__projects": [answers()["circleci"]["projects"][0], project("api")]}
LABS = "6cf855df-0400-4885-8146-0aea9a5d2154"
STANDALONE = "circleci/wLHQd9DppsJcRwbos8Ljv3/GiWKBE7a1cP9oCDThFJD4q"


def draft(**changes: Any) -> Draft:
    return Draft.of(answers(**changes))


def after(facts: CircleCiFacts, **changes: Any) -> tuple[CircleCiDraft, tuple[str, ...]]:
    """The answers about CircleCI once `facts` were read, and what was told about it."""
    changed = prefilled(draft(**changes), facts)
    return changed.draft.circleci, changed.told


def test_where_all_is_so_already_nothing_changes_and_nothing_is_told() -> None:
    before = draft(**BOTH)
    changed = prefilled(before, CALM_FACTS)
    assert changed.draft is before or changed.draft == before
    assert changed.told == ()


def test_the_organizations_custom_audience_is_taken() -> None:
    circleci, told = after(reading(claims=JOBS))
    assert circleci.audience == "jobs"
    assert told == ("The audience is jobs, as the custom OIDC claims in CircleCI say.",)


def test_before_a_project_is_chosen_the_organizations_audience_counts() -> None:
    circleci, _ = after(reading(claims=JOBS, projects=()), circleci__projects=[])
    assert circleci.audience == "jobs"


def test_a_typed_audience_that_no_token_has_is_cleared() -> None:
    circleci, told = after(CALM_FACTS, circleci__audience="sts.amazonaws.com")
    assert (circleci.audience, told) == (None, ("The audience was cleared: tokens have the organization id.",))


def test_the_projects_own_audience_goes_before_the_organizations_where_all_agree() -> None:
    own = (replace(WEB_FACTS, claims=JOBS), replace(API_FACTS, claims=JOBS))
    assert after(reading(claims=OidcClaims(("other",)), projects=own), **BOTH)[0].audience == "jobs"


@pytest.mark.parametrize(
    "facts",
    [
        web(claims=JOBS),
        web(claims=None),
        reading(claims=None),
        reading(claims=OidcClaims(("jobs", "others"))),
        reading(projects=(WEB_FACTS,)),
    ],
    ids=["they differ", "one is unread", "the organization's is unread", "there are two", "a project was not asked about"],
)
def test_an_audience_that_is_not_one_for_all_is_left_as_it_is(facts: CircleCiFacts) -> None:
    circleci, told = after(facts, **BOTH, circleci__audience="typed")
    assert (circleci.audience, told) == ("typed", ())


def test_repository_and_name_of_a_chosen_project_are_taken() -> None:
    renamed = web(project=replace(WEB_PROJECT, name="website", vcs_origin="github.com/acme/website"))
    circleci, told = after(renamed)
    assert (circleci.projects[0].name, circleci.projects[0].vcs_origin) == ("website", "github.com/acme/website")
    assert told == ("The project web is called website in CircleCI.", "The repository of website is github.com/acme/website.")


def test_of_a_project_that_was_typed_by_its_id_alone_the_rest_is_filled_in() -> None:
    circleci, _ = after(CALM_FACTS, circleci__projects=[project("", WEB_PROJECT.id, None)])
    assert (circleci.projects[0].name, circleci.projects[0].vcs_origin) == ("web", "github.com/acme/web")


def test_a_repository_stays_where_circleci_knows_none_or_none_that_a_policy_can_name() -> None:
    for origin in (None, "github.com/acme/we b*"):
        circleci, told = after(web(project=replace(WEB_PROJECT, vcs_origin=origin)))
        assert (circleci.projects[0].vcs_origin, told) == ("github.com/acme/web", ())


def test_in_a_standalone_organization_a_typed_repository_stays_and_a_missing_one_is_filled_in() -> None:
    facts = web(project=replace(WEB_PROJECT, slug=STANDALONE, vcs_origin="github.com/acme/monorepo"))
    assert after(facts)[0].projects[0].vcs_origin == "github.com/acme/web"
    assert after(facts, circleci__projects__0__vcs_origin=None)[0].projects[0].vcs_origin == "github.com/acme/monorepo"


def test_a_project_that_circleci_has_under_another_id_is_left_to_the_finding_about_it() -> None:
    circleci, told = after(web(project=replace(WEB_PROJECT, id=OTHER_PROJECT_ID, name="other", vcs_origin="github.com/acme/other")))
    assert (circleci, told) == (draft().circleci, ())


def test_a_servers_issuer_is_taken_and_the_clouds_is_none() -> None:
    circleci, told = after(reading(issuer=ON_A_SERVER))
    assert circleci.issuer == ON_A_SERVER
    assert ON_A_SERVER in told[0]
    circleci, told = after(CALM_FACTS, circleci__issuer=ON_A_SERVER)
    assert (circleci.issuer, told) == (None, ("The issuer was cleared: tokens come from CircleCI's cloud.",))
    assert after(reading(issuer=None), circleci__issuer=ON_A_SERVER) == (draft(circleci__issuer=ON_A_SERVER).circleci, ())
    assert after(CALM_FACTS, circleci__issuer=CLOUD_ISSUER)[1] == ()


def test_a_missing_slug_is_filled_in_and_one_that_differs_is_left_to_the_finding_about_it() -> None:
    assert after(CALM_FACTS, circleci__org_slug=None)[0].org_slug == "gh/acme"
    assert after(CALM_FACTS, circleci__org_slug="gh/acme-old")[0].org_slug == "gh/acme-old"
    elsewhere = reading(organization=replace(ORGANIZATION, id=LABS))
    assert after(elsewhere, circleci__org_slug=None)[0].org_slug is None


def test_facts_that_arrive_after_the_organization_was_changed_change_nothing() -> None:
    late = replace(reading(claims=JOBS, issuer=ON_A_SERVER), org_id=LABS)
    assert after(late) == (draft().circleci, ())
    assert prefilled(Draft(), CircleCiFacts("", claims=JOBS)).draft == Draft()


def test_names_from_outside_are_told_without_their_control_characters() -> None:
    _, told = after(web(project=replace(WEB_PROJECT, name="we\x1b[2Jb")))
    assert told == ("The project web is called we\\x1b[2Jb in CircleCI.",)


_names = st.sampled_from(["web", "website"])
_origins = st.sampled_from([None, "github.com/acme/web", "github.com/acme/website"])
_claims = st.sampled_from([None, OidcClaims(), JOBS, OidcClaims(("a", "b"))])


@given(_names, _origins, _claims, _claims, st.sampled_from([None, CLOUD_ISSUER, ON_A_SERVER]), st.sampled_from([None, "typed", ORG_ID]))
def test_once_taken_in_nothing_is_left_to_mend_and_a_second_time_nothing_happens(
    name: str, origin: str | None, claims: OidcClaims | None, of_web: OidcClaims | None, issuer: str | None, typed: str | None
) -> None:
    read = web(project=replace(WEB_PROJECT, name=name, vcs_origin=origin), claims=of_web)
    facts = replace(read, claims=claims, issuer=issuer)
    once = prefilled(draft(circleci__audience=typed), facts)
    again = prefilled(once.draft, facts)
    assert (again.draft, again.told) == (once.draft, ())
    assert (once.draft == draft(circleci__audience=typed)) == (not once.told)
    left = {finding.id for finding in circleci_findings(once.draft, facts)}
    assert not left & {"audience-differs", "issuer-differs"}
    assert ("repository-differs" in left) == (origin is None)
