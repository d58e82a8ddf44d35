"""What AWS says beside the facts, as lines to draw: its opinion of policies, differences first, and how a role and its rights were used.

Pure functions from values to lines, so that what a person is shown can be tested without a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import MARK, Ink, Line
from ciam_tui.core.activity import lines_of
from ciam_tui.core.opinions import Remark, Stance
from ciam_tui.core.problems import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.activity import Activity
    from ciam_tui.core.creep.gap import Gap

STILL_ASKED = Remark(Stance.NOT_CHECKED, "AWS is still being asked; nothing waits for it.")
_SIGN = {Stance.DIFFERS: "✗ ", Stance.ADDS: "", Stance.AGREES: "✓ ", Stance.NOT_CHECKED: "· "}
_INK = {Stance.DIFFERS: Ink.ERROR, Stance.ADDS: Ink.NOTE, Stance.AGREES: Ink.ALLOWED, Stance.NOT_CHECKED: Ink.NOTE}
_LEVEL_INK = {Level.ERROR: Ink.ERROR, Level.WARNING: Ink.WARNING, Level.NOTE: Ink.NOTE}
_UNDER_WORDS = 11
# The words that a line of a role's use begins with.
_USE_INK = {"let in": Ink.ALLOWED, "refused": Ink.WARNING}
_PROSE = ("", Ink.PROSE)  # first in a line, so that it is broken between words


def remark_lines(remarks: Iterable[Remark]) -> Iterator[Line]:
    """Each remark with its stance in a word, and what either side says under it."""
    for remark in remarks:
        yield Line((_PROSE, *_stance(remark), (remark.text, Ink.PROSE)), indent=2)
        yield from (Line(((f"    {detail}", Ink.PROSE),), indent=6) for detail in remark.details)


def _stance(remark: Remark) -> Iterator[tuple[str, Ink]]:
    if remark.stance is Stance.ADDS and remark.level is not None:
        yield f"{MARK[remark.level]}{remark.level}  ", _LEVEL_INK[remark.level]
    else:
        yield f"{_SIGN[remark.stance]}{remark.stance}  ", _INK[remark.stance]


def activity_lines(activity: Activity) -> Iterator[Line]:
    """Who took the role and who was refused."""
    for text in lines_of(activity):
        words = text.strip()
        start = len(text) - len(text.lstrip())
        word = next((each for each in _USE_INK if start and words.startswith(each)), "")
        if word:
            yield Line((_PROSE, (f"{text[:start]}{word}", _USE_INK[word]), (words.removeprefix(word), Ink.PROSE)), indent=_UNDER_WORDS)
        else:
            yield Line(((text, Ink.PROSE if start or words.startswith("CloudTrail") else Ink.NOTE),), indent=start or 2)


# The words that a line of a role's gap begins with.
_GAP_INK = {"used": Ink.ALLOWED, "not seen": Ink.WARNING, "unknown": Ink.NOTE, "gained": Ink.WARNING, "not read": Ink.WARNING}
_UNDER_GAP = 13


def gap_lines(gap: Gap) -> Iterator[Line]:
    """The role's rights by what is known of their use, and what of them has come."""
    from ciam_tui.core.creep.report import lines_of_gap

    yield Line((("What it may do, and was seen to do", Ink.NOTE),), indent=2)
    for text in lines_of_gap(gap)[1:]:
        word = next((each for each in _GAP_INK if text[2:].startswith(f"{each} ")), "")
        if word:
            yield Line((_PROSE, (f"  {word}", _GAP_INK[word]), (text[2 + len(word) :], Ink.PROSE)), indent=_UNDER_GAP)
        else:
            yield Line(((text, Ink.PROSE),), indent=_UNDER_GAP)
