"""Reads of customer managed policies: all versions, since a policy is full at five and one has to go before the next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.facts import ManagedPolicy, PolicyVersion
from ciam_tui.ports.aws.documents import document_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.ports.aws.clients import Clients


def read_policies(clients: Clients, arns: Sequence[str]) -> Mapping[str, ManagedPolicy]:
    """Those of the policies that exist, by ARN."""
    found = {arn: _policy(clients, arn) for arn in dict.fromkeys(arns)}
    return {arn: policy for arn, policy in found.items() if policy is not None}


def _policy(clients: Clients, arn: str) -> ManagedPolicy | None:
    iam = clients.iam()
    doing = f"read the policy {arn}"
    answer = clients.ask_for_optional(doing, {"NoSuchEntity"}, lambda: iam.get_policy(PolicyArn=arn))
    if answer is None:
        return None
    policy = answer["Policy"]
    pages = clients.ask(doing, lambda: list(iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)))
    ids = sorted((version["VersionId"] for page in pages for version in page["Versions"]), key=_number)
    return ManagedPolicy(
        arn=arn,
        policy_id=policy["PolicyId"],
        name=policy["PolicyName"],
        path=policy["Path"],
        default_version=policy["DefaultVersionId"],
        versions=tuple(PolicyVersion(version, _version_document(clients, arn, version)) for version in ids),
        description=policy.get("Description", ""),
        attachments=policy.get("AttachmentCount", 0),
        tags=tags_of(policy.get("Tags", ())),
    )


def _version_document(clients: Clients, arn: str, version: str) -> Document:
    ask = partial(clients.iam().get_policy_version, PolicyArn=arn, VersionId=version)
    return document_of(clients.ask(f"read version {version} of the policy {arn}", ask)["PolicyVersion"]["Document"])


def _number(version: str) -> int:
    """`v12` is 12: in the order of creation v10 comes after v9."""
    return int(version.removeprefix("v"))
