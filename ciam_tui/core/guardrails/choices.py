"""What only the organization's owner can decide about its guardrails: whose keys, which projects beside the Setup's, and who may still change things.

Each has a default that is safe to review and is said in words in `guardrails.md`: no guess is made about users, projects or administrators that
the Setup does not name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.validate.circleci import UUID_PATTERN
from ciam_tui.core.validate.role import POLICY_PATH_PATTERN

# A role, or all roles whose names begin alike, of one account or of every one; never everybody.
_ADMIN_PATTERN = r"arn:aws(-cn|-us-gov|-eusc)?:iam::([0-9]{12}|\*):role/([A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9.,+@=_-]+\*?"


@dataclass(frozen=True, slots=True)
class GuardrailChoices:
    """The choices.

    `ci_user_paths` are the IAM paths of CI users, empty for every user; `admin_roles` the ARNs of roles that are spared, in which a `*` may
    stand for the account and at the end; `projects` the ids of further CircleCI projects that may take roles in the same accounts.
    """

    ci_user_paths: tuple[str, ...] = ()
    admin_roles: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Nothing that is no choice becomes part of a policy.

        Raises:
            CiamError: a path, an ARN or an id is none.
        """
        for path in self.ci_user_paths:
            if path == "/" or not re.fullmatch(POLICY_PATH_PATTERN, path):
                raise _refused(f"{quoted(path)} is not the path of some users, such as /ci/.", "Leave it out to mean every user.")
        for arn in self.admin_roles:
            if not re.fullmatch(_ADMIN_PATTERN, arn):
                fix = "Name a role, such as arn:aws:iam::*:role/OrganizationAdmin."
                raise _refused(f"{quoted(arn)} is not the ARN of a role, with * for the account or at the end alone.", fix)
        for project in self.projects:
            if not re.fullmatch(UUID_PATTERN, project):
                raise _refused(f"{quoted(project)} is not the id of a project.", "Copy it from the project's settings in CircleCI.")


def check_partition(choices: GuardrailChoices, partition: str) -> None:
    """Nothing.

    Raises:
        CiamError: an administrator is of another partition than the accounts', where no role has such an ARN and nobody would be spared.
    """
    for arn in choices.admin_roles:
        if arn.split(":")[1] != partition:
            _, _, rest = arn.split(":", 2)
            raise _refused(
                f"{quoted(arn)} is of another partition than the Setup, so that it would spare nobody.", f"Name arn:{partition}:{rest}"
            )


def _refused(message: str, fix: str) -> CiamError:
    return CiamError("guardrail-choice", "Cannot make the guardrails so", message, (fix,))
