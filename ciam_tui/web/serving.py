"""How serving begins and ends: a link that is good once, signals that end the wizard with its draft saved, and no word in any log.

A server whose link nobody opened in time can let nobody in any more, so it ends by itself and says so.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.web.door import LINK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.web.server import Server

NEEDED_MODULES = ("textual_serve", "aiohttp")


def need_the_extra() -> None:
    """Say in one sentence what serving needs, where it is not installed.

    Raises:
        CiamError: `web-missing`.
    """
    missing = [name.replace("_", "-") for name in NEEDED_MODULES if find_spec(name) is None]
    if missing:
        raise CiamError(
            "web-missing",
            "The wizard cannot be served here",
            f"it needs {' and '.join(missing)}, which the plain installation leaves out.",
            ["Run: pip install 'ciam-tui[web]'"],
        )


def serve(
    arguments: Sequence[str], *, port: int, show: Callable[[str], None], say: Callable[[str], None], link_seconds: float = LINK_SECONDS
) -> None:
    """Serve the program with `arguments` until a signal ends it. `show` is given the link, and `say` what the person should know.

    Raises:
        CiamError: the port is not free, or nobody opened the link in time.
    """
    from ciam_tui.web.server import Server, listening

    tell = once(say)
    keep_logs_out(tell)
    with listening(port) as listener:
        asyncio.run(_served(Server(arguments, listener, say, link_seconds=link_seconds), show, tell))


def once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Says each sentence once: whoever can bring about an error again and again would fill the terminal with it."""
    said: set[str] = set()

    def tell(sentence: str) -> None:
        if sentence not in said:
            said.add(sentence)
            say(sentence)

    return tell


async def _served(server: Server, show: Callable[[str], None], tell: Callable[[str], None]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: tell(_internal(context.get("exception"))))
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means to outlive the terminal
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, ended.set)
    was_opened = True

    def look() -> None:
        nonlocal was_opened
        was_opened = server.door.is_spent
        if not was_opened:
            ended.set()

    loop.call_later(server.door.link_seconds, look)
    show(server.door.link)
    await server.serve(ended)
    if not was_opened:
        minutes = f"{server.door.link_seconds / 60:g} minutes"
        raise CiamError("link-expired", "Nobody opened the link", f"it was good for {minutes}.", ["Start `ciam-tui serve` again."])


class _Teller(logging.Handler):
    """Tells of an error within the server in one line. A log record itself may quote a request, and with it a link."""

    def __init__(self, tell: Callable[[str], None], of_strangers: tuple[type[BaseException], ...]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell
        self._of_strangers = of_strangers

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, self._of_strangers):
            self._tell(_internal(error))


def keep_logs_out(tell: Callable[[str], None]) -> None:
    """Have `tell` told of errors within the server; not of what strangers send that is no request, which is refused."""
    from aiohttp.http import HttpProcessingError
    from aiohttp.web import RequestPayloadError

    for name in ("aiohttp", "asyncio", "textual-serve"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers = [_Teller(tell, (HttpProcessingError, RequestPayloadError))]


def _internal(error: BaseException | None) -> str:
    return f"Internal error of the server ({type(error).__name__}); it goes on. Please report it."
