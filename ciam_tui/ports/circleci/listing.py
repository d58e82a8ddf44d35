"""How the projects of an organization are found, since no route of API v2 lists them.

Cloud has API v3, which lists all of them. Where that does not answer, API v1.1 lists those that the user follows, of which each is then read
by itself, for its id. A Server has API v2 alone: there slugs or ids are typed, and this says so.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import ProjectList, ProjectSource
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci import shapes
from ciam_tui.ports.circleci.failures import ABSENT
from ciam_tui.ports.circleci.http import path_of
from ciam_tui.ports.circleci.reading import listed_pages, read_as

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.core.circleci.facts import Organization, Project
    from ciam_tui.ports.circleci.http import Http
    from ciam_tui.ports.circleci.v2 import V2

IN_FLIGHT = 8
_PAGE = "50"  # the most that v3 gives
_TYPE_IT = "Type the slug or the id of one that is missing."


def listed_projects(
    http: Http, v2: V2, organization: Organization, *, server: bool, page: Callable[[Sequence[Project]], None] | None = None
) -> ProjectList:
    """The projects of `organization`, by name, as far as this CircleCI lists them; `page` is handed each page of them as it comes.

    Raises:
        CiamError: CircleCI cannot be asked at all.
    """
    if server:
        return ProjectList((), ProjectSource.NOWHERE, (f"CircleCI Server does not list an organization's projects. {_TYPE_IT}",))
    unread: list[str] = []
    if organization.id is not None:
        try:
            return ProjectList(_by_name(_of_organization(http, organization.id, page)), ProjectSource.ORGANIZATION)
        except CiamError as error:
            if error.code not in ABSENT:
                raise
            unread.append(str(error))
    try:
        slugs = _followed(http, organization)
    except CiamError as error:
        if error.code not in ABSENT:
            raise
        return ProjectList((), ProjectSource.NOWHERE, (*unread, str(error), _TYPE_IT))
    projects, unreadable = _each_by_itself(v2, slugs)
    only = f"Only projects that you follow in CircleCI are listed. {_TYPE_IT}"
    return ProjectList(_by_name(projects), ProjectSource.FOLLOWED, (*unread, *unreadable, only))


def _of_organization(http: Http, org_id: str, seen: Callable[[Sequence[Project]], None] | None) -> list[Project]:
    query = {"filter[org_id]": org_id, "order_by": "name", "page[limit]": _PAGE}
    projects: list[Project] = []
    for page in listed_pages(http, shapes.listed_project_of, path_of("api", "v3", "projects"), query, doing="list the projects"):
        # Older versions of the route are said to know the filter by slug alone: what belongs to another organization is none of this one's.
        ours = [replace(project, org_id=org_id) for project in page if project.org_id in {None, org_id}]
        projects += ours
        if seen is not None:
            seen(ours)
    return projects


def _followed(http: Http, organization: Organization) -> list[str]:
    doing = "list the projects that are followed"
    slugs = read_as(
        http,
        lambda data: [shapes.followed_slug_of(item) for item in shapes.list_of(data)],
        path_of("api", "v1.1", "projects"),
        doing=doing,
    )
    within = f"{shapes.short_slug(organization.slug)}/"
    return sorted({slug for slug in slugs if slug is not None and slug.startswith(within)})


def _each_by_itself(v2: V2, slugs: list[str]) -> tuple[list[Project], list[str]]:
    def read(slug: str) -> Project | str:
        try:
            return v2.project(slug)
        except CiamError as error:
            if error.code not in ABSENT:
                raise
            return str(error)

    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="circleci") as pool:
        found = list(pool.map(read, slugs))
    return [item for item in found if not isinstance(item, str)], [item for item in found if isinstance(item, str)]


def _by_name(projects: list[Project]) -> tuple[Project, ...]:
    return tuple(sorted(projects, key=lambda project: (project.name.casefold(), project.id)))
