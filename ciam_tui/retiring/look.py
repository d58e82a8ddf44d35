"""How a retirement looks at the world: whom it tells what it is at, when it stops, and what it is given besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
