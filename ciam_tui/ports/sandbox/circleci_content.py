"""The CircleCI world of the demo as plain data, so that its pickers are full at once and without a token.

Two organizations, because they look different everywhere: one that came with its GitHub login (slug `gh/acme`), and a standalone one,
whose slug says nothing and whose projects may have no repository at all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoProject:
    """`vcs_origin` and `default_branch` are None for a project without a repository: no branch can be told apart in its tokens."""

    id: str
    name: str
    slug: str
    vcs_origin: str | None
    default_branch: str | None


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


def _github(project_id: str, name: str, default_branch: str = "main") -> DemoProject:
    return DemoProject(project_id, name, f"gh/acme/{name}", f"github.com/acme/{name}", default_branch)


def _standalone(project_id: str, name: str, slug_end: str, repository: str | None) -> DemoProject:
    branch = "main" if repository else None
    return DemoProject(project_id, name, f"circleci/wLHQd9DppsJcRwbos8Ljv3/{slug_end}", repository, branch)


ACME = DemoOrganization(
    id="0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11",
    name="acme",
    slug="gh/acme",
    projects=(
        _github("15a228c5-1d0c-4343-958f-11d329619b26", "api"),
        _github("e0ca4caf-d1c3-4e23-a6a6-3dc90634e557", "auth"),
        _github("eb8c61a7-fd78-4c11-bda5-60c96dce283c", "billing"),
        _github("9a12618a-f70a-4ee3-95f7-cfd8c5dea7ac", "cli"),
        _github("55530320-28c2-4236-9614-33c58ae8ca3c", "data-pipeline"),
        _github("32f19e39-2eb7-42a0-8964-d17e1af68eac", "design-system"),
        _github("cf4c6d0c-7ab4-4ddd-a4aa-34f9f1e0aa93", "docs"),
        _github("30dbd75f-c8ff-42ef-83d1-7d2da8cb6dde", "infra"),
        _github("685a5049-909c-4449-8e5d-85c11a2ba95e", "mobile"),
        _github("b9e70623-3dc4-4049-8667-8113e5c34d95", "search", "develop"),
        _github("a8f0b172-e938-4481-8c22-41c6f6556e13", "status-page", "master"),
        _github("6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "web"),
    ),
)

ACME_LABS = DemoOrganization(
    id="6cf855df-0400-4885-8146-0aea9a5d2154",
    name="Acme Labs",
    slug="circleci/wLHQd9DppsJcRwbos8Ljv3",
    projects=(
        _standalone("f332c14b-bba5-42e6-a58f-dfe1d0936d0c", "firmware", "JaLrh2mT4EsmcBXmCZuPyY", "github.com/acme-labs/firmware"),
        _standalone("672e7568-8d17-4d11-96ac-a3314dfbab7f", "playground", "U4774OmBI1yICxqKQ4OVM9", None),
        _standalone("79bf9c35-dfb7-4623-a4ed-43056ec77cea", "telemetry", "MHj8RPyO33QJBu0kiSmRCJ", "github.com/acme-labs/telemetry"),
    ),
)

ORGANIZATIONS: tuple[DemoOrganization, ...] = (ACME, ACME_LABS)
