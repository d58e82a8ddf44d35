"""Tokens before a trust policy: what STS looks at first, what the policy then says, and the sentence for each mistake that people make."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.document import PolicyDocument, parse_policy
from ciam_tui.core.tokens.claims import Claims, claims_of
from ciam_tui.core.tokens.judging import Answer, Verdict, let_in
from ciam_tui.core.tokens.scope import scope_of
from tests.core.asking import golden
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID
from tests.core.jwts import MAIN_SUB, NOW, payload
from tests.core.tokens import OTHER_ID, USER, v1, v2

if TYPE_CHECKING:
    from collections.abc import Mapping

ISSUER = f"oidc.circleci.com/org/{ORG_ID}"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
ORIGIN = "github.com/acme/web"
MAIN = "refs/heads/main"
AT = datetime.fromtimestamp(NOW + 60, UTC)
BRANCH_SUB = v2(ORG_ID, PROJECT_ID, ORIGIN, MAIN, "*")


def trust(
    *,
    equals: Mapping[str, Any] | None = None,
    like: Mapping[str, Any] | None = None,
    provider: object = PROVIDER,
    issuer: str = ISSUER,
    **statement: Any,
) -> PolicyDocument:
    """A trust policy; the keys of `equals` and `like` are claims of `issuer`, or whole keys where they hold a colon."""

    def keys(test: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name if ":" in name else f"{issuer}:{name}": value for name, value in (test or {}).items()}

    conditions = {"StringEquals": keys(equals), "StringLike": keys(like)}
    whole = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: test for operator, test in conditions.items() if test},
    }
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [whole | statement]}))


def deploy_trust() -> PolicyDocument:
    return parse_policy(golden("example")["circleci-web-deploy.trust.json"])


def judged(policy: PolicyDocument, claims: Claims | None = None, **known: Any) -> Answer:
    return let_in(policy, claims or claims_of(payload()), now=AT, **known)


def verdicts(answer: Answer) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in answer.checks}


PROJECT_KEY = "oidc.circleci.com/project-id"


class TestAnswer:
    def test_the_jobs_own_token_is_let_in_and_nothing_is_advised(self) -> None:
        answer = judged(deploy_trust(), client_ids=[ORG_ID])
        assert (answer.let_in, answer.is_known, answer.word, answer.advice, answer.unmet) == (True, True, "let in", (), ())
        assert verdicts(answer) == {"issuer": Verdict.OK, "client-ids": Verdict.OK, "time": Verdict.OK}

    def test_the_decision_is_that_of_the_evaluator(self) -> None:
        answer = judged(deploy_trust(), claims_of(payload(sub=MAIN_SUB.replace("main", "dev"))))
        assert answer.decision is not None
        assert (answer.let_in, answer.decision.allowed, answer.word, answer.unmet) == (False, False, "refused", ("sub",))
        (reasons,) = answer.decision.reasons
        assert len(reasons.unmatched) == 1

    def test_a_claim_that_aws_does_not_read_is_not_in_the_request(self) -> None:
        decision = judged(deploy_trust()).decision
        assert decision is not None
        names = {key.removeprefix(f"{ISSUER}:") for key in decision.request.context}
        assert names == {"aud", "oaud", "sub", PROJECT_KEY, "sts:RoleSessionName"}
        assert decision.request.principal == PROVIDER

    @pytest.mark.parametrize(
        ("partition", "issuer"), [("aws-cn", ISSUER), ("aws", "oidc.circleci.com"), ("aws", "ci.acme.example"), ("aws-us-gov", ISSUER)]
    )
    def test_the_project_id_is_filled_for_organizations_cloud_issuers_in_the_partition_aws_alone(self, partition: str, issuer: str) -> None:
        policy = trust(provider=f"arn:{partition}:iam::123456789012:oidc-provider/{issuer}", issuer=issuer, equals={"aud": ORG_ID})
        decision = judged(policy, claims_of(payload(iss=f"https://{issuer}"))).decision
        assert decision is not None
        assert decision.allowed
        assert not [key for key in decision.request.context if key.endswith(PROJECT_KEY)]

    def test_azp_takes_the_place_of_aud_and_aud_is_oaud(self) -> None:
        claims = claims_of(payload(azp="party"))
        assert judged(trust(equals={"aud": "party", "oaud": ORG_ID}), claims, client_ids=["party"]).let_in
        assert not judged(trust(equals={"aud": ORG_ID}), claims).let_in

    def test_the_session_name_is_the_callers_to_choose(self) -> None:
        answer = judged(trust(equals={"aud": ORG_ID}, like={"sts:RoleSessionName": "deploy-*"}))
        assert answer.let_in
        assert verdicts(answer)["session-name"] is Verdict.OK


class TestBeforeThePolicy:
    @pytest.mark.parametrize(
        ("change", "check", "verdict"),
        [
            ({"iss": None}, "issuer", Verdict.REFUSED),
            ({"iss": f"http://{ISSUER}"}, "issuer", Verdict.REFUSED),
            ({"iss": f"https://{ISSUER}/"}, "issuer", Verdict.REFUSED),
            ({"iss": "https://oidc.circleci.com"}, "issuer", Verdict.REFUSED),
            ({"aud": None}, "audience", Verdict.REFUSED),
            ({"aud": "other"}, "client-ids", Verdict.REFUSED),
            ({"sub": None}, "subject", Verdict.REFUSED),
            ({"sub": f"{MAIN_SUB}{'x' * 200}"}, "subject", Verdict.NOT_KNOWN),
            ({"exp": NOW - 300}, "time", Verdict.REFUSED),
            ({"exp": NOW}, "time", Verdict.OK),
            ({"exp": None}, "time", Verdict.NOT_CHECKED),
            ({"exp": 10**19}, "time", Verdict.OK),
            ({"iat": NOW + 3600}, "time", Verdict.REFUSED),
            ({"nbf": NOW + 3600}, "time", Verdict.REFUSED),
            ({"nbf": NOW}, "time", Verdict.OK),
        ],
    )
    def test_a_check_says_what_it_found(self, change: dict[str, Any], check: str, verdict: Verdict) -> None:
        answer = judged(trust(), claims_of(payload(**change)), client_ids=[ORG_ID])
        assert verdicts(answer)[check] is verdict
        assert answer.let_in is (verdict is not Verdict.REFUSED)
        assert answer.is_known is (verdict is not Verdict.NOT_KNOWN)

    def test_five_minutes_after_its_end_a_token_is_still_taken_and_a_second_later_not(self) -> None:
        claims = claims_of(payload())
        end = NOW + 3600
        assert let_in(trust(), claims, now=datetime.fromtimestamp(end + 300, UTC)).let_in
        assert not let_in(trust(), claims, now=datetime.fromtimestamp(end + 301, UTC)).let_in

    def test_without_a_clock_the_time_is_not_checked(self) -> None:
        assert verdicts(let_in(trust(), claims_of(payload(exp=5))))["time"] is Verdict.NOT_CHECKED

    def test_several_audiences_are_not_known_where_they_decide(self) -> None:
        several = claims_of(payload(aud=[ORG_ID, "other"]))
        answer = judged(trust(equals={"aud": ORG_ID}), several)
        assert (answer.let_in, answer.is_known, answer.word) == (False, False, "not known")
        answer = judged(trust(equals={"aud": ORG_ID}, like={"sub": "x"}), several)
        assert (answer.let_in, answer.is_known, verdicts(answer)["audiences"]) == (False, True, Verdict.NOT_CHECKED)

    def test_a_key_of_the_call_is_not_known_where_it_decides(self) -> None:
        policy = trust(equals={"aud": ORG_ID, "aws:SourceVpc": "vpc-1"})
        assert judged(policy).word == "not known"
        assert judged(policy, context={"aws:SourceVpc": "vpc-1"}).word == "let in"
        assert judged(policy, context={"aws:SourceVpc": "vpc-2"}).word == "refused"
        assert judged(policy, claims_of(payload(aud="x"))).word == "refused"
        assert judged(trust(Condition={"Bool": {"sts:RoleAuthorizedByIdp": "true"}})).word == "not known"

    def test_a_provider_of_another_issuer_or_account_does_not_vouch(self) -> None:
        other = judged(trust(), provider_arn=f"arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/{OTHER_ID}")
        assert verdicts(other)["issuer"] is Verdict.REFUSED
        foreign = judged(trust(), provider_arn=PROVIDER.replace("123456789012", "999999999999"))
        assert not foreign.let_in
        assert "name the provider of the role's own account" in foreign.advice[0]


# Each mistake: the policy, what the token says otherwise, and what the advice has to hold.
MISTAKES: dict[str, tuple[PolicyDocument, dict[str, Any], tuple[str, ...]]] = {
    "an audience copied from a guide for GitHub": (
        trust(equals={"aud": "sts.amazonaws.com"}),
        {},
        ("The token's aud is the organization id; the policy wants sts.amazonaws.com", "GitHub", "client id"),
    ),
    "an audience that the organization has changed": (
        trust(equals={"aud": ORG_ID}),
        {"aud": "https://acme.example"},
        ('The token\'s aud is "https://acme.example"; the policy wants the organization id', "oidc-custom-claims"),
    ),
    "an audience in capital letters": (trust(equals={"aud": ORG_ID.upper()}), {}, ("differ in case alone",)),
    "an audience that is a project's id": (trust(equals={"aud": PROJECT_ID}), {}, ("the id of something else", "not of a project")),
    "an audience with a wildcard under StringEquals": (
        trust(equals={"aud": f"{ORG_ID[:5]}*"}),
        {},
        ("under StringEquals", "plain characters"),
    ),
    "any other audience": (trust(equals={"aud": "x"}), {"aud": "y"}, ('The token\'s aud is "y"', 'wants "x"', "client id")),
    "a sub with a wildcard under StringEquals": (
        trust(equals={"sub": v1(ORG_ID, PROJECT_ID, "*")}),
        {},
        ("by StringEquals, which takes * and ? as plain characters", "StringLike"),
    ),
    "the first form's sub, and a token of the second": (
        trust(equals={"sub": v1(ORG_ID, PROJECT_ID, USER)}),
        {},
        ("as that of CIRCLE_OIDC_TOKEN does", "CIRCLE_OIDC_TOKEN_V2", "/user/*", "under StringLike"),
    ),
    "a branch wanted, and a token of the first form": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v1(ORG_ID, PROJECT_ID)},
        ("names neither: it is CIRCLE_OIDC_TOKEN", "send CIRCLE_OIDC_TOKEN_V2"),
    ),
    "a branch wanted, and a custom webhook": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v1(ORG_ID, PROJECT_ID), "oidc.circleci.com/vcs-origin": None, "oidc.circleci.com/vcs-ref": None},
        ("a custom webhook", "a role without branches"),
    ),
    "a branch wanted, and claims that do not say why they name none": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v1(ORG_ID, PROJECT_ID), "oidc.circleci.com/vcs-origin": None, "oidc.circleci.com/vcs-ref": None, PROJECT_KEY: None},
        ("Either it is CIRCLE_OIDC_TOKEN", "a custom webhook"),
    ),
    "a sub that differs in case": (trust(like={"sub": BRANCH_SUB.replace("acme", "Acme")}), {}, ("differ in case alone",)),
    "a project's slug for its id, in the sub": (
        trust(like={"sub": f"org/{ORG_ID}/project/web/user/*"}),
        {},
        ('the project "web", which is no UUID', "Overview", PROJECT_ID),
    ),
    "another project in the sub": (
        trust(like={"sub": v1(ORG_ID, OTHER_PROJECT_ID, "*")}),
        {},
        (f'of the project "{PROJECT_ID}"', f'the policy wants "{OTHER_PROJECT_ID}"', "made anew"),
    ),
    "a project's name for its id": (trust(equals={PROJECT_KEY: "web"}), {}, ('the project-id "web", which is no UUID', PROJECT_ID)),
    "a project's id in capital letters": (trust(equals={PROJECT_KEY: PROJECT_ID.upper()}), {}, ("differ in case alone", "small letters")),
    "a project's id with a wildcard under StringEquals": (trust(equals={PROJECT_KEY: "*"}), {}, ("plain characters", "Write the ids out")),
    "the organization's id for the project's": (trust(equals={PROJECT_KEY: ORG_ID}), {}, ("is the organization's id", PROJECT_ID)),
    "another project": (
        trust(equals={PROJECT_KEY: OTHER_PROJECT_ID}),
        {},
        (f'The token is of the project "{PROJECT_ID}"', OTHER_PROJECT_ID),
    ),
    "a policy that contradicts itself": (
        trust(equals={PROJECT_KEY: OTHER_PROJECT_ID}, like={"sub": v1(ORG_ID, PROJECT_ID, "*")}),
        {},
        ("contradicts itself", PROJECT_ID, OTHER_PROJECT_ID),
    ),
    "a token that names no project": (trust(equals={PROJECT_KEY: PROJECT_ID}), {PROJECT_KEY: None}, (f"no {PROJECT_KEY}",)),
    "a project-id where AWS does not fill it": (
        trust(equals={PROJECT_KEY: PROJECT_ID}, provider=PROVIDER.replace(":aws:", ":aws-cn:")),
        {},
        ("not known to fill project-id for the partition aws-cn", "remove it"),
    ),
    "another organization in the sub": (
        trust(like={"sub": v1(OTHER_ID, PROJECT_ID, "*")}),
        {},
        (f'of the organization "{ORG_ID}"', f'wants "{OTHER_ID}"'),
    ),
    "another organization's issuer": (
        trust(),
        {"iss": f"https://oidc.circleci.com/org/{OTHER_ID}"},
        ("another organization", "made anew or moved", OTHER_ID),
    ),
    "the issuer that all organizations share": (
        trust(),
        {"iss": "https://oidc.circleci.com"},
        ("all organizations share", "--root-issuer"),
    ),
    "a policy for the issuer that all organizations share": (
        trust(provider=PROVIDER.replace(f"/org/{ORG_ID}", "")),
        {},
        ("which all organizations share", f'Make a provider for "{ISSUER}"'),
    ),
    "an issuer that differs by a slash": (trust(provider=f"{PROVIDER}/"), {}, ("a slash or the scheme alone",)),
    "a role for GitHub Actions": (
        trust(provider="arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"),
        {},
        ("this role is for GitHub Actions",),
    ),
    "any other issuer": (trust(), {"iss": "https://ci.example"}, ('iss is "https://ci.example"', "Trust the provider")),
    "a condition on another issuer's key": (
        trust(equals={f"oidc.circleci.com/org/{OTHER_ID}:aud": ORG_ID}),
        {},
        ("AWS fills the keys of the token's own issuer alone", f'Write "{ISSUER}:aud"'),
    ),
    "a condition on the contexts": (
        trust(equals={"oidc.circleci.com/context-ids": "x"}),
        {},
        ("AWS never fills", "Contexts are restricted"),
    ),
    "a condition on the branch's claim": (trust(equals={"oidc.circleci.com/vcs-ref": MAIN}), {}, ("AWS never fills", "the whole sub")),
    "a condition on SSH reruns": (
        trust(Condition={"Bool": {f"{ISSUER}:oidc.circleci.com/ssh-rerun": "false"}}),
        {"oidc.circleci.com/ssh-rerun": False},
        ("AWS never fills", "SSH reruns are switched off in CircleCI"),
    ),
    "a condition on a claim of GitHub's": (trust(equals={"job_workflow_ref": "x"}), {}, ("AWS never fills", "reads aud, oaud, sub")),
    "a condition on an address": (trust(equals={"email": "a@b"}), {}, ("The policy wants email", "remove that condition")),
    "a branch without refs/heads/": (
        trust(like={"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, "main", "*")}),
        {},
        ("a token names the whole ref", 'Write "refs/heads/main"'),
    ),
    "another branch": (trust(like={"sub": BRANCH_SUB}), {"sub": MAIN_SUB.replace("main", "dev")}, ('"refs/heads/dev"', "another branch")),
    "a branch in other letters": (
        trust(like={"sub": [BRANCH_SUB.replace("main", "Main"), "org/x"]}),
        {},
        ("differ in case alone",),
    ),
    "a tag for a branch": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, "refs/tags/v1")},
        ("a tag's build, and the policy is for a branch", 'Add "refs/tags/v1"'),
    ),
    "a branch for a tag": (
        trust(like={"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, "refs/tags/*", "*")}),
        {},
        ("a branch's build, and the policy is for a tag",),
    ),
    "a pull request's build": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, "refs/heads/pull/12")},
        ("a pull request's build", "writes nothing"),
    ),
    "a fork's build": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v2(ORG_ID, PROJECT_ID, "github.com/mallory/web", "refs/heads/pull/12")},
        ("a fork's pull request", "It is right"),
    ),
    "a renamed repository": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": v2(ORG_ID, PROJECT_ID, "github.com/acme/site", MAIN)},
        ('"github.com/acme/site"', "was renamed"),
    ),
    "a repository as a URL": (
        trust(like={"sub": v2(ORG_ID, PROJECT_ID, f"https://{ORIGIN}.git", MAIN, "*")}),
        {},
        ("without scheme and .git", f'Write "{ORIGIN}"'),
    ),
    "a crafted branch": (
        trust(like={"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, MAIN, "????????-????-????-????-????????????")}),
        {"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, f"refs/heads/x/vcs-origin/{ORIGIN}/vcs-ref/{MAIN}")},
        ("spells out another sub in its name",),
    ),
    "a user whose id is no UUID": (
        trust(like={"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, MAIN, "????????-????-????-????-????????????")}),
        {"sub": v2(ORG_ID, PROJECT_ID, ORIGIN, MAIN, "bot")},
        ('The token\'s user is "bot"', "form of a UUID"),
    ),
    "one user alone": (trust(like={"sub": v1(ORG_ID, PROJECT_ID, OTHER_ID)}), {}, (f'The token\'s user is "{USER}"', "schedules")),
    "the audit-log stream": (
        trust(like={"sub": BRANCH_SUB}),
        {"sub": f"org/{ORG_ID}/file-streaming/audit-logs"},
        ("audit-log stream", "it is right"),
    ),
    "a sub of GitHub's": (trust(like={"sub": BRANCH_SUB}), {"sub": "repo:acme/web:ref:x"}, ("is not that of a CircleCI job",)),
    "a sub of GitHub's in the policy": (
        trust(like={"sub": "repo:acme/web:*"}),
        {},
        ('wants the sub "repo:acme/web:*"', "a job's begins with org/"),
    ),
    "an expired token": (trust(), {"exp": NOW - 3600}, ("The token's time is over", "circleci run oidc get")),
    "a role that only AWS may take": (
        trust(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        {},
        ("and no OIDC provider", "Principal Federated"),
    ),
    "another action": (trust(Action="sts:AssumeRole"), {}, ("by sts:AssumeRoleWithWebIdentity", '"sts:AssumeRole"')),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_recognized_and_said_in_one_piece_of_advice(mistake: str) -> None:
    policy, change, wanted = MISTAKES[mistake]
    answer = judged(policy, claims_of(payload(**change)))
    assert not answer.let_in
    assert len(answer.advice) == 1, answer.advice
    assert [words for words in wanted if words not in answer.advice[0]] == []
    assert answer.advice[0].count(". ") + answer.advice[0].count("? ") <= 2


def test_each_advice_is_of_one_mistake_alone() -> None:
    said = {mistake: judged(policy, claims_of(payload(**change))).advice[0] for mistake, (policy, change, _) in MISTAKES.items()}
    assert len(set(said.values())) >= len(said) - 2  # two pairs of mistakes look the same from outside


def test_an_audience_that_the_provider_does_not_take_is_told_with_the_command() -> None:
    answer = judged(trust(), client_ids=["sts.amazonaws.com"])
    assert not answer.let_in
    assert 'STS answers "Incorrect token audience"' in answer.advice[0]
    assert "add-client-id-to-open-id-connect-provider" in answer.advice[0]


def test_a_deny_that_applies_is_named_and_nothing_else_is_advised() -> None:
    statements = [
        {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"},
        {
            "Sid": "NoForks",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sts:*",
            "Condition": {"StringNotLike": {f"{ISSUER}:sub": "*/vcs-origin/github.com/other/*"}},
        },
    ]
    answer = judged(parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements})))
    assert answer.advice == (
        'Deny "NoForks" refuses it, whatever is allowed elsewhere: change that statement\'s conditions, if it should not.',
    )


def test_of_several_statements_the_nearest_is_spoken_of() -> None:
    far = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:*",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "x", f"{ISSUER}:sub": "y"}},
    }
    near = {**far, "Condition": {"StringEquals": {f"{ISSUER}:aud": "z"}}}
    answer = judged(parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [far, near]})))
    assert answer.unmet == ("aud",)
    assert "the policy wants the organization id" not in answer.advice[0]
    assert '"z"' in answer.advice[0]


class TestScope:
    def test_what_the_policies_of_this_program_name_is_told(self) -> None:
        scope = scope_of(deploy_trust())
        assert scope.is_about_circleci
        assert scope.providers == (PROVIDER,)
        assert (scope.issuers, scope.audiences) == ((ISSUER,), (ORG_ID,))
        assert (scope.org_ids, scope.project_ids) == ((ORG_ID,), (PROJECT_ID,))
        assert (scope.origins, scope.refs) == ((ORIGIN,), (MAIN,))

    def test_wildcards_name_nothing_and_a_deny_names_nothing(self) -> None:
        scope = scope_of(trust(like={"sub": "org/*/project/*/user/*"}, Effect="Deny"))
        assert not scope.is_about_circleci
        scope = scope_of(trust(like={"sub": "org/*/project/*"}))
        assert (scope.org_ids, scope.project_ids, scope.patterns) == ((ORG_ID,), (), ())

    @pytest.mark.parametrize(
        ("policy", "is_about"),
        [
            (trust(), True),
            (trust(provider=PROVIDER.replace(ISSUER, "oidc.circleci.com")), True),
            (trust(provider=PROVIDER.replace(ISSUER, "ci.acme.example"), issuer="ci.acme.example", like={"sub": BRANCH_SUB}), True),
            (trust(provider=PROVIDER.replace(ISSUER, "ci.acme.example"), issuer="ci.acme.example", like={"sub": "x"}), False),
            (trust(provider=PROVIDER.replace(ISSUER, "token.actions.githubusercontent.com")), False),
            (trust(Principal={"AWS": "*"}, Action="sts:AssumeRole"), False),
        ],
    )
    def test_a_policy_is_about_circleci_by_its_issuer_or_by_the_form_of_its_sub(self, policy: PolicyDocument, is_about: bool) -> None:
        assert scope_of(policy).is_about_circleci is is_about
