"""IAM's credential report, asked for until it is there: three requests for the keys of all users, or a sentence why not.

IAM makes it in the background, and the same request that starts it tells when it is done.
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
    try:
        is_made = _made(clients, clock, progress)
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        is_made, why = True, f"may not be made (iam:GenerateCredentialReport): {error.message}"  # somebody else may have made one
    else:
        why = "was not ready after ten minutes"
    if not is_made:
        return ReportRead(None, why)
    try:
        answer = _answer(clients)
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        return ReportRead(None, f"could not be read (iam:GetCredentialReport): {error.message}")
    if answer is None:
        return ReportRead(None, why)
    report = read_report(_text(answer["Content"]), answer["GeneratedTime"])
    if not report.is_fresh(clock.now()):
        return ReportRead(None, f"is too old, of {report.at:%Y-%m-%d %H:%M} UTC")
    return ReportRead(report)


def _made(clients: Clients, clock: Clock, progress: Callable[[str], None]) -> bool:
    iam = clients.iam()
    for pause in range(_MOST_PAUSES):
        progress(f"Credential report, {pause * _PAUSE_SECONDS} s" if pause else "Credential report")
        state = clients.ask("have the credential report made", iam.generate_credential_report).get("State")
        if state == "COMPLETE":
            return True
        clock.sleep(_PAUSE_SECONDS)
    return False


def _answer(clients: Clients) -> Any:
    return clients.ask_for_optional("read the credential report", _NOT_THERE | _NOT_READY, clients.iam().get_credential_report)


def _text(content: object) -> str:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
