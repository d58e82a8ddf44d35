"""What the operator of this tool must be allowed to do: the IAM actions behind each call, and the least policy that holds them all.

One table serves the question before an apply ("which of these calls may you not make?"), the policy that the README prints, and the test
that compares that policy with the calls really made.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import Document
from ciam_tui.core.draft import DEFAULT_ROLE_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.changes.calls import Call

# Where IAM's name of the permission is not that of the operation.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_NAMED_OTHERWISE = {
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
}
# Services whose prefix in policies is not boto3's name of them.
_PREFIXES = {"accessanalyzer": "access-analyzer"}
# A creation that carries one of these parameters needs a second permission.
_WITH_PARAMETER = {
    ("CreateBucket", "ObjectOwnership"): "s3:PutBucketOwnershipControls",
    ("CreateOpenIDConnectProvider", "Tags"): "iam:TagOpenIDConnectProvider",
    ("CreateRole", "Tags"): "iam:TagRole",
    ("CreatePolicy", "Tags"): "iam:TagPolicy",
}

# Permissions on the account as a whole: IAM takes no narrower resource for them.
ACCOUNT_READS = (
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "iam:ListAccountAliases",
    "iam:ListOpenIDConnectProviders",
    "iam:ListRoles",
    "s3:ListAllMyBuckets",
)
IAM_READS = (
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListPolicyVersions",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:SimulatePrincipalPolicy",
)
# All that an audit asks of IAM where it may: the details of all roles in one pass, and what they leave out.
AUDIT_READS = (
    "iam:GetAccountAuthorizationDetails",
    "iam:GetOpenIDConnectProvider",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:ListAccountAliases",
    "iam:ListOpenIDConnectProviders",
    "iam:ListPolicyVersions",
    "iam:ListRoles",
)
# Only an audit that looks for the keys that CircleCI holds.
USER_READS = (
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccessKeys",
    "iam:ListUsers",
)
BUCKET_READS = (
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
)
# What AWS is asked beside the facts; IAM takes no narrower resource for these either.
OPINION_READS = ("access-analyzer:ValidatePolicy", "cloudtrail:LookupEvents", "iam:SimulateCustomPolicy")
PROVIDER_WRITES = (
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
    "iam:RemoveClientIDFromOpenIDConnectProvider",
    "iam:TagOpenIDConnectProvider",
)
ROLE_WRITES = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
POLICY_WRITES = (
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:TagPolicy",
    "iam:UntagPolicy",
)
BUCKET_WRITES = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
)


# Only a retirement: what is read of the one user, and what each stage of it writes.
RETIREMENT_READS = (
    "iam:GetAccessKeyLastUsed",
    "iam:GetLoginProfile",
    "iam:GetSSHPublicKey",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListMFADevices",
    "iam:ListSSHPublicKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSigningCertificates",
    "iam:ListUserPolicies",
    "iam:ListUserTags",
)
KEY_STATUS_WRITES = ("iam:UpdateAccessKey",)
KEY_WRITES = ("iam:DeleteAccessKey",)
# Attach, Put and Add are what an undo needs.
USER_WRITES = (
    "iam:AddUserToGroup",
    "iam:AttachUserPolicy",
    "iam:DeactivateMFADevice",
    "iam:DeleteLoginProfile",
    "iam:DeleteSSHPublicKey",
    "iam:DeleteServiceSpecificCredential",
    "iam:DeleteSigningCertificate",
    "iam:DeleteUser",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DeleteVirtualMFADevice",
    "iam:DetachUserPolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:RemoveUserFromGroup",
)


def actions_of(service: str, operation: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """The IAM actions that a request needs. sts:GetCallerIdentity needs none."""
    if service not in ("iam", "s3", "accessanalyzer", "cloudtrail"):
        return ()
    own = f"{_PREFIXES.get(service, service)}:{operation}"
    more = (action for (name, parameter), action in _WITH_PARAMETER.items() if name == operation and params.get(parameter))
    return (_NAMED_OTHERWISE.get(own, own), *more)


def resource_of(
    call: Call, account_id: str, partition: str, role_arns: Mapping[str, str], user_arns: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """The ARN that `call` changes, None where it cannot be told.

    That of a role, a user or a group has its path: only `role_arns` and `user_arns` (by lower-case name) know it, and of groups nobody does.
    """
    params = call.params
    account = f"arn:{partition}:iam::{account_id}"
    if call.service == "s3":
        return f"arn:{partition}:s3:::{params['Bucket']}"
    if call.operation == "CreateRole":
        return f"{account}:role{params['Path']}{params['RoleName']}"
    if call.operation == "CreatePolicy":
        return f"{account}:policy{params['Path']}{params['PolicyName']}"
    if call.operation == "CreateOpenIDConnectProvider":
        return f"{account}:oidc-provider/{str(params['Url']).removeprefix('https://')}"
    if "GroupName" in params:
        return None
    if "UserName" in params:
        return user_arns.get(str(params["UserName"]).lower())
    if "SerialNumber" in params:
        return str(params["SerialNumber"])
    if "RoleName" in params:
        return role_arns.get(str(params["RoleName"]).lower())
    arn = params.get("PolicyArn") or params.get("OpenIDConnectProviderArn")
    return str(arn) if arn else None


def operator_policy(account_id: str, partition: str, *, role_path: str = DEFAULT_ROLE_PATH, bucket: str = "*") -> Document:
    """The least policy for whoever runs this tool: reads, and writes on the roles and policies under `role_path` alone.

    `bucket` narrows the bucket statements to one bucket. Whoever never lets the tool create a bucket leaves `WriteBucket` out; `ReadUsers` is
    for `audit --circleci` alone, and `ReadOpinions` for `audit --second-opinions` and `--activity`, which say "not checked" without it. Without
    `ReadAccount` the tool works too, and says what it could not read.
    """
    account = f"arn:{partition}:iam::{account_id}"
    bucket_arn = f"arn:{partition}:s3:::{bucket}"
    return Document.of(
        {
            "Version": "2012-10-17",
            "Statement": [
                _allow("ReadAccount", ACCOUNT_READS, ["*"]),
                _allow(
                    "ReadIam",
                    IAM_READS,
                    [
                        *(f"{account}:{kind}/*" for kind in ("oidc-provider", "policy", "role", "user")),
                        f"arn:{partition}:iam::aws:policy/*",
                    ],
                ),
                _allow("ReadUsers", USER_READS, ["*"]),
                _allow("ReadBucket", BUCKET_READS, [bucket_arn]),
                _allow("ReadOpinions", OPINION_READS, ["*"]),
                _allow("WriteProvider", PROVIDER_WRITES, [f"{account}:oidc-provider/*"]),
                _allow("WriteRoles", ROLE_WRITES, [f"{account}:role{role_path}*"]),
                _allow("WritePolicies", POLICY_WRITES, [f"{account}:policy{role_path}*"]),
                _allow("WriteBucket", BUCKET_WRITES, [bucket_arn]),
            ],
        }
    )


def retirement_policy(account_id: str, partition: str, *, user: str = "*") -> Document:
    """The least policy for whoever retires the user, beside that for its roles; a statement each for what one may leave to somebody else.

    `user` is the user's path and name, without the first slash. Without `KeyStatus`, `DeleteKey` or `DeleteUser` its stage is handed off.
    """
    account = f"arn:{partition}:iam::{account_id}"
    users = [f"{account}:user/{user}"]
    return Document.of(
        {
            "Version": "2012-10-17",
            "Statement": [
                _allow("ReadUser", RETIREMENT_READS, users),
                _allow("ReadMfaDevices", ("iam:ListVirtualMFADevices",), ["*"]),
                _allow("KeyStatus", KEY_STATUS_WRITES, users),
                _allow("DeleteKey", KEY_WRITES, users),
                # Membership is a permission on the group, and a virtual device is a resource of its own.
                _allow("DeleteUser", USER_WRITES, [f"{account}:group/*", f"{account}:mfa/*", *users]),
            ],
        }
    )


def member_audit_policy(*, users: bool = True) -> Document:
    """The least policy of a role that audits: what it asks of IAM and, with `users`, of the users' keys, as `--circleci` does.

    It is about all there is in the account, and where all accounts are audited it is the policy of the role's session too.
    """
    statements = [_allow("ReadIam", AUDIT_READS, ["*"]), *([_allow("ReadUsers", USER_READS, ["*"])] if users else [])]
    return Document.of({"Version": "2012-10-17", "Statement": statements})


def _allow(sid: str, actions: tuple[str, ...], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
