"""The fold of a retirement's events: what was decided, what was seen, and which runs did what."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, assert_never

from ciam_tui.core.retirement.events import (
    Accepted,
    BackedUp,
    BaselineTaken,
    Ended,
    Event,
    HandedOff,
    KeyKept,
    MigrationStarted,
    QuietBroken,
    QuietDaysChosen,
    QuietStarted,
    RoleSeen,
    StageFound,
    StageRun,
    StageTakenBack,
    unreadable,
)
from ciam_tui.core.retirement.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.users.facts import User

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

# What `--accept` calls whatever somebody changed about the user: a new baseline is taken then.
CHANGES = "changes"
_BEFORE_USE = (Stage.ROLES, Stage.WIRING)


@dataclass(frozen=True, slots=True)
class Migration:
    """The retirement of one user, as its events tell it.

    `baseline` is the user as it is compared with. `runs` are those that were not taken back, oldest first. `quiet` has the start of each clock
    that runs, `broken` why another stopped. `found` names stages that were once seen done, with the key where it goes key by key.
    """

    started: MigrationStarted
    baseline: User
    last_at: datetime
    runs: tuple[StageRun, ...] = ()
    roles_seen: Mapping[str, RoleSeen] = field(default_factory=dict)
    quiet: Mapping[str, datetime] = field(default_factory=dict)
    broken: Mapping[str, QuietBroken] = field(default_factory=dict)
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    found: Mapping[tuple[Stage, str], StageFound] = field(default_factory=dict)
    handed_off: Mapping[Stage, HandedOff] = field(default_factory=dict)
    key_is_kept: bool = False
    quiet_days: int = 14
    backup: BackedUp | None = None
    ended: Ended | None = None

    @property
    def id(self) -> str:
        """The name of the migration."""
        return self.started.migration_id

    @property
    def user_name(self) -> str:
        """Whose keys go."""
        return self.started.user.name

    @property
    def is_active(self) -> bool:
        """Whether it is under way."""
        return self.ended is None

    def runs_of(self, stage: Stage, key: str = "") -> tuple[StageRun, ...]:
        """The runs that were to do `stage`, for `key` where one is named."""
        return tuple(run for run in self.runs if run.stage is stage and (not key or key in run.keys))

    @property
    def watched_since(self) -> datetime:
        """From when on a use of the roles counts: not before they were last applied, and CircleCI was wired, where that was done from here."""
        return max([*(run.at for run in self.runs if run.stage in _BEFORE_USE), self.started.at])

    def has_accepted(self, *items: str) -> bool:
        """Whether somebody has accepted one of `items`, in any case."""
        return any(item.lower() in self.accepted for item in items)

    def break_is_over(self, key: str) -> bool:
        """Whether somebody has dealt with what stopped the clock of `key`, so that it may start anew."""
        broken = self.broken.get(key)
        if broken is None or broken.used_at is None:
            return True
        seen = self.accepted.get(use_item(key).lower())
        return (seen is not None and seen.at >= broken.at) or any(run.at >= broken.at for run in self.runs_of(Stage.DEACTIVATE, key))


def use_item(key: str) -> str:
    """What `--accept` calls the use of a key in its quiet period."""
    return f"use-of-{key}"


def fold(events: Sequence[Event]) -> Migration:
    """The migration that `events` tell.

    Raises:
        CiamError: `migration-unreadable`, when the first does not start one, or a later one starts another.
    """
    if not events or not isinstance(events[0], MigrationStarted):
        raise unreadable("It does not begin with the start of a migration.")
    started = events[0]
    migration = Migration(started, started.user, started.at, quiet_days=started.quiet_days)
    return after(migration, events[1:])


def after(migration: Migration, events: Iterable[Event]) -> Migration:
    """`migration` once `events` have happened too.

    Raises:
        CiamError: `migration-unreadable`, when one of them starts another.
    """
    for event in events:
        migration = replace(_after(migration, event), last_at=event.at)
    return migration


def _after(migration: Migration, event: Event) -> Migration:
    match event:
        case MigrationStarted():
            raise unreadable("It holds the start of a second migration.")
        case StageRun():
            return replace(
                migration,
                runs=(*migration.runs, event),
                handed_off=_without(migration.handed_off, [event.stage]),
                # What was seen of the roles as they were says nothing of those that are made, or wired, now.
                roles_seen={} if event.stage in _BEFORE_USE else migration.roles_seen,
            )
        case StageTakenBack():
            return _taken_back(migration, event)
        case StageFound(stage=stage, key=key):
            return replace(
                migration,
                found={**migration.found, (stage, key): event},
                handed_off=migration.handed_off if stage.about.each_key else _without(migration.handed_off, [stage]),
            )
        case RoleSeen(role=role):
            return replace(migration, roles_seen={**migration.roles_seen, role: event})
        case QuietStarted(key=key, at=at):
            return replace(migration, quiet={**migration.quiet, key: at}, broken=_without(migration.broken, [key]))
        case QuietBroken(key=key):
            return replace(migration, quiet=_without(migration.quiet, [key]), broken={**migration.broken, key: event})
        case Accepted(item=item):
            return replace(migration, accepted={**migration.accepted, item.lower(): event})
        case KeyKept(kept=kept):
            # What a clock counts is another thing then: it starts anew.
            return replace(migration, key_is_kept=kept, quiet={} if kept != migration.key_is_kept else migration.quiet)
        case QuietDaysChosen(days=days):
            return replace(migration, quiet_days=max(1, days))
        case BaselineTaken(user=user):
            return _with_baseline(migration, user)
        case BackedUp():
            return replace(migration, backup=event)
        case HandedOff(stage=stage):
            return replace(migration, handed_off={**migration.handed_off, stage: event})
        case Ended():
            return replace(migration, ended=event)
        case _:
            assert_never(event)


def _with_baseline(migration: Migration, user: User) -> Migration:
    """Where nobody has looked in CircleCI for a key that is new, what was seen of the others says nothing of it."""
    known = {key.key_id for key in migration.baseline.keys or ()}
    is_more = any(key.key_id not in known for key in user.keys or ())
    found = _without(migration.found, [(Stage.VARIABLES, "")]) if is_more else migration.found
    return replace(migration, baseline=user, found=found)


def _taken_back(migration: Migration, event: StageTakenBack) -> Migration:
    """The stage is open again, and with it all that was seen done after it; a clock that its keys had is no longer running."""
    reopened = {
        (stage, key) for stage, key in migration.found if stage.number >= event.stage.number and (not event.keys or key in event.keys)
    }
    return replace(
        migration,
        runs=tuple(run for run in migration.runs if run.run_id != event.run_id),
        found={place: found for place, found in migration.found.items() if place not in reopened},
        quiet=_without(migration.quiet, event.keys or migration.quiet),
        roles_seen={} if event.stage in _BEFORE_USE else migration.roles_seen,
        handed_off=_without(migration.handed_off, [event.stage]),
    )


def _without(mapping: Mapping[_Key, _Value], keys: Iterable[_Key]) -> dict[_Key, _Value]:
    gone = set(keys)
    return {key: value for key, value in mapping.items() if key not in gone}
