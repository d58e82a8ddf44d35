"""What a trust would let in if what is dead in it were mended: a condition that shuts everybody out hides how wide the rest is.

Whoever mends a policy wants to hear all of it at once, not the next mistake after each fix. So the statement is asked a second time as its
fixes would leave it, and what is told of that says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.policy_findings.federation import CLAIMS, PROJECT_ID, claim_of
from ciam_tui.core.policy_findings.grammar import with_lower_uuids
from ciam_tui.core.policy_findings.operators import operator_for_wildcards
from ciam_tui.core.policy_findings.token_keys import PROJECT_ID_NAMES, is_of_provider, shuts_out
from ciam_tui.core.problems import Level
from ciam_tui.core.trust import ASSUME_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.policy_findings.federation import Federation
    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Test


def mended(trust: Federation) -> Federation | None:
    """`trust` without what shuts everybody out; None where nothing does."""
    placed, statement = trust.placed, trust.placed.statement
    tests = tuple(found for test in placed.tests if (found := _mended_test(trust, test)) is not None)
    actions = statement.actions
    if actions is not None and not any(wildcard_matcher(action.lower())(ASSUME_ROLE.lower()) for action in actions):
        actions = (ASSUME_ROLE,)
    if tests == placed.tests and actions == statement.actions:
        return None
    return replace(trust, placed=replace(placed, tests=tests, statement=replace(statement, actions=actions)))


def _mended_test(trust: Federation, test: Test) -> Test | None:
    """`test` as its fix would write it, None where it would take it out."""
    claim = claim_of(test.key)
    if claim is None or not shuts_out(test) or (is_of_provider(trust, claim) and not claim.is_of(trust.issuer)):
        return test
    name = claim.name.lower()
    if name in PROJECT_ID_NAMES:
        name = PROJECT_ID
    if name not in CLAIMS or (name == PROJECT_ID and not trust.has_project_key):
        return None
    values = tuple(replace(value, text=with_lower_uuids(value.text)) for value in test.values)
    return replace(
        test,
        key=test.key if claim.is_of(trust.issuer) and claim.name.lower() == name else trust.key(name),
        operator=operator_for_wildcards(test) or test.operator,
        values=values,
    )


def once_mended(then: Iterable[PolicyFinding], now: Iterable[PolicyFinding]) -> Iterator[PolicyFinding]:
    """What is told `now` and, as what will hold, what is told only `then`; where `then` it is worse at a place, that alone.

    What will hold has no patch: what one would write depends on what is mended first.
    """
    later = {(finding.id, finding.pointer, finding.level): finding for finding in then}
    worse = {(finding.id, finding.pointer) for finding in later.values() if finding.level is Level.ERROR}
    told = [finding for finding in now if finding.level is Level.ERROR or (finding.id, finding.pointer) not in worse]
    yield from told
    known = {(finding.id, finding.pointer, finding.level) for finding in told}
    for key, finding in later.items():
        if key not in known:
            yield replace(finding, text=f"Once what is dead here is mended: {_continued(finding.text)}", patch=(), opens=False)


def _continued(text: str) -> str:
    """A sentence as it goes on after a colon."""
    return text[0].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
