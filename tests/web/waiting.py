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
    return _state_and_parent(pid)[0] not in ("", "Z")


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that have not ended."""
    running = (int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit())
    return [child for child in running if _state_and_parent(child)[1] == str(pid) and is_running(child)]


def _state_and_parent(pid: int) -> tuple[str, str]:
    """As the system tells them; empty where there is no such process."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    return state, parent


async def until_it_ended(pid: int) -> None:
    """Wait for the end of a process, whoever's child it is."""
    await until(lambda: not is_running(pid))
