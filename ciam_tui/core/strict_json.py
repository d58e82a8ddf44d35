"""The guard at the door for JSON from strangers: what Python's parser would swallow or crash on is refused here, in one sentence.

Setup files and policies arrive by pull request, mail or an API. The stdlib parser keeps the last of two equal keys (so that a reviewer reads
one value and the program another), takes NaN, and answers deep nesting and huge integers with a traceback. Every reader of outside JSON
comes through `load_json`, so that none of them has to know this.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from ciam_tui.core.problems import CiamError

DEPTH_LIMIT = 100  # A policy nests 6 deep and a Setup 4; Python's own limit of about 1000 depends on the caller's stack.
_INTEGER_DIGITS = 20  # -2**63 has 19 digits and a sign; longer integers are no number that AWS or a Setup knows.
_QUOTED_LENGTH = 60


class _RefusedError(ValueError):
    """Carries the end of the sentence out of the parser's hooks."""


def load_json(text: str, *, what: str, limit_bytes: int, code: str = "json-invalid") -> Any:
    """The value that `text` says, read so strictly that two readers cannot read it differently.

    `what` is the text's name as it stands within a sentence ("the Setup file", "trust.json"); `code` is the code of the error raised.

    Raises:
        CiamError: `text` is over `limit_bytes` in UTF-8, begins with a byte order mark, is not JSON, repeats a key, says NaN or Infinity,
            nests deeper than `DEPTH_LIMIT`, or holds an integer of more than 20 characters or half of a surrogate pair.
    """
    try:
        _refuse_bad_text(text, limit_bytes)
        value = json.loads(
            text,
            object_pairs_hook=_object_of_distinct_keys,
            parse_int=_bounded_integer,
            parse_float=_finite_float,
            parse_constant=_refuse_constant,
        )
        _refuse_bad_values(value)
    except json.JSONDecodeError as error:
        raise unreadable(what, f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}", code) from None
    except RecursionError:
        raise unreadable(what, f"nests deeper than {DEPTH_LIMIT} levels", code) from None
    except _RefusedError as refused:
        raise unreadable(what, str(refused), code) from None
    return value


def quoted(text: str, length: int = _QUOTED_LENGTH) -> str:
    """`text` in quotes for a sentence: ASCII with escapes, and cut to `length` characters where a stranger made it long."""
    cut = text if len(text) <= length else f"{text[: length - 3]}..."
    return json.dumps(cut)


def unreadable(what: str, reason: str, code: str) -> CiamError:
    """The error that says `what` is as `reason` ends the sentence; the name of a file is never capitalized."""
    subject = f"The {what[4:]}" if what.startswith("the ") else what
    return CiamError(code, f"Cannot read {what}", f"{subject} {reason}.")


def _refuse_bad_text(text: str, limit_bytes: int) -> None:
    if len(text) > limit_bytes:  # Before encoding: a gigabyte is not copied to be measured.
        raise _RefusedError(f"is larger than {limit_bytes} bytes")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise _RefusedError("is not UTF-8 text") from None
    if size > limit_bytes:
        raise _RefusedError(f"is larger than {limit_bytes} bytes")
    if text.startswith("\ufeff"):
        raise _RefusedError("begins with a byte order mark, which JSON does not allow")
    if not text.strip():
        raise _RefusedError("is empty")


def _object_of_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RefusedError(f"says {quoted(key)} twice in one object")
            seen.add(key)
    return found


def _bounded_integer(literal: str) -> int:
    if len(literal) > _INTEGER_DIGITS:
        raise _RefusedError(f"holds an integer of {len(literal)} characters")
    return int(literal)


def _finite_float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise _RefusedError(f"holds the number {quoted(literal)}, which is too large")
    return number


def _refuse_constant(literal: str) -> NoReturn:
    raise _RefusedError(f"says {literal}, which is no JSON number")


def _refuse_bad_values(value: Any) -> None:
    level = [value]
    depth = 0
    while level:
        depth += 1
        if depth > DEPTH_LIMIT:
            raise _RefusedError(f"nests deeper than {DEPTH_LIMIT} levels")
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _refuse_half_a_pair(item)
            elif isinstance(item, dict):
                below.extend(item.keys())
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = below


def _refuse_half_a_pair(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _RefusedError(f"holds half of a surrogate pair in {quoted(text)}") from None
