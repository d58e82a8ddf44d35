"""A plan while it is carried out: every step with its state, what is under way, and, when it does not go on, what to do.

The run itself happens in a thread that knows nothing of the screen; what it journals comes here as messages. So the screen may be slow, and
the run never waits for it; and a screen that is gone takes nothing with it that the journal does not hold.
"""

from __future__ import annotations

import shlex
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual import work
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import READ_ONLY_REASON, Job, run_state
from ciam_tui.app.literal import joined, lines, literal
from ciam_tui.app.plan_words import words
from ciam_tui.app.running import Ending, Progress, StepState
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.screens.resuming import ask_to_resume
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.link import Link
from ciam_tui.app.widgets.plan_table import PlanRow, PlanTable, Tone
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.content import Content
    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.running import Said
    from ciam_tui.app.session import Session
    from ciam_tui.apply import Waiting
    from ciam_tui.core.journal import Entry

STATES = {
    StepState.WAITING: ("· waiting", Tone.QUIET),
    StepState.RUNNING: ("▸ running", Tone.RUNNING),
    StepState.DONE: ("✓ done", Tone.GOOD),
    StepState.READ_BACK: ("✓ read back", Tone.GOOD),
    StepState.LEFT_OUT: ("· left out", Tone.QUIET),
    StepState.FAILED: ("✗ failed", Tone.BAD),
    StepState.UNKNOWN: ("? unknown", Tone.WARN),
}
_INKS = {"✓": Ink.STRING, "✗": Ink.ERROR, "?": Ink.WARNING}
_ITS_RETIREMENT = "This is a stage of a retirement, which goes on with it and takes it back: esc goes there."
BAR_WIDTH = 20
TICK_SECONDS = 0.5


class ApplyScreen(WorkScreen[None]):
    """Carries out `job` from the moment it is shown."""

    ABOUT: ClassVar = "apply"
    KEYS: ClassVar = (Want.STOP, Want.APPLY, Want.UNDO, Want.BACK, Want.COPY, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.STOP, Want.APPLY, Want.UNDO, Want.HELP})
    WORDS: ClassVar = {Want.APPLY: "Go on"}
    app: CiamApp

    class Happened(Message):
        """An event of the run."""

        def __init__(self, event: Entry | Waiting) -> None:
            super().__init__()
            self.event = event

    class Ended(Message):
        """The run came to its end, or to an error that its journal does not hold."""

        def __init__(self, error: CiamError | None) -> None:
            super().__init__()
            self.error = error

    def __init__(self, session: Session, job: Job) -> None:
        self._title = "Taking back" if job.undoes else "Applying"
        super().__init__(session, self._title)
        self._job = job
        self.progress: Progress = job.progress
        self._stop = threading.Event()
        self._runs = False
        self._leaves = False
        self._follows = True
        self._begun_at = session.clock.now()
        self._elapsed = 0.0
        self._table = PlanTable(id="plan")
        self._log = DocumentView(id="log")
        self._verdict = Static("", id="verdict")

    def content(self) -> Iterable[Widget]:
        """The table, the log, and where the run stands."""
        self._table.border_title = literal(f"Run {self._job.run_id}")
        self._log.border_title = "Log"
        with Vertical(id="plan-column"):
            yield self._table
            yield self._log
            with Horizontal(id="verdict-row"):
                yield self._verdict
                yield Link("Stop", "stop")

    def on_mount(self) -> None:
        """Begin."""
        self._table.focus()
        self.header_bar.say(self._title, also=self._job.circleci)
        self.set_interval(TICK_SECONDS, self._tick)
        self._begin(self._job)

    def on_unmount(self) -> None:
        """A run whose screen goes (the app ends) stops after the call that is under way."""
        self._stop.set()

    def _begin(self, job: Job) -> None:
        self._job = job
        self.progress = replace(job.progress, log=self.progress.log, ending=Ending.RUNNING, under_way="Reading the account again …")
        self._stop.clear()
        self._runs = True
        self._begun_at = self.session.clock.now()
        self._draw()
        self.carry_out(job)

    @work(thread=True, exclusive=True, exit_on_error=False, group="run")
    def carry_out(self, job: Job) -> None:
        """The run, in a thread of its own; nothing cancels it but its own question whether to stop."""
        error: CiamError | None = None
        try:
            for event in job.begin(self._stop.is_set):
                self.post_message(self.Happened(event))
        except CiamError as raised:
            error = raised
        self.post_message(self.Ended(error))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What the run did not expect is a failure of the program; the journal holds what was done until then."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            unexpected = CiamError(
                "internal", "ciam-tui failed", f"{type(event.worker.error).__name__} within the run; the journal holds what was done."
            )
            self._end(self.progress.refused(unexpected))
            self.app.fail(event.worker.error)

    def on_apply_screen_happened(self, event: Happened) -> None:
        """Show it."""
        event.stop()
        self.progress = self.progress.after(event.event)
        self._draw()

    def on_apply_screen_ended(self, event: Ended) -> None:
        """Show how it ended; after the last read-back comes Done."""
        event.stop()
        self._end(self.progress if event.error is None else self.progress.refused(event.error))

    def _end(self, progress: Progress) -> None:
        self.progress = progress
        self._tick()
        self._runs = False
        self._draw()
        if self._leaves:
            self.app.leave()
        elif progress.ending is Ending.VERIFIED and not self._job.retires:
            from ciam_tui.app.screens.done import DoneScreen

            self.app.switch_screen(DoneScreen(self.session, self._job.run_id))

    # Drawing

    def _tick(self) -> None:
        if self._runs:
            self._elapsed = (self.session.clock.now() - self._begun_at).total_seconds()
            self._draw_verdict()

    def _draw(self) -> None:
        progress = self.progress
        self._table.show([_row(progress, place) for place in range(len(progress.steps))])
        if self._follows:
            self._table.follow(progress.at)
        self._log.show([*(_log_line(said) for said in progress.log), *self._advice()])
        self._log.scroll_end(animate=False)
        self._draw_verdict()

    def _draw_verdict(self) -> None:
        first, second = self._verdict_lines()
        self._verdict.update(lines(first, second))
        self.query_one(Link).display = self._runs  # there is nothing to stop any more

    def _verdict_lines(self) -> tuple[Content, Content]:
        progress = self.progress
        count, done = len(progress.steps), progress.done_count
        filled = BAR_WIDTH * done // count if count else 0
        bar = joined(literal("━" * filled, "$accent"), literal("─" * (BAR_WIDTH - filled), "$line"))
        where = joined(bar, literal(f"  {done} of {count} · {_spelled(self._elapsed)}"))
        if self._runs:
            tail = "stopping after the call that is under way …" if self._stop.is_set() else progress.under_way
            return where, literal(tail, "$muted")
        return where, _ending_words(progress, retires=bool(self._job.retires))

    def _advice(self) -> list[Line]:
        """What to do when the run does not go on."""
        progress = self.progress
        if self._runs or progress.ending is Ending.VERIFIED:
            return []
        suggestions = [Line(((f"· {each}", Ink.STRING),), indent=2) for each in (progress.trouble.suggestions if progress.trouble else ())]
        if progress.ending is Ending.NOT_VERIFIED:
            suggestions = []
        if progress.ending is Ending.REFUSED:
            back = "the retirement, which is then looked at again" if self._job.retires else "the plan, which is then made again"
            way = [Line(((f"esc goes back to {back}.", Ink.STRING),))]
            return [Line(()), Line((("What to do", Ink.HEADING),)), *suggestions, *way]
        run_id = self._job.run_id
        if self._job.retires:
            return [Line(()), Line((("What to do", Ink.HEADING),)), *suggestions, *_ways_of_retirement(self._job.retires)]
        ways = [("ctrl+a  go on: what is not known is read back, then the rest is done", f"ciam-tui resume {run_id}")]
        if self._job.undoes is None:
            ways.append(("ctrl+u  take back what was done, after looking at how", f"ciam-tui undo {run_id}"))
        told = [Line(((key, Ink.STRING),), indent=8) for key, _ in ways]
        names = ("in a shell  ", " " * 12)
        shell = [Line(((name, Ink.NOTE), (command, Ink.KEY)), indent=12) for name, (_, command) in zip(names, ways, strict=False)]
        return [Line(()), Line((("What to do", Ink.HEADING),)), *suggestions, *told, *shell]

    # Wants

    def on_plan_table_highlighted(self, event: PlanTable.Highlighted) -> None:
        """Whoever moves the cursor looks at something: it no longer follows the run."""
        event.stop()
        self._follows = False

    def want_next(self) -> str | None:
        """From the table to the log and back."""
        (self._log if self._table.has_focus else self._table).focus()
        return None

    def want_back(self) -> str | None:
        """Back to the plan, but never out of a run."""
        if self._runs:
            return "It is running. ctrl+x stops it after the call that is under way; then esc goes back."
        self.app.pop_screen()
        return None

    def want_stop(self) -> str | None:
        """Stop after the call that is under way."""
        if not self._runs:
            return "Nothing is running any more."
        self._stop.set()
        self._draw_verdict()
        return None

    def may_leave(self) -> bool:
        """Not in the middle of a call: the first wish to leave stops the run, and leaves when it has stopped."""
        if self._runs:
            self._leaves = True
            self._stop.set()
            self.say("It stops after the call that is under way, and then leaves.")
            self._draw_verdict()
        return not self._runs

    def want_apply(self) -> str | None:
        """Go on with the run."""
        if self._runs:
            return "It is running."
        if self._job.retires:
            return _ITS_RETIREMENT
        if self.progress.ending is Ending.REFUSED:
            return "Nothing was begun, so that there is nothing to go on with: esc goes back to the plan."
        try:
            run = run_state(self.session, self._job.run_id)
        except CiamError as error:
            return f"{error.title}: {error.message}"
        return ask_to_resume(self, run, self._begin)

    def want_undo(self) -> str | None:
        """See how what was done is taken back."""
        if self._runs:
            return "It is running. ctrl+x stops it first."
        if self.session.mode is Mode.READ_ONLY:
            return READ_ONLY_REASON
        if self._job.retires:
            return _ITS_RETIREMENT
        if self._job.undoes is not None:
            return "This run takes another one back; go on with it (ctrl+a), or apply the set-up anew."
        if not self.progress.has_begun:
            return "Nothing was done that could be taken back."
        from ciam_tui.app.screens.undo import UndoScreen

        self.app.push_screen(UndoScreen(self.session, self._job.run_id))
        return None

    def want_copy(self) -> str | None:
        """The log."""
        self.copy("\n".join(_log_text(said) for said in self.progress.log))
        return None

    def on_link_followed(self, event: Link.Followed) -> None:
        """The button for the mouse."""
        event.stop()
        self.action_want(Want.STOP)


def _ending_words(progress: Progress, *, retires: bool) -> Content:
    """How a run ended, and what goes on from there."""
    match progress.ending:
        case Ending.FAILED | Ending.NOT_VERIFIED:
            return literal(f"✗ {progress.trouble.text if progress.trouble else progress.ending}", "$error")
        case Ending.REFUSED:
            return literal(f"✗ Nothing was done. {progress.trouble.text if progress.trouble else ''}", "$error")
        case Ending.STOPPED | Ending.RUNNING if retires:
            return literal("· Stopped between two steps. esc, then ctrl+a in the retirement, goes on.", "$warning")
        case Ending.STOPPED | Ending.RUNNING:
            return literal("· Stopped between two steps. ctrl+a goes on, ctrl+u takes back.", "$warning")
        case Ending.VERIFIED:
            told = "✓ Verified. esc goes back to the retirement." if retires else "✓ Verified"
            return literal(told, "$success")
        case _:
            assert_never(progress.ending)


def _ways_of_retirement(user: str) -> list[Line]:
    """How to go on, and back, with a stage that stopped half way."""
    shell = f"ciam-tui migrate {shlex.quote(user)}"
    return [
        Line((("esc, then ctrl+a  go on: what is not known is read back, then the rest is done", Ink.STRING),), indent=18),
        Line((("esc, then ctrl+u  take back what can be taken back, after looking at how", Ink.STRING),), indent=18),
        Line((("in a shell        ", Ink.NOTE), (f"{shell} --advance", Ink.KEY)), indent=18),
    ]


def _row(progress: Progress, place: int) -> PlanRow:
    step = progress.steps[place]
    row = words(step.change)
    state, tone = STATES[progress.state(step)]
    return PlanRow(row.verb, row.resource, state, tone)


def _log_line(said: Said) -> Line:
    return Line(((_time(said), Ink.NOTE), (f"{said.glyph} {said.text}", _INKS.get(said.glyph, Ink.NOTE))), indent=len(_time(said)) + 2)


def _log_text(said: Said) -> str:
    return f"{_time(said)}{said.glyph} {said.text}"


def _time(said: Said) -> str:
    return f"{said.at:%H:%M:%S} " if said.at else " " * 9


def _spelled(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
