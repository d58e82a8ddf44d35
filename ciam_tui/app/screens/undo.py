"""What taking a run back would do, before it is done: a plan like any other, but every step of it removes or restores."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import Reviewed, undo_review
from ciam_tui.app.plan_lines import counted
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.plan import PlanScreen, told
from ciam_tui.app.widgets.plan_pane import PlanTab
from ciam_tui.app.wiring_words import changes_circleci, organization_words
from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.app.session import Session

NOTES = 2  # what a small terminal has room for above the token


class UndoScreen(PlanScreen[None]):
    """The plan that takes the run of an id back."""

    ABOUT: ClassVar = "undo"
    KEYS: ClassVar = (Want.APPLY, Want.BACK, Want.DOCUMENT, Want.RELOAD, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.DOCUMENT: "Other tab", Want.APPLY: "Take back"}
    NOTHING_TO_DO: ClassVar = "Nothing to do: nothing of this run is left to take back."
    VERB: ClassVar = "Take back"

    def __init__(self, session: Session, run_id: str) -> None:
        super().__init__(session, f"Take back {run_id}")
        self._run_id = run_id

    def made(self, tell: Callable[[str], None]) -> Reviewed:
        """The undo plan."""
        return undo_review(self.session, self._run_id, tell)

    def first_tab(self, reviewed: Reviewed) -> PlanTab:
        """What to know of what goes, where there is something."""
        return PlanTab.CONCERNS if reviewed.plan.problems else super().first_tab(reviewed)

    def want_undo(self) -> str | None:
        """The same as applying: the plan is the undo."""
        return self.want_apply()

    def question(self, reviewed: Reviewed) -> ConfirmScreen:
        """The account's number typed, and all that the person should know of what goes."""
        plan = reviewed.plan
        notes = [problem.text for problem in plan.problems if problem.level is not Level.ERROR]
        text = [
            f"{counted({'step': len(plan.steps)})} take the run {self._run_id} back.",
            *(f"· {note}" for note in notes[:NOTES]),
            *([f"  and {len(notes) - NOTES} more, in the tab Findings"] if len(notes) > NOTES else []),
            *told("AWS says that you may not do this:", [f"{step.title}." for step in reviewed.concerns.forbidden]),
        ]
        wanted = reviewed.setup.circleci
        circleci = organization_words(wanted.org_id, wanted.org_slug, self.session.known_circleci) if changes_circleci(plan.steps) else ""
        return ConfirmScreen(
            "Take this run back?", text, "Take back", token=plan.account_id, identity=plan.facts.identity, circleci=circleci
        )
