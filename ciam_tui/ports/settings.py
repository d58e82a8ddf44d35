"""How a person likes the program, kept beside the draft: a choice about looks, never an answer, so that losing it costs nothing.

Read before the first frame, and so with nothing but the standard library; a file that is missing or damaged is no reason not to begin.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.state_dir import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.ports.state_dir import StateDir

_LONGEST = 4_096  # bytes: a theme's name is the longest that stands in it


class DiskSettings:
    """The settings as one small file that its owner alone may read."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    @property
    def _path(self) -> Path:
        return self._state.path / "settings.json"

    def theme(self) -> str:
        """The name of the theme that was chosen last; empty where none was."""
        try:
            with self._path.open("rb") as file:
                found = json.loads(file.read(_LONGEST))
        except (OSError, ValueError, RecursionError):
            return ""
        theme = found.get("theme") if isinstance(found, dict) else None
        return theme if isinstance(theme, str) else ""

    def keep_theme(self, name: str) -> str | None:
        """Begin with the theme `name` from now on; why that could not be kept, where it could not."""
        try:
            new = self._state.folder() / f".settings-{os.getpid()}.new"
            try:
                new.unlink(missing_ok=True)
                write_whole(new, json.dumps({"theme": name}).encode())
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)
        except CiamError as error:
            return f"The theme is this one until you leave. {error.title}: {error.message}"
        except OSError as error:
            return f"The theme is this one until you leave. {self._state.not_writable(error).message}"
        return None
