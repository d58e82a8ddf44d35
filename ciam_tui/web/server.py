"""The server of one person's wizard: every request passes the door, and one wizard at a time runs behind it.

It listens on 127.0.0.1 alone. One wizard at a time, since two would write one draft: a second tab is told so; a page that is loaded again waits
until the wizard before it has saved its draft and left. Nothing is logged: a request line may hold the link's token.
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from aiohttp import WSCloseCode, WSMsgType, web

from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown
from ciam_tui.web import pages
from ciam_tui.web.crowd import BACKLOG, Crowd
from ciam_tui.web.door import COOKIE, LINK_SECONDS, SPENT, AskedAgain, Door, Entered, Knock, Refused, Traded
from ciam_tui.web.messages import Pinged, message_in, size_in
from ciam_tui.web.wizard import PATIENCE_SECONDS, Wizard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST = "127.0.0.1"
_MOST_BYTES_OF_A_MESSAGE = 1 << 20  # room for a pasted policy, and nothing that could fill the memory
_ENDED, _TAKEN, _STOPPED = 4000, 4001, 4002
_CLOSING_SECONDS = 3.0
_HEARTBEAT_SECONDS = 60.0  # a tunnel that broke is noticed by it; a browser that goes says so at once


def listening(port: int) -> socket.socket:
    """A socket on 127.0.0.1 at `port`, or at a free one for 0.

    Raises:
        CiamError: the port is taken, or not for everybody.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        reason = error.strerror or type(error).__name__
        told = f"port {port} of {HOST}: {reason}."
        raise CiamError("port-not-free", "The wizard cannot be served", told, ["Leave --port out, and a free port is taken."]) from None
    return found


class _Page(web.WebSocketResponse):
    """A page's WebSocket, with the connection beneath it once there is one."""

    connection: asyncio.Transport | None = None


class Server:
    """Serves the program with `arguments` on `listener`. `say` is told what somebody at the terminal should know."""

    def __init__(
        self,
        arguments: Sequence[str],
        listener: socket.socket,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        link_seconds: float = LINK_SECONDS,
        patience_seconds: tuple[float, float] = PATIENCE_SECONDS,
    ) -> None:
        self._arguments = arguments
        self._listener = listener
        self._say = say
        self._clock = clock
        self._patience_seconds = patience_seconds
        self.door = Door(f"{HOST}:{listener.getsockname()[1]}", clock(), link_seconds)
        self._headers = pages.headers(self.door.host)
        self._seat = asyncio.Lock()
        self._is_leaving = False
        self._has_told_of_the_link = False
        self._sockets: set[_Page] = set()
        self._crowd: Crowd | None = None

    async def serve(self, until: asyncio.Event) -> None:
        """Answer until `until` is set; then end the wizard, and tell its page."""
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", self._answer)
        app.on_response_prepare.append(self._mark)
        app.on_shutdown.append(self._tell_the_pages)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=sum(self._patience_seconds) + _CLOSING_SECONDS)
        await runner.setup()
        assert runner.server is not None  # noqa: S101 - as it was set up
        self._crowd = Crowd(runner.server)
        try:
            accepting = await asyncio.get_running_loop().create_server(self._crowd, sock=self._listener, backlog=BACKLOG)
            try:
                await until.wait()
            finally:
                accepting.close()
        finally:
            await runner.cleanup()

    async def _mark(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._headers)

    async def _tell_the_pages(self, _: web.Application) -> None:
        for socket_ in tuple(self._sockets):
            await _close(socket_, _STOPPED, "`ciam-tui serve` was ended in its terminal. The draft is saved.")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        answer = self.door.answer(_knock(request), self._clock())
        match answer:
            case Refused(status, sentence):
                self._tell_of(sentence)
                return web.Response(status=status, text=sentence + "\n", headers={"Allow": "GET"} if status == 405 else None)
            case Traded(path, secret):
                self._say("The link was opened in a browser, and is spent.")
                response = web.Response(status=303, headers={"Location": path})
                response.set_cookie(COOKIE, secret, path=path, httponly=True, samesite="Strict")
                return response
            case AskedAgain():
                return web.Response(text=pages.again(), content_type="text/html")
            case Entered(wanted):
                if self._crowd is not None:
                    self._crowd.has_come_in(request.protocol)
                return await self._room(request, wanted)
            case _:
                assert_never(answer)

    def _tell_of(self, sentence: str) -> None:
        """Somebody tried the link again: perhaps a person who forgot, perhaps another, so the terminal says it, once."""
        if sentence == SPENT and not self._has_told_of_the_link:
            self._has_told_of_the_link = True
            self._say("The link was tried a second time, and refused. If you did not open it the first time, press Ctrl+C.")

    async def _room(self, request: web.Request, wanted: str) -> web.StreamResponse:
        if wanted == "ws":
            return await self._wizard(request)
        if not wanted:
            return web.Response(text=pages.page(f"ws://{self.door.host}{self.door.path}ws"), content_type="text/html")
        found = pages.file(wanted)
        if found is None:
            return web.Response(status=404, text="There is nothing of this name here.\n")
        return web.Response(body=found[0], content_type=found[1])

    async def _wizard(self, request: web.Request) -> web.StreamResponse:
        """A wizard for as long as the page is there."""
        page = _Page(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_MOST_BYTES_OF_A_MESSAGE, compress=False, timeout=_CLOSING_SECONDS)
        if not page.can_prepare(request):
            return web.Response(status=426, text="This address speaks WebSocket alone.\n", headers={"Upgrade": "websocket"})
        await page.prepare(request)
        page.connection = request.transport
        self._sockets.add(page)
        try:
            if not await self._take_the_seat():
                await _close(page, _TAKEN, "The wizard is open in another tab or window. Close it there, then go on here.")
                return page
            try:
                if _has_gone(request):  # while it waited: nobody would see the wizard, and the next page would wait for its end
                    self._is_leaving = True
                    return page
                await self._show(page, size_in(request.query.get("width"), request.query.get("height")))
            finally:
                self._seat.release()
        finally:
            self._sockets.discard(page)
        return page

    async def _take_the_seat(self) -> bool:
        """Whether this page may have the wizard: nobody has it, or whoever has it is leaving and does so in time."""
        if self._seat.locked() and not self._is_leaving:
            return False
        try:
            await asyncio.wait_for(self._seat.acquire(), sum(self._patience_seconds) + _CLOSING_SECONDS)
        except TimeoutError:
            return False
        self._is_leaving = False
        return True

    async def _show(self, page: _Page, size: tuple[int, int]) -> None:
        async def close() -> None:
            self._is_leaving = True
            reason = (
                "The wizard had a problem; it says which in the terminal of `ciam-tui serve`."
                if wizard.is_failed
                else "You have left the wizard."
            )
            await _close(page, _ENDED, f"{reason} The draft is saved.")

        wizard = Wizard(self._arguments, send=page.send_bytes, close=close, say=self._say, patience_seconds=self._patience_seconds)
        try:
            await wizard.start(*size)
        except OSError as error:
            self._say(f"The wizard could not be started: {shown(str(error))}.")
            await _close(page, _ENDED, "The wizard could not be started; the terminal of `ciam-tui serve` says why.")
            return
        try:
            await _listen(page, wizard)
        finally:
            self._is_leaving = True
            _cut(page)
            await wizard.stop()


async def _listen(page: _Page, wizard: Wizard) -> None:
    """Hand on what the page says until it goes, or says what no page of ours does."""
    async for said in page:
        message = message_in(said.data) if said.type is WSMsgType.TEXT else None
        match message:
            case None:
                await _close(page, WSCloseCode.POLICY_VIOLATION, "The page said what is not understood here.")
                return
            case Pinged(text):
                with suppress(ConnectionError):
                    await page.send_json(["pong", text])
            case _:
                await wizard.hear(message)


def _has_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _close(page: _Page, code: int, reason: str) -> None:
    """Tell the page; where it takes nothing in, as a tab that is frozen or at the end of a dead tunnel, nobody waits for it."""
    closing = asyncio.create_task(page.close(code=code, message=reason.encode()))
    # It is not given up, but has nothing to wait for any more: whoever waits for the same connection would be given up with it.
    if not (await asyncio.wait([closing], timeout=2 * _CLOSING_SECONDS))[0]:
        _cut(page)
    with suppress(ConnectionError, RuntimeError):
        await closing


def _cut(page: _Page) -> None:
    """End the connection, with what is still on its way: the wizard could not leave while what it draws is waited for."""
    if page.connection is not None and page.connection.get_write_buffer_size():
        page.connection.abort()


def _knock(request: web.Request) -> Knock:
    headers = request.headers
    pairs = [part.strip().partition("=") for line in headers.getall("Cookie", []) for part in line.split(";")]
    return Knock(
        method=request.method,
        target=request.raw_path,
        hosts=tuple(headers.getall("Host", [])),
        origins=tuple(headers.getall("Origin", [])),
        cookies=tuple(value for name, _, value in pairs if name == COOKIE),
        site=headers.get("Sec-Fetch-Site"),
        purpose=headers.get("Sec-Purpose", "") or headers.get("Purpose", ""),
    )
