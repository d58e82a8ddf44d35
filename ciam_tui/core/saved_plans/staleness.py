"""What has changed between the plan that was reviewed and the one that a fresh reading makes, so that a refusal says more than no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.changes.subjects import subjects
from ciam_tui.core.compare import Difference, differences
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.saved_plans.file import SavedPlan


def changed_since(saved: Plan, fresh: Plan) -> tuple[Difference, ...]:
    """Where what either plan touches is not as it was: `expected` is how it was reviewed, `actual` how it is now."""
    touched = {subject for step in (*saved.steps, *fresh.steps) for subject in subjects(step.change)}
    return differences(saved.facts, fresh.facts, touched)


def why_stale(saved: SavedPlan, fresh: Plan) -> CiamError | None:
    """Why `fresh` is not the plan that was reviewed; None where it is."""
    if fresh.fingerprint == saved.plan.fingerprint:
        return None
    changed = changed_since(saved.plan, fresh)
    if changed:
        more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        message = f"The account changed since the plan was made: {changed[0]}{more}."
    elif fresh.conflicts:
        # What is ours is known by journals, and those are of one machine.
        message = f"The account is as it was, and this machine plans otherwise: {fresh.conflicts[0].reason}"
    else:
        message = "The account is as it was, and its Setup makes other steps here and now than those that were reviewed."
    return CiamError(
        "plan-stale", "Nothing was applied", message, ("Make the plan again with `ciam-tui plan SETUP --out FILE`, and review that.",)
    )
