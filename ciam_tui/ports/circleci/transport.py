"""One request, one answer, over HTTP: addresses, proxies, certificates and limits of time and size, and not a word of what is asked.

What comes back is a `Reply` or a `Broken`, never an exception of urllib3: those carry requests, and a request carries the token. The headers
are made here, in the one frame that holds the token in the clear.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions as http
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import make_headers

from ciam_tui import __version__
from ciam_tui.ports.circleci.network import proxy_for, tls_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3.response import BaseHTTPResponse, HTTPResponse

    from ciam_tui.ports.circleci.secret import Secret

BODY_LIMIT = 8 * 1024 * 1024  # A page of 50 projects has some 20 KB; all projects that somebody follows, with their branches, some MB.
_CHUNK = 64 * 1024
_UNTIL: ContextVar[float] = ContextVar("until")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that making a connection, a silence within an answer, and a whole answer may take."""

    connect: float = 10.0
    silence: float = 30.0
    whole: float = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status. The names of `headers` are in lower case. It may quote what was sent, so it shows its status alone."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class BrokenBy(StrEnum):
    """Why there is no answer."""

    CONNECTION = "connection"  # there is no connection
    PROXY = "proxy"  # the proxy makes none
    CERTIFICATE = "certificate"  # the certificate is not trusted
    TLS = "tls"  # TLS failed otherwise, at some moment
    TIME = "time"  # no answer in time, or not all of it
    DROPPED = "dropped"  # the connection ended before the answer did
    SIZE = "size"  # the answer is larger than any that CircleCI gives


_NOT_SENT = frozenset({BrokenBy.CONNECTION, BrokenBy.PROXY, BrokenBy.CERTIFICATE})


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer."""

    by: BrokenBy

    @property
    def was_sent(self) -> bool:
        """Whether the request may have reached the other side, and may have had its effect."""
        return self.by not in _NOT_SENT


class _Timed:
    """A connection whose answer's first lines have to be there in time: a byte now and then would keep each single wait short for ever."""

    sock: socket.socket

    def getresponse(self) -> HTTPResponse:
        """The answer's status and headers."""
        watch = threading.Timer(max(0.0, _UNTIL.get() - time.monotonic()), _end, (self.sock,))
        watch.daemon = True
        watch.start()
        try:
            return super().getresponse()  # type: ignore[misc,no-any-return]  # of the connection class that stands beside this one
        finally:
            watch.cancel()


class _TimedHttp(_Timed, HTTPConnection):  # type: ignore[misc]  # both declare `sock`, for the same socket
    pass


class _TimedHttps(_Timed, HTTPSConnection):  # type: ignore[misc]  # as above
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _TimedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHttps


class Transport:
    """Requests to one host. Reads share connections; a write opens one of its own, since a kept one may be dead without knowing it."""

    def __init__(
        self, host: str, token: Secret | None, environ: Mapping[str, str], *, limits: Limits | None = None, in_flight: int = 8
    ) -> None:
        self.host = host
        self._token = token
        self._limits = limits or Limits()
        self._in_flight = in_flight
        self._proxy = proxy_for(host, environ)
        self._context = tls_context(environ) if "https:" in {host[:6], self._proxy.url[:6] if self._proxy else ""} else None
        self._shared = self._manager()

    def read(self, target: str) -> Reply | Broken:
        """The answer to GET `target`, a path with its query."""
        return self._exchange(self._shared, "GET", target, None)

    def write(self, method: str, target: str, body: bytes | None) -> Reply | Broken:
        """The answer to a request that changes something, sent once."""
        own = self._manager()
        try:
            return self._exchange(own, method, target, body)
        finally:
            own.clear()

    def close(self) -> None:
        """Close the kept connections."""
        self._shared.clear()

    def _manager(self) -> urllib3.PoolManager:
        settings: dict[str, Any] = {"num_pools": 1, "maxsize": self._in_flight, "block": True, "ssl_context": self._context}
        if self._proxy is None:
            made = urllib3.PoolManager(**settings)
        else:
            login = make_headers(proxy_basic_auth=self._proxy.login.reveal()) if self._proxy.login else None
            made = urllib3.ProxyManager(self._proxy.url, proxy_headers=login, proxy_ssl_context=self._context, **settings)
        made.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return made

    def _exchange(self, manager: urllib3.PoolManager, method: str, target: str, body: bytes | None) -> Reply | Broken:
        until = time.monotonic() + self._limits.whole
        mark = _UNTIL.set(until)
        try:
            response = manager.urlopen(
                method,
                self.host + target,
                body=body,
                headers=self._headers(body),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=self._limits.connect, read=self._limits.silence),
            )
            return _read_whole(response, until)
        except (http.HTTPError, OSError) as error:
            return Broken(_broken_by(error) if time.monotonic() < until else BrokenBy.TIME)
        finally:
            _UNTIL.reset(mark)

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": f"ciam-tui/{__version__}"}
        if self._token is not None:
            headers["Circle-Token"] = self._token.reveal()  # Older Servers do not take a bearer token; every Cloud takes this.
        if body is not None:
            headers["Content-Type"] = "application/json"
        return headers


def _read_whole(response: BaseHTTPResponse, until: float) -> Reply | Broken:
    body = bytearray()
    try:
        if (response.length_remaining or 0) > BODY_LIMIT:
            return Broken(BrokenBy.SIZE)
        # One wait at most for each piece, so that the limits are looked at however slowly the bytes come.
        while piece := response.read1(_CHUNK):
            body += piece
            if len(body) > BODY_LIMIT:
                return Broken(BrokenBy.SIZE)
            if time.monotonic() > until:
                return Broken(BrokenBy.TIME)
        headers = {name.lower(): value for name, value in response.headers.items()}
        whole = Reply(response.status, headers, bytes(body))
        response.release_conn()
        return whole
    finally:
        response.close()  # after a whole answer the connection is back with the others, and stays open
        response.release_conn()


def _broken_by(error: http.HTTPError | OSError) -> BrokenBy:
    match error:
        case http.ProxyError():
            return BrokenBy.PROXY
        case http.SSLError():
            return BrokenBy.CERTIFICATE if "CERTIFICATE_VERIFY_FAILED" in str(error) else BrokenBy.TLS
        case http.ConnectTimeoutError() | http.LocationParseError():
            return BrokenBy.CONNECTION
        case http.TimeoutError():
            return BrokenBy.TIME
        case ssl.SSLError():
            return BrokenBy.TLS
        case _:
            return BrokenBy.DROPPED


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # the answer came, and the connection ended, at this very moment
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # of the plain class: TLS's own farewell would be said by two threads at once
