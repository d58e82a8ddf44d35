"""The questions of each step, asked of the answers as they stand; the order, the titles and when a step is done are the core's."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ciam_tui.plain.steps.account import ask_account
from ciam_tui.plain.steps.bucket import ask_bucket
from ciam_tui.plain.steps.circleci import ask_circleci
from ciam_tui.plain.steps.prefix import ask_prefix
from ciam_tui.plain.steps.stages import ask_stages

if TYPE_CHECKING:
    from ciam_tui.core.steps import StepId
    from ciam_tui.plain.desk import Desk


def ask_step(desk: Desk, step_id: StepId) -> None:
    """Ask what the step of that id wants to know; the review asks nothing by itself.

    Raises:
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    match step_id:
        case "account":
            ask_account(desk)
        case "bucket":
            ask_bucket(desk)
        case "prefix":
            ask_prefix(desk)
        case "stages":
            ask_stages(desk)
        case "circleci":
            ask_circleci(desk)
        case "review":
            return
        case _:
            assert_never(step_id)
