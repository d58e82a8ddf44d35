"""What each change makes of what it replaces, as text to be read before it is applied, and in which words it is taken back.

Nothing is applied that was not shown: every document of a change stands here in full, in the spelling in which documents are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.inverse import inverse
from ciam_tui.core.changes.titles import title
from ciam_tui.core.facts import RUN_TAG

if TYPE_CHECKING:
    from ciam_tui.core.facts import Facts

_NEW_VERSION = "that this step makes"


def made(change: kinds.Change) -> str | None:
    """What stands there after `change`, to be compared with what it replaces; None where its title has said it all, or nothing is left."""
    match change:
        case kinds.CreateRole():
            return "\n".join((change.trust.canonical, *_role_settings(change)))
        case kinds.SetTrust(document=document) | kinds.PutInlinePolicy(document=document) | kinds.SetBucketPolicy(document=document):
            return document.canonical
        case kinds.PutUserPolicy(document=document):
            return document.canonical
        case kinds.CreatePolicyVersion(document=document) | kinds.RestorePolicyVersion(document=document):
            return document.canonical
        case kinds.CreatePolicy():
            return "\n".join(
                (change.document.canonical, f"path: {change.path}", f"description: {change.description}", _stamped(change.tags))
            )
        case kinds.CreateProvider():
            return "\n".join((f"url: https://{change.url}", f"audiences: {', '.join(change.client_ids)}", _stamped(change.tags)))
        case kinds.SetRoleSettings(description=description, max_session_seconds=seconds):
            return f"{description} ({seconds} s)"
        case kinds.SetBoundary(boundary=boundary) | kinds.SetUserBoundary(boundary=boundary):
            return boundary
        case kinds.SetKeyStatus(active=active):
            return "Active" if active else "Inactive"
        case kinds.TagBucket(tags=tags):
            return _stamped(tags)
        case kinds.TagRole(tags=tags) | kinds.TagPolicy(tags=tags):
            return _tags(tags)
        case kinds.SetDefaultVersion(version_id=version):
            return version
        case kinds.SetContextVariable(value=value):
            return value
        case (
            kinds.CreateBucket()
            | kinds.BlockPublicAccess()
            | kinds.EnforceOwnership()
            | kinds.EncryptBucket()
            | kinds.VersionBucket()
            | kinds.DeleteBucket()
            | kinds.DeleteProvider()
            | kinds.AddAudience()
            | kinds.RemoveAudience()
            | kinds.DeleteRole()
            | kinds.AwaitRoles()
            | kinds.UntagRole()
            | kinds.DeleteInlinePolicy()
            | kinds.DeletePolicy()
            | kinds.DeletePolicyVersion()
            | kinds.UntagPolicy()
            | kinds.AttachPolicy()
            | kinds.DetachPolicy()
            | kinds.CreateContext()
            | kinds.DeleteContext()
            | kinds.DeleteContextVariable()
            | kinds.AddRestriction()
            | kinds.RemoveRestriction()
            | kinds.DeleteAccessKey()
            | kinds.DeleteLoginProfile()
            | kinds.DeleteSigningCertificate()
            | kinds.DeleteSshKey()
            | kinds.DeleteServiceCredential()
            | kinds.DeactivateMfa()
            | kinds.DeleteVirtualMfa()
            | kinds.DeleteUserPolicy()
            | kinds.AttachUserPolicy()
            | kinds.DetachUserPolicy()
            | kinds.AddToGroup()
            | kinds.RemoveFromGroup()
            | kinds.DeleteUser()
            | kinds.DeleteProjectVariable()
        ):
            return None
        case _:
            assert_never(change)


def taken_back(change: kinds.Change, before: Facts) -> str:
    """What an undo of `change` does, in words; `before` are the facts just before it."""
    if (why := why_irreversible(change)) is not None:
        return f"Not at all: {why}"
    ids = {"version_id": _NEW_VERSION} if isinstance(change, kinds.CreatePolicyVersion) else {}
    words = "; ".join(title(each) for each in inverse(change, before, ids))
    return words or "Nothing of its own: it goes with what this run makes"


def removes_something(change: kinds.Change) -> bool:
    """Whether `change` deletes, detaches or takes off what somebody may need: it wants more than a yes."""
    match change:
        case kinds.SetBoundary(boundary=boundary) | kinds.SetUserBoundary(boundary=boundary):
            return boundary is None
        case kinds.SetKeyStatus(active=active):
            return not active  # who still uses it is refused from then on
        case kinds.SetContextVariable(replaces=replaces):
            return replaces
        case kinds.RemoveRestriction(type=kind):
            return kind != "group"  # without a group fewer may use the context, and undo puts it on again
        case (
            kinds.DeleteBucket()
            | kinds.DeleteProvider()
            | kinds.RemoveAudience()
            | kinds.DeleteRole()
            | kinds.UntagRole()
            | kinds.DeleteInlinePolicy()
            | kinds.DeletePolicy()
            | kinds.DeletePolicyVersion()
            | kinds.UntagPolicy()
            | kinds.DetachPolicy()
            | kinds.DeleteContext()
            | kinds.DeleteContextVariable()
            | kinds.DeleteAccessKey()
            | kinds.DeleteLoginProfile()
            | kinds.DeleteSigningCertificate()
            | kinds.DeleteSshKey()
            | kinds.DeleteServiceCredential()
            | kinds.DeactivateMfa()
            | kinds.DeleteVirtualMfa()
            | kinds.DeleteUserPolicy()
            | kinds.DetachUserPolicy()
            | kinds.RemoveFromGroup()
            | kinds.DeleteUser()
            | kinds.DeleteProjectVariable()
        ):
            return True
        case _:
            return False


def is_irreversible(change: kinds.Change) -> bool:
    """Whether what `change` takes away is gone for good: no undo brings it back."""
    return why_irreversible(change) is not None


def why_irreversible(change: kinds.Change) -> str | None:
    """Why no undo of `change` brings back what it takes away; None where one does, or nothing is taken away."""
    match change:
        case kinds.SetContextVariable(replaces=True):
            return "CircleCI never gives the replaced value back, and an undo leaves the new one"
        case kinds.DeleteBucket():
            return "its name may be taken by somebody else by then"
        case kinds.DeleteContext() | kinds.DeleteContextVariable(ends=None):
            return "`ciam-tui apply SETUP --wire` makes it again"
        case kinds.DeleteContextVariable() | kinds.DeleteProjectVariable():
            return "CircleCI never gives a value back; whoever has a copy of it can set it again by hand"
        case kinds.DeleteAccessKey():
            return "AWS never gives a deleted access key back, and a new one has another id and another secret"
        case kinds.DeleteLoginProfile():
            return "AWS never gives a password back; a new one can be set by hand"
        case kinds.DeleteSigningCertificate():
            return "a deleted certificate comes back only where somebody uploads it again, from the backup or by hand"
        case kinds.DeleteSshKey():
            return "a deleted SSH key comes back only where somebody uploads it again, from the backup or by hand, under a new id"
        case kinds.DeleteServiceCredential():
            return "AWS never gives a service-specific credential back, and a new one has another password"
        case kinds.DeactivateMfa() | kinds.DeleteVirtualMfa():
            return "an MFA device is set up anew by whoever holds it"
        case kinds.DeleteUser():
            return "a user made anew has another id, and no key, password or device of the old one; the backup tells what it had"
        case _:
            return None


def _role_settings(change: kinds.CreateRole) -> list[str]:
    settings = [f"path: {change.path}", f"description: {change.description}", f"longest session: {change.max_session_seconds} s"]
    if change.boundary:
        settings.append(f"permissions boundary: {change.boundary}")
    return [*settings, _stamped(change.tags)]


def _stamped(tags: kinds.Tags) -> str:
    """Tags of what carries the run's id too, which nobody knows before the run."""
    return _tags(tags if RUN_TAG in dict(tags) else (*tags, (RUN_TAG, "(the id of the run)")))


def _tags(tags: kinds.Tags) -> str:
    return f"tags: {', '.join(f'{key}={value}' for key, value in tags)}"
