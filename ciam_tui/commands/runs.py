"""`ciam-tui runs`: the past runs of this machine, each with what has become of it. Reads journals, no account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.history import History

_EPILOG = """\
examples:
  ciam-tui runs
  ciam-tui runs --json | jq -r '.runs[-1].id'

Exit codes: 0 listed, also where a journal cannot be read, which is told; 1 a problem; 2 wrong usage.
"""
_HEADINGS = ("RUN", "TIME (UTC)", "ACCOUNT", "BUCKET", "STEPS", "STATE")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `runs` to the commands."""
    parser = commands.add_parser(
        "runs",
        help="list past runs, and what has become of them",
        description="Lists the runs whose journals this machine holds, oldest first. Times are UTC.",
        epilog=_EPILOG,
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Lists the runs; 0, also where a journal cannot be read."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import journals_from
    from ciam_tui.commands.run_report import past_runs
    from ciam_tui.commands.speaking import print_document, say, warn
    from ciam_tui.runs import history

    past = history(journals_from(args))
    if args.json:
        print_document({"ok": True, "error": None, "runs": past_runs(past)})
        return 0
    say(args, _table(past))
    warn(f"The journal of {each.run_id} cannot be read: {each.problem} {each.fix}".rstrip() for each in past.unreadable)
    return 0


def _table(past: History) -> Iterator[str]:
    rows = sorted([*_readable_rows(past), *((each.run_id, "", "", "", "", "unreadable") for each in past.unreadable)])
    if not rows:
        yield "There are no runs yet."
        return
    widths = [max(len(row[column]) for row in (_HEADINGS, *rows)) for column in range(len(_HEADINGS))]
    yield _aligned(_HEADINGS, widths)
    yield from (_aligned(row, widths) for row in rows)


def _readable_rows(past: History) -> Iterator[tuple[str, ...]]:
    for run in past.runs:
        started = run.started
        yield (
            started.run_id,
            f"{started.at:%Y-%m-%d %H:%M:%S}",
            started.account_id,
            str(started.setup["bucket"]["name"]),
            f"{len(run.done_steps)}/{len(started.steps)}",
            past.words(run),
        )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
