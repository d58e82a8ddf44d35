"""CircleCI's published JSON Schema of its configurations, as the package check-jsonschema carries it, and what it has against a text."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # has no types
import regress
import yaml  # type: ignore[import-untyped]  # comes with moto, without types

if TYPE_CHECKING:
    from collections.abc import Iterator


def complaints(text: str) -> list[str]:
    """What the schema has against the configuration `text`."""
    return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(yaml.safe_load(text))]


@cache
def _validator() -> Any:
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/circle-ci.json").read_text(encoding="utf-8"))
    checked = jsonschema.validators.validator_for(schema)
    return jsonschema.validators.extend(checked, {"pattern": _pattern})(schema)


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[jsonschema.ValidationError]:
    """The schema's patterns are JavaScript's, and have classes that Python's do not."""
    if isinstance(instance, str) and _compiled(pattern).find(instance) is None:
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> regress.Regex:
    return regress.Regex(pattern, flags="u")
