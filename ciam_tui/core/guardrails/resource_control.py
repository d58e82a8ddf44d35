"""The resource control policy: which tokens may take a role of the accounts at all, whatever the roles' trust policies say.

AWS asks it at every AssumeRoleWithWebIdentity, when the token's claims are condition keys named by their issuer. So a role whose trust names no
project, made by anybody at any time, lets in the listed projects alone. Which issuer a token has is told by its `sub` being there:
`Null <issuer>:sub = false` holds for that issuer's tokens and for no others', and a statement with it never touches GitHub, EKS or anybody else.
A key's name holds the issuer, and a name has no wildcard: an issuer that is not named here is not seen, but on the Setup's own roles, where the
organization's issuer alone is let in.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.trust import ASSUME_ROLE, CLOUD_HOST, has_project_key, issuer_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.guardrails.choices import GuardrailChoices
    from ciam_tui.core.shape import SetupShape

LISTED_PROJECTS = "OnlyListedProjects"
NO_SHARED_ISSUER = "NoSharedIssuer"
OWN_ISSUER = "OnlyTheOwnIssuer"
# Characters, white space included: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
RCP_SIZE = 5120


def resource_control_policy(setup: SetupShape, choices: GuardrailChoices) -> Document:
    """The policy. Where naming each of the Setup's roles would make it too large, they are left out, and are as other roles are."""
    statements = [*_of_tokens(setup, choices)]
    whole = Document.of({"Version": VERSION, "Statement": [*statements, _of_roles(setup)]})
    return whole if whole.size <= RCP_SIZE else Document.of({"Version": VERSION, "Statement": statements})


def projects_listed(setup: SetupShape, choices: GuardrailChoices) -> tuple[str, ...]:
    """The ids of the projects that are let in; none where every project of the organization is."""
    if setup.circleci.any_project:
        return ()
    return tuple(dict.fromkeys((*(project.id for project in setup.circleci.projects), *choices.projects)))


def _of_tokens(setup: SetupShape, choices: GuardrailChoices) -> Iterator[dict[str, Any]]:
    issuer = issuer_url(setup.circleci)
    projects = projects_listed(setup, choices)
    if projects and has_project_key(setup):
        # A key that is absent meets a negated condition, so that a token without a project is refused as well.
        unlisted = {"StringNotEquals": {f"{issuer}:{CLOUD_HOST}/project-id": list(projects)}}
    else:
        org = f"org/{setup.circleci.org_id}/project"
        unlisted = {"StringNotLike": {f"{issuer}:sub": [f"{org}/{project}/*" for project in projects] or [f"{org}/*"]}}
    yield _deny(LISTED_PROJECTS, ["*"], {"Null": {f"{issuer}:sub": "false"}, **unlisted})
    yield _deny(NO_SHARED_ISSUER, ["*"], {"Null": {f"{CLOUD_HOST}:sub": "false"}})


def _of_roles(setup: SetupShape) -> dict[str, Any]:
    return _deny(OWN_ISSUER, [role.arn for role in wanted_roles(setup)], {"Null": {f"{issuer_url(setup.circleci)}:sub": "true"}})


def _deny(sid: str, resources: Sequence[str], condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": ASSUME_ROLE,
        "Resource": list(resources),
        "Condition": condition,
    }
