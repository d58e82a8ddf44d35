"""JSON Patch (RFC 6902) with JSON Pointers (RFC 6901): how a finding says its fix so that a key can apply it and a robot can store it.

A fix that is a sentence has to be typed; a fix that is a whole new document hides what it changes. A patch is neither. It is applied to a
copy, so that what is on the screen stays what it was until the user has seen what would become of it.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_WRONG_ESCAPE = re.compile(r"~(?![01])")
_APPEND = "-"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a patch. `value` is JSON: what is added, put in place, or, by a test, expected; a `remove` has none."""

    op: Literal["add", "remove", "replace", "test"]
    path: str
    value: Any = field(default=None, hash=False)

    def as_json(self) -> dict[str, Any]:
        """The operation as RFC 6902 writes it."""
        said: dict[str, Any] = {"op": self.op, "path": self.path}
        return said if self.op == "remove" else said | {"value": self.value}


def patched(document: Any, operations: Iterable[Operation]) -> Any:
    """A copy of `document` with `operations` applied one after the other.

    Raises:
        CiamError: `patch-not-applicable`: a place does not exist, or a test does not hold. Nothing is applied then.
    """
    root = [deepcopy(document)]  # in a list of one, the whole document is a place like any other
    for operation in operations:
        _apply(root, operation)
    return root[0]


def pointer(*parts: str | int) -> str:
    """The pointer to what `parts` lead to, key by key and index by index, from the root."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def parts_of_pointer(path: str) -> tuple[str, ...]:
    """The keys and indexes of a pointer.

    Raises:
        CiamError: `path` is no JSON Pointer.
    """
    if not path:
        return ()
    if not path.startswith("/") or _WRONG_ESCAPE.search(path):
        _refuse(path, "is no JSON Pointer")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))


def _apply(root: list[Any], operation: Operation) -> None:
    container, last = _container(root, operation.path)
    match operation.op:
        case "add" if isinstance(container, list) and container is not root:
            container.insert(len(container) if last == _APPEND else _index(container, last, operation.path, after=True), _fresh(operation))
        case "add":
            container[last] = _fresh(operation)
        case "remove" if container is root:
            _refuse(operation.path, "is the whole document, which cannot be removed")
        case "remove":
            del container[_existing(container, last, operation.path)]
        case "replace":
            container[_existing(container, last, operation.path)] = _fresh(operation)
        case "test":
            if not _equal(container[_existing(container, last, operation.path)], operation.value):
                _refuse(operation.path, "does not hold the value that the patch expects")


def _fresh(operation: Operation) -> Any:
    """The value as the document's own: two documents never share a list."""
    return deepcopy(operation.value)


def _container(root: list[Any], path: str) -> tuple[Any, Any]:
    """What holds the place that `path` names, and the key or index of that place in it."""
    found: tuple[Any, Any] = (root, 0)
    for part in parts_of_pointer(path):
        holder, key = found
        value = holder[_existing(holder, key, path)]
        if not isinstance(value, dict | list):
            _refuse(path, "leads into a value that holds nothing")
        found = (value, part)
    return found


def _existing(container: Any, key: Any, path: str) -> Any:
    if isinstance(container, list):
        return _index(container, key, path)
    if key not in container:
        _refuse(path, "does not exist")
    return key


def _index(container: list[Any], key: str | int, path: str, *, after: bool = False) -> int:
    """The index that `key` says; with `after`, also the one behind the last."""
    if not _INDEX.fullmatch(str(key)) or int(key) >= len(container) + after:
        _refuse(path, "does not exist")
    return int(key)


def _equal(one: Any, other: Any) -> bool:
    """Equality of JSON, to which true is no 1; numbers are equal by their value."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


def _refuse(path: str, reason: str) -> NoReturn:
    message = f"{quoted(path)} {reason}."
    raise CiamError("patch-not-applicable", "Cannot apply the fix", message, ["Check the document again: it has changed since."])
