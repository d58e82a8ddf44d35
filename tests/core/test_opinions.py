"""AWS's opinions beside ours: places in a document, what counts as the same, what counts as a contradiction, and few calls for many requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.access_matrix import matrix_of
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Outcome, Request, compile_policy
from ciam_tui.core.opinions import (
    AnalyzerFinding,
    Location,
    MatchedStatement,
    NotChecked,
    Opinion,
    SimulatedDecision,
    calls_for,
    compared,
    decided_alike,
    held_against,
    json_of,
    lines_of,
)
from ciam_tui.core.opinions.analyzer import SAME, location_of
from ciam_tui.core.opinions.simulation import MOST_RESULTS, decisions_in
from ciam_tui.core.policy_findings import PolicyFinding, permission_findings, trust_findings
from ciam_tui.core.problems import CiamError, Level
from tests.core.asking import example_setup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.evaluate import CompiledPolicy

BUCKET = "arn:aws:s3:::b"
IN_ACCOUNT = {"aws:ResourceAccount": ("123456789012",)}


def theirs(code: str, statement: int | None = None, kind: str = "WARNING") -> AnalyzerFinding:
    places = () if statement is None else (Location(f"/Statement/{statement - 1}", statement, None),)
    return AnalyzerFinding(kind, code, "They say so.", "", places)


def ours(finding_id: str, statement: int | None = None) -> PolicyFinding:
    return PolicyFinding(finding_id, Level.WARNING, "We say so.", "Do it.", statement=statement)


# Places


@pytest.mark.parametrize(
    ("path", "pointer", "statement"),
    [
        ([], "", None),
        ([{"value": "Version"}], "/Version", None),
        ([{"value": "Statement"}], "/Statement", None),
        ([{"value": "Statement"}, {"index": 0}], "/Statement/0", 1),
        ([{"value": "Statement"}, {"index": 11}, {"value": "Action"}, {"index": 2}], "/Statement/11/Action/2", 12),
        ([{"value": "Statement"}, {"value": "Resource"}], "/Statement/Resource", 1),
        ([{"value": "Statement"}, {"index": 0}, {"value": "Sid"}, {"substring": {"start": 1, "length": 2}}], "/Statement/0/Sid", 1),
        ([{"value": "Statement"}, {"index": 0}, {"value": "Condition"}, {"key": "a/~b"}], "/Statement/0/Condition/a~1~0b", 1),
    ],
)
def test_a_path_into_the_document_becomes_a_pointer_and_a_statement(
    path: list[dict[str, Any]], pointer: str, statement: int | None
) -> None:
    assert location_of({"path": path, "span": {"start": {"line": 7}}}) == Location(pointer, statement, 7)


@pytest.mark.parametrize("span", [{}, {"start": {}}, {"start": {"line": 0}}, {"start": {"line": "7"}}])
def test_a_span_without_a_line_has_none(span: dict[str, Any]) -> None:
    assert location_of({"path": [], "span": span}).line is None


# What is the same, and what is a contradiction


def test_findings_that_say_the_same_of_the_same_statement_are_a_pair() -> None:
    comparison = compared([theirs("WILDCARD_WITHOUT_LIKE_OPERATOR", 2)], [ours("wildcard-without-like", 2), ours("no-audience", 2)])
    assert [(their.code, our.id) for their, our in comparison.both] == [("WILDCARD_WITHOUT_LIKE_OPERATOR", "wildcard-without-like")]
    assert [our.id for our in comparison.only_ours] == ["no-audience"]
    assert (comparison.only_theirs, comparison.we_deny, comparison.they_deny) == ((), (), ())


def test_the_same_mistake_in_two_statements_is_two_and_each_misses_the_others() -> None:
    comparison = compared([theirs("WILDCARD_WITHOUT_LIKE_OPERATOR", 1)], [ours("wildcard-without-like", 2)])
    assert [each.code for each in comparison.we_deny] == ["WILDCARD_WITHOUT_LIKE_OPERATOR"]
    assert [each.id for each in comparison.they_deny] == ["wildcard-without-like"]


def test_a_finding_about_the_whole_document_is_about_each_statement() -> None:
    assert compared([theirs("ALLOW_WITH_NOT_PRINCIPAL")], [ours("not-principal", 3)]).both


def test_what_only_one_side_looks_for_is_no_contradiction() -> None:
    comparison = compared([theirs("A_CODE_OF_NEXT_YEAR", 1)], [ours("audit-log-stream", 1)])
    assert [each.code for each in comparison.only_theirs] == ["A_CODE_OF_NEXT_YEAR"]
    assert [each.id for each in comparison.only_ours] == ["audit-log-stream"]
    assert (comparison.we_deny, comparison.they_deny) == ((), ())


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("ERROR", Level.ERROR),
        ("SECURITY_WARNING", Level.WARNING),
        ("WARNING", Level.WARNING),
        ("SUGGESTION", Level.NOTE),
        ("SOMETHING_NEW", Level.WARNING),
    ],
)
def test_each_kind_of_theirs_has_a_level_and_what_is_new_is_not_played_down(kind: str, level: Level) -> None:
    assert theirs("X", kind=kind).level is level


# A policy that makes each of our ids of the table, so that no row of it names a finding that does not exist.
def _trust(**statement: Any) -> Document:
    whole = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        **statement,
    }
    return Document(json.dumps({"Version": "2012-10-17", "Statement": [{key: value for key, value in whole.items() if value is not None}]}))


def _grant(action: str, resource: str = "*", **statement: Any) -> Document:
    one = {"Effect": "Allow", "Action": action, "Resource": resource, **statement}
    return Document(json.dumps({"Version": "2012-10-17", "Statement": [one]}))


def test_every_finding_of_ours_in_the_table_exists() -> None:
    key = "oidc.circleci.com/org/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"
    trusts = [
        _trust(Condition={"StringEquals": {f"{key}:sub": "org/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11/project/*/user/*"}}),
        _trust(Condition={"ForAllValues:StringEquals": {f"{key}:aud": "x"}}),
        _trust(Condition={"StringEquals": {f"{key}:oidc.circleci.com/vcs-ref": "refs/heads/main"}}),
        _trust(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::123456789012:root"}),
    ]
    grants = [
        _grant("iam:PassRole"),
        _grant("*"),
        _grant("s3:*", f"{BUCKET}/x/*"),
        _grant("iam:CreatePolicyVersion"),
        _grant("s3:Get*", f"{BUCKET}/x/*"),
        _grant("s3:GetObject", f"{BUCKET}/x/*", Principal="*"),
        _grant("s3:GetObject", f"{BUCKET}/x/*", Condition={"StringLike": {"s3:prefix": "x/*"}}),
    ]
    made = {each.id for document in trusts for each in trust_findings(document)}
    made |= {each.id for document in grants for each in permission_findings(document)}
    assert {finding_id for ids in SAME.values() for finding_id in ids} - made == set()


# Calls


def test_requests_of_one_context_on_the_same_actions_are_one_call() -> None:
    requests = [Request(action, f"{BUCKET}/{key}", IN_ACCOUNT) for key in "abc" for action in ("s3:GetObject", "s3:PutObject")]
    (call,) = calls_for(requests)
    assert (call.actions, call.resources) == (("s3:GetObject", "s3:PutObject"), (f"{BUCKET}/a", f"{BUCKET}/b", f"{BUCKET}/c"))


def test_another_context_and_other_actions_are_other_calls() -> None:
    requests = [
        Request("s3:GetObject", f"{BUCKET}/a", IN_ACCOUNT),
        Request("s3:GetObject", f"{BUCKET}/a", {}),
        Request("s3:ListBucket", BUCKET, IN_ACCOUNT),
        Request("s3:ListBucket", BUCKET, {**IN_ACCOUNT, "s3:prefix": ("a/",)}),
    ]
    assert len(calls_for(requests)) == 4
    spelled_otherwise = Request("s3:PutObject", f"{BUCKET}/a", {"AWS:resourceaccount": ("123456789012",), "s3:prefix": ()})
    assert len(calls_for([Request("s3:PutObject", f"{BUCKET}/b", spelled_otherwise.context), spelled_otherwise])) == 1


@pytest.mark.parametrize(
    ("key", "values", "kind"),
    [
        ("s3:prefix", ("a",), "string"),
        ("s3:prefix", ("a", "b"), "stringList"),
        ("aws:SecureTransport", ("true",), "boolean"),
        ("aws:SourceIp", ("192.0.2.1",), "ip"),
        ("aws:CurrentTime", ("2026-08-20T00:00:00Z",), "date"),
        ("s3:max-keys", ("5",), "numeric"),
    ],
)
def test_the_simulator_is_told_the_type_of_each_key(key: str, values: tuple[str, ...], kind: str) -> None:
    (call,) = calls_for([Request("s3:ListBucket", BUCKET, {key: values})])
    assert call.context[0].kind == kind


_ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
_RESOURCES = st.sampled_from([BUCKET, *(f"{BUCKET}/{key}" for key in "abc")])
_CONTEXTS = st.sampled_from([{}, IN_ACCOUNT, {"s3:prefix": ("a", "b")}])


@given(st.lists(st.builds(Request, _ACTIONS, _RESOURCES, _CONTEXTS), max_size=30))
def test_the_calls_ask_exactly_the_requests_and_nothing_else(requests: list[Request]) -> None:
    asked = [
        (action, resource, tuple((entry.key, entry.values) for entry in call.context))
        for call in calls_for(requests)
        for action in call.actions
        for resource in call.resources
    ]
    assert len(asked) == len(set(asked))
    assert set(asked) == {(each.action, each.resource, tuple(sorted(each.context.items()))) for each in requests}


def test_a_call_stays_within_what_one_answer_holds() -> None:
    many = [Request(f"s3:Action{number}", f"{BUCKET}/{key}", {}) for number in range(130) for key in range(7)]
    calls = calls_for(many)
    assert all(len(call.actions) * len(call.resources) <= MOST_RESULTS for call in calls)
    assert sum(len(call.actions) * len(call.resources) for call in calls) == 910


def test_the_matrix_of_a_stage_takes_a_dozen_calls_or_so() -> None:
    for matrix in matrix_of(example_setup()):
        requests = [answer.request for cell in matrix.cells for answer in cell.answers]
        assert len(requests) > 80
        assert len(calls_for(requests)) <= 16


# Answers


def told(requests: Sequence[Request], results: list[dict[str, Any]]) -> list[SimulatedDecision]:
    (call,) = calls_for(requests)
    return list(decisions_in(call, requests, results, {"PolicyInputList.1": "s3"}))


def test_answers_come_by_resource_in_their_own_results() -> None:
    requests = [Request("s3:GetObject", f"{BUCKET}/{key}", {}) for key in "ab"]
    specific = [
        {"EvalResourceName": f"{BUCKET}/a", "EvalResourceDecision": "allowed"},
        {"EvalResourceName": f"{BUCKET}/b", "EvalResourceDecision": "explicitDeny", "MissingContextValues": ["aws:x"]},
    ]
    result = {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": "*",
        "EvalDecision": "explicitDeny",
        "ResourceSpecificResults": specific,
    }
    first, second = told(requests, [result])
    assert (first.outcome, second.outcome, second.missing) == (Outcome.ALLOWED, Outcome.EXPLICIT_DENY, ("aws:x",))


@pytest.mark.parametrize(
    "result",
    [
        {"EvalActionName": "s3:GetObject", "EvalDecision": "perhaps", "EvalResourceName": f"{BUCKET}/a"},
        {"EvalActionName": "s3:PutObject", "EvalDecision": "allowed", "EvalResourceName": f"{BUCKET}/a"},
        {},
    ],
)
def test_what_is_no_answer_to_the_request_is_none(result: dict[str, Any]) -> None:
    assert told([Request("s3:GetObject", f"{BUCKET}/a", {})], [result]) == []


def policy(action: str, effect: str = "Allow") -> CompiledPolicy:
    statement = {"Sid": "One", "Effect": effect, "Action": action, "Resource": "*"}
    return compile_policy(parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]})), name="s3")


GET = Request("s3:GetObject", f"{BUCKET}/a", IN_ACCOUNT)


@pytest.mark.parametrize(
    ("identity", "boundary", "outcome"),
    [
        (policy("s3:*"), None, Outcome.ALLOWED),
        (policy("s3:*"), policy("s3:*"), Outcome.ALLOWED),
        (policy("s3:*"), policy("iam:*"), Outcome.IMPLICIT_DENY),
        (policy("iam:*"), policy("s3:*"), Outcome.IMPLICIT_DENY),
        (policy("s3:*"), policy("s3:*", "Deny"), Outcome.EXPLICIT_DENY),
        (policy("s3:*", "Deny"), policy("s3:*"), Outcome.EXPLICIT_DENY),
    ],
)
def test_ours_is_the_answer_of_the_layers_that_the_simulator_gets(
    identity: CompiledPolicy, boundary: CompiledPolicy | None, outcome: Outcome
) -> None:
    assert decided_alike(GET, [identity], None if boundary is None else [boundary]).outcome is outcome


def test_a_key_policy_that_was_not_asked_does_not_deny_what_the_simulator_allows() -> None:
    request = Request("kms:Decrypt", "arn:aws:kms:us-east-1:210987654321:key/x", {"aws:ResourceAccount": ("210987654321",)})
    assert decided_alike(request, [policy("kms:Decrypt")], None).allowed


# Disagreement


def test_a_disagreement_says_both_reasons_and_an_unanswered_request_is_not_an_agreement() -> None:
    asked = [GET, Request("s3:PutObject", f"{BUCKET}/a", {}), Request("s3:DeleteObject", f"{BUCKET}/a", {})]
    answers = [
        SimulatedDecision(asked[0], Outcome.EXPLICIT_DENY, (MatchedStatement("s3", 4, 7),), ("aws:SourceVpc",)),
        SimulatedDecision(asked[1], Outcome.IMPLICIT_DENY),
    ]
    simulation = held_against(asked, 2, answers, lambda request: decided_alike(request, [policy("s3:GetObject")], None))
    assert (simulation.asked, simulation.calls, simulation.agreed, simulation.unanswered) == (3, 2, 1, (asked[2],))
    (disagreement,) = simulation.disagreements
    assert disagreement.is_about_access
    assert disagreement.our_reason == 'allowed here, by Allow "One" of s3'
    assert disagreement.theirs.reason == "explicit-deny by the simulator, matched s3 at line 4, column 7, without a value for aws:SourceVpc"
    lines = lines_of(Opinion((), simulation))
    assert lines[0] == "IAM's simulator: 3 requests in 2 calls, 1 answered as we do."
    assert "s3:GetObject on arn:aws:s3:::b/a" in lines[1]
    assert "aws:ResourceAccount=123456789012" in lines[2]
    assert lines[3] == "  1 request got no answer: not checked."


def test_two_denials_for_different_reasons_differ_but_not_about_access() -> None:
    answer = SimulatedDecision(GET, Outcome.EXPLICIT_DENY)
    (disagreement,) = held_against([GET], 1, [answer], lambda request: decided_alike(request, [], None)).disagreements
    assert not disagreement.is_about_access


def test_full_agreement_is_said_in_one_line() -> None:
    simulation = held_against([GET], 1, [SimulatedDecision(GET, Outcome.IMPLICIT_DENY)], lambda request: decided_alike(request, [], None))
    opinion = Opinion((), simulation)
    assert lines_of(opinion) == ("IAM's simulator: 1 request in 1 call, and it answers each as we do.",)
    assert not opinion.contradicts


# The report


def test_what_was_not_checked_is_said_with_its_reason_and_never_as_nothing_found() -> None:
    denied = NotChecked.because(CiamError("access-denied", "Cannot ask IAM Access Analyzer", "AWS denied it.", ["Ask for it."]))
    opinion = Opinion((("the trust policy", denied),), NotChecked("unreachable", "It cannot be reached."))
    assert lines_of(opinion) == (
        "Access Analyzer on the trust policy: not checked: Cannot ask IAM Access Analyzer: AWS denied it. Ask for it.",
        "IAM's simulator: not checked: It cannot be reached.",
    )
    document = json_of(opinion)
    assert document["documents"][0] == {
        "name": "the trust policy",
        "checked": False,
        "not_checked": {"code": "access-denied", "reason": denied.reason},
    }
    assert (document["simulation"]["checked"], document["contradicts"]) == (False, False)
    assert len(opinion.not_checked) == 2


def test_the_report_shows_what_they_find_what_we_say_to_it_and_what_only_we_find() -> None:
    comparison = compared(
        [theirs("WILDCARD_WITHOUT_LIKE_OPERATOR", 1), theirs("ALLOW_WITH_NOT_PRINCIPAL", 2, "SECURITY_WARNING"), theirs("EMPTY_SID_VALUE")],
        [ours("wildcard-without-like", 1), ours("names-principals", 2)],
    )
    opinion = Opinion((("s3", comparison),))
    assert lines_of(opinion) == (
        "Access Analyzer on s3: 3 findings.",
        "  warning  WILDCARD_WITHOUT_LIKE_OPERATOR, statement 1: They say so. [we say the same (wildcard-without-like)]",
        "  warning  ALLOW_WITH_NOT_PRINCIPAL, statement 2: They say so. [we look for this and find nothing]",
        "  warning  EMPTY_SID_VALUE: They say so.",
        "  Only we find names-principals, statement 2, which Access Analyzer looks for as well.",
    )
    assert opinion.contradicts
    document = json.loads(json.dumps(json_of(opinion)))["documents"][0]
    assert document["checked"]
    assert document["both"][0]["ours"] == "wildcard-without-like"
    assert (document["we_deny"], document["they_deny"]) == (["ALLOW_WITH_NOT_PRINCIPAL"], ["names-principals"])


def test_nothing_found_is_said_of_what_was_looked_at() -> None:
    assert lines_of(Opinion((("s3", compared([], [])),))) == ("Access Analyzer on s3: finds nothing.",)
