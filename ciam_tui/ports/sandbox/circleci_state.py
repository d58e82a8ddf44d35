"""The demo's CircleCI as it stands at one moment, whichever version of the API asks: what there is, what may be changed, what is refused.

It lives in memory and is deterministic: ids are drawn from a counter, and the clock goes on by a second with each change, so that two runs
that do the same see the same. Values of variables are cut to their visible end on arrival; nothing here could give one back.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ciam_tui.ports.sandbox import circleci_content, circleci_holdings

if TYPE_CHECKING:
    from ciam_tui.ports.sandbox.circleci_content import DemoOrganization, DemoProject

OPENED = datetime(2026, 8, 20, 8, 0, tzinfo=UTC)
CREATED = datetime(2024, 2, 12, 10, 30, tzinfo=UTC)

# CircleCI's limits (contexts.adoc); the last is the size of a page of variables too, of which the first is the only one.
CONTEXT_NAME_LENGTH = 200
VARIABLE_NAME_LENGTH = 300
VALUE_LENGTH = 32_768
CONTEXTS_PER_ORGANIZATION = 500
VARIABLES_PER_CONTEXT = 100

RESTRICTION_TYPES = ("project", "expression", "group")

# What a project has before somebody changes it. CircleCI's own default lets unversioned config in; here one project does, to be found.
NEW_PROJECT_SETTINGS: dict[str, Any] = {
    "enable_ai_error_summarization": False,
    "enable_auto_cancel_redundant_workflows": False,
    "enable_building_fork_prs": False,
    "is_build_prs_only": False,
    "can_pass_secrets_to_fork_pr_jobs": False,
    "can_set_github_status": True,
    "is_running_disabled": False,
    "is_ssh_disabled": False,
    "enable_dynamic_config": True,
    "is_admin_required_for_writing_settings": False,
    "is_oss": False,
    "pr_only_branch_overrides": ["main"],
    "enable_unversioned_config": False,
}


class Refused(Exception):
    """CircleCI says no. `field` is what of the request was wrong, where that can be told."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


@dataclass(slots=True)
class HeldVariable:
    """`end` is all that is kept of the value."""

    name: str
    end: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class HeldRestriction:
    id: str
    type: str
    value: str


@dataclass(slots=True)
class HeldContext:
    id: str
    name: str
    org_id: str
    created_at: str
    variables: dict[str, HeldVariable] = field(default_factory=dict)
    restrictions: list[HeldRestriction] = field(default_factory=list)


@dataclass(slots=True)
class HeldProject:
    """`settings` are kept under their names in API v3, which has the most of them."""

    demo: DemoProject
    organization: DemoOrganization
    settings: dict[str, Any]
    variables: dict[str, HeldVariable]


@dataclass(slots=True)
class HeldClaims:
    """The times stay when a claim is taken back."""

    audience: list[str] | None = None
    audience_updated_at: str | None = None
    ttl: str | None = None
    ttl_updated_at: str | None = None


def visible_end(value: str) -> str:
    """What CircleCI shows of a value: its last four characters, and of a short one at most half."""
    return value[len(value) - min(4, len(value) // 2) :]


def written(moment: datetime) -> str:
    """A moment as CircleCI writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class World:
    """All of it. One caller at a time: the server holds a lock around each answer."""

    def __init__(self) -> None:
        self._changes = 0
        self.organizations = {organization.id: organization for organization in circleci_content.ORGANIZATIONS}
        self.projects = {
            project.id: self._new_project(project, organization)
            for organization in circleci_content.ORGANIZATIONS
            for project in organization.projects
        }
        self.contexts = {context.id: self._seeded(context) for context in circleci_holdings.CONTEXTS}
        # The other organization does not let unversioned config in, whatever its projects say.
        self.lets_unversioned_config_in = {circleci_content.ACME.id}
        self.claims = {
            (claims.organization.id, claims.project_id): HeldClaims(
                audience=list(claims.audience) if claims.audience else None,
                audience_updated_at=written(CREATED) if claims.audience else None,
                ttl=claims.ttl,
                ttl_updated_at=written(CREATED) if claims.ttl else None,
            )
            for claims in circleci_holdings.CLAIMS
        }

    # --- Reading ---

    def organization(self, slug_or_id: str) -> DemoOrganization | None:
        """The organization of that id or slug; `github/acme` is another spelling of `gh/acme`."""
        wanted = _short_host(slug_or_id)
        return next((found for found in self.organizations.values() if wanted in {found.id, found.slug}), None)

    def project_by_slug(self, slug: str) -> HeldProject | None:
        """The project of that slug. In a standalone organization's slug the ids of organization and project may stand for their short forms."""
        wanted = _short_host(slug)
        for project in self.projects.values():
            host, organization, name = project.demo.slug.split("/")
            spellings = {project.demo.slug}
            if project.organization.is_standalone:
                spellings = {f"{host}/{o}/{n}" for o in (organization, project.organization.id) for n in (name, project.demo.id)}
            if wanted in spellings:
                return project
        return None

    def projects_of(self, org_id: str) -> list[HeldProject]:
        """An organization's projects, by name."""
        return sorted((p for p in self.projects.values() if p.organization.id == org_id), key=lambda project: project.demo.name)

    def contexts_of(self, org_id: str) -> list[HeldContext]:
        """An organization's contexts, in CircleCI's order: by name, capitals or not."""
        return sorted((c for c in self.contexts.values() if c.org_id == org_id), key=lambda context: context.name.lower())

    def restriction_name(self, restriction: HeldRestriction) -> str:
        """What the value of a restriction stands for."""
        if restriction.type == "project" and restriction.value in self.projects:
            return self.projects[restriction.value].demo.name
        groups = (group for of_one in circleci_holdings.GROUPS.values() for group in of_one)
        return next((group.name for group in groups if group.id == restriction.value), "")

    # --- Changing ---

    def add_context(self, name: object, organization: DemoOrganization, *, names_are_shared: bool) -> HeldContext:
        """A new, empty context. On a Server, names are shared by all organizations."""
        if not isinstance(name, str) or not 0 < len(name) <= CONTEXT_NAME_LENGTH:
            raise Refused(400, f"Context names have 1 to {CONTEXT_NAME_LENGTH} characters.", "name")
        own = self.contexts_of(organization.id)
        if any(context.name == name for context in (self.contexts.values() if names_are_shared else own)):
            raise Refused(409, f"Context with name '{name}' already exists.", "name")
        if len(own) >= CONTEXTS_PER_ORGANIZATION:
            raise Refused(400, f"Cannot create more than {CONTEXTS_PER_ORGANIZATION} contexts per organization", "name")
        context = HeldContext(self.new_id(), name, organization.id, self.now())
        self.contexts[context.id] = context
        return context

    def set_context_variable(self, context: HeldContext, name: str, value: str) -> HeldVariable:
        """Makes or overwrites a variable of a context."""
        if name not in context.variables and len(context.variables) >= VARIABLES_PER_CONTEXT:
            raise Refused(400, f"Cannot create more than {VARIABLES_PER_CONTEXT} environment variables per context", "name")
        return self._set(context.variables, name, value)

    def set_project_variable(self, project: HeldProject, name: str, value: str) -> HeldVariable:
        """Makes or overwrites a variable of a project."""
        return self._set(project.variables, name, value)

    def _set(self, variables: dict[str, HeldVariable], name: str, value: str) -> HeldVariable:
        if len(name) > VARIABLE_NAME_LENGTH or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise Refused(400, f"Invalid environment variable name '{name}'.", "name")
        if len(value) > VALUE_LENGTH:
            raise Refused(400, f"The value is longer than {VALUE_LENGTH} characters.", "value")
        now = self.now()
        created = variables[name].created_at if name in variables else now
        variables[name] = HeldVariable(name, visible_end(value), created, now)
        return variables[name]

    def restrict(self, context: HeldContext, restriction_type: object, value: object) -> HeldRestriction:
        """Adds a condition to the use of a context."""
        if restriction_type not in RESTRICTION_TYPES or not isinstance(value, str) or not value:
            raise Refused(400, "Invalid restriction.", "restriction_type")
        owner = self.organizations[context.org_id]
        if restriction_type == "group" and value not in {group.id for group in circleci_holdings.GROUPS.get(owner.id, ())}:
            raise Refused(400, "Group restrictions need a group of an organization that came with its login.", "restriction_value")
        if restriction_type == "project" and (value not in self.projects or self.projects[value].organization is not owner):
            raise Refused(400, "The project is not one of the context's organization.", "restriction_value")
        if any((held.type, held.value) == (restriction_type, value) for held in context.restrictions):
            raise Refused(409, "The context has this restriction already.", "restriction_value")
        restriction = HeldRestriction(self.new_id(), str(restriction_type), value)
        context.restrictions.append(restriction)
        return restriction

    def lift(self, context: HeldContext, restriction_id: str) -> None:
        """Takes a restriction away."""
        kept = [restriction for restriction in context.restrictions if restriction.id != restriction_id]
        if len(kept) == len(context.restrictions):
            raise Refused(404, "restriction not found")
        context.restrictions[:] = kept

    def fill(self, organization: DemoOrganization, contexts: int, variables: int) -> None:
        """Puts a crowd of contexts into an organization, without asking for CircleCI's limits."""
        for number in range(contexts):
            context = HeldContext(self.new_id(), f"crowd-{number:04}", organization.id, written(CREATED))
            for index in range(variables):
                name = f"VARIABLE_{index:03}"
                context.variables[name] = HeldVariable(name, f"{index:04}", written(CREATED), written(CREATED))
            self.contexts[context.id] = context

    def now(self) -> str:
        """The time, a second after it was last asked for."""
        self._changes += 1
        return written(OPENED + timedelta(seconds=self._changes))

    def new_id(self) -> str:
        """An id that was not given yet."""
        self._changes += 1
        return str(uuid.UUID(bytes=sha256(str(self._changes).encode()).digest()[:16], version=4))

    @staticmethod
    def _new_project(demo: DemoProject, organization: DemoOrganization) -> HeldProject:
        differing = circleci_holdings.PROJECTS.get(demo.id, circleci_holdings.DemoSettings())
        branches = [demo.default_branch] if demo.default_branch else []
        settings = NEW_PROJECT_SETTINGS | {"pr_only_branch_overrides": branches} | differing.changes
        return HeldProject(demo, organization, settings, _variables(differing.variables))

    def _seeded(self, context: circleci_holdings.DemoContext) -> HeldContext:
        restrictions = [HeldRestriction(self.new_id(), kind, value) for kind, value in context.restrictions]
        variables = _variables(context.variables)
        return HeldContext(context.id, context.name, context.organization.id, written(CREATED), variables, restrictions)


def _variables(seeds: tuple[tuple[str, str], ...]) -> dict[str, HeldVariable]:
    return {name: HeldVariable(name, end, written(CREATED), written(CREATED)) for name, end in seeds}


def _short_host(slug: str) -> str:
    """`github` and `bitbucket` are written `gh` and `bb` too."""
    host, slash, rest = slug.partition("/")
    return {"github": "gh", "bitbucket": "bb"}.get(host, host) + slash + rest
