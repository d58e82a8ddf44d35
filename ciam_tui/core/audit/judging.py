"""From what was read to what is thought of it: each role and provider with its grade, who gets in, what they may do, and what changed.

A grade is one word, and its reasons are the findings and answers it was computed from. Nothing is graded by its name, and what cannot be
judged is told as that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.audit import findings as found_in
from ciam_tui.core.audit.access import access_of
from ciam_tui.core.audit.drift import origin_of, provider_drift, role_drift
from ciam_tui.core.audit.findings import TRUST, AuditFinding, of_policy, unreadable_policy
from ciam_tui.core.audit.grading import Entrant, Grade, Grounds, graded
from ciam_tui.core.audit.issuers import lets_everybody_in
from ciam_tui.core.audit.report import UNUSED_DAYS, AuditReport, Gone, KeyAudit, ProviderAudit, RoleAudit
from ciam_tui.core.document import Document, PolicyDocument, parse_policy
from ciam_tui.core.policy_findings import permission_findings, trust_findings
from ciam_tui.core.problems import CiamError, worst_first
from ciam_tui.core.tokens.cases import who_gets_in
from ciam_tui.core.tokens.scope import issuer_of_provider, scope_of
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.core.audit.drift import Expectation, Expected
    from ciam_tui.core.audit.facts import AuditFacts, ReadRole
    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.core.facts import Provider


def judged(
    facts: AuditFacts,
    expected: Expected,
    issuers: CircleCiIssuers,
    *,
    unused_days: int = UNUSED_DAYS,
    progress: Callable[[str], None] = lambda _: None,
) -> AuditReport:
    """What to think of `facts`. `progress` is told now and then; what it raises ends the judging."""
    roles: list[RoleAudit] = []
    for number, read in enumerate(facts.roles):
        if number % 50 == 0:
            progress(f"Judging roles, {number:,} of {len(facts.roles):,}")
        roles.append(_role(read, facts, expected, issuers, unused_days))
    users: dict[str, list[RoleAudit]] = {}
    for role in roles:
        for url in role.issuers:
            users.setdefault(url, []).append(role)
    providers = [_provider(each, users.get(each.url, ()), facts, expected.providers.get(each.arn)) for each in facts.providers]
    order = list(Grade)
    return AuditReport(
        facts.identity,
        facts.at,
        facts.roles_seen,
        tuple(sorted(roles, key=lambda each: (order.index(each.grade), each.read.role.name.lower()))),
        tuple(sorted(providers, key=lambda each: (order.index(each.grade), each.provider.url))),
        None if facts.held is None else tuple(KeyAudit(held, tuple(found_in.key_findings(held))) for held in facts.held),
        tuple(_gone(facts, expected)),
        facts.unread,
        unused_days,
    )


def _role(read: ReadRole, facts: AuditFacts, expected: Expected, issuers: CircleCiIssuers, unused_days: int) -> RoleAudit:
    role = read.role
    urls = issuers.of(role.trust)
    clients = {provider.url: provider.client_ids for provider in facts.providers}
    client_ids = clients.get(urls[0]) if len(urls) == 1 else None
    trust, trust_problem = _readable(role.trust)
    who = tuple(map(Entrant.of, who_gets_in(trust, client_ids=client_ids))) if trust is not None else ()
    documents = _documents(read, facts.policies.documents)
    unread = [*found_in.unread_findings(read, facts)]
    boundary = facts.policies.documents.get(role.boundary) if role.boundary else None
    access = access_of(
        [document for _, document in documents],
        account_id=facts.identity.account_id,
        role_arn=role.arn,
        boundary=boundary,
        unread=[finding.text for finding in unread],
    )
    expectation = expected.roles.get(role.name.lower())
    drift = role_drift(expectation, read, facts, expected) if expectation is not None else ()
    providers = scope_of(trust).providers if trust is not None else ()
    named = [arn for arn in providers if issuer_of_provider(arn) in urls]
    missing = [*found_in.missing_provider_findings(named, facts)]
    about_trust = (
        [unreadable_policy(TRUST, trust_problem)]
        if trust is None
        else [of_policy(each, TRUST) for each in trust_findings(_canonical(role.trust), client_ids=client_ids)]
    )
    about_permissions = [finding for name, document in documents for finding in _permission_findings(name, document)]
    grade, reasons = graded(
        Grounds(
            trust_problem=trust_problem,
            who=who,
            lets_everybody_in=not who and lets_everybody_in(role.trust),
            doorless=tuple(missing) if len(missing) == len(named) else (),
            about_trust=tuple(about_trust),
            about_permissions=tuple(about_permissions),
            unread=tuple(unread),
            access=access,
        )
    )
    return RoleAudit(
        read,
        urls,
        grade,
        reasons,
        who,
        access,
        worst_first(
            [
                *missing,
                *about_trust,
                *about_permissions,
                *unread,
                *found_in.drift_findings(drift, expectation),
                *found_in.use_findings(read, facts.at, unused_days),
            ]
        ),
        drift,
        origin_of(role, expectation),
        documents,
    )


def _provider(provider: Provider, users: Sequence[RoleAudit], facts: AuditFacts, expectation: Expectation | None) -> ProviderAudit:
    names = tuple(each.read.role.name for each in users)
    living = [each for each in users if each.grade is not Grade.DEAD]
    own = [*found_in.provider_findings(provider, names, is_used=bool(living))]
    drift = provider_drift(expectation, provider, facts) if expectation is not None else ()
    texts = {finding.id: finding.text for finding in own}
    if "root-issuer-provider" in texts:
        grade, reasons = Grade.OPEN, [texts["root-issuer-provider"]]
    elif not living:
        told = [texts[each] for each in ("provider-unused", "provider-lacks-audience") if each in texts]
        grade, reasons = Grade.DEAD, told or ["Nobody gets in by any role that names it."]
    else:
        number = counted(len(users), "role")
        grade, reasons = Grade.TIGHT, [f"{number} of the account {'names' if len(users) == 1 else 'name'} it, and tokens get in by it."]
    findings = worst_first([*own, *found_in.drift_findings(drift, expectation)])
    return ProviderAudit(provider, grade, tuple(reasons), names, findings, drift, origin_of(provider, expectation))


def _gone(facts: AuditFacts, expected: Expected) -> Iterator[Gone]:
    """What is expected and was not found, where the finding of it would have been complete."""
    names = {read.role.name.lower() for read in facts.roles}
    for name, expectation in sorted(expected.roles.items()):
        if name not in names:
            drift = role_drift(expectation, None, facts, expected)[:1]
            if drift:
                yield Gone("role", name, expectation.run_id, tuple(found_in.drift_findings(drift, expectation)))
    for arn, expectation in sorted(expected.providers.items()):
        if facts.provider_arns is not None and arn not in facts.provider_arns:
            drift = provider_drift(expectation, None, facts)
            if drift:
                yield Gone("provider", arn, expectation.run_id, tuple(found_in.drift_findings(drift, expectation)))


def _documents(read: ReadRole, managed: Mapping[str, Document]) -> tuple[tuple[str, Document], ...]:
    return (*read.role.inline, *((arn, managed[arn]) for arn in read.role.attached if arn in managed))


def _permission_findings(name: str, document: Document) -> Iterator[AuditFinding]:
    policy, problem = _readable(document)
    if policy is None:
        yield unreadable_policy(name, problem)
        return
    yield from (of_policy(each, name) for each in permission_findings(_canonical(document)))


def _readable(document: Document) -> tuple[PolicyDocument | None, str]:
    """The policy, or a sentence why there is none."""
    try:
        return parse_policy(document.text), ""
    except CiamError as error:
        return None, error.message


def _canonical(document: Document) -> Document:
    """The spelling in which lines are counted: AWS's own has one line."""
    return Document(document.canonical)
