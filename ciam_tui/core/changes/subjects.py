"""Which resource each change is about, so that facts can be compared there and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.changes import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.facts import Facts

BUCKET = "bucket"
PROVIDER = "provider"


def role_subject(name: str) -> str:
    """The subject of a role; IAM's names are unique without regard to case."""
    return f"role {name.lower()}"


def policy_subject(arn: str) -> str:
    """The subject of a managed policy."""
    return f"policy {arn}"


def context_subject(name: str) -> str:
    """The subject of a context of CircleCI."""
    return f"context {name}"


def user_subject(name: str) -> str:
    """The subject of a user; IAM's names are unique without regard to case."""
    return f"user {name.lower()}"


def mfa_subject(serial: str) -> str:
    """The subject of a virtual MFA device."""
    return f"mfa {serial}"


def project_subject(slug: str) -> str:
    """The subject of a project's variables."""
    return f"project {slug}"


def subjects(change: kinds.Change) -> frozenset[str]:
    """The resources that `change` reads or writes.

    They are called `bucket`, `provider`, `role <name>`, `policy <arn>`, `context <name>`, `user <name>`, `mfa <serial>`, `project <slug>`.
    """
    if isinstance(change, kinds.UserSetting):
        return frozenset({user_subject(change.user)})
    match change:
        case kinds.DeleteUser(name=name):
            return frozenset({user_subject(name)})
        case kinds.DeleteVirtualMfa(serial=serial):
            return frozenset({mfa_subject(serial)})
        case kinds.DeleteProjectVariable(project=project):
            return frozenset({project_subject(project)})
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
            return frozenset({BUCKET})
        case kinds.CreateProvider() | kinds.DeleteProvider() | kinds.AddAudience() | kinds.RemoveAudience():
            return frozenset({PROVIDER})
        case kinds.CreateRole(name=name) | kinds.DeleteRole(name=name):
            return frozenset({role_subject(name)})
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
            return frozenset({role_subject(change.role)})
        case kinds.AwaitRoles(names=names):
            return frozenset(role_subject(name) for name in names)
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
            return frozenset({policy_subject(change.arn)})
        case kinds.CreateContext(name=name) | kinds.DeleteContext(name=name):
            return frozenset({context_subject(name)})
        case kinds.SetContextVariable() | kinds.DeleteContextVariable() | kinds.AddRestriction() | kinds.RemoveRestriction():
            return frozenset({context_subject(change.context)})
        case _:
            assert_never(change)


def users_of(changes: Iterable[kinds.Change]) -> tuple[str, ...]:
    """The users that `changes` name, each once and as it is spelled there: whoever reads facts for them reads these."""
    named: dict[str, str] = {}
    for change in changes:
        if isinstance(change, kinds.UserChange):
            name = change.name if isinstance(change, kinds.DeleteUser) else change.user
            named.setdefault(name.lower(), name)
    return tuple(named.values())


def projects_of(changes: Iterable[kinds.Change]) -> tuple[str, ...]:
    """The slugs of the CircleCI projects whose variables `changes` delete, each once."""
    return tuple(dict.fromkeys(change.project for change in changes if isinstance(change, kinds.DeleteProjectVariable)))


def variables_deleted_by(changes: Iterable[kinds.Change]) -> frozenset[str]:
    """The names of the variables of CircleCI that `changes` delete only while they end as they were seen to."""
    deleting = kinds.DeleteContextVariable | kinds.DeleteProjectVariable
    return frozenset(change.name for change in changes if isinstance(change, deleting) and change.ends is not None)


def ids_in(facts: Facts, change: kinds.Change) -> dict[str, str]:
    """The ids that AWS or CircleCI gave to what `change` made, found in `facts` that were read after it."""
    match change:
        case kinds.CreateRole(name=name):
            role = facts.roles.get(name.lower())
            return {"role_id": role.role_id} if role else {}
        case kinds.CreatePolicy(arn=arn):
            policy = facts.policies.get(arn)
            return {"policy_id": policy.policy_id} if policy else {}
        case kinds.CreatePolicyVersion(arn=arn):
            policy = facts.policies.get(arn)
            return {"version_id": policy.default_version} if policy else {}
        case kinds.RestorePolicyVersion(arn=arn, document=document):
            policy = facts.policies.get(arn)
            found = [version.id for version in policy.versions if version.document == document] if policy else []
            return {"version_id": found[-1]} if found else {}
        case kinds.CreateContext(name=name):
            context = facts.contexts.get(name)
            return {"context_id": context.context_id} if context else {}
        case _:
            return {}
