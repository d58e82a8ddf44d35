"""Everything that is told of a trust policy: who else is trusted, what its actions are for, and what it says of CircleCI's tokens.

Any trust policy is taken, ours or not: most roles that trust CircleCI were written from a guide, for another provider, or by a copy of a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.json_patch import Operation
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.policy_findings.audience import audience_findings
from ciam_tui.core.policy_findings.federation import PROJECT_ID, STRANGER, Federation, federations, is_circleci
from ciam_tui.core.policy_findings.finding import PolicyFinding
from ciam_tui.core.policy_findings.grammar import has_wildcard, subject_pattern
from ciam_tui.core.policy_findings.mended import mended, once_mended
from ciam_tui.core.policy_findings.reading import read_policy, replaced
from ciam_tui.core.policy_findings.subjects import subject_findings
from ciam_tui.core.policy_findings.token_keys import key_findings
from ciam_tui.core.problems import Level, worst_first
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.trust import ASSUME_ROLE, CLOUD_HOST
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.policy_findings.reading import Placed, Reading

_EXAMINED = 16_384  # characters, twice the most that AWS's quota for trust policies can be raised to without a person at AWS
_OTHER_WORLD = "What those others may do with the role, and who can become them: their own policies say."


def trust_findings(document: Document, *, client_ids: Sequence[str] | None = None) -> tuple[PolicyFinding, ...]:
    """What is risky, dead or superfluous in a trust policy, worst first; `client_ids` are those of its provider, where they are known.

    Raises:
        CiamError: the document is no policy that AWS takes.
    """
    reading = read_policy(document)
    if document.size > _EXAMINED:
        return (_too_large(document.size),)
    trusts = federations(reading)
    found = [finding for placed in reading.allows for finding in _statement_findings(placed)]
    found += _other_principals(reading, trusts)
    for trust in trusts:
        found += _trust_findings(trust, client_ids)
    found += _denials(reading, trusts)
    return worst_first(dict.fromkeys(found))


def _too_large(size: int) -> PolicyFinding:
    return PolicyFinding(
        "trust-too-large",
        Level.ERROR,
        f"The policy has {size} characters; AWS's quota for a trust policy is 2048, and 8192 at most where it has been raised.",
        "Name fewer projects and branches, or make a role a project.",
        "Nothing else of it: it was not examined.",
    )


def _statement_findings(placed: Placed) -> Iterator[PolicyFinding]:
    """What is wrong with an Allow statement, whomever it trusts."""
    statement = placed.statement
    if ("*", "*") in (statement.principals or ()) or ("AWS", "*") in (statement.principals or ()):
        yield placed.finding(
            "anybody-trusted",
            Level.ERROR,
            "The principal is *: principals of every AWS account may take the role, as far as the conditions let them.",
            "Name the principals; for CircleCI, the ARN of the account's provider under Federated.",
            "Which of them the conditions keep out.",
            at="Principal",
        )
    if statement.not_principals is not None:
        yield placed.finding(
            "not-principal",
            Level.ERROR,
            "NotPrincipal with Allow trusts everybody but those named, in every AWS account.",
            "Name under Principal who is trusted.",
            at="NotPrincipal",
        )
    if statement.not_actions is not None:
        excluded = any(wildcard_matcher(action.lower())(ASSUME_ROLE.lower()) for action in statement.not_actions)
        edits = (Operation("remove", f"{placed.pointer}/NotAction"), Operation("add", f"{placed.pointer}/Action", ASSUME_ROLE))
        yield placed.finding(
            "not-action",
            Level.WARNING,
            "NotAction with Allow grants every action but those named, also those that AWS adds later.",
            f"Name the action: {ASSUME_ROLE}.",
            at="NotAction",
            patch=edits if placed.federated and not excluded else (),
        )


def _other_principals(reading: Reading, trusts: Sequence[Federation]) -> Iterator[PolicyFinding]:
    """Principals beside CircleCI in one policy: each way in is one to look after."""
    ours = {trust.provider.text for trust in trusts}
    if not ours:
        yield PolicyFinding(
            "no-circleci-issuer",
            Level.NOTE,
            "No statement trusts an issuer of CircleCI.",
            f"Nothing to do, unless one should: its provider is arn:aws:iam::<account>:oidc-provider/{CLOUD_HOST}/org/<organization id>.",
            "Whether an issuer under a name of its own is a self-hosted CircleCI server.",
        )
        return
    for placed in reading.allows:
        others = [
            value for kind, value in placed.statement.principals or () if value != "*" and not (kind == "Federated" and value in ours)
        ]
        if others:
            yield placed.finding(
                "shared-with-others",
                Level.WARNING,
                f"The role is trusted to others beside CircleCI: {listed(dict.fromkeys(others))}. Whoever of them is taken over has what its jobs have, and "
                "what they do is logged under one role.",
                "Give each of them a role of its own.",
                _OTHER_WORLD,
                at="Principal",
            )


def _trust_findings(trust: Federation, client_ids: Sequence[str] | None) -> Iterator[PolicyFinding]:
    yield from _action_findings(trust)
    yield from audience_findings(trust, client_ids)
    yield from key_findings(trust)
    now = tuple(_who_gets_in(trust))
    then = mended(trust)
    yield from now if then is None else once_mended(_who_gets_in(then), now)


def _who_gets_in(trust: Federation) -> Iterator[PolicyFinding]:
    """What is told of the tokens that the statement lets in."""
    yield from _provider_findings(trust)
    yield from subject_findings(trust)
    yield from _whole_statement(trust)


def _provider_findings(trust: Federation) -> Iterator[PolicyFinding]:
    placed, text = trust.placed, trust.provider.text
    if not text.startswith("arn:") or "oidc-provider/https://" in text:
        is_arn = text.startswith("arn:")
        yield placed.finding(
            "provider-malformed",
            Level.ERROR,
            f"{quoted(text, 200)} is no ARN of a provider{': it has https:// in it' if is_arn else ''}: nobody gets in.",
            f"Write arn:aws:iam::<account>:oidc-provider/{trust.issuer}; its tokens then get in.",
            "Whether the account has that provider.",
            at=trust.provider,
            patch=replaced(trust.provider, text.replace("oidc-provider/https://", "oidc-provider/")) if is_arn else (),
            opens=True,
        )
    if trust.kind == "root":
        stranger = trust.first_let_in(trust.tokens(org=STRANGER, project=STRANGER))
        yield placed.finding(
            "root-issuer",
            Level.ERROR if stranger else Level.WARNING,
            "The issuer signs the tokens of every CircleCI organization, and nothing names yours: anybody who has a CircleCI account gets in."
            if stranger
            else "The issuer signs the tokens of every CircleCI organization: the sub alone keeps strangers out.",
            f"Trust the organization's own issuer, {CLOUD_HOST}/org/<organization id>, which needs a provider of its own.",
            "" if stranger else "Whether a later change of the sub will keep it so.",
            at=trust.provider,
        )
    if trust.kind == "server":
        yield placed.finding(
            "self-hosted-issuer",
            Level.WARNING,
            f"Tokens come from {quoted(trust.issuer, 200)}: whoever administers that server can make one for any project, and AWS offers no project-id "
            "condition for it.",
            "Limit who administers the server.",
            "Whether the issuer is a CircleCI server at all: its conditions are written like those of one.",
            at=trust.provider,
        )


def _action_findings(trust: Federation) -> Iterator[PolicyFinding]:
    placed = trust.placed
    if placed.statement.actions is None:
        return
    right = [value for value in placed.actions if wildcard_matcher(value.text.lower())(ASSUME_ROLE.lower())]
    wild = [value for value in placed.actions if has_wildcard(value.text)]
    others = [value for value in placed.actions if value not in right]
    if not right:
        assume = next((value for value in placed.actions if value.text.lower() == "sts:assumerole"), None)
        yield placed.finding(
            "wrong-action",
            Level.ERROR,
            f"A token takes a role by {ASSUME_ROLE}, and {quoted(placed.actions[0].text) if placed.actions else 'nothing'} is allowed: nobody gets in.",
            f"Allow {ASSUME_ROLE}; whom the conditions mean then gets in.",
            at=placed.actions[0] if placed.actions else "Action",
            patch=replaced(assume, ASSUME_ROLE) if assume else (),
            opens=True,
        )
        return
    if wild:
        yield placed.finding(
            "action-wildcard",
            Level.WARNING,
            f"The action {quoted(wild[0].text)} is more than a token needs, and grows with what AWS adds.",
            f"Name the action: {ASSUME_ROLE}.",
            at=wild[0],
            patch=(Operation("replace", f"{placed.pointer}/Action", ASSUME_ROLE),),
        )
    elif others:
        yield placed.finding(
            "superfluous-action",
            Level.NOTE,
            f"{listed(value.text for value in others)} {'does' if len(others) == 1 else 'do'} nothing for CircleCI's tokens.",
            f"Allow {ASSUME_ROLE} and nothing else.",
            "Whether another principal of the statement uses it.",
            at=others[0],
            patch=placed.without("Action", others),
        )


def _whole_statement(trust: Federation) -> Iterator[PolicyFinding]:
    """What the conditions of a statement, all of them together, do not hold."""
    placed = trust.placed
    if not placed.tests:
        known = trust.org_id if trust.kind == "org" else None
        yield placed.finding(
            "no-condition",
            Level.ERROR,
            "The statement has no condition: every token of the issuer gets in that has an audience of the provider's.",
            "Ask for the audience, the project id and the sub.",
            "Which projects were meant; the audience, which is all that can be filled in, is no boundary between them.",
            patch=placed.with_test("StringEquals", trust.key("aud"), known) if known else (),
        )
    yield from _any_project(trust)
    yield from _projects_that_differ(trust)
    other_branch = trust.first_let_in(trust.other_branches())
    if other_branch:
        yield placed.finding(
            "any-branch",
            Level.NOTE,
            "Any branch, tag or pull request of the trusted projects gets in, and the builds of forks that get secrets.",
            "For a role that changes something, name repository and branches in the sub, with the user as a UUID's shape in question marks.",
            "What the role may do, and whether the projects build forks.",
            at=trust.patterns[0][1] if trust.patterns else "",
        )


def _any_project(trust: Federation) -> Iterator[PolicyFinding]:
    if any((found := subject_pattern(value.text)) is None or has_wildcard(found.project) for _, value in trust.patterns):
        return  # told of the pattern itself
    if not trust.placed.tests or trust.kind == "root" or not trust.first_let_in(trust.tokens(project=STRANGER)):
        return
    tests = trust.tests_of("sub", PROJECT_ID)
    negated = [test for test in tests if test.is_negated]
    if negated:
        yield trust.placed.finding(
            "negated-only",
            Level.ERROR,
            f"{negated[0].operator} only says who is kept out: every project that it does not name gets in, also one that somebody creates tomorrow.",
            "Name the projects that are let in, by StringEquals and StringLike.",
            "Which projects were meant.",
            at=negated[0],
        )
        return
    yield trust.placed.finding(
        "no-project",
        Level.ERROR,
        "No condition names a project: every project of the organization gets in, also one that somebody creates tomorrow."
        if trust.kind == "org"
        else "No condition names a project: every project that the issuer signs for gets in.",
        "Name the projects, by their ids under the key of the project id and in the sub.",
        "Which projects were meant.",
        at=tests[0] if tests else "Condition" if trust.placed.tests else "",
    )


def _projects_that_differ(trust: Federation) -> Iterator[PolicyFinding]:
    """The project-id key and the sub each name projects: who is not in both gets in by neither."""
    in_subs = {found.project.lower() for found in trust.subjects}  # the case of letters is told by itself
    if not trust.has_project_key or not trust.subjects or len(trust.subjects) < len(trust.patterns) or any(map(has_wildcard, in_subs)):
        return
    tests = [test for test in trust.tests_of(PROJECT_ID) if test.base == "StringEquals" and "IfExists" not in test.operator]
    for test in tests:
        lost = [value for value in test.values if value.text.lower() not in in_subs and not has_wildcard(value.text)]
        if not lost:
            continue
        everybody = len(lost) == len(test.values)
        yield trust.placed.finding(
            "project-mismatch",
            Level.ERROR if everybody else Level.WARNING,
            f"The project {quoted(lost[0].text)} stands under the project id and in no sub: "
            f"{'the two name different projects, and nobody gets in' if everybody else 'its jobs do not get in'}.",
            "Name the same projects in both.",
            "Which of the two is right.",
            at=lost[0],
            patch=() if everybody else trust.placed.without_value(test, lost),
        )


def _denials(reading: Reading, trusts: Sequence[Federation]) -> Iterator[PolicyFinding]:
    """A Deny that rests on a claim that AWS does not know keeps nobody out."""
    if not trusts:
        return
    for placed in reading.statements:
        if placed.allows:
            continue
        dead = [test for test in placed.tests if _is_unknown(test.key)]
        positive = [test for test in dead if not test.is_negated and not test.operator.endswith("IfExists") and test.base != "Null"]
        if positive:
            yield placed.finding(
                "dead-deny",
                Level.WARNING,
                f"The Deny rests on {quoted(positive[0].key, 200)}, which AWS never puts into a request: it keeps nobody out.",
                "Say it in the sub of what is allowed.",
                at=positive[0],
            )


def _is_unknown(key: str) -> bool:
    issuer, _, name = key.partition(":")
    return is_circleci(issuer) and name.lower() not in ("aud", "sub", PROJECT_ID)
