"""A plan, its findings and its roles as sentences to be heard one after the other: no columns, nothing that is told by its place on a screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ciam_tui.core.access_matrix import Verdict, matrix_of
from ciam_tui.core.access_words import headline
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.made import made, removes_something, taken_back
from ciam_tui.core.document import parse_policy
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.tokens.cases import who_gets_in
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.access_matrix import Cell, Matrix
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Conflict, Plan
    from ciam_tui.core.setup import Setup


def summary_lines(plan: Plan, mode: str, forbidden: frozenset[str]) -> Iterator[str]:
    """What would be done, by whom and where, and what speaks against it."""
    identity = plan.facts.identity
    yield f"Account: {identity.account_id}{f' ({identity.alias})' if identity.alias else ''}, {mode}."
    yield f"Operator: {identity.arn}."
    yield f"{counted(len(plan.steps), 'step')}." if plan.steps else "No steps."
    for number, step in enumerate(plan.steps, 1):
        words = ["removes or replaces"] if removes_something(step.change) else []
        words += ["AWS says that you may not do this"] if step.id in forbidden else []
        yield f"Step {number}: {step.title}{f' ({listed(words)})' if words else ''}."
    for conflict in plan.conflicts:
        yield f"Exists already: {conflict.reason}"
    told = {conflict.reason for conflict in plan.conflicts}
    for problem in plan.problems:
        if problem.text not in told:
            yield f"{_LEVELS[problem.level]}: {problem.text} {problem.fix}".rstrip()
    yield from (f"Not read: {sentence}" for sentence in plan.facts.unread)


_LEVELS = {Level.ERROR: "In the way", Level.WARNING: "Warning", Level.NOTE: "Note"}


def step_lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each step in full, as pairs of a sentence and a document that may follow it."""
    facts = plan.facts
    for number, step in enumerate(plan.steps, 1):
        call = step.call
        yield f"Step {number} of {len(plan.steps)}: {step.title}.", ""
        yield (
            (f"Request: {call.service} {call.operation}." if call.service else "Nothing is sent: the account is read until it shows it."),
            "",
        )
        if step.before is not None:
            yield "What it replaces:", step.before
        after = made(step.change)
        if after:
            yield "What it makes of it:" if step.before is not None else "What it makes:", after
        elif call.params:
            yield "With:", json.dumps(dict(call.params), indent=2, default=str)
        yield f"Undone by: {taken_back(step.change, facts)}.", ""
        facts = effect(facts, step.change)


def conflict_lines(conflict: Conflict) -> Iterator[tuple[str, str]]:
    """What exists and differs, answer after answer: first as it is, then as it is wanted."""
    yield conflict.reason, ""
    for difference in conflict.differences:
        name = difference.field.replace("_", " ")
        yield f"{name}, as it is:", difference.actual
        yield f"{name}, as it is wanted:", difference.expected


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The findings, numbered, worst first as they come; which of them can be fixed by their number."""
    if not findings:
        yield "No findings."
    for number, finding in enumerate(findings, 1):
        by_number = f" fix {number} does that." if finding.patch else ""
        yield f"{number}. {finding.level}: {finding.text} {finding.fix}{by_number}"


def role_lines(setup: Setup) -> Iterator[str]:
    """Each role: who gets in, who does not, and what it may do, in words."""
    matrices = {matrix.stage.name: matrix for matrix in matrix_of(setup)}
    for role in wanted_roles(setup):
        yield ""
        yield f"Role {role.name}, of stage {role.stage}."
        yield f"ARN: {role.arn}"
        for answer in who_gets_in(parse_policy(role.trust.text, what="the trust policy")):
            stranger = ", a stranger to the policy" if answer.is_open_door else ""
            yield f"{answer.case.title}: {answer.answer.word}{stranger}."
        yield from _place_lines(matrices[role.stage])


def _place_lines(matrix: Matrix) -> Iterator[str]:
    """What may be done at each place, a line a place; the places where nothing may be done at all are told in one."""
    closed = []
    for place in matrix.places:
        cells = [cell for cell in matrix.cells if cell.place == place]
        may, may_not, partly = (
            [cell for cell in cells if cell.verdict is verdict] for verdict in (Verdict.ALLOWED, Verdict.DENIED, Verdict.PARTLY)
        )
        if not may and not partly:
            closed.append(place.title)
            continue
        yield f"At {place.title} it may {_operations(may) or 'do nothing whole'}; it may not {_operations(may_not) or 'do anything else'}."
        yield from (f"{headline(cell)}." for cell in partly)
    if closed:
        yield f"It may do nothing at {'; '.join(closed)}."
    yield from matrix.limits


def _operations(cells: Sequence[Cell]) -> str:
    return ", ".join(cell.operation.title for cell in cells)


def document_lines(setup: Setup) -> Iterator[tuple[str, str]]:
    """The two policies of each role, as they are applied."""
    for role in wanted_roles(setup):
        yield f"Role {role.name}, trust policy:", role.trust.canonical
        yield f"Role {role.name}, permission policy:", role.permissions.canonical


def run_lines(run: RunState, history: History) -> Iterator[str]:
    """One past run."""
    started = run.started
    yield f"Run {started.run_id}, {started.at:%Y-%m-%d %H:%M} UTC: {history.words(run)}."
    yield f"Account: {started.account_id}."
    yield f"Bucket: {started.setup['bucket']['name']}."
    yield f"By: {started.operator}."
    yield f"Steps done: {len(run.done_steps)} of {len(started.steps)}."
    yield from (f"Left: {step.title}{', begun, outcome unknown' if step.id in run.unknown else ''}." for step in run.pending)
