"""From a Setup, facts and what journals know to the plan that takes the Setup down: contexts first, then roles, policies, provider, bucket.

It goes by the guards of an undo, and by one more: what was there before this tool came is never deleted, whoever names it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.subjects import PROVIDER, role_subject
from ciam_tui.core.circleci.undo_wiring import WiringGround
from ciam_tui.core.compare import differences
from ciam_tui.core.facts import RUN_TAG, Facts, Provider, tag
from ciam_tui.core.outcome import Outcome
from ciam_tui.core.ownership import is_adopted, is_tagged_ours, setup_id, why_never_adopted
from ciam_tui.core.plan import Conflict, Plan, make_steps
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.taking_down.judging import differing_from
from ciam_tui.core.trust import audience
from ciam_tui.core.undo import still_trusting, use_notes, why_bucket_left, why_policy_left, why_provider_left
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ciam_tui.core.compare import Difference
    from ciam_tui.core.facts import Role
    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.taking_down.known import Known
    from ciam_tui.core.undo import UndoGround


@dataclass(frozen=True, slots=True)
class Choices:
    """What its user has decided: `adopt` names what is deleted although it differs, `keep` what stays; `stale` takes only the roles that the Setup does not name any more."""

    adopt: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    stale: bool = False
    bucket: bool = False
    wire: bool = False


def is_leftover(role: Role, setup: SetupShape) -> bool:
    """Whether the tags of `role` say that it is of this Setup, which does not name it any more."""
    named = {wanted.name.lower() for wanted in wanted_roles(setup)}
    return role.name.lower() not in named and is_tagged_ours(role.tags, setup)


def plan_removal(setup: SetupShape, ground: UndoGround, known: Known, choices: Choices) -> Plan:
    """The plan that deletes what is of `setup` in the account of `ground`. What stays has a note that says why."""
    remover = _Remover(setup, ground, known, choices)
    roles = remover.roles()
    with_policies = roles + remover.policies(roles.changes)
    outcome = with_policies
    if not choices.stale:
        outcome = remover.contexts() + with_policies + remover.provider(with_policies.changes) + remover.bucket()
    return Plan(
        account_id=setup.account_id,
        setup_id=setup_id(setup),
        facts=ground.facts,
        steps=make_steps(outcome.changes, ground.facts),
        conflicts=outcome.conflicts,
        problems=(
            *outcome.problems,
            *use_notes(outcome.changes, ground.facts),
            *_for_good(outcome.changes),
            *(Problem("", Level.WARNING, sentence) for sentence in ground.facts.unread),
        ),
    )


def _for_good(changes: Sequence[kinds.Change]) -> Iterator[Problem]:
    """What an undo of the removal does not bring back, said before it goes."""
    for change in changes:
        match change:
            case kinds.DeleteBucket(name=name):
                yield Problem(
                    "", Level.WARNING, f"The bucket {name} goes for good: an undo does not make it again, and others may take its name."
                )
            case kinds.DeleteContext(name=name):
                yield Problem(
                    "", Level.NOTE, f"An undo does not bring the context {name} back; `ciam-tui apply SETUP --wire` makes it again."
                )
            case _:
                continue


@dataclass(frozen=True, slots=True)
class _Remover:
    setup: SetupShape
    ground: UndoGround
    known: Known
    choices: Choices

    @property
    def facts(self) -> Facts:
        return self.ground.facts

    def roles(self) -> Outcome:
        """The roles of the Setup, then those that it does not name any more."""
        wanted = wanted_roles(self.setup)
        named = [] if self.choices.stale else [(each, self.facts.roles.get(each.name.lower())) for each in wanted]
        parts = [self._role(found, each) for each, found in named if found is not None]
        parts += [self._role(role, None) for role in self.facts.roles.values() if is_leftover(role, self.setup)]
        return sum(parts, Outcome())

    def _role(self, role: Role, wanted: WantedRole | None) -> Outcome:
        if role.name.lower() in self.choices.keep:
            return _stays(f"The role {role.name} stays, as --keep says.")
        if not is_tagged_ours(role.tags, self.setup):
            return _stays(f"The role {role.name} stays: it was not made by this tool for this Setup.")
        if role.name.lower() in self.known.adopted or tag(role.tags, RUN_TAG) is None:
            how = "`ciam-tui undo RUN`, on the machine that applied it, gives it back as it was"
            return _stays(f"The role {role.name} stays: it was there before, and was taken over; {how}.")
        differing = differing_from(self.setup, role, wanted, self.facts, self.known.expected)
        if differing:
            never = why_never_adopted(role, self.setup)
            if never or not is_adopted(self.choices.adopt, role.name, role_subject(role.name)):
                return self._conflict(role, differing, never, wanted)
        detached = (kinds.DetachPolicy(role.name, arn) for arn in role.attached)
        deleted = (kinds.DeleteInlinePolicy(role.name, name) for name, _ in role.inline)
        return Outcome((*detached, *deleted, kinds.DeleteRole(role.name)))

    def _conflict(self, role: Role, differing: tuple[Difference, ...], never: str | None, wanted: WantedRole | None) -> Outcome:
        if never:
            reason = f"{role.name} is tagged as of this Setup and is not deleted: {never}."
            fix = f"Leave it with --keep {role.name}, or delete it by hand."
        elif wanted is None and role.name.lower() not in self.known.expected.roles:
            reason = (
                f"{role.name} is tagged as of this Setup and not in it any more, and no journal of this machine knows what was made of it."
            )
            fix = f"Look at it, then delete it too with --adopt {role.name}, or leave it with --keep {role.name}."
        else:
            reason = f"{role.name} is tagged as of this Setup, and somebody has changed it."
            fix = f"Look at it, then delete it all the same with --adopt {role.name}, or leave it with --keep {role.name}."
        problem = Problem("", Level.ERROR, reason, fix)
        return Outcome(conflicts=(Conflict(role_subject(role.name), role.name, differing, never is None, reason),), problems=(problem,))

    def policies(self, changes: Sequence[kinds.Change]) -> Outcome:
        """The managed policies that go with their roles, or have lost them: IAM deletes one when no other version of it and no holder is left."""
        detached = Counter(change.policy_arn for change in changes if isinstance(change, kinds.DetachPolicy))
        lost = [] if self.choices.stale else [each for each in wanted_roles(self.setup) if each.name.lower() not in self.facts.roles]
        documents = {each.policy_arn: each.permissions for each in lost}
        parts: list[Outcome] = []
        for arn in sorted({*detached, *documents}):
            policy = self.facts.policies.get(arn)
            if policy is None:
                continue
            if not is_tagged_ours(policy.tags, self.setup) or tag(policy.tags, RUN_TAG) is None or arn.lower() in self.known.adopted:
                parts.append(_stays(f"The managed policy {arn} stays: it was not made by this tool for this Setup."))
            elif (
                arn in documents and policy.document != documents[arn] and not is_adopted(self.choices.adopt, policy.name, f"policy {arn}")
            ):
                parts.append(_stays(f"The managed policy {arn} stays: its role is gone, and it says something else than the Setup makes."))
            elif why := why_policy_left(arn, policy, detached[arn]):
                parts.append(_stays(why))
            else:
                older = (kinds.DeletePolicyVersion(arn, each.id) for each in policy.versions if each.id != policy.default_version)
                parts.append(Outcome((*older, kinds.DeletePolicy(arn))))
        return sum(parts, Outcome())

    def provider(self, changes: Sequence[kinds.Change]) -> Outcome:
        """The provider where it is ours and nobody names it any more; else the audience where a run of this machine has added it."""
        provider = self.facts.provider
        if provider is None:
            return Outcome()
        if is_tagged_ours(provider.tags, self.setup) and tag(provider.tags, RUN_TAG) is not None:
            return self._unless_needed(kinds.DeleteProvider(provider.arn), changes, provider, has_drifted=self._has_drifted(provider))
        wanted = audience(self.setup.circleci)
        if (provider.arn, wanted) in self.known.audiences:
            return self._unless_needed(kinds.RemoveAudience(provider.arn, wanted), changes, provider, has_drifted=False)
        return _stays(
            f"The OIDC provider {provider.arn} stays with its audiences: no journal of this machine says that it was made or changed for this Setup."
        )

    def _unless_needed(
        self, change: kinds.DeleteProvider | kinds.RemoveAudience, changes: Sequence[kinds.Change], provider: Provider, *, has_drifted: bool
    ) -> Outcome:
        why = why_provider_left(change, still_trusting(changes, self.ground), provider, has_drifted=has_drifted)
        return _stays(why) if why else Outcome((change,))

    def _has_drifted(self, provider: Provider) -> bool:
        expectation = self.known.expected.providers.get(provider.arn)
        left = expectation.resource if expectation is not None else None
        if not isinstance(left, Provider):
            return provider.client_ids != (audience(self.setup.circleci),)
        before = replace(self.facts, provider=left)
        return bool(differences(before, self.facts, [PROVIDER]))

    def bucket(self) -> Outcome:
        """A bucket is never deleted by itself: it is offered where it is ours and empty."""
        bucket = self.facts.bucket
        if bucket is None or not is_tagged_ours(bucket.tags, self.setup) or tag(bucket.tags, RUN_TAG) is None:
            return (
                _stays(f"The bucket {self.setup.bucket.name} stays: it was not made by this tool for this Setup.") if bucket else Outcome()
            )
        why = why_bucket_left(bucket.name, is_empty=self.ground.bucket_is_empty)
        if why:
            return _stays(why)
        if not self.choices.bucket:
            return _stays(f"The bucket {bucket.name} stays: it was made for this Setup and is empty, and --bucket deletes it too.")
        return Outcome((kinds.DeleteBucket(bucket.name),))

    def contexts(self) -> Outcome:
        """Contexts carry no tags: only what this machine's journals know is taken out of them."""
        if not self.choices.wire:
            return Outcome()
        standing = [name for name in self.facts.contexts if name in self.known.contexts]
        unknown = [name for name in self.facts.contexts if name not in self.known.contexts]
        changes = [change for name in standing for change in self._context_changes(name)]
        expected = replace(
            self.facts,
            contexts={name: replace(self.known.contexts[name], groups=self.facts.contexts[name].groups) for name in standing},
        )
        wiring = WiringGround(changes, expected, self.facts)
        judged = [(change, wiring.why_left(change)) for change in changes]
        stays = [_stays(why) for _, why in judged if why]
        if unknown:
            stays.append(_stays(f"No journal of this machine knows what was put into {listed(unknown)}: what is in CircleCI stays."))
        return Outcome(tuple(change for change, why in judged if why is None)) + sum(stays, Outcome())

    def _context_changes(self, name: str) -> Iterable[kinds.DeleteContextVariable | kinds.RemoveRestriction | kinds.DeleteContext]:
        known = self.known.contexts[name]
        yield from (kinds.DeleteContextVariable(name, variable) for variable, _ in known.variables)
        yield from (kinds.RemoveRestriction(name, kind, value) for kind, value in known.restrictions)
        if name in self.known.made_contexts:
            yield kinds.DeleteContext(name)


def _stays(sentence: str) -> Outcome:
    return Outcome(problems=(Problem("", Level.NOTE, sentence),))
