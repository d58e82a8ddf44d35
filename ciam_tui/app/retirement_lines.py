"""A retirement for the screen: a row for each of the eight stages, and what stands behind the one under the cursor, as lines a tab.

Pure functions from the report to cells and lines; where a stage stands, and why, is judged by `core.retirement` alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import Ink, Line, highlighted
from ciam_tui.core.retirement.calendar import day_line
from ciam_tui.core.retirement.offer import offer_lines
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import State
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.retirement.ground import Obstacle
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.retirement.standing import Standing
    from ciam_tui.core.setup import Setup

# The word says it; the glyph is found faster.
GLYPH = {State.DONE: "✓", State.READY: "●", State.WAITING: "·", State.BLOCKED: "✗", State.UNKNOWN: "?"}
_INK = {State.DONE: Ink.ALLOWED, State.READY: Ink.STRING, State.WAITING: Ink.NOTE, State.BLOCKED: Ink.ERROR, State.UNKNOWN: Ink.WARNING}
TITLES = {
    Stage.ROLES: "Roles",
    Stage.WIRING: "CircleCI wired",
    Stage.ROLE_IN_USE: "Roles in use",
    Stage.VARIABLES: "Variables gone",
    Stage.DEACTIVATE: "Key inactive",
    Stage.QUIET: "Quiet period",
    Stage.DELETE_KEY: "Key deleted",
    Stage.DELETE_USER: "User deleted",
}
DEMO_WAITS = (
    "In the demo nothing takes the roles, and its clock is the real one: stage 3 goes on once you accept it (ctrl+d), and stage 6 waits "
    "its days in earnest, so that the demo ends before them."
)


class BoardTab(StrEnum):
    """The tabs, in their order; the values are what they are called."""

    STAGE = "Stage"
    CALENDAR = "Calendar"
    IN_THE_WAY = "In the way"
    SETUP = "Setup"


# The stages


def stage_cells(standing: Standing) -> tuple[str, ...]:
    """State, stage, until when it waits where that is known, and why."""
    until = f"{standing.until:%Y-%m-%d}" if standing.until is not None and not standing.is_done else ""
    return (_state(standing.state), f"{standing.stage.number} {TITLES[standing.stage]}", until, standing.why)


def empty_cells(stage: Stage) -> tuple[str, ...]:
    """The same of a retirement that was not begun."""
    return ("· not begun", f"{stage.number} {TITLES[stage]}", "", stage.about.done)


def _state(state: State) -> str:
    return f"{GLYPH[state]} {state}"


def stage_lines(standing: Standing) -> Iterator[Line]:
    """One stage: what it does, why it stands where it does, key by key, on what that rests, and what to do."""
    about = standing.stage.about
    yield Line(((f"{standing.stage.number} · {about.doing}", Ink.HEADING),), indent=4)
    back = "It only waits." if not about.acts else "There is no way back." if about.is_for_good else "It can be taken back."
    yield _note(f"    Done once: {about.done}. {back}", 4)
    yield Line(())
    yield _state_line(standing)
    if standing.until is not None and not standing.is_done:
        yield _note(f"    waits until {standing.until:%Y-%m-%d %H:%M} UTC", 4)
    if standing.handed_to:
        yield _note(f"    handed off: the commands are in {standing.handed_to}", 4)
    if len(standing.parts) > 1:
        for part in standing.parts:
            yield Line((("", Ink.PROSE), (f"  {part.key}  ", Ink.KEY), (f"{_state(part.state)}: {part.why}", _INK[part.state])), indent=4)
    parts = standing.parts or (standing,)
    yield from _section("What it rests on", [line for part in parts for line in part.evidence], "· ", Ink.PROSE)
    if not standing.is_done:
        yield from _section("What to do", [_in_keys(line) for part in parts for line in part.todo], "▸ ", Ink.STRING)


def left_lines(report: Report, standing: Standing) -> Iterator[Line]:
    """What is left empty without the user, with the commands for whoever it belongs to: a part of the last stage."""
    if report.left_empty is not None and standing.stage is Stage.DELETE_USER:
        yield from _section("What is left empty", [*offer_lines(report.migration.user_name, report.left_empty)], "", Ink.PROSE)


def _state_line(standing: Standing) -> Line:
    ink = _INK[standing.state]
    return Line((("", Ink.PROSE), (f"{_state(standing.state)}  ", ink), (standing.why, Ink.PROSE)), indent=4)


def _section(heading: str, texts: list[str], mark: str, ink: Ink) -> Iterator[Line]:
    if texts:
        yield Line(())
        yield Line(((heading, Ink.HEADING),))
        yield from (Line(((f"{mark}{text}", ink if ink is not Ink.STRING else Ink.PROSE),), indent=2) for text in dict.fromkeys(texts))


# The judges speak of flags; here the same is done by keys.
_KEYS = (
    ("CircleCI was not asked: give --circleci, with the token in CIRCLE_TOKEN.", "CircleCI was not asked: there is no token for it."),
    ("--keep-key leaves", "ctrl+d, then Keep, leaves"),
    ("--back makes", "ctrl+u makes"),
    ("then --end closes this", "then ctrl+d ends this"),
    ("End this with --end", "End this (ctrl+d)"),
    ("is written by --hand-off DIR", "is in the tab In the way, and written by ctrl+s"),
)


def _in_keys(text: str) -> str:
    for flag, key in _KEYS:
        text = text.replace(flag, key)
    return text.replace("--accept ", "ctrl+d accepts ") if "--accept " in text else text


# The calendar


def calendar_lines(report: Report, *, is_demo: bool = False) -> Iterator[Line]:
    """What waits for what until when."""
    days = report.days
    if not days:
        yield _note("Nothing is left to wait for.")
        return
    quiet = counted(report.migration.quiet_days, "quiet day")
    yield _note(f"Times are UTC. + is the earliest, with {quiet}, if all before it is done today.", 2)
    yield Line(())
    for day in days:
        date, _, rest = day_line(day, report.now).partition(" ")
        ink = Ink.STRING if day.is_sure or day.earliest <= report.now else Ink.KEY
        yield Line((("", Ink.PROSE), (f"{date} ", ink), (_in_keys(rest), Ink.PROSE)), indent=28)
    if is_demo:
        yield Line(())
        yield _note(DEMO_WAITS, 2)


# What stands in the way


def obstacle_lines(report: Report) -> Iterator[Line]:
    """What would break, or shut the roles out, with the statement to add; what is accepted; and what is only to be known."""
    obstacles = report.ground.obstacles
    if not obstacles and not report.ground.remarks:
        yield _note("Nothing that was looked at stands in the way of the roles.")
    for each in obstacles:
        is_open = not report.migration.has_accepted(*each.names)
        sign, ink = ("✗ ", Ink.ERROR) if is_open else ("✓ accepted: ", Ink.ALLOWED)
        yield Line(((f"{sign}{each.text}", ink),), indent=2)
        if each.fix and is_open:
            yield Line(((f"  {_in_keys(each.fix)}", Ink.PROSE),), indent=2)
        if is_open:
            yield _note(f"  accepted by the name {each.item}", 4)
        yield from _statement_lines(each)
        yield Line(())
    yield from (Line(((f"· {remark}", Ink.NOTE),), indent=2) for remark in report.ground.remarks)


def _statement_lines(obstacle: Obstacle) -> Iterator[Line]:
    if obstacle.statement is None:
        return
    owner = f", for {obstacle.owner}" if obstacle.owner else ""
    yield _note(f"  the statement to add{owner} (y copies it):", 2)
    for text in _json(obstacle.statement).split("\n"):
        yield Line((("    ", Ink.PUNCTUATION), *highlighted(text)), indent=len(text) - len(text.lstrip()) + 6)


def statements_text(report: Report) -> str:
    """The statements that owners of policies have to add, as `y` copies them: one as it is, several as a list. Empty where there are none."""
    wanted = [each.statement for each in report.ground.obstacles if each.statement is not None]
    if not wanted:
        return ""
    return _json(wanted[0]) if len(wanted) == 1 else json.dumps([json.loads(_json(each)) for each in wanted], indent=2)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, default=dict)


# The Setup


def setup_lines(setup: Setup | None, *, begun: bool) -> Iterator[Line]:
    """By what the keys are replaced."""
    if setup is None:
        yield _note("No Setup was chosen: ctrl+d proposes one from the policies and the use, opens a file, or takes a past run's.", 2)
        return
    word = "The retirement was begun with this Setup." if begun else "Chosen. ctrl+d begins the retirement; nothing is changed by that."
    yield _note(word, 2)
    yield Line(())
    from ciam_tui.core.setup import to_json

    for text in to_json(setup).rstrip("\n").split("\n"):
        yield Line(highlighted(text), indent=len(text) - len(text.lstrip()) + 2)


def unbegun_lines(setup: Setup | None) -> Iterator[Line]:
    """What can be done before there is anything to look at."""
    yield Line((("No retirement of this user was begun.", Ink.HEADING),))
    yield Line(())
    steps = (
        "ctrl+d, Propose: a Setup from what it may do, what it used and where its key sits, which opens in the wizard",
        "ctrl+d, Choose the Setup: the wizard's draft, a past run's, or a file" + (f" (chosen: {setup.bucket.name})" if setup else ""),
        "ctrl+d, Begin: keeps the user as it is now, with a backup; nothing is changed in the account by that",
        "ctrl+a: the next stage, after its plan was shown and a question was answered",
    )
    yield from (
        Line((("", Ink.PROSE), (f"{number} ", Ink.NOTE), (text, Ink.PROSE)), indent=4) for number, text in enumerate(steps, start=1)
    )


# What can be decided


class Decide(StrEnum):
    """The kinds of decisions; the values are what they are called."""

    BEGIN = "Begin"
    PROPOSE = "Propose"
    CHOOSE = "Choose the Setup"
    ACCEPT = "Accept"
    KEEP = "Keep the key"
    UNKEEP = "Do not keep the key"
    QUIET = "Quiet days"
    LOGS = "Logs"
    BACKUP = "Backup"
    END = "End"


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that a person may decide, and what it means. `item` is what is accepted."""

    kind: Decide
    about: str
    item: str = ""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.kind.value


def decisions(report: Report | None, setup: Setup | None) -> tuple[Decision, ...]:
    """All that can be decided now; what a stage waits for comes first."""
    return tuple(_decisions(report, setup))


def _decisions(report: Report | None, setup: Setup | None) -> Iterator[Decision]:
    if report is None or report.is_over:
        if setup is not None:
            yield Decision(Decide.BEGIN, f"with the chosen Setup: {setup.bucket.name}, {counted(len(setup.stages), 'stage')}")
        yield Decision(Decide.PROPOSE, "a Setup from its policies and its use, opened in the wizard")
        yield Decision(Decide.CHOOSE, "the wizard's draft, a past run's, or a file")
    else:
        yield from (Decision(Decide.ACCEPT, item, item) for item in open_items(report))
        if report.migration.key_is_kept:
            yield Decision(Decide.UNKEEP, "make it inactive before the quiet period, as usual")
        else:
            yield Decision(Decide.KEEP, "active until the quiet period is over")
        yield Decision(Decide.QUIET, f"{report.migration.quiet_days} now")
    yield Decision(Decide.LOGS, "CloudTrail files or S3 access logs, as evidence of its use")
    if report is not None:
        yield Decision(Decide.BACKUP, "all that defined the user, without secrets, as a file")
        if not report.is_over:
            yield Decision(Decide.END, "give this retirement up; nothing is changed by that")


def open_items(report: Report) -> tuple[str, ...]:
    """What blocked or unknown stages may be gone on in spite of, by its name."""
    found = (item for standing in report.standings for part in (standing, *standing.parts) if not part.is_done for item in part.items)
    return tuple(dict.fromkeys(found))


def accept_text(report: Report, item: str) -> list[str]:
    """What somebody should have read before they accept `item`."""
    standing = next((each for each in report.standings for part in (each, *each.parts) if item in part.items and not part.is_done), None)
    obstacle = next((each for each in report.ground.obstacles if item in each.names), None)
    said = obstacle.text if obstacle is not None else standing.why if standing is not None else ""
    stage = f"Stage {standing.stage.number}, {TITLES[standing.stage].lower()}, goes on in spite of this:" if standing is not None else ""
    return [
        *([stage] if stage else []),
        f"  {item}",
        *([said] if said else []),
        "That you accepted it, and who you are, is kept with the retirement.",
    ]


def verdict_words(report: Report) -> tuple[str, Ink, str]:
    """One line on where it stands, one on what to do next."""
    from ciam_tui.core.retirement.standings import next_stages

    migration = report.migration
    if migration.ended is not None:
        word = "Finished" if migration.ended.why == "finished" else "Given up"
        return f"✓ {word} on {migration.ended.at:%Y-%m-%d %H:%M} UTC", Ink.ALLOWED, "esc goes back"
    found = report.standings
    done = sum(each.is_done for each in found)
    first = next(iter(next_stages(found)), None)
    if first is None:
        return f"{done} of {len(found)} stages done", Ink.PROSE, ""
    ready = next((each for each in found if each.can_begin and not each.handed_to), None)
    where = f"{done} of {len(found)} stages done · {_state(first.state)}: stage {first.stage.number}, {TITLES[first.stage].lower()}"
    if ready is not None:
        return where, Ink.PROSE, f"ctrl+a shows what stage {ready.stage.number} does: {ready.stage.about.doing}"
    return where, _INK[first.state], first.why


def backup_of(migration: Migration) -> str:
    """The latest backup as a file's text."""
    content = migration.backup.content if migration.backup is not None else migration.started.backup
    return json.dumps(content, indent=2, default=str) + "\n"


def _note(text: str, indent: int = 0) -> Line:
    return Line(((text, Ink.NOTE),), indent=indent)
