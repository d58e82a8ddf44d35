"""What a stage may do with objects of Cloud Storage: custom roles of few permissions, each bound below the stage's prefixes alone.

Where S3 and Cloud Storage differ, less is granted and it is told, never more:
- who replaces an object deletes the old one there, so that a stage that writes and does not delete makes new objects alone;
- listing is a permission on the bucket, which no condition on an object's name can hold to a prefix; the prefix that is asked for is no
  attribute that Cloud Storage gives to conditions. It is granted on a managed folder of the prefix, below which alone it lists.
  https://cloud.google.com/storage/docs/managed-folders

The permissions of each operation: https://cloud.google.com/storage/docs/access-control/iam-json
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.gcp import cel_text as cel
from ciam_tui.core.gcp.place import BUCKET_MARK
from ciam_tui.core.permissions import read_places
from ciam_tui.core.validate.bucket import normalized_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.shape import StageShape

# The permissions of each kind of access. Uploads in parts are as on S3: begun, ended and looked at by who writes.
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "read": ("storage.objects.get",),
    "list": ("storage.objects.list",),
    "write": (
        "storage.multipartUploads.abort",
        "storage.multipartUploads.create",
        "storage.multipartUploads.listParts",
        "storage.objects.create",
    ),
    "delete": ("storage.objects.delete",),
    "probe": ("storage.buckets.get",),
}
# A condition has at most twelve logical operators: https://cloud.google.com/iam/docs/conditions-overview#limitations
_PREFIXES_A_CONDITION = 12
BINDINGS_LIMIT = 20  # of one role to one principal, with different conditions
_BUCKET = f"projects/_/buckets/{BUCKET_MARK}"


@dataclass(frozen=True, slots=True)
class Binding:
    """A custom role, by its kind, on the bucket where `expression` holds. `title` changes with the expression, so that an old one is told apart."""

    kind: str
    title: str
    expression: str


@dataclass(frozen=True, slots=True)
class Grants:
    """What one service account gets: bindings on the bucket, and the managed folders that it lists."""

    bindings: tuple[Binding, ...]
    folders: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The custom roles that are used."""
        used = {binding.kind for binding in self.bindings} | ({"list"} if self.folders else set())
        return tuple(kind for kind in PERMISSIONS if kind in used)


def stage_grants(stage: StageShape) -> Grants:
    """The grants of `stage`."""
    listed = tuple(dict.fromkeys(map(normalized_prefix, (stage.prefix, *read_places(stage)))))
    return Grants(tuple(_bindings(stage, listed)), () if "" in listed else listed)


def _bindings(stage: StageShape, listed: Sequence[str]) -> Iterator[Binding]:
    for kind, prefixes in (
        ("read", read_places(stage)),
        ("write", (stage.prefix,) if "write" in stage.access else ()),
        ("delete", (stage.prefix,) if "delete" in stage.access else ()),
    ):
        for some in _chunks(tuple(map(normalized_prefix, prefixes))):
            yield _binding(kind, cel.either([_below(prefix) for prefix in some]))
    if "" in listed:
        yield _binding("list", _is(""))
    if "probe" in stage.extras:
        yield _binding("probe", _is(""))
        key = normalized_prefix(stage.prefix).removesuffix("/")
        if key:
            yield _binding("read", _is(f"/objects/{key}"))


def _chunks(prefixes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(prefixes), _PREFIXES_A_CONDITION):
        yield prefixes[start : start + _PREFIXES_A_CONDITION]


def _below(prefix: str) -> str:
    return f"resource.name.startsWith({_name(f'/objects/{prefix}')})"


def _is(rest: str) -> str:
    return f"resource.name == {_name(rest)}"


def _name(rest: str) -> str:
    """The name of the bucket, or of something in it; the mark for the bucket stands in it as it is."""
    return f'"{_BUCKET}{cel.text(rest)[1:-1]}"'


def _binding(kind: str, expression: str) -> Binding:
    return Binding(kind, f"ciam-tui {kind} {hashlib.sha256(expression.encode()).hexdigest()[:8]}", expression)
