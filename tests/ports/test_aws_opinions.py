"""What AWS is asked for as a second opinion, and what becomes of each answer.

No server that can be installed knows these operations, so that botocore's Stubber stands in: it holds parameters and answers against the
models of the services. What networks and servers that are not quite AWS do comes from a real server on this machine.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from ciam_tui.core.activity import EventPage, Window
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Outcome, Request
from ciam_tui.core.operator import actions_of, operator_policy
from ciam_tui.core.opinions import AnalyzerFinding, Location, MatchedStatement, NotChecked, PolicyKind
from ciam_tui.core.problems import CiamError
from tests.moto_server import access_to
from tests.one_answer import IAM_ERROR, Answer, answers, one_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.ports.aws import BotoAws
    from ciam_tui.ports.aws.clients import Service

DOCUMENT = Document('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}')
NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=90), NOW)
ROLE = "arn:aws:iam::123456789012:role/circleci/deploy"
READ = Request("s3:GetObject", "arn:aws:s3:::b/k", {"aws:ResourceAccount": ("123456789012",)})


class Elsewhere:
    """One account behind one server, whose next answers a test chooses: a client takes long to make, and these tests ask a hundred times."""

    def __init__(self) -> None:
        self.answer = Answer(0)
        self.requests: list[str] = []
        self._open = ExitStack()
        server = self._open.enter_context(answers(self._choose))
        self.aws = access_to(server.url).open(None, None)
        self._open.callback(self.aws.close)

    def _choose(self, request: str, _headers: Mapping[str, str]) -> Answer:
        self.requests.append(request)
        return self.answer

    def close(self) -> None:
        self._open.close()


@pytest.fixture(scope="module")
def one_elsewhere() -> Iterator[Elsewhere]:
    elsewhere = Elsewhere()
    yield elsewhere
    elsewhere.close()


@pytest.fixture
def elsewhere(one_elsewhere: Elsewhere) -> Elsewhere:
    one_elsewhere.requests.clear()
    return one_elsewhere


@pytest.fixture
def aws(elsewhere: Elsewhere) -> BotoAws:
    """An account that is not to be asked but through a stub."""
    elsewhere.answer = Answer(500, "asked past the stub")
    return elsewhere.aws


@contextmanager
def stubbed(aws: BotoAws, service: Service, region: str = "us-east-1") -> Iterator[Stubber]:
    """The client for glances at `service` answers what is added, in that order, and nothing else."""
    client: Any = aws._clients.glance(service, region)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


# Access Analyzer

POSITION = {"line": 3, "column": 4, "offset": 40}
FINDING = {
    "findingType": "WARNING",
    "issueCode": "WILDCARD_WITHOUT_LIKE_OPERATOR",
    "findingDetails": "Your condition value includes a * or ? character.",
    "learnMoreLink": "https://docs.aws.amazon.com/x",
    "locations": [
        {
            "path": [
                {"value": "Statement"},
                {"index": 1},
                {"value": "Condition"},
                {"key": "StringEquals"},
                {"value": "a/b:sub"},
                {"substring": {"start": 0, "length": 1}},
            ],
            "span": {"start": POSITION, "end": POSITION},
        }
    ],
}


def test_a_permission_policy_is_asked_about_as_it_is_and_its_findings_come_with_statement_and_line(aws: BotoAws) -> None:
    with stubbed(aws, "accessanalyzer") as stubber:
        asked = {"locale": "EN", "maxResults": 100, "policyDocument": DOCUMENT.text, "policyType": "IDENTITY_POLICY"}
        stubber.add_response("validate_policy", {"findings": [FINDING]}, asked)
        found = aws.validated(DOCUMENT, PolicyKind.PERMISSIONS)
    place = Location("/Statement/1/Condition/StringEquals/a~1b:sub", 2, 3)
    assert found == (
        AnalyzerFinding(
            "WARNING",
            "WILDCARD_WITHOUT_LIKE_OPERATOR",
            "Your condition value includes a * or ? character.",
            "https://docs.aws.amazon.com/x",
            (place,),
        ),
    )


def test_a_trust_policy_is_asked_about_as_one_and_all_pages_are_read(aws: BotoAws) -> None:
    trust = {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"}
    asked = {"locale": "EN", "maxResults": 100, "policyDocument": DOCUMENT.text, **trust}
    with stubbed(aws, "accessanalyzer") as stubber:
        stubber.add_response("validate_policy", {"findings": [FINDING], "nextToken": "2"}, asked)
        stubber.add_response("validate_policy", {"findings": [{**FINDING, "locations": []}]}, {**asked, "nextToken": "2"})
        found = aws.validated(DOCUMENT, PolicyKind.TRUST)
    assert not isinstance(found, NotChecked)
    assert [len(finding.locations) for finding in found] == [1, 0]


def test_pages_that_never_end_are_not_read_for_ever(aws: BotoAws) -> None:
    with stubbed(aws, "accessanalyzer") as stubber:
        for _ in range(50):
            stubber.add_response("validate_policy", {"findings": [], "nextToken": "again"})
        found = aws.validated(DOCUMENT, PolicyKind.TRUST)
    assert isinstance(found, NotChecked)
    assert found.code == "answer-unreadable"


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("AccessDeniedException", 403, "access-denied"),
        ("ThrottlingException", 429, "throttled"),
        ("ValidationException", 400, "aws-refused"),
        ("InternalServerException", 500, "aws-unavailable"),
        ("UnrecognizedClientException", 403, "key-invalid"),
        ("UnknownOperationException", 404, "aws-refused"),
    ],
)
def test_what_access_analyzer_says_no_to_is_not_checked_and_says_why(aws: BotoAws, code: str, status: int, told: str) -> None:
    said = "User: x is not authorized to perform: access-analyzer:ValidatePolicy"
    with stubbed(aws, "accessanalyzer") as stubber:
        stubber.add_client_error("validate_policy", code, said, http_status_code=status)
        found = aws.validated(DOCUMENT, PolicyKind.PERMISSIONS)
    assert isinstance(found, NotChecked)
    assert found.code == told
    assert found.reason.startswith("Cannot ask IAM Access Analyzer: ")
    if told == "access-denied":
        assert "Ask for access-analyzer:ValidatePolicy" in found.reason


# What a server says that is not quite AWS: moto's answer to what it does not know, proxies, and nonsense.
STRANGE = {
    "a 500 in HTML": Answer(500, "<!doctype html><title>500</title>", {"Content-Type": "text/html"}),
    "a 403 without words": Answer(403),
    "a 404 in HTML": Answer(404, "<html>no such page</html>", {"Content-Type": "text/html"}),
    "a page in HTML": Answer(200, "<html>log in here</html>", {"Content-Type": "text/html"}),
    "a list": Answer(200, "[]", {"Content-Type": "application/json"}),
    "null": Answer(200, "null", {"Content-Type": "application/json"}),
    "an empty object": Answer(200, "{}", {"Content-Type": "application/json"}),
    "text for a list": Answer(200, '{"findings": "none", "Events": "none"}', {"Content-Type": "application/json"}),
    "a finding that is a number": Answer(200, '{"findings": [1], "Events": [1]}', {"Content-Type": "application/json"}),
    "a finding without a type": Answer(200, '{"findings": [{}]}', {"Content-Type": "application/json"}),
    "steps that are text": Answer(
        200,
        '{"findings": [{"findingType": "ERROR", "issueCode": "X", "findingDetails": "x", "locations": [{"path": ["a"], "span": 3}]}]}',
        {"Content-Type": "application/json"},
    ),
    "nothing at all": Answer(0),
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
def test_no_answer_that_is_not_one_ends_anything_or_passes_for_nothing_found(elsewhere: Elsewhere, answer: Answer) -> None:
    elsewhere.answer = answer
    assert isinstance(elsewhere.aws.validated(DOCUMENT, PolicyKind.PERMISSIONS), NotChecked)
    assert isinstance(elsewhere.aws.simulated([READ], [("s3", DOCUMENT)]), NotChecked)


def test_an_endpoint_that_does_not_answer_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ciam_tui.ports.aws.clients._GLANCE_READ_SECONDS", 0.2)
    with one_answer(Answer(200, "{}", never=True)) as server:
        aws = access_to(server.url).open(None, None)
        found = aws.validated(DOCUMENT, PolicyKind.PERMISSIONS)
        aws.close()
        server.wait_for_a_request()
    assert isinstance(found, NotChecked)
    assert found.code == "no-answer"
    assert len(server.requests) == 1


def test_an_endpoint_that_is_not_there_is_not_checked_and_not_asked_twice() -> None:
    aws = access_to("http://127.0.0.1:1").open(None, None)
    found = aws.validated(DOCUMENT, PolicyKind.PERMISSIONS)
    aws.close()
    assert isinstance(found, NotChecked)
    assert (found.code, found.is_for_good) == ("unreachable", True)


# The simulator


def evaluation(action: str, decision: str, **more: Any) -> dict[str, Any]:
    return {"EvalActionName": action, "EvalDecision": decision, **more}


def test_the_simulator_is_told_policies_boundary_and_context_with_types_and_no_caller(aws: BotoAws) -> None:
    asked = {
        "PolicyInputList": [DOCUMENT.text],
        "PermissionsBoundaryPolicyInputList": [DOCUMENT.text],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": ["arn:aws:s3:::b/k"],
        "ContextEntries": [
            {"ContextKeyName": "aws:ResourceAccount", "ContextKeyValues": ["123456789012"], "ContextKeyType": "string"},
        ],
    }
    matched = [{"SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "none", "StartPosition": {"Line": 1, "Column": 41}}]
    result = evaluation("s3:GetObject", "allowed", EvalResourceName="arn:aws:s3:::b/k", MatchedStatements=matched)
    with stubbed(aws, "iam") as stubber:
        stubber.add_response("simulate_custom_policy", {"EvaluationResults": [result], "IsTruncated": False}, asked)
        told = aws.simulated([READ], [("s3", DOCUMENT)], DOCUMENT)
    assert not isinstance(told, NotChecked)
    (decision,) = told
    assert (decision.request, decision.outcome) == (READ, Outcome.ALLOWED)
    assert decision.matched == (MatchedStatement("s3", 1, 41),)


def test_truncated_answers_are_read_on_by_their_marker(aws: BotoAws) -> None:
    write = Request("s3:PutObject", "arn:aws:s3:::b/k", READ.context)
    with stubbed(aws, "iam") as stubber:
        first = {"EvaluationResults": [evaluation("s3:GetObject", "implicitDeny")], "IsTruncated": True, "Marker": "m"}
        stubber.add_response("simulate_custom_policy", first)
        stubber.add_response("simulate_custom_policy", {"EvaluationResults": [evaluation("s3:PutObject", "explicitDeny")]})
        told = aws.simulated([READ, write], [("s3", DOCUMENT)])
    assert not isinstance(told, NotChecked)
    assert [each.outcome for each in told] == [Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY]


def test_a_policy_that_the_simulator_does_not_take_is_not_checked_and_says_why(aws: BotoAws) -> None:
    with stubbed(aws, "iam") as stubber:
        stubber.add_client_error("simulate_custom_policy", "InvalidInput", "Syntax errors in policy.", http_status_code=400)
        told = aws.simulated([READ], [("s3", DOCUMENT)])
    assert isinstance(told, NotChecked)
    assert (told.code, told.is_for_good) == ("request-invalid", False)
    assert "Syntax errors in policy." in told.reason


def test_requests_with_a_caller_are_no_question_for_the_simulator(aws: BotoAws) -> None:
    with stubbed(aws, "iam"):
        told = aws.simulated([Request("s3:GetObject", "arn:aws:s3:::b/k", {}, "arn:aws:iam::123456789012:role/r")], [("s3", DOCUMENT)])
    assert isinstance(told, NotChecked)


def test_an_operator_without_the_right_to_simulate_is_told_which_one(elsewhere: Elsewhere) -> None:
    said = "User: x is not authorized to perform: iam:SimulateCustomPolicy"
    elsewhere.answer = Answer(403, IAM_ERROR.format(code="AccessDenied", message=said))
    told = elsewhere.aws.simulated([READ], [("s3", DOCUMENT)])
    assert isinstance(told, NotChecked)
    assert told.code == "access-denied"
    assert "Ask for iam:SimulateCustomPolicy" in told.reason


# CloudTrail


def test_a_roles_events_are_looked_up_in_the_region_and_the_window_a_page_at_a_time(aws: BotoAws) -> None:
    asked = {
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": ROLE}],
        "StartTime": WINDOW.since,
        "EndTime": WINDOW.until,
        "MaxResults": 50,
    }
    events = [
        {"EventName": "AssumeRoleWithWebIdentity", "CloudTrailEvent": "{1}"},
        {"EventName": "UpdateAssumeRolePolicy", "CloudTrailEvent": "{2}"},
    ]
    with stubbed(aws, "cloudtrail", "eu-west-1") as stubber:
        stubber.add_response("lookup_events", {"Events": events, "NextToken": "next"}, asked)
        stubber.add_response("lookup_events", {"Events": []}, {**asked, "NextToken": "next"})
        assert aws.assume_events(WINDOW, "eu-west-1", ROLE) == EventPage(("{1}",), 2, "next")
        assert aws.assume_events(WINDOW, "eu-west-1", ROLE, "next") == EventPage((), 0, None)


def test_without_a_role_the_events_are_looked_up_by_their_name(aws: BotoAws) -> None:
    with stubbed(aws, "cloudtrail") as stubber:
        attribute = {"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}
        stubber.add_response(
            "lookup_events",
            {"Events": []},
            {"LookupAttributes": [attribute], "StartTime": WINDOW.since, "EndTime": WINDOW.until, "MaxResults": 50},
        )
        assert aws.assume_events(WINDOW, "us-east-1", None).seen == 0


def test_a_throttled_lookup_is_told_at_once_and_not_retried_behind_ones_back(elsewhere: Elsewhere) -> None:
    throttled = '{"__type": "ThrottlingException", "message": "Rate exceeded"}'
    elsewhere.answer = Answer(400, throttled, {"Content-Type": "application/x-amz-json-1.1"})
    with pytest.raises(CiamError) as caught:
        elsewhere.aws.assume_events(WINDOW, "us-east-1", ROLE)
    assert caught.value.code == "throttled"
    assert len(elsewhere.requests) == 1


@pytest.mark.parametrize(
    "name", ["a 500 in HTML", "a 403 without words", "a page in HTML", "a list", "text for a list", "a finding that is a number"]
)
def test_a_lookup_that_is_not_answered_by_cloudtrail_fails_in_a_sentence(elsewhere: Elsewhere, name: str) -> None:
    elsewhere.answer = STRANGE[name]
    with pytest.raises(CiamError) as caught:
        elsewhere.aws.assume_events(WINDOW, "us-east-1", ROLE)
    assert caught.value.title == "Cannot look up CloudTrail's events in us-east-1"


def test_the_operators_policy_has_these_reads_in_a_statement_of_their_own_that_can_be_left_out() -> None:
    (statement,) = [each for each in parse_policy(operator_policy("123456789012", "aws").text).statements if each.sid == "ReadOpinions"]
    asked = (("accessanalyzer", "ValidatePolicy"), ("cloudtrail", "LookupEvents"), ("iam", "SimulateCustomPolicy"))
    assert statement.actions == tuple(action for service, operation in asked for action in actions_of(service, operation, {}))
    assert statement.resources == ("*",)
