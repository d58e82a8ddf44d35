"""What a Setup asks of its bucket: made where it is missing, with settings of ours, and else left as others want it.

A setting that somebody has made since is theirs. What could not be read is never taken for missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.inverse import inverse
from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.outcome import Outcome
from ciam_tui.core.ownership import is_tagged_ours, our_tags
from ciam_tui.core.permissions import bucket_arn
from ciam_tui.core.problems import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.facts import Bucket, Facts
    from ciam_tui.core.shape import SetupShape

# The settings of a bucket that this tool makes: the kind of change that makes each, and its name for a reader.
_SETTING_OF: Mapping[type[kinds.Change], str] = {
    kinds.BlockPublicAccess: "public_access_blocked",
    kinds.EnforceOwnership: "ownership",
    kinds.EncryptBucket: "encryption",
    kinds.VersionBucket: "versioning",
    kinds.SetBucketPolicy: "policy",
}
_SETTINGS = {
    "public_access_blocked": "public access block",
    "ownership": "ownership controls",
    "encryption": "default encryption",
    "versioning": "versioning",
    "policy": "policy",
}


def bucket_outcome(setup: SetupShape, facts: Facts) -> Outcome:
    """What the bucket needs, and what is to be said of it."""
    wanted, found = setup.bucket, facts.bucket
    if found is None:
        return _missing_bucket(setup, facts)
    problems = []
    if found.owner_account_id is None:
        level = Level.WARNING if "owner" not in found.unread else Level.ERROR
        problems.append(
            Problem(
                "bucket.owner_account_id",
                level,
                f"S3 did not confirm that account {wanted.owner_account_id or setup.account_id} owns {wanted.name}: with a wrong owner every request is denied.",
                "Set owner_account_id to the account that owns the bucket.",
            )
        )
    if found.region != wanted.region:
        text = f"The bucket {wanted.name} is in {found.region}, not in {wanted.region}."
        problems.append(Problem("bucket.region", Level.ERROR, text, f'Set region to "{found.region}".'))
    is_ours = wanted.create and is_tagged_ours(found.tags, setup)
    changes = tuple(_unmade_settings(setup, facts, found)) if is_ours else ()
    encrypts = any(isinstance(change, kinds.EncryptBucket) for change in changes)
    if found.kms_key_arn != wanted.kms_key_arn and not encrypts and not {"kms_key_arn", "encryption"} & set(found.unread):
        problems.append(
            Problem(
                "bucket.kms_key_arn",
                Level.WARNING,
                f"{wanted.name} encrypts by default with {found.kms_key_arn or 'no key of a customer'}, and the Setup names {wanted.kms_key_arn or 'none'}: KMS denies what the policies do not name.",
                f'Set kms_key_arn to "{found.kms_key_arn}".' if found.kms_key_arn else "Set kms_key_arn to null.",
            )
        )
    if wanted.create and not is_ours:
        text = f"The bucket {wanted.name} exists: it is used as it is, and none of its settings is changed."
        problems.append(Problem("bucket.create", Level.NOTE, text))
    elif is_ours and (others := tuple(_settings_of_others(setup, facts, found))):
        text = f"Somebody has changed the {' and the '.join(others)} of {wanted.name} since this tool made it: that is left as it is."
        problems.append(Problem("bucket.create", Level.NOTE, text))
    return Outcome(changes, problems=tuple(problems))


def _unmade_settings(setup: SetupShape, facts: Facts, found: Bucket) -> Iterator[kinds.Change]:
    """Those settings of our bucket that nobody has made yet, as a run that stopped early leaves them, and a key that the Setup names now.

    What somebody has set since is theirs: a policy or a key that is replaced could not be given back. Nor is what could not be read.
    """
    unmade = {name for name in _SETTINGS if getattr(found, name) is None} - set(found.unread)
    for change in _bucket_settings(setup):
        match change:
            case kinds.EncryptBucket(kms_key_arn=key) if key is not None and key != found.kms_key_arn:
                if "encryption" in unmade or inverse(change, facts, {}):
                    yield change
            case _ if _SETTING_OF.get(type(change)) in unmade:
                yield change
            case _:
                continue


def _settings_of_others(setup: SetupShape, facts: Facts, found: Bucket) -> Iterator[str]:
    made = facts
    for change in _bucket_settings(setup):
        made = effect(made, change)
    for name, words in _SETTINGS.items():
        standing = getattr(found, name)
        if standing is not None and name not in {"encryption", *found.unread} and standing != getattr(made.bucket, name):
            yield words


def _missing_bucket(setup: SetupShape, facts: Facts) -> Outcome:
    wanted = setup.bucket
    if facts.bucket_taken and wanted.create:
        text = f"The bucket {wanted.name} exists, and its account does not let you in."
        return Outcome(problems=(Problem("bucket.name", Level.ERROR, text, "Choose another name."),))
    if facts.bucket_taken:
        # A bucket of another account is seldom shown to the operator; that it could not be looked at is told with the unread facts.
        return Outcome()
    if not wanted.create:
        text = f"There is no bucket {wanted.name}."
        return Outcome(problems=(Problem("bucket.name", Level.ERROR, text, "Check the name, or set create to true."),))
    return Outcome((kinds.CreateBucket(wanted.name, wanted.region), *_bucket_settings(setup)))


def _bucket_settings(setup: SetupShape) -> Iterator[kinds.Change]:
    """What a bucket of ours is given: tags first, so that what this run made can be told from then on."""
    name = setup.bucket.name
    yield kinds.TagBucket(name, our_tags(setup))
    yield kinds.BlockPublicAccess(name)
    yield kinds.EnforceOwnership(name)
    yield kinds.EncryptBucket(name, setup.bucket.kms_key_arn)
    yield kinds.VersionBucket(name)
    yield kinds.SetBucketPolicy(name, tls_only_policy(setup))


def tls_only_policy(setup: SetupShape) -> Document:
    """The bucket policy of a bucket that this tool makes: no request without TLS, from anybody.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    bucket = bucket_arn(setup.partition, setup.bucket.name)
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, f"{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return Document.of({"Version": VERSION, "Statement": [statement]})
