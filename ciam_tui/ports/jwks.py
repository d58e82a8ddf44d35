"""Whether a token's signature is that of a key in a JWKS file: offline, and the only place where cryptography is imported, late.

The keys of an issuer are at `<issuer>/.well-known/openid-configuration`, under `jwks_uri`; nothing here fetches them.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import load_json
from ciam_tui.core.tokens.claims import algorithm_and_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST = 1_000_000  # bytes: a set of ten keys has some 5,000
# Of a key only its public members are looked at: a file that also holds the private ones is used like any other.
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_INVALID = "jwks-invalid"


@dataclass(frozen=True, slots=True)
class Signature:
    """What came of the check; `text` is a sentence."""

    is_valid: bool
    text: str


def signature_of(token: str, jwks: str) -> Signature:
    """Whether a key of `jwks`, the text of a JWKS file, signed `token`, as `found_jwt` gives it.

    Raises:
        CiamError: `jwks-invalid`, where the file is no set of keys, or has none of this kind.
    """
    algorithm, key_id = algorithm_and_key(token)
    keys = _keys_in(jwks)
    usable = [key for key in keys if _fits(key, algorithm)]
    if not usable:
        raise _refused(f"None of its {len(keys)} keys is for {algorithm}, by which the token is signed.")
    tried = [key for key in usable if key.get("kid") == key_id] if key_id is not None else usable
    if not tried:
        return Signature(
            is_valid=False, text="The token names a key that is not in the JWKS file: it is of another issuer, or the file is old."
        )
    if any(_signed_by(token, algorithm, key) for key in tried):
        return Signature(is_valid=True, text="The signature is that of a key in the JWKS file.")
    return Signature(
        is_valid=False, text="The signature is not that of the key in the JWKS file: the token was changed, or is of another issuer."
    )


def _keys_in(jwks: str) -> Sequence[Mapping[str, Any]]:
    document = load_json(jwks, what="the JWKS file", limit_bytes=LARGEST, code=_INVALID)
    keys = document.get("keys", [document] if "kty" in document else None) if isinstance(document, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise _refused('It has no list "keys".')
    if not keys:
        raise _refused("It has no key in it.")
    return keys


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether `key` may sign by `algorithm`: by its kind, its curve, and what it says of itself."""
    is_kind = key.get("kty") == "RSA" if algorithm.startswith("RS") else (key.get("kty"), key.get("crv")) == ("EC", _CURVES[algorithm])
    return is_kind and key.get("alg", algorithm) == algorithm and key.get("use", "sig") == "sig"


def _signed_by(token: str, algorithm: str, key: Mapping[str, Any]) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    signed, _, signature = token.rpartition(".")
    public = {name: key[name] for name in _PUBLIC[key["kty"]] if name in key}
    try:
        found = PyJWK(public, algorithm)
        return bool(found.Algorithm.verify(signed.encode(), found.key, _bytes(signature)))
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        raise _refused("The key for this token cannot be read.") from None


def _bytes(part: str) -> bytes:
    return binascii.a2b_base64(part.translate(str.maketrans("-_", "+/")) + "=" * (-len(part) % 4))


def _refused(sentence: str) -> CiamError:
    fix = "Take the file at the jwks_uri of <issuer>/.well-known/openid-configuration."
    return CiamError(_INVALID, "Cannot read the JWKS file", sentence, [fix])
