"""What the published schema of a command has against what the command has printed."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # has no types

from ciam_tui.commands.schemas import document_schema


def complaints(command: str, printed: str) -> list[str]:
    """Nothing where `printed` is one document of the command's schema."""
    document = json.loads(printed)
    errors = _validator(command).iter_errors(document)
    return [f"{found.json_path}: {found.message}"[:300] for error in errors for found in (error, *(error.context or ()))]


@cache
def _validator(command: str) -> Any:
    schema = document_schema(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
