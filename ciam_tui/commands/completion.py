"""`ciam-tui completion`: a script by which bash, zsh or fish complete the commands, made from the very parsers that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")
_FILES = frozenset({"FILE", "SETUP", "POLICY.json", "TRUST.json", "FILE[,FILE]"})
_FOLDERS = frozenset({"DIR"})

_EPILOG = """\
examples:
  ciam-tui completion bash > ~/.local/share/bash-completion/completions/ciam-tui
  ciam-tui completion zsh > ~/.zfunc/_ciam-tui                         with ~/.zfunc in fpath, before compinit
  ciam-tui completion fish > ~/.config/fish/completions/ciam-tui.fish
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `completion` to the commands."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes the commands in bash, zsh or fish",
        description="Prints the script by which a shell completes commands, options and files.",
        epilog=_EPILOG,
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the script."""
    import shtab

    parser = args.every_parser()
    for action in _actions(parser):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # the library's own mark
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]  # as above
    print(shtab.complete(parser, shell=args.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 - argparse tells its actions in no other way
        yield action
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield from _actions(command)
