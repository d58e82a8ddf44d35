"""The rules for whom a role trusts: organization, projects, repositories, issuer and audience.

Every one of them ends up in a trust policy, is compared there letter for letter, and locks everybody out, or lets a stranger in, when it is
wrong.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ciam_tui.core.validate.texts import error, plain_text_problem, quoted

if TYPE_CHECKING:
    from ciam_tui.core.problems import Problem

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
ORG_SLUG_PATTERN = r"^(gh|github|bb|bitbucket|circleci)/[A-Za-z0-9._-]+$"
ROOT_ISSUER = "https://oidc.circleci.com"
URL_LENGTH = 255  # of an OpenID Connect provider's URL in IAM
AUDIENCE_LENGTH = 255  # of a client id in IAM
PROJECT_NAME_LENGTH = 256
_HOST = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_SEGMENT = r"[A-Za-z0-9._~-]+"
ISSUER_PATTERN = rf"^https://{_HOST}(/{_SEGMENT})*$"
VCS_ORIGIN_PATTERN = r"^[A-Za-z0-9.-]+(/[^/\s*?]+){2,}$"


def org_id_problem(org_id: str) -> Problem | None:
    """What makes `org_id` no organization id as CircleCI's tokens write it."""
    return _uuid_problem(org_id, what="organization id", where="Organization Settings > Overview")


def project_id_problem(project_id: str) -> Problem | None:
    """What makes `project_id` no project id as CircleCI's tokens write it."""
    return _uuid_problem(project_id, what="project id", where="Project Settings > Overview")


def _uuid_problem(identifier: str, *, what: str, where: str) -> Problem | None:
    if not identifier:
        return error(f"The {what} is missing.", f"Copy it from CircleCI, {where}.")
    if re.fullmatch(UUID_PATTERN, identifier):
        return None
    if re.fullmatch(UUID_PATTERN, identifier.strip().lower()):
        return error(
            f"The {what} {quoted(identifier)} is not written as CircleCI's tokens have it, and AWS compares it letter for letter.",
            f'Write "{identifier.strip().lower()}".',
        )
    return error(f"The {what} {quoted(identifier)} is no UUID.", f"Copy it from CircleCI, {where}.")


def org_slug_problem(slug: str) -> Problem | None:
    """What makes `slug` no organization slug."""
    if re.fullmatch(ORG_SLUG_PATTERN, slug):
        return None
    return error(
        f"{quoted(slug)} is no organization slug.",
        'Write it as "gh/acme", "bb/acme" or "circleci/" and the id in the URL, or leave it null.',
    )


def issuer_problem(issuer: str, *, org_id: str) -> Problem | None:
    """What makes `issuer` no issuer to trust. `org_id` is the organization whose tokens it is to sign."""
    called = f"The issuer {quoted(issuer)}"
    if issuer.rstrip("/").lower() == ROOT_ISSUER:
        return error(f"{called} signs the tokens of every CircleCI organization.", "Leave it null for your organization's own issuer.")
    whole = "Write the whole URL as the token's iss claim has it, or null for CircleCI's cloud."
    wrong = _wrong_in_url(issuer)
    if wrong:
        return error(f"{called} {wrong}.", whole)
    if len(issuer) > URL_LENGTH:
        return error(f"The issuer has {len(issuer)} characters, {len(issuer) - URL_LENGTH} more than IAM's {URL_LENGTH}.", whole)
    if issuer.startswith(f"{ROOT_ISSUER}/") and issuer != f"{ROOT_ISSUER}/org/{org_id}":
        return error(f"{called} is not that of the organization {quoted(org_id)}.", "Leave it null for your organization's own issuer.")
    return None


def _wrong_in_url(url: str) -> str:
    if not url.startswith("https://"):
        return "is no https URL"
    if url.endswith("/"):
        return "ends with a /, and condition keys are made of it letter for letter"
    host, _, _ = url.removeprefix("https://").partition("/")
    for character, meaning in (("?", "a query"), ("#", "a fragment")):
        if character in url:
            return f"has {meaning}, and IAM takes none"
    if "@" in host:
        return "names a user, and IAM takes none"
    if ":" in host:
        return "names a port, and IAM takes none"
    if host != host.lower():
        return "has a capital letter in its host, and condition keys are made of it letter for letter"
    if not re.fullmatch(ISSUER_PATTERN, url) or {".", ".."} & set(url.split("/")):
        return "contains something that is no part of an issuer's URL"
    return ""


def audience_problem(audience: str) -> Problem | None:
    """What keeps `audience` from standing in a trust policy, or from being a client id of the provider."""
    if not audience.strip():
        return error("The audience is empty.", "Write the token's aud claim, or null for the organization id.")
    if audience != audience.strip():
        return error(f"The audience {quoted(audience)} begins or ends with a space.", f"Write {quoted(audience.strip())}.")
    if len(audience) > AUDIENCE_LENGTH:
        return error(
            f"The audience has {len(audience)} characters, {len(audience) - AUDIENCE_LENGTH} more than IAM's {AUDIENCE_LENGTH}.",
            "Use a shorter one.",
        )
    return plain_text_problem(audience, what="The audience")


def vcs_origin_problem(origin: str) -> Problem | None:
    """What makes `origin` no repository as CircleCI's tokens name one: host, owner and name, without a scheme."""
    called = f"The repository {quoted(origin)}"
    fix = 'Write it as the tokens have it: "github.com/acme/web".'
    if not origin:
        return error("The repository is empty.", 'Write it as "github.com/acme/web", or null where the project has none.')
    if "://" in origin or re.match(r"[^/]+@[^/]+:", origin):
        return error(f"{called} is a URL.", fix)
    problem = plain_text_problem(origin, what="The repository")
    if problem:
        return problem
    if re.search(r"\s", origin):
        return error(f"{called} contains a space.", fix)
    if origin.endswith(".git"):
        return error(f"{called} ends in .git.", f"Write {quoted(origin.removesuffix('.git'))}.")
    segments = origin.split("/")
    if not re.fullmatch(VCS_ORIGIN_PATTERN, origin) or {"vcs-origin", "vcs-ref", ".", ".."} & set(segments):
        return error(f"{called} is not a host, an owner and a name.", fix)
    return None


def project_name_problem(name: str) -> Problem | None:
    """What makes `name` unfit to be shown and stored. Where roles are named after projects, the role's name has rules of its own."""
    if not name.strip():
        return error("The project has no name.", "Write the name that CircleCI shows.")
    if len(name) > PROJECT_NAME_LENGTH:
        return error(f"The project's name has {len(name)} characters, {len(name) - PROJECT_NAME_LENGTH} too many.", "Shorten it.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        return error(f"The project's name {quoted(name)} contains a control character.", "Remove it.")
    return None
