"""How the commands that need an account come by one, ask before they change it, and stop when they are told to.

Nothing here knows what is planned or applied: it is the terminal, the flags and the signals around it.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ciam_tui.apply import Ports
    from ciam_tui.core.journal import RunState
    from ciam_tui.ports.api import AwsOrganization, Journals
    from ciam_tui.ports.aws import BotoAws
    from ciam_tui.ports.disk import StateDir

STOPPING = "\nStopping after the current call. Press Ctrl+C again to stop at once: nothing is lost either way.\n"


def add_adopt_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--adopt`, as `args.adopt`, to a command's arguments."""
    parser.add_argument(
        "--adopt",
        metavar="NAME",
        action="append",
        default=[],
        help="take over the role NAME, which exists and was not made by this tool, and its context; may be given again",
    )


def add_wire_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--wire`, as `args.wire`, to a command's arguments."""
    parser.add_argument(
        "--wire",
        action="store_true",
        help="also give each role a context of its name in CircleCI, restricted to its projects and branches; needs CIRCLE_TOKEN",
    )


def ports_from(args: argparse.Namespace, *, wire: bool = False) -> Ports:
    """The account, the clock and the journals that the flags name, and with `wire` CircleCI. Nothing is sent yet.

    Raises:
        CiamError: the profile or the AWS configuration cannot be used; or there is no token for CircleCI.
    """
    from ciam_tui.apply import Ports
    from ciam_tui.commands.circleci import opened_circleci
    from ciam_tui.ports.clock import SystemClock

    return Ports(_opened(args), SystemClock(), journals_from(args), opened_circleci(args) if wire else None)


def organization_from(args: argparse.Namespace) -> tuple[Ports, AwsOrganization]:
    """The same for a command that reads every account of an organization: the operator's own, and the way into the others.

    Raises:
        CiamError: the profile or the AWS configuration cannot be used.
    """
    from ciam_tui.apply import Ports
    from ciam_tui.ports.clock import SystemClock

    account = _opened(args)
    return Ports(account, SystemClock(), journals_from(args)), account


def _opened(args: argparse.Namespace) -> BotoAws:
    from ciam_tui.ports.aws import SharedConfigAccess

    return SharedConfigAccess().open(args.profile, args.region, ask_mfa=_asked_for_code if stdin_is_terminal() else None)


def ports_of_run(args: argparse.Namespace, ports: Ports, run: RunState) -> Ports:
    """`ports` with CircleCI, where `run` has steps there.

    Raises:
        CiamError: there is no token for it.
    """
    from ciam_tui.apply import CIRCLECI
    from ciam_tui.commands.circleci import opened_circleci

    is_wired = any(step.call.service == CIRCLECI for step in run.started.steps)
    return replace(ports, circleci=opened_circleci(args)) if is_wired else ports


def journals_from(args: argparse.Namespace) -> Journals:
    """The runs of the state directory that the flags name."""
    from ciam_tui.ports.disk import DiskJournals

    return DiskJournals(state_dir(args))


def state_dir(args: argparse.Namespace) -> StateDir:
    """Where journals are kept; `prove_writable` of it says before the first change whether they can be."""
    from ciam_tui.ports.disk import StateDir

    return StateDir.of(args.state_dir)


def refuse_when_read_only(args: argparse.Namespace) -> None:
    """Stop here where no write is allowed.

    Raises:
        CiamError: `read-only`.
    """
    if args.read_only:
        raise CiamError(
            "read-only", "READ ONLY", "Nothing was changed: --read-only forbids every write.", ["Leave it out to change the account."]
        )


def mode_of(args: argparse.Namespace) -> str:
    """READ ONLY or LIVE, as the wizard's header says it."""
    return "READ ONLY" if args.read_only else "LIVE"


def command_line(args: argparse.Namespace, *words: str) -> str:
    """The command that goes on from here, with the flags of this one that it needs to find the same account and journals."""
    flags = [
        ("--profile", args.profile),
        ("--region", args.region),
        ("--circleci-host", args.circleci_host),
        ("--state-dir", args.state_dir),
    ]
    typed = [part for name, value in flags if value is not None for part in (name, str(value))]
    return shlex.join(["ciam-tui", *words, *typed])


def stdin_is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def said_yes(question: str) -> bool:
    """Whether the person at the terminal types yes; no answer is a no."""
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def typed(token: str, question: str) -> bool:
    """Whether the person at the terminal types `token`."""
    return _answer(f"{question} Type {token} to go on: ") == token


def _asked_for_code(prompt: str) -> str:
    return _answer(prompt)


def _answer(question: str) -> str:
    """The answer, without its line break. Asked on standard error, since standard output may go elsewhere."""
    print(shown(question), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


class Stopping:
    """Whether somebody wants the run to stop: the first signal asks, the second stops at once."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """Stop after the current call."""
        self.asked = True

    def __call__(self) -> bool:
        return self.asked

    def _on_signal(self, _number: int, _frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        # Not print: the signal may have come in the middle of one, whose buffer cannot be entered twice.
        with suppress(OSError):  # the terminal may be what has gone
            os.write(2, STOPPING.encode())

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen to Ctrl+C, to SIGTERM, and to the terminal's end where this process has one to lose."""
        numbers = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
        previous = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
