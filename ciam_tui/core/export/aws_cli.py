"""The export for who applies by script: `apply.sh`, which makes by the AWS CLI what `apply` would make, beside the JSON files that it uses.

Each thing is read before it is changed, so that it may be run again, and what exists and is not this Setup's stops it before the first
change. What it says to AWS are the calls of the plan itself. The Setup's part is data: text between single quotes, and a recipe uses it.
"""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING, Any

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.export.aws_cli_recipe import BUCKET_RECIPE, RECIPE, assigned
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.json import export_json
from ciam_tui.core.export.made import made_from_nothing
from ciam_tui.core.facts import MANAGED_BY_TAG, SETUP_TAG
from ciam_tui.core.permissions import INLINE_POLICY_NAME
from ciam_tui.core.trust import audience

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.export.made import Made, MadeBucket, MadeRole
    from ciam_tui.core.shape import SetupShape

_HEAD = """\
#!/usr/bin/env bash
# Makes the AWS roles of CircleCI jobs for the bucket {bucket}, in the account {account} alone, by the AWS CLI: version 1 or 2.
#
#   ./apply.sh
#   ADOPT='NAME ...' ./apply.sh
#
# It may be run again: everything is read first, what is missing is made, and what differs is changed. A role or a managed policy that exists
# and is not tagged as made for this Setup stops it before the first change, unless ADOPT names the role: its policies are then replaced, and
# there is no way back but your own copy of them. A tag can be copied: `ciam-tui apply` also knows by its journal what is ours, and can undo.
# A role that belongs to AWS or trusts others too is never taken over. The OIDC provider is never changed but by adding the audience;
# to make one, the AWS CLI must not be older than late 2024: before, it asked for a thumbprint, which AWS does not need.
#
# shellcheck disable=SC2016 # backticks within single quotes are the literals of AWS's query language
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")"
export AWS_PAGER="" AWS_CLI_AUTO_PROMPT=off

"""
_USED_SUFFIXES = (".permissions.json", ".trust.json")


def export_aws_cli(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`apply.sh`, and those files of the JSON export that it uses."""
    used = (file for file in export_json(setup) if file.path.endswith(_USED_SUFFIXES) or file.path == "provider.json")
    return (ExportFile("apply.sh", _script(setup), executable=True), *used)


def _script(setup: SetupShape) -> str:
    made = made_from_nothing(setup)
    parts = [_HEAD.format(bucket=setup.bucket.name, account=setup.account_id), assigned(_variables(setup, made)), RECIPE]
    if made.bucket:
        parts += [BUCKET_RECIPE, _bucket(made.bucket)]
    parts += [_each_role(made), _MAIN.format(bucket="make_bucket\n" if made.bucket else "")]
    return "".join(parts)


_MAIN = """
check_account
each_role check_role
{bucket}make_provider
each_role make_role
if [ "$changes" -eq 0 ]; then printf 'Nothing to change.\\n'; else printf 'Done. Changes: %s\\n' "$changes"; fi
"""


def _variables(setup: SetupShape, made: Made) -> dict[str, str]:
    """What the recipe knows of the Setup. A `_literal` is one of the query language."""
    tags = [{"Key": key, "Value": value} for key, value in made.provider.tags]
    boundary, path = setup.role.permissions_boundary, setup.role.path
    added = call_of(kinds.AddAudience(made.provider.arn, audience(setup.circleci)))
    return {
        "account": setup.account_id,
        "partition": setup.partition,
        "region": setup.bucket.region,
        "provider_arn": made.provider.arn,
        "add_audience": json.dumps(dict(added.params)),
        "tags": json.dumps(tags),
        "boundary": boundary or "",
        "inline_name": INLINE_POLICY_NAME,
        "audience_literal": _literal(audience(setup.circleci)),
        "path_literal": _literal(path),
        "boundary_literal": _literal(boundary),
        "principal_literal": _literal({"Federated": made.provider.arn}),
        "marks": _literal([each for each in tags if each["Key"] in (MANAGED_BY_TAG, SETUP_TAG)]),
        "tags_literal": _literal(tags),
        "tags_count": str(len(tags)),
    }


def _literal(value: Any) -> str:
    """`value` as AWS's query language takes it literally: its JSON between backticks, of which those within have a backslash."""
    return f"`{json.dumps(value)}`".replace("`", "\\`")[1:-2] + "`"


def _each_role(made: Made) -> str:
    return "\neach_role() {\n" + "".join(_role_call(each) for each in made.roles) + "}\n"


def _role_call(made: MadeRole) -> str:
    words = [made.role.name, str(made.role.max_session_seconds), _input(made.role, without="AssumeRolePolicyDocument")]
    if isinstance(made.permissions, kinds.CreatePolicy):
        words += [made.permissions.arn, _input(made.permissions, without="PolicyDocument")]
    return '  "$1"' + "".join(f" {quote(word)}" for word in words) + "\n"


def _input(change: kinds.Change, *, without: str | None = None) -> str:
    """The parameters of the change's call, as the CLI takes them whole; a policy that lies in a file of its own is left to that file."""
    return json.dumps({name: value for name, value in call_of(change).params.items() if name != without}, indent=2)


def _bucket(made: MadeBucket) -> str:
    tagging, *settings = made.settings
    encryption = next(each for each in settings if isinstance(each, kinds.EncryptBucket))
    variables = {
        "bucket": made.bucket.name,
        "create_bucket": _input(made.bucket),
        "tag_bucket": _input(tagging),
        # What is replaced by the Setup's key, where it names one; else a bucket's encryption is left alone, whatever it is.
        "default_encryption": "AES256" if encryption.kms_key_arn else "",
    }
    return f'\n{assigned(variables)}\nsetting_of() {{\n  case "$1" in\n{"".join(_settings(settings))}  esac\n}}\n'


def _settings(settings: list[kinds.BucketSetting]) -> Iterator[str]:
    for setting in settings:
        yield f"    {_SETTING_NAMES[type(setting)]}) printf '%s' {quote(_input(setting))} ;;\n"


_SETTING_NAMES: Mapping[type[kinds.Change], str] = {
    kinds.BlockPublicAccess: "public-access-block",
    kinds.EnforceOwnership: "bucket-ownership-controls",
    kinds.EncryptBucket: "bucket-encryption",
    kinds.VersionBucket: "bucket-versioning",
    kinds.SetBucketPolicy: "bucket-policy",
}
