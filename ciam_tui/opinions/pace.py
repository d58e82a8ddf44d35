"""CloudTrail's event history asked at the pace that it allows: two requests a second for an account and a region, whoever asks.

Every wait is by the clock port and is told, and somebody who wants to leave is heard within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from ciam_tui.core.opinions import NotChecked
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ciam_tui.ports.api import Clock

_Answer = TypeVar("_Answer")

_BETWEEN_REQUESTS = 0.5  # seconds: CloudTrail takes two requests a second, for an account and a region
_THROTTLED_WAITS = (1.0, 2.0, 4.0)
_LONGEST_NAP = 0.5  # so that whoever wants to leave is heard


@dataclass(slots=True, kw_only=True)
class Pace:
    """Asks a region's history, one request after another. `stopped` once somebody wanted to leave."""

    clock: Clock
    tell: Callable[[str], None]
    leaves: Callable[[], bool]
    stopped: bool = False
    _free_at: datetime | None = None

    def begin_region(self) -> None:
        """The next request goes to another region, which has a pace of its own."""
        self._free_at = None

    def ask(self, region: str, request: Callable[[], _Answer]) -> _Answer | NotChecked | None:
        """The answer to `request` or why there is none; None where somebody left meanwhile."""
        for wait in (*_THROTTLED_WAITS, None):
            if not self._paced(region):
                return None
            try:
                return request()
            except CiamError as error:
                if error.code != "throttled" or wait is None:
                    return NotChecked.because(error)
                self.tell(f"CloudTrail in {region} is busy: waiting {wait:.0f} s")
                self._free_at = self.clock.now() + timedelta(seconds=wait)
        raise AssertionError("the last of the waits is none")

    def has_left(self) -> bool:
        """Whether somebody wants, or wanted, to leave."""
        self.stopped = self.stopped or self.leaves()
        return self.stopped

    def _paced(self, region: str) -> bool:
        """Wait until CloudTrail takes another request; False where somebody left meanwhile."""
        told = False
        while self._free_at is not None and (left := (self._free_at - self.clock.now()).total_seconds()) > 0:
            if self.has_left():
                return False
            if not told:
                self.tell(f"CloudTrail in {region}: waiting, since it takes two requests a second")
                told = True
            self.clock.sleep(min(left, _LONGEST_NAP))
        self._free_at = self.clock.now() + timedelta(seconds=_BETWEEN_REQUESTS)
        return True
