"""A provider of a workload identity pool as somebody has it: what `gcloud ... providers describe --format=json` prints, or the export's file.

The export's file also says which identities may act as which service account; what gcloud prints does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import load_json

if TYPE_CHECKING:
    from collections.abc import Mapping

INVALID = "provider-invalid"
LARGEST = 400_000  # bytes: fifty attributes of 2,048 characters, and what a stranger wrote around them
_POOL = re.compile(r"(?P<pool>projects/[^/]+/locations/global/workloadIdentityPools/[^/]+)/providers/[^/]+")
_FIX = "Give what `gcloud iam workload-identity-pools providers describe ... --format=json` prints, or the provider.json of an export."


@dataclass(frozen=True, slots=True)
class Account:
    """A service account, and the sets of identities that may act as it."""

    email: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GivenProvider:
    """A provider; `accounts` is None where it is not said who may act as what."""

    name: str
    issuer: str
    audiences: tuple[str, ...]
    mapping: Mapping[str, str]
    condition: str
    is_active: bool
    accounts: tuple[Account, ...] | None

    @property
    def pool(self) -> str:
        """The pool's full name; empty where the provider's is none."""
        found = _POOL.fullmatch(self.name)
        return found["pool"] if found else ""


def is_provider(text: str) -> bool:
    """Whether `text` seems to be a provider, rather than a policy: told by its keys, before it is read."""
    return '"oidc"' in text and '"attributeMapping"' in text and '"Statement"' not in text


def provider_in(text: str, *, what: str) -> GivenProvider:
    """The provider that `text` is.

    Raises:
        CiamError: it is none.
    """
    value = load_json(text, what=what, limit_bytes=LARGEST, code=INVALID)
    oidc = value.get("oidc") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(oidc, dict):
        raise _refused(what, "It has no object oidc: the provider is none for OpenID Connect.")
    accounts = value.get("serviceAccounts")
    return GivenProvider(
        name=_text(value, "name", what),
        issuer=_text(oidc, "issuerUri", what),
        audiences=_texts(oidc.get("allowedAudiences", []), "allowedAudiences", what),
        mapping=_mapping(value.get("attributeMapping"), what),
        condition=_text(value, "attributeCondition", what),
        is_active=value.get("state", "ACTIVE") == "ACTIVE" and not value.get("disabled", False),
        accounts=None if accounts is None else _accounts(accounts, what),
    )


def _accounts(value: Any, what: str) -> tuple[Account, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _refused(what, "Its serviceAccounts are no list of objects.")
    return tuple(Account(_text(each, "email", what), _texts(each.get("members", []), "members", what)) for each in value)


def _mapping(value: Any, what: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise _refused(what, "Its attributeMapping is no object of texts.")
    return {str(key): str(expression) for key, expression in value.items()}


def _text(value: dict[str, Any], key: str, what: str) -> str:
    found = value.get(key, "")
    if not isinstance(found, str):
        raise _refused(what, f"Its {key} is no text.")
    return found


def _texts(value: Any, key: str, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _refused(what, f"Its {key} is no list of texts.")
    return tuple(str(each) for each in value)


def _refused(what: str, sentence: str) -> CiamError:
    return CiamError(INVALID, f"Cannot read {what}", sentence, [_FIX])
