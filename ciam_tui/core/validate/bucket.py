"""The rules for where the objects lie: bucket, region, account, partition, encryption key and prefix.

A bucket's name and a prefix go into every policy's ARNs, so a wrong one either grants nothing or grants something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.draft import PARTITIONS
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.validate.texts import counted, error, plain_text_problem, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 1024  # The longest object key, in UTF-8.
BUCKET_NAME_PATTERN = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
ACCOUNT_ID_PATTERN = r"^[0-9]{12}$"
REGION_PATTERN = r"^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$"
# KMS calls its keys by UUID, multi-Region ones by `mrk-` and 32 digits; its API leaves the form open, and so do we: plan reads the key.
KMS_KEY_PATTERN = r"^arn:aws(-cn|-us-gov|-eusc)?:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"

_NO_BUCKET_OF_ITS_OWN: Mapping[str, str] = {
    "-s3alias": "is the alias of an access point, and a grant on a bucket's ARN does not cover access points",
    "--ol-s3": "is the alias of an Object Lambda access point, and a grant on a bucket's ARN does not cover it",
    ".mrap": "is the alias of a Multi-Region Access Point, and a grant on a bucket's ARN does not cover it",
    "--x-s3": "is a directory bucket (S3 Express), whose objects are reached with s3express actions that this tool does not grant",
    "--table-s3": "is a table bucket (S3 Tables), whose tables are reached with s3tables actions that this tool does not grant",
}
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_PARTITION_OF_REGIONS: tuple[tuple[str, str], ...] = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc"))
_UNREACHABLE_REGIONS = ("us-iso", "eu-iso")


def bucket_name_problem(name: str) -> Problem | None:
    """What makes `name` no general purpose bucket, by S3's naming rules."""
    called = f"The bucket name {quoted(name)}"
    if not name:
        return error("The bucket has no name.", "Choose a bucket, or type its name.")
    address = re.match(r"(?:s3://|arn:[a-z-]+:s3:::)([^/]*)", name)
    if address:
        return error(f"{called} is an address.", f"Write the name alone: {quoted(address[1])}.")
    if "/" in name:
        return error(f"{called} contains a /.", "Write the bucket's name alone; what follows the / is a prefix.")
    return _wrong_kind(name, called) or _wrong_length(name, called) or _wrong_characters(name, called)


def _wrong_kind(name: str, called: str) -> Problem | None:
    for suffix, kind in _NO_BUCKET_OF_ITS_OWN.items():
        if name.endswith(suffix):
            return error(f"{called} ends in {suffix}: it {kind}.", "Name the general purpose bucket itself.")
    for prefix in _RESERVED_PREFIXES:
        if name.startswith(prefix):
            return error(f"{called} begins with {prefix}, which S3 reserves.", "Choose another bucket name.")
    return None


def _wrong_length(name: str, called: str) -> Problem | None:
    if len(name) < 3:
        return error(f"{called} has {counted(len(name), 'character')}, and S3 wants at least 3.", f"Add {3 - len(name)} or more.")
    if len(name) > 63:
        return error(f"{called} has {len(name)} characters, {len(name) - 63} more than S3's 63.", "Shorten it.")
    return None


def _wrong_characters(name: str, called: str) -> Problem | None:
    wrong = re.search(r"[^a-z0-9.-]", name)
    if wrong and name.lower() != name and re.fullmatch(r"[a-z0-9.-]+", name.lower()):
        return error(f"{called} contains a capital letter.", f"Bucket names are lower case: {name.lower()}.")
    if wrong:
        return error(f"{called} contains {quoted(wrong[0])}.", "Use lower-case letters, digits, dots and hyphens.")
    if not (name[0].isalnum() and name[-1].isalnum()):
        return error(f"{called} begins or ends with a dot or hyphen.", "Begin and end it with a letter or digit.")
    if ".." in name:
        return error(f"{called} has two dots in a row.", "Put a letter, digit or hyphen between them.")
    if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", name):
        return error(f"{called} has the form of an IP address.", "Choose a name that is none.")
    return None


def region_problem(region: str) -> Problem | None:
    """What makes `region` no name of a region, in whichever partition."""
    if not region:
        return error("The bucket's region is missing.", 'Write the region it lies in, such as "us-east-1".')
    if not re.fullmatch(REGION_PATTERN, region):
        return error(f"{quoted(region)} is no AWS region.", 'Write it as AWS does, such as "us-east-1".')
    return None


def region_partition_problem(region: str, partition: str) -> Problem | None:
    """Whether `region` lies in another partition: roles, providers and buckets of two partitions never meet."""
    if region.startswith(_UNREACHABLE_REGIONS):
        return error(f"The region {region} lies in a partition that CircleCI cannot reach.", "Choose a bucket in another region.")
    home = next((name for beginning, name in _PARTITION_OF_REGIONS if region.startswith(beginning)), "aws")
    if home != partition:
        return error(
            f'The region {region} lies in the partition {home}, and the Setup is for "{partition}".', f'Set partition to "{home}".'
        )
    return None


def account_id_problem(account_id: str) -> Problem | None:
    """What makes `account_id` no id of an AWS account."""
    if not account_id:
        return error("The account id is missing.", "Write the 12 digits of the AWS account.")
    digits = account_id.replace("-", "")
    if digits != account_id and re.fullmatch(r"[0-9]{12}", digits):
        return error(f"The account id {quoted(account_id)} has hyphens.", f'Write "{digits}".')
    if not re.fullmatch(r"[0-9]{12}", account_id):
        return error(f"The account id {quoted(account_id)} is not 12 digits.", "Write the 12 digits of the AWS account.")
    return None


def partition_problem(partition: str) -> Problem | None:
    """What makes `partition` none that CircleCI jobs reach."""
    if partition in PARTITIONS:
        return None
    return error(f"{quoted(partition)} is no AWS partition.", f"Use one of {', '.join(PARTITIONS)}.")


def kms_key_problem(arn: str) -> Problem | None:
    """What makes `arn` no customer's key by ARN."""
    if arn.endswith(("alias/aws/s3", "aws/s3")):
        return error("aws/s3 is the AWS managed key, which needs no grant.", "Leave kms_key_arn null.")
    if "alias/" in arn:
        return error(
            f"{quoted(arn)} is an alias, and IAM does not follow aliases.",
            "Write the key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID), as `aws kms describe-key` prints it.",
        )
    if not re.fullmatch(KMS_KEY_PATTERN, arn):
        return error(f"{quoted(arn)} is no KMS key ARN.", "Write the key's whole ARN: arn:aws:kms:REGION:ACCOUNT:key/ID.")
    return None


def kms_key_place_problem(arn: str, *, partition: str, region: str) -> Problem | None:
    """Whether a well-formed key ARN lies where S3 cannot use it for the bucket: a bucket is encrypted with keys of its own region."""
    _, key_partition, _, key_region, *_ = arn.split(":")
    if key_partition != partition:
        return error(f'The key lies in the partition {key_partition}, and the Setup is for "{partition}".', "Name the key of the bucket.")
    if key_region != region:
        return error(
            f"The key lies in {key_region} and the bucket in {quoted(region)}: S3 uses keys of the bucket's own region.",
            "Name the key that the bucket is encrypted with.",
        )
    return None


def normalized_prefix(text: str) -> str:
    """`text` with the `/` that keeps `team` from matching `team-secret/`; the whole bucket, which is "", stays so."""
    return text if not text or text.endswith("/") else f"{text}/"


def prefix_problem(text: str) -> Problem | None:
    """What makes `text` no prefix; a note where only the closing `/` is missing."""
    if text.startswith("/"):
        without = text.lstrip("/")
        return error(
            f"The prefix {quoted(text)} begins with a /, and S3 keys do not.",
            f"Write {quoted(normalized_prefix(without))}." if without else 'Write "" for the whole bucket.',
        )
    problem = plain_text_problem(text, what="The prefix")
    if problem:
        return problem
    size = len(normalized_prefix(text).encode())
    if size >= KEY_BYTES:
        return error(
            f"The prefix is {size} bytes long, {size - KEY_BYTES + 1} more than the {KEY_BYTES - 1} that leave room for a key.",
            "Choose a shorter prefix.",
        )
    if text != normalized_prefix(text):
        return Problem(
            "",
            Level.NOTE,
            f"The prefix {quoted(text)} is read as {quoted(normalized_prefix(text))}, since without the slash it would also match {quoted(text + '-secret/')}.",
        )
    return None
