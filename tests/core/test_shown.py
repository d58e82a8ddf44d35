"""Outside text is made visible before it is printed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.shown import shortened, shown


@pytest.mark.parametrize("text", ["", "builds/", "[x] [/oops] [b", "bücket ✓ 🎉", "日本語"])
def test_printable_text_is_left_alone(text: str) -> None:
    assert shown(text) is text


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\rb", r"a\x0db"),
        ("a\x9b2Jb", r"a\x9b2Jb"),
        ("a\x00b\x7f", r"a\x00b\x7f"),
        ("main\u202egnp.exe", r"main\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("line\u2028break", r"line\u2028break"),
        ("half \ud800", r"half \ud800"),
        ("tag \U000e0041", r"tag \U000e0041"),
        ("tab\tstop", r"tab\x09stop"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, visible: str) -> None:
    assert shown(text) == visible


def test_line_feeds_stay_where_text_is_laid_out_over_lines() -> None:
    assert shown("one\ntwo\r\n", keep_newlines=True) == "one\ntwo\\x0d\n"
    assert shown("one\ntwo") == r"one\x0atwo"


@given(st.text(st.characters()))
def test_nothing_that_steers_a_terminal_is_ever_left(text: str) -> None:
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown(text))


@given(st.text(max_size=80), st.integers(min_value=3, max_value=60))
def test_a_shortened_identifier_fits_and_keeps_both_ends(identifier: str, width: int) -> None:
    short = shortened(identifier, width)
    assert len(short) <= width
    assert short == identifier or (short[0] == identifier[0] and short[-1] == identifier[-1] and "…" in short)


def test_an_identifier_cannot_be_shortened_to_less_than_its_two_ends() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        shortened("0c9e0b5a-4a5d", 2)
