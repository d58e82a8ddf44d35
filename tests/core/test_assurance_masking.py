"""No secret gets into evidence, wherever it hides, and what is no secret stays readable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.items import Made
from ciam_tui.core.assurance.masked import Masking, Ours
from ciam_tui.core.redacted import MASK, without_secrets
from tests.core.test_redacted import SURROUNDINGS, jwts, secret_keys, session_tokens

SECRETS = st.one_of(
    secret_keys, session_tokens, jwts, st.sampled_from(["CCIPAT_5ecreT_0123abc", "0123456789abcdef0123456789abcdef01234567"])
)
# By their makers' beginnings, filled with no real one's rest.
OF_OTHERS = [
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2_" * 16,
    "glpat-" + "a1-B2" * 4,
    "xoxb-" + "123456789012-" * 2 + "abcDEF",
    "npm_" + "a1B2" * 9,
]


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
@pytest.mark.parametrize("secret", OF_OTHERS)
def test_tokens_of_the_services_that_jobs_push_to_are_masked_too(surrounding: str, secret: str) -> None:
    assert secret not in without_secrets(surrounding.format(secret))


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
@given(secret=SECRETS)
def test_keys_and_tokens_are_masked_within_any_text(surrounding: str, secret: str) -> None:
    assert secret not in without_secrets(surrounding.format(secret))


@given(secret=SECRETS)
def test_they_are_masked_as_name_as_value_as_tag_and_within_a_policy(secret: str) -> None:
    data = {
        secret: "a name",
        "description": f"made with {secret}",
        "tags": [["team", secret], [secret, "x"]],
        "aws_tags": [{"Key": "team", "Value": secret}],
        "policy": {"Statement": [{"Sid": secret, "Resource": f"arn:aws:s3:::b/{secret}"}]},
        "deep": {"er": [[[secret]]]},
    }
    masking = Masking()
    assert secret not in json.dumps(masking.data(data))
    assert masking.count == 8


@pytest.mark.parametrize(
    "data",
    [
        {"SecretAccessKey": "short"},
        {"tags": [["db-password", "hunter2"]]},
        {"tags": [{"Key": "CIRCLE_TOKEN", "Value": "hunter2"}]},
        {"tags": [["deploy-token", "hunter2"], ["API_KEY", "hunter2"], ["webhook_secret", "hunter2"]]},
        {"description": "password=hunter2"},
        {"text": "role x: 3 more tags: deploy-token=hunter2, API_KEY=hunter2 and webhook.secret='hunter2'"},
        {"text": "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----"},
    ],
)
def test_what_is_named_a_secret_is_masked_however_short_it_is(data: dict[str, Any]) -> None:
    told = json.dumps(Masking().data(data))
    assert MASK in told
    assert "hunter2" not in told
    assert "short" not in told


@pytest.mark.parametrize(
    "text",
    [
        "secretsmanager:GetSecretValue",
        "sts:GetSessionToken",
        "aws:TokenIssueTime",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:deploy-AbCdEf",
        "allowed: s3:GetObject on arn:aws:s3:::acme-builds/token with s3:prefix=secret/",
        "arn:aws:iam::123456789012:role/circleci/circleci-web-build",
        "arn:aws:s3:::acme-builds/production/artifacts/java/services/2026/*",
        "/Statement/0/Condition/StringEquals/oidc.circleci.com~1org~10c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11:aud",
        "org/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11/project/6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01/user/*",
        "AKIAIOSFODNN7EXAMPLE",
        "AROARZPUZDIKHB7QXYVB5",
    ],
)
def test_what_evidence_is_about_stays_readable(text: str) -> None:
    assert without_secrets(text) == text


def test_a_digest_and_a_request_id_stay_and_a_token_in_their_place_does_not() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    number = "xGQB14xqAuPfzFHBcg972Bsaqz6TI1xhT8FdKq6jZi4VdhqZrUoi"
    told = Masking().data({"request_id": Ours(number), "again": number, "token": Ours(token)})
    assert told == {"request_id": number, "again": MASK, "token": MASK}
    assert Masking().data({"tags": [["request_id", number]]}) == {"tags": [["request_id", MASK]]}


def test_two_names_that_are_masked_alike_are_both_kept() -> None:
    told = Masking().data({"CCIPAT_a_1": 1, "CCIPAT_b_2": 2})
    assert sorted(told.values()) == [1, 2]


@given(secret=SECRETS)
def test_an_item_tells_how_many_it_masked_and_names_its_file_without_any(secret: str) -> None:
    item = Made().item(Kind.USER, {"user": secret}, (secret,), lambda kept: (kept["user"], [kept["user"]]), name=secret, title=secret)
    assert secret not in repr(item)
    assert item.masked > 0
