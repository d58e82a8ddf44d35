"""The audit for a program: one JSON document, whose keys stay as they are; new ones may be added.

Documents of policies are in it in canonical form, so that the lines of findings can be looked up without asking AWS again.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from datetime import datetime

    from ciam_tui.core.audit.access import Access
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.grading import Entrant
    from ciam_tui.core.audit.report import AuditReport, Gone, KeyAudit, ProviderAudit, RoleAudit
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.document import Document


def report_document(report: AuditReport) -> dict[str, Any]:
    """The document that `audit --json` prints."""
    identity = report.identity
    return {
        "ok": True,
        "error": None,
        "account_id": identity.account_id,
        "account_alias": identity.alias,
        "operator": identity.arn,
        "at": moment_text(report.at),
        "unused_days": report.unused_days,
        "roles_seen": report.roles_seen,
        "roles": [_role(role) for role in report.roles],
        "providers": [_provider(provider) for provider in report.providers],
        "gone": [_gone(gone) for gone in report.gone],
        "keys": None if report.keys is None else [key_document(key) for key in report.keys],
        "unread": list(report.unread),
        "has_errors": report.has_errors,
    }


def _role(audit: RoleAudit) -> dict[str, Any]:
    role = audit.read.role
    return {
        "name": role.name,
        "arn": role.arn,
        "role_id": role.role_id,
        "issuers": list(audit.issuers),
        "grade": audit.grade.value,
        "reasons": list(audit.reasons),
        "who_gets_in": [_case(each) for each in audit.who],
        "may": access_document(audit.access),
        "last_used": moment_text(role.last_used),
        "last_used_region": role.last_used_region,
        "made_by": audit.origin.name.lower(),
        "findings": [finding_document(finding) for finding in audit.findings],
        "drift": [_difference(difference) for difference in audit.drift],
        "trust": _policy(role.trust),
        "policies": {name: _policy(document) for name, document in audit.documents},
        "attached": list(role.attached),
        "boundary": role.boundary,
        "description": role.description,
        "max_session_seconds": role.max_session_seconds,
        "tags": dict(role.tags),
        "unread": list(audit.read.unread),
    }


def _case(each: Entrant) -> dict[str, Any]:
    return {
        "id": each.id,
        "title": each.title,
        "is_stranger": each.is_stranger,
        "let_in": each.let_in,
        "answer": each.word,
        "advice": list(each.advice),
    }


def access_document(access: Access) -> dict[str, Any]:
    """What may be done, for a program."""
    return {
        "places": [
            {
                "bucket": each.place.bucket,
                "prefix": each.place.prefix,
                "operations": {name: reach.value for name, reach in each.operations.items()},
            }
            for each in access.places
        ],
        "more_places": access.more,
        "services": [{"service": each.service, "actions": list(each.actions), "reach": each.reach.value} for each in access.services],
        "unread": list(access.unread),
    }


def _provider(audit: ProviderAudit) -> dict[str, Any]:
    provider = audit.provider
    return {
        "arn": provider.arn,
        "url": provider.url,
        "client_ids": list(provider.client_ids),
        "tags": dict(provider.tags),
        "grade": audit.grade.value,
        "reasons": list(audit.reasons),
        "roles": list(audit.users),
        "made_by": audit.origin.name.lower(),
        "findings": [finding_document(finding) for finding in audit.findings],
        "drift": [_difference(difference) for difference in audit.drift],
    }


def _gone(gone: Gone) -> dict[str, Any]:
    return {"kind": gone.kind, "name": gone.name, "run": gone.run_id, "findings": [finding_document(finding) for finding in gone.findings]}


def key_document(audit: KeyAudit) -> dict[str, Any]:
    """A key that CircleCI holds, for a program."""
    held = audit.held
    return {
        "organization": held.organization,
        "place": held.place,
        "variable": held.variable,
        "last_four": held.last_four,
        "may_be": [{**asdict(key), "created": moment_text(key.created), "last_used": moment_text(key.last_used)} for key in held.keys],
        "findings": [finding_document(finding) for finding in audit.findings],
    }


def finding_document(finding: AuditFinding) -> dict[str, Any]:
    """A finding, for a program."""
    return {
        "id": finding.id,
        "level": finding.level.value,
        "document": finding.document or None,
        "statement": finding.statement,
        "sid": finding.sid,
        "line": finding.line,
        "text": finding.text,
        "fix": finding.fix,
        "leaves_open": finding.leaves_open,
        "opens": finding.opens,
        "patch": [operation.as_json() for operation in finding.patch],
        "accepted": None if finding.accepted is None else finding.accepted.as_json(),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "subject": difference.subject,
        "field": difference.field,
        "expected": difference.expected,
        "actual": difference.actual,
        "text": str(difference),
    }


def _policy(document: Document) -> Any:
    """The canonical policy as an object, or, where it is none, its text."""
    import json

    try:
        return json.loads(document.canonical)
    except CiamError:
        return document.text


def moment_text(moment: datetime | None) -> str | None:
    """A time in ISO 8601."""
    return moment.isoformat() if moment else None
