"""API v1.1 of the demo's CircleCI: what is followed, and projects' variables, for programs that know no better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.ports.sandbox import circleci_people
from ciam_tui.ports.sandbox.circleci_messages import Reply, text_in
from ciam_tui.ports.sandbox.circleci_state import Refused
from ciam_tui.ports.sandbox.circleci_v2 import project_shape

if TYPE_CHECKING:
    from ciam_tui.ports.sandbox.circleci_messages import Installation, Request
    from ciam_tui.ports.sandbox.circleci_state import HeldProject, HeldVariable

Json = dict[str, Any]


def answer(site: Installation, request: Request) -> Reply:
    """The reply, or Refused."""
    match (request.method, *request.segments):
        case ("GET", "me"):
            return Reply(
                {
                    "login": circleci_people.USER_LOGIN,
                    "name": circleci_people.USER_NAME,
                    "analytics_id": circleci_people.USER_ID,
                    "avatar_url": circleci_people.AVATAR,
                }
            )
        case ("GET", "projects"):
            return Reply([_followed_shape(project) for project in site.world.projects.values() if project.demo.is_active])
        case (_, "project", host, organization, name, "envvar", *rest):
            project = site.world.project_by_slug(f"{host}/{organization}/{name}")
            if project is None:
                raise Refused(404, "Project not found")
            return _variables(site, request, project, rest)
        case _:
            raise Refused(404, "Not found")


def _followed_shape(project: HeldProject) -> Json:
    host, organization, name = project.demo.slug.split("/")
    vcs_info = project_shape(project)["vcs_info"]
    return {
        "slug": project.demo.slug,
        "name": project.demo.name,
        "vcs_type": {"gh": "github"}.get(host, host),
        "username": organization,
        "reponame": name,
        "vcs_url": vcs_info["vcs_url"],
        "default_branch": vcs_info["default_branch"],
        "following": True,
    }


def _variables(site: Installation, request: Request, project: HeldProject, rest: list[str]) -> Reply:
    match (request.method, *rest):
        case ("GET",):
            return Reply([_masked(project.variables[name]) for name in sorted(project.variables)])
        case ("POST",):
            document = request.document()
            return Reply(_masked(site.world.set_project_variable(project, text_in(document, "name"), text_in(document, "value"))), 201)
        case ("GET", name) if name in project.variables:
            return Reply(_masked(project.variables[name]))
        case ("DELETE", name) if name in project.variables:
            del project.variables[name]
            return Reply({"message": "ok"})
        case _:
            raise Refused(404, "Not found")


def _masked(variable: HeldVariable) -> Json:
    return {"name": variable.name, "value": f"xxxx{variable.end}"}
