"""The grade of a role: one word for a list, and the sentences it rests on.

It is computed from three things alone: which tokens of the standing list are let in, what the findings say of its policies, and what the
evaluator says they may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.problems import Level, worst_first
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from ciam_tui.core.audit.access import Access
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.tokens.cases import CaseAnswer


class Grade(StrEnum):
    """From worst to best, with what cannot be told in between."""

    OPEN = "open"  # strangers to the organization get in, or the trust policy has an error
    WIDE = "wide"  # others of the organization get in, or the role may do more than a job needs
    UNKNOWN = "unknown"  # it could not be read or understood
    DEAD = "dead"  # nobody gets in
    TIGHT = "tight"  # nothing to say against it


# Who has nothing to do with the organization, or with the token's time.
_OUTSIDERS = frozenset({"another-organization", "root-issuer", "expired"})
# A fork gets a token only where its project hands secrets to forks; that matters where the role changes something.
_FORKS = frozenset({"fork", "fork-v1"})


# What keeps a job out, or grants it nothing: a mistake, and no reason to call a role wide.
_MISFITS = frozenset(
    {
        "alias-as-bucket",
        "bucket-action-on-object",
        "custom-audience",
        "delimiter-condition",
        "listing-key-on-other-action",
        "object-action-on-bucket",
        "user-pinned",
    }
)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A token of the standing list, and what becomes of it: without its claims and the decision, which of thousands of roles are too many to keep."""

    id: str
    title: str
    is_stranger: bool
    let_in: bool
    word: str
    advice: tuple[str, ...]

    @classmethod
    def of(cls, each: CaseAnswer) -> Entrant:
        """What is kept of an answer."""
        return cls(each.case.id, each.case.title, each.case.is_stranger, each.answer.let_in, each.answer.word, each.answer.advice)

    @property
    def is_open_door(self) -> bool:
        """Whether a stranger gets in."""
        return self.is_stranger and self.let_in


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a grade is computed from. `doorless` are findings by which no provider is left to come through."""

    trust_problem: str
    who: tuple[Entrant, ...]
    lets_everybody_in: bool
    doorless: tuple[AuditFinding, ...]
    about_trust: tuple[AuditFinding, ...]
    about_permissions: tuple[AuditFinding, ...]
    unread: tuple[AuditFinding, ...]
    access: Access


def graded(grounds: Grounds) -> tuple[Grade, tuple[str, ...]]:
    """The grade, and why."""
    if grounds.trust_problem:
        return Grade.UNKNOWN, (f"Its trust policy cannot be judged: {grounds.trust_problem}",)
    if grounds.lets_everybody_in:
        return Grade.OPEN, ("Every identity provider of the account is let in, whatever its token says.",)
    if grounds.doorless:
        return Grade.DEAD, tuple(finding.text for finding in grounds.doorless)
    inside = [each for each in grounds.who if each.let_in]
    if not grounds.who:
        return Grade.DEAD, ("Its trust policy is not about CircleCI.",)
    if not inside:
        why = (finding.text for finding in grounds.about_trust if finding.level is Level.ERROR)
        return Grade.DEAD, (f"None of {counted(len(grounds.who), 'token')} that were tried is let in.", *why)
    errors = tuple(finding.text for finding in grounds.about_trust if finding.level is Level.ERROR and _widens(finding))
    outsiders = [each.title for each in inside if each.id in _OUTSIDERS]
    if outsiders or errors:
        return Grade.OPEN, (*([f"Strangers to the organization are let in: {listed(outsiders)}."] if outsiders else []), *errors)
    if reasons := _why_wide(grounds, inside):
        return Grade.WIDE, reasons
    if grounds.unread:
        return Grade.UNKNOWN, tuple(finding.text for finding in grounds.unread)
    return Grade.TIGHT, (f"Let in: {listed(each.title for each in inside)}.",)


def _why_wide(grounds: Grounds, inside: list[Entrant]) -> tuple[str, ...]:
    harmless = frozenset() if grounds.access.changes_something else _FORKS
    others = [each.title for each in inside if each.is_stranger and each.id not in harmless]
    reasons = [f"Let in beside its own jobs: {listed(others)}."] if others else []
    if grounds.access.is_everything:
        reasons.append("It may do everything with every service.")
    about = worst_first([*grounds.about_trust, *grounds.about_permissions])
    # Two policies of a role may have one flaw: as a reason for its grade it is told once.
    return tuple(dict.fromkeys([*reasons, *(finding.text for finding in about if finding.level is not Level.NOTE and _widens(finding))]))


def _widens(finding: AuditFinding) -> bool:
    """Whether a finding is about too much, rather than about something that does not work as it was meant."""
    return not finding.opens and finding.id not in _MISFITS
