"""Would Google let this token in, and as whom? What its token service looks at, in its order, and then whose service account may be taken.

The expressions are evaluated by whoever is given as `Evaluate`: the language is a library's, and the core has none.
https://cloud.google.com/iam/docs/workload-identity-federation
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ciam_tui.core.gcp.identity import SUBJECT, SUBJECT_BYTES
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.tokens.claims import SCHEME, moment_claim
from ciam_tui.core.tokens.judging import Check, Verdict, utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.gcp.provider import GivenProvider
    from ciam_tui.core.tokens.claims import Claims

EVALUATION = "cel-refused"
LONGEST_LIFE = 86_400  # seconds between iat and exp
GROUPS = "google.groups"  # the one attribute that may be a list
_SHOWN = 200
_ATTRIBUTE = "attribute."


class Evaluate(Protocol):
    """What an expression is, with these variables: text, truth value, number, list, or None.

    Raises:
        CiamError: `cel-refused`; it cannot be evaluated, and its message says why as the end of a sentence.
    """

    def __call__(self, expression: str, variables: Mapping[str, object], /) -> object: ...


@dataclass(frozen=True, slots=True)
class GcpAnswer:
    """Whether the token becomes an identity of the pool, its attributes, the sets it is in, and the accounts it may act as.

    `accounts` is None where it is not known who may act as what.
    """

    is_identity: bool
    checks: tuple[Check, ...]
    attributes: Mapping[str, str]
    sets: tuple[str, ...]
    accounts: tuple[str, ...] | None

    @property
    def let_in(self) -> bool:
        """Whether there is something that the token opens, as far as that is known."""
        return self.is_identity and self.accounts != ()

    @property
    def word(self) -> str:
        """The answer in a word or two."""
        if not self.is_identity:
            return "refused"
        return "let in" if self.let_in else "no account"

    @property
    def in_short(self) -> str:
        """What decided, in a few words: the check that refused, or as whom it is let in."""
        refusing = next((check.id for check in self.checks if check.verdict is Verdict.REFUSED), None)
        if refusing is not None:
            return f"by its {refusing}"
        return "" if self.accounts is None else ", ".join(email.partition("@")[0] for email in self.accounts)


def gcp_let_in(provider: GivenProvider, claims: Claims, evaluate: Evaluate, *, now: datetime | None = None) -> GcpAnswer:
    """Whether `provider` takes the token with `claims`, and what it is then.

    Raises:
        CiamError: expressions cannot be evaluated here at all.
    """
    assertion = assertion_of(claims)
    checks = [_state_check(provider), _issuer_check(provider, claims), _audience_check(provider, claims), _time_check(claims, now)]
    mapped, found = _mapped(provider, assertion, evaluate)
    attributes = {name: value for name, value in mapped.items() if isinstance(value, str)}
    checks += found
    if all(check.verdict is not Verdict.REFUSED for check in found):
        checks.append(_condition_check(provider, assertion, mapped, evaluate))
    is_identity = all(check.verdict is not Verdict.REFUSED for check in checks)
    sets = _sets(provider.pool, attributes, mapped.get(GROUPS, [])) if is_identity else ()
    accounts = None
    if provider.accounts is not None:
        accounts = tuple(each.email for each in provider.accounts if set(each.members) & set(sets))
    return GcpAnswer(is_identity, tuple(checks), attributes, sets, accounts)


def assertion_of(claims: Claims) -> dict[str, object]:
    """The token's payload, as expressions see it."""
    audience: object = claims.audience[0] if len(claims.audience) == 1 else list(claims.audience)
    own = {"sub": claims.subject, "aud": audience, "iat": claims.issued_at, "exp": claims.expires_at}
    return {
        **{name: value for name, value in own.items() if value not in (None, "", [])},
        **({"iss": f"{SCHEME}{claims.issuer}"} if claims.issuer else {}),
        **claims.others,
    }


def _state_check(provider: GivenProvider) -> Check:
    if provider.is_active:
        return Check("state", Verdict.OK, "The provider is active.")
    return Check("state", Verdict.REFUSED, "The provider is deleted or disabled, and takes no token.")


def _issuer_check(provider: GivenProvider, claims: Claims) -> Check:
    issuer = str(claims.others.get("iss", f"{SCHEME}{claims.issuer}" if claims.issuer else ""))
    if not issuer:
        return Check("issuer", Verdict.REFUSED, "The token has no iss.")
    if issuer == provider.issuer:
        return Check("issuer", Verdict.OK, f"The token's issuer is {quoted(issuer, _SHOWN)}, which is the provider's.")
    return Check(
        "issuer",
        Verdict.REFUSED,
        f"The token's issuer is {quoted(issuer, _SHOWN)}, and the provider is for {quoted(provider.issuer, _SHOWN)}.",
    )


def _audience_check(provider: GivenProvider, claims: Claims) -> Check:
    # Without any, Google takes the provider's own name, with and without https.
    allowed = provider.audiences or tuple(f"{scheme}//iam.googleapis.com/{provider.name}" for scheme in ("https:", ""))
    said = " and ".join(quoted(each, _SHOWN) for each in claims.audience[:3]) or "none"
    if set(claims.audience) & set(allowed):
        return Check("audience", Verdict.OK, f"The provider takes the audience {said}.")
    wanted = " or ".join(quoted(each, _SHOWN) for each in allowed[:3])
    return Check("audience", Verdict.REFUSED, f"The token's audience is {said}, and the provider takes {wanted}.")


def _time_check(claims: Claims, now: datetime | None) -> Check:
    issued, expires = claims.issued_at, claims.expires_at
    if now is None:
        return Check("time", Verdict.NOT_CHECKED, "The time was not looked at.")
    moment = int(now.timestamp())
    begins = moment_claim(claims.others, "nbf")
    for name, at in (("iat", issued), ("nbf", begins)):
        if at is not None and at > moment:
            return Check("time", Verdict.REFUSED, f"The token's {name} is {utc(at)}, which is in the future.")
    if issued is None or expires is None:
        return Check("time", Verdict.NOT_CHECKED, "These claims have no iat and exp, which every token has and Google wants.")
    if moment > expires:
        return Check("time", Verdict.REFUSED, f"The token expired at {utc(expires)}.")
    if expires - issued > LONGEST_LIFE:
        return Check("time", Verdict.REFUSED, "The token lives for more than a day, and Google takes none that does.")
    return Check("time", Verdict.OK, f"The token is valid until {utc(expires)}.")


def _mapped(provider: GivenProvider, assertion: Mapping[str, object], evaluate: Evaluate) -> tuple[dict[str, str | list[str]], list[Check]]:
    """The attributes, and a check of each that cannot be mapped; one of them refuses the token as a whole."""
    mapped: dict[str, str | list[str]] = {}
    checks: list[Check] = []
    for name, expression in provider.mapping.items():
        try:
            value = evaluate(expression, {"assertion": assertion})
        except CiamError as error:
            if error.code != EVALUATION:
                raise
            checks.append(Check("mapping", Verdict.REFUSED, f"The mapping of {name} cannot be evaluated: {error.message}"))
            continue
        if isinstance(value, str):
            mapped[name] = value
        elif name == GROUPS and isinstance(value, list) and all(isinstance(each, str) for each in value):
            mapped[name] = [str(each) for each in value]
        else:
            checks.append(Check("mapping", Verdict.REFUSED, f"The mapping of {name} is no text."))
    return mapped, checks or list(_subject_checks(str(mapped.get(SUBJECT, ""))))


def _subject_checks(subject: str) -> Iterator[Check]:
    size = len(subject.encode(errors="surrogatepass"))
    if not subject:
        yield Check("subject", Verdict.REFUSED, f"{SUBJECT} is empty or not mapped, and an identity must have one.")
    elif size > SUBJECT_BYTES:
        yield Check(
            "subject", Verdict.REFUSED, f"The size of mapped attribute {SUBJECT} exceeds the {SUBJECT_BYTES} bytes limit: it has {size}."
        )
    else:
        yield Check("subject", Verdict.OK, f"{SUBJECT} has {size} of at most {SUBJECT_BYTES} bytes.")


def _condition_check(
    provider: GivenProvider, assertion: Mapping[str, object], attributes: Mapping[str, str | list[str]], evaluate: Evaluate
) -> Check:
    if not provider.condition.strip():
        return Check("condition", Verdict.OK, "The provider has no condition: whatever the issuer signs for its audience is let in.")
    variables = {
        "assertion": assertion,
        "google": {name.partition(".")[2]: value for name, value in attributes.items() if name.startswith("google.")},
        "attribute": {name.removeprefix(_ATTRIBUTE): value for name, value in attributes.items() if name.startswith(_ATTRIBUTE)},
    }
    try:
        holds = evaluate(provider.condition, variables)
    except CiamError as error:
        if error.code != EVALUATION:
            raise
        return Check("condition", Verdict.REFUSED, f"The attribute condition cannot be evaluated: {error.message}")
    if holds is True:
        return Check("condition", Verdict.OK, "The attribute condition holds.")
    parts = _parts_that_fail(provider.condition, variables, evaluate)
    return Check("condition", Verdict.REFUSED, f"The attribute condition does not hold: {' and '.join(parts)}.")


def _parts_that_fail(condition: str, variables: Mapping[str, object], evaluate: Evaluate) -> Sequence[str]:
    """Those parts between `&&` that are false by themselves; the whole where it cannot be taken apart so simply."""
    failing = []
    for part in condition.split(" && "):
        try:
            if evaluate(part, variables) is not True:
                failing.append(part)
        except CiamError:
            return (condition,)
    return failing or (condition,)


def _sets(pool: str, attributes: Mapping[str, str], groups: str | list[str]) -> tuple[str, ...]:
    lead = f"iam.googleapis.com/{pool}"
    named = [(name, value) for name, value in attributes.items() if name.startswith(_ATTRIBUTE) and value]
    of_groups = [("group", each) for each in ([groups] if isinstance(groups, str) else groups)]
    return (
        f"principal://{lead}/subject/{attributes[SUBJECT]}",
        *(f"principalSet://{lead}/{name}/{value}" for name, value in (*named, *of_groups)),
        f"principalSet://{lead}/*",
    )
