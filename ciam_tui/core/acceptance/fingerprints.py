"""What a finding is about, as a digest: an acceptance holds only while that is the same.

A finding about a role is accepted for the role as it was reviewed: who gets in and what they may do there. So its fingerprint covers the
role's trust policy, its permission policies and which boundary it has, and a trust that is widened, or a policy that is added, makes every
acceptance about that role lapse. A finding about a Setup covers all of its roles in the same way. The level and the words of the finding are
in it too, without the dates, ages and line numbers that change by themselves.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import wanted_roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.report import AuditReport, KeyAudit, ProviderAudit, RoleAudit
    from ciam_tui.core.document import Document
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.problems import Level
    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape

_CHANGES_BY_ITSELF = re.compile(r"(?:\b\d+ days? ago\b,? ?(?:on )?)?\b\d{4}-\d{2}-\d{2}\b|\b\d+ days? ago\b|\blines? \d+\b")


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A finding as it is reviewed. `where` is the Setup or the account it was found in, `about` the thing there that it is about."""

    finding: str
    level: Level
    where: str
    about: str
    text: str
    fingerprint: str


def timeless(text: str) -> str:
    """`text` without what changes in it while nothing happens."""
    return _CHANGES_BY_ITSELF.sub("#", text)


def place_of_setup(setup: SetupShape) -> str:
    """`setup 123456789012 acme-builds /circleci/circleci-web-`: what stays when stages, projects and branches change."""
    return f"setup {setup.account_id} {setup.bucket.name} {setup.role.path}{setup.role.name_prefix}"


def place_of_settings(place: str) -> str:
    """Where findings belong that CircleCI or its configuration show about `place`."""
    return f"circleci of {place}"


def place_of_account(account_id: str) -> str:
    """`account 123456789012`."""
    return f"account {account_id}"


def of_setup(setup: SetupShape, findings: Iterable[Finding], place: str | None = None) -> tuple[Reviewable, ...]:
    """The findings about `setup`, in their order; `place` is its own unless CircleCI shows them."""
    where = place or place_of_setup(setup)
    roles = wanted_roles(setup)
    around: list[object] = [setup.account_id, setup.partition, setup.role.permissions_boundary]
    whole = [*around, *_roles_data(roles)]
    by_stage = {stage.name: [*around, *_roles_data(role for role in roles if role.stage == stage.name)] for stage in setup.stages}
    made = []
    for each in findings:
        ground = by_stage.get(each.stage or "", whole)
        about = f"stage {each.stage}" if each.stage else "setup"
        made.append(_reviewable(each, where, about, ground))
    return tuple(made)


def of_audit(report: AuditReport) -> tuple[Reviewable, ...]:
    """The findings of an audit, in its order: of roles, of providers, of keys, of what is gone."""
    return tuple(_of_audit(report))


def _of_audit(report: AuditReport) -> Iterator[Reviewable]:
    where = place_of_account(report.identity.account_id)
    for role in report.roles:
        ground = _role_ground(role)
        for finding in role.findings:
            told = [finding.document, finding.about]
            yield _reviewable(finding, where, f"role {role.read.role.arn}", [*told, *ground])
    for provider in report.providers:
        ground = _provider_ground(provider)
        for finding in provider.findings:
            yield _reviewable(finding, where, f"provider {provider.provider.arn}", [finding.about, *ground])
    for key in report.keys or ():
        held = key.held
        about = f"key {held.variable} in {held.place} of {held.organization}"
        for finding in key.findings:
            yield _reviewable(finding, place_of_settings(where), about, _key_ground(key))
    for gone in report.gone:
        for finding in gone.findings:
            yield _reviewable(finding, where, f"{gone.kind} {gone.name}", [gone.run_id, finding.about])


def _reviewable(finding: Finding | AuditFinding, where: str, about: str, ground: list[object]) -> Reviewable:
    told = json.dumps([finding.id, finding.level.value, where, about, timeless(finding.text), ground])
    return Reviewable(finding.id, finding.level, where, about, finding.text, hashlib.sha256(told.encode()).hexdigest())


def _roles_data(roles: Iterable[WantedRole]) -> list[object]:
    return sorted([role.arn, role.trust.canonical, role.permissions.canonical] for role in roles)  # type: ignore[return-value]  # a list is invariant


def _role_ground(audit: RoleAudit) -> list[object]:
    role = audit.read.role
    policies = sorted([name, _spelling(document)] for name, document in audit.documents)
    return [role.arn, _spelling(role.trust), policies, sorted(role.attached), role.boundary, sorted(audit.read.unread)]


def _provider_ground(audit: ProviderAudit) -> list[object]:
    return [audit.provider.url, sorted(audit.provider.client_ids)]


def _key_ground(audit: KeyAudit) -> list[object]:
    return [audit.held.last_four, sorted([key.user, key.key_id, key.status] for key in audit.held.keys)]


def _spelling(document: Document) -> str:
    """The canonical form, in which only meaning counts; what cannot be taken apart, as it is."""
    try:
        return document.canonical
    except CiamError:
        return document.text
