"""Names of the user's as another tool takes them: each with its own few characters, and still none twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def labels(names: Sequence[str], *, lead: str, foreign: str = "[^A-Za-z0-9_-]", instead: str = "-") -> tuple[str, ...]:
    """`names` with `instead` for what matches `foreign`, begun with `lead` where none of them begins with a letter, and counted where two are alike."""
    made: list[str] = []
    for name in names:
        label = re.sub(foreign, instead, name)
        label = label if label[:1].isalpha() else f"{lead}{label}"
        free = (each for each in (label, *(f"{label}{instead}{count}" for count in range(2, len(names) + 2))) if each not in made)
        made.append(next(free))
    return tuple(made)
