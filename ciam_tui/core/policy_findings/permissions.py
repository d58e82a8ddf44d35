"""Everything that is told of a permission policy: wildcards, what opens more than it names, and keys of KMS that anything may use.

A statement that denies is no grant and is never told as one. What is granted by several policies together is not seen here: the evaluator
answers that, and an audit asks it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.permissions import DNS_SUFFIXES
from ciam_tui.core.policy_findings.dangerous import Kind, dangerous_grants, granted_kinds
from ciam_tui.core.policy_findings.grammar import has_wildcard
from ciam_tui.core.policy_findings.operators import wildcards_without_like
from ciam_tui.core.policy_findings.reading import read_policy
from ciam_tui.core.policy_findings.s3_grants import s3_findings
from ciam_tui.core.problems import Level, worst_first
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.json_patch import Operation
    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Placed, Value

_KMS_USES = tuple(
    f"kms:{name}".lower()
    for name in (
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "ReEncryptFrom",
        "ReEncryptTo",
    )
)
_KEY_ARN = re.compile(r"arn:(?P<partition>[^:*?]+):kms:(?P<region>[^:*?]+):[^:]*:.+", re.DOTALL)
# Actions that take no resource: "*" is the only one that they can be granted on.
_WITHOUT_RESOURCE = frozenset(
    {
        "s3:listallmybuckets",
        "sts:getcalleridentity",
        "ecr:getauthorizationtoken",
        "kms:listkeys",
        "kms:listaliases",
        "iam:getaccountsummary",
        "iam:listaccountaliases",
        "cloudfront:listdistributions",
        "cloudwatch:putmetricdata",
    }
)
_TAG_KEYS = ("aws:principaltag/", "aws:resourcetag/", "aws:requesttag/", "s3:existingobjecttag/", "s3:buckettag/", "s3:requestobjecttag/")


def permission_findings(document: Document) -> tuple[PolicyFinding, ...]:
    """What is risky, dead or superfluous in a permission policy, worst first.

    Raises:
        CiamError: the document is no policy that AWS takes.
    """
    reading = read_policy(document)
    granted = [(placed, granted_kinds(placed)) for placed in reading.allows]
    passes_roles = any(kinds.get(Kind.PASS_ROLE) for _, kinds in granted)
    found: list[PolicyFinding] = []
    for placed, kinds in granted:
        found += _element_findings(placed)
        found += dangerous_grants(placed, kinds, passes_roles=passes_roles)
        found += s3_findings(placed)
        found += _kms_findings(placed)
        found += _condition_findings(placed)
    return worst_first(dict.fromkeys(found))


def _element_findings(placed: Placed) -> Iterator[PolicyFinding]:
    statement = placed.statement
    if statement.principals is not None or statement.not_principals is not None:
        yield placed.finding(
            "names-principals",
            Level.NOTE,
            "The statement names principals, as policies of buckets and trusts do: it is read here for what it grants, not for whom.",
            "Read it as a trust policy, if it is one.",
            at="Principal" if statement.principals is not None else "NotPrincipal",
        )
    if statement.not_actions is not None:
        yield placed.finding(
            "not-action",
            Level.ERROR,
            "NotAction with Allow grants every action but those named, also those that AWS adds later.",
            "Name the actions under Action.",
            "What else it grants than what the jobs use.",
            at="NotAction",
        )
    if statement.not_resources is not None:
        yield placed.finding(
            "not-resource",
            Level.ERROR,
            "NotResource with Allow grants on everything but what is named, also on what is made later.",
            "Name the resources under Resource.",
            "What else it reaches than what the jobs use.",
            at="NotResource",
        )
    yield from _wildcard_actions(placed)
    anything = next((value for value in placed.resources if value.text == "*"), None)
    others = [
        value for value in placed.actions if not value.text.lower().startswith(("s3:", "*")) and value.text.lower() not in _WITHOUT_RESOURCE
    ]
    if anything and others:
        yield placed.finding(
            "resource-anything",
            Level.WARNING,
            f"{listed(value.text for value in others)} {'is' if len(others) == 1 else 'are'} granted on every resource of the account.",
            "Name the resources by ARN.",
            "Whether each of these actions can be held to a resource: some cannot.",
            at=anything,
        )


def _wildcard_actions(placed: Placed) -> Iterator[PolicyFinding]:
    wild = [value for value in placed.actions if has_wildcard(value.text)]
    everything = [value for value in wild if set(value.text) <= {"*", ":"}]
    all_of_s3 = [value for value in wild if value.text.lower() == "s3:*"]
    others = [value for value in wild if value not in everything and value not in all_of_s3]
    if everything:
        yield placed.finding(
            "every-action",
            Level.ERROR,
            "Every action of every service is granted, IAM's among them: whoever has this role is administrator.",
            "Name the actions that the jobs need.",
            "Whether a boundary or a service control policy keeps it within limits.",
            at=everything[0],
        )
    if all_of_s3:
        yield placed.finding(
            "every-s3-action",
            Level.ERROR,
            "s3:* is more than objects: it deletes versions and buckets, and rewrites the bucket's policy, its ACL and its public access block.",
            "Name the actions: s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts on objects, "
            "s3:ListBucket on the bucket.",
            "Which of them the jobs use.",
            at=all_of_s3[0],
        )
    if others:
        yield placed.finding(
            "wildcard-action",
            Level.WARNING,
            f"More is granted than is named by {listed(value.text for value in others)}, and it grows with what AWS adds.",
            "Write the actions out.",
            "Which of them the jobs use.",
            at=others[0],
        )


def _kms_findings(placed: Placed) -> Iterator[PolicyFinding]:
    uses = [value for value in placed.actions if value.text != "*" and any(map(wildcard_matcher(value.text.lower()), _KMS_USES))]
    held = any(test.key.lower() == "kms:viaservice" and not test.is_negated and "IfExists" not in test.operator for test in placed.tests)
    if not uses or held:
        return
    yield placed.finding(
        "kms-without-service",
        Level.WARNING,
        f"{listed(value.text for value in uses)} can be used directly, on anything that the key has ever encrypted, and not through S3 alone.",
        "Add StringEquals kms:ViaService with s3.<region>.amazonaws.com, and kms:EncryptionContext:aws:s3:arn with the bucket and its objects.",
        "Whether jobs use the key for something else than S3.",
        at=uses[0],
        patch=_through_s3(placed, uses),
    )


def _through_s3(placed: Placed, uses: Sequence[Value]) -> tuple[Operation, ...]:
    """The condition that holds a statement about keys of one region to S3; none where the statement is about other things too."""
    keys = [_KEY_ARN.fullmatch(value.text) for value in placed.resources]
    regions = {(key["partition"], key["region"]) for key in keys if key}
    if len(uses) < len(placed.actions) or not all(keys) or len(regions) != 1:
        return ()
    ((partition, region),) = regions
    suffixes = dict.fromkeys(("amazonaws.com", DNS_SUFFIXES.get(partition, "amazonaws.com")))
    endpoints = [f"s3.{region}.{suffix}" for suffix in suffixes]
    return placed.with_test("StringEquals", "kms:ViaService", endpoints[0] if len(endpoints) == 1 else endpoints)


def _condition_findings(placed: Placed) -> Iterator[PolicyFinding]:
    by_tag = next((test for test in placed.tests if test.key.lower().startswith(_TAG_KEYS)), None)
    if by_tag:
        yield placed.finding(
            "decided-by-tags",
            Level.NOTE,
            f"Whether this is granted is decided by {quoted(by_tag.key)}: whoever may set that tag decides.",
            "See who may tag: iam:TagRole, s3:PutObjectTagging, s3:PutBucketTagging and the like.",
            "Who may set the tag.",
            at=by_tag,
        )
    for test in placed.tests:
        yield from wildcards_without_like(placed, test, dead="nothing is granted", revived="what the pattern means is then granted")
