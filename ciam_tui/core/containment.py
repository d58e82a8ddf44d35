"""Whether what one stage is trusted with, or granted, is contained in another's: the ground for findings about stages that are one.

AWS sees no job name in a token. So two stages are two identities only as far as their trust differs, and a stage whose trust lets the
jobs of a weaker stage in hands them its access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.permissions import read_places
from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ciam_tui.core.shape import StageShape

# A grant: what, and under which prefix.
Grant = tuple[str, str]


def trust_contains(wide: StageShape, narrow: StageShape) -> bool:
    """Whether every token that `narrow` lets in is let in by `wide`, of the same projects.

    Stages of one Setup trust the same projects, so their branches decide. A stage without branches lets in every token of the projects.
    """
    if not wide.branches:
        return True
    if not narrow.branches:
        return False
    return all(any(pattern_contains(full_ref(outer), full_ref(inner)) for outer in wide.branches) for inner in narrow.branches)


def pattern_contains(outer: str, inner: str) -> bool:
    """Whether each text that the pattern `inner` matches is matched by `outer`; `*` stands for any text, also over a `/`.

    `inner`'s own `*` can be covered by a `*` of `outer` alone, so it is matched as a character that no literal equals.
    """
    literals = outer.split("*")
    if len(literals) == 1:
        return outer == inner
    first, *middle, last = literals
    if not (inner.startswith(first) and inner.endswith(last) and len(inner) >= len(first) + len(last)):
        return False
    position, end = len(first), len(inner) - len(last)
    for literal in middle:
        found = inner.find(literal, position, end)
        if found < 0:
            return False
        position = found + len(literal)
    return True


def grants(stage: StageShape) -> frozenset[Grant]:
    """What `stage` may do, each with the prefix under which it may."""
    own = {(access, stage.prefix) for access in stage.access if access != "read"}
    extras = {(extra, stage.prefix) for extra in stage.extras}
    return frozenset(own | extras | {("read", place) for place in read_places(stage)})


def grants_cover(wide: Iterable[Grant], narrow: Iterable[Grant]) -> bool:
    """Whether each grant of `narrow` is had by `wide`, under the same prefix or one above it."""
    wide = tuple(wide)
    return all(_covers(wide, what, place) for what, place in narrow)


def _covers(wide: Sequence[Grant], what: str, place: str) -> bool:
    if what != "probe":
        return any(what == have and place.startswith(above) for have, above in wide)
    # Besides the bucket's location it reads one key, that of the prefix without its slash: a probe of another prefix does not.
    key = place.removesuffix("/")
    reads_key = not key or any((have, above) == (what, place) or (have == "read" and key.startswith(above)) for have, above in wide)
    return reads_key and any(have == what for have, _ in wide)


def has_more_access(stage: StageShape, other: StageShape) -> bool:
    """Whether `stage` may do all that `other` may, and something besides."""
    return grants_cover(grants(stage), grants(other)) and not grants_cover(grants(other), grants(stage))


def has_other_access(stage: StageShape, other: StageShape) -> bool:
    """Whether `stage` may do something that `other` may not."""
    return not grants_cover(grants(other), grants(stage))
