"""The audit as SARIF 2.1.0, so that findings live beside those of code: with rules, places, and fingerprints that stay from run to run.

A role is no file. Its place in the account is a logical location, and since code scanning shows nothing without a physical one, each policy
also gets the name of a file that holds its canonical form, and a line in it.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.findings import TRUST
from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.report import AuditReport, KeyAudit, RoleAudit

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PLAIN = frozenset(string.ascii_letters + string.digits + "-._~")  # RFC 3986, unreserved
FINGERPRINT = "ciamTui/v1"
# What code scanning sorts by: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SEVERITY = {Level.ERROR: "8.5", Level.WARNING: "5.5", Level.NOTE: "2.0"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is: a file of its own making, and the names that lead there in the account."""

    uri: str
    names: tuple[tuple[str, str], ...]  # name and kind, from the outside in


def sarif_document(report: AuditReport, version: str) -> dict[str, Any]:
    """The log of one run; `version` is the tool's."""
    return log_of([*placed(report)], f"ciam-tui-audit/{report.identity.account_id}/", report.at, report.unread, version)


def log_of(
    found: Sequence[tuple[AuditFinding, Place]],
    about: str,
    at: datetime,
    unread: Sequence[str],
    version: str,
    *,
    has_read: bool = True,
) -> dict[str, Any]:
    """The log of one run that is about `about`; `unread` is what was not read in it, and `has_read` whether anything was.

    Many accounts are one run too: readers take few a file.
    """
    suppresses = any(finding.accepted for finding, _ in found)
    rules = {finding.id: finding for finding, _ in reversed(found)}
    indexes = {rule: number for number, rule in enumerate(sorted(rules))}
    by_rule: dict[str, list[AuditFinding]] = {}
    for finding, _ in found:
        by_rule.setdefault(finding.id, []).append(finding)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ciam-tui",
                        "semanticVersion": version,
                        "rules": [_rule(rules[rule], by_rule[rule]) for rule in indexes],
                    }
                },
                "automationDetails": {"id": about},
                "invocations": [
                    {
                        "executionSuccessful": has_read,
                        "endTimeUtc": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                        "toolExecutionNotifications": [{"level": "warning", "message": {"text": each}} for each in unread],
                    }
                ],
                "results": [
                    _result(finding, place, indexes[finding.id]) | (_suppressions(finding) if suppresses else {})
                    for finding, place in found
                ],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def placed(report: AuditReport) -> Iterator[tuple[AuditFinding, Place]]:
    """Each finding of the report with where it is."""
    for role in report.roles:
        for finding in role.findings:
            yield finding, _role_place(role, finding)
    for provider in report.providers:
        place = Place(f"iam/providers/{_segment(provider.provider.url)}.json", ((provider.provider.arn, "resource"),))
        yield from ((finding, place) for finding in provider.findings)
    for gone in report.gone:
        place = Place(f"iam/{gone.kind}s/{_segment(gone.name)}.json", ((gone.name, "resource"),))
        yield from ((finding, place) for finding in gone.findings)
    yield from placed_keys(report.keys or ())


def placed_keys(keys: Iterable[KeyAudit]) -> Iterator[tuple[AuditFinding, Place]]:
    """Each finding about a key that CircleCI holds with where that is."""
    for key in keys:
        held = key.held
        names = ((held.organization, "namespace"), (held.place, "module"), (held.variable, "variable"))
        place = Place(f"circleci/{_segment(held.organization)}/{_segment(held.place)}.json", names)
        yield from ((finding, place) for finding in key.findings)


def _role_place(audit: RoleAudit, finding: AuditFinding) -> Place:
    role = audit.read.role
    document = finding.document or TRUST
    file = document.rpartition("/")[2] if document.startswith("arn:") else document
    names = [(role.arn, "resource")]
    if finding.document:
        names.append((finding.document, "object"))
    if finding.statement is not None:
        names.append((finding.sid or str(finding.statement), "member"))
    return Place(f"iam/{_segment(role.name)}/{_segment(file)}.json", tuple(names))


def _segment(text: str) -> str:
    """`text` as one segment of a relative URI; a segment of dots alone would climb."""
    kept = "".join(char if char in _PLAIN else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)
    return kept if kept.strip(".") else kept.replace(".", "%2E")


def _rule(finding: AuditFinding, findings: list[AuditFinding]) -> dict[str, Any]:
    """What is true of every finding with this id: SARIF wants it once."""
    worst = min((each.level for each in findings), key=list(Level).index)
    words = finding.id.replace("-", " ")
    return {
        "id": finding.id,
        "name": "".join(part.capitalize() for part in finding.id.split("-")),
        "shortDescription": {"text": words.capitalize()},
        "help": {"text": finding.fix or words.capitalize()},
        "defaultConfiguration": {"level": worst.value},
        "properties": {"tags": ["security", "iam", "circleci"], "security-severity": _SEVERITY[worst], "precision": "high"},
    }


def _result(finding: AuditFinding, place: Place, rule_index: int) -> dict[str, Any]:
    text = " ".join(part for part in (finding.text, finding.fix, _open(finding)) if part)
    name, kind = place.names[-1]
    return {
        "ruleId": finding.id,
        "ruleIndex": rule_index,
        "level": finding.level.value,
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": place.uri}, "region": {"startLine": finding.line or 1}},
                "logicalLocations": [{"name": name, "fullyQualifiedName": "#".join(name for name, _ in place.names), "kind": kind}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, place)},
    }


def _suppressions(finding: AuditFinding) -> dict[str, Any]:
    """Who accepted the finding, and why; where one result of a run says so, all have to, with an empty list (3.27.23)."""
    if finding.accepted is None:
        return {"suppressions": []}
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": f"Accepted {finding.accepted.words}"}]}


def _open(finding: AuditFinding) -> str:
    return f"It does not establish: {finding.leaves_open}" if finding.leaves_open else ""


def _fingerprint(finding: AuditFinding, place: Place) -> str:
    """The same for the same finding at the same place, however lines move and dates in the text grow older."""
    told = json.dumps([finding.id, [name for name, _ in place.names], finding.about])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
