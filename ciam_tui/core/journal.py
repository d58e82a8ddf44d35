"""What happened in a run, entry by entry, and the fold that tells from them what is done, what is pending and what is unknown.

An entry is written before each call and after it. So whatever stops a run, a later reader knows for every step that it was not begun, that
it ended, or that nobody can say without looking: that one is read back, never repeated blindly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003  pydantic resolves the annotations when a journal is read
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  as above
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, TypeAdapter, ValidationError

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.subjects import users_of
from ciam_tui.core.facts import Facts  # noqa: TC001  as above
from ciam_tui.core.plan import Step  # noqa: TC001  as above
from ciam_tui.core.problems import CiamError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first entry: everything that is needed to go on with the run, or to take it back, on the journal alone.

    `setup` is the Setup file's content; `facts` what was read just before; `undoes` the run that this one takes back. `migration` and `stage`
    are those of a user's retirement that the run is a part of.
    """

    run_id: str
    at: datetime
    account_id: str
    setup_id: str
    setup: Mapping[str, Any]
    steps: tuple[Step, ...]
    facts: Facts
    operator: str
    adopted: tuple[str, ...] = ()
    undoes: str | None = None
    migration: str | None = None
    stage: str | None = None
    format: int = FORMAT
    kind: Literal["run-started"] = "run-started"


@dataclass(frozen=True, slots=True)
class Began:
    step: str
    at: datetime
    kind: Literal["began"] = "began"


@dataclass(frozen=True, slots=True)
class Succeeded:
    """`ids` are what AWS called the things it made. `read_back` tells that no answer said so, but the account shows it."""

    step: str
    at: datetime
    request_id: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    read_back: bool = False
    kind: Literal["succeeded"] = "succeeded"


@dataclass(frozen=True, slots=True)
class Failed:
    """`outcome` is `refused` (nothing changed), `unknown` (it may have happened) or `not-done` (read back: it has not).

    `request_id` is that of AWS's answer, where there was one.
    """

    step: str
    at: datetime
    code: str
    message: str
    outcome: Literal["refused", "unknown", "not-done"]
    suggestions: tuple[str, ...] = ()
    request_id: str = ""
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A step of an undo that is not made after all: since it was planned, others have come to need what it deletes."""

    step: str
    at: datetime
    reason: str
    kind: Literal["left-out"] = "left-out"


@dataclass(frozen=True, slots=True)
class Verified:
    """Everything was read back and is as planned."""

    at: datetime
    kind: Literal["verified"] = "verified"


@dataclass(frozen=True, slots=True)
class NotVerified:
    """Everything was done, and the account shows something else."""

    at: datetime
    differences: tuple[str, ...]
    kind: Literal["not-verified"] = "not-verified"


@dataclass(frozen=True, slots=True)
class Stopped:
    """The operator stopped the run between two steps."""

    at: datetime
    kind: Literal["stopped"] = "stopped"


Entry = RunStarted | Began | Succeeded | Failed | LeftOut | Verified | NotVerified | Stopped

_ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])


def to_line(entry: Entry) -> str:
    """`entry` as one line of JSON, without a newline."""
    return json.dumps(_ENTRY.dump_python(entry, mode="json"), ensure_ascii=True, separators=(",", ":"))


def from_line(line: str) -> Entry:
    """The entry that a line of a journal holds.

    Raises:
        CiamError: `journal-unreadable`, when the line is no entry.
    """
    try:
        entry = _ENTRY.validate_json(line)
    except ValidationError as error:
        raise _unreadable("A line of it is no entry of this program, or of this version.") from error
    if isinstance(entry, RunStarted) and entry.format != FORMAT:
        raise _unreadable(f"It has the format {entry.format}, and this program reads the format {FORMAT}.")
    return entry


def _unreadable(message: str) -> CiamError:
    suggestions = ["Use the version of ciam-tui that wrote it, and leave the file as it is."]
    return CiamError("journal-unreadable", "The journal cannot be read", message, suggestions)


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as its journal tells it. `done` keeps the order in which steps ended; `unknown` began and has no end that can be trusted."""

    started: RunStarted
    done: Mapping[str, Mapping[str, str]]
    unknown: tuple[str, ...]
    last_failure: Failed | None
    verified: bool
    stopped: bool
    ended_at: datetime
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def done_steps(self) -> tuple[Step, ...]:
        """The steps that are done, in the order of the plan."""
        return tuple(step for step in self.started.steps if step.id in self.done)

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that are still to be done, those of unknown outcome among them, in the order of the plan."""
        return tuple(step for step in self.started.steps if step.id not in self.done and step.id not in self.left_out)

    @property
    def users(self) -> tuple[str, ...]:
        """The users that its steps name."""
        return users_of(step.change for step in self.started.steps)

    @property
    def word(self) -> str:
        """The state in one word, for lists: verified, done, unfinished."""
        if self.verified:
            return "verified"
        return "unfinished" if self.pending else "done"


def fold(entries: Sequence[Entry]) -> RunState:
    """The state that `entries` lead to.

    Raises:
        CiamError: `journal-unreadable`, when the first entry does not start a run.
    """
    if not entries or not isinstance(entries[0], RunStarted):
        raise CiamError("journal-unreadable", "The journal cannot be read", "It does not begin with the start of a run.")
    started = entries[0]
    done: dict[str, Mapping[str, str]] = {}
    unknown: dict[str, None] = {}
    left_out: dict[str, str] = {}
    last_failure: Failed | None = None
    verified = stopped = False
    for entry in entries[1:]:
        verified = stopped = False
        match entry:
            case RunStarted():
                raise CiamError("journal-unreadable", "The journal cannot be read", "It holds the start of a second run.")
            case Began(step=step):
                unknown[step] = None
                last_failure = None
            case Succeeded(step=step, ids=ids):
                unknown.pop(step, None)
                done[step] = ids
            case Failed(step=step, outcome=outcome):
                if outcome != "unknown":
                    unknown.pop(step, None)
                last_failure = entry
            case LeftOut(step=step, reason=reason):
                unknown.pop(step, None)
                left_out[step] = reason
            case Verified():
                verified = True
            case NotVerified():
                verified = False
            case Stopped():
                stopped = True
            case _:
                assert_never(entry)
    return RunState(started, done, tuple(unknown), last_failure, verified, stopped, entries[-1].at, left_out)


def known_ids(runs: Iterable[RunState]) -> frozenset[str]:
    """The ids of the roles and policies that `runs` made or adopted: the half of "ours" that nobody can copy."""
    found: set[str] = set()
    for run in runs:
        for ids in run.done.values():
            found.update(value for name, value in ids.items() if name in ("role_id", "policy_id"))
        # A role is adopted by its name and a policy by its ARN: they often have one name, and the one may be adopted without the other.
        adopted, facts = {name.lower() for name in run.started.adopted}, run.started.facts
        found.update(role.role_id for role in facts.roles.values() if role.name.lower() in adopted)
        found.update(policy.policy_id for policy in facts.policies.values() if policy.arn.lower() in adopted)
    return frozenset(found - {""})


def known_wiring(runs: Iterable[RunState]) -> frozenset[kinds.SetContextVariable | kinds.AddRestriction]:
    """What `runs`, oldest first, have put into contexts of CircleCI and not taken out again.

    Contexts keep no tags: by this alone is it known as ours. An undo puts back what others had there, and that never becomes ours.
    """
    known: dict[tuple[str, str, str], kinds.SetContextVariable | kinds.AddRestriction] = {}
    for run in runs:
        for step in run.done_steps:
            match step.change:
                case kinds.SetContextVariable(context=context, name=name) if run.started.undoes is None:
                    known["variable", context, name] = step.change
                case kinds.AddRestriction(context=context, type=kind, value=value) if run.started.undoes is None:
                    known[kind, context, value] = step.change
                case kinds.DeleteContextVariable(context=context, name=name):
                    known.pop(("variable", context, name), None)
                case kinds.RemoveRestriction(context=context, type=kind, value=value):
                    known.pop((kind, context, value), None)
                case kinds.DeleteContext(name=name):
                    known = {key: change for key, change in known.items() if key[1] != name}
                case _:
                    continue
    return frozenset(known.values())
