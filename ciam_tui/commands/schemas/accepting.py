"""The file of accepted findings as a schema, for the editors of those who write it, and what `check` and `audit` say of it."""

from __future__ import annotations

from ciam_tui.commands.schemas.shapes import COUNT, TEXT, Schema, listed, maybe, record
from ciam_tui.core.acceptance.file import (
    ACCEPTANCE_VERSION,
    DATE_PATTERN,
    ENTRY_KEYS,
    FINDING_PATTERN,
    FINGERPRINT_PATTERN,
    LENGTHS,
    OPTIONAL_KEYS,
)

_WORDS = {
    "finding": "The id of the finding, as check and audit print it.",
    "where": "The Setup or the account that it was found in.",
    "about": "The stage, role, provider or key that it is about.",
    "text": "What the finding said when it was accepted.",
    "fingerprint": "What the finding was about, as a digest: the entry counts only while that is the same.",
    "reason": "Why it is accepted.",
    "owner": "Who answers for it.",
    "expires": "The last day, in UTC, on which the entry counts; at most 400 days ahead.",
    "ticket": "Where it was decided.",
}
_PATTERNS = {"finding": FINDING_PATTERN, "fingerprint": FINGERPRINT_PATTERN, "expires": DATE_PATTERN}


def _text(key: str) -> Schema:
    length = {"maxLength": LENGTHS[key]} if key in LENGTHS else {}
    return {**TEXT, "description": _WORDS[key], "pattern": _PATTERNS.get(key, r"\S"), **length}


ENTRY = record(
    {key: maybe(_text(key)) for key in ENTRY_KEYS if key in OPTIONAL_KEYS},
    **{key: _text(key) for key in ENTRY_KEYS if key not in OPTIONAL_KEYS},
)
FILE = record(version={"const": ACCEPTANCE_VERSION}, accepted=listed(ENTRY))
ACCEPTANCES = record(file=TEXT, accepted=COUNT, expired=listed(ENTRY), stale=listed(record(entry=ENTRY, why=TEXT)), added=maybe(COUNT))
