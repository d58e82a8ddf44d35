"""An account with any number of users, answered in pages as IAM does, with a credential report that takes its time and may be old.

moto gives everything at once, makes its report at once, and dates it years ago.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.one_answer import IAM_ERROR, Answer
from tests.paged_iam import ACCOUNT_ID, PagedIam

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
MADE = datetime(2025, 6, 2, 13, 5, tzinfo=UTC)
USED = datetime(2026, 8, 19, 16, 42, tzinfo=UTC)
_HEADER = "user,arn,password_enabled," + ",".join(
    f"access_key_{slot}_{column}"
    for slot in (1, 2)
    for column in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
)


@dataclass(frozen=True)
class ServedKey:
    key_id: str
    status: str = "Active"
    used: datetime | None = USED
    made: datetime = MADE

    @property
    def columns(self) -> str:
        used = f"{self.used.isoformat()},us-east-1,s3" if self.used else "N/A,N/A,N/A"
        return f"{str(self.status == 'Active').lower()},{self.made.isoformat()},{used}"

    @property
    def listed(self) -> str:
        return f"<member><AccessKeyId>{self.key_id}</AccessKeyId><Status>{self.status}</Status><CreateDate>{_stamp(self.made)}</CreateDate></member>"


@dataclass(frozen=True)
class ServedUser:
    name: str
    keys: tuple[ServedKey, ...] = ()
    groups: tuple[str, ...] = ()
    inline: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str = ""
    is_reported: bool = True

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:user/{self.name}"

    @property
    def core(self) -> str:
        boundary = f"<PermissionsBoundary><PermissionsBoundaryArn>{self.boundary}</PermissionsBoundaryArn></PermissionsBoundary>"
        return (
            f"<Path>/</Path><UserName>{self.name}</UserName><UserId>AIDA{self.name}</UserId><Arn>{self.arn}</Arn>"
            f"<CreateDate>{_stamp(MADE)}</CreateDate>{boundary if self.boundary else ''}"
        )

    @property
    def tagged(self) -> str:
        return (
            "<Tags>" + "".join(f"<member><Key>{key}</Key><Value>{value}</Value></member>" for key, value in self.tags.items()) + "</Tags>"
        )

    @property
    def detail(self) -> str:
        groups = "".join(f"<member>{name}</member>" for name in self.groups)
        return (
            f"<member>{self.core}{self.tagged}<GroupList>{groups}</GroupList><UserPolicyList>{_inline(self.inline)}</UserPolicyList>"
            f"<AttachedManagedPolicies>{_attached(self.attached)}</AttachedManagedPolicies></member>"
        )

    @property
    def row(self) -> str:
        columns = [key.columns for key in self.keys] + ["false,N/A,N/A,N/A,N/A"] * (2 - len(self.keys))
        return f"{self.name},{self.arn},false,{','.join(columns)}"


@dataclass(frozen=True)
class ServedGroup:
    name: str
    inline: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()

    @property
    def core(self) -> str:
        return f"<GroupName>{self.name}</GroupName><Arn>arn:aws:iam::{ACCOUNT_ID}:group/{self.name}</Arn>"

    @property
    def detail(self) -> str:
        return (
            f"<member>{self.core}<GroupPolicyList>{_inline(self.inline)}</GroupPolicyList>"
            f"<AttachedManagedPolicies>{_attached(self.attached)}</AttachedManagedPolicies></member>"
        )


@dataclass
class PagedUsers(PagedIam):
    """`broken` are operations that the server does not know. The report is there at the request after `not_ready` that were too early.

    `report_age` is how old it is; a report that was asked for is made anew, unless that is denied.
    """

    users: tuple[ServedUser, ...] = ()
    groups: tuple[ServedGroup, ...] = ()
    broken: frozenset[str] = frozenset()
    report_age: timedelta = timedelta()
    not_ready: int = 0

    def __call__(self, request: str, headers: Mapping[str, str]) -> Answer:
        operation = next(each.partition("=")[2] for each in request.split(" ", 2)[2].split("&") if each.startswith("Action="))
        if operation in self.broken:
            self.asked.append(operation)
            return Answer(400, IAM_ERROR.format(code="InvalidAction", message="unknown"), {"Content-Type": "text/xml"})
        if operation == "GetCredentialReport" and operation not in self.denied and self.not_ready:
            self.not_ready -= 1
            self.asked.append(operation)
            return Answer(404, IAM_ERROR.format(code="ReportInProgress", message="wait"), {"Content-Type": "text/xml"})
        return super().__call__(request, headers)

    def user(self, asked: Mapping[str, str]) -> ServedUser | None:
        return next((user for user in self.users if user.name == asked["UserName"]), None)

    def result(self, operation: str, asked: Mapping[str, str]) -> str | None:
        match operation:
            case "GenerateCredentialReport":
                return f"<State>{'STARTED' if self.not_ready else 'COMPLETE'}</State>"
            case "GetCredentialReport":
                text = "\n".join([_HEADER, *(user.row for user in self.users if user.is_reported)])
                content, at = base64.b64encode(text.encode()).decode(), _stamp(NOW - self.report_age)
                return f"<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{at}</GeneratedTime>"
            case "GetAccountAuthorizationDetails":
                return self._details(asked)
            case "ListUsers":
                members, more = self.page(asked, self.users, lambda user: f"<member>{user.core}</member>")
                return f"<Users>{members}</Users>{more}"
            case "GetAccessKeyLastUsed":
                return self._last_used(asked["AccessKeyId"])
            case _ if "UserName" in asked:
                found = self.user(asked)
                return None if found is None else _of_user(operation, asked, found)
            case _ if "GroupName" in asked:
                group = next((each for each in self.groups if each.name == asked["GroupName"]), None)
                return None if group is None else _of_group(operation, asked, group)
        return super().result(operation, asked)

    def _details(self, asked: Mapping[str, str]) -> str:
        # Policies first, so that nobody may lean on an order that AWS does not promise.
        policies = [("Policies", _policy(arn, text)) for arn, text in self.policies.items()]
        everything = [
            *policies,
            *(("UserDetailList", user.detail) for user in self.users),
            *(("GroupDetailList", group.detail) for group in self.groups),
        ]
        start, size = int(asked.get("Marker", 0)), min(self.page_size, int(asked.get("MaxItems", 100)))
        shown = everything[start : start + size]
        more = f"<IsTruncated>true</IsTruncated><Marker>{start + size}</Marker>" if start + size < len(everything) else ""
        kinds = ("UserDetailList", "GroupDetailList", "Policies")
        return "".join(f"<{kind}>{''.join(text for each, text in shown if each == kind)}</{kind}>" for kind in kinds) + more

    def _last_used(self, key_id: str) -> str | None:
        key = next((key for user in self.users for key in user.keys if key.key_id == key_id), None)
        if key is None:
            return None
        used = f"<LastUsedDate>{_stamp(key.used)}</LastUsedDate>" if key.used else ""
        service, region = ("s3", "us-east-1") if key.used else ("N/A", "N/A")
        return f"<AccessKeyLastUsed>{used}<ServiceName>{service}</ServiceName><Region>{region}</Region></AccessKeyLastUsed>"


def _of_user(operation: str, asked: Mapping[str, str], user: ServedUser) -> str:
    match operation:
        case "ListAccessKeys":
            return f"<AccessKeyMetadata>{''.join(key.listed for key in user.keys)}</AccessKeyMetadata>"
        case "GetUser":
            return f"<User>{user.core}{user.tagged}</User>"
        case "ListGroupsForUser":
            groups = "".join(f"<member>{ServedGroup(name).core}</member>" for name in user.groups)
            return f"<Groups>{groups}</Groups>"
        case "ListUserPolicies":
            return f"<PolicyNames>{''.join(f'<member>{name}</member>' for name in user.inline)}</PolicyNames>"
        case "GetUserPolicy":
            return f"<PolicyDocument>{quote(user.inline[asked['PolicyName']])}</PolicyDocument>"
        case "ListAttachedUserPolicies":
            return f"<AttachedPolicies>{_attached(user.attached)}</AttachedPolicies>"
    raise AssertionError(operation)


def _of_group(operation: str, asked: Mapping[str, str], group: ServedGroup) -> str:
    match operation:
        case "GetGroup":
            return f"<Group>{group.core}</Group><Users/>"
        case "ListGroupPolicies":
            return f"<PolicyNames>{''.join(f'<member>{name}</member>' for name in group.inline)}</PolicyNames>"
        case "GetGroupPolicy":
            return f"<PolicyDocument>{quote(group.inline[asked['PolicyName']])}</PolicyDocument>"
        case "ListAttachedGroupPolicies":
            return f"<AttachedPolicies>{_attached(group.attached)}</AttachedPolicies>"
    raise AssertionError(operation)


def _policy(arn: str, text: str) -> str:
    version = f"<member><Document>{quote(text)}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></member>"
    return f"<member><Arn>{arn}</Arn><AttachmentCount>1</AttachmentCount><PolicyVersionList>{version}</PolicyVersionList></member>"


def _inline(policies: Mapping[str, str]) -> str:
    return "".join(
        f"<member><PolicyName>{name}</PolicyName><PolicyDocument>{quote(text)}</PolicyDocument></member>" for name, text in policies.items()
    )


def _attached(arns: tuple[str, ...]) -> str:
    return "".join(f"<member><PolicyName>p</PolicyName><PolicyArn>{arn}</PolicyArn></member>" for arn in arns)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def like(account: PagedUsers, **changes: Any) -> PagedUsers:
    """The same account under other circumstances, with nothing asked yet."""
    return replace(account, asked=[], **changes)
