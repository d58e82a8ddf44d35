"""What screens say of the wiring of CircleCI: the organization that is changed, beside the account, and what to do where no token opens it.

A person who looks at the account alone would not see that a run reaches further than AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.shown import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.app.circleci_known import KnownCircleCi
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Step

NEEDED = "circleci-needed"
WAY_TO_OPEN = "Type a CircleCI token in step 5, or set CIRCLE_TOKEN before ciam-tui starts."
WHY_NOT_WIRED = f"CircleCI cannot be wired without a token. {WAY_TO_OPEN}"


def changes_circleci(steps: Iterable[Step]) -> bool:
    """Whether one of `steps` is about a context."""
    return any(isinstance(step.change, kinds.ContextChange) for step in steps)


def contexts_in(steps: Iterable[Step]) -> tuple[str, ...]:
    """The contexts that `steps` are about, each once, in their order."""
    names = (_context_of(step.change) for step in steps if isinstance(step.change, kinds.ContextChange))
    return tuple(dict.fromkeys(names))


def _context_of(change: kinds.ContextChange) -> str:
    return change.name if isinstance(change, kinds.CreateContext | kinds.DeleteContext) else change.context


def organization_words(org_id: str, slug: str | None, known: KnownCircleCi) -> str:
    """The organization as people know it: `acme (gh/acme)` where it was read, else its slug, else its id."""
    held = next((each for each in known.organizations or () if each.id == org_id), None)
    if held is not None:
        return held.name if held.is_standalone else f"{held.name} ({held.slug})"
    return slug or org_id


def organization_in_short(org_id: str, slug: str | None, known: KnownCircleCi) -> str:
    """The same for a line that has little room."""
    held = next((each for each in known.organizations or () if each.id == org_id), None)
    if held is not None and held.is_standalone:
        return held.name
    return slug if slug and not slug.startswith("circleci/") else shortened(slug or org_id)


def organization_changed(steps: Iterable[Step], org_id: str, slug: str | None, known: KnownCircleCi) -> str:
    """The organization in short where `steps` change it, else nothing."""
    return organization_in_short(org_id, slug, known) if changes_circleci(steps) else ""


def organization_of(run: RunState, known: KnownCircleCi) -> str:
    """The organization of a run that changes CircleCI, empty where it does not."""
    circleci = run.started.setup.get("circleci", {})
    if not changes_circleci(run.started.steps):
        return ""
    return organization_words(str(circleci.get("org_id", "")), circleci.get("org_slug"), known)
