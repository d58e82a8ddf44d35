"""What a retirement leaves behind that nobody needs: groups and policies that belong to somebody, and so are offered and never deleted from here.

It is looked at only where the user may be deleted or has been. A look that fails leaves things unknown and ends nothing: by then the stage is
done, and its report must come out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.principals import account_of
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.users.backup import user_in
from ciam_tui.core.users.removal import LeftEmpty, left_empty
from ciam_tui.retiring.look import LookStopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ciam_tui.core.facts import ManagedPolicy
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.users.facts import Group, User
    from ciam_tui.ports.api import Aws
    from ciam_tui.retiring.driving import Desk


def with_left_empty(desk: Desk, report: Report) -> Report:
    """`report` with what is empty without the user, where the user can be deleted now or is gone.

    Raises:
        LookStopped: somebody had enough.
    """
    if not _is_due(report):
        return report
    try:
        return replace(report, left_empty=_left_empty(desk, report.migration, None if report.is_over else report.ground.user))
    except LookStopped:
        raise
    except CiamError as error:
        unread = f"Whether groups and policies are left that nobody needs could not be read: {error.message}"
        return replace(report, left_empty=LeftEmpty(unread=(unread,)))


def _is_due(report: Report) -> bool:
    ended = report.migration.ended
    if ended is not None:
        return ended.why == "finished"
    last = next(each for each in report.standings if each.stage is Stage.DELETE_USER)
    return last.is_done or last.can_begin


def _left_empty(desk: Desk, migration: Migration, now: User | None) -> LeftEmpty:
    aws, tell = desk.ports.aws, desk.look.tell
    had = _had(migration, now)
    tell("Groups of the user")
    members = aws.group_members(had.groups)
    # Only what a group without anybody has can be without anything itself.
    groups = aws.groups([name for name in had.groups if members.get(name) is not None], tell)
    tell("Policies of the user")
    return left_empty(had, now, members, groups, _policies(aws, _own(migration, had, groups)))


def _had(migration: Migration, now: User | None) -> User:
    """The user with all groups and policies that it has, or had when it was last backed up: a run that was stopped took some of them."""
    if migration.backup is None and now is not None:
        return now
    saved = user_in(migration.backup.content if migration.backup is not None else migration.started.backup)
    groups, attached = (now.groups, now.attached) if now is not None else ((), ())
    return replace(
        saved, groups=tuple(dict.fromkeys((*saved.groups, *groups))), attached=tuple(dict.fromkeys((*saved.attached, *attached)))
    )


def _own(migration: Migration, had: User, groups: Mapping[str, Group]) -> tuple[str, ...]:
    """The customer managed policies: AWS's own are no account's to delete."""
    arns = dict.fromkeys((*had.attached, *(arn for group in groups.values() for arn in group.attached)))
    return tuple(arn for arn in arns if account_of(arn) == migration.started.account_id)


def _policies(aws: Aws, arns: Iterable[str]) -> Mapping[str, ManagedPolicy | None]:
    """Each by itself, so that one that is refused leaves the others; None for it, and nothing for one that is gone."""
    found: dict[str, ManagedPolicy | None] = {}
    for arn in arns:
        try:
            found.update(aws.policies([arn]))
        except CiamError:
            found[arn] = None
    return found
