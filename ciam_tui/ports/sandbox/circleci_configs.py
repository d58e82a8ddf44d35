"""The configurations that the demo's pipelines ran by, as CircleCI hands them out: as they are written, and with the orbs' steps written out.

Most projects do nothing about AWS. One takes a role by a version of the orb that presents the token without a branch, and one works with
the static keys that its variables hold: each is there to be found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ciam_tui.ports.sandbox.circleci_content import ACME

if TYPE_CHECKING:
    from ciam_tui.ports.sandbox.circleci_content import DemoProject

NEVER_BUILT = frozenset({ACME.project("exports").id})


class DemoConfig(NamedTuple):
    """A configuration as it is written, and as it was compiled."""

    source: str
    compiled: str


_PLAIN = """\
version: 2.1
jobs:
  build:
    docker:
      - image: cimg/base:stable
    steps:
      - checkout
      - run: make test
workflows:
  build:
    jobs:
      - build
"""

_HEAD = """\
version: 2.1
orbs:
  aws-cli: circleci/aws-cli@{version}
jobs:
  publish:
    docker:
      - image: cimg/aws:2024.03
    steps:
      - checkout
"""
_TAIL = """\
      - run: make publish
workflows:
  publish:
    jobs:
      - publish:
          filters:
            branches:
              only: main
"""
_COMPILED_HEAD = """\
version: 2
jobs:
  publish:
    docker:
      - image: cimg/aws:2024.03
    steps:
      - checkout
      - run:
          name: {name}
          command: |-
"""
_BY_BRANCHLESS = """\
      - aws-cli/setup:
          role-arn: ${AWS_ROLE_ARN}
          role-session-name: data-pipeline
          aws-region: AWS_DEFAULT_REGION
"""
_BY_BRANCHLESS_COMPILED = """\
            aws sts assume-role-with-web-identity \\
              --role-arn "${AWS_ROLE_ARN}" \\
              --role-session-name data-pipeline \\
              --web-identity-token "${CIRCLE_OIDC_TOKEN}"
"""
_KEYS = """\
      - aws-cli/setup
"""
_KEYS_COMPILED = """\
            aws configure set aws_access_key_id "$AWS_ACCESS_KEY_ID"
            aws configure set aws_secret_access_key "$AWS_SECRET_ACCESS_KEY"
"""


def _by_orb(version: str, step: str, name: str, compiled: str) -> DemoConfig:
    head, tail = _HEAD.format(version=version), _TAIL
    return DemoConfig(f"{head}{step}{tail}", f"{_COMPILED_HEAD.format(name=name)}{compiled}{tail}")


_OF_PROJECT = {
    ACME.project("data-pipeline").id: _by_orb("3.1.3", _BY_BRANCHLESS, "Take a role by the token", _BY_BRANCHLESS_COMPILED),
    ACME.project("billing").id: _by_orb("4.1.3", _KEYS, "Configure the access key", _KEYS_COMPILED),
}


def config_of(project: DemoProject) -> DemoConfig | None:
    """What the latest pipeline on the project's default branch ran by; None where there has been none."""
    if project.default_branch is None or project.id in NEVER_BUILT:
        return None
    return _OF_PROJECT.get(project.id, DemoConfig(_PLAIN, _PLAIN.replace("version: 2.1", "version: 2")))
