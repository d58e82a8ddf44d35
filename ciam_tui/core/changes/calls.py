"""The API call of each change: the very parameters that are shown in the plan and sent to AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, assert_never

from ciam_tui.core.changes import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Call:
    """One request to AWS: `service` and `operation` as botocore names them, `params` as its input shape wants them.

    A `service` of `circleci` is a request to CircleCI, which names contexts and projects where its API wants ids; of `""` it is no request at all: a
    step that only waits.
    """

    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)


def call_of(change: kinds.Change) -> Call:
    """The call that makes `change`. Tags, lists and documents are in the order of the change, so equal changes give equal calls."""
    if isinstance(change, kinds.UserChange):
        return _user_call(change)
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
            return _bucket_call(change)
        case kinds.CreateProvider(url=url, client_ids=client_ids, tags=tags):
            # No ThumbprintList: IAM fetches it, and checks the issuer's certificate with its own trusted roots anyway.
            # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
            return Call(
                "iam", "CreateOpenIDConnectProvider", {"Url": f"https://{url}", "ClientIDList": list(client_ids), "Tags": _tags(tags)}
            )
        case kinds.DeleteProvider(arn=arn):
            return Call("iam", "DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn})
        case kinds.AddAudience(provider_arn=arn, audience=audience):
            return Call("iam", "AddClientIDToOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn, "ClientID": audience})
        case kinds.RemoveAudience(provider_arn=arn, audience=audience):
            return Call("iam", "RemoveClientIDFromOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn, "ClientID": audience})
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
            return _role_call(change)
        case kinds.AwaitRoles():
            return Call("", "wait")
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
            return _policy_call(change)
        case (
            kinds.CreateContext()
            | kinds.DeleteContext()
            | kinds.SetContextVariable()
            | kinds.DeleteContextVariable()
            | kinds.AddRestriction()
            | kinds.RemoveRestriction()
        ):
            return _context_call(change)
        case kinds.DeleteProjectVariable(project=project, name=name, ends=ends):
            return Call("circleci", "DeleteProjectVariable", {"project": project, "name": name, **_if_it_ends(ends)})
        case _:
            assert_never(change)


def _context_call(change: kinds.ContextChange) -> Call:
    match change:
        case kinds.CreateContext(name=name):
            return Call("circleci", "CreateContext", {"context": name})
        case kinds.DeleteContext(name=name):
            return Call("circleci", "DeleteContext", {"context": name})
        case kinds.SetContextVariable(context=context, name=name, value=value):
            return Call("circleci", "SetContextVariable", {"context": context, "name": name, "value": value})
        case kinds.DeleteContextVariable(context=context, name=name, ends=ends):
            return Call("circleci", "DeleteContextVariable", {"context": context, "name": name, **_if_it_ends(ends)})
        case kinds.AddRestriction(context=context, type=kind, value=value):
            return Call("circleci", "AddRestriction", {"context": context, "restriction_type": kind, "restriction_value": value})
        case kinds.RemoveRestriction(context=context, type=kind, value=value):
            return Call("circleci", "RemoveRestriction", {"context": context, "restriction_type": kind, "restriction_value": value})
        case _:
            assert_never(change)


def _if_it_ends(ends: str | None) -> dict[str, str]:
    """The end of the value that was seen, which is looked at once more just before the variable is deleted."""
    return {} if ends is None else {"ends": ends}


def _bucket_call(change: kinds.BucketChange) -> Call:
    name = {"Bucket": change.name}
    match change:
        case kinds.CreateBucket(region=region):
            # us-east-1 is S3's default and refused as a LocationConstraint.
            where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            return Call("s3", "CreateBucket", name | {"ObjectOwnership": "BucketOwnerEnforced"} | where)
        case kinds.TagBucket(tags=tags):
            return Call("s3", "PutBucketTagging", name | {"Tagging": {"TagSet": _tags(tags)}})
        case kinds.BlockPublicAccess():
            blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
            return Call("s3", "PutPublicAccessBlock", name | {"PublicAccessBlockConfiguration": blocked})
        case kinds.EnforceOwnership():
            rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            return Call("s3", "PutBucketOwnershipControls", name | {"OwnershipControls": rules})
        case kinds.EncryptBucket(kms_key_arn=None):
            return Call("s3", "PutBucketEncryption", name | _encryption({"SSEAlgorithm": "AES256"}, bucket_key=False))
        case kinds.EncryptBucket(kms_key_arn=key):
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            return Call("s3", "PutBucketEncryption", name | _encryption(default, bucket_key=True))
        case kinds.VersionBucket():
            return Call("s3", "PutBucketVersioning", name | {"VersioningConfiguration": {"Status": "Enabled"}})
        case kinds.SetBucketPolicy(document=document):
            return Call("s3", "PutBucketPolicy", name | {"Policy": document.text})
        case kinds.DeleteBucket():
            return Call("s3", "DeleteBucket", name)
        case _:
            assert_never(change)


def _encryption(default: Mapping[str, str | None], *, bucket_key: bool) -> dict[str, Any]:
    rule = {"ApplyServerSideEncryptionByDefault": dict(default), "BucketKeyEnabled": bucket_key}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def _role_call(change: kinds.RoleChange) -> Call:
    match change:
        case kinds.CreateRole():
            params = {
                "RoleName": change.name,
                "Path": change.path,
                "AssumeRolePolicyDocument": change.trust.text,
                "Description": change.description,
                "MaxSessionDuration": change.max_session_seconds,
                "Tags": _tags(change.tags),
            }
            return Call("iam", "CreateRole", params | ({"PermissionsBoundary": change.boundary} if change.boundary else {}))
        case kinds.DeleteRole(name=name):
            return Call("iam", "DeleteRole", {"RoleName": name})
        case kinds.SetTrust(role=role, document=document):
            return Call("iam", "UpdateAssumeRolePolicy", {"RoleName": role, "PolicyDocument": document.text})
        case kinds.SetRoleSettings(role=role, description=description, max_session_seconds=seconds):
            return Call("iam", "UpdateRole", {"RoleName": role, "Description": description, "MaxSessionDuration": seconds})
        case kinds.SetBoundary(role=role, boundary=None):
            return Call("iam", "DeleteRolePermissionsBoundary", {"RoleName": role})
        case kinds.SetBoundary(role=role, boundary=boundary):
            return Call("iam", "PutRolePermissionsBoundary", {"RoleName": role, "PermissionsBoundary": boundary})
        case kinds.TagRole(role=role, tags=tags):
            return Call("iam", "TagRole", {"RoleName": role, "Tags": _tags(tags)})
        case kinds.UntagRole(role=role, keys=keys):
            return Call("iam", "UntagRole", {"RoleName": role, "TagKeys": list(keys)})
        case kinds.PutInlinePolicy(role=role, name=name, document=document):
            return Call("iam", "PutRolePolicy", {"RoleName": role, "PolicyName": name, "PolicyDocument": document.text})
        case kinds.DeleteInlinePolicy(role=role, name=name):
            return Call("iam", "DeleteRolePolicy", {"RoleName": role, "PolicyName": name})
        case kinds.AttachPolicy(role=role, policy_arn=arn):
            return Call("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})
        case kinds.DetachPolicy(role=role, policy_arn=arn):
            return Call("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn})
        case _:
            assert_never(change)


def _policy_call(change: kinds.PolicyChange) -> Call:
    arn = {"PolicyArn": change.arn}
    match change:
        case kinds.CreatePolicy():
            params = {
                "PolicyName": change.name,
                "Path": change.path,
                "PolicyDocument": change.document.text,
                "Description": change.description,
                "Tags": _tags(change.tags),
            }
            return Call("iam", "CreatePolicy", params)
        case kinds.DeletePolicy():
            return Call("iam", "DeletePolicy", arn)
        case kinds.CreatePolicyVersion(document=document):
            return Call("iam", "CreatePolicyVersion", arn | {"PolicyDocument": document.text, "SetAsDefault": True})
        case kinds.DeletePolicyVersion(version_id=version):
            return Call("iam", "DeletePolicyVersion", arn | {"VersionId": version})
        case kinds.RestorePolicyVersion(document=document):
            return Call("iam", "CreatePolicyVersion", arn | {"PolicyDocument": document.text, "SetAsDefault": False})
        case kinds.SetDefaultVersion(version_id=version):
            return Call("iam", "SetDefaultPolicyVersion", arn | {"VersionId": version})
        case kinds.TagPolicy(tags=tags):
            return Call("iam", "TagPolicy", arn | {"Tags": _tags(tags)})
        case kinds.UntagPolicy(keys=keys):
            return Call("iam", "UntagPolicy", arn | {"TagKeys": list(keys)})
        case _:
            assert_never(change)


def _user_call(change: kinds.UserChange) -> Call:
    """UserName always: without it IAM takes the caller's own, and a session of a role has none."""
    match change:
        case kinds.DeleteVirtualMfa(serial=serial):
            return Call("iam", "DeleteVirtualMFADevice", {"SerialNumber": serial})
        case kinds.DeleteUser(name=name):
            return Call("iam", "DeleteUser", {"UserName": name})
        case _:
            operation, params = _user_operation(change)
            return Call("iam", operation, {"UserName": change.user, **params})


def _user_operation(change: kinds.UserSetting) -> tuple[str, Mapping[str, str | None]]:
    match change:
        case kinds.SetKeyStatus(key_id=key, active=active):
            return "UpdateAccessKey", {"AccessKeyId": key, "Status": "Active" if active else "Inactive"}
        case kinds.DeleteAccessKey(key_id=key):
            return "DeleteAccessKey", {"AccessKeyId": key}
        case kinds.DeleteLoginProfile():
            return "DeleteLoginProfile", {}
        case kinds.DeleteSigningCertificate(certificate_id=certificate):
            return "DeleteSigningCertificate", {"CertificateId": certificate}
        case kinds.DeleteSshKey(key_id=key):
            return "DeleteSSHPublicKey", {"SSHPublicKeyId": key}
        case kinds.DeleteServiceCredential(credential_id=credential):
            return "DeleteServiceSpecificCredential", {"ServiceSpecificCredentialId": credential}
        case kinds.DeactivateMfa(serial=serial):
            return "DeactivateMFADevice", {"SerialNumber": serial}
        case kinds.PutUserPolicy(name=name, document=document):
            return "PutUserPolicy", {"PolicyName": name, "PolicyDocument": document.text}
        case kinds.DeleteUserPolicy(name=name):
            return "DeleteUserPolicy", {"PolicyName": name}
        case kinds.AttachUserPolicy(policy_arn=arn):
            return "AttachUserPolicy", {"PolicyArn": arn}
        case kinds.DetachUserPolicy(policy_arn=arn):
            return "DetachUserPolicy", {"PolicyArn": arn}
        case kinds.AddToGroup(group=group):
            return "AddUserToGroup", {"GroupName": group}
        case kinds.RemoveFromGroup(group=group):
            return "RemoveUserFromGroup", {"GroupName": group}
        case kinds.SetUserBoundary(boundary=None):
            return "DeleteUserPermissionsBoundary", {}
        case kinds.SetUserBoundary(boundary=boundary):
            return "PutUserPermissionsBoundary", {"PermissionsBoundary": boundary}
        case _:
            assert_never(change)


def _tags(tags: kinds.Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags]
