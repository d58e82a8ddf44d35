"""The words in which the schemas are written, and the shapes that several documents share."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

ANY: Schema = {}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer"}


def choice(*values: str) -> Schema:
    """One of the texts."""
    return {"enum": list(values)}


def listed(items: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": items}


def named(values: Schema) -> Schema:
    """An object whose keys are anybody's names."""
    return {"type": "object", "additionalProperties": values}


def maybe(schema: Schema) -> Schema:
    """Such, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(optional: dict[str, Schema] | None = None, /, **fields: Schema) -> Schema:
    """An object with these keys and, but for the `optional` ones, all of them."""
    return {"type": "object", "properties": fields | (optional or {}), "required": list(fields), "additionalProperties": False}


TEXTS = listed(TEXT)
LEVEL = choice("error", "warning", "note")
TOLD = record(code=TEXT, title=TEXT, message=TEXT, suggestions=TEXTS)
ERROR = record(ok={"const": False}, error=TOLD)
PROBLEM = record(field=TEXT, level=LEVEL, text=TEXT, fix=TEXT)
DIFFERENCE = record(subject=TEXT, field=TEXT, expected=TEXT, actual=TEXT, items=TEXT)
PATCH = listed(record({"value": ANY}, op=choice("add", "remove", "replace", "test"), path=TEXT))
FINDING = record(
    id=TEXT,
    level=LEVEL,
    text=TEXT,
    fix=TEXT,
    field=TEXT,
    stage=maybe(TEXT),
    document=maybe(choice("trust", "permissions")),
    anchor=TEXT,
    patch=PATCH,
)
CONTEXT = named(TEXTS)
NOT_CHECKED = record(code=TEXT, reason=TEXT)
_THEIRS = record(
    type=TEXT, code=TEXT, text=TEXT, link=TEXT, locations=listed(record(pointer=TEXT, statement=maybe(COUNT), line=maybe(COUNT)))
)
_OURS = record(id=TEXT, level=LEVEL, statement=maybe(COUNT), line=maybe(COUNT))
_UNCHECKED = record({"name": TEXT}, checked={"const": False}, not_checked=NOT_CHECKED)
_COMPARED = record(
    name=TEXT,
    checked={"const": True},
    both=listed(record(theirs=_THEIRS, ours=TEXT)),
    only_theirs=listed(_THEIRS),
    only_ours=listed(_OURS),
    we_deny=TEXTS,
    they_deny=TEXTS,
)
_SIMULATED = record(
    checked={"const": True},
    asked=COUNT,
    calls=COUNT,
    agreed=COUNT,
    disagreements=listed(
        record(
            action=TEXT,
            resource=TEXT,
            context=CONTEXT,
            ours=TEXT,
            our_reason=TEXT,
            theirs=TEXT,
            their_reason=TEXT,
            missing=TEXTS,
            about_access=FLAG,
        )
    ),
    unanswered=listed(record(action=TEXT, resource=TEXT)),
)
OPINION = record(
    contradicts=FLAG,
    documents=listed({"anyOf": [_UNCHECKED, _COMPARED]}),
    simulation={"anyOf": [_UNCHECKED, _SIMULATED, {"type": "null"}]},
)
