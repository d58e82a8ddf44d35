"""How a retirement looks at the world: whom it tells what it is at, when it stops, and what it is given besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ciam_tui.core.circleci.facts import Inventory
    from ciam_tui.ports.api import CircleCi


def _never() -> bool:
    return False


class LookStopped(CiamError):
    """Somebody had enough before the end."""

    def __init__(self) -> None:
        super().__init__("stopped", "Stopped", "Not everything was read.", ["Look again."])


@dataclass(frozen=True, slots=True)
class Look:
    """Whom to tell, when to stop, and the logs (`files`) and CircleCI configurations (`configs`, by their names) to look at too."""

    progress: Callable[[str], None] = field(default=lambda _: None)
    should_stop: Callable[[], bool] = _never
    files: tuple[Path, ...] = ()
    configs: tuple[tuple[str, str], ...] = ()

    def tell(self, text: str) -> None:
        """Say what is about to be read.

        Raises:
            LookStopped: somebody had enough.
        """
        if self.should_stop():
            raise LookStopped
        self.progress(text)


def inventories(circleci: CircleCi, look: Look) -> tuple[Inventory, ...]:
    """What the organizations of the token's user keep in contexts and projects.

    Raises:
        CiamError: CircleCI cannot be asked.
        LookStopped: once `look` says so.
    """
    found = []
    look.tell("Organizations of CircleCI")
    for organization in circleci.organizations():
        if organization.id is None:
            continue
        inventory = circleci.inventory(organization, _told_of(organization.name, look), look.should_stop)
        if inventory.stopped:
            raise LookStopped
        found.append(inventory)
    return tuple(found)


def _told_of(organization: str, look: Look) -> Callable[[int, int], None]:
    return lambda done, count: look.progress(f"Contexts and projects of {organization}, {done} of {count}")
