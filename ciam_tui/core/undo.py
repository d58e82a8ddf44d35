"""How a run is taken back: its inverse as a plan of its own, made only where the account is still as the run left it.

What somebody has changed since is never undone over their head; what others have come to need (a provider that other roles name, a bucket
with objects in it) is kept, and told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.changes.inverse import inverse
from ciam_tui.core.changes.subjects import PROVIDER, subjects
from ciam_tui.core.compare import differences
from ciam_tui.core.plan import Plan, make_steps
from ciam_tui.core.problems import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ciam_tui.core.facts import Facts, TrustingRole
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
    changes, notes = _kept(_inverses(run), ground, provider_drifted=bool(differences(expected, ground.facts, [PROVIDER])))
    touched = {subject for step in run.done_steps for subject in subjects(step.change)} - {PROVIDER}
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
        problems=(*drifted, *_open_ends(run), *notes, *_use_notes(changes, ground.facts)),
    )


def _open_ends(run: RunState) -> Iterable[Problem]:
    for step in run.unknown:
        title = next(each.title for each in run.started.steps if each.id == step)
        yield Problem(
            "", Level.ERROR, f"Nobody can say yet whether this was done: {title}.", f"Run `ciam-tui resume {run.started.run_id}`."
        )


def _inverses(run: RunState) -> tuple[kinds.Change, ...]:
    """The inverse of every done step, last first, each told from the facts before that very step."""
    facts, backwards = run.started.facts, []
    for step in run.done_steps:
        ids = run.done[step.id]
        backwards.append(inverse(step.change, facts, ids))
        facts = effect(facts, step.change, ids)
    return tuple(change for changes in reversed(backwards) for change in changes)


def _kept(
    changes: Sequence[kinds.Change], ground: UndoGround, *, provider_drifted: bool
) -> tuple[tuple[kinds.Change, ...], tuple[Problem, ...]]:
    """Those of `changes` that may be made, and a note for each that is left out because something else has come to need it."""
    kept: list[kinds.Change] = []
    notes: list[Problem] = []
    for change in changes:
        why = _why_left(change, _still_trusting(changes, ground), ground, provider_drifted=provider_drifted)
        if why is None:
            kept.append(change)
        else:
            notes.append(Problem("", Level.NOTE, why))
    return tuple(kept), tuple(notes)


def _why_left(change: kinds.Change, trusting: Sequence[TrustingRole], ground: UndoGround, *, provider_drifted: bool) -> str | None:
    match change:
        case kinds.DeleteProvider(arn=arn):
            if ground.facts.provider is None:
                return f"The OIDC provider {arn} is gone already."
            if provider_drifted:
                return f"The OIDC provider {arn} stays: somebody has changed it since."
            if trusting:
                return f"The OIDC provider {arn} stays: {_names(trusting)} trust it."
            return None
        case kinds.RemoveAudience(audience=audience):
            users = [role for role in trusting if f'"{audience}"' in role.trust.canonical]
            if ground.facts.provider is None or audience not in ground.facts.provider.client_ids:
                return f"The audience {audience} is gone already."
            return f"The audience {audience} stays: {_names(users)} ask for it." if users else None
        case kinds.DeleteBucket(name=name):
            if ground.bucket_is_empty is None:
                return f"The bucket {name} stays: whether it is empty could not be read."
            return None if ground.bucket_is_empty else f"The bucket {name} stays: it is not empty, old versions included."
        case _:
            return None


def _still_trusting(changes: Sequence[kinds.Change], ground: UndoGround) -> tuple[TrustingRole, ...]:
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


def _use_notes(changes: Sequence[kinds.Change], facts: Facts) -> Iterable[Problem]:
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
