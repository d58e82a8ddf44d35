"""The piece of CircleCI configuration that makes a job take its role: what is left to do once the roles are there.

It needs no orb, so that a reader sees all that happens: the static keys go out of the environment, since every SDK prefers them to a role;
the job's token goes into a file; and `aws sts get-caller-identity` says in the job's log who it has become.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ciam_tui.core.roles import MIN_MAX_SESSION_SECONDS, session_seconds, stage_roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape, StageShape

# What YAML 1.1, which CircleCI reads, takes for something else than text.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})

# No here-document: CircleCI reads `<<` as the beginning of a parameter. What is exported reaches later steps through BASH_ENV alone, since
# every step has a shell of its own. A session name has at most 64 characters of the set below.
_TAKE_ROLE = """\
version: 2.1

commands:
  take-role:
    description: Become an AWS role by the OIDC token of the job, for all its later steps.
    parameters:
      role-arn:
        type: string
    steps:
      - run:
          name: Take the AWS role
          command: |
            : "${CIRCLE_OIDC_TOKEN_V2:?this job has no OIDC token}"
            token_file="$(mktemp)"
            printf %s "$CIRCLE_OIDC_TOKEN_V2" > "$token_file"
            session_name="$(printf %s "$CIRCLE_PROJECT_REPONAME-$CIRCLE_BUILD_NUM" | tr -c 'A-Za-z0-9=,.@_-' - | tail -c 64)"
            {
              # Static keys win over a role wherever they are still set.
              echo 'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE'
              echo "export AWS_WEB_IDENTITY_TOKEN_FILE='$token_file'"
              echo "export AWS_ROLE_ARN='<< parameters.role-arn >>'"
              echo "export AWS_ROLE_SESSION_NAME='$session_name'"
              echo 'export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-@region@}"'
            } >> "$BASH_ENV"
            . "$BASH_ENV"
            aws sts get-caller-identity

jobs:
"""


def config_snippet(setup: SetupShape) -> str:
    """YAML for `.circleci/config.yml`: a command that takes a role, and a job for each role that uses it."""
    return _TAKE_ROLE.replace("@region@", setup.bucket.region) + "\n".join(_jobs(setup))


def _jobs(setup: SetupShape) -> Iterator[str]:
    for stage in setup.stages:
        for role in stage_roles(setup, stage):
            yield _job(setup, stage, role)


def _job(setup: SetupShape, stage: StageShape, role: WantedRole) -> str:
    name = f"{role.project_names[0]}-{stage.name}" if setup.role.per_project else stage.name
    lines = [
        f"  {_key(name)}:",
        "    docker:",
        "      - image: cimg/aws:2024.03 # any image that has the AWS CLI",
        "    steps:",
        "      - checkout",
        "      - take-role:",
        f"          role-arn: {role.arn}",
        f"      # from here on: {', '.join(stage.access)} below s3://{setup.bucket.name}/{_comment(stage.prefix)}",
    ]
    if stage.branches:
        lines.append(f"      # AWS lets it in from: {', '.join(_comment(branch) for branch in stage.branches)}")
    if session_seconds(stage) > MIN_MAX_SESSION_SECONDS:
        lines.append(f"      # one login lasts {MIN_MAX_SESSION_SECONDS} s here; for {session_seconds(stage)} s call")
        lines.append(f"      # aws sts assume-role-with-web-identity --duration-seconds {session_seconds(stage)}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _NO_TEXT else json.dumps(name)


def _comment(text: str) -> str:
    """`text` within a comment: a line break in it would end the comment."""
    return json.dumps(text)[1:-1]
