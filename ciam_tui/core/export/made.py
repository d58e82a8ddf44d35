"""What a Setup makes in an account that has nothing of it yet, piece by piece: the one value behind the exports that other tools apply.

It is the very plan for such an account, so that a script or a template can say nothing that `apply` would not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.facts import Facts, Identity
from ciam_tui.core.planning import make_plan
from ciam_tui.core.roles import wanted_roles

if TYPE_CHECKING:
    from ciam_tui.core.shape import SetupShape


@dataclass(frozen=True, slots=True)
class MadeRole:
    """A role, and what gives it its permissions: an inline policy or a managed one. `stage` is the stage's name."""

    stage: str
    role: kinds.CreateRole
    permissions: kinds.PutInlinePolicy | kinds.CreatePolicy


@dataclass(frozen=True, slots=True)
class MadeBucket:
    """A bucket, and the settings that it is given, in their order."""

    bucket: kinds.CreateBucket
    settings: tuple[kinds.BucketSetting, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """`bucket` is None where the Setup makes none."""

    bucket: MadeBucket | None
    provider: kinds.CreateProvider
    roles: tuple[MadeRole, ...]


def made_from_nothing(setup: SetupShape) -> Made:
    """What applying `setup` to an account without anything of it makes."""
    changes = [step.change for step in make_plan(setup, Facts(Identity(setup.account_id, "", setup.partition))).steps]
    buckets = [change for change in changes if isinstance(change, kinds.CreateBucket)]
    settings = tuple(change for change in changes if isinstance(change, kinds.BucketSetting))
    (provider,) = (change for change in changes if isinstance(change, kinds.CreateProvider))
    roles = [change for change in changes if isinstance(change, kinds.CreateRole)]
    inline = {change.role: change for change in changes if isinstance(change, kinds.PutInlinePolicy)}
    managed = {change.name: change for change in changes if isinstance(change, kinds.CreatePolicy)}
    stages = {wanted.name: wanted.stage for wanted in wanted_roles(setup)}
    return Made(
        bucket=MadeBucket(buckets[0], settings) if buckets else None,
        provider=provider,
        roles=tuple(MadeRole(stages[role.name], role, inline.get(role.name) or managed[role.name]) for role in roles),
    )
