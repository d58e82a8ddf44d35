"""What the demo's account needs for a user to be retired as at AWS: what moto lacks of users, and the refusals that make the order of a removal."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.iam.exceptions import DeleteConflictException, NotFoundException
from moto.iam.models import IAMBackend, User
from moto.iam.responses import IamResponse
from moto.iam.utils import generate_access_key_id_from_account_id

from ciam_tui.ports.sandbox.mending import Difference, guard, replace

# moto's users have no such attributes.
_CREDENTIALS = "service_specific_credentials"
_BOUNDARY = "permissions_boundary"


def add_service_credentials() -> None:
    """Create, list and delete, as far as a removal needs them."""

    def create(self: IamResponse) -> ActionResult:
        user = self.backend.get_user(self._get_param("UserName"))
        made = {
            "UserName": user.name,
            "ServiceName": self._get_param("ServiceName"),
            "ServiceUserName": f"{user.name}-at-{user.account_id}",
            "ServiceSpecificCredentialId": generate_access_key_id_from_account_id(user.account_id, prefix="ACCA", total_length=21),
            "Status": "Active",
            "CreateDate": utcnow(),
        }
        _credentials_of(user).append(made)
        return ActionResult({"ServiceSpecificCredential": {**made, "ServicePassword": "only-told-once"}})

    def listed(self: IamResponse) -> ActionResult:
        user = self.backend.get_user(self._get_param("UserName"))
        return ActionResult({"ServiceSpecificCredentials": list(_credentials_of(user))})

    def delete(self: IamResponse) -> ActionResult:
        user = self.backend.get_user(self._get_param("UserName"))
        gone = self._get_param("ServiceSpecificCredentialId")
        kept = [each for each in _credentials_of(user) if each["ServiceSpecificCredentialId"] != gone]
        if len(kept) == len(_credentials_of(user)):
            raise NotFoundException(f"No service-specific credential {gone} found for the user {user.name}")
        setattr(user, _CREDENTIALS, kept)
        return EmptyResult()

    replace(IamResponse, "create_service_specific_credential", create)
    replace(IamResponse, "list_service_specific_credentials", listed)
    replace(IamResponse, "delete_service_specific_credential", delete)


def add_user_boundaries() -> None:
    """Put and delete, and what GetUser tells of it. Like a role's, the boundary need not exist."""

    def put(self: IamResponse) -> ActionResult:
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": self._get_param("PermissionsBoundary")}
        vars(self.backend.get_user(self._get_param("UserName")))[_BOUNDARY] = boundary
        return EmptyResult()

    def delete(self: IamResponse) -> ActionResult:
        vars(self.backend.get_user(self._get_param("UserName"))).pop(_BOUNDARY, None)
        return EmptyResult()

    setattr(User, _BOUNDARY, None)
    replace(IamResponse, "put_user_permissions_boundary", put)
    replace(IamResponse, "delete_user_permissions_boundary", delete)


def refuse_a_laden_user(self: IAMBackend, user_name: str) -> None:
    """What IAM says where something still hangs on a user; moto itself looks at policies alone."""
    user = self.get_user(user_name)
    hanging = (
        (user.password, "must delete login profile first."),
        (user.mfa_devices, "must delete MFA device first."),
        (user.access_keys or user.signing_certificates, "must delete access keys and signing certificates first."),
        (user.ssh_public_keys or _credentials_of(user), "must remove referenced objects first."),
        (self.get_groups_for_user(user_name), "must remove users from group first."),
    )
    for found, words in hanging:
        if found:
            raise DeleteConflictException(f"Cannot delete entity, {words}")


def refuse_a_device_in_use(self: IAMBackend, serial_number: str) -> None:
    """A virtual MFA device is deactivated before it is deleted."""
    device = self.virtual_mfa_devices.get(serial_number)
    if device is not None and device.user is not None:
        raise DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.")


def _credentials_of(user: User) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = vars(user).setdefault(_CREDENTIALS, [])
    return held


OF_USERS: tuple[Difference, ...] = (
    Difference(
        "service-credentials",
        moto="has no service-specific credentials",
        aws="has them, and they keep a user from being deleted. Mended as far as that they are made, listed and deleted",
        mend=add_service_credentials,
    ),
    Difference(
        "user-boundaries",
        moto="has no permissions boundary of a user but at its creation, and forgets that one",
        aws="puts it on and takes it off",
        mend=add_user_boundaries,
    ),
    Difference(
        "laden-users",
        moto="deletes a user that has a password, keys, certificates, devices or groups",
        aws="refuses with DeleteConflict",
        mend=lambda: guard(IAMBackend, "delete_user", refuse_a_laden_user),
    ),
    Difference(
        "devices-in-use",
        moto="deletes a virtual MFA device that is on a user",
        aws="refuses with DeleteConflict",
        mend=lambda: guard(IAMBackend, "delete_virtual_mfa_device", refuse_a_device_in_use),
    ),
)
