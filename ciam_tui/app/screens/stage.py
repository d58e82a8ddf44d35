"""One stage of a retirement before it is done, or before the last is taken back: a plan like any other, shown whole, then a question.

What takes something away wants the user's name typed, beside the account and the principal; the rest is asked with Cancel focused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ciam_tui.app.intents import Want
from ciam_tui.app.plan_lines import counted
from ciam_tui.app.retiring_jobs import READ_ONLY_REASON, report_read, stage_prepared, stage_reviewed
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.plan import PlanScreen, told
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.plan_pane import PlanTab
from ciam_tui.app.wiring_words import organization_words
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.made import is_irreversible, removes_something
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.app.jobs import Reviewed
    from ciam_tui.app.session import Session
    from ciam_tui.core.plan import Plan
    from ciam_tui.retiring.driving import Prepared

LISTED = 4  # steps that the question spells out


class StageScreen(PlanScreen[None]):
    """The plan of `what`, which was prepared a moment ago; ctrl+r prepares it anew."""

    ABOUT: ClassVar = "retirement"
    KEYS: ClassVar = (Want.APPLY, Want.BACK, Want.DOCUMENT, Want.RELOAD, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.DOCUMENT: "Other tab", Want.APPLY: "Do it"}
    NOTHING_TO_DO: ClassVar = "Nothing to do: it is so already."
    VERB: ClassVar = "Do it"

    def __init__(self, session: Session, what: Prepared) -> None:
        self._stage, self._is_back, self._user = what.stage, what.is_back, what.migration.user_name
        way = "Take back stage" if what.is_back else "Stage"
        super().__init__(session, f"{way} {what.stage.number}, {what.stage}")
        self._what: Prepared | None = what

    def made(self, tell: Callable[[str], None]) -> Reviewed:
        """The plan, from what was prepared, else from a fresh look."""
        what, self._what = self._what, None
        return stage_reviewed(self.session, what or self._prepared(tell), tell)

    def _prepared(self, tell: Callable[[str], None]) -> Prepared:
        report = report_read(self.session, self._user, tell, _never)
        if report is None:
            raise CiamError("migration-unknown", "There is nothing to do", "The retirement is not kept here any more.")
        return stage_prepared(self.session, report, None if self._is_back else self._stage, tell, _never)

    def way_on(self, error: CiamError) -> str:
        """What can be done where there is no plan."""
        del error
        return "ctrl+r looks again; esc goes back to the retirement"

    def first_tab(self, reviewed: Reviewed) -> PlanTab:
        """What to know of what goes, where there is something."""
        return PlanTab.CONCERNS if reviewed.plan.problems else super().first_tab(reviewed)

    def want_apply(self) -> str | None:
        """Ask, unless nothing may be changed."""
        return READ_ONLY_REASON if self.session.mode is Mode.READ_ONLY else super().want_apply()

    def want_undo(self) -> str | None:
        """Of a way back the same as applying: the plan is the way back."""
        return self.want_apply() if self._is_back else "Nothing was done yet that could be taken back."

    def question(self, reviewed: Reviewed) -> ConfirmScreen:
        """The stage, its steps, and whether there is a way back."""
        plan, about = reviewed.plan, self._stage.about
        more = len(plan.steps) - LISTED
        text = [
            self._way(plan),
            *(f"· {step.title}" for step in plan.steps[:LISTED]),
            *([f"  and {counted({'step': more})} more"] if more > 0 else []),
            *told("AWS says that you may not do this:", [f"{step.title}." for step in reviewed.concerns.forbidden]),
        ]
        wanted = reviewed.setup.circleci
        touches = any(isinstance(step.change, kinds.ContextChange | kinds.DeleteProjectVariable) for step in plan.steps)
        circleci = organization_words(wanted.org_id, wanted.org_slug, self.session.known_circleci) if touches else ""
        token = self._user if any(removes_something(step.change) for step in plan.steps) else None
        title = f"Take back stage {self._stage.number}?" if self._is_back else f"Stage {self._stage.number}: {about.doing}?"
        verb = "Take back" if self._is_back else "Do it"
        return ConfirmScreen(title, text, verb, token=token, identity=plan.facts.identity, circleci=circleci)

    def _way(self, plan: Plan) -> str:
        if self._is_back:
            return f"{counted({'step': len(plan.steps)})} {'takes' if len(plan.steps) == 1 else 'take'} it back, for the user {self._user}."
        if self._stage.about.is_for_good or any(is_irreversible(step.change) for step in plan.steps):
            return f"For the user {self._user}. There is no way back from this."
        return f"For the user {self._user}. It can be taken back: ctrl+u in its retirement."

    def _answered(self, confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        """Carry it out in place of this screen: whoever comes back sees the retirement, not a plan that was done."""
        if confirmed and self.outcome is not None and not isinstance(self.outcome, CiamError):
            from ciam_tui.app.screens.apply import ApplyScreen

            self.app.switch_screen(ApplyScreen(self.session, self.outcome.job()))


def _never() -> bool:
    return False
