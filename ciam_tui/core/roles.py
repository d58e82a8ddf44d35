"""The roles that a Setup asks for, with their two policies: the one value behind preview, export, plan and apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.naming import role_names
from ciam_tui.core.permissions import permission_policy
from ciam_tui.core.trust import trust_policy

if TYPE_CHECKING:
    from ciam_tui.core.document import Document
    from ciam_tui.core.shape import ProjectShape, SetupShape, StageShape

# IAM's least MaxSessionDuration: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
MIN_MAX_SESSION_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class WantedRole:
    """A role as the Setup wants it. `stage` is the stage's name; `policy_arn` is the managed policy's, used when policies are managed."""

    name: str
    arn: str
    policy_arn: str
    stage: str
    project_names: tuple[str, ...]
    permissions: Document
    trust: Document
    description: str
    max_session_seconds: int


def wanted_roles(setup: SetupShape) -> tuple[WantedRole, ...]:
    """Every role of `setup`, in the order of its stages and, within one, of its projects."""
    return tuple(role for stage in setup.stages for role in stage_roles(setup, stage))


def stage_roles(setup: SetupShape, stage: StageShape) -> tuple[WantedRole, ...]:
    """The roles of one stage: one, or one a project."""
    permissions = permission_policy(setup, stage)
    return tuple(
        _wanted(setup, stage, name, projects, permissions) for name, projects in role_names(setup.role, stage.name, setup.circleci.projects)
    )


def _wanted(setup: SetupShape, stage: StageShape, name: str, projects: tuple[ProjectShape, ...], permissions: Document) -> WantedRole:
    account = f"arn:{setup.partition}:iam::{setup.account_id}"
    return WantedRole(
        name=name,
        arn=f"{account}:role{setup.role.path}{name}",
        policy_arn=f"{account}:policy{setup.role.path}{name}",
        stage=stage.name,
        project_names=tuple(project.name for project in projects),
        permissions=permissions,
        trust=trust_policy(setup, stage, projects),
        description=f"CircleCI stage {stage.name} on the S3 bucket {setup.bucket.name}. Made by ciam-tui.",
        max_session_seconds=max(MIN_MAX_SESSION_SECONDS, session_seconds(stage)),
    )


def session_seconds(stage: StageShape) -> int:
    """The stage's session length in seconds; 0 while what was typed is no number."""
    return stage.session_seconds if isinstance(stage.session_seconds, int) else 0
