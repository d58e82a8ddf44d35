"""Step 3 as questions: the folder that the stages start from, read one level at a time, or typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.answers import with_base_prefix
from ciam_tui.core.problems import CiamError
from ciam_tui.core.validate import normalized_prefix
from ciam_tui.plain.choosing import NOTHING, Opened, Option, choose
from ciam_tui.plain.fields import took

if TYPE_CHECKING:
    from ciam_tui.plain.desk import Desk

WHOLE = "the whole bucket"
_MOST = 2_000  # folders of one level: more are found by typing them


def ask_prefix(desk: Desk) -> None:
    """A folder by number or typed; `open` and its number looks into it."""
    level = ""
    while True:
        options = _options(desk, level)
        current = desk.draft.base_prefix
        default = NOTHING if current == "" else current or ""
        if any(option for option in options if option.key != NOTHING):
            desk.talk.say("open and a number reads out what is in that folder.")
        question = "Prefix, by number or typed"
        chosen = choose(
            desk.talk, question, options, default=default, about="base_prefix", accepts=partial(_took, desk), typed=True, opens=True
        )
        if not isinstance(chosen, Opened):
            return
        level = "" if chosen.option.key == NOTHING else chosen.option.key


def _took(desk: Desk, answer: str) -> bool:
    prefix = "" if answer == NOTHING else answer
    closed = normalized_prefix(prefix)
    if closed != prefix:
        desk.talk.say(f"Note: the prefix is {closed}, closed by its slash.")
    return took(desk, "base_prefix", with_base_prefix(desk.draft, closed))


def _options(desk: Desk, level: str) -> tuple[Option, ...]:
    """The folders of `level`, after the whole bucket."""
    whole = Option(NOTHING, NOTHING, WHOLE)
    bucket = desk.draft.bucket
    if desk.aws is None or not bucket.name or bucket.create:
        return (whole,)
    desk.talk.say(f"Reading the folders of {bucket.name}/{level}.")
    found: list[str] = []
    token: str | None = None
    try:
        while len(found) < _MOST:
            page = desk.aws.prefixes(bucket.name, under=level, token=token)
            found += page.prefixes
            token = page.next_token
            if token is None:
                break
        else:
            desk.talk.say(f"There are more than {_MOST}: type one that is not read out.")
    except CiamError as error:
        desk.tell(error)
    return (whole, *(Option(prefix, prefix) for prefix in found))
