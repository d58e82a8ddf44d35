"""One wizard behind one page: a process of the program, begun from an argument list and ended as if its terminal were closed.

The process is textual-serve's, with three differences. It is started without a shell, so that no flag can become a command. It always ends:
asked first, as by a closed terminal, so that the draft is saved and a run is left as its journal tells it; told if it does not answer; and killed
if it does not listen. And what it says on standard error is told here, bounded, not kept in memory without end.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from ciam_tui.core.shown import shown
from ciam_tui.terminal import DRIVER_VARIABLE, SERVED_DRIVER
from ciam_tui.web.messages import Focused, Pinged, Resized, Typed

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Awaitable, Callable, Sequence

    from ciam_tui.web.messages import Message

_PRELUDE = b"__GANGLION__\n"
_MOST_WORDS = 64 * 1024
_MOST_BYTES_OF_A_FRAME = 64 * 1024 * 1024

# How long it may take to leave once it was asked; then, once it was told by a signal. A busy machine needs some of it.
PATIENCE_SECONDS = (15.0, 5.0)


class Wizard(AppService):
    """The program with `arguments`, whose frames go to `send`; `close` is called once it has ended, and `say` told what it said."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        send: Callable[[bytes], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
        say: Callable[[str], None],
        patience_seconds: tuple[float, float] = PATIENCE_SECONDS,
    ) -> None:
        super().__init__("", write_bytes=send, write_str=_unheard, close=close, download_manager=DownloadManager())
        self._arguments = arguments
        self._say = say
        self._patience_seconds = patience_seconds

    @property
    def is_failed(self) -> bool:
        """Whether it ended as a program does that had a problem."""
        return self._process is not None and bool(self._process.returncode)

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return super()._build_environment(width, height) | {DRIVER_VARIABLE: SERVED_DRIVER}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        pipe = asyncio.subprocess.PIPE
        self._process = process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=self._build_environment(width, height),
            start_new_session=True,  # Ctrl+C is for the server, which then ends the wizard in its own way
        )
        self._stdin = process.stdin
        return process

    async def run(self) -> None:
        """Carry frames until the process ends; then tell what it said, and close the page."""
        process = self._process
        assert process is not None and process.stdout is not None and process.stderr is not None  # noqa: PT018, S101 - as it was started
        listening = asyncio.create_task(_words_of(process.stderr))
        try:
            await self._carry(process.stdout)
        finally:
            for line in (await listening).splitlines():
                self._say(shown(line))
            await process.wait()
            await self.remote_close()

    async def _carry(self, stdout: asyncio.StreamReader) -> None:
        """Send what is drawn. Once nobody looks, it is still read, since a process that cannot write cannot leave."""
        is_seen = True
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await stdout.readuntil(_PRELUDE)
            while True:
                head = await stdout.readexactly(5)
                size = int.from_bytes(head[1:], "big")
                if size > _MOST_BYTES_OF_A_FRAME:
                    return
                payload = await stdout.readexactly(size)
                # "D" is what is drawn. The rest (files to download, addresses to open) is no part of this program.
                if head[:1] == b"D" and is_seen:
                    try:
                        await self.remote_write_bytes(payload)
                    except (ConnectionError, RuntimeError):
                        is_seen = False

    async def hear(self, message: Message) -> None:
        """Hand on what a page said."""
        match message:
            case Typed(data):
                await self.send_bytes(data)
            case Resized(columns, rows):
                await self.set_terminal_size(columns, rows)
            case Focused(is_focused):
                await (self.focus() if is_focused else self.blur())
            case Pinged():
                pass

    async def stop(self) -> None:
        """End the process, and wait until it has ended; calling it again does nothing."""
        if self._process is None or self._task is None:
            return
        task, self._task = self._task, None
        asked, told = self._patience_seconds
        with suppress(TimeoutError):
            await asyncio.wait_for(self.send_meta({"type": "quit"}), asked)
        for number, seconds in ((None, asked), (signal.SIGTERM, told), (signal.SIGKILL, told)):
            if number is not None:
                self._signal(number)
            if (await asyncio.wait([task], timeout=seconds))[0]:
                break
        task.cancel()  # what is left of it waits for somebody to whom the process gave its pipes
        with suppress(asyncio.CancelledError):
            await task

    def _signal(self, number: signal.Signals) -> None:
        """To the process and all that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


async def _words_of(stderr: asyncio.StreamReader) -> str:
    kept = bytearray()
    while piece := await stderr.read(4096):
        kept += piece[: _MOST_WORDS - len(kept)]
    return kept.decode("utf-8", "replace")


async def _unheard(_: str) -> None:
    """No message to the page but frames."""
