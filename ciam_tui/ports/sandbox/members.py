"""The organization around the demo's account: small, and chosen so that an audit of all accounts meets each thing that it tells.

One member has a wide role, one has no audit role and cannot be read, one is suspended. The demo's own account is the management account.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.organizations.exceptions import AWSOrganizationsNotInUseException
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.sts.exceptions import STSClientError
from moto.sts.models import STSBackend

from ciam_tui.ports.sandbox import account, circleci_content
from ciam_tui.ports.sandbox.mending import Difference, guard
from ciam_tui.ports.sandbox.people import document

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend


def seed() -> None:
    """Makes the organization. The ids that moto draws afterwards are those that it would draw without it."""
    drawn = mock_random.getstate()
    backend = organizations_backends[account.ACCOUNT_ID]["aws"]
    backend.create_organization(account.REGION, FeatureSet="ALL")
    root = backend.list_roots()["Roots"][0]["Id"]
    unit = backend.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    backend.accounts[0].name = account.ACCOUNT_ALIAS
    for account_id, name in account.MEMBERS.items():
        backend.create_account(AccountName=name, Email=f"aws+{name}@acme.example")
        made = backend.accounts[-1]
        organizations_backends.master_accounts[account_id] = organizations_backends.master_accounts.pop(made.id)
        made.id, made.parent_id = account_id, unit
    backend.close_account(AccountId=account.SUSPENDED_MEMBER)
    _seed_audit_role(iam_backends[account.STAGING_MEMBER]["aws"])
    _seed_wide_role(iam_backends[account.STAGING_MEMBER]["aws"])
    mock_random.setstate(drawn)


def _seed_audit_role(iam: IAMBackend) -> None:
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account.ACCOUNT_ID}:root"}, "Action": "sts:AssumeRole"}
    _add(iam, account.AUDIT_ROLE_NAME, trusted)


def _seed_wide_role(iam: IAMBackend) -> None:
    issuer = circleci_content.ACME.issuer
    iam.create_open_id_connect_provider(issuer, [], [circleci_content.ACME.id], tags=[])
    url = issuer.removeprefix("https://")
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account.STAGING_MEMBER}:oidc-provider/{url}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{url}:aud": circleci_content.ACME.id}},
    }
    _add(iam, "circleci-staging", trusted)
    iam.put_role_policy("circleci-staging", "s3", document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))


def _add(iam: IAMBackend, name: str, trusted: dict[str, Any]) -> None:
    iam.create_role(
        role_name=name,
        assume_role_policy_document=document(trusted),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )


def _refuse_without_organization(self: OrganizationsBackend, *_: Any, **__: Any) -> None:
    if self.org is None and self.account_id not in organizations_backends.master_accounts:
        raise AWSOrganizationsNotInUseException


def _refuse_a_role_that_does_not_let_in(self: STSBackend, *_: Any, role_arn: str, external_id: str | None = None, **__: Any) -> None:
    """Of a role of another account. What it trusts is looked at as far as the external id, since callers of the demo are one account."""
    owner, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    if owner == self.account_id:
        return
    found = next((role for role in iam_backends[owner][self.partition].get_roles() if role.name == name), None)
    if found is not None:
        statements = json.loads(found.assume_role_policy_document)["Statement"]
        asked = [each.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId") for each in statements]
        if any(each in (None, external_id) for each in asked):
            return
    told = f"User is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    raise STSClientError("AccessDenied", told)


OF_MEMBERS = (
    Difference(
        "no-organization",
        moto="lists no accounts where there is no organization",
        aws="refuses with AWSOrganizationsNotInUseException",
        mend=lambda: guard(OrganizationsBackend, "list_accounts", _refuse_without_organization),
    ),
    Difference(
        "roles-of-other-accounts",
        moto="gives credentials for any role of any account, whether it exists or not",
        aws="denies those that are not there or do not trust the caller. Mended for roles of other accounts, as far as the external id goes",
        mend=lambda: guard(STSBackend, "assume_role", _refuse_a_role_that_does_not_let_in),
    ),
)
