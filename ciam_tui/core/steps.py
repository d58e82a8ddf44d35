"""The wizard's steps as data, read by the screens, by the plain prompts and by whoever goes on with a saved draft.

A step owns the answers whose paths begin with its `fields`; whether it is done is nothing but whether the rules find an error in them. So no
front end keeps a list of its own of what has been answered. Stdlib only: the rail is in the first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ciam_tui.core.draft import Draft
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.validate import errors_of, prefix_problem, setup_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

StepId = Literal["account", "bucket", "prefix", "stages", "circleci", "review"]
# `open`: nothing has been answered; `wrong`: answered, and something is missing or wrong; `done`: nothing is in the way.
StepState = Literal["open", "wrong", "done"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `question` is what the plain front end asks; `fields` are the beginnings of its answers' paths, none for the review of all."""

    id: StepId
    number: int
    title: str
    question: str
    fields: tuple[str, ...]

    def owns(self, field: str) -> bool:
        """Whether the answer at the path `field` is given in this step."""
        return any(field == own or field.startswith((f"{own}.", f"{own}[")) for own in self.fields)

    def why_not(self, draft: Draft) -> Problem | None:
        """What keeps the step from being done, the first in the order of the file; the review is held up by any step."""
        return next(iter(self.errors_among(draft_problems(draft))), None)

    def ready(self, draft: Draft) -> bool:
        """Whether nothing keeps the step from being done."""
        return self.why_not(draft) is None

    def errors_among(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Those of `problems` that keep the step from being done."""
        return tuple(problem for problem in errors_of(problems) if not self.fields or self.owns(problem.field))


STEPS: tuple[Step, ...] = (
    Step("account", 1, "Account", "In which AWS account are the roles made?", ("account_id", "partition")),
    Step("bucket", 2, "Bucket", "Which S3 bucket do the jobs use?", ("bucket",)),
    Step("prefix", 3, "Prefix", "Under which prefix of the bucket do the jobs work?", ("base_prefix",)),
    Step("stages", 4, "Stages", "Which stages are there, and what may each of them do?", ("stages", "role")),
    Step("circleci", 5, "CircleCI", "Which CircleCI organization and projects are trusted?", ("circleci",)),
    Step("review", 6, "Review", "Is this what you want?", ()),
)
_STEP_OF_ID: Mapping[StepId, Step] = {step.id: step for step in STEPS}


def step(step_id: StepId) -> Step:
    """The step of that id."""
    return _STEP_OF_ID[step_id]


def step_of(field: str) -> Step:
    """The step in which the answer at the path `field` is given, so that a problem or finding can lead there."""
    return next((each for each in STEPS if each.owns(field)), STEPS[-1])


def draft_problems(draft: Draft) -> tuple[Problem, ...]:
    """All that is wrong with the draft: its base prefix, which only a draft has, and the rules of a Setup."""
    return (*_base_prefix_problems(draft), *setup_problems(draft))


def _base_prefix_problems(draft: Draft) -> tuple[Problem, ...]:
    if draft.base_prefix is None:
        # A Setup file has no base prefix: once there are stages, their own prefixes are the answer.
        return (
            ()
            if draft.stages
            else (Problem("base_prefix", Level.ERROR, "No prefix is chosen.", 'Choose one, or "" for the whole bucket.'),)
        )
    problem = prefix_problem(draft.base_prefix)
    return (replace(problem, field="base_prefix"),) if problem else ()


def state(draft: Draft, step: Step) -> StepState:
    """How far `step` is. For all steps at once use `states`, which runs the rules once."""
    return _state(draft, step, draft_problems(draft))


def states(draft: Draft) -> Mapping[StepId, StepState]:
    """How far each step is, as the rail shows it."""
    problems = draft_problems(draft)
    return {each.id: _state(draft, each, problems) for each in STEPS}


def first_open(draft: Draft) -> Step:
    """The step at which somebody goes on who comes back to `draft`: the first that is not done, else the review."""
    problems = draft_problems(draft)
    return next((each for each in STEPS if each.errors_among(problems)), STEPS[-1])


def _state(draft: Draft, step: Step, problems: tuple[Problem, ...]) -> StepState:
    if not step.errors_among(problems):
        return "done"
    return "open" if _untouched(draft, step) else "wrong"


def _untouched(draft: Draft, step: Step) -> bool:
    empty = Draft()
    match step.id:
        case "account":
            return draft.account_id == empty.account_id
        case "bucket":
            return draft.bucket == empty.bucket
        case "prefix":
            return draft.base_prefix is None
        case "stages":
            return draft.stages == empty.stages
        case "circleci":
            return draft.circleci == empty.circleci
        case "review":
            return True  # Nothing is answered there: until all else is done it is ahead, and never wrong.
