"""Who gets in: one person, once by the link and then by a session; and whoever else knocks, by whatever way, stays outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ciam_tui.web.door import ASK_AGAIN, EXPIRED, LINK_SECONDS, SPENT, AskedAgain, Door, Entered, Knock, Refused, Traded

HOST = "127.0.0.1:8000"
OURS = "http://127.0.0.1:8000"


@pytest.fixture
def door() -> Door:
    return Door(HOST, 0.0)


def knock(target: str, **more: object) -> Knock:
    return replace(Knock("GET", target, (HOST,)), **more)  # type: ignore[arg-type]  # a test names fields and their values


def link_of(door: Door) -> str:
    return f"/?token={door.token}"


def entered(door: Door) -> str:
    """The cookie of somebody who came by the link."""
    answer = door.answer(knock(link_of(door)), 1.0)
    assert isinstance(answer, Traded)
    return answer.secret


def test_the_link_is_traded_for_a_session_bound_to_a_path_that_nobody_else_knows(door: Door) -> None:
    assert door.link == f"{OURS}/?token={door.token}"
    answer = door.answer(knock(link_of(door)), 1.0)
    assert isinstance(answer, Traded)
    assert answer.path == door.path
    assert len({door.token, door.path.strip("/"), answer.secret}) == 3
    assert min(len(door.token), len(answer.secret)) >= 43  # 256 bits
    assert len(door.path) >= len("/s//") + 22  # 128 bits


def test_every_start_has_another_link_path_and_cookie() -> None:
    doors = [Door(HOST, 0.0) for _ in range(20)]
    assert len({door.token for door in doors}) == len({door.path for door in doors}) == len({entered(door) for door in doors}) == 20


def test_no_secret_is_in_what_python_shows_of_a_door(door: Door) -> None:
    secret = entered(door)
    assert not any(word in repr(door) for word in (door.token, door.path, secret))


def test_the_link_is_good_once(door: Door) -> None:
    entered(door)
    for now in (1.0, 2.0, 2 * LINK_SECONDS):
        assert door.answer(knock(link_of(door)), now) == Refused(403, SPENT)


def test_the_link_is_good_for_some_minutes(door: Door) -> None:
    assert not door.has_expired(LINK_SECONDS)
    assert door.has_expired(LINK_SECONDS + 1)
    assert door.answer(knock(link_of(door)), LINK_SECONDS + 1) == Refused(403, EXPIRED)
    assert not door.is_spent


def test_a_session_outlives_the_link(door: Door) -> None:
    cookie = entered(door)
    assert door.answer(knock(door.path, cookies=(cookie,)), 100 * LINK_SECONDS) == Entered("")
    assert not door.has_expired(100 * LINK_SECONDS)


WRONG_LINKS = {
    "no token": "/",
    "an empty token": "/?token=",
    "another token": "/?token=" + "a" * 43,
    "part of the token": "/?token={token:.42}",
    "the token and more": "/?token={token}a",
    "the token in another place": "/index.html?token={token}",
    "the token beside another": "/?token=a&token={token}",
    "the token, then another": "/?token={token}&token=a",
    "the token encoded twice": "/?token=%7Btoken%7D",
    "an absolute address": "http://evil.example/?token={token}",
    "two slashes": "//?token={token}",
    "a fragment": "/?token={token}#a",
    "letters that have no ASCII": "/?token=\udc80é",
}


@pytest.mark.parametrize("target", WRONG_LINKS.values(), ids=WRONG_LINKS)
def test_what_is_not_the_link_is_refused_and_does_not_spend_it(target: str, door: Door) -> None:
    assert door.answer(knock(target.format(token=door.token)), 1.0) == Refused(403, ASK_AGAIN)
    assert not door.is_spent


NOT_A_PERSON: dict[str, tuple[dict[str, object], int]] = {
    "asked for the head": ({"method": "HEAD"}, 405),
    "posted": ({"method": "POST"}, 405),
    "asked for options": ({"method": "OPTIONS"}, 405),
    "a method of one's own": ({"method": "get"}, 405),
    "read ahead": ({"purpose": "prefetch"}, 403),
    "drawn ahead": ({"purpose": "prefetch;prerender"}, 403),
    "from a page of another origin": ({"origins": ("http://evil.example",)}, 403),
    "from another port of this machine": ({"origins": ("http://127.0.0.1:9000",)}, 403),
    "from nowhere": ({"origins": ("null",)}, 403),
    "from two origins": ({"origins": (OURS, "http://evil.example")}, 403),
    "by a name that points here": ({"hosts": ("rebound.example:8000",)}, 403),
    "by localhost": ({"hosts": ("localhost:8000",)}, 403),
    "by another port": ({"hosts": ("127.0.0.1:80",)}, 403),
    "without a port": ({"hosts": ("127.0.0.1",)}, 403),
    "by a name that begins as ours": ({"hosts": ("127.0.0.1:8000.evil.example",)}, 403),
    "without a host": ({"hosts": ()}, 403),
    "by two hosts": ({"hosts": (HOST, "evil.example")}, 403),
}


@pytest.mark.parametrize(("facts", "status"), NOT_A_PERSON.values(), ids=NOT_A_PERSON)
def test_the_right_link_opens_nothing_for(facts: dict[str, object], status: int, door: Door) -> None:
    answer = door.answer(knock(link_of(door), **facts), 1.0)
    assert isinstance(answer, Refused)
    assert answer.status == status
    assert not door.is_spent
    assert entered(door), "the person it is for comes later, and is not shut out"


@pytest.mark.parametrize("facts", [facts for facts, _ in NOT_A_PERSON.values() if "purpose" not in facts], ids=str)
def test_the_right_session_opens_nothing_for_them_either(facts: dict[str, object], door: Door) -> None:
    cookie = entered(door)
    for wanted in ("", "page.js", "ws"):
        assert isinstance(door.answer(replace(knock(door.path + wanted, cookies=(cookie,)), **facts), 1.0), Refused)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("wanted", ["", "page.js", "static/js/textual.js", "../..", "download/x"])
def test_whoever_has_path_and_cookie_comes_in(wanted: str, door: Door) -> None:
    cookie = entered(door)
    assert door.answer(knock(door.path + wanted + "?width=1", cookies=("of another server", cookie)), 1.0) == Entered(wanted)


@pytest.mark.parametrize("wanted", ["", "page.js", "ws"])
def test_without_the_cookie_the_path_opens_nothing(wanted: str, door: Door) -> None:
    cookie = entered(door)
    for cookies in ((), ("",), (cookie[:-1],), (cookie + "a",), (door.token,)):
        assert door.answer(knock(door.path + wanted, cookies=cookies, origins=(OURS,)), 1.0) == Refused(403, ASK_AGAIN)


@pytest.mark.parametrize("wanted", ["", "page.js", "ws"])
def test_without_the_path_the_cookie_opens_nothing(wanted: str, door: Door) -> None:
    cookie = entered(door)
    for path in ("/", "/s/", f"/s/{'a' * 22}/", door.path[:-2] + "/", door.path.upper(), "/x" + door.path):
        assert door.answer(knock(path + wanted, cookies=(cookie,), origins=(OURS,)), 1.0) == Refused(403, ASK_AGAIN)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_asked_for_by_another_is_asked_for_again_and_a_file_is_refused(site: str, door: Door) -> None:
    cookie = entered(door)
    for cookies in ((), (cookie,)):
        assert door.answer(knock(door.path, cookies=cookies, site=site), 1.0) == AskedAgain()
        assert door.answer(knock(door.path + "page.js", cookies=cookies, site=site), 1.0) == Refused(403, ASK_AGAIN)
    assert door.answer(knock("/s/somewhere/", site=site), 1.0) == Refused(403, ASK_AGAIN), "who does not know the path learns nothing"


def test_a_typed_address_opens_the_page_and_no_file(door: Door) -> None:
    cookie = entered(door)
    assert door.answer(knock(door.path, cookies=(cookie,), site="none"), 1.0) == Entered("")
    assert door.answer(knock(door.path + "page.js", cookies=(cookie,), site="none"), 1.0) == Refused(403, ASK_AGAIN)


def test_a_websocket_needs_our_own_origin(door: Door) -> None:
    cookie = entered(door)
    assert door.answer(knock(door.path + "ws", cookies=(cookie,), origins=(OURS,)), 1.0) == Entered("ws")
    for origins in ((), ("null",), ("http://evil.example",), ("https://127.0.0.1:8000",), (OURS, OURS), (OURS.upper(),), (OURS + "/",)):
        assert isinstance(door.answer(knock(door.path + "ws", cookies=(cookie,), origins=origins), 1.0), Refused)
