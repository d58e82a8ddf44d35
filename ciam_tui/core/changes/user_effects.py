"""What the changes of a retirement do to a user as it was read: what was not read stays unknown, and is never shown as done."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.changes import kinds

if TYPE_CHECKING:
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.users.facts import User


def user_effect(facts: Facts, change: kinds.UserChange) -> Facts:
    """`facts` after `change`."""
    match change:
        case kinds.DeleteUser(name=name):
            return replace(facts, users={key: user for key, user in facts.users.items() if key != name.lower()})
        case kinds.DeleteVirtualMfa(serial=serial):
            return replace(facts, virtual_mfa=tuple(each for each in facts.virtual_mfa if each != serial))
        case _:
            key = change.user.lower()
            user = facts.users.get(key)
            return facts if user is None else replace(facts, users={**facts.users, key: _changed(user, change)})


def is_done_to_user(facts: Facts, change: kinds.UserChange) -> bool:
    """Whether `facts` show that `change` has been made: what is to go is gone, with its user too, and what is to be there is."""
    match change:
        case kinds.DeleteUser() | kinds.DeleteVirtualMfa():
            return user_effect(facts, change) == facts
        case _:
            user = facts.users.get(change.user.lower())
            if user is None:
                return not _needs_the_user(change)
            if isinstance(change, kinds.SetKeyStatus) and not any(key.key_id == change.key_id for key in user.keys or ()):
                return False
            return field_changed(change) not in user.unknown and user_effect(facts, change) == facts


def _needs_the_user(change: kinds.UserSetting) -> bool:
    """Whether `change` puts something on the user: what only takes something off is done, too, where the user is gone."""
    if isinstance(change, kinds.SetUserBoundary):
        return change.boundary is not None
    return isinstance(change, kinds.SetKeyStatus | kinds.PutUserPolicy | kinds.AttachUserPolicy | kinds.AddToGroup)


def field_changed(change: kinds.UserSetting) -> str:
    """The field of a `User` that `change` is about."""
    match change:
        case kinds.SetKeyStatus() | kinds.DeleteAccessKey():
            return "keys"
        case kinds.DeleteLoginProfile():
            return "has_password"
        case kinds.DeleteSigningCertificate():
            return "certificates"
        case kinds.DeleteSshKey():
            return "ssh_keys"
        case kinds.DeleteServiceCredential():
            return "service_credentials"
        case kinds.DeactivateMfa():
            return "mfa"
        case kinds.PutUserPolicy() | kinds.DeleteUserPolicy():
            return "inline"
        case kinds.AttachUserPolicy() | kinds.DetachUserPolicy():
            return "attached"
        case kinds.AddToGroup() | kinds.RemoveFromGroup():
            return "groups"
        case kinds.SetUserBoundary():
            return "boundary"
        case _:
            assert_never(change)


def _changed(user: User, change: kinds.UserSetting) -> User:
    match change:
        case kinds.SetKeyStatus(key_id=key_id, active=active):
            status = "Active" if active else "Inactive"
            return replace(
                user, keys=user.keys and tuple(replace(key, status=status) if key.key_id == key_id else key for key in user.keys)
            )
        case kinds.DeleteAccessKey(key_id=gone):
            return replace(user, keys=user.keys and tuple(each for each in user.keys if each.key_id != gone))
        case kinds.DeleteLoginProfile():
            return replace(user, has_password=None if user.has_password is None else False)
        case kinds.DeleteSigningCertificate(certificate_id=gone):
            kept = user.certificates and tuple(each for each in user.certificates if each.certificate_id != gone)
            return replace(user, certificates=kept)
        case kinds.DeleteSshKey(key_id=gone):
            return replace(user, ssh_keys=user.ssh_keys and tuple(each for each in user.ssh_keys if each.key_id != gone))
        case kinds.DeleteServiceCredential(credential_id=gone):
            left = user.service_credentials and tuple(each for each in user.service_credentials if each.credential_id != gone)
            return replace(user, service_credentials=left)
        case kinds.DeactivateMfa(serial=gone):
            return replace(user, mfa=user.mfa and tuple(each for each in user.mfa if each.serial != gone))
        case kinds.PutUserPolicy(name=name, document=document):
            return replace(user, inline=tuple(sorted({**dict(user.inline), name: document}.items(), key=itemgetter(0))))
        case kinds.DeleteUserPolicy(name=name):
            return replace(user, inline=tuple(each for each in user.inline if each[0] != name))
        case kinds.AttachUserPolicy(policy_arn=arn):
            return replace(user, attached=tuple(sorted({*user.attached, arn})))
        case kinds.DetachUserPolicy(policy_arn=arn):
            return replace(user, attached=tuple(each for each in user.attached if each != arn))
        case kinds.AddToGroup(group=group):
            return replace(user, groups=tuple(sorted({*user.groups, group})))
        case kinds.RemoveFromGroup(group=group):
            return replace(user, groups=tuple(each for each in user.groups if each != group))
        case kinds.SetUserBoundary(boundary=boundary):
            return replace(user, boundary=boundary)
        case _:
            assert_never(change)
