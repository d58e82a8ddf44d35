"""API v3 of the demo's CircleCI, which a Server does not have: the one that lists an organization's projects and tells unversioned config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.ports.sandbox import circleci_holdings, circleci_people
from ciam_tui.ports.sandbox.circleci_messages import Reply, opened, sealed, text_in
from ciam_tui.ports.sandbox.circleci_state import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.ports.sandbox.circleci_content import DemoOrganization
    from ciam_tui.ports.sandbox.circleci_messages import Installation, Request
    from ciam_tui.ports.sandbox.circleci_state import HeldContext, HeldProject, HeldRestriction, HeldVariable, World

Json = dict[str, Any]

DEFAULT_LIMIT = 20
LIMIT = 50
CONTEXT_LIMIT = 100

ERROR_TYPES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 429: "too_many_requests"}


def answer(site: Installation, request: Request) -> Reply:
    """The reply, or Refused."""
    world = site.world
    match (request.method, *request.segments):
        case ("GET", "users") if request.query.get("filter[user_id]") == "me":
            user = {"login": circleci_people.USER_LOGIN, "name": circleci_people.USER_NAME}
            return _listed(request, [_entity(circleci_people.USER_ID, user)], LIMIT)
        case ("GET", "orgs"):
            return _listed(request, _organizations(world, request), LIMIT)
        case ("GET", "orgs", org_id):
            return _single(_organization_shape(_organization(world, org_id)))
        case ("GET", "orgs", org_id, "settings"):
            return _single(_organization_settings(world, _organization(world, org_id)))
        case ("GET", "groups"):
            organization = _organization(world, _filter(request, "org_id"))
            groups = circleci_holdings.GROUPS.get(organization.id, ())
            return _all([_entity(group.id, {"name": group.name}) for group in groups])
        case ("GET", "projects"):
            return _listed(request, _projects(world, request), LIMIT)
        case ("GET", "projects", project_id):
            return _single(_project_shape(_project(world, project_id)))
        case ("GET", "projects", project_id, "settings"):
            return _single(_settings_shape(_project(world, project_id)))
        case ("POST", "projects", project_id, "update-settings"):
            return _single(_change_settings(_project(world, project_id), request.document()))
        case ("GET", "contexts"):
            organization = _organization(world, _filter(request, "org_id"))
            return _listed(request, [_context_shape(context) for context in world.contexts_of(organization.id)], CONTEXT_LIMIT)
        case ("GET", "contexts", context_id):
            return _single(_context_shape(_context(world, context_id)))
        case (_, "contexts", context_id, "env-vars", *rest):
            return _variables(world, request, _context(world, context_id), rest)
        case (_, "context-restrictions", *rest):
            return _restrictions(world, request, rest)
        case _:
            raise Refused(404, "Not found.")


def error_shape(refused: Refused, error_id: str) -> Json:
    """A refusal as API v3 tells it."""
    source = {"pointer": f"/{refused.field}"} if refused.field else {}
    kind = ERROR_TYPES.get(refused.status, "internal")
    title = kind.replace("_", " ").capitalize()
    return {"error": {"id": error_id, "type": kind, "title": title, "detail": refused.message, "source": source}}


def _entity(identifier: str, attributes: Json, **references: str) -> Json:
    return {"id": identifier, "attributes": attributes, "references": {name: {"id": other} for name, other in references.items()}}


def _single(entity: Json) -> Reply:
    return Reply({"data": entity})


def _all(entities: list[Json]) -> Reply:
    """A list that is not paged, whatever page is asked for."""
    return Reply({"data": entities, "page": {"next": None, "prev": None}})


def _listed(request: Request, entities: Sequence[Json], most: int) -> Reply:
    """A page of a list. A limit out of range is refused rather than cut."""
    limit = _number(request.query.get("page[limit]", str(DEFAULT_LIMIT)))
    if not 1 <= limit <= most:
        raise Refused(400, f"page[limit] must be between 1 and {most}.", "page[limit]")
    start = _number(opened(request.query["page[cursor]"])) if request.query.get("page[cursor]") else 0
    if start < 0:
        raise Refused(400, "Invalid page[cursor].", "page[cursor]")
    following = sealed(str(start + limit)) if start + limit < len(entities) else None
    previous = sealed(str(max(0, start - limit))) if start else None
    return Reply({"data": list(entities[start : start + limit]), "page": {"next": following, "prev": previous}})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _filter(request: Request, name: str) -> str:
    value = request.query.get(f"filter[{name}]")
    if not value:
        raise Refused(400, f"filter[{name}] is required.", f"filter[{name}]")
    return value


def _organization(world: World, org_id: str) -> DemoOrganization:
    if org_id not in world.organizations:
        raise Refused(404, "Organization not found.")
    return world.organizations[org_id]


def _project(world: World, project_id: str) -> HeldProject:
    if project_id not in world.projects:
        raise Refused(404, "Project not found.")
    return world.projects[project_id]


def _context(world: World, context_id: str) -> HeldContext:
    if context_id not in world.contexts:
        raise Refused(404, "Context not found.")
    return world.contexts[context_id]


def _organizations(world: World, request: Request) -> list[Json]:
    """A slug that is nobody's gives an empty list."""
    organizations = list(world.organizations.values())
    if "filter[slug]" in request.query:
        found = world.organization(request.query["filter[slug]"])
        organizations = [found] if found else []
    return [_organization_shape(organization) for organization in organizations]


def _organization_shape(organization: DemoOrganization) -> Json:
    """It has no slug: that of an organization cannot be had from this API."""
    vcs = None if organization.is_standalone else {"provider": circleci_people.vcs_type(organization)}
    return _entity(organization.id, {"name": organization.name, "vcs": vcs})


def _organization_settings(world: World, organization: DemoOrganization) -> Json:
    return _entity(
        organization.id,
        {
            "enable_unversioned_config": organization.id in world.lets_unversioned_config_in,
            "is_context_group_restriction_required": False,
            "is_running_disabled": False,
        },
    )


def _projects(world: World, request: Request) -> list[Json]:
    """An organization's projects by name, of which a part may be asked for; or the one that has a slug, if any."""
    if "filter[slug]" in request.query:
        found = world.project_by_slug(request.query["filter[slug]"])
        projects = [found] if found else []
    else:
        projects = world.projects_of(_organization(world, _filter(request, "org_id")).id)
    part = request.query.get("filter[name]", "").lower()
    return [_project_shape(project) for project in projects if part in project.demo.name.lower()]


def _project_shape(project: HeldProject) -> Json:
    return _entity(project.demo.id, {"name": project.demo.name}, org=project.organization.id)


def _settings_shape(project: HeldProject) -> Json:
    return _entity(project.demo.id, dict(project.settings))


def _change_settings(project: HeldProject, document: Json) -> Json:
    for name, value in document.items():
        if name not in project.settings or type(value) is not type(project.settings[name]):
            raise Refused(400, f"Unknown setting or invalid value: {name}.", name)
    project.settings |= document
    return _settings_shape(project)


def _context_shape(context: HeldContext) -> Json:
    return _entity(context.id, {"name": context.name, "created_at": context.created_at}, org=context.org_id)


def _variables(world: World, request: Request, context: HeldContext, rest: list[str]) -> Reply:
    match (request.method, *rest):
        case ("GET",):
            shapes = [_variable_shape(context, context.variables[name]) for name in sorted(context.variables)]
            return _listed(request, shapes, CONTEXT_LIMIT)
        case ("POST", "set"):
            document = request.document()
            variable = world.set_context_variable(context, text_in(document, "name"), text_in(document, "value"))
            return _single(_variable_shape(context, variable))
        case ("DELETE",):
            if context.variables.pop(_filter(request, "name"), None) is None:
                raise Refused(404, "Environment variable not found.")
            return Reply(None, 204)
        case _:
            raise Refused(404, "Not found.")


def _variable_shape(context: HeldContext, variable: HeldVariable) -> Json:
    attributes = {
        "name": variable.name,
        "truncated_value": variable.end,
        "created_at": variable.created_at,
        "updated_at": variable.updated_at,
    }
    return {"attributes": attributes, "references": {"context": {"id": context.id}}}


def _restrictions(world: World, request: Request, rest: list[str]) -> Reply:
    match (request.method, *rest):
        case ("GET",):
            context = _context(world, _filter(request, "context_id"))
            return _all([_restriction_shape(world, context, held) for held in context.restrictions])
        case ("POST",):
            attributes, context_id = _wanted_restriction(request.document())
            context = _context(world, context_id)
            held = world.restrict(context, attributes.get("restriction_type"), attributes.get("match_pattern"))
            return Reply({"data": _restriction_shape(world, context, held)}, 201)
        case ("DELETE", restriction_id):
            world.lift(_context(world, _filter(request, "context_id")), restriction_id)
            return Reply(None, 204)
        case _:
            raise Refused(404, "Not found.")


def _wanted_restriction(document: Json) -> tuple[Json, str]:
    match document:
        case {"data": {"attributes": dict(attributes), "references": {"context": {"id": str(context_id)}}}}:
            return attributes, context_id
        case _:
            raise Refused(400, "The body must be {data: {attributes, references: {context: {id}}}}.", "data")


def _restriction_shape(world: World, context: HeldContext, held: HeldRestriction) -> Json:
    attributes = {"restriction_type": held.type, "match_pattern": held.value, "name": world.restriction_name(held)}
    return _entity(held.id, attributes, context=context.id)
