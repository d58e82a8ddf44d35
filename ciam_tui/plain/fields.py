"""One answer of the Setup as one question: asked until nothing is wrong with it, with the rule that was broken and the fix said after each try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.answers import settled
from ciam_tui.core.problems import Level
from ciam_tui.core.steps import draft_problems
from ciam_tui.plain.choosing import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.core.answers import Changed
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.problems import Problem
    from ciam_tui.plain.desk import Desk


def ask_field(desk: Desk, path: str, question: str, put: Callable[[Draft, str], Draft], current: str, *, empty: str = "") -> None:
    """Ask for the answer at `path`, which is `current` now. With `empty`, the word for it, there need be none: `none` takes one away.

    Raises:
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    while True:
        hint = f" ({NOTHING}: {empty})" if empty and current else ""
        answer = desk.talk.ask(f"{question}{hint}", default=current, empty=empty, about=path)
        is_none = bool(empty) and answer.text.lower() == NOTHING and not answer.as_it_stands
        if took(desk, path, settled(desk.draft, put(desk.draft, "" if is_none else answer.text))):
            return


def took(desk: Desk, path: str, changed: Changed) -> bool:
    """Whether the answer at `path` is right in `changed`, and was taken; what is wrong with it, and what to know of it, is said."""
    about = [problem for problem in draft_problems(changed.draft) if _is_at(problem.field, path)]
    errors = [problem for problem in about if problem.level is Level.ERROR]
    tell_problems(desk, errors or about)
    if not errors:
        desk.take(changed)
    return not errors


def tell_problems(desk: Desk, problems: list[Problem] | tuple[Problem, ...], *, named: bool = False) -> None:
    """Each problem with its fix; `named` with the answer that it is about."""
    for problem in problems:
        word = "Wrong" if problem.level is Level.ERROR else "Note"
        place = f"{problem.field}: " if named and problem.field else ""
        desk.talk.say(f"{word}: {place}{problem.text} {problem.fix}".rstrip())


def _is_at(field: str, path: str) -> bool:
    return field == path or field.startswith((f"{path}[", f"{path}."))
