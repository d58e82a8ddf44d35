"""The one place from which anything in an account is changed: a call, sent exactly once, and what is known about its effect.

A write that botocore repeated by itself would make two policy versions, or report a conflict with itself; so these clients send once, and
an answer that does not prove success is told as unknown, for the caller to read back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from botocore import xform_name

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import Sent, WriteFailed, WriteOutcome
from ciam_tui.ports.aws.errors import FAILURES, write_failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.ports.aws.clients import Clients, Service

# Where the answers hold the ids of what was made: shape, its member, our name for it.
_IDS = (
    ("Role", "RoleId", "role_id"),
    ("Role", "Arn", "arn"),
    ("Policy", "PolicyId", "policy_id"),
    ("Policy", "DefaultVersionId", "version_id"),
    ("Policy", "Arn", "arn"),
    ("PolicyVersion", "VersionId", "version_id"),
)


class Writer:
    """Sends calls. S3 takes them in the bucket's region, IAM in any."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def send(self, call: Call, *, bucket_region: str | None = None) -> Sent:
        """Send `call` once and answer with its ids.

        Raises:
            WriteFailed: it was refused, or nobody knows whether it happened.
            ValueError: `call` is a wait, which is nothing to send.
        """
        if call.service not in ("iam", "s3"):
            raise ValueError(f"{call.operation} is no request to AWS")
        doing = f"send {call.service}:{call.operation}"
        try:
            region = region_made_in(call) or bucket_region
            client = self._clients.writer(cast("Service", call.service), region)
            return _sent(getattr(client, xform_name(call.operation))(**call.params), doing)
        except FAILURES as error:
            failure = write_failed(error, doing=doing, profile=self._clients.profile)
        except WriteFailed:
            raise
        except CiamError as error:  # from the question for an MFA code, before anything was sent
            failure = WriteFailed(WriteOutcome.REFUSED, error.code, error.title, error.message, error.suggestions)
        except (AttributeError, KeyError, TypeError, ValueError):  # a well-formed answer of another shape trips botocore's parsers
            failure = _not_an_answer(doing)
        # Outside of the handler, so that botocore's exception, which holds the signed request, is not kept as the context of ours.
        raise failure


def region_made_in(call: Call) -> str | None:
    """The region that a CreateBucket names, where none means us-east-1: another region's endpoint would refuse it. None for other calls."""
    if call.operation != "CreateBucket":
        return None
    configuration: Mapping[str, Any] = call.params.get("CreateBucketConfiguration", {})
    return str(configuration.get("LocationConstraint", "us-east-1"))


def _sent(answer: Mapping[str, Any], doing: str) -> Sent:
    request_id = answer["ResponseMetadata"].get("RequestId")
    if not request_id:
        # AWS numbers every answer. Without a number, a page of a proxy or a captive portal with status 200 would pass for success.
        raise _not_an_answer(doing)
    ids = {ours: str(answer[shape][member]) for shape, member, ours in _IDS if member in answer.get(shape, {})}
    if "OpenIDConnectProviderArn" in answer:
        ids["arn"] = str(answer["OpenIDConnectProviderArn"])
    return Sent(str(request_id), ids)


def _not_an_answer(doing: str) -> WriteFailed:
    return WriteFailed(
        WriteOutcome.UNKNOWN,
        "answer-unreadable",
        f"Cannot {doing}",
        "The answer is not one that AWS gives: something between this machine and AWS may have answered in its place.",
        ("Check proxies and AWS_ENDPOINT_URL, then resume: what happened is read back before anything is sent again.",),
    )
