"""What was applied from this machine before, newest first: to look at it again, to go on with it, or to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import past
from ciam_tui.app.literal import joined, lines, literal
from ciam_tui.app.plan_lines import counted
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.screens.resuming import ask_to_resume
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.app.wiring_words import contexts_in
from ciam_tui.core.changes import kinds
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.content import Content
    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.jobs import Job
    from ciam_tui.app.session import Session
    from ciam_tui.core.history import History, UnreadableRun
    from ciam_tui.core.journal import RunState


class RunsScreen(WorkScreen[None]):
    """The runs of the state directory."""

    ABOUT: ClassVar = "runs"
    KEYS: ClassVar = (Want.NEXT, Want.APPLY, Want.UNDO, Want.FILTER, Want.COPY, Want.BACK, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.NEXT, Want.APPLY, Want.UNDO, Want.BACK, Want.HELP})
    WORDS: ClassVar = {Want.APPLY: "Go on", Want.NEXT: "Look"}
    app: CiamApp

    class Loaded(Message):
        """The runs, or why they cannot be listed."""

        def __init__(self, outcome: History | CiamError) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Past runs")
        self._history: History | None = None
        self._list = Picker(id="runs", empty="Nothing has been applied from this machine yet.")
        self._detail = Static("", id="run-detail")

    def content(self) -> Iterable[Widget]:
        """The list, and the run under the cursor."""
        self._list.border_title = "Past runs"
        yield Vertical(self._list, self._detail, id="past")

    def on_mount(self) -> None:
        """The list takes the keys."""
        self._list.say("reading the journals …")
        self._list.focus()

    def on_screen_resume(self) -> None:
        """Coming back from a run, there is more to list."""
        self.load()

    @work(thread=True, exclusive=True, exit_on_error=False, group="journal")
    def load(self) -> None:
        """The journals are files."""
        worker = get_current_worker()
        loaded = outcome_of(lambda: past(self.session))
        if not worker.is_cancelled:
            self.post_message(self.Loaded(loaded))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_runs_screen_loaded(self, event: Loaded) -> None:
        """List them."""
        event.stop()
        if isinstance(event.outcome, CiamError):
            self._list.say(f"! {event.outcome.message}")
            return
        self._history = event.outcome
        rows = [_row(run, event.outcome) for run in reversed(event.outcome.runs)]
        self._list.show([*rows, *(_unreadable_row(each) for each in event.outcome.unreadable)])
        self._show_detail()

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Another run."""
        event.stop()
        self._show_detail()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click selects; Enter looks at it."""
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        run, broken = self._run(), self._unreadable()
        if run is not None and self._history is not None:
            self._detail.update(lines(*_told(run, self._history)))
        elif broken is not None:
            self._detail.update(lines(literal(f"! {broken.problem}", "$warning"), literal(broken.fix, "$muted")))
        else:
            self._detail.update("")

    def _run(self) -> RunState | None:
        row = self._list.highlighted
        runs = self._history.runs if self._history is not None else ()
        return next((run for run in runs if row is not None and run.started.run_id == row.key), None)

    def _unreadable(self) -> UnreadableRun | None:
        row = self._list.highlighted
        broken = self._history.unreadable if self._history is not None else ()
        return next((each for each in broken if row is not None and each.run_id == row.key), None)

    # Wants

    def want_next(self) -> str | None:
        """Look at what the run made."""
        run = self._run()
        if run is None:
            return "There is no run to look at."
        from ciam_tui.app.screens.done import DoneScreen

        self.app.push_screen(DoneScreen(self.session, run.started.run_id))
        return None

    def want_back(self) -> str | None:
        """Clear the filter, else back."""
        if not self.clear_filter():
            self.app.pop_screen()
        return None

    def want_apply(self) -> str | None:
        """Go on with it."""
        run = self._run()
        if run is None or self._history is None:
            return "There is no run to go on with."
        match self._history.state(run):
            case "verified":
                return "This run is finished and verified."
            case "undone" | "being-undone":
                return f"This run is {self._history.words(run)}."
            case "unfinished" | "done":
                return ask_to_resume(self, run, self._carry_out)

    def _carry_out(self, job: Job) -> None:
        from ciam_tui.app.screens.apply import ApplyScreen

        self.app.push_screen(ApplyScreen(self.session, job))

    def want_undo(self) -> str | None:
        """See how it is taken back."""
        run = self._run()
        if run is None or self._history is None:
            return "There is no run to take back."
        if run.started.undoes is not None:
            return "This run took another one back; apply the set-up anew to have it again."
        if self._history.undo_of(run) is not None:
            return f"This run is {self._history.words(run)}."
        if not run.done and not run.unknown:
            return "This run changed nothing that could be taken back."
        from ciam_tui.app.screens.undo import UndoScreen

        self.app.push_screen(UndoScreen(self.session, run.started.run_id))
        return None

    def want_reload(self) -> str | None:
        """Read the journals again."""
        self.load()
        return None


def _row(run: RunState, history: History) -> Row:
    started = run.started
    bucket = started.setup.get("bucket", {}).get("name", "")
    what = f"undo of {started.undoes}" if started.undoes else f"{bucket}"
    cells = (f"{started.at:%Y-%m-%d %H:%M}", history.state(run), what, f"account {started.account_id}", started.run_id)
    return Row(started.run_id, cells)


def _unreadable_row(broken: UnreadableRun) -> Row:
    return Row(broken.run_id, ("", "unreadable", broken.run_id))


def _told(run: RunState, history: History) -> list[Content]:
    started = run.started
    lines_of_run = [
        _fact("run", started.run_id),
        _fact("state", f"{history.words(run)} · {len(run.done)} of {counted({'step': len(started.steps)})} done"),
        _fact("by", started.operator),
        _fact("roles", ", ".join(_made_roles(run)) or "none made"),
    ]
    if contexts := contexts_in(run.done_steps):
        lines_of_run.append(_fact("contexts", ", ".join(contexts)))
    if started.adopted:
        lines_of_run.append(_fact("adopted", ", ".join(started.adopted)))
    if run.last_failure is not None:
        lines_of_run.append(joined(literal(f"{'failed':<9}", "$muted"), literal(run.last_failure.message, "$error")))
    lines_of_run.extend(_fact("unknown", step.title) for step in started.steps if step.id in run.unknown)
    return lines_of_run


def _made_roles(run: RunState) -> list[str]:
    return [step.change.name for step in run.done_steps if isinstance(step.change, kinds.CreateRole)]


def _fact(name: str, text: str) -> Content:
    return joined(literal(f"{name:<9}", "$muted"), literal(text))
