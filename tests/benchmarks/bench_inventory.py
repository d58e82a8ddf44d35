"""How long it takes to look for a key in a whole organization of CircleCI: each page is a round trip, and there are thousands of them."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from ciam_tui.core.circleci.facts import Organization
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.listing import IN_FLIGHT
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.circleci.sources import Access
from tests.benchmarks.harness import Row, Sample, milliseconds_of_call

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "inventory of 500 contexts of 100 variables"
AIM = "<= 1/3 of a loop"

_CONTEXTS = 500
_VARIABLES = 100
_PAGE = 100  # CircleCI's for the variables of a context
_ROUND_TRIP = 0.01  # a near CircleCI's; the loopback would have none, and nothing to gain
_REQUESTS = _CONTEXTS // _PAGE + 2 * _CONTEXTS
_ACME = Organization("0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11", "gh/acme", "acme", "github")


def measure() -> Row:
    """The inventory, against a loop that reads one thing after the other on the same kept connection."""
    with _many_contexts() as server, closing(_client(server.url)) as circleci:

        def look() -> None:
            found = circleci.inventory(_ACME, lambda _done, _all: None, lambda: False, [])
            if not found.is_complete or sum(len(held.variables or ()) for held in found.contexts) != _CONTEXTS * _VARIABLES:
                raise ValueError("the inventory missed something")

        def loop() -> None:
            for context in circleci.contexts(_ACME):
                circleci.context_variables(context.id)
                circleci.context_restrictions(context.id)

        looked, looped = (server.counted(milliseconds_of_call(call)) for call in (look, loop))
        if server.most_at_once > IN_FLIGHT:
            raise ValueError(f"{server.most_at_once} requests were in flight at once")
        return Row(
            Sample(f"{_REQUESTS} requests, {server.most_at_once} at once", (looked,)), Sample("one after the other", (looped,)), "ms"
        )


def _client(url: str) -> HttpCircleCi:
    return HttpCircleCi(Access(url, Secret("CCIPAT_of_a_benchmark"), "typed"), environ={})


class _Many(ThreadingHTTPServer):
    """A CircleCI with many contexts, a round trip away, that counts what it is asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.most_at_once = self.asked = self._at_once = 0
        self._lock = threading.Lock()

    def counted(self, measurement: Any) -> float:
        """What `measurement` took, of which each page was asked for once."""
        before = self.asked
        took: float = measurement()
        if self.asked - before != _REQUESTS:
            raise ValueError(f"there were {self.asked - before} requests, and {_REQUESTS} pages")
        return took

    def page_of(self, target: str) -> Any:
        """A page, after the round trip."""
        with self._lock:
            self.asked += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(_ROUND_TRIP)
        with self._lock:
            self._at_once -= 1
        parts = urlsplit(target)
        if parts.path.endswith("/restrictions"):
            return {"items": []}
        if parts.path.endswith("/environment-variable"):
            names = (f"V{number:03}" for number in range(_VARIABLES))
            return {"items": [{"variable": name, "truncated_value": "abcd"} for name in names], "next_page_token": None}
        first = int(parse_qs(parts.query).get("page-token", ["0"])[0])
        items = [{"id": f"c{number:03}", "name": f"context {number:03}"} for number in range(first, first + _PAGE)]
        return {"items": items, "next_page_token": str(first + _PAGE) if first + _PAGE < _CONTEXTS else None}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Many

    def do_GET(self) -> None:
        body = json.dumps(self.server.page_of(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        """Says nothing."""


@contextmanager
def _many_contexts() -> Iterator[_Many]:
    server = _Many()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
