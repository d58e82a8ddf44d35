"""A CircleCI in memory for the whole of the wizard: its steps read it, and a run writes to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import ContextContents, Inventory, ProjectContents
from tests.app.fakes import FakeCircleCi
from tests.memory_circleci import MemoryCircleCi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.core.circleci.facts import Organization, Project


@dataclass
class WiredCircleCi(MemoryCircleCi, FakeCircleCi):
    """A CircleCI that can be read by the wizard's steps and written to by a run."""

    def inventory(
        self,
        organization: Organization,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
        projects: Sequence[Project] | None = None,
    ) -> Inventory:
        found = super().inventory(organization, progress, should_stop, projects)
        contexts = tuple(
            ContextContents(context, self.context_variables(context.id), self.context_restrictions(context.id))
            for context in self.contexts(organization)
        )
        return replace(found, contexts=contexts, projects=tuple(ProjectContents(each, ()) for each in projects or ()))
