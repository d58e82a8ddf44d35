"""What may be typed after `ciam-tui`: the flags of every command, and which room each command lives in.

The table holds names, so that a command costs the import of its own room alone. The flags below are taken before and after the name of a
command: a person who adds `--profile prod` to a line does not have to think about where.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ciam_tui import __version__
from ciam_tui.core.redacted import without_jwts
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

# The room of each command: a module with `register(commands)`, which adds its parsers and sets `run`, a function from flags to an exit code.
ROOMS: dict[str, str] = {
    "schema": "ciam_tui.commands.offline",
    "check": "ciam_tui.commands.offline",
    "export": "ciam_tui.commands.export",
    "load": "ciam_tui.commands.load",
    "can": "ciam_tui.commands.can",
    "assume": "ciam_tui.commands.assume",
    "plan": "ciam_tui.commands.plan",
    "apply": "ciam_tui.commands.apply",
    "undo": "ciam_tui.commands.undo",
    "resume": "ciam_tui.commands.undo",
    "runs": "ciam_tui.commands.runs",
    "remove": "ciam_tui.commands.remove",
    "audit": "ciam_tui.commands.audit",
    "creep": "ciam_tui.commands.creep",
    "migrate": "ciam_tui.commands.migrate",
    "evidence": "ciam_tui.commands.evidence",
    "demo": "ciam_tui.commands.demo",
    "serve": "ciam_tui.commands.serve",
    "completion": "ciam_tui.commands.completion",
}

# What a flag is when nobody typed it. The parsers themselves leave it out, since the parser of a command would otherwise put its default over
# what was typed before the command.
UNTYPED: dict[str, object] = {
    "profile": None,
    "region": None,
    "circleci_host": None,
    "plain": False,
    "read_only": False,
    "state_dir": None,
    "debug": None,
    "run": None,
}

EPILOG = """\
examples:
  ciam-tui                            the wizard, on the account of your AWS settings
  ciam-tui demo                       the same on an embedded account: no credentials, nothing real is touched
  ciam-tui serve                      the wizard in a browser on this machine, by a link that is good once
  ciam-tui check setup.json           what is wrong or risky about a Setup file, offline
  ciam-tui plan setup.json            what apply would do to the account; reads only
  ciam-tui apply setup.json           the same, then asks, applies and verifies
  ciam-tui undo last                  takes the last run back
  ciam-tui audit                      every role of the account that trusts CircleCI, graded; reads only
  ciam-tui migrate                    users with access keys, and their retirement, stage by stage
  ciam-tui evidence collect setup.json --out e     what an auditor asks for; reads only

AWS settings come the usual ways (--profile, --region, AWS_*).
Exit codes: 0 done; 1 a problem, told in one line; 2 wrong usage; 3 changes, a denial or findings of level error; 130 interrupted.
"""


class CommandParser(argparse.ArgumentParser):
    """A parser that takes the flags of every command, and never guesses what an abbreviation meant."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)
        _add_common_flags(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As every parser's; what was typed is kept, to know in which form its fault is told."""
        self._typed = () if args is None else tuple(args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Wrong usage, exit code 2; `message` may quote what was typed or pasted. A program that asked for a document gets one."""
        told = shown(without_jwts(message))
        if "--json" in getattr(self, "_typed", ()):
            _print_fault(told, f"`{self.prog} --help` says what it takes.")
        super().error(told)


def parsed(argv: Sequence[str]) -> argparse.Namespace:
    """The flags of `argv`; `run` is the function of its command, None for the wizard.

    Raises:
        SystemExit: `argv` asks for help or the version (0), or is wrong usage (2).
    """
    flags, rest = _scouted(argv, argparse.Namespace(**UNTYPED))
    if flags is not None and not rest:  # the wizard, which needs no room of a command
        return flags
    # Completion is made of every parser there is, and lives in a ring that knows nothing of this one.
    every_parser = partial(parser_for, None)
    return parser_for(command_in(argv)).parse_args(argv, argparse.Namespace(**UNTYPED, every_parser=every_parser))


def parser_for(command: str | None) -> argparse.ArgumentParser:
    """The parser that knows `command`; for None, or a word that is no command, the one that knows them all."""
    parser = CommandParser(
        prog="ciam-tui",
        description="Replace the static AWS keys of CircleCI jobs with least-privilege OIDC roles for S3.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"ciam-tui {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=CommandParser)
    rooms = [ROOMS[command]] if command in ROOMS else dict.fromkeys(ROOMS.values())
    for room in rooms:
        import_module(room).register(commands)
    return parser


def command_in(argv: Sequence[str]) -> str | None:
    """The command that `argv` names, before any room is imported; None where it names none, or is wrong usage anyway."""
    _, rest = _scouted(argv, argparse.Namespace())
    return next((word for word in rest if not word.startswith("-")), None)


def _scouted(argv: Sequence[str], untyped: argparse.Namespace) -> tuple[argparse.Namespace | None, list[str]]:
    """The flags of every command, None where they are wrong usage, and all the other words."""
    scout = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    _add_common_flags(scout)
    try:
        return scout.parse_known_args(argv, untyped)
    except argparse.ArgumentError:
        return None, []


def _print_fault(message: str, fix: str) -> None:
    """The one document of a command that was not understood."""
    import json

    error = {"code": "wrong-usage", "title": "Wrong usage", "message": message, "suggestions": [fix]}
    sys.stdout.write(json.dumps({"ok": False, "error": error}, indent=2) + "\n")


def _add_common_flags(parser: argparse.ArgumentParser) -> None:
    flags = parser.add_argument_group("options of every command")

    def add(name: str, **settings: Any) -> None:
        flags.add_argument(name, default=argparse.SUPPRESS, **settings)

    add("--profile", metavar="NAME", help="the AWS profile to use")
    add("--region", metavar="NAME", help="the AWS region to use")
    add("--circleci-host", metavar="URL", help="the CircleCI to use, such as https://circleci.example.com for a Server")
    add("--plain", action="store_true", help="numbered prompts in place of the full screen")
    add("--read-only", action="store_true", help="forbid every write to AWS")
    add("--state-dir", metavar="DIR", type=Path, help="where drafts and journals are kept")
    add("--debug", metavar="FILE", type=Path, help="append the details of an internal error to FILE, secrets masked")
