"""The answer of `ciam-tui can` as lines for people and as a JSON document for programs: the same facts in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.evaluate import CompiledStatement, Decision, Outcome, Request, StatementReasons
    from ciam_tui.core.layers import LayerAnswer, Verdict


def decision_lines(decision: Decision) -> Iterator[str]:
    """The answer of one set of policies."""
    yield _headline(decision.request, allowed=decision.allowed)
    if decision.deciding is None:
        yield "Decided by no statement: what none allows is denied."
    else:
        yield f"Decided by {_place(decision.deciding)}."
    yield from _callers_not_judged(decision.request, decision.reasons)
    yield from _reason_lines(decision.reasons)


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """The answer of all layers: which were asked in which order, what each said, and which decided."""
    yield _headline(verdict.request, allowed=verdict.allowed)
    statement = "" if verdict.deciding is None else f", {_place(verdict.deciding)}"
    yield f"Decided by the {verdict.decided_by.words}{statement}: {verdict.why}."
    yield from _callers_not_judged(verdict.request, verdict.reasons)
    if verdict.not_given:
        yield f"Not given, and so not judged: {', '.join(verdict.not_given)}."
    yield ""
    width = max(len(answer.words) for answer in verdict.layers)
    for answer in verdict.layers:
        mark = ">" if answer is verdict.decided_by else " "
        yield f"{mark} {answer.words:<{width}}  {_said(answer)}"
    for answer in verdict.layers:
        if answer.decision is not None:
            yield ""
            yield f"{answer.words}:"
            yield from _reason_lines(answer.decision.reasons)


def _said(answer: LayerAnswer) -> str:
    words = answer.said.value.replace("-", " ")
    by = "" if answer.deciding is None else f" by {_place(answer.deciding)}"
    note = f": {answer.note}" if answer.note else ""
    return f"{words}{by}{note}"


def _headline(request: Request, *, allowed: bool) -> str:
    return f"{'ALLOWED' if allowed else 'DENIED'}  {request.action} on {request.resource}"


def _callers_not_judged(request: Request, reasons: Sequence[StatementReasons]) -> Iterator[str]:
    if request.principal is None and any(each.statement.principal is not None for each in reasons):
        yield "Callers were not judged: name one with --principal."


def _reason_lines(all_reasons: Sequence[StatementReasons]) -> Iterator[str]:
    for reasons in all_reasons:
        yield ""
        yield f"{_place(reasons.statement)} {'applies' if reasons.applies else 'does not apply'}"
        for sentence in reasons.matched:
            yield f"  matched      {sentence}"
        for sentence in reasons.unmatched:
            yield f"  not matched  {sentence}"


def _place(statement: CompiledStatement) -> str:
    number = f", statement {statement.number}" if statement.sid else ""
    return f"{statement} ({statement.policy}{number})"


def decision_json(decision: Decision) -> dict[str, Any]:
    """The answer of one set of policies: a single layer of its own, since their kind was not told."""
    layer = {"layer": "policies", "level": None, "said": decision.outcome.value, "deciding": _deciding(decision.deciding), "note": ""}
    said = (decision.request, decision.outcome, decision.deciding, decision.reasons)
    return {**_common(*said), "layers": [layer], "decided_by": "policies", "why": None, "not_given": []}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The answer of all layers."""
    return {
        **_common(verdict.request, verdict.outcome, verdict.deciding, ()),
        "statements": [
            {"layer": answer.layer.value, "level": answer.level, **_reasons_json(reasons)}
            for answer in verdict.layers
            if answer.decision is not None
            for reasons in answer.decision.reasons
        ],
        "layers": [
            {
                "layer": answer.layer.value,
                "level": answer.level,
                "said": answer.said.value,
                "deciding": _deciding(answer.deciding),
                "note": answer.note,
            }
            for answer in verdict.layers
        ],
        "decided_by": verdict.decided_by.layer.value,
        "why": verdict.why,
        "not_given": list(verdict.not_given),
    }


def _common(
    request: Request, outcome: Outcome, deciding: CompiledStatement | None, all_reasons: Sequence[StatementReasons]
) -> dict[str, Any]:
    return {
        "allowed": outcome.value == "allowed",
        "outcome": outcome.value,
        "deciding": _deciding(deciding),
        "request": {
            "action": request.action,
            "resource": request.resource,
            "context": {key: list(values) for key, values in request.context.items()},
            "principal": request.principal,
        },
        "statements": [_reasons_json(reasons) for reasons in all_reasons],
    }


def _reasons_json(reasons: StatementReasons) -> dict[str, Any]:
    return {
        **_statement_json(reasons.statement),
        "applies": reasons.applies,
        "matched": list(reasons.matched),
        "not_matched": list(reasons.unmatched),
    }


def _deciding(statement: CompiledStatement | None) -> dict[str, Any] | None:
    return None if statement is None else _statement_json(statement)


def _statement_json(statement: CompiledStatement) -> dict[str, Any]:
    return {"policy": statement.policy, "statement": statement.number, "sid": statement.sid, "effect": statement.effect}
