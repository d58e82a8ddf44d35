"""Measures a thing against a baseline, run for run, so that a busy machine slows both and their ratio stays true."""

from __future__ import annotations

import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """What one side of a comparison took, in `unit`, run by run."""

    what: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value that half of the runs stayed under; one slow run does not move it."""
        return statistics.median(self.values)

    def percentile(self, percent: int) -> float:
        """The value that `percent` of 100 runs stayed within."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: the thing itself, what it is held against (None where the value speaks for itself), and the unit of both."""

    measured: Sample
    baseline: Sample | None = None
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        """How many times the baseline's median the thing's median is."""
        return None if self.baseline is None else self.measured.median / self.baseline.median


def interleaved(
    measured: tuple[str, Callable[[], float]], baseline: tuple[str, Callable[[], float]], *, runs: int, unit: str = "ms"
) -> Row:
    """`runs` values of each of two named measurements, in `unit`, taken in turns after one of each that is thrown away."""
    taken: tuple[list[float], list[float]] = ([], [])
    for run in range(runs + 1):
        for values, (_, measure) in zip(taken, (measured, baseline), strict=True):
            value = measure()
            if run > 0:
                values.append(value)
    return Row(Sample(measured[0], tuple(taken[0])), Sample(baseline[0], tuple(taken[1])), unit)


def milliseconds_of_command(command: Sequence[str]) -> Callable[[], float]:
    """A measurement: how long a process takes from its start to its successful end."""

    def measure() -> float:
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return (time.perf_counter() - begin) * 1000

    return measure


def milliseconds_of_call(call: Callable[[], object]) -> Callable[[], float]:
    """A measurement: how long one call takes in this process."""

    def measure() -> float:
        begin = time.perf_counter()
        call()
        return (time.perf_counter() - begin) * 1000

    return measure


def table(rows: Sequence[tuple[str, str, Row]]) -> str:
    """Benchmarks as lines of aligned columns: name, aim, and for each side min, median, p95, max, with the ratio of the medians."""
    head = ("benchmark", "aim", "what", "min", "median", "p95", "max", "", "ratio")
    body: list[tuple[str, ...]] = []
    for name, aim, row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        body.append((name, aim, row.measured.what, *_spread(row.measured), row.unit, ratio))
        if row.baseline is not None:
            body.append(("", "", row.baseline.what, *_spread(row.baseline), row.unit, ""))
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    numbers = {3, 4, 5, 6, 8}
    return "\n".join(
        "  ".join(
            f"{cell:>{width}}" if column in numbers else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in (head, *body)
    )


def _spread(sample: Sample) -> tuple[str, str, str, str]:
    return f"{min(sample.values):.1f}", f"{sample.median:.1f}", f"{sample.percentile(95):.1f}", f"{max(sample.values):.1f}"
