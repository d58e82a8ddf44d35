"""The wizard: owns the draft, shows one step's body at a time, and draws rail, problems and preview again after every edit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical

from ciam_tui.app.fixing import Fixes
from ciam_tui.app.intents import Want
from ciam_tui.app.literal import literal
from ciam_tui.app.previewing import Tab, View, preview_of
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.looking import LookingScreen
from ciam_tui.app.steps import body_of
from ciam_tui.app.steps.base import StepBody
from ciam_tui.app.widgets.preview import PreviewPane
from ciam_tui.app.widgets.rail import Rail, progress_glyphs
from ciam_tui.core.answers import Changed, settled
from ciam_tui.core.problems import Level
from ciam_tui.core.steps import STEPS, StepId, draft_problems, states, step, step_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from textual.widget import Widget

    from ciam_tui.app.session import Session
    from ciam_tui.app.steps.account import AccountBody
    from ciam_tui.app.steps.stages import StagesBody
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.problems import Problem


class WizardScreen(LookingScreen[None]):
    """One set-up being answered."""

    KEYS: ClassVar = (Want.NEXT, Want.BACK, Want.PREVIEW, Want.FIX, Want.FILTER, Want.COPY, Want.EXPORT, Want.PALETTE, Want.HELP)

    def __init__(self, session: Session, draft: Draft, at: StepId = "account") -> None:
        self.at: StepId = "circleci" if at == "review" else at
        super().__init__(session, "New set-up", draft, View(tab=_tab_for(self.at)), PreviewPane(id="preview"))
        self.fixes = Fixes(self._take_fixed)
        self._entered = draft  # the draft as it was when the step was entered
        self._touched: set[str] = set()
        self._tried: set[StepId] = set()
        self._body: StepBody | None = None
        self._rail = Rail(id="rail")
        self._place = Vertical(id="body")
        self._states = states(draft)
        session.wires = False

    def content(self) -> Iterable[Widget]:
        """Rail, body, preview."""
        self._rail.border_title = "Steps"
        with Horizontal(id="columns"):
            yield self._rail
            yield self._place
            yield self.pane

    async def on_mount(self) -> None:
        """Open the step at hand."""
        await self._open(self.at)

    # Steps

    async def _open(self, step_id: StepId) -> None:
        self.at = step_id
        self._entered = self.draft
        self.view = replace(self.view, tab=_tab_for(step_id))
        await self._place.remove_children()
        self._body = body_of(step_id)(self.draft, self.session)
        self._place.border_title = literal(f"{step(step_id).number} of {len(STEPS)} · {step(step_id).title}")
        await self._place.mount(self._body)
        self._draw()
        first = self._body.first_stop()
        if first is not None:
            first.focus()
        self.app.keep(self.draft, self.at)

    def _leave_step(self) -> None:
        """Clear what the answers given in this step have made untrue, and say what that was."""
        changed = settled(self._entered, self.draft)
        self.draft, self._entered = changed.draft, changed.draft
        self._tell(changed.told)
        self.app.keep(self.draft, self.at)

    async def go_to(self, step_id: StepId) -> None:
        """Leave this step for another; the answers stay."""
        self._leave_step()
        if step_id == "review":
            await self._review()
        elif step_id != self.at:
            await self._open(step_id)

    async def _next(self) -> None:
        self._tried.add(self.at)
        problem = next(iter(step(self.at).errors_among(draft_problems(self.draft))), None)
        if problem is not None:
            self._draw()
            self.say(f"{problem.text} {problem.fix}".strip(), severity="warning")
            if self._body is not None:
                self._body.focus_path(problem.field)
            return
        following = STEPS[step(self.at).number]
        await self.go_to(following.id)

    async def _review(self) -> None:
        """The seam to Review: from a draft without errors, a Setup; else to the step with the first error."""
        problem = _first_error(self.draft)
        if problem is not None:
            blocked = step_of(problem.field).id
            self._tried.add(blocked)
            self.say(f"Not ready for Review: {problem.text} {problem.fix}".strip(), severity="warning")
            if blocked not in (self.at, "review"):
                await self._open(blocked)
            self._draw()
            if self._body is not None:
                self._body.focus_path(problem.field)
            return
        self.app.review(self.draft)

    # Edits

    def on_step_body_edited(self, event: StepBody.Edited) -> None:
        """Apply the edit, show what it does, keep it."""
        event.stop()
        edited = event.edit(self.draft)
        self._touched.add(event.field)
        if isinstance(edited, Changed):
            self._entered = edited.draft
            self._tell(edited.told)
            edited = edited.draft
        if edited != self.draft:
            self.draft = edited
            self.app.keep(self.draft, self.at)
        self._draw()

    async def on_step_body_finished(self, event: StepBody.Finished) -> None:
        """The last answer of the step was accepted."""
        event.stop()
        if self._body is not None and not self._body.holds_up():
            await self._next()

    def on_step_body_told(self, event: StepBody.Told) -> None:
        """Say what was done for the person."""
        event.stop()
        self.say(event.text)

    def on_stages_body_removal_asked(self, event: StagesBody.RemovalAsked) -> None:
        """Ask, with Cancel focused: a held Enter removes nothing."""
        event.stop()
        stage = self.draft.stages[event.index]
        name = stage.name or "without a name"

        def answered(confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
            if confirmed:
                stages = tuple(each for place, each in enumerate(self.draft.stages) if place != event.index)
                self.post_message(StepBody.Edited(lambda draft: replace(draft, stages=stages), "stages"))

        question = ["Its answers are lost; nothing in AWS is touched."]
        self.app.push_screen(ConfirmScreen(f"Remove the stage {name}?", question, "Remove"), answered)

    def on_stages_body_stage_chosen(self, event: StagesBody.StageChosen) -> None:
        """Preview the stage that is edited."""
        event.stop()
        self.view = replace(self.view, stage=event.index, role=0)
        self._draw()

    def on_account_body_session_changed(self, event: AccountBody.SessionChanged) -> None:
        """The header says who one is."""
        event.stop()
        self.header_bar.refresh()
        self.app.keep(self.draft, self.at)

    def _draw(self) -> None:
        """The preview first: it is what the eye is on."""
        self.show_preview()
        problems = draft_problems(self.draft)
        if self._body is not None:
            self._body.show(self.draft, _shown(problems, tried=self._tried, touched=self._touched))
        self._states = states(self.draft)
        self._rail.show(self._states, self.at)
        title = f"{step(self.at).number}/{len(STEPS)} {step(self.at).title}" if self.has_class("-narrow") else "New set-up"
        self.header_bar.say(title, progress_glyphs(self._states, self.at) if self.has_class("-narrow") else "")

    def _tell(self, told: Iterable[str]) -> None:
        for sentence in told:
            self.say(sentence, severity="warning")

    def on_resize(self) -> None:
        """The header's words depend on the width."""
        self.call_after_refresh(self._draw)

    # Wants

    def want_next(self) -> str | None:
        """Enter outside of an input."""
        return self._body.go_on() if self._body is not None else None

    async def _back(self) -> None:
        if not self.is_current:  # the key was pressed again before this screen was gone
            return
        number = step(self.at).number
        if number == 1:
            self._leave_step()
            self.app.pop_screen()
        else:
            await self.go_to(STEPS[number - 2].id)

    def want_back(self) -> str | None:
        """Clear the filter, else stop reading, else one step back."""
        if self.clear_filter():
            return None
        if self._body is not None and self._body.reading:
            self._body.stop_reading()
            return None
        self.call_later(self._back)
        return None

    def want_preview(self) -> str | None:
        """The preview on the whole screen."""
        from ciam_tui.app.screens.preview import PreviewScreen

        self.app.push_screen(PreviewScreen(self.session, self.draft, self.view, self.fixes), self.look_at)
        return None

    def want_role(self) -> str | None:
        """The next role of the stage."""
        count = preview_of(self.draft, self.view, self.session.known_circleci).role_count
        if count < 2:
            return "This stage has one role; there is one a project with `per project`."
        self.look_at(replace(self.view, role=(self.view.role + 1) % count))
        return None

    def want_fix(self) -> str | None:
        """The finding at hand; where there is no room for it, all of them to look at first."""
        if self.has_class("-narrow"):
            self.view = replace(self.view, tab=Tab.FINDINGS)
            return self.want_preview()
        return super().want_fix()

    def _take_fixed(self, draft: Draft) -> None:
        self.draft = self._entered = draft
        self.app.keep(self.draft, self.at)
        self._draw()

    def want_export(self) -> str | None:
        """Ask for a folder and write the policies into it."""
        problem = _first_error(self.draft)
        if problem is not None:
            return f"Not ready to export (step {step_of(problem.field).number}): {problem.text} {problem.fix}".strip()
        from ciam_tui.app.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(self.session, self.draft))
        return None

    def want_reload(self) -> str | None:
        """Read again what the step reads."""
        return self._body.read_again() if self._body is not None else None

    async def on_rail_chosen(self, event: Rail.Chosen) -> None:
        """A click on a step."""
        await self.go_to(event.step_id)


def _shown(problems: Iterable[Problem], *, tried: Collection[str], touched: Collection[str]) -> Mapping[str, Problem]:
    """The problems of answers that were touched, and all of a step that one has tried to leave: an empty form is not scolded."""
    shown: dict[str, Problem] = {}
    for problem in problems:
        is_touched = any(problem.field == field or problem.field.startswith((f"{field}[", f"{field}.")) for field in touched)
        if is_touched or step_of(problem.field).id in tried:
            shown.setdefault(problem.field, problem)
    return shown


def _first_error(draft: Draft) -> Problem | None:
    """The error of the earliest step, None where the draft makes a Setup."""
    errors = [problem for problem in draft_problems(draft) if problem.level is Level.ERROR]
    return min(errors, key=lambda problem: step_of(problem.field).number, default=None)


def _tab_for(step_id: StepId) -> Tab:
    return Tab.TRUST if step_id == "circleci" else Tab.PERMISSIONS
