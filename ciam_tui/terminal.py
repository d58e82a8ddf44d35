"""Whether this terminal can carry a full-screen front end, decided from values so that each case can be tried without a terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping


def why_no_full_screen(environ: Mapping[str, str], *, plain: bool, stdin_is_terminal: bool, stdout_is_terminal: bool) -> str | None:
    """Why prompts are wanted in place of the full screen, as the first half of a sentence that goes on about prompts; None where the full screen is right."""
    if plain:
        return "--plain wants prompts"
    if environ.get("ACCESSIBLE", "") not in ("", "0"):
        return "ACCESSIBLE wants prompts"
    if not stdout_is_terminal:
        return "The output is no terminal, which wants prompts"
    if not stdin_is_terminal:
        return "The input is no terminal, which wants prompts"
    if environ.get("TERM") == "dumb":
        return "TERM=dumb wants prompts"
    return None


def full_screen_is_refused(args: Namespace) -> bool:
    """Whether the full screen is wrong here; if it is, standard error has been told why, and what to use until there are prompts."""
    reason = why_no_full_screen(
        os.environ,
        plain=args.plain,
        stdin_is_terminal=sys.stdin is not None and sys.stdin.isatty(),
        stdout_is_terminal=sys.stdout is not None and sys.stdout.isatty(),
    )
    if reason is None:
        return False
    print(
        f"ciam-tui: {reason}, and those are not there yet: write a Setup file (`ciam-tui schema` describes it), then use check, export, plan and apply.",
        file=sys.stderr,
    )
    return True
