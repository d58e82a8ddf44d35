"""The last step of a set-up: what it would do to this account, and whether to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import Reviewed, review
from ciam_tui.app.plan_lines import adoptable, counted
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.plan import PlanScreen, told
from ciam_tui.app.widgets.rail import Rail, progress_glyphs
from ciam_tui.core.changes.made import removes_something
from ciam_tui.core.problems import Level
from ciam_tui.core.steps import STEPS, StepId, states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget

    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.plan import Conflict


class ReviewScreen(PlanScreen[StepId]):
    """Reviews `draft`; answers with the step to go back to where one was chosen."""

    KEYS: ClassVar = (Want.APPLY, Want.BACK, Want.PREVIEW, Want.DOCUMENT, Want.ADOPT, Want.EXPORT, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.DOCUMENT: "Other tab", Want.PREVIEW: "Policies"}

    def __init__(self, session: Session, draft: Draft) -> None:
        super().__init__(session, "Review")
        self._draft = draft
        self._adopted: frozenset[str] = frozenset()
        self._rail = Rail(id="rail")

    def beside(self) -> Iterable[Widget]:
        """The steps."""
        self._rail.border_title = "Steps"
        self._rail.show(states(self._draft), "review")
        yield self._rail

    def made(self, tell: Callable[[str], None]) -> Reviewed:
        """The plan for the draft."""
        return review(self.session, self._draft, self._adopted, tell)

    def on_mount(self) -> None:
        """Where one is, as the wizard says it."""
        super().on_mount()
        self.call_after_refresh(self._say_place)

    def on_resize(self) -> None:
        """The header's words depend on the width."""
        self.call_after_refresh(self._say_place)

    def _say_place(self) -> None:
        if self.has_class("-narrow"):
            self.header_bar.say(f"{len(STEPS)}/{len(STEPS)} Review", progress_glyphs(states(self._draft), "review"))
        else:
            self.header_bar.say("New set-up")

    def question(self, reviewed: Reviewed) -> ConfirmScreen:
        """How many steps, in which account, by whom, and what speaks against it."""
        plan, concerns = reviewed.plan, reviewed.concerns
        removing = [f"{step.title}." for step in plan.steps if removes_something(step.change)]
        errors = [finding.text for finding in concerns.findings if finding.level is Level.ERROR]
        forbidden = [f"{step.title}." for step in concerns.forbidden]
        text = [
            f"{counted({'step': len(plan.steps)})}, each journaled before it is made; ciam-tui can take them back.",
            *([f"Adopted: {', '.join(plan.adopted)}."] if plan.adopted else []),
            *told("Findings of level error:", errors),
            *told("AWS says that you may not do this; the run would stop there:", forbidden),
            *told("This takes something away:", removing),
        ]
        token = plan.account_id if removing else None
        return ConfirmScreen("Apply this plan?", text, "Apply", token=token, identity=plan.facts.identity)

    def want_adopt(self) -> str | None:
        """Ask for the name of the first role that could be adopted."""
        plan = self.plan
        if plan is None:
            return "There is no plan yet."
        conflict = adoptable(plan.conflicts)
        if conflict is None:
            return plan.conflicts[0].reason if plan.conflicts else "Nothing exists here that would have to be adopted."
        self.app.push_screen(_adoption(conflict), lambda confirmed: self._adopt(conflict, confirmed=bool(confirmed)))
        return None

    def _adopt(self, conflict: Conflict, *, confirmed: bool) -> None:
        if confirmed:
            self._adopted |= {conflict.name}
            self.read_again()

    def want_preview(self) -> str | None:
        """The policies on the whole screen."""
        from ciam_tui.app.previewing import View
        from ciam_tui.app.screens.preview import PreviewScreen

        self.app.push_screen(PreviewScreen(self.session, self._draft, View()))
        return None

    def want_export(self) -> str | None:
        """Write the policies as files."""
        from ciam_tui.app.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(self._draft), lambda said: self.say(said) if said else None)
        return None

    def on_rail_chosen(self, event: Rail.Chosen) -> None:
        """A click on a step."""
        event.stop()
        if event.step_id != "review":
            self.dismiss(event.step_id)

    def focused_path(self) -> str:
        """What the help is about."""
        return "review"


def _adoption(conflict: Conflict) -> ConfirmScreen:
    fields = ", ".join(difference.field.replace("_", " ") for difference in conflict.differences)
    text = [
        f"{conflict.name} exists and was not made by ciam-tui for this Setup. It differs in: {fields}.",
        "Adopting it puts the steps that make it as wanted into the plan; nothing is changed before you apply that.",
        "Its documents and tags of now go into the journal: undo restores them, and never deletes it.",
    ]
    return ConfirmScreen("Adopt what exists?", text, "Adopt", token=conflict.name)
