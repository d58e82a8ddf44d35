"""What an audit rests on, as it was read: roles, providers, the documents of managed policies, and keys that CircleCI holds.

A field that could not be read is named as unread beside what it belongs to. So a role whose policies the operator may not see is "unknown",
never a role without permissions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ciam_tui.core.document import Document
    from ciam_tui.core.facts import Identity, ManagedPolicy, Provider, Role


@dataclass(frozen=True, slots=True)
class ReadRole:
    """A role of the account. `unread` names those fields of `role` that could not be read, and hold nothing true.

    `created` is when it was made, None where that was not told.
    """

    role: Role
    unread: tuple[str, ...] = ()
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class RolesRead:
    """Those of an account's roles that were asked for, of `seen` that were looked at. `unread` holds a sentence for each thing missing."""

    roles: tuple[ReadRole, ...]
    seen: int
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PoliciesRead:
    """The documents in force of managed policies, by ARN. One that does not exist has no key; `unread` says why a policy could not be read."""

    documents: Mapping[str, Document] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserKey:
    """An access key of an IAM user. `last_used` is None where it never was, as far as AWS tells."""

    user: str
    key_id: str
    status: str
    created: datetime | None = None
    last_used: datetime | None = None
    service: str = ""
    region: str = ""

    @property
    def is_active(self) -> bool:
        """Whether AWS takes it."""
        return self.status == "Active"


@dataclass(frozen=True, slots=True)
class KeysRead:
    """The access keys of the account's users whose ids end as asked for, of `users` that were looked at.

    `is_complete` is False where there are users whose keys were not looked at: one of those may end so too.
    """

    keys: tuple[UserKey, ...]
    users: int
    unread: tuple[str, ...] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A variable of CircleCI that holds an access key's id, of which CircleCI tells the last characters. `keys` are those that end so.

    `organization` and `place` say where: an organization's name, and `context deploys` or `project web`.
    """

    organization: str
    place: str
    variable: str
    last_four: str
    keys: tuple[UserKey, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """All that was read. `roles` are those that trust CircleCI, and those that this tool applied, whatever they trust now.

    `provider_arns` are all OIDC providers of the account, None where they could not be listed. `managed` are the managed policies that this
    tool applied, with all their versions, None where they could not be read. `held` is None where CircleCI was not asked.
    """

    identity: Identity
    at: datetime
    roles: tuple[ReadRole, ...] = ()
    roles_seen: int = 0
    providers: tuple[Provider, ...] = ()
    provider_arns: frozenset[str] | None = None
    policies: PoliciesRead = PoliciesRead()
    managed: Mapping[str, ManagedPolicy] | None = None
    held: tuple[HeldKey, ...] | None = None
    unread: tuple[str, ...] = ()
