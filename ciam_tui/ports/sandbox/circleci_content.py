"""The CircleCI world of the demo as plain data: what its CircleCI server tells, and what its pickers are filled with before it is asked.

Two organizations, because they look different everywhere: one that came with its GitHub login (slug `gh/acme`), and a standalone one,
whose slug says nothing and whose projects may have no repository at all. What they keep in contexts and settings is in `circleci_holdings`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoProject:
    """`vcs_origin` and `default_branch` are None for a project without a repository: no branch can be told apart in its tokens.

    An active one was built lately: the operator follows it, and its files are in the account's buckets.
    """

    id: str
    name: str
    slug: str
    vcs_origin: str | None
    default_branch: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    id: str
    name: str
    slug: str
    projects: tuple[DemoProject, ...]

    @property
    def issuer(self) -> str:
        """The URL that AWS knows the organization's tokens by."""
        return f"https://oidc.circleci.com/org/{self.id}"

    @property
    def is_standalone(self) -> bool:
        """Whether it was made on CircleCI itself, and has no login behind it."""
        return self.slug.startswith("circleci/")

    def project(self, name: str) -> DemoProject:
        """The project of that name."""
        return next(project for project in self.projects if project.name == name)


def _github(project_id: str, name: str, default_branch: str = "main", *, is_active: bool = False) -> DemoProject:
    return DemoProject(project_id, name, f"gh/acme/{name}", f"github.com/acme/{name}", default_branch, is_active)


def _standalone(project_id: str, name: str, slug_end: str, repository: str | None, *, is_active: bool = False) -> DemoProject:
    branch = "main" if repository else None
    return DemoProject(project_id, name, f"circleci/wLHQd9DppsJcRwbos8Ljv3/{slug_end}", repository, branch, is_active)


ACME = DemoOrganization(
    id="0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11",
    name="acme",
    slug="gh/acme",
    projects=(
        _github("2cff2829-598d-4c45-8354-d752d57c16a8", "admin-console"),
        _github("67173c95-020e-4f64-823e-20b85dc4aa17", "analytics"),
        _github("beebd969-6ea7-4c13-ab92-859347fa00d9", "android"),
        _github("15a228c5-1d0c-4343-958f-11d329619b26", "api", is_active=True),
        _github("75b50cc3-53d5-4006-bf61-cc6f53664204", "api-gateway"),
        _github("755f798f-8a11-408d-84d7-3d735a7a12e5", "assets"),
        _github("b878f701-6be7-41ee-92f4-772342da32fd", "audit-log"),
        _github("e0ca4caf-d1c3-4e23-a6a6-3dc90634e557", "auth", is_active=True),
        _github("7e24d5a8-218e-4b09-8ac1-42053fc4e53f", "batch-jobs"),
        _github("eb8c61a7-fd78-4c11-bda5-60c96dce283c", "billing", is_active=True),
        _github("6e6b22b0-e20e-4f0d-b1e0-8a30daba3334", "cart"),
        _github("a67e7720-2aab-4aea-ac22-87f06c3b1f5b", "catalog"),
        _github("5bf1a8f8-3b32-4c57-85df-94175363a983", "chat-bot"),
        _github("69f70bb6-8704-4ffc-94c9-802a3da72e3b", "checkout"),
        _github("9a12618a-f70a-4ee3-95f7-cfd8c5dea7ac", "cli", is_active=True),
        _github("12b7a1e5-2c58-4ae4-97ed-b5e30dfd8e4b", "crm-sync"),
        _github("02cd5d83-d5ec-486f-89aa-0cf2b83f4ed3", "dashboards"),
        _github("55530320-28c2-4236-9614-33c58ae8ca3c", "data-pipeline", is_active=True),
        _github("32f19e39-2eb7-42a0-8964-d17e1af68eac", "design-system", is_active=True),
        _github("cf4c6d0c-7ab4-4ddd-a4aa-34f9f1e0aa93", "docs", is_active=True),
        _github("3b967c7d-1b19-4ad8-80c8-81d4f0d66103", "email-templates"),
        _github("3a0f3d97-7c86-40be-a584-9d35232e089f", "exports"),
        _github("84ea06e0-8943-4530-9e9c-d8ea8c96b59f", "feature-flags"),
        _github("1554ee32-09b1-4d6f-b771-b84da89aa8c9", "fraud-rules"),
        _github("30bc270a-a017-4d15-ba44-00440964af1f", "image-resizer"),
        _github("30dbd75f-c8ff-42ef-83d1-7d2da8cb6dde", "infra", is_active=True),
        _github("a641a92e-637f-4d1d-91dd-5e7acc7dfc00", "inventory"),
        _github("6ae6adb8-e4d5-4dba-a934-fbb7c14e5424", "invoices"),
        _github("f80f2de6-fadb-466b-a340-745e005cebf2", "ios"),
        _github("78a50a1a-5641-4c77-9263-f87c23bc5d50", "legacy-portal"),
        _github("74784ee3-763a-40cb-9558-a61cfed8f3a4", "loyalty"),
        _github("685a5049-909c-4449-8e5d-85c11a2ba95e", "mobile", is_active=True),
        _github("5b76ac19-1e2c-4a6e-9cc6-027acf49f817", "notifications"),
        _github("116328f5-d958-4a8d-b754-d2ed58508d08", "onboarding"),
        _github("82b89211-dff4-4139-9fd0-66c2794380c5", "partner-portal"),
        _github("1c2c5392-4e21-4646-8078-aa856d181777", "payments"),
        _github("c8ee9db9-86d0-48b4-9238-132b784d519a", "pricing"),
        _github("6bf97a32-dc21-4781-9d28-8675a17e3fd2", "recommendations"),
        _github("c9403956-39cc-40de-8275-5b164322bf51", "reports"),
        _github("b9e70623-3dc4-4049-8667-8113e5c34d95", "search", "develop", is_active=True),
        _github("dcbdfea3-5250-420c-aff5-5a75e46f0d4a", "shipping"),
        _github("a8f0b172-e938-4481-8c22-41c6f6556e13", "status-page", "master", is_active=True),
        _github("46a0f184-7f38-4ef2-93c5-41b9b3b84b65", "terraform-modules"),
        _github("cd4f7756-66f1-4794-8173-f3bf3e20f8d8", "translations"),
        _github("6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "web", is_active=True),
    ),
)

ACME_LABS = DemoOrganization(
    id="6cf855df-0400-4885-8146-0aea9a5d2154",
    name="Acme Labs",
    slug="circleci/wLHQd9DppsJcRwbos8Ljv3",
    projects=(
        _standalone("8a3f61d6-8a2c-4193-a7d4-b106631bbeb8", "antenna-sim", "GiWKBE7a1cP9oCDThFJD4q", "github.com/acme-labs/antenna-sim"),
        _standalone("52a0db98-2f84-4802-a4aa-5bbe006aff69", "bench-tests", "nj1WORH7FJZyRQOae7dnGe", "github.com/acme-labs/bench-tests"),
        _standalone("6fadcea0-b836-4d2d-8bcb-087e5934d531", "calibration", "KWCgZBViN9JUqZJU6gP1oA", "github.com/acme-labs/calibration"),
        _standalone(
            "f332c14b-bba5-42e6-a58f-dfe1d0936d0c", "firmware", "JaLrh2mT4EsmcBXmCZuPyY", "github.com/acme-labs/firmware", is_active=True
        ),
        _standalone(
            "33ccfe1c-b4a4-4b7c-b211-02ee180c3a96", "gateway-image", "1DutbQGRyWIcvqjXND3t9A", "github.com/acme-labs/gateway-image"
        ),
        _standalone(
            "02df793e-92d8-4beb-9c98-e6e0378ea9ab",
            "hardware-in-the-loop",
            "VP6M3HpHgcaFPj5UYLxTpA",
            "github.com/acme-labs/hardware-in-the-loop",
        ),
        _standalone(
            "daa83b0a-a89c-4e23-b918-499b7d745d90", "mesh-protocol", "TMlDXhFoKZBzPTzUd53F4b", "github.com/acme-labs/mesh-protocol"
        ),
        _standalone("27767faf-a0a1-4236-9f19-d2f43d9f3aac", "notebooks", "FDBFmZxj8YHkwZZzdq7p9N", "github.com/acme-labs/notebooks"),
        _standalone("a2706103-60b8-45ad-9ee4-9a1b80f0bbd3", "ota-server", "AIWNFmy2Zp4umyZN7BHPH0", "github.com/acme-labs/ota-server"),
        _standalone("672e7568-8d17-4d11-96ac-a3314dfbab7f", "playground", "U4774OmBI1yICxqKQ4OVM9", None, is_active=True),
        _standalone("ca2070c1-338f-4fb8-b76b-1006b66b9db4", "power-model", "0GqOBwvyRpY5okeIYnaUXj", "github.com/acme-labs/power-model"),
        _standalone(
            "62cbdfff-0a6f-4962-a5f7-b1763391141f", "protocol-docs", "mCRJWFv4Cmy3BI0S3BPyQd", "github.com/acme-labs/protocol-docs"
        ),
        _standalone(
            "28ad8af7-f1b3-410c-a74b-651e981f4f55", "sensor-fusion", "bIukQGfZ90ZZuwDcZSmWbO", "github.com/acme-labs/sensor-fusion"
        ),
        _standalone(
            "79bf9c35-dfb7-4623-a4ed-43056ec77cea", "telemetry", "MHj8RPyO33QJBu0kiSmRCJ", "github.com/acme-labs/telemetry", is_active=True
        ),
        _standalone(
            "69b30147-46e8-4077-a538-5771af000ff7", "test-fixtures", "1SZBuJk78RqhjPv425g2rw", "github.com/acme-labs/test-fixtures"
        ),
    ),
)

ORGANIZATIONS: tuple[DemoOrganization, ...] = (ACME, ACME_LABS)
