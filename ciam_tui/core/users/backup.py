"""Everything that defined a user, as JSON and without a secret, written before it goes: what can be brought back by hand is brought back by it.

AWS keeps nothing of a deleted user. A key's secret, a password and an MFA device's seed are known to nobody; a policy, a group, a public key
and a certificate can be put on a new user, which has another id, so that policies naming the old id never match it again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import Call, call_of
from ciam_tui.core.codec import from_data, to_data
from ciam_tui.core.compare import differences
from ciam_tui.core.facts import Facts
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.compare import Difference
    from ciam_tui.core.document import Document
    from ciam_tui.core.facts import Identity
    from ciam_tui.core.users.facts import Group

FORMAT = 1


def backup_of(user: User, groups: Mapping[str, Group], policies: Mapping[str, Document], *, at: datetime | None = None) -> dict[str, Any]:
    """The backup of `user`: itself, its groups with what they give, and the documents in force of all managed policies involved.

    `groups` are by name, `policies` by ARN; what of them is missing is named in `missing`, and so is what of the user could not be read.
    """
    mine = {name: groups[name] for name in user.groups if name in groups}
    arns = sorted(
        {*user.attached, *(arn for group in mine.values() for arn in group.attached), *([user.boundary] if user.boundary else [])}
    )
    missing = [
        *user.unread,
        *(f"The group {name} could not be read." for name in user.groups if name not in mine),
        *(f"The policy {arn} could not be read." for arn in arns if arn not in policies),
    ]
    return {
        "format": FORMAT,
        "at": None if at is None else at.isoformat(),
        "user": to_data(user),
        "groups": {name: _group(group) for name, group in sorted(mine.items())},
        "policies": {arn: _read(policies[arn]) for arn in arns if arn in policies},
        "missing": missing,
    }


def user_in(backup: Mapping[str, Any]) -> User:
    """The user that a backup holds.

    Raises:
        CiamError: `backup-unreadable`.
    """
    if backup.get("format") != FORMAT:
        raise _unreadable(f"It has the format {backup.get('format')}, and this program reads the format {FORMAT}.")
    try:
        return from_data(User, backup.get("user"))
    except ValueError as error:  # pydantic's is one
        raise _unreadable("What it says of the user is not what this program writes.") from error


def differences_from_backup(backup: Mapping[str, Any], user: User | None, identity: Identity) -> tuple[Difference, ...]:
    """Where `user`, as it is now, differs from the backup: what somebody has changed since, or what an undo has not brought back.

    Raises:
        CiamError: `backup-unreadable`.
    """
    saved = user_in(backup)
    key = saved.name.lower()
    before = Facts(identity, users={key: saved})
    now = Facts(identity, users={} if user is None else {key: user})
    return differences(before, now, [f"user {key}"])


def calls_that_restore(backup: Mapping[str, Any]) -> tuple[Call, ...]:
    """The calls that make what can come back, in order, for somebody who makes them by hand: this program never makes a user.

    Raises:
        CiamError: `backup-unreadable`.
    """
    user = user_in(backup)
    name = user.name
    made: dict[str, Any] = {"UserName": name, "Path": user.path}
    if user.tags:
        made["Tags"] = [{"Key": key, "Value": value} for key, value in user.tags]
    if user.boundary:
        made["PermissionsBoundary"] = user.boundary
    back: Iterable[kinds.Change] = (
        *(kinds.PutUserPolicy(name, policy, document) for policy, document in user.inline),
        *(kinds.AttachUserPolicy(name, arn) for arn in user.attached),
        *(kinds.AddToGroup(name, group) for group in user.groups),
    )
    uploads = (
        *(Call("iam", "UploadSSHPublicKey", {"UserName": name, "SSHPublicKeyBody": key.body}) for key in user.ssh_keys or () if key.body),
        *(
            Call("iam", "UploadSigningCertificate", {"UserName": name, "CertificateBody": each.body})
            for each in user.certificates or ()
            if each.body
        ),
    )
    return (Call("iam", "CreateUser", made), *(call_of(change) for change in back), *uploads)


def never_back(backup: Mapping[str, Any]) -> Sequence[str]:
    """What nobody can bring back, one sentence each.

    Raises:
        CiamError: `backup-unreadable`.
    """
    user = user_in(backup)
    said = [f"The user's id {user.user_id}: one made anew has another, and policies that name the old one do not match it."]
    said += [f"The access key {key.key_id}: a new key has another id and another secret." for key in user.keys or ()]
    said += ["The console password."] if user.has_password else []
    said += [f"The MFA device {device.serial}: whoever holds it sets it up anew." for device in user.mfa or ()]
    said += [
        f"The service-specific credential {each.credential_id} for {each.service}: a new one has another password."
        for each in user.service_credentials or ()
    ]
    return said


def _group(group: Group) -> dict[str, Any]:
    inline = {name: _read(document) for name, document in group.inline}
    return {"name": group.name, "arn": group.arn, "inline": inline, "attached": list(group.attached)}


def _read(document: Document) -> Any:
    """A document as JSON where it is JSON, since a backup is read by people; else its text."""
    try:
        return json.loads(document.text)
    except ValueError:
        return document.text


def _unreadable(message: str) -> CiamError:
    return CiamError("backup-unreadable", "The backup cannot be read", message, ["Use the version of ciam-tui that wrote it."])
