"""Every kind of change this tool makes to an account, one frozen value each.

The list is closed: what is not here, the tool cannot do to anybody's account. Dispatch over it is a `match` that ends in `assert_never`,
so that a new kind does not type-check until its call, effect, inverse and title are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ciam_tui.core.changes.user_kinds import (
    AddToGroup,
    AttachUserPolicy,
    DeactivateMfa,
    DeleteAccessKey,
    DeleteLoginProfile,
    DeleteProjectVariable,
    DeleteServiceCredential,
    DeleteSigningCertificate,
    DeleteSshKey,
    DeleteUser,
    DeleteUserPolicy,
    DeleteVirtualMfa,
    DetachUserPolicy,
    ProjectChange,
    PutUserPolicy,
    RemoveFromGroup,
    SetKeyStatus,
    SetUserBoundary,
    UserChange,
    UserSetting,
)
from ciam_tui.core.document import Document  # noqa: TC001  pydantic resolves the annotations when a journal is read

# All kinds are spoken of as `kinds.X`, wherever they are written down.
__all__ = [
    "AddToGroup",
    "AttachUserPolicy",
    "DeactivateMfa",
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "DeleteProjectVariable",
    "DeleteServiceCredential",
    "DeleteSigningCertificate",
    "DeleteSshKey",
    "DeleteUser",
    "DeleteUserPolicy",
    "DeleteVirtualMfa",
    "DetachUserPolicy",
    "ProjectChange",
    "PutUserPolicy",
    "RemoveFromGroup",
    "SetKeyStatus",
    "SetUserBoundary",
    "UserChange",
    "UserSetting",
]

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CreateBucket:
    name: str
    region: str
    kind: Literal["create-bucket"] = "create-bucket"


@dataclass(frozen=True, slots=True)
class TagBucket:
    name: str
    tags: Tags
    kind: Literal["tag-bucket"] = "tag-bucket"


@dataclass(frozen=True, slots=True)
class BlockPublicAccess:
    name: str
    kind: Literal["block-public-access"] = "block-public-access"


@dataclass(frozen=True, slots=True)
class EnforceOwnership:
    name: str
    kind: Literal["enforce-ownership"] = "enforce-ownership"


@dataclass(frozen=True, slots=True)
class EncryptBucket:
    """Default encryption: with the customer's key where one is given, else with S3's own keys."""

    name: str
    kms_key_arn: str | None
    kind: Literal["encrypt-bucket"] = "encrypt-bucket"


@dataclass(frozen=True, slots=True)
class VersionBucket:
    name: str
    kind: Literal["version-bucket"] = "version-bucket"


@dataclass(frozen=True, slots=True)
class SetBucketPolicy:
    name: str
    document: Document
    kind: Literal["set-bucket-policy"] = "set-bucket-policy"


@dataclass(frozen=True, slots=True)
class DeleteBucket:
    name: str
    kind: Literal["delete-bucket"] = "delete-bucket"


@dataclass(frozen=True, slots=True)
class CreateProvider:
    arn: str
    url: str
    client_ids: tuple[str, ...]
    tags: Tags
    kind: Literal["create-provider"] = "create-provider"


@dataclass(frozen=True, slots=True)
class DeleteProvider:
    arn: str
    kind: Literal["delete-provider"] = "delete-provider"


@dataclass(frozen=True, slots=True)
class AddAudience:
    provider_arn: str
    audience: str
    kind: Literal["add-audience"] = "add-audience"


@dataclass(frozen=True, slots=True)
class RemoveAudience:
    provider_arn: str
    audience: str
    kind: Literal["remove-audience"] = "remove-audience"


@dataclass(frozen=True, slots=True)
class CreateRole:
    name: str
    arn: str
    path: str
    trust: Document
    description: str
    max_session_seconds: int
    boundary: str | None
    tags: Tags
    kind: Literal["create-role"] = "create-role"


@dataclass(frozen=True, slots=True)
class DeleteRole:
    name: str
    kind: Literal["delete-role"] = "delete-role"


@dataclass(frozen=True, slots=True)
class AwaitRoles:
    """Wait until IAM answers for new roles: it is eventually consistent, and policies are put on them next."""

    names: tuple[str, ...]
    kind: Literal["await-roles"] = "await-roles"


@dataclass(frozen=True, slots=True)
class SetTrust:
    role: str
    document: Document
    kind: Literal["set-trust"] = "set-trust"


@dataclass(frozen=True, slots=True)
class SetRoleSettings:
    role: str
    description: str
    max_session_seconds: int
    kind: Literal["set-role-settings"] = "set-role-settings"


@dataclass(frozen=True, slots=True)
class SetBoundary:
    """Put the permissions boundary on a role, or take it off (None)."""

    role: str
    boundary: str | None
    kind: Literal["set-boundary"] = "set-boundary"


@dataclass(frozen=True, slots=True)
class TagRole:
    role: str
    tags: Tags
    kind: Literal["tag-role"] = "tag-role"


@dataclass(frozen=True, slots=True)
class UntagRole:
    role: str
    keys: tuple[str, ...]
    kind: Literal["untag-role"] = "untag-role"


@dataclass(frozen=True, slots=True)
class PutInlinePolicy:
    role: str
    name: str
    document: Document
    kind: Literal["put-inline-policy"] = "put-inline-policy"


@dataclass(frozen=True, slots=True)
class DeleteInlinePolicy:
    role: str
    name: str
    kind: Literal["delete-inline-policy"] = "delete-inline-policy"


@dataclass(frozen=True, slots=True)
class CreatePolicy:
    arn: str
    name: str
    path: str
    document: Document
    description: str
    tags: Tags
    kind: Literal["create-policy"] = "create-policy"


@dataclass(frozen=True, slots=True)
class DeletePolicy:
    arn: str
    kind: Literal["delete-policy"] = "delete-policy"


@dataclass(frozen=True, slots=True)
class CreatePolicyVersion:
    """A new version of a managed policy, which becomes the default at once."""

    arn: str
    document: Document
    kind: Literal["create-policy-version"] = "create-policy-version"


@dataclass(frozen=True, slots=True)
class DeletePolicyVersion:
    arn: str
    version_id: str
    kind: Literal["delete-policy-version"] = "delete-policy-version"


@dataclass(frozen=True, slots=True)
class RestorePolicyVersion:
    """Bring back a pruned version: its document comes back under a new id, and not as the default."""

    arn: str
    document: Document
    kind: Literal["restore-policy-version"] = "restore-policy-version"


@dataclass(frozen=True, slots=True)
class SetDefaultVersion:
    arn: str
    version_id: str
    kind: Literal["set-default-version"] = "set-default-version"


@dataclass(frozen=True, slots=True)
class TagPolicy:
    arn: str
    tags: Tags
    kind: Literal["tag-policy"] = "tag-policy"


@dataclass(frozen=True, slots=True)
class UntagPolicy:
    arn: str
    keys: tuple[str, ...]
    kind: Literal["untag-policy"] = "untag-policy"


@dataclass(frozen=True, slots=True)
class AttachPolicy:
    role: str
    policy_arn: str
    kind: Literal["attach-policy"] = "attach-policy"


@dataclass(frozen=True, slots=True)
class DetachPolicy:
    role: str
    policy_arn: str
    kind: Literal["detach-policy"] = "detach-policy"


@dataclass(frozen=True, slots=True)
class CreateContext:
    """A context of CircleCI, made in the Setup's organization. Contexts carry no tags: only a journal knows who made one."""

    name: str
    kind: Literal["create-context"] = "create-context"


@dataclass(frozen=True, slots=True)
class DeleteContext:
    name: str
    kind: Literal["delete-context"] = "delete-context"


@dataclass(frozen=True, slots=True)
class SetContextVariable:
    """`replaces` says that a value goes for good with it: CircleCI never gives one back."""

    context: str
    name: str
    value: str
    replaces: bool = False
    kind: Literal["set-context-variable"] = "set-context-variable"


@dataclass(frozen=True, slots=True)
class DeleteContextVariable:
    """`ends` is what the value must still end in, where it was seen: one that somebody has replaced meanwhile is not deleted."""

    context: str
    name: str
    ends: str | None = None
    kind: Literal["delete-context-variable"] = "delete-context-variable"


@dataclass(frozen=True, slots=True)
class AddRestriction:
    """A condition on the use of a context: `type` is project, expression or group, and the only group is that of all members."""

    context: str
    type: str
    value: str
    kind: Literal["add-restriction"] = "add-restriction"


@dataclass(frozen=True, slots=True)
class RemoveRestriction:
    """Take a restriction off a context, where it is on it."""

    context: str
    type: str
    value: str
    kind: Literal["remove-restriction"] = "remove-restriction"


# What the kinds are about; a setting is a change of something that stands.
BucketSetting = TagBucket | BlockPublicAccess | EnforceOwnership | EncryptBucket | VersionBucket | SetBucketPolicy
BucketChange = CreateBucket | BucketSetting | DeleteBucket
ProviderChange = CreateProvider | DeleteProvider | AddAudience | RemoveAudience
RoleSetting = (
    SetTrust | SetRoleSettings | SetBoundary | TagRole | UntagRole | PutInlinePolicy | DeleteInlinePolicy | AttachPolicy | DetachPolicy
)
RoleChange = CreateRole | RoleSetting | DeleteRole
PolicySetting = CreatePolicyVersion | DeletePolicyVersion | RestorePolicyVersion | SetDefaultVersion | TagPolicy | UntagPolicy
PolicyChange = CreatePolicy | PolicySetting | DeletePolicy
ContextChange = CreateContext | DeleteContext | SetContextVariable | DeleteContextVariable | AddRestriction | RemoveRestriction

Change = BucketChange | ProviderChange | RoleChange | AwaitRoles | PolicyChange | ContextChange | UserChange | ProjectChange
