"""What `apply` is given: a Setup, or a plan that was kept for a review, which is applied as it was reviewed or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ciam_tui.commands.plan_report import Report
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.saved_plans.file import SavedPlan
    from ciam_tui.core.setup import Setup


def setup_to_apply(args: argparse.Namespace) -> tuple[Setup, SavedPlan | None]:
    """The Setup that is named, and the plan where it is one that was kept; then `args` has the choices that it was made with.

    Raises:
        SetupInvalid: it is neither.
        CiamError: it could not be read, or is a saved plan that is damaged or edited.
    """
    from ciam_tui.commands.files import content_of
    from ciam_tui.commands.planned import setup_in
    from ciam_tui.core.saved_plans.file import PLAN_FILE_BYTES, is_saved_plan, read_saved

    content = content_of(args.setup, PLAN_FILE_BYTES + 1, what="the Setup file", missing="Check the path, or let the wizard write one.")
    if not is_saved_plan(content):
        return setup_in(content), None
    if args.adopt or args.wire:
        args.wrong_usage("--adopt and --wire are chosen when a plan is made: a saved one holds them already")
    saved = read_saved(content)
    args.adopt, args.wire = list(saved.adopt), saved.wire
    return saved.setup, saved


def reviewed_in(args: argparse.Namespace, saved: SavedPlan, report: Report) -> int | None:
    """None where the plan of `report`, made just now, is the one that was reviewed; else the exit code, once it is told what has changed."""
    from ciam_tui.commands.plan_report import told
    from ciam_tui.commands.run_report import exit_code, run_document
    from ciam_tui.commands.speaking import print_document, warn
    from ciam_tui.core.saved_plans.staleness import changed_since, why_stale

    error = why_stale(saved, report.plan)
    if error is None:
        warn([f"The plan of {saved.made_at:%Y-%m-%d %H:%M:%S} UTC, unchanged:"])
        return None
    changed = changed_since(saved.plan, report.plan)
    warn([f"ciam-tui: {error}", *_lines(changed)])
    if args.json:
        print_document(run_document("not-applied", plan=report.document(), error=told(error), changed=changed))
    return exit_code("not-applied")


def _lines(changed: Sequence[Difference]) -> Iterator[str]:
    """Each difference in words, and for documents and lists line by line: `-` is how it was reviewed, `+` how it is now."""
    from ciam_tui.core.changes.line_diff import diff

    for difference in changed:
        yield f"  {difference}"
        if "\n" in difference.expected or "\n" in difference.actual:
            yield from (f"    {line}" for line in diff(difference.expected, difference.actual))
        elif difference.items:
            yield f"    - {difference.expected}"
            yield f"    + {difference.actual}"
