"""Retiring a user's keys by questions: the command `migrate` in a conversation, act by act.

What each act does, and what stands in its way, is the command's to say. Where somebody sits at a terminal it asks for itself; where the answers
come from a file, what it would ask is asked here, by the same word, and the stage is named, so that none is done that was not read out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.plain.choosing import Option, choose_one

if TYPE_CHECKING:
    from ciam_tui.plain.desk import Desk

DEFAULT_SETUP = "setup.json"
# The numbers of these are what a file of answers holds: new ones go before the last alone.
ACTS = (
    Option("look", "look", "where the retirement stands, what the user may do and what it used"),
    Option("propose", "propose", "write a Setup from its policies and its use"),
    Option("start", "start", "begin the retirement with a Setup; changes nothing in the account"),
    Option("stage", "stage", "do the stage that is due"),
    Option("back", "back-stage", "take the last stage back"),
    Option("accept", "accept", "go on in spite of something that a stage names"),
    Option("hand-off", "hand-off", "write the commands of the next stage for somebody else"),
    Option("calendar", "calendar", "what waits for what until when"),
    Option("end", "end", "give this retirement up; nothing is changed by that"),
    Option("menu", "menu", "leave it as it stands"),
)


def ask_migration(desk: Desk) -> None:
    """Which user, and then what with it, until one leaves.

    Raises:
        CiamError: what a command could not do.
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    user = desk.talk.ask("Name of the user", empty="list the users with keys", about="migrate.user").text
    if not user:
        _run(desk, [])
        return
    with_circleci = desk.talk.ask_yes("Read and change CircleCI too?", default=True, about="migrate.circleci")
    base = [*(["--circleci"] if with_circleci else []), *(["--", user] if user.startswith("-") else [user])]
    _run(desk, base)
    is_known = False
    while True:
        act = choose_one(desk.talk, "What with it?", ACTS, default="menu", about="migrate", is_known=is_known)
        is_known = True
        if act == "menu":
            return
        flags = _flags(desk, act, user)
        if flags is not None:
            _run(desk, [*flags, *base])


def _flags(desk: Desk, act: str, user: str) -> list[str] | None:
    """What is typed for `act`; None where it is not to be done after all."""
    ask = desk.talk.ask
    match act:
        case "propose":
            return ["--propose", ask("File", default=DEFAULT_SETUP, about="export.folder").text]
        case "start":
            setup = ask("Setup whose roles replace the keys", default=DEFAULT_SETUP, about="migrate.setup").text
            return ["--start", "--setup", setup, *([] if desk.talk.is_terminal else ["--yes"])]  # it changes nothing in the account
        case "stage":
            stage = ask("Stage, by its number or name", about="migrate.stage").text
            agreed = _agreed(desk, f"This does stage {stage} for {user}.", user) if stage else None
            return None if agreed is None else ["--stage", stage, *agreed]
        case "back":
            agreed = _agreed(desk, f"This takes the last stage of {user} back.", user)
            return None if agreed is None else ["--back", *agreed]
        case "accept":
            item = ask("What is accepted, as the stage names it", about="migrate").text
            return ["--accept", item] if item else None
        case "hand-off":
            return ["--hand-off", ask("Folder", default="hand-off", about="export.folder").text]
        case "calendar":
            return ["--calendar"]
        case "end":
            agreed = _agreed(desk, f"This gives the retirement of {user} up.", user)
            return None if agreed is None else ["--end", *agreed]
        case _:
            return []


def _agreed(desk: Desk, sentence: str, user: str) -> list[str] | None:
    """The flag that says yes, once the user's name was typed; none at a terminal, where the command asks by itself; None for a no."""
    if desk.talk.is_terminal:
        return []
    desk.talk.say(sentence)
    if desk.talk.ask("Type the name of the user to do it", empty="no", about="migrate").text != user:
        desk.talk.say("Nothing was done.")
        return None
    return ["--yes"]


def _run(desk: Desk, words: list[str]) -> None:
    desk.doors.run_command(["migrate", *words])  # what it finds is no failure of this conversation
