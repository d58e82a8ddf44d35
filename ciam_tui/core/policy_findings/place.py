"""Where in a JSON text a value stands: the line that a finding points at, and the part of a larger file that is the policy.

The stdlib parser forgets places. This scanner keeps them, for text that `strict_json` has taken already: it checks nothing, looks at every
character once, and keeps one small node a value, so that a large file costs in proportion to its length.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.json_patch import parts_of_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)


@dataclass(slots=True)
class Node:
    """A value: `shown_at` is the offset where its reader looks for it, which for a member of an object is its key."""

    shown_at: int
    start: int
    end: int = 0
    inside: dict[str, Node] = field(default_factory=dict)


class Places:
    """The places of a JSON text that has been found readable."""

    def __init__(self, text: str) -> None:
        self._root = _scanned(text)
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def line(self, pointer: str) -> int:
        """The line, from 1, of what `pointer` names, or of the nearest thing around it that exists."""
        node = self._root
        for part in parts_of_pointer(pointer):
            inner = node.inside.get(part)
            if inner is None:
                break
            node = inner
        return bisect_right(self._starts, node.shown_at)

    def span(self, pointer: str) -> tuple[int, int]:
        """The offsets at which the value that `pointer` names begins and ends; that of the whole where it does not exist."""
        node: Node | None = self._root
        for part in parts_of_pointer(pointer):
            node = node.inside.get(part) if node else None
        found = node or self._root
        return found.start, found.end


def _scanned(text: str) -> Node:
    """The tree of the text's values. Without recursion: how deep a text nests is its writer's choice."""
    root = Node(0, 0, len(text))
    holders: list[tuple[Node, bool]] = []  # each with whether it is an object
    tokens = _TOKEN.finditer(text)
    for token in tokens:
        char = text[token.start()]
        if char in "}]":
            holder, _ = holders.pop()
            holder.end = token.end()
            continue
        if char in ",:":
            continue
        node = _placed(text, token, tokens, holders, root)
        node.end = node.end or token.end()
        if text[node.start] in "{[":
            holders.append((node, text[node.start] == "{"))
    return root


def _placed(text: str, token: re.Match[str], tokens: Iterator[re.Match[str]], holders: list[tuple[Node, bool]], root: Node) -> Node:
    """The node of the value that begins at `token`, hung where it belongs; for a member of an object, `token` is its key."""
    if not holders:
        root.shown_at = root.start = token.start()
        root.end = token.end()
        return root
    holder, is_object = holders[-1]
    if not is_object:
        node = holder.inside[str(len(holder.inside))] = Node(token.start(), token.start(), token.end())
        return node
    next(tokens)  # the colon
    value = next(tokens)
    node = holder.inside[json.loads(text[token.start() : token.end()], strict=False)] = Node(token.start(), value.start(), value.end())
    return node
