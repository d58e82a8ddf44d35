"""Runs every benchmark of this folder, or those whose names hold a word of the command line: `make bench`, `... run version`.

A benchmark is a file `bench_*.py` with a `NAME`, an `AIM` in words, and `measure() -> Row`; a new file is found without being listed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.harness import Row


def main(words: Sequence[str]) -> int:
    """Measure, then print one table; a benchmark that fails ends the run with its traceback, after what was measured until then."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    chosen = [name for name in names if not words or any(word in name for word in words)]
    if not chosen:
        print(f"No benchmark is named like that; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    rows: list[tuple[str, str, Row]] = []
    try:
        for name in chosen:
            print(f"measuring {name.removeprefix('bench_')} ...", file=sys.stderr)
            benchmark = import_module(f"tests.benchmarks.{name}")
            rows.append((benchmark.NAME, benchmark.AIM, benchmark.measure()))
    finally:
        print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
