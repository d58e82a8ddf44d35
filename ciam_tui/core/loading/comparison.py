"""The role as it stands against the one that its Setup would make: each request and each token asked of both by the evaluator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ciam_tui.core.access_matrix import NEEDS, OPERATIONS, stage_matrix
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.permissions import bucket_owner
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.tokens.cases import NOW, who_gets_in
from ciam_tui.core.tokens.judging import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.document import PolicyDocument
    from ciam_tui.core.evaluate import CompiledPolicy
    from ciam_tui.core.loading.setup import RoleText
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.tokens.claims import Claims

Word = Literal["equal", "narrower", "wider", "other"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One role. `lost` is what it may do, or who gets in, today and not by the Setup; `gained` is the reverse. Each is a sentence's end."""

    role: str
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    lost_tokens: tuple[str, ...]
    gained_tokens: tuple[str, ...]

    @property
    def permissions(self) -> Word:
        """What the Setup's permission policy is, held against the role's, as far as it was asked."""
        return _word(self.lost, self.gained)

    @property
    def trust(self) -> Word:
        """The same of its trust policy."""
        return _word(self.lost_tokens, self.gained_tokens)


def compared(roles: Sequence[RoleText], setup: Setup) -> tuple[Compared, ...]:
    """Each of `roles` against the stage that it has become."""
    wanted = wanted_roles(setup)
    return tuple(
        _compared(role, setup, index, wanted[index].trust.text, wanted[index].permissions.text) for index, role in enumerate(roles)
    )


def _compared(role: RoleText, setup: Setup, index: int, trust: str, permissions: str) -> Compared:
    old = [_parsed(document.text) for _, document in role.permissions]
    before, after = [compile_policy(each, name="role") for each in old], [compile_policy(_parsed(permissions), name="setup")]
    requests = {_key(each): each for each in (*_of_setup(setup, index), *_of_policies([*old, _parsed(permissions)], setup))}
    answers = [(request, _allowed(request, before), _allowed(request, after)) for request in requests.values()]
    tokens = _tokens(_parsed(role.trust.text), _parsed(trust))
    return Compared(
        role.name,
        tuple(dict.fromkeys(_told(request) for request, was, becomes in answers if was and not becomes)),
        tuple(dict.fromkeys(_told(request) for request, was, becomes in answers if becomes and not was)),
        tuple(title for title, was, becomes in tokens if was and not becomes),
        tuple(title for title, was, becomes in tokens if becomes and not was),
    )


def _of_setup(setup: Setup, index: int) -> Iterator[Request]:
    for row in stage_matrix(setup, setup.stages[index]).rows:
        for cell in row:
            if cell is not None:
                yield from (answer.request for answer in cell.answers)


def _of_policies(policies: Sequence[PolicyDocument], setup: Setup) -> Iterator[Request]:
    """What the policies themselves name: each action that they write out, and each known one, on a sample of each resource."""
    known = {action for operation in OPERATIONS for action in operation.actions} | set(NEEDS)
    named = {
        action
        for policy in policies
        for each in policy.statements
        for action in each.actions or ()
        if "*" not in action and "?" not in action
    }
    resources = {resource for policy in policies for each in policy.statements for resource in each.resources or ()}
    prefixes = {
        value
        for policy in policies
        for each in policy.statements
        for _, key, values in each.conditions
        if key.lower() == "s3:prefix"
        for value in values
    }
    account = {"aws:ResourceAccount": (bucket_owner(setup),)}
    for resource in sorted(resources):
        sample = _sample(resource, setup)
        is_bucket = ":s3:::" in sample and "/" not in sample
        for action in sorted(known | named):
            if is_bucket and action == "s3:ListBucket":
                yield Request(action, sample, account)
                yield from (Request(action, sample, {**account, "s3:prefix": (_filled(prefix),)}) for prefix in sorted(prefixes))
            elif _goes_with(action, sample, is_bucket=is_bucket):
                yield Request(action, sample, account)


def _goes_with(action: str, resource: str, *, is_bucket: bool) -> bool:
    service = action.partition(":")[0]
    if f":{service}:" not in resource:
        return False
    return service != "s3" or is_bucket != (action in NEEDS)


def _sample(resource: str, setup: Setup) -> str:
    if resource == "*":
        return f"arn:{setup.partition}:s3:::some-other-bucket/x"
    return _filled(resource)


def _filled(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")


def _allowed(request: Request, policies: Sequence[CompiledPolicy]) -> bool:
    return evaluate(request, policies).allowed


def _tokens(old: PolicyDocument, new: PolicyDocument) -> list[tuple[str, bool, bool]]:
    """Whoever might come to either: the name of the case, and whether it was let in and will be."""
    found = {_identity(each.case.claims): each.case for policy in (old, new) for each in who_gets_in(policy)}
    judges, at = (Judge(old), Judge(new)), datetime.fromtimestamp(NOW, UTC)
    told = []
    for case in found.values():
        was, becomes = (judge.let_in(case.claims, now=at).let_in for judge in judges)
        told.append((f"{case.title} ({case.claims.subject})", was, becomes))
    return told


def _identity(claims: Claims) -> tuple[object, ...]:
    return claims.issuer, claims.audience, claims.subject, claims.expires_at, str(sorted(claims.others.items()))


def _parsed(text: str) -> PolicyDocument:
    return parse_policy(text, what="the policy")


def _key(request: Request) -> tuple[object, ...]:
    return request.action, request.resource, tuple(sorted(request.context.items()))


def _told(request: Request) -> str:
    prefix = request.context.get("s3:prefix")
    owner = request.context.get("aws:ResourceAccount", ("",))[0]
    return f"{request.action} on {request.resource}{f' with the prefix {prefix[0]!r}' if prefix else ''}{f' of account {owner}' if owner else ''}"


def _word(lost: Sequence[str], gained: Sequence[str]) -> Word:
    match bool(lost), bool(gained):
        case False, False:
            return "equal"
        case True, False:
            return "narrower"
        case False, True:
            return "wider"
        case _:
            return "other"
