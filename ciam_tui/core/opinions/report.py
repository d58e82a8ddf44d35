"""A second opinion on one role, for people and for programs: what was checked, what both say, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.opinions.not_checked import NotChecked
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.opinions.analyzer import AnalyzerFinding, Comparison, OurFinding
    from ciam_tui.core.opinions.simulation import Disagreement, Simulation


@dataclass(frozen=True, slots=True)
class Opinion:
    """What AWS says about a role's documents, each by its name, and about requests; None where no request was asked about."""

    documents: tuple[tuple[str, Comparison | NotChecked], ...]
    simulation: Simulation | NotChecked | None = None

    @property
    def contradicts(self) -> bool:
        """Whether AWS and this program say different things about what both looked at."""
        compared = [each for _, each in self.documents if not isinstance(each, NotChecked)]
        simulated = self.simulation if self.simulation is not None and not isinstance(self.simulation, NotChecked) else None
        return any(each.we_deny or each.they_deny for each in compared) or bool(simulated and simulated.disagreements)

    @property
    def not_checked(self) -> tuple[NotChecked, ...]:
        """What was not looked at."""
        told = [*(each for _, each in self.documents), self.simulation]
        return tuple(each for each in told if isinstance(each, NotChecked))


def lines_of(opinion: Opinion) -> tuple[str, ...]:
    """The opinion for people, a line each; those that continue another begin with two spaces."""
    return tuple(_lines(opinion))


def _lines(opinion: Opinion) -> Iterator[str]:
    for name, comparison in opinion.documents:
        if isinstance(comparison, NotChecked):
            yield f"Access Analyzer on {name}: {comparison.words}"
        else:
            yield from _comparison_lines(name, comparison)
    if isinstance(opinion.simulation, NotChecked):
        yield f"IAM's simulator: {opinion.simulation.words}"
    elif opinion.simulation is not None:
        yield from _simulation_lines(opinion.simulation)


def _comparison_lines(name: str, comparison: Comparison) -> Iterator[str]:
    theirs = [*dict.fromkeys(finding for finding, _ in comparison.both), *comparison.only_theirs]
    yield f"Access Analyzer on {name}: {counted(len(theirs), 'finding') if theirs else 'finds nothing'}."
    for finding in theirs:
        said = {each.id: None for their, each in comparison.both if their is finding}
        ours = (
            f"we say the same ({', '.join(said)})" if said else "we look for this and find nothing" if finding in comparison.we_deny else ""
        )
        yield f"  {finding.level.value:<7}  {finding.code}{_place(finding)}: {finding.text}{f' [{ours}]' if ours else ''}"
    for our in comparison.they_deny:
        yield f"  Only we find {our.id}{_statement(our.statement)}, which Access Analyzer looks for as well."


def _place(finding: AnalyzerFinding) -> str:
    place = finding.place
    return "" if place is None else _statement(place.statement)


def _statement(number: int | None) -> str:
    return "" if number is None else f", statement {number}"


def _simulation_lines(simulation: Simulation) -> Iterator[str]:
    asked = f"{counted(simulation.asked, 'request')} in {counted(simulation.calls, 'call')}"
    if not simulation.disagreements and not simulation.unanswered:
        yield f"IAM's simulator: {asked}, and it answers each as we do."
        return
    yield f"IAM's simulator: {asked}, {simulation.agreed} answered as we do."
    for each in simulation.disagreements:
        yield f"  differs  {each.request.action} on {each.request.resource}: {each.our_reason}; {each.theirs.reason}."
        if each.request.context:
            yield f"           with {', '.join(f'{key}={value}' for key, values in each.request.context.items() for value in values)}"
    if simulation.unanswered:
        yield f"  {counted(len(simulation.unanswered), 'request')} got no answer: not checked."


def json_of(opinion: Opinion) -> dict[str, Any]:
    """The opinion for a program."""
    simulation = opinion.simulation
    return {
        "contradicts": opinion.contradicts,
        "documents": [
            {"name": name, "checked": False, "not_checked": _not_checked_json(each)}
            if isinstance(each, NotChecked)
            else {"name": name, "checked": True, **_comparison_json(each)}
            for name, each in opinion.documents
        ],
        "simulation": None
        if simulation is None
        else {"checked": False, "not_checked": _not_checked_json(simulation)}
        if isinstance(simulation, NotChecked)
        else {"checked": True, **_simulation_json(simulation)},
    }


def _not_checked_json(not_checked: NotChecked) -> dict[str, str]:
    return {"code": not_checked.code, "reason": not_checked.reason}


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "both": [{"theirs": _finding_json(theirs), "ours": ours.id} for theirs, ours in comparison.both],
        "only_theirs": _findings_json(comparison.only_theirs),
        "only_ours": [_ours_json(each) for each in comparison.only_ours],
        "we_deny": [each.code for each in comparison.we_deny],
        "they_deny": [each.id for each in comparison.they_deny],
    }


def _findings_json(findings: Sequence[AnalyzerFinding]) -> list[dict[str, Any]]:
    return [_finding_json(each) for each in findings]


def _finding_json(finding: AnalyzerFinding) -> dict[str, Any]:
    return {
        "type": finding.kind,
        "code": finding.code,
        "text": finding.text,
        "link": finding.link,
        "locations": [{"pointer": each.pointer, "statement": each.statement, "line": each.line} for each in finding.locations],
    }


def _ours_json(finding: OurFinding) -> dict[str, Any]:
    return {"id": finding.id, "level": finding.level.value, "statement": finding.statement, "line": finding.line}


def _simulation_json(simulation: Simulation) -> dict[str, Any]:
    return {
        "asked": simulation.asked,
        "calls": simulation.calls,
        "agreed": simulation.agreed,
        "disagreements": [_disagreement_json(each) for each in simulation.disagreements],
        "unanswered": [{"action": each.action, "resource": each.resource} for each in simulation.unanswered],
    }


def _disagreement_json(disagreement: Disagreement) -> dict[str, Any]:
    request = disagreement.request
    return {
        "action": request.action,
        "resource": request.resource,
        "context": {key: list(values) for key, values in request.context.items()},
        "ours": disagreement.ours.value,
        "our_reason": disagreement.our_reason,
        "theirs": disagreement.theirs.outcome.value,
        "their_reason": disagreement.theirs.reason,
        "missing": list(disagreement.theirs.missing),
        "about_access": disagreement.is_about_access,
    }
