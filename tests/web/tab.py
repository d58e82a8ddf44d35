"""A tab of a browser as far as a server can tell: it opens the link, keeps the cookie, and speaks by the WebSocket."""

from __future__ import annotations

import aiohttp

from tests.web.waiting import PATIENCE_SECONDS


class Tab:
    """One page, and all that was drawn on it."""

    def __init__(self, session: aiohttp.ClientSession, link: str) -> None:
        self._session = session
        self._link = link
        self._seen = b""

    async def open(self) -> None:
        origin = self._link.partition("/?")[0]
        async with self._session.get(self._link, allow_redirects=False) as answer:
            assert answer.status == 303
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            path = answer.headers["Location"]
        self.page = await self._session.ws_connect(f"{origin}{path}ws?width=100&height=30", headers={"Origin": origin, "Cookie": cookie})

    async def until(self, text: str) -> None:
        while text.encode() not in self._seen:
            said = await self.page.receive(PATIENCE_SECONDS)
            assert said.type is aiohttp.WSMsgType.BINARY, (said, self._seen[-2000:])
            self._seen += said.data

    async def press(self, keys: str) -> None:
        await self.page.send_json(["stdin", keys])
