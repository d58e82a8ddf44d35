"""The snapshot that `audit` and `creep` keep of an account's roles: without it they go on, and say so.

It is kept in the state directory, and never anywhere else. A program that cannot write there (a job of CI with a read-only home) wants its
answer all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.creep.gap import Gap
    from ciam_tui.core.creep.snapshots import Snapshot


def add_snapshot_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--no-snapshot` to a command's arguments."""
    parser.add_argument(
        "--no-snapshot",
        action="store_true",
        help="keep nothing of what the roles may do: without snapshots `creep` cannot tell what has come since",
    )


def keep_snapshot(args: argparse.Namespace, report: AuditReport, gaps: Sequence[Gap] = ()) -> None:
    """Keep what `report` says of the roles, and `gaps` of their use, unless nobody wants that, or there is nothing to keep."""
    _keep(args, [(report, gaps)])


def keep_snapshots(args: argparse.Namespace, reports: Sequence[AuditReport]) -> None:
    """The same of several accounts. What keeps one from being kept mostly keeps them all, and is told once."""
    _keep(args, [(report, ()) for report in reports])


def _keep(args: argparse.Namespace, looks: Sequence[tuple[AuditReport, Sequence[Gap]]]) -> None:
    from ciam_tui.commands.account import state_dir
    from ciam_tui.commands.speaking import warn
    from ciam_tui.core.creep.snapshots import snapshot_of
    from ciam_tui.core.problems import CiamError
    from ciam_tui.ports.audit_snapshots import DiskSnapshots

    if args.no_snapshot:
        return
    refused: list[str] = []
    for report, gaps in looks:
        try:
            if report.roles:
                DiskSnapshots(state_dir(args)).keep(snapshot_of(report, gaps))
        except CiamError as error:
            refused.append(str(error))
    if refused:
        others = f" So it was with {len(refused) - 1} other {'account' if len(refused) == 2 else 'accounts'}." if len(refused) > 1 else ""
        warn([f"ciam-tui: No snapshot was kept: {refused[0]}{others}"])


def kept_snapshots(args: argparse.Namespace, account_id: str) -> tuple[Snapshot, ...]:
    """The snapshots of the account, the oldest first; those that cannot be read are told on standard error."""
    from ciam_tui.commands.account import state_dir
    from ciam_tui.commands.speaking import warn
    from ciam_tui.core.problems import CiamError
    from ciam_tui.ports.audit_snapshots import DiskSnapshots

    try:
        found, unread = DiskSnapshots(state_dir(args)).of_account(account_id)
    except CiamError as error:
        found, unread = (), (str(error),)
    warn(f"ciam-tui: {each}" for each in unread)
    return found
