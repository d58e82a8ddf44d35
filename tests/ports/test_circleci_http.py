"""CircleCI that misbehaves, over real sockets: what comes is an error that says what to do, in time, and the token goes nowhere else."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.ports.circleci.http import path_of
from ciam_tui.ports.circleci.network import proxy_for, tls_context
from tests.ports.circleci_worlds import ACME, HASTY, ME, TOKEN, SkippingClock, answer, client_of, saying, self_signed, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ports.circleci_worlds import Asked

CONTEXT = "42b63216-9fea-4c35-abfc-670510cea86f"
RESTRICTION = "9b5c2a7e-0c7a-4a8d-9d2e-0f3f9a6b7c11"
MADE = {"id": CONTEXT, "name": "ci", "created_at": "2026-01-02T03:04:05Z"}


def refused(ask: Callable[[], object]) -> CiamError:
    with pytest.raises(CiamError) as caught:
        ask()
    return caught.value


# --- answers that are none ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"id": "844d', "is not JSON"),
        (b"<!doctype html><title>Log in</title>", "page of HTML"),
        (b"", "no object"),
        (b"[]", "no object"),
        (b'{"id": 7}', 'no text "id"'),
        (b'{"id": "a", "id": "b", "login": "x"}', "twice"),
        (b"\xff\xfe", "not text"),
        (b"[" * 100_000, "nests deeper"),
    ],
)
def test_an_answer_that_cannot_be_read_says_why(body: bytes, why: str) -> None:
    with world(saying(answer(200, body))) as server:
        error = refused(client_of(server.url).me)
    assert error.code == "circleci-answer-unreadable"
    assert why in error.message
    assert error.suggestions


def test_a_body_that_ends_before_its_length_is_asked_for_again_and_then_told() -> None:
    with world(saying(answer(200, ME)[:-20])) as server:
        error = refused(client_of(server.url).me)
    assert error.code == "circleci-no-answer"
    assert len(server.asked) == 4


def test_a_chunked_body_that_ends_in_the_middle_is_told() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with world(saying(head + b'40\r\n{"id"')) as server:
        assert refused(client_of(server.url).me).code == "circleci-no-answer"


def test_a_hundred_megabytes_are_left_after_eight() -> None:
    sent = 0

    def flood(connection: socket.socket, _asked: Asked, _number: int) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(2000):  # until the reader has gone; else it would be held for a hundred seconds, and get an answer
            connection.sendall(b" " * 1024 * 1024)
            sent += 1

    with world(flood) as server:
        error = refused(client_of(server.url).me)
    assert error.code == "circleci-too-large"
    assert len(server.asked) == 1, "a flood is not asked for again"
    assert sent < 30, "what the kernel buffers comes on top of the limit"


def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    with world(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")) as server:
        assert refused(client_of(server.url).me).code == "circleci-too-large"


@pytest.mark.parametrize("part", ["head", "body"])
def test_bytes_that_come_one_by_one_do_not_hold_the_reader(part: str) -> None:
    def drip(connection: socket.socket, _asked: Asked, _number: int) -> None:
        if part == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(2000):  # until the reader has gone; else it would be held for a hundred seconds, and get an answer
            connection.sendall(b"H")
            time.sleep(0.05)

    with world(drip) as server:
        error = refused(client_of(server.url, limits=HASTY).me)
    assert error.code == "circleci-no-answer"


def test_silence_is_told_as_such() -> None:
    with world(lambda *_: time.sleep(1)) as server:
        assert refused(client_of(server.url, limits=HASTY).me).code == "circleci-no-answer"


def test_nobody_there_is_told_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    error = refused(client_of(url).me)
    assert error.code == "circleci-unreachable"
    assert url in error.message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "circleci-request-invalid"),
        (401, "circleci-token-refused"),
        (403, "circleci-forbidden"),
        (404, "circleci-not-found"),
        (410, "circleci-not-found"),
        (418, "circleci-request-invalid"),
        (500, "circleci-failed"),
        (304, "circleci-answer-unreadable"),
    ],
)
def test_each_refusal_has_a_code_of_its_own_and_says_what_to_do(status: int, code: str) -> None:
    with world(saying(answer(status, {"message": "No."}))) as server:
        error = refused(client_of(server.url).me)
    assert error.code == code
    assert error.suggestions


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "Org not found."}, "Org not found."),
        ({"error": {"title": "Bad request", "detail": "page[limit] is out of range"}}, "Bad request: page[limit] is out of range."),
        ({"error": {"title": "Bad request"}}, "Bad request."),
        ("<html>", "it does not say why."),
        ({"message": ""}, "it does not say why."),
        ({"message": "no " * 5000}, "no no no"),
    ],
)
def test_the_words_of_all_versions_are_passed_on_and_cut(body: object, said: str) -> None:
    with world(saying(answer(404, body))) as server:
        message = refused(client_of(server.url).me).message
    assert said in message
    assert len(message) < 600


# --- patience ----------------------------------------------------------------------------------------------------------------------------


def test_a_failure_that_passes_is_never_seen() -> None:
    clock = SkippingClock()
    with world(saying(answer(500), answer(503), answer(200, ME))) as server:
        assert client_of(server.url, clock=clock).me().login == "dana"
    assert clock.slept == pytest.approx(0.5 + 1.0)


def test_a_failure_that_says_when_to_come_back_is_taken_at_its_word_within_reason() -> None:
    clock = SkippingClock()
    with world(saying(answer(503, Retry_After="11"), answer(503, Retry_After="9999"), answer(200, ME))) as server:
        client_of(server.url, clock=clock).me()
    assert clock.slept == pytest.approx(11 + 1.0)


def test_a_failure_that_stays_is_told_after_four_attempts() -> None:
    with world(saying(answer(502, b"<html>Bad gateway</html>"))) as server:
        assert refused(client_of(server.url).me).code == "circleci-failed"
        assert len(server.asked) == 4


def test_a_dropped_connection_is_tried_again_for_a_read() -> None:
    def script(connection: socket.socket, _asked: Asked, number: int) -> None:
        if number:
            connection.sendall(answer(200, ME))

    with world(script) as server:
        assert client_of(server.url).me().login == "dana"


def test_what_retry_after_asks_for_is_waited_for() -> None:
    clock = SkippingClock()
    with world(saying(answer(429, Retry_After="7"), answer(200, ME))) as server:
        client_of(server.url, clock=clock).me()
    assert clock.slept == pytest.approx(7)


def test_retry_after_may_be_a_date() -> None:
    clock = SkippingClock()
    with world(saying(answer(429, Retry_After="Thu, 20 Aug 2026 08:00:09 GMT"), answer(200, ME))) as server:
        client_of(server.url, clock=clock).me()
    assert clock.slept == pytest.approx(9)


@pytest.mark.parametrize("header", [{}, {"Retry_After": "soon"}])
def test_without_a_readable_retry_after_each_wait_is_twice_the_last(header: dict[str, str]) -> None:
    clock = SkippingClock()
    with world(saying(*[answer(429, **header)] * 3, answer(200, ME))) as server:
        client_of(server.url, clock=clock).me()
    assert clock.slept == pytest.approx(0.5 + 1.0 + 2.0)


def test_an_hour_is_not_waited_for_but_told() -> None:
    clock = SkippingClock()
    with world(saying(answer(429, Retry_After="3600"))) as server:
        error = refused(client_of(server.url, clock=clock).me)
    assert error.code == "circleci-throttled"
    assert "60 minutes" in error.suggestions[0]
    assert clock.slept == 0


def test_throttling_that_does_not_end_is_told() -> None:
    with world(saying(answer(429, Retry_After="1"))) as server:
        assert refused(client_of(server.url).me).code == "circleci-throttled"
        assert len(server.asked) == 8


# --- pages -------------------------------------------------------------------------------------------------------------------------------


def test_pages_that_begin_again_are_told() -> None:
    page = {"items": [], "next_page_token": "again"}
    with world(saying(answer(200, page))) as server:
        error = refused(lambda: client_of(server.url).context_variables(CONTEXT))
        assert len(server.asked) == 2
    assert error.code == "circleci-paging-endless"


def test_pages_with_ever_new_tokens_come_to_an_end_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ciam_tui.ports.circleci.http._PAGES", 20)

    def script(connection: socket.socket, _asked: Asked, number: int) -> None:
        connection.sendall(answer(200, {"items": [], "next_page_token": f"t{number}"}))

    with world(script) as server:
        assert refused(lambda: client_of(server.url).context_variables(CONTEXT)).code == "circleci-paging-endless"
        assert len(server.asked) == 20


def test_an_empty_page_before_the_last_is_no_end() -> None:
    pages = [{"items": [], "next_page_token": "a b&c"}, {"items": [{"variable": "X", "truncated_value": "abcd"}], "next_page_token": None}]
    with world(saying(*[answer(200, page) for page in pages])) as server:
        assert [variable.name for variable in client_of(server.url).context_variables(CONTEXT)] == ["X"]
        assert server.asked[1].path.endswith("?page-token=a+b%26c")


# --- where the token goes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_is_told_and_never_followed(status: int) -> None:
    with world(saying(answer(200, ME))) as other, world(saying(answer(status, Location=f"{other.url}/api/v2/me"))) as server:
        error = refused(client_of(server.url).me)
        assert other.asked == []
    assert error.code == "circleci-redirected"
    assert other.url.removeprefix("http://") in error.message


def test_a_redirect_within_the_host_is_followed() -> None:
    with world(saying(answer(301, Location="/api/v2/me/?x=1"), answer(200, ME))) as server:
        assert client_of(server.url).me().login == "dana"
        assert server.asked[1].path == "/api/v2/me/?x=1"


def test_a_redirect_to_no_address_is_told() -> None:
    with world(saying(answer(302, Location="http://[::1"))) as server:
        assert refused(client_of(server.url).me).code == "circleci-answer-unreadable"


def test_redirects_in_a_circle_come_to_an_end() -> None:
    with world(saying(answer(302, Location="/api/v2/me"))) as server:
        assert refused(client_of(server.url).me).code == "circleci-answer-unreadable"
        assert len(server.asked) == 4


def test_a_write_follows_no_redirect() -> None:
    with world(saying(answer(307, Location="/elsewhere"))) as server:
        with pytest.raises(WriteFailed) as caught:
            client_of(server.url).delete_context(CONTEXT)
        assert len(server.asked) == 1
    assert caught.value.outcome is WriteOutcome.REFUSED


def test_the_token_travels_in_its_header_alone() -> None:
    with world(saying(answer(200, ME))) as server:
        client_of(server.url).me()
    asked = server.asked[0]
    assert asked.headers["circle-token"] == TOKEN
    assert TOKEN not in asked.line
    assert [name for name, value in asked.headers.items() if TOKEN in value] == ["circle-token"]


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_name_of_dots_cannot_turn_one_deletion_into_another(segment: str) -> None:
    with world(saying(answer(200))) as server:
        client = client_of(server.url)
        for ask in (lambda: client.delete_context_variable(CONTEXT, segment), lambda: client.remove_restriction(CONTEXT, segment)):
            assert refused(ask).code == "circleci-request-invalid"
    assert server.asked == []


def test_each_segment_of_a_path_keeps_its_place() -> None:
    assert path_of("api", "gh/acme", "ä ?#%") == "/api/gh%2Facme/%C3%A4%20%3F%23%25"


# --- TLS and proxies -----------------------------------------------------------------------------------------------------------------------


def test_a_certificate_that_nobody_knows_is_told_as_such(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with world(saying(answer(200, ME)), tls=context) as server:
        error = refused(client_of(server.url).me)
        with pytest.raises(WriteFailed) as caught:
            client_of(server.url).delete_context(CONTEXT)
    assert error.code == "circleci-tls"
    assert "REQUESTS_CA_BUNDLE" in error.suggestions[0]
    assert caught.value.outcome is WriteOutcome.REFUSED, "nothing was sent"
    assert server.asked == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_company_s_certificates_are_trusted(tmp_path: Path, variable: str) -> None:
    context, certificate = self_signed(tmp_path)
    with world(saying(answer(200, ME)), tls=context) as server:
        assert client_of(server.url, environ={variable: str(certificate)}).me().login == "dana"


def test_certificates_that_cannot_be_read_are_told_by_name() -> None:
    error = refused(lambda: client_of("https://circleci.example.com", environ={"SSL_CERT_FILE": "/nowhere/ca.pem"}))
    assert error.code == "circleci-tls"
    assert "SSL_CERT_FILE" in error.message


def test_a_folder_of_certificates_is_taken_in_place_of_a_file(tmp_path: Path) -> None:
    context = tls_context({"REQUESTS_CA_BUNDLE": str(tmp_path)})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] == 0, "an empty folder trusts nobody"


def test_a_python_without_certificates_trusts_those_that_come_with_botocore(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(empty / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    assert tls_context({}).cert_store_stats()["x509_ca"] > 50


def test_what_speaks_no_tls_is_told_as_such() -> None:
    def speak_plainly() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        speaker = threading.Thread(target=speak_plainly)
        speaker.start()
        error = refused(client_of(f"https://127.0.0.1:{listener.getsockname()[1]}").me)
        speaker.join()
    assert error.code == "circleci-tls"


@pytest.mark.parametrize(
    ("host", "environ", "proxy"),
    [
        ("https://circleci.com", {}, None),
        ("https://circleci.com", {"HTTPS_PROXY": "http://proxy.acme.example:3128"}, "http://proxy.acme.example:3128"),
        (
            "https://circleci.com",
            {"https_proxy": "proxy.acme.example:3128", "HTTPS_PROXY": "http://other:1"},
            "http://proxy.acme.example:3128",
        ),
        ("https://circleci.com", {"ALL_PROXY": "http://proxy.acme.example"}, "http://proxy.acme.example:80"),
        ("https://circleci.com", {"HTTP_PROXY": "http://proxy.acme.example:3128"}, None),
        ("https://ci.acme.example", {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "x.example, .acme.example"}, None),
        ("https://circleci.com", {"HTTPS_PROXY": "http://proxy:1", "no_proxy": "*"}, None),
        ("http://127.0.0.1:8000", {"HTTP_PROXY": "http://proxy:1", "ALL_PROXY": "http://proxy:1"}, None),
        ("http://localhost:8000", {"HTTP_PROXY": "http://proxy:1"}, None),
    ],
)
def test_the_way_out_is_the_one_that_the_environment_names(host: str, environ: dict[str, str], proxy: str | None) -> None:
    found = proxy_for(host, environ)
    assert (found.url if found else None) == proxy


def test_a_proxy_s_password_is_kept_and_not_shown() -> None:
    found = proxy_for("https://circleci.com", {"HTTPS_PROXY": "http://dana:hush%21@proxy.acme.example:3128"})
    assert found is not None
    assert found.login is not None
    assert found.login.reveal() == "dana:hush!"
    assert "hush" not in repr(found)


@pytest.mark.parametrize("named", ["socks5://dana:hush@proxy:1080", "http://", "http://[::1"])
def test_a_proxy_of_another_kind_is_told(named: str) -> None:
    error = refused(lambda: proxy_for("https://circleci.com", {"HTTPS_PROXY": named}))
    assert error.code == "circleci-proxy-unusable"
    assert "hush" not in str(error)


def test_requests_to_a_server_of_the_company_go_through_the_proxy_by_connect() -> None:
    with world(saying(answer(403))) as proxy:
        error = refused(client_of("https://ci.acme.invalid", environ={"HTTPS_PROXY": f"http://dana:hush@{proxy.url[7:]}"}).me)
        asked = proxy.asked[0]
    assert asked.line.startswith("CONNECT ci.acme.invalid:443 ")
    assert asked.headers["proxy-authorization"] == "Basic ZGFuYTpodXNo"
    assert TOKEN not in repr(proxy.asked)
    assert error.code == "circleci-unreachable"
    assert "proxy" in error.message


# --- writes --------------------------------------------------------------------------------------------------------------------------------


def test_a_connection_that_drops_after_a_write_leaves_its_effect_unknown_and_is_not_repeated() -> None:
    with world(lambda *_: None) as server:
        with pytest.raises(WriteFailed) as caught:
            client_of(server.url).set_context_variable(CONTEXT, "AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x")
        assert [asked.line.split(" ")[0] for asked in server.asked] == ["PUT"]
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert "read back" in caught.value.suggestions[0]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer(400, {"message": "No."}), WriteOutcome.REFUSED),
        (answer(401), WriteOutcome.REFUSED),
        (answer(403), WriteOutcome.REFUSED),
        (answer(404), WriteOutcome.REFUSED),
        (answer(409), WriteOutcome.REFUSED),
        (answer(408), WriteOutcome.UNKNOWN),
        (answer(429, Retry_After="5"), WriteOutcome.THROTTLED),
        (answer(500), WriteOutcome.UNKNOWN),
        (answer(504, b"<html>"), WriteOutcome.UNKNOWN),
        (answer(200, b"<html>Log in</html>"), WriteOutcome.UNKNOWN),
        (answer(201, b'{"id": "42b'), WriteOutcome.UNKNOWN),
        (answer(201, {"name": "ci"}), WriteOutcome.UNKNOWN),
        (answer(200), WriteOutcome.UNKNOWN),
        (answer(201, MADE)[:-5], WriteOutcome.UNKNOWN),
    ],
    ids=lambda value: value.split(b"\r")[0].decode() if isinstance(value, bytes) else str(value),
)
def test_what_a_write_left_behind_is_told_as_far_as_it_is_known(said: bytes, outcome: WriteOutcome) -> None:
    with world(saying(said)) as server:
        with pytest.raises(WriteFailed) as caught:
            client_of(server.url).create_context(ACME, "ci")
        assert len(server.asked) == 1, "a write is sent once"
    assert caught.value.outcome is outcome


def test_a_throttled_write_lets_the_next_request_wait() -> None:
    clock = SkippingClock()
    with world(saying(answer(429, Retry_After="5"), answer(200, ME))) as server:
        client = client_of(server.url, clock=clock)
        with pytest.raises(WriteFailed):
            client.delete_context(CONTEXT)
        assert clock.slept == 0
        client.me()
    assert clock.slept == pytest.approx(5)


def test_nothing_was_done_where_nobody_was_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(WriteFailed) as caught:
        client_of(url).remove_restriction(CONTEXT, RESTRICTION)
    assert caught.value.outcome is WriteOutcome.REFUSED


def test_a_deletion_may_be_answered_without_a_word() -> None:
    with world(saying(answer(204))) as server:
        client_of(server.url).delete_context_variable(CONTEXT, "AWS_ACCESS_KEY_ID")
    assert server.asked[0].line == f"DELETE /api/v2/context/{CONTEXT}/environment-variable/AWS_ACCESS_KEY_ID HTTP/1.1"
