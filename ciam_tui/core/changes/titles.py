"""What each change does, in the words of the person who reads the plan."""

from __future__ import annotations

from typing import assert_never

from ciam_tui.core.changes import kinds


def title(change: kinds.Change) -> str:
    """One short sentence without a full stop, in the imperative: what is made, and on what."""
    if isinstance(change, kinds.UserChange):
        return _of_user(change)
    match change:
        case kinds.CreateBucket(name=name, region=region):
            return f"Create the bucket {name} in {region}"
        case kinds.TagBucket(name=name):
            return f"Tag the bucket {name}"
        case kinds.BlockPublicAccess(name=name):
            return f"Block all public access to {name}"
        case kinds.EnforceOwnership(name=name):
            return f"Turn off ACLs on {name}: its owner owns every object"
        case kinds.EncryptBucket(name=name, kms_key_arn=key):
            return f"Encrypt {name} by default with {'the KMS key ' + key if key else 'keys of S3'}"
        case kinds.VersionBucket(name=name):
            return f"Keep old versions of objects in {name}"
        case kinds.SetBucketPolicy(name=name):
            return f"Refuse access to {name} without TLS"
        case kinds.DeleteBucket(name=name):
            return f"Delete the bucket {name}"
        case kinds.CreateProvider(url=url):
            return f"Create the OIDC provider {url}"
        case kinds.DeleteProvider(arn=arn):
            return f"Delete the OIDC provider {arn.partition('oidc-provider/')[2]}"
        case kinds.AddAudience(audience=audience):
            return f"Add the audience {audience} to the OIDC provider"
        case kinds.RemoveAudience(audience=audience):
            return f"Remove the audience {audience} from the OIDC provider"
        case kinds.CreateRole(name=name):
            return f"Create the role {name}"
        case kinds.DeleteRole(name=name):
            return f"Delete the role {name}"
        case kinds.AwaitRoles(names=names):
            return f"Wait until IAM knows {names[0]}" if len(names) == 1 else f"Wait until IAM knows the {len(names)} new roles"
        case kinds.SetTrust(role=role):
            return f"Replace the trust policy of {role}"
        case kinds.SetRoleSettings(role=role, max_session_seconds=seconds):
            return f"Set the description of {role}, and its longest session to {seconds} s"
        case kinds.SetBoundary(role=role, boundary=boundary):
            return f"Put the permissions boundary {boundary} on {role}" if boundary else f"Take the permissions boundary off {role}"
        case kinds.TagRole(role=role, tags=tags):
            return f"Tag the role {role}: {', '.join(key for key, _ in tags)}"
        case kinds.UntagRole(role=role, keys=keys):
            return f"Remove tags from the role {role}: {', '.join(keys)}"
        case kinds.PutInlinePolicy(role=role, name=name):
            return f"Put the inline policy {name} on {role}"
        case kinds.DeleteInlinePolicy(role=role, name=name):
            return f"Delete the inline policy {name} of {role}"
        case kinds.CreatePolicy(name=name):
            return f"Create the managed policy {name}"
        case kinds.DeletePolicy(arn=arn):
            return f"Delete the managed policy {arn}"
        case kinds.CreatePolicyVersion(arn=arn):
            return f"Make a new default version of {arn}"
        case kinds.DeletePolicyVersion(arn=arn, version_id=version):
            return f"Delete the version {version} of {arn}"
        case kinds.RestorePolicyVersion(arn=arn):
            return f"Bring back an old version of {arn}, under a new id"
        case kinds.SetDefaultVersion(arn=arn, version_id=version):
            return f"Put the version {version} of {arn} in force"
        case kinds.TagPolicy(arn=arn, tags=tags):
            return f"Tag the policy {arn}: {', '.join(key for key, _ in tags)}"
        case kinds.UntagPolicy(arn=arn, keys=keys):
            return f"Remove tags from the policy {arn}: {', '.join(keys)}"
        case kinds.AttachPolicy(role=role, policy_arn=arn):
            return f"Attach {arn} to {role}"
        case kinds.DetachPolicy(role=role, policy_arn=arn):
            return f"Detach {arn} from {role}"
        case kinds.CreateContext(name=name):
            return f"Create the CircleCI context {name}"
        case kinds.DeleteContext(name=name):
            return f"Delete the CircleCI context {name}"
        case kinds.SetContextVariable(context=context, name=name, replaces=replaces):
            return f"{'Replace' if replaces else 'Set'} {name} in the context {context}"
        case kinds.DeleteContextVariable(context=context, name=name):
            return f"Delete {name} from the context {context}"
        case kinds.AddRestriction(context=context, type="group"):  # this tool handles no other group
            return f"Let the group of all members use the context {context}"
        case kinds.AddRestriction(context=context, type=kind, value=value):
            return f"Restrict the context {context} to the {kind} {value}"
        case kinds.RemoveRestriction(context=context, type="group"):
            return f"Take the group of all members off the context {context}, where it is on it"
        case kinds.RemoveRestriction(context=context, type=kind, value=value):
            return f"Lift the restriction of the context {context} to the {kind} {value}"
        case kinds.DeleteProjectVariable(project=project, name=name):
            return f"Delete {name} from the project {project}"
        case _:
            assert_never(change)


def _of_user(change: kinds.UserChange) -> str:
    match change:
        case kinds.SetKeyStatus(user=user, key_id=key, active=True):
            return f"Make the access key {key} of {user} active again"
        case kinds.SetKeyStatus(user=user, key_id=key):
            return f"Make the access key {key} of {user} inactive"
        case kinds.DeleteAccessKey(user=user, key_id=key):
            return f"Delete the access key {key} of {user}"
        case kinds.DeleteLoginProfile(user=user):
            return f"Delete the console password of {user}"
        case kinds.DeleteSigningCertificate(user=user, certificate_id=certificate):
            return f"Delete the signing certificate {certificate} of {user}"
        case kinds.DeleteSshKey(user=user, key_id=key):
            return f"Delete the SSH key {key} of {user}"
        case kinds.DeleteServiceCredential(user=user, credential_id=credential):
            return f"Delete the service-specific credential {credential} of {user}"
        case kinds.DeactivateMfa(user=user, serial=serial):
            return f"Take the MFA device {serial} off {user}"
        case kinds.DeleteVirtualMfa(user=user, serial=serial):
            return f"Delete the virtual MFA device {serial} that {user} had"
        case kinds.PutUserPolicy(user=user, name=name):
            return f"Put the inline policy {name} on the user {user}"
        case kinds.DeleteUserPolicy(user=user, name=name):
            return f"Delete the inline policy {name} of the user {user}"
        case kinds.AttachUserPolicy(user=user, policy_arn=arn):
            return f"Attach {arn} to the user {user}"
        case kinds.DetachUserPolicy(user=user, policy_arn=arn):
            return f"Detach {arn} from the user {user}"
        case kinds.AddToGroup(user=user, group=group):
            return f"Put {user} into the group {group}"
        case kinds.RemoveFromGroup(user=user, group=group):
            return f"Take {user} out of the group {group}"
        case kinds.SetUserBoundary(user=user, boundary=None):
            return f"Take the permissions boundary off the user {user}"
        case kinds.SetUserBoundary(user=user, boundary=boundary):
            return f"Put the permissions boundary {boundary} on the user {user}"
        case kinds.DeleteUser(name=name):
            return f"Delete the user {name}"
        case _:
            assert_never(change)
