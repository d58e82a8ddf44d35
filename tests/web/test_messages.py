"""What a page may say is read strictly: five messages, a screen of a sensible size, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.web.messages import Focused, Message, Pinged, Resized, Typed, message_in, size_in

UNDERSTOOD: list[tuple[Any, Message]] = [
    (["stdin", "\x1b[A"], Typed(b"\x1b[A")),
    (["stdin", ""], Typed(b"")),
    (["stdin", "ж €"], Typed("ж €".encode())),
    (["stdin", "a\ud83d"], Typed(b"a?")),
    (["resize", {"width": 120, "height": 36}], Resized(120, 36)),
    (["resize", {"width": 10**9, "height": 10**9}], Resized(500, 250)),
    (["resize", {"width": -1, "height": 0}], Resized(20, 5)),
    (["ping", "1795636269124"], Pinged("1795636269124")),
    (["focus"], Focused(is_focused=True)),
    (["blur"], Focused(is_focused=False)),
]
NOT_UNDERSTOOD: list[str] = [
    "",
    "null",
    "[]",
    "{}",
    '"stdin"',
    "[" * 100_000,
    "9" * 5_000,
    '["stdin"]',
    '["stdin", 1]',
    '["stdin", "a", "b"]',
    '["stdin", ["a"]]',
    '["resize", {"width": 80}]',
    '["resize", {"width": "80", "height": 24}]',
    '["resize", {"width": 80.5, "height": 24}]',
    '["resize", {"width": NaN, "height": 24}]',
    '["resize", [80, 24]]',
    '["ping", 1]',
    json.dumps(["ping", "x" * 1000]),
    '["quit"]',
    '["exit", {}]',
    '["meta", {"type": "quit"}]',
    '["deliver_chunk_request", {"key": "a", "size": 1}]',
]


@pytest.mark.parametrize(("said", "message"), UNDERSTOOD, ids=lambda value: str(value)[:30])
def test_it_understands(said: Any, message: Message) -> None:
    assert message_in(json.dumps(said)) == message


@pytest.mark.parametrize("text", NOT_UNDERSTOOD, ids=lambda text: text[:30])
def test_it_does_not_understand(text: str) -> None:
    assert message_in(text) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)
)


@given(
    st.text()
    | st.builds(json.dumps, _JSON)
    | st.builds(lambda kind, rest: json.dumps([kind, rest]), st.sampled_from(["stdin", "resize", "ping"]), _JSON)
)
def test_whatever_is_said_is_a_message_or_none(text: str) -> None:
    match message_in(text):
        case Resized(columns, rows):
            assert 20 <= columns <= 500
            assert 5 <= rows <= 250
        case Typed(data):
            data.decode()
        case _:
            pass


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        (("120", "36"), (120, 36)),
        ((None, None), (80, 24)),
        (("", "x"), (80, 24)),
        (("-1", "1e9"), (80, 24)),
        (("9" * 5000, "٣"), (80, 24)),
        (("999999", "1"), (500, 5)),
    ],
)
def test_a_screen_has_a_size_that_a_screen_can_have(asked: tuple[str | None, str | None], size: tuple[int, int]) -> None:
    assert size_in(*asked) == size
