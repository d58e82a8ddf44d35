"""The users with access keys of a whole account, in as few requests as there can be: the credential report, then all policies in pages.

The report tells who has keys, so that of the pages only those users are kept, and of groups and policies only theirs: memory does not grow
with the account. What the report cannot tell is asked for by itself: a key that is not active may be expired, and a user made since has no
row. Who may not ask for the report or for the details gets the same by single requests, and is told so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.facts import PoliciesRead
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.credential_report import merged
from ciam_tui.core.users.facts import Group, User
from ciam_tui.core.users.listing import UsersRead
from ciam_tui.core.words import counted
from ciam_tui.ports.aws.answers import UNREADABLE
from ciam_tui.ports.aws.authorization import account_pages, read_policies_in_force
from ciam_tui.ports.aws.credential_report import read_credential_report
from ciam_tui.ports.aws.documents import document_of, tags_of
from ciam_tui.ports.aws.single_users import read_groups, read_single_user
from ciam_tui.ports.aws.user_keys import each_of, read_keys_of, read_last_uses, user_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.users.credential_report import CredentialReport, ReportedUser
    from ciam_tui.core.users.facts import AccessKey
    from ciam_tui.ports.api import Clock
    from ciam_tui.ports.aws.clients import Clients

    Progress = Callable[[str], None]

_KINDS = ("User", "Group", "LocalManagedPolicy", "AWSManagedPolicy")


def read_users(clients: Clients, clock: Clock, progress: Progress) -> UsersRead:
    """All users that have access keys, or may have: a user whose keys cannot be read is among them. `progress` may raise, which ends it.

    Raises:
        CiamError: neither the account's details nor the list of its users may be read; or AWS cannot be asked.
    """
    asked = read_credential_report(clients, clock, progress)
    reading = _Reading(clients, progress, asked.report)
    if asked.report is None:
        reading.unread.append(f"The credential report {asked.why_not.rstrip('.')}. So the keys of each user were asked for by themselves.")
    try:
        reading.in_one_pass()
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        reading.one_by_one(error)
    return reading.result()


@dataclass
class _Reading:
    """What was kept so far. Groups and policies are kept until it is known whose they are: IAM does not say in which order they come."""

    clients: Clients
    progress: Progress
    report: CredentialReport | None
    kept: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    seen: int = 0
    unread: list[str] = field(default_factory=list)

    def in_one_pass(self) -> None:
        """All of it by GetAccountAuthorizationDetails."""
        for page in account_pages(self.clients, "read the account's users", "get_account_authorization_details", Filter=list(_KINDS)):
            users = page.get("UserDetailList", ())
            self.seen += len(users)
            self._keep({detail["UserName"]: _detailed_user(detail) for detail in users if self._may_have_keys(detail["UserName"])})
            self.groups |= {detail["GroupName"]: _detailed_group(detail) for detail in page.get("GroupDetailList", ())}
            self.documents |= dict(_documents(page.get("Policies", ())))
            self.progress(f"Users, {self.seen:,} looked at, {len(self.kept):,} with access keys")

    def one_by_one(self, why: CiamError) -> None:
        """The same by the list of users, and single reads of those with keys."""
        self.kept, self.groups, self.documents, self.seen = {}, {}, {}, 0
        self.unread.append(
            "The account's details may not be read at once (iam:GetAccountAuthorizationDetails), so users were read one by one: "
            f"{why.message}"
        )
        try:
            for page in user_pages(self.clients):
                self.seen += len(page)
                self._keep({each["UserName"]: _listed_user(each) for each in page if self._may_have_keys(each["UserName"])})
                self.progress(f"Users, {self.seen:,} looked at, {len(self.kept):,} with access keys")
        except CiamError as error:
            if error.code not in UNREADABLE or self.report is None:
                raise
            self._by_report(self.report, error)
        read = each_of(lambda user: read_single_user(self.clients, user), tuple(self.kept.values()), self.progress, "Policies of users")
        self.kept = {user.name: user for user in read}
        names = tuple(dict.fromkeys(group for user in read for group in user.groups))
        self.groups = dict(read_groups(self.clients, names, self.progress))

    def _by_report(self, report: CredentialReport, why: CiamError) -> None:
        """Those users alone of which the report knows keys."""
        self.unread.append(
            f"The account's users may not be listed (iam:ListUsers), so they are those of the credential report: {why.message}"
        )
        self.kept, self.seen = {}, len(report.with_keys) + len(report.without_keys)
        self._keep({name: User(name, "", row.arn, created_at=row.created_at) for name, row in report.with_keys.items()})

    def _may_have_keys(self, name: str) -> bool:
        return self.report is None or name not in self.report.without_keys

    def _keep(self, users: Mapping[str, User]) -> None:
        """Those of a page that have keys: by the report, or by their own answer where it has no row of them."""
        rows: Mapping[str, ReportedUser] = self.report.with_keys if self.report is not None else {}
        reported = {name: rows[name] for name in users if name in rows}
        silent = tuple(name for name in users if name not in rows)
        listed = read_keys_of(self.clients, silent, self.progress) if silent else {}
        for name, user in users.items():
            if name in reported:
                self.kept[name] = replace(user, keys=reported[name].keys, has_password=reported[name].has_password)
            elif (keys := listed[name]) is None or keys:
                self.kept[name] = replace(user, keys=keys)

    def result(self) -> UsersRead:
        """What was kept, with what the report left open, and without what is nobody's."""
        users = self._certain()
        names = {name for user in users for name in user.groups}
        groups = {name: group for name, group in self.groups.items() if name in names}
        arns = tuple(dict.fromkeys(_managed(users, groups)))
        missing = [arn for arn in arns if arn not in self.documents]
        rest = read_policies_in_force(self.clients, missing, self.progress) if missing else PoliciesRead()
        documents = {arn: document for arn in arns if (document := self.documents.get(arn) or rest.documents.get(arn)) is not None}
        return UsersRead(
            users,
            groups,
            PoliciesRead(documents, rest.unread),
            self.report.at if self.report is not None else None,
            tuple(self.unread),
            self.seen,
        )

    def _certain(self) -> tuple[User, ...]:
        rows: Mapping[str, ReportedUser] = self.report.with_keys if self.report is not None else {}
        open_ = tuple(name for name in self.kept if name in rows and not rows[name].is_certain)
        refused = sum(user.keys is None for user in self.kept.values())
        for name, listed in (read_keys_of(self.clients, open_, self.progress) if open_ else {}).items():
            refused += listed is None
            if listed is not None:
                self.kept[name] = replace(self.kept[name], keys=merged(rows[name].keys, listed))
        if refused:
            self.unread.append(f"The access keys of {counted(refused, 'user')} could not be read by themselves (iam:ListAccessKeys).")
        silent = [key.key_id for user in self.kept.values() for key in user.keys or () if key.key_id and key.last_use is None]
        uses = read_last_uses(self.clients, silent, self.progress) if silent else {}
        unknown = sum(use is None for use in uses.values())
        if unknown:
            self.unread.append(f"When {counted(unknown, 'access key')} were last used could not be read (iam:GetAccessKeyLastUsed).")
        return tuple(_with_uses(user, uses) for user in self.kept.values() if user.keys is None or user.keys)


def _with_uses(user: User, uses: Mapping[str, Any]) -> User:
    keys: Sequence[AccessKey] | None = user.keys
    if keys is None or not any(key.key_id in uses for key in keys):
        return user
    return replace(user, keys=tuple(replace(key, last_use=key.last_use or uses.get(key.key_id)) for key in keys))


def _managed(users: Sequence[User], groups: Mapping[str, Group]) -> Iterator[str]:
    for user in users:
        yield from user.attached
        if user.boundary:
            yield user.boundary
    for group in groups.values():
        yield from group.attached


def _detailed_user(detail: Mapping[str, Any]) -> User:
    return replace(
        _listed_user(detail),
        tags=tags_of(detail.get("Tags", ())),
        groups=tuple(detail.get("GroupList", ())),
        inline=_inline(detail.get("UserPolicyList", ())),
        attached=tuple(each["PolicyArn"] for each in detail.get("AttachedManagedPolicies", ())),
    )


def _listed_user(each: Mapping[str, Any]) -> User:
    boundary = each.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return User(each["UserName"], each["UserId"], each["Arn"], each.get("Path", "/"), each.get("CreateDate"), boundary=boundary)


def _detailed_group(detail: Mapping[str, Any]) -> Group:
    attached = tuple(each["PolicyArn"] for each in detail.get("AttachedManagedPolicies", ()))
    return Group(detail["GroupName"], detail["Arn"], _inline(detail.get("GroupPolicyList", ())), attached)


def _inline(policies: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, Document], ...]:
    return tuple((each["PolicyName"], document_of(each["PolicyDocument"])) for each in policies)


def _documents(policies: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Document]]:
    """The documents in force of the policies that anything hangs on."""
    for policy in policies:
        if policy.get("AttachmentCount", 1) or policy.get("PermissionsBoundaryUsageCount", 0):
            in_force = next((each for each in policy.get("PolicyVersionList", ()) if each.get("IsDefaultVersion")), None)
            if in_force is not None and "Document" in in_force:
                yield policy["Arn"], document_of(in_force["Document"])
