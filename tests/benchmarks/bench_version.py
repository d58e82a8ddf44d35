"""`ciam-tui --version` is what completion scripts and bug reports ask for: it should cost little more than starting Python."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.harness import Row, interleaved, milliseconds_of_command

NAME = "ciam-tui --version"
AIM = "ratio <= 4"
RUNS = 15


def measure() -> Row:
    """The console script as a user starts it, against an interpreter that does nothing."""
    script = str(Path(sys.executable).with_name("ciam-tui"))
    return interleaved(
        ("ciam-tui --version", milliseconds_of_command([script, "--version"])),
        ("python -c pass", milliseconds_of_command([sys.executable, "-c", "pass"])),
        runs=RUNS,
    )
