"""`ciam-tui demo`: the program on an embedded AWS account and its CircleCI, or with `--serve` those alone, for another shell.

What is printed is made for `eval`: exports on standard output, words for people on standard error. Once it is printed, standard output is
let go, so that `eval "$(ciam-tui demo --serve &)"` has its end of file while the account goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from ciam_tui.ports.sandbox.launch import Sandbox


_EPILOG = """\
examples:
  ciam-tui demo                        the wizard; nothing real is read or changed
  ciam-tui demo --serve > demo.env     in one shell; in another, `. ./demo.env` leads every command there
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `demo` to the commands."""
    parser = commands.add_parser(
        "demo",
        help="try it on an embedded AWS account, without credentials",
        description="Runs the wizard on an AWS account that lives in this process's child: nothing real is read or changed.",
        epilog=_EPILOG,
    )
    parser.add_argument("--serve", action="store_true", help="only start the account, print the variables that lead to it, and wait")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The wizard on the demo account, or the account alone until it is told to stop."""
    if args.serve:
        return _serve()
    from ciam_tui.terminal import front_end

    return front_end(args).run_demo(args)


def _serve() -> int:
    import signal
    import sys

    from ciam_tui.core.problems import CiamError
    from ciam_tui.ports.sandbox.launch import start_sandbox

    asked_to_stop = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    with start_sandbox() as sandbox:
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means to outlive the terminal
            signals.append(signal.SIGHUP)
        previous = {number: signal.signal(number, ask) for number in signals}
        try:
            _print_exports(sandbox)
            print("The demo account is running. Press Ctrl+C to stop.", file=sys.stderr, flush=True)
            while not asked_to_stop:
                if sandbox.wait(0.2):
                    raise CiamError("demo-failed", "The demo account ended", "its process is gone.", ["Start it again."])
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
    return 0


def _print_exports(sandbox: Sandbox) -> None:
    """Prints the variables, then lets standard output go; a reader who has already left is no reason to stop."""
    import os
    import shlex
    import sys

    if sys.stdout is None:  # started with its standard output closed: descriptor 1 may be anything by now
        return
    lines = [f"unset {name}" for name in sandbox.conflicting(os.environ)]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in sandbox.environment().items()]
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        pass  # `| head -1` has what it wanted, and the account is there to be used
    finally:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
