"""Where two readings of the account differ, resource by resource and field by field: documents by what they say, not by how they are spelled.

One comparison answers four questions: has the account changed since the plan, is a run's result what was planned, has somebody been at it
since, and how does what exists differ from what the Setup wants.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ciam_tui.core.changes.effects import UNKNOWN_ID
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Bucket, ContextFacts, ManagedPolicy, ProjectVariables, Provider, Role
from ciam_tui.core.users.facts import AccessKey, MfaDevice, ServiceCredential, SigningCertificate, SshKey, User
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.facts import Facts

# What says nothing about what somebody did to a resource.
_NOT_COMPARED = frozenset({"last_used", "last_used_region", "attachments", "unread", "not_read", "versions", "default_version"})
_IDS = frozenset({"role_id", "policy_id", "context_id"})
_NOT_THERE = "not there"
# What one item of a field is called, where a field holds several.
_ITEMS = {
    "inline": ("inline policy", "inline policies"),
    "attached": ("attached policy", "attached policies"),
    "tags": ("tag", "tags"),
    "client_ids": ("audience", "audiences"),
    "groups": ("group", "groups"),
    "keys": ("access key", "access keys"),
    "mfa": ("MFA device", "MFA devices"),
    "ssh_keys": ("SSH key", "SSH keys"),
    "certificates": ("signing certificate", "signing certificates"),
    "service_credentials": ("service-specific credential", "service-specific credentials"),
}
_FIELDS = {
    "trust": "trust policy",
    "boundary": "permissions boundary",
    "max_session_seconds": "longest session in seconds",
    "has_password": "console password",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one resource: what was expected, and what is there. Both are text to be shown; `items` tells a list's, item by item."""

    subject: str
    field: str
    expected: str
    actual: str
    items: str = ""

    def __str__(self) -> str:
        """`role x: the trust policy is another` for documents, `role x: one more tag: a=b` for lists, else both values."""
        if self.field == "existence":
            return f"{self.subject}: it is {'not there' if self.actual == _NOT_THERE else 'there now'}"
        if self.items:
            return f"{self.subject}: {self.items}"
        field = _FIELDS.get(self.field, self.field.replace("_", " "))
        if "\n" in self.expected or "\n" in self.actual:
            return f"{self.subject}: the {field} is another"
        return f"{self.subject}: {field} is {self.actual}, not {self.expected}"


def differences(expected: Facts, actual: Facts, subjects: Iterable[str]) -> tuple[Difference, ...]:
    """Where `actual` differs from `expected` in the resources named. An id that was not yet known when `expected` was made matches any."""
    return tuple(difference for subject in sorted(subjects) for difference in _compared(subject, expected, actual))


@dataclass(frozen=True, slots=True)
class VirtualMfa:
    """A virtual MFA device that exists."""

    serial: str


Resource = Bucket | Provider | Role | ManagedPolicy | ContextFacts | User | VirtualMfa | ProjectVariables


def resource(facts: Facts, subject: str) -> Resource | None:
    """The resource that a subject names, None where it is not there."""
    kind, _, name = subject.partition(" ")
    match kind:
        case "bucket":
            return facts.bucket
        case "provider":
            return facts.provider
        case "role":
            return facts.roles.get(name)
        case "policy":
            return facts.policies.get(name)
        case "context":
            return facts.contexts.get(name)
        case "user":
            return facts.users.get(name)
        case "mfa":
            return VirtualMfa(name) if name in facts.virtual_mfa else None
        case "project":
            return ProjectVariables(name, facts.project_variables[name]) if name in facts.project_variables else None
        case _:
            raise ValueError(f"no resource is called {subject}")


def _compared(subject: str, expected: Facts, actual: Facts) -> Iterator[Difference]:
    wanted, found = resource(expected, subject), resource(actual, subject)
    if wanted is None or found is None:
        if wanted is not found:
            yield Difference(subject, "existence", "there" if wanted else _NOT_THERE, "there" if found else _NOT_THERE)
        return
    unread = _unread(wanted) | _unread(found)
    for each in fields(wanted):
        if each.name in _NOT_COMPARED or each.name in unread:
            continue
        want, have = _lasting(getattr(wanted, each.name)), _lasting(getattr(found, each.name))
        unknown = (each.name in _IDS and want == UNKNOWN_ID) or (isinstance(wanted, ContextFacts) and want is None)
        if want != have and not unknown:
            yield Difference(subject, each.name, as_text(want), as_text(have), _items(each.name, want, have))
    if isinstance(wanted, ManagedPolicy) and isinstance(found, ManagedPolicy):
        yield from _versions(subject, wanted, found)


def _unread(value: Resource) -> frozenset[str]:
    """The fields of `value` of which nothing is known."""
    match value:
        case User():
            return value.unknown
        case Bucket():
            return frozenset(value.unread)
        case _:
            return frozenset()


def _lasting(value: object) -> object:
    """What a field says that somebody can have changed: of a user's belongings which there are and whether they are in force."""
    match value:
        case tuple():
            return tuple(_lasting(each) for each in value)
        case AccessKey(key_id=item, status=status) | SshKey(key_id=item, status=status):
            return (item, status)
        case SigningCertificate(certificate_id=item, status=status) | ServiceCredential(credential_id=item, status=status):
            return (item, status)
        case MfaDevice(serial=serial):
            return serial
        case _:
            return value


def _versions(subject: str, wanted: ManagedPolicy, found: ManagedPolicy) -> Iterator[Difference]:
    """Version ids are given by AWS and change when one is restored, so versions are compared by what they say."""
    if wanted.document != found.document:
        yield Difference(subject, "document", as_text(wanted.document), as_text(found.document))
    want, have = ({version.document.canonical for version in policy.versions} for policy in (wanted, found))
    if want != have:
        yield Difference(subject, "versions", f"{len(want)} documents", f"{len(have)} documents, others among them")


def _items(field: str, want: object, have: object) -> str:
    """`one more inline policy: extra; one tag less: team=web`; empty for a field that holds one value, and where only the order differs."""
    if field not in _ITEMS or not isinstance(want, tuple) or not isinstance(have, tuple):
        return ""
    one, many = _ITEMS[field]
    wanted, found = _by_name(want), _by_name(have)
    more = [text for name, (text, _) in found.items() if name not in wanted]
    less = [text for name, (text, _) in wanted.items() if name not in found]
    other = [text for name, (text, value) in found.items() if name in wanted and wanted[name][1] != value]
    said = (
        (more, f"one more {one}", f"{len(more)} more {many}", ""),
        (less, f"one {one} less", f"{len(less)} {many} less", ""),
        (other, f"the {one}", f"the {many}", " is another" if len(other) == 1 else " are others"),
    )
    return "; ".join(
        f"{singular if len(texts) == 1 else plural}{' ' if end else ': '}{listed(texts)}{end}"
        for texts, singular, plural, end in said
        if texts
    )


def _by_name(items: tuple[object, ...]) -> dict[str, tuple[str, object]]:
    """Each item by its name, with what a reader is shown of it and what it says: a document goes by its name, a tag by both."""
    named: dict[str, tuple[str, object]] = {}
    for item in items:
        match item:
            case (str(name), Document() as document):
                named[name] = (name, document)
            case (str(key), str(value)):
                named[key] = (f"{key}={value}", value)
            case _:
                named[str(item)] = (str(item), None)
    return named


def as_text(value: object) -> str:
    """A field's value as a reader wants to see it."""
    match value:
        case None | "" | ():
            return "none"
        case Document():
            return value.canonical
        case tuple():
            return ", ".join(_item(item) for item in value)
        case _:
            return str(value)


def _item(item: object) -> str:
    match item:
        case (str(name), Document() as document):
            return f"{name}: {document.canonical}"
        case (str(key), str(value)):
            return f"{key}={value}"
        case _:
            return str(item)
