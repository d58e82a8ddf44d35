"""One page of CloudTrail's event history about AssumeRoleWithWebIdentity. Who asks paces the pages: AWS takes two a second.

The event history is on in every account, costs nothing and reaches back 90 days. It is kept by region, and holds no use of S3's objects.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.activity import ASSUME_EVENT, EventPage
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from ciam_tui.core.activity import Window
    from ciam_tui.ports.aws.clients import Clients

_PAGE_SIZE = 50  # the most that CloudTrail gives


def assume_events(clients: Clients, window: Window, region: str, role_arn: str | None, token: str | None) -> EventPage:
    """A page of events, newest first: those that CloudTrail files under the role, or all of the kind.

    CloudTrail takes one attribute. A role's own is the quick way; events of the role that are of another kind are left out here.

    Raises:
        CiamError: as any read; `throttled` is not waited for here.
    """
    doing = f"look up CloudTrail's events in {region}"
    trail: Any = clients.glance("cloudtrail", region)
    attribute = ("ResourceName", role_arn) if role_arn is not None else ("EventName", ASSUME_EVENT)
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": attribute[0], "AttributeValue": attribute[1]}],
        "StartTime": window.since,
        "EndTime": window.until,
        "MaxResults": _PAGE_SIZE,
        **({"NextToken": token} if token else {}),
    }
    try:
        answer = clients.ask(doing, lambda: trail.lookup_events(**asked))
        events = list(answer["Events"])  # CloudTrail sends an empty list for none; without any this is not CloudTrail
        texts = tuple(str(each["CloudTrailEvent"]) for each in events if each.get("EventName", ASSUME_EVENT) == ASSUME_EVENT)
        return EventPage(texts, len(events), str(answer["NextToken"]) if answer.get("NextToken") else None)
    except (AttributeError, KeyError, TypeError, ValueError):  # botocore fails so on an answer of another shape than the model's
        raise CiamError("answer-unreadable", f"Cannot {doing}", "The answer is not one that AWS gives.") from None
