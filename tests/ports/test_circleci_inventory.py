"""Everything an organization keeps, read at once: all of it, a request a page, a few in flight, and left when one likes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.listing import IN_FLIGHT
from ciam_tui.ports.sandbox import account, circleci_content
from ciam_tui.ports.sandbox.circleci_server import serving
from tests.ports.circleci_worlds import ACME, answer, client_of, saying, world

if TYPE_CHECKING:
    import socket

    from tests.ports.circleci_worlds import Asked

LEGACY_END = account.LEGACY_ACCESS_KEY_ID[-4:]
CONTEXTS = 500
VARIABLES = 100
PAGE = 20


def never() -> bool:
    return False


def quiet(_done: int, _total: int) -> None:
    return None


def test_a_key_is_found_wherever_it_is_kept() -> None:
    with serving() as server:
        found = client_of(server.url, token=account.CIRCLECI_TOKEN).inventory(ACME, quiet, never)
    assert found.is_complete
    keys = [
        *(held.context.name for held in found.contexts for variable in held.variables or () if variable.last_four == LEGACY_END),
        *(held.project.name for held in found.projects for variable in held.variables or () if variable.last_four == LEGACY_END),
    ]
    assert keys == ["aws", "deploy-production", "mobile-release", "billing"]
    assert len(found.projects) == len(circleci_content.ACME.projects)
    assert all(held.project.is_complete for held in found.projects)
    assert {held.context.name: len(held.restrictions or ()) for held in found.contexts}["terraform"] == 2


def test_projects_that_are_given_are_the_only_ones_read() -> None:
    with serving() as server:
        client = client_of(server.url, token=account.CIRCLECI_TOKEN)
        found = client.inventory(ACME, quiet, never, [client.project("gh/acme/billing")])
    assert [held.project.name for held in found.projects] == ["billing"]


class ManyContexts:
    """Contexts with 100 variables each, in pages of 20, and how many requests were answered at once."""

    def __init__(self, contexts: int = CONTEXTS) -> None:
        self._contexts = contexts
        self.asked: Counter[str] = Counter()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket, asked: Asked, number: int) -> None:
        with self._lock:
            self.asked[asked.path] += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        if number < 200:
            time.sleep(0.005)  # long enough for others to come while this one is looked after
        page = answer(200, self._page(asked.path))
        with self._lock:
            self._at_once -= 1  # before the answer: the next request may be there before this thread goes on
        connection.sendall(page)

    def _page(self, target: str) -> dict[str, object]:
        path, _, query = target.partition("?")
        first = int(query.rpartition("page-token=")[2]) if "page-token=" in query else 0
        if path.endswith("/restrictions"):
            return {"items": []}
        if path.endswith("/environment-variable"):
            names = [f"V{number:03}" for number in range(VARIABLES)]
            items: list[dict[str, str]] = [{"variable": name, "truncated_value": "abcd"} for name in names]
        else:
            items = [{"id": f"c{number:03}", "name": f"context {number:03}"} for number in range(self._contexts)]
        more = first + PAGE < len(items)
        return {"items": items[first : first + PAGE], "next_page_token": str(first + PAGE) if more else None}


@pytest.mark.parametrize("contexts", [80, pytest.param(CONTEXTS, marks=pytest.mark.long)])
def test_many_contexts_of_a_hundred_variables_take_one_request_a_page_and_a_few_at_once(contexts: int) -> None:
    many = ManyContexts(contexts)
    steps: list[tuple[int, int]] = []
    with world(many) as server:
        found = client_of(server.url).inventory(ACME, lambda done, total: steps.append((done, total)), never, [])
    assert found.is_complete
    assert [len(held.variables or ()) for held in found.contexts] == [VARIABLES] * contexts
    assert set(many.asked.values()) == {1}, "no page is asked for twice"
    assert sum(many.asked.values()) == contexts // PAGE + contexts * (VARIABLES // PAGE) + contexts
    assert many.most_at_once <= IN_FLIGHT
    assert many.most_at_once > 1
    assert steps[0] == (0, 0)
    assert steps[-1] == (2 * contexts, 2 * contexts)
    assert steps == sorted(steps)


def test_a_reader_who_had_enough_gets_what_was_read_and_no_request_is_begun_after_that() -> None:
    many = ManyContexts()
    done_so_far = 0

    def count(done: int, _total: int) -> None:
        nonlocal done_so_far
        done_so_far = done

    with world(many) as server:
        found = client_of(server.url).inventory(ACME, count, lambda: done_so_far >= 40, [])
        asked = sum(many.asked.values())
        time.sleep(0.4)
    assert sum(many.asked.values()) <= asked + IN_FLIGHT, "those that were under way, and no more"
    assert found.stopped
    assert not found.is_complete
    assert len(found.contexts) == CONTEXTS
    assert 10 <= sum(held.variables is not None for held in found.contexts) < CONTEXTS
    assert asked < 1_000


def test_one_may_leave_while_contexts_are_still_being_listed() -> None:
    many = ManyContexts()
    with world(many) as server:
        found = client_of(server.url).inventory(ACME, quiet, lambda: sum(many.asked.values()) >= 3, [])
    assert found.stopped
    assert found.contexts == ()


def test_what_may_not_be_read_is_said_and_the_rest_is_read() -> None:
    def script(connection: socket.socket, asked: Asked, _number: int) -> None:
        if asked.path.startswith("/api/v2/context?"):
            connection.sendall(answer(200, {"items": [{"id": "a", "name": "open"}, {"id": "b", "name": "shut"}], "next_page_token": None}))
        elif "/context/b/environment-variable" in asked.path:
            connection.sendall(answer(403, {"message": "Forbidden"}))
        else:
            connection.sendall(answer(200, {"items": []}))

    with world(script) as server:
        found = client_of(server.url).inventory(ACME, quiet, never, [])
    assert [(held.context.name, held.variables) for held in found.contexts] == [("open", ()), ("shut", None)]
    assert [held.restrictions for held in found.contexts] == [(), ()]
    assert len(found.unread) == 1
    assert found.unread[0].startswith("Context shut: ")
    assert not found.is_complete


def test_contexts_that_may_not_be_listed_do_not_look_like_none() -> None:
    with world(saying(answer(403))) as server:
        found = client_of(server.url).inventory(ACME, quiet, never, [])
    assert found.contexts == ()
    assert not found.is_complete


def test_a_token_that_ends_in_the_middle_ends_the_reading() -> None:
    def script(connection: socket.socket, asked: Asked, _number: int) -> None:
        listed = {"items": [{"id": f"c{number}", "name": "x"} for number in range(50)], "next_page_token": None}
        connection.sendall(answer(200, listed) if asked.path.startswith("/api/v2/context?") else answer(401))

    with world(script) as server:
        with pytest.raises(CiamError) as caught:
            client_of(server.url).inventory(ACME, quiet, never, [])
        assert len(server.asked) < 50
    assert caught.value.code == "circleci-token-refused"


def test_one_wish_to_be_asked_later_holds_for_all_that_are_in_flight() -> None:
    throttled = threading.Event()

    def script(connection: socket.socket, asked: Asked, _number: int) -> None:
        listed = {"items": [{"id": f"c{number}", "name": "x"} for number in range(50)], "next_page_token": None}
        if asked.path.startswith("/api/v2/context?"):
            connection.sendall(answer(200, listed))
        elif not throttled.is_set():
            throttled.set()
            connection.sendall(answer(429, Retry_After="3"))
        else:
            connection.sendall(answer(200, {"items": []}))

    with world(script) as server:
        found = client_of(server.url).inventory(ACME, quiet, never, [])
        assert len(server.asked) == 1 + 100 + 1, "only the request that was refused is sent again"
    assert found.is_complete
