"""The eight stages as data, in order: what each is called, what it does, and whether it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Mapping

QUIET_DAYS = 14
LONGEST_QUIET_DAYS = 365


class Stage(StrEnum):
    """A stage, by the name under which it is asked for."""

    ROLES = "roles"
    WIRING = "wiring"
    ROLE_IN_USE = "role-in-use"
    VARIABLES = "variables"
    DEACTIVATE = "deactivate"
    QUIET = "quiet"
    DELETE_KEY = "delete-key"
    DELETE_USER = "delete-user"

    @property
    def number(self) -> int:
        """1 to 8."""
        return list(Stage).index(self) + 1

    @property
    def about(self) -> About:
        """What is to be known of it."""
        return ABOUT[self]


@dataclass(frozen=True, slots=True)
class About:
    """`done` is what is so once it is done, `doing` what it does.

    `acts` is false for one that only waits, `is_for_good` true for one without a way back, and `each_key` true for one that every key of the
    user goes through by itself.
    """

    done: str
    doing: str
    acts: bool = True
    is_for_good: bool = False
    each_key: bool = False


ABOUT: Mapping[Stage, About] = {
    Stage.ROLES: About("Roles applied and verified", "apply the roles of the Setup"),
    Stage.WIRING: About("CircleCI wired: the roles in contexts", "give each role its context in CircleCI"),
    Stage.ROLE_IN_USE: About("Roles seen in use", "wait until the roles are taken", acts=False),
    Stage.VARIABLES: About("Static variables removed from CircleCI", "delete the key's variables in CircleCI", is_for_good=True),
    Stage.DEACTIVATE: About("Key inactive", "make the key inactive", each_key=True),
    Stage.QUIET: About("Quiet period over", "wait, and see that nobody uses the key", acts=False, each_key=True),
    Stage.DELETE_KEY: About("Key deleted", "delete the key", is_for_good=True, each_key=True),
    Stage.DELETE_USER: About(
        "User deleted, with all that is left of it", "delete what is left of the user, and the user", is_for_good=True
    ),
}


def in_order(*, key_is_kept: bool) -> tuple[Stage, ...]:
    """The stages in the order in which they are done. A key that is kept active until the end is watched first and made inactive then."""
    stages = list(Stage)
    if key_is_kept:
        at = stages.index(Stage.DEACTIVATE)
        stages[at : at + 2] = [Stage.QUIET, Stage.DEACTIVATE]
    return tuple(stages)


def before(stage: Stage, *, key_is_kept: bool) -> tuple[Stage, ...]:
    """All that must be done before `stage`: one that others have done out of turn does not stand for those that come before it."""
    stages = in_order(key_is_kept=key_is_kept)
    return stages[: stages.index(stage)]


def stage_named(text: str) -> Stage:
    """The stage that a person means by its name or number.

    Raises:
        CiamError: `stage-unknown`.
    """
    for stage in Stage:
        if text.strip().lower() in (stage.value, str(stage.number)):
            return stage
    names = ", ".join(f"{stage.number} {stage.value}" for stage in Stage)
    raise CiamError("stage-unknown", "Cannot do that stage", f"{text!a} is no stage.", [f"They are {names}."])
