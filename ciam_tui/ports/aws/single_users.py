"""What one user, or one group, may do, by single reads, for who may not read all at once; what else hangs on a user is `user_details`.

A read that is refused leaves its field unread and says so; nothing is taken for absent.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import Group, User
from ciam_tui.ports.aws.answers import UNREADABLE
from ciam_tui.ports.aws.documents import document_of, tags_of
from ciam_tui.ports.aws.user_keys import each_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.ports.aws.clients import Clients

_Value = TypeVar("_Value")


def read_single_user(clients: Clients, user: User) -> User:
    """`user`, of which the list has told the name and the ARN, with groups, policies, tags and boundary."""
    iam, name = clients.iam(), user.name
    not_read: list[str] = []

    def read(fields: Iterable[str], request: Callable[[], _Value]) -> _Value | None:
        try:
            return clients.ask(f"read the user {name}", request)
        except CiamError as error:
            if error.code not in UNREADABLE:
                raise
            not_read.extend(fields)
            return None

    whole: Any = read(("tags", "boundary"), lambda: iam.get_user(UserName=name)["User"]) or {}
    groups = read(("groups",), lambda: _all(iam, "list_groups_for_user", "Groups", UserName=name))
    inline = read(
        ("inline",),
        lambda: _inline(
            _all(iam, "list_user_policies", "PolicyNames", UserName=name),
            lambda policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"],
        ),
    )
    attached = read(("attached",), lambda: _all(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name))
    return replace(
        user,
        tags=tags_of(whole.get("Tags", ())),
        boundary=whole.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        groups=tuple(each["GroupName"] for each in groups or ()),
        inline=inline or (),
        attached=tuple(each["PolicyArn"] for each in attached or ()),
        not_read=tuple(not_read),
    )


def read_groups(clients: Clients, names: Sequence[str], progress: Callable[[str], None]) -> Mapping[str, Group]:
    """Those of the groups that may be read, with their policies."""
    found = each_of(lambda name: _group(clients, name), names, progress, "Groups")
    return {group.name: group for group in found if group is not None}


def _group(clients: Clients, name: str) -> Group | None:
    iam = clients.iam()

    def read() -> Group:
        arn = iam.get_group(GroupName=name, MaxItems=1)["Group"]["Arn"]
        inline = _inline(
            _all(iam, "list_group_policies", "PolicyNames", GroupName=name),
            lambda policy: iam.get_group_policy(GroupName=name, PolicyName=policy)["PolicyDocument"],
        )
        attached = _all(iam, "list_attached_group_policies", "AttachedPolicies", GroupName=name)
        return Group(name, arn, inline, tuple(each["PolicyArn"] for each in attached))

    try:
        return clients.ask_for_optional(f"read the group {name}", {"NoSuchEntity"}, read)
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        return None


def read_group_members(clients: Clients, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
    """The names of the users in each group, None where they may not be read. A group that is not there is not among them."""
    iam = clients.iam()
    found: dict[str, tuple[str, ...] | None] = {}
    for name in dict.fromkeys(names):
        ask = partial(_all, iam, "get_group", "Users", GroupName=name)
        try:
            users = clients.ask_for_optional(f"read who is in the group {name}", {"NoSuchEntity"}, ask)
        except CiamError as error:
            if error.code not in UNREADABLE:
                raise
            found[name] = None
            continue
        if users is not None:
            found[name] = tuple(sorted(user["UserName"] for user in users))
    return found


def _all(iam: Any, operation: str, key: str, **params: str) -> list[Any]:
    return [each for page in iam.get_paginator(operation).paginate(**params) for each in page[key]]


def _inline(names: Iterable[str], document: Callable[[str], object]) -> tuple[tuple[str, Document], ...]:
    return tuple((name, document_of(document(name))) for name in names)
