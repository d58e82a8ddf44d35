"""Calls counted by action and prefix in memory that does not grow with them: a log may have a billion lines, and as many keys.

For each action and bucket the paths make a tree of folders. A folder with more subfolders than a reader takes in (builds by number, days)
becomes one line, so that what is left are the prefixes that people think in. Whether a folder is one line depends on what is in it alone,
not on the order in which it was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ciam_tui.core.evidence.facts import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ciam_tui.core.evidence.calls import Call, Use
    from ciam_tui.core.evidence.facts import Source

# How many names a folder may have before it is one line, from the bucket down; deeper ones are one line anyway.
_MOST_NAMES = (50, 20, 8)
MOST_TREES = 500  # pairs of action and place; a job's user has some ten
_MOST_FOLDERS = 5000  # of all trees together
_SEGMENT = re.compile(r"[^/]*/")


@dataclass(slots=True)
class _Counted:
    count: int = 0
    refused: int = 0
    first: datetime | None = None
    last: datetime | None = None
    address: str = ""
    agent: str = ""

    def add(self, call: Call) -> None:
        self.count += 1
        self.refused += call.refused
        self.first = call.at if self.first is None or call.at < self.first else self.first
        if self.last is None or call.at >= self.last:
            self.last, self.address, self.agent = call.at, call.address, call.agent

    def merge(self, other: _Counted) -> None:
        if other.first is None or other.last is None:
            return
        self.first = other.first if self.first is None or other.first < self.first else self.first
        if self.last is None or other.last >= self.last:
            self.last, self.address, self.agent = other.last, other.address, other.agent
        self.count += other.count
        self.refused += other.refused


@dataclass(slots=True)
class _Folder:
    """What was counted right here, and the folders in it, None once there were too many; `common` is the deepest prefix of all of it."""

    own: _Counted = field(default_factory=_Counted)
    within: dict[str, _Folder] | None = field(default_factory=dict)
    common: str | None = None

    def shares(self, path: str) -> None:
        self.common = path if self.common is None else _common(self.common, path)


@dataclass(slots=True)
class Tally:
    """Counts calls. `uncounted` are those for which there was no more room, of which nothing but their number is kept."""

    source: Source
    partition: str = "aws"
    uncounted: int = 0
    most: int = MOST_TREES
    _trees: dict[tuple[str, str, str], _Folder] = field(default_factory=dict)
    _bare: dict[tuple[str, str, str], _Counted] = field(default_factory=dict)
    _folders: int = 0
    _depth: int = len(_MOST_NAMES)

    def add(self, call: Call) -> None:
        """Count every use in `call`."""
        for use in call.uses:
            key = (use.action, use.bucket, call.principal)
            if key not in self._trees and key not in self._bare and len(self._trees) + len(self._bare) >= self.most:
                self.uncounted += 1
            elif use.path is None:
                self._bare.setdefault(key, _Counted()).add(call)
            else:
                self._add_path(self._trees.setdefault(key, _Folder()), _folder_of(use), call)

    def seen(self) -> tuple[Seen, ...]:
        """All that was counted, the most frequent first."""
        found = [self._seen(key, None, counted) for key, counted in self._bare.items()]
        for key, tree in self._trees.items():
            found += (self._seen(key, path, counted, summed=summed) for path, counted, summed in _counted(tree, ""))
        return tuple(sorted(found, key=lambda each: (-each.count, each.action, each.resource, each.principal)))

    def _add_path(self, root: _Folder, path: str, call: Call) -> None:
        folder = root
        folder.shares(path)
        for depth, name in enumerate(_names(path)):
            if folder.within is None:
                break
            if name not in folder.within:
                if depth >= self._depth or len(folder.within) >= _MOST_NAMES[depth]:
                    self._folders -= _merged(folder)
                    break
                folder.within[name] = _Folder()
                self._folders += 1
            folder = folder.within[name]
            folder.shares(path)
        folder.own.add(call)
        while self._folders > _MOST_FOLDERS and self._depth > 0:
            self._depth -= 1
            self._folders -= sum(_cut(tree, self._depth) for tree in self._trees.values())

    def _seen(self, key: tuple[str, str, str], path: str | None, counted: _Counted, *, summed: bool = False) -> Seen:
        action, bucket, principal = key
        if counted.first is None or counted.last is None:
            raise AssertionError("only what was counted is told")
        resource = f"arn:{self.partition}:s3:::{bucket}" if bucket else path or ""
        if bucket and path is not None:
            resource = f"{resource}/{path}"
        return Seen(
            action,
            resource,
            counted.count,
            counted.first,
            counted.last,
            self.source,
            principal,
            counted.refused,
            counted.address,
            counted.agent,
            summed,
        )


def merged(seen: tuple[Seen, ...], more: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Both, with those that are alike taken together: what several regions or files tell of one thing."""
    found: dict[tuple[str, str, str, str], Seen] = {}
    for each in (*seen, *more):
        key = (each.source, each.action, each.resource, each.principal)
        found[key] = _both(found[key], each) if key in found else each
    return tuple(found.values())


def _both(one: Seen, other: Seen) -> Seen:
    later = other if other.last >= one.last else one
    return replace(
        later,
        count=one.count + other.count,
        refused=one.refused + other.refused,
        first=min(one.first, other.first),
        summed=one.summed or other.summed,
    )


def _folder_of(use: Use) -> str:
    """The path as it is counted: a key by the folder that it is in, a listed prefix and another service's ARN as they are."""
    path = use.path or ""
    if not use.bucket or use.action.startswith("s3:List"):
        # The parts of an upload belong to a key.
        return path if use.action != "s3:ListMultipartUploadParts" else path[: path.rfind("/") + 1]
    return path[: path.rfind("/") + 1]


def _names(path: str) -> Iterator[str]:
    """`builds/`, `web/`, and what stands behind the last slash; an ARN of another service is one name."""
    if path.startswith("arn:"):
        yield path
        return
    end = 0
    for found in _SEGMENT.finditer(path):
        end = found.end()
        yield found[0]
    if end < len(path):
        yield path[end:]


def _common(one: str, other: str) -> str:
    """The longest common beginning that ends in a slash; the whole where both are the same."""
    if one == other or other.startswith(one if one.endswith("/") else f"{one}/"):
        return one
    length = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        length += 1
    return one[: one.rfind("/", 0, length) + 1]


def _merged(folder: _Folder) -> int:
    """Make `folder` one line; how many folders went."""
    gone = 0
    for each in (folder.within or {}).values():
        gone += 1 + _merged(each)
        folder.own.merge(each.own)
    folder.within = None
    return gone


def _cut(folder: _Folder, depth: int) -> int:
    if depth == 0:
        return _merged(folder)
    return sum(_cut(each, depth - 1) for each in (folder.within or {}).values())


def _counted(folder: _Folder, path: str) -> Iterator[tuple[str, _Counted, bool]]:
    """Path and count of each folder, and whether several were taken together in it."""
    if folder.own.count:
        yield (folder.common or "" if folder.within is None else path), folder.own, folder.within is None
    for name, each in (folder.within or {}).items():
        yield from _counted(each, f"{path}{name}")
