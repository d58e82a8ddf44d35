"""An audit with what was accepted marked in it, so that words, JSON and SARIF all tell it and none counts it as new."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.acceptance.fingerprints import of_audit, place_of_account, place_of_settings
from ciam_tui.core.acceptance.judging import accepted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ciam_tui.core.acceptance.file import AcceptanceFile, AcceptedFinding
    from ciam_tui.core.acceptance.judging import Acceptance
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.report import AuditReport


def marked(report: AuditReport, file: AcceptanceFile, at: date) -> tuple[AuditReport, Acceptance]:
    """`report` with the entry of `file` in each finding that it accepts on the day `at`, and what else the file means for it."""
    where = place_of_account(report.identity.account_id)
    looked_at = {where} if report.keys is None else {where, place_of_settings(where)}
    reviewable = of_audit(report)
    acceptance = accepted(reviewable, file, at, looked_at=looked_at)
    by_finding = dict(acceptance.accepted)
    entries = (by_finding.get(each) for each in reviewable)
    return (
        replace(
            report,
            roles=tuple(replace(each, findings=_marked(each.findings, entries)) for each in report.roles),
            providers=tuple(replace(each, findings=_marked(each.findings, entries)) for each in report.providers),
            keys=None if report.keys is None else tuple(replace(each, findings=_marked(each.findings, entries)) for each in report.keys),
            gone=tuple(replace(each, findings=_marked(each.findings, entries)) for each in report.gone),
        ),
        acceptance,
    )


def _marked(findings: tuple[AuditFinding, ...], entries: Iterator[AcceptedFinding | None]) -> tuple[AuditFinding, ...]:
    return tuple(replace(finding, accepted=next(entries)) for finding in findings)
