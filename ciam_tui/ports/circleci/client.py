"""CircleCI as the rest of the house knows it: the protocol of the ports, put together from routes, fallbacks and one connection.

It says which route answers which question. How a route is asked, and what its answer looks like, stands elsewhere.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import ProjectList, ProjectSource
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.hosts import is_server
from ciam_tui.ports.circleci.http import Http, Pace
from ciam_tui.ports.circleci.inventory import inventory_of
from ciam_tui.ports.circleci.issuer import discover_issuer
from ciam_tui.ports.circleci.listing import IN_FLIGHT, listed_projects
from ciam_tui.ports.circleci.settings import settings_of
from ciam_tui.ports.circleci.sources import usable_token
from ciam_tui.ports.circleci.transport import Transport
from ciam_tui.ports.circleci.v2 import V2
from ciam_tui.ports.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ciam_tui.core.circleci.facts import (
        CircleCiUser,
        Context,
        Inventory,
        OidcClaims,
        Organization,
        PipelineConfig,
        Project,
        ProjectSettings,
        Restriction,
        RestrictionType,
        Variable,
    )
    from ciam_tui.ports.api import Clock
    from ciam_tui.ports.circleci.sources import Access
    from ciam_tui.ports.circleci.transport import Limits


class HttpCircleCi:
    """`CircleCi` by HTTP. `environ` gives proxies and certificates; `server` says whether it is a Server where its address does not."""

    def __init__(
        self,
        access: Access,
        *,
        server: bool | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        limits: Limits | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        token = usable_token(access)
        self._host = access.host
        self._server = is_server(access.host) if server is None else server
        self._environ = environ
        self._limits = limits
        self._pace = Pace(clock or SystemClock())
        self._transport = Transport(access.host, token, environ, limits=limits, in_flight=IN_FLIGHT)
        self._http = Http(self._transport, token, self._pace, jitter=jitter)
        self._v2 = V2(self._http)

    @property
    def host(self) -> str:
        return self._host

    @property
    def is_server(self) -> bool:
        return self._server

    def close(self) -> None:
        self._transport.close()

    def me(self) -> CircleCiUser:
        return self._v2.me()

    def organizations(self) -> tuple[Organization, ...]:
        return self._v2.organizations()

    def organization(self, slug_or_id: str) -> Organization:
        return self._v2.organization(slug_or_id)

    def projects(self, organization: Organization, page: Callable[[Sequence[Project]], None] | None = None) -> ProjectList:
        return listed_projects(self._http, self._v2, organization, server=self.is_server, page=page)

    def project(self, slug_or_id: str) -> Project:
        return self._v2.project(slug_or_id)

    def project_settings(self, project: Project) -> ProjectSettings:
        return settings_of(self._http, self._v2, project, self._slug_of(project), server=self.is_server)

    def project_variables(self, project: Project) -> tuple[Variable, ...]:
        return self._v2.project_variables(self._slug_of(project))

    def latest_config(self, project: Project) -> PipelineConfig | None:
        if project.default_branch is None:
            return None
        pipeline_id = self._v2.latest_pipeline(self._slug_of(project), project.default_branch)
        return None if pipeline_id is None else self._v2.pipeline_config(pipeline_id)

    def contexts(self, organization: Organization) -> tuple[Context, ...]:
        return self._v2.contexts({"owner-id": _id_of(organization), "owner-type": "organization"})

    def context_variables(self, context_id: str) -> tuple[Variable, ...]:
        return self._v2.context_variables(context_id)

    def context_restrictions(self, context_id: str) -> tuple[Restriction, ...]:
        return self._v2.context_restrictions(context_id)

    def oidc_claims(self, org_id: str, project_id: str | None = None) -> OidcClaims:
        return self._v2.oidc_claims(org_id, project_id)

    def issuer(self, org_id: str, typed: str | None = None) -> str:
        return discover_issuer(self._host, org_id, typed, self._open_without_token, server=self._server)

    def inventory(
        self,
        organization: Organization,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
        projects: Sequence[Project] | None = None,
    ) -> Inventory:
        owner = {"owner-id": _id_of(organization), "owner-type": "organization"}
        given = None if projects is None else ProjectList(tuple(projects), ProjectSource.ORGANIZATION)
        return inventory_of(
            self._http,
            organization,
            list_contexts=lambda v2: v2.contexts(owner),
            list_projects=lambda http, v2: given or listed_projects(http, v2, organization, server=self.is_server),
            progress=progress,
            should_stop=should_stop,
        )

    def create_context(self, organization: Organization, name: str) -> Context:
        return self._v2.create_context({"id": _id_of(organization), "type": "organization"}, name)

    def delete_context(self, context_id: str) -> None:
        self._v2.delete_context(context_id)

    def set_context_variable(self, context_id: str, name: str, value: str) -> Variable:
        return self._v2.set_context_variable(context_id, name, value)

    def delete_context_variable(self, context_id: str, name: str) -> None:
        self._v2.delete_context_variable(context_id, name)

    def add_restriction(self, context_id: str, kind: RestrictionType, value: str) -> Restriction:
        return self._v2.add_restriction(context_id, kind, value)

    def remove_restriction(self, context_id: str, restriction_id: str) -> None:
        self._v2.remove_restriction(context_id, restriction_id)

    def delete_project_variable(self, project: Project, name: str) -> None:
        self._v2.delete_project_variable(self._slug_of(project), name)

    def _slug_of(self, project: Project) -> str:
        return project.slug or self._v2.project(project.id).slug or project.id

    def _open_without_token(self, origin: str) -> Http:
        return Http(Transport(origin, None, self._environ, limits=self._limits, in_flight=1), None, self._pace)


def _id_of(organization: Organization) -> str:
    if organization.id is None:
        raise CiamError(
            "circleci-organization-not-set-up",
            "Cannot read the organization",
            f"{organization.name} is not set up in CircleCI yet: it has no contexts, projects or tokens there.",
            ("Set up a first project of it in CircleCI, or choose another organization.",),
        )
    return organization.id
