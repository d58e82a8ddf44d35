"""A Setup file that somebody names in a dialog, read to a limit: a device or a mistaken 10 GB are not read to their end to be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.setup import Setup


def setup_in(path: Path) -> Setup:
    """The Setup that the file holds.

    Raises:
        SetupInvalid: it is none.
        CiamError: it cannot be read.
    """
    from ciam_tui.core.setup import SETUP_FILE_BYTES, read_setup

    try:
        with path.open("rb") as file:
            content = file.read(SETUP_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        message = f'"{path}" cannot be read: {reason or type(error).__name__}.'
        raise CiamError("file-unreadable", "Cannot read the Setup file", message, ("Check the path.",)) from None
    return read_setup(content).setup
