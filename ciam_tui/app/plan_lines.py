"""What stands below a plan's table, as lines: the call of the step at hand, what it replaces, how it is undone; and what speaks against it.

Pure functions from a plan to lines, so that what a person is shown before they say yes can be tested without a screen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import Ink, Line, finding_line, highlighted
from ciam_tui.app.opinion_lines import remark_lines
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.made import taken_back
from ciam_tui.core.circleci.wiring_problems import is_for_good, is_wiring
from ciam_tui.core.findings import Finding
from ciam_tui.core.opinions import contradictions
from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.opinions import Remark
    from ciam_tui.core.plan import Conflict, Plan, Step
    from ciam_tui.core.problems import Problem

CONTEXT = 2  # unchanged lines around a change
_DOCUMENTS = frozenset({"AssumeRolePolicyDocument", "PolicyDocument", "Policy"})
_LEVELS = (Level.ERROR, Level.WARNING, Level.NOTE)


def step_lines(plan: Plan, index: int) -> list[Line]:
    """The step at `index` of `plan`: call, before and after, undo."""
    step = plan.steps[index]
    lines = [_heading(f"{index + 1} of {len(plan.steps)} · {step.title}"), Line(())]
    lines.extend(_change_lines(step))
    lines.extend([Line(()), _heading("Undone by"), *_undo_lines(plan, index)])
    return lines


def _change_lines(step: Step) -> Iterator[Line]:
    call = step.call
    if not call.service:
        yield _note("Nothing is sent: the account is read until it shows what was made, for 35 s at most.")
        return
    yield Line(((f"{call.service} ", Ink.NOTE), (call.operation, Ink.KEY)))
    after = _document_of(call)
    for key, value in call.params.items():
        if key not in _DOCUMENTS:
            yield from _parameter(key, value)
    if step.before is not None and after is None:
        yield Line((("  before: ", Ink.NOTE), *_plain(step.before)), indent=4) if "\n" not in step.before else _heading("Before")
        if "\n" in step.before:
            yield from (_json_line(text, "-") for text in step.before.split("\n"))
    if after is not None:
        name, text = after
        yield Line(((f"  {name}", Ink.KEY), (":" if step.before is None else ": what changes", Ink.PUNCTUATION)))
        yield from diff_lines(step.before, text)


def _document_of(call: Call) -> tuple[str, str] | None:
    return next(((key, str(value)) for key, value in call.params.items() if key in _DOCUMENTS), None)


def _parameter(key: str, value: object) -> Iterator[Line]:
    text = value if isinstance(value, str) else _compact(value)
    # A line that begins as a note is broken between words, and values of several words should be.
    yield Line((("  ", Ink.NOTE), (key, Ink.KEY), (": ", Ink.PUNCTUATION), *_plain(text)), indent=6)


def _compact(value: object) -> str:
    """A parameter on one line; AWS's lists of tags as they are written everywhere else."""
    if isinstance(value, list) and all(isinstance(each, dict) and set(each) == {"Key", "Value"} for each in value):
        return ", ".join(f"{each['Key']}={each['Value']}" for each in value)
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


def diff_lines(before: str | None, after: str) -> list[Line]:
    """`after` line by line; against `before`, only what changes, with its surroundings: `-` goes, `+` comes."""
    new = after.split("\n")
    if before is None:
        return [_json_line(text) for text in new]
    old = before.split("\n")
    lines: list[Line] = []
    for number, group in enumerate(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT)):
        if number or group[0][1] > 0:
            lines.append(_note("    …"))
        for kind, old_start, old_end, new_start, new_end in group:
            if kind == "equal":
                lines.extend(_json_line(text) for text in new[new_start:new_end])
                continue
            lines.extend(_json_line(text, "-") for text in old[old_start:old_end])
            lines.extend(_json_line(text, "+") for text in new[new_start:new_end])
    return lines or [_note("    nothing: the two say the same")]


def _json_line(text: str, sign: str = " ") -> Line:
    # What goes is quiet, what comes has the colours of a document; the sign says it without colour.
    pieces = ((text, Ink.PUNCTUATION),) if sign == "-" else highlighted(text)
    return Line((("    ", Ink.PUNCTUATION), *pieces), sign, len(text) - len(text.lstrip()) + 8)


def _undo_lines(plan: Plan, index: int) -> list[Line]:
    facts = plan.facts
    for step in islice(plan.steps, index):
        facts = effect(facts, step.change)
    undone = taken_back(plan.steps[index].change, facts)
    return [Line((("  ", Ink.PUNCTUATION), (f"{each}.", Ink.STRING)), indent=4) for each in undone.split("; ")]


def verdict_problems(plan: Plan) -> tuple[Problem, ...]:
    """What keeps the plan from being applied."""
    return tuple(problem for problem in plan.problems if problem.level is Level.ERROR)


@dataclass(frozen=True, slots=True)
class Concerns:
    """All that a person should weigh before they say yes; `unasked` is why AWS could not be asked what they may do.

    `second_opinion` is what AWS says of the policies, empty where it is not asked.
    """

    findings: tuple[Finding, ...] = ()
    forbidden: tuple[Step, ...] = ()
    unasked: str = ""
    second_opinion: tuple[Remark, ...] = ()


def concern_lines(plan: Plan, concerns: Concerns) -> list[Line]:
    """What blocks the plan, what AWS would refuse, the findings by level, and what else to know."""
    lines: list[Line] = []
    for_good = [problem for problem in plan.problems if is_for_good(problem)]
    if for_good:
        lines.extend([_heading("This cannot be taken back"), *_problem_lines(for_good), Line(())])
    blocking = verdict_problems(plan)
    if blocking:
        lines.extend([_heading("This keeps the plan from being applied"), *_problem_lines(blocking), Line(())])
    if concerns.forbidden:
        titles = (Line(((f"✗ {step.title}.", Ink.ERROR),), indent=2) for step in concerns.forbidden)
        lines.extend([_heading("AWS says that you may not do this"), *titles, Line(())])
    for level in _LEVELS:
        told = [finding for finding in concerns.findings if finding.level is level]
        if told:
            lines.extend([_heading(_HEADINGS[level]), *(finding_line(finding) for finding in told), Line(())])
    rest = [problem for problem in plan.problems if problem.level is not Level.ERROR and problem not in for_good]
    wiring = [problem for problem in rest if is_wiring(problem)]
    if concerns.unasked:
        lines.extend([finding_line(Finding("", Level.NOTE, concerns.unasked, "", ""))])
    if wiring:
        lines.extend([_heading("About the contexts in CircleCI"), *_problem_lines(wiring), Line(())])
    if len(rest) > len(wiring):
        lines.extend([_heading("About the account"), *_problem_lines(problem for problem in rest if problem not in wiring)])
    lines = lines or [_note("Nothing speaks against it: no problems, no findings.")]
    if concerns.second_opinion:
        lines.extend([*([] if not lines[-1].pieces else [Line(())]), _heading("AWS's second opinion")])
        lines.extend(remark_lines(concerns.second_opinion))
    return lines


def concern_count(plan: Plan, concerns: Concerns) -> int:
    """How much there is to weigh, for the name of the tab."""
    return len(concerns.findings) + len(plan.problems) + len(concerns.forbidden) + contradictions(concerns.second_opinion)


_HEADINGS = {
    Level.ERROR: "Findings of level error: decide on these first",
    Level.WARNING: "Warnings: for you to weigh",
    Level.NOTE: "Notes",
}


def _problem_lines(problems: Iterable[Problem]) -> list[Line]:
    return [finding_line(Finding("", problem.level, problem.text, problem.fix, problem.field)) for problem in problems]


def side_by_side(wanted: str, there: str) -> list[tuple[str, str, str]]:
    """The two texts line by line as (sign, wanted, there): `~` where they differ, `+` and `-` where one has none, and a space where they agree.

    Of a long run of lines that agree only the ends are kept, which say where one is.
    """
    left, right = wanted.split("\n"), there.split("\n")
    rows: list[tuple[str, str, str]] = []
    for kind, left_start, left_end, right_start, right_end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        pairs = [*zip_longest(left[left_start:left_end], right[right_start:right_end])]
        told = [(_sign(kind, ours, theirs), ours or "", theirs or "") for ours, theirs in pairs]
        if kind == "equal" and len(told) > 2 * CONTEXT + 1:
            told = [*told[:CONTEXT], (" ", "…", "…"), *told[-CONTEXT:]]
        rows.extend(told)
    return rows


def _sign(kind: str, ours: str | None, theirs: str | None) -> str:
    if kind == "equal":
        return " "
    if ours is None:
        return "-"  # there, and not wanted
    return "+" if theirs is None else "~"


def adoptable(conflicts: Sequence[Conflict]) -> Conflict | None:
    """The first of `conflicts` that a person may decide to adopt."""
    return next((conflict for conflict in conflicts if conflict.adoptable), None)


def counted(numbers: Mapping[str, int]) -> str:
    """`8 steps · 1 error`: each word with its number, in the plural where it has one, and none where there are none."""
    return " · ".join(f"{number} {word}{'s' if number != 1 else ''}" for word, number in numbers.items() if number)


def _plain(text: str) -> tuple[tuple[str, Ink], ...]:
    return ((text, Ink.STRING),)


def _heading(text: str) -> Line:
    return Line(((text, Ink.HEADING),))


def _note(text: str) -> Line:
    return Line(((text, Ink.NOTE),), indent=len(text) - len(text.lstrip()))
