"""How each change is taken back, told from the facts before it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import UNKNOWN_ID
from ciam_tui.core.facts import RUN_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.facts import Bucket, Facts, ManagedPolicy, Role
    from ciam_tui.core.users.facts import User


def inverse(change: kinds.Change, before: Facts, ids: Mapping[str, str]) -> tuple[kinds.Change, ...]:
    """The changes that restore what `before` shows, in the order in which they must be made; `ids` are those that AWS gave to `change`.

    Nothing where there is nothing to take back: a wait, a setting of a bucket that goes with the bucket, the deletion of a bucket or of
    what was in a context.
    """
    if isinstance(change, kinds.UserChange):
        return _of_user(change, before.users.get(_user_name(change).lower()))
    match change:
        case kinds.CreateBucket(name=name):
            return (kinds.DeleteBucket(name),)
        case kinds.TagBucket() | kinds.BlockPublicAccess() | kinds.EnforceOwnership() | kinds.VersionBucket() | kinds.SetBucketPolicy():
            return ()  # made only where there was no such setting, and gone with a bucket that the run made
        case kinds.EncryptBucket(name=name):
            return (kinds.EncryptBucket(name, before.bucket.kms_key_arn),) if before.bucket and _is_ours_to_give(before.bucket) else ()
        case kinds.CreateProvider(arn=arn):
            return (kinds.DeleteProvider(arn),)
        case kinds.AddAudience(provider_arn=arn, audience=audience):
            return (kinds.RemoveAudience(arn, audience),)
        case kinds.RemoveAudience(provider_arn=arn, audience=audience):
            return (kinds.AddAudience(arn, audience),)
        case kinds.CreateRole(name=name):
            return (kinds.DeleteRole(name),)
        case (
            kinds.SetTrust()
            | kinds.SetRoleSettings()
            | kinds.SetBoundary()
            | kinds.TagRole()
            | kinds.UntagRole()
            | kinds.PutInlinePolicy()
            | kinds.DeleteInlinePolicy()
            | kinds.AttachPolicy()
            | kinds.DetachPolicy()
        ):
            return _of_role(change, before.roles.get(change.role.lower()))
        case kinds.CreatePolicy(arn=arn):
            return (kinds.DeletePolicy(arn),)
        case (
            kinds.CreatePolicyVersion()
            | kinds.DeletePolicyVersion()
            | kinds.RestorePolicyVersion()
            | kinds.SetDefaultVersion()
            | kinds.TagPolicy()
            | kinds.UntagPolicy()
        ):
            policy = before.policies.get(change.arn)
            return () if policy is None else _of_policy(change, policy, ids.get("version_id", UNKNOWN_ID))
        case kinds.CreateContext(name=name):
            return (kinds.DeleteContext(name),)
        case kinds.SetContextVariable(context=context, name=name):
            # A value that was there cannot be given back, and what runs with the new one must not lose both.
            return () if name in _names_in(before, context) else (kinds.DeleteContextVariable(context, name),)
        case kinds.AddRestriction(context=context, type=kind, value=value):
            return (kinds.RemoveRestriction(context, kind, value),)
        case kinds.RemoveRestriction(context=context, type=kind, value=value):
            standing = before.contexts.get(context)
            return (kinds.AddRestriction(context, kind, value),) if standing and (kind, value) in standing.all_restrictions else ()
        case kinds.DeleteProvider() | kinds.DeleteRole() | kinds.DeletePolicy():
            return _made_anew(change, before)
        case kinds.AwaitRoles() | kinds.DeleteProjectVariable():
            return ()
        case kinds.DeleteBucket() | kinds.DeleteContext() | kinds.DeleteContextVariable():
            return ()  # what was in a bucket's or a context's place may be somebody else's by now
        case _:
            assert_never(change)


def _made_anew(change: kinds.DeleteProvider | kinds.DeleteRole | kinds.DeletePolicy, before: Facts) -> tuple[kinds.Change, ...]:
    """What was deleted, as it was but for its id. The run that makes it again puts its own tag on it."""
    match change:
        case kinds.DeleteProvider():
            provider = before.provider
            return (
                ()
                if provider is None
                else (kinds.CreateProvider(provider.arn, provider.url, provider.client_ids, _of_no_run(provider.tags)),)
            )
        case kinds.DeleteRole(name=name):
            role = before.roles.get(name.lower())
            if role is None:
                return ()
            settings = (role.trust, role.description, role.max_session_seconds, role.boundary)
            return (kinds.CreateRole(role.name, role.arn, role.path, *settings, _of_no_run(role.tags)),)
        case kinds.DeletePolicy(arn=arn):
            policy = before.policies.get(arn)
            if policy is None:
                return ()
            return (kinds.CreatePolicy(arn, policy.name, policy.path, policy.document, policy.description, _of_no_run(policy.tags)),)


def _of_no_run(tags: kinds.Tags) -> kinds.Tags:
    return tuple(each for each in tags if each[0] != RUN_TAG)


def _names_in(facts: Facts, context: str) -> frozenset[str]:
    standing = facts.contexts.get(context)
    return frozenset(name for name, _ in standing.variables) if standing else frozenset()


def _is_ours_to_give(bucket: Bucket) -> bool:
    """Whether the bucket's default encryption is one of the two that an `EncryptBucket` makes."""
    known = not {"encryption", "kms_key_arn"} & set(bucket.unread)
    return known and (bucket.encryption, bucket.kms_key_arn is None) in (("AES256", True), ("aws:kms", False))


def _of_role(change: kinds.RoleSetting, role: Role | None) -> tuple[kinds.Change, ...]:
    """A role that was not there before the change was made by a step of its own, whose inverse is written here for what hangs on it."""
    match change:
        case kinds.SetTrust():
            return () if role is None else (kinds.SetTrust(role.name, role.trust),)
        case kinds.SetRoleSettings():
            return () if role is None else (kinds.SetRoleSettings(role.name, role.description, role.max_session_seconds),)
        case kinds.SetBoundary():
            return () if role is None else (kinds.SetBoundary(role.name, role.boundary),)
        case kinds.TagRole(role=name, tags=tags):
            added, replaced = _taken_off(tags, role.tags if role else ())
            untag: tuple[kinds.Change, ...] = (kinds.UntagRole(name, added),) if added else ()
            return (*untag, kinds.TagRole(name, replaced)) if replaced else untag
        case kinds.UntagRole(keys=keys):
            gone = tuple(each for each in role.tags if each[0] in keys) if role else ()
            return (kinds.TagRole(change.role, gone),) if gone else ()
        case kinds.PutInlinePolicy(role=role_name, name=name):
            document = dict(role.inline).get(name) if role else None
            if document is None:
                return (kinds.DeleteInlinePolicy(role_name, name),)
            return (kinds.PutInlinePolicy(role_name, name, document),)
        case kinds.DeleteInlinePolicy(role=role_name, name=name):
            document = dict(role.inline).get(name) if role else None
            return () if document is None else (kinds.PutInlinePolicy(role_name, name, document),)
        case kinds.AttachPolicy(role=role_name, policy_arn=arn):
            return (kinds.DetachPolicy(role_name, arn),)
        case kinds.DetachPolicy(role=role_name, policy_arn=arn):
            return (kinds.AttachPolicy(role_name, arn),)
        case _:
            assert_never(change)


def _taken_off(tags: kinds.Tags, before: kinds.Tags) -> tuple[tuple[str, ...], kinds.Tags]:
    """The keys to take off again, and the tags that come back in their place. One that stood in other letters is both: IAM has replaced it."""
    keys = {key.lower() for key, _ in tags}
    replaced = tuple(each for each in before if each[0].lower() in keys)
    standing = {key for key, _ in replaced}
    return tuple(key for key, _ in tags if key not in standing), replaced


def _of_policy(change: kinds.PolicySetting, policy: ManagedPolicy, version_id: str) -> tuple[kinds.Change, ...]:
    match change:
        case kinds.CreatePolicyVersion(arn=arn):
            restored = kinds.SetDefaultVersion(arn, policy.default_version)
            return (restored, kinds.DeletePolicyVersion(arn, version_id)) if version_id else (restored,)
        case kinds.DeletePolicyVersion(arn=arn, version_id=gone_id):
            document = next((version.document for version in policy.versions if version.id == gone_id), None)
            return () if document is None else (kinds.RestorePolicyVersion(arn, document),)
        case kinds.RestorePolicyVersion():
            return ()
        case kinds.SetDefaultVersion(arn=arn):
            return (kinds.SetDefaultVersion(arn, policy.default_version),)
        case kinds.TagPolicy(arn=arn, tags=tags):
            added, replaced = _taken_off(tags, policy.tags)
            untag: tuple[kinds.Change, ...] = (kinds.UntagPolicy(arn, added),) if added else ()
            return (*untag, kinds.TagPolicy(arn, replaced)) if replaced else untag
        case kinds.UntagPolicy(arn=arn, keys=keys):
            gone = tuple(each for each in policy.tags if each[0] in keys)
            return (kinds.TagPolicy(arn, gone),) if gone else ()
        case _:
            assert_never(change)


def _user_name(change: kinds.UserChange) -> str:
    return change.name if isinstance(change, kinds.DeleteUser) else change.user


def _of_user(change: kinds.UserChange, user: User | None) -> tuple[kinds.Change, ...]:
    """What was on the user before; a secret of it that goes, goes for good."""
    if user is None:
        return ()
    match change:
        case kinds.SetKeyStatus(user=name, key_id=key_id):
            status = next((key.status for key in user.keys or () if key.key_id == key_id), None)
            # Nobody can make a key Expired again.
            return (kinds.SetKeyStatus(name, key_id, status == "Active"),) if status in ("Active", "Inactive") else ()
        case kinds.PutUserPolicy(user=user_name, name=name):
            document = dict(user.inline).get(name)
            back = kinds.DeleteUserPolicy(user_name, name) if document is None else kinds.PutUserPolicy(user_name, name, document)
            return (back,)
        case kinds.DeleteUserPolicy(user=user_name, name=name):
            document = dict(user.inline).get(name)
            return () if document is None else (kinds.PutUserPolicy(user_name, name, document),)
        case kinds.AttachUserPolicy(user=name, policy_arn=arn):
            return (kinds.DetachUserPolicy(name, arn),)
        case kinds.DetachUserPolicy(user=name, policy_arn=arn):
            return (kinds.AttachUserPolicy(name, arn),) if arn in user.attached else ()
        case kinds.AddToGroup(user=name, group=group):
            return (kinds.RemoveFromGroup(name, group),)
        case kinds.RemoveFromGroup(user=name, group=group):
            return (kinds.AddToGroup(name, group),) if group in user.groups else ()
        case kinds.SetUserBoundary(user=name):
            return (kinds.SetUserBoundary(name, user.boundary),)
        case (
            kinds.DeleteAccessKey()
            | kinds.DeleteLoginProfile()
            | kinds.DeleteSigningCertificate()
            | kinds.DeleteSshKey()
            | kinds.DeleteServiceCredential()
            | kinds.DeactivateMfa()
            | kinds.DeleteVirtualMfa()
            | kinds.DeleteUser()
        ):
            return ()
        case _:
            assert_never(change)
