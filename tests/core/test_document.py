"""Policies as values: one spelling for what is said, and one sentence for what AWS would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.document import TEXT_LIMIT, Document, Kind, PolicyDocument, Statement, canonical, parse_policy
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import DEPTH_LIMIT, load_json

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}


def policy_of(*statements: Any, **elements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", **elements, "Statement": list(statements)})


def refusal(text: str) -> str:
    with pytest.raises(CiamError) as caught:
        parse_policy(text)
    assert caught.value.code == "policy-invalid"
    assert "\n" not in caught.value.message
    assert caught.value.message.endswith(".")
    return caught.value.message


class TestCanonical:
    def test_a_policy_is_written_in_the_order_of_keys_that_aws_uses(self) -> None:
        shuffled = {
            "Statement": [
                {
                    "Condition": {
                        "StringLike": {"s3:prefix": ["b/*", "a/*"]},
                        "StringEquals": {"aws:ResourceAccount": ["123456789012"]},
                    },
                    "Resource": ["arn:aws:s3:::acme"],
                    "Action": ["s3:ListBucket"],
                    "Effect": "Allow",
                    "Sid": "List",
                }
            ],
            "Version": "2012-10-17",
        }
        assert canonical(shuffled) == (
            "{\n"
            '  "Version": "2012-10-17",\n'
            '  "Statement": [\n'
            "    {\n"
            '      "Sid": "List",\n'
            '      "Effect": "Allow",\n'
            '      "Action": "s3:ListBucket",\n'
            '      "Resource": "arn:aws:s3:::acme",\n'
            '      "Condition": {\n'
            '        "StringEquals": {\n'
            '          "aws:ResourceAccount": "123456789012"\n'
            "        },\n"
            '        "StringLike": {\n'
            '          "s3:prefix": [\n'
            '            "a/*",\n'
            '            "b/*"\n'
            "          ]\n"
            "        }\n"
            "      }\n"
            "    }\n"
            "  ]\n"
            "}"
        )

    def test_the_rarer_elements_stand_beside_their_positive_ones(self) -> None:
        statement = dict.fromkeys(("NotResource", "NotAction", "NotPrincipal", "Effect", "Sid"), "*")
        written = json.loads(canonical({"Statement": statement, "Id": "x", "Version": "2012-10-17"}))
        assert list(written) == ["Version", "Id", "Statement"]
        assert list(written["Statement"][0]) == ["Sid", "Effect", "NotPrincipal", "NotAction", "NotResource"]

    def test_a_single_statement_becomes_a_list_of_one(self) -> None:
        assert json.loads(canonical({"Statement": READ}))["Statement"] == [READ]

    @pytest.mark.parametrize(("value", "written"), [(True, "true"), ([False], "false"), (5, "5"), ([10, 9], ["10", "9"]), ([], [])])
    def test_condition_values_are_written_as_the_strings_that_iam_compares(self, value: Any, written: Any) -> None:
        condition = {"NumericEquals": {"s3:max-keys": value}}
        (statement,) = json.loads(canonical({"Statement": [{**READ, "Condition": condition}]}))["Statement"]
        assert statement["Condition"]["NumericEquals"]["s3:max-keys"] == written

    def test_principals_are_sorted_and_a_star_stays_a_star(self) -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": ["b", "a"], "AWS": ["*"]}, "Action": "sts:AssumeRole"}
        written = json.loads(canonical({"Statement": [statement, {**statement, "Principal": "*"}]}))["Statement"]
        assert written[0]["Principal"] == {"AWS": "*", "Service": ["a", "b"]}
        assert list(written[0]["Principal"]) == ["AWS", "Service"]
        assert written[1]["Principal"] == "*"

    def test_text_beyond_ascii_is_written_as_escapes(self) -> None:
        assert '"arn:aws:s3:::acme/caf\\u00e9/*"' in canonical({"Statement": [{**READ, "Resource": "arn:aws:s3:::acme/café/*"}]})

    def test_what_iam_does_not_know_is_kept_after_what_it_does(self) -> None:
        written = json.loads(canonical({"Extra": 1, "Statement": [{"Extra": {"b": [2, 1]}, **READ}], "Version": "2012-10-17"}))
        assert list(written) == ["Version", "Statement", "Extra"]
        assert written["Statement"][0]["Extra"] == {"b": [2, 1]}

    def test_the_argument_is_left_as_it_was(self) -> None:
        original = {"Statement": [{**READ, "Action": ["s3:PutObject", "s3:GetObject"]}]}
        before = json.dumps(original)
        canonical(original)
        assert json.dumps(original) == before

    @given(
        actions=st.lists(st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*"]), min_size=1),
        resources=st.lists(st.text(min_size=1, max_size=8), min_size=1),
        values=st.lists(st.one_of(st.text(max_size=5), st.booleans(), st.integers(-9, 9)), min_size=1),
    )
    def test_writing_what_was_written_changes_nothing(self, actions: list[str], resources: list[str], values: list[Any]) -> None:
        statement = {"Effect": "Deny", "Action": actions, "Resource": resources, "Condition": {"StringLike": {"a:b": values}}}
        once = canonical({"Version": "2012-10-17", "Statement": statement})
        assert once.isascii()
        assert canonical(json.loads(once)) == once


class TestDocument:
    def test_two_spellings_of_one_policy_are_equal_and_hash_alike(self) -> None:
        terse = Document('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*"}}')
        long = Document.of({"Statement": [{"Resource": ["*"], "Action": "s3:GetObject", "Effect": "Allow"}], "Version": "2012-10-17"})
        assert terse == long
        assert hash(terse) == hash(long)
        assert len({terse, long}) == 1

    def test_policies_that_differ_in_one_action_are_not_equal(self) -> None:
        assert Document.of({"Statement": [READ]}) != Document.of({"Statement": [{**READ, "Action": "s3:PutObject"}]})

    def test_a_document_is_not_equal_to_its_text(self) -> None:
        assert Document.of({"Statement": [READ]}) != canonical({"Statement": [READ]})

    def test_the_size_leaves_out_the_white_space_between_tokens_and_counts_it_within_strings(self) -> None:
        assert Document('{ "Sid" :\n\t"a b \\" c" }').size == len('{"Sid":"a b \\" c"}')

    def test_the_size_does_not_depend_on_the_spelling(self) -> None:
        document = Document.of({"Version": "2012-10-17", "Statement": [READ]})
        assert document.size == len(json.dumps(document.policy, separators=(",", ":")))

    def test_the_repr_names_the_statements_and_never_fails(self) -> None:
        assert repr(Document.of({"Statement": [{"Sid": "List", **READ}]})).startswith('<Document "List": ')
        assert repr(Document("{")) == "<Document without Sids: 1 characters>"

    def test_text_that_is_no_policy_is_told_when_it_is_read(self) -> None:
        with pytest.raises(CiamError, match="is not JSON"):
            _ = Document("{").policy


class TestParsing:
    def test_a_trust_policy_becomes_its_elements(self) -> None:
        provider = "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/x"
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"oidc.circleci.com/org/x:aud": "x"}, "Bool": {"aws:SecureTransport": True}},
        }
        assert parse_policy(policy_of(trust, Id="t")) == PolicyDocument(
            version="2012-10-17",
            id="t",
            statements=(
                Statement(
                    sid=None,
                    effect="Allow",
                    principals=(("Federated", provider),),
                    actions=("sts:AssumeRoleWithWebIdentity",),
                    conditions=(
                        ("StringEquals", "oidc.circleci.com/org/x:aud", ("x",)),
                        ("Bool", "aws:SecureTransport", ("true",)),
                    ),
                ),
            ),
        )

    def test_an_absent_element_is_told_from_an_empty_one(self) -> None:
        (statement,) = parse_policy(policy_of({"Effect": "Deny", "NotAction": [], "NotResource": "*", "NotPrincipal": "*"})).statements
        assert (statement.actions, statement.not_actions) == (None, ())
        assert (statement.resources, statement.not_resources) == (None, ("*",))
        assert (statement.principals, statement.not_principals) == (None, (("*", "*"),))

    def test_a_statement_needs_no_list_and_a_policy_no_version(self) -> None:
        policy = parse_policy(json.dumps({"Statement": READ}))
        assert policy.version is None
        assert [statement.resources for statement in policy.statements] == [("arn:aws:s3:::acme/*",)]

    @pytest.mark.parametrize("operator", ["StringEqualsIfExists", "ForAllValues:StringNotLike", "ForAnyValue:ArnLikeIfExists", "Null"])
    def test_every_form_of_operator_is_known(self, operator: str) -> None:
        (statement,) = parse_policy(policy_of({**READ, "Condition": {operator: {"aws:x": ["v", 1]}}})).statements
        assert statement.conditions == ((operator, "aws:x", ("v", "1")),)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "The policy is empty."),
            ("{", "is not JSON"),
            ("[]", "is a list, not a JSON object"),
            ("null", "is null"),
            ('"x"', "is a string"),
            ("1", "is a number"),
            ("true", "is a boolean"),
            ("{}", "has no Statement"),
            ('{"Statement": []}', "has an empty Statement"),
            ('{"Statement": "x"}', "has a string as statement 1"),
            (policy_of(READ, Version="2020-01-01"), 'says Version "2020-01-01"'),
            (policy_of(READ, Version=["2012-10-17"]), "says Version"),
            (policy_of(READ, Id=5), "has a number as Id"),
            (policy_of(READ, statement=[]), 'unknown element "statement" in the policy'),
            (policy_of({**READ, "Actions": "x"}), 'unknown element "Actions" in statement 1'),
            (policy_of(READ, {"Action": "s3:*", "Resource": "*"}), "needs an Effect of Allow or Deny in statement 2"),
            (policy_of({**READ, "Effect": "allow"}), "needs an Effect"),
            (policy_of({**READ, "Effect": ["Allow"]}), "needs an Effect"),
            (policy_of({**READ, "Sid": 1}), "has a number as Sid of statement 1"),
            (policy_of({**READ, "Sid": None}), "has null as Sid of statement 1"),
            (policy_of({**READ, "Sid": "a"}, {**READ, "Sid": "a"}), 'says the Sid "a" twice'),
            (policy_of({"Effect": "Allow", "Resource": "*"}), "has no Action in statement 1"),
            (policy_of({"Effect": "Allow", "Action": "s3:*"}), "has neither Resource nor Principal"),
            (policy_of({**READ, "NotAction": "s3:*"}), "has both Action and NotAction"),
            (policy_of({**READ, "NotResource": "*"}), "has both Resource and NotResource"),
            (policy_of({**READ, "Action": "GetObject"}), 'has the Action "GetObject" in statement 1'),
            (policy_of({**READ, "Action": "s3:Get:Object"}), "not of the form service:Name"),
            (policy_of({**READ, "Action": ["s3:*", 3]}), "has a number in the Action of statement 1"),
            (policy_of({**READ, "Action": {}}), "has an object in the Action"),
            (policy_of({**READ, "Resource": "acme/*"}), "neither an ARN nor *"),
            (policy_of({**READ, "Resource": [None]}), "has null in the Resource"),
            # "Resource vendor must be fully qualified and cannot contain regexes", IAM answers.
            (policy_of({**READ, "Resource": "arn:aws:*:::acme/*"}), "wants the service in an ARN written out"),
            (policy_of({**READ, "Resource": "arn:aws:s?:::acme/*"}), "wants the service in an ARN written out"),
            (policy_of({**READ, "Resource": "arn:*"}), "wants the service in an ARN written out"),
            (policy_of({**READ, "Resource": "arn:aws"}), "wants the service in an ARN written out"),
            (policy_of({**READ, "Resource": "arn:aws::::acme/*"}), "wants the service in an ARN written out"),
            (policy_of({**READ, "Principal": "arn:aws:iam::1:root"}), 'neither "*" nor an object'),
            (policy_of({**READ, "Principal": {"Federate": "x"}}), 'unknown kind "Federate"'),
            (policy_of({**READ, "Principal": {"AWS": [1]}}), "has a number in the Principal"),
            (policy_of({**READ, "Condition": []}), "has a list as Condition of statement 1"),
            (policy_of({**READ, "Condition": {"StringEqual": {}}}), 'unknown condition operator "StringEqual"'),
            (policy_of({**READ, "Condition": {"NullIfExists": {"a:b": "true"}}}), "unknown condition operator"),
            (policy_of({**READ, "Condition": {"ForAllValues:ForAnyValue:StringLike": {}}}), "unknown condition operator"),
            (policy_of({**READ, "Condition": {"ForSome:StringLike": {}}}), "unknown condition operator"),
            (policy_of({**READ, "Condition": {":StringLike": {}}}), "unknown condition operator"),
            (policy_of({**READ, "Condition": {"StringEquals": "x"}}), "has a string under StringEquals"),
            (policy_of({**READ, "Condition": {"StringEquals": {"prefix": "x"}}}), 'has the condition key "prefix"'),
            (policy_of({**READ, "Condition": {"StringEquals": {"s3:a": "x", "S3:A": "y"}}}), "twice under StringEquals"),
            (policy_of({**READ, "Condition": {"StringEquals": {"s3:a": None}}}), "has null in the condition StringEquals"),
            (policy_of({**READ, "Condition": {"StringEquals": {"s3:a": [["x"]]}}}), "has a list in the condition StringEquals"),
            (json.dumps({"Statement": [{**READ, "Sid": "é—"}]}, ensure_ascii=False), "holds the character U+2014"),
            (policy_of(READ) + " " * TEXT_LIMIT, "AWS takes at most 131072"),
        ],
    )
    def test_what_aws_refuses_is_refused_in_one_sentence(self, text: str, said: str) -> None:
        assert said in refusal(text)

    @pytest.mark.parametrize(
        ("kind", "statement", "said"),
        [
            ("identity", {**READ, "Principal": "*"}, "has a Principal in statement 1, which an identity policy must not have"),
            ("identity", {**READ, "NotPrincipal": "*"}, "has a NotPrincipal in statement 1"),
            ("identity", {"Effect": "Allow", "Action": "s3:*", "Principal": "*"}, "which an identity policy must not have"),
            ("identity", {**READ, "Sid": "no spaces"}, 'has the Sid "no spaces" in statement 1'),
            ("service-control", {**READ, "Principal": "*"}, "which a service-control policy must not have"),
            ("trust", {**READ, "Principal": "*"}, "has a Resource in statement 1, which a trust policy must not have"),
            ("trust", READ, "has a Resource in statement 1"),
            ("resource", READ, "has no Principal in statement 1, which a resource policy needs"),
            ("session", {**READ, "Principal": "*"}, "which a session policy must not have"),
            # IAM User Guide, "Identify AWS resources with ARNs": STS takes no incomplete ARN in a session policy.
            ("session", {**READ, "Resource": ["*", "arn:aws:s3"]}, 'has the Resource "arn:aws:s3" in statement 1, and a session policy'),
        ],
    )
    def test_what_a_policy_of_its_kind_must_not_say_is_refused(self, kind: Kind, statement: dict[str, Any], said: str) -> None:
        with pytest.raises(CiamError) as caught:
            parse_policy(policy_of(statement), kind=kind)
        assert said in caught.value.message

    @pytest.mark.parametrize(
        ("kind", "statement"),
        [
            ("identity", {**READ, "Sid": ""}),
            ("identity", {"Effect": "Deny", "NotAction": [], "NotResource": []}),
            ("service-control", {**READ, "Sid": "with spaces"}),
            ("trust", {"Sid": "any thing", "Effect": "Allow", "Principal": {"AWS": []}, "Action": "sts:AssumeRole"}),
            ("resource", {"Effect": "Allow", "NotPrincipal": "*", "Action": "s3:*"}),
            ("resource", {**READ, "Principal": "*", "Condition": {"NumericEquals": {"a:b": "x"}, "IpAddress": {"a:b": "x"}}}),
        ],
    )
    def test_what_aws_is_not_known_to_refuse_is_taken(self, kind: Kind, statement: dict[str, Any]) -> None:
        assert len(parse_policy(policy_of(statement), kind=kind).statements) == 1

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("bool", "Bool"),
            ("stringlike", "StringLike"),
            ("forallvalues:STRINGEQUALSIFEXISTS", "ForAllValues:StringEqualsIfExists"),
        ],
    )
    def test_the_case_of_an_operator_does_not_matter(self, written: str, read: str) -> None:
        (statement,) = parse_policy(policy_of({**READ, "Condition": {written: {"a:b": "true"}}})).statements
        assert statement.conditions == ((read, "a:b", ("true",)),)

    def test_the_error_names_the_policy_as_its_reader_knows_it(self) -> None:
        with pytest.raises(CiamError, match=r"^Cannot read trust\.json: trust\.json has no Statement\.$"):
            parse_policy("{}", what="trust.json")


class TestTextFromStrangers:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"a": 1, "b": {"c": 2, "c": 2}}', 'says "c" twice in one object'),
            ('{"a": NaN}', "says NaN, which is no JSON number"),
            ("[-Infinity]", "says -Infinity"),
            ("[1e999]", 'holds the number "1e999"'),
            ("[" + "9" * 5000 + "]", "holds an integer of 5000 characters"),
            ("[" * 100_000, "nests deeper than 100 levels"),
            ("[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1), "nests deeper than 100 levels"),
            ('{"a":' * (DEPTH_LIMIT + 1) + "1" + "}" * (DEPTH_LIMIT + 1), "nests deeper than 100 levels"),
            ('["\\ud800"]', 'holds half of a surrogate pair in "\\ud800"'),
            ('{"\\udfff": 1}', "holds half of a surrogate pair"),
            ('["\ud800"]', "is not UTF-8 text"),
            ("\ufeff{}", "begins with a byte order mark"),
            (" \n", "is empty"),
            ('{"a": 1} x', "is not JSON: Extra data at line 1, column 10"),
            ('["' + "é" * 600_000 + '"]', "is larger than 1000000 bytes"),
            ('["' + "e" * 1_000_000 + '"]', "is larger than 1000000 bytes"),
        ],
    )
    def test_json_that_two_readers_could_read_differently_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(CiamError) as caught:
            load_json(text, what="the Setup file", limit_bytes=1_000_000, code="setup-invalid")
        assert caught.value.code == "setup-invalid"
        assert caught.value.message.startswith("The Setup file ")
        assert said in caught.value.message
        assert len(caught.value.message) < 160

    def test_a_long_repeated_key_is_cut_in_the_message(self) -> None:
        key = "k" * 5000
        with pytest.raises(CiamError) as caught:
            load_json(f'{{"{key}": 1, "{key}": 2}}', what="the file", limit_bytes=100_000)
        assert len(caught.value.message) < 160

    @pytest.mark.parametrize("text", ["[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT, '["\\ud83d\\ude00"]', "[-9223372036854775808, 1.5e3]", " {} "])
    def test_unusual_json_that_is_well_defined_is_read(self, text: str) -> None:
        assert load_json(text, what="the file", limit_bytes=1000) == json.loads(text)

    @given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(), lambda inner: st.lists(inner, max_size=4)))
    def test_what_is_well_formed_comes_back_as_it_was(self, value: Any) -> None:
        assert load_json(json.dumps(value), what="the file", limit_bytes=1_000_000) == value

    @given(st.text(max_size=60) | st.text(alphabet='{}[]",:\\ud8NaI123e.-', max_size=60))
    def test_no_text_ends_in_anything_but_a_value_or_one_sentence(self, text: str) -> None:
        for read in (lambda: load_json(text, what="the file", limit_bytes=50), lambda: parse_policy(text)):
            try:
                read()
            except CiamError as error:
                assert "\n" not in error.message  # noqa: PT017 - either outcome is right; what is checked is that no other exception exists
