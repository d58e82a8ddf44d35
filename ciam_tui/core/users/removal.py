"""How IAM lets a user go: everything that hangs on it first, piece by piece, and the user last.

DeleteUser is refused while anything hangs on the user, and nothing of it comes back. So a fact that could not be read makes it impossible to
say what to remove; groups and policies that nobody else needs afterwards are told, and left to whoever they belong to.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ciam_tui.core.facts import ManagedPolicy
    from ciam_tui.core.users.facts import Group, User

# The words for the fields of a `User` without which nobody knows what hangs on it.
_HANGING = {
    "has_password": "whether it has a console password",
    "keys": "its access keys",
    "certificates": "its signing certificates",
    "ssh_keys": "its SSH keys",
    "service_credentials": "its service-specific credentials",
    "mfa": "its MFA devices",
    "inline": "its inline policies",
    "attached": "its attached policies",
    "groups": "its groups",
}


def removal_changes(user: User) -> tuple[kinds.Change, ...]:
    """All that hangs on `user` and then the user, in the order in which IAM lets it go; see `removal_problems` for what it does not show.

    Keys go before policies: so nobody can use the user between two steps with less than it had.
    """
    return (*_leftovers(user), kinds.DeleteUser(user.name))


def removal_problems(user: User) -> tuple[Problem, ...]:
    """What keeps it from being said what to remove."""
    unread = [words for field, words in _HANGING.items() if field in user.unknown]
    if not unread:
        return ()
    text = f"Of the user {user.name} could not be read: {listed(unread)}. So nobody can say what has to go before it."
    return (Problem("", Level.ERROR, text, "Ask for the permissions to read them, or have somebody do it who has them."),)


def hanging_on(user: User) -> tuple[str, ...]:
    """What still hangs on `user`, in words; of what was read."""
    said = (
        ("a console password", user.has_password),
        ("access keys", user.keys),
        ("signing certificates", user.certificates),
        ("SSH keys", user.ssh_keys),
        ("service-specific credentials", user.service_credentials),
        ("MFA devices", user.mfa),
        ("inline policies", user.inline),
        ("attached policies", user.attached),
        ("groups", user.groups),
    )
    return tuple(words for words, found in said if found)


def _leftovers(user: User) -> Iterator[kinds.Change]:
    name = user.name
    if user.has_password:
        yield kinds.DeleteLoginProfile(name)
    yield from (kinds.DeleteAccessKey(name, key.key_id) for key in user.keys or ())
    yield from (kinds.DeleteSigningCertificate(name, each.certificate_id) for each in user.certificates or ())
    yield from (kinds.DeleteSshKey(name, key.key_id) for key in user.ssh_keys or ())
    yield from (kinds.DeleteServiceCredential(name, each.credential_id) for each in user.service_credentials or ())
    for device in user.mfa or ():
        yield kinds.DeactivateMfa(name, device.serial)
        if device.is_virtual:
            yield kinds.DeleteVirtualMfa(name, device.serial)
    yield from (kinds.DeleteUserPolicy(name, policy) for policy, _ in user.inline)
    yield from (kinds.DetachUserPolicy(name, arn) for arn in user.attached)
    yield from (kinds.RemoveFromGroup(name, group) for group in user.groups)
    if user.boundary is not None:
        yield kinds.SetUserBoundary(name, None)


@dataclass(frozen=True, slots=True)
class LeftEmpty:
    """The groups in which nobody is left once a user has gone, and the customer managed policies that nothing has any more, by ARN."""

    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


def left_empty(user: User, others: Iterable[User], groups: Mapping[str, Group], policies: Iterable[ManagedPolicy]) -> LeftEmpty:
    """What nobody needs any more once `user` has gone, of an account whose other users are `others`.

    A policy counts for what it is attached to, wherever that is; so one that is also somebody's permissions boundary may be told here, and
    IAM will refuse to delete it.
    """
    inhabited = {group for other in others if other.name.lower() != user.name.lower() for group in other.groups}
    empty = tuple(group for group in user.groups if group not in inhabited)
    attached = [*user.attached, *(arn for name in empty if name in groups for arn in groups[name].attached)]
    unneeded = (policy.arn for policy in policies if 0 < policy.attachments <= attached.count(policy.arn))
    return LeftEmpty(empty, tuple(sorted(unneeded)))
