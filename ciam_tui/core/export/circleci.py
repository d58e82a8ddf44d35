"""The export for CircleCI: a configuration whose jobs take the roles of a Setup, one for each repository that has roles of its own.

`config.yml` needs no orb, so that a reader sees all that happens, and since it uses the token that CircleCI made for the job and no other.
The orb mints a token where it finds a variable empty, and whether that one names the branch is not documented: a role that trusts
branches would refuse it. `config.orb.yml` is the same for those who want the orb, behind a step that keeps it from minting.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

from ciam_tui.core.export.circleci_filters import RefFilters, ref_filters
from ciam_tui.core.export.circleci_recipe import COMMAND, ORB, take_role, take_role_by_orb
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.labels import labels
from ciam_tui.core.export.yaml_text import comment, scalar
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import session_seconds, stage_roles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape, StageShape

_HEAD = """\
# CircleCI jobs that take AWS roles by their OIDC tokens, without an access key. Put it into .circleci/config.yml and your own steps below
# each `take-role`. The roles are those of account {account} for the bucket {bucket}.
"""
_WHY_NO_ORB = """\
#
# There is no orb in it: circleci/aws-cli mints a token of its own where it finds none, and a role that trusts branches may refuse that one.
"""
_WHY_ORB = """\
#
# The first step of the command keeps the orb from minting a token of its own, which a role that trusts branches may refuse.
"""


@dataclass(frozen=True, slots=True)
class RoleJob:
    """A job and the role that it takes; `requires` names the job before it, where there is one that runs whenever this one does."""

    name: str
    stage: StageShape
    role: WantedRole
    filters: RefFilters
    requires: str | None


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """The jobs of one configuration. `folder` is empty where one configuration is for all; `project` names the only one it is for."""

    folder: str
    project: str | None
    jobs: tuple[RoleJob, ...]


def config_of(setup: SetupShape, project: str | None) -> ProjectConfig:
    """The configuration of the project called so; of the only one there is without a name.

    Raises:
        CiamError: `project-unknown`; there are several and none is named, or none is called so.
    """
    configs = project_configs(setup)
    if not setup.role.per_project and (project is None or project in {each.name for each in setup.circleci.projects}):
        return configs[0]
    found = configs if project is None else [config for config in configs if config.project == project]
    if len(found) != 1:
        names = ", ".join(config.project for config in configs if config.project) or "none by name"
        message = f"The Setup has no project {project}." if project else "Each project of the Setup has roles of its own."
        raise CiamError("project-unknown", "Cannot tell which project's configuration it is", message, (f"Name one of: {names}.",))
    return found[0]


def export_circleci(setup: SetupShape, *, contexts: bool = False) -> tuple[ExportFile, ...]:
    """`config.yml` and `config.orb.yml`, in a folder a project where several have roles of their own.

    With `contexts` each job of the workflow is given the context that is called as its role.
    """
    return tuple(_files(setup, contexts=contexts))


def _files(setup: SetupShape, *, contexts: bool) -> Iterator[ExportFile]:
    for config in project_configs(setup):
        folder = f"{config.folder}/" if config.folder else ""
        head = _HEAD.format(account=comment(setup.account_id), bucket=comment(setup.bucket.name))
        yield ExportFile(f"{folder}config.yml", f"{head}{_WHY_NO_ORB}\n{_config(setup, config, contexts=contexts)}")
        yield ExportFile(f"{folder}config.orb.yml", f"{head}{_WHY_ORB}\n{_orb_config(setup, config, contexts=contexts)}")


def config_text(setup: SetupShape, *, contexts: bool = False) -> str:
    """`config.yml` without the comment at its head; where there are several, one after the other, each named for its project."""
    configs = project_configs(setup)
    named = len(configs) > 1
    return "---\n".join(
        (f"# For the project {comment(config.project or '')}.\n" if named else "") + _config(setup, config, contexts=contexts)
        for config in configs
    )


def project_configs(setup: SetupShape) -> tuple[ProjectConfig, ...]:
    """One configuration for all, or one a project where each has roles, and so a repository, of its own."""
    projects = setup.circleci.projects
    if not setup.role.per_project:
        return (ProjectConfig("", None, _jobs(setup, 0)),)
    return tuple(
        # A name that begins with a dot is a hidden folder at best, and may be the one above.
        ProjectConfig(
            "" if len(projects) == 1 else project.id if project.name.startswith(".") else project.name, project.name, _jobs(setup, at)
        )
        for at, project in enumerate(projects)
    )


def _jobs(setup: SetupShape, at: int) -> tuple[RoleJob, ...]:
    jobs: list[RoleJob] = []
    for stage, name in zip(setup.stages, job_names([stage.name for stage in setup.stages]), strict=True):
        filters = ref_filters(stage.branches)
        # A job whose requirement does not run where it does would never run.
        requires = next((job.name for job in reversed(jobs) if job.filters.covers(filters)), None)
        jobs.append(RoleJob(name, stage, stage_roles(setup, stage)[at], filters, requires))
    return tuple(jobs)


def job_names(stage_names: Sequence[str]) -> tuple[str, ...]:
    r"""What the jobs of stages are called: as the stages, as far as CircleCI's schema goes, `^[A-Za-z][A-Za-z\s\d_-]*$`."""
    return labels(stage_names, lead="job-")


def _config(setup: SetupShape, config: ProjectConfig, *, contexts: bool) -> str:
    image = "cimg/aws:2025.01 # or any image that has bash and the AWS CLI"
    return (
        f"version: 2.1\n\ncommands:\n{indent(take_role(), '  ')}\n"
        f"{_jobs_text(setup, config, image)}\n{workflow_text(config, contexts=contexts)}"
    )


def _orb_config(setup: SetupShape, config: ProjectConfig, *, contexts: bool) -> str:
    image = "cimg/base:current # or any image that has bash; the orb installs the AWS CLI"
    return (
        f"version: 2.1\n\norbs:\n  aws-cli: {ORB}\n\ncommands:\n{indent(take_role_by_orb(), '  ')}\n"
        f"{_jobs_text(setup, config, image)}\n{workflow_text(config, contexts=contexts)}"
    )


def _jobs_text(setup: SetupShape, config: ProjectConfig, image: str) -> str:
    return "jobs:\n" + "\n".join(_job(setup, job, image) for job in config.jobs)


def _job(setup: SetupShape, job: RoleJob, image: str) -> str:
    stage = job.stage
    lines = [
        f"  {scalar(job.name)}:",
        "    docker:",
        f"      - image: {image}",
        "    steps:",
        "      - checkout",
        *(f"      {line}" for line in step_lines(setup, job)),
        f"      # from here on: {', '.join(stage.access)} below s3://{setup.bucket.name}/{comment(stage.prefix)}",
    ]
    if stage.branches:
        lines.append(f"      # AWS lets it in from: {', '.join(comment(branch) for branch in stage.branches)}")
    return "\n".join(lines) + "\n"


def step_lines(setup: SetupShape, job: RoleJob) -> list[str]:
    """The step by which `job` takes its role, by the command of the configuration."""
    return [
        f"- {COMMAND}:",
        f"    role-arn: {scalar(job.role.arn)}",
        f"    region: {scalar(setup.bucket.region)}",
        f'    session-seconds: "{session_seconds(job.stage)}"',
    ]


def workflow_text(config: ProjectConfig, *, contexts: bool) -> str:
    """The workflow that runs the jobs of `config`, each where its branches let it in."""
    return "workflows:\n  stages:\n    jobs:\n" + "".join(_invocation(job, contexts=contexts) for job in config.jobs)


def _invocation(job: RoleJob, *, contexts: bool) -> str:
    lines = [*(["context:", f"  - {scalar(job.role.name)}"] if contexts else [])]
    lines += ["requires:", f"  - {scalar(job.requires)}"] if job.requires else []
    lines += ["filters:", *(f"  {line}" for line in job.filters.lines())] if job.filters.lines() else []
    if not lines:
        return f"      - {scalar(job.name)}\n"
    return f"      - {scalar(job.name)}:\n" + "".join(f"          {line}\n" for line in lines)
