"""API v2: paths, queries and bodies, one method a route, for Cloud and Server alike.

No method decides what to do when a route is not there; that is its caller's, who knows what else may be asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted
from ciam_tui.ports.circleci import shapes
from ciam_tui.ports.circleci.http import path_of
from ciam_tui.ports.circleci.reading import all_items, read_as, written_as

if TYPE_CHECKING:
    from ciam_tui.core.circleci.facts import (
        CircleCiUser,
        Context,
        OidcClaims,
        Organization,
        PipelineConfig,
        Project,
        ProjectSettings,
        Restriction,
        RestrictionType,
        Variable,
    )
    from ciam_tui.ports.circleci.http import Http

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class V2:
    """The routes of API v2 that this program uses."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def me(self) -> CircleCiUser:
        return read_as(self._http, shapes.user_of, _path("me"), doing="read whose token it is")

    def organizations(self) -> tuple[Organization, ...]:
        doing = "list the organizations"
        return read_as(
            self._http,
            lambda data: tuple(shapes.organization_of(item) for item in shapes.list_of(data)),
            _path("me", "collaborations"),
            doing=doing,
        )

    def organization(self, slug_or_id: str) -> Organization:
        path = _path("organization", slug_or_id)
        return read_as(self._http, shapes.organization_of, path, doing=f"read organization {quoted(slug_or_id)}")

    def project(self, slug_or_id: str) -> Project:
        path = _path("project", *_project_segments(slug_or_id))
        return read_as(self._http, shapes.project_of, path, doing=f"read project {quoted(slug_or_id)}")

    def project_settings(self, slug: str) -> ProjectSettings:
        path = _path("project", *_project_segments(slug), "settings")
        return read_as(self._http, shapes.v2_settings_of, path, doing=f"read the settings of project {quoted(slug)}")

    def latest_pipeline(self, slug: str, branch: str) -> str | None:
        """The id of the newest pipeline on a branch; CircleCI lists them with the newest first, and one page is enough."""
        path = _path("project", *_project_segments(slug), "pipeline")
        return read_as(
            self._http, shapes.first_pipeline_id, path, {"branch": branch}, doing=f"list the pipelines of project {quoted(slug)}"
        )

    def pipeline_config(self, pipeline_id: str) -> PipelineConfig:
        path = _path("pipeline", pipeline_id, "config")
        return read_as(self._http, shapes.pipeline_config_of, path, doing=f"read the configuration of pipeline {quoted(pipeline_id)}")

    def project_variables(self, slug: str) -> tuple[Variable, ...]:
        path = _path("project", *_project_segments(slug), "envvar")
        return all_items(self._http, shapes.project_variable_of, path, {}, doing=f"list the variables of project {quoted(slug)}")

    def delete_project_variable(self, slug: str, name: str) -> None:
        path = _path("project", *_project_segments(slug), "envvar", name)
        self._http.write("DELETE", path, doing=f"delete variable {quoted(name)} of project {quoted(slug)}")

    def contexts(self, owner: dict[str, str]) -> tuple[Context, ...]:
        return all_items(self._http, shapes.context_of, _path("context"), owner, doing="list the contexts")

    def create_context(self, owner: dict[str, str], name: str) -> Context:
        doing = f"create context {quoted(name)}"
        answer = self._http.write("POST", _path("context"), {"name": name, "owner": owner}, doing=doing)
        return written_as(shapes.context_of, answer, doing=doing)

    def delete_context(self, context_id: str) -> None:
        self._http.write("DELETE", _path("context", context_id), doing=f"delete context {quoted(context_id)}")

    def context_variables(self, context_id: str) -> tuple[Variable, ...]:
        path = _path("context", context_id, "environment-variable")
        return all_items(self._http, shapes.context_variable_of, path, {}, doing=f"list the variables of context {quoted(context_id)}")

    def set_context_variable(self, context_id: str, name: str, value: str) -> Variable:
        doing = f"set variable {quoted(name)} of context {quoted(context_id)}"
        answer = self._http.write("PUT", _path("context", context_id, "environment-variable", name), {"value": value}, doing=doing)
        return written_as(shapes.context_variable_of, answer, doing=doing)

    def delete_context_variable(self, context_id: str, name: str) -> None:
        path = _path("context", context_id, "environment-variable", name)
        self._http.write("DELETE", path, doing=f"delete variable {quoted(name)} of context {quoted(context_id)}")

    def context_restrictions(self, context_id: str) -> tuple[Restriction, ...]:
        path = _path("context", context_id, "restrictions")
        return all_items(self._http, shapes.restriction_of, path, {}, doing=f"list the restrictions of context {quoted(context_id)}")

    def add_restriction(self, context_id: str, kind: RestrictionType, value: str) -> Restriction:
        doing = f"restrict context {quoted(context_id)}"
        body = {"restriction_type": str(kind), "restriction_value": value}
        answer = self._http.write("POST", _path("context", context_id, "restrictions"), body, doing=doing)
        return written_as(shapes.restriction_of, answer, doing=doing)

    def remove_restriction(self, context_id: str, restriction_id: str) -> None:
        path = _path("context", context_id, "restrictions", restriction_id)
        self._http.write("DELETE", path, doing=f"remove a restriction of context {quoted(context_id)}")

    def oidc_claims(self, org_id: str, project_id: str | None) -> OidcClaims:
        project = ("project", project_id) if project_id is not None else ()
        path = _path("org", org_id, *project, "oidc-custom-claims")
        of = f"project {quoted(project_id)}" if project_id is not None else f"organization {quoted(org_id)}"
        return read_as(self._http, shapes.claims_of, path, doing=f"read the OIDC claims of {of}")


def _path(*segments: str) -> str:
    return path_of("api", "v2", *segments)


def _project_segments(slug_or_id: str) -> tuple[str, ...]:
    segments = tuple(slug_or_id.split("/"))
    if len(segments) == 3 or _UUID.fullmatch(slug_or_id):
        return segments
    raise CiamError(
        "circleci-slug-invalid",
        "Cannot find the project",
        f"{quoted(slug_or_id)} is neither a project's slug nor its id.",
        ("Write it as gh/acme/web, or copy slug or id from the project's settings in CircleCI.",),
    )
