"""Every role of the account that trusts CircleCI, and every provider of it, graded: the list, and what is said of the one under the cursor.

It only reads, and what it reads may be thousands of roles: it says what it is at, and Esc stops it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.intents import Want
from ciam_tui.app.literal import literal
from ciam_tui.app.screens.audit_asking import TABS, AskingScreen, Question
from ciam_tui.app.widgets.audit_pane import AuditPane
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.audit.report import RoleAudit
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.audit_lines import AuditRow
    from ciam_tui.app.session import Session
    from ciam_tui.core.audit.report import AuditReport

GROUP = "audit"


class AuditScreen(AskingScreen):
    """Reads in a worker, lists, explains."""

    ABOUT: ClassVar = "audit"
    KEYS: ClassVar = (Want.NEXT, Want.BACK, Want.DOCUMENT, Want.FILTER, Want.COPY, Want.EXPORT, Want.RELOAD, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.NEXT, Want.BACK, Want.DOCUMENT, Want.HELP})
    WORDS: ClassVar = {Want.NEXT: "Explain", Want.DOCUMENT: "Other tab"}
    app: CiamApp

    class Progressed(Message):
        """What is being read now."""

        def __init__(self, reading: int, text: str) -> None:
            super().__init__()
            self.reading = reading
            self.text = text

    class Audited(Message):
        """The report with its rows, or why there is none."""

        def __init__(self, reading: int, outcome: tuple[AuditReport, tuple[AuditRow, ...]] | CiamError) -> None:
            super().__init__()
            self.reading = reading
            self.outcome = outcome

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Audit")
        self.report: AuditReport | None = None
        self._rows: dict[str, AuditRow] = {}
        self._reading = 0  # which reading the screen waits for: what an earlier one says comes too late
        self._list = Picker(id="audit-list", empty="No role and no provider of the account has to do with CircleCI.")
        self._pane = AuditPane(id="audit-pane")
        self._summary = Static("", id="audit-summary")

    def content(self) -> Iterable[Widget]:
        """The list, the pane beside or below it, and a line on the whole."""
        self._list.border_title = "Roles and providers"
        yield Vertical(Container(self._list, self._pane, id="audit-columns"), self._summary, id="audit")

    def on_mount(self) -> None:
        """The list takes the keys; the reading begins."""
        self._list.focus()
        self.read_again()

    def read_again(self) -> None:
        """Audit the account once more."""
        self.stop_asking()
        self.forget(None)
        self.report, self._rows = None, {}
        self._reading += 1
        self._list.say("reading the account; nothing is changed by that")
        self._pane.say([])
        self._say("reading … (esc stops)")
        self.read_account(self._reading)

    @work(thread=True, exclusive=True, exit_on_error=False, group=GROUP)
    def read_account(self, reading: int) -> None:
        """Roles, providers, policies, and what is to be thought of them."""
        worker = get_current_worker()

        def tell(text: str) -> None:
            if not worker.is_cancelled:
                self.post_message(self.Progressed(reading, text))

        outcome = outcome_of(lambda: _audited(self.session, tell, lambda: worker.is_cancelled))
        if not worker.is_cancelled:
            self.post_message(self.Audited(reading, outcome))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_audit_screen_progressed(self, event: Progressed) -> None:
        """Say it."""
        if event.reading == self._reading and self._is_reading():
            self._say(f"{event.text} … (esc stops)")

    def on_audit_screen_audited(self, event: Audited) -> None:
        """List what was found."""
        if event.reading != self._reading:
            return
        if isinstance(event.outcome, CiamError):
            self._show_error(event.outcome)
            return
        from ciam_tui.core.audit.words import summary

        self.report, rows = event.outcome
        self._rows = {row.key: row for row in rows}
        self._list.show(Row(row.key, row.cells, row.copied) for row in rows)
        self._say(f"{self.report.roles_seen:,} roles looked at · {summary(self.report)}")
        if rows:
            self._list.highlight(rows[0].key)
            self._show_item()
        else:
            self._pane.say(_unread_lines(self.report))

    def _show_error(self, error: CiamError) -> None:
        suggestions = [Line(((f"  · {suggestion}", Ink.PROSE),), indent=4) for suggestion in error.suggestions]
        self._list.say("nothing was audited")
        self._pane.say([Line(((f"✗ {error.title}: {error.message}", Ink.ERROR),), indent=2), *suggestions])
        self._say("ctrl+r reads again")

    def _say(self, text: str) -> None:
        self._summary.update(literal(text, "$muted"), layout=False)

    def _is_reading(self) -> bool:
        return any(worker.group == GROUP and worker.is_running for worker in self.workers if worker.node is self)

    def _show_item(self) -> None:
        row = self._list.highlighted
        found = self._rows.get(row.key) if row is not None else None
        if found is not None and self.report is not None:
            self._pane.border_title = literal(found.copied)
            self._pane.show(found.item, self.report.at)
            self._look()

    def on_audit_pane_looked(self, event: AuditPane.Looked) -> None:
        """Another tab."""
        event.stop()
        self._look()

    def _look(self) -> None:
        """Ask AWS what the tab is about, where it is about what AWS says."""
        row, tab = self._list.highlighted, self._pane.tab
        item = self._rows[row.key].item if row is not None and row.key in self._rows else None
        if self.report is not None:
            role = item if isinstance(item, RoleAudit) and tab in TABS else None
            question = None if role is None else Question(self._reading, role.read.role.arn, tab)
            self.look_at(question, role, self.report)

    def show_answer(self, lines: list[Line], *, from_top: bool = True) -> None:
        """What AWS says, in the pane."""
        self._pane.answer(lines, from_top=from_top)

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Another role."""
        event.stop()
        self._show_item()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click selects; Enter goes on into what is said of it."""
        event.stop()
        self._show_item()

    # Wants

    def want_next(self) -> str | None:
        """From the list into what is said of the role, and back."""
        if self.report is None:
            return "The account is still being read." if self._is_reading() else "There is nothing to explain: ctrl+r reads again."
        (self._pane.view if self._list.has_focus else self._list).focus()
        return None

    def want_back(self) -> str | None:
        """Stop reading or asking, else clear the filter, else from the pane to the list, else back."""
        if self._is_reading():
            self.workers.cancel_group(self, GROUP)
            self._reading += 1
            self._show_error(CiamError("stopped", "Stopped", "the account was not read to the end.", ["Press ctrl+r to read it again."]))
        elif self.give_up() or self.clear_filter():
            pass
        elif self._pane.view.has_focus:
            self._list.focus()
        else:
            self.app.pop_screen()
        return None

    def want_document(self) -> str | None:
        """The next tab."""
        self._pane.choose(self._pane.tab.following)
        return None

    def want_reload(self) -> str | None:
        """Ask AWS again about the role, where that is looked at; else read the account again."""
        if self._looked_at is None:
            self.read_again()
        else:
            self.forget(self._looked_at)
            self._show_item()
        return None

    def want_copy(self) -> str | None:
        """The ARN of the row, or what the pane says."""
        if self._pane.view.has_focus and self._pane.text:
            self.copy(self._pane.text)
            return None
        return super().want_copy()

    def want_export(self) -> str | None:
        """Write the report as JSON and as SARIF."""
        if self.report is None:
            return "There is no report yet."
        from ciam_tui.app.screens.audit_export import AuditExportScreen

        self.app.push_screen(AuditExportScreen(self.report), self._exported)
        return None

    def _exported(self, said: str | None) -> None:
        if said:
            self.say(said)

    def want_audit(self) -> str | None:
        """It is this screen."""
        return "This is the audit; ctrl+r reads again."


def _audited(session: Session, tell: Callable[[str], None], should_stop: Callable[[], bool]) -> tuple[AuditReport, tuple[AuditRow, ...]]:
    """The audit of the session's account; called in a worker."""
    from ciam_tui.app.audit_lines import rows_of
    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.runs import history
    from ciam_tui.surveys.audit import audited

    if session.aws is None:
        raise CiamError("not-signed-in", "Not signed in", "Nobody knows which account to read.", ["Sign in on the first step."])
    report = audited(
        session.aws, history(session.journals), CircleCiIssuers(), at=session.clock.now(), progress=tell, should_stop=should_stop
    )
    report = _kept(session, report)
    return report, rows_of(report)


def _kept(session: Session, report: AuditReport) -> AuditReport:
    """`report`, of which a snapshot is kept where there is a place for one; that there is none is among what is missing."""
    from dataclasses import replace

    from ciam_tui.core.creep.snapshots import snapshot_of

    if session.snapshots is None or not report.roles:
        return report
    try:
        session.snapshots.keep(snapshot_of(report))
    except CiamError as error:
        return replace(report, unread=(*report.unread, f"No snapshot was kept of what the roles may do: {error.message}"))
    return report


def _unread_lines(report: AuditReport) -> list[Line]:
    return [Line(((f"! {sentence}", Ink.WARNING),), indent=2) for sentence in report.unread]
