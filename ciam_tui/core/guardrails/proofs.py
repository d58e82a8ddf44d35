"""Requests that show what the guardrails do: each with the answer it should get, as a command that anybody can run before anything is attached.

They are asked of the files as they are written, by the evaluator that decides everything else here.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.access_matrix import stage_matrix
from ciam_tui.core.guardrails.resource_control import projects_listed
from ciam_tui.core.guardrails.service_control import FEDERATED_PROVIDER, PRINCIPAL
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.trust import ASSUME_ROLE, CLOUD_HOST, audience, has_project_key, is_cloud, issuer_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.guardrails.choices import GuardrailChoices
    from ciam_tui.core.shape import SetupShape

EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
OPEN_TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "*"}, "Action": "sts:AssumeRoleWithWebIdentity"}]}'
STRANGER = "99999999-0000-4000-8000-00000000000a"
OTHER_PROJECT = "99999999-0000-4000-8000-00000000000b"
_USER = "00000000-0000-4000-8000-00000000000c"
_GITHUB = "token.actions.githubusercontent.com"
# What has to be there to ask: everything as AdministratorAccess and FullAWSAccess allow it, and a trust policy without any condition.
SCAFFOLD = (f"echo {shlex.quote(EVERYTHING)} > everything.json", f"echo {shlex.quote(OPEN_TRUST)} > open-trust.json")


@dataclass(frozen=True, slots=True)
class Proof:
    """A question to `ciam-tui can`, and its answer."""

    title: str
    policies: tuple[str, ...]
    action: str
    resource: str
    context: Mapping[str, str]
    allowed: bool
    principal: str = ""

    @property
    def command(self) -> str:
        """The line to type, in the folder of the files."""
        words = ["ciam-tui", "can", *self.policies, "--action", self.action, "--resource", self.resource]
        words += ["--principal", self.principal] if self.principal else []
        for key, value in self.context.items():
            words += ["--context", f"{key}={value}"]
        return shlex.join(words)


def proofs(setup: SetupShape, choices: GuardrailChoices) -> Iterator[Proof]:
    """What each file stops, and what it lets through."""
    yield from _of_service_control(setup, choices)
    yield from _of_resource_control(setup, choices)
    yield from _of_boundary(setup)


def _of_service_control(setup: SetupShape, choices: GuardrailChoices) -> Iterator[Proof]:
    account = f"arn:{setup.partition}:iam::{setup.account_id}"
    files = ("everything.json", "--scp", "everything.json,scp.json")
    user = f"{account}:user{(choices.ci_user_paths or ('/',))[0]}ci-uploader"
    somebody = {PRINCIPAL: f"{account}:role/somebody"}
    yield Proof("a new key for a CI user", files, "iam:CreateAccessKey", user, somebody, allowed=False)
    yield Proof("the deletion of a key", files, "iam:DeleteAccessKey", user, somebody, allowed=True)
    if choices.ci_user_paths:
        yield Proof("a new key for another user", files, "iam:CreateAccessKey", f"{account}:user/ana", somebody, allowed=True)
    if is_cloud(setup.circleci):
        bucket = f"arn:{setup.partition}:s3:::{setup.bucket.name}"
        for title, organization, allowed in (
            ("a session that came by another organization's provider", STRANGER, False),
            ("a session that came by the own organization's", setup.circleci.org_id, True),
        ):
            context = {FEDERATED_PROVIDER: f"{account}:oidc-provider/{CLOUD_HOST}/org/{organization}"}
            yield Proof(title, files, "s3:ListBucket", bucket, context, allowed)
    if choices.admin_roles:
        admin = choices.admin_roles[0].replace("::*:", f"::{setup.account_id}:").replace("*", "x")
        role = stage_roles(setup, setup.stages[0])[0].arn
        yield Proof("a change of a role's trust", files, "iam:UpdateAssumeRolePolicy", role, somebody, allowed=False)
        yield Proof("the same by the administrator", files, "iam:UpdateAssumeRolePolicy", role, {PRINCIPAL: admin}, allowed=True)


def _of_resource_control(setup: SetupShape, choices: GuardrailChoices) -> Iterator[Proof]:
    own = next(iter(projects_listed(setup, choices)), _USER)
    issuer = issuer_url(setup.circleci)
    role = stage_roles(setup, setup.stages[0])[0].arn
    other_role = f"arn:{setup.partition}:iam::{setup.account_id}:role/somebody-elses"
    yield _token(setup, "a job of a listed project", role, _claims(setup, issuer, own), allowed=True)
    if setup.circleci.any_project:
        stream = {f"{issuer}:aud": audience(setup.circleci), f"{issuer}:sub": f"org/{setup.circleci.org_id}/file-streaming/audit-logs"}
        yield _token(setup, "a token of no project", other_role, stream, allowed=False)
    else:
        title = "a job of another project, on a role whose trust names none"
        yield _token(setup, title, other_role, _claims(setup, issuer, OTHER_PROJECT), allowed=False)
    shared = {f"{CLOUD_HOST}:aud": STRANGER, f"{CLOUD_HOST}:sub": f"org/{STRANGER}/project/{OTHER_PROJECT}/user/{_USER}"}
    yield _token(setup, "a token of CircleCI's shared issuer", other_role, shared, allowed=False)
    github = {f"{_GITHUB}:aud": "sts.amazonaws.com", f"{_GITHUB}:sub": "repo:acme/web:ref:refs/heads/main"}
    yield _token(setup, "GitHub's token, on another role", other_role, github, allowed=True)


def _claims(setup: SetupShape, issuer: str, project: str) -> dict[str, str]:
    claims = {
        f"{issuer}:aud": audience(setup.circleci),
        f"{issuer}:sub": f"org/{setup.circleci.org_id}/project/{project}/user/{_USER}",
    }
    return claims | ({f"{issuer}:{CLOUD_HOST}/project-id": project} if has_project_key(setup) else {})


def _token(setup: SetupShape, title: str, role: str, claims: Mapping[str, str], *, allowed: bool) -> Proof:
    issuer = next(iter(claims)).rpartition(":")[0]
    provider = f"arn:{setup.partition}:iam::{setup.account_id}:oidc-provider/{issuer}"
    return Proof(title, ("--resource-policy", "open-trust.json", "--rcp", "rcp.json"), ASSUME_ROLE, role, claims, allowed, provider)


def _of_boundary(setup: SetupShape) -> Iterator[Proof]:
    files = ("everything.json", "--boundary", "boundary.json")
    stage = setup.stages[0]
    role = stage_roles(setup, stage)[0]
    granted = next(answer.request for cell in stage_matrix(setup, stage).cells for answer in cell.answers if answer.allowed)
    context = {**{key: values[0] for key, values in granted.context.items()}, PRINCIPAL: role.arn}
    yield Proof(f"what the role of {stage.name} is for", files, granted.action, granted.resource, context, allowed=True)
    user, other = f"arn:{setup.partition}:iam::{setup.account_id}:user/x", f"arn:{setup.partition}:s3:::{setup.bucket.name}-2/x"
    yield Proof("a new user, although everything is attached to it", files, "iam:CreateUser", user, {PRINCIPAL: role.arn}, allowed=False)
    yield Proof("another bucket, although everything is", files, "s3:GetObject", other, {PRINCIPAL: role.arn}, allowed=False)
