"""Who may become a role: CircleCI organization, projects and branches in, trust policy out. The heart of the tool.

A trust policy names the organization's OIDC provider and holds the token's claims against three condition keys: `aud`, CircleCI's
`project-id`, and `sub`. Positive conditions only, so that a claim that is missing shuts the caller out.

The formats of the claims: https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/; the keys that AWS knows:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.shape import CircleCiShape, ProjectShape, SetupShape, StageShape

CLOUD_HOST = "oidc.circleci.com"
ASSUME_ROLE = "sts:AssumeRoleWithWebIdentity"

# A user id is a UUID. Its shape in `?` instead of `*` leaves no wildcard that could reach over a `/`: with `user/*`, a branch named
# `x/vcs-origin/<origin>/vcs-ref/refs/heads/main` would pass for `main`.
ANY_USER_ID = "????????-????-????-????-????????????"


def trust_policy(setup: SetupShape, stage: StageShape, projects: Sequence[ProjectShape]) -> Document:
    """The trust policy of the role of `stage` for `projects`: all of the Setup's, or one of them with a role a project."""
    issuer = issuer_url(setup.circleci)
    equals: dict[str, Any] = {f"{issuer}:aud": audience(setup.circleci)}
    if projects and has_project_key(setup):
        equals[f"{issuer}:{CLOUD_HOST}/project-id"] = [project.id for project in projects]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn(setup)},
        "Action": ASSUME_ROLE,
        "Condition": {"StringEquals": equals, "StringLike": {f"{issuer}:sub": list(_subjects(setup.circleci, stage, projects))}},
    }
    return Document.of({"Version": VERSION, "Statement": [statement]})


def issuer_url(circleci: CircleCiShape) -> str:
    """The issuer without `https://`, as provider ARNs and condition keys use it. The cloud issuer is the organization's own."""
    if circleci.issuer:
        return circleci.issuer.removeprefix("https://")
    return f"{CLOUD_HOST}/org/{circleci.org_id}"


def is_cloud(circleci: CircleCiShape) -> bool:
    """Whether tokens come from CircleCI Cloud: from the organization's own issuer there."""
    return issuer_url(circleci) == f"{CLOUD_HOST}/org/{circleci.org_id}"


def audience(circleci: CircleCiShape) -> str:
    """The `aud` claim of the tokens: the organization id, unless the organization has set another."""
    return circleci.audience or circleci.org_id


def provider_arn(setup: SetupShape) -> str:
    """The ARN of the account's OIDC provider for the issuer; there is one a URL."""
    return f"arn:{setup.partition}:iam::{setup.account_id}:oidc-provider/{issuer_url(setup.circleci)}"


def has_project_key(setup: SetupShape) -> bool:
    """Whether AWS puts CircleCI's project id into the request.

    It is documented for the cloud issuer, and for the partition `aws`. Elsewhere the key may be absent, and a positive condition on an
    absent key would shut everybody out.
    """
    return setup.partition == "aws" and is_cloud(setup.circleci)


def _subjects(circleci: CircleCiShape, stage: StageShape, projects: Sequence[ProjectShape]) -> Iterator[str]:
    """The patterns of the `sub` claim: any token of a project, or its tokens for each ref. Without a project there is none.

    Only `any_project` trusts all of them, never a list of projects that is still empty.
    """
    org = f"org/{circleci.org_id}"
    if circleci.any_project and not projects:
        yield f"{org}/project/*/user/*"
    for project in projects:
        own = f"{org}/project/{project.id}/user"
        if not stage.branches:
            yield f"{own}/*"
        for branch in stage.branches:
            yield f"{own}/{ANY_USER_ID}/vcs-origin/{project.vcs_origin}/vcs-ref/{full_ref(branch)}"
