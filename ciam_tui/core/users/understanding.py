"""One user, understood: what it may do and why, what it reaches, who names it elsewhere, and whether a person may stand behind it.

A user that is taken for a robot and is somebody's login is the worst surprise of a migration. So each sign of a person is told with its
evidence, and one that could not be read is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import access_of
from ciam_tui.core.principals import account_of
from ciam_tui.core.problems import worst_first
from ciam_tui.core.users.grants import administrator, findings_of, granted_to
from ciam_tui.core.users.naming import named_in
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.audit.access import Access, Place
    from ciam_tui.core.audit.facts import HeldKey, PoliciesRead
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.document import Document
    from ciam_tui.core.users.facts import Group, User
    from ciam_tui.core.users.grants import Administrator, Grant
    from ciam_tui.core.users.naming import Naming


class Kind(StrEnum):
    """What stands behind a user, as far as IAM tells."""

    PERSON = "a person may stand behind it"
    ROBOT = "nothing but access keys: no sign of a person"
    UNKNOWN = "not known whether a person stands behind it"


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a person: `found` is None where it could not be read. `evidence` says what was found."""

    name: str
    found: bool | None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """All that is known of a user. `held` is None where CircleCI was not asked."""

    user: User
    grants: tuple[Grant, ...]
    administrator: Administrator
    findings: tuple[AuditFinding, ...]
    access: Access
    signs: tuple[Sign, ...]
    named: tuple[Naming, ...]
    held: tuple[HeldKey, ...] | None = None
    unread: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """Whether it is more than a robot."""
        if any(sign.found for sign in self.signs):
            return Kind.PERSON
        return Kind.UNKNOWN if any(sign.found is None for sign in self.signs) else Kind.ROBOT

    @property
    def places(self) -> tuple[Place, ...]:
        """The buckets and prefixes that it reaches."""
        return tuple(each.place for each in self.access.places)


def understood(
    user: User,
    groups: Mapping[str, Group],
    policies: PoliciesRead,
    bucket_policies: Mapping[str, Document | None],
    key_policies: Mapping[str, Document | None],
    *,
    held: Sequence[HeldKey] | None = None,
    unread: Sequence[str] = (),
) -> Understanding:
    """What to think of `user`, whose groups' and managed policies are given. `unread` says what of the rest could not be read."""
    granted = granted_to(user, groups, policies)
    access = access_of(
        [grant.document for grant in granted.grants],
        account_id=account_of(user.arn) or "",
        role_arn=user.arn,
        boundary=granted.boundary,
        unread=granted.unread,
    )
    named, broken = named_in(user, {**bucket_policies, **key_policies})
    return Understanding(
        user=user,
        grants=granted.grants,
        administrator=administrator(user, granted),
        findings=worst_first(finding for grant in granted.grants for finding in findings_of(grant)),
        access=access,
        signs=tuple(_signs(user)),
        named=named,
        held=None if held is None else tuple(held),
        unread=tuple(dict.fromkeys((*user.unread, *granted.unread, *unread, *broken))),
    )


def _signs(user: User) -> Iterator[Sign]:
    has = user.has_password
    yield Sign("console password", has, "it can log in to the console" if has else "")
    yield _sign("MFA device", user.mfa, [each.serial for each in user.mfa or ()])
    yield _sign("SSH key", user.ssh_keys, [f"{each.key_id} ({each.status})" for each in user.ssh_keys or ()])
    credentials, certificates = user.service_credentials, user.certificates
    yield _sign("service-specific credential", credentials, [f"{each.service} ({each.status})" for each in credentials or ()])
    yield _sign("signing certificate", certificates, [f"{each.certificate_id} ({each.status})" for each in certificates or ()])


def _sign(name: str, things: Sequence[object] | None, words: Sequence[str]) -> Sign:
    if things is None:
        return Sign(name, None)
    return Sign(name, bool(things), f"{counted(len(things), name)}: {listed(words)}" if things else "")
