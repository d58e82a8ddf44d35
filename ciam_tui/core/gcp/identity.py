"""Who becomes an identity on Google Cloud: a token's claims in, a subject and attributes out, and the condition on which that happens at all.

Google compares attributes whole, so that whatever a stage's branches let in is decided in the mapping: an attribute of the stage holds the
project's id where the token is on its branches, and `none` elsewhere. Branch and repository come from claims of their own, which every form
of the token but a custom webhook's has; no branch's name can reach over into another claim, as one can in a `sub`.

The user is taken from `sub` with a slash put behind it. Without that slash `extract` finds none in the first form, which ends after the user.
https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.gcp import cel_text as cel
from ciam_tui.core.gcp.names import attribute_name
from ciam_tui.core.gcp.place import LOCATION, NUMBER_MARK
from ciam_tui.core.trust import CLOUD_HOST, is_cloud
from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.core.shape import CircleCiShape, ProjectShape, SetupShape, StageShape

SUBJECT = "google.subject"
SUBJECT_BYTES = 127
MAPPING_LENGTH = 2048  # characters of one expression
CONDITION_LENGTH = 4096
CUSTOM_ATTRIBUTES = 50
NONE = "none"  # no project's id, since those are UUIDs
_ORG, _PROJECT = "attribute.org_id", "attribute.project"
_REF, _ORIGIN = (f'assertion["{CLOUD_HOST}/{name}"]' for name in ("vcs-ref", "vcs-origin"))


def attribute_mapping(setup: SetupShape) -> Mapping[str, str]:
    """The expression of each attribute. The subject is `project/<id>/user/<id>`, 86 bytes of the 127 that Google takes."""
    project = _project(setup.circleci)
    of_stages = {
        f"attribute.{attribute_name(stage.name)}": _on_branches(project, stage, setup.circleci.projects)
        for stage in setup.stages
        if stage.branches
    }
    return {
        SUBJECT: f'"project/" + {project} + "/user/" + (assertion.sub + "/").extract("/user/{{user}}/")',
        _ORG: 'assertion.sub.extract("org/{org}/project/")',
        _PROJECT: project,
        **of_stages,
    }


def attribute_condition(setup: SetupShape) -> str:
    """What must hold of every token: its organization, one of the projects, and, where each stage has branches, one of those stages."""
    circleci = setup.circleci
    org = f"org/{circleci.org_id}/project/"
    parts = [f"{_ORG} == {cel.text(circleci.org_id)}"]
    if not circleci.any_project:
        parts.append(cel.one_of(_PROJECT, [project.id for project in circleci.projects]))
    # The claim and the sub must say the same; and of the sub nothing but a job's begins so.
    parts.append(f'assertion.sub.startsWith({cel.text(org)} + {_PROJECT} + "/user/")')
    if setup.stages and all(stage.branches for stage in setup.stages):
        parts.append(cel.any_of([f"attribute.{attribute_name(stage.name)} != {cel.text(NONE)}" for stage in setup.stages]))
    return " && ".join(parts)


def members(setup: SetupShape, stage: StageShape, projects: Sequence[ProjectShape], pool: str) -> tuple[str, ...]:
    """The sets of identities that may act as the service account of `stage` for `projects`."""
    lead = f"principalSet://iam.googleapis.com/projects/{NUMBER_MARK}/{LOCATION}/{pool}"
    if setup.circleci.any_project and not projects:
        return (f"{lead}/{_ORG}/{setup.circleci.org_id}",)
    attribute = f"attribute.{attribute_name(stage.name)}" if stage.branches else _PROJECT
    return tuple(f"{lead}/{attribute}/{project.id}" for project in projects)


def _project(circleci: CircleCiShape) -> str:
    """The project's id: by the claim that CircleCI documents for its cloud; of a server it is not known whether it has it."""
    return f'assertion["{CLOUD_HOST}/project-id"]' if is_cloud(circleci) else 'assertion.sub.extract("/project/{project}/user/")'


def _on_branches(project: str, stage: StageShape, projects: Sequence[ProjectShape]) -> str:
    """The project's id where the token is of the project's own repository and on one of the stage's branches.

    A claim that is missing, as a custom webhook's are, is asked for first: to read it would refuse the token for every stage.
    """
    has_both = " && ".join(f'"{CLOUD_HOST}/{name}" in assertion' for name in ("vcs-origin", "vcs-ref"))
    own = cel.one_of(f'{project} + " " + {_ORIGIN}', [f"{each.id} {each.vcs_origin}" for each in projects])
    on_branch = cel.matches(_REF, [full_ref(branch) for branch in stage.branches])
    return f"{has_both} && {own} && {on_branch} ? {project} : {cel.text(NONE)}"
