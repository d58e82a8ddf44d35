"""Trust policies held against a model of who should get in: for every token near their border, the evaluator and the model agree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.draft import CircleCiDraft, Draft, StageDraft
from ciam_tui.core.roles import WantedRole, stage_roles, wanted_roles
from ciam_tui.core.trust import issuer_url, trust_policy
from tests.core.asking import allows, everything_setup, example_setup
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID, answers, project
from tests.core.strategies import REGIONS, setups
from tests.core.tokens import (
    OTHER_ID,
    ROOT_ISSUER,
    USER,
    Subject,
    Token,
    enters,
    issuer_of,
    offers_project_id,
    projects_of,
    provider_of,
    should_enter,
    spoiled,
    subs_around,
    token_of,
    v1,
    v2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.setup import Setup, Stage

WEB = "github.com/acme/web"
MAIN = "refs/heads/main"


def each_role(setup: Setup) -> Iterator[tuple[Stage, WantedRole]]:
    return ((stage, role) for stage in setup.stages for role in stage_roles(setup, stage))


def hold_the_border(setup: Setup) -> None:
    for stage, role in each_role(setup):
        projects = projects_of(setup, role)
        for sub in subs_around(setup, stage):
            token = token_of(setup, sub)
            meant = should_enter(setup, stage, projects, token)
            assert enters(setup, role, token) is meant, (role.name, sub)
            if meant:
                for wrong in spoiled(setup, token):
                    assert not should_enter(setup, stage, projects, wrong)
                    assert not enters(setup, role, wrong), (role.name, wrong)


def hold_the_form(setup: Setup) -> None:
    for stage, role in each_role(setup):
        (statement,) = role.trust.policy["Statement"]
        assert set(statement) == {"Effect", "Principal", "Action", "Condition"}
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRoleWithWebIdentity")
        assert statement["Principal"] == {"Federated": provider_of(setup, issuer_of(setup))}
        assert issuer_of(setup) != ROOT_ISSUER
        assert set(statement["Condition"]) == {"StringEquals", "StringLike"}
        equals, like = statement["Condition"]["StringEquals"], statement["Condition"]["StringLike"]
        assert not any(wildcard in json.dumps(equals) for wildcard in ("*", "?", "${"))
        keys = {"aud", *(["oidc.circleci.com/project-id"] if offers_project_id(setup) and not setup.circleci.any_project else [])}
        assert set(equals) == {f"{issuer_of(setup)}:{key}" for key in keys}
        assert set(like) == {f"{issuer_of(setup)}:sub"}
        patterns = like[f"{issuer_of(setup)}:sub"]
        if stage.branches:
            typed = "".join(stage.branches).count("*") * len(projects_of(setup, role))
            assert "".join(patterns).count("*") == typed, "the only * left is one the user typed"


class TestForAnySetup:
    @settings(max_examples=25)
    @given(setups())
    def test_every_token_near_the_border_is_let_in_exactly_where_the_setup_means_it(self, setup: Setup) -> None:
        hold_the_border(setup)

    @given(setups())
    def test_no_policy_has_a_negated_a_vacuous_or_a_wildcard_condition_where_none_belongs(self, setup: Setup) -> None:
        hold_the_form(setup)

    @given(setups(), st.data())
    def test_every_mixture_of_claims_is_decided_as_the_setup_means_it(self, setup: Setup, data: st.DataObject) -> None:
        for stage, role in each_role(setup):
            token = data.draw(mixed_tokens(setup, stage))
            assert enters(setup, role, token) is should_enter(setup, stage, projects_of(setup, role), token), token

    @given(setups(any_project=False))
    def test_with_a_role_a_project_each_lets_in_its_own_project_alone(self, setup: Setup) -> None:
        for stage, role in each_role(setup):
            own = {each.id for each in projects_of(setup, role)}
            if setup.role.per_project:
                assert len(own) == 1
            for each in setup.circleci.projects:
                ref = stage.branches[0].replace("*", "x") if stage.branches else "main"
                sub = v2(setup.circleci.org_id, each.id, str(each.vcs_origin), ref if ref.startswith("refs/") else f"refs/heads/{ref}")
                assert enters(setup, role, token_of(setup, sub)) is (each.id in own)

    @pytest.mark.long
    @settings(max_examples=800)
    @given(setups(), st.data())
    def test_all_of_it_holds_for_many_more(self, setup: Setup, data: st.DataObject) -> None:
        hold_the_border(setup)
        hold_the_form(setup)
        for stage, role in each_role(setup):
            for _ in range(10):
                token = data.draw(mixed_tokens(setup, stage))
                assert enters(setup, role, token) is should_enter(setup, stage, projects_of(setup, role), token), token


@st.composite
def mixed_tokens(draw: st.DrawFn, setup: Setup, stage: Stage) -> Token:
    """A token whose every part is right or wrong by itself; its ref is often made of pieces of other subs."""
    projects = setup.circleci.projects
    origins = [each.vcs_origin for each in projects if each.vcs_origin] + ["github.com/mallory/web"]
    ids = [each.id for each in projects] + [OTHER_ID]
    full = [branch if branch.startswith("refs/") else f"refs/heads/{branch}" for branch in stage.branches] + [MAIN]
    pieces = st.one_of(
        st.sampled_from(
            [f"vcs-origin/{origin}" for origin in origins]
            + [f"vcs-ref/{ref}" for ref in full]
            + full
            + ["refs/heads", "refs/tags", "x", USER]
        ),
        st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=4),
    )
    filled = st.sampled_from(full).flatmap(lambda ref: st.text("ax/*-", max_size=3).map(lambda text: ref.replace("*", text)))
    ref = draw(st.one_of(filled, st.lists(pieces, min_size=1, max_size=4).map("/".join)))
    org = draw(st.sampled_from([setup.circleci.org_id] * 4 + [OTHER_ID]))
    own = draw(st.sampled_from(ids))
    sub = v1(org, own) if draw(st.integers(0, 5)) == 0 else v2(org, own, draw(st.sampled_from(origins)), ref)
    token = token_of(setup, sub, draw(st.sampled_from([own] * 4 + ids)))
    return replace(token, audience=draw(st.sampled_from([token.audience] * 4 + [OTHER_ID, setup.circleci.org_id])))


@pytest.mark.parametrize("hold", [hold_the_border, hold_the_form])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stages__2__branches": ["refs/*"]},
        {"stages__2__branches": ["release/*", "main"]},
        {"stages__2__branches": ["x/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main"]},
        {"circleci__audience": "sts.amazonaws.com"},
        {"circleci__issuer": f"https://oidc.circleci.com/org/{ORG_ID}"},
        {"circleci__issuer": "https://ci.acme.example"},
        {"circleci__projects": [*answers()["circleci"]["projects"], project("api")]},
        {"circleci__projects": [*answers()["circleci"]["projects"], project("api")], "role__per_project": True},
        {"circleci__projects": [], "circleci__any_project": True, "stages__2__branches": []},
        *({"partition": partition, "bucket__region": REGIONS[partition][0]} for partition in REGIONS),
    ],
    ids=str,
)
def test_what_a_setup_can_say_of_trust_is_what_its_policies_hold(hold: Any, changes: dict[str, Any]) -> None:
    hold(example_setup(**changes))


def test_all_there_is_in_one_setup_is_held_too() -> None:
    hold_the_border(everything_setup())
    hold_the_form(everything_setup())


def decided(sub: str, *branches: str, stage: int = 2, **changes: Any) -> bool:
    """Whether the deploy stage of the documentation, limited to `branches`, lets in a token of its issuer with this `sub`."""
    setup = example_setup(**{f"stages__{stage}__branches": list(branches)}, **changes)
    (role,) = stage_roles(setup, setup.stages[stage])
    return enters(setup, role, token_of(setup, sub, PROJECT_ID))


HOME = v1(ORG_ID, PROJECT_ID)
ON_MAIN = v2(ORG_ID, PROJECT_ID, WEB, MAIN)


@pytest.mark.parametrize(
    ("sub", "anywhere", "on_main", "own_repository"),
    [
        pytest.param(ON_MAIN, True, True, True, id="a push to main"),
        pytest.param(HOME, True, False, False, id="a first-generation token, or a webhook's, which names no branch"),
        pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/develop"), True, False, True, id="another branch"),
        pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/main2"), True, False, True, id="a branch that begins like main"),
        pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/Main"), True, False, True, id="main in other case"),
        pytest.param(
            v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/x/refs/heads/main"), True, False, True, id="a branch that ends like main's ref"
        ),
        pytest.param(v2(ORG_ID, PROJECT_ID, WEB, "refs/tags/main"), True, False, True, id="a tag called main"),
        pytest.param(
            v2(ORG_ID, PROJECT_ID, WEB, f"refs/heads/x/vcs-origin/{WEB}/vcs-ref/{MAIN}"), True, False, True, id="the crafted branch"
        ),
        pytest.param(v2(ORG_ID, PROJECT_ID, "github.com/mallory/web", MAIN), True, False, False, id="a fork's main"),
        pytest.param(
            v2(ORG_ID, PROJECT_ID, "github.com/mallory/web", f"refs/heads/x/vcs-origin/{WEB}/vcs-ref/{MAIN}"),
            True,
            False,
            False,
            id="the crafted branch in a fork",
        ),
        pytest.param(v2(ORG_ID, PROJECT_ID, f"{WEB}-fork", MAIN), True, False, False, id="a repository whose name begins alike"),
        pytest.param(v2(ORG_ID, OTHER_PROJECT_ID, WEB, MAIN), False, False, False, id="another project of the same repository"),
        pytest.param(v2(OTHER_ID, PROJECT_ID, WEB, MAIN), False, False, False, id="another organization"),
        pytest.param(f"org/{ORG_ID}/file-streaming/audit-logs", False, False, False, id="the stream of audit logs"),
        pytest.param(f"org/{ORG_ID}/file-streaming/{HOME}", False, False, False, id="another kind of token that ends like a job's"),
        pytest.param("", False, False, False, id="nothing"),
    ],
)
def test_who_gets_in_with_no_branch_with_main_and_with_the_projects_own_refs(
    sub: str, anywhere: bool, on_main: bool, own_repository: bool
) -> None:
    assert (decided(sub), decided(sub, "main"), decided(sub, "refs/*")) == (anywhere, on_main, own_repository)


@pytest.mark.parametrize(
    ("ref", "passes"),
    [
        ("refs/heads/release/1", True),
        ("refs/heads/release/", True),
        ("refs/heads/release/1/2", True),
        ("refs/heads/release", False),
        ("refs/heads/releases/1", False),
        ("refs/heads/x/release/1", False),
        ("refs/tags/release/1", False),
        (f"refs/heads/x/vcs-origin/{WEB}/vcs-ref/refs/heads/release/1", False),
    ],
)
def test_a_wildcard_in_a_branch_stands_for_the_end_of_that_branch_alone(ref: str, passes: bool) -> None:
    assert decided(v2(ORG_ID, PROJECT_ID, WEB, ref), "release/*") is passes
    assert not decided(v2(ORG_ID, PROJECT_ID, "github.com/mallory/web", ref), "release/*")


def test_a_branch_that_contains_a_slash_matches_only_itself() -> None:
    assert decided(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/release/1.0"), "release/1.0")
    assert not decided(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/release/1x0"), "release/1.0")
    assert not decided(v2(ORG_ID, PROJECT_ID, WEB, "refs/heads/1.0"), "release/1.0")


def test_where_aws_offers_the_project_id_a_token_without_it_is_refused() -> None:
    setup = example_setup()
    for _, role in each_role(setup):
        token = token_of(setup, ON_MAIN)
        assert enters(setup, role, token)
        assert not enters(setup, role, replace(token, project_id=None))


@pytest.mark.parametrize(
    "changes", [{"circleci__issuer": "https://ci.acme.example"}, {"partition": "aws-cn", "bucket__region": "cn-north-1"}]
)
def test_where_aws_may_not_offer_the_project_id_a_token_gets_in_without_it(changes: dict[str, Any]) -> None:
    setup = example_setup(**changes)
    for _, role in each_role(setup):
        assert token_of(setup, ON_MAIN).project_id is None
        assert enters(setup, role, token_of(setup, ON_MAIN))
        assert "project-id" not in role.trust.text


def test_a_role_is_taken_by_no_other_action_and_no_other_kind_of_caller() -> None:
    setup = example_setup()
    token = token_of(setup, ON_MAIN)
    for _, role in each_role(setup):
        for action in ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"):
            assert not allows(role.trust, action, role.arn, token.context(), token.provider)
        for caller in ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/admin", "ec2.amazonaws.com", "*"):
            assert not allows(role.trust, "sts:AssumeRoleWithWebIdentity", role.arn, token.context(), caller)


@given(setups(any_project=True))
def test_any_project_means_any_of_the_organization_and_of_no_other(setup: Setup) -> None:
    for role in wanted_roles(setup):
        assert enters(setup, role, token_of(setup, v1(setup.circleci.org_id, OTHER_ID)))
        assert not enters(setup, role, token_of(setup, v1(OTHER_ID, OTHER_ID)))
        assert not enters(setup, role, token_of(setup, f"org/{setup.circleci.org_id}/file-streaming/audit-logs"))


def test_a_draft_that_names_no_project_yet_trusts_nobody() -> None:
    draft = Draft(account_id="123456789012", circleci=CircleCiDraft(org_id=ORG_ID), stages=(StageDraft(name="build"),))
    document = trust_policy(draft, draft.stages[0], ())
    issuer = issuer_url(draft.circleci)
    context = {f"{issuer}:aud": ORG_ID, f"{issuer}:sub": HOME}
    assert not allows(document, "sts:AssumeRoleWithWebIdentity", "arn:aws:iam::123456789012:role/x", context)
    assert document.policy["Statement"][0]["Condition"]["StringLike"] == {f"{issuer}:sub": []}


def test_the_model_takes_a_sub_apart_at_the_first_of_each_word() -> None:
    assert Subject.of(HOME) == Subject(ORG_ID, PROJECT_ID, USER, None, None)
    assert Subject.of(ON_MAIN) == Subject(ORG_ID, PROJECT_ID, USER, WEB, MAIN)
    assert Subject.of(v2("o", "p", WEB, "refs/heads/a/vcs-ref/b")) == Subject("o", "p", USER, WEB, "refs/heads/a/vcs-ref/b")
    assert Subject.of(f"org/{ORG_ID}/file-streaming/audit-logs") is None
