"""A plan before it is carried out: its table, the step under the cursor, and what speaks against it. Review and undo are both this.

Making a plan only reads. From here a plan is carried out by an intent of its own and a question with Cancel focused, never by Enter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ScreenResultType
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import READ_ONLY_REASON
from ciam_tui.app.literal import lines, literal
from ciam_tui.app.plan_lines import concern_count, concern_lines, counted, step_lines, verdict_problems
from ciam_tui.app.plan_words import Manner, words
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.link import Link
from ciam_tui.app.widgets.plan_pane import PlanPane, PlanTab
from ciam_tui.app.widgets.plan_table import PlanRow, PlanTable, Tone
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.made import removes_something
from ciam_tui.core.problems import CiamError, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.content import Content
    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.jobs import Reviewed
    from ciam_tui.app.screens.confirm import ConfirmScreen
    from ciam_tui.app.session import Session
    from ciam_tui.core.plan import Plan, Step

MANNERS = {
    Manner.MAKES: ("+ new", Tone.GOOD),
    Manner.CHANGES: ("~ changes", Tone.PLAIN),
    Manner.REMOVES: ("− removes", Tone.WARN),
    Manner.WAITS: ("· waits", Tone.QUIET),
}
TOLD = 3  # findings and steps that a question spells out; the rest is counted, and stands in the tab


class PlanScreen(WorkScreen[ScreenResultType]):
    """Reads the account in a worker, shows the plan, asks before it hands it on."""

    KEYS: ClassVar[tuple[Want, ...]] = (Want.APPLY, Want.BACK, Want.DOCUMENT, Want.RELOAD, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.APPLY, Want.BACK, Want.DOCUMENT, Want.HELP})
    WORDS: ClassVar = {Want.DOCUMENT: "Other tab"}
    NOTHING_TO_DO: ClassVar = "Nothing to do: the account already is as you want it."
    VERB: ClassVar = "Apply"
    app: CiamApp

    class Progressed(Message):
        """What is being read now."""

        def __init__(self, reading: int, text: str) -> None:
            super().__init__()
            self.reading = reading
            self.text = text

    class Planned(Message):
        """The plan, or why there is none."""

        def __init__(self, reading: int, outcome: Reviewed | CiamError) -> None:
            super().__init__()
            self.reading = reading
            self.outcome = outcome

    def __init__(self, session: Session, title: str) -> None:
        super().__init__(session, title)
        self.outcome: Reviewed | CiamError | None = None
        self._reading = 0  # which reading the screen waits for: what an earlier one says comes too late
        self._must_read = True
        self._table = PlanTable(id="plan")
        self._pane = PlanPane(id="plan-pane")
        self._verdict = Static("", id="verdict")

    def content(self) -> Iterable[Widget]:
        """The table, the pane, and the verdict with its button."""
        with Horizontal(id="columns"):
            yield from self.beside()
            with Vertical(id="plan-column"):
                yield self._table
                yield self._pane
                yield from self.choices()
                with Horizontal(id="verdict-row"):
                    yield self._verdict
                    yield Link(f"{self.VERB} …", "apply")

    def beside(self) -> Iterable[Widget]:
        """What stands left of the plan where there is room."""
        return ()

    def choices(self) -> Iterable[Widget]:
        """What may be chosen of the plan, above the verdict."""
        return ()

    def made(self, tell: Callable[[str], None]) -> Reviewed:
        """The plan; called in a worker."""
        raise NotImplementedError

    # Reading

    def on_mount(self) -> None:
        """The table takes the keys."""
        self._table.border_title = "Plan"
        self._table.focus()

    def on_screen_resume(self) -> None:
        """Read on the way in, and again when a run has changed the account meanwhile; not after a question."""
        if self._must_read:
            self._must_read = False
            self.read_again()

    def read_again(self) -> None:
        """Make the plan again."""
        self.outcome = None
        self._reading += 1
        self._show_reading("beginning")
        self.read_account(self._reading)

    @work(thread=True, exclusive=True, exit_on_error=False, group="plan")
    def read_account(self, reading: int) -> None:
        """Survey, plan, and what the operator may do."""
        worker = get_current_worker()

        def tell(text: str) -> None:
            self.post_message(self.Progressed(reading, text))

        outcome = outcome_of(lambda: self.made(tell))
        if not worker.is_cancelled:
            self.post_message(self.Planned(reading, outcome))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_plan_screen_progressed(self, event: Progressed) -> None:
        """Say it."""
        if event.reading == self._reading and self.outcome is None:
            self._show_reading(event.text)

    def on_plan_screen_planned(self, event: Planned) -> None:
        """Show the plan."""
        if self.is_awaited(event):
            self.outcome = event.outcome
            self._show()

    def is_awaited(self, event: Planned) -> bool:
        """Whether no later reading has taken its place."""
        return event.reading == self._reading

    def _is_reading(self) -> bool:
        return any(worker.group == "plan" and worker.is_running for worker in self.workers if worker.node is self)

    def _show_reading(self, what: str) -> None:
        self._table.say("reading the account; nothing is changed by that")
        self._pane.show_step([])
        self._pane.show_concerns([], 0)
        self._pane.show_conflicts(())
        self._say_verdict(literal(f"reading · {what} …", "$muted"), literal("esc stops", "$muted"))

    # What is shown

    @property
    def plan(self) -> Plan | None:
        """The plan, once there is one."""
        return None if self.outcome is None or isinstance(self.outcome, CiamError) else self.outcome.plan

    def _show(self) -> None:
        if self.outcome is None:
            return
        if isinstance(self.outcome, CiamError):
            self._show_error(self.outcome)
            return
        plan, concerns = self.outcome.plan, self.outcome.concerns
        rows = [_row(step, is_forbidden=step in concerns.forbidden) for step in plan.steps]
        if rows:
            self._table.show(rows)
        else:
            self._table.say(self.NOTHING_TO_DO if plan.applyable else "no steps: see what keeps the plan from being made")
        self._pane.show_concerns(concern_lines(plan, concerns), concern_count(plan, concerns))
        self._pane.show_conflicts(plan.conflicts)
        self._show_step()
        self._pane.choose(self.first_tab(self.outcome))
        self._say_verdict(*_verdict(self.outcome, self.NOTHING_TO_DO, self.VERB))

    def first_tab(self, reviewed: Reviewed) -> PlanTab:
        """What comes to the front: what exists, what speaks against it, or the steps where nothing does."""
        if reviewed.plan.conflicts:
            return PlanTab.EXISTS
        is_clean = reviewed.plan.applyable and not any(finding.level is Level.ERROR for finding in reviewed.concerns.findings)
        return PlanTab.STEP if is_clean and reviewed.plan.steps else PlanTab.CONCERNS

    def _show_error(self, error: CiamError) -> None:
        self._table.say("there is no plan")
        self._pane.show_step(_error_lines(error))
        self._pane.choose(PlanTab.STEP)
        self._say_verdict(literal(f"✗ {error.title}", "$error"), literal(self.way_on(error), "$muted"))

    def way_on(self, error: CiamError) -> str:
        """What can be done where there is no plan."""
        del error
        return "ctrl+r reads again; ctrl+s exports without an account"

    def _show_step(self) -> None:
        plan = self.plan
        if plan is not None and plan.steps:
            self._pane.show_step(step_lines(plan, self._table.cursor))
        elif plan is not None:
            self._pane.show_step([Line(((self.NOTHING_TO_DO if plan.applyable else "There are no steps.", Ink.NOTE),))])

    def _say_verdict(self, first: Content, second: Content) -> None:
        self._verdict.update(lines(first, second))

    def on_plan_table_highlighted(self, event: PlanTable.Highlighted) -> None:
        """Another step; its detail comes to the front."""
        event.stop()
        self._show_step()
        self._pane.choose(PlanTab.STEP)

    # Wants

    def want_next(self) -> str | None:
        """From the table into what is said of the step, and back: Enter never applies."""
        (self._pane.view if self._table.has_focus else self._table).focus()
        return None

    def want_back(self) -> str | None:
        """Stop reading, else go back."""
        if self._is_reading():
            self.workers.cancel_group(self, "plan")
            self._reading += 1
            self.outcome = CiamError("stopped", "Stopped", "the account was not read to the end.", ["Press ctrl+r to read it again."])
            self._show()
            return None
        self.app.pop_screen()
        return None

    def want_document(self) -> str | None:
        """The next tab."""
        self._pane.choose(self._pane.tab.following)
        return None

    def want_reload(self) -> str | None:
        """Make the plan again."""
        self.read_again()
        return None

    def want_copy(self) -> str | None:
        """The request of the step under the cursor, as JSON."""
        plan = self.plan
        if plan is None or not plan.steps:
            return "There is no step to copy."
        self.copy(_request_text(plan.steps[self._table.cursor]))
        return None

    def want_apply(self) -> str | None:
        """Ask, with Cancel focused."""
        if self.session.mode is Mode.READ_ONLY:
            return READ_ONLY_REASON
        if self.outcome is None:
            return "The account is still being read; the plan comes first."
        if isinstance(self.outcome, CiamError):
            return f"There is no plan: {self.outcome.message} ctrl+r reads again."
        blocking = verdict_problems(self.outcome.plan)
        if blocking:
            self._pane.choose(PlanTab.EXISTS if self.outcome.plan.conflicts else PlanTab.CONCERNS)
            return f"This plan cannot be applied: {blocking[0].text} {blocking[0].fix}".strip()
        if not self.outcome.plan.steps:
            return self.NOTHING_TO_DO
        self.app.push_screen(self.question(self.outcome), self._answered)
        return None

    def question(self, reviewed: Reviewed) -> ConfirmScreen:
        """What is asked before `reviewed` is carried out."""
        raise NotImplementedError

    def _answered(self, confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if confirmed and self.outcome is not None and not isinstance(self.outcome, CiamError):
            from ciam_tui.app.screens.apply import ApplyScreen

            self._must_read = True
            self.app.push_screen(ApplyScreen(self.session, self.outcome.job()))

    def on_link_followed(self, event: Link.Followed) -> None:
        """The button for the mouse."""
        event.stop()
        self.action_want(Want.APPLY)


def _error_lines(error: CiamError) -> list[Line]:
    suggestions = [Line(((f"  · {suggestion}", Ink.STRING),), indent=4) for suggestion in error.suggestions]
    return [Line(((f"✗ {error.title}: {error.message}", Ink.ERROR),), indent=2), *suggestions]


def _request_text(step: Step) -> str:
    call = step.call
    return json.dumps({"service": call.service, "operation": call.operation, "parameters": dict(call.params)}, indent=2)


def _row(step: Step, *, is_forbidden: bool) -> PlanRow:
    row = words(step.change)
    is_new = isinstance(step.change, kinds.PutInlinePolicy) and step.before is None
    state, tone = ("✗ forbidden", Tone.BAD) if is_forbidden else MANNERS[Manner.MAKES if is_new else row.manner]
    return PlanRow(row.verb, row.resource, state, tone)


def _verdict(reviewed: Reviewed, nothing: str, verb: str) -> tuple[Content, Content]:
    """One line on what the plan comes to, one on what to do next."""
    plan, found = reviewed.plan, reviewed.concerns.findings
    blocking = verdict_problems(plan)
    if blocking:
        hint = "ctrl+d adopts what exists, after a question" if any(each.adoptable for each in plan.conflicts) else blocking[0].fix
        return literal(f"✗ cannot be applied: {blocking[0].text}", "$error"), literal(hint, "$muted")
    if not plan.steps:
        return literal(f"✓ {nothing}", "$success"), literal("esc goes back", "$muted")
    levels = {level.value: sum(finding.level is level for finding in found) for level in Level}
    removing = sum(removes_something(step.change) for step in plan.steps)
    said = counted({"step": len(plan.steps), **levels})
    tail = f" · {removing} of them {'removes' if removing == 1 else 'remove'} something" if removing else ""
    if reviewed.concerns.forbidden:
        tail += f" · {len(reviewed.concerns.forbidden)} that you may not do"
    return literal(f"{said}{tail}"), literal(f"Nothing has been changed yet. ctrl+a: {verb.lower()}, after a question.", "$muted")


def told(heading: str, sentences: list[str]) -> list[str]:
    """`sentences` under `heading`, the first few spelled out."""
    if not sentences:
        return []
    more = [f"  and {len(sentences) - TOLD} more, in the tab Findings"] if len(sentences) > TOLD else []
    return [heading, *(f"  ✗ {sentence}" for sentence in sentences[:TOLD]), *more]
