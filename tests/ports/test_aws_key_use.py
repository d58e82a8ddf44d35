"""What AWS keeps of a key's use, and what stands around a bucket: the real server where it knows the operation, the service's model elsewhere."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from ciam_tui.core.activity import EventPage, Window
from ciam_tui.core.document import Document
from ciam_tui.core.evidence.facts import JobPage, ServiceUse
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shut_out.facts import ControlPolicies
from ciam_tui.core.users.facts import LastUse
from ciam_tui.ports.aws.user_details import _Reading
from tests.moto_server import ACCESS_KEY_ID, SECRET_ACCESS_KEY, access_to
from tests.one_answer import Answer, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.ports.aws import BotoAws
    from ciam_tui.ports.aws.clients import Service

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=90), NOW)
KEY_ID = "AKIAXAMPLECIRCLE7Q2V"
USER = "arn:aws:iam::123456789012:user/circleci_service"


@pytest.fixture(scope="module")
def alone() -> Iterator[BotoAws]:
    """An account that is asked through stubs alone; its clients are made once."""
    aws = access_to("http://127.0.0.1:1").open(None, None)
    yield aws
    aws.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[BotoAws, list[Answer]]]:
    """An account behind a server that answers as the list says; a client takes long to make."""
    said: list[Answer] = []
    with answers(lambda _request, _headers: said[0]) as server:
        aws = access_to(server.url).open(None, None)
        yield aws, said
        aws.close()


@contextmanager
def stubbed(aws: BotoAws, service: Service, *, glance: bool = False, region: str = "us-east-1") -> Iterator[Stubber]:
    client: Any = aws._clients.glance(service, region) if glance else aws._clients.iam()
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


# The use of a key


def test_a_key_that_was_never_used_has_no_last_use(aws: BotoAws, endpoint: str) -> None:
    iam = client(endpoint, "iam")
    iam.create_user(UserName="ci")
    key_id = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    assert aws.key_last_use(key_id) == LastUse(None)


def test_when_and_for_what_a_key_was_used_is_read_as_iam_says_it(alone: BotoAws) -> None:
    with stubbed(alone, "iam") as stubber:
        used = {"LastUsedDate": NOW, "ServiceName": "s3", "Region": "us-east-1"}
        stubber.add_response("get_access_key_last_used", {"UserName": "ci", "AccessKeyLastUsed": used}, {"AccessKeyId": KEY_ID})
        assert alone.key_last_use(KEY_ID) == LastUse(NOW, "s3", "us-east-1")


def test_an_answer_that_says_nothing_of_a_keys_use_is_unread_and_not_never(alone: BotoAws) -> None:
    with stubbed(alone, "iam") as stubber:
        stubber.add_response("get_access_key_last_used", {"UserName": "ci"}, {"AccessKeyId": KEY_ID})
        reading = _Reading(alone._clients, "ci")
        assert reading._last_use({"AccessKeyId": KEY_ID}) is None
        assert "iam:GetAccessKeyLastUsed" in reading._unread[0]


def test_iams_job_is_begun_for_actions_and_read_a_page_at_a_time(alone: BotoAws) -> None:
    with stubbed(alone, "iam") as stubber:
        stubber.add_response("generate_service_last_accessed_details", {"JobId": "x" * 36}, {"Arn": USER, "Granularity": "ACTION_LEVEL"})
        stubber.add_response("generate_service_last_accessed_details", {"JobId": "y" * 36}, {"Arn": USER, "Granularity": "SERVICE_LEVEL"})
        begun = {"JobCreationDate": NOW, "JobCompletionDate": NOW}
        stubber.add_response(
            "get_service_last_accessed_details",
            {**begun, "JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []},
            {"JobId": "x" * 36, "MaxItems": 200},
        )
        actions = [{"ActionName": "PutBucketPolicy", "LastAccessedTime": NOW}, {"ActionName": "CreateBucket"}]
        s3 = {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "LastAuthenticated": NOW, "LastAuthenticatedRegion": "us-east-1"}
        stubber.add_response(
            "get_service_last_accessed_details",
            {
                **begun,
                "JobStatus": "COMPLETED",
                "ServicesLastAccessed": [{**s3, "TrackedActionsLastAccessed": actions}, {"ServiceName": "EC2", "ServiceNamespace": "ec2"}],
                "IsTruncated": True,
                "Marker": "m",
            },
            {"JobId": "x" * 36, "MaxItems": 200, "Marker": "before"},
        )
        failed = {**begun, "JobStatus": "FAILED", "ServicesLastAccessed": [], "Error": {"Code": "Broken", "Message": "It broke."}}
        stubber.add_response("get_service_last_accessed_details", failed)
        assert alone.start_service_job(USER, by_action=True) == "x" * 36
        assert alone.start_service_job(USER, by_action=False) == "y" * 36
        assert alone.service_job("x" * 36) == JobPage("IN_PROGRESS")
        use = ServiceUse("s3", NOW, "us-east-1", (("PutBucketPolicy", NOW), ("CreateBucket", None)))
        assert alone.service_job("x" * 36, "before") == JobPage("COMPLETED", (use, ServiceUse("ec2", None)), "m")
        assert alone.service_job("x" * 36) == JobPage("FAILED", error="Broken It broke.")


def test_a_keys_events_are_looked_up_by_its_id_a_page_at_a_time(alone: BotoAws) -> None:
    asked = {
        "LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": KEY_ID}],
        "StartTime": WINDOW.since,
        "EndTime": WINDOW.until,
        "MaxResults": 50,
    }
    with stubbed(alone, "cloudtrail", glance=True, region="eu-west-1") as stubber:
        stubber.add_response("lookup_events", {"Events": [{"CloudTrailEvent": "{}"}], "NextToken": "n"}, asked)
        stubber.add_response("lookup_events", {"Events": []}, {**asked, "NextToken": "n"})
        assert alone.key_events(KEY_ID, WINDOW, "eu-west-1") == EventPage(("{}",), 1, "n")
        assert alone.key_events(KEY_ID, WINDOW, "eu-west-1", "n") == EventPage((), 0)


def test_a_services_events_are_looked_up_by_their_source(alone: BotoAws) -> None:
    asked = {
        "LookupAttributes": [{"AttributeKey": "EventSource", "AttributeValue": "s3.amazonaws.com"}],
        "StartTime": WINDOW.since,
        "EndTime": WINDOW.until,
        "MaxResults": 50,
        "NextToken": "n",
    }
    with stubbed(alone, "cloudtrail", glance=True, region="eu-west-1") as stubber:
        stubber.add_response("lookup_events", {"Events": [{"CloudTrailEvent": "{}"}]}, asked)
        assert alone.service_events("s3.amazonaws.com", WINDOW, "eu-west-1", "n") == EventPage(("{}",), 1)


READS: dict[str, Callable[[BotoAws], object]] = {
    "last use": lambda aws: aws.key_last_use(KEY_ID),
    "job": lambda aws: aws.start_service_job(USER, by_action=True),
    "services": lambda aws: aws.service_job("x" * 36),
    "events": lambda aws: aws.key_events(KEY_ID, WINDOW, "us-east-1"),
    "service events": lambda aws: aws.service_events("s3.amazonaws.com", WINDOW, "us-east-1"),
    "key policy": lambda aws: aws.key_policy("arn:aws:kms:us-east-1:123456789012:key/1"),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(403),
        Answer(404, "<html>"),
        Answer(200, "<html>log in</html>"),
        Answer(200, "[]"),
        Answer(200, '{"Events": 3, "Policy": 3}'),
        Answer(200),
    ],
    ids=["403", "404", "html", "list", "numbers", "nothing"],
)
def test_what_is_no_answer_of_awss_fails_in_a_sentence(
    read: Callable[[BotoAws], object], answer: Answer, elsewhere: tuple[BotoAws, list[Answer]]
) -> None:
    aws, said = elsewhere
    said[:] = [answer]
    with pytest.raises(CiamError) as caught:
        read(aws)
    assert caught.value.title.startswith("Cannot ")


# What stands around a bucket


def client(endpoint: str, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # its overloads know a service by its literal name alone
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY
    )


def test_a_keys_policy_is_read_and_a_key_that_is_not_there_has_none(aws: BotoAws, endpoint: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}
    arn = client(endpoint, "kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    assert aws.key_policy(arn) == Document.of(policy)
    assert aws.key_policy(arn.rpartition("/")[0] + "/5c0f6f0e-9d0b-4f7e-8a55-3f2b7f1c9ad4") is None


def test_an_account_without_an_organization_and_a_management_account_are_bound_by_no_control_policy(aws: BotoAws, endpoint: str) -> None:
    assert aws.service_control_policies() == ControlPolicies(())
    client(endpoint, "organizations").create_organization(FeatureSet="ALL")
    assert aws.service_control_policies() == ControlPolicies(())


ORGANIZATION = {"Organization": {"Id": "o-a", "MasterAccountId": "210987654321"}}
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def summary(policy_id: str, name: str) -> dict[str, Any]:
    return {"Policies": [{"Id": policy_id, "Name": name, "Type": "SERVICE_CONTROL_POLICY"}]}


def content(text: str) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": {}, "Content": text}}


def test_the_levels_of_a_member_account_are_read_from_it_to_the_root(aws: BotoAws) -> None:
    account = aws.identity().account_id
    with stubbed(aws, "organizations", glance=True) as stubber:
        stubber.add_response("describe_organization", ORGANIZATION)
        asked = {"TargetId": account, "Filter": "SERVICE_CONTROL_POLICY"}
        stubber.add_response("list_policies_for_target", {"Policies": [], "NextToken": "n"}, asked)
        stubber.add_response("list_policies_for_target", summary("p-full", "full"), {**asked, "NextToken": "n"})
        stubber.add_response("describe_policy", content(ALL), {"PolicyId": "p-full"})
        stubber.add_response("list_parents", {"Parents": [{"Id": "r-abcd", "Type": "ROOT"}]}, {"ChildId": account})
        stubber.add_response("list_policies_for_target", summary("p-guard", "guard"))
        stubber.add_response("describe_policy", content(ALL), {"PolicyId": "p-guard"})
        found = aws.service_control_policies()
    assert found == ControlPolicies(((("guard", Document(ALL)),), (("full", Document(ALL)),)))


def test_control_policies_that_may_not_be_read_are_unknown_and_raise_nothing(aws: BotoAws) -> None:
    aws.identity()
    with stubbed(aws, "organizations", glance=True) as stubber:
        stubber.add_response("describe_organization", ORGANIZATION)
        said = "You don't have permissions to access this resource."
        stubber.add_client_error("list_policies_for_target", "AccessDeniedException", said, http_status_code=400)
        found = aws.service_control_policies()
    assert found.levels is None
    assert said.rstrip(".") in found.unread


def test_an_organization_that_has_no_control_policies_binds_nobody(aws: BotoAws) -> None:
    aws.identity()
    with stubbed(aws, "organizations", glance=True) as stubber:
        stubber.add_response("describe_organization", ORGANIZATION)
        stubber.add_client_error("list_policies_for_target", "PolicyTypeNotEnabledException", "no", http_status_code=400)
        assert aws.service_control_policies() == ControlPolicies(())
