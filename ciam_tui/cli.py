"""The way in and the only way out: `main` turns what was typed into an exit code, and everything that can go wrong into one line.

It imports nothing of the program until it knows what is wanted, since `ciam-tui --version` and a first frame are what a person waits for.
Exit codes: those of a command; 1 for a problem, and where the reader of a pipe went away; 2 for wrong usage; 130 when interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ciam_tui import __version__

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence
    from pathlib import Path

PROBLEM = 1
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run what `argv` (by default: what was typed) asks for, and answer with the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _never_fail_on_a_character()
    try:
        code = _version() if words == ["--version"] else _run(words)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return PROBLEM
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _drop_output()
        return _told(f"The output could not be written: {_cause(error)}. Make room, or write it elsewhere.")
    return code


def _version() -> int:
    print(f"ciam-tui {__version__}")
    return 0


def _run(words: Sequence[str]) -> int:
    """The exit code of the command that `words` name; whatever goes wrong in it is told here, but for a lost pipe and an interruption."""
    from ciam_tui.arguments import parsed
    from ciam_tui.core.problems import CiamError

    debug: Path | None = None
    try:
        args = parsed(words)
        if args.debug is not None:
            # Before anything else is done: a file that cannot be written is no use when something has already gone wrong.
            _append(args.debug, f"ciam-tui {__version__} on Python {sys.version}\n")
            debug = args.debug
        run: Callable[[Namespace], int] = args.run or _wizard
        return run(args)
    except SystemExit as leaving:  # argparse: help, the version, or wrong usage
        return leaving.code if isinstance(leaving.code, int) else PROBLEM
    except BrokenPipeError:
        raise
    except CiamError as error:
        _keep_traceback(debug)
        return _told(str(error))
    except OSError as error:
        _keep_traceback(debug)
        return _told(f"The system refused: {_cause(error)}.")
    except Exception as error:  # noqa: BLE001 - the last resort of the program: told in one line, and kept in the --debug file
        _keep_traceback(debug)
        kept = f"its details are in {debug}" if debug else "run it again with --debug FILE to keep its details"
        return _told(f"Internal error ({type(error).__name__}); {kept}, and please report it.")


def _wizard(args: Namespace) -> int:
    from ciam_tui.terminal import front_end

    return front_end(args).run_wizard(args)


def _told(sentence: str) -> int:
    """`sentence` on standard error, on one line whatever it quotes, and the exit code of a problem."""
    from ciam_tui.core.shown import shown

    print(f"ciam-tui: {shown(' '.join(sentence.splitlines()))}", file=sys.stderr)
    return PROBLEM


def _cause(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _keep_traceback(debug: Path | None) -> None:
    """Append the traceback of the exception at hand to the `--debug` file, if there is one, with secrets masked."""
    if debug is None:
        return
    import traceback

    from ciam_tui.core.redacted import redacted

    try:
        _append(debug, redacted(traceback.format_exc()))
    except OSError as error:
        _told(f"The details could not be kept: {_cause(error)}.")


def _append(path: Path, text: str) -> None:
    """Add `text` to a file that only its owner may read."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


def _never_fail_on_a_character() -> None:
    """A name that the terminal's encoding lacks is printed as an escape: a report that holds one is better than none."""
    import io

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Send what is left in the buffer nowhere, or the interpreter would complain once more when it flushes on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
