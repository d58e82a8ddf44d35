"""One judge a stage: what makes it done, what it waits for, and what stands in its way.

Each judges its own stage alone, as if all before it were done; what comes first is the business of `standings`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ciam_tui.core.retirement.changed import changes_of_user, unread_of_user
from ciam_tui.core.retirement.migration import CHANGES, use_item
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import Standing, State
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.retirement.ground import Ground, HeldVariables, Obstacle, Planned, RoleUse
    from ciam_tui.core.retirement.standing import Case
    from ciam_tui.core.users.facts import AccessKey, User

WIRED_BY_HAND = "wiring"
_ASK_CIRCLECI = "CircleCI was not asked: give --circleci, with the token in CIRCLE_TOKEN."


def stop_of(case: Case) -> Standing | None:
    """What stops every stage that is not done, whichever it is; None where nothing does."""
    user, then = case.ground.user, case.migration.started.user
    if case.migration.ended is not None and case.migration.ended.why == "given-up":
        return _stop("This migration was ended before it was done.", "Start it anew.")
    if user is None and _user_went_its_way(case):
        return None
    if user is None:
        return _stop(
            f"The user {then.name} is gone: somebody has deleted it, with its keys.", "Look who still used it; then --end closes this."
        )
    if user.user_id != then.user_id:
        return _stop(
            f"This is another user of the same name: its id is {user.user_id}, and was {then.user_id}.",
            "End this with --end, and start anew.",
        )
    changes = changes_of_user(case.migration, user)
    if changes and not _is_being_deleted(case):
        todo = f"Look who changed it. --accept {CHANGES} goes on with the user as it is now."
        return _stop(f"Somebody has changed the user: {'; '.join(changes)}.", todo, items=(CHANGES,))
    return None


def _is_being_deleted(case: Case) -> bool:
    """Whether a run of ours has taken the user apart half way: what it has left to do, it holds against what it found itself."""
    return any(case.ground.runs.get(run.run_id) == "unfinished" for run in case.migration.runs_of(Stage.DELETE_USER))


def _user_went_its_way(case: Case) -> bool:
    """Whether the user is gone as the last stage has it: by a run of ours, or after all its keys were seen deleted."""
    if case.migration.runs_of(Stage.DELETE_USER):
        return True
    return all((Stage.DELETE_KEY, key) in case.migration.found for key in case.keys)


def _stop(why: str, *todo: str, items: tuple[str, ...] = ()) -> Standing:
    return Standing(Stage.ROLES, State.BLOCKED, why, todo=todo, items=items)


def _roles(case: Case) -> Standing:
    return _planned(Stage.ROLES, case.ground.roles, case.ground.why_unread("roles"), "The account has every role as the Setup wants it.")


def _wiring(case: Case) -> Standing:
    stage = Stage.WIRING
    if case.migration.has_accepted(WIRED_BY_HAND):
        return Standing(stage, State.DONE, "Accepted: the jobs get at their roles in another way.")
    if case.ground.wiring is None:
        uses = case.ground.role_uses
        if uses and all(_seen(use, case) for use in uses):
            return Standing(stage, State.DONE, "Every role is taken, so that the jobs know them.", evidence=_told(uses, case))
        if (seen := _seen_done(stage, case)) is not None:
            return seen
        reasons = case.ground.why_unread("wiring") or (_ASK_CIRCLECI,)
        own_way = f"--accept {WIRED_BY_HAND}, where the jobs know their roles from their configuration."
        return Standing(stage, State.UNKNOWN, reasons[0], evidence=tuple(reasons[1:]), todo=(own_way,), items=(WIRED_BY_HAND,))
    return _planned(stage, case.ground.wiring, (), "Every role has its context, with its ARN in it.")


def _seen_done(stage: Stage, case: Case) -> Standing | None:
    """What a job without a token goes by: CircleCI was asked before, and the stage was done then."""
    found = case.migration.found.get((stage, ""))
    if found is None:
        return None
    return Standing(stage, State.DONE, f"Seen done on {found.at:%Y-%m-%d}; CircleCI was not asked again.")


def _planned(stage: Stage, planned: Planned | None, unread: Sequence[str], done: str) -> Standing:
    if planned is None:
        return Standing(stage, State.UNKNOWN, next(iter(unread), "It could not be read."), evidence=tuple(unread[1:]))
    if planned.problems:
        return Standing(stage, State.BLOCKED, planned.problems[0], evidence=planned.problems[1:], todo=("Mend it, and look again.",))
    if planned.to_do:
        return Standing(stage, State.READY, f"{counted(len(planned.to_do), 'step')} to do.", evidence=planned.to_do)
    return Standing(stage, State.DONE, done)


def _role_in_use(case: Case) -> Standing:
    stage, uses = Stage.ROLE_IN_USE, case.ground.role_uses
    if uses is None:
        reasons = case.ground.why_unread("role_uses") or ("The roles could not be read.",)
        return Standing(stage, State.UNKNOWN, reasons[0], evidence=tuple(reasons[1:]))
    unseen = [use for use in uses if not _seen(use, case) and not case.migration.has_accepted(use.role)]
    evidence = (
        *_told(uses, case),
        *(f"{use.role}: accepted without having been seen." for use in uses if case.migration.has_accepted(use.role)),
    )
    unread = tuple(f"{use.role}: {use.unread}" for use in uses if use.unread)
    since = case.migration.watched_since
    if unseen:
        names = [use.role for use in unseen]
        todo = (
            "Let each stage's job run once, and look again: a green job alone does not show that the role was taken.",
            *(f"Shadowed: {shadow}" for shadow in case.ground.shadows),
            f"--accept {names[0]} goes on without having seen it.",
        )
        why = f"Not seen in use since {since:%Y-%m-%d %H:%M} UTC: {listed(names)}."
        return Standing(stage, State.WAITING, why, evidence=(*evidence, *unread), todo=todo, items=tuple(names))
    return Standing(stage, State.DONE, "Every role was taken by a job.", evidence=(*evidence, *unread))


def _seen(use: RoleUse, case: Case) -> bool:
    if use.role in case.migration.roles_seen:
        return True
    return use.last_used is not None and use.last_used >= case.migration.watched_since


def _told(uses: Sequence[RoleUse], case: Case) -> tuple[str, ...]:
    told = []
    for use in uses:
        seen = case.migration.roles_seen.get(use.role)
        at = max([each for each in (use.last_used, seen.used_at if seen else None) if each is not None], default=None)
        if at is None:
            told.append(f"{use.role}: never taken, as far as AWS tells.")
            continue
        callers = use.callers or (seen.callers if seen else ())
        where = f" in {use.region}" if use.region else ""
        who = f", by {listed(callers)}" if callers else "; by whom, only CloudTrail tells"
        told.append(f"{use.role}: last taken {at:%Y-%m-%d %H:%M} UTC{where}{who}.")
    return tuple(told)


def _variables(case: Case) -> Standing:
    stage, held = Stage.VARIABLES, case.ground.held
    if held is None:
        if (seen := _seen_done(stage, case)) is not None:
            return seen
        reasons = case.ground.why_unread("held") or (_ASK_CIRCLECI,)
        return Standing(stage, State.UNKNOWN, reasons[0], evidence=tuple(reasons[1:]))
    unread = case.ground.why_unread("held")
    own = [each for each in held if each.keys]
    evidence = tuple(_held_line(each) for each in own)
    if not own:
        if unread:
            return Standing(
                stage, State.UNKNOWN, "Not all of CircleCI could be read, so that a key may still be held there.", evidence=unread
            )
        return Standing(stage, State.DONE, "CircleCI holds no key of this user: there is nothing to remove.")
    obstacles = [*_open_obstacles(case), *_unclear(own, case)]
    if obstacles:
        return _blocked(stage, obstacles, evidence)
    foreign = [each for each in own if each.is_foreign]
    if len(foreign) == len(own):
        why = f"What is left is in another organization than the Setup's: {listed(each.place for each in foreign)}."
        return Standing(stage, State.BLOCKED, why, evidence=evidence, todo=("Delete it there by hand, and look again.",))
    todo = (
        "Values cannot be read back from CircleCI. --keep-key leaves the key active until the quiet period is over.",
        *(() if not unread else (f"Not all of CircleCI could be read: {unread[0]}",)),
    )
    return Standing(
        stage, State.READY, f"{counted(len(own) - len(foreign), 'place')} to clear.", evidence=(*evidence, *case.ground.remarks), todo=todo
    )


def _held_line(held: HeldVariables) -> str:
    where = f" of {held.organization}" if held.organization else ""
    return f"{held.place}{where}: {listed(name for name, _ in held.names)}; ends in {held.last_four}, as does {listed(held.keys)}."


def _unclear(held: Sequence[HeldVariables], case: Case) -> Iterator[Obstacle]:
    from ciam_tui.core.retirement.ground import Obstacle

    for each in held:
        if each.others and not case.migration.has_accepted(each.place):
            text = f"{each.place}: keys of others end in {each.last_four} too ({listed(each.others)}), so that nobody can say whose it is."
            yield Obstacle(each.place, text, "Look at how its jobs sign in.")


def _open_obstacles(case: Case) -> Iterator[Obstacle]:
    """What will break or shut the role out, as far as nobody has accepted it."""
    for each in case.ground.obstacles:
        if not case.migration.has_accepted(*each.names):
            yield each


def _blocked(stage: Stage, obstacles: Sequence[Obstacle], evidence: tuple[str, ...] = (), key: str = "") -> Standing:
    first = obstacles[0]
    why = first.text if len(obstacles) == 1 else f"{first.text} And {counted(len(obstacles) - 1, 'more')}."
    fixes = dict.fromkeys(each.fix for each in obstacles if each.fix)
    todo = (*fixes, f"--accept '{first.item}' goes on all the same.")
    more = tuple(each.text for each in obstacles[1:])
    return Standing(
        stage, State.BLOCKED, why, key=key, evidence=(*more, *evidence), todo=todo, items=tuple(each.item for each in obstacles)
    )


def _key(ground: Ground, key: str) -> AccessKey | None:
    return next((each for each in (ground.user.keys if ground.user else None) or () if each.key_id == key), None)


def _is_gone(case: Case, key: str) -> bool:
    """Whether the key is known not to exist: the user's keys were read and it is not among them, or the user itself is gone."""
    user = case.ground.user
    return _user_went_its_way(case) if user is None else user.keys is not None and _key(case.ground, key) is None


def _keys_unread(stage: Stage, key: str) -> Standing:
    return Standing(stage, State.UNKNOWN, "The user's keys could not be read (iam:ListAccessKeys).", key=key)


def _deactivate(case: Case, key: str) -> Standing:
    stage, found = Stage.DEACTIVATE, _key(case.ground, key)
    if _is_gone(case, key):
        return Standing(stage, State.DONE, "The key is gone.", key=key)
    if found is None:
        return _keys_unread(stage, key)
    if not found.is_active:
        by = "" if case.migration.runs_of(stage, key) else ", by another hand"
        return Standing(stage, State.DONE, f"The key is {found.status.lower()}{by}.", key=key)
    evidence = _use_lines(case, key)
    if case.ground.user is not None and case.ground.operator == case.ground.user.arn:
        why = "You are signed in as this very user, and would shut yourself out."
        return Standing(stage, State.BLOCKED, why, key=key, todo=("Choose another profile.",))
    obstacles = list(_open_obstacles(case))
    if obstacles:
        return _blocked(stage, obstacles, evidence, key)
    todo = ("One command takes it back: --back makes the key active again.",)
    return Standing(stage, State.READY, "The key is active.", key=key, evidence=evidence, todo=todo)


def _use_lines(case: Case, key: str) -> tuple[str, ...]:
    use = case.ground.last_use(key)
    if use is not None:
        return (f"Last used {use.at:%Y-%m-%d %H:%M} UTC: {use.where}.",)
    found = _key(case.ground, key)
    if found is not None and found.last_use is not None:
        return ("No use is known to IAM.",)
    return ("When it was last used is not known.",)


def _quiet(case: Case, key: str) -> Standing:
    stage, migration = Stage.QUIET, case.migration
    if _is_gone(case, key):
        return Standing(stage, State.DONE, "The key is gone.", key=key)
    found = _key(case.ground, key)
    if found is None:
        return _keys_unread(stage, key)
    evidence = _use_lines(case, key)
    start, broken = migration.quiet.get(key), migration.broken.get(key)
    if start is None:
        if broken is not None and not migration.break_is_over(key):
            return _used(stage, key, broken.used_at, broken.where)
        return Standing(stage, State.WAITING, f"The clock of {migration.quiet_days} days starts now.", key=key, evidence=evidence)
    use = case.ground.last_use(key)
    if use is not None and use.at > start:
        return _used(stage, key, use.at, use.where)
    if found.is_active and not migration.key_is_kept:
        return Standing(stage, State.BLOCKED, "The key is active again, so that the clock has stopped.", key=key)
    if found.last_use is None:
        why = "Whether the key is still used is not known: IAM does not tell its last use (iam:GetAccessKeyLastUsed)."
        return Standing(stage, State.UNKNOWN, why, key=key, evidence=evidence)
    until = start + timedelta(days=migration.quiet_days)
    since = f"Quiet since {start:%Y-%m-%d %H:%M} UTC"
    unseen = "S3's object calls are in no free record: IAM tells the last use alone, and who it was only a trail or a log does."
    if case.now < until:
        why = f"{since}, until {until:%Y-%m-%d %H:%M} UTC."
        return Standing(stage, State.WAITING, why, key=key, until=until, evidence=(*evidence, unseen))
    return Standing(stage, State.DONE, f"{since}, for {counted(migration.quiet_days, 'day')} and more.", key=key, evidence=evidence)


def _used(stage: Stage, key: str, at: datetime | None, where: str) -> Standing:
    moment = f" on {at:%Y-%m-%d %H:%M} UTC" if at else ""
    item = use_item(key)
    todo = (
        "--back makes the key active again, so that whatever uses it works while you look for it.",
        f"Once it is known and gone, --accept {item} starts the clock anew.",
    )
    return Standing(
        stage, State.BLOCKED, f"The key was used{moment}, and the clock has stopped: {where}.", key=key, todo=todo, items=(item,)
    )


def _delete_key(case: Case, key: str) -> Standing:
    stage = Stage.DELETE_KEY
    if _is_gone(case, key):
        by = "" if case.migration.runs_of(stage, key) else ", by another hand"
        return Standing(stage, State.DONE, f"The key is gone{by}.", key=key)
    found = _key(case.ground, key)
    if found is None:
        return _keys_unread(stage, key)
    evidence = _use_lines(case, key)
    quiet = _quiet(case, key)
    if not quiet.is_done:  # `standings` has it wait for that stage; nothing here depends on its doing so
        return Standing(stage, State.WAITING, "The quiet period is not over.", key=key, until=quiet.until, evidence=evidence)
    if found.is_active:
        return Standing(stage, State.WAITING, "The key is still active.", key=key, evidence=evidence)
    return Standing(stage, State.READY, "The key may go. There is no way back.", key=key, evidence=evidence)


def _delete_user(case: Case) -> Standing:
    stage, user = Stage.DELETE_USER, case.ground.user
    if user is None:
        by = "" if case.migration.runs_of(stage) else ", by another hand"
        if _user_went_its_way(case):
            return Standing(stage, State.DONE, f"The user is gone{by}.")
        return Standing(stage, State.BLOCKED, "The user is gone before its keys were retired.")
    unread = unread_of_user(user)
    if unread:
        why = "Not all of the user could be read, and a user of which something is unknown is not deleted."
        return Standing(stage, State.UNKNOWN, why, evidence=unread)
    if user.keys:
        return Standing(stage, State.WAITING, f"It still has {counted(len(user.keys), 'key')}.")
    obstacles = [each for each in _more_than_a_robot(user) if not case.migration.has_accepted(each.item)]
    if obstacles:
        return _blocked(stage, obstacles)
    why = "The user may go, with what is left of it, after a backup. There is no way back."
    return Standing(stage, State.READY, why, evidence=_leftovers(user))


def _more_than_a_robot(user: User) -> Iterator[Obstacle]:
    """What somebody, or something else than CircleCI, may still sign in with."""
    from ciam_tui.core.retirement.ground import Obstacle

    kept: Mapping[str, tuple[object, str]] = {
        "password": (user.has_password, "a console password: a person may sign in as it"),
        "ssh-keys": (user.ssh_keys, "SSH keys for CodeCommit"),
        "certificates": (user.certificates, "signing certificates"),
        "service-credentials": (user.service_credentials, "credentials for single services, such as CodeCommit or Keyspaces"),
    }
    for item, (has, words) in kept.items():
        if has:
            yield Obstacle(item, f"The user has {words}.", "Make sure that nobody needs it.")


def _leftovers(user: User) -> tuple[str, ...]:
    left = {
        "inline policies": [name for name, _ in user.inline],
        "attached policies": user.attached,
        "groups": user.groups,
        "MFA devices": [device.serial for device in user.mfa or ()],
        "permissions boundary": [user.boundary] if user.boundary else [],
    }
    return tuple(f"Left of it, {words}: {listed(list(names))}" for words, names in left.items() if names)


JUDGES: Mapping[Stage, Callable[[Case], Standing]] = {
    Stage.ROLES: _roles,
    Stage.WIRING: _wiring,
    Stage.ROLE_IN_USE: _role_in_use,
    Stage.VARIABLES: _variables,
    Stage.DELETE_USER: _delete_user,
}
KEY_JUDGES: Mapping[Stage, Callable[[Case, str], Standing]] = {
    Stage.DEACTIVATE: _deactivate,
    Stage.QUIET: _quiet,
    Stage.DELETE_KEY: _delete_key,
}
