"""The steps one after the other, from wherever somebody is to the end of the review; back goes to the step before, and from the first to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.steps import STEPS, draft_problems
from ciam_tui.plain.fields import tell_problems
from ciam_tui.plain.review import ask_review
from ciam_tui.plain.steps import ask_step
from ciam_tui.plain.talk import Back

if TYPE_CHECKING:
    from ciam_tui.core.steps import Step, StepId
    from ciam_tui.plain.desk import Desk


def answer_steps(desk: Desk, at: StepId) -> None:
    """Ask from step `at` on, until the review is left.

    Raises:
        Quit, NoMoreAnswers, Interrupted: in place of an answer.
    """
    place: int | None = next(index for index, step in enumerate(STEPS) if step.id == at)
    while place is not None:
        step = STEPS[place]
        desk.step = step.id
        if desk.kept:  # who comes back is led here again
            desk.keep()
        desk.talk.heading(f"Step {step.number} of {len(STEPS)}, {step.title}. {step.question}")
        try:
            place = _asked(desk, step, place)
        except Back:
            place = place - 1 if place else None


def _asked(desk: Desk, step: Step, place: int) -> int | None:
    """Where one goes from `step`; None to the menu."""
    if step.id == "review":
        unready = _unready(desk)
        if unready is not None:
            return unready
        chosen = ask_review(desk)
        return None if chosen is None else next(index for index, each in enumerate(STEPS) if each.id == chosen)
    ask_step(desk, step.id)
    problems = step.errors_among(draft_problems(desk.draft))
    tell_problems(desk, problems, named=True)
    return place if problems else place + 1


def _unready(desk: Desk) -> int | None:
    """The first step with which something is wrong; what it is has then been said."""
    problems = draft_problems(desk.draft)
    for index, step in enumerate(STEPS[:-1]):
        wrong = step.errors_among(problems)
        if wrong:
            tell_problems(desk, wrong, named=True)
            return index
    return None
