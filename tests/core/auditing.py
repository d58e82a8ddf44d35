"""Roles, providers and accounts for the audit's tests: few words for what somebody has made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.drift import expected_of
from ciam_tui.core.audit.facts import AuditFacts, PoliciesRead, ReadRole
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.audit.judging import judged
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Provider, Role
from ciam_tui.core.history import History
from tests.core.accounts import ACCOUNT, IDENTITY, ISSUER, PROVIDER_ARN
from tests.core.examples import ORG_ID, PROJECT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.core.audit.report import AuditReport, RoleAudit
    from ciam_tui.core.setup import Setup
    from tests.core.accounts import World

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
PROVIDER = Provider(PROVIDER_ARN, ISSUER, (ORG_ID,))
BUCKET = "arn:aws:s3:::acme-builds"
USER = "????????-????-????-????-????????????"
OWN_MAIN = f"org/{ORG_ID}/project/{PROJECT_ID}/user/{USER}/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main"
PROJECT = {f"{ISSUER}:aud": ORG_ID, f"{ISSUER}:oidc.circleci.com/project-id": PROJECT_ID}


def policy(*statements: Mapping[str, Any]) -> Document:
    """A policy in AWS's own spelling."""
    return Document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":")))


def allow(action: str | Sequence[str], resource: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | Sequence[str], resource: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def trust(equals: Mapping[str, Any] | None = None, like: Mapping[str, Any] | None = None, *, provider: str = PROVIDER_ARN) -> Document:
    """By default the trust of one project's main."""
    condition = {"StringEquals": PROJECT if equals is None else equals, "StringLike": {f"{ISSUER}:sub": OWN_MAIN} if like is None else like}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: tests for operator, tests in condition.items() if tests},
    }
    return policy(statement)


READS = policy(
    allow("s3:GetObject", f"{BUCKET}/builds/*", Sid="Read", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}}),
    allow(
        "s3:ListBucket",
        BUCKET,
        Sid="List",
        Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}, "StringLike": {"s3:prefix": "builds/*"}},
    ),
)


def a_role(name: str = "web-build", trusted: Document | None = None, **changes: Any) -> Role:
    """A tight role that was used yesterday."""
    role = Role(
        name,
        f"arn:aws:iam::{ACCOUNT}:role/{name}",
        f"AROA{name.upper()}",
        "/",
        trusted or trust(),
        inline=(("s3", READS),),
        last_used=datetime(2026, 8, 19, 16, 42, tzinfo=UTC),
        last_used_region="us-east-1",
    )
    return replace(role, **changes)


def facts_of(*roles: Role | ReadRole, **changes: Any) -> AuditFacts:
    """An account with the organization's provider and these roles for CircleCI."""
    facts = AuditFacts(
        IDENTITY,
        NOW,
        tuple(ReadRole(each) if isinstance(each, Role) else each for each in roles),
        roles_seen=len(roles) + 3,
        providers=(PROVIDER,),
        provider_arns=frozenset({PROVIDER_ARN}),
        policies=PoliciesRead(),
        managed={},
    )
    return replace(facts, **changes)


def report_of(*roles: Role | ReadRole, past: History | None = None, unused_days: int = 90, **changes: Any) -> AuditReport:
    return judged(facts_of(*roles, **changes), expected_of(past or History(()), ACCOUNT), CircleCiIssuers(), unused_days=unused_days)


def audit_of(role: Role | ReadRole, **changes: Any) -> RoleAudit:
    (audit,) = report_of(role, **changes).roles
    return audit


def ids(audit: Any) -> list[str]:
    return [finding.id for finding in audit.findings]


def history_of(world: World) -> History:
    return History(tuple(world.runs))


def undone(world: World, setup: Setup) -> None:
    """The last run is taken back, by a run that says so."""
    taken_back = world.runs[-1]
    undo = world.undone(taken_back, setup)
    world.runs[-1] = replace(undo, started=replace(undo.started, undoes=taken_back.started.run_id))


def report_of_world(world: World, **changes: Any) -> AuditReport:
    """The audit of an account in which runs happened."""
    found = world.facts
    return report_of(
        *found.roles.values(),
        past=history_of(world),
        **{
            "providers": (found.provider,) if found.provider else (),
            "provider_arns": frozenset({found.provider.arn} if found.provider else ()),
            "policies": PoliciesRead({arn: each.document for arn, each in found.policies.items()}),
            "managed": found.policies,
            **changes,
        },
    )
