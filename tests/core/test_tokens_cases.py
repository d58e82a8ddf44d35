"""Who gets in: for any Setup the role's own jobs do, and no stranger of the list does unless a finding of the Setup has said so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from ciam_tui.core.document import PolicyDocument, parse_policy
from ciam_tui.core.findings import findings
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.tokens.cases import own_job, standing, who_gets_in
from ciam_tui.core.tokens.judging import SUBJECT_LENGTH
from ciam_tui.core.tokens.making import Job, Trigger, fork_of, made_up
from ciam_tui.core.tokens.subject import parse_subject
from tests.core.asking import everything_setup, example_setup, golden
from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.strategies import setups
from tests.core.tokens import OTHER_ID

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.tokens.cases import CaseAnswer

# What a finding has to have said for a stranger of the list to get in.
SAID_BY = {
    "fork": "jobs-are-not-told-apart",
    "fork-v1": "jobs-are-not-told-apart",
    "another-project": "whole-organization-trusted",
    "another-repository": "whole-organization-trusted",
}
OWN = ("main", "own-ref", "ssh-rerun")


def by_id(trust: PolicyDocument) -> dict[str, CaseAnswer]:
    found = who_gets_in(trust)
    answers = {each.case.id: each for each in found}
    assert len(answers) == len(found)
    return answers


def trust_of(setup: Setup, stage: int) -> PolicyDocument:
    return parse_policy(stage_roles(setup, setup.stages[stage])[0].trust.text)


def words(trust: PolicyDocument) -> dict[str, str]:
    return {name: f"{found.answer.word}{'!' if found.is_open_door else ''}" for name, found in by_id(trust).items()}


def test_a_role_for_main_lets_in_main_alone() -> None:
    found = words(trust_of(example_setup(), 2))
    assert {name for name, word in found.items() if word == "let in"} == {"main", "ssh-rerun"}
    assert set(found.values()) == {"let in", "refused"}
    assert set(found) == {
        "main",
        "another-branch",
        "tag",
        "pull-request",
        "fork",
        "fork-v1",
        "crafted-branch",
        "webhook",
        "v1",
        "another-project",
        "another-organization",
        "audit-log",
        "ssh-rerun",
        "expired",
        "another-repository",
        "root-issuer",
    }


def test_a_role_without_branches_lets_in_all_builds_of_the_project_and_forks_with_secrets_are_marked() -> None:
    found = words(trust_of(example_setup(), 0))
    assert {name for name, word in found.items() if word == "let in!"} == {"fork", "fork-v1"}
    assert {name for name, word in found.items() if word == "refused"} == {
        "another-project",
        "another-organization",
        "audit-log",
        "expired",
        "root-issuer",
    }


def test_what_the_policy_lacks_is_said_of_every_stranger_who_gets_in() -> None:
    found = by_id(trust_of(example_setup(), 0))
    assert "Name the branches" in found["fork"].how_to_close
    assert found["main"].how_to_close == found["another-project"].how_to_close == ""


def test_a_role_that_names_no_main_is_asked_with_a_ref_that_it_names() -> None:
    found = by_id(trust_of(example_setup(stages__2__branches=["release/*"]), 2))
    assert found["main"].answer.word == "refused"
    assert found["main"].case.is_stranger
    assert found["own-ref"].answer.let_in
    assert found["own-ref"].case.title.endswith("refs/heads/release/x")


def test_a_role_with_another_audience_is_also_asked_with_the_one_that_circleci_gives() -> None:
    found = by_id(trust_of(everything_setup(), 0))
    assert found["main"].answer.let_in
    assert not found["default-audience"].answer.let_in
    assert "https://acme.example/jobs" in found["default-audience"].answer.advice[0]


ISSUER = f"oidc.circleci.com/org/{ORG_ID}"


def written(*, provider: str = ISSUER, **condition: object) -> PolicyDocument:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


PATTERN = f"org/{ORG_ID}/project/{PROJECT_ID}/user/*/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main"
OPEN_DOORS: dict[str, tuple[PolicyDocument, set[str]]] = {
    "nothing but the provider": (
        written(),
        {"fork", "fork-v1", "another-project", "another-repository", "audit-log"},
    ),
    "the sub of the whole organization": (
        written(StringLike={f"{ISSUER}:sub": f"org/{ORG_ID}/*"}),
        {"fork", "fork-v1", "another-project", "another-repository", "audit-log"},
    ),
    "a pattern that a crafted branch passes": (written(StringLike={f"{ISSUER}:sub": PATTERN}), {"crafted-branch"}),
    "the issuer that all share": (
        written(provider="oidc.circleci.com"),
        {"fork", "fork-v1", "another-project", "another-organization", "another-repository", "audit-log", "root-issuer"},
    ),
    "the issuer that all share, with a project": (
        written(provider="oidc.circleci.com", StringLike={"oidc.circleci.com:sub": PATTERN.replace("/*/", f"/{'?' * 36}/")}),
        set(),
    ),
    "any project's main": (
        written(StringLike={f"{ISSUER}:sub": PATTERN.replace(PROJECT_ID, "*").replace("/user/*/", f"/user/{OTHER_ID}/")}),
        {"another-project", "crafted-branch"},
    ),
    "an aud that tokens do not have by themselves": (
        written(StringEquals={f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:oidc.circleci.com/project-id": PROJECT_ID}),
        {"fork", "fork-v1"},
    ),
}


@pytest.mark.parametrize("policy", OPEN_DOORS)
def test_strangers_who_get_in_are_marked(policy: str) -> None:
    trust, wanted = OPEN_DOORS[policy]
    answers = by_id(trust)
    assert {name for name, found in answers.items() if found.is_open_door} == wanted
    assert {name for name, found in answers.items() if found.how_to_close} == wanted


def test_whose_policy_names_no_project_is_asked_with_made_up_ids_and_that_is_said() -> None:
    assert standing(written()).remarks == ("The policy names no project: made-up ones are used here.",)
    assert standing(parse_policy(golden("example")["circleci-web-deploy.trust.json"])).remarks == ()


def test_a_policy_that_is_not_about_circleci_has_no_list_but_a_reason() -> None:
    found = standing(written(provider="token.actions.githubusercontent.com"))
    assert found.answers == ()
    assert "not about CircleCI" in found.remarks[0]


def hold_the_list(setup: Setup) -> None:
    said = {finding.id for finding in findings(setup)}
    for stage in setup.stages:
        for role in stage_roles(setup, stage):
            answers = by_id(parse_policy(role.trust.text))
            own = answers["own-ref"] if "own-ref" in answers else answers["main"]
            assert own.answer.let_in, (role.name, own.answer.checks, own.answer.advice)
            assert not own.case.is_stranger
            for name, found in answers.items():
                if found.is_open_door:
                    assert SAID_BY.get(name) in said, (role.name, name)
                    assert not stage.branches
                assert found.answer.is_known or len(found.case.claims.subject) > SUBJECT_LENGTH
                assert not (found.answer.let_in and found.answer.advice)


@given(setups())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_for_any_setup_the_own_jobs_get_in_and_no_stranger_that_no_finding_told_of(setup: Setup) -> None:
    hold_the_list(setup)


@pytest.mark.long
@given(setups())
@settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow])
def test_for_many_more_setups_too(setup: Setup) -> None:
    hold_the_list(setup)


class TestMadeUp:
    JOB = Job(org_id=ORG_ID, project_id=PROJECT_ID, origin="github.com/acme/web", ref="refs/heads/dev")

    @pytest.mark.parametrize(
        ("trigger", "origin", "ref"),
        [
            (Trigger.PUSH, "github.com/acme/web", "refs/heads/dev"),
            (Trigger.SCHEDULE, "github.com/acme/web", "refs/heads/dev"),
            (Trigger.API, "github.com/acme/web", "refs/heads/dev"),
            (Trigger.SSH_RERUN, "github.com/acme/web", "refs/heads/dev"),
            (Trigger.PULL_REQUEST, "github.com/acme/web", "refs/heads/dev"),
            (Trigger.TAG, "github.com/acme/web", "refs/tags/v1.0.0"),
            (Trigger.FORK, "github.com/somebody-else/web", "refs/heads/pull/7"),
            (Trigger.WEBHOOK, None, None),
            (Trigger.V1, None, None),
        ],
    )
    def test_the_trigger_makes_the_sub(self, trigger: Trigger, origin: str | None, ref: str | None) -> None:
        claims = made_up(replace(self.JOB, trigger=trigger), now=1000)
        subject = parse_subject(claims.subject)
        assert subject is not None
        assert (subject.vcs_origin, subject.vcs_ref) == (origin, ref)
        assert (claims.issuer, claims.audience) == (ISSUER, (ORG_ID,))
        assert (claims.issued_at, claims.expires_at) == (1000, 4600)
        assert claims.others["oidc.circleci.com/project-id"] == PROJECT_ID
        assert claims.others["oidc.circleci.com/ssh-rerun"] is (trigger is Trigger.SSH_RERUN)
        assert ("oidc.circleci.com/vcs-ref" in claims.others) is (trigger is not Trigger.WEBHOOK)
        assert trigger.meaning

    def test_a_fork_is_never_the_repository_itself(self) -> None:
        for origin in ("github.com/acme/web", "bitbucket.org/a/b", "github.com/a/b/c", "x"):
            assert fork_of(origin) != origin

    def test_the_job_of_a_policy_is_the_one_that_it_names(self) -> None:
        job = own_job(trust_of(example_setup(), 2))
        assert (job.org_id, job.project_id, job.origin, job.ref) == (ORG_ID, PROJECT_ID, "github.com/acme/web", "refs/heads/main")
