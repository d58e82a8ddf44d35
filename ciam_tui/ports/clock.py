"""The time of this machine, in UTC: the one place that reads a clock or waits, so that everything else can be tested without waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """`Clock` by the operating system."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
