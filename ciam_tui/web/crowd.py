"""Connections of those who have not come in: everybody on the machine may open one, so they must not keep the person out.

A connection that says nothing costs nothing to make, and each takes a file of which a process has a thousand. So there is room for a few
strangers, and another one takes the place of the oldest. Who has come in is no stranger, and is not sent away.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.web_protocol import RequestHandler

MOST_STRANGERS = 64
BACKLOG = 16  # so many are taken at once before the oldest can go


class Crowd:
    """Makes what speaks to each connection of `server`, as a loop wants it made."""

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._strangers: dict[RequestHandler, None] = {}

    def __call__(self) -> RequestHandler:
        """What speaks to one more connection."""
        if len(self._strangers) >= MOST_STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            # Not at once: one that came a moment ago is not connected before the loop comes around.
            asyncio.get_running_loop().call_soon(_send_away, oldest)
        made = self._server()
        self._strangers[made] = None
        return made

    def has_come_in(self, one: RequestHandler) -> None:
        """It is the person's."""
        self._strangers.pop(one, None)


def _send_away(one: RequestHandler) -> None:
    if one.transport is not None:
        one.transport.abort()
