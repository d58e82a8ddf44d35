"""What the demo's account says of how keys and roles were used: the two operations of AWS that tell it, which moto lacks.

The content is fixed and small, and agrees with what the account says elsewhere of the key. It teaches what the real ones teach: that S3 was used
and when, that some calls of other kinds were made, and that nothing in either is about an object.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse

from ciam_tui.ports.sandbox import account, role_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LAST_BUILD = datetime(2026, 8, 19, 16, 42, tzinfo=UTC)
# Of the services that an administrator may ask, as many as a reader takes in; AWS lists some three hundred.
_NEVER_ASKED = ("cloudfront", "cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda", "logs", "sns", "sqs")
_WEEKS = 12
_PAGE_SIZE = 50
_NO_JOB = "No service last accessed job with the id {} was found."


def add_service_last_accessed() -> None:
    """IAM's job about services: it is at work when it is first asked, and has its answer when it is asked again."""
    jobs: dict[str, tuple[str, int]] = {}

    def begin(self: IamResponse) -> ActionResult:
        job_id = f"demo-job-{len(jobs) + 1:027}"
        jobs[job_id] = (self._get_param("Arn"), 0)
        return ActionResult({"JobId": job_id})

    def look(self: IamResponse) -> ActionResult:
        job_id = self._get_param("JobId")
        if job_id not in jobs:
            raise NotFoundException(_NO_JOB.format(job_id))
        arn, looks = jobs[job_id]
        jobs[job_id] = (arn, looks + 1)
        answer = {"JobCreationDate": LAST_BUILD, "JobStatus": "COMPLETED" if looks else "IN_PROGRESS", "IsTruncated": False}
        of = role_differences.services_of_role(arn) if ":role/" in arn else _services(self, arn)
        services = list(of) if looks else []
        return ActionResult(answer | {"JobCompletionDate": LAST_BUILD, "ServicesLastAccessed": services})

    setattr(IamResponse, "generate_service_last_accessed_details", begin)  # noqa: B010 - moto's class does not declare it
    setattr(IamResponse, "get_service_last_accessed_details", look)  # noqa: B010 - as above


def add_event_history() -> None:
    """CloudTrail's history, looked up by one attribute, as AWS does."""

    def lookup(self: CloudTrailResponse) -> str:
        (attribute,) = self._get_param("LookupAttributes")
        if attribute["AttributeKey"] not in _FOUND_BY:
            raise NotImplementedError("The lookup_events action has not been implemented")
        since, until = (datetime.fromtimestamp(float(self._get_param(name)), UTC) for name in ("StartTime", "EndTime"))
        told = [*_events(), *role_differences.events_of_roles()] if self.region == account.REGION else []
        events = [
            each
            for each in told
            if since <= _moment(each) <= until and attribute["AttributeValue"] in _FOUND_BY[attribute["AttributeKey"]](each)
        ]
        events.sort(key=_moment, reverse=True)
        start = int(self._get_param("NextToken") or 0)
        answer: dict[str, Any] = {"Events": [_told(each) for each in events[start : start + _PAGE_SIZE]]}
        if start + _PAGE_SIZE < len(events):
            answer["NextToken"] = str(start + _PAGE_SIZE)
        return json.dumps(answer)

    setattr(CloudTrailResponse, "lookup_events", lookup)  # noqa: B010 - moto's class does not declare it


def _moment(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["eventTime"])


# What an event is found by: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html
_FOUND_BY: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, ...]]] = {
    "AccessKeyId": lambda event: (event["userIdentity"].get("accessKeyId", ""),),
    "EventName": lambda event: (event["eventName"],),
    "EventSource": lambda event: (event["eventSource"],),
    "ResourceName": lambda event: tuple(each["ARN"] for each in event.get("resources", ())),
}


def _services(self: IamResponse, arn: str) -> Iterator[dict[str, Any]]:
    """The services that the user's key was used for, as far as the account knows, and those that nobody asked."""
    name = arn.rpartition("/")[2]
    used = {
        key.last_used.service: key.last_used
        for key in self.backend.access_keys.values()
        if key.user_name == name and key.last_used is not None
    }
    for service, use in sorted(used.items()):
        actions = (
            [{"ActionName": "ListAllMyBuckets", "LastAccessedTime": use.timestamp, "LastAccessedRegion": use.region}]
            if service == "s3"
            else []
        )
        yield {
            "ServiceName": service,
            "ServiceNamespace": service,
            "LastAuthenticated": use.timestamp,
            "LastAuthenticatedRegion": use.region,
            "LastAuthenticatedEntity": arn,
            "TotalAuthenticatedEntities": 1,
            "TrackedActionsLastAccessed": actions,
        }
    for service in (each for each in _NEVER_ASKED if each not in used):
        yield {"ServiceName": service, "ServiceNamespace": service, "TotalAuthenticatedEntities": 0}


def _events() -> list[dict[str, Any]]:
    """Each week a build that listed all buckets, by the old user's key, and one that looked who it is."""
    found = []
    for week in range(_WEEKS):
        found.append(_of_key(LAST_BUILD - timedelta(weeks=week), "ListBuckets", "s3.amazonaws.com"))
        found.append(_of_key(LAST_BUILD - timedelta(weeks=week, seconds=4), "GetCallerIdentity", "sts.amazonaws.com"))
    return found


def _of_key(at: datetime, name: str, source: str) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{account.ACCOUNT_ID}:user/{account.LEGACY_USER_NAME}",
            "accountId": account.ACCOUNT_ID,
            "accessKeyId": account.LEGACY_ACCESS_KEY_ID,
            "userName": account.LEGACY_USER_NAME,
        },
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": account.REGION,
        "sourceIPAddress": "198.51.100.23",  # of the addresses that are kept for documentation
        "userAgent": "aws-cli/1.16.310 Python/3.7.3 Linux/5.4.0 botocore/1.13.46",
        "requestParameters": None,
        "responseElements": None,
        "eventID": f"de300000-0000-4000-8000-{int(at.timestamp()):012}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "eventCategory": "Management",
    }


def _told(event: Mapping[str, Any]) -> dict[str, Any]:
    who = event["userIdentity"]
    found = {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event["readOnly"]).lower(),
        "EventTime": _moment(event).timestamp(),
        "EventSource": event["eventSource"],
        "Username": who.get("userName") or who["arn"].rpartition("/")[2],
        "Resources": [{"ResourceType": each["type"], "ResourceName": each["ARN"]} for each in event.get("resources", ())],
        "CloudTrailEvent": json.dumps(event),
    }
    return found | ({"AccessKeyId": who["accessKeyId"]} if "accessKeyId" in who else {})
