"""The fixes of a Setup's findings that need no judgement, each as a patch of the Setup file: what the key that fixes a finding applies.

A fix is here only where its finding leaves one thing to do, and where the Setup stays valid by it. Which prefix a stage should have, or which
projects an organization's role was meant for, only the user knows: those findings say what to do and have no patch.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ciam_tui.core.json_patch import Operation, pointer
from ciam_tui.core.naming import role_name_of_project
from ciam_tui.core.validate.role import project_in_role_name_problem, role_name_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ciam_tui.core.findings import Finding
    from ciam_tui.core.shape import SetupShape

USUAL_BRANCH = "main"
_HOUR = 3600
_PART = re.compile(r"([a-z_]+)|\[([0-9]+)\]")


def fix_of(setup: SetupShape, finding: Finding) -> tuple[Operation, ...]:
    """The patch of the Setup file that ends `finding`; empty where only the user can say what to do."""
    fix = _FIXES.get(finding.id)
    return fix(setup, finding) if fix else ()


def _at(field: str) -> str:
    """The pointer to an answer named as findings name it: `stages[0].branches`."""
    return pointer(*(name or index for name, index in _PART.findall(field)))


def _set(value: Any) -> Callable[[SetupShape, Finding], tuple[Operation, ...]]:
    def fix(_setup: SetupShape, finding: Finding) -> tuple[Operation, ...]:
        return (Operation("replace", _at(finding.field), value),)

    return fix


def _removed(_setup: SetupShape, finding: Finding) -> tuple[Operation, ...]:
    return (Operation("remove", _at(finding.field)),)


def _usual_branch(setup: SetupShape, finding: Finding) -> tuple[Operation, ...]:
    """The branch that nearly every project deploys from; only where each project's repository is known, which branches need."""
    projects = setup.circleci.projects
    if setup.circleci.any_project or not projects or not all(project.vcs_origin for project in projects):
        return ()
    return (Operation("replace", _at(finding.field), [USUAL_BRANCH]),)


def _role_a_project(setup: SetupShape, finding: Finding) -> tuple[Operation, ...]:
    """One role a project, where all the names that it makes are names of roles."""
    if finding.field != "role.per_project" or not _fits_a_role_a_project(setup):
        return ()
    return (Operation("replace", _at(finding.field), value=True),)


def _fits_a_role_a_project(setup: SetupShape) -> bool:
    projects = setup.circleci.projects
    names = [role_name_of_project(setup.role, stage.name, project) for project in projects for stage in setup.stages]
    distinct = len({name.lower() for name in names}) == len(names)
    return distinct and not any(map(role_name_problem, names)) and not any(project_in_role_name_problem(each.name) for each in projects)


def _inline(setup: SetupShape, finding: Finding) -> tuple[Operation, ...]:
    """An inline policy has more room than a managed one; only where the finding says that it is room enough."""
    if setup.role.policy_kind != "managed" or "inline" not in finding.fix.lower():
        return ()
    return (Operation("replace", "/role/policy_kind", "inline"),)


_FIXES: Mapping[str, Callable[[SetupShape, Finding], tuple[Operation, ...]]] = {
    "several-projects-on-one-role": _role_a_project,
    "trust-policy-too-large": _role_a_project,
    "permission-policy-too-large": _inline,
    "custom-audience": _set(None),
    "user-tags-on-roles": _set({}),
    "no-branch-on-changing-stage": _usual_branch,
    "session-over-one-hour": _set(_HOUR),
    "extra-tags": _removed,
    "extra-acl": _removed,
    "extra-versions": _removed,
    "extra-probe": _removed,
}
