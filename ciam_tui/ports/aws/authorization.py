"""The roles of a whole account in one pass, of which those that matter are kept: page by page, so that memory does not grow with the account.

GetAccountAuthorizationDetails gives a thousand roles a page with policies, tags and last use; asked one by one, a role takes four requests.
Who may not ask it gets the list of roles and single reads, and is told so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.facts import PoliciesRead, ReadRole, RolesRead
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.answers import ACCESS_DENIED
from ciam_tui.ports.aws.documents import document_of
from ciam_tui.ports.aws.roles import SINGLE_READS_UP_TO, attached_policies, detailed_role, inline_policies, role_of, role_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.facts import Role
    from ciam_tui.ports.aws.clients import Clients

    Wanted = Callable[[str, Document], bool]
    Progress = Callable[[str], None]

_PAGE_SIZE = 1000
# Two requests for each; a pass over all policies of an account takes a request a thousand, with all versions of each.
_SINGLE_POLICIES_UP_TO = 40
_SETTINGS = ("description", "max_session_seconds")


def read_wanted_roles(clients: Clients, is_wanted: Wanted, progress: Progress) -> RolesRead:
    """All roles of which `is_wanted` says so, given their name and trust policy. `progress` may raise, which ends the reading.

    Raises:
        CiamError: neither the account's details nor the list of its roles may be read; or AWS cannot be asked.
    """
    try:
        read = _in_one_pass(clients, is_wanted, progress)
    except CiamError as error:
        if error.code != ACCESS_DENIED:
            raise
        return _one_by_one(clients, is_wanted, progress, why=error)
    return _with_settings(clients, read, progress)


def _in_one_pass(clients: Clients, is_wanted: Wanted, progress: Progress) -> RolesRead:
    kept: list[ReadRole] = []
    seen = 0
    for page in account_pages(clients, "read the account's roles", "get_account_authorization_details", Filter=["Role"]):
        details = page["RoleDetailList"]
        seen += len(details)
        kept += [
            ReadRole(detailed_role(detail, {}), _SETTINGS, detail.get("CreateDate"))
            for detail in details
            if is_wanted(detail["RoleName"], document_of(detail.get("AssumeRolePolicyDocument", {})))
        ]
        progress(_told(seen, len(kept)))
    return RolesRead(tuple(kept), seen)


def _with_settings(clients: Clients, read: RolesRead, progress: Progress) -> RolesRead:
    """Description and session length, which the details lack: one role at a time for a few, by the list of roles for many."""
    by_name = {each.role.name: each for each in read.roles}
    progress("Settings of the roles")
    try:
        for name, settings in _settings_of(clients, tuple(by_name), progress):
            role = by_name[name].role
            description, seconds = settings.get("Description") or "", settings.get("MaxSessionDuration") or role.max_session_seconds
            known = replace(role, description=description, max_session_seconds=seconds)
            by_name[name] = ReadRole(known, created=by_name[name].created)
    except CiamError as error:
        if error.code != ACCESS_DENIED:
            raise
        unread = "Descriptions and session lengths of roles could not be read (iam:GetRole, iam:ListRoles)."
        return replace(read, roles=tuple(by_name.values()), unread=(*read.unread, unread))
    return replace(read, roles=tuple(by_name.values()))


def _settings_of(clients: Clients, names: Sequence[str], progress: Progress) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if len(names) <= SINGLE_READS_UP_TO:
        iam = clients.iam()
        for name in names:
            answer = clients.ask_for_optional(f"read the role {name}", {"NoSuchEntity"}, lambda name=name: iam.get_role(RoleName=name))  # type: ignore[misc]  # a default binds the name of this turn
            if answer is not None:
                yield name, answer["Role"]
        return
    wanted = frozenset(names)
    seen = 0
    for page in account_pages(clients, "list the account's roles", "list_roles"):
        seen += len(page["Roles"])
        progress(f"Settings of the roles, {seen:,} looked at")
        yield from ((role["RoleName"], role) for role in page["Roles"] if role["RoleName"] in wanted)


def _one_by_one(clients: Clients, is_wanted: Wanted, progress: Progress, *, why: CiamError) -> RolesRead:
    found: list[Mapping[str, Any]] = []
    seen = 0
    for page in account_pages(clients, "list the account's roles", "list_roles"):
        seen += len(page["Roles"])
        found += [role for role in page["Roles"] if is_wanted(role["RoleName"], document_of(role.get("AssumeRolePolicyDocument", {})))]
        progress(_told(seen, len(found)))
    kept: list[ReadRole] = []
    for number, listed in enumerate(found, start=1):
        progress(f"Role {listed['RoleName']}, {number} of {len(found)}")
        kept.append(_single(clients, listed))
    note = (
        f"The account's details may not be read at once (iam:GetAccountAuthorizationDetails), so roles were read one by one: {why.message}"
    )
    return RolesRead(tuple(kept), seen, (note,))


def _single(clients: Clients, listed: Mapping[str, Any]) -> ReadRole:
    """A role of the list with all that hangs on it, as far as it may be read."""
    iam, name = clients.iam(), listed["RoleName"]
    doing = f"read the role {name}"
    unread: list[str] = []

    def read(fields: tuple[str, ...], request: Callable[[], Any]) -> Any:
        try:
            return clients.ask(doing, request)
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
            unread.extend(fields)
            return None

    whole = read(("tags", "boundary", "last_used", "last_used_region"), lambda: iam.get_role(RoleName=name)["Role"])
    role: Role = role_of(whole or listed)
    if whole is not None:
        tags = whole["Tags"] if "Tags" in whole else read(("tags",), lambda: role_tags(clients, name))
        role = replace(role, tags=tuple(sorted((each["Key"], each["Value"]) for each in tags or ())))
    inline = read(("inline",), lambda: inline_policies(clients, name))
    attached = read(("attached",), lambda: attached_policies(clients, name))
    return ReadRole(replace(role, inline=inline or (), attached=attached or ()), tuple(unread), listed.get("CreateDate"))


def read_provider_arns(clients: Clients) -> tuple[str, ...]:
    """The ARNs of the account's OIDC providers; IAM gives all of them at once."""
    iam = clients.iam()
    answer = clients.ask("list the account's OIDC providers", iam.list_open_id_connect_providers)
    return tuple(sorted(each["Arn"] for each in answer["OpenIDConnectProviderList"]))


def read_policies_in_force(clients: Clients, arns: Sequence[str], progress: Progress) -> PoliciesRead:
    """The documents of the default versions of `arns`, those of AWS among them."""
    of_account = [arn for arn in arns if ":iam::aws:" not in arn]
    documents: dict[str, Document] = {}
    if len(of_account) > _SINGLE_POLICIES_UP_TO:
        try:
            documents = _policies_in_one_pass(clients, frozenset(of_account), progress)
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
    unread: dict[str, str] = {}
    rest = [arn for arn in arns if arn not in documents]
    for number, arn in enumerate(rest, start=1):
        progress(f"Managed policies, {number} of {len(rest)}")
        try:
            document = _policy_in_force(clients, arn)
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
            unread[arn] = error.message
        else:
            documents |= {arn: document} if document is not None else {}
    return PoliciesRead(documents, unread)


def _policies_in_one_pass(clients: Clients, wanted: frozenset[str], progress: Progress) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    seen = 0
    for page in account_pages(clients, "read the account's policies", "get_account_authorization_details", Filter=["LocalManagedPolicy"]):
        for policy in page["Policies"]:
            if policy["Arn"] in wanted:
                in_force = next(each for each in policy["PolicyVersionList"] if each["IsDefaultVersion"])
                documents[policy["Arn"]] = document_of(in_force["Document"])
        seen += len(page["Policies"])
        progress(f"Managed policies, {seen:,} looked at")
    return documents


def _policy_in_force(clients: Clients, arn: str) -> Document | None:
    iam, doing = clients.iam(), f"read the policy {arn}"
    answer = clients.ask_for_optional(doing, {"NoSuchEntity"}, lambda: iam.get_policy(PolicyArn=arn))
    if answer is None:
        return None
    version = answer["Policy"]["DefaultVersionId"]
    read = clients.ask_for_optional(doing, {"NoSuchEntity"}, lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version))
    return None if read is None else document_of(read["PolicyVersion"]["Document"])


def account_pages(clients: Clients, doing: str, operation: Any, **params: Any) -> Iterator[Mapping[str, Any]]:
    """The pages of an answer, one at a time: only one is ever held."""
    pages = iter(clients.iam().get_paginator(operation).paginate(**params, PaginationConfig={"PageSize": _PAGE_SIZE}))
    while True:
        page = clients.ask(doing, lambda: next(pages, None))
        if page is None:
            return
        yield page


def _told(seen: int, kept: int) -> str:
    return f"Roles, {seen:,} looked at, {kept:,} for CircleCI"
