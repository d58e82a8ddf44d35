"""How plain mode begins and ends: its doors from flags, where the answers are kept said at the end, and an exit code for whoever sent them.

0 where its person left, and what they did last did not fail; 1 where the answers ended before that, or a run failed; 130 where Ctrl+C was
pressed. Whatever ends it, each answer was saved when it was given.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from contextlib import contextmanager, suppress
from functools import cache
from getpass import getpass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ciam_tui.core.draft import Draft, RoleDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.plain.carrying_out import INTERRUPTED, Interrupted
from ciam_tui.plain.desk import Desk, Doors
from ciam_tui.plain.menu import ask_menu
from ciam_tui.plain.talk import HOW_TO_ANSWER, NoMoreAnswers, Quit, Talk

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.ports.api import AwsAccess, CircleCi
    from ciam_tui.ports.circleci.secret import Secret
    from ciam_tui.ports.state_dir import StateDir

    Access = Callable[[], AwsAccess]
    OpenCircleCi = Callable[[Secret | None], CircleCi]

PROBLEM = 1
LIVE, DEMO, READ_ONLY = "LIVE", "DEMO", "READ ONLY"  # how far a change would reach, in the words of the full screen's header


def run_wizard(args: argparse.Namespace) -> int:
    """Plain mode on the account that the AWS settings lead to; the exit code."""
    from ciam_tui.commands.circleci import opened_circleci
    from ciam_tui.ports.disk import StateDir

    @cache
    def access() -> AwsAccess:
        from ciam_tui.ports.aws import SharedConfigAccess

        return SharedConfigAccess()

    def open_circleci(token: Secret | None) -> CircleCi:
        if token is None:
            return opened_circleci(args)
        from ciam_tui.ports.circleci.client import HttpCircleCi
        from ciam_tui.ports.circleci.sources import found_access

        return HttpCircleCi(found_access(os.environ, host=args.circleci_host, token=token))

    state = StateDir.of(args.state_dir)
    return _held(args, _doors(args, access, open_circleci, state, state), LIVE)


def run_demo(args: argparse.Namespace) -> int:
    """Plain mode on the demo's account, which ends with it, as do the journals of its runs; the exit code."""
    from ciam_tui.ports.disk import StateDir
    from ciam_tui.ports.sandbox import account
    from ciam_tui.ports.sandbox.demo import DemoAccount, demo_state_dir

    demo = DemoAccount()
    with TemporaryDirectory(prefix="ciam-tui-demo-") as folder:
        runs = args.state_dir or Path(folder)
        of_demo = Namespace(**{**vars(args), "profile": None, "region": args.region or account.REGION, "state_dir": runs})
        drafts = StateDir.of(args.state_dir or demo_state_dir())
        try:
            _talk().say("Starting the demo's account.")
            with _environment(demo.started().environment(), demo.started().conflicting(os.environ)):
                return _held(of_demo, _doors(of_demo, cache(demo.open_access), demo.open_circleci, drafts, StateDir.of(runs)), DEMO)
        finally:
            demo.stop()


@contextmanager
def _environment(variables: Mapping[str, str], without: list[str]) -> Iterator[None]:
    """The variables that lead a command to the demo's account, for as long as it is there."""
    before = {name: os.environ.get(name) for name in (*variables, *without)}
    for name in without:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _doors(args: argparse.Namespace, access: Access, open_circleci: OpenCircleCi, drafts: StateDir, runs: StateDir) -> Doors:
    from ciam_tui.ports.clock import SystemClock
    from ciam_tui.ports.disk import DiskDrafts, DiskJournals

    def run_command(words: list[str]) -> int:
        """A command as it would be typed, with the flags of this run; what it cannot do is told as its own way out would."""
        from ciam_tui.arguments import parsed

        common = {name: getattr(args, name) for name in ("profile", "region", "circleci_host", "state_dir", "read_only", "debug")}
        try:
            of_command = parsed(words)
        except SystemExit as leaving:  # argparse has said what is wrong
            return leaving.code if isinstance(leaving.code, int) else PROBLEM
        code: int = of_command.run(Namespace(**{**vars(of_command), **common}))
        return code

    return Doors(access, open_circleci, DiskDrafts(drafts), DiskJournals(runs), SystemClock(), run_command)


def _held(args: argparse.Namespace, doors: Doors, mode: str) -> int:
    """The exit code of one conversation."""
    mode = READ_ONLY if args.read_only else mode
    talk = _talk()
    desk = Desk(talk, doors, args, mode, Draft(role=RoleDraft(name_prefix="circleci-")), profile=args.profile, region=args.region)
    because = getattr(args, "plain_because", None)
    talk.say(f"ciam-tui, plain mode{f' ({because})' if because else ''}. {mode}.", *HOW_TO_ANSWER)
    code = _ended(desk)
    with suppress(OSError):  # the terminal may be gone
        if where := desk.where_it_is():
            talk.say(where)
    return code


def _ended(desk: Desk) -> int:
    try:
        with _ending_on_signals():
            ask_menu(desk)
    except NoMoreAnswers:
        where = desk.where_it_is()
        raise CiamError(
            "answers-ended",
            "The answers ended",
            f"the input has no more lines. {where}".rstrip(),
            ["End them with quit."] if not where else [],
        ) from None
    except Quit:
        return desk.code
    except Interrupted:
        return INTERRUPTED
    except KeyboardInterrupt:
        desk.talk.say("")
        return INTERRUPTED
    finally:
        desk.close()
    return desk.code


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the program as leaving does: what it holds is let go, and the demo's account with it."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _talk() -> Talk:
    import io

    source = sys.stdin
    if isinstance(source, io.TextIOWrapper):
        source.reconfigure(errors="backslashreplace")  # bytes that are no text are shown, and no name of anything
    is_terminal = source is not None and source.isatty()
    return Talk(source, sys.stdout, is_terminal=is_terminal, read_secret=getpass if is_terminal else None)
