"""How IAM lets a user go: everything that hangs on it first, piece by piece, and the user last.

DeleteUser is refused while anything hangs on the user, and nothing of it comes back. So a fact that could not be read makes it impossible to
say what to remove; groups and policies that nobody else needs afterwards are told, and left to whoever they belong to.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import Call
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    """The groups in which nobody is left without a user, and the customer managed policies that nothing has then, by ARN.

    `calls` delete them, in the order that IAM wants, for whoever makes them by hand: this program never does. `unread` says, a sentence each,
    of what nobody can tell whether it is empty: that is never taken for empty.
    """

    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    unread: tuple[str, ...] = ()


def left_empty(
    had: User,
    now: User | None,
    members: Mapping[str, tuple[str, ...] | None],
    groups: Mapping[str, Group],
    policies: Mapping[str, ManagedPolicy | None],
) -> LeftEmpty:
    """What nobody needs any more without a user that `had` groups and policies; `now` is what is left of it, None once it has gone.

    `members` of a group, and a policy, are None where they could not be read, and missing where there is no such thing any more.
    A policy counts for what it is attached to, wherever that is; so one that is also somebody's permissions boundary may be told here, and
    IAM will refuse to delete it.
    """
    leaving = now.name.lower() if now is not None else None
    known = {name: found for name in had.groups if (found := members.get(name)) is not None}
    empty = tuple(name for name, found in known.items() if all(each.lower() == leaving for each in found))
    attached = [*(now.attached if now is not None else ()), *(arn for name in empty if name in groups for arn in groups[name].attached)]
    unneeded = [policy for policy in policies.values() if policy is not None and policy.attachments <= attached.count(policy.arn)]
    unneeded.sort(key=lambda policy: policy.arn)
    return LeftEmpty(
        empty,
        tuple(policy.arn for policy in unneeded),
        (
            *(call for name in empty if name in groups for call in _calls_without_group(groups[name])),
            *(call for policy in unneeded for call in _calls_without_policy(policy)),
        ),
        (
            *(_UNREAD_MEMBERS.format(name) for name in had.groups if name in members and members[name] is None),
            *(_UNREAD_GROUP.format(name) for name in empty if name not in groups),
            *(_UNREAD_POLICY.format(arn) for arn, policy in policies.items() if policy is None),
        ),
    )


_UNREAD_MEMBERS = (
    "Who is in the group {} could not be read (iam:GetGroup): nobody can say whether it, or a policy that it has, is still needed."
)
_UNREAD_GROUP = "The policies of the group {} could not be read: they have to go before it, so the commands for it are not told."
_UNREAD_POLICY = "What has the policy {} could not be read (iam:GetPolicy): nobody can say whether it is still needed."


def _calls_without_group(group: Group) -> Iterator[Call]:
    yield from (Call("iam", "DetachGroupPolicy", {"GroupName": group.name, "PolicyArn": arn}) for arn in group.attached)
    yield from (Call("iam", "DeleteGroupPolicy", {"GroupName": group.name, "PolicyName": name}) for name, _ in group.inline)
    yield Call("iam", "DeleteGroup", {"GroupName": group.name})


def _calls_without_policy(policy: ManagedPolicy) -> Iterator[Call]:
    others = (version.id for version in policy.versions if version.id != policy.default_version)
    yield from (Call("iam", "DeletePolicyVersion", {"PolicyArn": policy.arn, "VersionId": version}) for version in others)
    yield Call("iam", "DeletePolicy", {"PolicyArn": policy.arn})
