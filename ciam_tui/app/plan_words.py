"""A plan in the words of a table: for each step what is done, to what, and whether that makes, changes or removes something.

The core's titles are whole sentences, made for a log; a table reads better when the verb and the resource stand in columns of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from ciam_tui.core.changes import kinds


class Manner(StrEnum):
    """What a step does to what is there, in one word."""

    MAKES = "makes"
    CHANGES = "changes"
    REMOVES = "removes"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Words:
    """`verb` and `resource` are the two columns; `resource` holds text from outside."""

    verb: str
    resource: str
    manner: Manner


def words(change: kinds.Change) -> Words:
    """The row of `change`."""
    if isinstance(change, kinds.UserChange):
        return _of_user(change)
    match change:
        case (
            kinds.CreateBucket()
            | kinds.TagBucket()
            | kinds.BlockPublicAccess()
            | kinds.EnforceOwnership()
            | kinds.EncryptBucket()
            | kinds.VersionBucket()
            | kinds.SetBucketPolicy()
            | kinds.DeleteBucket()
        ):
            return _of_bucket(change)
        case kinds.CreateProvider(url=url):
            return Words("Create OIDC provider", url, Manner.MAKES)
        case kinds.DeleteProvider(arn=arn):
            return Words("Delete OIDC provider", _provider(arn), Manner.REMOVES)
        case kinds.AddAudience(provider_arn=arn):
            return Words("Add audience", _provider(arn), Manner.CHANGES)
        case kinds.RemoveAudience(provider_arn=arn):
            return Words("Remove audience", _provider(arn), Manner.REMOVES)
        case kinds.AwaitRoles(names=names):
            return Words("Wait for IAM", names[0] if len(names) == 1 else f"{len(names)} new roles", Manner.WAITS)
        case (
            kinds.CreateRole()
            | kinds.DeleteRole()
            | kinds.SetTrust()
            | kinds.SetRoleSettings()
            | kinds.SetBoundary()
            | kinds.TagRole()
            | kinds.UntagRole()
            | kinds.PutInlinePolicy()
            | kinds.DeleteInlinePolicy()
            | kinds.AttachPolicy()
            | kinds.DetachPolicy()
        ):
            return _of_role(change)
        case (
            kinds.CreatePolicy()
            | kinds.DeletePolicy()
            | kinds.CreatePolicyVersion()
            | kinds.DeletePolicyVersion()
            | kinds.RestorePolicyVersion()
            | kinds.SetDefaultVersion()
            | kinds.TagPolicy()
            | kinds.UntagPolicy()
        ):
            return _of_policy(change)
        case (
            kinds.CreateContext()
            | kinds.DeleteContext()
            | kinds.SetContextVariable()
            | kinds.DeleteContextVariable()
            | kinds.AddRestriction()
            | kinds.RemoveRestriction()
        ):
            return _of_context(change)
        case kinds.DeleteProjectVariable(project=project, name=name):
            return Words("Delete variable", f"{name} of {project}", Manner.REMOVES)
        case _:
            assert_never(change)


def _of_bucket(change: kinds.BucketChange) -> Words:
    name = change.name
    match change:
        case kinds.CreateBucket():
            return Words("Create bucket", name, Manner.MAKES)
        case kinds.TagBucket():
            return Words("Tag bucket", name, Manner.CHANGES)
        case kinds.BlockPublicAccess():
            return Words("Block public access", name, Manner.CHANGES)
        case kinds.EnforceOwnership():
            return Words("Turn off ACLs", name, Manner.CHANGES)
        case kinds.EncryptBucket():
            return Words("Encrypt bucket", name, Manner.CHANGES)
        case kinds.VersionBucket():
            return Words("Keep old versions", name, Manner.CHANGES)
        case kinds.SetBucketPolicy():
            return Words("Refuse without TLS", name, Manner.CHANGES)
        case kinds.DeleteBucket():
            return Words("Delete bucket", name, Manner.REMOVES)
        case _:
            assert_never(change)


def _of_role(change: kinds.RoleChange) -> Words:
    match change:
        case kinds.CreateRole(name=name):
            return Words("Create role", name, Manner.MAKES)
        case kinds.DeleteRole(name=name):
            return Words("Delete role", name, Manner.REMOVES)
        case kinds.SetTrust(role=role):
            return Words("Replace trust policy", role, Manner.CHANGES)
        case kinds.SetRoleSettings(role=role):
            return Words("Set role's settings", role, Manner.CHANGES)
        case kinds.SetBoundary(role=role, boundary=None):
            return Words("Take boundary off", role, Manner.REMOVES)
        case kinds.SetBoundary(role=role):
            return Words("Put boundary on", role, Manner.CHANGES)
        case kinds.TagRole(role=role):
            return Words("Tag role", role, Manner.CHANGES)
        case kinds.UntagRole(role=role):
            return Words("Remove tags", role, Manner.REMOVES)
        case kinds.PutInlinePolicy(role=role, name=name):
            return Words("Put inline policy", f"{name} on {role}", Manner.CHANGES)
        case kinds.DeleteInlinePolicy(role=role, name=name):
            return Words("Delete inline policy", f"{name} of {role}", Manner.REMOVES)
        case kinds.AttachPolicy(role=role, policy_arn=arn):
            return Words("Attach policy", f"{_policy(arn)} to {role}", Manner.MAKES)
        case kinds.DetachPolicy(role=role, policy_arn=arn):
            return Words("Detach policy", f"{_policy(arn)} from {role}", Manner.REMOVES)
        case _:
            assert_never(change)


def _of_policy(change: kinds.PolicyChange) -> Words:
    name = _policy(change.arn)
    match change:
        case kinds.CreatePolicy():
            return Words("Create policy", name, Manner.MAKES)
        case kinds.DeletePolicy():
            return Words("Delete policy", name, Manner.REMOVES)
        case kinds.CreatePolicyVersion():
            return Words("New policy version", name, Manner.CHANGES)
        case kinds.DeletePolicyVersion(version_id=version):
            return Words("Delete old version", f"{version} of {name}", Manner.REMOVES)
        case kinds.RestorePolicyVersion():
            return Words("Bring back version", name, Manner.CHANGES)
        case kinds.SetDefaultVersion(version_id=version):
            return Words("Put version in force", f"{version} of {name}", Manner.CHANGES)
        case kinds.TagPolicy():
            return Words("Tag policy", name, Manner.CHANGES)
        case kinds.UntagPolicy():
            return Words("Remove tags", name, Manner.REMOVES)
        case _:
            assert_never(change)


def _of_context(change: kinds.ContextChange) -> Words:
    match change:
        case kinds.CreateContext(name=name):
            return Words("Create context", name, Manner.MAKES)
        case kinds.DeleteContext(name=name):
            return Words("Delete context", name, Manner.REMOVES)
        case kinds.SetContextVariable(context=context, name=name, replaces=True):
            return Words("Replace variable", f"{name} in {context}", Manner.REMOVES)
        case kinds.SetContextVariable(context=context, name=name):
            return Words("Set variable", f"{name} in {context}", Manner.MAKES)
        case kinds.DeleteContextVariable(context=context, name=name):
            return Words("Delete variable", f"{name} of {context}", Manner.REMOVES)
        case kinds.AddRestriction(context=context, type=kind):
            return Words("Restrict context", f"{context} by {kind}", Manner.CHANGES)
        case kinds.RemoveRestriction(context=context, type="group"):
            return Words("Take group off", context, Manner.CHANGES)
        case kinds.RemoveRestriction(context=context, type=kind):
            return Words("Lift restriction", f"{context} by {kind}", Manner.REMOVES)
        case _:
            assert_never(change)


def _of_user(change: kinds.UserChange) -> Words:
    """The row of a change of a user."""
    match change:
        case kinds.SetKeyStatus(user=user, key_id=key, active=True):
            return Words("Make key active", f"{key} of {user}", Manner.CHANGES)
        case kinds.SetKeyStatus(user=user, key_id=key):
            return Words("Make key inactive", f"{key} of {user}", Manner.CHANGES)
        case kinds.DeleteAccessKey(user=user, key_id=key):
            return Words("Delete access key", f"{key} of {user}", Manner.REMOVES)
        case kinds.DeleteLoginProfile(user=user):
            return Words("Delete password", user, Manner.REMOVES)
        case kinds.DeleteSigningCertificate(user=user, certificate_id=certificate):
            return Words("Delete certificate", f"{certificate} of {user}", Manner.REMOVES)
        case kinds.DeleteSshKey(user=user, key_id=key):
            return Words("Delete SSH key", f"{key} of {user}", Manner.REMOVES)
        case kinds.DeleteServiceCredential(user=user, credential_id=credential):
            return Words("Delete credential", f"{credential} of {user}", Manner.REMOVES)
        case kinds.DeactivateMfa(user=user, serial=serial):
            return Words("Take MFA device off", f"{_policy(serial)} of {user}", Manner.REMOVES)
        case kinds.DeleteVirtualMfa(user=user, serial=serial):
            return Words("Delete MFA device", f"{_policy(serial)} of {user}", Manner.REMOVES)
        case kinds.PutUserPolicy(user=user, name=name):
            return Words("Put inline policy", f"{name} on {user}", Manner.CHANGES)
        case kinds.DeleteUserPolicy(user=user, name=name):
            return Words("Delete inline policy", f"{name} of {user}", Manner.REMOVES)
        case kinds.AttachUserPolicy(user=user, policy_arn=arn):
            return Words("Attach policy", f"{_policy(arn)} to {user}", Manner.MAKES)
        case kinds.DetachUserPolicy(user=user, policy_arn=arn):
            return Words("Detach policy", f"{_policy(arn)} from {user}", Manner.REMOVES)
        case kinds.AddToGroup(user=user, group=group):
            return Words("Put into group", f"{user} into {group}", Manner.CHANGES)
        case kinds.RemoveFromGroup(user=user, group=group):
            return Words("Take out of group", f"{user} of {group}", Manner.REMOVES)
        case kinds.SetUserBoundary(user=user, boundary=None):
            return Words("Take boundary off", user, Manner.REMOVES)
        case kinds.SetUserBoundary(user=user):
            return Words("Put boundary on", user, Manner.CHANGES)
        case kinds.DeleteUser(name=name):
            return Words("Delete user", name, Manner.REMOVES)
        case _:
            assert_never(change)


def _provider(arn: str) -> str:
    return arn.partition(":oidc-provider/")[2] or arn


def _policy(arn: str) -> str:
    return arn.rpartition("/")[2] or arn
