"""Who gets in by a provider: it is held against the very tokens that trust policies of AWS are held against, with what the provider names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ciam_tui.core.gcp.judging import gcp_let_in
from ciam_tui.core.tokens.cases import NOW, Case, cases_of, job_of
from ciam_tui.core.tokens.claims import SCHEME
from ciam_tui.core.tokens.scope import TrustScope, org_of_issuer
from ciam_tui.core.tokens.subject import Subject
from ciam_tui.core.trust import ANY_USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.gcp.judging import Evaluate, GcpAnswer
    from ciam_tui.core.gcp.provider import GivenProvider
    from ciam_tui.core.tokens.making import Job

# A text of an expression, and how it is compared where that is not by equality.
_TEXT = re.compile(r"""(?:\.(startsWith|matches)\()?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ORIGIN = re.compile(r"(?:^| )((?:[\w-]+\.)+[\w-]+/[^ /]+/[^ ]+)$")
_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class GcpCase:
    """A token of the list, what the provider says to it, and whether it is a stranger's who gets in."""

    case: Case
    answer: GcpAnswer

    @property
    def is_open_door(self) -> bool:
        """Whether a stranger gets in. A token of the first form is none here: its claims name the branch as the second's do."""
        return self.case.is_stranger and self.case.id != "v1" and self.answer.let_in


def gcp_standing(provider: GivenProvider, evaluate: Evaluate) -> tuple[GcpCase, ...]:
    """The list. Branches are a boundary only where every service account wants one.

    Raises:
        CiamError: expressions cannot be evaluated here at all.
    """
    scope = _scope(provider)
    now = datetime.fromtimestamp(NOW, UTC)
    return tuple(
        GcpCase(case, gcp_let_in(provider, case.claims, evaluate, now=now))
        for case in cases_of(scope, _job(scope))
        if case.id != "default-audience"
    )


def gcp_own_job(provider: GivenProvider) -> Job:
    """A job that `provider` seems to be made for; what it does not name is made up."""
    return _job(_scope(provider))


def _job(scope: TrustScope) -> Job:
    return job_of(scope)[0]


def _scope(provider: GivenProvider) -> TrustScope:
    """What `provider` names in the texts of its expressions."""
    texts = [
        _meant(found[1], found[2][1:-1]) for each in (provider.condition, *provider.mapping.values()) for found in _TEXT.finditer(each)
    ]
    issuer = provider.issuer.removeprefix(SCHEME)
    org = org_of_issuer(issuer)
    ids = _once(match for text in texts for match in _UUID.findall(text))
    named = _once(text[:36] for text in texts if _UUID.fullmatch(text[:36]))
    orgs = (org,) if org else tuple(each for each in ids if any(text.startswith(f"org/{each}") for text in texts))
    is_bound = bool(provider.accounts) and all(
        "/attribute.stage_" in member for account in provider.accounts or () for member in account.members
    )
    return TrustScope(
        providers=(),
        issuers=(issuer,),
        audiences=provider.audiences,
        subjects=(),
        patterns=tuple(
            Subject(next(iter(orgs), ""), project, ANY_USER_ID, found[1], "*")
            for text in texts
            if (found := _ORIGIN.search(text))
            for project in _UUID.findall(text)[:1]
        ),
        org_ids=orgs,
        project_ids=tuple(each for each in named if each not in orgs),
        origins=_once(found[1] for text in texts if (found := _ORIGIN.search(text))) if is_bound else (),
        refs=_once(text for text in texts if text.startswith("refs/")) if is_bound else (),
        session_names=(),
    )


def _meant(how: str | None, text: str) -> str:
    """What a text stands for, with `*` for what is open in it."""
    plain = _CODE.sub(lambda found: chr(int(found[1], 16)), text)
    match how:
        case "startsWith":
            return f"{plain}*"
        case "matches":
            return re.sub(r"\\+(.)", r"\1", plain.removeprefix("^").removesuffix("$").replace(".*", "*"))
        case _:
            return plain


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
