"""Every export of a set-up, file by file as it would be written: looked at, copied, or saved, in one format or in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.containers import Container
from textual.message import Message
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.document_lines import Ink, Line, document_lines
from ciam_tui.app.intents import Want
from ciam_tui.app.literal import literal
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.screens.save_export import SaveExportScreen, finished
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.export.formats import ABOUT, ALL
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.facts import Facts

Exports = dict[str, tuple["ExportFile", ...]]


class ExportScreen(WorkScreen[None]):
    """The formats with their files, and the file under the cursor. `facts` are what was read of the account, where it was."""

    ABOUT: ClassVar = "export"
    KEYS: ClassVar = (Want.NEXT, Want.COPY, Want.FILTER, Want.BACK, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.NEXT, Want.COPY, Want.BACK, Want.HELP})
    WORDS: ClassVar = {Want.NEXT: "Save", Want.BACK: "Close"}
    app: CiamApp

    class Made(Message):
        """The files of every format, or why there are none."""

        def __init__(self, outcome: Exports | CiamError) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, session: Session, draft: Draft, facts: Facts | None = None) -> None:
        super().__init__(session, "Export")
        self._draft = draft
        self._facts = facts
        self._files: Mapping[str, ExportFile] = {}
        self._list = Picker(id="export-files")
        self._view = DocumentView(id="export-file")

    def content(self) -> Iterable[Widget]:
        """The list, and the file."""
        self._list.border_title = "Formats and their files"
        yield Container(self._list, self._view, id="export")

    def on_mount(self) -> None:
        """The list takes the keys."""
        self._list.say("making the files …")
        self._list.focus()
        self.make()

    @work(thread=True, exclusive=True, exit_on_error=False, group="export")
    def make(self) -> None:
        """The files, off the screen's thread: a set-up of many projects has many."""
        worker = get_current_worker()
        made = outcome_of(lambda: _exports(self._draft, self._facts, contexts=self.session.wires))
        if not worker.is_cancelled:
            self.post_message(self.Made(made))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_export_screen_made(self, event: Made) -> None:
        """List them."""
        event.stop()
        if isinstance(event.outcome, CiamError):
            self._list.say(f"! {event.outcome.message}")
            return
        self._files = {f"{name}/{file.path}": file for name, files in event.outcome.items() for file in files}
        rows = [
            Row(f"{name}/{file.path}", (name if first else "", file.path), copied=file.text)
            for name, files in event.outcome.items()
            for first, file in ((file is files[0], file) for file in files)
        ]
        everything = "\n".join(self._files)
        self._list.show([*rows, Row(ALL, (ALL, "each format in a folder"), copied=everything)])
        self._show_file()

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Another file."""
        event.stop()
        self._show_file()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click selects; Enter saves."""
        event.stop()
        self._show_file()
        if event.go_on:
            self.action_want(Want.NEXT)

    def _show_file(self) -> None:
        row = self._list.highlighted
        if row is None:
            return
        name = self._format(row)
        self._view.border_title = literal(row.key)
        self._view.border_subtitle = literal(ABOUT[name])
        self._view.show(_lines(self._files.get(row.key), row.copied))
        self._view.to_top()

    def _format(self, row: Row) -> str:
        return row.key.partition("/")[0]

    def want_next(self) -> str | None:
        """Ask into which folder the format at hand is to be saved."""
        row = self._list.highlighted
        if row is None or not self._files:
            return "There are no files yet."
        self.app.push_screen(
            SaveExportScreen(self._draft, self._format(row), facts=self._facts, wires=self.session.wires),
            lambda said: self.say(said) if said else None,
        )
        return None

    def want_export(self) -> str | None:
        """The key that opened it saves."""
        return self.want_next()

    def want_copy(self) -> str | None:
        """The file at hand, wherever the focus is."""
        row = self._list.highlighted
        if row is None or not row.copied:
            return "There is no file to copy yet."
        self.copy(row.copied)
        return None

    def want_back(self) -> str | None:
        """Clear the filter, else close."""
        if not self.clear_filter():
            self.dismiss(None)
        return None


def _exports(draft: Draft, facts: Facts | None, *, contexts: bool) -> Exports:
    from ciam_tui.core.export.formats import ExportChoices, each_exported

    return each_exported(finished(draft), ExportChoices(contexts=contexts, facts=facts))


def _lines(file: ExportFile | None, text: str) -> list[Line]:
    """The file as it is drawn: JSON as everywhere, else its lines as they are."""
    if file is not None and file.path.endswith(".json"):
        return document_lines(file.text.removesuffix("\n"), ())
    return [Line(((line, Ink.PROSE),)) for line in text.removesuffix("\n").split("\n")]
