"""What is told of a policy: a finding as a value, with its place in the text and a fix that a key can apply.

It is apart from the findings of a Setup, which speak of answers: a policy is anybody's, and all there is to point at are its lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ciam_tui.core.json_patch import Operation
    from ciam_tui.core.problems import Level


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """One risk or mistake in a policy.

    `leaves_open` is what the finding does not establish. `statement` and `line` count from 1; `line` is one of the text as it was given, and
    `pointer` the JSON Pointer of what the finding is about. `patch` is the fix, empty where only a person can make it. A fix never allows
    what was refused before, unless it `opens`: then the policy let nobody in, or granted nothing, where somebody was meant.
    """

    id: str
    level: Level
    text: str
    fix: str
    leaves_open: str = ""
    statement: int | None = None
    sid: str | None = None
    line: int | None = None
    patch: tuple[Operation, ...] = ()
    pointer: str = ""
    opens: bool = False

    def as_json(self) -> dict[str, Any]:
        """The finding for a program; its patch is a JSON Patch of RFC 6902."""
        return {
            "id": self.id,
            "level": self.level.value,
            "statement": self.statement,
            "sid": self.sid,
            "line": self.line,
            "pointer": self.pointer,
            "text": self.text,
            "fix": self.fix,
            "leaves_open": self.leaves_open,
            "patch": [operation.as_json() for operation in self.patch],
            "opens": self.opens,
        }
