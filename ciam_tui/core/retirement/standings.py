"""Where each stage of a retirement stands: the one judgement that a screen, a nightly job and the driver before each change ask for.

A stage is done because the world shows it, never because a file says so. One that nobody can judge is unknown, which is no leave to go on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.retirement.judges import JUDGES, KEY_JUDGES, stop_of
from ciam_tui.core.retirement.stages import Stage, before, in_order
from ciam_tui.core.retirement.standing import Case, Standing, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ciam_tui.core.retirement.ground import Ground
    from ciam_tui.core.retirement.migration import Migration

# Which state of its keys is the stage's own, the first of these that any has: what can be done comes before what stands in the way.
_OF_PARTS = (State.READY, State.BLOCKED, State.UNKNOWN, State.WAITING, State.DONE)


def standings(migration: Migration, ground: Ground, now: datetime) -> tuple[Standing, ...]:
    """Every stage, in the order in which they become possible."""
    case = Case(migration, ground, now)
    stop = stop_of(case)
    judged: dict[Stage, Standing] = {}
    for stage in in_order(key_is_kept=migration.key_is_kept):
        ahead = before(stage, key_is_kept=migration.key_is_kept)
        if stage.about.each_key:
            judge = KEY_JUDGES[stage]
            parts = tuple(_gated(judge(case, key), case, stop, judged, ahead) for key in case.keys)
            judged[stage] = _whole(stage, parts)
        else:
            judged[stage] = _gated(JUDGES[stage](case), case, stop, judged, ahead)
    return tuple(judged.values())


def _gated(standing: Standing, case: Case, stop: Standing | None, judged: Mapping[Stage, Standing], ahead: tuple[Stage, ...]) -> Standing:
    """`standing`, unless something comes first: an earlier stage, a run that was interrupted, or what stops everything."""
    if standing.is_done:
        return standing
    first = next((judged[stage] for stage in ahead if not of_key(judged[stage], standing.key).is_done), None)
    if stop is not None and first is None:
        return replace(stop, stage=standing.stage, key=standing.key)
    if first is not None:
        words = f"Comes after stage {first.stage.number}, {first.stage}."
        return replace(standing, state=State.WAITING, why=words, until=of_key(first, standing.key).until, todo=())
    interrupted = [run for run in case.migration.runs_of(standing.stage, standing.key) if case.ground.runs.get(run.run_id) == "unfinished"]
    if interrupted and standing.state is not State.BLOCKED:
        run_id = interrupted[-1].run_id
        return replace(standing, state=State.READY, why=f"Run {run_id} of this stage was interrupted: it is gone on with.")
    handed = case.migration.handed_off.get(standing.stage)
    if handed is not None and standing.state is State.READY:
        words = f"Handed off on {handed.at:%Y-%m-%d}: it waits until somebody has run the commands in {handed.to}."
        return replace(standing, state=State.WAITING, why=words, handed_to=handed.to)
    return standing


def of_key(standing: Standing, key: str) -> Standing:
    """The part of `standing` that is about `key`; the whole where it has no parts, or no key is asked for."""
    return next((part for part in standing.parts if part.key == key), standing) if key else standing


def _whole(stage: Stage, parts: tuple[Standing, ...]) -> Standing:
    if not parts:
        return Standing(stage, State.DONE, "The user has no key.")
    state = next(state for state in _OF_PARTS if any(part.state is state for part in parts))
    first = next(part for part in parts if part.state is state)
    until = min((part.until for part in parts if part.state is state and part.until is not None), default=None)
    why = first.why if len(parts) == 1 or len({part.why for part in parts}) == 1 else f"{first.key}: {first.why}"
    return replace(first, key="", why=why, until=until, parts=parts)


def next_stages(found: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """Those that are not done and wait for no other stage: what a person looks at first."""
    return tuple(each for each in found if not each.is_done and not each.why.startswith("Comes after stage"))
