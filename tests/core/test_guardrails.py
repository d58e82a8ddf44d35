"""The guardrails: of each policy what it stops and what it lets through, asked of the evaluator layer by layer, for any Setup."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings

from ciam_tui.core.access_matrix import matrix_of
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import CompiledPolicy, Request, compile_policy
from ciam_tui.core.export.guardrails import export_guardrails
from ciam_tui.core.guardrails.boundary import BOUNDARY_SIZE, boundary_arn, boundary_of
from ciam_tui.core.guardrails.choices import GuardrailChoices
from ciam_tui.core.guardrails.proofs import EVERYTHING, OPEN_TRUST, proofs
from ciam_tui.core.guardrails.resource_control import RCP_SIZE, resource_control_policy
from ciam_tui.core.guardrails.service_control import MOST_NAMED, SCP_SIZE, service_control_policy
from ciam_tui.core.layers import Layer, Policies, decide
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import stage_roles, wanted_roles
from ciam_tui.core.setup import Setup
from ciam_tui.core.tokens.cases import OTHER_ORG, OTHER_PROJECT, who_gets_in
from ciam_tui.core.tokens.claims import Claims
from ciam_tui.core.tokens.making import Job, made_up
from ciam_tui.core.tokens.request import request_of
from ciam_tui.core.tokens.scope import scope_of
from ciam_tui.core.trust import CLOUD_HOST, audience, is_cloud, issuer_url
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID, answers
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.document import Kind

ADMIN = "arn:aws:iam::*:role/OrgAdmin"
DEFAULT = GuardrailChoices()
KEPT = GuardrailChoices(admin_roles=(ADMIN,))
ACCOUNT = "arn:aws:iam::123456789012"
SOMEBODY = f"{ACCOUNT}:role/somebody"
PROVIDERS = f"{ACCOUNT}:oidc-provider"


def a_setup(**changes: Any) -> Setup:
    return Setup.model_validate(answers(**changes))


def compiled(document: Document | str, kind: Kind) -> CompiledPolicy:
    """The policy as AWS takes one of its kind."""
    return compile_policy(parse_policy(document if isinstance(document, str) else document.text, kind=kind))


ALLOW_ALL = compiled(EVERYTHING, "identity")
FULL_ACCESS = compiled(EVERYTHING, "service-control")


def passes_scp(
    action: str,
    resource: str,
    *,
    setup: Setup | None = None,
    choices: GuardrailChoices = DEFAULT,
    caller: str = SOMEBODY,
    provider: str = "",
) -> bool:
    scp = compiled(service_control_policy(setup or a_setup(), choices), "service-control")
    keys = {"aws:PrincipalArn": (caller,)} | ({"aws:FederatedProvider": (provider,)} if provider else {})
    verdict = decide(Request(action, resource, keys, caller), Policies(identity=[ALLOW_ALL], scps=[[FULL_ACCESS, scp]]))
    assert verdict.allowed or verdict.decided_by.layer is Layer.SCP
    return verdict.allowed


def passes_rcp(setup: Setup, claims: Claims, role: str, choices: GuardrailChoices = DEFAULT) -> bool:
    """Whether a token may take a role whose trust asks for nothing."""
    provider = f"arn:{setup.partition}:iam::{setup.account_id}:oidc-provider/{claims.issuer}"
    trust = json.loads(OPEN_TRUST)
    trust["Statement"][0]["Principal"]["Federated"] = provider
    request = replace(request_of(claims, scope_of(parse_policy(json.dumps(trust)))), resource=role)
    rcp = compiled(resource_control_policy(setup, choices), "resource")
    verdict = decide(request, Policies(resource=[compiled(json.dumps(trust), "trust")], rcps=[[rcp]]))
    assert verdict.allowed or verdict.decided_by.layer is Layer.RCP
    return verdict.allowed


def a_job(setup: Setup, project: str, **changes: Any) -> Claims:
    issuer = issuer_url(setup.circleci)
    return made_up(Job(setup.circleci.org_id, project, issuer=issuer, audience=audience(setup.circleci), **changes))


# --- scp.json ---------------------------------------------------------------------------------------------------------------------------

BUILD = f"{ACCOUNT}:role/circleci/circleci-web-build"
SCP_ROWS: dict[str, tuple[bool, GuardrailChoices, str, str, dict[str, str]]] = {
    "a new key for any user": (False, DEFAULT, "iam:CreateAccessKey", f"{ACCOUNT}:user/ci", {}),
    "a new key for a user of some path": (False, DEFAULT, "iam:CreateAccessKey", f"{ACCOUNT}:user/a/b/ci", {}),
    "a new key for a CI user": (False, GuardrailChoices(("/ci/",)), "iam:CreateAccessKey", f"{ACCOUNT}:user/ci/x", {}),
    "a new key for a person": (True, GuardrailChoices(("/ci/",)), "iam:CreateAccessKey", f"{ACCOUNT}:user/ana", {}),
    "a path that begins alike": (True, GuardrailChoices(("/ci/",)), "iam:CreateAccessKey", f"{ACCOUNT}:user/ci-x/ana", {}),
    "a new key by the administrator": (True, KEPT, "iam:CreateAccessKey", f"{ACCOUNT}:user/ci", {"caller": f"{ACCOUNT}:role/OrgAdmin"}),
    "a new key by one called alike": (False, KEPT, "iam:CreateAccessKey", f"{ACCOUNT}:user/ci", {"caller": f"{ACCOUNT}:role/x/OrgAdmin"}),
    "a key made inactive": (True, DEFAULT, "iam:UpdateAccessKey", f"{ACCOUNT}:user/ci", {}),
    "a key deleted": (True, DEFAULT, "iam:DeleteAccessKey", f"{ACCOUNT}:user/ci", {}),
    "reading an object": (True, DEFAULT, "s3:GetObject", "arn:aws:s3:::acme-builds/x", {}),
    "the own organization's session": (
        True,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"{PROVIDERS}/{CLOUD_HOST}/org/{ORG_ID}"},
    ),
    "another's, told by its ARN": (
        False,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"{PROVIDERS}/{CLOUD_HOST}/org/{OTHER_ORG}"},
    ),
    "another's, told by its URL": (
        False,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"https://{CLOUD_HOST}/org/{OTHER_ORG}"},
    ),
    "another's, told by its host": (
        False,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"{CLOUD_HOST}/org/{OTHER_ORG}"},
    ),
    "the shared issuer's": (
        False,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"{PROVIDERS}/{CLOUD_HOST}"},
    ),
    "GitHub's session": (
        True,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"{PROVIDERS}/token.actions.githubusercontent.com"},
    ),
    "a cluster's session": (
        True,
        DEFAULT,
        "s3:GetObject",
        "arn:aws:s3:::acme-builds/x",
        {"provider": f"{PROVIDERS}/oidc.eks.eu-west-1.amazonaws.com/id/A"},
    ),
    "a trust changed, with nobody named": (True, DEFAULT, "iam:UpdateAssumeRolePolicy", BUILD, {}),
    "a trust changed by somebody": (False, KEPT, "iam:UpdateAssumeRolePolicy", BUILD, {}),
    "a trust changed by the administrator": (True, KEPT, "iam:UpdateAssumeRolePolicy", BUILD, {"caller": f"{ACCOUNT}:role/OrgAdmin"}),
    "AdministratorAccess attached": (False, KEPT, "iam:AttachRolePolicy", BUILD, {}),
    "its boundary taken away": (False, KEPT, "iam:DeleteRolePermissionsBoundary", BUILD, {}),
    "another role's trust": (True, KEPT, "iam:UpdateAssumeRolePolicy", f"{ACCOUNT}:role/other", {}),
    "a provider for another organization": (False, KEPT, "iam:CreateOpenIDConnectProvider", f"{PROVIDERS}/{CLOUD_HOST}/org/{OTHER_ORG}", {}),
    "a provider for GitHub": (True, KEPT, "iam:CreateOpenIDConnectProvider", f"{PROVIDERS}/token.actions.githubusercontent.com", {}),
}  # fmt: skip


@pytest.mark.parametrize(("passes", "choices", "action", "resource", "more"), SCP_ROWS.values(), ids=SCP_ROWS.keys())
def test_what_the_service_control_policy_stops(
    passes: bool, choices: GuardrailChoices, action: str, resource: str, more: dict[str, str]
) -> None:
    caller, provider = more.get("caller", SOMEBODY), more.get("provider", "")
    assert passes_scp(action, resource, choices=choices, caller=caller, provider=provider) is passes


def test_the_policies_that_decide_over_the_roles_are_kept_with_them_but_not_those_of_aws() -> None:
    own = a_setup(role__policy_kind="managed", role__permissions_boundary=f"{ACCOUNT}:policy/edge")
    for policy in (f"{ACCOUNT}:policy/edge", f"{ACCOUNT}:policy/circleci/circleci-web-build"):
        assert not passes_scp("iam:CreatePolicyVersion", policy, setup=own, choices=KEPT)
    assert passes_scp("iam:CreatePolicyVersion", f"{ACCOUNT}:policy/other", setup=own, choices=KEPT)
    of_aws = a_setup(role__permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess")
    assert ":iam::aws:" not in service_control_policy(of_aws, KEPT).text


def test_of_many_roles_the_beginning_of_their_names_is_kept() -> None:
    projects = [{"id": f"{number:08x}-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": f"p{number}"} for number in range(MOST_NAMED)]
    many = a_setup(circleci__projects=projects, role__per_project=True, stages__2__branches=[])
    assert len(wanted_roles(many)) > MOST_NAMED
    assert not passes_scp("iam:DeleteRole", wanted_roles(many)[-1].arn, setup=many, choices=KEPT)
    assert service_control_policy(many, KEPT).size <= SCP_SIZE


def test_what_is_kept_with_them_since_its_name_begins_alike_is_said() -> None:
    stages = [{"name": f"s{number}", "prefix": "x/", "access": ["read"]} for number in range(MOST_NAMED + 1)]
    many, few = a_setup(stages=stages), a_setup(stages=stages[:MOST_NAMED])
    theirs = f"{ACCOUNT}:role/circleci/circleci-web-of-another-setup"
    assert (
        passes_scp("iam:DeleteRole", theirs, setup=many, choices=KEPT),
        passes_scp("iam:DeleteRole", theirs, setup=few, choices=KEPT),
    ) == (
        False,
        True,
    )
    said = "Also of every other one that begins with /circleci/circleci"
    assert (said in guide_of(many, KEPT), said in guide_of(few, KEPT)) == (True, False)


def test_an_administrator_of_another_partition_would_spare_nobody_and_is_refused() -> None:
    gov = a_setup(partition="aws-us-gov", bucket__region="us-gov-west-1")
    with pytest.raises(CiamError) as refused:
        export_guardrails(gov, KEPT)
    assert refused.value.suggestions == ("Name arn:aws-us-gov:iam::*:role/OrgAdmin",)
    export_guardrails(gov, GuardrailChoices(admin_roles=tuple(refused.value.suggestions[0].split()[1:])))


def test_a_boundary_of_awss_own_is_not_told_to_be_changed_but_to_be_replaced() -> None:
    aws, own = "arn:aws:iam::aws:policy/PowerUserAccess", f"{ACCOUNT}:policy/ours"
    theirs, ours = (guide_of(a_setup(role__permissions_boundary=each)) for each in (aws, own))
    assert ("create-policy-version" in theirs, "create-policy-version" in ours) == (False, True)
    assert f'"permissions_boundary": "{ACCOUNT}:policy/circleci/circleci-web-boundary"' in theirs
    assert f'set it to "{aws}" and apply again' in theirs


def test_a_boundary_is_never_called_as_the_policy_of_a_stage() -> None:
    stages = [{"name": "Boundary", "prefix": "x/", "access": ["read"]}]
    setup = a_setup(stages=stages, role__policy_kind="managed")
    assert boundary_arn(setup).endswith("/circleci-web-boundary-2")
    assert boundary_arn(a_setup()).endswith("/circleci-web-boundary")


def test_a_trust_of_the_audit_that_iam_would_refuse_is_said_to_be_too_large() -> None:
    projects = [
        {"id": f"{number:08x}-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": f"p{number}", "vcs_origin": f"github.com/acme/p{number}"}
        for number in range(15)
    ]
    said = "more than IAM takes at first, and AWS will refuse it"
    assert said in guide_of(a_setup(circleci__projects=projects, role__per_project=True))
    assert said not in guide_of(a_setup())


def test_where_ci_users_are_told_by_their_path_it_says_who_is_not_stopped() -> None:
    said = "A user who is made or moved elsewhere gets keys"
    assert said in guide_of(a_setup(), GuardrailChoices(("/ci/",)))
    assert said not in guide_of(a_setup())


@pytest.mark.parametrize(
    "changes", [{"circleci__issuer": "https://oidc.ci.example.com"}, {"partition": "aws-cn", "bucket__region": "cn-north-1"}]
)
def test_a_server_and_another_partition_have_their_own_names_in_it(changes: dict[str, Any]) -> None:
    text = service_control_policy(
        a_setup(**changes), GuardrailChoices(admin_roles=(ADMIN.replace("aws", changes.get("partition", "aws")),))
    ).text
    assert ("arn:aws:" in text) is (changes.get("partition") is None)
    assert ("oidc.ci.example.com" in text) is ("circleci__issuer" in changes)


# --- rcp.json ---------------------------------------------------------------------------------------------------------------------------

OTHER_ROLE = f"{ACCOUNT}:role/somebody-elses"
GITHUB = Claims("token.actions.githubusercontent.com", ("sts.amazonaws.com",), "repo:acme/web:ref:refs/heads/main", None, None)
CLUSTER = Claims("oidc.eks.eu-west-1.amazonaws.com/id/A", ("sts.amazonaws.com",), "system:serviceaccount:a:b", None, None)
AUDIT_LOG = Claims(f"{CLOUD_HOST}/org/{ORG_ID}", (ORG_ID,), f"org/{ORG_ID}/file-streaming/audit-logs", None, None)
RCP_ROWS: dict[str, tuple[bool, Claims, str]] = {
    "the project's job": (True, made_up(Job(ORG_ID, PROJECT_ID)), BUILD),
    "the project's job, on another role": (True, made_up(Job(ORG_ID, PROJECT_ID)), OTHER_ROLE),
    "another project's job": (False, made_up(Job(ORG_ID, OTHER_PROJECT)), BUILD),
    "another project's job, on a role whose trust names none": (False, made_up(Job(ORG_ID, OTHER_PROJECT)), OTHER_ROLE),
    "the organization's audit log": (False, AUDIT_LOG, OTHER_ROLE),
    "another organization, by the shared issuer": (False, made_up(Job(OTHER_ORG, OTHER_PROJECT, issuer=CLOUD_HOST)), OTHER_ROLE),
    "the own project, by the shared issuer": (False, made_up(Job(ORG_ID, PROJECT_ID, issuer=CLOUD_HOST)), OTHER_ROLE),
    "another organization, on our role": (False, made_up(Job(OTHER_ORG, OTHER_PROJECT)), BUILD),
    "another organization, on another role": (True, made_up(Job(OTHER_ORG, OTHER_PROJECT)), OTHER_ROLE),
    "GitHub, on another role": (True, GITHUB, OTHER_ROLE),
    "GitHub, on our role": (False, GITHUB, BUILD),
    "a cluster, on another role": (True, CLUSTER, OTHER_ROLE),
}


@pytest.mark.parametrize(("passes", "claims", "role"), RCP_ROWS.values(), ids=RCP_ROWS.keys())
def test_which_tokens_the_resource_control_policy_stops_whatever_a_trust_says(passes: bool, claims: Claims, role: str) -> None:
    assert passes_rcp(a_setup(), claims, role) is passes


def test_what_the_session_of_another_organization_does_is_stopped_where_its_token_is_not_seen() -> None:
    assert passes_rcp(a_setup(), made_up(Job(OTHER_ORG, OTHER_PROJECT)), OTHER_ROLE)
    assert not passes_scp("s3:GetObject", "arn:aws:s3:::acme-builds/x", provider=f"{PROVIDERS}/{CLOUD_HOST}/org/{OTHER_ORG}")


def test_a_project_that_is_named_beside_the_setups_is_let_in() -> None:
    choices = GuardrailChoices(projects=(OTHER_PROJECT_ID,))
    assert passes_rcp(a_setup(), made_up(Job(ORG_ID, OTHER_PROJECT_ID)), OTHER_ROLE, choices)
    assert not passes_rcp(a_setup(), made_up(Job(ORG_ID, OTHER_PROJECT)), OTHER_ROLE, choices)


def test_it_asks_for_the_project_id_where_aws_has_that_key_and_for_the_sub_elsewhere() -> None:
    """An absent key meets a negated condition: elsewhere the project-id would shut everybody out."""
    cloud, china = a_setup(), a_setup(partition="aws-cn", bucket__region="cn-north-1")
    server = a_setup(circleci__issuer="https://oidc.ci.example.com")
    assert ["project-id" in resource_control_policy(each, DEFAULT).text for each in (cloud, china, server)] == [True, False, False]
    for setup in (cloud, china, server):
        role = wanted_roles(setup)[0].arn
        assert passes_rcp(setup, a_job(setup, PROJECT_ID), role)
        assert not passes_rcp(setup, a_job(setup, OTHER_PROJECT), role)


def test_a_setup_that_trusts_the_organization_lets_in_all_its_projects_and_nobody_else() -> None:
    setup = a_setup(circleci__any_project=True, circleci__projects=[], stages__2__branches=[])
    assert passes_rcp(setup, a_job(setup, OTHER_PROJECT), OTHER_ROLE)
    assert not passes_rcp(setup, AUDIT_LOG, OTHER_ROLE)
    assert not passes_rcp(setup, made_up(Job(OTHER_ORG, OTHER_PROJECT)), BUILD)


@settings(max_examples=30)
@given(setups())
def test_of_any_setup_every_role_lets_in_whom_it_let_in_of_its_projects_and_nobody_more(setup: Setup) -> None:
    policy = compiled(resource_control_policy(setup, DEFAULT), "resource")
    listed = {project.id for project in setup.circleci.projects}
    for role in wanted_roles(setup)[:2]:
        trust = parse_policy(role.trust.text)
        for each in who_gets_in(trust):
            if each.answer.decision is None:
                continue
            request = replace(each.answer.decision.request, resource=role.arn)
            alone = decide(request, Policies(resource=[compiled(role.trust, "trust")])).allowed
            both = decide(request, Policies(resource=[compiled(role.trust, "trust")], rcps=[[policy]])).allowed
            assert both is alone, each.case.title
            assert not both or setup.circleci.any_project or any(project in each.case.claims.subject for project in listed)


@settings(max_examples=30)
@given(setups())
def test_of_any_setup_a_trust_without_conditions_lets_in_the_listed_projects_alone_and_other_issuers_as_ever(setup: Setup) -> None:
    role = f"arn:{setup.partition}:iam::{setup.account_id}:role/somebody-elses"
    assume(role not in {each.arn for each in wanted_roles(setup)})
    for project in setup.circleci.projects[:2]:
        assert passes_rcp(setup, a_job(setup, project.id), role)
    assert passes_rcp(setup, a_job(setup, OTHER_PROJECT), role) is setup.circleci.any_project
    assert passes_rcp(setup, GITHUB, role)
    assert passes_rcp(setup, CLUSTER, role)
    assert is_cloud(setup.circleci) or not passes_rcp(setup, made_up(Job(OTHER_ORG, OTHER_PROJECT, issuer=CLOUD_HOST)), role)


def test_roles_that_would_make_it_too_large_are_left_out_and_it_says_so() -> None:
    projects = [{"id": f"{number:08x}-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": f"p{number}"} for number in range(40)]
    many = a_setup(circleci__projects=projects, role__per_project=True, stages__2__branches=[])
    policy = resource_control_policy(many, DEFAULT)
    assert [statement["Sid"] for statement in policy.policy["Statement"]] == ["OnlyListedProjects", "NoSharedIssuer"]
    assert policy.size <= RCP_SIZE
    assert "OnlyTheOwnIssuer is left out" in guide_of(many)
    assert "OnlyTheOwnIssuer is left out" not in guide_of(a_setup())


# --- boundary.json ----------------------------------------------------------------------------------------------------------------------


def asked_as(role: str, request: Request) -> Request:
    return replace(request, context={**request.context, "aws:PrincipalArn": (role,)})


def allowed(request: Request, identity: CompiledPolicy, boundary: CompiledPolicy | None) -> bool:
    return decide(request, Policies(identity=[identity], boundary=None if boundary is None else [boundary])).allowed


@settings(max_examples=12)
@given(setups())
def test_under_the_boundary_every_role_may_do_what_it_may_and_administrator_access_adds_nothing(setup: Setup) -> None:
    made = boundary_of(setup)
    boundary = compiled(made.document, "identity")
    matrices = matrix_of(setup)
    requests = {id(answer): answer.request for matrix in matrices for cell in matrix.cells for answer in cell.answers}.values()
    together = [matrix.policy for matrix in matrices]
    for matrix in matrices:
        for role in stage_roles(setup, matrix.stage)[:1]:
            for request in requests:
                asked = asked_as(role.arn, request)
                own = allowed(asked, matrix.policy, None)
                assert allowed(asked, matrix.policy, boundary) is own
                most = own if made.by_role else any(allowed(asked, policy, None) for policy in together)
                assert allowed(asked, ALLOW_ALL, boundary) is most


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateUser", f"{ACCOUNT}:user/x"),
        ("iam:PassRole", f"{ACCOUNT}:role/x"),
        ("sts:GetFederationToken", f"{ACCOUNT}:federated-user/x"),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1:123456789012:instance/*"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::acme-builds"),
        ("s3:GetObject", "arn:aws:s3:::acme-builds/elsewhere/x"),
        ("s3:PutObject", "arn:aws:s3:::acme-builds/releases/x"),
    ],
)
def test_administrator_access_on_the_role_of_build_opens_nothing(action: str, resource: str) -> None:
    boundary = compiled(boundary_of(a_setup()).document, "identity")
    request = asked_as(BUILD, Request(action, resource, {"aws:ResourceAccount": ("123456789012",)}))
    assert allowed(request, ALLOW_ALL, None)
    assert not allowed(request, ALLOW_ALL, boundary)


def test_a_boundary_too_large_for_each_role_holds_what_all_stages_are_given_and_says_so() -> None:
    projects = [{"id": f"{number:08x}-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": f"p{number}"} for number in range(40)]
    many = a_setup(circleci__projects=projects, role__per_project=True, stages__2__branches=[])
    made = boundary_of(many)
    assert (made.by_role, made.document.size <= BOUNDARY_SIZE) == (False, True)
    boundary = compiled(made.document, "identity")
    builds = asked_as(
        wanted_roles(many)[0].arn,
        Request("s3:DeleteObject", "arn:aws:s3:::acme-builds/releases/x", {"aws:ResourceAccount": ("123456789012",)}),
    )
    assert allowed(builds, ALLOW_ALL, boundary)
    assert "does not hold one stage apart from another" in guide_of(many)


def test_the_boundary_that_is_made_is_one_that_a_setup_may_name() -> None:
    for path in ("/circleci/", "/it's/"):
        setup = a_setup(role__path=path)
        named = a_setup(role__path=path, role__permissions_boundary=boundary_arn(setup))
        assert boundary_arn(named) == named.role.permissions_boundary


# --- guardrails.md, and the choices -----------------------------------------------------------------------------------------------------


def guide_of(setup: Setup, choices: GuardrailChoices = DEFAULT) -> str:
    return next(file.text for file in export_guardrails(setup, choices) if file.path == "guardrails.md")


@settings(max_examples=25)
@given(setups())
def test_what_any_setups_guide_says_of_requests_is_what_the_policies_answer(setup: Setup) -> None:
    choices = GuardrailChoices(("/ci/",), (f"arn:{setup.partition}:iam::*:role/OrgAdmin",), (OTHER_PROJECT_ID,))
    scp = compiled(service_control_policy(setup, choices), "service-control")
    rcp = compiled(resource_control_policy(setup, choices), "resource")
    boundary = compiled(boundary_of(setup).document, "identity")
    layers = {
        "--scp": Policies(identity=[ALLOW_ALL], scps=[[FULL_ACCESS, scp]]),
        "--rcp": Policies(resource=[compiled(OPEN_TRUST, "trust")], rcps=[[rcp]]),
        "--boundary": Policies(identity=[ALLOW_ALL], boundary=[boundary]),
    }
    asked = [*proofs(setup, choices)]
    assert {proof.allowed for proof in asked} == {True, False}
    for proof in asked:
        policies = next(given for flag, given in layers.items() if flag in proof.policies)
        request = Request(proof.action, proof.resource, {key: (value,) for key, value in proof.context.items()}, proof.principal or None)
        assert decide(request, policies).allowed is proof.allowed, proof.title


def test_the_guide_says_of_every_statement_what_it_stops_and_lets_through_and_its_size() -> None:
    setup = a_setup(role__policy_kind="managed")
    files = {file.path: file.text for file in export_guardrails(setup, KEPT)}
    policies = ["scp.json", "rcp.json", "boundary.json"]
    assert list(files) == [*policies, "ci.yml", "audit-role.permissions.json", "audit-role.trust.json", "guardrails.md"]
    told = files["guardrails.md"]
    for name in ("scp.json", "rcp.json"):
        for statement in json.loads(files[name])["Statement"]:
            assert told.count(f"| `{statement['Sid']}` |") == 1
    for name in ("scp.json", "rcp.json", "boundary.json"):
        assert f"{Document(files[name]).size:,} of " in told
        assert files[name] == Document(files[name]).canonical + "\n"
    assert "What they do not stop" in told


def test_the_guide_promises_only_what_the_policies_of_this_setup_do() -> None:
    server = guide_of(a_setup(circleci__issuer="https://oidc.ci.example.com"))
    assert "stopped by scp.json" not in server
    assert "NoSessionsOfOtherOrganizations" not in server
    assert "stopped by scp.json" in guide_of(a_setup())
    everybody = guide_of(a_setup(circleci__any_project=True, circleci__projects=[], stages__2__branches=[]))
    assert "by whoever is no project of the organization" in everybody


@pytest.mark.parametrize(
    ("boundary", "said"),
    [
        (None, '"permissions_boundary": "arn:aws:iam::123456789012:policy/circleci/circleci-web-boundary"'),
        (f"{ACCOUNT}:policy/edge", "create-policy-version"),
    ],
)
def test_the_guide_says_how_the_setup_gets_its_boundary(boundary: str | None, said: str) -> None:
    assert said in guide_of(a_setup(role__permissions_boundary=boundary))


def test_a_policy_that_aws_would_refuse_for_its_size_is_told_of() -> None:
    projects = [{"id": f"{number:08x}-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": f"p{number}"} for number in range(200)]
    assert "characters too large, and AWS will refuse it" in guide_of(a_setup(circleci__projects=projects, stages__2__branches=[]))
    assert "too large, and AWS" not in guide_of(a_setup())


@pytest.mark.parametrize(
    "choices",
    [
        {"ci_user_paths": ("/",)},
        {"ci_user_paths": ("ci",)},
        {"ci_user_paths": ("/*/",)},
        {"admin_roles": ("*",)},
        {"admin_roles": ("arn:aws:iam::*:role/*",)},
        {"admin_roles": ("arn:aws:iam::*:user/ana",)},
        {"admin_roles": ("arn:aws:iam::*:role/${aws:username}",)},
        {"projects": ("web",)},
        {"projects": ("*",)},
    ],
)
def test_what_is_no_choice_becomes_no_part_of_a_policy(choices: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(CiamError, match="is not the"):
        GuardrailChoices(**choices)
