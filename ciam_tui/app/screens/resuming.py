"""The question before a run is gone on with, asked the same way wherever such a run is found: at the start, in its list, or after a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.app.jobs import READ_ONLY_REASON, resume_job
from ciam_tui.app.plan_lines import counted
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.session import Mode
from ciam_tui.app.wiring_words import changes_circleci, organization_of
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.made import removes_something

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.app.jobs import Job
    from ciam_tui.app.screens.base import WorkScreen
    from ciam_tui.core.journal import RunState

LISTED = 4


def ask_to_resume(screen: WorkScreen[Any], run: RunState, carry_out: Callable[[Job], None]) -> str | None:
    """Ask whether `run` is to be gone on with, and `carry_out` the job then; the reason where it cannot be."""
    session, started = screen.session, run.started
    if session.mode is Mode.READ_ONLY:
        return READ_ONLY_REASON
    if session.identity is None or session.aws is None:
        return "Nobody is signed in yet: the run goes on once an identity of its account is there (step 1 chooses one)."
    if session.identity.account_id != started.account_id:
        return (
            f"The run belongs to account {started.account_id}, and you are in {session.identity.account_id}: choose a profile of it first."
        )
    pending = run.pending
    text = [
        *(f"! {sentence}" for sentence in _lost(run)),
        f"The run {started.run_id} did not come to its end: {len(run.done)} of {counted({'step': len(started.steps)})} are done.",
        *(_left(run) if pending else ["What is left is to read everything back."]),
        *(["What nobody can say is looked up first, and not done twice."] if run.unknown else []),
    ]
    token = started.account_id if any(removes_something(step.change) for step in pending) else None
    circleci = organization_of(run, session.known_circleci) if changes_circleci(pending) else ""
    question = ConfirmScreen("Go on with this run?", text, "Go on", token=token, identity=session.identity, circleci=circleci)
    screen.app.push_screen(question, lambda confirmed: carry_out(resume_job(session, run)) if confirmed else None)
    return None


def _lost(run: RunState) -> Iterator[str]:
    """The values that going on replaces for good."""
    for step in run.pending:
        if isinstance(step.change, kinds.SetContextVariable) and step.change.replaces:
            yield f"An undo cannot bring back what {step.change.name} in the context {step.change.context} is now: it is replaced for good."


def _left(run: RunState) -> list[str]:
    more = len(run.pending) - LISTED
    return [
        "Left to do:",
        *(
            f"  {step.title}{' (nobody can say yet whether it was done)' if step.id in run.unknown else ''}"
            for step in run.pending[:LISTED]
        ),
        *([f"  and {more} more"] if more > 0 else []),
    ]
