"""The token appears nowhere but in the header of requests to its host: not in logs, errors, tracebacks with their variables, or reprs."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.circleci.facts import RestrictionType
from ciam_tui.core.problems import CiamError
from tests.ports.circleci_worlds import ACME, HASTY, ME, TOKEN, answer, client_of, saying, self_signed, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ciam_tui.ports.circleci.client import HttpCircleCi

CONTEXT = "42b63216-9fea-4c35-abfc-670510cea86f"
ECHO = {"message": f"Invalid token {TOKEN} in Circle-Token: {TOKEN}"}
FAILURES = {
    "refused, with the token quoted": answer(401, ECHO),
    "forbidden, with the token quoted": answer(403, ECHO),
    "not found, in the words of v3": answer(404, {"error": {"title": TOKEN, "detail": TOKEN}}),
    "failed, in the words of v3": answer(500, {"error": {"title": TOKEN}}),
    "a message that is cut within the token": answer(400, {"message": "no " * 128 + TOKEN}),
    "truncated": answer(200, ME)[:-10],
    "no JSON": answer(200, f'{{"id": "{TOKEN}'.encode()),
    "another shape": answer(200, [1]),
    "a redirect": answer(302, Location="https://elsewhere.example/"),
    "throttled": answer(429, Retry_After="9999"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing": b"",
}
ASKS: tuple[Callable[[HttpCircleCi], object], ...] = (
    lambda client: client.me(),
    lambda client: client.contexts(ACME),
    lambda client: client.create_context(ACME, "ci"),
    lambda client: client.set_context_variable(CONTEXT, "AWS_ROLE_ARN", "arn"),
    lambda client: client.add_restriction(CONTEXT, RestrictionType.PROJECT, CONTEXT),
)


def everything_about(error: BaseException) -> str:
    """All that a crash screen or a log could write of `error`, with the variables of every frame of the program's."""
    frames = error.__traceback__
    while frames is not None and "/tests/" in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next
    assert frames is not None
    written = "".join(traceback.TracebackException(type(error), error, frames, capture_locals=True).format())
    assert "_http = <ciam_tui" in written or "self = <ciam_tui" in written, "the variables are there"
    parts = [written, repr(error), str(error)]
    if isinstance(error, CiamError):
        parts += [error.title, error.message, *error.suggestions]
    return "\n".join(parts)


@pytest.mark.parametrize("said", FAILURES.values(), ids=FAILURES.keys())
def test_no_failure_shows_the_token(said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with world(saying(said)) as server:
        client = client_of(server.url, limits=HASTY)
        for ask in ASKS:
            with pytest.raises(CiamError) as caught:
                ask(client)
            assert TOKEN not in everything_about(caught.value)
            assert TOKEN[:20] not in str(caught.value), "not even the beginning of it"
        assert TOKEN in server.asked[0].headers["circle-token"], "the test would pass without one"
    assert caplog.records, "the library does log"
    assert TOKEN not in caplog.text


def test_no_broken_connection_shows_the_token(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    context, _ = self_signed(tmp_path)
    with world(saying(answer(200, ME)), tls=context) as untrusted, world(saying(answer(407))) as proxy:
        clients = [
            client_of(untrusted.url),
            client_of("https://ci.acme.invalid", environ={"HTTPS_PROXY": proxy.url}),
            client_of("http://127.0.0.1:1", limits=HASTY),
        ]
        for client in clients:
            for ask in ASKS:
                with pytest.raises(CiamError) as caught:
                    ask(client)
                assert TOKEN not in everything_about(caught.value)
    assert TOKEN not in caplog.text


def test_an_error_keeps_no_exception_of_the_library() -> None:
    with world(saying(b"")) as server, pytest.raises(CiamError) as caught:
        client_of(server.url).me()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_nothing_that_the_client_is_made_of_shows_the_token() -> None:
    with world(saying(answer(200, ME))) as server:
        client = client_of(server.url)
        client.me()
        seen: set[int] = set()
        waiting: list[object] = [client]
        shown: list[str] = []
        while waiting:
            value = waiting.pop()
            if id(value) in seen or not type(value).__module__.startswith("ciam_tui"):
                continue
            seen.add(id(value))
            shown.append(repr(value))
            waiting += gc.get_referents(value)
            waiting += [inner for outer in gc.get_referents(value) if isinstance(outer, dict) for inner in outer.values()]
        client.close()
    assert len(shown) > 5
    assert not [text for text in shown if TOKEN in text]


def test_values_that_were_read_hold_no_token() -> None:
    with world(saying(answer(200, ME))) as server:
        assert TOKEN not in repr(client_of(server.url).me())


@pytest.mark.parametrize(
    "module", ["ciam_tui.core.circleci.facts", "ciam_tui.ports.api", "ciam_tui.ports.circleci", "ciam_tui.ports.circleci.sources"]
)
def test_finding_a_token_costs_no_http_library(module: str) -> None:
    statement = f"import {module}, sys; print('urllib3' in sys.modules, 'boto3' in sys.modules, 'pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"] * 3
