"""A CircleCI whose organizations hold access keys, for whoever looks for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from ciam_tui.core.circleci.facts import Context, ContextContents, Inventory, Organization, Project, ProjectContents, Variable, visible_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.ports.api import CircleCi

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
ACME = Organization("0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11", "gh/acme", "acme", "github")
NOT_SET_UP = Organization(None, "gh/someone", "someone", "github")


@dataclass
class KeyHolder:
    """`unread` is what the inventory lacks; `stops` makes it end before its end."""

    contexts: tuple[ContextContents, ...] = ()
    projects: tuple[ProjectContents, ...] = ()
    unread: tuple[str, ...] = ()
    stops: bool = False
    asked: list[str] = field(default_factory=list)

    def organizations(self) -> tuple[Organization, ...]:
        return (ACME, NOT_SET_UP)

    def inventory(
        self, organization: Organization, progress: Callable[[int, int], None], _should_stop: Callable[[], bool], _projects: Any = None
    ) -> Inventory:
        self.asked.append(organization.name)
        progress(1, 1)
        return Inventory(organization, self.contexts, self.projects, self.stops, self.unread)


def holding(key_id: str, name: str = "AWS_ACCESS_KEY_ID", **changes: Any) -> CircleCi:
    """A context and a project that hold `key_id`, of which the last characters are told."""
    variables = (Variable(name, visible_end(key_id)), Variable("NPM_TOKEN", "abcd"))
    holder = KeyHolder(
        (ContextContents(Context("1", "deploys"), variables, ()),), (ProjectContents(Project("2", "web"), variables),), **changes
    )
    return cast("CircleCi", holder)
