"""API v2 of the demo's CircleCI: the only one that a Server has, and the one that knows projects' settings, variables and claims."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ciam_tui.ports.sandbox import circleci_people, circleci_pipelines
from ciam_tui.ports.sandbox.circleci_messages import Reply, page_after, text_in
from ciam_tui.ports.sandbox.circleci_state import VARIABLES_PER_CONTEXT, HeldClaims, Refused

if TYPE_CHECKING:
    from ciam_tui.ports.sandbox.circleci_content import DemoOrganization
    from ciam_tui.ports.sandbox.circleci_messages import Installation, Request
    from ciam_tui.ports.sandbox.circleci_state import HeldContext, HeldProject, HeldRestriction, HeldVariable

Json = dict[str, Any]

# What API v2 calls a project's settings, and what API v3 does; v2 shows no other. `oss` can be read and not be set.
SETTING_NAMES = {
    "autocancel_builds": "enable_auto_cancel_redundant_workflows",
    "build_fork_prs": "enable_building_fork_prs",
    "build_prs_only": "is_build_prs_only",
    "disable_ssh": "is_ssh_disabled",
    "forks_receive_secret_env_vars": "can_pass_secrets_to_fork_pr_jobs",
    "oss": "is_oss",
    "set_github_status": "can_set_github_status",
    "setup_workflows": "enable_dynamic_config",
    "write_settings_requires_admin": "is_admin_required_for_writing_settings",
    "pr_only_branch_overrides": "pr_only_branch_overrides",
}
CLAIMS = ("audience", "ttl")

# The published pattern allows d and w as well; the service refuses them.
_TTL = re.compile(r"([0-9]+(ms|s|m|h)){1,7}")
_SLUG_PARTS = 3


def answer(site: Installation, request: Request) -> Reply:
    """The reply, or Refused."""
    match (request.method, *request.segments):
        case ("GET", "me"):
            return Reply(circleci_people.USER)
        case ("GET", "me", "collaborations"):
            return Reply(circleci_people.collaborations(site.world))
        case ("GET", "organization", *slug_or_id):
            return Reply(_organization(site, "/".join(slug_or_id)))
        case (_, "project", *rest):
            return _project(site, request, rest)
        case ("GET", "pipeline", pipeline_id, *rest):
            return circleci_pipelines.pipeline(site, pipeline_id, rest)
        case ("GET", "context"):
            return _contexts(site, request)
        case ("POST", "context"):
            return _add_context(site, request)
        case (_, "context", context_id, *rest):
            return _context(site, request, context_id, rest)
        case (_, "org", org_id, "oidc-custom-claims"):
            return _claims(site, request, org_id, None)
        case (_, "org", org_id, "project", project_id, "oidc-custom-claims"):
            return _claims(site, request, org_id, project_id)
        case _:
            raise Refused(404, "Not found.")


def _organization(site: Installation, slug_or_id: str) -> Json:
    organization = site.world.organization(slug_or_id)
    if organization is None:
        raise Refused(404, "Org not found.")
    return circleci_people.organization_shape(organization)


# --- Projects ---


def _project(site: Installation, request: Request, segments: list[str]) -> Reply:
    """The part of the path after the slug is what decides; the slug is three segments, or one that is encoded whole, or an id."""
    if segments and "/" in segments[0]:
        if site.is_server:
            raise Refused(404, "Not found.")
        segments = [*segments[0].split("/"), *segments[1:]]
    match (request.method, *segments):
        case ("GET", project_id) if project_id in site.world.projects:
            return Reply(project_shape(site.world.projects[project_id]))
        case (_, host, organization, name, *rest):
            project = _project_by_slug(site, f"{host}/{organization}/{name}")
        case _:
            raise Refused(404, "Project not found")
    match (request.method, *rest):
        case ("GET",):
            return Reply(project_shape(project))
        case ("GET", "settings"):
            return Reply(_settings_shape(project))
        case ("PATCH", "settings"):
            return Reply(_change_settings(project, request.document()))
        case ("GET", "pipeline"):
            return circleci_pipelines.pipelines_of(project, request.query.get("branch"))
        case ("GET", "envvar"):
            names = sorted(project.variables)
            page, token = page_after(names, request.query.get("page-token"), site.page_size, str)
            return Reply({"items": [_masked(project.variables[name]) for name in page], "next_page_token": token})
        case ("POST", "envvar"):
            document = request.document()
            variable = site.world.set_project_variable(project, text_in(document, "name"), text_in(document, "value"))
            return Reply(_masked(variable), 201)
        case ("GET", "envvar", name) if name in project.variables:
            return Reply(_masked(project.variables[name]))
        case ("DELETE", "envvar", name) if name in project.variables:
            del project.variables[name]
            return Reply({"message": "Environment variable deleted."})
        case ("GET" | "DELETE", "envvar", _):
            raise Refused(404, "Environment variable not found.")
        case _:
            raise Refused(404, "Not found.")


def _project_by_slug(site: Installation, slug: str) -> HeldProject:
    project = site.world.project_by_slug(slug)
    if project is None and slug.startswith("circleci/"):
        raise Refused(400, f"Invalid project slug {slug}")
    if project is None:
        raise Refused(404, "Project not found")
    return project


def project_shape(project: HeldProject) -> Json:
    """A project. One without a repository is its own, on CircleCI, under the ids that its slug does not show."""
    demo, organization = project.demo, project.organization
    if demo.vcs_origin:
        vcs_info = {"provider": "GitHub", "vcs_url": f"https://{demo.vcs_origin}", "default_branch": demo.default_branch}
    else:
        vcs_info = {"provider": "CircleCI", "vcs_url": f"//circleci.com/{organization.id}/{demo.id}", "default_branch": None}
    return {
        "id": demo.id,
        "slug": demo.slug,
        "name": demo.name,
        "organization_name": organization.name,
        "organization_slug": organization.slug,
        "organization_id": organization.id,
        "vcs_info": vcs_info,
    }


def _settings_shape(project: HeldProject) -> Json:
    return {"advanced": {name: project.settings[kept_as] for name, kept_as in SETTING_NAMES.items()}}


def _change_settings(project: HeldProject, document: Json) -> Json:
    unexpected = [name for name in document if name != "advanced"]
    changes = document.get("advanced")
    if unexpected:
        raise Refused(400, f"Unexpected field '{unexpected[0]}'.")
    if not isinstance(changes, dict) or not changes:
        raise Refused(400, "No JSON fields found.")
    for name, value in changes.items():
        if name not in SETTING_NAMES or name == "oss":
            raise Refused(400, f"Unexpected field 'advanced.{name}'.")
        if type(value) is not type(project.settings[SETTING_NAMES[name]]):
            raise Refused(400, f"Invalid value of 'advanced.{name}'.")
    project.settings |= {SETTING_NAMES[name]: value for name, value in changes.items()}
    return _settings_shape(project)


def _masked(variable: HeldVariable) -> Json:
    return {"name": variable.name, "value": f"xxxx{variable.end}", "created_at": variable.created_at}


# --- Contexts ---


def _contexts(site: Installation, request: Request) -> Reply:
    owner = _owner(site, request.query.get("owner-id"), request.query.get("owner-slug"), request.query.get("owner-type"))
    contexts = site.world.contexts_of(owner.id)
    if "name" in request.query:
        contexts = [context for context in contexts if context.name == request.query["name"]]
    page, token = page_after(contexts, request.query.get("page-token"), site.page_size, lambda context: context.name.lower())
    return Reply({"items": [_context_shape(context) for context in page], "next_page_token": token})


def _add_context(site: Installation, request: Request) -> Reply:
    document = request.document()
    owner = document.get("owner")
    if not isinstance(owner, dict):
        raise Refused(400, "Invalid body.", "owner")
    organization = _owner(site, owner.get("id"), owner.get("slug"), owner.get("type"))
    return Reply(_context_shape(site.world.add_context(document.get("name"), organization, names_are_shared=site.is_server)))


def _owner(site: Installation, owner_id: object, slug: object, kind: object) -> DemoOrganization:
    """The organization meant by id, or by slug, which a Server does not take."""
    if kind not in {None, "organization"}:
        raise Refused(400, "Invalid owner type - only organization is supported at present")
    wanted = owner_id or (None if site.is_server else slug)
    if not isinstance(wanted, str):
        raise Refused(400, "must specify either owner-slug or owner-id")
    organization = site.world.organization(wanted)
    if organization is None or (owner_id and organization.id != owner_id):
        raise Refused(404, "Org not found.")
    return organization


def _context(site: Installation, request: Request, context_id: str, rest: list[str]) -> Reply:
    context = site.world.contexts.get(context_id)
    if context is None:  # before anything else, and whether it is missing or somebody else's
        raise Refused(403, "Forbidden")
    match (request.method, *rest):
        case ("GET",):
            return Reply(_whole_context_shape(site, context))
        case ("DELETE",):
            del site.world.contexts[context.id]
            return Reply({"message": "Context deleted."})
        case ("GET", "environment-variable"):
            return Reply(_first_page_of_variables(context))
        case ("PUT", "environment-variable", name):
            return Reply(_set_variable(site, context, name, request.document()))
        case ("DELETE", "environment-variable", name):
            if name not in context.variables:
                raise Refused(404, "Environment variable not found.")
            del context.variables[name]
            return Reply({"message": "Environment variable deleted."})
        case ("GET", "restrictions"):  # the whole set at once: it has no next_page_token at all
            shapes = [restriction_shape(context, held) | {"name": site.world.restriction_name(held)} for held in context.restrictions]
            return Reply({"items": shapes})
        case ("POST", "restrictions"):
            document = request.document()
            restriction = site.world.restrict(context, document.get("restriction_type"), document.get("restriction_value"))
            return Reply(restriction_shape(context, restriction), 201)
        case ("DELETE", "restrictions", restriction_id):
            site.world.lift(context, restriction_id)
            return Reply({"message": "Context restriction deleted."})
        case _:
            raise Refused(404, "page not found")


def _context_shape(context: HeldContext) -> Json:
    return {"id": context.id, "name": context.name, "created_at": context.created_at}


def _whole_context_shape(site: Installation, context: HeldContext) -> Json:
    variables = [_truncated(context.variables[name]) for name in sorted(context.variables)]
    restrictions = [restriction_shape(context, held) | {"name": site.world.restriction_name(held)} for held in context.restrictions]
    return _context_shape(context) | {"org_id": context.org_id, "environment_variables": variables, "restrictions": restrictions}


def _first_page_of_variables(context: HeldContext) -> Json:
    """The first page, whatever is asked for: the service names a next one where there are more, and never gives it."""
    page, token = page_after(sorted(context.variables), None, VARIABLES_PER_CONTEXT, str)
    return {"items": [_truncated(context.variables[name]) | {"context_id": context.id} for name in page], "next_page_token": token}


def _truncated(variable: HeldVariable) -> Json:
    times = {"created_at": variable.created_at, "updated_at": variable.updated_at}
    return {"variable": variable.name, "truncated_value": variable.end, **times}


def _set_variable(site: Installation, context: HeldContext, name: str, document: Json) -> Json:
    """Of any body but an empty one the service takes `value`, and an empty value where there is none."""
    if not document:
        raise Refused(400, "Invalid body.")
    value = document.get("value", "")
    if not isinstance(value, str):
        raise Refused(400, "Invalid body.", "value")
    shape = _truncated(site.world.set_context_variable(context, name, value)) | {"context_id": context.id}
    del shape["truncated_value"]
    return shape


def restriction_shape(context: HeldContext, restriction: HeldRestriction) -> Json:
    """A restriction without the name of what it stands for, which the reply to its creation lacks."""
    shape = {
        "id": restriction.id,
        "context_id": context.id,
        "restriction_type": restriction.type,
        "restriction_value": restriction.value,
    }
    return shape | ({"project_id": restriction.value} if restriction.type == "project" else {})


# --- Claims ---


def _claims(site: Installation, request: Request, org_id: str, project_id: str | None) -> Reply:
    for identifier in filter(None, (org_id, project_id)):
        if not _is_uuid(identifier):
            raise Refused(400, f"Invalid id '{identifier}'.")
    world = site.world
    is_ours = org_id in world.organizations and (project_id is None or any(p.demo.id == project_id for p in world.projects_of(org_id)))
    if not is_ours:
        raise Refused(403, "Forbidden")
    claims = world.claims.setdefault((org_id, project_id), HeldClaims())
    match request.method:
        case "GET":
            pass
        case "PATCH":
            _change_claims(claims, request.document(), world.now())
        case "DELETE":
            _reset_claims(claims, request.query.get("claims"), world.now())
        case _:
            raise Refused(404, "Not found.")
    held = {name: getattr(claims, name) for name in ("audience", "audience_updated_at", "ttl", "ttl_updated_at")}
    scope = {"org_id": org_id} | ({"project_id": project_id} if project_id else {})
    return Reply(scope | {name: value for name, value in held.items() if value is not None})


def _change_claims(claims: HeldClaims, document: Json, now: str) -> None:
    audience, ttl = document.get("audience"), document.get("ttl")
    if audience is not None and not (isinstance(audience, list) and all(isinstance(each, str) for each in audience)):
        raise Refused(400, "audience must be a list of strings.", "audience")
    if ttl is not None and not (isinstance(ttl, str) and _TTL.fullmatch(ttl)):
        raise Refused(400, f"time: invalid duration {ttl!r}", "ttl")
    if audience is not None:
        claims.audience, claims.audience_updated_at = audience or None, now
    if ttl is not None:
        claims.ttl, claims.ttl_updated_at = ttl, now


def _reset_claims(claims: HeldClaims, names: str | None, now: str) -> None:
    """The times stay: they say when, not whether."""
    chosen = (names or "").split(",")
    if not set(chosen) <= set(CLAIMS):
        raise Refused(400, "The parameter 'claims' must name audience, ttl or both.", "claims")
    if "audience" in chosen:
        claims.audience, claims.audience_updated_at = None, now
    if "ttl" in chosen:
        claims.ttl, claims.ttl_updated_at = None, now


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
