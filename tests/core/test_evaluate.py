"""Decisions as AWS documents them: elements, operators, absent keys, sets of values, variables, callers; and the reasons given for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.conditions import compile_condition
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import CompiledPolicy, Decision, Outcome, Request, compile_policy, evaluate

ARN = "arn:aws:s3:::acme/builds/a.txt"
ROLE = "arn:aws:iam::123456789012:role/circleci/web-build"
SESSION = "arn:aws:sts::123456789012:assumed-role/web-build/job-1"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/x"


def compiled(*statements: dict[str, Any], version: str = "2012-10-17", name: str = "p") -> CompiledPolicy:
    return compile_policy(parse_policy(json.dumps({"Version": version, "Statement": list(statements)})), name=name)


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


def deny(**elements: Any) -> dict[str, Any]:
    return {**allow(**elements), "Effect": "Deny"}


def decided(
    *statements: dict[str, Any], action: str = "s3:GetObject", resource: str = ARN, principal: str | None = None, **settings: Any
) -> Decision:
    return evaluate(Request(action, resource, settings.pop("context", {}), principal), [compiled(*statements, **settings)])


class TestOutcome:
    def test_what_no_statement_allows_is_denied(self) -> None:
        decision = decided(allow(Action="s3:PutObject"))
        assert (decision.outcome, decision.deciding, decision.allowed) == (Outcome.IMPLICIT_DENY, None, False)

    def test_one_statement_that_allows_is_enough(self) -> None:
        decision = decided(allow(Action="s3:PutObject"), allow(Sid="Read"), allow(Sid="Later"))
        assert decision.outcome is Outcome.ALLOWED
        assert decision.deciding is not None
        assert (decision.deciding.sid, decision.deciding.number) == ("Read", 2)

    def test_a_deny_wins_over_every_allow_wherever_it_stands(self) -> None:
        request = Request("s3:GetObject", ARN, {})
        for policies in ([compiled(allow(), deny(Sid="No"))], [compiled(allow()), compiled(deny(Sid="No"), name="second")]):
            decision = evaluate(request, policies)
            assert decision.outcome is Outcome.EXPLICIT_DENY
            assert decision.deciding is not None
            assert decision.deciding.sid == "No"

    def test_a_deny_that_does_not_apply_takes_nothing_away(self) -> None:
        assert decided(allow(), deny(Action="s3:PutObject")).allowed

    def test_a_policy_as_large_as_aws_takes_one_is_decided_by_its_last_statement(self) -> None:
        others = [allow(Action=f"s3:Get{number}") for number in range(1_500)]
        decision = decided(*others, allow(Sid="Last"))
        assert decision.deciding is not None
        assert (decision.deciding.sid, decision.deciding.number) == ("Last", 1_501)

    def test_no_policy_allows_nothing(self) -> None:
        assert evaluate(Request("s3:GetObject", ARN, {}), []).outcome is Outcome.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"Action": "*"}, True),
        ({"Action": "s3:*"}, True),
        ({"Action": "S3:getobject"}, True),
        ({"Action": "s3:Get?bject"}, True),
        ({"Action": "s3:*Object"}, True),
        ({"Action": "s3:GetObject?"}, False),
        ({"Action": ["s3:PutObject", "s3:GetObject"]}, True),
        ({"Action": []}, False),
        ({"Action": "sts:*"}, False),
        ({"Resource": "arn:aws:s3:::acme/builds/*"}, True),
        ({"Resource": "arn:aws:s3:::acme/*.txt"}, True),
        ({"Resource": "arn:aws:s3:::*"}, True),
        ({"Resource": "arn:aws:s3"}, True),
        ({"Resource": "arn:aws:s3:::acme/builds/?.txt"}, True),
        ({"Resource": "arn:aws:s3:::ACME/builds/*"}, False),
        ({"Resource": "arn:aws:s3:::acme"}, False),
        ({"Resource": "arn:aws:s3:::acme/build"}, False),
        ({"Resource": []}, False),
        ({"Resource": ["arn:aws:s3:::other/*", ARN]}, True),
    ],
)
def test_actions_and_resources_match_as_iam_documents_them(elements: dict[str, Any], expected: bool) -> None:
    assert decided(allow(**elements)).allowed is expected


def test_not_action_and_not_resource_take_what_they_do_not_name() -> None:
    but_iam = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    but_builds = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::acme/builds/*"}
    assert decided(but_iam).allowed
    assert not decided(but_iam, action="IAM:CreateRole").allowed
    assert not decided(but_builds).allowed
    assert decided(but_builds, resource="arn:aws:s3:::acme/builds").allowed
    assert decided({"Effect": "Allow", "NotAction": [], "Resource": "*"}).allowed


CONDITIONS: list[tuple[str, Any, tuple[str, ...], bool]] = [
    ("StringEquals", "a", ("a",), True),
    ("StringEquals", "a", ("A",), False),
    ("StringEquals", ["b", "a"], ("a",), True),
    ("StringEquals", "a*", ("ab",), False),
    ("StringEquals", "a*", ("a*",), True),
    ("StringEquals", [], ("a",), False),
    ("StringNotEquals", "a", ("b",), True),
    ("StringNotEquals", ["a", "b"], ("b",), False),
    ("StringEqualsIgnoreCase", "aBc", ("AbC",), True),
    ("StringNotEqualsIgnoreCase", "aBc", ("AbC",), False),
    ("StringLike", "p/*", ("p/",), True),
    ("StringLike", "p/*", ("p",), False),
    ("StringLike", "p/*", ("p-secret/",), False),
    ("StringLike", "", ("",), True),
    ("StringLike", ["x", "?/*"], ("p/q/r",), True),
    ("StringNotLike", ["p/*", "q/*"], ("q/1",), False),
    ("StringNotLike", ["p/*", "q/*"], ("r/1",), True),
    ("ArnLike", "arn:aws:iam::*:role/web-*", (ROLE,), False),
    ("ArnLike", "arn:aws:iam::*:role/*web-*", (ROLE,), True),
    ("ArnEquals", "arn:aws:iam::123456789012:role/*", (ROLE,), True),
    ("ArnLike", "arn:aws:*:role/*", (ROLE,), False),
    ("ArnLike", "*", (ROLE,), False),
    ("ArnLike", "arn:*:*:*:*:*", (ROLE,), True),
    ("ArnLike", "arn:aws:sns:*:*:*", ("arn:aws:sns:eu-west-1:1:topic:sub",), True),
    ("ArnLike", "arn:aws:s3:::acme", ("acme",), False),
    ("ArnEquals", ROLE, (ROLE,), True),
    ("ArnEquals", ROLE, (ROLE.upper(),), False),
    ("ArnNotEquals", ROLE, (ROLE,), False),
    ("ArnNotLike", "arn:aws:iam::9*:*", (ROLE,), True),
    ("NumericEquals", "10", ("10.0",), True),
    ("NumericEquals", 10, ("ten",), False),
    ("NumericNotEquals", ["1", "2"], ("3",), True),
    ("NumericNotEquals", ["1", "2"], ("2",), False),
    ("NumericLessThan", "10", ("9",), True),
    ("NumericLessThan", "10", ("10",), False),
    ("NumericLessThanEquals", 10, ("10",), True),
    ("NumericGreaterThan", "-1.5", ("-1.4",), True),
    ("NumericGreaterThanEquals", "10", ("9.99",), False),
    ("NumericLessThan", "1e9", ("1",), False),
    ("DateEquals", "2026-01-01T00:00:00Z", ("1767225600",), True),
    ("DateNotEquals", "2026-01-01T00:00:00Z", ("2026-01-01T00:00:00+00:00",), False),
    ("DateLessThan", "2026-01-01T00:00:00Z", ("2025-12-31T23:59:59Z",), True),
    ("DateLessThan", "2026-01-01T00:00:00Z", ("2026-01-01T00:30:00+01:00",), True),
    ("DateLessThanEquals", "2026-01-01", ("2026-01-01T00:00:00Z",), True),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", ("2026-01-01T00:00:00.000001Z",), True),
    ("DateGreaterThanEquals", "0", ("1969-12-31T23:59:59Z",), False),
    ("DateLessThan", "2026", ("2025-12-31T23:59:59Z",), True),
    ("DateLessThan", "2026-02", ("2026-02-01T00:00:00Z",), False),
    ("DateLessThan", "2026-13", ("2026-02-01T00:00:00Z",), False),
    ("DateLessThan", "0000", ("2026-02-01T00:00:00Z",), False),
    ("DateGreaterThan", "soon", ("2026-01-01T00:00:00Z",), False),
    ("Bool", True, ("true",), True),
    ("Bool", "TRUE", ("true",), True),
    ("Bool", "false", ("true",), False),
    ("Bool", "yes", ("yes",), False),
    ("BinaryEquals", "QmluYXJ5", ("QmluYXJ5",), True),
    ("BinaryEquals", "QmluYXJ5", ("QmluYXJ6",), False),
    ("BinaryEquals", "not base64", ("not base64",), False),
    ("IpAddress", "203.0.113.0/24", ("203.0.113.9",), True),
    ("IpAddress", "203.0.113.7/24", ("203.0.113.9",), True),
    ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], ("2001:db8::1",), True),
    ("IpAddress", "203.0.113.9", ("203.0.113.9",), True),
    ("IpAddress", "203.0.113.0/24", ("203.0.114.9",), False),
    ("IpAddress", "everywhere", ("203.0.114.9",), False),
    ("IpAddress", "203.0.113.0/24", ("here",), False),
    ("NotIpAddress", "203.0.113.0/24", ("203.0.113.9",), False),
    ("NotIpAddress", "203.0.113.0/24", ("203.0.114.9",), True),
    ("Null", "true", (), True),
    ("Null", "true", ("x",), False),
    ("Null", False, ("x",), True),
    ("Null", "false", (), False),
    ("Null", ["true", "false"], (), True),
    # An absent key fails what is positive and passes what is negated or says IfExists.
    ("StringEquals", "a", (), False),
    ("StringLike", "*", (), False),
    ("NumericLessThan", "1", (), False),
    ("Bool", "false", (), False),
    ("IpAddress", "0.0.0.0/0", (), False),
    ("StringNotEquals", "a", (), True),
    ("StringNotLike", "*", (), True),
    ("ArnNotLike", "*", (), True),
    ("NumericNotEquals", "1", (), True),
    ("DateNotEquals", "1", (), True),
    ("NotIpAddress", "0.0.0.0/0", (), True),
    ("StringEqualsIfExists", "a", (), True),
    ("StringEqualsIfExists", "a", ("b",), False),
    ("StringNotEqualsIfExists", "a", ("a",), False),
    ("BoolIfExists", "true", (), True),
    # Sets of values.
    ("ForAllValues:StringEquals", ["a", "b"], ("a",), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("ForAllValues:StringEquals", ["a", "b"], (), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("",), True),
    ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "d"), True),
    ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "a"), False),
    ("ForAllValues:StringEqualsIfExists", "a", ("b",), False),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "a"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "d"), False),
    ("ForAnyValue:StringEquals", ["a", "b"], (), False),
    ("ForAnyValue:StringEqualsIfExists", ["a", "b"], (), False),
    ("ForAnyValue:StringLike", "*", ("",), False),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "c"), True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "b"), False),
    ("ForAnyValue:StringNotEquals", ["a", "b"], (), False),
    # Several values without a quantifier are compared with none.
    ("StringEquals", "a", ("a", "b"), False),
    ("StringNotEquals", "c", ("a", "b"), False),
]


@pytest.mark.parametrize(("operator", "wanted", "present", "expected"), CONDITIONS)
def test_each_operator_decides_as_iam_documents_it(operator: str, wanted: Any, present: tuple[str, ...], expected: bool) -> None:
    statement = allow(Condition={operator: {"aws:Thing": wanted}})
    context = {"aws:Thing": present} if present else {}
    assert decided(statement, context=context).allowed is expected
    assert (decided(deny(Condition=statement["Condition"]), context=context).outcome is Outcome.EXPLICIT_DENY) is expected


@pytest.mark.parametrize(("operator", "wanted", "present", "expected"), CONDITIONS)
def test_each_outcome_has_its_sentence(operator: str, wanted: Any, present: tuple[str, ...], expected: bool) -> None:
    (reasons,) = decided(allow(Condition={operator: {"aws:Thing": wanted}}), context={"aws:Thing": present}).reasons
    assert reasons.applies is expected
    sentence = (reasons.matched if expected else reasons.unmatched)[-1]
    assert sentence.startswith(f"{operator} aws:Thing")
    assert "\n" not in sentence


class TestConditions:
    def test_all_conditions_must_hold(self) -> None:
        statement = allow(Condition={"StringEquals": {"a:x": "1", "a:y": "2"}, "Bool": {"a:z": "true"}})
        context = {"a:x": ("1",), "a:y": ("2",), "a:z": ("true",)}
        assert decided(statement, context=context).allowed
        for key in context:
            assert not decided(statement, context={**context, key: ("other",)}).allowed

    def test_the_case_of_a_condition_key_does_not_matter(self) -> None:
        statement = allow(Condition={"StringEquals": {"AWS:principaltag/Team": "red"}})
        assert decided(statement, context={"aws:PrincipalTag/team": ("red",)}).allowed

    def test_keys_that_differ_in_case_alone_are_one_key_with_both_values(self) -> None:
        assert Request("s3:GetObject", ARN, {"aws:TagKeys": ("a",), "AWS:tagkeys": ("b",)}).folded_context == {"aws:tagkeys": ("a", "b")}

    def test_an_empty_list_of_values_is_an_absent_key(self) -> None:
        assert not decided(allow(Condition={"StringLike": {"s3:prefix": "*"}}), context={"s3:prefix": ()}).allowed

    @given(
        operator=st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
        wanted=st.lists(st.text(alphabet="ab*?", max_size=4), max_size=3),
        present=st.text(alphabet="ab*?", max_size=4),
    )
    def test_a_negated_operator_is_the_opposite_of_the_positive_one(self, operator: str, wanted: list[str], present: str) -> None:
        opposite = operator.replace("Not", "") if "Not" in operator else operator.replace("String", "StringNot")
        answers = [
            compile_condition((name, "a:b", tuple(wanted)), variables=True).holds({"a:b": (present,)}) for name in (operator, opposite)
        ]
        assert sorted(answers) == [False, True]

    @given(wanted=st.lists(st.text(max_size=4), max_size=3), present=st.lists(st.text(max_size=4), max_size=3))
    def test_for_all_values_and_for_any_value_are_what_they_say(self, wanted: list[str], present: list[str]) -> None:
        context = {"a:b": tuple(present)}
        every = compile_condition(("ForAllValues:StringEquals", "a:b", tuple(wanted)), variables=False)
        some = compile_condition(("ForAnyValue:StringEquals", "a:b", tuple(wanted)), variables=False)
        said = [value for value in present if any(present)]
        assert every.holds(context) is set(said).issubset(wanted)
        assert some.holds(context) is bool(set(said).intersection(wanted))

    @given(
        operator=st.sampled_from(sorted({operator for operator, *_ in CONDITIONS})),
        wanted=st.text(max_size=12) | st.text(alphabet="0123456789-+:.TZe/ae${}=", max_size=25),
        present=st.text(max_size=12) | st.text(alphabet="0123456789-+:.TZe/ae${}=", max_size=25),
    )
    @settings(max_examples=500)
    def test_no_value_on_either_side_ends_in_an_error(self, operator: str, wanted: str, present: str) -> None:
        context = {"a:b": (present,)}
        condition = compile_condition((operator, "a:b", (wanted,)), variables=True)
        assert isinstance(condition.holds(context), bool)
        assert condition.reason(context).startswith(operator)


class TestVariables:
    HOME = allow(Resource="arn:aws:s3:::acme/home/${aws:username}/*")

    def test_a_variable_in_a_resource_takes_the_value_of_the_request(self) -> None:
        own = "arn:aws:s3:::acme/home/anna/x"
        assert decided(self.HOME, resource=own, context={"aws:UserName": ("anna",)}).allowed
        assert not decided(self.HOME, resource=own, context={"aws:UserName": ("bert",)}).allowed
        assert not decided(self.HOME, resource=own).allowed

    @pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
    def test_a_variable_in_a_condition_takes_the_value_of_the_request(self, operator: str) -> None:
        statement = allow(Condition={operator: {"s3:prefix": "home/${aws:username}/"}})
        assert decided(statement, context={"aws:username": ("anna",), "s3:prefix": ("home/anna/",)}).allowed
        assert not decided(statement, context={"aws:username": ("bert",), "s3:prefix": ("home/anna/",)}).allowed
        assert not decided(statement, context={"s3:prefix": ("home/anna/",)}).allowed

    def test_a_variable_within_an_arn_cannot_add_pieces_to_it(self) -> None:
        statement = allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/*"}})
        assert decided(statement, context={"aws:PrincipalArn": (ROLE,), "aws:PrincipalAccount": ("123456789012",)}).allowed
        crafted = {"aws:PrincipalArn": (ROLE,), "aws:PrincipalAccount": ("123456789012:role/circleci/web-build",)}
        assert not decided(statement, context=crafted).allowed

    def test_a_variable_without_a_value_in_a_negated_condition_leaves_it_met(self) -> None:
        """IAM User Guide, "IAM policy elements: Variables and tags", on variables with no value."""
        statement = deny(Condition={"StringNotLike": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}})
        assert not decided(allow(), statement, context={"s3:ExistingObjectTag/Team": ("red",)}).allowed

    def test_a_variable_with_a_default_and_a_star_that_is_none(self) -> None:
        statement = allow(Resource="arn:aws:s3:::acme/${aws:PrincipalTag/team, 'company'}/${*}/*")
        assert decided(statement, resource="arn:aws:s3:::acme/company/*/x").allowed
        assert not decided(statement, resource="arn:aws:s3:::acme/company/y/x").allowed
        assert decided(statement, resource="arn:aws:s3:::acme/red/*/x", context={"AWS:principaltag/Team": ("red",)}).allowed

    def test_before_version_2012_a_variable_is_plain_text(self) -> None:
        assert not decided(
            self.HOME, resource="arn:aws:s3:::acme/home/anna/x", context={"aws:username": ("anna",)}, version="2008-10-17"
        ).allowed
        assert decided(self.HOME, resource="arn:aws:s3:::acme/home/${aws:username}/x", version="2008-10-17").allowed

    def test_an_operator_that_takes_no_text_takes_no_variable(self) -> None:
        statement = allow(Condition={"NumericEquals": {"a:n": "${a:m}"}})
        assert not decided(statement, context={"a:n": ("1",), "a:m": ("1",)}).allowed

    def test_an_unresolved_variable_in_a_negated_condition_matches_nothing_so_that_the_condition_holds(self) -> None:
        statement = deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}})
        assert decided(allow(), statement, context={"aws:PrincipalOrgID": ("o-1",)}).outcome is Outcome.EXPLICIT_DENY


class TestCallers:
    @pytest.mark.parametrize(
        ("principal", "caller", "expected"),
        [
            ("*", PROVIDER, True),
            ({"AWS": "*"}, ROLE, True),
            ({"Federated": PROVIDER}, PROVIDER, True),
            ({"Federated": PROVIDER}, PROVIDER + "/y", False),
            ({"Federated": PROVIDER}, ROLE, False),
            ({"Federated": "arn:aws:iam::123456789012:oidc-provider/*"}, PROVIDER, False),
            ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com", True),
            ({"Service": ["a.amazonaws.com", "ec2.amazonaws.com"]}, "ecs.amazonaws.com", False),
            ({"CanonicalUser": "79a5"}, "79a5", True),
            ({"AWS": ROLE}, ROLE, True),
            ({"AWS": ROLE}, SESSION, True),
            ({"AWS": ROLE}, SESSION.replace("123456789012", "210987654321"), False),
            ({"AWS": ROLE}, SESSION.replace("web-build", "web"), False),
            ({"AWS": ROLE}, SESSION.replace("arn:aws:", "arn:aws-cn:"), False),
            ({"AWS": SESSION}, SESSION, True),
            ({"AWS": SESSION}, ROLE, False),
            ({"AWS": "123456789012"}, ROLE, True),
            ({"AWS": "123456789012"}, SESSION, True),
            ({"AWS": "arn:aws:iam::123456789012:root"}, ROLE, True),
            ({"AWS": "arn:aws:iam::123456789012:root"}, "arn:aws:iam::123456789012:root", True),
            ({"AWS": "arn:aws:iam::123456789012:root"}, PROVIDER, False),
            ({"AWS": "210987654321"}, ROLE, False),
            ({"AWS": []}, ROLE, False),
            ({}, ROLE, False),
            ({"Federated": "*"}, PROVIDER, True),
            ({"Federated": "*"}, "accounts.google.com", True),
            ({"Federated": "*"}, ROLE, False),
            ({"Service": "*"}, "ec2.amazonaws.com", True),
            ({"Service": "*"}, ROLE, False),
        ],
    )
    def test_a_principal_names_callers_as_iam_documents_it(self, principal: Any, caller: str, expected: bool) -> None:
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:*"}
        others = {"Effect": "Allow", "NotPrincipal": principal, "Action": "sts:*"}
        assert decided(trust, action="sts:AssumeRole", principal=caller).allowed is expected
        assert decided(others, action="sts:AssumeRole", principal=caller).allowed is not expected

    def test_without_a_caller_no_principal_is_judged_and_the_reason_says_so(self) -> None:
        decision = decided({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:*"}, action="sts:AssumeRole")
        assert decision.allowed
        assert any("not judged" in sentence for sentence in decision.reasons[0].matched)

    def test_a_circleci_token_is_let_in_by_its_claims(self) -> None:
        issuer = "oidc.circleci.com/org/x"
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{issuer}:aud": "x"}, "StringLike": {f"{issuer}:sub": "org/x/project/p/user/*"}},
        }

        def enters(project: str, audience: str = "x", caller: str = PROVIDER) -> bool:
            claims = {f"{issuer}:aud": (audience,), f"{issuer}:sub": (f"org/x/project/{project}/user/u",)}
            return decided(trust, action="sts:AssumeRoleWithWebIdentity", resource=ROLE, context=claims, principal=caller).allowed

        assert enters("p")
        assert not enters("q")
        assert not enters("p", audience="y")
        assert not enters("p", caller=PROVIDER.replace("/x", "/y"))


class TestExamplesOfTheGuide:
    """IAM User Guide, each under the page that it stands on."""

    # "Example policies for multivalued context keys": the attributes of a DynamoDB request.
    ATTRIBUTES = ("PostDateTime", "Message", "Tags")

    @pytest.mark.parametrize(
        ("operator", "wanted", "present", "expected"),
        [
            ("ForAllValues:StringLike", ATTRIBUTES, ("PostDateTime", "Message"), True),
            ("ForAllValues:StringLike", ATTRIBUTES, ("PostDateTime", "UserName"), False),
            ("ForAnyValue:StringLike", ("ID", "PostDateTime"), ("UserName", "Message", "PostDateTime"), True),
            ("ForAnyValue:StringLike", ("ID", "PostDateTime"), ("UserName",), False),
        ],
    )
    def test_several_values(self, operator: str, wanted: tuple[str, ...], present: tuple[str, ...], *, expected: bool) -> None:
        statement = allow(Condition={operator: {"dynamodb:requestedAttributes": list(wanted)}})
        assert decided(statement, context={"dynamodb:requestedAttributes": present}).allowed is expected

    def test_launching_an_instance_needs_if_exists(self) -> None:
        """ "Condition operators", on IfExists: an image has no instance type."""
        kinds = {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}
        image: dict[str, tuple[str, ...]] = {}
        instance = {"ec2:InstanceType": ("t2.micro",)}
        for operator, answers in (("StringLike", (False, True, False)), ("StringLikeIfExists", (True, True, False))):
            asked = (image, instance, {"ec2:InstanceType": ("p5.48xlarge",)})
            assert tuple(decided(allow(Condition={operator: kinds}), context=each).allowed for each in asked) == answers

    def test_own_credentials_have_no_issue_time(self) -> None:
        """ "Condition operators", on Null."""
        statement = allow(Condition={"Null": {"aws:TokenIssueTime": "true"}})
        assert decided(statement).allowed
        assert not decided(statement, context={"aws:TokenIssueTime": ("2026-01-01T00:00:00Z",)}).allowed

    def test_requests_without_tls_are_denied(self) -> None:
        """ "Condition operators", on Bool."""
        statement = deny(Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})
        assert not decided(allow(), statement, context={"aws:SecureTransport": ("false",)}).allowed
        assert decided(allow(), statement, context={"aws:SecureTransport": ("true",)}).allowed

    @pytest.mark.parametrize(
        ("address", "expected"), [("203.0.113.255", True), ("2001:db8:1234:5678::9", True), ("2001:db8:1234:5679::", False)]
    )
    def test_addresses_of_both_kinds(self, address: str, *, expected: bool) -> None:
        """ "Condition operators", on IP addresses."""
        ranges = ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]
        statement = allow(Condition={"IpAddress": {"aws:SourceIp": ranges}})
        assert decided(statement, context={"aws:SourceIp": (address,)}).allowed is expected

    @pytest.mark.parametrize(
        ("action", "resource", "prefix", "expected"),
        [
            ("s3:ListAllMyBuckets", "arn:aws:s3:::*", None, True),
            ("s3:ListBucket", "arn:aws:s3:::BUCKET-NAME", "", True),
            ("s3:ListBucket", "arn:aws:s3:::BUCKET-NAME", "home/", True),
            ("s3:ListBucket", "arn:aws:s3:::BUCKET-NAME", "home/anna/", True),
            ("s3:ListBucket", "arn:aws:s3:::BUCKET-NAME", "home/bert/", False),
            ("s3:PutObject", "arn:aws:s3:::BUCKET-NAME/home/anna/x", None, True),
            ("s3:PutObject", "arn:aws:s3:::BUCKET-NAME/home/bert/x", None, False),
        ],
    )
    def test_a_home_directory(self, action: str, resource: str, prefix: str | None, *, expected: bool) -> None:
        """ "Condition operators", on strings."""
        bucket = "arn:aws:s3:::BUCKET-NAME"
        statements = (
            allow(Action=["s3:ListAllMyBuckets", "s3:GetBucketLocation"], Resource="arn:aws:s3:::*"),
            allow(Action="s3:ListBucket", Resource=bucket, Condition={"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/"]}}),
            allow(Action="s3:*", Resource=[f"{bucket}/home/${{aws:username}}", f"{bucket}/home/${{aws:username}}/*"]),
        )
        context = {"aws:username": ("anna",), **({} if prefix is None else {"s3:prefix": (prefix,)})}
        assert decided(*statements, action=action, resource=resource, context=context).allowed is expected


class TestReasons:
    def reasons(self, condition: dict[str, Any], **context: tuple[str, ...]) -> str:
        spelled = {key.replace("_", ":", 1): values for key, values in context.items()}
        (reasons,) = decided(allow(Condition=condition), context=spelled).reasons
        return (reasons.matched + reasons.unmatched)[-1]

    def test_a_statement_says_what_matched_and_what_did_not(self) -> None:
        (reasons,) = decided(allow(Resource=["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])).reasons
        assert reasons.matched == ('Action: "s3:GetObject" matches "s3:GetObject"',)
        assert reasons.unmatched == (f'Resource: "{ARN}" does not match any of "arn:aws:s3:::a/*", "arn:aws:s3:::b/*"',)

    def test_a_statement_without_a_resource_says_what_it_is_about(self) -> None:
        (reasons,) = decided({"Effect": "Allow", "Principal": "*", "Action": "sts:*"}, action="sts:AssumeRole", principal=ROLE).reasons
        assert any(sentence.startswith("Resource: the statement has none") for sentence in reasons.matched)

    def test_an_excluded_action_is_named(self) -> None:
        (reasons,) = decided({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}).reasons
        assert reasons.unmatched == ('NotAction: "s3:GetObject" matches "s3:Get*"',)

    @pytest.mark.parametrize(
        ("condition", "present", "sentence"),
        [
            ({"StringLike": {"a:b": ["x/*", "p/*"]}}, ("p/q",), 'StringLike a:b: "p/q" matches "p/*"'),
            ({"StringLike": {"a:b": ["x/*", "p/*"]}}, ("q",), 'StringLike a:b: "q" does not match any of "x/*", "p/*"'),
            ({"StringEquals": {"a:b": "Main"}}, ("main",), 'StringEquals a:b: "main" does not match "Main" (they differ in case alone)'),
            (
                {"StringEquals": {"a:b": "org/*"}},
                ("org/x",),
                'StringEquals a:b: "org/x" does not match "org/*" (StringEquals takes * and ? as plain characters)',
            ),
            (
                {"StringLike": {"a:b": "home/${aws:username}/*"}},
                ("home/x",),
                'StringLike a:b: "home/x" does not match "home/${aws:username}/*" (${aws:username} has no single value in the request)',
            ),
            ({"StringEquals": {"a:b": "x"}}, (), "StringEquals a:b: the request does not have the key"),
            (
                {"StringNotEquals": {"a:b": "x"}},
                (),
                "StringNotEquals a:b: the request does not have the key, which this operator takes as met",
            ),
            ({"StringNotEquals": {"a:b": ["y", "x"]}}, ("x",), 'StringNotEquals a:b: "x" matches "x"'),
            ({"NumericLessThanEquals": {"a:b": 5}}, ("9",), 'NumericLessThanEquals a:b: "9" is more than "5"'),
            ({"NotIpAddress": {"a:b": "10.0.0.0/8"}}, ("10.1.1.1",), 'NotIpAddress a:b: "10.1.1.1" is in "10.0.0.0/8"'),
            ({"Null": {"a:b": "true"}}, ("x",), 'Null a:b "true": the request has the key'),
            (
                {"StringEquals": {"a:b": "x"}},
                ("x", "y"),
                "StringEquals a:b: the request has 2 values, and only ForAllValues or ForAnyValue compares several",
            ),
            (
                {"ForAllValues:StringEquals": {"a:b": "x"}},
                ("x", "y"),
                'ForAllValues:StringEquals a:b: of "x", "y" in the request, 1 of 2 match "x"',
            ),
            (
                {"ForAnyValue:StringEquals": {"a:b": ["1", "2", "3", "4", "5"]}},
                ("x",),
                'ForAnyValue:StringEquals a:b: "x" does not match any of "1", "2", "3" and 2 more',
            ),
            (
                {"ForAnyValue:StringLike": {"a:b": "*"}},
                ("",),
                "ForAnyValue:StringLike a:b: the request has empty values alone, which count as none",
            ),
            ({"StringEquals": {"a:b": []}}, ("x",), 'StringEquals a:b: "x" has no value to match'),
        ],
    )
    def test_a_condition_says_why(self, condition: dict[str, Any], present: tuple[str, ...], sentence: str) -> None:
        assert self.reasons(condition, a_b=present) == sentence

    def test_a_statement_is_named_by_its_sid_or_its_number(self) -> None:
        policy = compiled(allow(Sid="Read"), deny())
        assert [str(statement) for statement in policy.statements] == ['Allow "Read"', "Deny statement 2"]

    @given(
        actions=st.lists(st.sampled_from(["s3:GetObject", "s3:Get*", "s3:PutObject", "*"]), max_size=2),
        resources=st.lists(st.sampled_from([ARN, "arn:aws:s3:::acme/*", "arn:aws:s3:::b/*", "*"]), max_size=2),
        operator=st.sampled_from(
            ["StringLike", "StringNotLike", "ForAllValues:StringLike", "ForAnyValue:StringNotLike", "StringLikeIfExists"]
        ),
        wanted=st.lists(st.sampled_from(["a", "b", "*"]), max_size=2),
        present=st.lists(st.sampled_from(["", "a", "b"]), max_size=2),
        effect=st.sampled_from(["Allow", "Deny"]),
    )
    def test_the_reasons_never_contradict_the_decision(
        self, *, actions: list[str], resources: list[str], operator: str, wanted: list[str], present: list[str], effect: str
    ) -> None:
        statement = {"Effect": effect, "Action": actions, "Resource": resources, "Condition": {operator: {"a:b": wanted}}}
        decision = decided(allow(Resource="arn:aws:s3:::acme/*"), statement, context={"a:b": tuple(present)})
        applying = [reasons.statement for reasons in decision.reasons if reasons.applies]
        denying = [each for each in applying if each.effect == "Deny"]
        assert decision.deciding is (denying or applying)[0]
