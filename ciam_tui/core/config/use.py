"""What a CircleCI configuration does about AWS, as values: small enough to be kept, and looked at anew for every key that is typed.

The text itself is not kept: it may have megabytes, and it is somebody's work that is nobody's business here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Token(StrEnum):
    """What is presented to AWS by a step, or by an orb of some version."""

    NONE = "none"  # no token: it works with static keys alone
    V1 = "v1"  # CIRCLE_OIDC_TOKEN, whose `sub` names no branch
    V2 = "v2"  # CIRCLE_OIDC_TOKEN_V2
    MINTED = "minted"  # CIRCLE_OIDC_TOKEN_V2, or one that `circleci run oidc get` makes, whose `sub` is not documented
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OrbUse:
    """An orb that the configuration loads. `reference` is as it is written there, `circleci/aws-cli@5.4.1`; lines count from 1."""

    alias: str
    reference: str
    line: int


@dataclass(frozen=True, slots=True)
class OrbCall:
    """A command or job of an orb that is called: `called` is `aws-cli/setup`, `role` what it is given as a role, empty for none.

    `is_whole` is False where some of its parameters come from another place, and so may be anything. `keeps_environment` tells that the orb
    is told not to set the variables of the role, so that static keys in the environment stay in force.
    """

    called: str
    line: int
    role: str = ""
    has_keys: bool = False
    is_whole: bool = True
    keeps_environment: bool = False


@dataclass(frozen=True, slots=True)
class StepToken:
    """What a step of the configuration's own presents to AWS, and the ARNs of roles that are written out in it."""

    token: Token
    line: int
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaticKey:
    """A static key's variable that the configuration sets. `last_four` is the end of a value that is written out, empty for a reference."""

    name: str
    line: int
    is_written_out: bool = False
    last_four: str = ""


@dataclass(frozen=True, slots=True)
class ConfigUse:
    """What one configuration does about AWS.

    `unclear` says why it could not be read with certainty: then the orbs alone were found. `compiled` is what its steps, and those of its
    orbs, present to AWS as CircleCI compiled them; empty where that is not known. `guards` tells that it fails rather than let an orb mint.
    """

    orbs: tuple[OrbUse, ...] = ()
    calls: tuple[OrbCall, ...] = ()
    steps: tuple[StepToken, ...] = ()
    keys: tuple[StaticKey, ...] = ()
    guards: bool = False
    compiled: frozenset[Token] = frozenset()
    unclear: str = ""
