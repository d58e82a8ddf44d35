"""How a retirement goes forth and back: the next stage prepared, or the last one's way back, and handed to the screen that shows and asks.

A run of a stage that was interrupted is gone on with, after a question of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import Ink
from ciam_tui.app.retirement_lines import verdict_words
from ciam_tui.app.retiring_jobs import NOT_BEGUN, READ_ONLY_REASON, stage_job, stage_prepared
from ciam_tui.app.screens.deciding import DecidingScreen
from ciam_tui.app.session import Mode

if TYPE_CHECKING:
    from ciam_tui.app.jobs import Job
    from ciam_tui.app.screens.reading import ShouldStop, Tell
    from ciam_tui.app.session import Session
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.retirement.stages import Stage
    from ciam_tui.retiring.driving import Prepared

STAGE = "stage"


class AdvancingScreen(DecidingScreen):
    """Prepares stages in a worker; `error` is why the last look failed, and with `must_read` the next resume looks again."""

    def __init__(self, session: Session, title: str, user_name: str) -> None:
        super().__init__(session, title, user_name)
        self.must_read = True
        self.error: CiamError | None = None

    def say_where(self, words: tuple[str, Ink, str]) -> None:
        """Say in two lines where it stands."""
        raise NotImplementedError

    def want_apply(self) -> str | None:
        """See what the next stage that may be done does."""
        from ciam_tui.retiring.driving import next_to_do

        reason = self._why_not()
        if reason or self.report is None:
            return reason
        standing = next_to_do(self.report)
        if standing is None:
            return f"Nothing is due. {verdict_words(self.report)[2]}"
        self._prepare(standing.stage)
        return None

    def want_undo(self) -> str | None:
        """See how the last stage is taken back."""
        reason = self._why_not()
        if not reason:
            self._prepare(None)
        return reason

    def _why_not(self) -> str | None:
        """Why nothing can be done now; None where something can."""
        if self.reads:
            return "It is still being read; esc stops it."
        if self.report is None:
            return NOT_BEGUN if self.error is None else f"{self.error.title}: {self.error.message}"
        if self.session.mode is Mode.READ_ONLY:
            return READ_ONLY_REASON
        return "This retirement is over." if self.report.is_over else None

    def _prepare(self, stage: Stage | None) -> None:
        session, report = self.session, self.report
        if report is None:
            return

        def prepare(tell: Tell, should_stop: ShouldStop) -> tuple[Prepared, Job | None]:
            """With the job where a run is gone on with: what it has left to do is in its journal."""
            what = stage_prepared(session, report, stage, tell, should_stop)
            return what, stage_job(session, what) if what.plan is None else None

        self.say_where(("preparing …", Ink.NOTE, "esc stops"))
        self.begin_reading(STAGE, prepare)

    def open_stage(self, outcome: tuple[Prepared, Job | None]) -> None:
        what, job = outcome
        if job is not None:
            reason = self._ask_to_go_on(what, job)
            if reason:
                self.say(reason, severity="warning")
            return
        from ciam_tui.app.screens.stage import StageScreen

        self.must_read = True
        self.app.push_screen(StageScreen(self.session, what))

    def _ask_to_go_on(self, what: Prepared, job: Job) -> str | None:
        from ciam_tui.app.jobs import run_state
        from ciam_tui.app.screens.apply import ApplyScreen
        from ciam_tui.app.screens.resuming import ask_to_resume

        def carry_out(_job: Job) -> None:
            self.must_read = True
            self.app.push_screen(ApplyScreen(self.session, job))

        return ask_to_resume(self, run_state(self.session, what.run_id), carry_out)
