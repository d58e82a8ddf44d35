"""How IAM compares text, held against a matcher that is slow and obvious."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.matching import Variable, Wildcard, parts_of, resolved, value_test, variables_in, wildcard_matcher


def obviously_matches(pattern: str, value: str) -> bool:
    @cache
    def from_here(at: int, place: int) -> bool:
        if at == len(pattern):
            return place == len(value)
        if pattern[at] == "*":
            return any(from_here(at + 1, later) for later in range(place, len(value) + 1))
        return place < len(value) and pattern[at] in ("?", value[place]) and from_here(at + 1, place + 1)

    return from_here(0, 0)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("*", "arn:aws:s3:::a/b", True),
        ("?", "", False),
        ("?", "ab", False),
        ("a*", "a", True),
        ("*a", "ba", True),
        ("a*a", "a", False),
        ("a*b*c", "a/x:b/y:c", True),
        ("builds/*", "builds/", True),
        ("builds/*", "builds", False),
        ("builds/*", "builds-x/a", False),
        ("Builds/*", "builds/a", False),
        ("*/b/*", "a/b/c", True),
        ("a??d", "abcd", True),
        ("*?b?*", "ab", False),
        ("*?b?*", "abc", True),
        ("org/*/user/????-??/x", "org/1/user/abcd-ef/x", True),
        ("org/*/user/????-??/x", "org/1/user/abcd-e/x", False),
        ("a[b]c.d+", "a[b]c.d+", True),
        ("a.c", "abc", False),
        ("*\n*", "a\nb", True),
        ("caf?", "café", True),
        ("?", "😀", True),
    ],
)
def test_wildcards_match_as_iam_documents_them(pattern: str, value: str, expected: bool) -> None:
    assert obviously_matches(pattern, value) is expected
    assert wildcard_matcher(pattern)(value) is expected


@given(pattern=st.text(alphabet="ab/*?", max_size=14), value=st.text(alphabet="ab/", max_size=14))
def test_every_pattern_matches_what_the_obvious_matcher_matches(pattern: str, value: str) -> None:
    assert wildcard_matcher(pattern)(value) is obviously_matches(pattern, value)


@given(st.data())
def test_a_value_matches_every_pattern_made_from_it(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.text(alphabet="abc/:", max_size=5), min_size=1, max_size=6))
    kinds = data.draw(st.lists(st.sampled_from(["keep", "*", "?"]), min_size=len(pieces), max_size=len(pieces)))
    pattern = "".join({"keep": piece, "*": "*", "?": "?" * len(piece)}[kind] for kind, piece in zip(kinds, pieces, strict=True))
    assert wildcard_matcher(pattern)("".join(pieces))


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("a*" * 30_000 + "b", "a" * 60_000),
        ("*a" * 30_000 + "*b", "a" * 60_000),
        ("*?a" * 5_000 + "*b*", "a" * 20_000),
        ("*" + "a?" * 2_000 + "b*", "a" * 20_000),
        ("*" + "?" * 2_000 + "b*", "a" * 20_000),
        ("*" + "a" * 5_000 + "b*", "a" * 20_000),
    ],
    ids=["text", "text after *", "? after *", "? within text", "? before text", "long text"],
)
def test_no_pattern_makes_the_matcher_go_back(pattern: str, value: str) -> None:
    matches = wildcard_matcher(pattern)
    started = time.process_time()
    assert not matches(value)
    assert time.process_time() - started < 1  # backtracking would outlast the test run


class TestVariables:
    def test_a_text_is_taken_apart_into_text_wildcards_and_variables(self) -> None:
        assert parts_of("home/${aws:username}/?*", wildcards=True, variables=True) == (
            "home/",
            Variable("aws:username", None),
            "/",
            Wildcard.ONE,
            Wildcard.MANY,
        )

    def test_the_three_escapes_stand_for_themselves(self) -> None:
        parts = parts_of("a${*}b${?}${$}", wildcards=True, variables=True)
        assert "".join(str(part) for part in parts) == "a*b?$"
        assert value_test(parts)("a*b?$", {})
        assert not value_test(parts)("axb?$", {})

    def test_a_default_stands_in_for_an_absent_key(self) -> None:
        (part,) = parts_of("${aws:PrincipalTag/team, 'company-wide'}", wildcards=True, variables=True)
        assert part == Variable("aws:PrincipalTag/team", "company-wide")
        assert resolved((part,), {}) == ("company-wide",)
        assert resolved((part,), {"aws:principaltag/team": ("red",)}) == ("red",)

    def test_a_variable_without_a_value_or_with_several_matches_nothing(self) -> None:
        test = value_test(parts_of("*${aws:username}*", wildcards=True, variables=True))
        assert not test("anna", {})
        assert not test("anna", {"aws:username": ("anna", "bert")})
        assert test("anna", {"aws:username": ("anna",)})

    def test_a_value_that_holds_a_wildcard_is_compared_as_plain_text(self) -> None:
        test = value_test(parts_of("home/${aws:username}/*", wildcards=True, variables=True))
        assert not test("home/anna/x", {"aws:username": ("*",)})
        assert test("home/*/x", {"aws:username": ("*",)})

    def test_before_version_2012_a_variable_is_plain_text(self) -> None:
        test = value_test(parts_of("home/${aws:username}", wildcards=True, variables=False))
        assert test("home/${aws:username}", {"aws:username": ("anna",)})
        assert not test("home/anna", {"aws:username": ("anna",)})

    @pytest.mark.parametrize("text", ["${", "${}", "$", "a$b", "${a", "${a{b}", "${a b}", "${a, b}"])
    def test_what_is_no_whole_variable_is_plain_text(self, text: str) -> None:
        parts = parts_of(text, wildcards=True, variables=True)
        assert variables_in(parts) == ()
        assert value_test(parts)(text, {})

    def test_without_wildcards_a_star_is_a_star(self) -> None:
        test = value_test(parts_of("a*", wildcards=False, variables=True))
        assert test("a*", {})
        assert not test("ab", {})

    @pytest.mark.parametrize(
        "text", ["${" * 60_000, "${" + " " * 120_000, "${a" + " " * 120_000, "${a,'" + "' " * 60_000, "${" + "a" * 120_000]
    )
    def test_no_text_makes_the_search_for_variables_go_back(self, text: str) -> None:
        started = time.process_time()
        assert parts_of(text, wildcards=False, variables=True) == (text,)
        assert time.process_time() - started < 1

    @given(st.text(alphabet="${}a:,'*? ", max_size=20))
    def test_taking_apart_never_fails(self, text: str) -> None:
        parts = parts_of(text, wildcards=True, variables=True)
        value_test(parts)("a", {"a": ("x",)})
