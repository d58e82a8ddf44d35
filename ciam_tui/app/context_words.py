"""An organization's contexts in the words of a list: who may use each, whether static AWS keys are in it, and what wiring would do with it.

Pure functions from what was read to rows and sentences. A context that could not be read says so, and is taken for neither open nor empty.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.app.widgets.picker import Row
from ciam_tui.core.circleci.context_expression import NO_SSH
from ciam_tui.core.circleci.context_findings import context_findings
from ciam_tui.core.circleci.facts import RestrictionType
from ciam_tui.core.naming import context_names
from ciam_tui.core.static_keys import KEY_ID, STATIC_KEYS
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.circleci.facts import CircleCiFacts, ContextContents, Restriction, Variable
    from ciam_tui.core.draft import Draft

USES = "wiring uses it"
MAKES = "wiring makes it"
_TEST = r'pipeline\.git\.(branch|tag) (==|starts-with) "((?:[^"\\]|\\.)*)"'
_REFS = re.compile(rf"{_TEST}|\({_TEST}(?: or {_TEST})*\)")


def context_rows(draft: Draft, facts: CircleCiFacts) -> tuple[Row, ...]:
    """A row for each context, those that wiring makes or uses first."""
    wanted = dict.fromkeys(name for name in context_names(draft) if name)
    standing = {held.context.name for held in facts.contexts}
    new = (Row(f"new {name}", (name, MAKES), name) for name in wanted if name not in standing)
    used = (_row(held, facts.org_id, USES) for held in facts.contexts if held.context.name in wanted)
    others = (_row(held, facts.org_id) for held in facts.contexts if held.context.name not in wanted)
    return (*new, *used, *others)


def _row(held: ContextContents, org_id: str, wiring: str = "") -> Row:
    # What matters most comes first: beside the preview there is no room for all of it, and the guide says the rest.
    told = (wiring, key_words(held.variables), restriction_words(held.restrictions, org_id))
    return Row(held.context.id, (held.context.name, " · ".join(filter(None, told))), held.context.name)


def key_words(variables: Sequence[Variable] | None) -> str:
    """Whether static AWS keys are in it, by the visible end of the key id: a secret's end is nobody's business."""
    if variables is None:
        return "variables unread"
    keys = [variable for variable in variables if variable.name in STATIC_KEYS]
    end = next((variable.last_four for variable in keys if variable.name == KEY_ID), "")
    return f"AWS keys{f' …{end}' if end else ''}" if keys else ""


def restriction_words(restrictions: Sequence[Restriction] | None, org_id: str) -> str:
    """Who may use a context: `open to all members`, `2 projects, main only`.

    A job gets in whose project is named, or whose user is in a group that is; expressions hold for every job.
    """
    if restrictions is None:
        return "restrictions unread"
    of_kind = {kind: [each for each in restrictions if each.type == kind] for kind in RestrictionType}
    groups = of_kind[RestrictionType.GROUP]
    others = [each for each in groups if each.value != org_id]
    projects, expressions = of_kind[RestrictionType.PROJECT], of_kind[RestrictionType.EXPRESSION]
    let_in = [
        *(["all members"] if len(others) < len(groups) or not (groups or projects) else []),
        *([counted(len(projects), "project")] if projects else []),
        *([counted(len(others), "group")] if others else []),
    ]
    strange = [counted(number, "unknown rule")] if (number := len(restrictions) - sum(map(len, of_kind.values()))) else []
    limits = [*(expression_words(each.value) for each in expressions), *strange]
    if let_in == ["all members"] and not limits:
        return "open to all members"
    return ", ".join([" or ".join(let_in), *limits])


def expression_words(expression: str) -> str:
    """What an expression asks for, where it is as this tool and CircleCI's own examples write them."""
    refs = expression.removesuffix(f" and {NO_SSH}")
    if refs == NO_SSH:
        return "no SSH reruns"
    if _REFS.fullmatch(refs) is None:
        return "by an expression"
    names = (_ref_words(*test) for test in re.findall(_TEST, refs))
    return f"{' or '.join(names)} only"


def _ref_words(kind: str, how: str, name: str) -> str:
    plain = re.sub(r"\\(.)", r"\1", name)
    return f"{'tag ' if kind == 'tag' else ''}{plain}{'' if how == '==' else '*'}"


def context_detail(row: Row, draft: Draft, facts: CircleCiFacts) -> str:
    """What there is to know of the context of `row`: what is risky about it, else what is in it."""
    held = next((each for each in facts.contexts if each.context.id == row.key), None)
    if held is None:
        return f"{row.copied} is not there yet: w in Review has it made, with the role's ARN and the region in it, open where the role is."
    return " ".join(_sentences(held, draft, facts))


def _sentences(held: ContextContents, draft: Draft, facts: CircleCiFacts) -> Iterator[str]:
    yield f"{held.context.name}: {restriction_words(held.restrictions, facts.org_id)}."
    for finding in context_findings(draft, replace(facts, contexts=(held,), projects=())):
        yield f"! {finding.text}"
    if held.variables is None:
        yield "Its variables could not be read."
    else:
        yield f"Holds {listed(each.name for each in held.variables)}." if held.variables else "Nothing is in it."
    for each in held.restrictions or ():
        if each.type == RestrictionType.EXPRESSION:
            yield f"Asks for: {each.value}"
