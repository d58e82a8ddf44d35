"""What is written to a debug file holds no secret."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.redacted import MASK, redacted, without_jwts

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"
BASE64URL = BASE64.replace("/+", "-_")
secret_keys = st.text(BASE64, min_size=40, max_size=40)
session_tokens = st.text(BASE64, min_size=300, max_size=500).map(lambda token: token + "==")
jwts = st.tuples(*[st.text(BASE64URL, min_size=20, max_size=60)] * 3).map(lambda parts: "eyJ" + ".".join(parts))

SURROUNDINGS = [
    "{}",
    "raise Refused({!r})",
    "aws_secret_access_key={}",
    "key={}&next=1",
    "{{'SecretAccessKey': '{}', 'Other': 1}}",
    "Authorization: Bearer {}",
    "first line\\n{}\\nlast",
    "b'{}'",
    "({})",
]


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
@given(secret=st.one_of(secret_keys, session_tokens, jwts))
def test_keys_tokens_and_jwts_are_masked_wherever_they_stand(surrounding: str, secret: str) -> None:
    text = redacted(surrounding.format(secret))
    assert secret not in text
    assert MASK in text


@pytest.mark.parametrize("secret", ["CCIPAT_5ecreT_0123abc", "CCIPRJ_abc_0123", "0123456789abcdef0123456789abcdef01234567"])
def test_tokens_of_circleci_are_masked(secret: str) -> None:
    assert secret not in redacted(f"GET /me with {secret} failed")


@given(st.text(BASE64 + "%=", min_size=4, max_size=30).filter(lambda secret: secret[0] != "=" and "%" not in secret[:1]))
def test_a_value_named_as_a_secret_is_masked_however_short_it_is(secret: str) -> None:
    assert redacted(f"X-Amz-Security-Token={quote(secret, safe='')}&X-Amz-Date=1").endswith(f"={MASK}&X-Amz-Date=1")
    assert redacted(json.dumps({"SessionToken": secret})) == f'{{"SessionToken": {MASK}}}'


def test_a_traceback_stays_readable() -> None:
    trace = '  File "/work/app/.venv/lib/python3.11/site-packages/botocore/client.py", line 1009, in _make_api_call\n    raise error_class(parsed)\n'
    arn = "An error occurred (NoSuchEntity): arn:aws:iam::123456789012:role/circleci/circleci-web-build, 0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11\n"
    assert redacted(trace + arn) == trace + arn


def test_a_token_that_was_typed_is_masked_and_the_sentence_around_it_stays() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    assert without_jwts(f"argument --token: {token} is no file") == f"argument --token: {MASK} is no file"
    assert without_jwts("unrecognized arguments: --secret=x") == "unrecognized arguments: --secret=x"
