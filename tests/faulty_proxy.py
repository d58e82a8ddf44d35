"""A real HTTP server between boto3 and the demo's account that fails on request, since the faults that matter happen between two machines.

It passes every call on and writes it down; a rule makes the nth call of an operation fail in one of the ways that AWS and networks fail.
"""

from __future__ import annotations

import http.client
import socket
import threading
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, assert_never
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from ciam_tui.ports.sandbox.launch import Sandbox


class Fault(StrEnum):
    """What the caller sees. The first five come instead of the effect, the last three after it, unless `inject` is told otherwise."""

    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    THROTTLED = "throttled"
    DENIED = "denied"
    DROPPED_BEFORE = "dropped before the effect"
    DROPPED_AFTER = "dropped after the effect"
    UNREADABLE = "a page of HTML for an answer"
    FROZEN = "no answer, ever"


_AFTER_THE_EFFECT = frozenset({Fault.DROPPED_AFTER, Fault.UNREADABLE, Fault.FROZEN})


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came in. `number` counts from 1; `passed_on` says whether the account saw it."""

    number: int
    operation: str
    fault: Fault | None
    passed_on: bool


@dataclass(slots=True)
class _Rule:
    operation: str | None
    fault: Fault
    passed_on: bool
    first: int
    last: int
    seen: int = 0

    def applies_to(self, operation: str) -> bool:
        if self.operation not in (None, operation):
            return False
        self.seen += 1
        return self.first <= self.seen <= self.last


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class FaultyProxy:
    """Use it as a context manager around the calls; `environment` is the account's, with this proxy for its address."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._calls: list[Call] = []
        self._connections: set[socket.socket] = set()
        self.errors: list[BaseException] = []
        self.closing = threading.Event()
        self.frozen = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="faulty-proxy")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def target(self) -> str:
        """The account's host and port."""
        return urlsplit(self._sandbox.url).netloc

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in the order of their arrival."""
        with self._lock:
            return tuple(self._calls)

    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]

    def environment(self) -> dict[str, str]:
        return self._sandbox.environment() | {"AWS_ENDPOINT_URL": self.url}

    def inject(self, fault: Fault, operation: str | None = None, *, nth: int = 1, times: int = 1, passed_on: bool | None = None) -> None:
        """The `nth` call of `operation` (of any, when None) from now on fails, and the `times - 1` after it.

        `passed_on` is whether the account still carries the call out; by default only for the faults that are about a lost answer.
        """
        after_the_effect = fault in _AFTER_THE_EFFECT if passed_on is None else passed_on
        with self._lock:
            self._rules.append(_Rule(operation, fault, after_the_effect, nth, nth + times - 1))

    def heal(self) -> None:
        """Forgets every rule: from now on all is well."""
        with self._lock:
            self._rules.clear()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        with self._lock:
            for connection in self._connections:
                _hang_up(connection)
        self._server.server_close()
        self._thread.join()
        if self.errors:
            raise ExceptionGroup("the proxy itself failed", [error for error in self.errors if isinstance(error, Exception)])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def note(self, operation: str) -> Call:
        """Writes a call down, with the first rule that makes it fail; every rule counts it."""
        with self._lock:
            failing = [rule for rule in self._rules if rule.applies_to(operation)]
            fault = failing[0].fault if failing else None
            passed_on = failing[0].passed_on if failing else True
            call = Call(len(self._calls) + 1, operation, fault, passed_on)
            self._calls.append(call)
            return call

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing the proxy waits for all of them

    def __init__(self, proxy: FaultyProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature of the standard library
        import sys

        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):  # a caller that went away, killed perhaps, is no fault of ours
            self.proxy.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.proxy.opened(self.connection)

    def finish(self) -> None:
        self.server.proxy.closed(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the standard library
        pass

    def handle_call(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            raise NotImplementedError("a chunked request, which boto3 does not send over http")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.server.proxy
        call = proxy.note(operation_of(self.command, self.path, self.headers, body))
        answer = self._pass_on(body) if call.passed_on else None
        match call.fault:
            case None:
                assert answer is not None
                self._answer(answer)
            case Fault.DROPPED_BEFORE | Fault.DROPPED_AFTER:
                self._drop()
            case Fault.FROZEN:
                proxy.frozen.set()
                proxy.closing.wait()
                self._drop()
            case Fault.UNREADABLE:
                page = b"<!doctype html><title>Gateway</title><p>Something went wrong.</p>"
                self._answer(_Answer(200, (("Content-Type", "text/html"),), page))
            case Fault.SERVER_ERROR | Fault.UNAVAILABLE | Fault.THROTTLED | Fault.DENIED:
                self._answer(_refusal(call.fault, call.operation, service_of(self.headers)))
            case _:
                assert_never(call.fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_call  # noqa: N815 - the names of the standard library

    def _pass_on(self, body: bytes) -> _Answer:
        upstream = http.client.HTTPConnection(self.server.proxy.target, timeout=300)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "expect")}
            upstream.request(self.command, self.path, body=body, headers=headers)
            response = upstream.getresponse()
            kept = tuple(
                (name, value)
                for name, value in response.getheaders()
                if name.lower() not in ("connection", "transfer-encoding", "date", "server")
            )
            return _Answer(response.status, kept, response.read())
        finally:
            upstream.close()

    def _answer(self, answer: _Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _drop(self) -> None:
        self.close_connection = True
        _hang_up(self.connection)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was quicker


def _refusal(fault: Fault, operation: str, service: str) -> _Answer:
    """The answer in the words of the service: S3 has codes of its own, and no wrapper around its errors."""
    by_fault = {
        Fault.SERVER_ERROR: (500, "InternalError" if service == "s3" else "InternalFailure"),
        Fault.UNAVAILABLE: (503, "ServiceUnavailable"),
        Fault.THROTTLED: (503, "SlowDown") if service == "s3" else (400, "Throttling"),
        Fault.DENIED: (403, "AccessDenied"),
    }
    status, code = by_fault[fault]
    message = f"not authorized to perform: {service}:{operation}" if fault is Fault.DENIED else f"{code} made by a test"
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = error if service == "s3" else f"<ErrorResponse>{error}<RequestId>made-by-a-test</RequestId></ErrorResponse>"
    return _Answer(status, (("Content-Type", "text/xml"),), body.encode())


def service_of(headers: Message) -> str:
    """The service that the call is signed for; S3 for what is not signed."""
    scope = headers.get("Authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) == 5 else "s3"


def operation_of(method: str, target: str, headers: Message, body: bytes) -> str:
    """The operation's name as boto3 and AWS's documents have it."""
    if "X-Amz-Target" in headers:
        return headers["X-Amz-Target"].rpartition(".")[2]
    address = urlsplit(target)
    if service_of(headers) == "access-analyzer":  # which has a path for each operation
        return address.path
    if service_of(headers) == "s3":
        return _s3_operation(method, address.path, parse_qs(address.query, keep_blank_values=True))
    return parse_qs(body.decode())["Action"][0]


_ASPECTS_OF_A_BUCKET = {
    "encryption": "BucketEncryption",
    "location": "BucketLocation",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "publicAccessBlock": "PublicAccessBlock",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
}


def _s3_operation(method: str, path: str, query: Mapping[str, list[str]]) -> str:
    bucket, _, key = path.removeprefix("/").partition("/")
    verb = method.capitalize()
    if key:
        return f"{verb}Object"
    aspect = next((name for parameter, name in _ASPECTS_OF_A_BUCKET.items() if parameter in query), None)
    match method:
        case "GET" if not bucket:
            return "ListBuckets"
        case _ if aspect:
            return verb + aspect
        case "GET" if "versions" in query:
            return "ListObjectVersions"
        case "GET":
            return "ListObjectsV2" if "list-type" in query else "ListObjects"
        case "PUT":
            return "CreateBucket"
        case "POST" if "delete" in query:
            return "DeleteObjects"
        case _:
            return f"{verb}Bucket"
