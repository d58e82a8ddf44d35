"""What a trust policy names, read from any policy, ours or not: the ground on which cases are made up and mistakes are recognized.

It tells what is written, not what follows from it: whether a token gets in is the evaluator's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.tokens.subject import Subject, parse_subject
from ciam_tui.core.trust import ASSUME_ROLE, CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.document import PolicyDocument, Statement

PROJECT_KEY = f"{CLOUD_HOST}/project-id"
PROVIDER = ":oidc-provider/"
_ORG_ISSUER = f"{CLOUD_HOST}/org/"
_POSITIVE = frozenset({"StringEquals", "StringLike", "StringEqualsIgnoreCase"})


@dataclass(frozen=True, slots=True)
class TrustScope:
    """What the statements name that let web identities in; each in the order of the policy, and once.

    `providers` are ARNs of OIDC providers, and `issuers` theirs and those of the condition keys. `audiences`, `subjects` and `origins` and
    `refs` are as they are written, wildcards included; ids are those that are written out whole. `patterns` are the subjects that have a job's
    form.
    """

    providers: tuple[str, ...]
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    subjects: tuple[str, ...]
    patterns: tuple[Subject, ...]
    org_ids: tuple[str, ...]
    project_ids: tuple[str, ...]
    origins: tuple[str, ...]
    refs: tuple[str, ...]
    session_names: tuple[str, ...]

    @property
    def is_about_circleci(self) -> bool:
        """Whether it lets CircleCI's tokens in, or means to: by their issuer, or by the form of their `sub`."""
        return bool(self.patterns or self.project_ids) or any(is_circleci_issuer(issuer) for issuer in self.issuers)


def scope_of(trust: PolicyDocument) -> TrustScope:
    """What `trust` names."""
    statements = [statement for statement in trust.statements if lets_web_identities_in(statement)]
    tests = [test for statement in statements for test in positive_tests(statement)]
    providers = _once(value for each in statements for kind, value in each.principals or () if kind == "Federated" and PROVIDER in value)
    subjects = _once(value for claim, _, values in tests if claim == "sub" for value in values)
    patterns = tuple(subject for subject in map(parse_subject, subjects) if subject is not None)
    issuers = _issuers(providers, (issuer for _, issuer, _ in tests if "." in issuer))
    named = _once(value for claim, _, values in tests if claim == PROJECT_KEY for value in values)
    segments = [segment for subject in subjects for segment in _segments(subject)]
    return TrustScope(
        providers=providers,
        issuers=issuers,
        audiences=_once(value for claim, _, values in tests if claim == "aud" for value in values),
        subjects=subjects,
        patterns=patterns,
        org_ids=_once(
            (*(org for issuer in issuers if (org := org_of_issuer(issuer))), *_whole(value for name, value in segments if name == "org"))
        ),
        project_ids=_once((*_whole(value for name, value in segments if name == "project"), *_whole(named))),
        origins=_once(pattern.vcs_origin for pattern in patterns if pattern.vcs_origin is not None),
        refs=_once(pattern.vcs_ref for pattern in patterns if pattern.vcs_ref is not None),
        session_names=_once(value for claim, issuer, values in tests if (issuer, claim) == ("sts", "rolesessionname") for value in values),
    )


def lets_web_identities_in(statement: Statement) -> bool:
    """Whether `statement` is an Allow for the call by which a token becomes a role."""
    if statement.effect != "Allow":
        return False
    if statement.actions is not None:
        return any(map(_means_assume, statement.actions))
    return not any(map(_means_assume, statement.not_actions or ()))


def positive_tests(statement: Statement) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Of each condition that wants a text: the claim, the issuer that its key begins with, and the values."""
    for operator, key, values in statement.conditions:
        if operator.rpartition(":")[2].removesuffix("IfExists") in _POSITIVE:
            issuer, claim = split_key(key)
            yield claim.lower(), issuer, values  # IAM does not tell the case of keys apart


def split_key(key: str) -> tuple[str, str]:
    """The issuer and the claim of a condition key; IAM takes no port in an issuer, so that its first colon ends it."""
    issuer, _, claim = key.partition(":")
    return issuer, claim


def issuer_of_provider(arn: str) -> str:
    """The issuer of an OIDC provider, without `https://`."""
    return arn.partition(PROVIDER)[2]


def org_of_issuer(issuer: str) -> str | None:
    """The organization of a cloud issuer; None for any other."""
    org = issuer.removeprefix(_ORG_ISSUER)
    return org if issuer.startswith(_ORG_ISSUER) and org and "/" not in org else None


def is_circleci_issuer(issuer: str) -> bool:
    """Whether `issuer` is one of CircleCI's cloud, the shared one included."""
    return issuer == CLOUD_HOST or issuer.startswith(f"{CLOUD_HOST}/")


def is_whole(value: str) -> bool:
    """Whether `value` stands for itself alone."""
    return bool(value) and not any(sign in value for sign in ("*", "?", "${"))


def _issuers(providers: Iterable[str], of_keys: Iterable[str]) -> tuple[str, ...]:
    of_providers = tuple(map(issuer_of_provider, providers))
    folded = {issuer.lower() for issuer in of_providers}
    return _once((*of_providers, *(issuer for issuer in of_keys if issuer.lower() not in folded)))


def _means_assume(action: str) -> bool:
    return wildcard_matcher(action.lower())(ASSUME_ROLE.lower())


def _segments(subject: str) -> Iterator[tuple[str, str]]:
    """`org` and `project` with what follows them, also in a pattern that is not the whole form."""
    pieces = subject.split("/")
    yield from zip(pieces[:4:2], pieces[1:4:2], strict=False)


def _whole(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if is_whole(value))


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
