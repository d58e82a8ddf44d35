"""How a run is taken back: its inverse as a plan of its own, made only where the account is still as the run left it.

What somebody has changed since is never undone over their head; what others have come to need (a provider that other roles name, a bucket
with objects in it) is kept, and told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.inverse import inverse
from ciam_tui.core.changes.subjects import BUCKET, PROVIDER, subjects
from ciam_tui.core.changes.titles import title
from ciam_tui.core.circleci.undo_wiring import ContextChange, WiringGround, gone_for_good
from ciam_tui.core.compare import differences
from ciam_tui.core.conditions import compile_condition
from ciam_tui.core.document import parse_policy
from ciam_tui.core.plan import Plan, make_steps
from ciam_tui.core.problems import CiamError, Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ciam_tui.core.document import Document, Statement
    from ciam_tui.core.facts import Facts, ManagedPolicy, Provider, TrustingRole
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Step


@dataclass(frozen=True, slots=True)
class UndoGround:
    """What is read before an undo: the account as it is, the roles that name the provider, and whether the bucket is empty.

    `bucket_is_empty` is None where the run made no bucket, or where it could not be read.
    """

    facts: Facts
    trusting: tuple[TrustingRole, ...] = ()
    bucket_is_empty: bool | None = None


def facts_after(facts: Facts, steps: Iterable[Step], ids: Mapping[str, Mapping[str, str]]) -> Facts:
    """`facts` after `steps`, of which AWS gave `ids`: what the account must look like."""
    for step in steps:
        facts = effect(facts, step.change, ids.get(step.id, {}))
    return facts


def plan_undo(run: RunState, ground: UndoGround) -> Plan:
    """The plan that takes `run` back, from its last done step to its first."""
    started = run.started
    expected = facts_after(started.facts, run.done_steps, run.done)
    inverses = _inverses(run, ground.facts)
    bucket_unseen = _why_bucket_unseen(expected, ground.facts)
    changes, notes = _kept(inverses, ground, expected, bucket_unseen=bucket_unseen)
    # What is left as it is by itself may have changed.
    left_alone = {PROVIDER, BUCKET} if bucket_unseen else {PROVIDER}
    judged_by_itself = (change for change in inverses if isinstance(change, ContextChange))
    touched = {subject for change in inverses for subject in subjects(change)} - left_alone
    touched -= {subject for change in judged_by_itself for subject in subjects(change)}
    drifted = [
        Problem(
            "",
            Level.ERROR,
            f"Changed since the run: {difference}.",
            "Put it back as the run left it, or take the rest back by hand.",
        )
        for difference in differences(expected, ground.facts, touched)
    ]
    return Plan(
        account_id=started.account_id,
        setup_id=started.setup_id,
        facts=ground.facts,
        steps=make_steps(changes, ground.facts),
        problems=(
            *gone_for_good(run),
            *drifted,
            *_open_ends(run),
            *notes,
            *use_notes(changes, ground.facts),
            *_settings_note(run),
            *_unread_notes(ground.facts),
        ),
    )


def _open_ends(run: RunState) -> Iterable[Problem]:
    for step in run.unknown:
        what = next(each.title for each in run.started.steps if each.id == step)
        yield Problem("", Level.ERROR, f"Nobody can say yet whether this was done: {what}.", f"Run `ciam-tui resume {run.started.run_id}`.")


def _inverses(run: RunState, now: Facts) -> tuple[kinds.Change, ...]:
    """The inverse of every done step, last first, each told from the facts before that very step."""
    facts, backwards = run.started.facts, []
    for step in run.done_steps:
        ids = run.done[step.id]
        after = effect(facts, step.change, ids)
        backwards.append(tuple(_with_present_id(change, after, now) for change in inverse(step.change, facts, ids)))
        facts = after
    return tuple(change for changes in reversed(backwards) for change in changes)


def _with_present_id(change: kinds.Change, then: Facts, now: Facts) -> kinds.Change:
    """`change` with the id that its version of a policy has now: one that was pruned later, and brought back by an undo, has got another."""
    match change:
        case kinds.SetDefaultVersion(arn=arn, version_id=version_id) | kinds.DeletePolicyVersion(arn=arn, version_id=version_id):
            versions_then, versions_now = _versions(then, arn), _versions(now, arn)
            said = versions_then.get(version_id)
            same = [present for present, document in versions_now.items() if document == said]
            return replace(change, version_id=same[-1]) if same and version_id not in same else change
        case _:
            return change


def _versions(facts: Facts, arn: str) -> Mapping[str, Document]:
    policy = facts.policies.get(arn)
    return {version.id: version.document for version in policy.versions} if policy else {}


def _why_bucket_unseen(expected: Facts, now: Facts) -> str | None:
    """Why nobody can say whether the bucket is as the run left it; None where that can be compared."""
    if now.bucket is None:
        return "it could not be looked at" if now.bucket_taken else None
    unread = set(now.bucket.unread) - set(expected.bucket.unread if expected.bucket else ())
    return f"its {', '.join(sorted(unread)).replace('_', ' ')} could not be read" if unread else None


def _kept(
    changes: Sequence[kinds.Change], ground: UndoGround, expected: Facts, *, bucket_unseen: str | None
) -> tuple[tuple[kinds.Change, ...], tuple[Problem, ...]]:
    """Those of `changes` that may be made, and a note for each that is left out because something else has come to need it."""
    reasons = _why_left(changes, ground, expected, bucket_unseen=bucket_unseen)
    kept = tuple(change for change, why in zip(changes, reasons, strict=True) if why is None)
    return kept, tuple(Problem("", Level.NOTE, why) for why in reasons if why is not None)


def now_needed(undo: RunState, ground: UndoGround) -> Mapping[str, str]:
    """Those steps of an interrupted `undo` that must not be made any more, each with its reason: others have come to need what it deletes."""
    expected = facts_after(undo.started.facts, undo.done_steps, undo.done)
    unseen = _why_bucket_unseen(expected, ground.facts)
    reasons = _why_left([step.change for step in undo.pending], ground, expected, bucket_unseen=unseen)
    return {step.id: why for step, why in zip(undo.pending, reasons, strict=True) if why is not None}


def _why_left(changes: Sequence[kinds.Change], ground: UndoGround, expected: Facts, *, bucket_unseen: str | None) -> tuple[str | None, ...]:
    """For each of `changes`: why it is left out, None where it may be made. `expected` is the account as it should be."""
    provider_drifted = bool(differences(expected, ground.facts, [PROVIDER]))
    wiring = WiringGround(changes, expected, ground.facts)
    trusting = still_trusting(changes, ground)
    detached = Counter(change.policy_arn for change in changes if isinstance(change, kinds.DetachPolicy))

    def why(change: kinds.Change) -> str | None:
        match change:
            case kinds.DeleteProvider() | kinds.RemoveAudience():
                return why_provider_left(change, trusting, ground.facts.provider, has_drifted=provider_drifted)
            case kinds.DeleteBucket(name=name) | kinds.EncryptBucket(name=name) if bucket_unseen:
                return f"The bucket {name} stays as it is: {bucket_unseen}, so nobody can say whether somebody has come to need it."
            case kinds.DeleteBucket(name=name):
                return why_bucket_left(name, is_empty=ground.bucket_is_empty)
            case kinds.CreateProvider(arn=arn) if ground.facts.provider is not None:
                return f"The OIDC provider {arn} is there again: it stays as it is."
            case kinds.DeletePolicy(arn=arn):
                return why_policy_left(arn, ground.facts.policies.get(arn), detached[arn])
            case (
                kinds.DeleteContext()
                | kinds.DeleteContextVariable()
                | kinds.AddRestriction()
                | kinds.RemoveRestriction()
                | kinds.CreateContext()
                | kinds.SetContextVariable()
            ):
                return wiring.why_left(change)
            case _:
                return _why_user_left(change, ground.facts) if isinstance(change, kinds.UserSetting) else None

    return tuple(why(change) for change in changes)


def why_provider_left(
    change: kinds.DeleteProvider | kinds.RemoveAudience, trusting: Sequence[TrustingRole], provider: Provider | None, *, has_drifted: bool
) -> str | None:
    """Why the provider, or an audience of it, stays; `trusting` are the roles that still name it then."""
    match change:
        case kinds.DeleteProvider(arn=arn):
            if provider is None:
                return f"The OIDC provider {arn} is gone already."
            if has_drifted:
                return f"The OIDC provider {arn} stays: somebody has changed it since."
            if trusting:
                return f"The OIDC provider {arn} stays: {_names(trusting)} trust it."
            return None
        case kinds.RemoveAudience(audience=audience):
            if provider is None or audience not in provider.client_ids:
                return f"The audience {audience} is gone already."
            users = [role for role in trusting if _may_need(role.trust, provider, audience)]
            return f"The audience {audience} stays: {_names(users)} may need it." if users else None


def why_bucket_left(name: str, *, is_empty: bool | None) -> str | None:
    """Why a bucket stays; None where it may go."""
    if is_empty is None:
        return f"The bucket {name} stays: whether it is empty could not be read."
    return None if is_empty else f"The bucket {name} stays: it is not empty, old versions included."


def why_policy_left(arn: str, policy: ManagedPolicy | None, detached: int) -> str | None:
    """Why a policy stays that is detached from so many: IAM would refuse to delete one that is attached, in the midst of a run."""
    others = policy.attachments - detached if policy else 0
    return f"The managed policy {arn} stays: it is attached to {others} more of the account." if others > 0 else None


def _may_need(trust: Document, provider: Provider, audience: str) -> bool:
    """Whether a token of `audience` may be let in by `trust`: also where it says nothing of audiences, or cannot be read."""
    try:
        statements = parse_policy(trust.text, what="the trust policy").statements
    except CiamError:
        return True
    key = f"{provider.url}:aud"
    context = {key.lower(): (audience,)}
    allowing = (statement for statement in statements if statement.effect == "Allow" and _lets_in(statement, provider.arn))
    return any(
        all(compile_condition(test, variables=True).holds(context) for test in statement.conditions if test[1].lower() == key.lower())
        for statement in allowing
    )


def _lets_in(statement: Statement, provider_arn: str) -> bool:
    return statement.principals is None or any(value in (provider_arn, "*") for _, value in statement.principals)


def still_trusting(changes: Sequence[kinds.Change], ground: UndoGround) -> tuple[TrustingRole, ...]:
    """The roles that will name the provider when `changes` are made: without those deleted, and with restored trusts as they become."""
    deleted = {change.name.lower() for change in changes if isinstance(change, kinds.DeleteRole)}
    restored = {change.role.lower(): change.document for change in changes if isinstance(change, kinds.SetTrust)}
    standing = (role for role in ground.trusting if role.name.lower() not in deleted)
    becoming = (replace(role, trust=restored.get(role.name.lower(), role.trust)) for role in standing)
    arn = ground.facts.provider.arn if ground.facts.provider else ""
    return tuple(role for role in becoming if arn in role.trust.canonical)


def _names(roles: Sequence[TrustingRole]) -> str:
    names = [role.name for role in roles[:3]]
    more = f" and {len(roles) - 3} more" if len(roles) > 3 else ""
    return ", ".join(names) + more


def use_notes(changes: Sequence[kinds.Change], facts: Facts) -> Iterable[Problem]:
    """What the confirmation must say of roles that go, and of versions that come back."""
    for change in changes:
        match change:
            case kinds.DeleteRole(name=name):
                role = facts.roles.get(name.lower())
                used = f"was last used at {role.last_used:%Y-%m-%d %H:%M} UTC" if role and role.last_used else "has no recorded use"
                text = f"The role {name} {used}; made anew it would have another RoleId, and policies that name the old id would not match."
                yield Problem("", Level.NOTE, text)
            case kinds.RestorePolicyVersion(arn=arn):
                yield Problem("", Level.NOTE, f"The deleted version of {arn} comes back under a new version id.")
            case _:
                continue


def _why_user_left(change: kinds.UserSetting, facts: Facts) -> str | None:
    """Why nothing is given back to a user that the run itself deleted: where somebody else did, that is told as a difference."""
    if change.user.lower() in facts.users:
        return None
    return f"The user {change.user} is gone, so this is not made: {title(change)}."


def _settings_note(run: RunState) -> Iterable[Problem]:
    """A run that went on with a bucket of an earlier one leaves there what cannot be told from what that one made."""
    changes = [step.change for step in run.done_steps]
    if any(isinstance(change, kinds.CreateBucket) for change in changes):
        return
    settings = kinds.BlockPublicAccess | kinds.EnforceOwnership | kinds.VersionBucket | kinds.SetBucketPolicy
    made = next((change for change in changes if isinstance(change, settings)), None)
    if made is not None:
        yield Problem("", Level.NOTE, f"The settings that the run made on the bucket {made.name} stay: the bucket is of an earlier run.")


def _unread_notes(facts: Facts) -> Iterable[Problem]:
    return (Problem("", Level.WARNING, sentence) for sentence in facts.unread)
