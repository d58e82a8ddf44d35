"""Would AWS let this token in? What STS looks at before the policy, then the policy by the one evaluator, then what to change.

STS answers a token that it refuses with one sentence for twenty causes. Here every cause is a check or a condition of its own, and what
nobody outside of AWS knows is called "not known", never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from ciam_tui.core.evaluate import compile_policy, evaluate
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.tokens.advice import advice, names_caller, nearest
from ciam_tui.core.tokens.claims import moment_claim
from ciam_tui.core.tokens.request import SESSION_NAME, request_of
from ciam_tui.core.tokens.scope import issuer_of_provider, scope_of, split_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.document import PolicyDocument
    from ciam_tui.core.evaluate import CompiledStatement, Decision
    from ciam_tui.core.tokens.claims import Claims
    from ciam_tui.core.tokens.scope import TrustScope

GRACE_SECONDS = 300  # for which STS still takes a token after its `exp`
SUBJECT_LENGTH = 255  # of SubjectFromWebIdentityToken in the model of STS's API; it has at least 6
_LONGEST_SHOWN = 300
_CALLS = ("aws", "sts")  # whose keys are about the call, not about the token


class Verdict(StrEnum):
    """What a check found; with `NOT_KNOWN` nobody can say what AWS does, and `NOT_CHECKED` is what there was nothing to check with."""

    OK = "ok"
    REFUSED = "refused"
    NOT_KNOWN = "not known"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that STS looks at before it asks the policy; `text` is a sentence."""

    id: str
    verdict: Verdict
    text: str


@dataclass(frozen=True, eq=False)
class Answer:
    """Whether the token gets in: if no check refuses it and the policy allows it."""

    let_in: bool
    decision: Decision | None
    checks: tuple[Check, ...]
    claims: Claims
    scope: TrustScope

    @cached_property
    def advice(self) -> tuple[str, ...]:
        """What to change where it is refused, a sentence or two each; made when somebody reads it, as it takes longer than the decision."""
        if self.let_in or self.decision is None:
            return ()
        refused = {check.id for check in self.checks if check.verdict is Verdict.REFUSED}
        return tuple(dict.fromkeys(advice(self.scope, self.claims, self.decision, refused)))

    @property
    def is_known(self) -> bool:
        """Whether nothing is left open that could make the answer another."""
        return self.is_refused_for_certain or all(check.verdict is not Verdict.NOT_KNOWN for check in self.checks)

    @property
    def is_refused_for_certain(self) -> bool:
        """Whether a check refuses, so that what is not known no longer matters."""
        return any(check.verdict is Verdict.REFUSED for check in self.checks)

    @cached_property
    def unmet(self) -> tuple[str, ...]:
        """What of the nearest statement the token does not meet: the claims of its conditions, and `principal`; empty where one applies."""
        if self.decision is None or self.decision.deciding is not None:
            return ()
        statement = nearest(self.decision)
        if statement is None:
            return ("action",)
        context = self.decision.request.folded_context
        caller = () if names_caller(statement, self.decision) else ("principal",)
        claims = (split_key(each.key)[1].rpartition("/")[2] for each in statement.conditions if not each.holds(context))
        return (*caller, *dict.fromkeys(claims))

    @cached_property
    def in_short(self) -> str:
        """What decided, in a few words: the check that refused, the statement, or the claims that the nearest one wants otherwise."""
        refusing = next((check.id for check in self.checks if check.verdict is Verdict.REFUSED), None)
        if refusing is not None:
            return f"by its {refusing}"
        if self.decision is not None and self.decision.deciding is not None:
            return f"by statement {self.decision.deciding.number}"
        return f"not met: {', '.join(self.unmet)}" if self.unmet else ""

    @property
    def word(self) -> str:
        """The answer in a word or two."""
        if not self.is_known:
            return "not known"
        return "let in" if self.let_in else "refused"


def place_of(statement: CompiledStatement) -> str:
    """`Allow statement 1`, or with a Sid `Allow "Jobs", statement 1`."""
    return f"{statement}, statement {statement.number}" if statement.sid else str(statement)


class Judge:
    """A trust policy made ready to be asked about any number of tokens."""

    def __init__(self, trust: PolicyDocument) -> None:
        self.scope = scope_of(trust)
        self._policy = compile_policy(trust, name="trust policy")

    def let_in(
        self,
        claims: Claims,
        *,
        provider_arn: str | None = None,
        client_ids: Sequence[str] | None = None,
        now: datetime | None = None,
        context: Mapping[str, str] | None = None,
    ) -> Answer:
        """As the function `let_in`."""
        decision = evaluate(request_of(claims, self.scope, provider_arn=provider_arn, more=context), [self._policy])
        checks = (
            _issuer_check(claims, self.scope, provider_arn),
            *_audience_checks(claims, client_ids),
            *_subject_checks(claims, is_allowed=decision.allowed),
            *_time_checks(claims, now),
            *_request_checks(decision, claims),
        )
        passes = decision.allowed and all(check.verdict is not Verdict.REFUSED for check in checks)
        return Answer(passes, decision, checks, claims, self.scope)


def let_in(
    trust: PolicyDocument,
    claims: Claims,
    *,
    provider_arn: str | None = None,
    client_ids: Sequence[str] | None = None,
    now: datetime | None = None,
    context: Mapping[str, str] | None = None,
) -> Answer:
    """Whether `trust` lets the token with `claims` in, why, and what to change where it does not.

    `provider_arn` and `client_ids` are the account's provider and its audiences, where they are known; `context` has condition keys of the
    request that no token fills, such as aws:SourceIp.
    """
    return Judge(trust).let_in(claims, provider_arn=provider_arn, client_ids=client_ids, now=now, context=context)


def _issuer_check(claims: Claims, scope: TrustScope, provider_arn: str | None) -> Check:
    issuer = claims.issuer
    if not issuer:
        return Check("issuer", Verdict.REFUSED, "The token has no iss, and STS finds its provider by it.")
    if "iss" in claims.others:
        return Check("issuer", Verdict.REFUSED, f"The token's iss is {_quoted(issuer)}, which is no https URL, and STS takes no other.")
    if provider_arn is not None and issuer_of_provider(provider_arn) != issuer:
        return Check(
            "issuer",
            Verdict.REFUSED,
            f"The token's issuer is {_quoted(issuer)}, and the account's provider is for {_quoted(issuer_of_provider(provider_arn))}.",
        )
    named = tuple(map(issuer_of_provider, scope.providers))
    if not named:
        return Check("issuer", Verdict.NOT_CHECKED, "The policy names no OIDC provider whose issuer the token's could be.")
    if issuer not in named:
        return Check("issuer", Verdict.REFUSED, f"The token's issuer is {_quoted(issuer)}, and the policy trusts {_quoted_list(named)}.")
    return Check("issuer", Verdict.OK, f"The token's issuer is {_quoted(issuer)}, whose provider the policy names.")


def _audience_checks(claims: Claims, client_ids: Sequence[str] | None) -> Iterator[Check]:
    audience = claims.audience
    if not audience:
        yield Check("audience", Verdict.REFUSED, "The token has no aud, and STS takes none without it.")
        return
    party = claims.others.get("azp")
    compared = (party,) if isinstance(party, str) and party else audience
    shown = _quoted_list(compared)
    if client_ids is None:
        yield Check("client-ids", Verdict.NOT_CHECKED, "The provider's audiences (client ids) are not known here.")
    elif set(compared) & set(client_ids):
        yield Check("client-ids", Verdict.OK, f"The provider takes the audience {shown}.")
    else:
        yield Check("client-ids", Verdict.REFUSED, f"The token's audience is {shown}, and the provider takes {_quoted_list(client_ids)}.")


def _subject_checks(claims: Claims, *, is_allowed: bool) -> Iterator[Check]:
    length = len(claims.subject)
    if not length:
        yield Check("subject", Verdict.REFUSED, "The token has no sub, and STS takes none without it.")
    elif is_allowed and not 6 <= length <= SUBJECT_LENGTH:
        yield Check(
            "subject",
            Verdict.NOT_KNOWN,
            f"The token's sub has {length} characters, and STS's API model gives it 6 to {SUBJECT_LENGTH}: whether it takes this one has not "
            "been verified.",
        )


def _time_checks(claims: Claims, now: datetime | None) -> Iterator[Check]:
    expires = claims.expires_at
    if now is None:
        yield Check("time", Verdict.NOT_CHECKED, "The time was not looked at.")
        return
    moment = int(now.timestamp())
    begins = moment_claim(claims.others, "nbf")
    for name, at in (("iat", claims.issued_at), ("nbf", begins)):
        if at is not None and at > moment + GRACE_SECONDS:
            yield Check("time", Verdict.REFUSED, f"The token's {name} is {utc(at)}, which is in the future.")
            return
    if expires is None:
        yield Check("time", Verdict.NOT_CHECKED, "These claims have no exp, which every token has and STS wants.")
    elif moment > expires + GRACE_SECONDS:
        yield Check("time", Verdict.REFUSED, f"The token expired at {utc(expires)}, more than five minutes ago.")
    elif moment > expires:
        yield Check("time", Verdict.OK, f"The token expired at {utc(expires)}: STS takes it for five minutes more.")
    else:
        yield Check("time", Verdict.OK, f"The token is valid until {utc(expires)}.")


def _request_checks(decision: Decision, claims: Claims) -> Iterator[Check]:
    """What of the request nobody can tell from a token: only where it makes a difference."""
    present = decision.request.folded_context
    conditions = [condition for policy in decision.policies for each in policy.statements for condition in each.conditions]
    if any(condition.folded_key == SESSION_NAME.lower() for condition in conditions):
        yield Check("session-name", Verdict.OK, "The caller chooses the session name, so that one is taken here that the policy wants.")
    absent = {
        each.folded_key: each.key for each in conditions if each.folded_key not in present and split_key(each.folded_key)[0] in _CALLS
    }
    several = {f"{claims.issuer}:aud".lower()} if len(claims.audience) > 1 else set()
    matter = _that_matter(decision, {*absent, *several})
    if several:
        said = f"The token's aud is a list of {len(claims.audience)}"
        if several & matter:
            yield Check("audiences", Verdict.NOT_KNOWN, f"{said}: how STS compares several has not been verified.")
        else:
            yield Check("audiences", Verdict.NOT_CHECKED, f"{said}, which makes no difference here.")
    for folded, key in absent.items():
        if folded in matter:
            said = f"The policy asks for {_quoted(key)}, which no token says: it is taken as absent here."
            yield Check("request", Verdict.NOT_KNOWN, said)


def _that_matter(decision: Decision, unknown: set[str]) -> set[str]:
    """Those of the `unknown` condition keys whose value could decide: all else in their statement holds."""
    request, found = decision.request, set[str]()
    context = request.folded_context
    for statement in (each for policy in decision.policies for each in policy.statements):
        keys = {condition.folded_key for condition in statement.conditions} & unknown
        known = [condition for condition in statement.conditions if condition.folded_key not in unknown]
        is_asked = statement.action.holds(request.action, context) and (
            statement.principal is None or statement.principal.holds(request.principal or "", context)
        )
        if keys and is_asked and all(condition.holds(context) for condition in known):
            found |= keys
    return found


def utc(seconds: int) -> str:
    """A time as `2026-08-20 14:00 UTC`; one that no calendar has, as its number."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def _quoted(text: str) -> str:
    return quoted(text, _LONGEST_SHOWN)


def _quoted_list(values: Sequence[str]) -> str:
    return " and ".join(_quoted(value) for value in values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "") or "none"
