"""One user with all that hangs on it: what a retirement is judged by, and what keeps IAM from deleting it.

It takes about a dozen requests. Whatever of it may not be read, or is not known to the endpoint, is left as unknown with a sentence that
says so: what a plan rests on must never be a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import AccessKey, LastUse, MfaDevice, ServiceCredential, SigningCertificate, SshKey, User
from ciam_tui.ports.aws.answers import UNREADABLE
from ciam_tui.ports.aws.documents import document_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from ciam_tui.core.document import Document
    from ciam_tui.ports.aws.clients import Clients

_Value = TypeVar("_Value")
_Item = dict[str, Any]

_GONE = "not-found"


def read_user(clients: Clients, name: str) -> User | None:
    """The user, None where there is none, or none any more.

    Raises:
        CiamError: the user itself may not be read; `changed-meanwhile`; or AWS cannot be asked.
    """
    iam = clients.iam()
    answer = clients.ask_for_optional(f"read the user {name}", {"NoSuchEntity"}, lambda: iam.get_user(UserName=name))
    if answer is None:
        return None
    try:
        return _Reading(clients, str(answer["User"]["UserName"])).user(dict(answer["User"]))
    except _GoneError as gone:
        again = clients.ask_for_optional(f"read the user {name}", {"NoSuchEntity"}, lambda: iam.get_user(UserName=name))
        if again is None:
            return None
        failure = CiamError(
            "changed-meanwhile", f"Cannot read the user {name}", f"It was changed while it was read: {gone}.", ["Try again."]
        )
    raise failure


def read_virtual_mfa(clients: Clients, serials: Collection[str]) -> tuple[str, ...]:
    """Those of the virtual MFA devices that exist, whether on a user or on none.

    Raises:
        CiamError: they may not be listed; or AWS cannot be asked.
    """
    pages = clients.iam().get_paginator("list_virtual_mfa_devices")
    found = clients.ask(
        "list the virtual MFA devices",
        lambda: [device["SerialNumber"] for page in pages.paginate() for device in page["VirtualMFADevices"]],
    )
    return tuple(sorted(set(found) & set(serials)))


class _GoneError(Exception):
    """Something that was listed a moment ago is gone: it alone, or the user with it."""


class _Reading:
    """One reading of a user, and what could not be read in it."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients, self._name = clients, name
        self._iam: Any = clients.iam()
        self._unread: list[str] = []
        self._not_read: list[str] = []

    def user(self, said: Mapping[str, Any]) -> User:
        tags = said["Tags"] if "Tags" in said else self._needed("tags", "its tags", "iam:ListUserTags", self._tags)
        groups = self._needed("groups", "its groups", "iam:ListGroupsForUser", self._groups)
        inline = self._needed("inline", "its inline policies", "iam:ListUserPolicies and iam:GetUserPolicy", self._inline)
        attached = self._needed("attached", "its attached policies", "iam:ListAttachedUserPolicies", self._attached)
        return User(
            name=said["UserName"],
            user_id=said["UserId"],
            arn=said["Arn"],
            path=said["Path"],
            created_at=said.get("CreateDate"),
            tags=tags_of(tags or ()),
            boundary=(said.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
            groups=groups or (),
            inline=inline or (),
            attached=attached or (),
            keys=self._asked("its access keys", "iam:ListAccessKeys", self._keys),
            has_password=self._asked("whether it has a console password", "iam:GetLoginProfile", self._has_password),
            mfa=self._asked("its MFA devices", "iam:ListMFADevices", self._mfa),
            ssh_keys=self._asked("its SSH keys", "iam:ListSSHPublicKeys", self._ssh_keys),
            certificates=self._asked("its signing certificates", "iam:ListSigningCertificates", self._certificates),
            service_credentials=self._asked(
                "its service-specific credentials", "iam:ListServiceSpecificCredentials", self._service_credentials
            ),
            unread=tuple(self._unread),
            not_read=tuple(self._not_read),
        )

    def _needed(self, field: str, what: str, action: str, read: Callable[[], _Value]) -> _Value | None:
        """As `_asked`, for a field that has no word of its own for unknown."""
        found = self._asked(what, action, read)
        if found is None:
            self._not_read.append(field)
        return found

    def _asked(self, what: str, action: str, read: Callable[[], _Value]) -> _Value | None:
        try:
            return self._clients.ask(f"read {what} of the user {self._name}", read)
        except CiamError as error:
            if error.code == _GONE:
                raise _GoneError(f"{what} went") from None
            if error.code not in UNREADABLE:
                raise
        self._unread.append(f"Of the user {self._name} could not be read: {what} ({action}).")
        return None

    def _listed(self, operation: str, member: str) -> Iterator[_Item]:
        """Every item of a list, page by page; some of IAM's lists have no paginator in botocore."""
        if self._iam.can_paginate(operation):
            for page in self._iam.get_paginator(operation).paginate(UserName=self._name):
                yield from page[member]
            return
        marker: dict[str, str] = {}
        while True:
            page = getattr(self._iam, operation)(UserName=self._name, **marker)
            yield from page[member]
            if not page.get("IsTruncated"):
                return
            marker = {"Marker": page["Marker"]}

    def _tags(self) -> list[_Item]:
        return list(self._listed("list_user_tags", "Tags"))

    def _groups(self) -> tuple[str, ...]:
        return tuple(sorted(group["GroupName"] for group in self._listed("list_groups_for_user", "Groups")))

    def _inline(self) -> tuple[tuple[str, Document], ...]:
        names = sorted(str(name) for name in self._listed("list_user_policies", "PolicyNames"))
        return tuple(
            (name, document_of(self._iam.get_user_policy(UserName=self._name, PolicyName=name)["PolicyDocument"])) for name in names
        )

    def _attached(self) -> tuple[str, ...]:
        return tuple(sorted(policy["PolicyArn"] for policy in self._listed("list_attached_user_policies", "AttachedPolicies")))

    def _keys(self) -> tuple[AccessKey, ...]:
        listed = sorted(self._listed("list_access_keys", "AccessKeyMetadata"), key=lambda key: str(key["AccessKeyId"]))
        return tuple(AccessKey(key["AccessKeyId"], key["Status"], key.get("CreateDate"), self._last_use(key)) for key in listed)

    def _last_use(self, key: Mapping[str, Any]) -> LastUse | None:
        what = f"when the key {key['AccessKeyId']} was last used"
        answer = self._asked(what, "iam:GetAccessKeyLastUsed", lambda: self._iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"]))
        if answer is None:
            return None
        used = answer.get("AccessKeyLastUsed")
        if used is None:  # an answer that says nothing is not one that says "never"
            self._unread.append(f"Of the user {self._name} could not be read: {what} (iam:GetAccessKeyLastUsed).")
            return None
        words = (used.get("ServiceName"), used.get("Region"))
        service, region = ("" if word in (None, "N/A") else str(word) for word in words)
        return LastUse(used.get("LastUsedDate"), service, region)

    def _has_password(self) -> bool:
        profile = self._clients.ask_for_optional(
            f"read whether {self._name} has a console password",
            {"NoSuchEntity"},
            lambda: self._iam.get_login_profile(UserName=self._name),
        )
        return profile is not None

    def _mfa(self) -> tuple[MfaDevice, ...]:
        return tuple(sorted((MfaDevice(each["SerialNumber"]) for each in self._listed("list_mfa_devices", "MFADevices")), key=_serial))

    def _ssh_keys(self) -> tuple[SshKey, ...]:
        listed = sorted(self._listed("list_ssh_public_keys", "SSHPublicKeys"), key=lambda key: str(key["SSHPublicKeyId"]))
        return tuple(SshKey(key["SSHPublicKeyId"], key["Status"], self._ssh_body(key["SSHPublicKeyId"])) for key in listed)

    def _ssh_body(self, key_id: str) -> str:
        """The key itself, without which a backup would not bring it back; empty where it could not be read."""
        answer = self._asked(
            f"the SSH key {key_id}",
            "iam:GetSSHPublicKey",
            lambda: self._iam.get_ssh_public_key(UserName=self._name, SSHPublicKeyId=key_id, Encoding="SSH"),
        )
        return "" if answer is None else str(answer["SSHPublicKey"]["SSHPublicKeyBody"])

    def _certificates(self) -> tuple[SigningCertificate, ...]:
        listed = sorted(self._listed("list_signing_certificates", "Certificates"), key=lambda each: str(each["CertificateId"]))
        return tuple(SigningCertificate(each["CertificateId"], each["Status"], each.get("CertificateBody", "")) for each in listed)

    def _service_credentials(self) -> tuple[ServiceCredential, ...]:
        listed = self._listed("list_service_specific_credentials", "ServiceSpecificCredentials")
        return tuple(
            ServiceCredential(
                each["ServiceSpecificCredentialId"],
                each["ServiceName"],
                each.get("ServiceUserName") or each.get("ServiceCredentialAlias") or "",
                each["Status"],
            )
            for each in sorted(listed, key=lambda each: str(each["ServiceSpecificCredentialId"]))
        )


def _serial(device: MfaDevice) -> str:
    return device.serial
