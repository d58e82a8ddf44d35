"""Where CircleCI holds a user's keys: of a value it tells the last four characters alone, so that a place is matched by them and never certain.

The secret beside a key's id is matched by its name: the same beginning in the same place. Nothing else of a place is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import visible_end
from ciam_tui.core.retirement.ground import HeldVariables
from ciam_tui.core.static_keys import KEY_ID, STATIC_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.circleci.facts import Inventory, Variable


def held_variables(inventory: Inventory, own: Sequence[str], org_id: str) -> tuple[HeldVariables, ...]:
    """The places of an organization whose variables may hold one of the keys `own`; `org_id` is the organization of the Setup."""
    return tuple(_held(inventory, own, org_id))


def _held(inventory: Inventory, own: Sequence[str], org_id: str) -> Iterator[HeldVariables]:
    organization = inventory.organization
    is_foreign = organization.id != org_id
    for context in inventory.contexts:
        for variable, names, keys in _pairs(context.variables or (), own):
            yield HeldVariables(
                "context",
                context.context.name,
                variable.name,
                variable.last_four,
                names,
                keys,
                organization=organization.name,
                is_foreign=is_foreign,
            )
    for project in inventory.projects:
        for variable, names, keys in _pairs(project.variables or (), own):
            yield HeldVariables(
                "project",
                project.project.name,
                variable.name,
                variable.last_four,
                names,
                keys,
                slug=project.project.slug or project.project.id,
                organization=organization.name,
                is_foreign=is_foreign,
            )


def _pairs(variables: Sequence[Variable], own: Sequence[str]) -> Iterator[tuple[Variable, tuple[tuple[str, str], ...], tuple[str, ...]]]:
    """Each variable that may hold the id of a key in `own`, with all that go with it, and those keys."""
    for variable in variables:
        # Teams prefix it: DEPLOY_AWS_ACCESS_KEY_ID is handed on to a step under the name that the SDKs read.
        if not variable.name.upper().endswith(KEY_ID) or not variable.last_four:
            continue
        keys = tuple(key for key in own if visible_end(key) == variable.last_four)  # a shorter end is that of a value which is no key's id
        if keys:
            beginning = variable.name[: -len(KEY_ID)].upper()
            wanted = {f"{beginning}{name}" for name in STATIC_KEYS}
            names = tuple((each.name, each.last_four) for each in variables if each.name.upper() in wanted)
            yield variable, names, keys
