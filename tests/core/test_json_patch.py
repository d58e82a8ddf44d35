"""A patch does what RFC 6902 says, on a copy, and refuses in one sentence what cannot be done."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.json_patch import Operation, parts_of_pointer, patched, pointer
from ciam_tui.core.problems import CiamError

EXAMPLES: list[tuple[str, Any, list[Operation], Any]] = [
    ("a member is added", {"foo": "bar"}, [Operation("add", "/baz", "qux")], {"foo": "bar", "baz": "qux"}),
    ("a member is replaced by being added", {"a": 1}, [Operation("add", "/a", 2)], {"a": 2}),
    ("an element is inserted", {"a": [1, 3]}, [Operation("add", "/a/1", 2)], {"a": [1, 2, 3]}),
    ("an element is added behind the last", {"a": [1]}, [Operation("add", "/a/1", 2)], {"a": [1, 2]}),
    ("a hyphen is the place behind the last", {"a": [1]}, [Operation("add", "/a/-", 2)], {"a": [1, 2]}),
    ("a list is added as one element", {"a": [1]}, [Operation("add", "/a/-", [2, 3])], {"a": [1, [2, 3]]}),
    ("a member is removed", {"a": 1, "b": 2}, [Operation("remove", "/a")], {"b": 2}),
    ("an element is removed", {"a": [1, 2, 3]}, [Operation("remove", "/a/1")], {"a": [1, 3]}),
    ("a value is replaced", {"a": [1, 2]}, [Operation("replace", "/a/0", None)], {"a": [None, 2]}),
    ("the whole document is replaced", {"a": 1}, [Operation("replace", "", [1])], [1]),
    (
        "a test that holds changes nothing",
        {"a": {"b": 1, "c": 1.0}},
        [Operation("test", "/a", {"c": 1, "b": 1})],
        {"a": {"b": 1, "c": 1.0}},
    ),
    (
        "~1 is a slash and ~0 a tilde",
        {"a/b": 1, "m~n": 2, "~1": 3},
        [Operation("remove", "/a~1b"), Operation("remove", "/~01")],
        {"m~n": 2},
    ),
    ("an empty key is a key", {"": {"": 1}}, [Operation("replace", "//", 2)], {"": {"": 2}}),
    ("a number is a key of an object", {"0": "a", "-": "b"}, [Operation("remove", "/0"), Operation("remove", "/-")], {}),
    (
        "one follows the other",
        {},
        [Operation("add", "/a", {}), Operation("add", "/a/b", []), Operation("add", "/a/b/-", 1)],
        {"a": {"b": [1]}},
    ),
]


@pytest.mark.parametrize(("document", "operations", "wanted"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES])
def test_a_patch_does_what_the_standard_says(document: Any, operations: list[Operation], wanted: Any) -> None:
    before = deepcopy(document)
    assert patched(document, operations) == wanted
    assert document == before


@pytest.mark.parametrize(
    ("document", "operation"),
    [
        ({"a": 1}, Operation("remove", "/b")),
        ({"a": 1}, Operation("replace", "/b", 1)),
        ({"a": 1}, Operation("add", "/b/c", 1)),
        ({"a": 1}, Operation("add", "/a/c", 1)),
        ({"a": "text"}, Operation("replace", "/a/0", 1)),
        ({"a": [1]}, Operation("add", "/a/2", 1)),
        ({"a": [1]}, Operation("remove", "/a/-")),
        ({"a": [1]}, Operation("remove", "/a/1")),
        ({"a": [1]}, Operation("remove", "/a/-1")),
        ({"a": [1]}, Operation("remove", "/a/00")),
        ({"a": [1]}, Operation("remove", "/a/\u0660")),
        ({"a": [1]}, Operation("remove", "/a/" + "9" * 5000)),
        ({"a": 1}, Operation("remove", "")),
        ({"a": 1}, Operation("remove", "a")),
        ({"a~2": 1}, Operation("remove", "/a~2")),
        ({"a": 1}, Operation("test", "/a", 2)),
        ({"a": 1}, Operation("test", "/a", True)),
        ({"a": [1, 2]}, Operation("test", "/a", [2, 1])),
        ({"a": 1}, Operation("test", "/b", None)),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_in_one_sentence(document: Any, operation: Operation) -> None:
    with pytest.raises(CiamError) as refused:
        patched(document, [operation])
    assert refused.value.code == "patch-not-applicable"
    assert str(refused.value).isprintable()
    assert refused.value.suggestions


def test_a_refused_patch_leaves_nothing_behind_and_two_documents_share_nothing() -> None:
    document: dict[str, Any] = {"a": [1]}
    with pytest.raises(CiamError):
        patched(document, [Operation("add", "/a/-", 2), Operation("remove", "/x")])
    value = ["x"]
    first = patched(document, [Operation("add", "/b", value)])
    first["b"].append("y")
    assert (document, value) == ({"a": [1]}, ["x"])


@given(st.lists(st.text(st.sampled_from("ab/~01 \u00e9"), max_size=4), max_size=4))
def test_a_pointer_is_read_as_it_was_written(parts: list[str]) -> None:
    assert list(parts_of_pointer(pointer(*parts))) == parts


def test_an_operation_is_written_as_the_standard_has_it() -> None:
    assert json.dumps(Operation("remove", "/a").as_json()) == '{"op": "remove", "path": "/a"}'
    assert Operation("add", "/a", None).as_json() == {"op": "add", "path": "/a", "value": None}
