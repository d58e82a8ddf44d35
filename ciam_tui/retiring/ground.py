"""The reader of a retirement: the user, the roles, CircleCI and what beside them tells of use, as the ground on which its stages are judged.

What the operator may not read becomes unknown, with the reason; only the user itself must be readable, since all of it is about that.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.apply import CIRCLECI
from ciam_tui.core.activity import Trust
from ciam_tui.core.activity.report import who_words
from ciam_tui.core.circleci.wiring_problems import is_wiring
from ciam_tui.core.config.reading import read_config
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.retirement.ground import Ground, HeldVariables, Planned, RoleUse
from ciam_tui.core.retirement.held import held_variables
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import read_setup
from ciam_tui.core.shut_out.shadowing import Whose, shadow_words, shadowed
from ciam_tui.opinions.history import activities_of, default_regions
from ciam_tui.retiring.beside import is_wanted, look_beside
from ciam_tui.retiring.look import LookStopped, inventories
from ciam_tui.runs import history, plan_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.apply import Ports
    from ciam_tui.core.activity import Activity
    from ciam_tui.core.circleci.facts import Inventory
    from ciam_tui.core.facts import Role
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.retirement.ground import RunWord
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.users.facts import User
    from ciam_tui.retiring.look import Look

_DENIED = "access-denied"
_NOT_LISTED = "other users' keys, which could not all be listed"


def setup_of(migration: Migration) -> Setup:
    """The Setup whose roles replace the user's keys."""
    return read_setup(json.dumps(dict(migration.started.setup))).setup


def read_ground(migration: Migration, ports: Ports, look: Look, known: Ground | None = None) -> Ground:
    """What the stages of `migration` rest on; with CircleCI where `ports` has it.

    `known` is what was read a moment ago: what takes long to read and no stage at hand rests on (where CircleCI holds keys, evidence and what
    is judged by it) is taken from there.

    Raises:
        CiamError: AWS cannot be asked at all, or does not show the user.
        LookStopped: once `look` says so.
    """
    setup = setup_of(migration)
    look.tell(f"User {migration.user_name}")
    user = ports.aws.user(migration.user_name)
    ground = Ground(operator=ports.aws.identity().arn, user=user, runs=_run_words(migration, ports))
    ground = _with_plan(ground, migration, setup, ports, look)
    if known is not None:
        held = {"held": known.unread["held"]} if "held" in known.unread else {}
        unread = {**ground.unread, **held}
        return replace(
            ground, obstacles=known.obstacles, remarks=known.remarks, shadows=known.shadows, uses=known.uses, held=known.held, unread=unread
        )
    if user is not None and is_wanted(migration, user, look.files, ports.clock.now()):
        beside = look_beside(user, setup, ports, look)
        ground = replace(ground, obstacles=beside.obstacles, remarks=beside.remarks, uses=beside.uses)
    return _with_held(ground, migration, setup, ports, look)


def _run_words(migration: Migration, ports: Ports) -> Mapping[str, RunWord]:
    found = history(ports.journals)
    wanted = {run.run_id for run in migration.runs}
    return {run.started.run_id: found.state(run) for run in found.runs if run.started.run_id in wanted}


def _with_plan(ground: Ground, migration: Migration, setup: Setup, ports: Ports, look: Look) -> Ground:
    """The first three stages: what a plan of the Setup would still do, and who took the roles."""
    try:
        plan = plan_for(setup, ports, wire=ports.circleci is not None, progress=look.tell)
    except CiamError as error:
        if error.code != _DENIED and not error.code.startswith("circleci-"):
            raise
        which = ("wiring",) if error.code.startswith("circleci-") else ("roles", "wiring", "role_uses")
        ground = replace(ground, unread={**ground.unread, **{each: (str(error),) for each in which}})
        if which != ("wiring",):
            return ground
        plan = plan_for(setup, ports, progress=look.tell)
        return _with_use(replace(ground, roles=_planned(plan, wiring=False)), migration, plan, ports, look)
    ground = replace(ground, roles=_planned(plan, wiring=False), wiring=None if ports.circleci is None else _planned(plan, wiring=True))
    return _with_use(ground, migration, plan, ports, look)


def _planned(plan: Plan, *, wiring: bool) -> Planned:
    """What of the plan is about CircleCI, or is not."""
    steps = [step.title for step in plan.steps if (step.call.service == CIRCLECI) is wiring]
    errors = [problem for problem in plan.problems if problem.level is Level.ERROR and is_wiring(problem) is wiring]
    return Planned(tuple(steps), tuple(str(problem) for problem in errors))


def _with_use(ground: Ground, migration: Migration, plan: Plan, ports: Ports, look: Look) -> Ground:
    setup = setup_of(migration)
    roles = {name: plan.facts.roles.get(name.lower()) for name in dict.fromkeys(role.name for role in wanted_roles(setup))}
    # Who took a role is asked once: it is kept as an event, and CloudTrail forgets after 90 days.
    asked = [role for name, role in roles.items() if role is not None and name not in migration.roles_seen]
    told: dict[str, Activity] = {}
    if asked:
        regions = default_regions(ports.aws.region, setup.partition)
        activities = activities_of(
            {role.arn: Trust(None) for role in asked},
            aws=ports.aws,
            clock=ports.clock,
            regions=regions,
            progress=look.tell,
            should_stop=look.should_stop,
        )
        told = {activity.role_arn: activity for activity in activities}
    uses = tuple(_use(name, role, told, migration) for name, role in roles.items())
    return replace(ground, role_uses=uses)


def _use(name: str, role: Role | None, told: Mapping[str, Activity], migration: Migration) -> RoleUse:
    if role is None:
        return RoleUse(name)
    activity = told.get(role.arn)
    if activity is None:
        return RoleUse(name, role.last_used, role.last_used_region or "")
    comers = [each for each in activity.comers if each.last >= migration.watched_since]
    last = max([*(each.last for each in comers), *([role.last_used] if role.last_used else [])], default=None)
    unread = "; ".join(each.not_checked.words for each in activity.regions if each.not_checked is not None)
    callers = tuple(who_words(each.who) for each in comers)
    return RoleUse(name, last, role.last_used_region or "", callers, unread)


def _with_held(ground: Ground, migration: Migration, setup: Setup, ports: Ports, look: Look) -> Ground:
    """The fourth stage: where CircleCI holds the user's keys, in every organization that the token's user belongs to."""
    if ports.circleci is None:
        return replace(ground, shadows=_shadows((), ground.user, setup, look))
    own = [key.key_id for key in migration.baseline.keys or ()]
    try:
        read = inventories(ports.circleci, look)
    except LookStopped:
        raise
    except CiamError as error:
        return replace(ground, unread={**ground.unread, "held": (str(error),)})
    held: Sequence[HeldVariables] = [each for inventory in read for each in held_variables(inventory, own, setup.circleci.org_id)]
    unread = [f"{inventory.organization.name}: {sentence}" for inventory in read for sentence in inventory.unread]
    held = _with_others(held, own, ground.user, ports, look)
    ground = replace(ground, shadows=_shadows(read, ground.user, setup, look))
    return replace(ground, held=tuple(held), unread={**ground.unread, **({"held": tuple(unread)} if unread else {})})


def _shadows(read: Sequence[Inventory], user: User | None, setup: Setup, look: Look) -> tuple[str, ...]:
    """Where jobs of the Setup's projects would go on with the static key: in CircleCI, and in the configurations that were given."""
    keys = (user.keys if user is not None else None) or ()
    own = next((inventory for inventory in read if inventory.organization.id == setup.circleci.org_id), None)
    configs = [read_config(text) for _, text in look.configs]
    found = [*shadowed(own, None, keys, setup), *(shadow for config in configs for shadow in shadowed(None, config, keys, setup))]
    return tuple(shadow_words(shadow) for shadow in found if shadow.whose is not Whose.ANOTHER)


def _with_others(held: Sequence[HeldVariables], own: Sequence[str], user: User | None, ports: Ports, look: Look) -> list[HeldVariables]:
    """`held` with the keys of other users that end alike: where those cannot be listed, nobody can say that there are none."""
    if not held:
        return []
    try:
        read = ports.aws.keys_ending({each.last_four for each in held}, look.tell)
    except CiamError as error:
        if error.code != _DENIED:
            raise
        return [replace(each, others=(_NOT_LISTED,)) for each in held]
    unlisted = () if read.is_complete else (_NOT_LISTED,)
    others = [key.key_id for key in read.keys if key.key_id not in own and (user is None or key.user != user.name)]
    return [replace(each, others=(*(key for key in others if key.endswith(each.last_four)), *unlisted)) for each in held]
