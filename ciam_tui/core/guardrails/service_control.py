"""The service control policy: what no principal of the accounts may do, whatever its own policies say.

An SCP sees an API call and its condition keys, never the document that a call carries. So it cannot tell a trust policy that names a project from
one that does not: that is stopped when a token comes, by the resource control policy. What it can see is who makes a key, which identity provider a
session came by, and who changes the roles and the provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.guardrails.boundary import changeable_boundary
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.trust import CLOUD_HOST, is_cloud, issuer_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.guardrails.choices import GuardrailChoices
    from ciam_tui.core.shape import SetupShape

# Characters, white space included. AWS's newest page says 10,240, older ones and other partitions' say this.
SCP_SIZE = 5120

NO_NEW_KEYS = "NoNewAccessKeys"
FOREIGN_SESSIONS = "NoSessionsOfOtherOrganizations"
PROVIDERS_KEPT = "ProvidersAreKept"
ROLES_KEPT = "RolesAreKept"
POLICIES_KEPT = "PoliciesAreKept"

FEDERATED_PROVIDER = "aws:FederatedProvider"
PRINCIPAL = "aws:PrincipalArn"
MOST_NAMED = 12  # roles that are named one by one; of more, the beginning of their names stands for them

# There is no condition key for the status that UpdateAccessKey sets, and what forbids to activate a key would forbid to deactivate it.
KEY_ACTIONS = ("iam:CreateAccessKey",)
PROVIDER_ACTIONS = (
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
    "iam:RemoveClientIDFromOpenIDConnectProvider",
    "iam:UpdateOpenIDConnectProviderThumbprint",
)
ROLE_ACTIONS = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
POLICY_ACTIONS = ("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion")


def service_control_policy(setup: SetupShape, choices: GuardrailChoices) -> Document:
    """The policy; the statements that keep things as they are need an administrator, or nobody could change them any more."""
    return Document.of({"Version": VERSION, "Statement": list(_statements(setup, choices))})


def providers_of_circleci(setup: SetupShape) -> tuple[str, ...]:
    """The ARNs, in any account, of the identity providers that the statements are about."""
    of_any = f"arn:{setup.partition}:iam::*:oidc-provider"
    cloud = (f"{of_any}/{CLOUD_HOST}", f"{of_any}/{CLOUD_HOST}/*")
    return cloud if is_cloud(setup.circleci) else (*cloud, f"{of_any}/{issuer_url(setup.circleci)}")


def _statements(setup: SetupShape, choices: GuardrailChoices) -> Iterator[dict[str, Any]]:
    spared = {"ArnNotLike": {PRINCIPAL: list(choices.admin_roles)}} if choices.admin_roles else {}
    paths = choices.ci_user_paths or ("/",)
    users = [f"arn:{setup.partition}:iam::*:user{path}*" for path in paths]
    yield _deny(NO_NEW_KEYS, KEY_ACTIONS, users, spared)
    if is_cloud(setup.circleci):
        yield _deny(
            FOREIGN_SESSIONS,
            ["*"],
            ["*"],
            {
                "StringLike": {FEDERATED_PROVIDER: [name for each in (CLOUD_HOST, f"{CLOUD_HOST}/*") for name in _names_of(setup, each)]},
                "StringNotLike": {FEDERATED_PROVIDER: _names_of(setup, issuer_url(setup.circleci))},
            },
        )
    if spared:
        yield _deny(PROVIDERS_KEPT, PROVIDER_ACTIONS, providers_of_circleci(setup), spared)
        yield _deny(ROLES_KEPT, ROLE_ACTIONS, _roles(setup), spared)
        if policies := _policies(setup):
            yield _deny(POLICIES_KEPT, POLICY_ACTIONS, policies, spared)


def _names_of(setup: SetupShape, issuer: str) -> list[str]:
    """How AWS may name the provider of `issuer` in a session.

    The IAM User Guide does not write out the form for an OIDC provider of one's own: an ARN, the URL and the URL without its scheme are all taken.
    """
    return [issuer, f"https://{issuer}", f"arn:{setup.partition}:iam::*:oidc-provider/{issuer}"]


def _roles(setup: SetupShape) -> Sequence[str]:
    return _named(setup, "role", [role.arn for role in wanted_roles(setup)])


def _policies(setup: SetupShape) -> Sequence[str]:
    """What decides over the roles beside themselves: their managed policies, and the boundary, unless it is AWS's own."""
    own = [role.policy_arn for role in wanted_roles(setup)] if setup.role.policy_kind == "managed" else []
    boundary = changeable_boundary(setup)
    return [*_named(setup, "policy", own), *([boundary] if boundary else [])]


def beginning_of_names(setup: SetupShape) -> str:
    """The path and the beginning of a name by which roles and policies are kept, where they are too many to be named; empty where each is named."""
    many = len(wanted_roles(setup)) > MOST_NAMED and setup.role.name_prefix
    return f"{setup.role.path}{setup.role.name_prefix}" if many else ""


def _named(setup: SetupShape, kind: str, arns: Sequence[str]) -> Sequence[str]:
    beginning = beginning_of_names(setup)
    return [f"arn:{setup.partition}:iam::{setup.account_id}:{kind}{beginning}*"] if arns and beginning else arns


def _deny(sid: str, actions: Sequence[str], resources: Sequence[str], condition: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})
