"""The twin of a Setup on Google Cloud as one value: what script, Terraform, credential files and token test all come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.gcp import limits
from ciam_tui.core.gcp.grants import PERMISSIONS, Grants, stage_grants
from ciam_tui.core.gcp.identity import attribute_condition, attribute_mapping, members
from ciam_tui.core.gcp.names import PROVIDER_ID, account_id, attribute_name, check_unique, custom_role_id, pool_id
from ciam_tui.core.gcp.place import LOCATION, NUMBER_MARK, PROJECT_MARK
from ciam_tui.core.naming import role_names
from ciam_tui.core.ownership import setup_id
from ciam_tui.core.roles import session_seconds
from ciam_tui.core.trust import audience, issuer_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.shape import SetupShape

# What must be switched on in the project: the exchange of tokens, service accounts and their tokens, and the bucket.
SERVICES = ("iam.googleapis.com", "iamcredentials.googleapis.com", "storage.googleapis.com", "sts.googleapis.com")
USER_ROLE = "roles/iam.workloadIdentityUser"


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A custom role of the project."""

    id: str
    kind: str
    permissions: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a binding has it."""
        return f"projects/{PROJECT_MARK}/roles/{self.id}"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The twin of a role: who may act as it, and what it may do. `token_seconds` is how long one of its tokens lives."""

    id: str
    stage: str
    role_name: str
    members: tuple[str, ...]
    grants: Grants
    token_seconds: int

    @property
    def email(self) -> str:
        """Its address, by which everything names it."""
        return f"{self.id}@{PROJECT_MARK}.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider, and the pool that holds it and no other: whatever is mapped in a pool, its provider alone has mapped."""

    pool: str
    id: str
    issuer: str
    audience: str
    mapping: Mapping[str, str]
    condition: str

    @property
    def name(self) -> str:
        """Its full name."""
        return f"projects/{NUMBER_MARK}/{LOCATION}/{self.pool}/providers/{self.id}"


@dataclass(frozen=True, slots=True)
class GcpTwin:
    """`mark` is the sentence by which what was made for this Setup is known again: Google's pools and accounts have no tags."""

    mark: str
    provider: Provider
    roles: tuple[CustomRole, ...]
    accounts: tuple[ServiceAccount, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """Every managed folder, once."""
        return tuple(dict.fromkeys(folder for account in self.accounts for folder in account.grants.folders))

    def role(self, kind: str) -> CustomRole:
        """The custom role of a kind that is used."""
        return next(role for role in self.roles if role.kind == kind)


def twin_of(setup: SetupShape) -> GcpTwin:
    """The twin of `setup`.

    Raises:
        CiamError: a part of it has no twin, in a sentence that says which and what to do.
    """
    pool = pool_id(setup.role.name_prefix)
    provider = Provider(
        pool=pool,
        id=PROVIDER_ID,
        issuer=f"https://{issuer_url(setup.circleci)}",
        audience=audience(setup.circleci),
        mapping=attribute_mapping(setup),
        condition=attribute_condition(setup),
    )
    accounts = tuple(_accounts(setup, pool))
    check_unique((account.id for account in accounts), "service account")
    check_unique((attribute_name(stage.name) for stage in setup.stages if stage.branches), "attribute")
    used = {kind for account in accounts for kind in account.grants.kinds}
    roles = tuple(CustomRole(custom_role_id(pool, kind), kind, permissions) for kind, permissions in PERMISSIONS.items() if kind in used)
    limits.check(provider.mapping, provider.condition, [account.grants for account in accounts])
    return GcpTwin(f"Made by ciam-tui for the Setup {setup_id(setup)}.", provider, roles, accounts)


def _accounts(setup: SetupShape, pool: str) -> list[ServiceAccount]:
    return [
        ServiceAccount(
            id=account_id(name),
            stage=stage.name,
            role_name=name,
            members=members(setup, stage, projects, pool),
            grants=stage_grants(stage),
            token_seconds=session_seconds(stage),
        )
        for stage in setup.stages
        for name, projects in role_names(setup.role, stage.name, setup.circleci.projects)
    ]
