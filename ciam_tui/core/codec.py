"""Values of the core to JSON data and back: one way for journals, saved plans and `--json`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

Value = TypeVar("Value")


def to_data(value: object) -> Any:
    """`value` as dicts, lists, strings, numbers, booleans and None. Documents keep their text as it was read."""
    kind: Any = type(value)
    return _adapter(kind).dump_python(value, mode="json")


def from_data(kind: type[Value], data: Any) -> Value:
    """The value that `to_data` wrote.

    Raises:
        pydantic.ValidationError: `data` is not of that kind.
    """
    wanted: Any = kind
    made: Value = _adapter(wanted).validate_python(data)
    return made


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
