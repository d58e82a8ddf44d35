"""From whatever a person pastes to the claims of a token: strict about what STS takes, kind about how it was copied.

A token is a key for an hour. It is read here and forgotten: no message quotes it, no value keeps it, and what leaves is its claims alone.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import load_json, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_LENGTH = 20_000  # characters: what STS takes as a WebIdentityToken
PASTE_LENGTH = 10 * TOKEN_LENGTH  # a token within a shell line or a JSON answer
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")  # what STS verifies
SCHEME = "https://"
INVALID = "token-invalid"
INVALID_CLAIMS = "claims-invalid"

_COMPACT = re.compile(r"eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)+")
_LOOSE = re.compile(r"[A-Za-z0-9_.-]+")
_LEADING = re.compile(r"(?:authorization:)?bearer", re.IGNORECASE)
_QUOTES = "\"'`"
_TAKE_ANOTHER = "Take the value of CIRCLE_OIDC_TOKEN_V2, or what `circleci run oidc get` prints."
_REGISTERED = ("iss", "aud", "sub", "iat", "exp")
# Where tools put a token into the JSON that they print.
_HOLDERS = ("token", "id_token", "oidc_token", "value")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `issuer` is without `https://`, as condition keys have it; `others` are all claims that have no field here."""

    issuer: str
    audience: tuple[str, ...]
    subject: str
    issued_at: int | None
    expires_at: int | None
    others: Mapping[str, object] = field(default_factory=dict)


def claims_of(mapping: Mapping[str, Any]) -> Claims:
    """The claims of a decoded payload. One that is missing is empty here, and a check of `let_in` says what STS makes of that.

    Raises:
        CiamError: `claims-invalid`, where a claim that AWS reads is of another type than a token has.
    """
    issuer = _text(mapping, "iss")
    moment_claim(mapping, "nbf")
    return Claims(
        issuer=issuer.removeprefix(SCHEME),
        audience=_audience(mapping.get("aud")),
        subject=_text(mapping, "sub"),
        issued_at=moment_claim(mapping, "iat"),
        expires_at=moment_claim(mapping, "exp"),
        others={
            **{key: value for key, value in mapping.items() if key not in _REGISTERED},
            # AWS takes issuers by https alone; without the scheme `issuer` could not tell.
            **({"iss": issuer} if issuer and not issuer.startswith(SCHEME) else {}),
        },
    )


def decode_jwt(text: str) -> Claims:
    """The claims of the token in `text`; its signature is not looked at.

    Raises:
        CiamError: `token-invalid`, in a sentence that does not quote the token.
    """
    compact = found_jwt(text)
    return claims_of(_payload_of(compact))


def found_jwt(text: str) -> str:
    """The one token in `text`, whatever was copied with it: white space, quotes, `Bearer`, a shell line.

    Raises:
        CiamError: `token-invalid`, where there is none, more than one, or one that STS would not look at.
    """
    if len(text) > PASTE_LENGTH:
        raise _refused(f"What was pasted has {len(text)} characters, and STS takes a token of at most {TOKEN_LENGTH}.")
    whole = _LEADING.sub("", "".join(text.split()).strip(_QUOTES), count=1).strip(_QUOTES)
    # A terminal may have wrapped the token; but two tokens, put together, have five parts.
    tokens = [whole] if _COMPACT.fullmatch(whole) and whole.count(".") == 2 else _tokens_in(text)
    if not tokens:
        raise _refused("There is no JSON Web Token in it, which begins with eyJ and has three parts between dots.")
    if len(tokens) > 1:
        raise _refused(f"There are {len(tokens)} tokens in it.", "Paste one.")
    (token,) = tokens
    if len(token) > TOKEN_LENGTH:
        raise _refused(f"The token has {len(token)} characters, and STS takes at most {TOKEN_LENGTH}.")
    parts = token.split(".")
    if len(parts) == 5:
        raise _refused("The token is encrypted (JWE, five parts), and STS takes signed ones alone.")
    if len(parts) != 3:
        raise _refused(f"The token has {len(parts)} parts between dots, not three: it was not copied whole.")
    if not parts[2]:
        raise _refused("The token has no signature.")
    _checked_header(parts[0])
    _bytes_of(parts[2], "signature")
    return token


def looks_like_jwt(text: str) -> bool:
    """Whether `text` holds what may be a token, whole or not: a value that must not be repeated anywhere."""
    return any(piece.count(".") >= 1 for piece in _COMPACT.findall(text))


def claims_in(text: str) -> Claims:
    """The claims in what somebody saved: a decoded payload, `{"header", "payload"}`, or a token, bare or within JSON.

    Raises:
        CiamError: it is none of these.
    """
    if not text.lstrip().startswith("{"):
        return decode_jwt(text)
    document = load_json(text.strip(), what="the claims", limit_bytes=PASTE_LENGTH, code=INVALID_CLAIMS)
    payload = document.get("payload")
    if isinstance(payload, dict):
        header = document.get("header")
        if isinstance(header, dict):
            _check_algorithm(header)
        return claims_of(payload)
    held = next((document[name] for name in _HOLDERS if isinstance(document.get(name), str)), None)
    if held is not None and looks_like_jwt(held) and "sub" not in document:
        return decode_jwt(held)
    if not {"iss", "aud", "sub"} & document.keys():
        raise CiamError(
            INVALID_CLAIMS,
            "Cannot read the claims",
            "There is neither iss nor aud nor sub in it.",
            ["Give the token's decoded payload, or the token itself."],
        )
    return claims_of(document)


def algorithm_and_key(token: str) -> tuple[str, str | None]:
    """The signature's algorithm and the key's id in the header of a token that `found_jwt` gave."""
    header = _checked_header(token.partition(".")[0])
    key = header.get("kid")
    return str(header["alg"]), key if isinstance(key, str) else None


def moment_claim(claims: Mapping[str, object], name: str) -> int | None:
    """The time in claim `name` as whole seconds since 1970; None where there is none.

    Raises:
        CiamError: `claims-invalid`, where it is no number.
    """
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_claim(f"{name} is no number of seconds")
    return int(value)


def _tokens_in(text: str) -> list[str]:
    found = [piece for piece in _LOOSE.findall(text) if piece.startswith("eyJ") and "." in piece]
    return list(dict.fromkeys(piece.rstrip(".") if piece.count(".") > 2 else piece for piece in found))


def _payload_of(compact: str) -> Mapping[str, Any]:
    return _object_of(compact.split(".")[1], "payload")


def _checked_header(part: str) -> Mapping[str, Any]:
    header = _object_of(part, "header")
    if "enc" in header:
        raise _refused("The token is encrypted (JWE), and STS takes signed ones alone.")
    _check_algorithm(header)
    return header


def _check_algorithm(header: Mapping[str, Any]) -> None:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise _refused("The token's header names no algorithm.")
    if algorithm in ALGORITHMS:
        return
    if algorithm.lower() == "none":
        raise _refused("The token is not signed (alg none): anybody could have written it.")
    if algorithm.upper().startswith("HS"):
        raise _refused(f"The token is signed with a shared secret (alg {quoted(algorithm)}), and STS takes public keys alone.")
    raise _refused(f"The token is signed with {quoted(algorithm)}, and STS takes {', '.join(ALGORITHMS)}.")


def _object_of(part: str, name: str) -> dict[str, Any]:
    try:
        text = _bytes_of(part, name).decode()
    except UnicodeDecodeError:
        raise _refused(f"The token's {name} is not UTF-8 text: it was not copied whole.") from None
    value = load_json(text, what=f"the token's {name}", limit_bytes=TOKEN_LENGTH, code=INVALID)
    if not isinstance(value, dict):
        raise _refused(f"The token's {name} is no JSON object.")
    return value


def _bytes_of(part: str, name: str) -> bytes:
    try:
        # Strict, so that what one reader skips cannot hide what another reads.
        return binascii.a2b_base64(part.translate(_TO_BASE64) + "=" * (-len(part) % 4), strict_mode=True)
    except ValueError:
        raise _refused(f"The token's {name} is not base64url: it was not copied whole.") from None


_TO_BASE64 = str.maketrans("-_", "+/")


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong_claim(f"{name} is no text")
    return value


def _audience(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(each, str) for each in values):
        raise _wrong_claim("aud is neither text nor a list of texts")
    return tuple(str(each) for each in values)


def _wrong_claim(reason: str) -> CiamError:
    return CiamError(INVALID_CLAIMS, "Cannot read the claims", f"{reason}, as a token has it.", [_TAKE_ANOTHER])


def _refused(sentence: str, fix: str = _TAKE_ANOTHER) -> CiamError:
    return CiamError(INVALID, "Cannot read the token", sentence, [fix])
