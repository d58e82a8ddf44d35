"""The scanner finds every value of any JSON where it stands, and the grammar of subs never calls a pattern dead that a token matches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.json_patch import pointer
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.policy_findings.grammar import AUDIT_LOGS, FORMS, V1, V2, admits
from ciam_tui.core.policy_findings.place import Places
from tests.core.examples import ORG_ID
from tests.core.policy_rows import ANY_USER, MAIN, OWN, USER

if TYPE_CHECKING:
    from collections.abc import Iterator

texts = st.text(st.sampled_from('ab/~"\\\n{}[]:, \u00e9'), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(-1, 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def everything_in(value: Any, *way: str | int) -> Iterator[tuple[str, Any]]:
    yield pointer(*way), value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from everything_in(member, *way, key)


@given(values, st.sampled_from([None, 0, 3]), st.booleans())
def test_every_value_is_found_where_it_stands(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = "\n " + json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    places = Places(text)
    for where, inner in everything_in(value):
        start, end = places.span(where)
        assert json.loads(text[start:end]) == inner
        assert places.line(where) <= text.count("\n", 0, start) + 1


def test_a_member_is_on_the_line_of_its_key_and_what_is_not_there_on_that_of_its_holder() -> None:
    places = Places('{\n "a":\n  [1,\n   2]\n}')
    assert [places.line(where) for where in ("", "/a", "/a/0", "/a/1", "/a/7", "/b")] == [1, 2, 3, 4, 2, 1]


SUBS = {
    V1: f"{OWN}/{USER}",
    V2: MAIN.replace(ANY_USER, USER),
    AUDIT_LOGS: f"org/{ORG_ID}/file-streaming/audit-logs",
}


@st.composite
def patterns_of(draw: st.DrawFn, sub: str) -> str:
    """A pattern that `sub` matches: parts of it are replaced by wildcards."""
    cuts = sorted(draw(st.lists(st.integers(0, len(sub)), max_size=6)))
    pieces = [sub[start:end] for start, end in zip([0, *cuts], [*cuts, len(sub)], strict=True)]
    how = [draw(st.sampled_from(["same", "many", "one"])) for _ in pieces]
    return "".join({"same": piece, "many": "*", "one": "?" * len(piece)}[way] for piece, way in zip(pieces, how, strict=True))


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_a_pattern_that_a_token_matches_is_never_called_dead(form: str, data: st.DataObject) -> None:
    pattern = data.draw(patterns_of(SUBS[form]))
    assert wildcard_matcher(pattern)(SUBS[form])
    assert admits(pattern, form)


@pytest.mark.parametrize(
    ("pattern", "admitted"),
    [
        ("*", {V1, V2, AUDIT_LOGS}),
        (f"org/{ORG_ID}/*", {V1, V2, AUDIT_LOGS}),
        ("org/*/project/*/user/*", {V1, V2}),
        (f"{OWN}/{USER}", {V1}),
        (f"{OWN}/{ANY_USER}", {V1}),
        (MAIN, {V2}),
        (f"org/{ORG_ID.upper()}/*", set()),
        (MAIN.replace("refs/heads/", ""), set()),
        ("repo:*", set()),
        ("", set()),
        (f"{OWN}/", set()),
        (MAIN + "/vcs-ref/*", {V2}),
        ("*/file-streaming/*", {AUDIT_LOGS, V2}),
        ("?" * 36, set()),
    ],
)
def test_which_forms_of_token_a_pattern_can_match(pattern: str, admitted: set[str]) -> None:
    assert {form for form in FORMS if admits(pattern, form)} == admitted


def test_without_wildcards_a_star_is_a_character() -> None:
    assert not admits(f"{OWN}/????????", V2, wildcards=False)
    assert not admits(f"org/*/project/{USER}/user/x", V1, wildcards=False)
    assert admits(f"{OWN}/*", V1, wildcards=False)  # a user's part may hold anything but a slash
