"""Servers that speak to the CircleCI client as no CircleCI would, over real sockets, and the client as the tests open it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import Organization
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.circleci.sources import Access
from ciam_tui.ports.circleci.transport import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

TOKEN = "CCIPAT_hostile_0123456789abcdef"
PATIENT = Limits(connect=2, silence=5, whole=5)
HASTY = Limits(connect=0.5, silence=0.3, whole=0.6)
ACME = Organization("0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11", "gh/acme", "acme", "github")
ME = {"id": "844d183a-d248-4356-9ec6-1c05280d37de", "login": "dana", "name": "Dana"}


class SkippingClock:
    """A clock that does not wait: it goes on by what it is asked to sleep, and adds up how much that was."""

    def __init__(self) -> None:
        self._now = datetime(2026, 8, 20, 8, 0, tzinfo=UTC)
        self._lock = threading.Lock()
        self.slept = 0.0

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept += seconds
            self._now += timedelta(seconds=seconds)


def client_of(
    host: str,
    *,
    clock: SkippingClock | None = None,
    limits: Limits = PATIENT,
    token: str = TOKEN,
    environ: Mapping[str, str] | None = None,
    server: bool | None = None,
) -> HttpCircleCi:
    """A client of `host`, with nothing of this machine's environment."""
    return HttpCircleCi(
        Access(host, Secret(token), "typed"),
        server=server,
        environ=environ or {},
        clock=clock or SkippingClock(),
        limits=limits,
        jitter=lambda: 1.0,
    )


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


@dataclass
class World:
    """A server that follows a script: what to say to the n-th request (from 0) is the script's to send."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def world(script: Callable[[socket.socket, Asked, int], None], *, tls: ssl.SSLContext | None = None) -> Iterator[World]:
    """A server on a free port; each connection carries one request, and is closed after the script."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    scheme = "https" if tls else "http"
    state = World(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
    lock = threading.Lock()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                secured = tls.wrap_socket(connection, server_side=True) if tls else connection
                asked = _request(secured)
                if asked is None:
                    return
                with lock:
                    state.asked.append(asked)
                    number = len(state.asked) - 1
                script(secured, asked, number)
                if tls:
                    secured.close()
            except OSError:
                return  # the client had enough, as the test means it to have

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield state
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for thread in threads:
            thread.join(5)


def answer(status: int, body: object = None, **headers: str) -> bytes:
    """A whole answer; `retry_after="2"` is the header Retry-After."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def saying(*answers: bytes) -> Callable[[socket.socket, Asked, int], None]:
    """The script that gives these answers in turn, and the last one for ever."""

    def script(connection: socket.socket, _asked: Asked, number: int) -> None:
        connection.sendall(answers[min(number, len(answers) - 1)])

    return script


def self_signed(folder: Path, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """What a server needs for TLS by a certificate that it signed itself, and the file that would make a client trust it."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context, certificate_file


def _request(connection: socket.socket) -> Asked | None:
    """The request, read by hand: the file-like wrapper of http.server would hide when bytes come."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Asked(line, headers, body)
