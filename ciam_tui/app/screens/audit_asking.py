"""What AWS is asked about the role under the cursor while somebody looks: its opinion of the policies, and how the role was used.

Each takes seconds and many requests, and CloudTrail takes two of them a second. So nothing is asked before it is looked at, nothing about a role
that the cursor only passes, one question at a time, and each once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from ciam_tui.app.audit_lines import ASKING, AuditTab
from ciam_tui.app.background import outcome_of
from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.opinion_lines import activity_lines, gap_lines, remark_lines
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.core.opinions import Opinion, remarks_of
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from ciam_tui.app.session import Session
    from ciam_tui.core.activity import Activity
    from ciam_tui.core.audit.report import AuditReport, RoleAudit
    from ciam_tui.core.creep.gap import Gap

    Told: TypeAlias = "Opinion | ToldUse | CiamError"

GROUP = "audit-asking"
TABS = frozenset({AuditTab.AWS, AuditTab.USE})
REST_SECONDS = 0.3  # how long the cursor rests on a role that somebody means to look at
_STOPPED = CiamError("stopped", "Stopped", "AWS was not asked to the end.", ["Press ctrl+r to ask again."])


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `tab` about the role, as the reading of that number found it."""

    reading: int
    arn: str
    tab: AuditTab


@dataclass(frozen=True, slots=True)
class ToldUse:
    """Who took the role, and which of its rights were seen in use."""

    activity: Activity
    gap: Gap


class AskingScreen(WorkScreen[None]):
    """Asks what is looked at, and keeps what was told."""

    class AskedOn(Message):
        """What is being asked now."""

        def __init__(self, question: Question, text: str) -> None:
            super().__init__()
            self.question = question
            self.text = text

    class Answered(Message):
        """What AWS told, or why it did not."""

        def __init__(self, question: Question, outcome: Told) -> None:
            super().__init__()
            self.question = question
            self.outcome = outcome

    def __init__(self, session: Session, title: str) -> None:
        super().__init__(session, title)
        self._told: dict[Question, Told] = {}
        self._looked_at: Question | None = None
        self._resting: Timer | None = None

    def show_answer(self, lines: list[Line], *, from_top: bool = True) -> None:
        """Show `lines` for the question that is looked at."""
        raise NotImplementedError

    def look_at(self, question: Question | None, role: RoleAudit | None, report: AuditReport) -> None:
        """Show what was told of `question`, or ask it about `role` once the cursor rests; None for what AWS is not asked about."""
        self.stop_asking()
        self._looked_at = question
        if question is None or role is None:
            return
        told = self._told.get(question)
        if told is not None:
            self.show_answer(_lines(told))
            return
        self._resting = self.set_timer(REST_SECONDS, lambda: self._ask(question, role, report))

    def _ask(self, question: Question, role: RoleAudit, report: AuditReport) -> None:
        self._resting = None
        self.ask_aws(question, role, report)

    def stop_asking(self) -> bool:
        """Ask no more; False where nothing was being asked."""
        was_asking = self._resting is not None or any(
            worker.group == GROUP and worker.is_running for worker in self.workers if worker.node is self
        )
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        self.workers.cancel_group(self, GROUP)
        return was_asking

    def give_up(self) -> bool:
        """Somebody does not want to wait; False where nothing was being asked."""
        if not self.stop_asking():
            return False
        self.show_answer(_lines(_STOPPED))
        return True

    def forget(self, question: Question | None) -> None:
        """Let `question` be asked anew, without one all of them."""
        if question is None:
            self._told.clear()
            self._looked_at = None
        else:
            self._told.pop(question, None)

    @work(thread=True, exclusive=True, exit_on_error=False, group=GROUP)
    def ask_aws(self, question: Question, role: RoleAudit, report: AuditReport) -> None:
        """One question, which may take as long as CloudTrail's pace makes it."""
        worker = get_current_worker()

        def tell(text: str) -> None:
            if not worker.is_cancelled:
                self.post_message(self.AskedOn(question, text))

        outcome = outcome_of(lambda: _asked(self.session, question.tab, role, report, tell=tell, should_stop=lambda: worker.is_cancelled))
        if not worker.is_cancelled:
            self.post_message(self.Answered(question, outcome))

    def on_asking_screen_asked_on(self, event: AskedOn) -> None:
        """Say it."""
        if event.question == self._looked_at and event.question not in self._told:
            self.show_answer([_note(ASKING), _note(f"{event.text} …")], from_top=False)

    def on_asking_screen_answered(self, event: Answered) -> None:
        """Keep it, and show it to whoever still looks."""
        self._told[event.question] = event.outcome
        if event.question == self._looked_at:
            self.show_answer(_lines(event.outcome))


def _asked(
    session: Session,
    tab: AuditTab,
    role: RoleAudit,
    report: AuditReport,
    *,
    tell: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> Opinion | ToldUse:
    """What AWS says; called in a worker."""
    from ciam_tui.opinions.of_audit import history_of, opinion_of
    from ciam_tui.surveys.creep import Asked, gaps_of

    aws = session.need_aws()
    if tab is AuditTab.AWS:
        return opinion_of(role, report, aws)
    activity = history_of(role, report, aws, session.clock, progress=tell, should_stop=should_stop)
    earlier = () if session.snapshots is None else session.snapshots.of_account(report.identity.account_id)[0]
    [gap] = gaps_of(report, [role], aws, Asked(), snapshots=earlier, clock=session.clock, progress=tell, should_stop=should_stop)
    return ToldUse(activity, gap)


def _lines(told: Told) -> list[Line]:
    if isinstance(told, CiamError):
        suggestions = [Line(((f"  · {suggestion}", Ink.PROSE),), indent=4) for suggestion in told.suggestions]
        return [Line(((f"! {told.title}: {told.message}", Ink.WARNING),), indent=2), *suggestions]
    if isinstance(told, Opinion):
        return [*remark_lines(remarks_of({"": told}))] or [_note("There is nothing about this role that AWS could be asked.")]
    return [*activity_lines(told.activity), Line(()), *gap_lines(told.gap)]


def _note(text: str) -> Line:
    return Line(((text, Ink.NOTE),), indent=2)
