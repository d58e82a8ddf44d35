"""A finding's fix applied by a key: the draft that comes of it, what was changed in one line, and the way back while nothing else was edited.

Nothing is fixed unseen: a fix changes answers alone, the preview marks what that does to the policies, and the draft before it is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ciam_tui.core.answers import settled
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.core.draft import Draft
    from ciam_tui.core.findings import Finding

_TAKES_IT_BACK = "f9 takes it back."

FINDINGS_ELSEWHERE = "The findings stand on the other tabs: f4 goes there."
LOOK_FIRST = "This is the finding: the same key again fixes it."


@dataclass(frozen=True, slots=True)
class Fixed:
    """One fix: the draft before it, and the one that it made."""

    before: Draft
    after: Draft


@dataclass(slots=True)
class Fixes:
    """The fixes that can be taken back, the last one last. `take` is told each draft that a fix, or its way back, makes."""

    take: Callable[[Draft], None]
    done: list[Fixed] = field(default_factory=list)

    def fix(self, draft: Draft, finding: Finding | None) -> tuple[Draft, str]:
        """`draft` with the fix of `finding`, and what was changed; or as it was, and why."""
        from ciam_tui.core.draft_patch import with_fix  # not needed for the first frame

        if finding is None:
            return draft, "There is no finding here to fix."
        if not finding.patch:
            return draft, f"No key can decide this for you. {finding.fix}".strip()
        try:
            changed = settled(draft, with_fix(draft, finding))
        except CiamError as error:
            return draft, f"This could not be fixed: {error.message} {finding.fix}".strip()
        if changed.draft == draft:
            return draft, f"That is so already. {finding.fix}".strip()
        self.done.append(Fixed(draft, changed.draft))
        self.take(changed.draft)
        return changed.draft, " ".join((f"{'; '.join(changes(draft, changed.draft))}.", *changed.told, "f9 takes it back."))

    def take_back(self, draft: Draft) -> tuple[Draft, str]:
        """The draft before the last fix, and what was changed; or `draft` as it is, and why."""
        if not self.done:
            return draft, "There is no fix to take back here; f7 lists past runs."
        if self.since(draft) is None:
            return draft, "The answers have changed since the fix: change them by hand."
        before = self.done.pop().before
        self.take(before)
        return before, f"Taken back: {'; '.join(changes(draft, before))}."

    def since(self, draft: Draft) -> Draft | None:
        """The draft before the fix that made `draft`; None where something else has changed it since."""
        return self.done[-1].before if self.done and self.done[-1].after == draft else None


def changes(before: Draft, after: Draft) -> list[str]:
    """Each answer that differs, as `deploy: access read, write → read`."""
    return [
        f"{_named(path, after)} {_told(old)} → {_told(new)}" for path, old, new in _differences((), before.as_setup(), after.as_setup())
    ]


def _differences(path: tuple[str | int, ...], before: Any, after: Any) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _differences((*path, key), before.get(key), after.get(key))
    elif _is_same_list_of_objects(before, after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences((*path, index), old, new)
    else:
        yield path, before, after


def _is_same_list_of_objects(before: Any, after: Any) -> bool:
    if not (isinstance(before, list) and isinstance(after, list)) or len(before) != len(after):
        return False
    return all(isinstance(each, dict) for each in (*before, *after))


def _named(path: tuple[str | int, ...], draft: Draft) -> str:
    if path[0] == "stages" and len(path) > 1 and isinstance(path[1], int):
        return f"{draft.stages[path[1]].name or 'the stage'}: {'.'.join(map(str, path[2:]))}"
    return ".".join(map(str, path))


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_told(each) for each in value) or "none"
    if isinstance(value, dict):
        return str(value.get("name") or json.dumps(value))
    return value or "none" if isinstance(value, str) else json.dumps(value)
