"""When one stage's trust or grants contain another's: by rules of their own, and by what the evaluator says of the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.containment import grants_cover, has_more_access, has_other_access, pattern_contains, trust_contains
from ciam_tui.core.draft import StageDraft
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.roles import stage_roles
from tests.core.strategies import setups
from tests.core.test_permissions import OBJECT_ACTIONS, keys_for, may
from tests.core.tokens import enters, subs_around, token_of

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

patterns = st.text("ab/*", max_size=8)
UNWRITTEN = "\N{SNOWMAN}"  # no pattern holds it, so a `*` alone can match it


def stage(
    *access: str, prefix: str = "p/", reads: tuple[str, ...] = (), branches: tuple[str, ...] = (), extras: tuple[str, ...] = ()
) -> StageDraft:
    return StageDraft("x", prefix, access, reads, branches, extras)


@given(patterns, patterns)
def test_a_pattern_contains_another_when_it_matches_whatever_the_others_wildcards_stand_for(outer: str, inner: str) -> None:
    assert pattern_contains(outer, inner) is wildcard_matcher(outer)(inner.replace("*", UNWRITTEN))


@pytest.mark.parametrize(("outer", "inner"), [("*ab*ba*", "aba"), ("*a*a*", "a"), ("a*a", "a"), ("*aa*a*", "aa")])
def test_no_character_stands_for_two_of_a_pattern(outer: str, inner: str) -> None:
    assert not pattern_contains(outer, inner)


def filled(pattern: str, fillings: list[str]) -> str:
    """`pattern` with each of its wildcards replaced by the next of `fillings`."""
    return "".join(fillings.pop() if char == "*" else char for char in pattern)


@given(patterns, st.lists(patterns, min_size=8, max_size=8), st.lists(st.text("ab/", max_size=3), min_size=64, max_size=64))
def test_whatever_stands_in_for_a_wildcard_is_contained_and_so_is_all_that_it_matches(
    outer: str, narrowed: list[str], texts: list[str]
) -> None:
    inner = filled(outer, narrowed)
    assert pattern_contains(outer, inner)
    assert wildcard_matcher(outer)(filled(inner, texts))


@pytest.mark.parametrize(
    ("wide", "narrow", "contains"),
    [
        ((), (), True),
        ((), ("main",), True),
        (("main",), (), False),
        (("main",), ("main",), True),
        (("main",), ("refs/heads/main",), True),
        (("main",), ("develop",), False),
        (("main", "develop"), ("develop",), True),
        (("develop",), ("main", "develop"), False),
        (("*",), ("main",), True),
        (("*",), ("refs/tags/v1",), False),
        (("refs/*",), ("main", "refs/tags/v*"), True),
        (("refs/*",), (), False),
        (("release/*",), ("release/1.*",), True),
        (("release/1.*",), ("release/*",), False),
        (("feature/*/x",), ("feature/a/b/x",), True),
        (("feature/*/x",), ("feature/x",), False),
    ],
)
def test_branches_decide_whether_one_stages_trust_contains_anothers(wide: tuple[str, ...], narrow: tuple[str, ...], contains: bool) -> None:
    assert trust_contains(stage("read", branches=wide), stage("read", branches=narrow)) is contains


@settings(max_examples=20)
@given(setups())
def test_trust_is_contained_exactly_where_no_token_tells_the_two_stages_apart(setup: Setup) -> None:
    for wide in setup.stages:
        for narrow in setup.stages:
            tokens = [token_of(setup, sub) for sub in subs_around(setup, narrow)]
            tokens += [token_of(setup, token.sub.replace("*", UNWRITTEN)) for token in tokens if "*" in token.sub]
            pairs = zip(stage_roles(setup, wide), stage_roles(setup, narrow), strict=True)
            witnesses = [
                token for outer, inner in pairs for token in tokens if enters(setup, inner, token) and not enters(setup, outer, token)
            ]
            assert trust_contains(wide, narrow) is not bool(witnesses), (wide.branches, narrow.branches, witnesses[:1])


@pytest.mark.parametrize(
    ("one", "other", "more", "otherwise"),
    [
        (stage("read"), stage("read"), False, False),
        (stage("read", "write"), stage("read"), True, True),
        (stage("read"), stage("read", "write"), False, False),
        (stage("read", prefix=""), stage("read"), True, True),
        (stage("read", prefix="p/q/"), stage("read"), False, False),
        (stage("read", prefix="q/"), stage("read"), False, True),
        (stage("write"), stage("read"), False, True),
        (stage("write", reads=("p/",)), stage("read"), True, True),
        (stage("read", reads=("q/",)), stage("read"), True, True),
        (stage("read", extras=("tags",)), stage("read"), True, True),
        (stage("read", "write", prefix="q/"), stage("read", "write"), False, True),
        (stage("delete", extras=("probe",)), stage("delete", prefix="", extras=("probe",)), False, True),
        (stage("read", extras=("probe",)), stage("read", prefix="", extras=("probe",)), False, False),
        (stage("read", extras=("probe",)), stage("read", prefix=""), False, True),
    ],
)
def test_a_stage_has_more_access_where_it_covers_the_other_and_goes_beyond_it(
    one: StageDraft, other: StageDraft, more: bool, otherwise: bool
) -> None:
    assert (has_more_access(one, other), has_other_access(one, other)) == (more, otherwise)


@settings(max_examples=30)
@given(setups())
def test_a_stage_without_other_access_can_do_nothing_on_an_object_that_the_other_cannot(setup: Setup) -> None:
    for one in setup.stages:
        for other in setup.stages:
            beyond = [
                (action, key)
                for key in (*keys_for(one), *keys_for(other))
                for action in OBJECT_ACTIONS
                if may(one, action, key) and not may(other, action, key)
            ]
            assert has_other_access(one, other) or not beyond, beyond


@given(st.frozensets(st.tuples(st.sampled_from("rw"), st.sampled_from(["", "p/", "p/q/", "x/"]))))
def test_grants_cover_themselves_and_nothing_covers_more_than_it_is(grants: frozenset[tuple[str, str]]) -> None:
    assert grants_cover(grants, grants)
    assert grants_cover(grants, ())
    assert grants_cover((), grants) is not bool(grants)
