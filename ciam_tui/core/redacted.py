"""Secrets masked in text that is about to leave the program, for the few places that write what they did not compose themselves.

No message of this program holds a secret. A traceback is different: it quotes exceptions of libraries, and those may quote a request. What
is written to a `--debug` file therefore goes through `redacted`, which would rather mask a harmless word than leave a secret.
"""

from __future__ import annotations

import re

MASK = "[masked]"

# `SecretAccessKey': '...`, `Authorization: Bearer ...`, `X-Amz-Security-Token=...`, `Circle-Token: ...`: the name tells what the value is.
_NAMED = re.compile(
    r"""(?ix) ( [\w-]* (?: secret | token | password | signature | authorization ) [\w-]* ["']? \s* [:=] \s* )
        (?: b? (["']) .*? \2 | (?: (?: bearer | basic ) \s+ )? [^\s"'&,;)\]}]+ )"""
)
# A JSON Web Token: two or three parts of base64url, the first of which is an object and so begins with `{"`.
_JWT = re.compile(r"eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?")
_CIRCLECI_TOKEN = re.compile(r"CCI(?:PAT|PRJ)_\w+")
# A secret access key is 40 characters of base64, an older CircleCI token 40 hexadecimal digits, a session token some hundreds. A longer run is
# masked too: an escape such as the `n` of `\n` in a repr may stand right before a key.
_KEY = re.compile(r"[A-Za-z0-9/+]{40,}={0,2}")


def redacted(text: str) -> str:
    """`text` with everything in it that is, or looks like, a secret key, a session token, a CircleCI token or a JWT replaced by `MASK`."""
    text = _NAMED.sub(lambda match: match.group(1) + MASK, text)
    for pattern in (_JWT, _CIRCLECI_TOKEN, _KEY):
        text = pattern.sub(MASK, text)
    return text


def without_jwts(text: str) -> str:
    """`text` with every JWT masked: for a sentence about what was typed, of which the rest has to stay readable."""
    return _JWT.sub(MASK, text)
