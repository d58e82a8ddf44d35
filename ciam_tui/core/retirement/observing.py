"""What a look at the world adds to a retirement's memory: what moved a stage, and what stopped a clock.

A clock starts when it is first seen that it may, never earlier: what happened while nobody looked does not count as quiet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.retirement.events import Ended, Event, QuietBroken, QuietStarted, RoleSeen, StageFound
from ciam_tui.core.retirement.judges import stop_of
from ciam_tui.core.retirement.migration import after
from ciam_tui.core.retirement.stages import Stage, before
from ciam_tui.core.retirement.standing import Case
from ciam_tui.core.retirement.standings import of_key, standings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ciam_tui.core.retirement.ground import Ground
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.standing import Standing


def observed(migration: Migration, ground: Ground, now: datetime) -> tuple[Event, ...]:
    """The events that a look at `ground` at `now` adds to `migration`."""
    if not migration.is_active:
        return ()
    events: list[Event] = [*_roles_seen(migration, ground, now), *_broken(migration, ground, now)]
    seen = after(migration, events)
    found = standings(seen, ground, now)
    if stop_of(Case(seen, ground, now)) is None:  # what is found about a user that somebody changed or deleted is nothing to go by
        events += _found(seen, found, now)
        events += _started(seen, found, ground, now)
    if all(each.is_done for each in found):
        events.append(Ended(now, "finished"))
    return tuple(events)


def _roles_seen(migration: Migration, ground: Ground, now: datetime) -> Iterator[Event]:
    for use in ground.role_uses or ():
        if use.role not in migration.roles_seen and use.last_used is not None and use.last_used >= migration.watched_since:
            yield RoleSeen(use.role, now, use.last_used, use.region, use.callers)


def _broken(migration: Migration, ground: Ground, now: datetime) -> Iterator[Event]:
    keys = {key.key_id: key for key in (ground.user.keys if ground.user else None) or ()}
    for key_id, start in migration.quiet.items():
        use, key = ground.last_use(key_id), keys.get(key_id)
        if use is not None and use.at > start:
            yield QuietBroken(key_id, now, use.at, use.where)
        elif key is not None and key.is_active and not migration.key_is_kept:
            yield QuietBroken(key_id, now)


def _found(migration: Migration, found: tuple[Standing, ...], now: datetime) -> Iterator[Event]:
    """Stages that are done, and those before them too, for the first time."""
    judged = {each.stage: each for each in found}
    for standing in found:
        for part in standing.parts or (standing,):
            is_new = part.is_done and (part.stage, part.key) not in migration.found
            if is_new and _is_reached(part, judged, migration):
                by_others = part.stage.about.acts and not migration.runs_of(part.stage, part.key)
                yield StageFound(part.stage, now, part.key, by_others=by_others)


def _started(migration: Migration, found: tuple[Standing, ...], ground: Ground, now: datetime) -> Iterator[Event]:
    judged = {each.stage: each for each in found}
    present = {key.key_id for key in (ground.user.keys if ground.user else None) or ()}
    for part in judged[Stage.QUIET].parts:
        may_start = part.key in present and part.key not in migration.quiet and migration.break_is_over(part.key)
        if may_start and not part.is_done and _is_reached(part, judged, migration):
            yield QuietStarted(part.key, now)


def _is_reached(part: Standing, judged: Mapping[Stage, Standing], migration: Migration) -> bool:
    """Whether all before it is done."""
    ahead = (judged[stage] for stage in before(part.stage, key_is_kept=migration.key_is_kept))
    return all(of_key(each, part.key).is_done for each in ahead)
