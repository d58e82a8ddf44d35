"""A real moto server over HTTP within the test process, and an operator's way into it."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager, redirect_stderr
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from moto.server import ThreadedMotoServer

from ciam_tui.ports.aws import FixedAccess

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT_ID = "123456789012"
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@contextmanager
def moto_server() -> Iterator[str]:
    """The URL of a server of its own, on a port that the system chooses. It says nothing about requests."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with redirect_stderr(io.StringIO()):
        server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def reset(url: str) -> None:
    """Empty the account."""
    connection = HTTPConnection(urlsplit(url).netloc)
    connection.request("POST", "/moto-api/reset")
    connection.getresponse().read()
    connection.close()


def access_to(url: str, *, region: str = "us-east-1") -> FixedAccess:
    """The operator's way into the server at `url`."""
    return FixedAccess(url, ACCESS_KEY_ID, SECRET_ACCESS_KEY, region)
