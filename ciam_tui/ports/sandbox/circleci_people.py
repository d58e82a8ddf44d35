"""Who uses the demo's CircleCI, and the few shapes that more than one version of its API tells alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.ports.sandbox import account

if TYPE_CHECKING:
    from ciam_tui.ports.sandbox.circleci_content import DemoOrganization
    from ciam_tui.ports.sandbox.circleci_state import World

USER_ID = "844d183a-d248-4356-9ec6-1c05280d37de"
USER_NAME = "Dana Operator"
USER_LOGIN = account.OPERATOR_NAME.replace(".", "-")
AVATAR = "https://avatars.example/dana"

USER = {"id": USER_ID, "login": USER_LOGIN, "name": USER_NAME, "avatar_url": AVATAR}


def vcs_type(organization: DemoOrganization) -> str:
    """What hosts the organization."""
    return "circleci" if organization.is_standalone else "github"


def organization_shape(organization: DemoOrganization) -> dict[str, Any]:
    """An organization as API v2 tells it by itself."""
    return {"id": organization.id, "name": organization.name, "slug": organization.slug, "vcs_type": vcs_type(organization)}


def collaborations(world: World) -> list[dict[str, Any]]:
    """The user's organizations, the user's own account among them, which CircleCI has never seen: it has no id.

    Here alone the type is written with a hyphen.
    """
    personal = {"id": None, "name": USER_LOGIN, "slug": f"gh/{USER_LOGIN}", "avatar_url": AVATAR, "vcs-type": "github"}
    known = [
        {"id": each.id, "name": each.name, "slug": each.slug, "avatar_url": "https://avatars.example/acme", "vcs-type": vcs_type(each)}
        for each in world.organizations.values()
    ]
    return [*known, personal]
