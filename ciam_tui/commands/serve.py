"""`ciam-tui serve`: the wizard in a browser on this machine, for one person, by a link that is good once.

The link is the only thing on standard output, so that it is what a script reads and what a person sees first; words for people go to standard
error. There is no flag for another address than 127.0.0.1: whoever has the page has the account.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PORTS = 65535
WRONG_USAGE = 2

_EPILOG = """\
examples:
  ciam-tui serve --demo                       look at it: an embedded account, nothing real
  ciam-tui --profile prod --read-only serve   the wizard on your account, in a browser, writing nothing
  ciam-tui serve --port 8000 --open           at a port of your choice, opened in your browser

It needs the extra `web`: pip install 'ciam-tui[web]'. It listens on 127.0.0.1 and nowhere else; from another machine, `ssh -L 8000:127.0.0.1:8000
HOST` and --port 8000 lead there. Whoever opens the link works with the AWS settings of this terminal. Ctrl+C ends it, with the draft saved.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `serve` to the commands."""
    parser = commands.add_parser(
        "serve",
        help="the wizard in a browser on this machine, by a link that is good once",
        description="Runs the wizard in a browser on this machine: on 127.0.0.1, for one person, by a link that is good once.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
    )
    parser.add_argument("--port", metavar="N", type=_port, default=0, help="the port of 127.0.0.1 to use; by default one that is free")
    parser.add_argument("--demo", action="store_true", help="on an embedded AWS account, without credentials")
    parser.add_argument("--open", action="store_true", help="also open the link in your browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl+C."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from ciam_tui.web.door import LINK_SECONDS
    from ciam_tui.web.opening import open_in_browser
    from ciam_tui.web.serving import need_the_extra, serve

    if args.plain:
        _say("serve shows the full screen, which a browser draws: leave --plain out, or leave serve out for the plain questions.")
        return WRONG_USAGE
    need_the_extra()
    with TemporaryDirectory(prefix="ciam-tui-serve-") as folder:

        def show(link: str) -> None:
            print(link, flush=True)
            _say(
                f"Open this link in a browser on this machine within {LINK_SECONDS / 60:g} minutes. It is good once. "
                "Ctrl+C ends the wizard, with the draft saved."
            )
            if args.open:
                open_in_browser(link, Path(folder), _say)

        serve(program(wizards_words(args)), port=args.port, show=show, say=_say)
    return 0


def program(words: Sequence[str]) -> list[str]:
    """This program with `words`: by this interpreter, which finds the same modules, however they were installed."""
    from pathlib import Path

    where = [str(Path(entry).absolute()) for entry in sys.path]
    begin = f"import sys; sys.path[:] = {where!r}; from ciam_tui.cli import main; sys.exit(main())"
    return [sys.executable, "-P", "-c", begin, *words]


def wizards_words(args: argparse.Namespace) -> list[str]:
    """What was typed for this command and is meant for the wizard; each value stays one word, and can be no other flag."""
    flags = {
        "--profile": args.profile,
        "--region": args.region,
        "--circleci-host": args.circleci_host,
        "--state-dir": args.state_dir,
        "--debug": args.debug,
    }
    return [
        *(f"{name}={value}" for name, value in flags.items() if value is not None),
        *(["--read-only"] if args.read_only else []),
        *(["demo"] if args.demo else []),
    ]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= MOST_PORTS):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {MOST_PORTS}")
    return int(text)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
