"""The changes by which a stage is done and taken back, as values: what is shown, handed off and sent comes from here alone.

The first two stages have no changes of their own: they are the plan of the Setup. Those that delete for good check their ground themselves once
more, whoever asks: no standing that somebody computed elsewhere is leave to delete a key in use, or a user without a backup.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.changes import kinds
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standings import standings
from ciam_tui.core.users.removal import removal_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.retirement.ground import Ground, HeldVariables
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.users.facts import User


def keys_ready(migration: Migration, ground: Ground, now: datetime, stage: Stage) -> tuple[str, ...]:
    """The keys for which `stage` may be done now; empty for a stage that does not go key by key."""
    standing = next(each for each in standings(migration, ground, now) if each.stage is stage)
    return tuple(part.key for part in standing.parts if part.can_begin)


def changes_of(
    stage: Stage,
    migration: Migration,
    ground: Ground,
    now: datetime,
    *,
    keys: Sequence[str] = (),
    places: Sequence[str] = (),
) -> tuple[kinds.Change, ...]:
    """What does `stage`, for those `keys` (by default all that are ready) or in those `places` of CircleCI (by default all).

    Raises:
        CiamError: `stage-not-ready`, `no-backup`, and `key-unknown` or `place-unknown` for what is named and not there.
    """
    standing = next(each for each in standings(migration, ground, now) if each.stage is stage)
    if not standing.can_begin:
        raise CiamError("stage-not-ready", f"Stage {stage.number}, {stage}, cannot be done now", standing.why, standing.todo)
    match stage:
        case Stage.ROLES | Stage.WIRING | Stage.ROLE_IN_USE | Stage.QUIET:
            return ()
        case Stage.VARIABLES:
            return tuple(_cleared(_chosen(ground.held or (), places)))
        case Stage.DEACTIVATE:
            return tuple(kinds.SetKeyStatus(migration.user_name, key, active=False) for key in _ready(migration, ground, now, stage, keys))
        case Stage.DELETE_KEY:
            return tuple(kinds.DeleteAccessKey(migration.user_name, key) for key in _ready(migration, ground, now, stage, keys))
        case Stage.DELETE_USER:
            if ground.user is None or migration.backup is None or not _is_of(migration.backup.user, ground.user):
                raise CiamError(
                    "no-backup", "The user was not deleted", "There is no backup of it as it is now.", ["Look again, and try again."]
                )
            return removal_changes(ground.user)
        case _:
            assert_never(stage)


def reactivation(migration: Migration, ground: Ground, keys: Sequence[str] = ()) -> tuple[kinds.Change, ...]:
    """What makes inactive keys active again, where no run of ours made them inactive; by default all that the retirement is about."""
    own = {key.key_id for key in migration.baseline.keys or ()}
    found = (ground.user.keys if ground.user else None) or ()
    return tuple(
        kinds.SetKeyStatus(migration.user_name, key.key_id, active=True)
        for key in found
        if key.status == "Inactive" and key.key_id in own and (not keys or key.key_id in keys)
    )


def _ready(migration: Migration, ground: Ground, now: datetime, stage: Stage, keys: Sequence[str]) -> tuple[str, ...]:
    ready = keys_ready(migration, ground, now, stage)
    strange = [key for key in keys if key not in ready]
    if strange:
        message = f"{strange[0]} is no key of this user for which the stage can be done now."
        raise CiamError("key-unknown", f"Stage {stage.number}, {stage}, cannot be done", message, [f"Ready: {', '.join(ready)}."])
    return tuple(key for key in ready if not keys or key in keys)


def _chosen(held: Sequence[HeldVariables], places: Sequence[str]) -> tuple[HeldVariables, ...]:
    own = tuple(each for each in held if each.keys and not each.is_foreign)
    known = {each.place for each in own}
    strange = [place for place in places if place not in known]
    if strange:
        message = f"{strange[0]!a} holds no key of this user."
        raise CiamError("place-unknown", "Nothing was deleted", message, [f"The places are: {', '.join(sorted(known))}."])
    return tuple(each for each in own if not places or each.place in places)


def _cleared(held: Sequence[HeldVariables]) -> Iterator[kinds.Change]:
    """The key's id goes last in each place: as long as it is there, the place is still known to hold the key."""
    for each in held:
        for name, ends in sorted(each.names, key=lambda pair: pair[0] == each.variable):
            if each.kind == "context":
                yield kinds.DeleteContextVariable(each.name, name, ends=ends or None)
            else:
                yield kinds.DeleteProjectVariable(each.slug, name, ends=ends or None)


def _is_of(backed_up: User, user: User) -> bool:
    """Whether the backup is of the user as it is, apart from what reading alone changes."""
    return _still(backed_up) == _still(user)


def _still(user: User) -> User:
    keys = None if user.keys is None else tuple(replace(key, last_use=None) for key in user.keys)
    return replace(user, keys=keys)
