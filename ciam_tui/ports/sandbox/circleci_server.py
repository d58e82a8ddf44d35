"""The demo's CircleCI over HTTP: who may ask, which version of the API answers, and how each of them says no.

`serving` runs one in this process for a test; in the demo it lives beside the AWS account, in the child. Whatever is a matter of the service
as a whole is here: tokens, throttling, and the discovery document of an issuer.

`POST /_demo` steers it, with a JSON object: `{"reset": true}`, `{"is_server": true}`, `{"page_size": 5}`,
`{"fill": {"org_id": ..., "contexts": 500, "variables": 100}}`, `{"refuse": {"requests": 2, "status": 429, "retry_after": 1}}`.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ciam_tui.ports.sandbox import account, circleci_v1, circleci_v2, circleci_v3
from ciam_tui.ports.sandbox.circleci_messages import PAGE_SIZE, Installation, Reply, Request
from ciam_tui.ports.sandbox.circleci_state import Refused, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

APIS = {"v1.1": circleci_v1.answer, "v2": circleci_v2.answer, "v3": circleci_v3.answer}

# CircleCI publishes no number; these are only there to be seen in the headers.
REQUESTS_PER_MINUTE = 3000

LARGEST_BODY = 1 << 20


@dataclass(slots=True)
class Refusals:
    """How many of the next requests are refused, and how; `retry_after` None leaves the header out."""

    requests: int = 0
    status: int = 429
    retry_after: int | None = 1


@dataclass(slots=True)
class Service:
    """A CircleCI that answers one request at a time, as parallel as they come."""

    installation: Installation = field(default_factory=Installation)
    refusals: Refusals = field(default_factory=Refusals)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, method: str, target: str, headers: Message, body: bytes) -> Reply:
        """The reply to a request as it came."""
        with self.lock:
            parts = urlsplit(target)
            # The first value of a repeated parameter counts, and an empty one counts as given.
            query = dict(reversed(parse_qsl(parts.query, keep_blank_values=True)))
            raw = tuple(parts.path.removeprefix("/").split("/"))
            segments = tuple(unquote(segment) for segment in raw)
            match segments:
                case ("org", org_id, ".well-known", "openid-configuration") if method == "GET":
                    return self._discovery(org_id)
                case ("_demo",) if method == "POST":
                    return self._steer(headers, body)
                case ("api", version, *rest) if version in APIS and not (version == "v3" and self.installation.is_server):
                    return self._api(version, Request(method, tuple(rest), query, body), headers)
                case _:
                    return Reply({"message": "Not found"}, 404)

    def _api(self, version: str, request: Request, headers: Message) -> Reply:
        try:
            if self.refusals.requests > 0:
                return self._refusal(version)
            self._admit(version, request, headers)
            return APIS[version](self.installation, request)
        except Refused as refused:
            return _error(version, refused)

    def _admit(self, version: str, request: Request, headers: Message) -> None:
        token = _token(headers, is_server=self.installation.is_server)
        if token is None and version == "v1.1":
            token = request.query.get("circle-token")
        if token == account.CIRCLECI_PROJECT_TOKEN and version != "v1.1":
            raise Refused(403, "Permission denied")
        if token != account.CIRCLECI_TOKEN:
            raise Refused(401, "You must log in first." if token is None else "Invalid token provided.")

    def _refusal(self, version: str) -> Reply:
        self.refusals.requests -= 1
        status, wait = self.refusals.status, self.refusals.retry_after
        reply = _error(version, Refused(status, "Rate limit exceeded" if status == 429 else "Something went wrong"))
        limits = {
            "X-RateLimit-Limit-Minute": str(REQUESTS_PER_MINUTE),
            "RateLimit-Limit": str(REQUESTS_PER_MINUTE),
            "RateLimit-Remaining": "0",
        }
        limits |= {"RateLimit-Reset": str(wait), "Retry-After": str(wait)} if wait is not None else {}
        return Reply(reply.body, status, limits if status == 429 else {"Retry-After": str(wait)} if wait is not None else {})

    def _discovery(self, org_id: str) -> Reply:
        """What AWS and whoever wants to know the issuer reads; it needs no token. A Server is its own issuer, under its own name."""
        organization = self.installation.world.organizations.get(org_id)
        if organization is None:
            return Reply({"message": "Not found"}, 404)
        issuer = f"{account.CIRCLECI_SERVER_DOMAIN}/org/{org_id}" if self.installation.is_server else organization.issuer
        return Reply(
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/.well-known/jwks-pub.json",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public", "pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "claims_supported": ["aud", "exp", "iat", "iss", "sub"],
                "scopes_supported": ["openid"],
            }
        )

    def _steer(self, headers: Message, body: bytes) -> Reply:
        """For tests and demonstrations; it asks for the token, so that no page of a browser can steer it."""
        if _token(headers, is_server=True) != account.CIRCLECI_TOKEN:
            return Reply({"message": "You must log in first."}, 401)
        site = self.installation
        try:
            for name, value in json.loads(body).items():
                match name:
                    case "reset":
                        site.world, site.is_server, site.page_size, self.refusals = World(), False, PAGE_SIZE, Refusals()
                    case "is_server":
                        site.is_server = bool(value)
                    case "page_size":
                        site.page_size = int(value)
                    case "fill":
                        site.world.fill(site.world.organizations[value["org_id"]], value["contexts"], value["variables"])
                    case "refuse":
                        self.refusals = Refusals(**value)
                    case _:
                        return Reply({"message": f"unknown: {name}"}, 400)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return Reply({"message": f"cannot be followed: {error!r}"}, 400)
        return Reply({"message": "ok"})


def _token(headers: Message, *, is_server: bool) -> str | None:
    """The token of a request. Older Servers take no Bearer, and this one is old."""
    if headers["Circle-Token"]:
        return str(headers["Circle-Token"])
    scheme, _, credentials = (headers["Authorization"] or "").partition(" ")
    if scheme.lower() == "bearer" and not is_server:
        return str(credentials.strip())
    if scheme.lower() == "basic":
        try:
            return b64decode(credentials).decode().partition(":")[0]
        except ValueError:
            return ""
    return None


def _error(version: str, refused: Refused) -> Reply:
    if version == "v3":
        return Reply(circleci_v3.error_shape(refused, "1c37face-2616-44fa-aa98-f1ef6303cda4"), refused.status)
    return Reply({"message": refused.message}, refused.status)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ciam-tui-demo"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # head and body leave in one packet: two would wait for each other's acknowledgement
    server: CircleCiServer

    def _answer(self) -> None:
        length = self.headers["Content-Length"] or "0"
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self._end_with(411, "Length required")
            return
        if int(length) > LARGEST_BODY:
            self._end_with(413, "Request too large")
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True  # the client has left, and what it wanted is not known
            return
        self._send(self.server.service.reply(self.command, self.path, self.headers, body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 (the names that the base class looks for)

    def _end_with(self, status: int, message: str) -> None:
        """Refuses what cannot be read to its end, so that nothing after it can be read either."""
        self.close_connection = True
        self._send(Reply({"message": message}, status))

    def _send(self, reply: Reply) -> None:
        body = b"" if reply.status == 204 else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Says nothing about requests: nobody reads it, and a path may hold what is not to be written down."""


class CircleCiServer(ThreadingHTTPServer):
    """One of these on a port the system chose; `url` leads to it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, is_server: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = Service(Installation(is_server=is_server))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Binds without looking its own name up, which takes seconds on a machine whose resolver is slow."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is its own affair; anything else is a fault of ours, and is told."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def serve_in_a_thread(self) -> threading.Thread:
        """Serves until `shutdown`, or until the process ends."""
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="circleci", daemon=True)
        thread.start()
        return thread


@contextmanager
def serving(*, is_server: bool = False) -> Iterator[CircleCiServer]:
    """A CircleCI of one's own, in this process, for as long as the block lasts."""
    server = CircleCiServer(is_server=is_server)
    thread = server.serve_in_a_thread()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
