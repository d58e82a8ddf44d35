"""The most memory that an audit of 500 accounts of 200 roles each takes, against keeping what every account answered until the report is made."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

from tests.benchmarks.harness import interleaved
from tests.detail_pages import Pages
from tests.organization_world import World, audited

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Row

NAME = "peak memory, audit of 500 accounts"
AIM = "ratio <= 0.2"

_ACCOUNTS = 500
_ROLES = 200


def measure() -> Row:
    """As accounts come, against all of their answers at once."""
    return interleaved(("as they come", _mebibytes(_as_they_come)), ("all answers kept", _mebibytes(_kept)), runs=1, unit="MiB")


def _mebibytes(work: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()

    return measure


def _as_they_come() -> object:
    return audited(World(_ACCOUNTS, others=_ROLES))


def _kept() -> object:
    return [list(Pages(_ROLES).paginate()) for _ in range(_ACCOUNTS)]
