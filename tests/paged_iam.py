"""An account with any number of roles, answered in pages over a real HTTP server as IAM does, and which of its questions may be asked.

moto gives everything at once, so that nothing could be told there of pages, of stopping between them, or of who may not ask.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, quote

from ciam_tui.ports.aws import FixedAccess
from tests.one_answer import IAM_ERROR, Answer, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.ports.aws import BotoAws
    from tests.one_answer import OneAnswer

_Item = TypeVar("_Item")

ACCOUNT_ID = "123456789012"
EC2_TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


@dataclass(frozen=True)
class ServedRole:
    name: str
    trust: str = EC2_TRUST
    inline: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    last_used: str | None = None

    @property
    def core(self) -> str:
        return (
            f"<Path>/</Path><RoleName>{self.name}</RoleName><RoleId>AROA{self.name}</RoleId>"
            f"<Arn>arn:aws:iam::{ACCOUNT_ID}:role/{self.name}</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>"
            f"<AssumeRolePolicyDocument>{quote(self.trust)}</AssumeRolePolicyDocument>"
        )

    @property
    def used(self) -> str:
        when = f"<LastUsedDate>{self.last_used}</LastUsedDate><Region>us-east-1</Region>" if self.last_used else ""
        return f"<RoleLastUsed>{when}</RoleLastUsed>"

    @property
    def detail(self) -> str:
        inline = "".join(
            f"<member><PolicyName>{name}</PolicyName><PolicyDocument>{quote(text)}</PolicyDocument></member>"
            for name, text in self.inline.items()
        )
        attached = "".join(f"<member><PolicyName>p</PolicyName><PolicyArn>{arn}</PolicyArn></member>" for arn in self.attached)
        return (
            f"<member>{self.core}{self.used}<RolePolicyList>{inline}</RolePolicyList>"
            f"<AttachedManagedPolicies>{attached}</AttachedManagedPolicies><InstanceProfileList/><Tags/></member>"
        )

    @property
    def listed(self) -> str:
        return f"<member>{self.core}<Description>made</Description><MaxSessionDuration>7200</MaxSessionDuration></member>"


@dataclass
class PagedIam:
    """`denied` are operations that the operator may not call; `policies` managed ones, by ARN."""

    roles: tuple[ServedRole, ...] = ()
    denied: frozenset[str] = frozenset()
    policies: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 1000
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: str, _headers: Mapping[str, str]) -> Answer:
        asked = {key: values[0] for key, values in parse_qs(request.split(" ", 2)[2]).items()}
        operation = asked["Action"]
        self.asked.append(operation)
        if operation in self.denied:
            message = f"User: dana is not authorized to perform: iam:{operation}"
            return Answer(403, IAM_ERROR.format(code="AccessDenied", message=message), {"Content-Type": "text/xml"})
        result = self.result(operation, asked)
        if result is None:
            return Answer(404, IAM_ERROR.format(code="NoSuchEntity", message="not found"), {"Content-Type": "text/xml"})
        body = f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{operation}Result>{result}</{operation}Result></{operation}Response>'
        return Answer(200, body, {"Content-Type": "text/xml"})

    def result(self, operation: str, asked: Mapping[str, str]) -> str | None:
        """What stands in the answer, None for something that does not exist."""
        return _OPERATIONS[operation](self, asked)

    def page(self, asked: Mapping[str, str], items: Sequence[_Item], member: Callable[[_Item], str]) -> tuple[str, str]:
        """The members of one page, and what tells that there are more."""
        start, size = int(asked.get("Marker", 0)), min(self.page_size, int(asked.get("MaxItems", 100)))
        end = start + size
        more = f"<IsTruncated>true</IsTruncated><Marker>{end}</Marker>" if end < len(items) else "<IsTruncated>false</IsTruncated>"
        return "".join(map(member, items[start:end])), more

    def role(self, asked: Mapping[str, str]) -> ServedRole | None:
        return next((role for role in self.roles if role.name == asked["RoleName"]), None)


def _details(iam: PagedIam, asked: Mapping[str, str]) -> str:
    if asked["Filter.member.1"] == "Role":
        members, more = iam.page(asked, iam.roles, lambda role: role.detail)
        return f"<RoleDetailList>{members}</RoleDetailList>{more}"
    members, more = iam.page(asked, tuple(iam.policies.items()), lambda policy: _policy_detail(*policy))
    return f"<Policies>{members}</Policies>{more}"


def _policy_detail(arn: str, text: str) -> str:
    def version(name: str, document: str, *, default: bool) -> str:
        is_default = "true" if default else "false"
        return f"<member><Document>{quote(document)}</Document><VersionId>{name}</VersionId><IsDefaultVersion>{is_default}</IsDefaultVersion></member>"

    versions = version("v1", "{}", default=False) + version("v2", text, default=True)
    return f"<member><Arn>{arn}</Arn><PolicyVersionList>{versions}</PolicyVersionList></member>"


def _list_roles(iam: PagedIam, asked: Mapping[str, str]) -> str:
    members, more = iam.page(asked, iam.roles, lambda role: role.listed)
    return f"<Roles>{members}</Roles>{more}"


def _get_role(iam: PagedIam, asked: Mapping[str, str]) -> str | None:
    role = iam.role(asked)
    rest = "<Description>made</Description><MaxSessionDuration>7200</MaxSessionDuration><Tags/>"
    return f"<Role>{role.core}{role.used}{rest}</Role>" if role else None


def _list_role_policies(iam: PagedIam, asked: Mapping[str, str]) -> str | None:
    role = iam.role(asked)
    return f"<PolicyNames>{''.join(f'<member>{name}</member>' for name in role.inline)}</PolicyNames>" if role else None


def _get_role_policy(iam: PagedIam, asked: Mapping[str, str]) -> str | None:
    role = iam.role(asked)
    return f"<PolicyDocument>{quote(role.inline[asked['PolicyName']])}</PolicyDocument>" if role else None


def _list_attached(iam: PagedIam, asked: Mapping[str, str]) -> str | None:
    role = iam.role(asked)
    if role is None:
        return None
    members = "".join(f"<member><PolicyName>p</PolicyName><PolicyArn>{arn}</PolicyArn></member>" for arn in role.attached)
    return f"<AttachedPolicies>{members}</AttachedPolicies>"


def _get_policy(iam: PagedIam, asked: Mapping[str, str]) -> str | None:
    arn = asked["PolicyArn"]
    return f"<Policy><Arn>{arn}</Arn><DefaultVersionId>v2</DefaultVersionId></Policy>" if arn in iam.policies else None


def _get_policy_version(iam: PagedIam, asked: Mapping[str, str]) -> str | None:
    text = iam.policies.get(asked["PolicyArn"])
    return f"<PolicyVersion><Document>{quote(text)}</Document></PolicyVersion>" if text is not None else None


_OPERATIONS: Mapping[str, Callable[[PagedIam, Mapping[str, str]], str | None]] = {
    "GetAccountAuthorizationDetails": _details,
    "ListRoles": _list_roles,
    "GetRole": _get_role,
    "ListRolePolicies": _list_role_policies,
    "GetRolePolicy": _get_role_policy,
    "ListAttachedRolePolicies": _list_attached,
    "GetPolicy": _get_policy,
    "GetPolicyVersion": _get_policy_version,
}


@contextmanager
def served(iam: PagedIam) -> Iterator[tuple[BotoAws, OneAnswer]]:
    """The account, behind a real HTTP server."""
    with answers(iam) as server:
        account = FixedAccess(server.url, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").open(None, None)
        try:
            yield account, server
        finally:
            account.close()
