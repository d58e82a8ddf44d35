"""What one statement trusts of CircleCI: the issuer it names, and the question "does this token get in?" put to the evaluator.

A finding such as "a crafted branch gets in" is not read off the shape of a pattern: a token of that kind is made up and judged, by the same
evaluator as everything else, with every condition of the statement and every Deny of the policy in force.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ciam_tui.core.document import PolicyDocument
from ciam_tui.core.evaluate import CompiledPolicy, Request, compile_policy, evaluate
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.policy_findings.grammar import SubjectPattern, has_wildcard, is_uuid, subject_pattern
from ciam_tui.core.trust import ASSUME_ROLE, CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.policy_findings.reading import Placed, Reading, Test, Value

PROJECT_ID = f"{CLOUD_HOST}/project-id"
# The claims of a CircleCI token that AWS makes condition keys of:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
CLAIMS = ("aud", "sub", PROJECT_ID)
STRANGER = "5f3a0000-0000-4000-8000-00000000beef"  # an organization or project that no policy names
USER = "d9b3fcaa-6032-405a-8c75-40079ce33c3e"
STRANGERS_ORIGIN = "github.com/stranger/fork"

_PROVIDER = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>[^:]*):oidc-provider/(?P<issuer>.+)", re.DOTALL)
_CLOUD_ORG = re.compile(rf"{re.escape(CLOUD_HOST)}/org/(?P<org>[^/]+)")
_PROJECT = re.compile(r"/project/([^/*?]+)")
_ORIGIN = re.compile(r"/vcs-origin/([^*?]+?)/vcs-ref/")
_REF = re.compile(r"/vcs-ref/([^*?]+)$")
_OF_AWS = ("aws", "sts", "saml", "iam")
_MOST_PATTERNS = 64  # of which tokens are made up; AWS's largest trust policy has room for about fifty
_ROLE = "arn:aws:iam::123456789012:role/any"  # trust policies name no resource


@dataclass(frozen=True, slots=True)
class Token:
    """The claims of a token that a policy can see. `project_id` None: AWS does not offer it for this issuer."""

    sub: str
    audience: str
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition key taken apart: the issuer it speaks of and the claim. `has_scheme` where it was written with `https://`."""

    issuer: str
    name: str
    has_scheme: bool

    def is_of(self, issuer: str) -> bool:
        """Whether it is written as a claim of `issuer` is."""
        return not self.has_scheme and self.issuer.lower() == issuer.lower()


def claim_of(key: str) -> Claim | None:
    """The claim that a condition key names; None for the keys of AWS's own."""
    bare = key.removeprefix("https://")
    issuer, _, name = bare.partition(":")
    if issuer.lower() in _OF_AWS:
        return None
    return Claim(issuer, name, bare != key)


@dataclass(frozen=True, eq=False)
class Federation:
    """The trust that one statement has in one issuer of CircleCI."""

    placed: Placed
    provider: Value
    partition: str
    issuer: str
    denies: tuple[Placed, ...]

    @cached_property
    def kind(self) -> Literal["root", "org", "server"]:
        """Whether the issuer is the one that all organizations share, that of an organization, or a self-hosted server's."""
        if self.issuer.rstrip("/").lower() == CLOUD_HOST:
            return "root"
        return "org" if _CLOUD_ORG.fullmatch(self.issuer) else "server"

    @cached_property
    def org_id(self) -> str | None:
        """The organization whose issuer it is, or else the only one that the `sub` patterns name."""
        if found := _CLOUD_ORG.fullmatch(self.issuer):
            return found["org"]
        named = {pattern.org for pattern in self.subjects if not has_wildcard(pattern.org)}
        return named.pop() if len(named) == 1 else None

    @property
    def has_project_key(self) -> bool:
        """Whether AWS is known to put CircleCI's project id into the request."""
        return self.kind == "org" and self.partition == "aws"

    def tests_of(self, *names: str) -> tuple[Test, ...]:
        """The statement's tests of these claims of this issuer, written as AWS knows them."""
        return tuple(test for test in self.placed.tests if self._names(test.key, names))

    def _names(self, key: str, names: tuple[str, ...]) -> bool:
        claim = claim_of(key)
        return claim is not None and claim.is_of(self.issuer) and claim.name.lower() in names

    def key(self, claim: str) -> str:
        """The condition key of a claim."""
        return f"{self.issuer}:{claim}"

    @cached_property
    def patterns(self) -> tuple[tuple[Test, Value], ...]:
        """The values that a `sub` has to match, each with its test."""
        return tuple((test, value) for test in self.tests_of("sub") if not test.is_negated for value in test.values)[:_MOST_PATTERNS]

    @cached_property
    def subjects(self) -> tuple[SubjectPattern, ...]:
        """Those of the patterns that are written as a `sub` is."""
        return tuple(found for _, value in self.patterns if (found := subject_pattern(value.text)))

    @cached_property
    def project_ids(self) -> tuple[str, ...]:
        """The projects that the project-id key names."""
        tests = [test for test in self.tests_of(PROJECT_ID) if not test.is_negated]
        return tuple(dict.fromkeys(value.text for test in tests for value in test.values))

    # --- who gets in --------------------------------------------------------------------------------------------------------------------

    @cached_property
    def _policy(self) -> CompiledPolicy:
        return self.policy_without()

    def policy_without(self, *dropped: Test) -> CompiledPolicy:
        """The statement and the denials about tokens alone, for the question who gets in.

        Left out are `aud`, which any job of the organization can have as it likes, AWS's own keys, which say nothing of the token, and the
        denials that rest on such keys.
        """
        kept = tuple(test.as_condition for test in self.placed.tests if self._is_about_the_token(test) and test not in dropped)
        own = replace(self.placed.statement, conditions=kept)
        denies = tuple(deny.statement for deny in self.denies if all(claim_of(test.key) for test in deny.tests))
        return compile_policy(PolicyDocument("2012-10-17", None, (own, *denies)))

    def _is_about_the_token(self, test: Test) -> bool:
        return claim_of(test.key) is not None and not self._names(test.key, ("aud",))

    def lets_in(self, token: Token, policy: CompiledPolicy | None = None) -> bool:
        """Whether the token passes."""
        context = {self.key("sub"): (token.sub,), self.key("aud"): (token.audience,)}
        if token.project_id is not None:
            context[self.key(PROJECT_ID)] = (token.project_id,)
        request = Request(ASSUME_ROLE, _ROLE, context, self.provider.text)
        return evaluate(request, [policy or self._policy]).allowed

    def first_let_in(self, tokens: Iterable[Token], *dropped: Test) -> Token | None:
        """The first of `tokens` that passes; `dropped` tests are left out of the question."""
        policy = self.policy_without(*dropped) if dropped else self._policy
        return next((token for token in tokens if self.lets_in(token, policy)), None)

    def token(self, sub: str, project: str | None = None) -> Token:
        """The token with this `sub`, of the project that it names."""
        if project is None:
            found = subject_pattern(sub)
            project = found.project if found else None
        return Token(sub, self.org_id or STRANGER, project if self.has_project_key else None)

    def tokens(self, *, org: str = "", project: str = "") -> Iterator[Token]:
        """Tokens as near to what the patterns name as can be, with the organization or project fixed where given: V1, V2, every pattern."""
        for pattern in (*self.subjects, *self._usual_subjects()):
            yield from self.tokens_like(replace(pattern, org=org or pattern.org, project=project or pattern.project))

    def tokens_like(self, pattern: SubjectPattern) -> Iterator[Token]:
        """Tokens that one pattern means, of both forms."""
        narrowed = replace(
            pattern,
            org=filled(pattern.org, self.org_id or STRANGER),
            project=filled(pattern.project, next(iter(self.project_ids), STRANGER)),
            user=filled(pattern.user, USER),
            origin=pattern.origin and filled(pattern.origin, "github.com/acme/web"),
            ref=pattern.ref and filled(pattern.ref, "refs/heads/main"),
        )
        yield self.token(narrowed.text, narrowed.project)
        yield self.token(replace(narrowed, origin=None, ref=None).text, narrowed.project)

    def _usual_subjects(self) -> Iterator[SubjectPattern]:
        """The usual job of each project that is named anywhere, also in patterns that are not cut as a `sub` is."""
        texts = [value.text for _, value in self.patterns]
        projects = [project for project in dict.fromkeys((*_found(_PROJECT, texts), *self.project_ids)) if is_uuid(project)] or [STRANGER]
        origins = _found(_ORIGIN, texts) or ["github.com/acme/web"]
        refs = _found(_REF, texts) or ["refs/heads/main"]
        for project in projects:
            yield SubjectPattern(self.org_id or STRANGER, project, USER, origins[0], refs[0])

    def other_branches(self) -> Iterator[Token]:
        """Tokens of the trusted projects from a fork and a branch that no pattern names."""
        for token in self.tokens():
            pattern = subject_pattern(token.sub)
            if pattern:
                fork = replace(pattern, origin=STRANGERS_ORIGIN, ref="refs/heads/pull/4711")
                yield Token(fork.text, token.audience, token.project_id)

    def audit_log(self) -> Token:
        """The token of the organization's audit-log stream; it has no project."""
        return Token(f"org/{self.org_id or STRANGER}/file-streaming/audit-logs", self.org_id or STRANGER, None)


def _found(named: re.Pattern[str], texts: Iterable[str]) -> list[str]:
    return [found[1] for text in texts for found in [named.search(text)] if found]


def filled(pattern: str, whole: str) -> str:
    """A text that `pattern` matches; `whole` where it matches anything at all or is a shape that `whole` has."""
    if not has_wildcard(pattern) or not pattern:
        return pattern
    if wildcard_matcher(pattern)(whole):
        return whole
    return pattern.replace("*", "x").replace("?", "x")


def federations(reading: Reading) -> tuple[Federation, ...]:
    """Every trust in an issuer of CircleCI that the policy's Allow statements have."""
    denies = tuple(placed for placed in reading.statements if not placed.allows)
    return tuple(found for placed in reading.allows for found in _of_statement(placed, denies))


def _of_statement(placed: Placed, denies: tuple[Placed, ...]) -> Iterator[Federation]:
    for provider in placed.federated:
        found = _PROVIDER.fullmatch(provider.text)
        issuer = (found["issuer"] if found else provider.text).removeprefix("https://")
        if is_circleci(issuer) or _speaks_of_circleci(placed, issuer):
            yield Federation(placed, provider, found["partition"] if found else "aws", issuer, denies)


def is_circleci(issuer: str) -> bool:
    """Whether an issuer, without its scheme, is CircleCI Cloud's."""
    host = issuer.partition("/")[0].lower()
    return host == CLOUD_HOST


def _speaks_of_circleci(placed: Placed, issuer: str) -> bool:
    """Whether the conditions on another issuer are written in CircleCI's grammar: then it is a self-hosted server."""
    if "circleci" in issuer.lower():
        return True
    for test in placed.tests:
        claim = claim_of(test.key)
        if claim and claim.issuer.lower() == issuer.lower():
            if claim.name.lower().startswith(CLOUD_HOST):
                return True
            if claim.name.lower() == "sub" and any(value.text.startswith("org/") for value in test.values):
                return True
    return False
