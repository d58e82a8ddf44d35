"""Events and lines come out of a stream whole, wherever it is cut into pieces and whatever stands between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.evidence.streams import LONGEST_EVENT, UNREADABLE, events_in, lines_in
from tests.core.evidence_logs import event

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE, TWO = event(eventID="1"), event(eventID="2", userAgent='a "quoted" } ] \\ {')


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"Records": [ONE, TWO]}),
        json.dumps({"Records": [ONE, TWO]}, indent=2),
        "\ufeff" + json.dumps({"Records": [ONE, TWO]}),
        json.dumps([ONE, TWO]),
        f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n",
        json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(each)} for each in (ONE, TWO)], "NextToken": "x"}),
    ],
    ids=["file", "indented", "byte order mark", "list", "lines", "lookup-events"],
)
def test_events_come_whole_from_every_form(text: str, size: int) -> None:
    assert list(events_in(pieces(text, size))) == [ONE, TWO]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ('{"Records": []}', []),
        ('{"Records": [', []),
        (f'{{"Records": [{json.dumps(ONE)}, {{"a": ', [ONE, UNREADABLE]),
        (f'{{"Records": [{{"a": tru}}, {json.dumps(ONE)}]}}', [UNREADABLE, ONE]),
        (f'{{"Records": [{{"a": "}}]\\"", "b": nul}}, {json.dumps(ONE)}]}}', [UNREADABLE, ONE]),
        (f'{{"Records": [oops, {json.dumps(ONE)}]}}', [UNREADABLE, ONE]),
        (f'{{"Records": [{"[" * 100_000}{"]" * 100_000}, {json.dumps(ONE)}]}}', [UNREADABLE, ONE]),
        (f'{{"Records": [{"9" * 5000}, {json.dumps(ONE)}]}}', [UNREADABLE, ONE]),
        ('{"Events": [{"CloudTrailEvent": "{"}]}', [UNREADABLE]),
    ],
)
@pytest.mark.parametrize("size", [3, 100_000])
def test_what_is_broken_spoils_itself_alone(text: str, found: list[Any], size: int) -> None:
    assert list(events_in(pieces(text, size if len(text) < 50_000 else 65_536))) == found


def test_an_event_of_absurd_length_is_passed_over_and_not_kept() -> None:
    def chunks() -> Iterator[str]:
        yield '{"Records": [{"eventName": "'
        for _ in range(5 * LONGEST_EVENT // 65_536):
            yield "x" * 65_536
        yield '"}, '
        yield json.dumps(ONE)
        yield "]}"

    assert list(events_in(chunks())) == [UNREADABLE, ONE]


@given(st.lists(st.one_of(st.just(ONE), st.dictionaries(st.text(max_size=5), st.text(max_size=10))), max_size=5), st.integers(1, 50))
def test_any_events_come_back_however_they_are_cut(events: list[dict[str, Any]], size: int) -> None:
    assert list(events_in(pieces(json.dumps({"Records": events}), size))) == events


@given(st.text(alphabet='{}[]",:\\ a1\n', max_size=80), st.integers(1, 20))
def test_any_text_comes_to_an_end(text: str, size: int) -> None:
    list(events_in(pieces(text, size)))


@given(st.lists(st.text(alphabet="ab \u2028", max_size=12), min_size=1, max_size=8), st.integers(1, 9))
def test_lines_come_whole_and_long_ones_are_passed_over(lines: list[str], size: int) -> None:
    text = "\n".join(lines)
    expected = [None if len(line) > 8 else line for line in lines]
    if not lines[-1]:
        expected.pop()
    assert list(lines_in(pieces(text, size), 8)) == expected
