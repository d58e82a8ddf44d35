"""The server as a browser and as an attacker meets it: what it answers, what it starts, and that nothing is left when a page goes."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.web import server, serving
from ciam_tui.web.crowd import MOST_STRANGERS
from ciam_tui.web.server import listening
from tests.web.serving import Served, served
from tests.web.waiting import PATIENCE_SECONDS, is_running, until, until_it_ended

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
async def running() -> AsyncIterator[Served]:
    async with served() as serving_:
        yield serving_


async def frame(page: aiohttp.ClientWebSocketResponse) -> str:
    """The next thing that is drawn."""
    said = await page.receive(PATIENCE_SECONDS)
    assert said.type is aiohttp.WSMsgType.BINARY, said
    return bytes(said.data).decode()


async def begun(page: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """What the program was started with."""
    started: dict[str, Any] = json.loads(await frame(page))
    return started


async def goodbye(page: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """How the server closes the page, after whatever is drawn before."""
    while (said := await page.receive(PATIENCE_SECONDS)).type is aiohttp.WSMsgType.BINARY:
        pass
    assert said.type is aiohttp.WSMsgType.CLOSE, said
    return page.close_code, str(said.extra)


# --- what is answered -------------------------------------------------------------------------------------------------------------------


async def test_the_link_gives_a_cookie_that_no_script_and_no_other_path_sees(running: Served) -> None:
    _, _, headers = await running.get(running.server.door.link)
    assert {part.strip() for part in headers["Set-Cookie"].split(";")[1:]} == {
        "HttpOnly",
        "SameSite=Strict",
        f"Path={running.server.door.path}",
    }
    assert running.server.door.token not in str(headers)


async def test_the_link_tried_again_is_told_at_the_terminal_once(running: Served) -> None:
    await running.come_in()
    for _ in range(3):
        status, text, _ = await running.get(running.server.door.link)
        assert status == 403
        assert "good once" in text
    assert [line for line in running.said if "second time" in line] == [running.said[-1]]
    assert running.server.door.token not in "".join(running.said)


async def test_every_answer_says_what_a_browser_may_do_with_it(running: Served) -> None:
    cookie = await running.come_in()
    asked = [
        await running.get(running.room, Cookie=cookie),
        await running.get(running.room + "page.js", Cookie=cookie),
        await running.get(running.room + "nothing", Cookie=cookie),
        await running.get(running.origin),
        await running.get(running.server.door.link),
        await running.get(running.origin, "POST"),
        await running.get(running.room, Sec_Fetch_Site="cross-site"),
    ]
    assert [status for status, _, _ in asked] == [200, 200, 404, 403, 403, 405, 200]
    for _, _, headers in asked:
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"connect-src ws://{running.server.door.host};" in policy
        assert "script-src 'self';" in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Server"] == "ciam-tui"


async def test_the_page_names_nothing_but_this_server_and_holds_no_secret_and_no_script(running: Served) -> None:
    cookie = await running.come_in()
    _, page, _ = await running.get(running.room, Cookie=cookie)
    _, styles, _ = await running.get(running.room + "page.css", Cookie=cookie)
    assert page.count("://") == page.count(f"ws://{running.server.door.host}{running.server.door.path}ws") == 1
    assert "://" not in styles
    assert "<script>" not in page
    assert not any(secret in page for secret in (running.server.door.token, cookie.partition("=")[2]))


async def test_each_file_that_the_page_names_is_there_and_nothing_else_of_the_package_is(running: Served) -> None:
    cookie = await running.come_in()
    for name, kind in {
        "page.js": "text/javascript",
        "page.css": "text/css",
        "static/js/textual.js": "text/javascript",
        "static/css/xterm.css": "text/css",
        "static/fonts/RobotoMono-VariableFont_wght.ttf": "font/ttf",
        "static/fonts/RobotoMono-Italic-VariableFont_wght.ttf": "font/ttf",
    }.items():
        async with running.session.get(running.room + name, headers={"Cookie": cookie}) as answer:
            assert (answer.status, answer.content_type) == (200, kind), name
            assert await answer.read()
    for name in (
        "static",
        "static/",
        "static/js/",
        "static/images/background.png",
        "index.html",
        "../server.py",
        "download/x",
        "%2e%2e/door.py",
    ):
        assert (await running.get(running.room + name, Cookie=cookie))[0] in (403, 404), name


async def raw(running: Served, request: str) -> str:
    """The first line of the answer to exactly these bytes, and the end of the connection where there is no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(running.origin.rpartition(":")[2]))
    writer.write(request.encode("utf-8", "surrogateescape"))
    await writer.drain()
    line = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
    writer.close()
    return line.decode()


RAW = {
    "no host": "GET {target} HTTP/1.0\r\n\r\n",
    "another host": "GET {target} HTTP/1.1\r\nHost: rebound.example\r\n\r\n",
    "localhost": "GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n",
    "an absolute target": "GET http://rebound.example{target} HTTP/1.1\r\nHost: rebound.example\r\n\r\n",
    "an absolute target to another host": "GET http://rebound.example{target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
    "two hosts": "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: rebound.example\r\n\r\n",
    "another origin": "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n\r\n",
    "a tunnel": "CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
    "a form": "POST {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 1\r\n\r\na",
    "no HTTP": "\x00\x01\x02\r\n\r\n",
    "an endless line": "GET /" + "a" * 20_000 + " HTTP/1.1\r\n\r\n",
    "an endless header": "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nA: " + "a" * 20_000 + "\r\n\r\n",
    "a smuggled request": "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a header that is none": "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie\r\n\r\n",
    "bytes that are no text": "GET /?token=\udcff HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
}


@pytest.mark.parametrize("request_", RAW.values(), ids=RAW)
async def test_requests_that_no_browser_of_the_person_sends_are_refused_and_leave_the_link_good(request_: str, running: Served) -> None:
    port = running.origin.rpartition(":")[2]
    line = await raw(running, request_.replace("{target}", f"/?token={running.server.door.token}").replace("{port}", port))
    assert line.split(" ")[1][0] == "4", line
    assert running.said == []
    assert await running.come_in()


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What the terminal is told of errors within the server, as `serve` has it."""
    loggers = [logging.getLogger(name) for name in ("aiohttp", "asyncio", "textual-serve")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    said: list[str] = []
    serving.keep_logs_out(said.append)
    yield said
    for logger, handlers, propagates in before:
        logger.handlers, logger.propagate = handlers, propagates


@pytest.mark.parametrize(
    "request_",
    [*RAW.values(), "GET / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"],
    ids=[*RAW, "no gzip"],
)
async def test_what_strangers_send_is_no_error_of_the_server(request_: str, running: Served, told: list[str]) -> None:
    await raw(running, request_.replace("{target}", "/").replace("{port}", running.origin.rpartition(":")[2]))
    assert told == []
    logging.getLogger("aiohttp.server").error("a GET /?token=...", exc_info=ValueError("a token"))
    assert told == ["Internal error of the server (ValueError); it goes on. Please report it."]


async def test_an_error_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell = serving.once(print)
    for _ in range(3):
        tell("Internal error.")
    assert capsys.readouterr().out == "Internal error.\n"


async def test_connections_that_say_nothing_go_before_the_person_is_kept_out(running: Served) -> None:
    await running.come_in()
    page = await running.page()
    await begun(page)
    port = int(running.origin.rpartition(":")[2])
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * MOST_STRANGERS)]
    for reader, writer in silent[: len(silent) - MOST_STRANGERS - 1]:
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), PATIENCE_SECONDS) == b""
        writer.close()
    assert (await running.get(running.room, Cookie=running.cookie))[0] == 200
    await page.send_json(["stdin", "still here"])
    assert await frame(page) == "Dstill here"
    for _, writer in silent:
        writer.close()


# --- the WebSocket ----------------------------------------------------------------------------------------------------------------------

STRANGERS = {
    "no cookie": {"Cookie": ""},
    "another cookie": {"Cookie": "ciam-tui=" + "a" * 43},
    "no origin": {"Origin": ""},
    "another origin": {"Origin": "http://evil.example"},
    "the origin of another port": {"Origin": "http://127.0.0.1:1"},
    "an origin by another name": {"Origin": "http://localhost"},
    "another host": {"Host": "rebound.example"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_a_websocket_is_refused_before_anything_is_started(headers: dict[str, str], running: Served) -> None:
    await running.come_in()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await running.page(**headers)
    assert refused.value.status == 403
    assert not running.server._seat.locked()


async def test_its_address_answers_nothing_but_websockets(running: Served) -> None:
    cookie = await running.come_in()
    status, text, _ = await running.get(running.room + "ws", Cookie=cookie, Origin=running.origin)
    assert (status, text) == (426, "This address speaks WebSocket alone.\n")


async def test_the_program_gets_its_words_as_they_are_and_the_environment_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    words = ["--profile=a b", "$(touch x)", "; touch x", "`x`", "'", '"', "a\nb", "*", "--", "é"]
    async with served("plain", *words) as running:
        await running.come_in()
        page = await running.page()
        started = await begun(page)
    assert started["arguments"] == words
    assert started["size"] == ["100", "30"]
    assert started["driver"] == "ciam_tui.app.served:ServedDriver"
    assert started["aws"] == "prod"


async def test_keys_sizes_and_focus_reach_the_program_and_frames_come_back(running: Served) -> None:
    await running.come_in()
    page = await running.page("?width=x&height=100000")
    assert (await begun(page))["size"] == ["80", "250"]
    for said, heard in [
        (["stdin", "a€\x1b[A"], "Da€\x1b[A"),
        (["resize", {"width": 120, "height": 36}], 'M{"type": "resize", "width": 120, "height": 36}'),
        (["focus"], 'M{"type": "focus"}'),
        (["blur"], 'M{"type": "blur"}'),
    ]:
        await page.send_json(said)
        assert await frame(page) == heard
    await page.send_json(["ping", "1"])
    assert json.loads((await page.receive(PATIENCE_SECONDS)).data) == ["pong", "1"]


HOSTILE = {
    "no JSON": "{",
    "another kind": '["quit"]',
    "a thing in place of text": '["stdin", {}]',
    "a pit": "[" * 100_000,
    "bytes": b'["stdin", "a"]',
    "more than there is room for": json.dumps(["stdin", "a" * (1 << 21)]),
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
async def test_a_page_that_says_something_else_is_closed_and_the_server_goes_on(said: str | bytes, running: Served) -> None:
    await running.come_in()
    page = await running.page()
    pid = (await begun(page))["pid"]
    await (page.send_str(said) if isinstance(said, str) else page.send_bytes(said))
    code, _ = await goodbye(page)
    assert code in (1008, 1009)
    await until_it_ended(pid)
    page = await running.page()
    assert await begun(page)
    assert [line for line in running.said if "error" in line] == []


# --- one wizard at a time, and none that is left behind -----------------------------------------------------------------------------------


async def test_a_page_that_goes_ends_its_program_which_says_where_the_draft_is(running: Served) -> None:
    await running.come_in()
    page = await running.page()
    pid = (await begun(page))["pid"]
    await page.close()
    await until_it_ended(pid)
    await until(lambda: running.said[-1] == "The draft is saved.", lambda: running.said)


async def test_a_connection_that_is_cut_ends_its_program(running: Served) -> None:
    await running.come_in()
    page = await running.page()
    pid = (await begun(page))["pid"]
    transport = page.get_extra_info("socket")
    transport.shutdown(socket.SHUT_RDWR)
    await until_it_ended(pid)
    await page.close()


async def test_a_second_page_is_told_where_the_wizard_is_and_the_first_goes_on(running: Served) -> None:
    await running.come_in()
    first = await running.page()
    pid = (await begun(first))["pid"]
    second = await running.page()
    assert await goodbye(second) == (4001, "The wizard is open in another tab or window. Close it there, then go on here.")
    await first.send_json(["stdin", "still here"])
    assert await frame(first) == "Dstill here"
    assert is_running(pid)


async def test_a_page_loaded_again_waits_for_the_program_before_it_to_leave(running: Served) -> None:
    await running.come_in()
    pids = []
    for _ in range(3):
        page = await running.page()
        pids.append((await begun(page))["pid"])
        assert not any(is_running(pid) for pid in pids[:-1])
        await page.close()
    assert len(set(pids)) == 3


async def test_pages_that_went_while_they_waited_start_nothing(running: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from a key for loading again that is held down: each would be started and ended before the page that is there."""
    serves = running.server
    await running.come_in()
    shown: list[object] = []
    show = serves._show

    async def counted(page: Any, size: tuple[int, int]) -> None:
        shown.append(page)
        await show(page, size)

    monkeypatch.setattr(serves, "_show", counted)
    await serves._seat.acquire()
    serves._is_leaving = True  # the wizard before them has not ended yet
    for _ in range(5):
        page = await running.page()
        page.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    assert serves._crowd is not None
    http = serves._crowd._server
    await until(lambda: sum(each.transport is None for each in http.connections) == 5)
    serves._seat.release()
    assert await begun(await running.page())
    assert len(shown) == 1


async def test_leaving_the_wizard_closes_the_page_with_words(running: Served) -> None:
    await running.come_in()
    page = await running.page()
    await begun(page)
    await page.send_json(["stdin", "leave"])
    assert await goodbye(page) == (4000, "You have left the wizard. The draft is saved.")


async def test_a_program_that_breaks_closes_the_page_and_says_why_at_the_terminal() -> None:
    async with served("broken") as running:
        await running.come_in()
        page = await running.page()
        code, reason = await goodbye(page)
        assert (code, reason.partition(";")[0]) == (4000, "The wizard had a problem")
        assert running.said[-1] == "it \\x1b[31mbroke"


async def test_a_program_that_is_not_there_closes_the_page(running: Served) -> None:
    running.server._arguments = ["/nowhere/python"]
    await running.come_in()
    page = await running.page()
    assert (await goodbye(page))[0] == 4000
    assert "/nowhere/python" in running.said[-1]


@pytest.mark.parametrize("mode", ["deaf", "stubborn"])
async def test_a_program_that_does_not_leave_when_asked_is_told_and_then_killed(mode: str) -> None:
    async with served(mode, patience_seconds=(0.2, 60.0 if mode == "deaf" else 0.2)) as running:
        await running.come_in()
        page = await running.page()
        pid = (await begun(page))["pid"]
        await page.close()
        await until_it_ended(pid)


async def test_the_end_of_the_server_ends_the_program_and_tells_the_page() -> None:
    async with served() as running:
        await running.come_in()
        page = await running.page()
        pid = (await begun(page))["pid"]
        running.ended.set()
        assert await goodbye(page) == (4002, "`ciam-tui serve` was ended in its terminal. The draft is saved.")
        await until_it_ended(pid)


async def test_a_page_that_takes_nothing_in_keeps_neither_the_program_nor_the_server(
    running: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a tab that is frozen, or at the end of a tunnel that is dead: nothing that is drawn gets there, and no farewell either."""
    monkeypatch.setattr(server, "_CLOSING_SECONDS", 0.2)
    await running.come_in()
    page = await running.page()
    pid = (await begun(page))["pid"]
    (behind,) = running.server._sockets
    assert page._response.connection is not None
    assert page._response.connection.transport is not None
    page._response.connection.transport.pause_reading()

    async def type_on() -> None:
        while True:
            await page.send_json(["stdin", "x" * 400_000])

    typing = asyncio.create_task(type_on())
    waiting: list[int] = []

    def is_stuck() -> bool:
        assert behind.connection is not None
        waiting.append(behind.connection.get_write_buffer_size())
        return waiting[-1] > 0 and waiting[-10:] == waiting[-1:] * 10

    await until(is_stuck)
    typing.cancel()
    running.ended.set()
    await until_it_ended(pid)
    await until(lambda: running.said[-1] == "The draft is saved.", lambda: running.said)


# --- the address ------------------------------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with listening(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CiamError, match=rf"port {port} of 127\.0\.0\.1: Address already in use\. Leave --port out"):
            listening(port)


def test_it_listens_on_loopback_alone() -> None:
    with listening(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
