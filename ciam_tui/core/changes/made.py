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
        case kinds.SetBoundary(boundary=boundary):
            return boundary
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
        ):
            return None
        case _:
            assert_never(change)


def taken_back(change: kinds.Change, before: Facts) -> str:
    """What an undo of `change` does, in words; `before` are the facts just before it."""
    if isinstance(change, kinds.SetContextVariable) and change.replaces:
        return "Not at all: CircleCI never gives the replaced value back, and an undo leaves the new one"
    if isinstance(change, kinds.DeleteBucket):
        return "Not at all: its name may be taken by somebody else by then"
    if isinstance(change, kinds.DeleteContext | kinds.DeleteContextVariable):
        return "Not at all: `ciam-tui apply SETUP --wire` makes it again"
    ids = {"version_id": _NEW_VERSION} if isinstance(change, kinds.CreatePolicyVersion) else {}
    words = "; ".join(title(each) for each in inverse(change, before, ids))
    return words or "Nothing of its own: it goes with what this run makes"


def removes_something(change: kinds.Change) -> bool:
    """Whether `change` deletes, detaches or takes off what somebody may need: it wants more than a yes."""
    match change:
        case kinds.SetBoundary(boundary=boundary):
            return boundary is None
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
        ):
            return True
        case _:
            return False


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
