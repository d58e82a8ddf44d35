"""A project's settings from both APIs: v2 has them on Cloud and Server, and only v3 tells whether unversioned config may run.

Whichever answers fills what the other leaves open. What neither tells stays None, and is said.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import ProjectSettings
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci import shapes
from ciam_tui.ports.circleci.failures import ABSENT
from ciam_tui.ports.circleci.http import path_of
from ciam_tui.ports.circleci.reading import read_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.core.circleci.facts import Project
    from ciam_tui.ports.circleci.http import Http
    from ciam_tui.ports.circleci.v2 import V2

_SETTINGS = {
    "builds_fork_prs": "whether pull requests of forks are built",
    "forks_receive_secrets": "whether builds of forks get secrets",
    "ssh_disabled": "whether jobs can be rerun with SSH",
    "unversioned_config": "whether config that is in no repository may run",
    "is_open_source": "whether the project is open source",
}


def settings_of(http: Http, v2: V2, project: Project, slug: str, *, server: bool) -> ProjectSettings:
    """The settings of `project`, with what could not be read.

    Raises:
        CiamError: CircleCI cannot be asked at all.
    """
    sources: list[Callable[[], ProjectSettings]] = [lambda: v2.project_settings(slug)]
    if not server:
        path = path_of("api", "v3", "projects", project.id, "settings")
        doing = f"read the settings of project {project.name} in API v3"
        sources.append(lambda: read_as(http, shapes.v3_settings_of, path, doing=doing))
    settings = ProjectSettings()
    failures: list[str] = []
    for read in sources:
        try:
            settings = _filled(settings, read())
        except CiamError as error:
            if error.code not in ABSENT:
                raise
            failures.append(str(error))
    unknown = [f"{project.name}: it could not be read {what}." for name, what in _SETTINGS.items() if getattr(settings, name) is None]
    return replace(settings, unread=(*unknown, *failures))


def _filled(known: ProjectSettings, more: ProjectSettings) -> ProjectSettings:
    names = [field.name for field in fields(known) if field.name in _SETTINGS]
    return replace(known, **{name: getattr(more, name) for name in names if getattr(known, name) is None})
