"""Who is told what by a command about an account: words for people, one document for a program, and every refusal in both.

With `--json` standard output holds one document and nothing else, however the command ends; the words go to standard error.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ciam_tui.commands.plan_report import Report
    from ciam_tui.commands.run_report import Ending

PROBLEM = 1
WRONG_USAGE = 2
_WIDTH_OFF_A_TERMINAL = 120
_UNDER_WORDS = " " * 13  # where those begin that stand behind a word of up to ten letters


def reported(args: argparse.Namespace, run: Callable[[argparse.Namespace], int]) -> int:
    """The exit code of `run`. What it raises becomes a document first, where one was asked for; all that is wrong with a Setup is told.

    Raises:
        CiamError: as `run`; the way out of the program tells it in one line.
    """
    try:
        return run(args)
    except CiamError as error:
        from ciam_tui.commands.plan_report import told
        from ciam_tui.core.setup import SetupInvalid

        if args.json:
            print_document({"ok": False, "error": told(error)})
        if not isinstance(error, SetupInvalid):
            raise
        warn([f"ciam-tui: {error}", *(str(problem) for problem in error.problems[1:])])
        return PROBLEM
    except KeyboardInterrupt:
        if args.json:
            print_document(
                {"ok": False, "error": {"code": "interrupted", "title": "Interrupted", "message": "Nothing was begun.", "suggestions": []}}
            )
        raise
    except BrokenPipeError:  # nobody reads what would be printed
        raise
    except Exception as error:
        if args.json:
            print_document({"ok": False, "error": _unforeseen(error)})
        raise


def _unforeseen(error: Exception) -> dict[str, object]:
    """What nobody foresaw, for a program. Its own text stays out: it may quote anything."""
    if isinstance(error, OSError):
        message = error.strerror or type(error).__name__
        return {"code": "system-refused", "title": "The system refused", "message": message, "suggestions": []}
    fix = "Run it again with --debug FILE to keep its details, and please report it."
    return {"code": "internal-error", "title": "Internal error", "message": type(error).__name__, "suggestions": [fix]}


def misused(args: argparse.Namespace, sentence: str) -> int:
    """The exit code of a command whose flags do not go together, once it is told why."""
    if args.json:
        print_document({"ok": False, "error": {"code": "wrong-usage", "title": "Wrong usage", "message": sentence, "suggestions": []}})
    warn([f"ciam-tui: {sentence}"])
    return WRONG_USAGE


def print_document(document: Mapping[str, object]) -> None:
    """The one document of a command, on standard output."""
    print(json.dumps(document, indent=2))


def say(args: argparse.Namespace, lines: Iterable[str]) -> None:
    """Print `lines` for people: on standard output, unless that is a program's."""
    for line in lines:
        print(shown(line), file=sys.stderr if args.json else sys.stdout, flush=True)


def fitting(lines: Iterable[str]) -> Iterator[str]:
    """`lines` broken for whoever reads them on a terminal, under where their words begin; whole for a file or a pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        yield from lines
        return
    width = shutil.get_terminal_size((_WIDTH_OFF_A_TERMINAL, 24)).columns
    for line in lines:
        yield from textwrap.wrap(line, width, subsequent_indent=_UNDER_WORDS) if line.startswith("  ") else [line]


def warn(lines: Iterable[str]) -> None:
    """Print `lines` on standard error: what a reader should know, and no program reads."""
    for line in lines:
        print(shown(line), file=sys.stderr, flush=True)


def tell_that_it_reads() -> None:
    """A reading takes seconds: a person at a terminal is told that nothing hangs."""
    if sys.stderr is not None and sys.stderr.isatty():
        print("Reading the account ...", file=sys.stderr, flush=True)


def show_plan(args: argparse.Namespace, report: Report) -> None:
    """Print a plan for people."""
    say(args, report.lines(width=shutil.get_terminal_size((_WIDTH_OFF_A_TERMINAL, 24)).columns))


def nobody_to_ask(args: argparse.Namespace, command: str) -> int:
    """The exit code of a command that changes an account, has no `--yes`, and nobody to ask."""
    from ciam_tui.commands.plan_report import told

    message, fix = "standard input is no terminal", "add --yes, or run it in one."
    if args.json:
        error = CiamError("nobody-to-ask", f"{command} asks before it changes anything", message, (fix,))
        print_document({"ok": False, "error": told(error)})
    warn([f"ciam-tui: {command} asks before it changes anything, and {message}: {fix}"])
    return WRONG_USAGE


def not_begun(args: argparse.Namespace, ending: Ending, report: Report, *words: str) -> int:
    """The exit code of a command that ended before it began a run, after its plan was shown; `words` say why where the plan does not.

    What keeps the plan from being applied stands in it, and is said once more in one line: whoever keeps standard error alone must see it.
    """
    from ciam_tui.commands.run_report import exit_code, run_document
    from ciam_tui.core.problems import Level

    errors = [problem for problem in report.plan.problems if problem.level is Level.ERROR]
    warn([*(f"ciam-tui: Nothing was changed: {error}" for error in errors[:1]), *words])
    if args.json:
        print_document(run_document(ending, plan=report.document()))
    return exit_code(ending)
