"""The CircleCI configuration for Google Cloud: jobs that become the service accounts of the twin by the `gcp-cli` orb.

The orb sends CIRCLE_OIDC_TOKEN, whose `sub` names no branch. The mapping of the twin asks claims of their own for the branch, which CircleCI
documents for every token; the step before the orb still puts the second form in its place, so that one token is used everywhere.
"""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from ciam_tui.core.export.circleci import project_configs, workflow_text
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.yaml_text import comment, scalar
from ciam_tui.core.roles import session_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.export.circleci import ProjectConfig, RoleJob
    from ciam_tui.core.gcp.place import Place
    from ciam_tui.core.gcp.twin import GcpTwin
    from ciam_tui.core.shape import SetupShape

GCP_ORB = "circleci/gcp-cli@3.3.2"
_COMMAND = "take-service-account"
_ORB_SECONDS = 3600  # how long the orb's tokens live: it has no parameter for it

_HEAD = """\
# CircleCI jobs that become Google service accounts by their OIDC tokens, without a key. Put it into .circleci/config.yml and your own steps
# below each `take-service-account`.
"""
_OPEN = """\
#
# Give the project, or a context of it, the environment variables {names}: they are no secrets.
"""

# What the orb, gcloud or a library would look at before the token: keys that are still set somewhere.
_STEPS = """\
take-service-account:
  description: Become a Google service account by the OIDC token of the job, for all its later steps.
  parameters:
    service-account:
      type: string
  steps:
    - run:
        name: Prepare to become the service account
        shell: /bin/bash -eo pipefail
        environment:
          TAKE_ACCOUNT: << parameters.service-account >>
        command: |
          : "${GOOGLE_PROJECT_ID:?this job does not know the Google Cloud project}"
          : "${GOOGLE_PROJECT_NUMBER:?this job does not know the number of the Google Cloud project}"
          : "${CIRCLE_OIDC_TOKEN_V2:?this job has no OIDC token of version 2}"
          {
            # Static keys win over a token wherever they are still set.
            echo 'unset GCLOUD_SERVICE_KEY GOOGLE_APPLICATION_CREDENTIALS CLOUDSDK_AUTH_ACCESS_TOKEN CLOUDSDK_AUTH_ACCESS_TOKEN_FILE CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE'
            echo 'export CIRCLE_OIDC_TOKEN="$CIRCLE_OIDC_TOKEN_V2"'
            printf 'export OIDC_SERVICE_ACCOUNT_EMAIL=%q\\n' "$TAKE_ACCOUNT@$GOOGLE_PROJECT_ID.iam.gserviceaccount.com"
          } >> "$BASH_ENV"
    - gcp-cli/setup:
        use_oidc: true
    - run:
        name: Check that the job is the service account
        shell: /bin/bash -eo pipefail
        command: |
          if ! gcloud auth print-access-token --quiet > /dev/null; then
            echo "Google does not give this job the account $OIDC_SERVICE_ACCOUNT_EMAIL: compare its project and branch with the provider." >&2
            exit 1
          fi
          echo "This job acts as $OIDC_SERVICE_ACCOUNT_EMAIL."
"""


def circleci_files(setup: SetupShape, twin: GcpTwin, place: Place) -> Iterator[ExportFile]:
    """`config.yml`, in a folder a project where several have accounts of their own."""
    for config in project_configs(setup):
        folder = f"{config.folder}/" if config.folder else ""
        yield ExportFile(f"{folder}config.yml", _config(config, twin, place))


def _config(config: ProjectConfig, twin: GcpTwin, place: Place) -> str:
    known = {"GOOGLE_PROJECT_ID": place.project, "GOOGLE_PROJECT_NUMBER": place.number}
    lacking = [name for name, value in known.items() if value is None]
    environment = {
        **{name: value for name, value in known.items() if value is not None},
        "OIDC_WIP_ID": twin.provider.pool,
        "OIDC_WIP_PROVIDER_ID": twin.provider.id,
    }
    ids = {account.role_name: account.id for account in twin.accounts}
    jobs = "\n".join(_job(job, ids[job.role.name], environment, place) for job in config.jobs)
    return (
        f"{_HEAD}{_OPEN.format(names=' and '.join(lacking)) if lacking else ''}\nversion: 2.1\n\norbs:\n  gcp-cli: {GCP_ORB}\n\n"
        f"commands:\n{indent(_STEPS, '  ')}\njobs:\n{jobs}\n{workflow_text(config, contexts=False)}"
    )


def _job(job: RoleJob, account: str, environment: dict[str, str], place: Place) -> str:
    stage = job.stage
    bucket = comment(place.bucket or "the bucket")
    lines = [
        f"  {scalar(job.name)}:",
        "    docker:",
        "      - image: cimg/base:current # or any image that has bash; the orb installs gcloud where it is missing",
        "    environment:",
        *(f"      {name}: {scalar(value)}" for name, value in environment.items()),
        "    steps:",
        "      - checkout",
        f"      - {_COMMAND}:",
        f"          service-account: {scalar(account)}",
        f"      # from here on: {', '.join(stage.access)} below {comment(stage.prefix) or 'everything'} in {bucket}",
    ]
    if session_seconds(stage) != _ORB_SECONDS:
        lines.append(f"      # The orb's tokens live for an hour; {account}.credentials.json asks for {session_seconds(stage)} seconds.")
    if stage.branches:
        lines.append(f"      # Google lets it in from: {', '.join(comment(branch) for branch in stage.branches)}")
    return "\n".join(lines) + "\n"
