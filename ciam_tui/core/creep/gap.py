"""The gap of a role: each of its rights with what evidence says of it, and how its rights grew."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ciam_tui.core.creep.growth import Growth, growth_of, is_new, stretched
from ciam_tui.core.creep.rights import rights_of_role
from ciam_tui.core.creep.standing import NotSeen, Unknown, Used, standing_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.creep.rights import HeldRole, Right
    from ciam_tui.core.creep.snapshots import Snapshot
    from ciam_tui.core.creep.standing import RoleUse, Standing


@dataclass(frozen=True, slots=True)
class RightUse:
    """A right and its use. `is_new` says that the role has it for less long than the window, as far as snapshots tell."""

    right: Right
    standing: Standing
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """What a role may do against what it does. `unread` says what of its policies is not known, `more` how many places are not listed."""

    role: HeldRole
    use: RoleUse
    rights: tuple[RightUse, ...]
    growth: Growth = field(default_factory=Growth)
    unread: tuple[str, ...] = ()
    more: int = 0

    @property
    def used(self) -> tuple[RightUse, ...]:
        """Rights that were seen in use."""
        return tuple(each for each in self.rights if isinstance(each.standing, Used))

    @property
    def not_seen(self) -> tuple[RightUse, ...]:
        """Rights that some source would have shown in use, and did not."""
        return tuple(each for each in self.rights if isinstance(each.standing, NotSeen))

    @property
    def unknown(self) -> tuple[RightUse, ...]:
        """Rights of which no source tells."""
        return tuple(each for each in self.rights if isinstance(each.standing, Unknown))

    @property
    def may_go(self) -> tuple[RightUse, ...]:
        """Those not seen that the role had for all of the window, so that it had time to use them."""
        return () if self.use.is_young else tuple(each for each in self.not_seen if not each.is_new)

    def standing(self, right: Right) -> Standing:
        """What is known of any right, whether the policies name it or not."""
        found = standing_of(self.use, right.action, right.bucket, right.prefix)
        return (self.had_no_time(right) or found) if isinstance(found, NotSeen) else found

    def had_no_time(self, right: Right) -> Unknown | None:
        """Why not to have seen a use of `right` says nothing yet; None where the role had it for the whole window."""
        if self.use.is_young:
            return Unknown("the role is younger than the window, and may need it later")
        if is_new(right, self.growth, self.use.since):
            return Unknown("the role has it for less long than the window, and may need it later")
        return None


def gap_of(role: HeldRole, use: RoleUse, snapshots: Sequence[Snapshot] = ()) -> Gap:
    """The gap of `role` by its evidence; `snapshots`, the oldest first, end with the moment of it."""
    rights = rights_of_role(role)
    growth = growth_of(role.arn, snapshots, rights.held)
    return Gap(
        role,
        use,
        tuple(_right_use(right, role, use, growth, snapshots) for right in rights.held),
        growth,
        rights.unread,
        rights.more,
    )


def _right_use(right: Right, role: HeldRole, use: RoleUse, growth: Growth, snapshots: Sequence[Snapshot]) -> RightUse:
    standing = standing_of(use, right.action, right.bucket, right.prefix)
    if not isinstance(standing, NotSeen):
        return RightUse(right, standing)
    held_since = max(
        (change.after for change in growth.gained if is_new(right, replace(growth, gained=(change,)), use.since)), default=None
    )
    if held_since is not None:
        return RightUse(right, replace(standing, since=max(standing.since, held_since)), is_new=True)
    return RightUse(right, stretched(standing, right, role.arn, snapshots))
