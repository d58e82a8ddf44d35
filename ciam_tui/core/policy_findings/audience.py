"""Findings about the `aud` of a trust: the claim that guides copied from elsewhere get wrong, and that bounds less than it seems to.

Any job can ask CircleCI for a token with any audience (`circleci run oidc get --claims`), so `aud` keeps out other issuers' habits, never
another project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.conditions import compile_condition
from ciam_tui.core.policy_findings.federation import claim_of
from ciam_tui.core.policy_findings.grammar import is_uuid
from ciam_tui.core.policy_findings.reading import replaced
from ciam_tui.core.problems import Level
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.policy_findings.federation import Federation
    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Test, Value

AUDIENCE_OF_AWS = "sts.amazonaws.com"
_STRANGE_AUDIENCE = "https://strange.example/audience"
_CLAIMS_UNREAD = "Whether the organization or a project has set custom claims for its tokens: CircleCI knows, a policy does not say."


def audience_findings(trust: Federation, client_ids: Sequence[str] | None) -> Iterator[PolicyFinding]:
    """What is wrong with the audience that a statement asks for, or that it asks for none."""
    tests = trust.tests_of("aud")
    elsewhere = any(
        claim and claim.name.lower() == "aud" for test in trust.placed.tests if test not in tests for claim in [claim_of(test.key)]
    )
    if trust.placed.tests and not elsewhere and _accepts(trust, tests, _STRANGE_AUDIENCE):
        yield _no_audience(trust, tests)
    else:
        for test in tests:
            if not test.is_negated:
                yield from _of_values(trust, test)
    if client_ids is not None and not any(_accepts(trust, tests, client_id) for client_id in client_ids):
        yield trust.placed.finding(
            "audience-not-in-provider",
            Level.ERROR,
            f"None of the provider's client ids ({', '.join(map(quoted, client_ids[:3])) or 'it has none'}) is an audience that this statement takes: "
            'nobody gets in, and AWS answers "Incorrect token audience".',
            "Add the audience to the provider's client ids, or name one that it has.",
            "Whether the provider has been changed since it was read.",
            at=tests[0] if tests else "",
        )


def _accepts(trust: Federation, tests: Sequence[Test], audience: str) -> bool:
    context = {trust.key("aud").lower(): (audience,)}
    return all(compile_condition(test.as_condition, variables=True).holds(context) for test in tests)


def _no_audience(trust: Federation, tests: Sequence[Test]) -> PolicyFinding:
    patch = trust.placed.with_test("StringEquals", trust.key("aud"), trust.org_id) if trust.org_id and is_uuid(trust.org_id) else ()
    return trust.placed.finding(
        "no-audience",
        Level.WARNING,
        "The audience of the token is not asked for: every client id of the provider is taken, also one that is added for something else.",
        f"Ask for the organization id: StringEquals {trust.key('aud')}.",
        "aud is no boundary between projects: any job can ask CircleCI for a token with any audience.",
        at=tests[0] if tests else "Condition" if trust.placed.tests else "",
        patch=patch,
    )


def _of_values(trust: Federation, test: Test) -> Iterator[PolicyFinding]:
    texts = {value.text for value in test.values}
    for value in test.values:
        if value.text == AUDIENCE_OF_AWS:
            yield _audience_of_aws(trust, test, value, alone=trust.org_id not in texts)
        elif value.text.lower() != (trust.org_id or value.text).lower() and not ("*" in value.text and test.takes_wildcards):
            yield trust.placed.finding(
                "custom-audience",
                Level.WARNING,
                f"The audience {quoted(value.text)} is not the organization id{', but looks like the id of another' if is_uuid(value.text) else ''}: "
                "a job gets in by it only with a token for which that audience has been set.",
                "Check the custom OIDC claims of the organization and of each project in CircleCI, or ask for the organization id.",
                _CLAIMS_UNREAD,
                at=value,
            )


def _audience_of_aws(trust: Federation, test: Test, value: Value, *, alone: bool) -> PolicyFinding:
    said = f"{quoted(value.text)} is the audience of GitHub's guide to AWS"
    if not alone:
        return trust.placed.finding(
            "audience-of-aws",
            Level.NOTE,
            f"{said}; CircleCI's own tokens have the organization id, which is taken too.",
            "Take it out, unless jobs ask for it.",
            _CLAIMS_UNREAD,
            at=value,
            patch=trust.placed.without_value(test, [value]),
        )
    return trust.placed.finding(
        "audience-of-aws",
        Level.WARNING,
        f"{said}: with the tokens that CircleCI gives by default, nobody gets in by it.",
        f"Ask for the organization id{f', {quoted(trust.org_id)}' if trust.org_id else ''}; tokens with it, refused so far, then get in.",
        _CLAIMS_UNREAD,
        at=value,
        patch=replaced(value, trust.org_id) if trust.org_id and is_uuid(trust.org_id) else (),
        opens=True,
    )
