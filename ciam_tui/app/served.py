"""The driver of a wizard that another process shows in a browser: to it, the pipe is what a terminal is to the others.

Textual's own leaves the app alone when the pipe ends, so that a server that was killed would leave a wizard behind which nobody sees and
nobody can end. Here the end of the pipe is the end of the terminal: the app leaves, with the draft saved.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from textual import messages
from textual.drivers.web_driver import WebDriver

if TYPE_CHECKING:
    from textual.app import App


class ServedDriver(WebDriver):
    """As Textual's driver for the web, and ends with its pipes."""

    def __init__(self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write = partial(self._write_all)

    def run_input_thread(self) -> None:
        """Hand on what is typed until there is no more; unless the app ends by itself, it then has to."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())

    def _write_all(self, data: bytes) -> int:
        """Write the whole of `data`, which a signal may interrupt; where nobody reads any more there is nothing to be done here."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self.fileno, rest) :]
        except BrokenPipeError:
            self._app.post_message(messages.ExitApp())
        return len(data)
