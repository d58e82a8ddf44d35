"""What a person decides about a retirement: by which Setup it goes, what it goes on in spite of, whether the key is kept, and that it ends.

Each decision is picked from a list of all that can be decided now, and asked again with Cancel focused, since it is kept with the retirement.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from ciam_tui.app.retirement_lines import Decide, accept_text, backup_of, decisions
from ciam_tui.app.retiring_jobs import READ_ONLY_REASON, begun, ended, proposal_read, report_read, sources
from ciam_tui.app.screens.choice import ChoiceScreen, PathScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.reading import ReadingScreen
from ciam_tui.app.screens.stage_export import BackupScreen
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.picker import Row
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.stages import QUIET_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.app.retirement_lines import Decision
    from ciam_tui.app.retiring_jobs import Source
    from ciam_tui.app.session import Session
    from ciam_tui.core.proposal.proposing import Proposal
    from ciam_tui.core.retirement.events import Event
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.setup import Setup
    from ciam_tui.retiring.driving import Desk

    Deciding = Callable[[Desk, Migration], tuple[Event, ...]]

REPORT, PROPOSAL, SOURCES, SETUP = "report", "proposal", "sources", "setup"
FILE = "file"
_KEPT = frozenset({Decide.BEGIN, Decide.ACCEPT, Decide.KEEP, Decide.UNKEEP, Decide.QUIET, Decide.END})
_QUIET_CHOICES = (QUIET_DAYS, 7, 30, 60, 90)
_NOTES = 8


class DecidingScreen(ReadingScreen[None]):
    """Asks and has it kept; whoever inherits shows the report that comes of it."""

    def __init__(self, session: Session, title: str, user_name: str) -> None:
        super().__init__(session, title)
        self.user_name = user_name
        self.report: Report | None = None
        self.setup: Setup | None = None
        self.files: tuple[Path, ...] = ()

    def show_report(self) -> None:
        """Show the report, or the Setup that was chosen."""
        raise NotImplementedError

    def read_report(self, decide: Deciding | None = None) -> None:
        """Look again, after what was decided was kept."""
        raise NotImplementedError

    def want_adopt(self) -> str | None:
        """All that can be decided now."""
        if self.reads:
            return "It is still being read; esc stops it."
        found = decisions(self.report, self.setup)
        rows = [Row(str(number), (each.title, each.about)) for number, each in enumerate(found)]

        def picked(key: str | None) -> None:
            if key is not None:
                reason = self._decide(found[int(key)])
                if reason:
                    self.say(reason, severity="warning")

        self.app.push_screen(ChoiceScreen("Decide", rows, f"About the retirement of {self.user_name}"), picked)
        return None

    def _decide(self, decision: Decision) -> str | None:
        if decision.kind in _KEPT and self.session.mode is Mode.READ_ONLY:
            return READ_ONLY_REASON
        match decision.kind:
            case Decide.BEGIN:
                self._ask_to_begin()
            case Decide.PROPOSE:
                session, name, files = self.session, self.user_name, self.files
                self.begin_reading(PROPOSAL, lambda tell, stop: proposal_read(session, name, tell, stop, files))
            case Decide.CHOOSE:
                self.begin_reading(SOURCES, lambda _tell, _stop: sources(self.session))
            case Decide.ACCEPT:
                self._ask_to_accept(decision.item)
            case Decide.KEEP | Decide.UNKEEP:
                self._ask_to_keep(kept=decision.kind is Decide.KEEP)
            case Decide.QUIET:
                self._ask_for_days()
            case Decide.LOGS:
                question = "CloudTrail files or S3 access logs, or a folder of them; they are read, never copied."
                self.app.push_screen(PathScreen("Logs as evidence", question, "a file or a folder"), self._logs_named)
            case Decide.BACKUP:
                if self.report is not None:
                    self.app.push_screen(BackupScreen(backup_of(self.report.migration)), self._tell_written)
            case Decide.END:
                text = [
                    "Nothing is changed in the account or in CircleCI by that. What was done stays done, and can be taken back as a run."
                ]
                self._ask(
                    ConfirmScreen("Give this retirement up?", text, "Give up", token=self.user_name, identity=self.session.identity),
                    self._end,
                )
            case _:
                assert_never(decision.kind)
        return None

    def _ask(self, question: ConfirmScreen, do: Callable[[], None]) -> None:
        self.app.push_screen(question, lambda confirmed: do() if confirmed else None)

    def _tell_written(self, said: str | None) -> None:
        if said:
            self.say(said)

    # Decisions that are kept

    def _ask_to_begin(self) -> None:
        setup = self.setup
        if setup is None:
            return
        text = [
            f"The user {self.user_name} is kept as it is now, with a backup and what is known of its use.",
            f"Its keys are replaced by the roles of the Setup for {setup.bucket.name}.",
            "Nothing is changed in the account by that.",
        ]

        def begin(tell: Any, stop: Any) -> Report | None:
            begun(self.session, self.user_name, setup, tell, stop)
            return report_read(self.session, self.user_name, tell, stop, files=self.files)

        self._ask(
            ConfirmScreen("Begin this retirement?", text, "Begin", identity=self.session.identity),
            partial(self.begin_reading, REPORT, begin),
        )

    def _ask_to_accept(self, item: str) -> None:
        from ciam_tui.retiring.deciding import accepting

        if self.report is None:
            return
        question = ConfirmScreen("Go on in spite of this?", accept_text(self.report, item), "Accept", identity=self.session.identity)
        self._ask(question, partial(self.read_report, lambda desk, migration: accepting(desk, migration, item)))

    def _ask_to_keep(self, *, kept: bool) -> None:
        from ciam_tui.retiring.deciding import keeping

        keeps = "The key stays active until the quiet period is over: it is watched first, and made inactive then."
        makes = "The key is made inactive before the quiet period, so that whoever still uses it is noticed."
        text = [keeps if kept else makes, "A clock that runs starts anew."]
        question = ConfirmScreen(
            "Keep the key active?" if kept else "Make the key inactive first?", text, "Keep" if kept else "Do not keep"
        )
        self._ask(question, partial(self.read_report, lambda desk, migration: keeping(desk, migration, kept=kept)))

    def _ask_for_days(self) -> None:
        from ciam_tui.retiring.deciding import quiet_for

        if self.report is None:
            return
        now = self.report.migration.quiet_days
        rows = [Row(str(days), (f"{days} days", "as it is" if days == now else "")) for days in dict.fromkeys((now, *_QUIET_CHOICES))]

        def picked(key: str | None) -> None:
            if key is not None and int(key) != now:
                self.read_report(lambda desk, migration: quiet_for(desk, migration, int(key)))

        self.app.push_screen(ChoiceScreen("How long is the key watched?", rows, "Any use of it in that time stops the clock."), picked)

    def _end(self) -> None:
        def end(tell: Any, stop: Any) -> Report | None:
            ended(self.session, self.user_name, tell, stop)
            return report_read(self.session, self.user_name, tell, stop)

        self.begin_reading(REPORT, end)

    def _logs_named(self, path: str | None) -> None:
        if path is not None:
            self.files = (*self.files, Path(path).expanduser())
            self.read_report()

    # By which Setup

    def decided(self, what: str, outcome: Any) -> None:
        """What came of a reading that a decision began; an error is told, and everything stays as it was."""
        if isinstance(outcome, CiamError):
            self.app.tell(outcome)
        elif what == PROPOSAL:
            self._ask_to_open(outcome)
        elif what == SOURCES:
            self._offer(outcome)
        elif what == SETUP:
            self._choose(outcome)

    def _ask_to_open(self, proposal: Proposal) -> None:
        notes = proposal.notes[:_NOTES]
        more = len(proposal.notes) - _NOTES
        text = [
            "It takes the place of a saved draft. Once it is finished there, ctrl+d here chooses it.",
            *(f"· {note}" for note in notes),
            *([f"  and {more} more notes"] if more > 0 else []),
        ]

        def open_it() -> None:
            from ciam_tui.core.steps import first_open

            at = first_open(proposal.draft).id
            self.app.keep(proposal.draft, at)
            self.app.open_wizard(proposal.draft, at)

        self._ask(ConfirmScreen("Open the proposal in the wizard?", text, "Open"), open_it)

    def _offer(self, found: tuple[Source, ...]) -> None:
        rows = [*(Row(each.key, (each.title, each.about)) for each in found), Row(FILE, ("A file", "a Setup file by its path"))]
        by_key = {each.key: each.setup for each in found}

        def picked(key: str | None) -> None:
            if key == FILE:
                self.app.push_screen(
                    PathScreen("Which Setup?", "The Setup file whose roles replace the keys.", "setup.json"), self._file_named
                )
            elif key is not None:
                self._choose(by_key[key])

        self.app.push_screen(ChoiceScreen("By which Setup?", rows, "Its roles replace the user's keys."), picked)

    def _file_named(self, path: str | None) -> None:
        from ciam_tui.ports.setup_file import setup_in

        if path is not None:
            self.begin_reading(SETUP, lambda _tell, _stop: setup_in(Path(path).expanduser()))

    def _choose(self, setup: Setup) -> None:
        self.setup = self.session.chosen_setups[self.user_name.lower()] = setup
        self.show_report()
        self.say(f"Chosen: the Setup for {setup.bucket.name}. ctrl+d begins the retirement.")
