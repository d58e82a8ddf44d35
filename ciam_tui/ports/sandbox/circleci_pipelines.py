"""The pipelines of the demo's CircleCI: the latest one of each project, on its default branch, and what it ran by."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ciam_tui.ports.sandbox import circleci_configs, circleci_people
from ciam_tui.ports.sandbox.circleci_messages import Reply
from ciam_tui.ports.sandbox.circleci_state import OPENED, Refused, written

if TYPE_CHECKING:
    from ciam_tui.ports.sandbox.circleci_messages import Installation
    from ciam_tui.ports.sandbox.circleci_state import HeldProject

Json = dict[str, Any]

_REVISION = "5f3c2a9d1e7b4860c9a1d2e3f405162738495a6b"


def pipelines_of(project: HeldProject, branch: str | None) -> Reply:
    """Those of a project, of one branch where it is named."""
    config = circleci_configs.config_of(project.demo)
    is_there = config is not None and branch in {None, project.demo.default_branch}
    return Reply({"items": [_shape(project)] if is_there else [], "next_page_token": None})


def pipeline(site: Installation, pipeline_id: str, rest: list[str]) -> Reply:
    """A pipeline by itself, or what it ran by. One that is not there and one that is somebody else's look the same."""
    for project in site.world.projects.values():
        config = circleci_configs.config_of(project.demo)
        if config is None or _id_of(project) != pipeline_id:
            continue
        if not rest:
            return Reply(_shape(project))
        if rest == ["config"]:
            return Reply({"source": config.source, "compiled": config.compiled})
    raise Refused(404, "Pipeline not found.")


def _id_of(project: HeldProject) -> str:
    return str(uuid.uuid5(uuid.UUID(project.demo.id), "pipeline"))


def _shape(project: HeldProject) -> Json:
    demo = project.demo
    moment = written(OPENED)
    return {
        "id": _id_of(project),
        "number": 1,
        "project_slug": demo.slug,
        "state": "created",
        "errors": [],
        "created_at": moment,
        "updated_at": moment,
        "trigger": {"type": "webhook", "received_at": moment, "actor": {"login": circleci_people.USER_LOGIN, "avatar_url": None}},
        "vcs": {
            "provider_name": "GitHub",
            "origin_repository_url": f"https://{demo.vcs_origin}",
            "target_repository_url": f"https://{demo.vcs_origin}",
            "revision": _REVISION,
            "branch": demo.default_branch,
        },
    }
