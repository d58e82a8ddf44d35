"""A server of a wizard, within the test: the program behind it is a few lines that speak as the wizard does, and do what a test wants."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from ciam_tui.web.server import Server, listening
from tests.web.waiting import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Draws what it was started with, then what it hears, each as a frame; "leave" ends it as a key would, "quit" as a closed page does.
SPEAKING = r"""
import json, os, signal, sys
MODE = sys.argv[1]
if MODE == "stubborn": signal.signal(signal.SIGTERM, signal.SIG_IGN)
if MODE == "broken":
    print("it \x1b[31mbroke", file=sys.stderr)
    sys.exit(3)
def draw(text):
    data = text.encode()
    sys.stdout.buffer.write(b"D" + len(data).to_bytes(4, "big") + data); sys.stdout.buffer.flush()
sys.stdout.buffer.write(b"__GANGLION__\n")
draw(json.dumps({"pid": os.getpid(), "arguments": sys.argv[2:], "size": [os.environ["COLUMNS"], os.environ["ROWS"]],
                 "driver": os.environ["TEXTUAL_DRIVER"], "aws": os.environ.get("AWS_PROFILE")}))
take = sys.stdin.buffer.read
while head := take(5):
    body = take(int.from_bytes(head[1:], "big"))
    if head[:1] == b"M" and json.loads(body)["type"] == "quit" and MODE in ("deaf", "stubborn"): continue
    if head[:1] == b"M" and json.loads(body)["type"] == "quit" or body == b"leave": break
    draw("\r\n[" + body.hex() + "]" if MODE == "keys" else head[:1].decode() + body.decode())
print("The draft is saved.", file=sys.stderr)
"""


@dataclass
class Served:
    """A running server and what it said; `session` is a browser without a page."""

    server: Server
    session: aiohttp.ClientSession
    said: list[str]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    cookie: str = ""

    @property
    def origin(self) -> str:
        return self.server.door.origin

    @property
    def room(self) -> str:
        """The session's address."""
        return self.origin + self.server.door.path

    async def get(self, url: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers of one answer; a redirection is not followed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, url, headers=named, allow_redirects=False) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def come_in(self) -> str:
        """Spend the link; the cookie, as a browser sends it."""
        status, _, headers = await self.get(self.server.door.link)
        assert (status, headers["Location"]) == (303, self.server.door.path)
        self.cookie = headers["Set-Cookie"].partition(";")[0]
        return self.cookie

    async def page(self, query: str = "?width=100&height=30", **headers: str) -> aiohttp.ClientWebSocketResponse:
        """The WebSocket that a page opens."""
        sent = {"Origin": self.origin, "Cookie": self.cookie} | headers
        return await self.session.ws_connect(f"{self.room}ws{query}", headers={name: value for name, value in sent.items() if value})


@asynccontextmanager
async def served(mode: str = "plain", *arguments: str, patience_seconds: tuple[float, float] = (60.0, 60.0)) -> AsyncIterator[Served]:
    """A server, which is ended at the end."""
    said: list[str] = []
    with listening(0) as listener:
        program = [sys.executable, "-S", "-c", SPEAKING, mode, *arguments]
        server = Server(program, listener, said.append, patience_seconds=patience_seconds)
        jar = aiohttp.DummyCookieJar()
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session:
            running = Served(server, session, said)
            task = asyncio.create_task(server.serve(running.ended))
            try:
                yield running
            finally:
                running.ended.set()
                await asyncio.wait_for(task, PATIENCE_SECONDS)
