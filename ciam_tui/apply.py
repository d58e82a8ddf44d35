"""Carrying out a plan, one journaled call at a time: the only room from which an account is changed.

`execute` is a generator of what happened, so that a screen, a pipe and a test drive the same code at their own pace. It writes to the
journal before each call and after it; what it cannot know, it reads back. Stopping anywhere, by a signal or a power cut, loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import is_done
from ciam_tui.core.changes.subjects import ids_in, subjects, users_of, variables_deleted_by
from ciam_tui.core.changes.user_effects import field_changed
from ciam_tui.core.circleci.undo_wiring import judged_by_piece
from ciam_tui.core.compare import differences
from ciam_tui.core.journal import Began, Failed, NotVerified, Stopped, Succeeded, Verified, fold
from ciam_tui.core.problems import CiamError
from ciam_tui.core.undo import facts_after
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.ports.circleci.wiring import ContextWriter
from ciam_tui.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.journal import Entry
    from ciam_tui.core.plan import Step
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.ports.api import Aws, CircleCi, Clock, Journal, Journals, Sent

CIRCLECI = "circleci"
IAM_PAUSE_SECONDS = 0.2  # about five IAM writes a second, below the rate at which IAM begins to throttle
THROTTLE_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
READ_BACK_PAUSES_SECONDS = (0.0, 2.0, 4.0, 8.0)
AWAIT_PAUSES_SECONDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0, 5.0)  # 35 s in all; IAM usually takes under ten
VERIFY_PAUSES_SECONDS = (0.0, 2.0, 4.0, 8.0)

_MAKES = (kinds.CreateBucket, kinds.CreateProvider, kinds.CreateRole, kinds.CreatePolicy)


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run needs of the world."""

    aws: Aws
    clock: Clock
    journals: Journals
    circleci: CircleCi | None = None


def circleci_for(steps: Iterable[Step], ports: Ports) -> CircleCi | None:
    """CircleCI, where one of `steps` is about it; None where none is, and nobody needs a token.

    Raises:
        CiamError: `circleci-needed`, where it is not open.
    """
    return opened_circleci(ports) if any(step.call.service == CIRCLECI for step in steps) else None


def opened_circleci(ports: Ports) -> CircleCi:
    """CircleCI.

    Raises:
        CiamError: `circleci-needed`, where it is not open.
    """
    if ports.circleci is None:
        raise CiamError(
            "circleci-needed",
            "CircleCI is not open",
            "This has steps in CircleCI, which can be neither looked up, made nor taken back without a token.",
            ["Set CIRCLE_TOKEN to a personal API token, and run the command again in a terminal."],
        )
    return ports.circleci


def touched_by(steps: Iterable[Step]) -> frozenset[str]:
    """The subjects of `steps`: what has to be read for them, whether the Setup still names it or not."""
    return frozenset(subject for step in steps for subject in subjects(step.change))


def read_for(setup: SetupShape, steps: Iterable[Step], ports: Ports) -> Facts:
    """The facts that `steps` of a run for `setup` rest on.

    Raises:
        CiamError: as `survey`, and `circleci-needed`.
    """
    steps = tuple(steps)
    changes = [step.change for step in steps]
    return survey(
        setup,
        ports.aws,
        circleci=circleci_for(steps, ports),
        also=touched_by(steps),
        users=users_of(changes),
        ends_of=variables_deleted_by(changes),
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is wrong; something takes its time. `text` says what and how long at most."""

    step: str
    text: str
    seconds: float


def never() -> bool:
    """The `should_stop` of somebody who lets a run go to its end."""
    return False


def execute(setup: SetupShape, ports: Ports, journal: Journal, *, should_stop: Callable[[], bool] = never) -> Iterator[Entry | Waiting]:
    """Carry out the pending steps of a journal, then read everything back. Ends early, with its reason in the journal, at a failure."""
    run = _Run(setup, ports, journal, should_stop)
    for step in fold(journal.entries()).pending:
        if should_stop():
            yield run.note(Stopped(ports.clock.now()))
            return
        yield run.note(Began(step.id, ports.clock.now()))
        last: Entry | Waiting | None = None
        for last in run.carried_out(step):
            yield last
        if not isinstance(last, Succeeded):
            return
    yield from run.verified()


class _Run:
    """One execution: its ports, its journal, and the pace of its writes."""

    def __init__(self, setup: SetupShape, ports: Ports, journal: Journal, should_stop: Callable[[], bool]) -> None:
        self._setup, self._ports, self._should_stop = setup, ports, should_stop
        self._aws, self._clock = ports.aws, ports.clock
        self._steps = fold(journal.entries()).started.steps
        circleci = circleci_for(self._steps, ports)
        self._contexts = ContextWriter(setup, circleci) if circleci is not None else None
        self._journal = journal
        self._has_written = False

    def note(self, entry: Entry) -> Entry:
        """`entry`, once it is on the disk."""
        self._journal.append(entry)
        return entry

    def carried_out(self, step: Step) -> Iterator[Entry | Waiting]:
        """What happens at `step`: waits, and at last its Succeeded or Failed."""
        if isinstance(step.change, kinds.AwaitRoles):
            yield from self._awaited(step, AWAIT_PAUSES_SECONDS, "IAM to know the new roles")
            return
        if self._has_written and step.call.service == "iam":
            self._clock.sleep(IAM_PAUSE_SECONDS)
        self._has_written = True
        pauses = iter(THROTTLE_PAUSES_SECONDS)
        while True:
            try:
                sent = self._send(step.call)
            except WriteFailed as failure:
                pause = next(pauses, None) if self._may_pass(failure) and not self._should_stop() else None
                if pause is None:
                    yield from self._after(failure, step)
                    return
                yield Waiting(step.id, f"{_why_again(failure, step)}; trying again in {pause:g} s", pause)
                self._clock.sleep(pause)
            else:
                yield self._succeeded(step, sent)
                return

    def _send(self, call: Call) -> Sent:
        return self._contexts.send(call) if self._contexts is not None and call.service == CIRCLECI else self._aws.send(call)

    def _read(self) -> Facts:
        return read_for(self._setup, self._steps, self._ports)

    def _may_pass(self, failure: WriteFailed) -> bool:
        """Whether AWS refused for now alone: it throttles, or does not know yet everywhere what this run made a moment ago."""
        if failure.outcome is WriteOutcome.THROTTLED:
            return True
        made = any(isinstance(step.change, _MAKES) for step in fold(self._journal.entries()).done_steps)
        return failure.outcome is WriteOutcome.REFUSED and failure.code == "not-found" and made

    def _after(self, failure: WriteFailed, step: Step) -> Iterator[Entry | Waiting]:
        if failure.outcome is not WriteOutcome.UNKNOWN:
            yield self.note(self._failed(step, failure, "refused"))
            return
        try:
            yield from self._awaited(step, READ_BACK_PAUSES_SECONDS, "the account to show whether it was done", failure)
        except CiamError as unreadable:
            # Nothing more can be said now; the journal says so, and resume looks again.
            yield self.note(self._failed(step, unreadable, "unknown"))

    def _awaited(self, step: Step, pauses: tuple[float, ...], what: str, failure: WriteFailed | None = None) -> Iterator[Entry | Waiting]:
        """Read until the account shows `step` as done, for the sum of `pauses` at most."""
        for pause in pauses:
            if pause and self._should_stop():
                break
            if pause:
                yield Waiting(step.id, f"Waiting for {what}, at most {sum(pauses):g} s", pause)
                self._clock.sleep(pause)
            facts = self._read()
            if is_done(facts, step.change):
                yield self.note(Succeeded(step.id, self._clock.now(), _request_id(failure), ids_in(facts, step.change), read_back=True))
                return
        late = failure or CiamError("not-yet", "IAM is slow", "IAM does not show it yet.", ["Wait a minute, and resume."])
        yield self.note(self._failed(step, late, "not-done"))

    def _succeeded(self, step: Step, sent: Sent) -> Succeeded:
        done = Succeeded(step.id, self._clock.now(), sent.request_id, dict(sent.ids))
        self.note(done)
        return done

    def _failed(self, step: Step, error: CiamError, outcome: str) -> Failed:
        match outcome:
            case "refused" | "unknown" | "not-done":
                return Failed(step.id, self._clock.now(), error.code, error.message, outcome, error.suggestions, _request_id(error))
            case _:
                raise ValueError(outcome)

    def verified(self) -> Iterator[Entry | Waiting]:
        """Read everything back and compare it with what the steps must have made of the account."""
        run = fold(self._journal.entries())
        expected = facts_after(run.started.facts, run.done_steps, run.done)
        judged = judged_by_piece(run, run.done_steps)
        touched = {subject for step in run.done_steps if step.id not in judged for subject in subjects(step.change)}
        found: Sequence[str] = ()
        for pause in VERIFY_PAUSES_SECONDS:
            if pause:
                yield Waiting("", "Reading everything back until IAM shows it everywhere", pause)
                self._clock.sleep(pause)
            facts = self._read()
            found = [str(difference) for difference in differences(expected, facts, touched)]
            found += [f"{step.title}: that is not so" for step in run.done_steps if step.id in judged and not is_done(facts, step.change)]
            found += [f"{step.title}: could not be read back" for step in run.done_steps if _is_unread(facts, step.change)]
            if not found:
                yield self.note(Verified(self._clock.now()))
                return
        yield self.note(NotVerified(self._clock.now(), tuple(found)))


def _is_unread(facts: Facts, change: kinds.Change) -> bool:
    """Whether `change` was about something on a bucket or a user that now may not be read: a comparison would pass it over."""
    if isinstance(change, kinds.UserSetting):
        user = facts.users.get(change.user.lower())
        return user is not None and field_changed(change) in user.unknown
    return isinstance(change, kinds.BucketSetting) and facts.bucket is not None and bool(facts.bucket.unread) and not is_done(facts, change)


def _request_id(error: CiamError | None) -> str:
    """The number of AWS's answer to a call that did not succeed, where there was one."""
    return error.request_id if isinstance(error, WriteFailed) else ""


def _why_again(failure: WriteFailed, step: Step) -> str:
    who = "CircleCI" if step.call.service == CIRCLECI else "AWS"
    return f"{who} asks to slow down" if failure.outcome is WriteOutcome.THROTTLED else f"{who} does not know yet what was just made"


def look_up_steps(setup: SetupShape, ports: Ports, journal: Journal) -> Iterator[Entry | Waiting]:
    """Ask the account about every step that began and is not done: Succeeded where it shows it, else Failed as not done.

    IAM may take seconds to show what a call did that was cut off just now: what is not there is waited for until the call is that old.
    """
    entries = journal.entries()
    run = fold(entries)
    began = {entry.step: entry.at for entry in entries if isinstance(entry, Began)}
    asked = [step for step in run.pending if step.id in began]
    if not asked:
        return
    facts = read_for(setup, run.started.steps, ports)
    newest = max((began[step.id] for step in asked if step.id in run.unknown), default=None)
    for pause in filter(None, READ_BACK_PAUSES_SECONDS):
        is_old = newest is None or (ports.clock.now() - newest).total_seconds() >= sum(READ_BACK_PAUSES_SECONDS)
        if is_old or all(is_done(facts, step.change) for step in asked):
            break
        yield Waiting(asked[0].id, "Waiting for the account to show whether it was done", pause)
        ports.clock.sleep(pause)
        facts = read_for(setup, run.started.steps, ports)
    for step in asked:
        yield _looked_up(step, facts, journal, ports.clock)


def _looked_up(step: Step, facts: Facts, journal: Journal, clock: Clock) -> Entry:
    """What the account shows of a step that began: done, or not."""
    entry: Entry
    if is_done(facts, step.change):
        entry = Succeeded(step.id, clock.now(), ids=ids_in(facts, step.change), read_back=True)
    else:
        entry = Failed(step.id, clock.now(), "not-done", "It was begun, and the account shows that it was not done.", "not-done")
    journal.append(entry)
    return entry
