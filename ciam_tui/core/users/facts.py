"""An IAM user as it was read: its keys, what it may do, and all that belongs to it and stands in the way of its deletion.

A field that is None was not read, or could not be: nothing that is unknown is ever taken for absent. What was refused is told in `unread`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic resolves the annotations when a journal is read

from ciam_tui.core.document import Document  # noqa: TC001  as above


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a key was last used, for which service and in which region. `at` is None where AWS knows of no use."""

    at: datetime | None
    service: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key: `status` is Active, Inactive or Expired, as IAM says it. `last_use` is None where it could not be read.

    `key_id` is empty where the id was not read: the credential report knows keys without it.
    """

    key_id: str
    status: str
    created_at: datetime | None = None
    last_use: LastUse | None = None

    @property
    def is_active(self) -> bool:
        """Whether AWS takes it."""
        return self.status == "Active"


@dataclass(frozen=True, slots=True)
class MfaDevice:
    """An MFA device. A virtual one is a thing of its own, whose serial number is an ARN, and is deleted after it is taken off the user."""

    serial: str

    @property
    def is_virtual(self) -> bool:
        """Whether IAM keeps it as a virtual device."""
        return ":mfa/" in self.serial


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key for CodeCommit."""

    key_id: str
    status: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """An X.509 certificate."""

    certificate_id: str
    status: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCredential:
    """A user name and password, or an API key, for one service (`service` is such as codecommit.amazonaws.com). Its secret is never read."""

    credential_id: str
    service: str
    user_name: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A user with what defines it. `keys` to `service_credentials` are None where they were not read; the rest, told in `not_read` by its field."""

    name: str
    user_id: str
    arn: str
    path: str = "/"
    created_at: datetime | None = None
    tags: tuple[tuple[str, str], ...] = ()
    boundary: str | None = None
    groups: tuple[str, ...] = ()
    inline: tuple[tuple[str, Document], ...] = ()
    attached: tuple[str, ...] = ()
    keys: tuple[AccessKey, ...] | None = None
    has_password: bool | None = None
    mfa: tuple[MfaDevice, ...] | None = None
    ssh_keys: tuple[SshKey, ...] | None = None
    certificates: tuple[SigningCertificate, ...] | None = None
    service_credentials: tuple[ServiceCredential, ...] | None = None
    unread: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()

    @property
    def unknown(self) -> frozenset[str]:
        """The names of the fields that say nothing, since they were not read or could not be."""
        may_be_none = {
            "keys": self.keys,
            "has_password": self.has_password,
            "mfa": self.mfa,
            "ssh_keys": self.ssh_keys,
            "certificates": self.certificates,
            "service_credentials": self.service_credentials,
        }
        return frozenset((*self.not_read, *(name for name, value in may_be_none.items() if value is None)))


@dataclass(frozen=True, slots=True)
class Group:
    """A group with the policies that its members get."""

    name: str
    arn: str
    inline: tuple[tuple[str, Document], ...] = ()
    attached: tuple[str, ...] = ()
