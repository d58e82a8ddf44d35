"""What a run has made, whether the account was seen to hold it, and the one thing that is left to do: CircleCI's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.intents import Want
from ciam_tui.app.jobs import Outcome, outcome
from ciam_tui.app.literal import lines, literal
from ciam_tui.app.plan_lines import counted
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.app.wiring_words import changes_circleci, contexts_in, organization_of
from ciam_tui.core.problems import CiamError
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.content import Content
    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.session import Session
    from ciam_tui.core.journal import RunState

VERIFIED = "Verified: everything was read back and is as planned."


class DoneScreen(WorkScreen[None]):
    """Shows the run of an id."""

    ABOUT: ClassVar = "done"
    KEYS: ClassVar = (Want.COPY, Want.UNDO, Want.RUNS, Want.BACK, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.COPY, Want.UNDO, Want.BACK, Want.HELP})
    WORDS: ClassVar = {Want.BACK: "Start"}
    app: CiamApp

    class Loaded(Message):
        """What the run has come to, or why that cannot be told."""

        def __init__(self, outcome: Outcome | CiamError) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, session: Session, run_id: str) -> None:
        super().__init__(session, "Done")
        self._run_id = run_id
        self._outcome: Outcome | None = None
        self._seal = Static("", id="done-said")
        self._made = Picker(id="made", empty="Nothing: this run took another one back.")
        self._snippet = DocumentView(id="snippet")

    def content(self) -> Iterable[Widget]:
        """The verdict, the roles, the snippet."""
        self._made.border_title = "Roles · y copies an ARN"
        self._snippet.border_title = "Into .circleci/config.yml · y copies it"
        yield Vertical(self._seal, self._made, self._snippet, id="done")

    def on_mount(self) -> None:
        """Read the journal."""
        self._seal.update(literal(f"reading the journal of {self._run_id} …\n", "$muted", keep_newlines=True))
        self._made.say("reading the journal …")
        self._snippet.focus()
        self.load()

    @work(thread=True, exclusive=True, exit_on_error=False, group="journal")
    def load(self) -> None:
        """The journals are files."""
        worker = get_current_worker()
        loaded = outcome_of(lambda: outcome(self.session, self._run_id))
        if not worker.is_cancelled:
            self.post_message(self.Loaded(loaded))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_done_screen_loaded(self, event: Loaded) -> None:
        """Show it."""
        event.stop()
        if isinstance(event.outcome, CiamError):
            self._seal.update(lines(literal(f"✗ {event.outcome.title}", "$error"), literal(event.outcome.message)))
            return
        self._outcome = event.outcome
        run = event.outcome.run
        organization = organization_of(run, self.session.known_circleci)
        self._seal.update(lines(*_told(event.outcome, organization, self.session.mode)))
        if run.started.undoes is None:
            contexts = event.outcome.contexts
            if contexts:
                self._made.border_title = "Roles and contexts · y copies an ARN or a name"
            rows = [Row(arn, (stage, arn)) for stage, arn in event.outcome.roles]
            self._made.show([*rows, *(Row(f"context {name}", ("context", name), name) for name in contexts)])
            self._snippet.show([_yaml_line(text) for text in event.outcome.snippet.rstrip("\n").split("\n")])
        else:
            self._made.border_title = "Steps"
            self._made.show([Row(step.id, ("✓" if step.id in run.done else "·", step.title), step.title) for step in run.started.steps])
            self._snippet.border_title = "CircleCI"
            told = ["Jobs that still ask for these roles are refused from now on."]
            if changes_circleci(run.started.steps):
                told.append("Jobs that name a context which is gone are not begun: take `context:` out of the configuration.")
            self._snippet.show([Line(((sentence, Ink.NOTE),)) for sentence in told])

    def want_next(self) -> str | None:
        """From the snippet to the roles and back."""
        (self._made if self._snippet.has_focus else self._snippet).focus()
        return None

    def want_back(self) -> str | None:
        """To the start: what lies between is done."""
        if self.clear_filter():
            return None
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        return None

    def want_copy(self) -> str | None:
        """An ARN from the list, else the snippet."""
        if super().want_copy() is None:
            return None
        if self._outcome is None or self._outcome.run.started.undoes is not None:
            return "There is nothing to copy here."
        self.copy(self._outcome.snippet)
        return None

    def want_undo(self) -> str | None:
        """See how it is taken back."""
        if self._outcome is None:
            return "The journal is still being read."
        if self._outcome.run.started.undoes is not None:
            return "This run took another one back; apply the set-up anew to have it again."
        from ciam_tui.app.screens.undo import UndoScreen

        self.app.push_screen(UndoScreen(self.session, self._run_id))
        return None


def _told(told: Outcome, organization: str, mode: Mode) -> list[Content]:
    run = told.run
    seal = literal(f"✓ {VERIFIED}", "$success") if run.verified else literal(f"! Not verified: the run is {told.words}.", "$warning")
    count = counted({"step": len(run.done)})
    return [
        seal,
        literal(f"  run {run.started.run_id} · {count} · account {run.started.account_id} · {_length(run)}", "$muted"),
        *_wired(told, organization),
        _undo_hint(run, mode),
    ]


def _wired(told: Outcome, organization: str) -> Iterator[Content]:
    """What this run did in CircleCI."""
    touched = contexts_in(told.run.done_steps)
    if touched:
        verb = "wired" if told.run.started.undoes is None else "taken back"
        yield literal(f"  CircleCI {organization}: {counted({'context': len(touched)})} {verb}: {listed(touched)}", "$muted")


def _undo_hint(run: RunState, mode: Mode) -> Content:
    if run.started.undoes is not None:
        return literal(f"  took back {run.started.undoes}", "$muted")
    if mode is Mode.DEMO:  # its account ends with the program, and no shell could find it again
        return literal("  ctrl+u takes it back, as long as this demo runs", "$muted")
    return literal(f"  ctrl+u takes it back; in a shell: ciam-tui undo {run.started.run_id}", "$muted")


def _length(run: RunState) -> str:
    seconds = max(0, int((run.ended_at - run.started.at).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def _yaml_line(text: str) -> Line:
    """A line of YAML: keys as keys, comments quiet. The snippet is ours, so that it needs no parser."""
    indent = len(text) - len(text.lstrip())
    key, colon, rest = text.partition(":")
    if text.lstrip().startswith("#"):
        return Line(((text, Ink.NOTE),), indent=indent)
    if colon and '"' not in key and "'" not in key and "$" not in key:
        return Line(((key, Ink.KEY), (colon, Ink.PUNCTUATION), (rest, Ink.STRING)), indent=indent + 2)
    return Line(((text, Ink.STRING),), indent=indent + 2)
