"""Which front end this terminal can carry, decided from values so that each case can be tried without a terminal."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

FULL_SCREEN = "ciam_tui.app.launch"
PLAIN = "ciam_tui.plain.launch"
# Set for a process whose full screen is shown by another one, as `ciam-tui serve` does: Textual reads it.
DRIVER_VARIABLE, SERVED_DRIVER = "TEXTUAL_DRIVER", "ciam_tui.app.served:ServedDriver"


class FrontEnd(Protocol):
    """What a front end is to the way in: the wizard on the account of the AWS settings, and on the demo's. Both answer with an exit code."""

    def run_wizard(self, args: Namespace, /) -> int: ...
    def run_demo(self, args: Namespace, /) -> int: ...


def why_no_full_screen(environ: Mapping[str, str], *, plain: bool, stdin_is_terminal: bool, stdout_is_terminal: bool) -> str | None:
    """Why prompts are wanted in place of the full screen, in half a sentence; None where the full screen is right."""
    if environ.get(DRIVER_VARIABLE) == SERVED_DRIVER:
        return None
    if plain:
        return "--plain"
    if environ.get("ACCESSIBLE", "") not in ("", "0"):
        return "ACCESSIBLE is set"
    if not stdout_is_terminal:
        return "the output is no terminal"
    if not stdin_is_terminal:
        return "the input is no terminal"
    if environ.get("TERM") == "dumb":
        return "TERM=dumb"
    return None


def front_end(args: Namespace) -> FrontEnd:
    """The front end that is right here. It is imported by its name, so that neither ever waits for the other."""
    args.plain_because = why_no_full_screen(
        os.environ,
        plain=args.plain,
        stdin_is_terminal=sys.stdin is not None and sys.stdin.isatty(),
        stdout_is_terminal=sys.stdout is not None and sys.stdout.isatty(),
    )
    found: FrontEnd = import_module(FULL_SCREEN if args.plain_because is None else PLAIN)
    return found
