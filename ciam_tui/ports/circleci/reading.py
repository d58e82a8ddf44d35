"""From answers to values: the step between HTTP and shapes, where an answer of the wrong shape becomes an error that says what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.ports.circleci import shapes
from ciam_tui.ports.circleci.failures import effect_unknown, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.ports.circleci.http import Http

_Value = TypeVar("_Value")


def read_as(http: Http, shape: Callable[[Any], _Value], path: str, query: Mapping[str, str] | None = None, *, doing: str) -> _Value:
    """The value that `shape` finds in what GET `path` answers."""
    return shaped(shape, http.read(path, query, doing=doing), doing)


def all_items(http: Http, shape: Callable[[Any], _Value], path: str, query: Mapping[str, str], *, doing: str) -> tuple[_Value, ...]:
    """The items of all pages of API v2."""
    pages = http.pages(path, query, doing=doing, token_of=lambda page: shaped(shapes.next_page_token, page, doing), parameter="page-token")
    return tuple(shaped(shape, item, doing) for page in pages for item in shaped(shapes.items_of, page, doing))


def listed_pages(http: Http, shape: Callable[[Any], _Value], path: str, query: Mapping[str, str], *, doing: str) -> Iterator[list[_Value]]:
    """The items of API v3, page by page as they come."""
    pages = http.pages(path, query, doing=doing, token_of=lambda page: shaped(shapes.next_cursor, page, doing), parameter="page[cursor]")
    for page in pages:
        yield [shaped(shape, item, doing) for item in shaped(shapes.listed_of, page, doing)]


def shaped(shape: Callable[[Any], _Value], data: Any, doing: str) -> _Value:
    """What `shape` finds in `data`.

    Raises:
        CiamError: the answer is not one that CircleCI gives.
    """
    try:
        return shape(data)
    except shapes.ShapeError as error:
        raise unreadable(doing, str(error)) from None


def written_as(shape: Callable[[Any], _Value], answer: Any, *, doing: str) -> _Value:
    """As `shaped`, of the answer to a write.

    Raises:
        WriteFailed: the answer is not one that CircleCI gives, so nobody knows what happened.
    """
    try:
        return shape(answer)
    except shapes.ShapeError as error:
        raise effect_unknown(unreadable(doing, str(error))) from None
