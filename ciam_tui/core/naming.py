"""What the roles are called: one place, so that policies, plan, exports and checks cannot disagree on a name.

A role's name is the only thing a CircleCI config holds of it, and IAM compares it without regard to case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.shape import ProjectShape, RoleShape, SetupShape


def role_names(role: RoleShape, stage_name: str, projects: Sequence[ProjectShape]) -> tuple[tuple[str, tuple[ProjectShape, ...]], ...]:
    """The roles of one stage, each with the projects it trusts, in the projects' order.

    One role for all projects, or, with `per_project`, one a project; then no project means no role.
    """
    if role.per_project:
        return tuple((role_name_of_project(role, stage_name, project), (project,)) for project in projects)
    return ((role.name_prefix + stage_name, tuple(projects)),)


def role_name_of_project(role: RoleShape, stage_name: str, project: ProjectShape) -> str:
    """The name of a stage's role for one project, where there is one role a project."""
    return f"{role.name_prefix}{project.name}-{stage_name}"


def context_names(setup: SetupShape) -> tuple[str, ...]:
    """The contexts of CircleCI that a wired Setup has, each called as its role."""
    return tuple(name for stage in setup.stages for name, _ in role_names(setup.role, stage.name, setup.circleci.projects))
