"""Reads of roles with all that hangs on them: one by one for a few, in one pass over the account for many.

A role takes four requests. For a dozen that is a second or two; for 150 the account's authorization details, a thousand roles a page, take
three requests where single reads take six hundred.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.facts import Role, TrustingRole
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.answers import ACCESS_DENIED
from ciam_tui.ports.aws.documents import document_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ciam_tui.ports.aws.clients import Clients

SINGLE_READS_UP_TO = 12
_PAGE_SIZE = 1000


def read_roles(clients: Clients, names: Sequence[str]) -> Mapping[str, Role]:
    """Those of the roles that exist, by name in lower case, in the order asked for."""
    wanted = {name.lower(): name for name in names}
    if len(wanted) > SINGLE_READS_UP_TO:
        try:
            return _roles_in_one_pass(clients, wanted)
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
    found = {key: _role(clients, name) for key, name in wanted.items()}
    return {key: role for key, role in found.items() if role is not None}


def read_roles_trusting(clients: Clients, provider_arn: str) -> tuple[TrustingRole, ...]:
    """All roles whose trust policy names `provider_arn`."""
    listed = _listed(clients, "look for roles that trust the provider")
    trusting = (TrustingRole(role["RoleName"], role["Arn"], document_of(role.get("AssumeRolePolicyDocument", {}))) for role in listed)
    # The whole string with its quotes: one issuer's URL may be the beginning of another's.
    return tuple(role for role in trusting if f'"{provider_arn}"' in role.trust.text)


def read_role_names_under(clients: Clients, path: str) -> tuple[str, ...]:
    """The names of all roles whose path begins with `path`."""
    return tuple(sorted(role["RoleName"] for role in _listed(clients, f"list the roles under {path}", PathPrefix=path)))


def _listed(clients: Clients, doing: str, **params: Any) -> list[Mapping[str, Any]]:
    roles = clients.iam().get_paginator("list_roles")
    pages = clients.ask(doing, lambda: list(roles.paginate(**params, PaginationConfig={"PageSize": _PAGE_SIZE})))
    return [role for page in pages for role in page["Roles"]]


def _role(clients: Clients, name: str) -> Role | None:
    iam = clients.iam()
    doing = f"read the role {name}"
    answer = clients.ask_for_optional(doing, {"NoSuchEntity"}, lambda: iam.get_role(RoleName=name))
    if answer is None:
        return None
    role: Mapping[str, Any] = answer["Role"]
    tags = role["Tags"] if "Tags" in role else clients.ask(doing, lambda: role_tags(clients, name))
    return replace(
        role_of(role),
        tags=tags_of(tags),
        inline=clients.ask(doing, lambda: inline_policies(clients, name)),
        attached=clients.ask(doing, lambda: attached_policies(clients, name)),
    )


def role_tags(clients: Clients, name: str) -> list[Mapping[str, Any]]:
    """The tags of a role, as AWS answers them."""
    pages = clients.iam().get_paginator("list_role_tags").paginate(RoleName=name)
    return [tag for page in pages for tag in page["Tags"]]


def inline_policies(clients: Clients, name: str) -> tuple[tuple[str, Any], ...]:
    """The inline policies of a role, by name."""
    iam = clients.iam()
    policies = [policy for page in iam.get_paginator("list_role_policies").paginate(RoleName=name) for policy in page["PolicyNames"]]
    return tuple(
        (policy, document_of(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])) for policy in sorted(policies)
    )


def attached_policies(clients: Clients, name: str) -> tuple[str, ...]:
    """The ARNs of the managed policies attached to a role."""
    pages = clients.iam().get_paginator("list_attached_role_policies").paginate(RoleName=name)
    return _arns(policy for page in pages for policy in page["AttachedPolicies"])


def role_of(role: Mapping[str, Any]) -> Role:
    """What GetRole, ListRoles and the authorization details all say, each in its own measure."""
    used: Mapping[str, Any] = role.get("RoleLastUsed") or {}
    return Role(
        name=role["RoleName"],
        arn=role["Arn"],
        role_id=role["RoleId"],
        path=role["Path"],
        trust=document_of(role["AssumeRolePolicyDocument"]),
        description=role.get("Description") or "",
        max_session_seconds=role.get("MaxSessionDuration") or 3600,
        boundary=(role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        last_used=used.get("LastUsedDate"),
        last_used_region=used.get("Region"),
    )


def _roles_in_one_pass(clients: Clients, wanted: Mapping[str, str]) -> Mapping[str, Role]:
    doing = "read the account's roles"
    iam = clients.iam()
    details = iam.get_paginator("get_account_authorization_details")
    pages = clients.ask(doing, lambda: list(details.paginate(Filter=["Role"], PaginationConfig={"PageSize": _PAGE_SIZE})))
    settings = {role["RoleName"].lower(): role for role in _listed(clients, doing)}
    found = {
        detail["RoleName"].lower(): detailed_role(detail, settings)
        for page in pages
        for detail in page["RoleDetailList"]
        if detail["RoleName"].lower() in wanted
    }
    return {name: found[name] for name in wanted if name in found}


def detailed_role(detail: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> Role:
    """A role of the authorization details, which lack the description and the session length."""
    listed = settings.get(detail["RoleName"].lower(), {})
    own = {key: listed[key] for key in ("Description", "MaxSessionDuration") if key in listed}
    return replace(
        role_of({**detail, **own}),
        tags=tags_of(detail.get("Tags", ())),
        inline=tuple(sorted(((each["PolicyName"], document_of(each["PolicyDocument"])) for each in detail["RolePolicyList"]), key=_name)),
        attached=_arns(detail["AttachedManagedPolicies"]),
    )


def _name(policy: tuple[str, Any]) -> str:
    return policy[0]


def _arns(attached: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(policy["PolicyArn"] for policy in attached))
