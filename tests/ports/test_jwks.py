"""Signatures held against a JWKS file: right, wrong, of another key; and files that are none."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from ciam_tui.core.problems import CiamError
from ciam_tui.core.tokens.claims import found_jwt
from ciam_tui.ports.jwks import signature_of
from tests.core.jwts import compact, payload

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEYS = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
}


def signed(key: RSAPrivateKey | EllipticCurvePrivateKey, algorithm: str = "RS256", key_id: str | None = "key-1") -> str:
    return found_jwt(jwt.encode(payload(), key, algorithm=algorithm, headers={"kid": key_id} if key_id else None))


def public(key: RSAPrivateKey | EllipticCurvePrivateKey, **members: Any) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "key-1", **members}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "key-1", **members}


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": list(keys)})


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_every_algorithm_that_sts_takes_is_checked(algorithm: str) -> None:
    key = RSA_KEY if algorithm.startswith("RS") else EC_KEYS[algorithm]
    token = signed(key, algorithm)
    assert signature_of(token, jwks(public(key))).is_valid
    changed = ".".join((token.split(".")[0], compact(payload(aud="x")).split(".")[1], token.split(".")[2]))
    assert not signature_of(changed, jwks(public(key))).is_valid


def test_the_key_is_chosen_by_its_id_else_all_are_tried() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    both = jwks(public(other, kid="key-0"), public(RSA_KEY), public(EC_KEYS["ES256"], kid="key-2"))
    assert signature_of(signed(RSA_KEY), both).is_valid
    assert signature_of(signed(RSA_KEY, key_id=None), both).is_valid
    assert not signature_of(signed(RSA_KEY, key_id="key-0"), both).is_valid
    assert "names a key that is not in the JWKS file" in signature_of(signed(RSA_KEY, key_id="key-9"), both).text
    assert not signature_of(signed(other), jwks(public(RSA_KEY))).is_valid


def test_one_key_without_a_list_around_it_and_one_with_its_private_members_are_taken() -> None:
    assert signature_of(signed(RSA_KEY), json.dumps(public(RSA_KEY))).is_valid
    private = {**RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True), "kid": "key-1"}
    assert signature_of(signed(RSA_KEY), jwks(private)).is_valid


@pytest.mark.parametrize("signature", ["", "AA", "A" * 342, "_" * 342])
def test_a_signature_of_any_length_is_wrong_and_no_crash(signature: str) -> None:
    head, body, _ = signed(RSA_KEY).split(".")
    assert not signature_of(f"{head}.{body}.{signature}", jwks(public(RSA_KEY))).is_valid


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "is empty"),
        ("{", "is not JSON"),
        ("[]", 'no list "keys"'),
        ("{}", 'no list "keys"'),
        ('{"keys": {}}', 'no list "keys"'),
        ('{"keys": [1]}', 'no list "keys"'),
        ('{"keys": []}', "no key in it"),
        ('{"keys": [{"kty": "RSA", "kid": "key-1"}]}', "cannot be read"),
        ('{"keys": [{"kty": "RSA", "kid": "key-1", "n": "!", "e": "AQAB"}]}', "cannot be read"),
        ('{"keys": [{"kty": "RSA", "kid": "key-1", "n": 5, "e": "AQAB"}]}', "cannot be read"),
        ('{"keys": [{"kty": "RSA", "kid": "key-1", "n": "AA", "e": "AQAB"}]}', "cannot be read"),
        ('{"keys": [{"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"}]}', "None of its 1 keys is for RS256"),
        (jwks(public(EC_KEYS["ES256"])), "None of its 1 keys is for RS256"),
        (jwks(public(RSA_KEY, use="enc")), "None of its 1 keys is for RS256"),
        (jwks(public(RSA_KEY, alg="RS512")), "None of its 1 keys is for RS256"),
    ],
)
def test_a_file_that_cannot_check_it_is_told_in_one_sentence(file: str, said: str) -> None:
    token = signed(RSA_KEY)
    with pytest.raises(CiamError) as caught:
        signature_of(token, file)
    assert said in caught.value.message
    assert caught.value.code == "jwks-invalid"
    assert token not in repr(caught.value)


def test_a_secret_shared_with_the_file_signs_nothing() -> None:
    secret = base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()
    with pytest.raises(CiamError, match="a shared secret"):
        found_jwt(jwt.encode(payload(), "s" * 32, algorithm="HS256", headers={"kid": "key-1"}))
    with pytest.raises(CiamError, match="None of its 1 keys"):
        signature_of(signed(RSA_KEY), jwks({"kty": "oct", "kid": "key-1", "k": secret, "alg": "RS256"}))


def test_whoever_checks_no_signature_does_not_wait_for_cryptography() -> None:
    script = "import sys, ciam_tui.ports.jwks, ciam_tui.commands.assume_report; print({'jwt', 'cryptography'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
