"""What things are called on Google Cloud, where names are short and in lower case: cut from the roles' names, and still none twice.

A name that had to be changed ends in six digits of the hash of what it was cut from: it stays the same while stages come and go, which a
counter would not.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_TWIN = "gcp-no-twin"
# https://cloud.google.com/iam/docs/service-accounts-create and https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools
ACCOUNT_ID_LENGTH = range(6, 30 + 1)
POOL_ID_LENGTH = range(4, 32 + 1)
PROVIDER_ID = "circleci"
_RESERVED = "gcp-"
_DIGITS = 6


def account_id(role_name: str) -> str:
    """The id of the service account that is the twin of a role."""
    return _short(role_name, ACCOUNT_ID_LENGTH, lead="sa")


def pool_id(name_prefix: str) -> str:
    """The id of the pool of a Setup, whose roles' names begin with `name_prefix`."""
    made = _short(name_prefix or PROVIDER_ID, POOL_ID_LENGTH, lead="pool")
    # Google keeps ids that begin with gcp- for itself. It is the id that counts: what was cut, as from gcp_, may begin so too.
    return _short(f"x-{name_prefix}", POOL_ID_LENGTH, lead="pool") if made.startswith(_RESERVED) else made


def attribute_name(stage_name: str) -> str:
    """The attribute that says for which project a token is on the branches of a stage."""
    plain = re.sub("[^a-z0-9]", "_", stage_name.lower())
    return f"stage_{plain}" if plain == stage_name and len(plain) <= 40 else f"stage_{plain[:40]}_{_hash(stage_name.lower())}"


def custom_role_id(pool: str, kind: str) -> str:
    """The id of the custom role of a Setup for one kind of access; it takes underscores and no hyphens."""
    return f"{pool.replace('-', '_')}_{kind}"


def check_unique(names: Iterable[str], what: str) -> None:
    """Nothing.

    Raises:
        CiamError: two of `names` are one, of which one would get what the other has.
    """
    seen = set[str]()
    for name in names:
        if name in seen:
            raise CiamError(
                NO_TWIN,
                "There is no twin on Google Cloud",
                f"Two roles would have the {what} {name}.",
                ["Name a stage or a project otherwise."],
            )
        seen.add(name)


def _short(name: str, length: range, *, lead: str) -> str:
    """`name` where it has the form already, but for the case of its letters, which IAM does not tell apart either; else cut and marked."""
    lower = name.lower()
    plain = re.sub("-+", "-", re.sub("[^a-z0-9]", "-", lower)).strip("-")
    if plain == lower.rstrip("-") and plain[:1].isalpha() and len(plain) in length:
        return plain
    plain = plain if plain[:1].isalpha() else f"{lead}-{plain}".rstrip("-")
    return f"{plain[: length[-1] - _DIGITS - 1].rstrip('-')}-{_hash(lower)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
