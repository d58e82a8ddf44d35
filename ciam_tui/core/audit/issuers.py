"""Which roles and providers are CircleCI's: by the issuer that is named, or, for a Server under any name, by the grammar of its tokens.

An account may hold thousands of roles, nearly all of which have to do with something else. So the question is put to a trust policy's text
first, which costs a search, and to what it says only where the text can matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.document import PolicyDocument, parse_policy
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.problems import CiamError
from ciam_tui.core.tokens.scope import PROVIDER, is_circleci_issuer, issuer_of_provider, scope_of
from ciam_tui.core.trust import ASSUME_ROLE, CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.document import Document

# What the subject of every CircleCI token says, in the Cloud and on a Server alike, as a policy may quote it.
_SUBJECT = re.compile(r"org/[^/\s]+/project/")
_PROVIDER_IN_TEXT = re.compile(rf'arn:[a-z-]+:iam::[0-9]+{PROVIDER}([^"\\\s]+)')
# A provider that no policy names: whoever lets it in lets everybody in.
_ANY_PROVIDER = f"arn:aws:iam::000000000000{PROVIDER}{CLOUD_HOST}/org/nobody"


def url_of(provider_arn: str) -> str | None:
    """The issuer, without https://, of an OIDC provider's ARN; None where it is the ARN of something else."""
    return issuer_of_provider(provider_arn) or None


@dataclass(frozen=True, slots=True)
class CircleCiIssuers:
    """`named` are issuers that somebody said are CircleCI's, in addition to those of the Cloud; without https://."""

    named: frozenset[str] = frozenset()

    @classmethod
    def with_urls(cls, urls: Iterable[str]) -> CircleCiIssuers:
        """The Cloud's, and those of `urls` as people type them."""
        return cls(frozenset(url.removeprefix("https://").rstrip("/") for url in urls))

    def has(self, url: str) -> bool:
        """Whether `url` is one of them by its name."""
        return url in self.named or is_circleci_issuer(url)

    def may_concern(self, trust: Document) -> bool:
        """Whether a role with the policy `trust` has to do with CircleCI: names it, speaks as its tokens do, or lets everybody in."""
        text = trust.text.lower()
        if CLOUD_HOST in text or _SUBJECT.search(text) or any(url.lower() in text for url in self.named):
            return True
        return '"*"' in text and lets_everybody_in(trust)

    def of(self, trust: Document) -> tuple[str, ...]:
        """CircleCI's issuers that `trust` names, as principals or in its conditions."""
        policy = _parsed(trust)
        if policy is None:
            return tuple(sorted({url for url in _PROVIDER_IN_TEXT.findall(trust.text) if self.has(url)}))
        found: set[str] = set()
        for statement in policy.statements:
            scope = scope_of(replace(policy, statements=(statement,)))
            speaks_circleci = bool(scope.patterns or scope.project_ids)
            found.update(url for url in scope.issuers if speaks_circleci or self.has(url))
        return tuple(sorted(found))


def lets_everybody_in(trust: Document) -> bool:
    """Whether a provider that the policy does not name is let in, with a token that meets no condition."""
    policy = _parsed(trust)
    request = Request(ASSUME_ROLE, "arn:aws:iam::000000000000:role/any", {}, _ANY_PROVIDER)
    return policy is not None and evaluate(request, [compile_policy(policy)]).allowed


def _parsed(trust: Document) -> PolicyDocument | None:
    try:
        return parse_policy(trust.text)
    except CiamError:
        return None
