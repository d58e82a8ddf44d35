"""The jobs that fail a build on new findings: of a Setup file in a pull request, and of the account, by a role that may read and nothing else.

The audit's job holds no key: boto3 trades the job's token for the role by itself, once nothing static goes before it.
"""

from __future__ import annotations

from itertools import chain, count
from textwrap import indent
from typing import TYPE_CHECKING

from ciam_tui import __version__
from ciam_tui.core.draft import StageDraft
from ciam_tui.core.export.circleci_recipe import SHADOWS
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.yaml_text import scalar
from ciam_tui.core.guardrails.boundary import boundary_path
from ciam_tui.core.operator import member_audit_policy
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.trust import trust_policy

if TYPE_CHECKING:
    from ciam_tui.core.document import Document
    from ciam_tui.core.shape import SetupShape

_ROLE_NAME = "ciam-tui-ci-audit"  # the role by which all accounts are audited is another
BRANCH = "main"
PERMISSIONS_FILE = "audit-role.permissions.json"
TRUST_FILE = "audit-role.trust.json"

_HEAD = """\
# Jobs for .circleci/config.yml that fail on new findings of level error alone: what accepted.json accepts, with a reason, an owner and an end,
# passes. Begin with a file that accepts nothing, and commit it:
#   echo '{"version": 1, "accepted": []}' > accepted.json
# What is to be accepted is added for a review by `ciam-tui check setup.json --write-accepted accepted.json --owner ... --reason ... --expires ...`.
# ciam-tui is installed from PyPI here: name your own index or a checkout of its repository where that is where you have it from.
version: 2.1
"""
_INSTALL = """\
commands:
  install-ciam-tui:
    description: Install the version of ciam-tui that wrote this file.
    steps:
      - run:
          name: Install ciam-tui
          command: pip install 'ciam-tui=={version}'
"""
_CHECK = """\
  check-setup:
    docker:
      - image: cimg/python:3.12
    steps:
      - checkout
      - install-ciam-tui
      - run:
          name: New findings of the Setup
          command: ciam-tui check setup.json --accepted accepted.json
"""
_AUDIT_HEAD = """\
  audit-account:
    docker:
      - image: cimg/python:3.12
    steps:
      - checkout
      - install-ciam-tui
      - run:
          name: New findings of the account
          shell: /bin/bash -eo pipefail
          environment:
            AWS_ROLE_ARN: {role}
            AWS_REGION: {region}
            AWS_ROLE_SESSION_NAME: ciam-tui-audit
          command: |
"""
# AWS_WEB_IDENTITY_TOKEN_FILE is among what goes before a role, and is what leads to this one.
_AUDIT_COMMAND = """\
: "${CIRCLE_OIDC_TOKEN_V2:?this job has no OIDC token}"
# Static keys win over a role wherever they are still set.
unset @shadows@
AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
export AWS_WEB_IDENTITY_TOKEN_FILE
trap 'rm -f "$AWS_WEB_IDENTITY_TOKEN_FILE"' EXIT
printf %s "$CIRCLE_OIDC_TOKEN_V2" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
ciam-tui audit --accepted accepted.json --sarif audit.sarif
"""
_AUDIT_TAIL = """\
      - store_artifacts:
          path: audit.sarif
"""
_WORKFLOW = """\
workflows:
  new-findings:
    jobs:
      - check-setup
      - audit-account:
          filters:
            branches:
              only: {branch}
"""


def ci_files(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`ci.yml`, and the two policies of the role that its audit takes."""
    return (
        ExportFile("ci.yml", _config(setup)),
        ExportFile(PERMISSIONS_FILE, member_audit_policy(users=False).text + "\n"),
        ExportFile(TRUST_FILE, audit_trust(setup).text + "\n"),
    )


def audit_trust(setup: SetupShape) -> Document:
    """Who may take the role that reads: jobs of the Setup's projects on one branch."""
    return trust_policy(setup, StageDraft(name="audit", branches=audit_branches(setup)), setup.circleci.projects)


def audit_branches(setup: SetupShape) -> tuple[str, ...]:
    """The branch whose jobs may read the account; none where a project's repository is not known, without which no branch can be named."""
    projects = setup.circleci.projects
    return (BRANCH,) if projects and all(project.vcs_origin for project in projects) else ()


def audit_role_name(setup: SetupShape) -> str:
    """The name of the role that reads: beside the Setup's own, and never that of one of them."""
    taken = {role.name.lower() for role in wanted_roles(setup)}
    return next(name for name in chain([_ROLE_NAME], (f"{_ROLE_NAME}-{number}" for number in count(2))) if name not in taken)


def _config(setup: SetupShape) -> str:
    arn = f"arn:{setup.partition}:iam::{setup.account_id}:role{boundary_path(setup)}{audit_role_name(setup)}"
    role, region = scalar(arn), scalar(setup.bucket.region)
    command = _AUDIT_COMMAND.replace("@shadows@", SHADOWS)
    audit = _AUDIT_HEAD.format(role=role, region=region) + indent(command, " " * 12) + _AUDIT_TAIL
    parts = (_HEAD, _INSTALL.format(version=__version__), f"jobs:\n{_CHECK}\n{audit}", _WORKFLOW.format(branch=BRANCH))
    return "\n".join(parts)
