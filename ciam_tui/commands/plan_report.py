"""A plan for a reader at a terminal, and for a program: every step with its call and what it replaces, every document in full.

The JSON documents of `plan`, `apply`, `undo` and `resume` keep their keys; new ones may be added. All of them have `ok` and `error`, which is
null or what a `Told` holds.
"""

from __future__ import annotations

import difflib
import textwrap
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypedDict

from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.line_diff import diff
from ciam_tui.core.changes.made import made, taken_back
from ciam_tui.core.opinions import json_of, remarks_of
from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.compare import Difference
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.opinions import Opinion
    from ciam_tui.core.plan import Conflict, Plan, Step
    from ciam_tui.core.problems import CiamError


class Told(TypedDict):
    """An error. `code` is stable."""

    code: str
    title: str
    message: str
    suggestions: list[str]


class CallDocument(TypedDict):
    """The request of a step, as botocore names it, or one to `circleci`; `service` is empty for a step that only waits."""

    service: str
    operation: str
    params: dict[str, Any]


class StepDocument(TypedDict):
    """One step. `before` is what it replaces and `after` what it makes of it, as text or null; `undo` says what takes it back."""

    id: str
    title: str
    kind: str
    call: CallDocument
    before: str | None
    after: str | None
    undo: str
    forbidden: bool


class PlanDocument(TypedDict):
    """A plan. `conflicts`, `problems` and `findings` hold the fields of the values they come from; `adopted` are names and ARNs.

    `second_opinions` are AWS's, by the stage's name; null where nobody asked for them.
    """

    ok: bool
    error: Told | None
    account_id: str
    account_alias: str | None
    operator: str
    mode: str
    setup_id: str
    undoes: str | None
    steps: list[StepDocument]
    conflicts: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    adopted: list[str]
    unread: list[str]
    second_opinions: dict[str, Any] | None
    fingerprint: str
    applyable: bool
    complete: bool
    changes_nothing: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All that is said of a plan. `forbidden` are the ids of the steps that AWS says the operator may not make; `undoes` is the run taken back.

    `removes` tells the plan of a removal; `unread_in_circleci` is what `findings` may lack.
    """

    plan: Plan
    mode: str
    findings: tuple[Finding, ...] = ()
    forbidden: frozenset[str] = frozenset()
    undoes: str | None = None
    removes: bool = False
    unread_in_circleci: tuple[str, ...] = ()
    second_opinions: Mapping[str, Opinion] | None = None

    def document(self) -> PlanDocument:
        """The plan for a program."""
        plan = self.plan
        return {
            "ok": plan.applyable,
            "error": None,
            "account_id": plan.account_id,
            "account_alias": plan.facts.identity.alias,
            "operator": plan.facts.identity.arn,
            "mode": self.mode,
            "setup_id": plan.setup_id,
            "undoes": self.undoes,
            "steps": [self._step_document(step, undo) for step, undo in zip(plan.steps, _undo_words(plan), strict=True)],
            "conflicts": [asdict(conflict) for conflict in plan.conflicts],
            "problems": [asdict(problem) for problem in plan.problems],
            "findings": [asdict(finding) for finding in self.findings],
            "adopted": list(plan.adopted),
            "unread": [*plan.facts.unread, *self.unread_in_circleci],
            "second_opinions": None
            if self.second_opinions is None
            else {name: json_of(told) for name, told in self.second_opinions.items()},
            "fingerprint": plan.fingerprint,
            "applyable": plan.applyable,
            "complete": plan.complete,
            "changes_nothing": plan.changes_nothing,
        }

    def _step_document(self, step: Step, undo: str) -> StepDocument:
        call = step.call
        return {
            "id": step.id,
            "title": step.title,
            "kind": step.change.kind,
            "call": {"service": call.service, "operation": call.operation, "params": dict(call.params)},
            "before": step.before,
            "after": made(step.change),
            "undo": undo,
            "forbidden": step.id in self.forbidden,
        }

    def lines(self, *, width: int) -> Iterator[str]:
        """The plan for a reader, whose terminal has `width` columns."""
        yield from self._heading()
        for number, (step, undo) in enumerate(zip(self.plan.steps, _undo_words(self.plan), strict=True), start=1):
            yield ""
            yield from _step_lines(number, step, forbidden=step.id in self.forbidden)
            if step.call.service and self.undoes is None:
                yield f"     undo: {undo}"
        for conflict in self.plan.conflicts:
            yield ""
            yield from _conflict_lines(conflict, width, removes=self.removes)
        yield from self._remarks()
        yield ""
        yield self._summary()

    def _heading(self) -> Iterator[str]:
        identity = self.plan.facts.identity
        if self.undoes is not None:
            yield f"undo of   {self.undoes}"
        yield f"account   {identity.account_id}{f' ({identity.alias})' if identity.alias else ''} · {self.mode}"
        yield f"operator  {identity.arn}"
        if self.plan.facts.bucket is not None:
            yield f"bucket    {self.plan.facts.bucket.name} · {self.plan.facts.bucket.region}"

    def _remarks(self) -> Iterator[str]:
        told_by_conflicts = {conflict.reason for conflict in self.plan.conflicts}
        problems = [problem for problem in self.plan.problems if problem.text not in told_by_conflicts]
        if problems:
            yield ""
            yield from (f"{problem.level}: {problem}" for problem in problems)
        errors = [finding for finding in self.findings if finding.level is Level.ERROR]
        if self.findings:
            counts = ", ".join(f"{sum(each.level is level for each in self.findings)} of level {level}" for level in Level)
            yield ""
            yield f"Findings: {counts}."
            yield from (f"error: {each.field}: {each.text} {each.fix} ({each.id})" for each in errors)
        if self.unread_in_circleci:
            yield ""
            yield "Could not be read in CircleCI:"
            yield from (f"  {sentence}" for sentence in self.unread_in_circleci)
        if self.forbidden:
            yield ""
            yield f"AWS says that you may not make {len(self.forbidden)} of these steps:"
            yield from (f"  {step.title}" for step in self.plan.steps if step.id in self.forbidden)
        if self.second_opinions is not None:
            yield ""
            yield "AWS's second opinion:"
            yield from _opinion_lines(self.second_opinions)

    def _summary(self) -> str:
        plan = self.plan
        if not plan.applyable:
            return "Nothing can be applied as it is: see above."
        if plan.changes_nothing and self.undoes is not None:
            return "Nothing to take back: the account does not hold anything of this run."
        if plan.changes_nothing and self.removes:
            return "Nothing to remove: what there is of this Setup stays as it is." if plan.problems else "Nothing to remove."
        if plan.changes_nothing:
            return "Nothing to do: the account is as the Setup wants it."
        services = [step.call.service for step in plan.steps if step.call.service]
        wiring = services.count("circleci")
        changes = _counted(len(services) - wiring, "change", "changes")
        return f"{_counted(len(plan.steps), 'step', 'steps')}, {changes} to the account{f', {wiring} to CircleCI' if wiring else ''}."


def told(error: CiamError) -> Told:
    """`error` for a program."""
    return {"code": error.code, "title": error.title, "message": error.message, "suggestions": list(error.suggestions)}


def _opinion_lines(opinions: Mapping[str, Opinion]) -> Iterator[str]:
    for remark in remarks_of(opinions):
        yield f"  {remark.stance:<11}  {remark.text}"
        yield from (f"               {detail}" for detail in remark.details)


def _undo_words(plan: Plan) -> Iterator[str]:
    facts = plan.facts
    for step in plan.steps:
        yield taken_back(step.change, facts)
        facts = effect(facts, step.change)


def _step_lines(number: int, step: Step, *, forbidden: bool) -> Iterator[str]:
    call = step.call
    yield f"{number:>3}  {step.title}"
    if call.service:
        yield f"     {call.service}:{call.operation}{'  (AWS says that you may not)' if forbidden else ''}"
    yield from (f"     {line}" for line in diff(step.before, made(step.change)))


def _conflict_lines(conflict: Conflict, width: int, *, removes: bool) -> Iterator[str]:
    yield f"CONFLICT  {conflict.reason}"
    for difference in conflict.differences:
        yield f"  {difference.field.replace('_', ' ')}"
        yield from (f"    {line}" for line in side_by_side(difference, width - 4, "what was made" if removes else "what is wanted"))
    if conflict.adoptable and removes:
        yield f"  Delete it all the same with --adopt {conflict.name}, or leave it with --keep {conflict.name}."
    elif conflict.adoptable:
        yield f"  Take it over with --adopt {conflict.name}: its documents and tags are journaled, and undo brings them back."


def side_by_side(difference: Difference, width: int, wanted: str = "what is wanted") -> Iterator[str]:
    """What exists on the left and what is `wanted` on the right, line beside line; `|` stands between lines that differ."""
    column = max(20, (width - 3) // 2)
    yield f"{'what exists':<{column}}   {wanted}"
    exists, other = difference.actual.splitlines(), difference.expected.splitlines()
    for kind, start, end, other_start, other_end in difflib.SequenceMatcher(None, exists, other, autojunk=False).get_opcodes():
        between = " " if kind == "equal" else "|"
        for left, right in zip_longest(exists[start:end], other[other_start:other_end], fillvalue=""):
            yield from _row(left, right, between, column)


def _row(left: str, right: str, between: str, column: int) -> Iterator[str]:
    for here, there in zip_longest(_wrapped(left, column), _wrapped(right, column), fillvalue=""):
        yield f"{here:<{column}} {between} {there}".rstrip()


def _wrapped(line: str, column: int) -> Sequence[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, column, subsequent_indent=indent, drop_whitespace=False, break_on_hyphens=False) or [""]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
