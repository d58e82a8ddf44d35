"""How IAM compares text, held against a matcher that is slow and obvious."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.matching import Variable, Wildcard, arn_test, parts_of, resolved, value_test, variables_in, wildcard_matcher


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


def obviously_matches_arn(pattern: str, arn: str, *, open_ended: bool) -> bool:
    wanted = pattern.split(":", 5)
    if len(wanted) < 6 and not open_ended:
        return False
    said = arn.split(":", 5)
    return len(said) == 6 and all(obviously_matches(*pair) for pair in zip(wanted + ["*"] * (6 - len(wanted)), said, strict=True))


OBJECT = "arn:aws:s3:::acme/builds/a:b.txt"
STREAM = "arn:aws:logs:eu-west-1:123456789012:log-group:web:log-stream:x"


@pytest.mark.parametrize(
    ("pattern", "arn", "as_resource", "as_value"),
    [
        # IAM User Guide, "IAM JSON policy elements: Resource": wildcards stand within the segments, and a * at the end reaches beyond colons.
        ("arn:*", OBJECT, True, False),
        ("arn:aws:s3:*", OBJECT, True, False),
        ("arn:aws:s3:::*", OBJECT, True, True),
        ("arn:*:s3:::acme/*", OBJECT, True, True),
        ("arn:a*:::acme/*", OBJECT, False, False),
        ("arn:aws:s3:*acme/*", OBJECT, False, False),
        ("arn:aws:s3*:acme/*", OBJECT, False, False),
        ("arn:aws:s3:*:acme/*", OBJECT, False, False),
        ("arn:aws:s3:*:*:acme/*", OBJECT, True, True),
        ("arn:aws:s3:::acme/*.txt", OBJECT, True, True),
        ("arn:aws:s3:::acme/builds/a?b.txt", OBJECT, True, True),
        ("arn:aws:s3:::acme/*:b.txt", OBJECT, True, True),
        ("arn:aws:s3:::ACME/*", OBJECT, False, False),
        # "IAM identifiers", IAM ARNs: AWS completes an ARN of fewer than six fields by a wildcard for each that is missing.
        ("arn:aws:s3", OBJECT, True, False),
        ("arn:aws:s3:", OBJECT, True, False),
        ("arn:aws:s3::", OBJECT, True, False),
        ("arn:aws:s3:::", OBJECT, False, False),
        ("arn:aws:s", OBJECT, False, False),
        ("arn:aws:logs", OBJECT, False, False),
        ("arn:aws:logs:eu-west-1", STREAM, True, False),
        ("arn:aws:logs:eu-west-2", STREAM, False, False),
        ("arn:aws:logs:*:*:*", STREAM, True, True),
        ("arn:aws:logs:*:*:log-group:*", STREAM, True, True),
        ("arn:aws:logs:*:*:log-group:*:log-stream:*", STREAM, True, True),
        ("arn:aws:logs:eu-*:12345678901?:log-group*", STREAM, True, True),
        ("arn:aws:logs:*:log-group:web:log-stream:x", STREAM, False, False),
        ("arn:aws:iam::*:role/web", "arn:aws:iam::1:user/x:role/web", False, False),
        # "Condition operators", ARN condition operators: what StringLike matches there and ArnLike does not.
        (
            "arn:aws:someservice:*:111122223333:finance/*",
            "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
            False,
            False,
        ),
    ],
)
def test_wildcards_of_an_arn_stay_within_their_segment(pattern: str, arn: str, *, as_resource: bool, as_value: bool) -> None:
    for open_ended, expected in ((True, as_resource), (False, as_value)):
        assert arn_test(pattern, variables=False, open_ended=open_ended)(arn, {}) is expected
        assert obviously_matches_arn(pattern, arn, open_ended=open_ended) is expected


def test_a_string_operator_matches_there() -> None:
    wanted = "arn:aws:someservice:*:111122223333:finance/*"
    assert wildcard_matcher(wanted)("arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt")


@given(pattern=st.text(alphabet="a:*?", max_size=12), arn=st.text(alphabet="ab:", max_size=12), open_ended=st.booleans())
def test_every_arn_matches_what_the_obvious_matcher_matches(pattern: str, arn: str, *, open_ended: bool) -> None:
    assert arn_test(pattern, variables=False, open_ended=open_ended)(arn, {}) is obviously_matches_arn(pattern, arn, open_ended=open_ended)


# IAM User Guide, "IAM JSON policy elements: Resource": the objects that arn:aws:s3:::bucket/*/test/* covers and those that it does not.
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("1/test/object.jpg", True),
        ("1/2/test/object.jpg", True),
        ("1/2/test/3/object.jpg", True),
        ("1/2/3/test/4/object.jpg", True),
        ("1///test///object.jpg", True),
        ("1/test/.jpg", True),
        ("/test/object.jpg", True),
        ("1/test/", True),
        ("1-test/object.jpg", False),
        ("test/object.jpg", False),
        ("1/2/test.jpg", False),
    ],
)
def test_a_slash_is_a_character_like_any_other(key: str, *, expected: bool) -> None:
    assert arn_test("arn:aws:s3:::bucket/*/test/*", variables=True, open_ended=True)(f"arn:aws:s3:::bucket/{key}", {}) is expected


class CountedText(str):
    """A value that counts how often it is looked into: the work of a comparison, whatever the machine."""

    __slots__ = ()
    looks = 0

    def find(self, *args: Any) -> int:
        CountedText.looks += 1
        return super().find(*args)

    def startswith(self, *args: Any) -> bool:
        CountedText.looks += 1
        return super().startswith(*args)

    def __getitem__(self, place: Any) -> str:
        CountedText.looks += 1
        return super().__getitem__(place)


@given(pattern=st.text(alphabet="ab*?", max_size=60), value=st.text(alphabet="ab", max_size=60))
def test_the_work_is_bounded_by_the_lengths_of_both(pattern: str, value: str) -> None:
    """Each piece between two `*` is sought once, from where the one before ended: no character is looked at twice by a piece with `?`."""
    CountedText.looks = 0
    wildcard_matcher(pattern)(CountedText(value))
    assert CountedText.looks <= len(pattern) + len(value) + 2


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

    def test_many_variables_and_a_long_value_are_not_put_together(self) -> None:
        test = value_test(parts_of("${a:b}" * 20_000, wildcards=True, variables=True))
        started = time.process_time()
        assert not test("a", {"a:b": ("x" * 100_000,)})  # 2 GB, put together
        assert time.process_time() - started < 1

    @given(st.text(alphabet="${}a:,'*? ", max_size=20))
    def test_taking_apart_never_fails(self, text: str) -> None:
        parts = parts_of(text, wildcards=True, variables=True)
        value_test(parts)("a", {"a": ("x",)})
