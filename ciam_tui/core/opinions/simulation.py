"""IAM's policy simulator as a second evaluator: few calls for many requests, and its answers held against ours.

SimulateCustomPolicy takes many actions and resources a call, but one context. It knows identity policies and a boundary; trust policies and
what a bucket says for itself it does not, so requests with a caller are not put to it.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.evaluate import Outcome, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.evaluate import CompiledPolicy, Decision, Request

# A call is kept to a size that one page of the answer holds (100 results, unless AWS chooses fewer): the API states no limit of its own.
MOST_RESULTS = 100

OUTCOMES: Mapping[str, Outcome] = {
    "allowed": Outcome.ALLOWED,
    "explicitDeny": Outcome.EXPLICIT_DENY,
    "implicitDeny": Outcome.IMPLICIT_DENY,
}
# The types of keys whose values are no strings; the simulator wants to be told.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_TYPES: Mapping[str, str] = {
    "aws:currenttime": "date",
    "aws:tokenissuetime": "date",
    "aws:epochtime": "numeric",
    "aws:multifactorauthage": "numeric",
    "aws:multifactorauthpresent": "boolean",
    "aws:securetransport": "boolean",
    "aws:viaawsservice": "boolean",
    "aws:principalisawsservice": "boolean",
    "aws:sourceip": "ip",
    "aws:vpcsourceip": "ip",
    "s3:max-keys": "numeric",
    "s3:signatureage": "numeric",
    "s3:tlsversion": "numeric",
    "s3:object-lock-remaining-retention-days": "numeric",
    "s3:object-lock-retain-until-date": "date",
    "kms:grantisforawsresource": "boolean",
}


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A condition key of a call, with the simulator's name of its type."""

    key: str
    values: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class SimulationCall:
    """One call: every action on every resource, in one context."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class MatchedStatement:
    """A statement that made the simulator's decision: the policy it is from, and where it begins there (lines from 1)."""

    policy: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class SimulatedDecision:
    """The simulator's answer to one request. `missing` are condition keys that the policies look at and the request does not have."""

    request: Request
    outcome: Outcome
    matched: tuple[MatchedStatement, ...] = ()
    missing: tuple[str, ...] = ()
    allowed_by_boundary: bool | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request passes."""
        return self.outcome is Outcome.ALLOWED

    @property
    def reason(self) -> str:
        """Why, as far as the simulator says; without a full stop."""
        parts = [f"{self.outcome.value} by the simulator"]
        if self.matched:
            parts.append(f"matched {', '.join(_matched_words(each) for each in self.matched)}")
        else:
            parts.append("no statement matched")
        if self.allowed_by_boundary is False:
            parts.append("the permissions boundary does not allow it")
        if self.missing:
            parts.append(f"without a value for {', '.join(self.missing)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A request that the evaluator and the simulator answer differently."""

    request: Request
    ours: Outcome
    our_reason: str
    theirs: SimulatedDecision

    @property
    def is_about_access(self) -> bool:
        """Whether one lets pass what the other does not; else they deny the same for different reasons."""
        return (self.ours is Outcome.ALLOWED) is not self.theirs.allowed


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the simulator said to `asked` requests, put to it in `calls` calls. `unanswered` are those it did not answer."""

    asked: int
    calls: int
    agreed: int
    disagreements: tuple[Disagreement, ...]
    unanswered: tuple[Request, ...] = ()


def calls_for(requests: Iterable[Request]) -> tuple[SimulationCall, ...]:
    """As few calls as put exactly these requests: those with equal context, for resources that are asked about the same actions."""
    actions: dict[tuple[ContextEntry, ...], dict[str, dict[str, None]]] = defaultdict(dict)
    for request in requests:
        asked = actions[_context_of(request)].setdefault(request.resource, {})
        asked[request.action] = None
    return tuple(call for context, asked in actions.items() for call in _calls(context, asked))


def _calls(context: tuple[ContextEntry, ...], asked: Mapping[str, Iterable[str]]) -> Iterator[SimulationCall]:
    together: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for resource, actions in asked.items():
        together[tuple(sorted(actions))].append(resource)
    for actions, resources in together.items():
        for few in _cut(actions, MOST_RESULTS):
            for some in _cut(resources, max(1, MOST_RESULTS // len(few))):
                yield SimulationCall(few, some, context)


def _cut(values: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(values), length):
        yield tuple(values[start : start + length])


def _context_of(request: Request) -> tuple[ContextEntry, ...]:
    """The context as entries. A key without a value is one that the request does not have."""
    entries = {key.lower(): (key, tuple(values)) for key, values in request.context.items() if values}
    return tuple(
        ContextEntry(key, values, _TYPES.get(folded, "string") + ("List" if len(values) > 1 else ""))
        for folded, (key, values) in sorted(entries.items())
    )


def decisions_in(
    call: SimulationCall, requests: Sequence[Request], results: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> Iterator[SimulatedDecision]:
    """The answers to those of `requests` that `call` put; `names` are the policies' names by the ids that the simulator gave them."""
    answered = dict(_answers(results, call))
    for request in requests:
        if request.resource not in call.resources or request.action not in call.actions or _context_of(request) != call.context:
            continue
        result = answered.get((request.action.lower(), request.resource))
        if result is not None and result.get("EvalResourceDecision") in OUTCOMES:
            yield _decision(request, result, names)


def _answers(results: Iterable[Mapping[str, Any]], call: SimulationCall) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    """Each result by action and resource. About one resource the simulator may speak in the result itself, without naming it."""
    for result in results:
        action = str(result.get("EvalActionName", "")).lower()
        whole = {**result, "EvalResourceDecision": result.get("EvalDecision")}
        named = result.get("EvalResourceName")
        for resource in call.resources:
            if resource == named or len(call.resources) == 1:
                yield (action, resource), whole
        for specific in result.get("ResourceSpecificResults") or ():
            yield (action, str(specific.get("EvalResourceName"))), specific


def _decision(request: Request, result: Mapping[str, Any], names: Mapping[str, str]) -> SimulatedDecision:
    limits = result.get("PermissionsBoundaryDecisionDetail") or {}
    return SimulatedDecision(
        request,
        OUTCOMES[str(result.get("EvalResourceDecision"))],
        tuple(_matched(statement, names) for statement in result.get("MatchedStatements") or ()),
        tuple(map(str, result.get("MissingContextValues") or ())),
        limits.get("AllowedByPermissionsBoundary"),
    )


def _matched(statement: Mapping[str, Any], names: Mapping[str, str]) -> MatchedStatement:
    start = statement.get("StartPosition") or {}
    policy = str(statement.get("SourcePolicyId") or "a policy")
    return MatchedStatement(names.get(policy, policy), start.get("Line"), start.get("Column"))


def _matched_words(matched: MatchedStatement) -> str:
    return matched.policy if matched.line is None else f"{matched.policy} at line {matched.line}, column {matched.column or 0}"


def decided_alike(request: Request, identity: Sequence[CompiledPolicy], boundary: Sequence[CompiledPolicy] | None) -> Decision:
    """The evaluator's answer to the question that the simulator is asked: from these layers alone, whatever accounts and key policies say.

    Of two layers the one that decides is answered with: a deny of either, else the one that does not allow it.
    """
    granted = evaluate(request, identity)
    if boundary is None or granted.outcome is Outcome.EXPLICIT_DENY:
        return granted
    limit = evaluate(request, boundary)
    if limit.outcome is Outcome.EXPLICIT_DENY or (granted.allowed and not limit.allowed):
        return limit
    return granted


def held_against(
    asked: Sequence[Request], calls: int, theirs: Iterable[SimulatedDecision], ours: Callable[[Request], Decision]
) -> Simulation:
    """Where the simulator and the evaluator differ over `asked`."""
    by_request = {id(each.request): each for each in theirs}
    disagreements, unanswered, agreed = [], [], 0
    for request in asked:
        told = by_request.get(id(request))
        if told is None:
            unanswered.append(request)
            continue
        decision = ours(request)
        if decision.outcome is told.outcome:
            agreed += 1
        else:
            disagreements.append(Disagreement(request, decision.outcome, _our_reason(decision), told))
    return Simulation(len(asked), calls, agreed, tuple(disagreements), tuple(unanswered))


def _our_reason(decision: Decision) -> str:
    by = "no statement applies" if decision.deciding is None else f"by {decision.deciding} of {decision.deciding.policy}"
    return f"{decision.outcome.value} here, {by}"
