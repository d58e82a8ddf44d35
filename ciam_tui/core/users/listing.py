"""The users with access keys as rows: what they may do, worst first, how old their keys are, and where CircleCI holds them.

The first look of a migration. A row says "unknown" where something was not read and "not asked" where CircleCI was not; neither is "nowhere".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.audit.facts import PoliciesRead, UserKey
from ciam_tui.core.circleci.facts import visible_end
from ciam_tui.core.problems import worst_first
from ciam_tui.core.users.grants import Administrator, administrator, document_findings, findings_of, granted_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.audit.facts import HeldKey
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.document import Document
    from ciam_tui.core.facts import Identity
    from ciam_tui.core.users.facts import AccessKey, Group, User
    from ciam_tui.core.users.grants import Grant


@dataclass(frozen=True, slots=True)
class UsersRead:
    """Those of the account's users that have keys, or may have some, with the groups and the managed policies that are theirs.

    `seen` users were looked at. `report_at` is when the credential report was made, None where it was not used.
    """

    users: tuple[User, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    policies: PoliciesRead = field(default_factory=PoliciesRead)
    report_at: datetime | None = None
    unread: tuple[str, ...] = ()
    seen: int = 0


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user with what it is judged by. `held` is None where CircleCI was not asked (`asked` says so), or the keys' ids are unknown."""

    user: User
    grants: tuple[Grant, ...]
    administrator: Administrator
    findings: tuple[AuditFinding, ...]
    held: tuple[HeldKey, ...] | None
    asked: bool
    unread: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[AccessKey, ...] | None:
        """Its keys, None where they could not be read."""
        return self.user.keys

    @property
    def worst(self) -> AuditFinding | None:
        """The worst of its findings."""
        return self.findings[0] if self.findings else None

    @property
    def is_admin(self) -> bool:
        """Whether it may do everything."""
        return self.administrator.reach is Reach.YES

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of its keys was made."""
        return min((key.created_at for key in self.keys or () if key.created_at is not None), default=None)

    @property
    def last_used(self) -> datetime | None:
        """When one of its keys was last used, None where never or not known."""
        return max((key.last_use.at for key in self.keys or () if key.last_use is not None and key.last_use.at is not None), default=None)

    @property
    def knows_use(self) -> bool:
        """Whether the last use of every key was read."""
        return self.keys is not None and all(key.last_use is not None for key in self.keys)


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows, and what could not be read. `asked` says whether CircleCI was."""

    identity: Identity
    at: datetime
    rows: tuple[UserRow, ...]
    seen: int
    report_at: datetime | None
    asked: bool
    unread: tuple[str, ...] = ()


def rows_of(read: UsersRead, held: Sequence[HeldKey] | None) -> tuple[UserRow, ...]:
    """The rows of the users in `read`. `held` are the variables of CircleCI that hold keys, None where it was not asked."""
    judged: dict[str, tuple[AuditFinding, ...]] = {}

    def remembered(document: Document) -> tuple[AuditFinding, ...]:
        if document.text not in judged:
            judged[document.text] = document_findings(document)
        return judged[document.text]

    matched = None if held is None else with_keys(held, read.users)
    rows: list[UserRow] = []
    for user in read.users:
        granted = granted_to(user, read.groups, read.policies)
        found = worst_first(finding for grant in granted.grants for finding in findings_of(grant, remembered))
        unread = (*user.unread, *granted.unread)
        rows.append(UserRow(user, granted.grants, administrator(user, granted), found, _held_by(user, matched), held is not None, unread))
    return tuple(rows)


def with_keys(held: Iterable[HeldKey], users: Iterable[User]) -> tuple[HeldKey, ...]:
    """`held`, each with the keys of `users` that end as CircleCI tells: four characters, so that there may be several."""
    by_end: dict[str, list[UserKey]] = {}
    for user in users:
        for key in user.keys or ():
            if key.key_id:
                by_end.setdefault(visible_end(key.key_id), []).append(user_key(user.name, key))
    return tuple(replace(each, keys=tuple(by_end.get(each.last_four, ())) if each.last_four else ()) for each in held)


def user_key(name: str, key: AccessKey) -> UserKey:
    """A key as an audit tells it, with its user's name."""
    use = key.last_use
    return UserKey(
        name,
        key.key_id,
        key.status,
        key.created_at,
        use.at if use is not None else None,
        use.service if use is not None else "",
        use.region if use is not None else "",
    )


def _held_by(user: User, held: Sequence[HeldKey] | None) -> tuple[HeldKey, ...] | None:
    if held is None:
        return None
    mine = tuple(each for each in held if any(key.user == user.name for key in each.keys))
    is_known = (user.keys is not None and all(key.key_id for key in user.keys)) or not any(each.last_four for each in held)
    return mine if mine or is_known else None
