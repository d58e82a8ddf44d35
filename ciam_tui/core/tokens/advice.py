"""What to change where a token is refused: the mistakes that people make with CircleCI's tokens, each recognized by what it leaves behind.

Every sentence is made from the case at hand: from the statement that came nearest to letting the token in, and from those of its conditions
that the token does not meet. Where nothing is recognized nothing is said, and the reasons of the decision stand for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.evaluate import Outcome
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.tokens.about_subject import subject_advice
from ciam_tui.core.tokens.request import KNOWN_CLAIMS, fills_project_key, is_never_filled, partition_of
from ciam_tui.core.tokens.scope import PROJECT_KEY, issuer_of_provider, org_of_issuer, split_key
from ciam_tui.core.tokens.subject import parse_subject
from ciam_tui.core.tokens.values import differ_in_case_alone, is_literal_wildcard, is_uuid, named
from ciam_tui.core.trust import CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ciam_tui.core.conditions import CompiledCondition
    from ciam_tui.core.evaluate import CompiledStatement, Decision
    from ciam_tui.core.tokens.claims import Claims
    from ciam_tui.core.tokens.scope import TrustScope

STS_AUDIENCE = "sts.amazonaws.com"
GITHUB_ISSUER = "token.actions.githubusercontent.com"


@dataclass(frozen=True, slots=True)
class _Seen:
    """The case at hand; `unmet` are the conditions of the nearest statement that the token does not meet."""

    scope: TrustScope
    claims: Claims
    decision: Decision
    nearest: CompiledStatement
    unmet: tuple[CompiledCondition, ...]

    @property
    def caller_is_named(self) -> bool:
        return names_caller(self.nearest, self.decision)


def advice(scope: TrustScope, claims: Claims, decision: Decision, refused: Collection[str]) -> Iterator[str]:
    """What to change so that the token gets in, or why it should not; nothing where no mistake is recognized.

    `refused` are the checks that refuse it before the policy is asked.
    """
    yield from _check_advice(claims, refused)
    if decision.outcome is Outcome.EXPLICIT_DENY and decision.deciding is not None:
        yield f"{decision.deciding} refuses it, whatever is allowed elsewhere: change that statement's conditions, if it should not."
        return
    statement = nearest(decision)
    if statement is None:
        yield from _action_advice(decision)
        return
    context = decision.request.folded_context
    unmet = tuple(condition for condition in statement.conditions if not condition.holds(context))
    seen = _Seen(scope, claims, decision, statement, unmet)
    yield from _issuer_advice(seen)
    for condition in unmet:
        yield from _condition_advice(seen, condition)


def nearest(decision: Decision) -> CompiledStatement | None:
    """The Allow that the token comes nearest to."""
    request = decision.request
    context = request.folded_context
    asked = [each for policy in decision.policies for each in policy.allows if each.action.holds(request.action, context)]

    def distance(statement: CompiledStatement) -> int:
        unmet = sum(not condition.holds(context) for condition in statement.conditions)
        return unmet + (0 if names_caller(statement, decision) else len(statement.conditions) + 1)

    return min(asked, key=distance, default=None)


def names_caller(statement: CompiledStatement, decision: Decision) -> bool:
    """Whether the Principal of `statement`, if it has one, is the token's provider."""
    request = decision.request
    return statement.principal is None or statement.principal.holds(request.principal or "", request.folded_context)


def _check_advice(claims: Claims, refused: Collection[str]) -> Iterator[str]:
    if "time" in refused and claims.expires_at is not None:
        yield "The token's time is over: CircleCI's tokens live for an hour, and a long job gets a new one by `circleci run oidc get`."
    if "client-ids" in refused:
        yield (
            f"The token's aud is {named(claims.audience)}, which is no client id of the account's provider: STS answers \"Incorrect token "
            'audience". Add it to the provider (aws iam add-client-id-to-open-id-connect-provider), if jobs are meant to have it.'
        )


def _action_advice(decision: Decision) -> Iterator[str]:
    statements = [each for policy in decision.policies for each in policy.allows if not each.action.negated]
    allowed = dict.fromkeys(action for each in statements for action in each.action.values)
    if allowed:
        yield f"A token becomes a role by sts:AssumeRoleWithWebIdentity, and the policy allows {named(tuple(allowed))}. Write that action."


def _issuer_advice(seen: _Seen) -> Iterator[str]:
    if seen.caller_is_named:
        return
    token, wanted = seen.claims.issuer, tuple(map(issuer_of_provider, seen.scope.providers))
    if not wanted:
        yield (
            f"The statement trusts {named(seen.nearest.principal.values if seen.nearest.principal else ())}, and no OIDC provider: a token "
            f"comes in by Principal Federated, the ARN of the provider for {quoted(token, 100)}."
        )
        return
    if token in wanted:
        yield (
            f"The policy names the provider {named(seen.scope.providers)}, and the token comes by {quoted(seen.decision.request.principal or '', 200)}: "
            "name the provider of the role's own account."
        )
        return
    if "iss" in seen.claims.others or not token:
        return
    yield from _other_issuer(token, wanted[0])


def _other_issuer(token: str, wanted: str) -> Iterator[str]:
    said = f"The token's iss is {quoted(f'https://{token}', 200)}, and the policy trusts the provider for {quoted(wanted, 200)}"
    if token.strip("/").lower() == wanted.strip("/").lower() or wanted.removeprefix("https://") == token:
        yield f"{said}: they differ in case, a slash or the scheme alone, and AWS compares every letter. Make the provider anew for {quoted(token, 200)}."
    elif token == CLOUD_HOST:
        yield (
            f"{said}. The token is of the issuer that all organizations share, from `circleci run oidc get --root-issuer`: leave that option out, or "
            "send CIRCLE_OIDC_TOKEN_V2."
        )
    elif wanted == CLOUD_HOST:
        yield f"{said}, which all organizations share. Make a provider for {quoted(token, 200)}, and trust that."
    elif org_of_issuer(token) and org_of_issuer(wanted):
        yield (
            f"{said}, another organization. If the project was made anew or moved, its organization id is another now: provider, aud and sub all have "
            f"to say {quoted(org_of_issuer(token) or '')}."
        )
    elif wanted == GITHUB_ISSUER:
        yield f"{said}: this role is for GitHub Actions. Make a provider for {quoted(token, 200)}, and a role that trusts it."
    else:
        yield f"{said}. Trust the provider for the token's issuer, if its jobs are meant to get in."


def _condition_advice(seen: _Seen, condition: CompiledCondition) -> Iterator[str]:
    issuer, claim = split_key(condition.key)
    if "." not in issuer:
        return
    if is_never_filled(condition.key):
        yield _never_filled(condition.key, claim.lower())
        return
    if issuer.lower() != seen.claims.issuer.lower():
        if seen.caller_is_named:
            yield (
                f"The condition is on {quoted(condition.key, 200)}, and the token comes from {quoted(seen.claims.issuer, 200)}: AWS fills the keys of the "
                f"token's own issuer alone. Write {quoted(f'{seen.claims.issuer}:{claim}', 200)}."
            )
        return
    said = seen.decision.request.folded_context.get(condition.folded_key, ())
    if condition.negated or len(said) > 1:
        return
    match claim.lower():
        case "aud":
            yield from _audience_advice(seen, condition, said)
        case "sub":
            if said and not _is_told_by_project_id(seen, said[0]):
                yield from subject_advice(condition, said[0], seen.claims)
        case _ if claim.lower() == PROJECT_KEY:
            yield from _project_advice(seen, condition, said)
        case other if not said:
            yield f"The policy wants {other}, and CircleCI's tokens have no such claim: remove that condition."


def _never_filled(key: str, claim: str) -> str:
    name = claim.rpartition("/")[2]
    end = {
        "vcs-ref": "To bind a role to a branch, compare the whole sub of CIRCLE_OIDC_TOKEN_V2, which ends in it.",
        "vcs-origin": "To bind a role to a repository, compare the whole sub of CIRCLE_OIDC_TOKEN_V2, which holds it.",
        "context-ids": "Contexts are restricted in CircleCI; AWS cannot see them.",
        "ssh-rerun": "SSH reruns are switched off in CircleCI; AWS cannot see them.",
        "org-id": "The issuer is the organization's own, and says it.",
    }.get(name, f"Of CircleCI's tokens it reads {', '.join(KNOWN_CLAIMS)} and project-id.")
    return f"AWS never fills {quoted(key, 200)}, so that nobody meets this condition: remove it. {end}"


def _audience_advice(seen: _Seen, condition: CompiledCondition, said: tuple[str, ...]) -> Iterator[str]:
    if not said:
        return
    token, wanted = said[0], condition.values
    org = org_of_issuer(seen.claims.issuer)
    if is_literal_wildcard(condition, token):
        yield f"The policy wants the aud {named(wanted)} under {condition.operator}, which takes * and ? as plain characters. Write {quoted(token, 100)}."
    elif differ_in_case_alone(wanted, token):
        yield f"The token's aud {quoted(token, 100)} and the policy's {named(wanted)} differ in case alone. Write it as the token has it."
    elif STS_AUDIENCE in wanted:
        whose = "the organization id" if token == org else quoted(token, 100)
        yield (
            f"The token's aud is {whose}; the policy wants {STS_AUDIENCE}: copied from a guide for GitHub, or from CircleCI's documentation before "
            f"August 2026? Write {quoted(token, 100)}, and give it to the provider as a client id."
        )
    elif org is not None and org in wanted:
        yield (
            f"The token's aud is {quoted(token, 100)}; the policy wants the organization id: the organization or the project has set an audience of its "
            "own (oidc-custom-claims), or the job asked for one. Write it into the policy and the provider, or take the custom claim away."
        )
    elif is_uuid(token) and any(map(is_uuid, wanted)):
        yield (
            f"The token's aud is {quoted(token)}, and the policy wants {named(wanted)}, the id of something else: aud is the id of the organization, "
            "not of a project."
        )
    else:
        yield f"The token's aud is {quoted(token, 100)}, and the policy wants {named(wanted)}: write the token's, and give it to the provider as a client id."


def _project_advice(seen: _Seen, condition: CompiledCondition, said: tuple[str, ...]) -> Iterator[str]:
    wanted, claims = condition.values, seen.claims
    if not said:
        partition = partition_of(seen.scope)
        if not fills_project_key(claims.issuer, partition):
            where = f"the partition {partition}" if partition != "aws" else f"tokens of {quoted(claims.issuer, 200)}"
            yield f"AWS is not known to fill project-id for {where}, and nobody meets a condition on it: remove it, and name the project in the sub."
        else:
            yield "The token has no oidc.circleci.com/project-id, and the policy wants it: is it a token of a job?"
        return
    token = said[0]
    subject = parse_subject(claims.subject)
    if is_literal_wildcard(condition, token):
        yield f"The policy wants the project-id {named(wanted)} under {condition.operator}, which takes * and ? as plain characters. Write the ids out."
    elif differ_in_case_alone(wanted, token):
        yield f"The token's project-id {quoted(token)} and the policy's {named(wanted)} differ in case alone. Write it in small letters."
    elif not any(map(is_uuid, wanted)):
        yield (
            f"The policy wants the project-id {named(wanted)}, which is no UUID: a project's id is in its settings, under Overview, and is not its slug "
            f"or name. The token's is {quoted(token)}."
        )
    elif subject is not None and subject.project_id in wanted and subject.project_id != token:
        yield f"The token's sub names the project {quoted(subject.project_id)} and its project-id {quoted(token)}: CircleCI makes no such token."
    elif _sub_wants(seen, token):
        yield (
            f"The policy contradicts itself: its sub is for the project {quoted(token)}, its project-id for {named(wanted)}, and no token is both. Write one "
            "id in both places."
        )
    elif org_of_issuer(claims.issuer) in wanted:
        yield f"The policy's project-id {named(wanted)} is the organization's id. The project's is {quoted(token)}."
    else:
        yield (
            f"The token is of the project {quoted(token)}, and the policy trusts {named(wanted)}. If it was made anew or moved, its id is another now; if it "
            "is another project, give it a role of its own."
        )


def _is_told_by_project_id(seen: _Seen, sub: str) -> bool:
    """Whether what is wrong with the sub is its project, and the condition on the project-id has said so."""
    subject = parse_subject(sub)
    told = any(split_key(condition.key)[1].lower() == PROJECT_KEY and not condition.negated for condition in seen.unmet)
    return told and subject is not None and not _sub_wants(seen, subject.project_id)


def _sub_wants(seen: _Seen, project_id: str) -> bool:
    """Whether the policy's sub is for this project."""
    return any(pattern.project_id == project_id for pattern in seen.scope.patterns)
