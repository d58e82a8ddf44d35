"""A real HTTP server that answers as it is told to, whatever it is asked: what AWS, a proxy or a broken network may say."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

IAM_ERROR = """<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>{code}</Code>
<Message>{message}</Message></Error><RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId></ErrorResponse>"""
S3_ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>"


@dataclass(frozen=True)
class Answer:
    """What the server says. A status of 0 is no word at all: the connection is closed. One that `never` comes holds the request until the test is over."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    never: bool = False


@dataclass
class OneAnswer:
    url: str
    requests: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)

    def wait_for_a_request(self) -> None:
        """A client that waits but a moment may have given up before the server came to read what it was asked."""
        assert self.asked.wait(180), "nobody asked anything"


def one_answer(answer: Answer) -> AbstractContextManager[OneAnswer]:
    """A server on a free port that answers with `answer`, and keeps the requests it got."""
    return answers(lambda _request, _headers: answer)


@contextmanager
def answers(choose: Callable[[str, Mapping[str, str]], Answer]) -> Iterator[OneAnswer]:
    """As `one_answer`; `choose` gives the answer to a request (`GET /path`) with its headers, by name in lower case."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body_sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            request = f"{self.command} {self.path} {body_sent}".strip()
            state.requests.append(request)
            state.asked.set()
            given = choose(request, {name.lower(): value for name, value in self.headers.items()})
            if given.never:
                over.wait()
            if given.never or not given.status:
                self.close_connection = True
                return
            body = given.body.encode()
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    over = threading.Event()
    state = OneAnswer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
