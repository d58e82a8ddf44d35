"""IAM Access Analyzer's findings about a policy, in our terms: which statement and line, and which of our findings say the same.

Its codes: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html. It knows every service's actions
and keys, and nothing of CircleCI's tokens: so most of what it finds we do not look for, and most of what we find it cannot. What counts as a
contradiction is narrower: one of the two has a rule for the matter, and did not find what the other found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class PolicyKind(StrEnum):
    """What a document is attached to, which decides how Access Analyzer reads it."""

    PERMISSIONS = "permissions"
    TRUST = "trust"


class OurFinding(Protocol):
    """What is read of a finding of `core/policy_findings`."""

    @property
    def id(self) -> str: ...
    @property
    def level(self) -> Level: ...
    @property
    def text(self) -> str: ...
    @property
    def statement(self) -> int | None: ...
    @property
    def line(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a policy: a JSON Pointer, the statement it lies in (from 1) and the line (from 1) of the text that was asked about."""

    pointer: str
    statement: int | None
    line: int | None


@dataclass(frozen=True, slots=True)
class AnalyzerFinding:
    """One finding of Access Analyzer. `kind` is its findingType, which may be one that this program does not know."""

    kind: str
    code: str
    text: str
    link: str = ""
    locations: tuple[Location, ...] = ()

    @property
    def level(self) -> Level:
        """How serious it is in our terms. Both kinds of warning are for the reader to weigh; what is unknown is not played down."""
        return _LEVELS.get(self.kind, Level.WARNING)

    @property
    def place(self) -> Location | None:
        """The first place it names."""
        return self.locations[0] if self.locations else None


_LEVELS: Mapping[str, Level] = {
    "ERROR": Level.ERROR,
    "SECURITY_WARNING": Level.WARNING,
    "WARNING": Level.WARNING,
    "SUGGESTION": Level.NOTE,
}
_ESCALATIONS = frozenset({"pass-role", "every-action", "privilege-escalation", "wildcard-action", "resource-anything"})
# Access Analyzer's code with the ids of our findings that say the same of a statement. A code that is not here is theirs alone.
SAME: Mapping[str, frozenset[str]] = {
    "WILDCARD_WITHOUT_LIKE_OPERATOR": frozenset({"wildcard-without-like"}),
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": frozenset({"for-all-values"}),
    "ALLOW_WITH_NOT_PRINCIPAL": frozenset({"not-principal"}),
    "UNSUPPORTED_PRINCIPAL": frozenset({"names-principals"}),
    "INVALID_SERVICE_CONDITION_KEY": frozenset({"unknown-key", "listing-key-on-other-action"}),
    "PASS_ROLE_WITH_STAR_IN_RESOURCE": _ESCALATIONS,
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": _ESCALATIONS,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two lists of findings about one document, held against each other.

    `both` are pairs that say the same. `only_theirs` and `only_ours` are the rest, of which `they_deny` and `we_deny` are those that the
    other side has a rule for: contradictions, and not merely questions that it does not ask.
    """

    both: tuple[tuple[AnalyzerFinding, OurFinding], ...]
    only_theirs: tuple[AnalyzerFinding, ...]
    only_ours: tuple[OurFinding, ...]

    @property
    def we_deny(self) -> tuple[AnalyzerFinding, ...]:
        """What they find and we, who look for it, do not."""
        return tuple(finding for finding in self.only_theirs if finding.code in SAME)

    @property
    def they_deny(self) -> tuple[OurFinding, ...]:
        """What we find and they, who look for it, do not."""
        return tuple(finding for finding in self.only_ours if finding.id in _LOOKED_FOR)


# Of the ids above, those that name exactly what one code is about. A wildcard is no matter of theirs where no role could be passed by it.
_LOOKED_FOR = frozenset({"wildcard-without-like", "not-principal", "names-principals"})


def compared(theirs: Iterable[AnalyzerFinding], ours: Sequence[OurFinding]) -> Comparison:
    """Which of the findings say the same of the same statement; a finding about the whole document is about each of its statements."""
    both: list[tuple[AnalyzerFinding, OurFinding]] = []
    only_theirs: list[AnalyzerFinding] = []
    for finding in theirs:
        same = [each for each in ours if _say_the_same(finding, each)]
        both += [(finding, each) for each in same]
        if not same:
            only_theirs.append(finding)
    paired = {id(our) for _, our in both}
    return Comparison(tuple(both), tuple(only_theirs), tuple(each for each in ours if id(each) not in paired))


def _say_the_same(theirs: AnalyzerFinding, ours: OurFinding) -> bool:
    if ours.id not in SAME.get(theirs.code, ()):
        return False
    statements = {place.statement for place in theirs.locations}
    return not statements or None in statements or ours.statement is None or ours.statement in statements


def location_of(answered: Mapping[str, Any]) -> Location:
    """A location as ValidatePolicy answers it: steps into the document, and the span of text they lead to."""
    pointer, statement = "", None
    steps = answered.get("path") or ()
    for step in steps:
        part = _part(step)
        if part is None:  # within a string: `substring` says where, and no pointer leads there
            break
        pointer += f"/{part}"
    first, *rest = pointer.split("/")[1:] or [""]
    if first == "Statement":
        # A policy of one statement may have it without a list around it.
        statement = int(rest[0]) + 1 if rest and rest[0].isdecimal() else (1 if rest else None)
    line = (answered.get("span") or {}).get("start", {}).get("line")
    return Location(pointer, statement, line if isinstance(line, int) and line > 0 else None)


def _part(step: Mapping[str, Any]) -> str | None:
    """One step as a token of a JSON Pointer."""
    index = step.get("index")
    if isinstance(index, int):
        return str(index)
    name = step.get("key") or step.get("value")
    return str(name).replace("~", "~0").replace("/", "~1") if name else None
