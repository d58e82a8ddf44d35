"""The permissions boundary: the most that the roles of a Setup may ever do, whoever attaches what to them.

It is one managed policy, since a Setup names one boundary for all its roles, and holds what each stage is granted under the condition that it is that
stage's role that asks. So a role with AdministratorAccess attached can do what its stage can, and not what another one can. Where naming every role
makes it too large for a managed policy, it holds what all stages are granted together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document
from ciam_tui.core.facts import Quotas
from ciam_tui.core.owner import stage_sid
from ciam_tui.core.roles import stage_roles, wanted_roles
from ciam_tui.core.validate.role import POLICY_PATH_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.shape import SetupShape

BOUNDARY_SIZE = Quotas().managed_policy_size
_NAME = "boundary"


@dataclass(frozen=True, slots=True)
class Boundary:
    """The policy; `by_role` says whether each role is held to its own stage, rather than to all stages together."""

    document: Document
    by_role: bool


def boundary_of(setup: SetupShape) -> Boundary:
    """The boundary of all roles of `setup`."""
    exact = _policy(_statements(setup))
    if exact.size <= BOUNDARY_SIZE:
        return Boundary(exact, by_role=True)
    together = {_without_role(statement): statement for statement in _statements(setup)}
    return Boundary(_policy(_shared(statement) for statement in together.values()), by_role=False)


def changeable_boundary(setup: SetupShape) -> str | None:
    """The Setup's boundary, where it has one that can be changed: AWS's own policies cannot."""
    boundary = setup.role.permissions_boundary
    return None if boundary is None or ":iam::aws:" in boundary else boundary


def boundary_arn(setup: SetupShape) -> str:
    """The ARN of the Setup's own boundary, or of the one that `guardrails.md` tells to make."""
    made = f"arn:{setup.partition}:iam::{setup.account_id}:policy{boundary_path(setup)}{boundary_name(setup)}"
    return changeable_boundary(setup) or made


def boundary_path(setup: SetupShape) -> str:
    """The path of the managed policy: the roles', unless policies may have none of that form."""
    return setup.role.path if re.fullmatch(POLICY_PATH_PATTERN, setup.role.path) else "/"


def boundary_name(setup: SetupShape) -> str:
    """The name of the managed policy, which begins as the roles' names do, and is never that of a role's own: a stage may be called so."""
    taken = {role.name.lower() for role in wanted_roles(setup)}
    names = chain([_NAME], (f"{_NAME}-{number}" for number in count(2)))
    return next(name for each in names if (name := f"{setup.role.name_prefix}{each}").lower() not in taken)


def _policy(statements: Iterator[dict[str, Any]]) -> Document:
    return Document.of({"Version": VERSION, "Statement": list(statements)})


def _statements(setup: SetupShape) -> Iterator[dict[str, Any]]:
    for stage in setup.stages:
        roles = stage_roles(setup, stage)
        for statement in roles[0].permissions.policy["Statement"] if roles else ():
            asking = {"ArnEquals": {"aws:PrincipalArn": [role.arn for role in roles]}}
            yield {**statement, "Sid": stage_sid(stage.name, statement["Sid"]), "Condition": {**statement["Condition"], **asking}}


def _shared(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Condition": {key: value for key, value in statement["Condition"].items() if key != "ArnEquals"}}


def _without_role(statement: dict[str, Any]) -> str:
    """What the statement grants, so that what two stages are granted alike is said once."""
    return Document.of({"Version": VERSION, "Statement": [{**_shared(statement), "Sid": "Any"}]}).text
