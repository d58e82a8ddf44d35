"""What goes in and out of the demo's CircleCI, apart from HTTP: a request taken to pieces, a reply, and the installation that answers.

The three versions of the API share this and nothing else, since each has shapes, paging and errors of its own.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.ports.sandbox.circleci_state import Refused, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# API v2 names no size; its pages have been seen to hold twenty.
PAGE_SIZE = 20

Item = TypeVar("Item")


@dataclass(slots=True)
class Installation:
    """CircleCI Cloud, or a Server, which has no API v3 and knows no slugs of owners."""

    is_server: bool = False
    page_size: int = PAGE_SIZE
    world: World = field(default_factory=World)


@dataclass(frozen=True, slots=True)
class Request:
    """`segments` are those after the version, each decoded by itself, so that `gh%2Facme` is one and `gh/acme` are two."""

    method: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes

    def document(self) -> dict[str, Any]:
        """The JSON object of the body."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise Refused(400, "Invalid body.")
        return document


@dataclass(frozen=True, slots=True)
class Reply:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def text_in(document: Mapping[str, Any], name: str) -> str:
    """The text under that name, or a refusal that names it."""
    value = document.get(name)
    if not isinstance(value, str):
        raise Refused(400, f"Missing or invalid field '{name}'.", name)
    return value


def page_after(items: Sequence[Item], token: str | None, size: int, key: Callable[[Item], str]) -> tuple[list[Item], str | None]:
    """A page of sorted `items` and the token of the next one, which names the last item of this one."""
    after = opened(token) if token else ""
    following = [item for item in items if key(item) > after]
    page = following[:size]
    return page, sealed(key(page[-1])) if len(page) < len(following) else None


def sealed(text: str) -> str:
    """A token that nobody reads."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(token: str) -> str:
    """What `sealed` put into a token."""
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:
        raise Refused(400, "Invalid page token.", "page-token") from None
