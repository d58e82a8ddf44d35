"""An account in memory that an audit has something of each to say about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import Document
from ciam_tui.core.facts import Provider, Role
from tests.app.fakes import ACCOUNT_ID, NOW
from tests.app.memory_account import EMPTY_ACCOUNT, PROVIDER_ARN, MemoryAws
from tests.core.examples import ORG_ID, PROJECT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

ISSUER = f"oidc.circleci.com/org/{ORG_ID}"
OWN_MAIN = (
    f"org/{ORG_ID}/project/{PROJECT_ID}/user/????????-????-????-????-????????????/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main"
)
OWNED = {"StringEquals": {"aws:ResourceAccount": ACCOUNT_ID}}
READS = [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-builds/builds/*", "Condition": OWNED}]
EVERYTHING = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]


def policy(*statements: Mapping[str, Any]) -> Document:
    return Document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def trust(condition: Mapping[str, Any]) -> Document:
    return policy(
        {"Effect": "Allow", "Principal": {"Federated": PROVIDER_ARN}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    )


TIGHT = trust(
    {
        "StringEquals": {f"{ISSUER}:aud": ORG_ID, f"{ISSUER}:oidc.circleci.com/project-id": PROJECT_ID},
        "StringLike": {f"{ISSUER}:sub": OWN_MAIN},
    }
)
OPEN = trust({"StringEquals": {f"{ISSUER}:aud": ORG_ID}})
DEAD = trust({"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}})


def a_role(name: str, trusted: Document, statements: list[dict[str, Any]], *, days: int | None = 1) -> Role:
    used = None if days is None else NOW - timedelta(days=days)
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/{name}"
    return Role(name, arn, f"AROA{name}", "/circleci/", trusted, inline=(("s3", policy(*statements)),), last_used=used)


ROLES = (
    a_role("web-release", TIGHT, READS),
    a_role("legacy-deploy", OPEN, EVERYTHING, days=97),
    a_role("old-guide", DEAD, READS, days=None),
)


def audited_account(*roles: Role) -> MemoryAws:
    """An account with `roles`, else with one that is tight, one that is open and one that is dead."""
    chosen = roles or ROLES
    facts = replace(EMPTY_ACCOUNT, provider=Provider(PROVIDER_ARN, ISSUER, (ORG_ID,)), roles={role.name.lower(): role for role in chosen})
    return MemoryAws(facts=facts)
