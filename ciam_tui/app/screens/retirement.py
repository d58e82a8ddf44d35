"""One user's retirement as a board: the eight stages, where each stands and why, what waits until when, and what stands in the way.

Looking keeps what was seen (a clock starts when it is first seen that it may) and changes nothing. A stage is done, and taken back, by an intent
of its own, after its plan was shown and a question with Cancel focused: never by Enter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.widgets import Static

from ciam_tui.app.document_lines import Ink
from ciam_tui.app.intents import Want
from ciam_tui.app.literal import lines, literal
from ciam_tui.app.retirement_lines import (
    BoardTab,
    calendar_lines,
    empty_cells,
    left_lines,
    obstacle_lines,
    setup_lines,
    stage_cells,
    stage_lines,
    statements_text,
    unbegun_lines,
    verdict_words,
)
from ciam_tui.app.retiring_jobs import NOT_BEGUN, kept_migration, report_read, setup_chosen
from ciam_tui.app.screens.advancing import STAGE, AdvancingScreen
from ciam_tui.app.screens.deciding import REPORT
from ciam_tui.app.session import Mode
from ciam_tui.app.users_lines import error_lines, reading_lines
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.app.widgets.tab_pane import TabPane
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.app.document_lines import Line
    from ciam_tui.app.screens.deciding import Deciding
    from ciam_tui.app.session import Session
    from ciam_tui.core.retirement.standing import Standing

_STYLES = {Ink.ALLOWED: "$success", Ink.ERROR: "$error", Ink.WARNING: "$warning"}


class RetirementScreen(AdvancingScreen):
    """Looks in a worker, shows the board, asks before anything is done."""

    ABOUT: ClassVar = "retirement"
    KEYS: ClassVar = (
        Want.APPLY,
        Want.UNDO,
        Want.ADOPT,
        Want.EXPORT,
        Want.DOCUMENT,
        Want.BACK,
        Want.PALETTE,
        Want.HELP,
    )
    NARROW: ClassVar = frozenset({Want.APPLY, Want.UNDO, Want.ADOPT, Want.DOCUMENT, Want.HELP})
    WORDS: ClassVar = {
        Want.APPLY: "Next stage",
        Want.ADOPT: "Decide",
        Want.EXPORT: "Hand off",
        Want.DOCUMENT: "Other tab",
    }

    def __init__(self, session: Session, user_name: str) -> None:
        super().__init__(session, f"Retire {user_name}", user_name)
        self._list = Picker(id="stages")
        self._pane = TabPane(tabs=BoardTab, id="stage-pane")
        self._verdict = Static("", id="retirement-verdict")

    def content(self) -> Iterable[Widget]:
        """The stages, what stands behind the one under the cursor, and where it all stands."""
        self._list.border_title = literal(f"Retirement of {self.user_name}")
        yield Vertical(self._list, self._pane, self._verdict, id="retirement")

    def on_mount(self) -> None:
        """The stages take the keys."""
        self._list.focus()

    def on_screen_resume(self) -> None:
        """Look on the way in, and again when a run or the wizard has changed something meanwhile; not after a question."""
        if self.must_read:
            self.must_read = False
            self.read_report()

    def read_report(self, decide: Deciding | None = None) -> None:
        """Look again, after what was decided was kept."""
        session, name, files = self.session, self.user_name, self.files
        self.say_where(("looking …", Ink.NOTE, "esc stops"))
        if not self._list.rows:
            self._list.say("looking at the account; nothing is changed by that")
        self.begin_reading(
            REPORT, lambda tell, stop: self._looked(session, name, report_read(session, name, tell, stop, files=files, decide=decide))
        )

    def _looked(self, session: Session, name: str, report: Any) -> Any:
        """Called in a worker, where reading which Setup belongs to it may take a file."""
        migration = report.migration if report is not None else kept_migration(session, name)
        self.setup = setup_chosen(session, name, migration)
        return report

    def told(self, what: str, text: str) -> None:
        """Say what is being read."""
        self.say_where((f"{text} …", Ink.NOTE, "esc stops"))
        if not self._list.rows and what == REPORT:
            self._pane.show(reading_lines(text), from_top=False)

    def came(self, what: str, outcome: Any) -> None:
        """Show where it stands, or go on with what was prepared."""
        if what == REPORT:
            self.error = outcome if isinstance(outcome, CiamError) else None
            if self.error is None:
                self.report = outcome
        elif what == STAGE and not isinstance(outcome, CiamError):
            self.open_stage(outcome)
        elif what == STAGE:
            self.app.tell(outcome)
        else:
            self.decided(what, outcome)
        self.show_report()

    # What is shown

    def show_report(self) -> None:
        """Draw the board."""
        report = self.report
        if report is not None and not report.is_over:
            rows = [Row(each.stage, stage_cells(each)) for each in report.standings]
        elif report is not None:
            rows = [
                Row(stage, (f"✓ {report.migration.ended.why.replace('-', ' ') if report.migration.ended else ''}", *empty_cells(stage)[1:]))
                for stage in Stage
            ]
        else:
            rows = [Row(stage, empty_cells(stage)) for stage in Stage]
        is_first = not self._list.rows
        self._list.show(rows)
        if is_first and report is not None:
            self._list.highlight(next((each.stage for each in report.standings if not each.is_done), Stage.ROLES))
        if self.error is not None:
            self.say_where((f"✗ {self.error.title}", Ink.ERROR, "ctrl+r looks again"))
        elif report is None:
            self.say_where(("Not begun", Ink.PROSE, "ctrl+d: propose or choose a Setup, then begin; nothing is changed by that"))
        else:
            self.say_where(verdict_words(report))
        self._show_tab()

    def say_where(self, words: tuple[str, Ink, str]) -> None:
        first, ink, second = words
        self._verdict.update(lines(literal(first, _STYLES.get(ink, "")), literal(second, "$muted")), layout=False)

    def _standing(self) -> Standing | None:
        row = self._list.highlighted
        report = self.report
        return None if report is None else next((each for each in report.standings if row is not None and each.stage == row.key), None)

    def _show_tab(self, *, from_top: bool = True) -> None:
        open_count = 0
        if self.report is not None and not self.report.is_over:
            open_count = sum(not self.report.migration.has_accepted(*each.names) for each in self.report.ground.obstacles)
        self._pane.show(self._lines(), from_top=from_top, counts={BoardTab.IN_THE_WAY: open_count})

    def _lines(self) -> list[Line]:
        report, tab = self.report, BoardTab(self._pane.tab)
        if self.error is not None:
            return error_lines(self.error)
        if tab is BoardTab.SETUP:
            return [*setup_lines(self.setup, begun=report is not None and not report.is_over)]
        if report is None:
            return [*unbegun_lines(self.setup)]
        match tab:
            case BoardTab.CALENDAR:
                return [*calendar_lines(report, is_demo=self.session.mode is Mode.DEMO)]
            case BoardTab.IN_THE_WAY:
                return [*obstacle_lines(report)]
            case _:
                standing = self._standing()
                return [*stage_lines(standing), *left_lines(report, standing)] if standing is not None else []

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Another stage."""
        event.stop()
        self._show_tab()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click selects."""
        event.stop()
        self._show_tab()

    def on_tab_pane_looked(self, event: TabPane.Looked) -> None:
        """Another tab."""
        event.stop()
        self._show_tab()

    # Wants

    def want_next(self) -> str | None:
        """From the stages into what is said of one, and back: Enter does nothing else."""
        (self._pane.view if self._list.has_focus else self._list).focus()
        return None

    def want_back(self) -> str | None:
        """Stop looking, else show the stages again, else clear the filter, else from the pane to the stages, else back."""
        if self.stop_reading():
            if self.report is None:
                self.error = CiamError("stopped", "Stopped", "Not everything was read.", ["ctrl+r looks again."])
            self.show_report()
        elif self.has_class("-whole"):
            self.want_preview()
        elif self.clear_filter():
            pass
        elif self._pane.view.has_focus:
            self._list.focus()
        else:
            self.app.pop_screen()
        return None

    def want_document(self) -> str | None:
        """The next tab."""
        self._pane.choose_following()
        return None

    def want_preview(self) -> str | None:
        """The pane on the whole screen, and back."""
        self.set_class(not self.has_class("-whole"), "-whole")
        (self._pane.view if self.has_class("-whole") else self._list).focus()
        return None

    def want_reload(self) -> str | None:
        """Look again."""
        self.read_report()
        return None

    def want_export(self) -> str | None:
        """Hand the next stage to somebody with more rights."""
        if self.report is None:
            return NOT_BEGUN
        from ciam_tui.app.screens.stage_export import HandOffScreen

        self.app.push_screen(HandOffScreen(self.session, self.user_name), self._handed_off)
        return None

    def _handed_off(self, said: str | None) -> None:
        if said:
            self.say(said)
            self.read_report()

    def want_copy(self) -> str | None:
        """The statements that owners have to add, where they are looked at; else what the pane says."""
        text = statements_text(self.report) if self.report is not None and self._pane.tab == BoardTab.IN_THE_WAY else ""
        if not (text or self._pane.text):
            return "There is nothing to copy yet."
        self.copy(text or self._pane.text)
        return None

    def focused_path(self) -> str:
        """What the help is about; the list has a name that the stages of a set-up have too."""
        return self.ABOUT if self._list.has_focus else super().focused_path()
