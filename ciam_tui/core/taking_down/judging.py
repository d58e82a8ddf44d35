"""Whether a role that is tagged as a Setup's is what was made for it: by the journal that knows it, or by what the Setup makes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes.subjects import policy_subject, role_subject
from ciam_tui.core.compare import Difference, differences
from ciam_tui.core.facts import Facts, ManagedPolicy, Role
from ciam_tui.core.permissions import INLINE_POLICY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.audit.drift import Expected
    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape

_UNKNOWN = "nobody knows"


def differing_from(setup: SetupShape, role: Role, wanted: WantedRole | None, facts: Facts, expected: Expected) -> tuple[Difference, ...]:
    """Where `role` and the managed policies on it are neither what a journal left nor what the Setup makes; nothing where they are either."""
    candidates = [*_by_journal(role, facts, expected), *([] if wanted is None else [_by_setup(setup, role, wanted, facts)])]
    return min(candidates, key=len) if candidates else tuple(_all_of(role))


def _by_journal(role: Role, facts: Facts, expected: Expected) -> Iterator[tuple[Difference, ...]]:
    """Against what a run of this machine left: another role of the same name is none of its."""
    expectation = expected.roles.get(role.name.lower())
    left = expectation.resource if expectation is not None and not expectation.open_end else None
    if not isinstance(left, Role) or left.role_id != role.role_id:
        return
    policies = {
        arn: each.resource for arn, each in expected.policies.items() if arn in role.attached and isinstance(each.resource, ManagedPolicy)
    }
    before = replace(facts, roles={role.name.lower(): left}, policies=policies)
    yield differences(before, facts, [role_subject(role.name), *map(policy_subject, policies)])


def _by_setup(setup: SetupShape, role: Role, wanted: WantedRole, facts: Facts) -> tuple[Difference, ...]:
    """Against what the Setup makes. Tags that others have put on it, and its description, are no part of that."""
    is_managed = setup.role.policy_kind == "managed"
    made = replace(
        role,
        path=setup.role.path,
        trust=wanted.trust,
        max_session_seconds=wanted.max_session_seconds,
        boundary=setup.role.permissions_boundary,
        inline=() if is_managed else ((INLINE_POLICY_NAME, wanted.permissions),),
        attached=(wanted.policy_arn,) if is_managed else (),
    )
    found = differences(replace(facts, roles={role.name.lower(): made}), facts, [role_subject(role.name)])
    policy = facts.policies.get(wanted.policy_arn) if is_managed else None
    if policy is None or policy.document == wanted.permissions:
        return found
    subject = policy_subject(policy.arn)
    return (*found, Difference(subject, "document", wanted.permissions.canonical, policy.document.canonical))


def _all_of(role: Role) -> Iterator[Difference]:
    """A role of which nobody can say what it should be: all that a reader needs to decide about it."""
    subject = role_subject(role.name)
    yield Difference(subject, "trust", _UNKNOWN, role.trust.canonical)
    yield from (Difference(subject, f"inline policy {name}", _UNKNOWN, document.canonical) for name, document in role.inline)
    if role.attached:
        yield Difference(subject, "attached", _UNKNOWN, ", ".join(role.attached))
