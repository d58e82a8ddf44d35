"""What is to be done to an account, as a value: made from a Setup and from facts alone, so that making it changes nothing.

A plan is the difference between what is there and what the Setup wants. Where everything is already so, it has no steps; where something
exists that is not ours and differs, it has a conflict instead of a step.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.subjects import subjects
from ciam_tui.core.changes.titles import title
from ciam_tui.core.codec import to_data
from ciam_tui.core.compare import resource
from ciam_tui.core.facts import RUN_TAG, Facts
from ciam_tui.core.problems import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.compare import Difference


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a plan. `before` is what it replaces, as text, None where it makes something new."""

    id: str
    title: str
    change: kinds.Change
    before: str | None = None

    @property
    def call(self) -> Call:
        """The very request that is sent."""
        return call_of(self.change)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that exists, is not ours and differs from what the Setup wants. Nothing is done to it unless its name is adopted."""

    subject: str
    name: str
    differences: tuple[Difference, ...]
    adoptable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps for one Setup in one account, and the facts that they rest on.

    `problems` of level error keep it from being applied; notes tell what is used as it is, or could not be read.
    """

    account_id: str
    setup_id: str
    facts: Facts
    steps: tuple[Step, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()
    adopted: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything that it rests on could be read."""
        return not self.facts.unread

    @property
    def applyable(self) -> bool:
        """Whether nothing forbids to apply it."""
        return not any(problem.level is Level.ERROR for problem in self.problems)

    @property
    def changes_nothing(self) -> bool:
        """Whether the account already is as the Setup wants it."""
        return not self.steps and self.applyable

    @property
    def fingerprint(self) -> str:
        """64 hex digits over the steps and the resources that they touch: equal for equal plans on an unchanged account."""
        return fingerprint(self.steps, self.facts)


def make_steps(changes: Sequence[kinds.Change], facts: Facts) -> tuple[Step, ...]:
    """The steps of `changes`, numbered in order, each with what it replaces at that point."""
    steps = []
    for number, change in enumerate(changes, start=1):
        steps.append(Step(f"{number:03d}-{change.kind}", title(change), change, replaced(change, facts)))
        facts = effect(facts, change)
    return tuple(steps)


def stamped(plan: Plan, run_id: str) -> Plan:
    """`plan` with the run's id in the tags of what it makes, by which a later read tells what this very run made."""
    return replace(plan, steps=tuple(replace(step, change=_stamped(step.change, run_id)) for step in plan.steps))


def _stamped(change: kinds.Change, run_id: str) -> kinds.Change:
    match change:
        case kinds.CreateRole() | kinds.CreatePolicy() | kinds.CreateProvider() | kinds.TagBucket():
            return replace(change, tags=tuple(sorted((*change.tags, (RUN_TAG, run_id)))))
        case _:
            return change


def fingerprint(steps: Iterable[Step], facts: Facts) -> str:
    """The SHA-256 of the steps and of the touched resources, without what changes by itself (when a role was last used)."""
    steps = tuple(steps)
    touched = sorted({subject for step in steps for subject in subjects(step.change)})
    ground = {subject: _without_use(to_data(resource(facts, subject))) for subject in touched}
    said = {"account": facts.identity.account_id, "steps": [to_data(step.change) for step in steps], "ground": ground}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _without_use(data: Any) -> Any:
    """`data` without when and how something was last used, however deep: a user's keys tell it each."""
    volatile = ("last_used", "last_used_region", "last_use", "attachments")
    match data:
        case dict():
            return {key: _without_use(value) for key, value in data.items() if key not in volatile}
        case list():
            return [_without_use(value) for value in data]
        case _:
            return data


def replaced(change: kinds.Change, facts: Facts) -> str | None:
    """What `change` replaces or deletes, as text; None where it makes something new."""
    match change:
        case kinds.SetTrust(role=name):
            role = facts.roles.get(name.lower())
            return role.trust.canonical if role else None
        case kinds.PutInlinePolicy(role=name, name=policy_name) | kinds.DeleteInlinePolicy(role=name, name=policy_name):
            role = facts.roles.get(name.lower())
            document = dict(role.inline).get(policy_name) if role else None
            return document.canonical if document else None
        case kinds.SetBoundary(role=name):
            role = facts.roles.get(name.lower())
            return role.boundary if role else None
        case kinds.SetRoleSettings(role=name):
            role = facts.roles.get(name.lower())
            return f"{role.description} ({role.max_session_seconds} s)" if role else None
        case kinds.CreatePolicyVersion(arn=arn) | kinds.DeletePolicy(arn=arn):
            policy = facts.policies.get(arn)
            return policy.document.canonical if policy else None
        case kinds.DeletePolicyVersion(arn=arn, version_id=version_id):
            policy = facts.policies.get(arn)
            versions = policy.versions if policy else ()
            return next((version.document.canonical for version in versions if version.id == version_id), None)
        case kinds.SetDefaultVersion(arn=arn):
            policy = facts.policies.get(arn)
            return policy.default_version if policy else None
        case kinds.SetBucketPolicy():
            return facts.bucket.policy.canonical if facts.bucket and facts.bucket.policy else None
        case kinds.TagRole(role=name, tags=tags):
            role = facts.roles.get(name.lower())
            return _standing_tags(role.tags if role else (), [key for key, _ in tags])
        case kinds.UntagRole(role=name, keys=keys):
            role = facts.roles.get(name.lower())
            return _standing_tags(role.tags if role else (), keys)
        case kinds.TagPolicy(arn=arn, tags=tags):
            policy = facts.policies.get(arn)
            return _standing_tags(policy.tags if policy else (), [key for key, _ in tags])
        case kinds.UntagPolicy(arn=arn, keys=keys):
            policy = facts.policies.get(arn)
            return _standing_tags(policy.tags if policy else (), keys)
        case kinds.TagBucket(tags=tags):
            return _standing_tags(facts.bucket.tags if facts.bucket else (), [key for key, _ in tags])
        case kinds.DeleteRole(name=name):
            role = facts.roles.get(name.lower())
            return role.trust.canonical if role else None
        case kinds.SetContextVariable(context=context, name=name) | kinds.DeleteContextVariable(context=context, name=name):
            standing = facts.contexts.get(context)
            end = dict(standing.variables).get(name) if standing else None
            return None if end is None else f"a value that ends in {end or 'nobody knows what'}"
        case kinds.DeleteProjectVariable(project=project, name=name):
            seen = dict(facts.project_variables.get(project, ())).get(name)
            return None if seen is None else f"a value that ends in {seen or 'nobody knows what'}"
        case _:
            return _replaced_on_user(change, facts) if isinstance(change, kinds.UserSetting) else None


def _replaced_on_user(change: kinds.UserSetting, facts: Facts) -> str | None:
    user = facts.users.get(change.user.lower())
    if user is None:
        return None
    match change:
        case kinds.SetKeyStatus(key_id=key_id) | kinds.DeleteAccessKey(key_id=key_id):
            return next((key.status for key in user.keys or () if key.key_id == key_id), None)
        case kinds.PutUserPolicy(name=name) | kinds.DeleteUserPolicy(name=name):
            document = dict(user.inline).get(name)
            return document.canonical if document else None
        case kinds.SetUserBoundary():
            return user.boundary
        case _:
            return None


def _standing_tags(standing: kinds.Tags, keys: Sequence[str]) -> str | None:
    """Those of the tags that a change is about to replace or remove."""
    found = [f"{key}={value}" for key, value in standing if key in keys]
    return f"tags: {', '.join(found)}" if found else None
