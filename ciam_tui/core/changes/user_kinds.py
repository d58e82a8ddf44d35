"""The changes by which an IAM user is retired: what hangs on it is taken off piece by piece, and the user goes last, as IAM wants it.

They are a room of their own since most of them cannot be taken back: AWS gives back no deleted key, and CircleCI no variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ciam_tui.core.document import Document  # noqa: TC001  pydantic resolves the annotations when a journal is read


@dataclass(frozen=True, slots=True)
class SetKeyStatus:
    """Make an access key inactive, so that AWS refuses it, or active again."""

    user: str
    key_id: str
    active: bool
    kind: Literal["set-key-status"] = "set-key-status"


@dataclass(frozen=True, slots=True)
class DeleteAccessKey:
    user: str
    key_id: str
    kind: Literal["delete-access-key"] = "delete-access-key"


@dataclass(frozen=True, slots=True)
class DeleteLoginProfile:
    """Take the console password off a user."""

    user: str
    kind: Literal["delete-login-profile"] = "delete-login-profile"


@dataclass(frozen=True, slots=True)
class DeleteSigningCertificate:
    user: str
    certificate_id: str
    kind: Literal["delete-signing-certificate"] = "delete-signing-certificate"


@dataclass(frozen=True, slots=True)
class DeleteSshKey:
    user: str
    key_id: str
    kind: Literal["delete-ssh-key"] = "delete-ssh-key"


@dataclass(frozen=True, slots=True)
class DeleteServiceCredential:
    user: str
    credential_id: str
    kind: Literal["delete-service-credential"] = "delete-service-credential"


@dataclass(frozen=True, slots=True)
class DeactivateMfa:
    """Take an MFA device off a user. A virtual one then is a thing without a user, to be deleted by itself."""

    user: str
    serial: str
    kind: Literal["deactivate-mfa"] = "deactivate-mfa"


@dataclass(frozen=True, slots=True)
class DeleteVirtualMfa:
    """Delete a virtual MFA device that was taken off `user`."""

    user: str
    serial: str
    kind: Literal["delete-virtual-mfa"] = "delete-virtual-mfa"


@dataclass(frozen=True, slots=True)
class PutUserPolicy:
    user: str
    name: str
    document: Document
    kind: Literal["put-user-policy"] = "put-user-policy"


@dataclass(frozen=True, slots=True)
class DeleteUserPolicy:
    user: str
    name: str
    kind: Literal["delete-user-policy"] = "delete-user-policy"


@dataclass(frozen=True, slots=True)
class AttachUserPolicy:
    user: str
    policy_arn: str
    kind: Literal["attach-user-policy"] = "attach-user-policy"


@dataclass(frozen=True, slots=True)
class DetachUserPolicy:
    user: str
    policy_arn: str
    kind: Literal["detach-user-policy"] = "detach-user-policy"


@dataclass(frozen=True, slots=True)
class AddToGroup:
    user: str
    group: str
    kind: Literal["add-to-group"] = "add-to-group"


@dataclass(frozen=True, slots=True)
class RemoveFromGroup:
    user: str
    group: str
    kind: Literal["remove-from-group"] = "remove-from-group"


@dataclass(frozen=True, slots=True)
class SetUserBoundary:
    """Put the permissions boundary on a user, or take it off (None)."""

    user: str
    boundary: str | None
    kind: Literal["set-user-boundary"] = "set-user-boundary"


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Delete a user on which nothing hangs any more."""

    name: str
    kind: Literal["delete-user"] = "delete-user"


@dataclass(frozen=True, slots=True)
class DeleteProjectVariable:
    """Delete a variable of a CircleCI project, which is named by its slug; `ends` is what the value must still end in, where it was seen."""

    project: str
    name: str
    ends: str | None = None
    kind: Literal["delete-project-variable"] = "delete-project-variable"


# What is changed on a user that stands. The device of a DeleteVirtualMfa is none of it: it has been taken off.
UserSetting = (
    SetKeyStatus
    | DeleteAccessKey
    | DeleteLoginProfile
    | DeleteSigningCertificate
    | DeleteSshKey
    | DeleteServiceCredential
    | DeactivateMfa
    | PutUserPolicy
    | DeleteUserPolicy
    | AttachUserPolicy
    | DetachUserPolicy
    | AddToGroup
    | RemoveFromGroup
    | SetUserBoundary
)
UserChange = UserSetting | DeleteVirtualMfa | DeleteUser
ProjectChange = DeleteProjectVariable
