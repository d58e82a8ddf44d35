"""Findings about grants on S3: places that are wider than they read, and grants that never match anything.

S3's ARNs hold neither a region nor an account, a bucket and its objects are two kinds of resource, and a listing is held by a condition and
not by an ARN. Each of the three is where policies from guides go wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.conditions import compile_condition
from ciam_tui.core.matching import arn_test, wildcard_matcher
from ciam_tui.core.policy_findings.grammar import has_wildcard
from ciam_tui.core.policy_findings.reading import all_replaced, replaced
from ciam_tui.core.problems import Level
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Placed, Test, Value


def _folded(names: str) -> frozenset[str]:
    """Names of S3's actions, as they are compared."""
    return frozenset(f"s3:{name}".lower() for name in names.split())


LIST = "s3:listbucket"
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html: the resource type of each action
_OBJECT_ACTIONS = _folded(
    "GetObject GetObjectVersion GetObjectAcl GetObjectVersionAcl GetObjectTagging GetObjectVersionTagging GetObjectAttributes GetObjectRetention "
    "GetObjectLegalHold GetObjectTorrent PutObject PutObjectAcl PutObjectVersionAcl PutObjectTagging PutObjectVersionTagging PutObjectRetention "
    "PutObjectLegalHold DeleteObject DeleteObjectVersion DeleteObjectTagging AbortMultipartUpload ListMultipartUploadParts RestoreObject "
    "BypassGovernanceRetention ReplicateObject ReplicateDelete ReplicateTags ObjectOwnerOverrideToBucketOwner"
)
_BUCKET_ACTIONS = _folded(
    "ListBucket ListBucketVersions ListBucketMultipartUploads GetBucketLocation GetBucketPolicy GetBucketAcl GetBucketVersioning GetBucketTagging "
    "GetBucketCORS GetBucketLogging GetBucketNotification GetBucketWebsite GetBucketPublicAccessBlock GetBucketOwnershipControls "
    "GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration CreateBucket DeleteBucket PutBucketPolicy DeleteBucketPolicy "
    "PutBucketAcl PutBucketVersioning PutBucketTagging PutBucketCORS PutBucketLogging PutBucketNotification PutBucketWebsite "
    "PutBucketPublicAccessBlock PutBucketOwnershipControls PutEncryptionConfiguration PutLifecycleConfiguration PutReplicationConfiguration"
)
_WITHOUT_A_BUCKET = frozenset(
    {"s3:listallmybuckets", "s3:createjob", "s3:listjobs", "s3:putaccountpublicaccessblock", "s3:getaccountpublicaccessblock"}
)
_LISTING = (LIST, "s3:listbucketversions")  # the actions whose requests have s3:prefix, s3:delimiter and s3:max-keys
_LISTING_KEYS = ("s3:prefix", "s3:delimiter", "s3:max-keys")
_ACCOUNT_KEYS = ("aws:resourceaccount", "s3:resourceaccount")

_S3_ARN = re.compile(r"arn:[^:]*:s3:::(?P<name>[^/]*)(?P<key>/.*)?", re.DOTALL)
_OTHER_ARN = re.compile(r"arn:[^:]*:(?:s3:[^:]+:|s3express:|s3-object-lambda:|s3-outposts:|s3tables:)", re.DOTALL)
_SPECIAL_NAME = re.compile(r".*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)")
_STRANGE_PREFIX = "a-prefix-that-nobody-names/"
_STRANGE_NAMES = ("0-bucket.that.nobody.names-1", "zz9x")


def s3_findings(placed: Placed) -> Iterator[PolicyFinding]:
    """What is told of an Allow statement that grants something of S3."""
    for value in placed.resources:
        if _OTHER_ARN.match(value.text) and not is_every_bucket(value.text):
            yield placed.finding(
                "special-s3-resource",
                Level.NOTE,
                f"{quoted(value.text, 200)} is no bucket or object: requests by that access point or to that kind of bucket match it, others do not.",
                "See that the jobs use it, and that the bucket's policy lets it through.",
                "What the access point's own policy says.",
                at=value,
            )
    actions = [value for value in placed.actions if value.text.lower().startswith("s3:") or value.text == "*"]
    if not actions and placed.statement.not_actions is None:
        return
    if any(value.text.lower() not in _WITHOUT_A_BUCKET for value in actions):
        yield from _places(placed)
    yield from _wrong_kind_of_resource(placed, actions)
    yield from _listing(placed, actions)
    yield from _dead_listing_keys(placed, actions)


def is_every_bucket(resource: str) -> bool:
    """Whether a resource stands for the buckets of everybody: for such as nobody has named, or for an object in each."""
    if resource == "*":
        return True
    matches = arn_test(resource, variables=True, open_ended=True)
    partition = resource.split(":")[1]
    buckets = [f"arn:{'aws' if has_wildcard(partition) else partition}:s3:::{name}" for name in _STRANGE_NAMES]
    return all(matches(bucket, {}) or matches(f"{bucket}/{_STRANGE_PREFIX}x", {}) for bucket in buckets)


def _places(placed: Placed) -> Iterator[PolicyFinding]:
    every = [value for value in placed.resources if is_every_bucket(value.text)]
    held = any(test.key.lower() in _ACCOUNT_KEYS and _is_positive(test) for test in placed.tests)
    if every:
        yield placed.finding(
            "every-bucket",
            Level.ERROR,
            f"{quoted(every[0].text)} is every bucket{' of the named account' if held else ' of the account, and those of other accounts that let it in'}.",
            "Name the bucket and the prefix: arn:aws:s3:::<bucket>/<prefix>/*, and for s3:ListBucket the bucket's own ARN.",
            "Which buckets the jobs use.",
            at=every[0],
        )
    named = [(value, found) for value in placed.resources if (found := _S3_ARN.fullmatch(value.text)) and value not in every]
    for value, found in named:
        yield from _of_arn(placed, value, found)
    if named and not every and not held:
        yield placed.finding(
            "no-resource-account",
            Level.NOTE,
            "Nothing says whose the bucket is: were it deleted, a stranger could make one of its name, and jobs would write to it.",
            "Add StringEquals aws:ResourceAccount with the id of the account that owns the bucket.",
            "Which account owns the bucket.",
            at=named[0][0],
        )


def _of_arn(placed: Placed, value: Value, found: re.Match[str]) -> Iterator[PolicyFinding]:
    name, key = found["name"], found["key"]
    if has_wildcard(name):
        yield placed.finding(
            "wildcard-in-bucket-name",
            Level.WARNING,
            f"Bucket names are shared by everybody: {quoted(name)} also matches buckets that a stranger makes{'' if key else ', and their objects'}.",
            "Write the bucket's name out.",
            "Which buckets there are of such a name.",
            at=value,
        )
    if _SPECIAL_NAME.fullmatch(name):
        yield placed.finding(
            "alias-as-bucket",
            Level.WARNING,
            f"{quoted(name)} is an alias or a bucket of another kind: S3 holds its requests against another ARN, so that this one grants nothing.",
            "Name the ARN of the access point, or of the bucket behind it.",
            "What the alias stands for.",
            at=value,
        )
    stem = (key or "").removesuffix("*")
    if key and key != stem and not has_wildcard(stem) and _ends_within_a_name(stem):
        yield placed.finding(
            "resource-without-slash",
            Level.WARNING,
            f"{quoted(value.text, 200)} also matches {quoted(f'{stem[1:]}-secret/...')}: the prefix has no slash at its end.",
            f"Write {quoted(f'{stem[1:]}/*')}.",
            "Whether names that go on after the prefix were meant.",
            at=value,
            patch=replaced(value, f"{value.text.removesuffix('*')}/*"),
        )


def _ends_within_a_name(stem: str) -> bool:
    """Whether a prefix ends in a letter, a digit or a variable: `team`, and not `team/` nor `team-`, after which more is meant."""
    return stem[-1:].isalnum() or stem.endswith("}")


def _is_positive(test: Test) -> bool:
    """Whether a test fails where the request does not have its key."""
    return not compile_condition(test.as_condition, variables=True).holds({})


def _wrong_kind_of_resource(placed: Placed, actions: Sequence[Value]) -> Iterator[PolicyFinding]:
    arns = [found for value in placed.resources if (found := _S3_ARN.fullmatch(value.text))]
    if not arns or len(arns) < len(placed.resources):
        return  # `*`, access points and other services' resources: nothing can be said to be missing
    on_objects = [value for value in actions if value.text.lower() in _OBJECT_ACTIONS]
    on_buckets = [value for value in actions if value.text.lower() in _BUCKET_ACTIONS]
    if on_objects and not any(found["key"] or "*" in found["name"] for found in arns):
        yield placed.finding(
            "object-action-on-bucket",
            Level.WARNING,
            f"{listed(value.text for value in on_objects)} {_acts(on_objects)} on objects, and the resources are buckets: it grants nothing.",
            "Take it out, or grant it on the objects: <bucket>/<prefix>/*.",
            "Whether jobs need it.",
            at=on_objects[0],
            patch=placed.without("Action", on_objects),
        )
    if on_buckets and not any(found["key"] is None for found in arns):
        yield placed.finding(
            "bucket-action-on-object",
            Level.WARNING,
            f"{listed(value.text for value in on_buckets)} {_acts(on_buckets)} on a bucket, and the resources are objects: it grants nothing.",
            "Take it out, or grant it in a statement of its own, on the bucket's ARN without a slash.",
            "Whether jobs need it.",
            at=on_buckets[0],
            patch=placed.without("Action", on_buckets),
        )


def _acts(actions: Sequence[Value]) -> str:
    return "acts" if len(actions) == 1 else "act"


def _listing(placed: Placed, actions: Sequence[Value]) -> Iterator[PolicyFinding]:
    lists = next((value for value in actions if wildcard_matcher(value.text.lower())(LIST)), None)
    reachable = any(value.text == "*" or ((found := _S3_ARN.fullmatch(value.text)) and found["key"] is None) for value in placed.resources)
    if lists is None or not reachable:
        return
    prefixes = [test for test in placed.tests if test.key.lower() == "s3:prefix"]
    if _lists(prefixes, _STRANGE_PREFIX) or _lists(prefixes, ""):
        yield placed.finding(
            "lists-whole-bucket",
            Level.WARNING,
            "The names of all objects of the bucket can be listed: "
            + (
                "no condition holds the listing to a prefix."
                if _lists(prefixes, _STRANGE_PREFIX)
                else "the empty prefix is taken, which is a listing of everything."
            ),
            "Add StringLike s3:prefix with the prefix and /*.",
            "Whether names tell anything.",
            at=prefixes[0] if prefixes else lists,
        )
    for test in placed.tests:
        if test.key.lower() == "s3:delimiter" and _is_positive(test):
            yield placed.finding(
                "delimiter-condition",
                Level.WARNING,
                "A listing without that delimiter is denied: `aws s3 sync`, `cp --recursive` and `rm --recursive` send none.",
                "Take the condition out; s3:prefix holds the listing. That lets more through, so it is yours to do.",
                "Whether jobs list recursively.",
                at=test,
            )
    for test in prefixes:
        if not test.is_negated:
            yield from _prefixes_without_slash(placed, test)


def _lists(prefixes: Sequence[Test], prefix: str) -> bool:
    return all(compile_condition(test.as_condition, variables=True).holds({"s3:prefix": (prefix,)}) for test in prefixes)


def _prefixes_without_slash(placed: Placed, test: Test) -> Iterator[PolicyFinding]:
    """Values such as `team*`, which a slash narrows, and such as `team`, which go where what is below `team/` is taken already."""
    texts = {value.text for value in test.values}
    wide = [value for value in test.values if test.takes_wildcards and value.text.endswith("*") and _is_open_stem(value.text[:-1])]
    bare = [value for value in test.values if _is_open_stem(value.text)]
    if not wide and not bare:
        return
    first = (wide or bare)[0]
    stem = first.text.removesuffix("*")
    if wide:
        fix, patch = f"Write {quoted(f'{stem}/*')}.", all_replaced((value, f"{value.text[:-1]}/*") for value in wide)
    else:
        covered = [value for value in bare if not texts.isdisjoint({f"{value.text}/", f"{value.text}/*"})]
        patch = placed.without_value(test, covered) if covered else ()
        fix = "Take it out: what is below it is taken already." if patch else f"Write {quoted(f'{stem}/*')} in its place."
    yield placed.finding(
        "prefix-without-slash",
        Level.WARNING,
        f"The prefix {quoted(first.text)} also lists {quoted(f'{stem}-secret/...')}: it has no slash at its end.",
        fix,
        "Whether names that go on after the prefix were meant.",
        at=first,
        patch=patch,
    )


def _is_open_stem(stem: str) -> bool:
    return not has_wildcard(stem) and _ends_within_a_name(stem)


def _dead_listing_keys(placed: Placed, actions: Sequence[Value]) -> Iterator[PolicyFinding]:
    tests = [test for test in placed.tests if test.key.lower() in _LISTING_KEYS and _is_positive(test)]
    dead = [value for value in actions if not has_wildcard(value.text) and value.text.lower() not in _LISTING]
    if tests and dead:
        yield placed.finding(
            "listing-key-on-other-action",
            Level.WARNING,
            f"Requests of {listed(value.text for value in dead)} have no {tests[0].key}, so that the condition never holds for them: they are not granted.",
            "Take them out, or grant them in a statement without that condition, held to the prefix by its Resource.",
            "Whether jobs need them.",
            at=tests[0],
            patch=placed.without("Action", dead) if len(dead) < len(placed.actions) else (),
        )
