"""Second opinions on several roles as one list to read, what is worth reading first: where AWS contradicts us, in both sides' words.

A list role by role says "not checked" as often as there are roles, and hides the one difference among them. Here each is said once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.opinions.not_checked import NotChecked
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.opinions.analyzer import AnalyzerFinding, Comparison
    from ciam_tui.core.opinions.report import Opinion
    from ciam_tui.core.opinions.simulation import Disagreement, Simulation
    from ciam_tui.core.problems import Level

_ANALYZER, _SIMULATOR = "Access Analyzer", "IAM's simulator"


class Stance(StrEnum):
    """How AWS stands to what this program says; in the order in which it is told."""

    DIFFERS = "differs"
    ADDS = "adds"
    AGREES = "agrees"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that AWS's opinion comes to. `details` say it of each side; `level` is that of AWS's finding, where it is one."""

    stance: Stance
    text: str
    details: tuple[str, ...] = ()
    level: Level | None = None


def remarks_of(opinions: Mapping[str, Opinion]) -> tuple[Remark, ...]:
    """What `opinions`, each by the name of what it is about, come to; a single one needs no name and may have an empty one."""
    told = [*_findings(opinions), *_requests(opinions), *_agreement(opinions), *_not_checked(opinions)]
    order = list(Stance)
    return tuple(sorted(told, key=lambda remark: order.index(remark.stance)))


def contradictions(remarks: Sequence[Remark]) -> int:
    """How many of `remarks` contradict this program."""
    return sum(remark.stance is Stance.DIFFERS for remark in remarks)


def _findings(opinions: Mapping[str, Opinion]) -> Iterator[Remark]:
    for whose, document, comparison in _comparisons(opinions):
        where = f"{whose}: {document}" if whose else document
        theirs = [*dict.fromkeys(finding for finding, _ in comparison.both), *comparison.only_theirs]
        for finding in theirs:
            place = f"{where}{_statement(finding.place.statement if finding.place else None)}"
            if finding in comparison.we_deny:
                details = (f"{_ANALYZER} finds {finding.code}: {finding.text}", "We look for this and find nothing.")
                yield Remark(Stance.DIFFERS, place, details, finding.level)
            else:
                yield Remark(Stance.ADDS, f"{place}: {finding.code}", (finding.text, *_said_by_us(finding, comparison)), finding.level)
        for our in comparison.they_deny:
            details = (f"We find {our.id}: {our.text}", f"{_ANALYZER} looks for this and finds nothing.")
            yield Remark(Stance.DIFFERS, f"{where}{_statement(our.statement)}", details)


def _said_by_us(finding: AnalyzerFinding, comparison: Comparison) -> Iterator[str]:
    ours = dict.fromkeys(each.id for their, each in comparison.both if their is finding)
    if ours:
        yield f"We say the same: {listed(ours)}."


def _statement(number: int | None) -> str:
    return "" if number is None else f", statement {number}"


def _requests(opinions: Mapping[str, Opinion]) -> Iterator[Remark]:
    for whose, simulation in _simulations(opinions):
        # Who lets pass what the other does not comes before two that deny for different reasons.
        for each in sorted(simulation.disagreements, key=lambda each: not each.is_about_access):
            yield _request(whose, each)


def _request(whose: str, each: Disagreement) -> Remark:
    request = each.request
    context = ", ".join(f"{key}={value}" for key, values in request.context.items() for value in values)
    details = [f"{each.our_reason}.", f"{each.theirs.reason}.", *([f"with {context}"] if context else [])]
    if not each.is_about_access:
        details.append("Both deny it, and for different reasons.")
    return Remark(Stance.DIFFERS, f"{f'{whose}: ' if whose else ''}{request.action} on {request.resource}", tuple(details))


def _agreement(opinions: Mapping[str, Opinion]) -> Iterator[Remark]:
    compared = [comparison for _, _, comparison in _comparisons(opinions)]
    if compared:
        alike = sum(not (each.we_deny or each.they_deny) for each in compared)
        yield Remark(Stance.AGREES, f"{_ANALYZER} contradicts us in {len(compared) - alike or 'none'} of {_counted(len(compared))}.")
    simulations = [simulation for _, simulation in _simulations(opinions)]
    asked = sum(each.asked for each in simulations)
    answered = asked - sum(len(each.unanswered) for each in simulations)
    if answered:
        agreed = sum(each.agreed for each in simulations)
        yield Remark(Stance.AGREES, f"{_SIMULATOR} agrees on {agreed:,} of {counted(answered, 'request')}.")
    if asked > answered:
        yield Remark(Stance.NOT_CHECKED, f"{_SIMULATOR}: {counted(asked - answered, 'request')} got no answer.")


def _counted(documents: int) -> str:
    return "1 policy" if documents == 1 else f"{documents} policies"


def _not_checked(opinions: Mapping[str, Opinion]) -> Iterator[Remark]:
    """Each reason once, with whom it keeps from answering."""
    by_reason: dict[str, dict[str, None]] = {}
    for opinion in opinions.values():
        for _, told in opinion.documents:
            if isinstance(told, NotChecked):
                by_reason.setdefault(told.reason, {})[_ANALYZER] = None
        if isinstance(opinion.simulation, NotChecked):
            by_reason.setdefault(opinion.simulation.reason, {})[_SIMULATOR] = None
    for reason, whom in by_reason.items():
        yield Remark(Stance.NOT_CHECKED, f"{listed(whom)}: {reason}")


def _comparisons(opinions: Mapping[str, Opinion]) -> Iterator[tuple[str, str, Comparison]]:
    for whose, opinion in opinions.items():
        for name, told in opinion.documents:
            if not isinstance(told, NotChecked):
                yield whose, name, told


def _simulations(opinions: Mapping[str, Opinion]) -> Iterator[tuple[str, Simulation]]:
    for whose, opinion in opinions.items():
        if opinion.simulation is not None and not isinstance(opinion.simulation, NotChecked):
            yield whose, opinion.simulation
