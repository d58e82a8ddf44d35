"""What has changed since this tool applied it: roles, their managed policies and the provider against what the journals of this machine expect.

The account itself is compared, field by field. A template's own drift detection looks at what the template names, and so never sees a
policy that somebody else has put on a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.audit.report import Origin
from ciam_tui.core.changes.subjects import PROVIDER, subjects
from ciam_tui.core.compare import Difference, differences, resource
from ciam_tui.core.facts import MANAGED_BY, MANAGED_BY_TAG, Facts, ManagedPolicy, Provider, Role, tag
from ciam_tui.core.undo import facts_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.audit.facts import AuditFacts, ReadRole
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import RunState


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the latest run that stands has left of a resource, None where it deleted it. `open_end` says why nobody can be held to it yet."""

    run_id: str
    resource: Role | ManagedPolicy | Provider | None
    open_end: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What this machine's journals expect of one account: roles by name in lower case, managed policies by ARN, providers by ARN."""

    roles: Mapping[str, Expectation]
    policies: Mapping[str, Expectation]
    providers: Mapping[str, Expectation]

    @property
    def policy_arns(self) -> tuple[str, ...]:
        """The managed policies to be read with all their versions."""
        return tuple(sorted(self.policies))


def expected_of(past: History, account_id: str) -> Expected:
    """What the runs in `past` have left in the account. Of what has been taken back, or is being, nothing is expected."""
    found: dict[str, Expectation] = {}
    for run in past.runs:
        started = run.started
        if started.account_id == account_id and started.undoes is None and past.undo_of(run) is None:
            found |= _left_by(run)
    return Expected(
        roles={subject.removeprefix("role "): each for subject, each in found.items() if subject.startswith("role ")},
        policies={subject.removeprefix("policy "): each for subject, each in found.items() if subject.startswith("policy ")},
        providers={subject.removeprefix("provider "): each for subject, each in found.items() if subject.startswith("provider ")},
    )


def _left_by(run: RunState) -> dict[str, Expectation]:
    after = facts_after(run.started.facts, run.done_steps, run.done)
    pending = {subject for step in run.pending for subject in subjects(step.change)}
    touched = {subject for step in run.done_steps for subject in subjects(step.change)}
    left: dict[str, Expectation] = {}
    for subject in sorted(touched):
        open_end = f"the run {run.started.run_id} has not ended" if subject in pending else ""
        match resource(after, subject):
            case Provider() as provider:
                left[f"{PROVIDER} {provider.arn}"] = Expectation(run.started.run_id, provider, open_end)
            case Role() | ManagedPolicy() as found:
                left[subject] = Expectation(run.started.run_id, found, open_end)
            case None if subject.startswith(("role ", "policy ")):
                left[subject] = Expectation(run.started.run_id, None, open_end)
            case None if isinstance(deleted := resource(run.started.facts, subject), Provider):
                left[f"{PROVIDER} {deleted.arn}"] = Expectation(run.started.run_id, None, open_end)
            case _:
                continue
    return left


def role_drift(expectation: Expectation, found: ReadRole | None, facts: AuditFacts, expected: Expected) -> tuple[Difference, ...]:
    """Where a role, and the managed policies on it that this tool applied, differ from what is expected."""
    role = expectation.resource
    if expectation.open_end or not isinstance(role, Role):
        return ()
    key = role.name.lower()
    before = Facts(facts.identity, roles={key: role})
    now = Facts(facts.identity, roles={key: found.role} if found else {})
    unread = found.unread if found else ()
    own = tuple(each for each in differences(before, now, [f"role {key}"]) if each.field not in unread)
    arns = [arn for arn in role.attached if arn in expected.policies]
    return (*own, *(each for arn in arns for each in policy_drift(arn, expected.policies[arn], facts)))


def policy_drift(arn: str, expectation: Expectation, facts: AuditFacts) -> tuple[Difference, ...]:
    """Where a managed policy differs from what is expected; nothing where it could not be read."""
    policy = expectation.resource
    if expectation.open_end or not isinstance(policy, ManagedPolicy) or facts.managed is None:
        return ()
    found = facts.managed.get(arn)
    before, now = Facts(facts.identity, policies={arn: policy}), Facts(facts.identity, policies={arn: found} if found else {})
    return differences(before, now, [f"policy {arn}"])


def provider_drift(expectation: Expectation, found: Provider | None, facts: AuditFacts) -> tuple[Difference, ...]:
    """Where a provider, its audiences above all, differs from what is expected."""
    provider = expectation.resource
    if expectation.open_end or not isinstance(provider, Provider):
        return ()
    return differences(Facts(facts.identity, provider=provider), Facts(facts.identity, provider=found), [PROVIDER])


def origin_of(found: Role | Provider, expectation: Expectation | None) -> Origin:
    """Where a resource comes from. A role of the same name with another id is another role."""
    ours = expectation.resource if expectation is not None else None
    if ours is not None and not (isinstance(found, Role) and isinstance(ours, Role) and ours.role_id != found.role_id):
        return Origin.HERE
    return Origin.ELSEWHERE if tag(found.tags, MANAGED_BY_TAG) == MANAGED_BY else Origin.OTHERS
