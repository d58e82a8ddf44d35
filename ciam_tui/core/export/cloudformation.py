"""The export for CloudFormation: one `template.yaml` that makes what `apply` would make, with the policies as the very JSON that AWS is given.

JSON is YAML too, so that a policy stands there in the letters that were reviewed. The OIDC provider, and a bucket that the Setup makes, are
made unless a parameter says that the account has them: a template cannot look. Both stay when the stack goes, since other roles use the
one and objects are in the other; the roles go. Functions are written at length, which every reader of YAML knows, CDK's among them.

What CloudFormation cannot say is left out: tags of a managed policy, and of the provider a tag whose value is empty. A role does not wait
for the provider, which may not be in the stack: IAM takes a trust policy without asking for it.
"""

from __future__ import annotations

import re
from textwrap import indent
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.export.escaped import escaped
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.labels import labels
from ciam_tui.core.export.made import made_from_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.document import Document
    from ciam_tui.core.export.made import MadeBucket, MadeRole
    from ciam_tui.core.shape import SetupShape

_HEAD = """\
# The AWS roles of CircleCI jobs for the bucket {bucket}, for a stack in the account {account} alone, in {region}:
#   aws cloudformation deploy --template-file template.yaml --stack-name NAME --capabilities CAPABILITY_NAMED_IAM
# An account has one OIDC provider an issuer. Where this one has it already, with the audience:
#   ... --parameter-overrides MakeProvider=false
AWSTemplateFormatVersion: "2010-09-09"
Description: {description}
"""
_PROVIDER = "Provider"
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def export_cloudformation(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`template.yaml`."""
    made = made_from_nothing(setup)
    head = _HEAD.format(
        bucket=setup.bucket.name,
        account=setup.account_id,
        region=setup.bucket.region,
        description=escaped(f"Roles of CircleCI jobs for the bucket {setup.bucket.name}, in the account {setup.account_id}."),
    )
    choices = {_PROVIDER: "the OIDC provider", **({"Bucket": "the bucket"} if made.bucket else {})}
    resources = [_provider(made.provider)]
    resources += _bucket(made.bucket) if made.bucket else ()
    for role, name in zip(made.roles, logical_ids([each.role.name for each in made.roles]), strict=True):
        resources += _role(role, name)
    return (ExportFile("template.yaml", f"{head}{_choices(choices)}Resources:\n{indent(chr(10).join(resources), '  ')}"),)


def logical_ids(names: list[str]) -> tuple[str, ...]:
    """What roles are called within the template, which takes letters and digits alone: `circleci-web-build` is `CircleciWebBuild`."""
    return labels(
        ["".join(f"{part[0].upper()}{part[1:]}" for part in re.findall(r"[A-Za-z0-9]+", name)) for name in names], lead="Role", instead=""
    )


def _choices(choices: Mapping[str, str]) -> str:
    parameters, conditions = [], []
    for name, words in choices.items():
        parameters.append(
            f"Make{name}:\n  Description: Whether {words} is made here; false where the account has it already.\n"
            '  Type: String\n  AllowedValues: ["true", "false"]\n  Default: "true"\n'
        )
        conditions.append(f'Makes{name}:\n  Fn::Equals: [{{Ref: Make{name}}}, "true"]\n')
    return f"Parameters:\n{indent(''.join(parameters), '  ')}Conditions:\n{indent(''.join(conditions), '  ')}"


def _resource(name: str, kind: str, properties: Mapping[str, str], **attributes: str) -> str:
    """A resource; a property's value is its YAML, which begins on a line of its own where it has several."""
    lines = "".join(_pair(key, value) for key, value in properties.items())
    return f"{name}:\n  Type: {kind}\n{''.join(f'  {key}: {value}{chr(10)}' for key, value in attributes.items())}  Properties:\n{indent(lines, '    ')}"


def _pair(key: str, value: str) -> str:
    return f"{key}:\n{indent(value.removesuffix(chr(10)), '  ')}\n" if "\n" in value else f"{key}: {value}\n"


def _json(document: Document) -> str:
    return f"{document.text}\n"


def _tags(tags: kinds.Tags) -> str:
    return "".join(f"- Key: {escaped(key)}\n  Value: {escaped(value)}\n" for key, value in tags)


def _provider(made: kinds.CreateProvider) -> str:
    properties = {
        "Url": escaped(f"https://{made.url}"),
        "ClientIdList": "".join(f"- {escaped(each)}\n" for each in made.client_ids),
        "Tags": _tags(tuple((key, value) for key, value in made.tags if value)),
    }
    return _resource(_PROVIDER, "AWS::IAM::OIDCProvider", properties, Condition=f"Makes{_PROVIDER}", **_KEPT)


def _role(made: MadeRole, name: str) -> Iterator[str]:
    role = made.role
    properties = {
        "RoleName": escaped(role.name),
        "Path": escaped(role.path),
        "Description": escaped(role.description),
        "MaxSessionDuration": str(role.max_session_seconds),
        **({"PermissionsBoundary": escaped(role.boundary)} if role.boundary else {}),
        "Tags": _tags(role.tags),
        "AssumeRolePolicyDocument": _json(role.trust),
    }
    if isinstance(made.permissions, kinds.PutInlinePolicy):
        inline = f"- PolicyName: {escaped(made.permissions.name)}\n  PolicyDocument:\n{indent(_json(made.permissions.document), '    ')}"
        yield _resource(f"{name}Role", "AWS::IAM::Role", {**properties, "Policies": inline})
        return
    policy = made.permissions
    yield _resource(f"{name}Role", "AWS::IAM::Role", properties)
    yield _resource(
        f"{name}Policy",
        "AWS::IAM::ManagedPolicy",
        {
            "ManagedPolicyName": escaped(policy.name),
            "Path": escaped(policy.path),
            "Description": escaped(policy.description),
            "Roles": f"- Ref: {name}Role\n",
            "PolicyDocument": _json(policy.document),
        },
    )


def _bucket(made: MadeBucket) -> Iterator[str]:
    properties = {"BucketName": escaped(made.bucket.name)}
    policies = []
    for setting in made.settings:
        if isinstance(setting, kinds.SetBucketPolicy):
            policies.append(setting.document)
        else:
            properties |= _setting(setting)
    yield _resource("Bucket", "AWS::S3::Bucket", properties, Condition="MakesBucket", **_KEPT)
    for policy in policies:
        of_bucket = {"Bucket": "{Ref: Bucket}", "PolicyDocument": _json(policy)}
        yield _resource("BucketTlsOnly", "AWS::S3::BucketPolicy", of_bucket, Condition="MakesBucket", **_KEPT)


def _setting(setting: kinds.BucketSetting) -> dict[str, str]:
    """A setting of the bucket as its property; the policy is a resource of its own."""
    match setting:
        case kinds.TagBucket(tags=tags):
            return {"Tags": _tags(tags)}
        case kinds.BlockPublicAccess():
            names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
            return {"PublicAccessBlockConfiguration": "".join(f"{name}: true\n" for name in names)}
        case kinds.EnforceOwnership():
            return {"OwnershipControls": "Rules:\n  - ObjectOwnership: BucketOwnerEnforced\n"}
        case kinds.EncryptBucket(kms_key_arn=key):
            default = f"SSEAlgorithm: aws:kms\n      KMSMasterKeyID: {escaped(key)}" if key else "SSEAlgorithm: AES256"
            rule = f"- BucketKeyEnabled: {'true' if key else 'false'}\n    ServerSideEncryptionByDefault:\n      {default}\n"
            return {"BucketEncryption": f"ServerSideEncryptionConfiguration:\n  {rule}"}
        case kinds.VersionBucket():
            return {"VersioningConfiguration": "Status: Enabled\n"}
        case kinds.SetBucketPolicy():
            return {}
