"""A policy out of what the AWS CLI prints around it, since that is what people have at hand when they ask about one.

`get-policy-version`, `get-role-policy`, `get-role`, `get-bucket-policy`, `get-key-policy` and Organizations' `describe-policy` each wrap the
document in an object of their own; some hold it as JSON, some as text, and some percent-encoded (as IAM's API answers).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import INVALID, TEXT_LIMIT
from ciam_tui.core.strict_json import load_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRAPPERS: tuple[tuple[str, ...], ...] = (
    ("PolicyVersion", "Document"),
    ("PolicyDocument",),
    ("Role", "AssumeRolePolicyDocument"),
    ("AssumeRolePolicyDocument",),
    ("Policy", "Content"),
    ("Policy",),
)
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
LARGEST = 4 * TEXT_LIMIT  # bytes: a character has at most 4 in UTF-8


def unwrapped(text: str, *, what: str) -> str:
    """The policy's own text where `text` is what the AWS CLI prints around one, else `text` itself, whatever it is.

    Raises:
        CiamError: `text` seems to be such an answer, and is larger than any or JSON that two readers could read differently.
    """
    if not any(f'"{path[0]}"' in text for path in _WRAPPERS):
        return text
    value = load_json(text, what=what, limit_bytes=LARGEST, code=INVALID)
    if not isinstance(value, dict) or "Statement" in value:
        return text
    path = wrapper_in(value)
    found = _at(value, path or ())
    if isinstance(found, dict) and path:
        return json.dumps(found, ensure_ascii=False)
    return _decoded(found) if isinstance(found, str) else text


def wrapper_in(value: Any) -> tuple[str, ...] | None:
    """The keys that lead to the policy within what the AWS CLI prints around one; None where `value` is no such answer."""
    return next((path for path in _WRAPPERS if isinstance(_at(value, path), dict | str)), None)


def _at(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _decoded(text: str) -> str:
    """`text` without percent-encoding, where it has any: JSON itself begins with a brace."""
    if not text.startswith("%"):
        return text
    return _ENCODED.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode()).decode(errors="replace")
