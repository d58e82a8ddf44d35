"""Who may do what: the same questions put to the policies that a Setup asks for and to those that its roles have in the account.

Each answer is the evaluator's, held against what the stage was given. Where a policy that decides could not be read, the answer is unknown:
neither a yes nor a no would be true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.access_matrix import Verdict, cells_where, matrix_of
from ciam_tui.core.access_words import phrase
from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.saying import code, none_or, prose, rows, sentence
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import compile_policy, evaluate
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import stage_roles, wanted_roles
from ciam_tui.core.tokens.cases import who_gets_in
from ciam_tui.core.trust import provider_arn
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.access_matrix import Answer, Cell
    from ciam_tui.core.assurance.items import Item, Made
    from ciam_tui.core.document import Document, Statement
    from ciam_tui.core.evaluate import CompiledPolicy, Request
    from ciam_tui.core.facts import Role
    from ciam_tui.core.shape import SetupShape

UNKNOWN = "unknown"
_NEVER_BY_S3 = "Service control policies, and what a bucket's own policy lets in or refuses, are not asked here."


@dataclass(frozen=True, slots=True)
class RoleInForce:
    """A role as it was read, with the documents behind it. `unread` says what of them could not be had."""

    role: Role
    policies: tuple[tuple[str, Document], ...] = ()
    boundary: Document | None = None
    unread: tuple[str, ...] = ()


def intended_access(made: Made, setup: SetupShape) -> Item:
    """The answers by the policies that the Setup asks for."""
    trusts = {role.name: role.trust for role in wanted_roles(setup)}
    provider = provider_arn(setup)
    roles = [
        {
            "role": role.name,
            "stage": matrix.stage.name,
            "exists": True,
            **_let_in(trusts[role.name], provider),
            **_may(matrix.cells, ()),
            "limits": [*matrix.limits, _NEVER_BY_S3],
        }
        for matrix in matrix_of(setup)
        for role in stage_roles(setup, matrix.stage)
    ]
    return made.item(Kind.INTENDED_ACCESS, {"roles": roles}, ("the policies that the Setup asks for",), _told)


def access_in_force(made: Made, setup: SetupShape, found: Mapping[str, RoleInForce]) -> Item:
    """The answers by the policies that the Setup's roles have in the account; `found` is by name in lower case."""
    roles = [
        _in_force(setup, stage, role.name, found.get(role.name.lower())) for stage in setup.stages for role in stage_roles(setup, stage)
    ]
    sources = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicyVersion")
    return made.item(Kind.ACCESS, {"roles": roles}, sources, _told)


def _in_force(setup: SetupShape, stage: Any, name: str, found: RoleInForce | None) -> dict[str, Any]:
    if found is None:
        return {
            "role": name,
            "stage": stage.name,
            "exists": False,
            "lets_in": [],
            "refuses": [],
            "others": [],
            "unread": [],
            "as_given": None,
            "cells": [],
        }
    policies, broken = _compiled(document for _, document in found.policies)
    boundary, broken_boundary = _compiled([found.boundary]) if found.boundary is not None else ((), ())
    unread = (*found.unread, *broken, *broken_boundary)
    cells = cells_where(setup, stage, _passing(policies, boundary if found.boundary is not None else None))
    return {
        "role": name,
        "stage": stage.name,
        "exists": True,
        **_let_in(found.role.trust, provider_arn(setup)),
        **_may(cells, unread),
        "limits": [_NEVER_BY_S3],
    }


def _passing(policies: Sequence[CompiledPolicy], boundary: Sequence[CompiledPolicy] | None) -> Callable[[Request], bool]:
    """What the policies allow, and the boundary, where there is one, allows too."""

    def passes(request: Request) -> bool:
        return evaluate(request, policies).allowed and (boundary is None or evaluate(request, boundary).allowed)

    return passes


def _compiled(documents: Iterable[Document]) -> tuple[tuple[CompiledPolicy, ...], tuple[str, ...]]:
    policies, broken = [], []
    for document in documents:
        try:
            policies.append(compile_policy(parse_policy(document.text, what="a policy of the role")))
        except CiamError as error:
            broken.append(error.message)
    return tuple(policies), tuple(broken)


def _let_in(trust: Document, provider: str) -> dict[str, Any]:
    """Which of the standing tokens are let in (a job's own, another branch's, a fork's, a stranger's), and whom beside `provider` it trusts."""
    try:
        policy = parse_policy(trust.text, what="the trust policy")
    except CiamError as error:
        return {"lets_in": [], "refuses": [], "others": [], "trust_unread": error.message}
    cases = [(answer.case, answer.answer.let_in) for answer in who_gets_in(policy)]
    return {
        "lets_in": [{"case": case.id, "who": case.title, "stranger": case.is_stranger} for case, passes in cases if passes],
        "refuses": [{"case": case.id, "who": case.title, "stranger": case.is_stranger} for case, passes in cases if not passes],
        "others": list(dict.fromkeys(other for statement in policy.statements for other in _others(statement, provider))),
    }


def _others(statement: Statement, provider: str) -> Iterator[str]:
    """Whom a statement lets in that no token is made up for. Conditions may keep them out again: an evaluator would need their requests."""
    if statement.effect != "Allow":
        return
    if statement.not_principals is not None:
        yield f"everybody but {', '.join(f'{kind} {value}' for kind, value in statement.not_principals)}"
    for kind, value in statement.principals or ():
        if value == "*":
            yield "everybody (*)"
        elif (kind, value) != ("Federated", provider):
            yield f"{kind} {value}"


def _may(cells: Sequence[Cell], unread: Sequence[str]) -> dict[str, Any]:
    return {
        "unread": list(unread),
        "as_given": None if unread else all(cell.as_expected for cell in cells),
        "cells": [_cell(cell, is_known=not unread) for cell in cells],
    }


def _cell(cell: Cell, *, is_known: bool) -> dict[str, Any]:
    return {
        "operation": cell.operation.title,
        "place": cell.place.title,
        "what": phrase(cell),
        "verdict": cell.verdict.value if is_known else UNKNOWN,
        "as_given": cell.as_expected if is_known else None,
        "requests": [_request(answer, is_known=is_known) for answer in cell.answers],
    }


def _request(answer: Answer, *, is_known: bool) -> str:
    """`allowed: s3:PutObject on ARN with aws:ResourceAccount=123456789012`: a line a request, of which there are hundreds."""
    word = UNKNOWN if not is_known else Verdict.ALLOWED if answer.allowed else Verdict.DENIED
    request = answer.request
    context = ", ".join(f"{key}={'|'.join(values)}" for key, values in request.context.items())
    return f"{word}: {request.action} on {request.resource} with {context}"


# In words


def _told(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    roles = data["roles"]
    asked = sum(len(cell["requests"]) for role in roles for cell in role["cells"])
    there = [role for role in roles if role["exists"]]
    absent = len(roles) - len(there)
    unknown = [role for role in there if role["as_given"] is None]
    other = [role for role in there if role["as_given"] is False]
    words = [f"{counted(len(roles), 'role')}, {asked:,} requests asked"]
    words += [f"{counted(absent, 'role')} not there"] if absent else []
    words += [f"{counted(len(unknown), 'role')} not known whole"] if unknown else []
    words += [f"{counted(len(other), 'role')} may do other things than its stage was given"] if other else []
    words += [] if absent or unknown or other else ["each answer is what the stage was given"]
    words += _who_in_words(there)
    return f"{'; '.join(words)}.", (line for role in roles for line in _role_lines(role))


def _who_in_words(there: Sequence[dict[str, Any]]) -> list[str]:
    """That no stranger is let in is said of trust policies that were understood, and that trust nobody but the Setup's provider."""
    strangers = sum(any(each["stranger"] for each in role["lets_in"]) for role in there)
    others = sum(bool(role["others"]) for role in there)
    unknown = sum("trust_unread" in role for role in there)
    words = [f"builds that are not the project's own are let in by {counted(strangers, 'role')}"] if strangers else []
    words += [f"others beside the Setup's provider are trusted by {counted(others, 'role')}"] if others else []
    words += [f"who is let in is not known of {counted(unknown, 'role')}"] if unknown else []
    return words or (["no stranger is let in"] if there else [])


def _role_lines(role: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"**{code(role['role'])}**, stage {code(role['stage'])}"
    yield ""
    if not role["exists"]:
        yield "- It is not there."
        return
    if "trust_unread" in role:
        yield f"- Who is let in is not known: {prose(role['trust_unread'])}"
    else:
        yield f"- Let in: {prose('; '.join(_marked(each) for each in role['lets_in']) or 'none of the tokens that were tried')}."
        yield f"- Refused: {prose('; '.join(each['who'] for each in role['refuses']) or 'none of the tokens that were tried')}."
    if role["others"]:
        yield f"- **Trusted besides**, as far as the policy's conditions let them: {none_or(role['others'])}"
    if role["unread"]:
        yield f"- What it may do is not known whole: {prose(' '.join(role['unread']))}"
        return
    places: dict[str, dict[str, list[str]]] = {}
    for cell in role["cells"]:
        places.setdefault(cell["place"], {}).setdefault(cell["verdict"], []).append(cell["operation"])
    yield from rows(
        ("Where", "Allowed", "Partly", "Refused"),
        ((prose(place), *_columns(found)) for place, found in places.items()),
    )
    yield from (f"- **Not as given**: {prose(cell['what'])} is {cell['verdict']}." for cell in role["cells"] if not cell["as_given"])


def _columns(found: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    if set(found) == {Verdict.DENIED}:
        return "-", "-", "all that was asked"
    return tuple(sentence(found.get(each, ())) for each in (Verdict.ALLOWED, Verdict.PARTLY, Verdict.DENIED))


def _marked(each: dict[str, Any]) -> str:
    return f"{each['who']} (NOT ITS OWN)" if each["stranger"] else each["who"]
