"""Carries a run to its end before the eyes of a person: each event a line, each way to end an exit code, each stop with the way on and back.

`apply`, `undo` and `resume` differ in what they carry out; how it is told, stopped and ended is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.commands.account import Stopping, command_line
from ciam_tui.commands.plan_report import told
from ciam_tui.commands.run_report import EventLines, ending_of, exit_code, run_document
from ciam_tui.commands.speaking import print_document, say, warn
from ciam_tui.core.journal import Failed, fold
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ciam_tui.apply import Ports, Waiting
    from ciam_tui.commands.plan_report import PlanDocument, Told
    from ciam_tui.commands.run_report import Ending, RunDocument
    from ciam_tui.core.journal import Entry
    from ciam_tui.core.plan import Step

    Start = Callable[[Callable[[], bool]], Iterator[Entry | Waiting]]


@dataclass(frozen=True, slots=True)
class Carrying:
    """One run to carry: its id, its steps as they are numbered for the reader, and the plan that was shown."""

    args: argparse.Namespace
    ports: Ports
    run_id: str
    steps: Sequence[Step]
    undoes: str | None = None
    plan: PlanDocument | None = None
    document: Callable[[RunDocument], None] = print_document  # what takes the document at the end, where one was asked for

    def to_its_end(self, start: Start) -> int:
        """The exit code of the run that `start` begins or goes on with; `start` is given what tells it to stop.

        Raises:
            CiamError: nothing was begun.
        """
        lines, stopping = EventLines(self.steps), Stopping()
        last: Entry | Waiting | None = None
        failure: CiamError | None = None
        is_interrupted = False
        with stopping.on_signals():
            try:
                for event in start(stopping):
                    last = event
                    self._say(lines.of(event), stopping)
            except KeyboardInterrupt:
                is_interrupted = True
            except CiamError as error:
                if last is None:
                    raise
                failure = error
        return self._ended(last, failure, is_interrupted=is_interrupted)

    def _say(self, lines: Iterable[str], stopping: Stopping) -> None:
        """A reader who went away is a reason to stop, at a place where nothing is unknown."""
        try:
            say(self.args, lines)
        except BrokenPipeError:
            if not stopping():
                warn(["Nobody reads the output any more: stopping after the current call."])
            stopping.ask()

    def _ended(self, last: Entry | Waiting | None, failure: CiamError | None, *, is_interrupted: bool) -> int:
        entries = self._entries()
        if not entries:  # interrupted before the run was written down: nothing was begun
            ending: Ending = "interrupted"
        elif failure is not None:
            ending = "failed"
        else:
            ending = "interrupted" if is_interrupted else ending_of(fold(entries), last)
        is_over = ending == "verified" or not entries
        go_on = None if is_over else command_line(self.args, "resume", self.run_id)
        go_back = command_line(self.args, "undo", self.run_id) if entries and self.undoes is None else None
        if failure is not None:
            warn([f"ciam-tui: {failure}"])
        if is_interrupted:
            warn(["Interrupted."])
        self._tell_ways(ending, go_on, go_back)
        if self.args.json:
            error = told(failure) if failure else self._told_by(last)
            self.document(run_document(ending, entries, plan=self.plan, error=error, go_on=go_on, go_back=go_back))
        return exit_code(ending)

    def _told_by(self, last: Entry | Waiting | None) -> Told | None:
        if not isinstance(last, Failed):
            return None
        title = next(step.title for step in self.steps if step.id == last.step)
        return {"code": last.code, "title": title, "message": last.message, "suggestions": list(last.suggestions)}

    def _tell_ways(self, ending: Ending, go_on: str | None, go_back: str | None) -> None:
        ways = []
        if go_on:
            ways.append(f"Go on:   {go_on}")
        if go_back:
            ways.append(f"{'Take it back' if ending == 'verified' else 'Go back'}: {go_back}")
        if ending == "verified":
            say(self.args, ways)
        else:
            warn(ways)

    def _entries(self) -> tuple[Entry, ...]:
        if self.run_id not in self.ports.journals.run_ids():
            return ()
        return self.ports.journals.open(self.run_id).entries()
