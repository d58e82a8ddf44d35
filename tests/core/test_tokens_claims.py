"""Pasted tokens: read however they were copied, refused in one sentence when STS would not look at them, and never repeated."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.problems import CiamError
from ciam_tui.core.tokens.claims import TOKEN_LENGTH, claims_in, claims_of, decode_jwt, found_jwt, looks_like_jwt
from ciam_tui.core.tokens.subject import Subject, parse_subject
from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.jwts import MAIN_SUB, NOW, compact, part, payload
from tests.core.tokens import USER, v1

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = compact()


def refused(text: str) -> CiamError:
    with pytest.raises(CiamError) as caught:
        decode_jwt(text)
    return caught.value


def test_a_token_says_its_claims() -> None:
    claims = decode_jwt(TOKEN)
    assert (claims.issuer, claims.audience, claims.subject) == (f"oidc.circleci.com/org/{ORG_ID}", (ORG_ID,), MAIN_SUB)
    assert (claims.issued_at, claims.expires_at) == (NOW, NOW + 3600)
    assert claims.others["oidc.circleci.com/project-id"] == PROJECT_ID
    assert TOKEN not in repr(claims)


@pytest.mark.parametrize(
    "copied",
    [
        f"  {TOKEN}\n",
        f'"{TOKEN}"',
        f"'{TOKEN}'\n",
        f"Bearer {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"export CIRCLE_OIDC_TOKEN_V2={TOKEN}",
        f"aws sts assume-role-with-web-identity --role-arn arn:aws:iam::123456789012:role/x --web-identity-token {TOKEN} --role-session-name x",
        f"aws sts assume-role-with-web-identity --web-identity-token={TOKEN}",
        f"{TOKEN[:80]}\n{TOKEN[80:200]}\r\n  {TOKEN[200:]}",
        json.dumps({"token": TOKEN}),
        f"{TOKEN} {TOKEN}",
    ],
)
def test_whatever_was_copied_with_it_is_left_out(copied: str) -> None:
    assert found_jwt(copied) == TOKEN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no JSON Web Token in it"),
        ("hello", "There is no JSON Web Token in it"),
        ("a.b.c", "There is no JSON Web Token in it"),
        (f"{TOKEN} {compact(payload(sub='x'))}", "There are 2 tokens in it"),
        (TOKEN.rpartition(".")[0], "has 2 parts"),
        (f"{TOKEN}.x", "has 4 parts"),
        (f"{TOKEN}.x.y", "encrypted (JWE"),
        (compact(header={"alg": "RS256", "enc": "A128GCM"}), "encrypted (JWE)"),
        (compact(signature=""), "has no signature"),
        (compact(header={"alg": "none"}), "is not signed (alg none)"),
        (compact(header={"alg": "nOnE"}), "is not signed (alg none)"),
        (compact(header={"alg": "HS256"}), "a shared secret"),
        (compact(header={"alg": "PS256"}), 'signed with "PS256", and STS takes RS256'),
        (compact(header={"alg": 5}), "names no algorithm"),
        (compact(header={"typ": "JWT"}), "names no algorithm"),
        (compact(header=[]), "There is no JSON Web Token"),
        (compact([1]), "payload is no JSON object"),
        (compact(b'{"sub": "a", "sub": "b"}'), 'says "sub" twice'),
        (compact(b'{"exp": NaN}'), "says NaN"),
        (compact(b'{"a": ' + b"[" * 5000 + b"}"), "nests deeper"),
        (compact(b"\xff\xfe"), "is not UTF-8 text"),
        (compact(b"{"), "is not JSON"),
        (f"{part({'alg': 'RS256'})}.a.b", "is not base64url"),
        (f"{part({'alg': 'RS256'})}.eyJh_.b", "is not base64url"),
        (compact(payload(x="y" * TOKEN_LENGTH)), "and STS takes at most 20000"),
        ("eyJ" * 100_000, "of at most 20000"),
    ],
)
def test_a_text_that_is_no_token_for_sts_is_refused_in_one_sentence_that_does_not_repeat_it(text: str, said: str) -> None:
    error = refused(text)
    assert said in error.message
    assert error.code == "token-invalid"
    whole = " ".join((str(error), repr(error), *error.suggestions))
    assert "\n" not in whole
    assert not [piece for piece in text.split(".") if len(piece) > 12 and piece in whole]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iss": 5}, "iss is no text"),
        ({"sub": ["a"]}, "sub is no text"),
        ({"aud": {"a": 1}}, "aud is neither text nor a list of texts"),
        ({"aud": ["a", 1]}, "aud is neither text nor a list of texts"),
        ({"exp": "soon"}, "exp is no number"),
        ({"iat": True}, "iat is no number"),
        ({"nbf": "x"}, "nbf is no number"),
    ],
)
def test_a_claim_of_another_type_is_named(change: dict[str, object], said: str) -> None:
    with pytest.raises(CiamError, match=said):
        claims_of(payload(**change))


def test_claims_are_read_from_what_people_save() -> None:
    wanted = claims_of(payload())
    for saved in (
        json.dumps(payload()),
        f"\n {json.dumps(payload(), indent=2)}",
        json.dumps({"header": {"alg": "RS256"}, "payload": payload()}),
        json.dumps({"header": {"alg": "RS256"}, "payload": payload(), "signature": "x"}),
        json.dumps({"token": TOKEN}),
        json.dumps({"id_token": f"{TOKEN}\n"}),
        f"{TOKEN}\n",
    ):
        assert claims_in(saved) == wanted


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        ("[]", "There is no JSON Web Token"),
        ("{}", "neither iss nor aud nor sub"),
        ('{"hello": 1}', "neither iss nor aud nor sub"),
        ('{"sub": "a", "sub": "b"}', "twice"),
        (json.dumps({"header": {"alg": "none"}, "payload": payload()}), "is not signed"),
    ],
)
def test_what_holds_no_claims_is_said(saved: str, said: str) -> None:
    with pytest.raises(CiamError, match=said):
        claims_in(saved)


def test_an_issuer_without_https_is_kept_as_a_claim_so_that_it_can_be_told() -> None:
    assert claims_of(payload(iss="http://oidc.circleci.com")).others["iss"] == "http://oidc.circleci.com"
    assert "iss" not in claims_of(payload()).others


def test_what_may_be_a_token_is_recognized_whole_or_cut() -> None:
    assert all(map(looks_like_jwt, (TOKEN, TOKEN[:-20], TOKEN.rpartition(".")[0], f"--token={TOKEN}", f"x {TOKEN} y")))
    assert not any(map(looks_like_jwt, ("", "-", "trust.json", "eyJ", "folder/eye.json", ORG_ID)))


def refusal_of(read: Callable[[], object], otherwise: str = "") -> str:
    """What the CiamError says that `read` raises; `otherwise` where it raises nothing."""
    try:
        read()
    except CiamError as error:
        return error.message
    return otherwise


# Anything a stranger may put into a file: what is read is refused as CiamError or read, and nothing else is raised.
@given(st.one_of(st.text(max_size=200), st.lists(st.text(alphabet="eyJab0_-=.{}\"':, \n", max_size=60), max_size=4).map("eyJ".join)))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    assert "\n" not in refusal_of(lambda: decode_jwt(text))
    assert "\n" not in refusal_of(lambda: claims_in(text))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_no_claim_does_anything_but_be_read_or_refused(value: object) -> None:
    assert all(
        name in refusal_of(partial(claims_of, payload() | {name: value}), name) for name in ("iss", "aud", "sub", "iat", "exp", "nbf")
    )


class TestSubject:
    @pytest.mark.parametrize(
        ("text", "subject"),
        [
            (v1("o", "p", "u"), Subject("o", "p", "u")),
            (MAIN_SUB, Subject(ORG_ID, PROJECT_ID, USER, "github.com/acme/web", "refs/heads/main")),
            (
                "org/o/project/p/user/u/vcs-origin/g/a/b/vcs-ref/x/vcs-origin/g/c/d/vcs-ref/refs/heads/main",
                Subject("o", "p", "u", "g/a/b", "x/vcs-origin/g/c/d/vcs-ref/refs/heads/main"),
            ),
            ("org/*/project/*/user/*", Subject("*", "*", "*")),
        ],
    )
    def test_it_is_taken_apart_and_put_together_again(self, text: str, subject: Subject) -> None:
        assert parse_subject(text) == subject
        assert subject.text == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "*",
            "org/o/file-streaming/audit-logs",
            "org/o/project/p",
            "org//project/p/user/u",
            "org/o/project/p/user/",
            "org/o/project/p/user/u/",
            "org/o/project/p/user/u/vcs-origin/g/a/b",
            "org/o/project/p/user/u/vcs-ref/refs/heads/main",
            "x/org/o/project/p/user/u",
            "repo:acme/web:ref:refs/heads/main",
        ],
    )
    def test_what_is_no_job_is_none(self, text: str) -> None:
        assert parse_subject(text) is None

    @given(st.text(alphabet="/abrefvcsoniug-p*", max_size=80).map("org/o/project/p/user/".__add__))
    def test_whatever_is_taken_apart_says_the_same_again(self, text: str) -> None:
        subject = parse_subject(text)
        assert subject is None or subject.text == text
