"""A screen that reads one thing at a time behind itself: it says what it is at, Esc stops it, and what an earlier reading says comes too late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.message import Message
from textual.screen import ScreenResultType
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.screens.base import WorkScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.session import Session
    from ciam_tui.core.problems import CiamError

    Tell = Callable[[str], None]
    ShouldStop = Callable[[], bool]
    Work = Callable[[Tell, ShouldStop], Any]


class ReadingScreen(WorkScreen[ScreenResultType]):
    """Whoever inherits begins readings, and is told by `told` and `came`."""

    READING: ClassVar = "reading"
    app: CiamApp

    class Told(Message):
        """What is being read now."""

        def __init__(self, number: int, text: str) -> None:
            super().__init__()
            self.number = number
            self.text = text

    class Came(Message):
        """What was read, or why it was not."""

        def __init__(self, number: int, what: str, outcome: Any | CiamError) -> None:
            super().__init__()
            self.number = number
            self.what = what
            self.outcome = outcome

    def __init__(self, session: Session, title: str) -> None:
        super().__init__(session, title)
        self._number = 0
        self._what = ""

    def told(self, what: str, text: str) -> None:
        """The reading `what` is at `text`."""
        raise NotImplementedError

    def came(self, what: str, outcome: Any | CiamError) -> None:
        """The reading `what` has come to its end."""
        raise NotImplementedError

    @property
    def reads(self) -> str:
        """What is being read; empty where nothing is."""
        return self._what

    def begin_reading(self, what: str, do: Work) -> None:
        """Do `do` in a worker, in place of what was being read."""
        self._number += 1
        self._what = what
        self._read(self._number, what, do)

    def stop_reading(self) -> str:
        """Read no more; what was being read, empty where nothing was."""
        what, self._what = self._what, ""
        self._number += 1
        self.workers.cancel_group(self, self.READING)
        return what

    @work(thread=True, exclusive=True, exit_on_error=False, group=READING)
    def _read(self, number: int, what: str, do: Work) -> None:
        worker = get_current_worker()

        def tell(text: str) -> None:
            if not worker.is_cancelled:
                self.post_message(self.Told(number, text))

        outcome = outcome_of(lambda: do(tell, lambda: worker.is_cancelled))
        if not worker.is_cancelled:
            self.post_message(self.Came(number, what, outcome))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self._what = ""
            self.app.fail(event.worker.error)

    def on_reading_screen_told(self, event: Told) -> None:
        """Say it."""
        event.stop()
        if event.number == self._number and self._what:
            self.told(self._what, event.text)

    def on_reading_screen_came(self, event: Came) -> None:
        """Hand it on, unless somebody had enough."""
        event.stop()
        if event.number == self._number:
            self._what = ""
            self.came(event.what, event.outcome)
