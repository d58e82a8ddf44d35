"""Who may do what: one request against a set of policies, decided as IAM decides it, with the statement that decides and the reasons.

"Least privilege, provably" rests on this room: previews, findings, `can` and the tests all ask here, so that there is one matcher to be right
or wrong. Policies are compiled once and asked many times; sentences are made when somebody reads them, not for each decision.

A set of policies is one layer, in which any Allow suffices and any Deny wins: the policies of an identity, or a trust policy. What several
layers say together, among them those that only limit others (a boundary, a session policy), is `core/layers.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from ciam_tui.core.conditions import SHOWN_LENGTH, CompiledCondition, compile_condition, listed
from ciam_tui.core.document import VERSION
from ciam_tui.core.matching import Context, Test, arn_test, ignoring_context, wildcard_matcher
from ciam_tui.core.principals import Reach, principal_reach
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ciam_tui.core.document import Effect, PolicyDocument, Statement


@dataclass(frozen=True)
class Request:
    """One call: `action` on `resource` with the condition keys of `context`, each with its values.

    `principal` is the caller as a Principal element would name it: for a CircleCI token its identity provider's ARN. With None, no
    Principal element is judged: the question is then what the policies say about the callers they name.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    principal: str | None = None

    @cached_property
    def folded_context(self) -> Context:
        """The context with its keys in lower case; values of keys that differ in case alone are taken together."""
        folded: dict[str, tuple[str, ...]] = {}
        for key, values in self.context.items():
            folded[key.lower()] = folded.get(key.lower(), ()) + tuple(values)
        return folded


class Outcome(StrEnum):
    """What a layer says; without any word for or against, the answer is no."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit-deny"
    IMPLICIT_DENY = "implicit-deny"


@dataclass(frozen=True, slots=True)
class _Element:
    """One of a statement's Action, Resource or Principal, or its negated form: `tests` has a test for each of `values`."""

    name: str
    values: tuple[str, ...]
    tests: tuple[Test, ...]
    negated: bool

    def holds(self, value: str, context: Context) -> bool:
        for test in self.tests:  # a loop, as this is asked more often than anything else
            if test(value, context):
                return not self.negated
        return self.negated

    def reason(self, value: str, context: Context) -> str:
        matched = [wanted for wanted, test in zip(self.values, self.tests, strict=True) if test(value, context)]
        said = f"{self.name}: {quoted(value, SHOWN_LENGTH)}"
        if matched:
            return f"{said} matches {listed(matched[:1])}"
        if not self.values:
            return f"{said} has no value to match"
        return f"{said} does not match {'any of ' if len(self.values) > 1 else ''}{listed(self.values)}"


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """One statement, ready to be asked; `policy` and `number` (from 1) say where it stands."""

    policy: str
    number: int
    sid: str | None
    effect: Effect
    action: _Element
    resource: _Element | None
    principal: _Element | None
    conditions: tuple[CompiledCondition, ...]
    reaches: tuple[Callable[[str], Reach | None], ...] = ()  # of the entries of Principal, in their order

    def applies(self, request: Request) -> bool:
        """Whether every part of this statement matches `request`."""
        return self.is_about(request) and (
            self.principal is None or request.principal is None or self.principal.holds(request.principal, request.folded_context)
        )

    def is_about(self, request: Request) -> bool:
        """Whether every part but the Principal element matches `request`."""
        context = request.folded_context
        return (
            self.action.holds(request.action, context)
            and (self.resource is None or self.resource.holds(request.resource, context))
            and all(condition.holds(context) for condition in self.conditions)
        )

    def reach(self, caller: str | None) -> Reach | None:
        """How directly the Principal element names `caller`; without one to name, it can only have been delegated to."""
        if self.principal is None or caller is None:
            return Reach.ACCOUNT
        if self.principal.negated:  # everybody who is not named, as "*" is everybody
            return Reach.DIRECT if self.principal.holds(caller, {}) else None
        return max((reach for of in self.reaches if (reach := of(caller)) is not None), default=None)

    def reasons(self, request: Request) -> StatementReasons:
        """What of this statement matches `request` and what does not, each as a sentence without its full stop."""
        context = request.folded_context
        parts = [(self.action.holds(request.action, context), self.action.reason(request.action, context))]
        if self.resource is None:
            parts.append((True, "Resource: the statement has none, and is about what it is attached to"))
        else:
            parts.append((self.resource.holds(request.resource, context), self.resource.reason(request.resource, context)))
        if self.principal is not None:
            parts.append(self._principal_reason(self.principal, request))
        parts += [(condition.holds(context), condition.reason(context)) for condition in self.conditions]
        return StatementReasons(
            statement=self,
            matched=tuple(sentence for holds, sentence in parts if holds),
            unmatched=tuple(sentence for holds, sentence in parts if not holds),
        )

    def _principal_reason(self, principal: _Element, request: Request) -> tuple[bool, str]:
        if request.principal is None:
            return True, f"{principal.name}: not judged, since the request names no caller"
        context = request.folded_context
        return principal.holds(request.principal, context), principal.reason(request.principal, context)

    def __str__(self) -> str:
        """`Allow "Read"` or, without a Sid, `Allow statement 2`."""
        return f"{self.effect} {quoted(self.sid) if self.sid else f'statement {self.number}'}"


@dataclass(frozen=True, slots=True)
class StatementReasons:
    """Why a statement applies to a request or does not."""

    statement: CompiledStatement
    matched: tuple[str, ...]
    unmatched: tuple[str, ...]

    @property
    def applies(self) -> bool:
        """Whether nothing stands against it."""
        return not self.unmatched


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """A policy ready to be asked any number of times; `name` is how its reader knows it."""

    name: str
    statements: tuple[CompiledStatement, ...]
    denies: tuple[CompiledStatement, ...]
    allows: tuple[CompiledStatement, ...]


@dataclass(frozen=True, eq=False)
class Decision:
    """The answer to `request`, and `deciding`, the statement that made it; None where no statement applies."""

    request: Request
    outcome: Outcome
    deciding: CompiledStatement | None
    policies: tuple[CompiledPolicy, ...]

    @property
    def allowed(self) -> bool:
        """Whether the request passes."""
        return self.outcome is Outcome.ALLOWED

    @cached_property
    def reasons(self) -> tuple[StatementReasons, ...]:
        """For every statement of every policy, what matched and what did not."""
        return tuple(statement.reasons(self.request) for policy in self.policies for statement in policy.statements)


def evaluate(request: Request, policies: Sequence[CompiledPolicy]) -> Decision:
    """What `policies`, taken as one layer, say about `request`: the first Deny that applies, else the first Allow, else no."""
    layer = tuple(policies)
    if denying := _first_that_applies(request, (policy.denies for policy in layer)):
        return Decision(request, Outcome.EXPLICIT_DENY, denying, layer)
    if allowing := _first_that_applies(request, (policy.allows for policy in layer)):
        return Decision(request, Outcome.ALLOWED, allowing, layer)
    return Decision(request, Outcome.IMPLICIT_DENY, None, layer)


def _first_that_applies(request: Request, groups: Iterable[tuple[CompiledStatement, ...]]) -> CompiledStatement | None:
    for statements in groups:
        for statement in statements:
            if statement.applies(request):
                return statement
    return None


def compile_policy(policy: PolicyDocument, *, name: str = "policy") -> CompiledPolicy:
    """`policy` with everything prepared that does not depend on a request."""
    variables = policy.version == VERSION  # before this version `${...}` is plain text
    statements = tuple(
        _compile_statement(statement, name=name, number=number, variables=variables)
        for number, statement in enumerate(policy.statements, start=1)
    )
    return CompiledPolicy(
        name=name,
        statements=statements,
        denies=tuple(statement for statement in statements if statement.effect == "Deny"),
        allows=tuple(statement for statement in statements if statement.effect == "Allow"),
    )


def _compile_statement(statement: Statement, *, name: str, number: int, variables: bool) -> CompiledStatement:
    def resource_test(pattern: str) -> Test:
        if not pattern.startswith("arn:"):  # "*" alone, as the parser sees to it
            return ignoring_context(wildcard_matcher(pattern))
        return arn_test(pattern, variables=variables, open_ended=True)

    reaches = tuple(map(principal_reach, statement.principals or statement.not_principals or ()))
    action = _element("Action", statement.actions, statement.not_actions, _action_test)
    if action is None:
        raise ValueError("a statement has an Action or a NotAction")
    return CompiledStatement(
        policy=name,
        number=number,
        sid=statement.sid,
        effect=statement.effect,
        action=action,
        resource=_element("Resource", statement.resources, statement.not_resources, resource_test),
        principal=_principal_element(statement, reaches),
        conditions=tuple(compile_condition(condition, variables=variables) for condition in statement.conditions),
        reaches=reaches,
    )


def _element(name: str, values: tuple[str, ...] | None, excluded: tuple[str, ...] | None, test: Callable[[str], Test]) -> _Element | None:
    if values is not None:
        return _Element(name, values, tuple(map(test, values)), negated=False)
    if excluded is not None:
        return _Element(f"Not{name}", excluded, tuple(map(test, excluded)), negated=True)
    return None


def _principal_element(statement: Statement, reaches: Sequence[Callable[[str], Reach | None]]) -> _Element | None:
    """Who is named. A Deny with NotPrincipal spares those alone whom it names themselves.

    The entry of an account does not spare who is in it, nor that of a role its sessions (IAM User Guide, "AWS JSON policy elements:
    NotPrincipal", whose examples list session, role and account to spare one session).
    """
    principals = statement.principals if statement.principals is not None else statement.not_principals
    if principals is None:
        return None
    negated = statement.principals is None
    least = Reach.DIRECT if negated and statement.effect == "Deny" else Reach.ACCOUNT
    return _Element(
        "NotPrincipal" if negated else "Principal",
        tuple(value for _, value in principals),
        tuple(ignoring_context(_is_reached(reach, least)) for reach in reaches),
        negated=negated,
    )


def _is_reached(reach: Callable[[str], Reach | None], least: Reach) -> Callable[[str], bool]:
    return lambda caller: (reach(caller) or 0) >= least


def _action_test(pattern: str) -> Test:
    matches = wildcard_matcher(pattern.lower())
    return ignoring_context(lambda action: matches(action.lower()))
