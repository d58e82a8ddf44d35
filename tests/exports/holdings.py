"""What an account holds once something was applied to it, in one form for all that can be applied: the form that two of them are compared in."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

import hcl2
import yaml  # type: ignore[import-untyped]  # comes with moto, without types

from ciam_tui.core.changes.effects import effect
from ciam_tui.core.facts import Facts, Identity
from ciam_tui.core.planning import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ciam_tui.core.setup import Setup

Holdings = dict[str, Any]


def planned_holdings(setup: Setup) -> Holdings:
    """What the plan's changes leave in an account that had nothing."""
    facts = Facts(Identity(setup.account_id, "", setup.partition))
    for step in make_plan(setup, facts).steps:
        facts = effect(facts, step.change)
    assert facts.provider is not None
    bucket = facts.bucket
    return {
        "providers": {facts.provider.url: {"clients": list(facts.provider.client_ids), "tags": dict(facts.provider.tags)}},
        "roles": {
            role.name: {
                "path": role.path,
                "description": role.description,
                "session": role.max_session_seconds,
                "boundary": role.boundary,
                "tags": dict(role.tags),
                "trust": role.trust.policy,
                "inline": {name: document.policy for name, document in role.inline},
                "attached": list(role.attached),
            }
            for role in facts.roles.values()
        },
        "policies": {
            policy.arn: {"description": policy.description, "document": policy.document.policy, "tags": dict(policy.tags)}
            for policy in facts.policies.values()
        },
        "buckets": {
            bucket.name: {
                "tags": dict(bucket.tags),
                "blocked": bucket.public_access_blocked,
                "ownership": bucket.ownership,
                "encryption": ("aws:kms", bucket.kms_key_arn, True) if bucket.kms_key_arn else ("AES256", None, False),
                "versioning": bucket.versioning,
                "policy": bucket.policy.policy if bucket.policy else None,
            }
        }
        if bucket
        else {},
    }


def terraform_holdings(source: str, account: str, partition: str) -> Holdings:
    """What `main.tf` makes with its variables as they are, as a parser of Terraform's language reads it."""
    parsed = hcl2.loads(source)
    (local,) = parsed["locals"]
    tags = {unquoted(key): unquoted(value) for key, value in local["tags"].items()}
    resources: dict[str, dict[str, Any]] = {}
    for found in parsed["resource"]:
        ((kind, named),) = found.items()
        ((name, values),) = named.items()
        assert resources.setdefault(unquoted(kind), {}).setdefault(unquoted(name), values) is values, "an address twice"

    def tags_of(values: Mapping[str, Any]) -> dict[str, str]:
        assert values["tags"] == "${local.tags}"
        return tags

    def each(kind: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        return resources.pop(kind, {}).items()

    policies, attached, inline = {}, {}, {}
    arns = {}
    for name, values in each("aws_iam_policy"):
        arns[name] = f"arn:{partition}:iam::{account}:policy{unquoted(values['path'])}{unquoted(values['name'])}"
        policies[arns[name]] = {
            "description": unquoted(values["description"]),
            "document": document(values["policy"]),
            "tags": tags_of(values),
        }
    for name, values in each("aws_iam_role_policy_attachment"):
        assert values["role"] == f"${{aws_iam_role.{name}.name}}"
        assert values["policy_arn"] == f"${{aws_iam_policy.{name}.arn}}"
        attached[name] = [arns[name]]
    for name, values in each("aws_iam_role_policy"):
        assert values["role"] == f"${{aws_iam_role.{name}.name}}"
        inline[name] = {unquoted(values["name"]): document(values["policy"])}
    roles = {
        unquoted(values["name"]): {
            "path": unquoted(values["path"]),
            "description": unquoted(values["description"]),
            "session": values["max_session_duration"],
            "boundary": unquoted(values["permissions_boundary"]) if "permissions_boundary" in values else None,
            "tags": tags_of(values),
            "trust": document(values["assume_role_policy"]),
            "inline": inline.get(name, {}),
            "attached": attached.get(name, []),
        }
        for name, values in each("aws_iam_role")
    }
    providers = {
        unquoted(values["url"]).removeprefix("https://"): {"clients": [*map(unquoted, values["client_id_list"])], "tags": tags_of(values)}
        for _, values in each("aws_iam_openid_connect_provider")
    }
    buckets = {unquoted(values["bucket"]): {"tags": tags_of(values), **_bucket_settings(each)} for _, values in each("aws_s3_bucket")}
    assert resources == {}, "resources that nothing here knows"
    return {"providers": providers, "roles": roles, "policies": policies, "buckets": buckets}


def _bucket_settings(each: Any) -> dict[str, Any]:
    """The settings of the only bucket there is; each says which bucket it is about."""

    def only(kind: str) -> dict[str, Any]:
        ((_, values),) = each(kind)
        assert values["bucket"] == "${aws_s3_bucket.this.id}"
        return {key: value for key, value in values.items() if key not in {"bucket", "__is_block__"}}

    (encryption,) = only("aws_s3_bucket_server_side_encryption_configuration")["rule"]
    (default,) = encryption["apply_server_side_encryption_by_default"]
    key = default.get("kms_master_key_id")
    blocked = only("aws_s3_bucket_public_access_block")
    assert set(blocked) == {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}
    return {
        "blocked": all(value is True for value in blocked.values()),
        "ownership": unquoted(only("aws_s3_bucket_ownership_controls")["rule"][0]["object_ownership"]),
        "encryption": (unquoted(default["sse_algorithm"]), unquoted(key) if key else None, encryption["bucket_key_enabled"]),
        "versioning": unquoted(only("aws_s3_bucket_versioning")["versioning_configuration"][0]["status"]),
        "policy": document(only("aws_s3_bucket_policy")["policy"]),
    }


def template_holdings(source: str, account: str, partition: str) -> Holdings:
    """What `template.yaml` makes with its parameters as they are, as a reader of YAML reads it."""
    return parsed_template_holdings(yaml.safe_load(source), account, partition)


def parsed_template_holdings(template: Mapping[str, Any], account: str, partition: str) -> Holdings:
    """The same of a template that was read, in which no function is left but those of conditions."""
    conditions = {
        name: template["Parameters"][condition["Fn::Equals"][0]["Ref"]]["Default"] == condition["Fn::Equals"][1]
        for name, condition in template["Conditions"].items()
    }
    made = {name: each for name, each in template["Resources"].items() if conditions.get(each.get("Condition"), True)}
    found = {
        kind: {name: each["Properties"] for name, each in made.items() if each["Type"] == f"AWS::{kind}"}
        for kind in ("IAM::OIDCProvider", "IAM::Role", "IAM::ManagedPolicy", "S3::Bucket", "S3::BucketPolicy")
    }
    assert sum(map(len, found.values())) == len(made), "resources that nothing here knows"
    policies, attached = {}, {}
    for properties in found["IAM::ManagedPolicy"].values():
        arn = f"arn:{partition}:iam::{account}:policy{properties['Path']}{properties['ManagedPolicyName']}"
        policies[arn] = {"description": properties["Description"], "document": properties["PolicyDocument"], "tags": {}}
        (role,) = properties["Roles"]
        attached[role["Ref"]] = [arn]
    roles = {
        role["RoleName"]: {
            "path": role["Path"],
            "description": role["Description"],
            "session": role["MaxSessionDuration"],
            "boundary": role.get("PermissionsBoundary"),
            "tags": _tags(role),
            "trust": role["AssumeRolePolicyDocument"],
            "inline": {each["PolicyName"]: each["PolicyDocument"] for each in role.get("Policies", [])},
            "attached": attached.get(name, []),
        }
        for name, role in found["IAM::Role"].items()
    }
    providers = {
        each["Url"].removeprefix("https://"): {"clients": each["ClientIdList"], "tags": _tags(each)}
        for each in found["IAM::OIDCProvider"].values()
    }
    buckets = {each["BucketName"]: _template_bucket(each, found["S3::BucketPolicy"]) for each in found["S3::Bucket"].values()}
    return {"providers": providers, "roles": roles, "policies": policies, "buckets": buckets}


def _template_bucket(properties: Mapping[str, Any], policies: Mapping[str, Any]) -> dict[str, Any]:
    (policy,) = policies.values()
    assert policy["Bucket"] == {"Ref": "Bucket"}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    default = rule["ServerSideEncryptionByDefault"]
    blocked = properties["PublicAccessBlockConfiguration"]
    assert set(blocked) == {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
    return {
        "tags": _tags(properties),
        "blocked": all(value is True for value in blocked.values()),
        "ownership": properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "encryption": (default["SSEAlgorithm"], default.get("KMSMasterKeyID"), rule["BucketKeyEnabled"]),
        "versioning": properties["VersioningConfiguration"]["Status"],
        "policy": policy["PolicyDocument"],
    }


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in properties["Tags"]}


_HCL_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def unquoted(literal: str) -> str:
    """The text of a string of Terraform's, which must hold no template."""
    assert literal[0] == literal[-1] == '"'
    assert not re.search(r"(?<![$%])(\$\$|%%)*[$%]\{", literal), "a template"
    plain = re.sub(
        r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))",
        lambda match: chr(int(match[1] or match[2], 16)) if match[1] or match[2] else _HCL_ESCAPES.get(match[3], match[3]),
        literal[1:-1],
    )
    return _untemplated(plain)


def document(literal: str) -> Any:
    """The JSON of a text of its own lines, as Terraform takes its indentation off."""
    first, *lines, last = literal[1:-1].split("\n")
    assert (first, last.strip()) == ("<<-JSON", "JSON")
    return json.loads(_untemplated(textwrap.dedent("\n".join(lines))))


def _untemplated(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")
