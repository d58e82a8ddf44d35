"""From a Setup and facts to a plan: what is there, what is wanted, and the changes between the two.

The order is bucket, provider, new policies, roles, what hangs on roles, and last the wiring of CircleCI. On a role that stands, what does not belong there goes first
and its trust is replaced before its permissions grow, be they inline or a new version of a managed policy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.bucket_guard import bucket_policy_problems
from ciam_tui.core.bucket_planning import bucket_outcome
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import merged_tags
from ciam_tui.core.changes.subjects import policy_subject, role_subject
from ciam_tui.core.circleci.wiring import wiring_outcome
from ciam_tui.core.compare import Difference, differences
from ciam_tui.core.findings import findings
from ciam_tui.core.outcome import Outcome
from ciam_tui.core.ownership import is_adopted, is_ours, our_tags, setup_id, why_never_adopted
from ciam_tui.core.permissions import INLINE_POLICY_NAME
from ciam_tui.core.plan import Conflict, Plan, make_steps
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.roles import WantedRole, wanted_roles
from ciam_tui.core.trust import audience, issuer_url, provider_arn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.facts import Facts, ManagedPolicy, Role
    from ciam_tui.core.shape import SetupShape

_NOBODY: frozenset[str] = frozenset()
_NOTHING: frozenset[kinds.Change] = frozenset()
_SIZE_FINDINGS = frozenset({"trust-policy-too-large", "permission-policy-too-large"})


def make_plan(
    setup: SetupShape,
    facts: Facts,
    *,
    known_ids: AbstractSet[str] = _NOBODY,
    adopt: AbstractSet[str] = _NOBODY,
    wire: bool = False,
    known_wiring: AbstractSet[kinds.Change] = _NOTHING,
) -> Plan:
    """The plan that makes the account of `facts` as `setup` wants it.

    `known_ids` are the ids of roles and policies that journals on this machine hold; `adopt` the names, or the subjects, of what the user wants
    taken over although it is not ours. With `wire` CircleCI gets contexts for the roles; `known_wiring` is what journals know to be in them.
    """
    adopted = frozenset(name.lower() for name in adopt)
    wiring = wiring_outcome(setup, facts, known_wiring, adopted) if wire else Outcome()
    outcome = _Planner(setup, facts, known_ids, adopted).outcome() + replace(wiring, problems=())
    return Plan(
        account_id=setup.account_id,
        setup_id=setup_id(setup),
        facts=facts,
        steps=make_steps(outcome.changes, facts),
        conflicts=outcome.conflicts,
        problems=(*wiring.problems, *_account_problems(setup, facts), *outcome.problems),
        adopted=outcome.adopted,
    )


def _account_problems(setup: SetupShape, facts: Facts) -> Iterator[Problem]:
    identity = facts.identity
    if identity.account_id != setup.account_id:
        yield Problem(
            "account_id",
            Level.ERROR,
            f"The credentials are for account {identity.account_id}, and the Setup is for {setup.account_id}.",
            "Use the profile of that account, or change account_id.",
        )
    if identity.partition != setup.partition:
        yield Problem(
            "partition",
            Level.ERROR,
            f"The account is in the partition {identity.partition}, and the Setup says {setup.partition}.",
            f'Set partition to "{identity.partition}".',
        )
    for finding in findings(setup, facts.quotas):
        if finding.id in _SIZE_FINDINGS:
            yield Problem(finding.field, Level.ERROR, finding.text, finding.fix)
    if facts.bucket is not None:
        yield from bucket_policy_problems(setup, facts.bucket.policy)
    for sentence in facts.unread:
        yield Problem("", Level.WARNING, sentence)


@dataclass(frozen=True, slots=True)
class _Planner:
    setup: SetupShape
    facts: Facts
    known_ids: AbstractSet[str]
    adopt: AbstractSet[str]

    def outcome(self) -> Outcome:
        roles = [(wanted, self.facts.roles.get(wanted.name.lower())) for wanted in wanted_roles(self.setup)]
        new_policies = [
            self._new_policy(wanted) for wanted, _ in roles if self._is_managed and wanted.policy_arn not in self.facts.policies
        ]
        made = [self._new_role(wanted) for wanted, found in roles if found is None]
        waiting = tuple(change.name for change in made)
        after_roles = [self._hang_on_new(wanted) if found is None else self._standing(wanted, found) for wanted, found in roles]
        parts = [
            bucket_outcome(self.setup, self.facts),
            self._provider(),
            Outcome(tuple(new_policies)),
            Outcome(tuple(made)),
            Outcome((kinds.AwaitRoles(waiting),) if waiting else ()),
            *after_roles,
        ]
        return sum(parts, Outcome())

    @property
    def _is_managed(self) -> bool:
        return self.setup.role.policy_kind == "managed"

    def _provider(self) -> Outcome:
        found, wanted_audience = self.facts.provider, audience(self.setup.circleci)
        if found is None:
            arn, url = provider_arn(self.setup), issuer_url(self.setup.circleci)
            return Outcome((kinds.CreateProvider(arn, url, (wanted_audience,), our_tags(self.setup)),))
        if wanted_audience not in found.client_ids:
            return Outcome((kinds.AddAudience(found.arn, wanted_audience),))
        return Outcome()

    def _new_role(self, wanted: WantedRole) -> kinds.CreateRole:
        return kinds.CreateRole(
            name=wanted.name,
            arn=wanted.arn,
            path=self.setup.role.path,
            trust=wanted.trust,
            description=wanted.description,
            max_session_seconds=wanted.max_session_seconds,
            boundary=self.setup.role.permissions_boundary,
            tags=our_tags(self.setup),
        )

    def _hang_on_new(self, wanted: WantedRole) -> Outcome:
        if self._is_managed:
            return self._standing_policy(wanted, None) + Outcome((kinds.AttachPolicy(wanted.name, wanted.policy_arn),))
        return Outcome((kinds.PutInlinePolicy(wanted.name, INLINE_POLICY_NAME, wanted.permissions),))

    def _new_policy(self, wanted: WantedRole) -> kinds.CreatePolicy:
        path, tags = self.setup.role.path, our_tags(self.setup)
        return kinds.CreatePolicy(wanted.policy_arn, wanted.name, path, wanted.permissions, wanted.description, tags)

    def _standing_policy(self, wanted: WantedRole, role: Role | None) -> Outcome:
        """What the managed policy of a role needs, if there is one already."""
        found = self.facts.policies.get(wanted.policy_arn) if self._is_managed else None
        if found is None:
            return Outcome()
        ours = is_ours(found, self.setup, self.known_ids)
        if found.document == wanted.permissions:
            return Outcome() if ours else self._used(f"managed policy {found.arn}")
        changes = tuple(self._new_version(wanted, found))
        others = found.attachments - (1 if role is not None and found.arn in role.attached else 0)
        if ours:
            text = f"The policy {found.arn} is attached to {others} more of the account, and they get its new version too."
            fix = "Detach it there first, unless that is wanted."
            return Outcome(changes, problems=(Problem("role.policy_kind", Level.WARNING, text, fix),) if others > 0 else ())
        subject = policy_subject(found.arn)
        differing = (Difference(subject, "document", wanted.permissions.canonical, found.document.canonical),)
        if others > 0:
            return self._conflict(subject, wanted.name, differing, f"its policy is attached to {others} more of the account")
        if is_adopted(self.adopt, wanted.name, subject):
            return Outcome((*changes, kinds.TagPolicy(found.arn, our_tags(self.setup))), adopted=(found.arn,))
        return self._conflict(subject, wanted.name, differing, None)

    def _used(self, what: str) -> Outcome:
        text = f"The {what} was not made by this tool for this Setup, says what is wanted, and is used as it is."
        return Outcome(problems=(Problem("role.name_prefix", Level.NOTE, text),))

    def _new_version(self, wanted: WantedRole, found: ManagedPolicy) -> Iterator[kinds.Change]:
        if len(found.versions) >= self.facts.quotas.versions_per_policy:
            oldest = next(version for version in found.versions if version.id != found.default_version)
            yield kinds.DeletePolicyVersion(found.arn, oldest.id)
        yield kinds.CreatePolicyVersion(found.arn, wanted.permissions)

    def _standing(self, wanted: WantedRole, found: Role) -> Outcome:
        """What a role that exists needs: nothing, changes where it is ours or adopted, or a decision."""
        target = self._target(wanted, found)
        subject, policy = role_subject(found.name), self._standing_policy(wanted, found)
        after = replace(self.facts, roles={**self.facts.roles, found.name.lower(): target})
        differing = differences(after, self.facts, [subject])
        ours = is_ours(found, self.setup, self.known_ids)
        if not differing:
            return policy if ours else policy + self._used(f"role {found.name}")
        if found.path != target.path and not found.is_service_role:
            text = f"The role {found.name} exists under the path {found.path}, and IAM cannot move a role to {target.path}."
            problem = Problem("role.path", Level.ERROR, text, f'Set path to "{found.path}", or choose another name_prefix.')
            return Outcome(problems=(problem,))
        narrower, wider = Outcome(tuple(_narrowed(found, target))), Outcome(tuple(_granted(found, target)))
        if ours:
            return narrower + _tagged(found, target.tags) + policy + wider
        if why := why_never_adopted(found, self.setup):
            return policy + self._conflict(subject, found.name, differing, why)
        if not is_adopted(self.adopt, found.name, subject):
            return policy + self._conflict(subject, found.name, differing, None)
        # Marked first, so that a run that stops anywhere has left no role changed and not ours.
        marked = _tagged(found, our_tags(self.setup))
        return marked + narrower + policy + wider + Outcome(adopted=(found.name,))

    def _target(self, wanted: WantedRole, found: Role) -> Role:
        """The role as it must become. Tags that others have put on it stay; a description is ours to set on our roles alone."""
        return replace(
            found,
            path=self.setup.role.path,
            trust=wanted.trust,
            max_session_seconds=wanted.max_session_seconds,
            boundary=self.setup.role.permissions_boundary,
            tags=merged_tags(found.tags, tuple(self.setup.role.tags.items())),
            inline=() if self._is_managed else ((INLINE_POLICY_NAME, wanted.permissions),),
            attached=(wanted.policy_arn,) if self._is_managed else (),
        )

    def _conflict(self, subject: str, name: str, differing: tuple[Difference, ...], never: str | None) -> Outcome:
        if never:
            reason, fix = f"{name} exists and cannot be adopted: {never}.", "Choose another name_prefix."
        else:
            reason = f"{name} exists, was not made by this tool for this Setup, and differs."
            fix = f"Choose another name_prefix, or take it over with --adopt {name}."
        problem = Problem("role.name_prefix", Level.ERROR, reason, fix)
        return Outcome(conflicts=(Conflict(subject, name, differing, never is None, reason),), problems=(problem,))


def _tagged(found: Role, tags: kinds.Tags) -> Outcome:
    missing = tuple(pair for pair in tags if pair not in found.tags)
    return Outcome((kinds.TagRole(found.name, missing),) if missing else ())


def _narrowed(found: Role, target: Role) -> Iterator[kinds.Change]:
    """First what has to go from a role, then who gets in.

    A boundary is put on before everything else and taken off after everything else, so that it holds in every moment between.
    """
    name = found.name
    wanted_inline = dict(target.inline)
    if target.boundary and found.boundary != target.boundary:
        yield kinds.SetBoundary(name, target.boundary)
    for arn in found.attached:
        if arn not in target.attached:
            yield kinds.DetachPolicy(name, arn)
    for policy_name, _ in found.inline:
        if policy_name not in wanted_inline:
            yield kinds.DeleteInlinePolicy(name, policy_name)
    if found.trust != target.trust:
        yield kinds.SetTrust(name, target.trust)
    if found.max_session_seconds != target.max_session_seconds:
        yield kinds.SetRoleSettings(name, target.description, target.max_session_seconds)


def _granted(found: Role, target: Role) -> Iterator[kinds.Change]:
    """Then what those who get in may do."""
    name = found.name
    standing_inline = dict(found.inline)
    for policy_name, document in target.inline:
        if standing_inline.get(policy_name) != document:
            yield kinds.PutInlinePolicy(name, policy_name, document)
    for arn in target.attached:
        if arn not in found.attached:
            yield kinds.AttachPolicy(name, arn)
    if found.boundary and not target.boundary:
        yield kinds.SetBoundary(name, None)
