"""IAM's credential report, asked for until it is there: two requests for the keys of all users, or a sentence why not.

IAM makes it in the background; until it is there, asking for it is an error of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.credential_report import CredentialReport, read_report
from ciam_tui.ports.aws.answers import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.ports.api import Clock
    from ciam_tui.ports.aws.clients import Clients

_PAUSE_SECONDS = 2
# Ten minutes, which is more than a report of the largest account is known to take.
_MOST_PAUSES = 300
_NOT_THERE = frozenset({"ReportNotPresent", "CredentialReportNotPresentException", "ReportExpired", "CredentialReportExpiredException"})
_NOT_READY = frozenset({"ReportInProgress", "CredentialReportNotReadyException"})


@dataclass(frozen=True, slots=True)
class ReportRead:
    """A report that AWS would not renew, or why there is none."""

    report: CredentialReport | None
    why_not: str = ""


def read_credential_report(clients: Clients, clock: Clock, progress: Callable[[str], None]) -> ReportRead:
    """The report, made anew where AWS takes the last one for too old. `progress` may raise, which ends the waiting."""
    progress("Credential report")
    why = "was not ready after ten minutes"
    try:
        is_made = _is_made(clients)
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        # Somebody else may have had one made.
        is_made, why = True, f"may not be made (iam:GenerateCredentialReport): {error.message}"
    try:
        report = _awaited(clients, clock, progress, is_made=is_made)
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        return ReportRead(None, f"could not be read (iam:GetCredentialReport): {error.message}")
    if report is None:
        return ReportRead(None, why)
    if not report.is_fresh(clock.now()):
        return ReportRead(None, f"is too old, of {report.at:%Y-%m-%d %H:%M} UTC")
    return ReportRead(report)


def _awaited(clients: Clients, clock: Clock, progress: Callable[[str], None], *, is_made: bool) -> CredentialReport | None:
    """The report once it is there. While a new one is being made an old one may be given: then it is asked whether that is all."""
    for pause in range(1, _MOST_PAUSES + 1):
        if is_made:
            return _report(clients)
        clock.sleep(_PAUSE_SECONDS)
        progress(f"Credential report, {pause * _PAUSE_SECONDS} s")
        report = _report(clients)
        if report is not None and report.is_fresh(clock.now()):
            return report
        is_made = report is not None and _is_made(clients)
    return None


def _is_made(clients: Clients) -> bool:
    iam = clients.iam()
    return clients.ask("have the credential report made", iam.generate_credential_report).get("State") == "COMPLETE"


def _report(clients: Clients) -> CredentialReport | None:
    """What there is, None while it is being made."""
    answer: Any = clients.ask_for_optional("read the credential report", _NOT_THERE | _NOT_READY, clients.iam().get_credential_report)
    return read_report(_text(answer["Content"]), answer["GeneratedTime"]) if answer is not None else None


def _text(content: object) -> str:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
