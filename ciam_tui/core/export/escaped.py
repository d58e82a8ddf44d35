"""Text between double quotes as the languages take it whose strings have JSON's escapes and eight digits for what is beyond four.

All is ASCII then: a line of a file is as long as it looks, and no character in it can turn the reading direction or hide.
"""

from __future__ import annotations

import re

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNUSUAL = re.compile(r'[^ -~]|["\\]')


def escaped(value: str) -> str:
    """`value` in double quotes, as Terraform and YAML read it."""
    return f'"{_UNUSUAL.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _ESCAPES.get(match[0]) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
