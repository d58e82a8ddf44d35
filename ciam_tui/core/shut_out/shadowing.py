"""Where jobs would go on with the static key although they could take the role: every SDK looks at the environment's keys before a web identity.

While both exist a job may be green for weeks and never have used the role. So each place that puts a key into a job's environment is named,
with the variables to take out, and whether it is the old user's key as far as CircleCI tells: by its last four characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.context_findings import may_be_used
from ciam_tui.core.circleci.facts import RestrictionType, visible_end
from ciam_tui.core.config.orb_versions import is_aws_cli
from ciam_tui.core.shown import shown
from ciam_tui.core.static_keys import KEY_ID, STATIC_KEYS
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ciam_tui.core.circleci.facts import Inventory, Variable
    from ciam_tui.core.config.use import ConfigUse, OrbCall
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.users.facts import AccessKey

_SETUP = "/setup"


class Shade(StrEnum):
    """What stands before the role."""

    CONTEXT = "context"
    PROJECT = "project"
    CONFIG = "configuration"


class Whose(StrEnum):
    """Whose key it is, as far as the last four characters tell."""

    THIS_USER = "this user's key"
    ANOTHER = "another key"
    UNKNOWN = "a key that is not known"


@dataclass(frozen=True, slots=True)
class Shadow:
    """One place that hands jobs a static key. `variables` are to be taken out of it; `key_ids` are the user's keys that end as its value does.

    `is_sure` is False where whether a job is shadowed depends on its steps: a variable that is only handed on by name, or a context that an
    expression may keep from it.
    """

    kind: Shade
    where: str
    variables: tuple[str, ...]
    whose: Whose
    why: str
    fix: str
    key_ids: tuple[str, ...] = ()
    is_sure: bool = True
    lines: tuple[int, ...] = ()


def shadowed(
    inventory: Inventory | None, config: ConfigUse | None, user_keys: Sequence[AccessKey], setup: SetupShape
) -> tuple[Shadow, ...]:
    """Every place in which jobs of the Setup's projects get a static key: those of this user first."""
    found = [
        *(() if inventory is None else _in_circleci(inventory, user_keys, setup)),
        *(() if config is None else _in_config(config, user_keys)),
    ]
    order = tuple(Whose)
    return tuple(sorted(found, key=lambda each: order.index(each.whose)))


def shadow_words(shadow: Shadow) -> str:
    """One sentence and its fix, safe to print."""
    return shown(f"{shadow.why} {shadow.fix}")


def _in_circleci(inventory: Inventory, user_keys: Sequence[AccessKey], setup: SetupShape) -> Iterator[Shadow]:
    for held in inventory.contexts:
        if may_be_used(held.restrictions, setup.circleci):
            restricted = any(each.type == RestrictionType.EXPRESSION for each in held.restrictions or ())
            name = held.context.name
            yield from _of_variables(Shade.CONTEXT, name, held.variables, user_keys, "A job that uses it", is_sure=not restricted)
    ids = {project.id for project in setup.circleci.projects}
    for each in inventory.projects:
        if setup.circleci.any_project or each.project.id in ids:
            yield from _of_variables(Shade.PROJECT, each.project.name, each.variables, user_keys, "Every job of it", is_sure=True)


def _of_variables(
    kind: Shade, where: str, variables: Iterable[Variable] | None, user_keys: Sequence[AccessKey], job: str, *, is_sure: bool
) -> Iterator[Shadow]:
    """What the SDKs read by itself, and what ends in its name, which a step may hand on."""
    held = tuple(variables or ())
    read = tuple(each for each in held if each.name in STATIC_KEYS)
    handed = tuple(each for each in held if each not in read and each.name.upper().endswith(STATIC_KEYS))
    for group, is_read in ((read, True), (handed, False)):
        if not group:
            continue
        whose, key_ids = _whose(next((each.last_four for each in group if each.name.upper().endswith(KEY_ID)), ""), user_keys)
        names = tuple(each.name for each in group)
        beats = "gets it, and the AWS CLI and SDKs take it before the role" if is_read else "can hand it on under the name that SDKs read"
        yield Shadow(
            kind,
            where,
            names,
            whose,
            f"The {kind} {shown(where)} holds {whose.value} in {listed(names)}: {job.lower()} {beats}.",
            f"Remove {listed(names)} from the {kind} {shown(where)} once the role is seen in use; until then have its jobs unset them, or take the "
            "role by the aws-cli orb with set_aws_env_vars left as it is.",
            key_ids,
            is_sure=is_sure and is_read,
        )


def _whose(last_four: str, user_keys: Sequence[AccessKey]) -> tuple[Whose, tuple[str, ...]]:
    if not last_four:
        return Whose.UNKNOWN, ()
    alike = tuple(key.key_id for key in user_keys if visible_end(key.key_id) == last_four)
    return (Whose.THIS_USER, alike) if alike else (Whose.ANOTHER, ())


def _in_config(config: ConfigUse, user_keys: Sequence[AccessKey]) -> Iterator[Shadow]:
    """What the repository's own configuration does: variables that it sets, and calls of the orb that leave static keys in force."""
    if config.unclear:
        yield _of_config(
            (),
            (),
            f"Parts of the configuration could not be read ({config.unclear}), so that a key in it may be missing here.",
            "Look at it.",
        )
    for key in config.keys:
        whose, key_ids = _whose(key.last_four, user_keys)
        text = f"The configuration sets {key.name} (line {key.line}): a job with it uses the static key, and not the role."
        yield _of_config(
            (key.name,), (key.line,), text, f"Take {key.name} out of the configuration.", whose=whose, key_ids=key_ids, is_sure=True
        )
    aliases = {orb.alias for orb in config.orbs if is_aws_cli(orb.reference)}
    calls = [call for call in config.calls if call.called.endswith(_SETUP) and call.called.partition("/")[0] in aliases]
    yield from _of_calls(
        [call for call in calls if not call.role and (call.is_whole or call.has_keys)],
        "calls {called} without a role ({lines}): it works with the static keys that the job has.",
        "Give it the role_arn of the stage's role.",
    )
    yield from _of_calls(
        [call for call in calls if call.role and call.keeps_environment],
        "calls {called} with set_aws_env_vars: false ({lines}): the role is in a profile alone, and static keys in the environment go before it.",
        "Leave set_aws_env_vars out, so that later steps have the role's credentials, or name the profile in every call.",
    )
    yield from _of_calls(
        [call for call in calls if call.role and call.has_keys],
        "hands {called} a role and static keys at once ({lines}): the keys stay in the job.",
        "Take the aws_access_key_id and aws_secret_access_key parameters out.",
    )


def _of_calls(calls: Sequence[OrbCall], text: str, fix: str) -> Iterator[Shadow]:
    if calls:
        lines = tuple(call.line for call in calls)
        told = text.format(called=shown(calls[0].called), lines=listed(f"line {line}" for line in lines))
        yield _of_config((), lines, f"The configuration {told}", fix)


def _of_config(
    variables: tuple[str, ...],
    lines: tuple[int, ...],
    why: str,
    fix: str,
    *,
    whose: Whose = Whose.UNKNOWN,
    key_ids: tuple[str, ...] = (),
    is_sure: bool = False,
) -> Shadow:
    return Shadow(Shade.CONFIG, "the configuration", variables, whose, why, fix, key_ids, is_sure, lines)
