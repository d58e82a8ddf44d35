"""Puts a saved plan on the disk: whole or not at all, for its owner alone, and never in the place of something else."""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.saved_plans.file import PLAN_FILE_BYTES, is_saved_plan
from ciam_tui.ports.state_dir import write_whole

if TYPE_CHECKING:
    from pathlib import Path


def refuse_what_is_no_plan(path: Path) -> None:
    """What stands at `path` may be replaced only where it is a saved plan itself: the Setup file has been named there by mistake before.

    Raises:
        CiamError: `file-exists`, or `file-unwritable` where nothing can be written.
    """
    if not path.parent.is_dir():
        raise _unwritable(path, "there is no such folder")
    if not os.path.lexists(path):
        return
    content = b""
    if path.is_file():
        with suppress(OSError), path.open("rb") as file:
            content = file.read(PLAN_FILE_BYTES)
    if not is_saved_plan(content):
        message = f'"{path}" is there already, and is no saved plan.'
        raise CiamError("file-exists", "Cannot save the plan", message, ("Name another file, or move that one away.",))


def write_plan(path: Path, text: str) -> None:
    """The saved plan `text` as the file `path`, readable by its owner alone.

    Raises:
        CiamError: as `refuse_what_is_no_plan`.
    """
    refuse_what_is_no_plan(path)
    beside = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
    try:
        try:
            write_whole(beside, text.encode())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from None


def _unwritable(path: Path, why: str) -> CiamError:
    fix = "Name a file in a folder that you may write to and that has room."
    return CiamError("file-unwritable", "Cannot save the plan", f'"{path}" cannot be written: {why}.', (fix,))
