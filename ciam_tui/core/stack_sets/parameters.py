"""What may differ from account to account in a stack set, as parameters of its template, and the Setup that an account has with them.

A template cannot hold what belongs to one account: its own id is a word of CloudFormation's, and everything else that is an account's own is
a parameter, given to all by the stack set or to one account by its overrides. `setup_in` says what they mean: a value is right where the
Setup that it makes is valid, so that no rule for a bucket or a key is written here again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.setup import SetupInvalid, read_setup, to_json
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.validate.bucket import BUCKET_NAME_PATTERN, KMS_KEY_PATTERN, REGION_PATTERN
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.setup import Setup

BUCKET_NAME = "BucketName"
BUCKET_OWNER = "BucketOwner"
BUCKET_REGION = "BucketRegion"
KMS_KEY_ARN = "KmsKeyArn"
MAKE_BUCKET = "MakeBucket"
MAKE_PROVIDER = "MakeProvider"
_YES_OR_NO = ("true", "false")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the template. `default` stands in the template, `given` is what the stack set gives all accounts; None where neither does."""

    name: str
    description: str
    pattern: str | None = None
    default: str | None = None
    given: str | None = None
    allowed: tuple[str, ...] = ()


def parameters_of(setup: Setup) -> tuple[Parameter, ...]:
    """The parameters of the template for `setup`. What holds an account's id is given by the stack set and is no default."""
    bucket = setup.bucket
    found = [Parameter(BUCKET_NAME, "The name of the bucket.", BUCKET_NAME_PATTERN, bucket.name)]
    if not bucket.create:
        words = "The account that owns the bucket; empty where each account owns its own."
        found.append(
            Parameter(BUCKET_OWNER, words, "^([0-9]{12})?$", None if bucket.owner_account_id else "", bucket.owner_account_id or None)
        )
    if bucket.kms_key_arn:
        found.append(
            Parameter(KMS_KEY_ARN, "The ARN of the key that the bucket is encrypted with.", KMS_KEY_PATTERN, None, bucket.kms_key_arn)
        )
        if not bucket.create:
            found.append(Parameter(BUCKET_REGION, "The region of the bucket.", REGION_PATTERN, bucket.region))
    found.append(Parameter(MAKE_PROVIDER, _made("the OIDC provider"), default="true", allowed=_YES_OR_NO))
    if bucket.create:
        found.append(Parameter(MAKE_BUCKET, _made("the bucket"), default="true", allowed=_YES_OR_NO))
    return tuple(found)


def _made(what: str) -> str:
    return f"Whether {what} is made here; false where the account has it already."


def bucket_name_in(name: str, account_id: str, *, bucket_per_account: bool) -> str:
    """The bucket of an account; with `bucket_per_account` its name ends in the account's id, since a name exists once in the world."""
    return f"{name}-{account_id}" if bucket_per_account else name


def setup_in(setup: Setup, account_id: str, values: Mapping[str, str], *, bucket_per_account: bool = False) -> Setup:
    """The Setup that `account_id` has where the stack set of `setup` gives it `values` in place of its own.

    Raises:
        CiamError: `stack-set-invalid`, where the template has no such parameter, or a value is none that it takes.
    """
    known = {each.name: each for each in parameters_of(setup)}
    for name, value in values.items():
        if name not in known:
            raise invalid(f"{quoted(name)} is no parameter of this Setup's template.", f"Name one of {listed(known)}.")
        if known[name].allowed and value not in known[name].allowed:
            raise invalid(f"{name} is {quoted(value)}.", f"Write {' or '.join(json.dumps(each) for each in known[name].allowed)}.")
    answers = json.loads(to_json(setup))
    bucket, role = answers["bucket"], answers["role"]
    name = values.get(BUCKET_NAME, bucket["name"])
    answers["account_id"] = account_id
    bucket["name"] = bucket_name_in(name, account_id, bucket_per_account=bucket_per_account)
    bucket["owner_account_id"] = None if bucket["create"] else values.get(BUCKET_OWNER, bucket["owner_account_id"]) or None
    bucket["kms_key_arn"] = values.get(KMS_KEY_ARN, bucket["kms_key_arn"])
    bucket["region"] = values.get(BUCKET_REGION, bucket["region"])
    role["permissions_boundary"] = boundary_in(role["permissions_boundary"], account_id)
    try:
        return read_setup(json.dumps(answers)).setup
    except SetupInvalid as error:
        problem = error.problems[0]
        raise invalid(problem.text, problem.fix) from None


def boundary_in(boundary: str | None, account_id: str) -> str | None:
    """The policy of the same path and name in the account; AWS's own policies are the same everywhere."""
    pieces = (boundary or "").split(":")
    if len(pieces) < 5 or pieces[4] == "aws":
        return boundary
    return ":".join((*pieces[:4], account_id, *pieces[5:]))


def invalid(message: str, fix: str = "") -> CiamError:
    """That the stack set cannot be made as asked for."""
    return CiamError("stack-set-invalid", "Cannot make the stack set", message, (fix,) if fix else ())
