"""What happened in a retirement, event by event: the only memory that it has, kept as lines and never changed.

An event holds what a later reader could not read again: what was so at the beginning, what somebody decided, what was seen once. Where things
stand in the account is never written down as a fact; it is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  pydantic resolves the annotations when a file is read
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  as above
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.stages import Stage  # noqa: TC001  as above
from ciam_tui.core.users.facts import User  # noqa: TC001  as above

FORMAT = 1


@dataclass(frozen=True, slots=True)
class MigrationStarted:
    """The first event: whose keys go, what shall replace them, and all that defined the user then. No secret is in any of it.

    `setup` is the Setup file's content, `backup` what `core.users.backup` tells of the user, `evidence` what was known of its use, in words.
    """

    migration_id: str
    at: datetime
    by: str
    account_id: str
    user: User
    setup: Mapping[str, Any]
    backup: Mapping[str, Any]
    evidence: tuple[str, ...] = ()
    quiet_days: int = 14
    format: int = FORMAT
    kind: Literal["migration-started"] = "migration-started"


@dataclass(frozen=True, slots=True)
class StageRun:
    """A run is about to do `stage`, for `keys` where that goes key by key. Written before the run begins, which may then never have begun."""

    stage: Stage
    run_id: str
    at: datetime
    by: str
    keys: tuple[str, ...] = ()
    kind: Literal["stage-run"] = "stage-run"


@dataclass(frozen=True, slots=True)
class StageTakenBack:
    """A stage is about to be taken back: the run `run_id`, where one of ours had done it, by the run `undo_id`."""

    stage: Stage
    undo_id: str
    at: datetime
    by: str
    run_id: str = ""
    keys: tuple[str, ...] = ()
    kind: Literal["stage-taken-back"] = "stage-taken-back"


@dataclass(frozen=True, slots=True)
class StageFound:
    """A stage was seen done for the first time; `by_others` where no run of this retirement had done it. `key` where it goes key by key."""

    stage: Stage
    at: datetime
    key: str = ""
    by_others: bool = False
    kind: Literal["stage-found"] = "stage-found"


@dataclass(frozen=True, slots=True)
class RoleSeen:
    """A role was taken at `used_at`. `callers` are the subs of the tokens, where CloudTrail told them."""

    role: str
    at: datetime
    used_at: datetime
    region: str = ""
    callers: tuple[str, ...] = ()
    kind: Literal["role-seen"] = "role-seen"


@dataclass(frozen=True, slots=True)
class QuietStarted:
    """The clock of a key's quiet period starts at `at`."""

    key: str
    at: datetime
    kind: Literal["quiet-started"] = "quiet-started"


@dataclass(frozen=True, slots=True)
class QuietBroken:
    """The clock stopped: the key was used, or (without `used_at`) somebody made it active again."""

    key: str
    at: datetime
    used_at: datetime | None = None
    where: str = ""
    kind: Literal["quiet-broken"] = "quiet-broken"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody has seen `item`, which stood in the way, and goes on all the same."""

    item: str
    at: datetime
    by: str
    kind: Literal["accepted"] = "accepted"


@dataclass(frozen=True, slots=True)
class KeyKept:
    """Whether the key stays active until the quiet period is over."""

    kept: bool
    at: datetime
    by: str
    kind: Literal["key-kept"] = "key-kept"


@dataclass(frozen=True, slots=True)
class QuietDaysChosen:
    days: int
    at: datetime
    by: str
    kind: Literal["quiet-days-chosen"] = "quiet-days-chosen"


@dataclass(frozen=True, slots=True)
class BaselineTaken:
    """Somebody has seen what changed about the user: it is compared with this from now on."""

    user: User
    at: datetime
    by: str
    kind: Literal["baseline-taken"] = "baseline-taken"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """All that defined the user at `at`, in full: `user` for this program, `content` for whoever wants to make it anew."""

    user: User
    content: Mapping[str, Any]
    at: datetime
    by: str
    kind: Literal["backed-up"] = "backed-up"


@dataclass(frozen=True, slots=True)
class HandedOff:
    """Somebody with more rights was given the commands of `stage`, in the folder `to`; the stage waits for what they do."""

    stage: Stage
    to: str
    at: datetime
    by: str
    kind: Literal["handed-off"] = "handed-off"


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing is left to do, or somebody gave up."""

    at: datetime
    why: Literal["finished", "given-up"]
    by: str = ""
    kind: Literal["ended"] = "ended"


Event = (
    MigrationStarted
    | StageRun
    | StageTakenBack
    | StageFound
    | RoleSeen
    | QuietStarted
    | QuietBroken
    | Accepted
    | KeyKept
    | QuietDaysChosen
    | BaselineTaken
    | BackedUp
    | HandedOff
    | Ended
)

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def to_line(event: Event) -> str:
    """`event` as one line of JSON, without a newline."""
    return json.dumps(_EVENT.dump_python(event, mode="json"), ensure_ascii=True, separators=(",", ":"))


def from_line(line: str) -> Event:
    """The event that a line holds.

    Raises:
        CiamError: `migration-unreadable`, when the line is none.
    """
    try:
        event = _EVENT.validate_json(line)
    except ValidationError as error:
        raise unreadable("A line of it is no event of this program, or of this version.") from error
    if isinstance(event, MigrationStarted) and event.format != FORMAT:
        raise unreadable(f"It has the format {event.format}, and this program reads the format {FORMAT}.")
    return event


def unreadable(message: str) -> CiamError:
    """That what is kept of a retirement tells nothing."""
    suggestions = ["Use the version of ciam-tui that wrote it, and leave the file as it is."]
    return CiamError("migration-unreadable", "The migration cannot be read", message, suggestions)
