"""Waiting for what another process does: patiently, since a busy machine takes its time, and only what never comes fails."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 300


async def until(is_so: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """Wait until `is_so`; `told` is what is shown where it never is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, told()
        await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until_it_ended(pid: int) -> None:
    """Wait for the end of a process, whoever's child it is."""
    await until(lambda: not is_running(pid))
