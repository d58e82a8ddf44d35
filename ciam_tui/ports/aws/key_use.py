"""What AWS itself keeps of a user's use: when a key was last used, which services were asked, and the key's events in CloudTrail's history.

None of the three shows a use of S3's objects. Each is asked once; who asks paces the pages and waits for IAM's job. IAM and CloudTrail:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.core.activity import EventPage
from ciam_tui.core.evidence.facts import JobPage, ServiceUse
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import LastUse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ciam_tui.core.activity import Window
    from ciam_tui.ports.aws.clients import Clients

_Value = TypeVar("_Value")
_PAGE_SIZE = 50  # the most that CloudTrail gives
_SERVICES_A_PAGE = 200


def read_key_last_use(clients: Clients, key_id: str) -> LastUse:
    """When the key was last used; `at` is None where AWS knows of no use."""
    iam = clients.iam()
    doing = f"read when the key {key_id} was last used"

    def ask() -> LastUse:
        used: Mapping[str, Any] = iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]
        at = used.get("LastUsedDate")
        return LastUse(at if isinstance(at, datetime) else None, _known(used.get("ServiceName")), _known(used.get("Region")))

    return _asked(clients, doing, ask)


def start_service_job(clients: Clients, arn: str, *, by_action: bool) -> str:
    """The id of the job in which IAM puts together when services were last asked by the user or role with `arn`."""
    iam: Any = clients.iam()
    granularity = "ACTION_LEVEL" if by_action else "SERVICE_LEVEL"
    return _asked(
        clients,
        "ask IAM which services were last accessed",
        lambda: str(iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]),
    )


def read_service_job(clients: Clients, job_id: str, marker: str | None) -> JobPage:
    """The job's state, and a page of its result once it is complete. IAM answers to the principal that began the job alone."""
    iam: Any = clients.iam()
    more = {"Marker": marker} if marker else {}

    def ask() -> JobPage:
        answer = iam.get_service_last_accessed_details(JobId=job_id, MaxItems=_SERVICES_A_PAGE, **more)
        error = answer.get("Error") or {}
        return JobPage(
            state=str(answer["JobStatus"]),
            services=tuple(_service(each) for each in answer.get("ServicesLastAccessed") or ()),
            marker=str(answer["Marker"]) if answer.get("IsTruncated") and answer.get("Marker") else None,
            error=" ".join(f"{error.get('Code', '')} {error.get('Message', '')}".split()),
        )

    return _asked(clients, "read which services were last accessed", ask)


def read_key_events(clients: Clients, key_id: str, window: Window, region: str, token: str | None) -> EventPage:
    """A page of the events of the key, newest first.

    Raises:
        CiamError: as any read; `throttled` is not waited for here.
    """
    return _events(clients, ("AccessKeyId", key_id), window, region, token)


def read_service_events(clients: Clients, source: str, window: Window, region: str, token: str | None) -> EventPage:
    """A page of everybody's events of a service, such as `s3.amazonaws.com`, newest first; raises as `read_key_events`."""
    return _events(clients, ("EventSource", source), window, region, token)


def _events(clients: Clients, attribute: tuple[str, str], window: Window, region: str, token: str | None) -> EventPage:
    trail: Any = clients.glance("cloudtrail", region)
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": attribute[0], "AttributeValue": attribute[1]}],
        "StartTime": window.since,
        "EndTime": window.until,
        "MaxResults": _PAGE_SIZE,
        **({"NextToken": token} if token else {}),
    }

    def ask() -> EventPage:
        answer = trail.lookup_events(**asked)
        events = list(answer["Events"])  # CloudTrail sends an empty list for none; without any this is not CloudTrail
        texts = tuple(str(each["CloudTrailEvent"]) for each in events)
        return EventPage(texts, len(events), str(answer["NextToken"]) if answer.get("NextToken") else None)

    return _asked(clients, f"look up CloudTrail's events in {region}", ask)


def _service(answered: Mapping[str, Any]) -> ServiceUse:
    actions = answered.get("TrackedActionsLastAccessed") or ()
    return ServiceUse(
        service=str(answered["ServiceNamespace"]),
        last=_moment(answered.get("LastAuthenticated")),
        region=str(answered.get("LastAuthenticatedRegion") or ""),
        actions=tuple((str(each["ActionName"]), _moment(each.get("LastAccessedTime"))) for each in actions),
    )


def _moment(answered: object) -> datetime | None:
    return answered if isinstance(answered, datetime) else None


def _known(answered: object) -> str:
    return "" if answered in (None, "N/A") else str(answered)


def _asked(clients: Clients, doing: str, ask: Callable[[], _Value]) -> _Value:
    try:
        return clients.ask(doing, ask)
    except (AttributeError, KeyError, TypeError, ValueError):  # botocore fails so on an answer of another shape than the model's
        raise CiamError("answer-unreadable", f"Cannot {doing}", "The answer is not one that AWS gives.") from None
