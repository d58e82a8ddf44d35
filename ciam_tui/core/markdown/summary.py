"""A Setup and a plan as a reviewer reads them: the roles, who gets in, what they may do, what is risky, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.line_diff import diff
from ciam_tui.core.changes.made import made, removes_something, taken_back
from ciam_tui.core.markdown.safe import code, fenced, prose, table
from ciam_tui.core.permissions import read_places
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.trust import audience, issuer_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ciam_tui.core.findings import Finding
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.problems import Problem
    from ciam_tui.core.shape import SetupShape, StageShape


def setup_markdown(
    setup: SetupShape,
    found: Sequence[Finding],
    notes: Sequence[Problem] = (),
    *,
    of_accepted: Sequence[str] = (),
    unread: Sequence[str] = (),
) -> str:
    """The Setup as a document; `of_accepted` are sentences about the file of accepted findings."""
    title = f"# CircleCI roles for the bucket {code(setup.bucket.name)}"
    accepting = ("", "## Accepted findings", "", *(f"- {prose(each)}" for each in of_accepted)) if of_accepted else ()
    return _document((title, "", *_setup_lines(setup, found), *accepting, *_notes(notes), *_unread(unread)))


def plan_markdown(setup: SetupShape, plan: Plan, found: Sequence[Finding], *, unread: Sequence[str] = ()) -> str:
    """The Setup with what applying it changes."""
    lines = [f"# Plan for the bucket {code(setup.bucket.name)}", "", prose(_verdict(plan)), "", *_setup_lines(setup, found)]
    return _document((*lines, *_changes(plan), *_notes(plan.problems), *_unread((*plan.facts.unread, *unread))))


def _setup_lines(setup: SetupShape, found: Sequence[Finding]) -> Iterator[str]:
    circleci = setup.circleci
    yield f"- Account: {code(setup.account_id)}, partition {code(setup.partition)}"
    yield f"- Bucket: {code(setup.bucket.name)} in {code(setup.bucket.region)}"
    yield f"- Organization: {code(circleci.org_slug or circleci.org_id)}, issuer {code(issuer_url(circleci))}, audience {code(audience(circleci))}"
    yield ""
    yield "## Roles"
    yield ""
    roles = [(stage, role) for stage in setup.stages for role in stage_roles(setup, stage)]
    yield from table(
        ("Role", "Who gets in", "What it may do", "Longest session"),
        ((code(role.name), _who(setup, stage, role.project_names), _may(stage), f"{role.max_session_seconds} s") for stage, role in roles),
    )
    yield ""
    yield "## Findings"
    yield ""
    if found:
        yield from table(
            ("Level", "Where", "What", "What to do"),
            ((_level(each.level), code(each.field), prose(each.text), prose(each.fix)) for each in found),
        )
    else:
        yield "None."


def _who(setup: SetupShape, stage: StageShape, projects: Sequence[str]) -> str:
    if setup.circleci.any_project:
        return "**every project of the organization**"
    named = ", ".join(code(name) for name in projects)
    if not stage.branches:
        return f"{named}, any branch"
    return f"{named}, {', '.join(code(branch) for branch in stage.branches)}"


def _may(stage: StageShape) -> str:
    own = _below(stage.prefix)
    changes = [f"{', '.join(stage.access)} {own}"] if stage.access else []
    reads = [f"read {_below(prefix)}" for prefix in read_places(stage) if prefix != stage.prefix or "read" not in stage.access]
    extras = [f"extras: {', '.join(stage.extras)}"] if stage.extras else []
    return "; ".join((*changes, *reads, *extras))


def _below(prefix: str) -> str:
    return f"below {code(prefix)}" if prefix else "**in the whole bucket**"


def _level(level: Level) -> str:
    return f"**{level}**" if level is Level.ERROR else str(level)


def _verdict(plan: Plan) -> str:
    if not plan.applyable:
        return "It cannot be applied as it is: see below."
    if plan.changes_nothing:
        return "Nothing to do: the account is as the Setup wants it."
    removing = sum(removes_something(step.change) for step in plan.steps)
    return f"{len(plan.steps)} steps, {removing} of which take something away. Fingerprint {plan.fingerprint}."


def _changes(plan: Plan) -> Iterator[str]:
    if plan.steps:
        yield from ("", "## What changes", "")
        facts, rows = plan.facts, []
        for number, step in enumerate(plan.steps, start=1):
            undo = taken_back(step.change, facts) if step.call.service else ""
            title = prose(step.title)
            rows.append((str(number), f"**{title}**" if removes_something(step.change) else title, prose(undo)))
            facts = effect(facts, step.change)
        yield from table(("Step", "Change", "How an undo takes it back"), rows)
    for number, step in enumerate(plan.steps, start=1):
        if step.before is not None:
            yield from ("", f"Step {number}, {prose(step.title)}:", "")
            yield from fenced(diff(step.before, made(step.change)), "diff")
    for conflict in plan.conflicts:
        yield from ("", f"## Conflict: {code(conflict.name)}", "", prose(conflict.reason))
        for difference in conflict.differences:
            yield from ("", f"{prose(difference.field.replace('_', ' '))}, from what exists to what is wanted:", "")
            yield from fenced(diff(difference.actual, difference.expected), "diff")


def _notes(problems: Iterable[Problem]) -> Iterator[str]:
    lines = [f"- {_level(each.level)}: {prose(str(each))}" for each in problems]
    if lines:
        yield from ("", "## Notes", "", *lines)


def _unread(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield from ("", "## What could not be read", "", *(f"- {prose(each)}" for each in sentences))


def _document(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
