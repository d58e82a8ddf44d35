"""How a CircleCI job becomes its role: one command of a configuration, with shell alone or with the orb, the same to the jobs that call it.

What comes from outside is never part of the shell's text. It reaches the steps as their environment, which CircleCI sets literally, so that
a role's path may hold a quote. There is no here-document and no here-string, since CircleCI reads `<<` as the beginning of an expression.
What later steps need goes into BASH_ENV, which bash reads at the start of each: every step has a shell of its own.
"""

from __future__ import annotations

from textwrap import indent

COMMAND = "take-role"
ORB = "circleci/aws-cli@5.4.1"

# Static keys win over a role in every SDK. AWS_SECURITY_TOKEN is the old name of the session token, which botocore reads first; some SDKs
# look at a profile or at a token file before they look at keys.
SHADOWS = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE AWS_WEB_IDENTITY_TOKEN_FILE"

_HEAD = """\
take-role:
  description: Become an AWS role by the OIDC token of the job, for all its later steps.
  parameters:
    role-arn:
      type: string
    region:
      type: string
    session-seconds:
      type: string
      default: "3600"
  steps:
"""

# The role's ARN is arn:aws:iam::ACCOUNT:role/PATH/NAME; whoever has taken it is arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
_CHECK = """\
- run:
    name: Check that the job is the role
    shell: /bin/bash -eo pipefail
    environment:
      TAKE_ROLE_ARN: << parameters.role-arn >>
    command: |
      caller="$(aws sts get-caller-identity --query Arn --output text)"
      wanted="${TAKE_ROLE_ARN/:iam::/:sts::}"
      wanted="${wanted%%:role/*}:assumed-role/${TAKE_ROLE_ARN##*/}"
      if [ "${caller%/*}" != "$wanted" ]; then
        echo "This job acts as $caller, not as the role $TAKE_ROLE_ARN." >&2
        exit 1
      fi
      echo "This job acts as $caller."
"""

# A session name has 2 to 64 characters of the set below. The token is read from a file: what is an argument, every process can see.
_SHELL = """\
- run:
    name: Take the AWS role
    shell: /bin/bash -eo pipefail
    environment:
      TAKE_ROLE_ARN: << parameters.role-arn >>
      TAKE_ROLE_REGION: << parameters.region >>
      TAKE_ROLE_SECONDS: << parameters.session-seconds >>
    command: |
      : "${CIRCLE_OIDC_TOKEN_V2:?this job has no OIDC token}"
      # Static keys win over a role wherever they are still set.
      shadows='@shadows@'
      unset $shadows
      token_file="$(mktemp)"
      trap 'rm -f "$token_file"' EXIT
      printf %s "$CIRCLE_OIDC_TOKEN_V2" > "$token_file"
      session="$(printf %s "${CIRCLE_PROJECT_REPONAME:-circleci}-${CIRCLE_BUILD_NUM:-0}" | tr -c 'A-Za-z0-9=,.@_-' - | tail -c 64)"
      if ! credentials="$(aws sts assume-role-with-web-identity \\
        --region "$TAKE_ROLE_REGION" \\
        --role-arn "$TAKE_ROLE_ARN" \\
        --role-session-name "$session" \\
        --web-identity-token "file://$token_file" \\
        --duration-seconds "$TAKE_ROLE_SECONDS" \\
        --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' \\
        --output text)"; then
        echo "AWS does not give this job the role $TAKE_ROLE_ARN: compare its project and branch with the role's trust policy." >&2
        exit 1
      fi
      read -r key secret token < <(printf '%s\\n' "$credentials")
      : "${token:?AWS answered without credentials}"
      {
        echo "unset $shadows"
        printf 'export %s=%q\\n' AWS_ACCESS_KEY_ID "$key" AWS_SECRET_ACCESS_KEY "$secret" AWS_SESSION_TOKEN "$token"
        printf 'export %s=%q\\n' AWS_REGION "$TAKE_ROLE_REGION" AWS_DEFAULT_REGION "$TAKE_ROLE_REGION"
      } >> "$BASH_ENV"
"""

_ORB = """\
- run:
    name: Prepare to take the AWS role
    shell: /bin/bash -eo pipefail
    command: |
      # Where one of the two is empty the orb mints a token of its own, which may not name the branch.
      : "${CIRCLE_OIDC_TOKEN:?this job has no OIDC token}"
      : "${CIRCLE_OIDC_TOKEN_V2:?this job has no OIDC token of version 2}"
      # Static keys win over a role wherever they are still set.
      echo 'unset @shadows@' >> "$BASH_ENV"
- aws-cli/setup:
    role_arn: << parameters.role-arn >>
    role_session_name: ${CIRCLE_PROJECT_REPONAME}-${CIRCLE_BUILD_NUM}
    session_duration: << parameters.session-seconds >>
    region: << parameters.region >>
    profile_name: default
"""


def take_role() -> str:
    """The command, by its name, with shell alone."""
    return _command(_SHELL)


def take_role_by_orb() -> str:
    """The same with the orb, under the same name and with the same parameters."""
    return _command(_ORB)


def _command(steps: str) -> str:
    return _HEAD + indent(steps.replace("@shadows@", SHADOWS) + _CHECK, "    ")
