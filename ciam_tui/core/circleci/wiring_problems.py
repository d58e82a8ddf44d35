"""How the problems of a wiring are told from the others of a plan: what can never be taken back is said before everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ciam_tui.core.problems import Problem

FIELD = "circleci"
FOR_GOOD = "An undo cannot bring back"


def is_for_good(problem: Problem) -> bool:
    """Whether `problem` tells of a value that nobody can bring back once the plan is applied."""
    return problem.text.startswith(FOR_GOOD)


def is_wiring(problem: Problem) -> bool:
    """Whether `problem` of a plan is about contexts."""
    return problem.field == FIELD
