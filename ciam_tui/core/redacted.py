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
# CircleCI's own, and those of the services that its jobs push to: their makers gave them a beginning to be known by.
_TOKEN = re.compile(r"CCI(?:PAT|PRJ)_\w+|gh[opsur]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[a-z]-[\w-]{20,}|npm_\w{30,}")
# A secret access key is 40 characters of base64, an older CircleCI token 40 hexadecimal digits, a session token some hundreds. A longer run is
# masked too: an escape such as the `n` of `\n` in a repr may stand right before a key.
_KEY = re.compile(r"[A-Za-z0-9/+]{40,}={0,2}")


def redacted(text: str) -> str:
    """`text` with everything in it that is, or looks like, a secret key, a session token, a CircleCI token or a JWT replaced by `MASK`."""
    text = _NAMED.sub(lambda match: match.group(1) + MASK, text)
    for pattern in (_JWT, _TOKEN, _KEY):
        text = pattern.sub(MASK, text)
    return text


# What a name has to end in for its value to be a secret in a record: `secretsmanager:GetSecretValue` names an action, and hides nothing.
_NAMES = (
    r"secret[_-]?(?:access[_-]?)?key | (?:session|security|access|refresh|api|auth|circle|identity|bearer)[_-]?token | client[_-]?secret"
    r" | password | passwd | passphrase | private[_-]?key | authorization"
)
# Words that end the name of a tag or a variable, or stand before an `=` as there. Elsewhere in a text they are words: `...:secret:name` is an ARN.
_SHORT_NAMES = r"(?: token | secret | api[_-]?key | pwd )"
_SECRET_NAME = re.compile(rf"(?ix) (?: {_NAMES} | (?<![a-z0-9]) {_SHORT_NAMES} ) $")
_ASSIGNED = re.compile(rf"""(?ix) ( (?<![a-z0-9]) {_SHORT_NAMES} = ) (?: (["']) .*? \2 | [^\s"'&,;)\]}}]+ )""")
_NAMED_IN_RECORD = re.compile(
    rf"""(?ix) ( (?: {_NAMES} ) ["']? \s* [:=] \s* )
        (?: b? (["']) .*? \2 | (?: (?: bearer | basic ) \s+ )? [^\s"'&,;)\]}}]+ )"""
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
# A part of a path as people write one: a word, a number, or a word with a number behind it.
_WORD = re.compile(r"[a-z]{1,20}[0-9]{0,4}|[A-Z][a-z]{0,19}|(?:[A-Z][a-z]{2,19}){2,4}|[A-Z]{1,12}|[0-9]{0,12}")


def without_secrets(text: str) -> str:
    """`text` of a record that must stay readable, with what is, or looks like, a secret replaced by `MASK`.

    It differs from `redacted` where that masks what a record is about: IAM actions with `secret` in their name, and long paths of plain words.
    """
    text = _PEM.sub(MASK, text)
    for pattern in (_NAMED_IN_RECORD, _ASSIGNED):
        text = pattern.sub(lambda match: match.group(1) + MASK, text)
    for pattern in (_JWT, _TOKEN):
        text = pattern.sub(MASK, text)
    return _KEY.sub(lambda match: match[0] if _is_a_path(match[0]) else MASK, text)


def names_a_secret(name: str) -> bool:
    """Whether what is called `name` is a secret by that alone, however short it is."""
    return _SECRET_NAME.search(name) is not None


def _is_a_path(run: str) -> bool:
    """Whether a long run is words between slashes. Random characters are not: of twelve, all in lower case are one in a hundred thousand."""
    return run.count("/") > 1 and all(map(_WORD.fullmatch, run.split("/")))


def without_jwts(text: str) -> str:
    """`text` with every JWT masked: for a sentence about what was typed, of which the rest has to stay readable."""
    return _JWT.sub(MASK, text)
