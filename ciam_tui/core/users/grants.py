"""Every policy that a user has, with the way it came: its own, attached, or through a group, which is where one forgets to look.

And the one question that decides how urgent a user is: whether it may do everything, and by which statement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import Reach, everything_reach
from ciam_tui.core.audit.findings import AuditFinding, of_policy, unreadable_policy
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Request, compile_policy
from ciam_tui.core.layers import Policies, decide
from ciam_tui.core.policy_findings import permission_findings
from ciam_tui.core.principals import account_of
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.core.audit.facts import PoliciesRead
    from ciam_tui.core.evaluate import CompiledPolicy
    from ciam_tui.core.users.facts import Group, User


@dataclass(frozen=True, slots=True)
class Grant:
    """A policy of a user. `name` is an inline policy's name or a managed one's ARN; `group` the group that it comes through, if any."""

    name: str
    document: Document
    group: str = ""

    @property
    def short(self) -> str:
        """The policy's own name."""
        return self.name.rpartition("/")[2] if self.name.startswith("arn:") else self.name

    @property
    def way(self) -> str:
        """`attached`, `inline`, `attached to the group devops`."""
        kind = "attached" if self.name.startswith("arn:") else "inline"
        return f"{kind}{f' {self._of}' if self.group else ''}"

    @property
    def _of(self) -> str:
        return f"{'to' if self.name.startswith('arn:') else 'in'} the group {shown(self.group)}"


@dataclass(frozen=True, slots=True)
class Granted:
    """All policies of a user that could be read, its boundary, and a sentence for each that could not."""

    grants: tuple[Grant, ...]
    boundary: Document | None = None
    unread: tuple[str, ...] = ()


def granted_to(user: User, groups: Mapping[str, Group], policies: PoliciesRead) -> Granted:
    """What `user` has; `groups` by name."""
    grants = [Grant(name, document) for name, document in user.inline]
    unread = [*_unread_fields(user)]

    def attach(arns: tuple[str, ...], group: str = "") -> None:
        for arn in arns:
            if arn in policies.documents:
                grants.append(Grant(arn, policies.documents[arn], group))
            else:
                unread.append(_why_not(arn, policies))

    attach(user.attached)
    for name in user.groups:
        if name not in groups:
            unread.append(f"The policies of the group {shown(name)} could not be read.")
            continue
        grants += [Grant(policy, document, name) for policy, document in groups[name].inline]
        attach(groups[name].attached, name)
    boundary = policies.documents.get(user.boundary) if user.boundary else None
    if user.boundary and boundary is None:
        unread.append(_why_not(user.boundary, policies))
    return Granted(tuple(grants), boundary, tuple(dict.fromkeys(unread)))


_FIELDS = {
    "inline": "inline policies",
    "attached": "attached policies",
    "groups": "groups",
    "boundary": "permissions boundary",
}


def _unread_fields(user: User) -> Iterator[str]:
    yield from (f"Its {words} could not be read." for field, words in _FIELDS.items() if field in user.not_read)


def _why_not(arn: str, policies: PoliciesRead) -> str:
    if arn in policies.unread:
        return f"The policy {arn} could not be read: {policies.unread[arn]}"
    return f"The policy {arn} was not found: it may have been deleted just now."


@dataclass(frozen=True, slots=True)
class Administrator:
    """Whether a user may do everything, and the statement (from 1) that says so. Without a `grant` no single statement does."""

    reach: Reach
    grant: Grant | None = None
    statement: int | None = None
    sid: str | None = None

    @property
    def words(self) -> str:
        """`statement 4 of s3_full_access (attached to the group devops)`."""
        if self.grant is None:
            return ""
        sid = f' "{shown(self.sid)}"' if self.sid else ""
        return f"statement {self.statement}{sid} of {shown(self.grant.short)} ({self.grant.way})"


def administrator(user: User, granted: Granted) -> Administrator:
    """Whether everything passes, within the boundary."""
    account_id = account_of(user.arn) or ""
    documents = [grant.document for grant in granted.grants]
    reach = everything_reach(documents, account_id=account_id, role_arn=user.arn, boundary=granted.boundary, unread=granted.unread)
    if reach is Reach.NO:
        return Administrator(reach)
    return _decided(user, granted, reach)


def _decided(user: User, granted: Granted, reach: Reach) -> Administrator:
    """The statement that lets everything pass; where it does so in some cases alone, the first without its conditions would not be the answer."""
    compiled = [*_compiled(granted.grants)]
    request = Request("ciam:Sample", "arn:aws:ciam:::sample", context_of(user), principal=user.arn)
    verdict = decide(
        request, Policies(identity=[policy for _, policy in compiled]), account=account_of(user.arn), resource_account=account_of(user.arn)
    )
    deciding = verdict.decided_by.deciding if verdict.allowed else None
    if deciding is None:
        return Administrator(reach)
    grant = next(grant for grant, policy in compiled if deciding in policy.statements)
    return Administrator(reach, grant, deciding.number, deciding.sid)


def _compiled(grants: tuple[Grant, ...]) -> Iterator[tuple[Grant, CompiledPolicy]]:
    for grant in grants:
        try:
            yield grant, compile_policy(parse_policy(grant.document.text), name=grant.name)
        except CiamError:
            continue  # told as unread by whoever asks what passes


def context_of(user: User) -> Mapping[str, tuple[str, ...]]:
    """What AWS itself puts into every request of the user."""
    return {
        "aws:PrincipalArn": (user.arn,),
        "aws:PrincipalAccount": (account_of(user.arn) or "",),
        "aws:PrincipalType": ("User",),
        "aws:username": (user.name,),
        "aws:userid": (user.user_id,),
        "aws:SecureTransport": ("true",),
        **{f"aws:PrincipalTag/{key}": (value,) for key, value in user.tags},
    }


def findings_of(grant: Grant, judged: Callable[[Document], tuple[AuditFinding, ...]] | None = None) -> tuple[AuditFinding, ...]:
    """What is wrong with one policy; `judged` may remember documents that many users share."""
    found = (judged or document_findings)(grant.document)
    return tuple(replace(finding, document=grant.name) for finding in found)


def document_findings(document: Document) -> tuple[AuditFinding, ...]:
    """The findings of a document, worst first, without its name. Lines are counted in its canonical form."""
    try:
        return tuple(of_policy(finding, "") for finding in permission_findings(Document(document.canonical)))
    except CiamError as error:
        return (unreadable_policy("", error.message),)


def kms_keys_in(grants: tuple[Grant, ...]) -> tuple[str, ...]:
    """The ARNs of the KMS keys that policies name one by one."""
    found: dict[str, None] = {}
    for _, policy in _compiled(grants):
        for statement in policy.allows:
            values = statement.resource.values if statement.resource is not None and not statement.resource.negated else ()
            found |= dict.fromkeys(value for value in values if ":kms:" in value and ":key/" in value and not set("*?$") & set(value))
    return tuple(found)
