"""One stage at a time: prepared from a fresh look, shown, carried out as a run under the retirement's lock, and seen done by reading again.

The event that a stage is about to run is on the disk before the run begins, so that whatever stops it, a later look finds the run and goes on
with it. Nothing is done that the look just before it does not allow.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.changes import kinds
from ciam_tui.core.evidence.report import lines_of_evidence
from ciam_tui.core.journal import fold as fold_run
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.acts import changes_of, keys_ready, reactivation
from ciam_tui.core.retirement.changed import unread_of_user
from ciam_tui.core.retirement.events import BackedUp, MigrationStarted, StageRun, StageTakenBack
from ciam_tui.core.retirement.migration import after, fold
from ciam_tui.core.retirement.observing import observed
from ciam_tui.core.retirement.report import Report
from ciam_tui.core.retirement.stages import QUIET_DAYS, Stage
from ciam_tui.core.retirement.standings import of_key
from ciam_tui.core.setup import to_json
from ciam_tui.core.users.backup import backup_of
from ciam_tui.retiring.beside import evidence_for
from ciam_tui.retiring.ground import read_ground, setup_of
from ciam_tui.retiring.past import past
from ciam_tui.runs import apply_changes, apply_plan, apply_undo, changes_plan, history, look_up, new_run_id, plan_for, resume, undo_plan
from ciam_tui.surveys.users import policies_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.apply import Ports, Waiting
    from ciam_tui.core.journal import Entry, RunState
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.retirement.events import Event
    from ciam_tui.core.retirement.ground import Ground
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.standing import Standing
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.users.facts import User
    from ciam_tui.ports.api import Migrations
    from ciam_tui.retiring.look import Look


@dataclass(frozen=True, slots=True)
class Desk:
    """What a retirement is driven with."""

    ports: Ports
    migrations: Migrations
    look: Look

    @property
    def operator(self) -> str:
        """Who does it, as AWS sees them."""
        return self.ports.aws.identity().arn

    def backup(self, user: User) -> Mapping[str, Any]:
        """All that defines `user`, without secrets."""
        groups, policies = policies_of(self.ports.aws, user, self.look.tell)
        return backup_of(user, groups, policies.documents, at=self.ports.clock.now())

    def keep(self, migration: Migration, *events: Event) -> Migration:
        """`migration` after `events`, once they are on the disk."""
        for event in events:
            self.migrations.append(migration.id, event)
        return after(migration, events)

    def again(self, migration: Migration) -> Migration:
        """`migration` as it is kept now: another process may have gone on with it."""
        return fold(self.migrations.events(migration.id))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stage that is about to be done, or (`is_back`) taken back: the plan that is shown, and the run that will carry it out.

    `resumes` says that the run exists and was interrupted; it has no plan then. `undoes` is the run that is taken back, `ground` what was read.
    """

    migration: Migration
    stage: Stage
    run_id: str
    plan: Plan | None
    keys: tuple[str, ...] = ()
    changes: tuple[kinds.Change, ...] = ()
    places: tuple[str, ...] = ()
    resumes: bool = False
    is_back: bool = False
    undoes: RunState | None = None
    ground: Ground | None = None

    @property
    def known(self) -> Ground | None:
        """What of the look that this was prepared from may still be gone by: nothing, where the stage is about CircleCI's variables."""
        return None if self.stage is Stage.VARIABLES else self.ground


def begin(desk: Desk, user_name: str, setup: Setup, *, quiet_days: int = QUIET_DAYS) -> Migration:
    """Begin the retirement of a user; nothing is changed by that but the state directory.

    Raises:
        CiamError: `user-unknown`, `user-unread`, `migration-active`, `migration-running`; `wrong-account`; and as any read.
    """
    identity = desk.ports.aws.identity()
    if identity.account_id != setup.account_id:
        message = f"The Setup is for account {setup.account_id}, and these credentials open {identity.account_id}."
        raise CiamError("wrong-account", "The migration was not begun", message, ["Choose the profile of the Setup's account."])
    user = desk.ports.aws.user(user_name)
    if user is None:
        raise CiamError(
            "user-unknown", "The migration was not begun", f"There is no user {user_name!a}.", ["`ciam-tui migrate` lists them."]
        )
    if user.keys is None:
        message = f"The access keys of {user.name} could not be read."
        raise CiamError("user-unread", "The migration was not begun", message, ["It needs iam:ListAccessKeys."])
    now = desk.ports.clock.now()
    with desk.migrations.lock(identity.account_id, user.name):
        active = past(desk.migrations).of(identity.account_id, user.name)
        if active is not None and active.is_active:
            message = f"One of {user.name} is under way since {active.started.at:%Y-%m-%d} ({active.id})."
            raise CiamError("migration-active", "The migration was not begun", message, ["Go on with that one, or end it with --end."])
        started = MigrationStarted(
            migration_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
            at=now,
            by=identity.arn,
            account_id=identity.account_id,
            user=user,
            setup=json.loads(to_json(setup)),
            backup=desk.backup(user),
            evidence=lines_of_evidence(evidence_for(user, desk.ports, desk.look)),
            quiet_days=quiet_days,
        )
        desk.migrations.create(started.migration_id)
        desk.migrations.append(started.migration_id, started)
    return fold((started,))


def looked(desk: Desk, migration: Migration) -> Report:
    """Where the retirement stands, from a fresh look, of which nothing is kept."""
    migration = desk.again(migration)
    ground = read_ground(migration, desk.ports, desk.look)
    now = desk.ports.clock.now()
    return Report(after(migration, observed(migration, ground, now)), ground, now)


def noted(desk: Desk, migration: Migration, *decided: Event, known: Ground | None = None) -> Report:
    """The same, kept; after `decided`, which somebody has just decided. `known` as for `read_ground`.

    Raises:
        CiamError: `migration-running`, where another process is at it; and as any read.
    """
    with desk.migrations.lock(migration.started.account_id, migration.user_name):
        return _noted(desk, desk.keep(desk.again(migration), *decided), known)


def _noted(desk: Desk, migration: Migration, known: Ground | None = None) -> Report:
    ground = read_ground(migration, desk.ports, desk.look, known)
    now = desk.ports.clock.now()
    return Report(desk.keep(migration, *observed(migration, ground, now)), ground, now)


def next_to_do(report: Report) -> Standing | None:
    """The first stage that is done by doing something, and may be done now; None where all is done, waits or is blocked."""
    return next((each for each in report.standings if each.can_begin and not each.handed_to), None)


def prepared(desk: Desk, report: Report, stage: Stage, *, keys: Sequence[str] = (), places: Sequence[str] = ()) -> Prepared:
    """What doing `stage` means now, as a plan to be shown. Nothing is kept or changed.

    Raises:
        CiamError: `stage-not-ready`, with what is in the way; `key-unknown`, `place-unknown`; and as any read.
    """
    migration, ports = report.migration, desk.ports
    run_id = new_run_id(ports.clock)
    standing = next(each for each in report.standings if each.stage is stage)
    if not standing.can_begin:
        raise CiamError("stage-not-ready", f"Stage {stage.number}, {stage}, cannot be done now", standing.why, standing.todo)
    unfinished = (run for run in migration.runs_of(stage) if report.ground.runs.get(run.run_id) == "unfinished")
    # What a run was begun with may no longer be so for each of its keys: then those that are ready get a run of their own.
    interrupted = [run for run in unfinished if all(_may_go_on(of_key(standing, key)) for key in run.keys)]
    if interrupted:
        last = interrupted[-1]
        return Prepared(migration, stage, last.run_id, None, last.keys, resumes=True, ground=report.ground)
    if stage in (Stage.ROLES, Stage.WIRING):
        plan = plan_for(setup_of(migration), ports, wire=stage is Stage.WIRING)
        return Prepared(migration, stage, run_id, plan, ground=report.ground)
    with_backup = after(migration, [_backup(desk, report.ground)]) if stage is Stage.DELETE_USER else migration
    changes = changes_of(stage, with_backup, report.ground, report.now, keys=keys, places=places)
    done_for = tuple(keys) or keys_ready(migration, report.ground, report.now, stage)
    return Prepared(migration, stage, run_id, _plan_of(changes, migration, ports), done_for, changes, tuple(places), ground=report.ground)


def _may_go_on(part: Standing) -> bool:
    return part.is_done or part.can_begin


def _plan_of(changes: Sequence[kinds.Change], migration: Migration, ports: Ports) -> Plan:
    return changes_plan(changes, setup_of(migration), ports)


def carried_out(desk: Desk, what: Prepared, should_stop: Callable[[], bool]) -> Iterator[Entry | Waiting]:
    """Do what was prepared and shown, if a look just before still allows the very same.

    Raises:
        CiamError: `migration-running`; `plan-stale`, where the stage is another thing by now; and as `runs.apply_plan`.
    """
    migration = what.migration
    with desk.migrations.lock(migration.started.account_id, migration.user_name):
        if what.is_back:
            yield from _taken_back(desk, desk.again(migration), what, should_stop)
            return
        report = _noted(desk, desk.again(migration), what.known)
        fresh = prepared(desk, report, what.stage, keys=what.keys if what.stage.about.each_key else (), places=what.places)
        if (fresh.changes, fresh.resumes) != (what.changes, what.resumes) or (what.resumes and fresh.run_id != what.run_id):
            raise CiamError("plan-stale", "Nothing was done", "The stage is another thing now than was shown.", ["Look at it again."])
        migration = report.migration
        if what.resumes:
            yield from resume(what.run_id, desk.ports, is_judged=True, should_stop=should_stop)
            return
        if what.stage is Stage.DELETE_USER:
            migration = desk.keep(migration, _backup(desk, report.ground))
        desk.keep(migration, StageRun(what.stage, what.run_id, desk.ports.clock.now(), desk.operator, what.keys))
        yield from _run(desk, migration, what, should_stop)


def _run(desk: Desk, migration: Migration, what: Prepared, should_stop: Callable[[], bool]) -> Iterator[Entry | Waiting]:
    ports = desk.ports
    if what.plan is None:
        return
    if what.stage in (Stage.ROLES, Stage.WIRING):
        wire = what.stage is Stage.WIRING
        yield from apply_plan(what.plan, setup_of(migration), ports, run_id=what.run_id, wire=wire, should_stop=should_stop)
    else:
        yield from _changed(what, migration, ports, should_stop)


def _changed(what: Prepared, migration: Migration, ports: Ports, should_stop: Callable[[], bool]) -> Iterator[Entry | Waiting]:
    yield from apply_changes(
        what.changes,
        setup_of(migration),
        ports,
        run_id=what.run_id,
        shown=what.plan,
        migration=migration.id,
        stage=what.stage,
        should_stop=should_stop,
    )


# --- the way back -----------------------------------------------------------------------------------------------------------------------


def prepared_back(desk: Desk, report: Report) -> Prepared:
    """What takes the last stage back, as a plan to be shown: a key is made active again, contexts and roles are undone.

    Raises:
        CiamError: `nothing-to-take-back`; `for-good`, where the last stage deleted something; and as any read.
    """
    migration, ports = report.migration, desk.ports
    found = history(ports.journals)
    known = {run.started.run_id: run for run in found.runs}
    mine = [run for run in migration.runs if run.run_id in known and found.state(known[run.run_id]) != "undone" and known[run.run_id].done]
    last = mine[-1] if mine else None
    inactive = reactivation(migration, report.ground)
    if inactive and (last is None or last.stage in (Stage.VARIABLES, Stage.DELETE_KEY)):
        return _by_hand(desk, migration, inactive)
    if last is None:
        raise CiamError(
            "nothing-to-take-back", "Nothing was taken back", "No stage was done from here.", ["`ciam-tui runs` lists all runs."]
        )
    if last.stage.about.is_for_good:
        raise _for_good(last.stage)
    undo = found.undo_of(known[last.run_id])
    if undo is not None and undo.pending:
        return Prepared(migration, last.stage, undo.started.run_id, None, last.keys, resumes=True, is_back=True, undoes=known[last.run_id])
    run = look_up(last.run_id, ports)
    plan = undo_plan(run, ports)
    if last.stage is Stage.DEACTIVATE and inactive and not (plan.applyable and plan.steps):
        return _by_hand(
            desk, migration, inactive
        )  # one of its keys is gone, or somebody changed the user: the others can still be made active
    return Prepared(migration, last.stage, new_run_id(ports.clock), plan, last.keys, is_back=True, undoes=run)


def _by_hand(desk: Desk, migration: Migration, changes: tuple[kinds.Change, ...]) -> Prepared:
    keys = tuple(change.key_id for change in changes if isinstance(change, kinds.SetKeyStatus))
    plan = _plan_of(changes, migration, desk.ports)
    return Prepared(migration, Stage.DEACTIVATE, new_run_id(desk.ports.clock), plan, keys, changes, is_back=True)


def _for_good(stage: Stage) -> CiamError:
    why = {
        Stage.VARIABLES: "CircleCI never gives a variable's value back. The key itself is as it was: whoever has its secret can set it again.",
        Stage.DELETE_KEY: "AWS gives no deleted key back.",
    }.get(stage, "A deleted user does not come back; the backup says what it was.")
    return CiamError("for-good", f"Stage {stage.number}, {stage}, cannot be taken back", why, ["`--backup FILE` writes the backup."])


def _taken_back(desk: Desk, migration: Migration, what: Prepared, should_stop: Callable[[], bool]) -> Iterator[Entry | Waiting]:
    ports = desk.ports
    if what.resumes:
        yield from resume(what.run_id, ports, is_judged=True, should_stop=should_stop)
    elif what.plan is None:
        return
    elif what.undoes is not None:
        yield from apply_undo(what.plan, what.undoes, ports, run_id=what.run_id, should_stop=should_stop)
    else:
        yield from _changed(what, migration, ports, should_stop)
    if fold_run(ports.journals.open(what.run_id).entries()).pending:
        return  # it failed or was stopped half way: the stage is not taken back before the rest is
    undone = what.undoes.started.run_id if what.undoes is not None else ""
    desk.keep(migration, StageTakenBack(what.stage, what.run_id, ports.clock.now(), desk.operator, undone, what.keys))


# --- the backup -------------------------------------------------------------------------------------------------------------------------


def keep_backup(desk: Desk, report: Report) -> None:
    """Keep a backup of the user as it is, before somebody else is given the commands that delete it.

    Raises:
        CiamError: `no-backup`; `migration-running`.
    """
    migration = report.migration
    backup = _backup(desk, report.ground)
    with desk.migrations.lock(migration.started.account_id, migration.user_name):
        desk.keep(desk.again(migration), backup)


def _backup(desk: Desk, ground: Ground) -> BackedUp:
    """The backup of the user as it is.

    Raises:
        CiamError: `no-backup`, where something of the user could not be read.
    """
    user = ground.user
    if user is None or unread_of_user(user):
        why = unread_of_user(user)[0] if user is not None else "There is no such user any more."
        raise CiamError("no-backup", "The user was not deleted", f"It cannot be backed up whole. {why}", ["Get the permission to read it."])
    return BackedUp(user, desk.backup(user), desk.ports.clock.now(), desk.operator)
