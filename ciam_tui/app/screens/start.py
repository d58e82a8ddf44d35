"""The first screen: go on where one left, or begin anew; and who one is, which is read behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import collect_garbage_seldom, load_what_comes_next, outcome_of
from ciam_tui.app.intents import Want
from ciam_tui.app.literal import joined, lines, literal
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.app.jobs import Job
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.facts import Identity
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.steps import StepId
    from ciam_tui.ports.api import Aws, SavedDraft

NEW = "new"
RESUME = "resume"
RUN = "run"
RUNS = "runs"
AUDIT = "audit"
MIGRATE = "migrate"

_ABOUT = """\
Replace the AWS keys that CircleCI jobs hold by roles that only they can take:
one for each stage, for one bucket, with nothing in it that the stage does not need.
Nothing is changed in AWS before you have seen it in Review and said so."""

_LOOKING = "Still looking for a saved draft."


class StartScreen(WorkScreen[None]):
    """New or resume."""

    KEYS: ClassVar = (Want.NEXT, Want.RELOAD, Want.PALETTE, Want.HELP, Want.LEAVE)
    NARROW: ClassVar = frozenset({Want.NEXT, Want.PALETTE, Want.HELP, Want.LEAVE})
    WORDS: ClassVar = {Want.NEXT: "Begin"}

    class SavedRead(Message):
        """The saved draft, None where there is none; and whether there are past runs, and the one that wants to be finished. Or why not."""

        def __init__(self, draft: SavedDraft | CiamError | None, runs: tuple[bool, RunState | None] | CiamError) -> None:
            super().__init__()
            self.draft = draft
            self.runs = runs

    class SignedIn(Message):
        """Who one is, or why nobody."""

        def __init__(self, outcome: tuple[Aws, Identity] | CiamError) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Start")
        self._saved: SavedDraft | None = None
        self._unfinished: RunState | None = None
        self._has_runs = False
        self._asked_who = False
        self._list = Picker(id="saved")
        self._who = Static("", id="who")
        self._about = Static(literal(_ABOUT, "$muted", keep_newlines=True), id="about")

    def content(self) -> Iterable[Widget]:
        """What it is, what to do, who one is."""
        self._list.border_title = "Begin"
        yield Vertical(self._about, self._list, self._who, id="start")

    def on_mount(self) -> None:
        """Read the draft and the identity behind the first frame."""
        self._list.say("looking for a saved draft …")
        self._list.focus()

    def on_screen_resume(self) -> None:
        """Read behind the frame; coming back from the wizard, there is a newer draft."""
        self.call_after_refresh(self._begin_reading)
        self.call_after_refresh(collect_garbage_seldom)

    def _begin_reading(self) -> None:
        self.read_saved()
        if self.session.identity is not None:
            self._show_identity(self.session.identity)
        elif not self._asked_who:  # a dialog that was closed comes by here too, and a refused MFA code is not asked for again
            self._sign_in()

    @work(thread=True, exclusive=True, exit_on_error=False, group="saved")
    def read_saved(self) -> None:
        """The saved draft, after what is still being written, and the journals: a run that a crash has left in its middle is offered first."""
        worker = get_current_worker()
        load_what_comes_next()

        def read_runs() -> tuple[bool, RunState | None]:
            from ciam_tui.app.jobs import unfinished_run

            has_runs = bool(self.session.journals.run_ids())
            return has_runs, unfinished_run(self.session) if has_runs else None

        self.app.flush()
        draft, runs = outcome_of(self.session.drafts.load), outcome_of(read_runs)
        if not worker.is_cancelled:
            self.post_message(self.SavedRead(draft, runs))

    @work(thread=True, exclusive=True, exit_on_error=False, group="identity")
    def read_identity(self) -> None:
        """Who one is by the profile that was asked for."""
        worker = get_current_worker()
        load_what_comes_next()
        outcome = outcome_of(lambda: self.session.sign_in(self.session.profile, self.session.region))
        if not worker.is_cancelled:
            self.post_message(self.SignedIn(outcome))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_start_screen_saved_read(self, event: SavedRead) -> None:
        """Offer to go on with the draft, to finish a run, and to look at past ones; all at once, so that no Enter finds half of the list."""
        self._saved = None
        if isinstance(event.draft, CiamError):
            self.say(f"The saved draft could not be read: {event.draft.message}", severity="warning")
        else:
            self._saved = event.draft
        if isinstance(event.runs, CiamError):
            self.say(f"The past runs could not be read: {event.runs.message}", severity="warning")
        else:
            self._has_runs, self._unfinished = event.runs
        rows = self._rows()
        self._list.show(rows)
        self._list.highlight(rows[0].key)

    def _rows(self) -> list[Row]:
        rows = [Row(NEW, ("New set-up", "six steps, answers saved as you type"))]
        if self._saved is not None:
            rows.insert(0, Row(RESUME, ("Go on", _described(self._saved))))
        if self._unfinished is not None:
            rows.insert(0, Row(RUN, ("Finish a run", _run_described(self._unfinished))))
        if self._has_runs:
            rows.append(Row(RUNS, ("Past runs", "look at them, or take one back")))
        if self.session.aws is not None:
            rows.append(Row(MIGRATE, ("Old users", "retire the keys of an old user, stage by stage")))
            rows.append(Row(AUDIT, ("Audit", "every role of this account that trusts CircleCI, graded")))
        return rows

    def on_start_screen_signed_in(self, event: SignedIn) -> None:
        """Say who one is."""
        if isinstance(event.outcome, CiamError):
            error = event.outcome
            tips = [literal(f"  {suggestion}", "$muted") for suggestion in error.suggestions[:2]]
            self._who.update(lines(literal(f"! {error.title}: {error.message}", "$warning"), *tips))
            return
        aws, identity = event.outcome
        self.session.become(aws, identity, profile=self.session.profile, region=self.session.region)
        if self._list.rows:
            self._list.show(self._rows())  # the cursor stays where it is
        self._show_identity(identity)

    def _show_identity(self, identity: Identity) -> None:
        self._who.update(joined(literal("✓ ", "$success"), literal(f"signed in as {identity.arn}", "$muted")))
        self.header_bar.refresh()

    def _sign_in(self) -> None:
        self._asked_who = True
        what = "starting the demo account" if self.session.mode is Mode.DEMO else "reading who you are"
        self._who.update(literal(f"{what} … (esc stops)", "$muted"))
        self.read_identity()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click or Space on a row is Enter there."""
        event.stop()
        self._begin(event.row.key)

    def want_next(self) -> str | None:
        """Begin with the row under the cursor."""
        row = self._list.highlighted
        if row is None:
            return _LOOKING
        self._begin(row.key)
        return None

    def _begin(self, key: str) -> None:
        self.workers.cancel_group(self, "identity")  # step 1 asks again, and two answers would race
        if key == RUN and self._unfinished is not None:
            from ciam_tui.app.screens.resuming import ask_to_resume

            reason = ask_to_resume(self, self._unfinished, self._carry_out)
            if reason:
                self.say(reason, severity="warning")
        elif key == RUNS:
            self.want_runs()
        elif key == AUDIT:
            self.want_audit()
        elif key == MIGRATE:
            self.want_migrate()
        elif key == RESUME and self._saved is not None:
            step_id = _step_of(self._saved)
            if self.session.identity is None and self.session.profile is None:
                self.session.profile = self._saved.profile
            self.app.open_wizard(self._saved.draft, step_id)
        elif self._saved is not None:
            question = ConfirmScreen(
                "Begin anew?",
                ["There is a saved draft:", f"  {_described(self._saved)}", "A new set-up takes its place with the first answer."],
                "Begin anew",
            )
            self.app.push_screen(question, self._confirmed)
        else:
            self.app.open_wizard(_first_draft(), "account")

    def _carry_out(self, job: Job) -> None:
        from ciam_tui.app.screens.apply import ApplyScreen

        self.app.push_screen(ApplyScreen(self.session, job))

    def _confirmed(self, confirmed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if confirmed:
            self.app.open_wizard(_first_draft(), "account")

    def want_back(self) -> str | None:
        """Stop reading; there is nothing before this screen."""
        if self.clear_filter():
            return None
        if any(worker.group == "identity" and worker.is_running for worker in self.workers if worker.node is self):
            self.workers.cancel_group(self, "identity")
            self._who.update(literal("· Stopped. Step 1 reads it again.", "$muted"))
            return None
        return super().want_back()

    def want_runs(self) -> str | None:
        """What was applied before, once it is known what that takes."""
        return super().want_runs() if self._list.rows else _LOOKING

    def want_reload(self) -> str | None:
        """Ask again who one is."""
        self._sign_in()
        return None


def _first_draft() -> Draft:
    from ciam_tui.core.draft import Draft, RoleDraft

    return Draft(role=RoleDraft(name_prefix="circleci-"))


def _step_of(saved: SavedDraft) -> StepId:
    from ciam_tui.core.steps import STEPS, first_open

    return next((step.id for step in STEPS if step.id == saved.step), first_open(saved.draft).id)


def _run_described(run: RunState) -> str:
    started = run.started
    return f"{len(run.done)} of {len(started.steps)} steps done · account {started.account_id} · begun {started.at:%Y-%m-%d %H:%M} UTC"


def _described(saved: SavedDraft) -> str:
    from ciam_tui.core.steps import step as step_at

    step_id = _step_of(saved)
    step = step_at(step_id)
    account = saved.draft.account_id or "no account yet"
    bucket = f" · {saved.draft.bucket.name}" if saved.draft.bucket.name else ""
    return f"step {step.number} {step.title} · {account}{bucket} · {saved.saved_at:%Y-%m-%d %H:%M} UTC"
