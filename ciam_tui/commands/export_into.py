"""`export --into`: what a CircleCI configuration that is there already needs, as a diff to review and apply; the file itself is left alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ciam_tui.commands.config_file import config_text, told_of_text
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.commands.config_file import Told
    from ciam_tui.core.config.merge import ByHand, Merged
    from ciam_tui.core.shape import SetupShape

DONE = 0
PROBLEM = 1


def into(setup: SetupShape, path: str, *, project: str | None, jobs: Mapping[str, Sequence[str]], as_json: bool) -> int:
    """Prints the diff on standard output, and on standard error what is to be added by hand; then the exit code is 1.

    `jobs` names the jobs that take a stage's role; where it names none, it is the job that is called as the stage.

    Raises:
        CiamError: the configuration cannot be read, or the project or a stage is none of the Setup's.
    """
    from ciam_tui.core.config.merge import config_diff

    before = config_text(path)
    merged = _merged(setup, before, project, jobs)
    diff = config_diff(before, merged.text, path.removeprefix("./"))
    if as_json:
        _print_document(path, diff, merged.by_hand)
    else:
        _print_diff(diff)
    for each in merged.by_hand:
        _print_by_hand(each)
    if not diff and not merged.by_hand:
        print("Nothing to add: the jobs take their roles already.", file=sys.stderr)
    _print_findings(told_of_text(setup, merged.text, path))
    return PROBLEM if merged.by_hand else DONE


def _merged(setup: SetupShape, before: str, project: str | None, jobs: Mapping[str, Sequence[str]]) -> Merged:
    from ciam_tui.core.config.merge import StepWanted, merge_config
    from ciam_tui.core.export.circleci import config_of, step_lines
    from ciam_tui.core.export.circleci_recipe import take_role

    config = config_of(setup, project)
    names = {job.stage.name for job in config.jobs}
    if unknown := sorted(set(jobs) - names):
        raise CiamError(
            "stage-unknown",
            "Cannot place the steps",
            f'The Setup has no stage "{unknown[0]}".',
            (f"Name one of: {', '.join(sorted(names))}.",),
        )
    steps = [
        StepWanted(name, "".join(f"{line}\n" for line in step_lines(setup, job)))
        for job in config.jobs
        for name in jobs.get(job.stage.name, (job.name,))
    ]
    return merge_config(before, take_role(), steps)


def _print_diff(diff: str) -> None:
    """On a terminal the file's own characters are shown, not obeyed; into a pipe goes the diff as it is, or it could not be applied."""
    from ciam_tui.core.shown import shown

    if sys.stdout.isatty():
        print(shown(diff, keep_newlines=True), end="")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(diff.encode())


def _print_document(path: str, diff: str, by_hand: Sequence[ByHand]) -> None:
    import json

    print(json.dumps({"into": path, "diff": diff, "by_hand": [{"why": each.why, "what": each.what} for each in by_hand]}, indent=2))


def _print_by_hand(each: ByHand) -> None:
    from ciam_tui.core.shown import shown

    print(shown(f"{each.why} Add by hand:"), file=sys.stderr)
    print(shown(each.what, keep_newlines=True), file=sys.stderr)


def _print_findings(told: Told) -> None:
    """What is still wrong for the roles in the configuration, with all that was added."""
    from ciam_tui.core.shown import shown

    for finding in told.findings:
        print(shown(f"{finding.level}: {finding.text} {finding.fix} ({finding.id})"), file=sys.stderr)
    for sentence in told.unread:
        print(shown(f"unread: {sentence}"), file=sys.stderr)
