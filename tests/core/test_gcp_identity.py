"""Who becomes whom on Google Cloud: the exported provider and bindings let in whom the Setup means, for every form of token, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ciam_tui.core.document import parse_policy
from ciam_tui.core.gcp import cel_text
from ciam_tui.core.gcp.functions import extract, join, split
from ciam_tui.core.gcp.identity import SUBJECT, SUBJECT_BYTES
from ciam_tui.core.gcp.judging import gcp_let_in
from ciam_tui.core.gcp.names import NO_TWIN, account_id
from ciam_tui.core.gcp.provider import Account
from ciam_tui.core.gcp.standing import gcp_standing
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.naming import role_names
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.tokens.cases import who_gets_in
from ciam_tui.ports.cel import evaluated
from tests.core.asking import everything_setup, example_setup
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID, project, stage
from tests.core.gcp_tokens import claims_for, provider_for, should_act
from tests.core.jwts import NOW
from tests.core.strategies import plain_branches, setups, wild_branches
from tests.core.tokens import OTHER_ID, USER, subs_around, v1, v2
from tests.runs import a_setup

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

    from ciam_tui.core.gcp.provider import GivenProvider
    from ciam_tui.core.setup import Setup

WEB, FORK = "github.com/acme/web", "github.com/mallory/web"
MAIN = "refs/heads/main"
BUILD, TEST, DEPLOY = "circleci-web-build", "circleci-web-test", "circleci-web-deploy"
EVERY, NO_BRANCHES, NOBODY = {BUILD, TEST, DEPLOY}, {BUILD, TEST}, set[str]()


def acts_as(setup: Setup, sub: str, **changes: object) -> set[str]:
    """The ids of the service accounts that a token may act as."""
    answer = gcp_let_in(provider_for(setup), claims_for(setup, sub, **changes), evaluated)
    assert answer.accounts is not None
    return {email.partition("@")[0] for email in answer.accounts}


class TestTheDocumentedSetup:
    @pytest.mark.parametrize(
        ("sub", "changes", "accounts"),
        [
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, MAIN), {}, EVERY, id="second form, main"),
            pytest.param(
                v1(ORG_ID, PROJECT_ID),
                {"oidc.circleci.com/vcs-origin": WEB, "oidc.circleci.com/vcs-ref": MAIN},
                EVERY,
                id="first form, main",
            ),
            pytest.param(v1(ORG_ID, PROJECT_ID), {}, NO_BRANCHES, id="custom webhook, without claims of a branch"),
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/dev"), {}, NO_BRANCHES, id="another branch"),
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/tags/main"), {}, NO_BRANCHES, id="a tag called as the branch"),
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/Main"), {}, NO_BRANCHES, id="another case"),
            pytest.param(v2(ORG_ID, PROJECT_ID, FORK, MAIN), {}, NO_BRANCHES, id="a fork's main"),
            pytest.param(
                v1(ORG_ID, PROJECT_ID),
                {"oidc.circleci.com/vcs-origin": FORK, "oidc.circleci.com/vcs-ref": MAIN},
                NO_BRANCHES,
                id="fork, first form",
            ),
            pytest.param(
                v2(ORG_ID, PROJECT_ID, WEB, f"refs/heads/x/vcs-origin/{WEB}/vcs-ref/{MAIN}"),
                {},
                NO_BRANCHES,
                id="a branch that spells a sub",
            ),
            pytest.param(
                v2(ORG_ID, PROJECT_ID, WEB, MAIN), {"oidc.circleci.com/vcs-ref": "refs/heads/dev"}, NO_BRANCHES, id="the claim decides"
            ),
            pytest.param(v2(ORG_ID, OTHER_ID, WEB, MAIN), {}, NOBODY, id="another project"),
            pytest.param(v2(ORG_ID, OTHER_ID, WEB, MAIN), {"oidc.circleci.com/project-id": PROJECT_ID}, NOBODY, id="claim and sub differ"),
            pytest.param(v2(OTHER_ID, PROJECT_ID, WEB, MAIN), {}, NOBODY, id="another organization"),
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, MAIN), {"iss": "https://oidc.circleci.com"}, NOBODY, id="root issuer"),
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, MAIN), {"aud": "sts.amazonaws.com"}, NOBODY, id="another audience"),
            pytest.param(v2(ORG_ID, PROJECT_ID, WEB, MAIN), {"oidc.circleci.com/project-id": None}, NOBODY, id="no claim of the project"),
            pytest.param(
                v2(ORG_ID, PROJECT_ID, WEB, MAIN), {"oidc.circleci.com/vcs-origin": None}, NO_BRANCHES, id="a ref without a repository"
            ),
            pytest.param(f"org/{ORG_ID}/file-streaming/audit-logs", {}, NOBODY, id="audit-log stream"),
        ],
    )
    def test_gives_each_token_the_accounts_of_its_branch(self, sub: str, changes: dict[str, object], accounts: set[str]) -> None:
        assert acts_as(example_setup(), sub, **changes) == accounts

    @pytest.mark.parametrize(
        "sub", [v1(ORG_ID, PROJECT_ID), v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/" + "x" * 200)], ids=["first", "second"]
    )
    def test_maps_every_form_to_one_subject_below_googles_limit(self, sub: str) -> None:
        answer = gcp_let_in(provider_for(example_setup()), claims_for(example_setup(), sub), evaluated)
        assert answer.attributes[SUBJECT] == f"project/{PROJECT_ID}/user/{USER}"
        assert len(answer.attributes[SUBJECT]) == 86 < SUBJECT_BYTES

    def test_a_subject_of_more_bytes_than_google_takes_is_refused_in_googles_words(self) -> None:
        answer = gcp_let_in(provider_for(example_setup()), claims_for(example_setup(), v1(ORG_ID, PROJECT_ID, "ü" * 40)), evaluated)
        assert not answer.is_identity
        assert "exceeds the 127 bytes limit: it has 130." in next(check.text for check in answer.checks if check.id == "subject")

    @pytest.mark.parametrize(
        ("seconds", "verdict"), [(0, "ok"), (3600, "ok"), (3601, "refused"), (-1, "refused")], ids=["begins", "ends", "over", "not yet"]
    )
    def test_time_counts_without_grace(self, seconds: int, verdict: str) -> None:
        claims = claims_for(example_setup(), v1(ORG_ID, PROJECT_ID), iat=NOW, exp=NOW + 3600)
        answer = gcp_let_in(provider_for(example_setup()), claims, evaluated, now=datetime.fromtimestamp(NOW + seconds, UTC))
        assert next(check.verdict for check in answer.checks if check.id == "time") == verdict


def provider_if_any(setup: Setup) -> GivenProvider | None:
    """None where the Setup has no twin, which is said in a sentence with a fix."""
    try:
        return provider_for(setup)
    except CiamError as error:
        if error.code != NO_TWIN or not error.suggestions:
            raise
        return None


def prove(setup: Setup, data: DataObject) -> None:
    """For tokens around the border of a stage: as whom they may act is what a model of its own says."""
    provider = provider_if_any(setup)
    if provider is None:
        return
    at = data.draw(st.integers(0, len(setup.stages) - 1))
    subs = tuple(dict.fromkeys(subs_around(setup, setup.stages[at])))
    for sub in data.draw(st.lists(st.sampled_from(subs), min_size=6, max_size=6)):
        answer = gcp_let_in(provider, claims_for(setup, sub), evaluated)
        assert answer.accounts is not None
        wanted = {
            account_id(name)
            for each in setup.stages
            for name, projects in role_names(setup.role, each.name, setup.circleci.projects)
            if should_act(setup, each, projects, sub)
        }
        assert {email.partition("@")[0] for email in answer.accounts} == wanted, sub


class TestEverySetup:
    @settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
    @given(setups(), st.data())
    def test_lets_in_whom_it_means_and_nobody_else(self, setup: Setup, data: DataObject) -> None:
        prove(setup, data)

    @pytest.mark.long
    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(setups(), st.data())
    def test_lets_in_whom_it_means_of_many(self, setup: Setup, data: DataObject) -> None:
        prove(setup, data)

    @pytest.mark.parametrize("setup", [example_setup(), everything_setup()], ids=["example", "everything"])
    def test_answers_as_the_roles_on_aws_do_but_for_the_first_form(self, setup: Setup) -> None:
        for at, each in enumerate(setup.stages):
            role = stage_roles(setup, each)[0]
            by_id = {found.case.id: found for found in who_gets_in(parse_policy(role.trust.text, what="the policy"))}
            provider = provider_for(setup)
            for name, found in by_id.items():
                answer = gcp_let_in(
                    provider, found.case.claims, evaluated, now=datetime.fromtimestamp(found.answer.claims.issued_at or 0, UTC)
                )
                acts = any(email.startswith(f"{account_id(role.name)}@") for email in answer.accounts or ())
                # A token of the first form names its branch in claims, which AWS does not read.
                first_form = name == "v1" and bool(setup.stages[at].branches)
                expired = name == "expired"
                assert acts == (found.answer.let_in or first_form) or expired, name

    @settings(max_examples=15)
    @given(setups())
    def test_has_a_condition_on_its_organization_and_projects(self, setup: Setup) -> None:
        provider = provider_if_any(setup)
        if provider is None:
            return
        condition = provider.condition
        assert setup.circleci.org_id in condition
        assert all(each.id in condition for each in setup.circleci.projects)
        assert "assertion.sub.startsWith(" in condition


class TestTheStandingList:
    def test_finds_no_stranger_where_every_stage_wants_branches(self) -> None:
        found = {each.case.id: each for each in gcp_standing(provider_for(everything_setup()), evaluated)}
        assert [name for name, each in found.items() if each.is_open_door] == []
        assert {name for name, each in found.items() if each.answer.let_in} == {"main", "tag", "v1", "ssh-rerun"}

    def test_finds_forks_where_a_stage_wants_none(self) -> None:
        found = gcp_standing(provider_for(example_setup()), evaluated)
        assert [each.case.id for each in found if each.is_open_door] == ["fork", "fork-v1"]

    def test_finds_another_project_where_all_are_trusted(self) -> None:
        setup = a_setup(circleci__projects=[], circleci__any_project=True, stages=[stage("build")])
        assert "another-project" in {each.case.id for each in gcp_standing(provider_for(setup), evaluated) if each.is_open_door}

    def test_takes_wildcards_of_branches_for_what_they_mean(self) -> None:
        setup = a_setup(stages=[{**stage("build"), "branches": ["release/*/x.y"]}])
        found = {each.case.id: each for each in gcp_standing(provider_for(setup), evaluated)}
        assert found["own-ref"].answer.let_in
        assert not found["main"].answer.let_in


def test_each_project_has_its_own_accounts_where_roles_are_per_project() -> None:
    projects = [project("web", PROJECT_ID, WEB), project("api", OTHER_PROJECT_ID, "github.com/acme/api")]
    setup = a_setup(circleci__projects=projects, role__per_project=True, stages=[{**stage("go"), "branches": ["main"]}])
    org = setup.circleci.org_id
    assert acts_as(setup, v2(org, PROJECT_ID, WEB, MAIN)) == {"circleci-web-web-go"}
    assert acts_as(setup, v2(org, OTHER_PROJECT_ID, "github.com/acme/api", MAIN)) == {"circleci-web-api-go"}
    assert acts_as(setup, v2(org, OTHER_PROJECT_ID, WEB, MAIN)) == NOBODY


class TestText:
    @given(st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=30))
    @settings(max_examples=30)
    def test_is_the_same_text_to_the_language_and_plain_to_everything_else(self, text: str) -> None:
        written = cel_text.text(text)
        assert evaluated(written, {}) == text
        assert not set(written[1:-1].replace("\\u", "")) & set("'\"`$;@\\{}()[]|&<>*?!#~\n")

    @given(st.lists(st.one_of(plain_branches, wild_branches), min_size=1, max_size=3), st.one_of(plain_branches, st.text(max_size=12)))
    @settings(max_examples=30)
    def test_of_a_pattern_matches_what_iam_would_match(self, patterns: list[str], ref: str) -> None:
        ref = ref.replace("\n", "").encode(errors="ignore").decode()
        wanted = any(wildcard_matcher(pattern)(ref) for pattern in patterns)
        assert evaluated(cel_text.matches("ref", patterns), {"ref": ref}) is wanted


@pytest.mark.parametrize(
    ("text", "template", "found"),
    [
        ("org/o/project/p/user/u", "/user/{user}/", ""),
        ("org/o/project/p/user/u/", "/user/{user}/", "u"),
        ("org/o/project/p/user/u/vcs-origin/h/x/user/z/", "/user/{user}/", "u"),
        ("org/o/project/p", "org/{org}/project/", "o"),
        ("projects/_/buckets/b/objects/x", "buckets/{name}", "b/objects/x"),
        ("a/b", "{all}", "a/b"),
        ("a/b", "{first}/", "a"),
        ("a/b", "c{x}", ""),
    ],
)
def test_extract_is_googles(text: str, template: str, found: str) -> None:
    assert extract(text, template) == found
    assert evaluated("text.extract(template)", {"text": text, "template": template}) == found


def test_split_and_join_are_the_languages() -> None:
    assert split("a/b/c", "/") == ["a", "b", "c"]
    assert split("a/b/c", "/", 2) == ["a", "b/c"]
    assert (split("a/b", "/", 0), split("ab", "")) == ([], ["a", "b"])
    assert join(["a", "b"], "-") == evaluated('"a/b".split("/").join("-")', {}) == "a-b"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("[1, 2].all(x, [3, 4].all(y, x != y))", "loops within a loop"),
        ('["a"].map(x, x + x).map(x, x + x).size() == 1', "loops within a loop"),
        (f'"{"a" * 99}"' + f'.replace("a", "{"a" * 99}")' * 3 + ' == "a"', "grows too large"),
        ("(" * 61 + "1" + ")" * 61 + " == 1", "nests too deep"),
        ('"main".substring(1) == "ain"', "calls substring"),
    ],
    ids=["a loop in a loop", "a loop over a loop", "texts", "brackets", "functions"],
)
def test_what_is_not_evaluated_here_is_no_answer_of_googles(expression: str, why: str) -> None:
    provider = replace(provider_for(example_setup()), condition=expression)
    with pytest.raises(CiamError) as refused:
        gcp_let_in(provider, claims_for(example_setup(), v2(ORG_ID, PROJECT_ID, WEB, MAIN)), evaluated)
    assert (refused.value.code, len(refused.value.suggestions)) == ("cel-beyond", 1)
    assert why in refused.value.message


@pytest.mark.parametrize(
    "changes",
    [
        {"circleci__projects": [project(f"api-{number}", f"{number:08}-7054-4e1a-9a1f-7a1a4a7b6b02") for number in range(15)]},
        {"stages__2__branches": [f"release-{number}-*" for number in range(22)]},
    ],
    ids=["projects", "branches"],
)
def test_as_many_projects_and_branches_as_google_takes_are_evaluated(changes: dict[str, object]) -> None:
    setup = example_setup(**changes)
    (first, *_) = setup.circleci.projects
    ref = MAIN if "circleci__projects" in changes else "refs/heads/release-21-x"
    assert acts_as(setup, v2(ORG_ID, first.id, first.vcs_origin or "", ref)) == EVERY
    assert acts_as(setup, v2(ORG_ID, first.id, first.vcs_origin or "", "refs/heads/x")) == NO_BRANCHES


def test_loops_beside_one_another_are_evaluated() -> None:
    contexts = {"assertion": {"ids": ["a", "b"]}}
    assert evaluated("assertion.ids.exists(x, x == 'a') && !assertion.ids.exists(x, x == 'a.all(b)')", contexts) is True


def test_an_attribute_that_is_none_opens_what_is_bound_to_none() -> None:
    provider = provider_for(example_setup())
    binding = f"principalSet://iam.googleapis.com/{provider.pool}/attribute.stage_deploy/none"
    theirs = replace(provider, accounts=(Account("prod@x", (binding,)),))
    assert gcp_let_in(theirs, claims_for(example_setup(), v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/dev")), evaluated).accounts == ("prod@x",)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('google.subject + "google.subject"', "sgoogle.subject"),
        ("assertion.google.x", "claim"),
        ("'a' in google.groups && google['subject'] == 's'", True),
        ("assertion['google.x'] == 1", True),
    ],
)
def test_google_is_a_variable_outside_of_texts_and_claims(expression: str, value: object) -> None:
    variables = {"google": {"subject": "s", "groups": ["a"]}, "assertion": {"google": {"x": "claim"}, "google.x": 1}}
    assert evaluated(expression, variables) == value
