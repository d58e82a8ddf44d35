"""What each change does to the facts: the model of the account by which plans, read-backs and undo are checked.

`effect` is idempotent: the effect of a change on facts in which it is already so are the same facts. So a step that began and never ended
can be looked up afterwards (`is_done`), and what a whole run must have left behind is a fold.
"""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, assert_never

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.user_effects import is_done_to_user, user_effect
from ciam_tui.core.circleci.facts import visible_end
from ciam_tui.core.facts import Bucket, ContextFacts, Facts, ManagedPolicy, PolicyVersion, Provider, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

# Stands for an id that only AWS can give, until it is known.
UNKNOWN_ID = ""

# What S3 gives a new bucket by itself, differently over the years: not known until a step sets it.
_SET_BY_S3 = ("encryption", "kms_key_arn", "ownership", "public_access_blocked")

_Value = TypeVar("_Value")

_NO_IDS: Mapping[str, str] = MappingProxyType({})


def effect(facts: Facts, change: kinds.Change, ids: Mapping[str, str] = _NO_IDS) -> Facts:
    """`facts` after `change`; `ids` are those that AWS gave to what it made (`role_id`, `policy_id`, `version_id`), and CircleCI (`context_id`).

    A change of something that is not there changes nothing.
    """
    if isinstance(change, kinds.UserChange):
        return user_effect(facts, change)
    match change:
        case kinds.CreateBucket() | kinds.DeleteBucket():
            return replace(facts, bucket=_bucket_or_none(facts, change))
        case (
            kinds.TagBucket()
            | kinds.BlockPublicAccess()
            | kinds.EnforceOwnership()
            | kinds.EncryptBucket()
            | kinds.VersionBucket()
            | kinds.SetBucketPolicy()
        ):
            return replace(facts, bucket=_bucket(facts.bucket, change)) if facts.bucket is not None else facts
        case kinds.CreateProvider() | kinds.DeleteProvider() | kinds.AddAudience() | kinds.RemoveAudience():
            return replace(facts, provider=_provider(facts.provider, change))
        case kinds.CreateRole():
            key = change.name.lower()
            made = facts.roles.get(key) or _new_role(change, ids.get("role_id", UNKNOWN_ID))
            return _with_role(facts, key, made)
        case kinds.DeleteRole(name=name):
            return _with_role(facts, name.lower(), None)
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
            role = facts.roles.get(change.role.lower())
            return facts if role is None else _with_role(facts, change.role.lower(), _role(role, change))
        case kinds.AwaitRoles():
            return facts
        case kinds.CreatePolicy():
            policy = facts.policies.get(change.arn) or _new_policy(change, ids.get("policy_id", UNKNOWN_ID))
            return _with_policy(facts, change.arn, policy)
        case kinds.DeletePolicy(arn=arn):
            return _with_policy(facts, arn, None)
        case (
            kinds.CreatePolicyVersion()
            | kinds.DeletePolicyVersion()
            | kinds.RestorePolicyVersion()
            | kinds.SetDefaultVersion()
            | kinds.TagPolicy()
            | kinds.UntagPolicy()
        ):
            standing = facts.policies.get(change.arn)
            version_id = ids.get("version_id", UNKNOWN_ID)
            return facts if standing is None else _with_policy(facts, change.arn, _policy(standing, change, version_id))
        case kinds.CreateContext(name=name):
            new = facts.contexts.get(name) or ContextFacts(name, ids.get("context_id", UNKNOWN_ID), groups=None)
            return _with_context(facts, name, new)
        case kinds.DeleteContext(name=name):
            return _with_context(facts, name, None)
        case kinds.SetContextVariable() | kinds.DeleteContextVariable() | kinds.AddRestriction() | kinds.RemoveRestriction():
            context = facts.contexts.get(change.context)
            return facts if context is None else _with_context(facts, change.context, _context(context, change))
        case kinds.DeleteProjectVariable(project=project, name=name):
            held = facts.project_variables.get(project)
            kept = None if held is None else tuple(each for each in held if each[0] != name)
            return replace(facts, project_variables=_with(facts.project_variables, project, kept))
        case _:
            assert_never(change)


def is_done(facts: Facts, change: kinds.Change) -> bool:
    """Whether `facts` show that `change` has been made: exists what it makes, just as it makes it, or is gone what it deletes."""
    if isinstance(change, kinds.UserChange):
        return is_done_to_user(facts, change)
    match change:
        case kinds.CreateRole(name=name):
            role = facts.roles.get(name.lower())
            # Tags hold the run's id, so a role that somebody else made under this name in the meantime is not taken for ours.
            return role is not None and set(change.tags) <= set(role.tags)
        case kinds.CreatePolicy(arn=arn):
            policy = facts.policies.get(arn)
            return policy is not None and set(change.tags) <= set(policy.tags)
        case kinds.CreateProvider(arn=arn):
            return facts.provider is not None and facts.provider.arn == arn and set(change.tags) <= set(facts.provider.tags)
        case kinds.CreateBucket(name=name, region=region):
            # A new bucket has no mark of ours yet: one in another region, or that S3 does not confirm as this account's, is somebody else's.
            bucket, account_id = facts.bucket, facts.identity.account_id
            return bucket is not None and (bucket.name, bucket.region, bucket.owner_account_id) == (name, region, account_id)
        case kinds.AwaitRoles(names=names):
            return all(name.lower() in facts.roles for name in names)
        case kinds.DeleteRole() | kinds.DeletePolicy() | kinds.DeleteProvider() | kinds.DeleteBucket():
            return effect(facts, change) == facts
        case kinds.CreatePolicyVersion(arn=arn):
            policy = facts.policies.get(arn)
            return policy is not None and policy.document == change.document
        case kinds.RestorePolicyVersion(arn=arn):
            policy = facts.policies.get(arn)
            return policy is not None and any(version.document == change.document for version in policy.versions)
        case (
            kinds.TagBucket()
            | kinds.BlockPublicAccess()
            | kinds.EnforceOwnership()
            | kinds.EncryptBucket()
            | kinds.VersionBucket()
            | kinds.SetBucketPolicy()
        ):
            return facts.bucket is not None and effect(facts, change) == facts
        case kinds.AddAudience():
            return facts.provider is not None and effect(facts, change) == facts
        case kinds.RemoveAudience() | kinds.UntagRole() | kinds.DeleteInlinePolicy() | kinds.DetachPolicy():
            return effect(facts, change) == facts
        case kinds.DeletePolicyVersion(arn=arn, version_id=gone):
            policy = facts.policies.get(arn)
            return policy is None or all(version.id != gone for version in policy.versions)
        case kinds.UntagPolicy():
            return effect(facts, change) == facts
        case (
            kinds.SetTrust()
            | kinds.SetRoleSettings()
            | kinds.SetBoundary()
            | kinds.TagRole()
            | kinds.PutInlinePolicy()
            | kinds.AttachPolicy()
        ):
            return change.role.lower() in facts.roles and effect(facts, change) == facts
        case kinds.SetDefaultVersion(arn=arn):
            policy = facts.policies.get(arn)
            return policy is not None and policy.default_version == change.version_id
        case kinds.TagPolicy():
            return change.arn in facts.policies and effect(facts, change) == facts
        case kinds.CreateContext(name=name):
            # A new context has no mark of ours: one that somebody has put something into is taken for theirs.
            context = facts.contexts.get(name)
            return context is not None and not context.variables and not context.restrictions
        case kinds.SetContextVariable() | kinds.AddRestriction():
            return change.context in facts.contexts and effect(facts, change) == facts
        case kinds.DeleteContext() | kinds.DeleteContextVariable() | kinds.RemoveRestriction() | kinds.DeleteProjectVariable():
            return effect(facts, change) == facts
        case _:
            assert_never(change)


def _bucket_or_none(facts: Facts, change: kinds.CreateBucket | kinds.DeleteBucket) -> Bucket | None:
    match change:
        case kinds.CreateBucket(name=name, region=region):
            return facts.bucket or Bucket(name, region, owner_account_id=facts.identity.account_id, unread=_SET_BY_S3)
        case kinds.DeleteBucket():
            return None


def _bucket(bucket: Bucket | None, change: kinds.BucketSetting) -> Bucket | None:
    if bucket is None:
        return None
    match change:
        case kinds.TagBucket(tags=tags):
            return replace(bucket, tags=tuple(sorted(tags)), unread=_without(bucket, "tags"))  # S3 replaces the whole set
        case kinds.BlockPublicAccess():
            return replace(bucket, public_access_blocked=True, unread=_without(bucket, "public_access_blocked"))
        case kinds.EnforceOwnership():
            return replace(bucket, ownership="BucketOwnerEnforced", unread=_without(bucket, "ownership"))
        case kinds.EncryptBucket(kms_key_arn=key):
            known = _without(bucket, "encryption", "kms_key_arn")
            return replace(bucket, encryption="aws:kms" if key else "AES256", kms_key_arn=key, unread=known)
        case kinds.VersionBucket():
            return replace(bucket, versioning="Enabled", unread=_without(bucket, "versioning"))
        case kinds.SetBucketPolicy(document=document):
            return replace(bucket, policy=document, unread=_without(bucket, "policy"))
        case _:
            assert_never(change)


def _without(bucket: Bucket, *known: str) -> tuple[str, ...]:
    return tuple(name for name in bucket.unread if name not in known)


def _provider(provider: Provider | None, change: kinds.ProviderChange) -> Provider | None:
    match change:
        case kinds.CreateProvider(arn=arn, url=url, client_ids=client_ids, tags=tags):
            return provider or Provider(arn, url, tuple(sorted(client_ids)), tuple(sorted(tags)))
        case kinds.DeleteProvider():
            return None
        case kinds.AddAudience(audience=audience):
            return provider and replace(provider, client_ids=tuple(sorted({*provider.client_ids, audience})))
        case kinds.RemoveAudience(audience=audience):
            return provider and replace(provider, client_ids=tuple(each for each in provider.client_ids if each != audience))
        case _:
            assert_never(change)


def _role(role: Role, change: kinds.RoleSetting) -> Role:
    match change:
        case kinds.SetTrust(document=document):
            return replace(role, trust=document)
        case kinds.SetRoleSettings(description=description, max_session_seconds=seconds):
            return replace(role, description=description, max_session_seconds=seconds)
        case kinds.SetBoundary(boundary=boundary):
            return replace(role, boundary=boundary)
        case kinds.TagRole(tags=tags):
            return replace(role, tags=merged_tags(role.tags, tags))
        case kinds.UntagRole(keys=keys):
            return replace(role, tags=tuple(each for each in role.tags if each[0] not in keys))
        case kinds.PutInlinePolicy(name=name, document=document):
            return replace(role, inline=tuple(sorted({**dict(role.inline), name: document}.items(), key=itemgetter(0))))
        case kinds.DeleteInlinePolicy(name=name):
            return replace(role, inline=tuple(each for each in role.inline if each[0] != name))
        case kinds.AttachPolicy(policy_arn=arn):
            return replace(role, attached=tuple(sorted({*role.attached, arn})))
        case kinds.DetachPolicy(policy_arn=arn):
            return replace(role, attached=tuple(each for each in role.attached if each != arn))
        case _:
            assert_never(change)


def _policy(policy: ManagedPolicy, change: kinds.PolicySetting, version_id: str) -> ManagedPolicy:
    match change:
        case kinds.CreatePolicyVersion(document=document):
            if policy.document == document:
                return policy
            return replace(policy, versions=(*policy.versions, PolicyVersion(version_id, document)), default_version=version_id)
        case kinds.RestorePolicyVersion(document=document):
            if any(version.document == document for version in policy.versions):
                return policy
            return replace(policy, versions=(*policy.versions, PolicyVersion(version_id, document)))
        case kinds.DeletePolicyVersion(version_id=gone):
            if policy.default_version == gone:  # IAM refuses that
                return policy
            return replace(policy, versions=tuple(each for each in policy.versions if each.id != gone))
        case kinds.SetDefaultVersion(version_id=default):
            return replace(policy, default_version=default) if any(each.id == default for each in policy.versions) else policy
        case kinds.TagPolicy(tags=tags):
            return replace(policy, tags=merged_tags(policy.tags, tags))
        case kinds.UntagPolicy(keys=keys):
            return replace(policy, tags=tuple(each for each in policy.tags if each[0] not in keys))
        case _:
            assert_never(change)


_ContextContent = kinds.SetContextVariable | kinds.DeleteContextVariable | kinds.AddRestriction | kinds.RemoveRestriction


def _context(context: ContextFacts, change: _ContextContent) -> ContextFacts:
    match change:
        case kinds.SetContextVariable(name=name, value=value):
            return replace(context, variables=tuple(sorted({**dict(context.variables), name: visible_end(value)}.items())))
        case kinds.DeleteContextVariable(name=name):
            return replace(context, variables=tuple(each for each in context.variables if each[0] != name))
        case kinds.AddRestriction(type="group", value=group):
            return replace(context, groups=tuple(sorted({*(context.groups or ()), group})))
        case kinds.RemoveRestriction(type="group", value=group):
            return replace(context, groups=tuple(each for each in context.groups or () if each != group))
        case kinds.AddRestriction(type=kind, value=value):
            return replace(context, restrictions=tuple(sorted({*context.restrictions, (kind, value)})))
        case kinds.RemoveRestriction(type=kind, value=value):
            return replace(context, restrictions=tuple(each for each in context.restrictions if each != (kind, value)))
        case _:
            assert_never(change)


def _new_role(change: kinds.CreateRole, role_id: str) -> Role:
    return Role(
        name=change.name,
        arn=change.arn,
        role_id=role_id,
        path=change.path,
        trust=change.trust,
        description=change.description,
        max_session_seconds=change.max_session_seconds,
        boundary=change.boundary,
        tags=tuple(sorted(change.tags)),
    )


def _new_policy(change: kinds.CreatePolicy, policy_id: str) -> ManagedPolicy:
    return ManagedPolicy(
        arn=change.arn,
        policy_id=policy_id,
        name=change.name,
        path=change.path,
        default_version="v1",
        versions=(PolicyVersion("v1", change.document),),
        description=change.description,
        tags=tuple(sorted(change.tags)),
    )


def merged_tags(standing: kinds.Tags, added: kinds.Tags) -> kinds.Tags:
    """`standing` with `added`, which win where a key is in both; sorted. IAM tells no keys apart by case, and S3's are replaced as a whole.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
    """
    replaced = {key.lower() for key, _ in added}
    return tuple(sorted((*(each for each in standing if each[0].lower() not in replaced), *dict(added).items())))


def _with_role(facts: Facts, key: str, role: Role | None) -> Facts:
    return replace(facts, roles=_with(facts.roles, key, role))


def _with_policy(facts: Facts, arn: str, policy: ManagedPolicy | None) -> Facts:
    return replace(facts, policies=_with(facts.policies, arn, policy))


def _with_context(facts: Facts, name: str, context: ContextFacts | None) -> Facts:
    return replace(facts, contexts=_with(facts.contexts, name, context))


def _with(values: Mapping[str, _Value], key: str, value: _Value | None) -> Mapping[str, _Value]:
    rest = {each: standing for each, standing in values.items() if each != key}
    return rest if value is None else {**rest, key: value}
