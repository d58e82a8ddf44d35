"""What a template makes, resource by resource, from what the plan makes: the same for one account's stack and for a stack set's.

A policy stands there as JSON, which is YAML too. How a text of the plan's is spelled is the caller's to say: a stack set's template has
none that holds one account's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.export.escaped import escaped
from ciam_tui.core.export.labels import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.core.document import Document
    from ciam_tui.core.export.made import Made, MadeBucket, MadeRole

PROVIDER = "Provider"
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def as_it_is(document: Document) -> str:
    """A policy in the very letters that AWS is given."""
    return f"{document.text}\n"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a text becomes a value of YAML on one line, and a policy one of several lines; the tags with the keys `tags_left_out` are not made."""

    text: Callable[[str], str] = escaped
    document: Callable[[Document], str] = as_it_is
    tags_left_out: frozenset[str] = frozenset()


PLAIN = Spelling()


def resources(made: Made, spelling: Spelling = PLAIN) -> str:
    """The section `Resources` of a template that makes `made`."""
    each = [_provider(made.provider, spelling)]
    each += _bucket(made.bucket, spelling) if made.bucket else ()
    for role, name in zip(made.roles, logical_ids([each.role.name for each in made.roles]), strict=True):
        each += _role(role, name, spelling)
    return f"Resources:\n{indent(chr(10).join(each), '  ')}"


def logical_ids(names: list[str]) -> tuple[str, ...]:
    """What roles are called within the template, which takes letters and digits alone: `circleci-web-build` is `CircleciWebBuild`."""
    return labels(
        ["".join(f"{part[0].upper()}{part[1:]}" for part in re.findall(r"[A-Za-z0-9]+", name)) for name in names], lead="Role", instead=""
    )


def choice(name: str, words: str) -> tuple[str, str]:
    """The parameter `MakeName` and the condition on it, by which a template is told that the account has `words` already."""
    asked = f"Make{name}:\n  Description: Whether {words} is made here; false where the account has it already.\n"
    return f'{asked}  Type: String\n  AllowedValues: ["true", "false"]\n  Default: "true"\n', made_condition(name)


def made_condition(name: str) -> str:
    """The condition `MakesName`: whether the parameter says that it is made here."""
    return f'Makes{name}:\n  Fn::Equals: [{{Ref: Make{name}}}, "true"]\n'


def parameters_and_conditions(parameters: list[str], conditions: list[str]) -> str:
    """Both sections of a template."""
    return f"Parameters:\n{indent(''.join(parameters), '  ')}Conditions:\n{indent(''.join(conditions), '  ')}"


def _resource(name: str, kind: str, properties: Mapping[str, str], **attributes: str) -> str:
    """A resource; a property's value is its YAML, which begins on a line of its own where it has several."""
    lines = "".join(_pair(key, value) for key, value in properties.items())
    return f"{name}:\n  Type: {kind}\n{''.join(f'  {key}: {value}{chr(10)}' for key, value in attributes.items())}  Properties:\n{indent(lines, '    ')}"


def _pair(key: str, value: str) -> str:
    return f"{key}:\n{indent(value.removesuffix(chr(10)), '  ')}\n" if "\n" in value else f"{key}: {value}\n"


def _tags(tags: kinds.Tags, spelling: Spelling) -> str:
    told = ((key, value) for key, value in tags if key not in spelling.tags_left_out)
    return "".join(f"- Key: {escaped(key)}\n  Value: {spelling.text(value)}\n" for key, value in told)


def _provider(made: kinds.CreateProvider, spelling: Spelling) -> str:
    properties = {
        "Url": escaped(f"https://{made.url}"),
        "ClientIdList": "".join(f"- {escaped(each)}\n" for each in made.client_ids),
        "Tags": _tags(tuple((key, value) for key, value in made.tags if value), spelling),
    }
    return _resource(PROVIDER, "AWS::IAM::OIDCProvider", properties, Condition=f"Makes{PROVIDER}", **_KEPT)


def _role(made: MadeRole, name: str, spelling: Spelling) -> Iterator[str]:
    role = made.role
    properties = {
        "RoleName": escaped(role.name),
        "Path": escaped(role.path),
        "Description": spelling.text(role.description),
        "MaxSessionDuration": str(role.max_session_seconds),
        **({"PermissionsBoundary": spelling.text(role.boundary)} if role.boundary else {}),
        "Tags": _tags(role.tags, spelling),
        "AssumeRolePolicyDocument": spelling.document(role.trust),
    }
    if isinstance(made.permissions, kinds.PutInlinePolicy):
        inline = f"- PolicyName: {escaped(made.permissions.name)}\n  PolicyDocument:\n{indent(spelling.document(made.permissions.document), '    ')}"
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
            "Description": spelling.text(policy.description),
            "Roles": f"- Ref: {name}Role\n",
            "PolicyDocument": spelling.document(policy.document),
        },
    )


def _bucket(made: MadeBucket, spelling: Spelling) -> Iterator[str]:
    properties = {"BucketName": spelling.text(made.bucket.name)}
    policies = []
    for setting in made.settings:
        if isinstance(setting, kinds.SetBucketPolicy):
            policies.append(setting.document)
        else:
            properties |= _setting(setting, spelling)
    yield _resource("Bucket", "AWS::S3::Bucket", properties, Condition="MakesBucket", **_KEPT)
    for policy in policies:
        of_bucket = {"Bucket": "{Ref: Bucket}", "PolicyDocument": spelling.document(policy)}
        yield _resource("BucketTlsOnly", "AWS::S3::BucketPolicy", of_bucket, Condition="MakesBucket", **_KEPT)


def _setting(setting: kinds.BucketSetting, spelling: Spelling) -> dict[str, str]:
    """A setting of the bucket as its property; the policy is a resource of its own."""
    match setting:
        case kinds.TagBucket(tags=tags):
            return {"Tags": _tags(tags, spelling)}
        case kinds.BlockPublicAccess():
            names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
            return {"PublicAccessBlockConfiguration": "".join(f"{name}: true\n" for name in names)}
        case kinds.EnforceOwnership():
            return {"OwnershipControls": "Rules:\n  - ObjectOwnership: BucketOwnerEnforced\n"}
        case kinds.EncryptBucket(kms_key_arn=key):
            default = f"SSEAlgorithm: aws:kms\n      KMSMasterKeyID: {spelling.text(key)}" if key else "SSEAlgorithm: AES256"
            rule = f"- BucketKeyEnabled: {'true' if key else 'false'}\n    ServerSideEncryptionByDefault:\n      {default}\n"
            return {"BucketEncryption": f"ServerSideEncryptionConfiguration:\n  {rule}"}
        case kinds.VersionBucket():
            return {"VersioningConfiguration": "Status: Enabled\n"}
        case kinds.SetBucketPolicy():
            return {}
