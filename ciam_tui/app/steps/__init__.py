"""One body a step: it shows a slice of the draft and posts edits of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ciam_tui.app.steps.account import AccountBody
from ciam_tui.app.steps.bucket import BucketBody
from ciam_tui.app.steps.circleci import CircleCiBody
from ciam_tui.app.steps.prefix import PrefixBody
from ciam_tui.app.steps.stages import StagesBody

if TYPE_CHECKING:
    from ciam_tui.app.steps.base import StepBody
    from ciam_tui.core.steps import StepId


def body_of(step_id: StepId) -> type[StepBody]:
    """The body in which `step_id` is answered.

    Raises:
        ValueError: the review has no body of its own: it is a screen.
    """
    match step_id:
        case "account":
            return AccountBody
        case "bucket":
            return BucketBody
        case "prefix":
            return PrefixBody
        case "stages":
            return StagesBody
        case "circleci":
            return CircleCiBody
        case "review":
            raise ValueError("the review is a screen, not a step's body")
        case _:
            assert_never(step_id)
