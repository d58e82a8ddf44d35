"""What contexts and variables do to a Setup's roles: static keys that go before them, and contexts that anybody may use, or several stages.

CircleCI tells the last four characters of a value and no more. So a role is known by the end of its ARN, and what that leaves open is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import RestrictionType
from ciam_tui.core.findings import Finding
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.shown import shown
from ciam_tui.core.static_keys import KEY_ID, STATIC_KEYS
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.circleci.facts import CircleCiFacts, ContextContents, Restriction, Variable
    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import CircleCiShape, SetupShape

_ROLE = "ROLE_ARN"  # AWS_ROLE_ARN, which the SDKs read, and names such as DEPLOY_ROLE_ARN, which configs hand on


def context_findings(setup: SetupShape, facts: CircleCiFacts) -> Iterator[Finding]:
    """What is risky about the contexts that jobs of the Setup's projects may use, and about the projects' own variables."""
    for index, project in enumerate(setup.circleci.projects):
        keys = _static_keys(facts.project(project.id).variables)
        if keys:
            yield Finding(
                "static-keys-in-project",
                Level.WARNING,
                f"The project {shown(project.name)} has {_told(keys)} among its variables: each of its jobs has them, and the AWS CLI "
                "and SDKs take such keys before a role.",
                "Delete them once the role works; until then, have jobs unset them before they take the role.",
                f"circleci.projects[{index}]",
            )
    roles = wanted_roles(setup)
    for held in facts.contexts:
        if may_be_used(held.restrictions, setup.circleci):
            yield from _of_context(held, roles, facts.org_id)


def _of_context(held: ContextContents, roles: Sequence[WantedRole], org_id: str) -> Iterator[Finding]:
    name, variables = shown(held.context.name), held.variables or ()
    keys = _static_keys(variables)
    arns = tuple(variable for variable in variables if _ROLE in variable.name.upper())
    if keys:
        yield Finding(
            "static-keys-in-context",
            Level.WARNING,
            f"The context {name} holds {_told(keys)}: a job that uses it has them, and the AWS CLI and SDKs take such keys before a role.",
            "Delete them once the role works; until then, have jobs unset them before they take the role, or use another context.",
            "circleci",
        )
    if (keys or arns) and _is_open(held.restrictions, org_id):
        yield Finding(
            "open-context",
            Level.WARNING,
            f"The context {name}, which holds {listed(variable.name for variable in (*keys, *arns))}, is open to all members: a job of any "
            "project of the organization can use it.",
            "Restrict it in CircleCI to the projects that need it, and by an expression to their branches.",
            "circleci",
        )
    yield from _shared(name, arns, roles)


def _shared(name: str, arns: Sequence[Variable], roles: Sequence[WantedRole]) -> Iterator[Finding]:
    """Whether the context serves more than one stage, by the ends of the ARNs in it."""
    meant = [stages for variable in arns if (stages := _stages_ending(variable.last_four, roles))]
    every = tuple(dict.fromkeys(stage for stages in meant for stage in stages))
    if len(every) < 2:
        return
    if set.intersection(*(set(stages) for stages in meant)):
        yield Finding(
            "context-stage-unclear",
            Level.NOTE,
            f"The context {name} holds a role of {' or '.join(shown(stage) for stage in every)}: CircleCI tells the last four characters "
            "alone, and these are the same in both.",
            "See to it that each stage has a context of its own.",
            "circleci",
        )
        return
    yield Finding(
        "stages-share-context",
        Level.WARNING,
        f"The context {name} holds, as far as the ends of their ARNs tell, the roles of {listed(every)}: a job that uses it for one stage "
        "is handed those of the others, and restricting the context restricts them together.",
        "Make a context for each stage, with its role alone in it.",
        "circleci",
    )


def _stages_ending(last_four: str, roles: Sequence[WantedRole]) -> tuple[str, ...]:
    if not last_four:
        return ()
    return tuple(dict.fromkeys(role.stage for role in roles if role.arn.endswith(last_four)))


def _static_keys(variables: Sequence[Variable] | None) -> tuple[Variable, ...]:
    return tuple(variable for variable in variables or () if variable.name in STATIC_KEYS)


def _told(keys: Sequence[Variable]) -> str:
    """The names, with the visible end of the key id: a secret's end is nobody's business, and tells nothing."""
    return listed(
        f"{variable.name} (ends in {variable.last_four})" if variable.name == KEY_ID and variable.last_four else variable.name
        for variable in keys
    )


def may_be_used(restrictions: Sequence[Restriction] | None, circleci: CircleCiShape) -> bool:
    """Whether a job of the Setup's projects may use a context, unless an expression or a group keeps it out; True where it is not known."""
    projects = {restriction.value for restriction in restrictions or () if restriction.type == RestrictionType.PROJECT}
    return not projects or circleci.any_project or any(project.id in projects for project in circleci.projects)


def _is_open(restrictions: Sequence[Restriction] | None, org_id: str) -> bool:
    """Whether nothing restricts a context; the group of all members, whose id is the organization's, is nothing."""
    if restrictions is None:
        return False
    return all(restriction.type == RestrictionType.GROUP and restriction.value == org_id for restriction in restrictions)
