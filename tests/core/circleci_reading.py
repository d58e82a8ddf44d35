"""A CircleCI in which nothing is wrong for the documentation's Setup, as it is read; tests change one thing in it at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ciam_tui.core.circleci.facts import (
    CircleCiFacts,
    Context,
    ContextContents,
    OidcClaims,
    Organization,
    Project,
    ProjectFacts,
    ProjectSettings,
    Restriction,
    Variable,
)
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID

CLOUD_ISSUER = f"https://oidc.circleci.com/org/{ORG_ID}"
CALM_SETTINGS = ProjectSettings(
    builds_fork_prs=False, forks_receive_secrets=False, ssh_disabled=True, unversioned_config=False, is_open_source=False
)
ORGANIZATION = Organization(ORG_ID, "gh/acme", "acme", "github")
WEB_PROJECT = Project(PROJECT_ID, "web", "gh/acme/web", ORG_ID, "github.com/acme/web", "main")
API_PROJECT = Project(OTHER_PROJECT_ID, "api", "gh/acme/api", ORG_ID, "github.com/acme/api", "main")
WEB_FACTS = ProjectFacts(PROJECT_ID, WEB_PROJECT, CALM_SETTINGS, OidcClaims(), ())
API_FACTS = ProjectFacts(OTHER_PROJECT_ID, API_PROJECT, CALM_SETTINGS, OidcClaims(), ())
CALM_FACTS = CircleCiFacts(ORG_ID, ORGANIZATION, OidcClaims(), CLOUD_ISSUER, (WEB_FACTS, API_FACTS))

ALL_MEMBERS = Restriction("r-all", "group", ORG_ID, "All members")
ONLY_WEB = Restriction("r-web", "project", PROJECT_ID, "web")
ONLY_MOBILE = Restriction("r-mobile", "project", "685a5049-909c-4449-8e5d-85c11a2ba95e", "mobile")
ONLY_MAIN = Restriction("r-main", "expression", 'pipeline.git.branch == "main"')
KEY = Variable("AWS_ACCESS_KEY_ID", "7Q2V")
SECRET = Variable("AWS_SECRET_ACCESS_KEY", "tG9w")


def reading(**changes: Any) -> CircleCiFacts:
    """The calm CircleCI with some of its facts changed."""
    return replace(CALM_FACTS, **changes)


def web(**changes: Any) -> CircleCiFacts:
    """The calm CircleCI with some facts of the project web changed."""
    return reading(projects=(replace(WEB_FACTS, **changes), API_FACTS))


def settings(**changes: Any) -> CircleCiFacts:
    """The calm CircleCI with some settings of the project web changed."""
    return web(settings=replace(CALM_SETTINGS, **changes))


def context(*variables: Variable, restrictions: tuple[Restriction, ...] | None = (), name: str = "aws") -> CircleCiFacts:
    """The calm CircleCI with one context."""
    return reading(contexts=(ContextContents(Context(f"id-of-{name}", name), variables, restrictions),))
