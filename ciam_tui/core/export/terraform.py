"""The export for Terraform: one `main.tf` that makes what `apply` would make, with the policies as the very JSON that AWS is given.

What an account has already is imported instead of made where the variable `existing` names it, by the address that it has in the file. Where
the account was read before, as in the wizard, that is filled in. The OIDC provider can be left out, since there is one an issuer and
another configuration may hold it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.hcl import attributes, block, document, listed, text
from ciam_tui.core.export.labels import labels
from ciam_tui.core.export.made import made_from_nothing
from ciam_tui.core.ownership import is_tagged_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.export.made import Made, MadeBucket, MadeRole
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.shape import SetupShape

_HEAD = """\
# The AWS roles of CircleCI jobs for the bucket {bucket}, in the account {account}.
#
# What the account has already is imported where `existing` names it by its address here, and else Terraform refuses to make it:
#   terraform plan -var 'existing=["{example}"]'
# The account has one OIDC provider an issuer. Where another configuration holds it, or nobody's jobs may be shut out by its removal, leave it:
#   terraform plan -var make_provider=false

terraform {{
  required_version = ">= 1.7" # import blocks with for_each

  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.81" # providers without thumbprints
    }}
  }}
}}
"""
_PROVIDER = "aws_iam_openid_connect_provider.circleci"
_BUCKET = "aws_s3_bucket.this"
# The words of Terraform for a setting that is a block of its own, within which is what the call says.
_RULE = "rule"


def export_terraform(setup: SetupShape, facts: Facts | None = None) -> tuple[ExportFile, ...]:
    """`main.tf`. With `facts` what the account has already is imported by default, and a provider that is as it shall be is left alone."""
    made = _without_foreign_bucket(made_from_nothing(setup), setup, facts)
    names = labels([each.role.name for each in made.roles], lead="role-", instead="_")
    standing = _standing(made, names, facts)
    parts = [
        _HEAD.format(bucket=setup.bucket.name, account=setup.account_id, example=f"aws_iam_role.{names[0]}" if names else _PROVIDER),
        *_variables(standing, make_provider=_makes_provider(made, facts)),
        block(
            "provider " + text("aws"), attributes({"region": text(setup.bucket.region), "allowed_account_ids": listed([setup.account_id])})
        ),
        block("locals", _tags(made.provider.tags)),
        *(_bucket(made.bucket) if made.bucket else ()),
        *_provider(made.provider, facts),
        *(part for each, name in zip(made.roles, names, strict=True) for part in _role(each, name)),
    ]
    return (ExportFile("main.tf", "\n".join(parts)),)


def _without_foreign_bucket(made: Made, setup: SetupShape, facts: Facts | None) -> Made:
    """A bucket that exists and is not ours is used as it is."""
    is_foreign = facts is not None and facts.bucket is not None and not is_tagged_ours(facts.bucket.tags, setup)
    return replace(made, bucket=None) if is_foreign else made


def _makes_provider(made: Made, facts: Facts | None) -> bool:
    return facts is None or facts.provider is None or not set(made.provider.client_ids) <= set(facts.provider.client_ids)


def _standing(made: Made, names: tuple[str, ...], facts: Facts | None) -> list[str]:
    """The addresses of what `facts` show to be there."""
    if facts is None:
        return []
    found = [_BUCKET] if made.bucket and facts.bucket else []
    found += [_PROVIDER] if facts.provider and _makes_provider(made, facts) else []
    for each, name in zip(made.roles, names, strict=True):
        found += [f"aws_iam_role.{name}"] if each.role.name.lower() in facts.roles else []
        managed = isinstance(each.permissions, kinds.CreatePolicy) and each.permissions.arn in facts.policies
        found += [f"aws_iam_policy.{name}"] if managed else []
    return found


def _variables(standing: list[str], *, make_provider: bool) -> Iterator[str]:
    yield block(
        f"variable {text('existing')}",
        attributes(
            {
                "description": text("The addresses of what the account has already: it is imported instead of made."),
                "type": "set(string)",
                "default": listed(standing),
            }
        ),
    )
    yield block(
        f"variable {text('make_provider')}",
        attributes(
            {
                "description": text(
                    "Whether the OIDC provider is made and held here; false where the account has it already, with the audience."
                ),
                "type": "bool",
                "default": "true" if make_provider else "false",
            }
        ),
    )


def _tags(tags: kinds.Tags) -> str:
    return f"tags = {{\n{''.join(f'  {line}' for line in attributes({text(key): text(value) for key, value in tags}).splitlines(keepends=True))}}}\n"


def _import(address: str, identity: str, *, condition: str = "", instance: str = "") -> str:
    wanted = f"setintersection(var.existing, {listed([address])})"
    return block(
        "import",
        attributes(
            {
                "for_each": f"{condition} ? {wanted} : []" if condition else wanted,
                "to": f"{address}{instance}",
                "id": text(identity),
            }
        ),
    )


def _resource(address: str, *paragraphs: str) -> str:
    kind, _, name = address.partition(".")
    return block(f"resource {text(kind)} {text(name)}", *paragraphs)


def _provider(made: kinds.CreateProvider, facts: Facts | None) -> Iterator[str]:
    # The audiences that it has are others' too: Terraform would take away what is not listed.
    others = facts.provider.client_ids if facts and facts.provider else ()
    audiences = (*made.client_ids, *(each for each in others if each not in made.client_ids))
    yield _import(_PROVIDER, made.arn, condition="var.make_provider", instance="[0]")
    yield _resource(
        _PROVIDER,
        attributes({"count": "var.make_provider ? 1 : 0"}),
        attributes({"url": text(f"https://{made.url}"), "client_id_list": listed(audiences), "tags": "local.tags"}),
    )


def _role(made: MadeRole, name: str) -> Iterator[str]:
    address = f"aws_iam_role.{name}"
    values = {
        "name": text(made.role.name),
        "path": text(made.role.path),
        "description": text(made.role.description),
        "max_session_duration": str(made.role.max_session_seconds),
        **({"permissions_boundary": text(made.role.boundary)} if made.role.boundary else {}),
        "tags": "local.tags",
    }
    yield _import(address, made.role.name)
    yield _resource(
        address, attributes(values), document("assume_role_policy", made.role.trust), attributes({"depends_on": f"[{_PROVIDER}]"})
    )
    if isinstance(made.permissions, kinds.PutInlinePolicy):
        inline = attributes({"name": text(made.permissions.name), "role": f"{address}.name"})
        yield _resource(f"aws_iam_role_policy.{name}", inline, document("policy", made.permissions.document))
    else:
        yield from _managed(made.permissions, name)


def _managed(policy: kinds.CreatePolicy, name: str) -> Iterator[str]:
    address = f"aws_iam_policy.{name}"
    values = {"name": text(policy.name), "path": text(policy.path), "description": text(policy.description), "tags": "local.tags"}
    yield _import(address, policy.arn)
    yield _resource(address, attributes(values), document("policy", policy.document))
    yield _resource(
        f"aws_iam_role_policy_attachment.{name}", attributes({"role": f"aws_iam_role.{name}.name", "policy_arn": f"{address}.arn"})
    )


def _bucket(made: MadeBucket) -> Iterator[str]:
    yield _import(_BUCKET, made.bucket.name)
    yield _resource(_BUCKET, attributes({"bucket": text(made.bucket.name), "tags": "local.tags"}))
    for setting in made.settings:
        yield from _setting(setting)


def _setting(setting: kinds.BucketSetting) -> Iterator[str]:
    """A setting of the bucket as the resource that Terraform has for it; tags are the bucket's own."""
    of_bucket = {"bucket": f"{_BUCKET}.id"}
    match setting:
        case kinds.BlockPublicAccess():
            blocked = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), "true")
            yield _resource("aws_s3_bucket_public_access_block.this", attributes(of_bucket | blocked))
        case kinds.EnforceOwnership():
            rule = block(_RULE, attributes({"object_ownership": text("BucketOwnerEnforced")}))
            yield _resource("aws_s3_bucket_ownership_controls.this", attributes(of_bucket), rule)
        case kinds.EncryptBucket(kms_key_arn=key):
            default = {"sse_algorithm": text("aws:kms"), "kms_master_key_id": text(key)} if key else {"sse_algorithm": text("AES256")}
            encrypted = block("apply_server_side_encryption_by_default", attributes(default))
            rule = block(_RULE, attributes({"bucket_key_enabled": "true" if key else "false"}), encrypted)
            yield _resource("aws_s3_bucket_server_side_encryption_configuration.this", attributes(of_bucket), rule)
        case kinds.VersionBucket():
            status = block("versioning_configuration", attributes({"status": text("Enabled")}))
            yield _resource("aws_s3_bucket_versioning.this", attributes(of_bucket), status)
        case kinds.SetBucketPolicy(document=policy):
            yield _resource("aws_s3_bucket_policy.this", attributes(of_bucket), document("policy", policy))
        case kinds.TagBucket():
            return
