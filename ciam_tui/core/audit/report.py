"""What an audit comes to, as values: each role, provider and key with its grade, its findings, and what they rest on.

They are apart from the judging, so that whoever shows them costs nothing of what it takes to make them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.problems import Level, worst_first

if TYPE_CHECKING:
    from datetime import datetime

    from ciam_tui.core.audit.access import Access
    from ciam_tui.core.audit.facts import HeldKey, ReadRole
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.grading import Entrant, Grade
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.document import Document
    from ciam_tui.core.facts import Identity, Provider

UNUSED_DAYS = 90


class Origin(StrEnum):
    """Who made or adopted a resource, as far as it can be told."""

    HERE = "applied from this machine"
    ELSEWHERE = "tagged by ciam-tui, with no journal here (a tag alone proves nothing)"
    OTHERS = "not made by ciam-tui"


@dataclass(frozen=True, slots=True)
class RoleAudit:
    """A role, judged. `who` is empty where its trust policy cannot be understood. `documents` are its permission policies by name or ARN."""

    read: ReadRole
    issuers: tuple[str, ...]
    grade: Grade
    reasons: tuple[str, ...]
    who: tuple[Entrant, ...]
    access: Access
    findings: tuple[AuditFinding, ...]
    drift: tuple[Difference, ...]
    origin: Origin
    documents: tuple[tuple[str, Document], ...]

    @property
    def worst(self) -> Level | None:
        """The level of the worst finding."""
        return self.findings[0].level if self.findings else None


@dataclass(frozen=True, slots=True)
class ProviderAudit:
    """A provider of CircleCI, judged. `users` are the names of the roles that name it."""

    provider: Provider
    grade: Grade
    reasons: tuple[str, ...]
    users: tuple[str, ...]
    findings: tuple[AuditFinding, ...]
    drift: tuple[Difference, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class KeyAudit:
    """A key that CircleCI holds, with the users' keys that it may be."""

    held: HeldKey
    findings: tuple[AuditFinding, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """What this tool applied and the account no longer has. `kind` is role or provider."""

    kind: str
    name: str
    run_id: str
    findings: tuple[AuditFinding, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole audit, worst first. `keys` is None where CircleCI was not asked."""

    identity: Identity
    at: datetime
    roles_seen: int
    roles: tuple[RoleAudit, ...]
    providers: tuple[ProviderAudit, ...]
    keys: tuple[KeyAudit, ...] | None
    gone: tuple[Gone, ...]
    unread: tuple[str, ...]
    unused_days: int = UNUSED_DAYS

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """All findings of all that was judged, worst first."""
        judged: tuple[RoleAudit | ProviderAudit | KeyAudit | Gone, ...] = (*self.roles, *self.providers, *(self.keys or ()), *self.gone)
        return worst_first(finding for each in judged for finding in each.findings)

    @property
    def has_errors(self) -> bool:
        """Whether any finding is of level error and not accepted."""
        return any(finding.is_new_error for finding in self.findings)
