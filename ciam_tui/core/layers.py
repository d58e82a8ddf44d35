"""What every policy that bears on a request says together: AWS's whole evaluation logic, with the layer and the statement that decide.

`evaluate` answers for one set of policies. A real request meets several: what the identity may do, what its boundary and its session leave of
that, what the resource grants by itself, and what the organization lets anybody do. Which of them must allow depends on who asks and on how
the resource's policy names them. The rules are those of the IAM User Guide:

- an explicit deny in any layer comes first ("How AWS enforcement code logic evaluates requests to allow or deny access");
- every level of service control policies must allow what a principal of the account does; resource control policies, of the resource's
  account, can only deny, as every level keeps one that allows all (Organizations User Guide, "SCP evaluation", "RCP evaluation");
- within an account the identity's policies or the resource's suffice. A boundary and a session policy limit the former, and the latter only
  where it names the role behind a session, not the session, the user or everybody ("Policy evaluation for requests within a single account");
- between accounts both must allow ("Cross-account policy evaluation logic");
- a role's trust policy and a key's policy must allow or delegate in any account (the same page; KMS, "Key policies").

What was not given cannot be judged. A layer that only limits is then passed over and named in `Verdict.not_given`; one that has to allow denies.
AWS fills keys such as `aws:PrincipalArn` into every request; here the context of the request holds all there is. AWS has resource control
policies for some services alone, and none that bind a management account: a policy that is given is taken to bear on the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, TypeAlias

from ciam_tui.core.evaluate import Outcome, evaluate
from ciam_tui.core.principals import Reach, account_of, is_provider, is_root, is_service, is_service_linked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.evaluate import CompiledPolicy, CompiledStatement, Decision, Request, StatementReasons


class Layer(StrEnum):
    """The kinds of policies, in the order in which AWS asks them."""

    RCP = "resource-control"
    SCP = "service-control"
    RESOURCE = "resource"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"

    @property
    def words(self) -> str:
        """How a sentence names the layer."""
        return _WORDS[self]


_WORDS = {
    Layer.RCP: "resource control policies",
    Layer.SCP: "service control policies",
    Layer.RESOURCE: "resource policy",
    Layer.IDENTITY: "identity policies",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
}


_REACHES = {
    Reach.ACCOUNT: "it delegates to the caller's account",
    Reach.ROLE: "it names the role behind the session",
    Reach.DIRECT: "it names the caller or everybody",
}
_FEDERATING = frozenset({"sts:assumerolewithwebidentity", "sts:assumerolewithsaml"})
_ASSUMING = _FEDERATING | {"sts:assumerole", "sts:tagsession", "sts:setsourceidentity"}


class Said(StrEnum):
    """What a layer says about a request."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit-deny"
    IMPLICIT_DENY = "implicit-deny"
    NOT_GIVEN = "not-given"
    NOT_ASKED = "not-asked"  # it does not bear on this caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that was given. None says that a layer was not given, which is not the same as one that is given and allows nothing.

    `scps` and `rcps` have one sequence of policies a level of the organization, from its root to the account.
    """

    identity: Sequence[CompiledPolicy] | None = None
    boundary: Sequence[CompiledPolicy] | None = None
    session: Sequence[CompiledPolicy] | None = None
    resource: Sequence[CompiledPolicy] | None = None
    scps: Sequence[Sequence[CompiledPolicy]] | None = None
    rcps: Sequence[Sequence[CompiledPolicy]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LayerAnswer:
    """What one layer says, or one level of it (from 1); `note` is a sentence without its full stop, and empty where there is nothing to add."""

    layer: Layer
    said: Said
    decision: Decision | None = None
    deciding: CompiledStatement | None = None
    note: str = ""
    level: int | None = None
    reach: Reach | None = None  # of the resource policy's Allow: how directly it names the caller

    @property
    def allows(self) -> bool:
        """Whether this layer stands against nothing."""
        return self.said not in (Said.EXPLICIT_DENY, Said.IMPLICIT_DENY)

    @property
    def words(self) -> str:
        """`service control policies, level 2`."""
        return self.layer.words if self.level is None else f"{self.layer.words}, level {self.level}"


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """The answer to `request`. `decided_by` is the layer that decides, `why` a sentence without its full stop that says how."""

    request: Request
    outcome: Outcome
    decided_by: LayerAnswer
    why: str
    layers: tuple[LayerAnswer, ...]
    not_given: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the request passes."""
        return self.outcome is Outcome.ALLOWED

    @property
    def deciding(self) -> CompiledStatement | None:
        """The statement that decides, None where no statement applies."""
        return self.decided_by.deciding

    @property
    def reasons(self) -> tuple[StatementReasons, ...]:
        """For every statement of every layer that was asked, what matched and what did not."""
        return tuple(reasons for layer in self.layers if layer.decision is not None for reasons in layer.decision.reasons)


class _Caller(Enum):
    """Who asks, as far as it changes which layers count."""

    PRINCIPAL = "principal"  # a user, a role, or a session
    ROOT = "root"
    OUTSIDE = "outside"  # an AWS service or an identity provider: no account's principal, so no identity policy and no SCP is theirs


def decide(request: Request, policies: Policies, *, account: str | None = None, resource_account: str | None = None) -> Verdict:
    """What AWS would answer to `request`, from `policies` alone.

    `account` is the caller's and `resource_account` the resource's; without them they are taken from the principal's ARN, from the resource's
    ARN, and from `aws:ResourceAccount` in the context. Where one stays unknown the two are taken to be one account, and `not_given` says so.
    """
    caller = _caller_of(request)
    mine = account or account_of(request.principal or "")
    theirs = resource_account or account_of(request.resource) or _single(request, "aws:resourceaccount")
    layers = tuple(_answers(request, policies, caller))
    outcome, decided_by, why = _answer(
        layers, caller, crosses=bool(mine and theirs) and mine != theirs, guard=_guard(request), named=request.principal is not None
    )
    unknown_accounts = caller is not _Caller.OUTSIDE and not (mine and theirs)
    return Verdict(request, outcome, decided_by, why, layers, tuple(_not_given(layers, unknown_accounts=unknown_accounts)))


def _caller_of(request: Request) -> _Caller:
    caller = request.principal
    if caller is None:
        return _Caller.OUTSIDE if request.action.lower() in _FEDERATING else _Caller.PRINCIPAL
    if is_root(caller):
        return _Caller.ROOT
    return _Caller.OUTSIDE if is_provider(caller) or is_service(caller) else _Caller.PRINCIPAL


def _single(request: Request, key: str) -> str | None:
    values = request.folded_context.get(key, ())
    return values[0] if len(values) == 1 else None


def _guard(request: Request) -> str:
    """What the resource's policy is called where no other policy can do without it, else nothing."""
    action = request.action.lower()
    if action.startswith("kms:") and ":key/" in request.resource:
        return "key policy"
    return "trust policy" if action in _ASSUMING and ":role/" in request.resource else ""


def _answers(request: Request, policies: Policies, caller: _Caller) -> Iterator[LayerAnswer]:
    linked = "organization policies do not limit service-linked roles" if is_service_linked(request.principal or "") else ""
    outside = "the caller is no principal of an account" if caller is _Caller.OUTSIDE else ""
    root = "the root user has none" if caller is _Caller.ROOT else ""
    yield from _levels(Layer.RCP, request, policies.rcps, linked)
    yield from _levels(Layer.SCP, request, policies.scps, linked or outside)
    yield _resource_answer(request, policies)
    yield _plain(Layer.IDENTITY, request, policies.identity, outside or root)
    yield _plain(Layer.BOUNDARY, request, policies.boundary, outside or root)
    user = "a user has none" if policies.session is None and ":user/" in (request.principal or "") else ""
    yield _plain(Layer.SESSION, request, policies.session, outside or root or user)


def _levels(layer: Layer, request: Request, levels: Sequence[Sequence[CompiledPolicy]] | None, not_asked: str) -> Iterator[LayerAnswer]:
    if levels is None or not_asked:
        yield _plain(layer, request, None, not_asked)
        return
    for number, level in enumerate(levels, start=1):
        yield _plain(layer, request, level, "", level=number)


def _plain(
    layer: Layer, request: Request, policies: Sequence[CompiledPolicy] | None, not_asked: str, level: int | None = None
) -> LayerAnswer:
    if not_asked:
        return LayerAnswer(layer, Said.NOT_ASKED, note=not_asked)
    if policies is None:
        return LayerAnswer(layer, Said.NOT_GIVEN)
    decision = evaluate(request, policies)
    if layer is Layer.RCP and decision.outcome is Outcome.IMPLICIT_DENY:
        return LayerAnswer(layer, Said.ALLOWED, decision, note="RCPFullAWSAccess, which stays at every level, allows it", level=level)
    return LayerAnswer(layer, Said(decision.outcome.value), decision, decision.deciding, level=level)


def _resource_answer(request: Request, policies: Policies) -> LayerAnswer:
    answer = _plain(Layer.RESOURCE, request, policies.resource, "")
    if policies.resource is None or answer.said is Said.EXPLICIT_DENY:
        return answer
    if policies.boundary is not None and (denying := _denied_by_exclusion(request, policies.resource)):
        note = "NotPrincipal with Deny always denies a caller that has a permissions boundary, whomever it names"
        return LayerAnswer(Layer.RESOURCE, Said.EXPLICIT_DENY, answer.decision, denying, note)
    applying = [statement for policy in policies.resource for statement in policy.allows if statement.applies(request)]
    if not applying:
        return answer
    reaches = [(statement.reach(request.principal) or Reach.ACCOUNT) for statement in applying]
    reach = max(reaches)
    return LayerAnswer(Layer.RESOURCE, Said.ALLOWED, answer.decision, applying[reaches.index(reach)], _REACHES[reach], reach=reach)


def _denied_by_exclusion(request: Request, policies: Sequence[CompiledPolicy]) -> CompiledStatement | None:
    """The Deny with NotPrincipal that is about `request` (IAM User Guide, "Permissions boundaries for IAM entities", the note on NotPrincipal)."""
    return next(
        (
            statement
            for policy in policies
            for statement in policy.denies
            if statement.principal is not None and statement.principal.negated and statement.is_about(request)
        ),
        None,
    )


_Answer: TypeAlias = tuple[Outcome, LayerAnswer, str]


def _answer(layers: Sequence[LayerAnswer], caller: _Caller, *, crosses: bool, guard: str, named: bool) -> _Answer:
    for answer in layers:
        if answer.said is Said.EXPLICIT_DENY:
            return Outcome.EXPLICIT_DENY, answer, "an explicit deny wins over every allow"
    for answer in layers:
        if answer.layer is Layer.SCP and not answer.allows:
            return Outcome.IMPLICIT_DENY, answer, "no statement of this level allows it, and every level must"
    by_layer = {answer.layer: answer for answer in layers}
    resource, identity = by_layer[Layer.RESOURCE], by_layer[Layer.IDENTITY]
    if caller is _Caller.OUTSIDE:
        return _granted_by_resource(resource, guard or resource.words)
    limits = [by_layer[layer] for layer in (Layer.BOUNDARY, Layer.SESSION)]
    if not crosses and resource.reach is Reach.DIRECT:
        return (
            Outcome.ALLOWED,
            resource,
            "it names the caller or everybody, and no boundary, session or identity policy has to allow that too",
        )
    if resource.reach is None and (crosses or guard):
        return _refused_by_resource(resource, guard or resource.words, crosses=crosses)
    by_role = not crosses and resource.reach is Reach.ROLE
    if not by_role and identity.said in (Said.IMPLICIT_DENY, Said.NOT_GIVEN):
        return Outcome.IMPLICIT_DENY, identity, _without_identity(identity, resource, crosses=crosses, named=named)
    for answer in limits:
        if not answer.allows:
            return Outcome.IMPLICIT_DENY, answer, "it leaves only what it allows itself, and it does not allow this"
    if by_role:
        return Outcome.ALLOWED, resource, "it names the caller's role, and nothing that limits the role stands against it"
    if crosses:
        return Outcome.ALLOWED, resource, "the policies of both accounts allow it"
    why = "the root user needs no policy" if caller is _Caller.ROOT else "one allow is enough within an account"
    return Outcome.ALLOWED, identity, f"{why}; the {guard} delegates to the account" if guard else why


def _granted_by_resource(resource: LayerAnswer, words: str) -> _Answer:
    if resource.said is Said.ALLOWED:
        return Outcome.ALLOWED, resource, f"the {words} alone decides about a caller that is no principal of an account"
    return _refused_by_resource(resource, words, crosses=False)


def _refused_by_resource(resource: LayerAnswer, words: str, *, crosses: bool) -> _Answer:
    cause = f"a request from another account needs the {words} too" if crosses else f"the {words} has to allow it or to delegate"
    given = "it was not given" if resource.said is Said.NOT_GIVEN else "it does not"
    return Outcome.IMPLICIT_DENY, resource, f"{cause}, and {given}"


def _without_identity(identity: LayerAnswer, resource: LayerAnswer, *, crosses: bool, named: bool) -> str:
    nothing = "no identity policy was given" if identity.said is Said.NOT_GIVEN else "no identity policy allows it"
    if crosses:
        return f"{nothing}, and a request to another account needs one that does"
    if resource.reach is not None and not named:
        return f"{nothing}, and whom the resource policy names was not judged, since no caller was named"
    if resource.reach is not None:
        return f"{nothing}, and the resource policy names the account, which only delegates"
    return nothing if resource.said is Said.NOT_GIVEN else f"{nothing}, and no resource policy does"


def _not_given(layers: Sequence[LayerAnswer], *, unknown_accounts: bool) -> Iterator[str]:
    yield from (answer.words for answer in layers if answer.said is Said.NOT_GIVEN)
    if unknown_accounts:
        yield "whether caller and resource are of one account"
