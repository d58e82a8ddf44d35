"""The app's screens as the benchmarks need them: a draft of some size, how many widgets a bare app must have to be like one, and walks."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ciam_tui.core.answers import preset_stages
from ciam_tui.core.draft import BucketDraft, CircleCiDraft, Draft, ProjectDraft, RoleDraft
from ciam_tui.ports.api import SavedDraft
from ciam_tui.ports.disk import DiskDrafts, StateDir
from tests.app.driving import answering, running, shows
from tests.app.fakes import ACCOUNT_ID, ORG_ID, fake_session
from tests.benchmarks.terminal import BARE_APP, PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.steps import StepId

FIRST_FRAME = "Replace the AWS keys"  # the first words that tell the start screen from a blank one


def draft_of(projects: int) -> Draft:
    """Build, test and deploy for so many projects, with a role a project and stage."""
    names = [f"service-{number:02d}" for number in range(projects)]
    return Draft(
        account_id=ACCOUNT_ID,
        bucket=BucketDraft("acme-builds", "us-east-1"),
        base_prefix="builds/",
        circleci=CircleCiDraft(
            ORG_ID,
            "gh/acme",
            projects=tuple(
                ProjectDraft(str(UUID(int=number, version=4)), name, f"github.com/acme/{name}") for number, name in enumerate(names)
            ),
        ),
        stages=preset_stages("builds/"),
        role=RoleDraft(name_prefix="circleci-", per_project=True),
    )


def save(draft: Draft, at: StepId, state_dir: Path) -> None:
    """Leave `draft` in `state_dir` as a session does that ended at step `at`."""
    DiskDrafts(StateDir.of(state_dir)).save(SavedDraft(draft, at, None, datetime.now(UTC)))


def widgets_of_start() -> int:
    """How many widgets the start screen has."""

    async def counted() -> int:
        async with running(fake_session()) as pilot:
            await shows(pilot, "New set-up")
            return len(list(pilot.app.screen.walk_children()))

    return asyncio.run(counted())


def widgets_of_wizard(draft: Draft, at: StepId) -> int:
    """How many widgets the wizard has at step `at` of `draft`."""

    async def counted() -> int:
        async with answering(fake_session(), draft, at) as pilot:
            return len(list(pilot.app.screen.walk_children()))

    return asyncio.run(counted())


def program(*words: str) -> list[str]:
    """The command line of the program, with `words` after its name."""
    return [PROGRAM, *words]


def bare_app(widgets: int) -> list[str]:
    """The command line of the bare app."""
    return [sys.executable, BARE_APP, str(widgets)]
