"""Findings about the condition keys of a trust: those that never are in a request, and operators that pass over what they should hold.

AWS puts three claims of a CircleCI token into a request. A condition on any other is dead: written positively it shuts everybody out, with
`IfExists` or a negation it says nothing at all. Which of the two, the evaluator is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.conditions import compile_condition
from ciam_tui.core.policy_findings.federation import CLAIMS, PROJECT_ID, STRANGER, claim_of
from ciam_tui.core.policy_findings.grammar import with_lower_uuids
from ciam_tui.core.policy_findings.operators import wildcards_without_like
from ciam_tui.core.policy_findings.reading import all_replaced
from ciam_tui.core.problems import Level
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.trust import CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.json_patch import Operation
    from ciam_tui.core.policy_findings.federation import Claim, Federation
    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Placed, Test

PROJECT_ID_NAMES = ("project-id", "project_id", "oidc.circleci.com/project_id", "projectid")
_IN_THE_SUB = ("vcs-ref", "vcs-origin", "org-id")
_NO_CLAIM_OF_AWS = "What AWS may offer one day: today it offers aud, sub and, for an organization's issuer, oidc.circleci.com/project-id."
_LARGEST_PATTERN = 2048


def key_findings(trust: Federation) -> Iterator[PolicyFinding]:
    """What is wrong with the keys and operators of an Allow statement."""
    for test in trust.placed.tests:
        claim = claim_of(test.key)
        if claim is None:
            continue
        if claim.has_scheme:
            yield _renamed(
                trust, test, claim, "key-with-scheme", f"The key {quoted(test.key, 200)} is written with https://, as no key of AWS is"
            )
        elif claim.issuer.lower() != trust.issuer.lower():
            if not is_of_provider(trust, claim):
                because = f"The key {quoted(test.key, 200)} speaks of another issuer than the provider's, {quoted(trust.issuer)}"
                yield _renamed(trust, test, claim, "issuer-mismatch", because)
        elif claim.name.lower() not in CLAIMS:
            yield _unknown(trust, test, claim)
        elif claim.name.lower() == PROJECT_ID and not trust.has_project_key:
            yield _unavailable(trust, test)
        else:
            yield from _of_operator(trust.placed, test)
            yield from _of_values(trust.placed, test)


def is_of_provider(trust: Federation, claim: Claim) -> bool:
    """Whether a claim is one of an issuer that the statement trusts, this or another."""
    own = (provider.text.partition("oidc-provider/")[2] for provider in trust.placed.federated)
    return any(claim.is_of(issuer) for issuer in (trust.issuer, *own))


def shuts_out(test: Test) -> bool:
    """Whether a condition fails where the request does not have its key."""
    return not compile_condition(test.as_condition, variables=True).holds({})


def _effect(test: Test) -> tuple[Level, str]:
    if shuts_out(test):
        return Level.ERROR, "never is in a request: nobody gets in"
    return Level.WARNING, f"never is in a request, and {test.operator} then counts as met: the condition says nothing"


def _renamed(trust: Federation, test: Test, claim: Claim, finding_id: str, because: str) -> PolicyFinding:
    level, effect = _effect(test)
    known = claim.name.lower() in CLAIMS
    right = trust.key(claim.name) if known else trust.key("sub")
    return trust.placed.finding(
        finding_id,
        level,
        f"{because}; it {effect}.",
        f"Write the key as {quoted(right, 200)}{'; whom it names then gets in' if level is Level.ERROR else ''}."
        if known
        else f"Write the issuer as {quoted(trust.issuer, 200)}.",
        "Which of the two issuers is the one that was meant.",
        at=test,
        patch=trust.placed.moved(test, key=right) if known else (),
        opens=level is Level.ERROR,
    )


def _unknown(trust: Federation, test: Test, claim: Claim) -> PolicyFinding:
    level, effect = _effect(test)
    name = claim.name.lower().removeprefix(f"{CLOUD_HOST}/")
    patch: tuple[Operation, ...]
    if claim.name.lower() in PROJECT_ID_NAMES and trust.has_project_key:
        fix, patch = (
            f"Write it as {quoted(trust.key(PROJECT_ID), 200)}; the project then gets in.",
            trust.placed.moved(test, key=trust.key(PROJECT_ID)),
        )
    elif not shuts_out(test):
        fix, patch = "Take the condition out; what it was to say has to be said in the sub.", trust.placed.without_test(test)
    elif trust.first_let_in(trust.tokens(project=STRANGER), test):
        fix, patch = "Say it in the sub. Taking the condition out alone would let every project in.", ()
    else:
        fix, patch = "Take the condition out; those that the others let in then get in.", trust.placed.without_test(test)
    if name in _IN_THE_SUB and not patch:
        fix = f"{fix} Origin and ref stand in the sub of a token of the second form."
    return trust.placed.finding(
        "unknown-key",
        level,
        f"AWS does not know CircleCI's claim {quoted(claim.name)} as a condition key; it {effect}.",
        fix,
        _NO_CLAIM_OF_AWS,
        at=test,
        patch=patch,
        opens=level is Level.ERROR,
    )


def _unavailable(trust: Federation, test: Test) -> PolicyFinding:
    level = _effect(test)[0]
    where = f"in the partition {trust.partition}" if trust.kind == "org" else f"for the issuer {quoted(trust.issuer)}"
    sub_keeps_out = not trust.first_let_in(trust.tokens(project=STRANGER), test)
    return trust.placed.finding(
        "project-key-unavailable",
        level,
        f"AWS is not known to offer CircleCI's project-id {where}; where it does not, {'nobody gets in' if shuts_out(test) else 'the condition says nothing'}.",
        "Take it out: the sub names the projects, whose jobs then get in."
        if sub_keeps_out
        else "Name the projects in the sub, and take it out.",
        "Whether AWS offers the key there by now: it is documented for the issuers of CircleCI Cloud alone.",
        at=test,
        patch=trust.placed.without_test(test) if sub_keeps_out else (),
        opens=level is Level.ERROR,
    )


def _of_operator(placed: Placed, test: Test) -> Iterator[PolicyFinding]:
    plain = test.operator.rpartition(":")[2].removesuffix("IfExists")
    if test.operator.startswith("ForAllValues:"):
        yield placed.finding(
            "for-all-values",
            Level.WARNING,
            f"{test.operator} is met by a request that does not have {quoted(test.key, 200)} at all.",
            f"Use {plain}, which wants the key.",
            "Whether AWS will always send the key: a project id, for one, is sent for some issuers alone.",
            at=test,
            patch=placed.moved(test, operator=plain),
        )
    elif test.operator.endswith("IfExists"):
        yield placed.finding(
            "if-exists",
            Level.WARNING,
            f"{test.operator} is met by a request that does not have {quoted(test.key, 200)} at all.",
            f"Use {test.operator.removesuffix('IfExists')}, which wants the key.",
            "Whether AWS will always send the key: a project id, for one, is sent for some issuers alone.",
            at=test,
            patch=placed.moved(test, operator=test.operator.removesuffix("IfExists")),
        )


def _of_values(placed: Placed, test: Test) -> Iterator[PolicyFinding]:
    yield from wildcards_without_like(placed, test, dead="nobody gets in", revived="whom the pattern means then gets in")
    shouted = [(value, with_lower_uuids(value.text)) for value in test.values if len(value.text) <= _LARGEST_PATTERN]
    shouted = [(value, lower) for value, lower in shouted if lower != value.text]
    if shouted and "IgnoreCase" not in test.base:
        yield placed.finding(
            "uuid-case",
            Level.ERROR,
            f"{quoted(shouted[0][0].text, 200)} has a UUID in capital letters; tokens have them in lower case, and AWS compares letter for letter: "
            f"it {'excludes nobody' if test.is_negated else 'never matches'}.",
            "Write it in lower case" + ("." if test.is_negated else "; whom it names then gets in."),
            "Whether the id is that of the organization or project that is meant.",
            at=shouted[0][0],
            patch=all_replaced(shouted),
            opens=not test.is_negated,
        )
