"""Policies out of what the AWS CLI prints around them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.document import parse_policy
from ciam_tui.core.pasted import unwrapped
from ciam_tui.core.problems import CiamError

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/café/*"}]}
TEXT = json.dumps(POLICY, ensure_ascii=False)


@pytest.mark.parametrize(
    "answer",
    [
        POLICY,
        {"PolicyVersion": {"Document": POLICY, "VersionId": "v3", "IsDefaultVersion": True, "CreateDate": "2026-01-01T00:00:00Z"}},
        {"RoleName": "r", "PolicyName": "s3", "PolicyDocument": POLICY},
        {"RoleName": "r", "PolicyName": "s3", "PolicyDocument": quote(TEXT)},
        {"Role": {"RoleName": "r", "AssumeRolePolicyDocument": POLICY}},
        {"Role": {"RoleName": "r", "AssumeRolePolicyDocument": quote(TEXT, safe="")}},
        {"AssumeRolePolicyDocument": POLICY},
        {"Policy": TEXT},
        {"Policy": TEXT, "PolicyName": "default"},
        {"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}, "Content": TEXT}},
    ],
)
def test_the_policy_is_found_in_each_answer(answer: dict[str, Any]) -> None:
    assert parse_policy(unwrapped(json.dumps(answer, indent=4), what="the file")) == parse_policy(TEXT)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", TEXT, '{"Policy": 5}', '{"PolicyVersion": {}}', '{"Statement": [], "PolicyDocument": {}}', "[" * 100_000],
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert unwrapped(text, what="the file") == text


def test_an_answer_that_says_a_thing_twice_is_refused() -> None:
    with pytest.raises(CiamError, match='says "PolicyDocument" twice'):
        unwrapped('{"PolicyDocument": {}, "PolicyDocument": {}}', what="the file")


@given(st.text(alphabet='{}":%7BPolicyDocumentVersion, ', max_size=80))
def test_no_text_ends_in_anything_but_a_text_or_one_sentence(text: str) -> None:
    try:
        assert isinstance(unwrapped(text, what="the file"), str)
        assert isinstance(unwrapped(json.dumps({"PolicyDocument": f"%7B{text}"}), what="the file"), str)
    except CiamError as error:
        assert "\n" not in error.message  # noqa: PT017 - either outcome is right
