"""Tokens in their compact form, well made and not, for tests: signed by nobody, since only the JWKS port looks at signatures."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.tokens import USER, v2

NOW = 1_800_000_000
MAIN_SUB = v2(ORG_ID, PROJECT_ID, "github.com/acme/web", "refs/heads/main", USER)


def payload(**changes: Any) -> dict[str, Any]:
    """The claims of a token of the example's project, built from main; a change to None takes a claim away."""
    claims: dict[str, Any] = {
        "iss": f"https://oidc.circleci.com/org/{ORG_ID}",
        "aud": ORG_ID,
        "sub": MAIN_SUB,
        "iat": NOW,
        "exp": NOW + 3600,
        "oidc.circleci.com/project-id": PROJECT_ID,
        "oidc.circleci.com/vcs-origin": "github.com/acme/web",
        "oidc.circleci.com/vcs-ref": "refs/heads/main",
    }
    return {key: value for key, value in (claims | changes).items() if value is not None}


def part(value: object) -> str:
    """One part of a token: JSON, or bytes as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(claims: object | None = None, *, header: object | None = None, signature: str = "c2lnbmF0dXJl") -> str:
    """A token as CircleCI puts it into a job's environment."""
    head = {"alg": "RS256", "typ": "JWT", "kid": "key-1"} if header is None else header
    return f"{part(head)}.{part(payload() if claims is None else claims)}.{signature}"
