"""What there is to do, as the first screen has it: set up, go on, finish a run, look at past ones, audit, and whatever else is a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.draft import Draft, RoleDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.core.steps import STEPS, first_open
from ciam_tui.core.steps import step as step_at
from ciam_tui.plain.choosing import Option, choose_one
from ciam_tui.plain.journey import answer_steps
from ciam_tui.plain.talk import Back

if TYPE_CHECKING:
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.steps import StepId
    from ciam_tui.plain.desk import Desk
    from ciam_tui.ports.api import SavedDraft

# The numbers of these are what a file of answers holds: new ones go before the last alone.
_OWN = (
    Option("new", "new", "a new set-up, in six steps"),
    Option("resume", "resume", "go on with the saved draft"),
    Option("finish", "finish", "go on with a run that stopped half way"),
    Option("runs", "runs", "past runs: look at them, or take one back"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command that plain mode runs as it would be typed."""

    option: Option
    words: tuple[str, ...]


COMMANDS = (
    Command(Option("audit", "audit", "every role of this account that trusts CircleCI, graded"), ("audit",)),
    Command(Option("keys", "keys", "the same, with the access keys that CircleCI holds"), ("audit", "--circleci")),
)
_MIGRATE = Option("migrate", "migrate", "retire the keys of a user, stage by stage")
_LEAVE = Option("leave", "leave", "the answers stay saved")


def ask_menu(desk: Desk) -> None:
    """Ask what to do until one leaves.

    Raises:
        Quit, NoMoreAnswers, Interrupted: in place of an answer.
    """
    options = [*_OWN, *(each.option for each in COMMANDS), _MIGRATE, _LEAVE]
    while True:
        saved = _saved(desk)
        desk.talk.heading("What do you want to do?")
        if saved is not None:
            desk.talk.say(f"There is a saved draft: {_described(saved)}.")
        try:
            chosen = choose_one(desk.talk, "Choice", options, default="resume" if saved is not None else "new", about="saved")
            if chosen == _LEAVE.key:
                return
            command = next((each for each in COMMANDS if each.option.key == chosen), None)
            if command is not None:
                desk.doors.run_command(list(command.words))  # what it has found is no failure of this conversation
            else:
                _begin(desk, chosen, saved)
        except Back:
            continue
        except CiamError as error:
            desk.tell(error)


def _saved(desk: Desk) -> SavedDraft | None:
    try:
        return desk.doors.drafts.load()
    except CiamError as error:
        desk.tell(error)
        return None


def _described(saved: SavedDraft) -> str:
    step = step_at(_step_of(saved))
    bucket = f", {saved.draft.bucket.name}" if saved.draft.bucket.name else ""
    return f"step {step.number}, {step.title}, {saved.draft.account_id or 'no account yet'}{bucket}, {saved.saved_at:%Y-%m-%d %H:%M} UTC"


def _step_of(saved: SavedDraft) -> StepId:
    return next((step.id for step in STEPS if step.id == saved.step), first_open(saved.draft).id)


def _begin(desk: Desk, chosen: str, saved: SavedDraft | None) -> None:
    match chosen:
        case "new":
            if saved is not None and not desk.talk.ask_yes("A new set-up takes the place of the saved draft. Begin anew?", about="saved"):
                return
            desk.draft, desk.adopted, desk.wires = Draft(role=RoleDraft(name_prefix="circleci-")), frozenset(), False
            answer_steps(desk, "account")
        case "resume":
            if saved is None:
                desk.talk.say("There is no saved draft: new begins one.")
                return
            desk.draft, desk.kept = saved.draft, True
            desk.profile = desk.profile or saved.profile
            answer_steps(desk, _step_of(saved))
        case "finish":
            _finish(desk)
        case "migrate":
            from ciam_tui.plain.migrating import ask_migration

            ask_migration(desk)
        case _:
            _ask_runs(desk)


# Past runs


def _finish(desk: Desk) -> None:
    from ciam_tui.plain.carrying_out import go_on
    from ciam_tui.runs import history

    past = history(desk.doors.journals)
    waiting = past.to_resume()
    if not waiting:
        desk.talk.say("No run is unfinished.")
        return
    go_on(desk, waiting[0], past)


_WITH_RUN = (
    Option("look", "look", "what it did, step by step"),
    Option("undo", "undo", "take it back, after looking at how"),
    Option("resume", "resume", "go on with it"),
    Option("menu", "menu", "leave it as it is"),
)


def _ask_runs(desk: Desk) -> None:
    from ciam_tui.plain.carrying_out import go_on, take_back
    from ciam_tui.runs import history

    past = history(desk.doors.journals)
    for broken in past.unreadable:
        desk.talk.say(f"The journal of {broken.run_id} cannot be read: {broken.problem} {broken.fix}".rstrip())
    if not past.runs:
        desk.talk.say("There are no runs yet.")
        return
    newest = tuple(reversed(past.runs))
    options = [Option(run.started.run_id, run.started.run_id, _run_about(run, past)) for run in newest]
    run_id = choose_one(desk.talk, "Run", options, default=options[0].key, about="runs")
    run = next(each for each in newest if each.started.run_id == run_id)
    match choose_one(desk.talk, "What with it?", _WITH_RUN, default="look", about="runs"):
        case "look":
            _look(desk, run, past)
        case "undo":
            take_back(desk, run, past)
        case "resume":
            go_on(desk, run, past)


def _run_about(run: RunState, past: History) -> str:
    return f"{run.started.at:%Y-%m-%d %H:%M} UTC, {run.started.setup['bucket']['name']}, {past.words(run)}"


def _look(desk: Desk, run: RunState, past: History) -> None:
    from ciam_tui.commands.run_report import step_state
    from ciam_tui.plain.plan_words import run_lines

    desk.talk.say(*run_lines(run, past))
    desk.talk.say(*(f"Step {number}: {step.title}, {step_state(step, run)}." for number, step in enumerate(run.started.steps, 1)))
