"""What was read of single users while somebody looks at the list of them, each thing once: what they are, their use, and what would replace them.

A user's policies take seconds and its use minutes, so that none of it is read before it is looked at. Nothing in here knows Textual.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.retiring_jobs import comparison_read, evidence_read, setup_chosen, user_read
from ciam_tui.app.users_lines import NO_SETUP, UserTab, comparison_lines, error_lines, evidence_lines, is_lines, key_lines, may_lines
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ciam_tui.app.session import Session
    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.proposal.comparison import Comparison
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.users.facts import User
    from ciam_tui.core.users.understanding import Understanding

    Work = Callable[[Callable[[str], None], Callable[[], bool]], Any]

_OF_USER = frozenset({UserTab.IS, UserTab.MAY, UserTab.KEYS})


@dataclass(slots=True)
class _Known:
    """One user; a comparison belongs to the Setup that it was made with."""

    user: Understanding | CiamError | None = None
    evidence: Evidence | CiamError | None = None
    compared: dict[str, Comparison | CiamError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A comparison, the evidence that it rests on, and the Setup."""

    comparison: Comparison
    evidence: Evidence
    setup_id: str


@dataclass(slots=True)
class KnownUsers:
    """What is known, by the users' names."""

    session: Session
    _known: dict[str, _Known] = field(default_factory=dict)

    def clear(self) -> None:
        """Nothing any more."""
        self._known.clear()

    def forget(self, name: str) -> bool:
        """Nothing of one user any more; False where nothing was."""
        return self._known.pop(name, None) is not None

    def question(self, name: str, tab: UserTab) -> str:
        """What has to be read for a tab: three of them are answered by one reading."""
        return f"{name}\n{UserTab.IS if tab in _OF_USER else tab}"

    def answer(self, name: str, tab: UserTab, migration: Migration | None, at: datetime) -> list[Line] | None:
        """What is known for a tab; None where it has to be read first."""
        known = self._known.get(name, _Known())
        if tab is UserTab.COMPARE:
            setup_id = self._setup_id(name, migration)
            if not setup_id:
                return [Line(((NO_SETUP, Ink.NOTE),))]
            accepted = [each.item for each in migration.accepted.values()] if migration is not None else []
            compared = known.compared.get(setup_id)
            return _told(compared, lambda found: [*comparison_lines(found, accepted)])
        if tab is UserTab.EVIDENCE:
            return _told(known.evidence, lambda found: [*evidence_lines(found)])
        return _told(known.user, lambda found: _of_user(found, tab, at))

    def work(self, user: User, tab: UserTab, migration: Migration | None) -> Work:
        """What reads the answer to the tab's question."""
        session = self.session
        match tab:
            case UserTab.EVIDENCE:
                return lambda tell, should_stop: evidence_read(session, user, tell, should_stop)
            case UserTab.COMPARE:
                setup, setup_id = setup_chosen(session, user.name, migration), self._setup_id(user.name, migration)
                read = self._known.get(user.name, _Known()).evidence

                def compare(tell: Callable[[str], None], should_stop: Callable[[], bool]) -> _Compared:
                    if setup is None:
                        raise CiamError("no-setup", "Nothing to compare with", NO_SETUP)
                    evidence = evidence_read(session, user, tell, should_stop) if read is None or isinstance(read, CiamError) else read
                    return _Compared(comparison_read(session, user, evidence, setup, tell), evidence, setup_id)

                return compare
            case _:
                return lambda tell, should_stop: user_read(session, user.name, tell, should_stop)

    def keep(self, question: str, migration: Migration | None, outcome: Any) -> None:
        """What came of a reading."""
        name, _, tab = question.partition("\n")
        known = self._known.setdefault(name, _Known())
        if tab == UserTab.EVIDENCE:
            known.evidence = outcome
        elif tab != UserTab.COMPARE:
            known.user = outcome
        elif isinstance(outcome, _Compared):
            known.evidence = outcome.evidence
            known.compared[outcome.setup_id] = outcome.comparison
        else:
            known.compared[self._setup_id(name, migration)] = outcome

    def _setup_id(self, name: str, migration: Migration | None) -> str:
        setup = setup_chosen(self.session, name, migration)
        return setup.model_dump_json() if setup is not None else ""


def _told(found: Any, told: Callable[[Any], list[Line]]) -> list[Line] | None:
    if found is None:
        return None
    return error_lines(found) if isinstance(found, CiamError) else told(found)


def _of_user(found: Understanding, tab: UserTab, at: datetime) -> list[Line]:
    match tab:
        case UserTab.IS:
            return [*is_lines(found)]
        case UserTab.MAY:
            return [*may_lines(found)]
        case _:
            return [*key_lines(found, at)]
