"""The last step of a set-up: what it would do to this account, and whether to do it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.circleci_known import NO_TOKEN
from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import Reviewed, review, second_opinion
from ciam_tui.app.opinion_lines import STILL_ASKED
from ciam_tui.app.plan_lines import adoptable, concern_count, concern_lines, counted
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.plan import PlanScreen, told
from ciam_tui.app.widgets.rail import Rail, progress_glyphs
from ciam_tui.app.widgets.wire_choice import WireChoice
from ciam_tui.app.wiring_words import NEEDED, WHY_NOT_WIRED, contexts_in, organization_in_short, organization_words
from ciam_tui.core.changes.made import removes_something
from ciam_tui.core.changes.subjects import context_subject
from ciam_tui.core.circleci.wiring_problems import is_for_good
from ciam_tui.core.opinions import Remark, Stance
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.steps import STEPS, StepId, states
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget

    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.plan import Conflict
    from ciam_tui.core.setup import Setup

ASKING = "second-opinion"


class ReviewScreen(PlanScreen[StepId]):
    """Reviews `draft`; answers with the step to go back to where one was chosen."""

    class Advised(Message):
        """What AWS says of the policies, or why it does not."""

        def __init__(self, reading: int, outcome: tuple[Remark, ...] | CiamError) -> None:
            super().__init__()
            self.reading = reading
            self.outcome = outcome

    ABOUT: ClassVar = "review"
    KEYS: ClassVar = (Want.APPLY, Want.BACK, Want.PREVIEW, Want.DOCUMENT, Want.ADOPT, Want.EXPORT, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.DOCUMENT: "Other tab", Want.PREVIEW: "Policies"}

    def __init__(self, session: Session, draft: Draft) -> None:
        super().__init__(session, "Review")
        self._draft = draft
        self._adopted: frozenset[str] = frozenset()
        self._rail = Rail(id="rail")
        self._wire = WireChoice(id="wire")

    def beside(self) -> Iterable[Widget]:
        """The steps."""
        self._rail.border_title = "Steps"
        self._rail.show(states(self._draft), "review")
        yield self._rail

    def choices(self) -> Iterable[Widget]:
        """Whether CircleCI is wired too."""
        yield self._wire

    def made(self, tell: Callable[[str], None]) -> Reviewed:
        """The plan for the draft."""
        return review(self.session, self._draft, self._adopted, tell, wire=self.session.wires)

    def on_mount(self) -> None:
        """Where one is, as the wizard says it."""
        super().on_mount()
        self._show_wiring()
        self.call_after_refresh(self._say_place)

    def on_resize(self) -> None:
        """The header's words depend on the width."""
        self.call_after_refresh(self._say_place)

    def _say_place(self) -> None:
        circleci = self._draft.circleci
        also = organization_in_short(circleci.org_id, circleci.org_slug, self.session.known_circleci) if self.session.wires else ""
        if self.has_class("-narrow"):
            self.header_bar.say(f"{len(STEPS)}/{len(STEPS)} Review", progress_glyphs(states(self._draft), "review"), also=also)
        else:
            self.header_bar.say("New set-up", also=also)

    # Wiring

    @property
    def _organization(self) -> str:
        circleci = self._draft.circleci
        return organization_words(circleci.org_id, circleci.org_slug, self.session.known_circleci)

    def _show_wiring(self) -> None:
        wires = self.session.wires
        about = f"in {self._organization}: a context for each role" if wires else "a context for each role; off: CircleCI is left alone"
        self._wire.show(about, is_ticked=wires)

    def _choose_wiring(self, *, wires: bool) -> None:
        self.session.wires = wires
        self._show_wiring()
        self._say_place()
        self.read_again()

    def want_wire(self) -> str | None:
        """Plan the contexts too, or no longer."""
        problem = self.session.known_circleci.problem
        if not self.session.wires and problem is not None and problem.code == NO_TOKEN:
            return WHY_NOT_WIRED
        self._choose_wiring(wires=not self.session.wires)
        return None

    def on_wire_choice_toggled(self, event: WireChoice.Toggled) -> None:
        """A click on the choice."""
        event.stop()
        self.action_want(Want.WIRE)

    def on_plan_screen_planned(self, event: PlanScreen.Planned) -> None:
        """Without a token there is nothing to plan in CircleCI: the choice is taken back, and the rest is planned."""
        if self.is_awaited(event) and isinstance(event.outcome, CiamError) and event.outcome.code == NEEDED:
            event.prevent_default()
            self.say(WHY_NOT_WIRED, severity="warning")
            self._choose_wiring(wires=False)

    def way_on(self, error: CiamError) -> str:
        """What can be done where there is no plan."""
        return "w plans without CircleCI; ctrl+r reads again" if self.session.wires else super().way_on(error)

    # AWS's second opinion, which nothing waits for

    def read_again(self) -> None:
        """Make the plan again; what AWS says of the one before is of no use."""
        self._stop_asking()
        super().read_again()

    def _stop_asking(self) -> None:
        self.workers.cancel_group(self, ASKING)

    def _show(self) -> None:
        """Once the plan is there to be read, AWS is asked about it."""
        super()._show()
        if self.outcome is not None and not isinstance(self.outcome, CiamError):
            self._show_opinion((STILL_ASKED,))
            self.ask_aws(self._reading, self.outcome.setup)

    @work(thread=True, exclusive=True, exit_on_error=False, group=ASKING)
    def ask_aws(self, reading: int, setup: Setup) -> None:
        """Access Analyzer and the simulator on what is going to be applied."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: second_opinion(self.session, setup, lambda: worker.is_cancelled))
        if not worker.is_cancelled:
            self.post_message(self.Advised(reading, outcome))

    def on_review_screen_advised(self, event: Advised) -> None:
        """Add it to the findings, wherever somebody is reading there."""
        if event.reading == self._reading:
            told = event.outcome
            self._show_opinion((Remark(Stance.NOT_CHECKED, str(told)),) if isinstance(told, CiamError) else told)

    def _show_opinion(self, remarks: tuple[Remark, ...]) -> None:
        if self.outcome is None or isinstance(self.outcome, CiamError):
            return
        plan, concerns = self.outcome.plan, replace(self.outcome.concerns, second_opinion=remarks)
        self.outcome = replace(self.outcome, concerns=concerns)
        self._pane.show_concerns(concern_lines(plan, concerns), concern_count(plan, concerns), from_top=False)

    # Applying

    def _answered(self, confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if confirmed:
            self._stop_asking()  # a run has AWS's limits for itself
        super()._answered(confirmed)

    def question(self, reviewed: Reviewed) -> ConfirmScreen:
        """How many steps, in which account, by whom, and what speaks against it."""
        plan, concerns = reviewed.plan, reviewed.concerns
        removing = [f"{step.title}." for step in plan.steps if removes_something(step.change)]
        for_good = [problem.text for problem in plan.problems if is_for_good(problem)]
        errors = [finding.text for finding in concerns.findings if finding.level is Level.ERROR]
        forbidden = [f"{step.title}." for step in concerns.forbidden]
        differing = [remark.text for remark in concerns.second_opinion if remark.stance is Stance.DIFFERS]
        steps, wired = counted({"step": len(plan.steps)}), contexts_in(plan.steps)
        text = [
            *(f"! {sentence}" for sentence in for_good),
            f"{steps}, each journaled before it is made; ciam-tui can take {'the rest' if for_good else 'them'} back.",
            *([f"In CircleCI: {counted({'context': len(wired)})}, {listed(wired)}."] if wired else []),
            *([f"Adopted: {', '.join(plan.adopted)}."] if plan.adopted else []),
            *told("Findings of level error:", errors),
            *told("AWS says that you may not do this; the run would stop there:", forbidden),
            *told("AWS's second opinion differs from ours:", differing),
            *told("This takes something away:", removing),
        ]
        token = plan.account_id if removing else None
        circleci = self._organization if wired else ""
        return ConfirmScreen("Apply this plan?", text, "Apply", token=token, identity=plan.facts.identity, circleci=circleci)

    def want_adopt(self) -> str | None:
        """Ask for the name of the first role or context that could be adopted."""
        plan = self.plan
        if plan is None:
            return "There is no plan yet."
        conflict = adoptable(plan.conflicts)
        if conflict is None:
            return plan.conflicts[0].reason if plan.conflicts else "Nothing exists here that would have to be adopted."
        self.app.push_screen(_adoption(conflict), lambda confirmed: self._adopt(conflict, confirmed=bool(confirmed)))
        return None

    def _adopt(self, conflict: Conflict, *, confirmed: bool) -> None:
        if confirmed and self.plan is not None:
            # By subjects: a context has its role's name, and whoever adopts the one has not been asked about the other.
            kind = _is_context(conflict)
            alike = (each for each in self.plan.conflicts if each.name == conflict.name and _is_context(each) == kind)
            self._adopted |= {each.subject for each in alike}
            self.read_again()

    def want_preview(self) -> str | None:
        """The policies on the whole screen."""
        from ciam_tui.app.previewing import View
        from ciam_tui.app.screens.preview import PreviewScreen

        self.app.push_screen(PreviewScreen(self.session, self._draft, View()))
        return None

    def want_token(self) -> str | None:
        """Who gets in by the role at hand."""
        from ciam_tui.app.previewing import View
        from ciam_tui.app.screens.token import open_token_test

        return open_token_test(self, self._draft, View())

    def want_export(self) -> str | None:
        """Write the policies as files."""
        from ciam_tui.app.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(self.session, self._draft, self.plan.facts if self.plan else None))
        return None

    def on_rail_chosen(self, event: Rail.Chosen) -> None:
        """A click on a step."""
        event.stop()
        if event.step_id != "review":
            self.dismiss(event.step_id)


def _is_context(conflict: Conflict) -> bool:
    return conflict.subject == context_subject(conflict.name)


def _adoption(conflict: Conflict) -> ConfirmScreen:
    if _is_context(conflict):
        return _context_adoption(conflict)
    fields = ", ".join(difference.field.replace("_", " ") for difference in conflict.differences)
    text = [
        f"{conflict.name} exists and was not made by ciam-tui for this Setup. It differs in: {fields}.",
        "Adopting it puts the steps that make it as wanted into the plan; nothing is changed before you apply that.",
        "Its documents and tags of now go into the journal: undo restores them, and never deletes it.",
    ]
    return ConfirmScreen("Adopt what exists?", text, "Adopt", token=conflict.name)


def _context_adoption(conflict: Conflict) -> ConfirmScreen:
    variables = listed(difference.field for difference in conflict.differences)
    text = [
        f"! An undo cannot bring back what {variables} in the context {conflict.name} is now: CircleCI never gives a value back.",
        f"The context exists, and what is in it was not set by ciam-tui for this Setup. It holds: {_there(conflict)}.",
        "Adopting it puts the step that replaces the value into the plan; nothing is changed before you apply that.",
    ]
    return ConfirmScreen("Adopt what exists?", text, "Adopt", token=conflict.name)


def _there(conflict: Conflict) -> str:
    return listed(f"{difference.field}, {difference.actual}" for difference in conflict.differences)
