"""Policies, tags and times as boto3 answers them, turned into the values of the facts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ciam_tui.core.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def document_of(answered: object) -> Document:
    """The document that IAM answered with, in its own order and spelling: an undo gives back what was there, not what we would write.

    botocore has decoded it already, except where it is no JSON that it can read.
    """
    return Document(unquote(answered) if isinstance(answered, str) else json.dumps(answered, separators=(",", ":")))


def tags_of(answered: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Tags as sorted pairs."""
    return tuple(sorted((str(tag["Key"]), str(tag.get("Value", ""))) for tag in answered))
